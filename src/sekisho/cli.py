"""The command line: simulate, inspect, compare, and read rules and records."""

from __future__ import annotations

import gc
import json
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from sekisho import __version__
from sekisho.engine.answers import Obligation, Severity
from sekisho.engine.order_streams import OrderStreamError
from sekisho.engine.run import RuleRun
from sekisho.findings.comparison import Comparison, compare, gravest
from sekisho.findings.gate_cost import Asked, Costs, gate_costs
from sekisho.findings.gate_cost_command import print_costs
from sekisho.findings.inspection import Inspection, Inspector, Question
from sekisho.findings.labels import read_labels
from sekisho.findings.outputs import write_comparison, write_inspection
from sekisho.findings.progress_file import ProgressFile, noted_in
from sekisho.gate.messages import GateError
from sekisho.opened_late import OpenedLate
from sekisho.records import RecordsError, open_records
from sekisho.records.on_spark import Cluster
from sekisho.rulebook import RulebookError, load_rulebook
from sekisho.rulebook.commands import parse_day
from sekisho.simulation.commands import write_whole
from sekisho.simulation.options import Options

SELDOM = (200_000, 50, 100)
"""How often unreachable circles of objects are looked for: rows by the hundred thousand are none, and every look goes over them."""
UNUSABLE = 2
FOUND = 1


def _serve() -> Callable[..., None]:
    """The command that serves a gate, with a simulated exchange to try it on."""
    from sekisho.console.beside import open_console
    from sekisho.gate.http.commands import serving
    from sekisho.simulation.commands import write_recent_exchange

    return serving(write_recent_exchange, open_console)


