"""Money trust: is all the money that customers are owed with a trustee, and how long was it short?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Evidence, Found, Obligation, Severity
from sekisho.typologies.business_days import BusinessDays
from sekisho.typologies.custody import MONEY, Name, Stretch, largest_balances, read_money, share, stretches
from sekisho.typologies.valuation import EXACT, starts_at

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each continuous shortfall, and for each run of business days without a principal on record."""
    owed, trust = read_money(records), _principal(records)
    for stretch in stretches({day: trust[day] < owed[day] for day in owed if day in trust}):
        yield _short(records, p, stretch, owed, trust)
    calendar = BusinessDays()
    missed = {day: day not in trust and owed[day] > 0 for day in owed if calendar.is_open(day)}
    for stretch in stretches(missed):
        yield _not_calculated(records, stretch, len(missed))


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """The day by which each shortfall has to be topped up."""
    for trigger in calendar.triggers:
        if "deadline" in trigger.facts:
            yield Obligation(
                name="top_up_trust",
                due_on=trigger.facts["deadline"],  # type: ignore[arg-type]  # _short puts dates there
                arose_on=trigger.facts["first_day"],  # type: ignore[arg-type]
                because=f"{p.top_up_business_days} business days, the day after {trigger.facts['first_day']} being day 1",
                evidence=trigger.evidence,
                facts={"cured_on": trigger.facts["cured_on"]},
            )


def _principal(records: Records) -> dict[date, Decimal]:
    """The principal of each day over all trustees."""
    rows = records.money_trust.group_by("as_of_date").aggregate(principal=records.money_trust.principal_jpy.sum())
    return {row["as_of_date"]: row["principal"] for row in rows.to_pyarrow().to_pylist()}


def _short(records: Records, p: Parameters, stretch: Stretch, owed: Mapping[date, Decimal], trust: Mapping[date, Decimal]) -> Found:
    missing = {day: EXACT.subtract(owed[day], trust[day]) for day in stretch.days}
    worst = max(stretch.days, key=lambda day: (missing[day], -day.toordinal()))
    deadline = BusinessDays().add(stretch.first, p.top_up_business_days)
    state = stretch.state(deadline)
    names: set[Name] = {("money_trust", str(day)) for day in stretch.days}
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        asset=MONEY,
        **_window(stretch),
        score=share(missing[worst], owed[worst]),
        severity={"late": Severity.critical, "open": Severity.high}.get(state),
        sentence={"open": "default"}.get(state, state),
        amount_jpy=missing[worst],
        evidence=_evidence(names | largest_balances(records, [worst], [MONEY], p.ledger_evidence_max)),
        facts={
            "owed_jpy": owed[worst],
            "trust_jpy": trust[worst],
            "day": worst,
            "first_day": stretch.first,
            "last_day": stretch.last,
            "deadline": deadline,
            "cured_on": stretch.cured_on,
            "state": state,
        },
    )


def _not_calculated(records: Records, stretch: Stretch, business_days: int) -> Found:
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        asset=MONEY,
        **_window(stretch),
        score=share(Decimal(len(stretch.days)), Decimal(business_days)),
        severity=Severity.medium,
        sentence="not_calculated",
        evidence=_evidence(largest_balances(records, stretch.days, [MONEY], 1)),
        facts={"missed_days": [day.isoformat() for day in stretch.days]},
    )


def _window(stretch: Stretch) -> dict[str, Any]:
    """Whole Japan days, from the first to the end of the last."""
    return {"window_from": starts_at(stretch.first), "window_until": starts_at(stretch.last + timedelta(days=1))}


def _evidence(names: set[Name]) -> tuple[Evidence, ...]:
    return tuple(Evidence(*name) for name in sorted(names))
