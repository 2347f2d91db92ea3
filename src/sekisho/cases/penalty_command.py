"""``sekisho penalty``: what a violation would cost, shown line by line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from sekisho.cases.from_finding import PRICE_SOURCES, case_of, written
from sekisho.cases.penalty import penalty
from sekisho.cases.powers import power_en
from sekisho.cases.result import find
from sekisho.engine.penalty_case import PenaltyCase, read_case, schema
from sekisho.records import RecordsError, open_records
from sekisho.rulebook import load_rulebook


def penalty_command(
    case: Annotated[Path | None, typer.Argument(help="Case file (JSON); --schema shows its keys.")] = None,
    regime: Annotated[
        str | None, typer.Option("--regime", help="Regime of a crypto case; default: the one in force on the day of the act.")
    ] = None,
    assume: Annotated[list[str] | None, typer.Option("--assume", help="RULE.PARAMETER=VALUE; the answer says so.")] = None,
    from_finding: Annotated[
        str | None, typer.Option("--from-finding", help="Fill the case from this finding (id or its beginning).")
    ] = None,
    result: Annotated[Path, typer.Option("--result", help="Result folder of the inspection, with --from-finding.")] = Path(
        "sekisho-out"
    ),
    records: Annotated[Path | None, typer.Option("--records", help="Records folder the finding was made from.")] = None,
    violation: Annotated[
        str | None, typer.Option("--violation", help="Violation, where the finding's rule does not tell it.")
    ] = None,
    price_source: Annotated[str, typer.Option("--price-source", help="Prices from trade or reference_price.")] = "trade",
    out: Annotated[Path | None, typer.Option("--out", help="Write the case filled from the finding here.")] = None,
    show_schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of a case file and stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Compute the monetary penalty of a case, with its working, the criminal range, and whether the SESC may investigate.

    The formulae are those on securities (FIEA 173 to 175-2, 176, 185-7). For crypto-assets no such order exists today: the figure
    is an analogy, and says so. Exit status 0 when computed or undetermined, 2 when the case is unusable.
    """
    if show_schema:
        typer.echo(json.dumps(schema(), ensure_ascii=False, indent=2))
        return
    told = _case(case, from_finding, result, records, (violation, price_source))
    if out is not None:
        out.write_bytes(written(told))
    answer = penalty(load_rulebook(), told, regime=regime, assume=tuple(assume or ()))
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        _print(answer)


def _case(
    case: Path | None, finding: str | None, result: Path, records: Path | None, choice: tuple[str | None, str]
) -> PenaltyCase:
    if (case is None) == (finding is None):
        raise RecordsError("penalty", "needs a case file or --from-finding", "give one of them; --schema shows the keys of a case")
    if case is not None:
        try:
            return read_case(case.read_bytes(), str(case))
        except OSError as error:
            raise RecordsError(str(case), error.strerror or "cannot be read", "give a JSON file") from None
    assert finding is not None
    violation, source = choice
    if source not in PRICE_SOURCES:
        raise RecordsError("--price-source", f"'{source}' is not known", f"give one of {', '.join(PRICE_SOURCES)}")
    if records is None:
        raise RecordsError("--records", "is not given", "give the records folder the finding was made from")
    (found,) = find(result, (finding,))
    return case_of(found, open_records(records), violation, source)


def _print(answer: dict[str, Any]) -> None:
    console = Console()
    title = f"{answer['violation']} ({answer['object']}), act of {answer['act_on']}, regime {answer['regime']}"
    table = Table(title=title, title_justify="left")
    table.add_column("line", overflow="fold")
    table.add_column("how", overflow="fold")
    table.add_column("amount", justify="right", no_wrap=True)
    for line in answer["working"]:
        table.add_row(line["label"], line["expression"], _grouped(line["value"]))
    console.print(table)
    for reason in answer["undetermined"]:
        console.print(f"undetermined: {reason}", style="yellow", markup=False, soft_wrap=True)
    amount = answer["amount_jpy"]
    console.print(f"amount: {'undetermined' if amount is None else f'JPY {amount:,}'}", style="bold", highlight=False)
    if answer["due_on"]:
        console.print(f"due on: {answer['due_on']}", highlight=False)
    console.print(answer["statement_en"], style=None if answer["binding"] else "yellow", soft_wrap=True)
    console.print(answer["statement_ja"], style=None if answer["binding"] else "yellow", soft_wrap=True)
    for one in answer["criminal"]:
        console.print(_range(one), highlight=False, soft_wrap=True)
    for one in answer["criminal_what_if"]:
        told = f"{one['provision']}, up to {one['imprisonment_years_max']} years, fine up to JPY {one['fine_jpy_max']:,}"
        console.print(f"under {one['regime']}, to compare only: {told}", style="dim", highlight=False, soft_wrap=True)
    for one in answer["investigation"]:
        console.print(f"SESC on {one['on']}: {power_en(one)}", highlight=False, markup=False, soft_wrap=True)
    for one in answer["investigation_what_if"]:
        told = f"under {one['regime']} ({one['status']}), to compare only: SESC {power_en(one)}"
        console.print(told, style="dim", highlight=False, markup=False, soft_wrap=True)
    if not answer["investigation"]:
        console.print(f"SESC on {answer['act_on']}: no rule on its powers holds on that day", soft_wrap=True)
    for note in answer["notes"]:
        console.print(f"note: {note}", markup=False, soft_wrap=True, style="dim")


def _range(one: dict[str, Any]) -> str:
    return (
        f"criminal, acts from {one['acts_from']} to {one['acts_until']}: {one['provision']}, "
        f"up to {one['imprisonment_years_max']} years, fine up to JPY {one['fine_jpy_max']:,} ({one['combination']}); "
        f"corporation up to {_yen(one['corporate_fine_jpy_max'])} ({one['corporate_provision']})"
    )


def _yen(amount: int | None) -> str:
    return "an amount not known" if amount is None else f"JPY {amount:,}"


def _grouped(value: str) -> str:
    whole, dot, fraction = value.partition(".")
    return f"{int(whole or 0):,}{dot}{fraction}" if whole.lstrip("-").isdigit() and whole != "-0" else value
