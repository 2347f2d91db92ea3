"""``sekisho watch``: follow events as they come and tell what they prove, within seconds and once."""

from __future__ import annotations

import fcntl
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from sekisho.findings.inspection import Question
from sekisho.records import RecordsError
from sekisho.rulebook import load_rulebook
from sekisho.watch.folder import Folder
from sekisho.watch.journal import Journal, Telling
from sekisho.watch.kafka import Kafka
from sekisho.watch.outbox import as_json
from sekisho.watch.received import Received
from sekisho.watch.watching import Pace, Source, Watch

MARKET_RULES: Final = "unfair_trading/*"


def watch_command(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="Growing folder: order_event and trade as .csv or .jsonl files that are appended to, or as Parquet files that "
            "appear; registers (account, party_link, instrument …) beside them.",
            show_default=False,
        ),
    ] = None,
    kafka: Annotated[
        str | None, typer.Option("--kafka", help="Brokers, such as localhost:9092: topics order_event and trade, JSON messages.")
    ] = None,
    topic_prefix: Annotated[str, typer.Option("--topic-prefix", help="Prefix of the topics' names.")] = "",
    registers: Annotated[
        Path | None, typer.Option("--registers", help="With --kafka: folder of the other tables (account, party_link …).")
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="Watch folder: what was taken in, alerts.jsonl, and the report at the end.")
    ] = Path("sekisho-watch"),
    rules: Annotated[str, typer.Option("--rules", help="Only rules whose path matches; commas join.")] = MARKET_RULES,
    regime: Annotated[str | None, typer.Option("--regime", help="Regime; default: the one in force on the day judged.")] = None,
    assume: Annotated[list[str] | None, typer.Option("--assume", help="RULE.PARAMETER=VALUE.")] = None,
    every: Annotated[float, typer.Option("--every", help="Seconds between two looks.", min=0.1)] = 1.0,
    within: Annotated[
        float, typer.Option("--within", help="A look over everything that takes longer lets quick ones go between.", min=0.1)
    ] = 5.0,
    until_idle: Annotated[
        float | None, typer.Option("--until-idle", help="Stop when nothing has come for so many seconds. Default: never.")
    ] = None,
    as_json_lines: Annotated[bool, typer.Option("--json", help="Print each line of alerts.jsonl as it is written.")] = False,
) -> None:
    """Follow events as they come, raise findings within seconds of the last event of a scheme, and tell each once.

    Everything taken in is on disk before it counts, so a crash at any moment loses nothing and doubles nothing: start the same
    command again and it goes on. Ctrl-C or SIGTERM ends it with a last look over everything: findings.parquet, report.html and
    run.json, the same as sekisho inspect over the whole.
    """
    question = Question(regime=regime, rules=rules, assume=tuple(assume or ()))
    load_rulebook().matching(rules)
    with ExitStack() as stack:
        journal = stack.enter_context(_journal(out, f"kafka:{kafka}/{topic_prefix}" if kafka else f"folder:{folder}"))
        received = Received(out / "received", journal)
        stack.callback(received.close)
        source = _source(folder, kafka, topic_prefix, registers, journal, stack)
        watch = Watch(out, source, received, question, Pace(every=every, within=within, until_idle=until_idle))
        stack.callback(watch.close)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: watch.stop())
        inspection = watch.run(_printer(as_json_lines))
        if not as_json_lines:
            found = "nothing has come" if inspection is None else f"{len(inspection.findings)} findings"
            report = f"report: {out / 'report' / 'report.html'}"
            Console().print(f"{received.events:,} events taken in; {found}; {report}", highlight=False, soft_wrap=True)


class _WithRegisters:
    """Events from one source, registers from a folder."""

    def __init__(self, events: Source, registers: Source) -> None:
        self._events, self._registers = events, registers

    def advance(self, received: Received) -> int:
        """Registers first, so that events meet the accounts they name."""
        return self._registers.advance(received) + self._events.advance(received)


def _source(
    folder: Path | None, kafka: str | None, prefix: str, registers: Path | None, journal: Journal, stack: ExitStack
) -> Source:
    if (folder is None) == (kafka is None):
        raise RecordsError("sekisho watch", "needs one source", "give a FOLDER, or --kafka HOST:PORT")
    positions = journal.positions()
    if folder is not None:
        return Folder(folder, positions)
    assert kafka is not None
    topics = Kafka(kafka, prefix, positions)
    stack.callback(topics.close)
    return topics if registers is None else _WithRegisters(topics, Folder(registers, positions))


@contextmanager
def _journal(out: Path, source: str) -> Iterator[Journal]:
    """The journal of the watch folder, held by this process alone and always for the same source."""
    (out / "received").mkdir(parents=True, exist_ok=True)
    with (out / "watch.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RecordsError(str(out), "is held by another watch", "stop that one, or give another --out") from None
        journal = Journal(out / "watch.sqlite")
        try:
            kept = journal.setting("source", source)
            if kept != source:
                raise RecordsError(str(out), f"belongs to {kept}", "give another --out for another source")
            yield journal
        finally:
            journal.close()


def _printer(as_lines: bool) -> Callable[[Telling], None]:
    console = Console()

    def told(telling: Telling) -> None:
        if as_lines:
            typer.echo(as_json(telling))
            return
        finding = json.loads(telling.finding)
        said = f"{telling.told_at} {telling.state} {finding['severity']} {finding['rule']}: {finding['summary_en']}"
        console.print(said, highlight=False, soft_wrap=True)

    return told
