"""``sekisho reserve``: the level of a reserve against outflows, and the back-test of the model behind it."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from sekisho.records import RecordsError, open_records
from sekisho.reserve.answer import Progress as Telling
from sekisho.reserve.answer import Question, answer
from sekisho.reserve.assumptions import GRADES, assumptions_of
from sekisho.reserve.backtest import MODEL, Protocol, Settings, backtest
from sekisho.reserve.estimate import Cover
from sekisho.reserve.exposure import Held, held_by_day, read_holdings
from sekisho.reserve.incidents import AMOUNTS, PROJECT_TABLE, THEFT, read_incidents
from sekisho.reserve.page import page
from sekisho.reserve.severity import Tail
from sekisho.rulebook import load_rulebook

BASES = ("japan", "world")

app = typer.Typer(
    invoke_without_command=True,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Incidents = Annotated[
    Path | None, typer.Option("--incidents", help="CSV of past incidents (date, usd, kind …); default: the table that comes along.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
_Set = Annotated[list[str] | None, typer.Option("--set", help="Assumption NAME=VALUE; the result says which were given.")]


@app.callback()
def reserve_command(
    context: typer.Context,
    incidents: _Incidents = None,
    exposure: Annotated[
        Path | None, typer.Option("--exposure", help="CSV of what is held for customers: tier (hot or cold), holdings_jpy.")
    ] = None,
    records: Annotated[
        Path | None,
        typer.Option("--records", help="Records folder instead: wallets by tier, valued day by day; reserve and limit."),
    ] = None,
    reserve: Annotated[int | None, typer.Option("--reserve", min=0, help="The reserve in yen; default: the records'.")] = None,
    insurance_limit: Annotated[
        int | None, typer.Option("--insurance-limit", min=0, help="What an insurance pays at most in a year, in yen.")
    ] = None,
    insurance_deductible: Annotated[
        int, typer.Option("--insurance-deductible", min=0, help="What the firm bears itself first, in yen.")
    ] = 0,
    grade: Annotated[str, typer.Option("--grade", help="Security grade: strong, standard or weak.")] = "standard",
    frequency: Annotated[
        str, typer.Option("--frequency", help="japan: official incidents per exchange-year; world: the whole table.")
    ] = "japan",
    set_: _Set = None,
    draws: Annotated[int, typer.Option("--draws", min=50, max=100_000, help="Draws for the intervals.")] = 500,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the draws.")] = 1,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for reserve.json and reserve.html (English and Japanese).")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Estimate what a reserve against outflows has to bear: frequency per exchange-year, losses capped by what each tier holds.

    No law states a level for crypto-assets; every value the estimate rests on is named with its range and source. With
    --records each day's reserve and insurance are held against that day's holdings. Without holdings only frequency and
    severity are told. Exit status 0 when computed, 2 when the input is unusable.
    """
    if context.invoked_subcommand is not None:
        return
    table = incidents or PROJECT_TABLE
    if grade not in GRADES:
        raise RecordsError("--grade", f"'{grade}' is not a grade", f"give one of {', '.join(GRADES)}")
    if frequency not in BASES:
        raise RecordsError("--frequency", f"'{frequency}' is not a basis", f"give one of {', '.join(BASES)}")
    if exposure is not None and records is not None:
        raise RecordsError("--exposure", "is given together with --records", "give one of the two")
    with _progress(as_json) as progress:
        held = _held(exposure, records)
        assumptions = assumptions_of((f"grade_factor={GRADES[grade]}", *(set_ or ())) if grade != "standard" else set_ or ())
        question = Question(
            incidents=read_incidents(table),
            incidents_from="the table that comes with Sekisho" if incidents is None else table.name,
            held=held,
            assumptions=assumptions,
            basis=frequency,
            cover=cover_of(held, reserve, insurance_limit, insurance_deductible),
            draws=draws,
            seed=seed,
        )
        told = answer(question, load_rulebook(), progress)
    told["incidents"]["sha256"] = hashlib.sha256(table.read_bytes()).hexdigest()
    if out is not None:
        _write(out, {"reserve.json": _pretty(told) + "\n", "reserve.html": page(told)})
    if as_json:
        typer.echo(_pretty(told))
    else:
        _print(told, out)


