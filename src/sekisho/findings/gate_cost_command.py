"""``sekisho gate-cost``: the price of each rule of the gate over yesterday's transfers, and what a proposal would change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from sekisho.findings.gate_cost import Asked, Cost, Costs, dearest_first, gate_costs, to_json
from sekisho.findings.labels import read_labels
from sekisho.findings.progress_file import ProgressFile, noted_in
from sekisho.records import open_records
from sekisho.rulebook import load_rulebook


def gate_cost(
    records: Annotated[Path, typer.Argument(help="Folder of records with transfers")],
    regime: Annotated[
        list[str] | None,
        typer.Option(
            "--regime", help="Regime whose rules stand at the gate; may be given more than once. Default: the one in force"
        ),
    ] = None,
    rules: Annotated[str | None, typer.Option(help="Only rules matching these globs, by comma")] = None,
    assume: Annotated[list[str] | None, typer.Option(help="RULE.PARAMETER=VALUE for what law or firm leave open")] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(help="RULE.PARAMETER=VALUE,VALUE: one line for each, such as transfers/cooling_off.days=1,3,7,30"),
    ] = None,
    known: Annotated[Path | None, typer.Option(help="Answer key or labelled records: what is known to be misconduct")] = None,
    progress_file: ProgressFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables")] = False,
) -> None:
    """Ask every transfer of the records again at the gate, and say what each rule delays and protects.

    Who waits is counted in transfers, clients and yen; with --known also how much known misconduct is stopped and how many
    ordinary transfers are. Nothing is released or held: the records stay as they are.
    """
    told = read_labels(known) if known else ()
    asked = [
        Asked(regime=each, rules=rules, assume=tuple(assume or ()), vary=tuple(vary or ()))
        for each in (regime or [None])  # type: ignore[list-item]
    ]
    with open_records(records) as books, _told_of(progress_file) as progress:
        measured = gate_costs(load_rulebook(), books, asked, told, progress)
    if as_json:
        typer.echo(json.dumps(to_json(measured), ensure_ascii=False, indent=2))
        return
    print_costs(measured, Console())


@contextmanager
def _told_of(progress_file: Path | None) -> Iterator[Callable[[int, int], None]]:
    """Where it is told how far it is: in a file for programs, or as a bar for people."""
    if progress_file is not None:
        with noted_in(progress_file) as noted:
            yield partial(noted, "transfers asked again")
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("transfers asked again", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def print_costs(measured: Costs, console: Console, where: str = "") -> None:
    """The table as people read it: the dearest rule first, all together at the end."""
    title = f"{where}{measured.asked:,} transfers of {measured.clients:,} clients asked again"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("rule", overflow="fold", min_width=22)
    known = ("cases", "saved", "ordinary") if measured.known else ()
    for heading in ("stopped", "clients", "yen", "days", *known):
        table.add_column(heading, justify="right", no_wrap=True, min_width=len(heading))
    rows = dearest_first(measured)
    for row in rows:
        table.add_row(*_cells(row, measured))
    table.add_section()
    for row in measured.together:
        table.add_row(*_cells(row, measured))
    console.print(table)
    told = "stopped: held or refused; yen: delayed, in millions; days: median wait, where its end is known"
    if measured.known:
        told += (
            "; saved: yen of known misconduct stopped; cases: known misconduct of the rule (at the end: of all) that was stopped; "
            "ordinary: share of all else stopped"
        )
    console.print(f"{told}.", highlight=False, style="dim")
    silent = len(measured.rows) - len(rows)
    if silent:
        console.print(f"{silent} more rules were asked and had nothing to say.", highlight=False)
    for why in measured.open:
        console.print(f"undetermined: {why}", highlight=False, soft_wrap=True)


def _cells(row: Cost, measured: Costs) -> list[str]:
    days = row.delay_days
    chapter, _, name = row.rule.rpartition("/")
    waited = "–" if days is None else f"{days:f}"
    cells = [escape(name if chapter == "transfers" else row.rule), f"{row.stopped:,}", f"{len(row.clients):,}"]
    cells += [_millions(row.stopped_jpy), waited]
    if measured.known:
        own = measured.known.get(row.rule.partition(" [")[0])
        known = frozenset[str]().union(*measured.known.values()) if own is None else own
        share = Decimal(row.ordinary_stopped) / measured.ordinary * 100 if measured.ordinary else Decimal(0)
        cells += [f"{len(known & row.caught)}/{len(known)}", _millions(row.protected_jpy), f"{share:.2f} %"]
    return cells


def _millions(amount: Decimal) -> str:
    return f"{amount / 1_000_000:,.1f}M"
