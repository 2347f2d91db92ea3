"""``sekisho office``: serve the console, make people and accounts, export the journal and verify it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from sekisho.console.start import opened
from sekisho.records import RecordsError

app = typer.Typer(
    help="The office: people decide in a browser, and every change is kept.", no_args_is_help=True, pretty_exceptions_enable=False
)
journal_app = typer.Typer(help="The journal of every change: export it, verify it offline.", no_args_is_help=True)
app.add_typer(journal_app, name="journal")
ConfigOption = Annotated[Path, typer.Option("--config", envvar="SEKISHO_CONSOLE", help="The console's settings (TOML).")]
Config = Path("office.toml")


@app.command("serve")
def serve_command(
    config: ConfigOption = Config,
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port; 0 takes a free one.")] = 8471,
    as_json: Annotated[bool, typer.Option("--json", help="Print the address as JSON.")] = False,
) -> None:
    """Serve the console alone; 'sekisho serve' serves it together with a gate."""
    opened(config)
    from sekisho.console.server import serve

    serve(host, port, lambda at: print(json.dumps({"console": at}) if as_json else f"the console is at {at}", flush=True))  # noqa: T201 - the one line a person or program waits for


@app.command("person")
def person_command(
    person_id: Annotated[str, typer.Argument(help="Id of the person.")],
    name: Annotated[str, typer.Argument(help="Name as shown.")],
    account: Annotated[str, typer.Option("--account", help="Name of the account.")],
    role: Annotated[list[str], typer.Option("--role", help="Role; repeatable.")],
    party: Annotated[str, typer.Option("--party", help="party_id of the person in the records.")] = "",
    unit: Annotated[str, typer.Option("--unit", help="Unit in the organisation chart.")] = "",
    config: ConfigOption = Config,
) -> None:
    """Make a person with an account; the password is read from standard input. Later ones take two people."""
    opened(config)
    from sekisho.console.administration.first_people import Newcomer, let_in

    let_in(
        [
            Newcomer(
                person_id=person_id,
                name=name,
                account=account,
                roles=tuple(role),
                party_id=party,
                unit=unit,
                password=sys.stdin.readline().rstrip("\n"),
            )
        ]
    )


@journal_app.command("export")
def export_command(
    out: Annotated[Path, typer.Argument(help="File to write: one line of JSON for each change.")], config: ConfigOption = Config
) -> None:
    """Write the whole journal into a file that anybody verifies without the database."""
    opened(config)
    from sekisho.console.journal.models import Change

    with out.open("xb") as file:
        for change in Change.objects.order_by("number").iterator(chunk_size=2_000):
            file.write(msgspec.json.encode(change.line()) + b"\n")


@journal_app.command("verify")
def verify_command(
    file: Annotated[Path, typer.Argument(help="An exported journal.")],
    heads: Annotated[Path | None, typer.Option("--heads", help="The file of heads kept outside the database.")] = None,
) -> None:
    """Verify an exported journal offline: exit 0 when it is whole, 1 with every break when not. Needs no database."""
    from sekisho.console.journal.chain import Break, Line, breaks
    from sekisho.console.journal.heads import read_heads

    def lines() -> Iterator[Line]:
        with file.open("rb") as journal:
            for number, text in enumerate(journal, 1):
                try:
                    yield msgspec.json.decode(text, type=Line)
                except msgspec.MsgspecError as error:
                    raise RecordsError(
                        f"{file}, line {number}", str(error), "give a file of 'sekisho office journal export'"
                    ) from None

    found: list[Break] = list(breaks(lines(), read_heads(heads) if heads else ()))
    for each in found:
        typer.echo(f"line {each.number}: {each.what}")
    typer.echo("the journal is whole" if not found else f"{len(found)} breaks")
    raise typer.Exit(1 if found else 0)


def _mount() -> None:
    """Adds the commands of parts, which live beside what they do."""
    from sekisho.console.impact.commands import studies_command
    from sekisho.console.registers.commands import app as registers_app

    app.add_typer(registers_app, name="registers")
    app.command("studies")(studies_command)


_mount()