@app.command("backtest")
def backtest_command(
    incidents: Annotated[
        Path, typer.Argument(help="CSV of past incidents: date, usd, kind; usd_min, usd_max, sources where known.")
    ],
    kind: Annotated[list[str] | None, typer.Option("--kind", help="Kind that counts; repeatable. Default: exchange_theft.")] = None,
    threshold_usd: Annotated[float, typer.Option("--threshold-usd", min=1, help="Least loss that counts, in dollars.")] = 1e6,
    amount: Annotated[str, typer.Option("--amount", help="Column of the loss: usd, usd_min or usd_max.")] = "usd",
    observed_from: Annotated[int, typer.Option("--observed-from", help="First year watched.")] = 2011,
    first: Annotated[int, typer.Option("--first", help="First year predicted.")] = 2017,
    last: Annotated[
        int | None, typer.Option("--last", help="Last year predicted; default: that of the last loss that counts.")
    ] = None,
    level: Annotated[list[float] | None, typer.Option("--level", help="Quantile; repeatable. Default: 0.9, 0.95, 0.99.")] = None,
    simulations: Annotated[int, typer.Option("--simulations", min=100, help="Simulated years of each reference.")] = 40_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the references.")] = 1,
    discount: Annotated[
        float, typer.Option("--discount", help="What a year's count weighs against the next.")
    ] = Settings().discount,
    tail_alpha: Annotated[
        float, typer.Option("--tail-alpha", help="Index of the tail beyond the largest.")
    ] = Settings().tail.alpha,
    cap_multiple: Annotated[
        float, typer.Option("--cap-multiple", help="Cap as a multiple of the largest.")
    ] = Settings().tail.cap_multiple,
    as_json: _Json = False,
) -> None:
    """Predict each year's loss of the industry from the years before it, and score that beside the usual references.

    Expanding window: nothing of the year predicted or later is used. Mean pinball loss at each level, years exceeded with
    exact binomial, Kupiec and Christoffersen tests, the score of the log loss, and how far one event, one source or the
    other reading of the amounts moves the next year's quantiles. The model is computed, not simulated: no seed changes it.
    """
    levels = tuple(level or (0.9, 0.95, 0.99))
    for name, value, fine in (
        ("--level", levels, all(0 < each < 1 for each in levels)),
        ("--amount", amount, amount in AMOUNTS),
        ("--discount", discount, 0 < discount <= 1),
        ("--tail-alpha", tail_alpha, 0 < tail_alpha <= 20),
        ("--cap-multiple", cap_multiple, 1 < cap_multiple <= 1000),
    ):
        if not fine:
            raise RecordsError(name, f"{value} is out of range", "'sekisho reserve backtest --help' says what it is")
    protocol = Protocol(
        kinds=tuple(kind or (THEFT,)),
        threshold=threshold_usd,
        amount=amount,
        observed_from=observed_from,
        first=first,
        last=last,
        levels=levels,
        simulations=simulations,
        seed=seed,
        settings=Settings(discount=discount, tail=Tail(tail_alpha, cap_multiple)),
    )
    told = {"incidents": incidents.name, **backtest(read_incidents(incidents), protocol)}
    if as_json:
        typer.echo(_pretty(told))
    else:
        print_backtest(told)


def _held(exposure: Path | None, records: Path | None) -> tuple[Held, ...]:
    if exposure is not None:
        return (read_holdings(exposure),)
    return held_by_day(open_records(records)) if records is not None else ()


def cover_of(held: tuple[Held, ...], reserve: int | None = None, limit: int | None = None, deductible: int = 0) -> Cover:
    """What was given, else what the books state on the last day."""
    ready = held[-1].ready if held else None
    found = Cover(float(ready.reserve_jpy), float(ready.insurance_jpy), deductible) if ready else Cover(deductible_jpy=deductible)
    found = found if reserve is None else replace(found, reserve_jpy=reserve)
    return found if limit is None else replace(found, limit_jpy=limit)


def _pretty(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, indent=2)


def _write(out: Path, files: dict[str, str]) -> None:
    """Each file under a temporary name first, then moved in, so nothing half-written is seen."""
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        handle, beside = tempfile.mkstemp(prefix=f".{name}-", dir=out)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(beside).chmod(0o644)
        Path(beside).replace(out / name)


@contextmanager
def _progress(quiet: bool) -> Iterator[Telling]:
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda what, done, of: None
        return
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda what, done, of: bar.update(task, description=what, completed=done, total=of)


def _print(told: dict[str, Any], out: Path | None) -> None:
    console = Console()
    rate = told["frequency"][told["basis"]]
    console.print(
        f"Thefts per exchange and year: {rate['per_exchange_year']:.2%} (90 % interval {rate['low']:.2%} to {rate['high']:.2%}), "
        f"{rate['thefts']} thefts, basis: {told['basis']}",
        highlight=False,
        soft_wrap=True,
    )
    size = told["severity"]
    console.print(
        f"Size of a theft: median {_short(size['median_jpy'])}, largest {_short(size['largest_jpy'])}, {size['thefts']} thefts",
        highlight=False,
        soft_wrap=True,
    )
    if told["status"] == "estimate":
        _print_estimate(console, told)
    else:
        console.print("level: undetermined without holdings; give --exposure CSV or --records FOLDER", style="yellow")
    table = Table(title="A hack without the firm's fault: may the reserve pay?", title_justify="left")
    for heading in ("regime", "status", "answer"):
        table.add_column(heading, no_wrap=True)
    table.add_column("why", overflow="fold")
    for each in told["regimes"]:
        status = f"{each['status']} (analogy)" if each["analogy"] else each["status"]
        told_as = each["sentence_en"] if each["if_level"] is None else f"{each['sentence_en']}; at this level: {each['if_level']}"
        table.add_row(each["regime"], status, each["answer"], told_as)
    console.print(table)
    console.print(told["statement_en"], style="yellow", soft_wrap=True)
    console.print(told["statement_ja"], style="yellow", soft_wrap=True)
    if out is not None:
        console.print(f"page: {out / 'reserve.html'}", soft_wrap=True, highlight=False)


