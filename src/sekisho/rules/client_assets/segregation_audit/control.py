"""Segregation audit: was there one within the year for customers' property and for the guarantee, and was it filed in time?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount, Fact, Found, Obligation, Severity, Step
from sekisho.engine.assessed_items import Name, custody_is_done, evidence_of, words
from sekisho.typologies.assessments import EXCHANGE, Assessment, read_assessments
from sekisho.typologies.business_days import months_before, months_end_on
from sekisho.typologies.valuation import whole_days

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """For each audit: none within the year, a report filed late or not at all, or an opinion that is not clean."""
    because = custody_is_done(records)
    if not because:
        return
    for item in words(p.items):
        audits = _audits(records, item, p.as_of)
        since = months_before(p.as_of, p.months_between_max)
        if not audits or _base(audits[-1]) < since:
            last = audits[-1] if audits else None
            yield _found(item, "default", because, last, p, since=since, base_due=_next(last, p))
        for audit in audits:
            file_by = months_end_on(_base(audit), p.filing_months)
            if audit.filed_on is not None and audit.filed_on > file_by:
                yield _found(item, "filed_late", because, audit, p, filed_on=audit.filed_on, file_by=file_by)
            elif audit.filed_on is None and p.as_of > file_by:
                yield _found(item, "not_filed", because, audit, p, file_by=file_by)
            if audit.result != "met":
                yield _found(item, "qualified", because, audit, p, auditor=audit.unit, result=audit.result)


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """How many days have passed since the last base date of each audit."""
    for item in words(p.items) if custody_is_done(records) else ():
        for audit in _audits(records, item, p.as_of)[-1:]:
            days = Decimal((p.as_of - _base(audit)).days)
            yield Amount(
                name=f"{item}_age",
                as_of=p.as_of,
                value=days,
                unit="day",
                working=(Step("days since the base date", f"{p.as_of} - {_base(audit)}", days),),
                evidence=evidence_of({audit.name}),
                facts={"item": item, "base_on": _base(audit), "filed_on": audit.filed_on},
            )


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """The day by which each report is to be filed, and the last base date of the next audit."""
    for trigger in calendar.triggers:
        if isinstance(trigger, Amount):
            base, item = trigger.facts["base_on"], trigger.facts["item"]
            assert isinstance(base, date)
            yield Obligation(
                name="file_audit_report",
                due_on=months_end_on(base, p.filing_months),
                arose_on=base,
                because=f"{p.filing_months} months from the base date {base}",
                evidence=trigger.evidence,
                facts={"item": item, "filed_on": trigger.facts["filed_on"]},
            )
            yield Obligation(
                name="next_base_date",
                due_on=months_end_on(base, p.months_between_max),
                arose_on=base,
                repeats="P1Y",
                because=f"{p.months_between_max} months from the base date {base}",
                evidence=trigger.evidence,
                facts={"item": item},
            )


def _audits(records: Records, item: str, on: date) -> list[Assessment]:
    """The audits finished by that day, by the day they speak of."""
    done = [each for each in read_assessments(records).of(item, EXCHANGE) if each.done_on <= on]
    return sorted(done, key=lambda each: (_base(each), each.assessment_id))


def _base(audit: Assessment) -> date:
    """The day an audit speaks of; one that does not say speaks of the day it was finished."""
    return audit.base_on or audit.done_on


def _next(last: Assessment | None, p: Parameters) -> date | None:
    return None if last is None else months_end_on(_base(last), p.months_between_max)


def _found(item: str, sentence: str, because: set[Name], audit: Assessment | None, p: Parameters, **facts: Fact) -> Found:
    day = p.as_of if audit is None else min(_base(audit), p.as_of)
    return Found(
        subject_kind="exchange",
        subject_id=item,
        **whole_days(day, p.as_of),
        score=Decimal(1),
        severity=Severity.medium if sentence in ("filed_late", "qualified") else Severity.high,
        sentence=sentence,
        evidence=evidence_of({*because, *({audit.name} if audit else set())}),
        facts={"item": item, "last_base": None if audit is None else _base(audit), "day": p.as_of, **facts},
    )
