"""``sekisho gate``: decide requests from a file, teach the gate what the books hold, look at cases, and keep its rule sets."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from sekisho.engine.memory import rows_before
from sekisho.engine.requests import OrderRequest, TransferRequest
from sekisho.gate.clock import GateClock, GivenClock
from sekisho.gate.gate import Gate
from sekisho.gate.journals import open_journal
from sekisho.gate.list_source import ListSource
from sekisho.gate.messages import Decision, GateError, RequestEventIn, answer, asked_at, encode
from sekisho.gate.options import (
    JOURNAL_FILE,
    AsJson,
    JournalOption,
    Language,
    ListsOption,
    SnapshotsOption,
    existing,
    print_decision,
    print_json,
    speaking,
)
from sekisho.gate.progress import Shown, progress
from sekisho.gate.rule_set import RuleSet
from sekisho.gate.rules_commands import app as rules_app
from sekisho.gate.snapshot import begin, snapshots_beside, take_snapshot
from sekisho.gate.state import LEARNABLE
from sekisho.records import open_records
from sekisho.rulebook.commands import parse_day
from sekisho.typologies.valuation import starts_at

app = typer.Typer(help="The gate: may this transfer, may this order go ahead?", no_args_is_help=True)
app.add_typer(rules_app, name="rules")

PORTION = 5_000


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """One line of a file of requests: exactly one of a transfer, an order, or an event about a request."""

    transfer: TransferRequest | None = None
    order: OrderRequest | None = None
    event: RequestEventIn | None = None
    request_id: str | None = None
    key: str | None = None


@app.command("decide")
def decide_command(
    file: Annotated[
        Path,
        typer.Argument(
            help='JSON lines: {"transfer": {…}}, {"order": {…}} or {"request_id": …, "event": {…}}; - reads standard input.'
        ),
    ],
    journal: Annotated[
        str | None,
        typer.Option("--journal", envvar="SEKISHO_JOURNAL", help="The gate's journal; default: a new one that is thrown away."),
    ] = None,
    records: Annotated[
        Path | None, typer.Option("--records", help="Records folder: what the gate knows before the first request.")
    ] = None,
    regime: Annotated[
        str | None, typer.Option("--regime", help="Without --journal: the regime; default: the law in force.")
    ] = None,
    rules: Annotated[str, typer.Option("--rules", help="Without --journal: rules whose path matches; commas join.")] = "*",
    assume: Annotated[list[str] | None, typer.Option("--assume", help="Without --journal: RULE.PARAMETER=VALUE.")] = None,
    undetermined: Annotated[
        str, typer.Option("--undetermined", help="Without --journal: what a rule without value means: hold, refuse or list.")
    ] = "hold",
    at: Annotated[str, typer.Option("--at", help="When it is decided: 'request' (each at its own time) or 'now'.")] = "request",
    lists: ListsOption = None,
    lang: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Decide requests from a file without a server: the same engine, the same journal, the same answers.

    Prints one decision a line with --json (as the gate answers), or each with its reasons. Without --journal a rule set is put
    in force for this run alone and everything is forgotten afterwards.
    """
    speaking(lang)
    if at not in ("request", "now"):
        raise GateError(f"--at {at}: choose request or now")
    lines = list(_lines(file))
    with ExitStack() as stack:
        first = next((asked_at(request) for line in lines if (request := line.transfer or line.order)), None)
        clock = GivenClock(first) if at == "request" and first is not None else GateClock()
        where = journal or str(Path(stack.enter_context(TemporaryDirectory(prefix="sekisho-gate-"))) / "gate.sqlite")
        gate = stack.enter_context(Gate(where, clock=clock, lists=lists))
        if journal is None:
            meant = {"*": undetermined}
            _in_force(
                gate,
                RuleSet(name="given", regime=regime, rules=tuple(rules.split(",")), assume=tuple(assume or ()), undetermined=meant),
            )
        if records is not None:
            with progress() as shown:
                _teach(gate, records, first, shown)
        console = Console()
        for line in lines:
            decision = _decided(gate, line, clock)
            if as_json:
                typer.echo(encode(answer(decision)).decode())
            else:
                print_decision(console, decision, lang)


@app.command("learn")
def learn_command(
    records: Annotated[
        Path, typer.Argument(help="Records folder: accounts, events, transfers, trades, balances, prices, registers.")
    ],
    journal: JournalOption = JOURNAL_FILE,
    lists: ListsOption = None,
    as_json: AsJson = False,
) -> None:
    """Teach the gate what the books hold. Rows it knows already are replaced; all are in its journal before this returns."""
    with Gate(journal, lists=lists) as gate, progress() as shown:
        told = _teach(gate, records, None, shown)
    if as_json:
        print_json(told)
    else:
        Console().print(
            "learnt " + (", ".join(f"{rows:,} of {table}" for table, rows in told.items()) or "nothing"), highlight=False
        )


