"""Order to hold assets in Japan: how much, from the balance sheet, and whether that much is there while the order stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount, Evidence, Found, Step
from sekisho.typologies.custody import Stretch, share, stretches
from sekisho.typologies.valuation import EXACT, starts_at
from sekisho.typologies.winding import Event, read_events

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_DEBTS = ("liabilities", "guarantee_obligations", "nonresident_debts")
_THERE = "assets_in_japan"
_NONE = Decimal(0)


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """The amount an order would take in, for every day that states the liabilities and the debts to non-residents."""
    assert p.amount_by_liabilities
    for day, stated in _stated(records, p).items():
        if {"liabilities", "nonresident_debts"} <= set(stated):
            yield _amount(day, stated)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each continuous time in which a standing order was not kept, or the books do not tell."""
    orders = read_events(records, ("domestic_holding_ordered", "domestic_holding_lifted"), p.as_of)
    amounts = {amount.as_of: amount for amount in compute(records, p)}
    stated = _stated(records, p)
    under = {day: _standing(orders, day) for day in stated}
    for stretch in stretches({day: order is not None and _missing(day, stated, amounts) > 0 for day, order in under.items()}):
        yield _found("default", stretch, under, stated, amounts)
    for stretch in stretches({d: o is not None and (d not in amounts or _THERE not in stated[d]) for d, o in under.items()}):
        yield _found("not_stated", stretch, under, stated, amounts)


def _stated(records: Records, p: Parameters) -> dict[date, dict[str, Decimal]]:
    stated: dict[date, dict[str, Decimal]] = defaultdict(dict)
    table = records.balance_sheet_item
    rows = table.filter(table.item.isin([*_DEBTS, _THERE]), table.as_of_date <= p.as_of).order_by("as_of_date", "item")
    for row in rows.to_pyarrow().to_pylist():
        stated[row["as_of_date"]][row["item"]] = row["amount_jpy"]
    return stated


def _amount(day: date, stated: Mapping[str, Decimal]) -> Amount:
    guarantees = stated.get("guarantee_obligations", _NONE)
    with_guarantees = EXACT.add(stated["liabilities"], guarantees)
    value = max(_NONE, EXACT.subtract(with_guarantees, stated["nonresident_debts"]))
    return Amount(
        name="domestic_holding",
        as_of=day,
        value=value,
        unit="JPY",
        working=(
            Step("liabilities", "balance sheet", stated["liabilities"]),
            Step("guarantee obligations", "beside the balance sheet" if guarantees else "none stated", guarantees),
            # CAO 38-2: the liabilities, guarantees included, less what is owed to non-residents.
            Step("debts to non-residents", "taken off", stated["nonresident_debts"]),
            Step("amount", "liabilities + guarantees - debts to non-residents, at least 0", value),
        ),
        evidence=tuple(Evidence("balance_sheet_item", f"{day}|{item}") for item in sorted(set(stated) & set(_DEBTS))),
        facts={"held_jpy": stated.get(_THERE)},
    )


def _standing(orders: tuple[Event, ...], day: date) -> Event | None:
    """The order in force at the end of a day."""
    last = [one for one in orders if one.effective_on <= day]
    newest = max(last, key=lambda one: (one.effective_on, one.kind == "domestic_holding_lifted"), default=None)
    return newest if newest is not None and newest.kind == "domestic_holding_ordered" else None


def _missing(day: date, stated: Mapping[date, Mapping[str, Decimal]], amounts: Mapping[date, Amount]) -> Decimal:
    if day not in amounts or _THERE not in stated[day]:
        return _NONE
    return max(_NONE, EXACT.subtract(amounts[day].value, stated[day][_THERE]))


def _found(
    sentence: str, stretch: Stretch, under: Mapping[date, Event | None],
    stated: Mapping[date, Mapping[str, Decimal]], amounts: Mapping[date, Amount],
) -> Found:  # fmt: skip
    worst = max(stretch.days, key=lambda day: (_missing(day, stated, amounts), -day.toordinal()))
    order = under[worst]
    assert order is not None
    missing = _missing(worst, stated, amounts)
    required = amounts[worst].value if worst in amounts else None
    evidence = {Evidence("balance_sheet_item", f"{day}|{item}") for day in stretch.days for item in stated[day]}
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        window_from=starts_at(stretch.first),
        window_until=starts_at(stretch.last + timedelta(days=1)),
        score=share(missing, required) if required else _NONE,
        sentence=sentence,
        amount_jpy=missing or None,
        evidence=tuple(sorted({*evidence, Evidence(*order.name)})),
        facts={
            "order": order.event_id,
            "ordered_on": order.occurred_on,
            "day": worst,
            "first_day": stretch.first,
            "last_day": stretch.last,
            "cured_on": stretch.cured_on,
            "required_jpy": required,
            "held_jpy": stated[worst].get(_THERE),
            "missing_jpy": missing,
        },
    )
