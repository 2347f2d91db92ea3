"""Accrual of the liability reserve: what each business year had to set aside, up to which ceiling, and whether it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Amount, Evidence, Found, Severity, Step
from sekisho.rulebook import Undetermined
from sekisho.typologies.custody import share
from sekisho.typologies.liability_reserve import (
    Accrual,
    Balances,
    BusinessYear,
    Rates,
    Stated,
    Use,
    accrual,
    read_balances,
    read_uses,
    read_years,
    used_between,
)
from sekisho.typologies.valuation import EXACT, starts_at, total

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_DAY = timedelta(days=1)


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """For each business year ended: the amount to set aside, and the part of the reserve at its end that may be released."""
    reserve = read_balances(records, "reserve")
    for found in _accruals(records, p, reserve):
        yield _due(found)
        closing = reserve.on(found.year.ends_on)
        assert closing is not None, "a reserve stated before the year is stated at its end"
        yield Amount(
            name="releasable",
            as_of=found.year.ends_on,
            value=found.releasable(closing.amount),
            unit="JPY",
            working=(
                Step("reserve at the end of the year", "as stated", closing.amount),
                Step("ceiling", "as for the accrual, before what is already set aside", found.ceiling),
                Step("part above the ceiling", "max(0, reserve - ceiling)", found.releasable(closing.amount)),
            ),
            evidence=_evidence(found, (closing,)),
        )


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each business year whose accrual is missing, and each whose ceiling rests on years not on record.

    Earlier years may be on record for the ceiling only: that an accrual cannot be told is said of the last year ended.
    """
    reserve = read_balances(records, "reserve")
    told = {found.year.starts_on: found for found in _accruals(records, p, reserve)}
    uses = read_uses(records)
    for year in list(_ended(records, p))[-1:]:
        if year.starts_on not in told:
            yield _found(year, "opening_not_stated", year.names, severity=Severity.medium)
    for found in told.values():
        year, closing = found.year, reserve.on(found.year.ends_on)
        assert closing is not None, "a reserve stated before the year is stated at its end"
        shortage = EXACT.subtract(EXACT.add(found.existing, found.due), closing.amount)
        if shortage > 0:
            paid = tuple(Evidence("reserve_use", use.use_id) for use in uses if year.starts_on <= use.used_on <= year.ends_on)
            facts: dict[str, Any] = {
                "due": found.due,
                "closing": closing.amount,
                "shortage": shortage,
                "annual": found.annual,
                "ceiling": found.ceiling,
            }
            score = share(shortage, EXACT.add(found.existing, found.due))
            opening = reserve.on(year.starts_on - _DAY)
            assert opening is not None, "an accrual has an opening balance"
            names = (*paid, *_evidence(found, (opening, closing)))
            yield _found(year, "default", names, score=score, amount=shortage, facts=facts)
        yield from _releases(found, closing, _released_after(year, uses, told))
        ceiling_matters = found.due < found.annual or found.releasable(closing.amount) > 0
        if ceiling_matters and not found.looked_back_whole:
            facts = {"seen_from": found.seen_from, "looked_back_to": found.looked_back_to}
            yield _found(year, "years_missing", year.names, severity=Severity.low, facts=facts)


def _releases(found: Accrual, closing: Stated, after: tuple[Use, ...]) -> Iterator[Found]:
    """Releases without approval, from the end of a business year to the end of the next, against what that end allowed."""
    year = found.year
    # What is released on the last day itself is no longer in the balance at its end.
    on_the_day = total(use.amount_jpy for use in after if use.used_on == year.ends_on)
    allowed = found.releasable(EXACT.add(closing.amount, on_the_day))
    released = total(use.amount_jpy for use in after)
    if released > allowed:
        names = (*_evidence(found, (closing,)), *(Evidence("reserve_use", use.use_id) for use in after))
        excess = EXACT.subtract(released, allowed)
        facts = {"released": released, "releasable": allowed}
        yield _found(
            year, "released_too_much", names, score=share(excess, released), severity=Severity.high, amount=excess, facts=facts
        )


def _accruals(records: Records, p: Parameters, reserve: Balances) -> Iterator[Accrual]:
    years, uses = read_years(records), read_uses(records)
    rates = _rates(p, {base for year in years for base in year.volumes})
    for year in _ended(records, p):
        opening = reserve.on(year.starts_on - _DAY)
        if opening is not None:
            # FIB 175(1)(ii)ヲ: what is already set aside, less what was used.
            existing = EXACT.subtract(opening.amount, used_between(uses, year.starts_on, year.ends_on))
            yield accrual(year, years, existing, rates, p.lookback_years)


def _released_after(year: BusinessYear, uses: tuple[Use, ...], told: Mapping[date, Accrual]) -> tuple[Use, ...]:
    """The releases without approval that rest on the end of this business year, the last one ended by then."""
    later = min((each.year.ends_on for each in told.values() if each.year.ends_on > year.ends_on), default=date.max)
    return tuple(use for use in uses if use.purpose == "release" and not use.is_approved and year.ends_on <= use.used_on < later)


def _ended(records: Records, p: Parameters) -> Iterator[BusinessYear]:
    return (year for year in read_years(records) if year.ends_on <= p.as_of)


def _rates(p: Parameters, bases: set[str]) -> Mapping[str, Rates]:
    rates = {}
    for base in sorted(bases):
        annual, ceiling = getattr(p, f"rate_{base}"), getattr(p, f"ceiling_{base}")
        for name, value in ((f"rate_{base}", annual), (f"ceiling_{base}", ceiling)):
            if value is None:
                raise Undetermined(p.why(name))
        rates[base] = Rates(Decimal(annual), Decimal(ceiling))
    return rates


def _due(found: Accrual) -> Amount:
    lines = [
        step
        for line in found.lines
        for step in (
            Step(f"{line.base}, annual", f"rate per 10,000 x {line.volume.normalize():f}", line.annual),
            Step(
                f"{line.base}, ceiling",
                f"ceiling rate per 10,000 x {line.highest.normalize():f} (year from {line.highest_year})",
                line.ceiling,
            ),
        )
    ]
    return Amount(
        name="accrual_due",
        as_of=found.year.ends_on,
        value=found.due,
        unit="JPY",
        working=(
            *lines,
            Step("annual amount", "sum of the annual lines", found.annual),
            Step("ceiling", "sum of the ceiling lines", found.ceiling),
            Step("already set aside", "reserve before the year, less what was used in it", found.existing),
            # FIB 175(1): "the lower of the two amounts", so a full reserve accrues nothing.
            Step("accrual", "max(0, min(annual amount, ceiling - already set aside))", found.due),
        ),
        evidence=tuple(Evidence(*name) for name in found.year.names),
        facts={"starts_on": found.year.starts_on, "looked_back_whole": found.looked_back_whole},
    )


def _evidence(found: Accrual, stated: tuple[Stated, ...]) -> tuple[Evidence, ...]:
    names = {*found.year.names, *(each.name for each in stated)}
    return tuple(Evidence(*name) for name in sorted(names))


def _found(
    year: BusinessYear,
    sentence: str,
    names: tuple[Any, ...],
    *,
    score: Decimal = Decimal(0),
    severity: Severity | None = None,
    amount: Decimal | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Found:
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        window_from=starts_at(year.starts_on),
        window_until=starts_at(year.ends_on + _DAY),
        score=score,
        severity=severity,
        sentence=sentence,
        amount_jpy=amount,
        evidence=tuple(Evidence(*name) for name in sorted(names)),
        facts={"starts_on": year.starts_on, "ends_on": year.ends_on, **(facts or {})},
    )
