"""The command ``sekisho records convert``: an exchange's own files become a records folder."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from sekisho.records.convert import Conversion, Options, convert, formats
from sekisho.records.errors import RecordsError

UNUSABLE = 2
_FORMATS = "\n".join(f"* {name}: {format_.DESCRIPTION}" for name, format_ in formats().items())


def convert_command(
    source: Annotated[Path | None, typer.Argument(help="The exchange's file or folder.", show_default=False)] = None,
    from_format: Annotated[str, typer.Option("--from", help="What the source is; see the list above.")] = "mapping",
    out: Annotated[Path | None, typer.Option("--out", help="The records folder to make; must not exist yet.")] = None,
    mapping: Annotated[Path | None, typer.Option("--mapping", help="The mapping file, for --from mapping.")] = None,
    wallets: Annotated[
        Path | None,
        typer.Option("--wallets", help="For balances and chain movements: the firm's wallets (file or records folder)."),
    ] = None,
    tokens: Annotated[
        Path | None, typer.Option("--tokens", help="For tokens: CSV with the columns asset, contract, decimals.")
    ] = None,
    option: Annotated[list[str] | None, typer.Option("--option", help="NAME=VALUE, a choice of the format. Repeat.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    list_formats: Annotated[bool, typer.Option("--list", help="List the formats with their options, and stop.")] = False,
) -> None:
    console = Console(stderr=True)
    if list_formats:
        _print_formats(as_json)
        return
    try:
        if source is None or out is None:
            raise RecordsError("sekisho records convert", "SOURCE or --out is missing", "give both; --help shows how")
        conversion = _convert(
            from_format, source, out, Options(_pairs(option or []), mapping, wallets=wallets, tokens=tokens), console
        )
    except RecordsError as error:
        sys.stderr.write(f"sekisho: {error}\n")
        raise typer.Exit(UNUSABLE) from None
    _print(conversion, out, as_json)


convert_command.__doc__ = f"""Convert an exchange's own files into a records folder, exactly or not at all.

Every value is read strictly: what cannot be understood stops the conversion with its file, row and column, and nothing
is written. The folder appears only when it is complete.

Formats:

{_FORMATS}
"""


def _convert(name: str, source: Path, out: Path, options: Options, console: Console) -> Conversion:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("starting", total=None)
        told = replace(options, progress=lambda step: progress.update(task, description=step))
        return convert(name, source, out, told)


def _pairs(options: list[str]) -> dict[str, str]:
    pairs = [option.partition("=") for option in options]
    wrong = next((name for name, equals, _ in pairs if not equals), None)
    if wrong is not None:
        raise RecordsError("--option", f"'{wrong}' has no value", "write NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _print(conversion: Conversion, out: Path, as_json: bool) -> None:
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "out": str(out),
                    "rows": dict(conversion.rows),
                    "counts": dict(conversion.counts),
                    "notes": list(conversion.notes),
                },
                ensure_ascii=False,
            )
        )
        return
    table = Table("table", "rows", title=f"{out}", title_justify="left")
    for name, rows in conversion.rows.items():
        table.add_row(name, f"{rows:,}")
    console = Console()
    console.print(table)
    for note in conversion.notes:
        console.print(f"- {note}", markup=False, highlight=False)


def _print_formats(as_json: bool) -> None:
    if as_json:
        described = {
            name: {
                "description": format_.DESCRIPTION,
                "options": {
                    option: {"default": choice.default, "values": list(choice.values), "meaning": choice.meaning}
                    for option, choice in format_.OPTIONS.items()
                },
            }
            for name, format_ in formats().items()
        }
        typer.echo(json.dumps(described, ensure_ascii=False))
        return
    for name, format_ in formats().items():
        typer.echo(f"{name}: {format_.DESCRIPTION}")
        for option, choice in format_.OPTIONS.items():
            words = f" ({' | '.join(choice.values)})" if choice.values else ""
            typer.echo(f"  {option}={choice.default}{words}: {choice.meaning}")
