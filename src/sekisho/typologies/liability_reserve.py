"""Liability reserve: what a year of business adds to it, up to which ceiling, what may be released, and what cover it gives.

All amounts are exact yen. Nothing here is rounded: the provisions name no unit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from sekisho.typologies.custody import Name
from sekisho.typologies.monetary_penalty import back
from sekisho.typologies.valuation import EXACT, total

if TYPE_CHECKING:
    from sekisho.records import Records

_DAY = timedelta(days=1)
_PER_10000 = Decimal("0.0001")


class Rates(NamedTuple):
    """What one base of the formula adds each year, and up to which ceiling, both per 10,000."""

    annual: Decimal
    ceiling: Decimal


@dataclass(frozen=True, slots=True)
class BusinessYear:
    """One business year and the volume of each base in it, in yen. ``until`` is its last day."""

    starts_on: date
    ends_on: date
    volumes: Mapping[str, Decimal]

    @property
    def names(self) -> tuple[Name, ...]:
        """The records as evidence names them."""
        return tuple(("reserve_volume", f"{self.starts_on}|{base}") for base in sorted(self.volumes))


class BaseLine(NamedTuple):
    """One base of the formula: this year's volume, the highest of the years looked back on, and what both come to."""

    base: str
    volume: Decimal
    annual: Decimal
    highest: Decimal
    highest_year: date
    ceiling: Decimal


@dataclass(frozen=True, slots=True)
class Accrual:
    """What one business year adds to the reserve."""

    year: BusinessYear
    lines: tuple[BaseLine, ...]
    annual: Decimal
    ceiling: Decimal
    existing: Decimal
    seen_from: date
    looked_back_to: date

    @property
    def due(self) -> Decimal:
        """The lower of the annual amount and what is missing to the ceiling; never below 0."""
        return max(Decimal(0), min(self.annual, EXACT.subtract(self.ceiling, self.existing)))

    @property
    def looked_back_whole(self) -> bool:
        """Whether the volumes reach back over the whole time looked back on."""
        return self.seen_from <= self.looked_back_to

    def releasable(self, reserve: Decimal) -> Decimal:
        """The part of a reserve above the ceiling."""
        return max(Decimal(0), EXACT.subtract(reserve, self.ceiling))


def read_years(records: Records) -> tuple[BusinessYear, ...]:
    """The business years of ``reserve_volume``, in order."""
    volumes: dict[tuple[date, date], dict[str, Decimal]] = defaultdict(dict)
    for row in records.reserve_volume.order_by("business_year_from", "base").to_pyarrow().to_pylist():
        volumes[row["business_year_from"], row["business_year_until"]][row["base"]] = row["amount_jpy"]
    return tuple(BusinessYear(*bounds, each) for bounds, each in sorted(volumes.items()))


def accrual(
    year: BusinessYear, years: Iterable[BusinessYear], existing: Decimal, rates: Mapping[str, Rates], back_years: int
) -> Accrual:
    """The accrual of ``year``, looking back on years begun within ``back_years`` before it. ``existing`` is net of uses."""
    first = back(year.starts_on, years=back_years)
    looked_at = [each for each in years if first <= each.starts_on <= year.starts_on]
    lines = tuple(_line(base, year, looked_at, rates[base]) for base in sorted({b for each in looked_at for b in each.volumes}))
    return Accrual(
        year,
        lines,
        total(line.annual for line in lines),
        total(line.ceiling for line in lines),
        existing,
        _unbroken_from(looked_at),
        first,
    )


def _line(base: str, year: BusinessYear, years: list[BusinessYear], rates: Rates) -> BaseLine:
    highest = max(years, key=lambda each: (each.volumes.get(base, Decimal(0)), each.starts_on))
    volume, most = year.volumes.get(base, Decimal(0)), highest.volumes.get(base, Decimal(0))
    return BaseLine(base, volume, _share(rates.annual, volume), most, highest.starts_on, _share(rates.ceiling, most))