app = typer.Typer(
    cls=OpenedLate,
    help="Sekisho (関所): Japan's framework for crypto-asset markets, as rules that run.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
OpenedLate.MADE["serve"] = _serve

_Records = Annotated[
    Path, typer.Argument(help="Records folder: NAME.parquet, NAME.csv or NAME/ for each table.", show_default=False)
]
_Out = Annotated[Path, typer.Option("--out", help="Folder for the results; written whole or not at all.")]
_AsOf = Annotated[str | None, typer.Option("--as-of", help="Day judged, a Japan date. Default: the last day of the records.")]
_Rules = Annotated[str | None, typer.Option("--rules", help="Only rules whose path matches, e.g. 'unfair_trading/*'; commas join.")]
_Assume = Annotated[list[str] | None, typer.Option("--assume", help="RULE.PARAMETER=VALUE; every result built on it says so.")]
_Engine = Annotated[str, typer.Option("--engine", help="duckdb (this machine) or spark (a cluster).")]
_Master = Annotated[str | None, typer.Option("--master", help="Spark cluster, such as spark://HOST:7077; with --engine spark.")]
_SparkConf = Annotated[
    list[str] | None, typer.Option("--spark-conf", help="Spark setting KEY=VALUE, such as spark.executor.memory=4g; repeatable.")
]
_Threads = Annotated[int | None, typer.Option("--threads", min=1, help="Threads; default: all cores.")]
_Memory = Annotated[
    str | None, typer.Option("--memory-limit", help="Memory for tables, such as 3GB; beyond it, work spills to disk.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command()
def inspect(
    records: _Records,
    regime: Annotated[str | None, typer.Option("--regime", help="Regime; default: the one in force on the day judged.")] = None,
    as_of: _AsOf = None,
    rules: _Rules = None,
    assume: _Assume = None,
    engine: _Engine = "duckdb",
    master: _Master = None,
    spark_conf: _SparkConf = None,
    out: _Out = Path("sekisho-out"),
    fail_on: Annotated[str | None, typer.Option("--fail-on", help="Exit status 1 on a finding of this severity or above.")] = None,
    threads: _Threads = None,
    memory_limit: _Memory = None,
    as_json: _Json = False,
) -> None:
    """Inspect an exchange's books: what broke the framework, rule by rule and with proof.

    Writes findings.parquet, report.html and run.json. Exit status 0 when it ran, whatever it found; 2 when the input is
    unusable; 1 only with --fail-on.
    """
    threshold = _severity(fail_on)
    question = Question(regime=regime, as_of=parse_day(as_of) if as_of else None, rules=rules, assume=tuple(assume or ()))
    with _progress(as_json) as progress:
        cluster = Cluster(master, tuple(spark_conf or ()))
        books = open_records(records, engine=engine, threads=threads, memory_limit=memory_limit, cluster=cluster)
        inspection = Inspector(load_rulebook(), books, progress).inspect(question)
        progress("writing the report", 1, 1)
        run = write_inspection(inspection, out)
    if as_json:
        typer.echo(json.dumps(run, ensure_ascii=False, indent=2))
    else:
        _print_inspection(inspection, out)
    worst = gravest(inspection.findings)
    if threshold is not None and worst is not None and worst >= threshold:
        raise typer.Exit(FOUND)


@app.command("compare")
def compare_command(
    records: _Records,
    before: Annotated[str | None, typer.Argument(help="Regime before. Default: the one in force on the day judged.")] = None,
    after: Annotated[str | None, typer.Argument(help="Regime after. Default: FIEA-ACT64.")] = None,
    from_regime: Annotated[str | None, typer.Option("--from", "--regime", help="Regime before, as an option.")] = None,
    to_regime: Annotated[str | None, typer.Option("--to", "--against", help="Regime after, as an option.")] = None,
    as_of: _AsOf = None,
    rules: _Rules = None,
    assume: _Assume = None,
    engine: _Engine = "duckdb",
    master: _Master = None,
    spark_conf: _SparkConf = None,
    out: _Out = Path("sekisho-compare"),
    threads: _Threads = None,
    memory_limit: _Memory = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(help="RULE.PARAMETER=VALUE,VALUE: one line each at the gate after, as transfers/cooling_off.days=1,3,7,30."),
    ] = None,
    known: Annotated[Path | None, typer.Option(help="Answer key or labelled records, to say what the gate would protect.")] = None,
    progress_file: ProgressFile = None,
    as_json: _Json = False,
) -> None:
    """Compare two regimes over the same books: which findings appear, disappear or change weight, and why.

    Where the books hold transfers, each one is asked again at the gate of both regimes: who would wait, for how long, and with
    --known how much known misconduct would be stopped.
    """
    day = parse_day(as_of) if as_of else None
    with noted_in(progress_file) if progress_file else _progress(as_json) as progress:
        cluster = Cluster(master, tuple(spark_conf or ()))
        books = open_records(records, engine=engine, threads=threads, memory_limit=memory_limit, cluster=cluster)
        inspector = Inspector(load_rulebook(), books, progress)
        sides = [
            inspector.inspect(Question(regime=regime, as_of=day, rules=rules, assume=tuple(assume or ())))
            for regime in (before or from_regime, after or to_regime or "FIEA-ACT64")
        ]
        gate = Asked(rules=rules, assume=tuple(assume or ()))
        comparison = compare(sides[0], sides[1], _gates(inspector, sides, gate, tuple(vary or ()), known))
        told = write_comparison(comparison, out)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _print_comparison(comparison, out)


@app.command()
def demo(
    out: _Out = Path("demo"),
    seed: Annotated[int, typer.Option(help="Seed of the simulated exchange.")] = 1,
    days: Annotated[int, typer.Option(help="Days simulated.", min=1)] = 5,
    accounts: Annotated[int, typer.Option(help="Accounts simulated.", min=100)] = 1000,
    instruments: Annotated[int, typer.Option(help="Instruments simulated.", min=1)] = 6,
    start: Annotated[str, typer.Option(help="First day of trading, a Japan date.")] = "2026-09-17",
) -> None:
    """Simulate an exchange with planted misconduct, inspect it, and show where the report is and how to open the console.

    The days run over the holidays of September 2026, under the law in force then; a demo made before is made anew.
    """
    books = out / "exchange"
    if (books / "simulation.json").is_file():
        shutil.rmtree(books)
    shape = Options(seed=seed, days=days, accounts=accounts, instruments=instruments, start=date.fromisoformat(start))
    simulated = write_whole(shape, books)
    with _progress(False) as progress:
        inspection = Inspector(load_rulebook(), open_records(books), progress).inspect(Question())
        progress("writing the report", 1, 1)
        write_inspection(inspection, out / "report")
    rows = simulated.rows
    counted = f"{rows['account']:,} accounts, {rows['order_event']:,} order events, {rows['trade']:,} trades"
    say = partial(Console().print, soft_wrap=True, highlight=False)
    say(f"Simulated in {books}: {counted}; what was planted in it stands in answer_key.csv.")
    _print_in_short(inspection, out / "report")
    serve = f"[bold]{_as_called()} serve[/bold]"
    say(
        f"Next, people decide about such findings in a browser: {serve} makes a smaller exchange of its own, which traded a month "
        "ago, fills a console for trying with what is found in it (about a minute and a half the first time), and prints its "
        "address, the accounts and their password. docs/tutorial.md (日本語: docs/tutorial.ja.md) goes on to a filed report. "
        f"To look at the exchange above instead: {_as_called()} serve --records {books} --out {out / 'office'}"
    )


def _as_called() -> str:
    """The program as whoever runs it called it, so that what is printed can be typed."""
    return escape(sys.argv[0]) if Path(sys.argv[0]).name == "sekisho" else "sekisho"


@app.callback()
def _options(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    if version:
        typer.echo(f"sekisho {__version__}")
        raise typer.Exit


def main() -> None:
    """Entry point: what the world sends wrongly becomes one line and exit status 2."""
    gc.freeze()
    gc.set_threshold(*SELDOM)
    try:
        app()
    except (RecordsError, RulebookError, OrderStreamError, GateError) as error:
        sys.stderr.write(f"sekisho: {error}\n")
        sys.exit(UNUSABLE)


def _severity(text: str | None) -> Severity | None:
    if text is None:
        return None
    if text not in Severity.__members__:
        raise RulebookError(f"--fail-on {text}: choose one of {', '.join(Severity.__members__)}")
    return Severity[text]


class _Quiet:
    def __call__(self, what: str, done: int, of: int) -> None:
        """Say nothing: the output is read by a program or no one is watching."""


class _Bar:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("reading the records", total=None)

    def __call__(self, what: str, done: int, of: int) -> None:
        self._progress.update(self._task, description=what, completed=done, total=of)


@contextmanager
def _progress(quiet: bool) -> Iterator[_Bar | _Quiet]:
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield _Quiet()
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bar(progress)


def _print_inspection(inspection: Inspection, out: Path) -> None:
    console = Console()
    table = _by_severity(inspection, "rule")
    counts = Counter((f.rule, f.severity) for f in inspection.findings)
    found = {f.rule for f in inspection.findings}
    chapters = groupby(inspection.runs, key=lambda run: run.rule.chapter)
    for chapter, runs in ((chapter, [run for run in runs if run.state == "ran"]) for chapter, runs in chapters):
        if not runs:
            continue
        table.add_section()
        silent = sum(run.rule.path not in found for run in runs)
        table.add_row(f"{chapter}" + (f": {silent} rule{'s' * (silent > 1)} found nothing" if silent else ""), style="bold")
        for run in runs:
            if run.rule.path in found:
                path = run.rule.path
                table.add_row(f"  {path.partition('/')[2]}", *_counted(counts, path))
    console.print(table)
    for line in _without_answer(inspection.runs):
        console.print(f"  {line}", highlight=False, soft_wrap=True)
    for warning in inspection.warnings:
        console.print(f"  {warning}", style="yellow", highlight=False, soft_wrap=True)
    deadlines = [due for run in inspection.runs for due in run.obligations]
    late = [due for due in deadlines if _late(due, inspection.judged.as_of)]
    console.print(f"{len(inspection.findings)} findings; {len(deadlines)} deadlines, {len(late)} late")
    console.print(f"report: {out / 'report.html'}", soft_wrap=True, highlight=False)


def _by_severity(inspection: Inspection, of: str, *more: str) -> Table:
    """An empty table of findings by severity: what a row is of, other columns of numbers, then one for each severity."""
    judged, regime = inspection.judged, inspection.regime
    table = Table(title=f"Judged under {regime.id} ({regime.status}) as of {judged.as_of}", title_justify="left")
    table.add_column(of, no_wrap=True)
    for heading in (*more, *Severity.__members__):
        table.add_column(heading, justify="right")
    return table


def _counted(counts: Counter[tuple[str, str]], of: str) -> Iterator[str]:
    """A row's counts by severity."""
    return (str(counts[of, name] or "·") for name in Severity.__members__)


def _print_in_short(inspection: Inspection, out: Path) -> None:
    """The findings by chapter, and how many rules gave no answer; which and why stands in the report and in run.json."""
    table = _by_severity(inspection, "chapter", "rules run")
    counts = Counter((f.rule.partition("/")[0], f.severity) for f in inspection.findings)
    ran = Counter(run.rule.chapter for run in inspection.runs if run.state == "ran")
    for chapter, rules in ran.items():
        table.add_row(chapter, str(rules), *_counted(counts, chapter))
    say = partial(Console().print, soft_wrap=True, highlight=False)
    say(table)
    silent = Counter(_ANSWERS[run.state] for run in inspection.runs if run.state != "ran")
    others = ", ".join(f"{number} {state}" for state, number in silent.most_common())
    found, asked = (
        f"{number} {word}{'s' * (number != 1)}" for number, word in ((len(inspection.findings), "finding"), (ran.total(), "rule"))
    )
    say(f"{found} of {asked}. The other rules gave no answer: {others}; run.json says why, rule by rule.")
    say(f"report: {out / 'report.html'}")


def _without_answer(runs: Sequence[RuleRun]) -> Iterator[str]:
    """The rules that did not run, those with one reason in one line: open values and missing tables by name."""
    reasons: dict[str, list[str]] = {}
    for run in runs:
        if run.state in {"undetermined", "not_inspected"}:
            said = run.why.removeprefix(f"{run.rule.path}: ")
            reasons.setdefault(f"[yellow]{escape(said)}[/yellow]", []).append(run.rule.path)
        elif run.state != "ran":
            reasons.setdefault(_ANSWERS[run.state], []).append(run.rule.path)
    yield from (f"{reason}: {', '.join(paths)}" for reason, paths in sorted(reasons.items()))


def _late(due: Obligation, as_of: date) -> bool:
    """Past its day: cured later than due, or, where the books can show a cure, not cured by the day judged."""
    cured_on = due.facts.get("cured_on")
    if isinstance(cured_on, date):
        return cured_on > due.due_on
    return "cured_on" in due.facts and as_of > due.due_on


_ANSWERS = {
    "ran": "ran",
    "undetermined": "undetermined",
    "not_inspected": "not inspected",
    "not_in_regime": "no such rule in this regime",
    "attested": "to be attested",
    "gate_only": "at the gate",
    "by_case": "by case file",
}


def _gates(
    inspector: Inspector, sides: Sequence[Inspection], asked: Asked, vary: tuple[str, ...], known: Path | None
) -> tuple[Costs, Costs] | None:
    """What the gate would cost on either side; None where the books hold no transfers. ``vary`` holds for the later one."""
    if "transfer" not in inspector.records.present:
        return None
    labels = read_labels(known) if known else ()
    progress = partial(inspector.progress, "transfers asked again")
    before, after = (
        replace(asked, regime=side.regime.id, as_of=side.judged.as_of, vary=vary if side is sides[1] else ()) for side in sides
    )
    return (
        gate_costs(inspector.rulebook, inspector.records, [before], labels, progress),
        gate_costs(inspector.rulebook, inspector.records, [after], labels, progress),
    )


def _print_comparison(comparison: Comparison, out: Path) -> None:
    console = Console()
    before, after = comparison.before.regime.id, comparison.after.regime.id
    table = Table(title=f"{before} → {after}", title_justify="left")
    table.add_column("rule", no_wrap=True)
    for heading in (before, after, "appear", "disappear", "weight"):
        table.add_column(heading)
    for rule in comparison.rules:
        counts = [str(n or "·") for n in (rule.appearing, rule.disappearing, rule.reweighted)]
        table.add_row(rule.rule, _ANSWERS[rule.before], _ANSWERS[rule.after], *counts)
    console.print(table)
    for rule in comparison.rules:
        for cause in rule.causes:
            console.print(f"  {rule.rule}: {cause.text.en}", highlight=False, soft_wrap=True)
    for regime, measured in zip((before, after), comparison.gate or (), strict=False):
        if measured.rows:
            print_costs(measured, console, f"At the gate under {regime}: ")
    for warning in dict.fromkeys((*comparison.before.warnings, *comparison.after.warnings)):
        console.print(f"  {warning}", style="yellow", highlight=False, soft_wrap=True)
    console.print(f"report: {out / 'comparison.html'}", soft_wrap=True, highlight=False)


if __name__ == "__main__":
    main()