@app.command("base")
def base_command(
    records: Annotated[Path, typer.Argument(help="Records folder: accounts, parties, balances, transfers, trades, events …")],
    journal: JournalOption = JOURNAL_FILE,
    snapshots: SnapshotsOption = None,
    detail_from: Annotated[
        str | None, typer.Option("--detail-from", help="Day from which transfers, events and trades are kept one by one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Begin a new journal with what the books hold, in columns: millions of clients load in seconds.

    Transfers before --detail-from are kept as the address book alone. The base lies beside the journal's snapshots and must stay
    there: every decision is replayed from it.
    """
    folder = snapshots or snapshots_beside(journal)
    if folder is None:
        raise GateError("--snapshots: give a folder that every process of this gate can read")
    kept = open_journal(journal)
    try:
        since = None if detail_from is None else starts_at(parse_day(detail_from))
        with progress() as shown:
            shown("writing what the books hold in columns", 0, 1)
            digest = begin(kept, folder, open_records(records), since, datetime.now(UTC))
    finally:
        kept.close()
    if as_json:
        print_json({"base": digest, "folder": str(folder)})
    else:
        Console().print(f"the journal begins with base {digest[:12]} in {folder}", highlight=False, soft_wrap=True)


@app.command("snapshot")
def snapshot_command(
    journal: JournalOption = JOURNAL_FILE,
    snapshots: SnapshotsOption = None,
    lists: ListsOption = None,
    as_json: AsJson = False,
) -> None:
    """Write a snapshot of everything the gate remembers now, so that it starts from there. It may run on meanwhile."""
    folder = snapshots or snapshots_beside(journal)
    if folder is None:
        raise GateError("--snapshots: give a folder that every process of this gate can read")
    kept = existing(journal)
    try:
        number, place = take_snapshot(kept, folder, None if lists is None else ListSource(lists))
    finally:
        kept.close()
    if as_json:
        print_json({"entry": number, "folder": str(place)})
    else:
        Console().print(f"snapshot of entry {number} in {place}", highlight=False, soft_wrap=True)


@app.command("cases")
def cases_command(
    case: Annotated[str | None, typer.Argument(help="Id of one case, with everything a report would ask for.")] = None,
    journal: JournalOption = JOURNAL_FILE,
    lang: Language = "en",
    as_json: AsJson = False,
) -> None:
    """List the cases that held or refused requests opened, or show one. Confidential: the client must not learn of it."""
    speaking(lang)
    with Gate(existing(journal)) as gate:
        cases = gate.cases() if case is None else [gate.case(case)]
    if as_json:
        print_json(cases if case is None else cases[0])
        return
    console = Console()
    if case is None:
        table = Table("Case", "Opened (UTC)", "Decision", "Outcome", "Missing for a report")
        for one in cases:
            missing = sum(len(item.missing) for item in one.items)
            table.add_row(one.case_id, f"{one.opened_at:%Y-%m-%d %H:%M:%S}", one.decision_id, one.outcome, str(missing))
        console.print(table)
        return
    [one] = cases
    console.print(one.confidential.ja if lang == "ja" else one.confidential.en, style="bold red", soft_wrap=True)
    for item in one.items:
        console.print(
            f"\n[bold]{item.provision}[/] {item.asks.ja if lang == 'ja' else item.asks.en}", highlight=False, soft_wrap=True
        )
        for name, value in msgspec.to_builtins(item.known).items():
            if value not in (None, [], {}):
                console.print(f"  {name}: {value}", highlight=False, soft_wrap=True)
        if item.missing:
            console.print(f"  {'不足' if lang == 'ja' else 'missing'}: {', '.join(item.missing)}", style="yellow", highlight=False)


def _lines(file: Path) -> Iterator[Line]:
    """The lines of a file; raises GateError naming the first that cannot be used."""
    decoder = msgspec.json.Decoder(Line)
    try:
        text = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise GateError(f"{file}: {error.strerror}; give a file of JSON lines") from None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            read = decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise GateError(
                f'{file} line {number}: {error}; a line is {{"transfer": …}}, {{"order": …}} or {{"request_id": …, "event": …}}'
            ) from None
        if sum(each is not None for each in (read.transfer, read.order, read.event)) != 1 or (read.event is None) != (
            read.request_id is None
        ):
            raise GateError(f"{file} line {number}: give one transfer, one order, or one event with its request_id")
        yield read


def _decided(gate: Gate, line: Line, clock: GateClock | GivenClock) -> Decision:
    request = line.transfer or line.order
    if request is None:
        assert line.event is not None
        assert line.request_id is not None
        return gate.tell(line.request_id, line.event, line.key)
    if isinstance(clock, GivenClock):
        clock.at = asked_at(request)
    return gate.submit(request, line.key).result()


def _in_force(gate: Gate, rule_set: RuleSet) -> None:
    gate.rule("draft", rule_set, "sekisho gate decide")
    gate.rule("commit", rule_set.name, "sekisho gate decide")
    gate.rule("activate", rule_set.name, "for this run alone")


def _teach(gate: Gate, folder: Path, before: Any, shown: Shown) -> Mapping[str, int]:
    records = open_records(folder)
    tables = [table for table in LEARNABLE if table in records.present]
    told: dict[str, int] = {}
    for done, table in enumerate(tables):
        shown(f"learning {table}", done, len(tables))
        for portion in _portions(rows_before(records, table, before)):
            told[table] = told.get(table, 0) + gate.learn(table, portion)
            shown(f"learning {table}: {told[table]:,} rows", done, len(tables))
    return told


def _portions(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    portion: list[Mapping[str, Any]] = []
    for row in rows:
        portion.append(row)
        if len(portion) == PORTION:
            yield portion
            portion = []
    if portion:
        yield portion
