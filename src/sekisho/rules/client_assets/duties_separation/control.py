"""Separation of duties: does anybody both pay an asset out and compare its balance with the books, and has each duty somebody?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING

from sekisho.engine.answers import Found, Obligation, Severity
from sekisho.engine.assessed_items import evidence_of
from sekisho.typologies.business_days import BusinessDays, months_end_on
from sekisho.typologies.custody import owed_by_asset, stretches
from sekisho.typologies.duties import Both, did_both, staffed
from sekisho.typologies.registers import Duty, held_together, holds_on, read_duties
from sekisho.typologies.valuation import whole_days

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_PAY, _RECONCILE = "pay", "reconcile"


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each person and asset with both duties or both acts, each duty nobody has, and each kept too long."""
    duties = read_duties(records)
    if p.persons_apart:
        yield from _both_duties(duties, p.as_of)
        for both in did_both(records):
            yield _both_acts(both)
    yield from _nobody(records, duties)
    if p.rotation_months_max is not None:
        yield from _too_long(duties, p)


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """The day by which a person should have handed a duty on."""
    for trigger in calendar.triggers:
        if isinstance(trigger, Found) and trigger.sentence == "too_long":
            yield Obligation(
                name="hand_duty_on",
                due_on=trigger.facts["hand_on_by"],  # type: ignore[arg-type]  # _too_long puts dates there
                arose_on=trigger.facts["first_day"],  # type: ignore[arg-type]
                because=f"{p.rotation_months_max} months from {trigger.facts['first_day']}",
                evidence=trigger.evidence,
                facts={"person": trigger.facts["person"], "duty": trigger.facts["duty"]},
            )


def _both_duties(duties: Sequence[Duty], last: date) -> Iterator[Found]:
    of: dict[tuple[str, str], dict[str, list[Duty]]] = defaultdict(lambda: defaultdict(list))
    for duty in duties:
        of[duty.party_id, duty.asset][duty.duty].append(duty)
    for (person, asset), each in sorted(of.items()):
        for pay, reconcile in product(each[_PAY], each[_RECONCILE]):
            first = held_together(pay, reconcile, last)
            if first is not None:
                ends = min((d.until for d in (pay, reconcile) if d.until is not None), default=None)
                yield Found(
                    subject_kind="party",
                    subject_id=person,
                    asset=asset,
                    **whole_days(first, last if ends is None else min(last, ends)),
                    score=Decimal(1),
                    severity=Severity.high,
                    evidence=evidence_of({pay.name, reconcile.name}),
                    facts={"person": person, "asset": asset, "first_day": first, "last_day": ends},
                )


def _both_acts(both: Both) -> Found:
    return Found(
        subject_kind="party",
        subject_id=both.party_id,
        asset=both.asset,
        **whole_days(both.first, both.last),
        score=Decimal(1),
        severity=Severity.high,
        sentence="did_both",
        evidence=evidence_of(both.names),
        facts={"person": both.party_id, "asset": both.asset, "movements": list(both.movements), "first_day": both.first},
    )


def _nobody(records: Records, duties: Sequence[Duty]) -> Iterator[Found]:
    """Business days on which customers were owed an asset and nobody had one of the two duties over it."""
    calendar = BusinessDays()
    for asset, days in owed_by_asset(records).items():
        for duty in (_PAY, _RECONCILE):
            of = [each for each in duties if each.duty == duty and each.asset == asset]
            for stretch in stretches({day: not staffed(of, day) for day in days if calendar.is_open(day)}):
                yield Found(
                    subject_kind="asset",
                    subject_id=asset,
                    asset=asset,
                    **whole_days(stretch.first, stretch.last),
                    score=Decimal(1),
                    severity=Severity.medium,
                    sentence="nobody",
                    evidence=evidence_of({days[stretch.first], days[stretch.last], *(each.name for each in of)}),
                    facts={"asset": asset, "duty": duty, "first_day": stretch.first, "last_day": stretch.last},
                )


def _too_long(duties: Sequence[Duty], p: Parameters) -> Iterator[Found]:
    for duty in duties:
        hand_on_by = months_end_on(duty.since, p.rotation_months_max)
        if duty.duty in (_PAY, _RECONCILE) and hand_on_by < p.as_of and holds_on(duty, p.as_of):
            yield Found(
                subject_kind="party",
                subject_id=duty.party_id,
                asset=duty.asset,
                **whole_days(hand_on_by, p.as_of),
                score=Decimal(0),
                severity=Severity.low,
                sentence="too_long",
                evidence=evidence_of({duty.name}),
                facts={
                    "person": duty.party_id,
                    "asset": duty.asset,
                    "duty": duty.duty,
                    "first_day": duty.since,
                    "hand_on_by": hand_on_by,
                },
            )
