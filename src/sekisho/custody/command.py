"""``sekisho custody``: the day's certificate of client assets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from sekisho.custody.as_known import TABLES
from sekisho.custody.certificate import DAYS_SHOWN, Asked, certify
from sekisho.custody.day import COLD, GUARANTEE, RECONCILIATION
from sekisho.custody.outputs import write_certificate
from sekisho.custody.property_report import property_report
from sekisho.custody.words import LANGUAGES
from sekisho.findings.inspection import Progress as Tell
from sekisho.records import RecordsError, open_records
from sekisho.rulebook import load_rulebook
from sekisho.rulebook.commands import parse_day


def custody_command(
    records: Annotated[
        Path, typer.Argument(help="Records folder: NAME.parquet, NAME.csv or NAME/ for each table.", show_default=False)
    ],
    regime: Annotated[str | None, typer.Option("--regime", help="Regime; default: the one in force on the day.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Day certified, a Japan date. Default: the ledger's last day.")
    ] = None,
    cutoff: Annotated[
        str | None,
        typer.Option("--cutoff", help="Time of the Japan day, HH:MM, for balances and prices: 'cutoff' of the three rules."),
    ] = None,
    price_source: Annotated[
        str | None, typer.Option("--price-source", help="Source in reference_price: 'price_source' of the three rules.")
    ] = None,
    internal_cap: Annotated[
        str | None,
        typer.Option("--internal-cap", help="Hot share of the firm's own rules: client_assets/cold_storage.internal_share_max."),
    ] = None,
    assume: Annotated[list[str] | None, typer.Option("--assume", help="RULE.PARAMETER=VALUE; the certificate says so.")] = None,
    quarter: Annotated[
        str | None, typer.Option("--quarter", help="A day of the period to report on under CAO 38; adds the report's figures.")
    ] = None,
    days: Annotated[int, typer.Option("--days", help="Days of the hot share over time.", min=1, max=400)] = DAYS_SHOWN,
    lang: Annotated[str, typer.Option("--lang", help="Language of page and workbook: ja, en or both.")] = "both",
    out: Annotated[
        Path, typer.Option("--out", help="Folder for certificate.json, .xlsx and .pdf; written whole or not at all.")
    ] = Path("sekisho-custody"),
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="Threads; default: all cores.")] = None,
    memory_limit: Annotated[str | None, typer.Option("--memory-limit", help="Memory for tables, such as 3GB.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the certificate as JSON.")] = False,
) -> None:
    """Certify a day of client assets: what customers are owed, what is there, what is missing, and until when to cure it.

    Writes certificate.json, certificate.xlsx and certificate.pdf, the page that preparer, reconciler and approver sign. The figures
    are those of the rules client_assets/cold_storage, guarantee_assets, money_trust, reconciliation and capital/*; what was
    recorded after the day does not reach into it. Exit status 0 when it ran, whatever it says; 2 when the input is unusable.
    """
    if lang not in LANGUAGES:
        raise RecordsError("--lang", f"'{lang}' is not known", f"give one of {', '.join(LANGUAGES)}")
    asked = Asked(
        regime=regime,
        day=parse_day(as_of) if as_of else None,
        assume=(*_named(cutoff, price_source, internal_cap), *(assume or ())),
        days_shown=days,
    )
    period: date | None = parse_day(quarter) if quarter else None
    with _progress(as_json) as tell:
        tell("reading and checking the records", 0, 3)
        books, rulebook = open_records(records, threads=threads, memory_limit=memory_limit, only=TABLES), load_rulebook()
        certified = certify(rulebook, books, asked, tell)
        if period is not None:
            certified.told["property_report"] = property_report(rulebook, books, asked, period)
        write_certificate(certified.told, out, lang)
    if as_json:
        typer.echo(json.dumps(certified.told, ensure_ascii=False, indent=2))
    else:
        _print(certified.told, out)


def _named(cutoff: str | None, price_source: str | None, internal_cap: str | None) -> Iterator[str]:
    """The options that stand for parameters of rules, as assumptions."""
    for value, name in ((cutoff, "cutoff"), (price_source, "price_source")):
        if value is not None:
            yield from (f"{rule}.{name}={value}" for rule in (COLD, GUARANTEE, RECONCILIATION))
    if internal_cap is not None:
        if not re.fullmatch(r"0?\.\d+|0|1", internal_cap):
            raise RecordsError("--internal-cap", f"'{internal_cap}' is not a share", "give a number from 0 to 1, such as 0.04")
        yield f"{COLD}.internal_share_max={internal_cap}"


@contextmanager
def _progress(quiet: bool) -> Iterator[Tell]:
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _what, _done, _of: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("reading the records", total=None)
        yield lambda what, done, of: progress.update(task, description=what, completed=done, total=of)


def _print(told: dict[str, Any], out: Path) -> None:
    console = Console()
    title = (
        f"Client assets on {told['day']} under {told['regime']['id']} (cut-off {told['cutoff']}, prices: {told['price_source']})"
    )
    table = Table(title=title, title_justify="left")
    for heading in ("asset", "owed", "on chain", "short", "not cold", "guarantee short"):
        table.add_column(heading, justify="left" if heading == "asset" else "right", overflow="fold")
    for row in told["assets"]:
        figures = (
            row["owed"],
            row["customers_held"],
            _above_zero(row["short"] if row["observed"] else "0"),
            row["outside_cold"],
            _above_zero(row["guarantee_short"]),
        )
        table.add_row(row["asset"], *figures)
    console.print(table)
    money, hot = told["money"], told["hot_share"]
    trust = "no principal on record" if money["trust_jpy"] is None else f"JPY {Decimal(money['trust_jpy']):,.0f} in trust"
    console.print(f"money: JPY {Decimal(money['owed_jpy']):,.0f} owed, {trust}", highlight=False)
    if hot["share"] is not None:
        limit = "undetermined" if hot["share_max"] is None else f"{Decimal(hot['share_max']):.2%}"
        worst = (
            f"; highest of the day {Decimal(hot['highest']['share']):.4%} at {hot['highest']['at_japan']} (Japan)"
            if hot["highest"]
            else ""
        )
        console.print(
            f"not cold: {Decimal(hot['share']):.4%} of JPY {Decimal(hot['owed_jpy']):,.0f}, limit {limit}{worst}", highlight=False
        )
    for row in told["shortfalls"]:
        console.print(f"  {row['severity']}: {row['summary_en']}", style="red", highlight=False, soft_wrap=True, markup=False)
    for rule in told["rules"]:
        if rule["state"] != "ran":
            console.print(
                f"  {rule['rule']}: {rule['state']}. {rule['why']}", style="yellow", highlight=False, soft_wrap=True, markup=False
            )
    for warning in told["warnings"]:
        console.print(f"  {warning}", style="yellow", highlight=False, soft_wrap=True, markup=False)
    report = told["property_report"]
    if report is not None:
        due = f"due on {report['report_due_on']}" if report["state"] == "ran" else f"{report['state']}: {report['why']}"
        console.print(f"client-property report (CAO 38): {due}", highlight=False, soft_wrap=True)
    console.print(f"certificate: {out / 'certificate.pdf'}", soft_wrap=True, highlight=False)


def _above_zero(quantity: str | None) -> str:
    if quantity is None:
        return "undetermined"
    return quantity if Decimal(quantity) > 0 else "·"
