"""Daily knowledge: a business day for which the books state no capital ratio, or no market and counterparty risk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found, Severity
from sekisho.typologies.business_days import BusinessDays
from sekisho.typologies.capital import ITEMS, read_stated
from sekisho.typologies.custody import Stretch, share, stretches
from sekisho.typologies.valuation import starts_at

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_RISKS = frozenset({"market_risk", "counterparty_risk"})


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each run of business days without figures, between the first and the last day of the firm's own books."""
    table = records.firm_balance
    bounds = table.aggregate(first=table.as_of_date.min(), last=table.as_of_date.max()).to_pyarrow().to_pylist()[0]
    if bounds["first"] is None:
        return
    open_days = BusinessDays().between(bounds["first"], min(bounds["last"], p.as_of))
    stated = read_stated(records)
    names = {row["as_of_date"]: row["item"] for row in table.order_by("as_of_date", table.item.desc()).to_pyarrow().to_pylist()}
    missing = {day: tuple(sorted(set(ITEMS) - set(stated.get(day, {})))) for day in open_days}
    for stretch in stretches({day: bool(each) for day, each in missing.items()}):
        without_risk = [day for day in stretch.days if set(missing[day]) & _RISKS]
        yield _found(stretch, missing, names, without_risk, len(open_days))


def _found(
    stretch: Stretch, missing: dict[date, tuple[str, ...]], names: dict[date, str], without_risk: list[date], business_days: int
) -> Found:
    # The books of the days around show that the firm kept books: a day that is not there cannot name itself.
    around = sorted(day for day in names if stretch.first - timedelta(days=7) <= day <= stretch.last + timedelta(days=7))
    nearest = around or sorted(names)
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        window_from=starts_at(stretch.first),
        window_until=starts_at(stretch.last + timedelta(days=1)),
        score=share(Decimal(len(stretch.days)), Decimal(business_days)),
        severity=Severity.high if without_risk else Severity.medium,
        sentence="risk_not_known" if without_risk else "default",
        evidence=tuple(Evidence("firm_balance", f"{day}|{names[day]}") for day in nearest),
        facts={
            "days": len(stretch.days),
            "first_day": stretch.first,
            "last_day": stretch.last,
            "missing": sorted({item for day in stretch.days for item in missing[day]}),
            "cured_on": stretch.cured_on,
        },
    )
