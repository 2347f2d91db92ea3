"""``sekisho office``: serve the console, make people and accounts, export the journal and verify it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from sekisho.console.attestations.commands import attestations_command
from sekisho.console.incidents.commands import incident_command
from sekisho.console.start import opened
from sekisho.records import RecordsError

app = typer.Typer(
    help="The office: people decide in a browser, and every change is kept.", no_args_is_help=True, pretty_exceptions_enable=False
)
journal_app = typer.Typer(help="The journal of every change: export it, verify it offline.", no_args_is_help=True)
app.add_typer(journal_app, name="journal")
app.command("incident")(incident_command)
app.command("attestations")(attestations_command)
ConfigOption = Annotated[Path, typer.Option("--config", envvar="SEKISHO_CONSOLE", help="The console's settings (TOML).")]
Config = Path("office.toml")


def whole_at_its_end() -> None:
    """Refuse to go on with a journal that lacks the last line written down outside: writing on would hide what was lost."""
    from sekisho.console.journal.acting import heads_file
    from sekisho.console.journal.heads import last_head
    from sekisho.console.journal.models import Change

    head = last_head(heads_file())
    if head is not None and not Change.objects.filter(number=head[0], check_hash=head[1]).exists():
        raise RecordsError(
            str(heads_file()),
            f"the journal does not hold line {head[0]}, the last written down: an old copy of the database?",
            "see 'Backup and restore' in docs/console.md before going on",
        )


@app.command("serve")
def serve_command(
    config: ConfigOption = Config,
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port; 0 takes a free one.")] = 8471,
    as_json: Annotated[bool, typer.Option("--json", help="Print the address as JSON.")] = False,
) -> None:
    """Serve the console alone; 'sekisho serve' serves it together with a gate."""
    opened(config)
    whole_at_its_end()
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


@journal_app.command("check")
def check_command(config: ConfigOption = Config) -> None:
    """Check the journal where it is: chain, heads, and every row against what the journal last said of it. Exit 1 with breaks."""
    opened(config)
    from sekisho.console.journal.rows import check

    found = 0
    for each in check(lambda what, count: typer.echo(f"{what}: {count:,}", err=True)):
        typer.echo(f"line {each.number}: {each.what}" if each.number else each.what)
        found += 1
    typer.echo("the journal is whole, and the rows are what it says" if not found else f"{found} breaks")
    raise typer.Exit(1 if found else 0)


@app.command("retention")
def retention_command(
    config: ConfigOption = Config,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON, with the ids that may go and those that stay.")] = False,
) -> None:
    """List how long each kind of record is kept, and what may be removed now. Removing takes two people, in the console."""
    opened(config)
    from django.utils import timezone

    from sekisho.console.administration.retention import may_go, overview
    from sekisho.console.journal.rows import kinds

    at = timezone.now()
    if as_json:
        told = {}
        for kind in kinds():
            go, stay = may_go(kind, at)
            told[kind.kind()] = {"may_go": go, "stay": [{"id": pk, "why": why} for pk, why in stay]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for each in overview(at):
        years = f"{each['years']} years from {each['from']} ({each['provision']})" if each["years"] else "never removed"
        typer.echo(f"{each['kind']}: {each['count']:,} records, {each['due']:,} of them over; {years}: {each['why']}")


@app.command("take-in")
def take_in_command(
    run_folder: Annotated[Path, typer.Argument(help="Folder that 'sekisho inspect --out' wrote.")],
    books: Annotated[Path | None, typer.Option("--books", help="The books inspected (default: those of the settings).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
    config: ConfigOption = Config,
) -> None:
    """Make alerts of an inspection's findings: whole or not at all; a finding known already is left alone."""
    opened(config)
    from django.conf import settings
    from django.utils import timezone

    from sekisho.console.alerts.intake import take_in_run
    from sekisho.console.journal.acting import SYSTEM

    known = settings.CHOSEN.books
    from_books = books or (settings.FOLDER / known if known is not None else None)
    with _bar(not as_json) as said:
        taken = take_in_run(run_folder, SYSTEM, timezone.now(), books=from_books, progress=said)
    if as_json:
        typer.echo(msgspec.json.encode(taken).decode())
        return
    typer.echo(
        f"{taken.findings} findings: {taken.taken} new alerts, {taken.known} known already, {taken.remembered} closed as remembered"
    )
    if from_books is None and taken.without_parties:
        typer.echo(
            f"no books given: of {taken.without_parties} alerts the parties are not known, and no conflict of interest shows"
        )


@contextmanager
def _bar(shown: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Tells how far something long is, where somebody watches."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not shown or not console.is_terminal:
        yield lambda what, done, of: None
        return
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda what, done, of: progress.update(task, description=what, completed=done, total=of)


@app.command("tick")
def tick_command(config: ConfigOption = Config) -> None:
    """Do what falls due by itself, part by part: wake, remind, look for deadlines, take up the rulebook. Run it often."""
    opened(config)
    from django.utils import timezone

    from sekisho.console import urls  # noqa: F401 - reads every part's pages
    from sekisho.console.desk.ticks import tick

    for part, done in tick(timezone.now()).items():
        typer.echo(f"{part}: " + ", ".join(f"{count} {what}" for what, count in done.items()))


@journal_app.command("export")
def export_command(
    out: Annotated[Path, typer.Argument(help="File to write: one line of JSON for each change.")], config: ConfigOption = Config
) -> None:
    """Write the whole journal into a file that anybody verifies without the database."""
    opened(config)
    from sekisho.console.journal.models import Change

    lines = 0
    try:
        with out.open("xb") as file:
            for change in Change.objects.order_by("number").iterator(chunk_size=2_000):
                file.write(msgspec.json.encode(change.line()) + b"\n")
                lines += 1
    except FileExistsError:
        raise RecordsError(str(out), "is there already", "give a name that is free: what was exported before is kept") from None
    except OSError as error:
        raise RecordsError(str(out), f"cannot be written: {error.strerror}") from None
    typer.echo(f"{lines:,} lines written to {out}")


@journal_app.command("verify")
def verify_command(
    file: Annotated[Path, typer.Argument(help="An exported journal.")],
    heads: Annotated[Path | None, typer.Option("--heads", help="The file of heads kept outside the database.")] = None,
) -> None:
    """Verify an exported journal offline: exit 0 when it is whole, 1 with every break when not. Needs no database.

    A copy that ends before the last head is not whole, either: it is older than what was written since, or was cut short.
    """
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
    wrong = [each for each in found if each.ends_at is None]
    for each in wrong:
        typer.echo(f"line {each.number}: {each.what}")
    for each in found:
        if each.ends_at is not None:
            typer.echo(
                f"this copy ends at line {each.ends_at:,}, and the journal went on to line {each.number:,}: export it again, and "
                "if it still ends there it was cut short, or an old copy of the database was put back"
            )
    if wrong or not found:
        typer.echo("the journal is whole" if not found else f"{len(wrong)} break{'s' * (len(wrong) > 1)}")
    raise typer.Exit(1 if found else 0)


def _mount() -> None:
    """Adds the commands of parts, which live beside what they do."""
    from sekisho.console.impact.commands import studies_command
    from sekisho.console.registers.commands import app as registers_app

    app.add_typer(registers_app, name="registers")
    app.command("studies")(studies_command)


_mount()