def _print_estimate(console: Console, told: dict[str, Any]) -> None:
    held, year, cover = told["exposure"], told["loss_year"], told["cover"]
    title = f"Loss of a year; hot {_short(held['hot_jpy'])}, cold {_short(held['cold_jpy'])}"
    table = Table(title=title, title_justify="left")
    for heading in ("level", "loss", "90 % interval", "left after insurance"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in year["levels"]:
        span = f"{_short(each['low_jpy'])} to {_short(each['high_jpy'])}"
        chosen = "bold" if each["level"] == told["required"]["level"] else None
        cells = (f"{each['level']:.1%}", _short(each["loss_jpy"]), span, _short(each["left_after_insurance_jpy"]))
        table.add_row(*cells, style=chosen)
    console.print(table)
    console.print(f"chance of any loss {year['chance_of_a_loss']:.2%} a year, mean {_short(year['mean_jpy'])}", highlight=False)
    for name, words in (("without_insurance", "without insurance"), ("with_insurance", "with insurance")):
        found = cover[name]
        says = "reaches the level" if found["reaches"] else f"short by JPY {found['short_by_jpy']:,}"
        console.print(f"{words}: {says}; exceeded in {found['chance_exceeded']:.2%} of years", highlight=False, soft_wrap=True)
    table = Table(title=f"What moves the level of JPY {told['required']['loss_jpy']:,}", title_justify="left")
    for heading in ("assumption", "range", "level", "mean loss of a year"):
        table.add_column(heading, justify="left" if heading == "assumption" else "right", no_wrap=True)
    for each in told["sensitivity"]:
        ends = (told["basis"], "other") if each["low"] is None else (f"{each['low']:g}", f"{each['high']:g}")
        level = f"{_short(each['low_jpy'])} – {_short(each['high_jpy'])}"
        mean = f"{_short(each['low_mean_jpy'])} – {_short(each['high_mean_jpy'])}"
        table.add_row(each["name"], " – ".join(ends), level, mean)
    console.print(table)
    for each in told["leaving_out"][:3]:
        console.print(f"leaving out {each['name']}: JPY {each['loss_jpy']:,}", highlight=False, soft_wrap=True)
    days = told["daily"]
    if days:
        without = sum(not day["reaches_without_insurance"] for day in days)
        with_it = sum(not day["reaches_with_insurance"] for day in days)
        says = f"days below that day's level: {without} of {len(days)} without insurance, {with_it} with it"
        console.print(says, style="yellow" if without else None, highlight=False, soft_wrap=True)


def print_backtest(told: dict[str, Any]) -> None:
    """The table of a back-test, ours beside the references, in million dollars."""
    console = Console()
    about = told["protocol"]
    title = f"Mean pinball loss in million USD, {about['first']} to {about['last']}, {told['events']} losses (years exceeded)"
    table = Table(title=title, title_justify="left")
    table.add_column("model", no_wrap=True)
    for level in about["levels"]:
        table.add_column(f"{level:.4g}", justify="right", no_wrap=True)
    table.add_column("CRPS", justify="right", no_wrap=True)
    table.add_column("coverage", no_wrap=True)
    for name, method in told["methods"].items():
        cells = [f"{each['mean_pinball_usd'] / 1e6:,.1f} ({each['exceeded']})" for each in method["levels"].values()]
        passed = "passed" if all(each["coverage_passed"] for each in method["levels"].values()) else "rejected"
        table.add_row(name, *cells, f"{method['crps_log10']:.3f}", passed, style="bold" if name == MODEL else None)
    console.print(table)
    for level, each in told["beside_the_best_reference"].items():
        ratio = "–" if each["ratio"] is None else f"{each['ratio']:.3f}"
        console.print(f"{level}: {ratio} of the best reference ({each['best_reference']})", highlight=False)
    moved = told["stability"]
    for level, each in moved["largest_change_by_one_event"].items():
        if each is not None:
            amount = f"USD {moved['quantiles_usd'][level]:,.0f}"
            says = f"{moved['year']}, {level}: {amount}; at most {each['change']:+.1%} without {each['event']}"
            console.print(says, highlight=False, soft_wrap=True)


def _short(amount: float) -> str:
    """Yen as a reader takes them in: 5.2 bn, 480 m."""
    for size, word in ((1e12, "tn"), (1e9, "bn"), (1e6, "m")):
        if abs(amount) >= size:
            return f"¥{amount / size:,.3g} {word}" if amount / size < 1000 else f"¥{amount / size:,.0f} {word}"
    return f"¥{amount:,.0f}"
