"""``sekisho office registers``: take in the registers of books, and write the office's own as record tables."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Registers: take in those of books, write them as record tables.", no_args_is_help=True)
_Config = Annotated[Path, typer.Option("--config", envvar="SEKISHO_CONSOLE", help="The console's settings (TOML).")]
_FILE = Path("office.toml")


@app.command("export")
def export_command(
    out: Annotated[Path, typer.Argument(help="New folder; one CSV file for each register that holds rows.")],
    config: _Config = _FILE,
) -> None:
    """Write the registers as record tables, for 'sekisho inspect' and 'sekisho gate learn'.

    The folder holds inside information: keep it as you keep the register.
    """
    _opened(config)
    from sekisho.console.journal.acting import SYSTEM, acting
    from sekisho.console.registers.exporting import export

    written = export(out)
    with acting(SYSTEM, "export registers") as act:
        act.note("register", "*", "exported", None, {"folder": out.name, "rows": written})
    _told("written", written)


@app.command("import")
def import_command(
    books: Annotated[Path, typer.Argument(help="Records folder whose registers are taken in.")], config: _Config = _FILE
) -> None:
    """Take in what the books hold and the office does not: facts, who knew them, publications, rows of registers."""
    _opened(config)
    from sekisho.console.registers.importing import take_in

    _told("taken in", take_in(books, datetime.now(UTC)))


def _opened(config: Path) -> None:
    from sekisho.console.start import opened

    opened(config)


def _told(what: str, counts: dict[str, int]) -> None:
    typer.echo(f"{what}: " + (", ".join(f"{rows:,} of {table}" for table, rows in counts.items()) or "nothing"))