def _share(rate: Decimal, volume: Decimal) -> Decimal:
    return EXACT.multiply(EXACT.multiply(rate, _PER_10000), volume)


def _unbroken_from(years: list[BusinessYear]) -> date:
    """The first day from which the years follow one another without a gap up to the last of them."""
    start = years[-1].starts_on
    for each in reversed(years[:-1]):
        if each.ends_on + _DAY < start:
            break
        start = each.starts_on
    return start


class Stated(NamedTuple):
    """An amount of the firm's books and the day on which they state it."""

    stated_on: date
    amount: Decimal
    item: str

    @property
    def name(self) -> Name:
        """The record as evidence names it."""
        return "firm_balance", f"{self.stated_on}|{self.item}"


class Balances:
    """One item of the firm's own books over time; it stands until the books state it again."""

    def __init__(self, stated: Iterable[Stated]) -> None:
        self._stated = sorted(stated)

    @property
    def days(self) -> tuple[date, ...]:
        """The days on which the books state it."""
        return tuple(each.stated_on for each in self._stated)

    def on(self, day: date) -> Stated | None:
        """What the books stated last by the end of ``day``; None where they had not yet stated it."""
        return next((each for each in reversed(self._stated) if each.stated_on <= day), None)


def read_balances(records: Records, item: str) -> Balances:
    """One item of ``firm_balance``."""
    rows = records.firm_balance.filter(records.firm_balance.item == item).to_pyarrow().to_pylist()
    return Balances(Stated(row["as_of_date"], row["amount_jpy"], item) for row in rows)


@dataclass(frozen=True, slots=True)
class Use:
    """One payment out of the reserve: a row of ``reserve_use``."""

    use_id: str
    used_on: date
    amount_jpy: Decimal
    purpose: str
    act: str | None
    approved_on: date | None

    @property
    def is_approved(self) -> bool:
        """Whether the authority had approved it by the day of payment."""
        return self.approved_on is not None and self.approved_on <= self.used_on


def read_uses(records: Records) -> tuple[Use, ...]:
    """The payments out of the reserve, by day; none where the records hold no such table."""
    rows = records.optional("reserve_use").order_by("used_on", "use_id").to_pyarrow().to_pylist()
    return tuple(Use(**{name: row[name] for name in Use.__dataclass_fields__}) for row in rows)


def used_between(uses: Iterable[Use], first: date, last: date) -> Decimal:
    """What was paid out of the reserve from ``first`` to ``last``, both days included."""
    return total(use.amount_jpy for use in uses if first <= use.used_on <= last)


@dataclass(frozen=True, slots=True)
class Ready:
    """What stands ready on a day: reserve and insurance, as the books state them; an item not stated is None, not zero."""

    day: date
    reserve: Stated | None
    insurance: Stated | None

    @property
    def reserve_jpy(self) -> Decimal:
        """The reserve; 0 where the books state none."""
        return self.reserve.amount if self.reserve else Decimal(0)

    @property
    def insurance_jpy(self) -> Decimal:
        """The insurance limit; 0 where the books state none."""
        return self.insurance.amount if self.insurance else Decimal(0)

    def total(self, insurance_share: Decimal) -> Decimal:
        """Reserve and the recognised share of the insurance limit."""
        return EXACT.add(self.reserve_jpy, EXACT.multiply(insurance_share, self.insurance_jpy))

    @property
    def names(self) -> tuple[Name, ...]:
        """The records as evidence names them."""
        return tuple(each.name for each in (self.reserve, self.insurance) if each)


def read_ready(records: Records) -> tuple[Ready, ...]:
    """What stood ready on each day on which the books state the reserve or the insurance limit."""
    reserve, insurance = read_balances(records, "reserve"), read_balances(records, "insurance_limit")
    return tuple(Ready(day, reserve.on(day), insurance.on(day)) for day in sorted({*reserve.days, *insurance.days}))
