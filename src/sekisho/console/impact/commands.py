"""``sekisho office studies``: work out the studies that wait; the office starts it by itself when somebody asks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def studies_command(
    config: Annotated[Path, typer.Option("--config", envvar="SEKISHO_CONSOLE", help="The console's settings (TOML).")] = Path(
        "office.toml"
    ),
) -> None:
    """Work out the studies that wait, one after another, and end. Does nothing where another process is at it."""
    from sekisho.console.start import opened

    opened(config)
    from sekisho.console.impact.running import work

    typer.echo(f"{work()} studies worked out")
