"""Own funds: basic and supplementary items and deductions from the balance sheet, subordinated debts within their limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount, Evidence, Found, Step
from sekisho.typologies.capital import (
    DEDUCTED,
    Accounts,
    CapitalItems,
    Counted,
    DebtLimits,
    counted_debts,
    items_of,
    ratio,
    read_accounts,
    read_debts,
    read_stated,
)
from sekisho.typologies.custody import Stretch, share, stretches
from sekisho.typologies.valuation import EXACT, starts_at, total

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_ITEMS = ("basic_items", "supplementary_items", "deductions")


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """Own funds of every day with a balance sheet, and the ratio they give where the amounts at risk are stated too."""
    debts, stated = read_debts(records), read_stated(records) if "firm_balance" in records.present else {}
    for day, accounts in read_accounts(records).items():
        counted = counted_debts(debts, day, accounts.basic, accounts.deductions, _limits(p))
        yield _amount(day, accounts, counted, {debt.debt_id + "|" + str(debt.since) for debt in debts}, stated.get(day, {}), p)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each item and continuous time in which the stated figure looks better than the balance sheet gives."""
    if "firm_balance" not in records.present:
        return
    stated = read_stated(records)
    computed = {amount.as_of: amount for amount in compute(records, p)}
    for item in _ITEMS:
        better = {day: _better(item, stated.get(day, {}), amount) for day, amount in computed.items()}
        for stretch in stretches({day: gap > 0 for day, gap in better.items()}):
            yield _found(item, stretch, better, stated, computed)


def _limits(p: Parameters) -> DebtLimits:
    return DebtLimits(
        long_years=p.long_term_years,
        short_years=p.short_term_years,
        decay_years=p.decay_years,
        decay_share=p.decay_share,
        decay_at_start=p.decay_at_start,
        long_share_of_basic_max=p.long_share_of_basic_max,
        short_share_of_free_basic_max=p.short_share_of_free_basic_max,
    )


def _amount(
    day: date, accounts: Accounts, counted: Counted, debts: set[str], stated: Mapping[str, Decimal], p: Parameters
) -> Amount:
    supplementary = EXACT.add(accounts.supplementary, counted.total)
    capped = min(supplementary, EXACT.multiply(p.supplementary_share_max, max(Decimal(0), accounts.basic)))
    own = total((accounts.basic, capped, accounts.deductions.copy_negate()))
    risks = {name: amount for name, amount in stated.items() if name.endswith("_risk")}
    figures = {"basic_items": accounts.basic, "supplementary_items": supplementary, "deductions": accounts.deductions}
    items = items_of({**figures, **risks})
    evidence = [Evidence("balance_sheet_item", f"{day}|{item}") for item in sorted(accounts.amounts)]
    evidence += [Evidence("subordinated_debt", name) for name in sorted(debts)]
    return Amount(
        name="own_funds",
        as_of=day,
        value=own,
        unit="JPY",
        working=(
            Step("basic items", "176(1)(i)-(vi)", accounts.basic),
            Step("other supplementary items", "176(1)(vii) a to c", accounts.supplementary),
            Step("long-term subordinated debt", f"after {counted.decayed:,.0f} of decay", counted.long),
            Step("of it counted", f"at most {p.long_share_of_basic_max} x basic items", counted.long_counted),
            Step(
                "counted as short-term instead",
                "over the limit and decayed, with the traits of short-term debt",
                counted.long_turned_short,
            ),
            Step("short-term subordinated debt", "as owed", counted.short),
            Step(
                "of both counted", f"at most {p.short_share_of_free_basic_max} x (basic items - deductions)", counted.short_counted
            ),
            Step("supplementary items counted", f"at most {p.supplementary_share_max} x basic items", capped),
            *(Step(f"taken off: {name}", "177(1)", accounts.deducted(name)) for name in DEDUCTED if accounts.deducted(name)),
            Step("deductions", "177(1)", accounts.deductions),
            Step("own funds not tied up", "basic + supplementary counted - deductions", own),
        ),
        evidence=tuple(evidence),
        facts={**figures, "ratio": _ratio(items, p), "debts_not_counted": list(counted.not_counted) or None},
    )


def _ratio(items: CapitalItems | None, p: Parameters) -> Decimal | None:
    return None if items is None else ratio(items.free_capital(p.supplementary_share_max), items.risk)


def _better(item: str, stated: Mapping[str, Decimal], computed: Amount) -> Decimal:
    """By how much the stated figure looks better than the computed one; deductions look better when they are smaller."""
    if item not in stated:
        return Decimal(0)
    gap = EXACT.subtract(stated[item], Decimal(str(computed.facts[item])))
    return gap.copy_negate() if item == "deductions" else gap


def _found(
    item: str, stretch: Stretch, better: Mapping[date, Decimal],
    stated: Mapping[date, Mapping[str, Decimal]], computed: Mapping[date, Amount],
) -> Found:  # fmt: skip
    worst = max(stretch.days, key=lambda day: (better[day], -day.toordinal()))
    evidence = {Evidence("firm_balance", f"{day}|{item}") for day in stretch.days}
    evidence |= {name for day in stretch.days for name in computed[day].evidence}
    figure = Decimal(str(computed[worst].facts[item]))
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        window_from=starts_at(stretch.first),
        window_until=starts_at(stretch.last + timedelta(days=1)),
        score=share(better[worst], max(abs(stated[worst][item]), abs(figure), better[worst])),
        sentence={"basic_items": "default"}.get(item, item),
        amount_jpy=better[worst],
        evidence=tuple(sorted(evidence)),
        facts={
            "item": item,
            "day": worst,
            "stated_jpy": stated[worst][item],
            "computed_jpy": figure,
            "first_day": stretch.first,
            "last_day": stretch.last,
            "cured_on": stretch.cured_on,
        },
    )
