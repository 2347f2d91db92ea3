"""``sekisho simulate``: write an exchange to try the rules on."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from sekisho.simulation.exchange import Simulated
from sekisho.simulation.exchange import simulate as write_exchange
from sekisho.simulation.options import GOLDEN_WEEK, Options
from sekisho.simulation.outflow_2024 import SCENARIOS, write_scenario

QUIET_MONTH = 32
"""Days after the busy one in an exchange for trying: a month, however long, and a day to spare."""


def simulate(
    out: Annotated[Path, typer.Option(help="Folder to write the records to; must be empty or not exist yet.")],
    seed: Annotated[int, typer.Option(help="The same seed and options give the same bytes.")] = 1,
    days: Annotated[int, typer.Option(help="Days of trading.")] = 5,
    accounts: Annotated[int, typer.Option(help="Accounts, of all kinds.")] = 1000,
    instruments: Annotated[int, typer.Option(help="Pairs against the yen; the first are the thickest.")] = 6,
    severity: Annotated[str, typer.Option(help="blatant, subtle, mixed, or a number from 0 to 1.")] = "mixed",
    clean: Annotated[bool, typer.Option("--clean", help="Plant nothing: no misconduct, no failures, no look-alikes.")] = False,
    orders: Annotated[int | None, typer.Option(help="Order events to aim at, in all; 50 per account and day if left out.")] = None,
    start: Annotated[str, typer.Option(help="First day of trading (Japan), YYYY-MM-DD.")] = GOLDEN_WEEK.isoformat(),
    history: Annotated[int, typer.Option(help="Days of custody books before the first day of trading.")] = 21,
    quiet_days: Annotated[
        int, typer.Option(help="Days after the others on which the market hardly moves and nothing is planted in it.")
    ] = 0,
    scenario: Annotated[
        str | None,
        typer.Option(help="A ready scenario instead: outflow-2024 (4,502.9 BTC leave a cold wallet). Takes --seed and --accounts."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Simulate an exchange: orders, trades, customers, wallets, transfers, with planted misconduct and its answer key.

    The records in OUT are read by 'sekisho inspect OUT'. OUT/answer_key.parquet (and .csv) says what was planted, what
    only looks like it, and which records prove it; OUT/simulation.json says how the exchange was made.
    """
    console = Console(stderr=True)
    try:
        options = Options(
            seed=seed, days=days, accounts=accounts, instruments=instruments, severity=severity,
            clean=clean, orders=orders, start=date.fromisoformat(start), history=history,
            quiet_days=quiet_days,
        )  # fmt: skip
    except ValueError as wrong:
        console.print(str(wrong), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2) from None
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        console.print(f"{out}: is not an empty folder; give --out a new one", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2)
    if scenario is not None:
        _write_ready(console, scenario, options, out, as_json)
        return
    simulated = _written_whole(console, options, out)
    if as_json:
        typer.echo(json.dumps({"out": str(out), **asdict(simulated)}, ensure_ascii=False))
    else:
        _print_summary(Console(), simulated, out)


def write_recent_exchange(out: Path) -> None:
    """Write a small exchange for a gate to know when it is tried out: a busy day, and a quiet month that ended yesterday.

    A penalty counts the prices of the month after an act, so the act has to be that old for its amount to be known.
    """
    started = datetime.now(UTC).date() - timedelta(days=1 + QUIET_MONTH)
    shape = Options(seed=1, days=1, accounts=300, instruments=3, start=started, history=2, quiet_days=QUIET_MONTH)
    write_whole(shape, out)


def write_whole(options: Options, out: Path) -> Simulated:
    """Write an exchange whole or not at all, with a bar where somebody watches."""
    return _written_whole(Console(stderr=True), options, out)


def _write_ready(console: Console, scenario: str, options: Options, out: Path, as_json: bool) -> None:
    """Write a ready scenario beside ``out`` and move it there at the end."""
    if scenario not in SCENARIOS:
        console.print(f"--scenario {scenario}: choose one of {', '.join(SCENARIOS)}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2)
    draft = out.parent / f".{out.name}.partial"
    if draft.exists():
        shutil.rmtree(draft)
    rows = write_scenario(scenario, draft, options.seed, options.accounts)
    if out.exists():
        out.rmdir()
    draft.rename(out)
    if as_json:
        typer.echo(json.dumps({"out": str(out), "scenario": scenario, "rows": rows}, ensure_ascii=False))
    else:
        Console().print(
            f"Written to {out}: {sum(rows.values()):,} records. Next: sekisho outflow {out}", markup=False, soft_wrap=True
        )


def _written_whole(console: Console, options: Options, out: Path) -> Simulated:
    """Write beside ``out`` and move there at the end, so that a run cut short leaves no half exchange behind."""
    draft = out.parent / f".{out.name}.partial"
    if draft.exists():
        shutil.rmtree(draft)
    simulated = _with_bar(console, options, draft)
    if out.exists():
        out.rmdir()
    draft.rename(out)
    return simulated


def _with_bar(console: Console, options: Options, out: Path) -> Simulated:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(doing: str, done: int, whole: int) -> None:
            if doing not in tasks:
                tasks[doing] = bars.add_task(doing, total=whole)
            bars.update(tasks[doing], completed=done)

        return write_exchange(options, out, progress)


def _print_summary(console: Console, simulated: Simulated, out: Path) -> None:
    rows = Table("table", "rows", title="Records", title_justify="left")
    for name, number in simulated.rows.items():
        rows.add_row(name, f"{number:,}")
    schemes = Table("rule", "planted", "look-alikes", title="Answer key", title_justify="left")
    for rule in sorted({name.split()[0] for name in simulated.schemes}):
        planted, alike = (simulated.schemes.get(f"{rule} {kind}", 0) for kind in ("planted", "look_alike"))
        schemes.add_row(rule, str(planted), str(alike))
    console.print(rows)
    console.print(schemes)
    console.print(f"Written to {out}. Next: sekisho inspect {out} --out FINDINGS", markup=False, soft_wrap=True)
