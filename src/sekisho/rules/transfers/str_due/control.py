"""Reports of suspicious transactions: every suspicion is judged, and what is to be reported is reported promptly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Evidence, Found, Obligation
from sekisho.typologies.client_flows import waited_share
from sekisho.typologies.valuation import JAPAN, in_utc, starts_at
from sekisho.typologies.waiting import length_of

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Suspicions that were judged late or not at all, and reports that were filed late or not at all, as of the day."""
    ends_at = starts_at(p.as_of + _DAY)
    for row in records.suspicion.order_by("suspicion_id").to_pyarrow().to_pylist():
        arose_at = in_utc(row["arose_at"])
        if arose_at >= ends_at:
            continue
        judged_at, filed_at = _known(row["judged_at"], ends_at), _known(row["filed_at"], ends_at)
        judgement = row["judgement"] if judged_at is not None else None
        if filed_at is None or (judged_at is not None and judged_at <= filed_at):
            yield from _late(row, "judge", arose_at, judged_at, arose_at + length_of(p.judging_days_max), ends_at)
        if filed_at is not None or judgement == "file":
            since = judged_at or arose_at
            yield from _late(row, "file", since, filed_at, since + length_of(p.filing_days_max), ends_at)


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """What is still to be judged or filed, by the day that the firm's own period gives; the law says promptly."""
    for trigger in calendar.triggers:
        facts: dict[str, Any] = dict(trigger.facts)
        if facts["done_at"] is None:
            yield Obligation(
                name=facts["duty"],
                due_on=(facts["due_at"] + JAPAN).date(),
                arose_on=(facts["arose_at"] + JAPAN).date(),
                because=_BECAUSE[facts["duty"]],
                evidence=trigger.evidence,
                facts={"account": facts["account"], "as_of": p.as_of},
            )


_BECAUSE = {
    "judge": "A suspicion is judged by the items of the Rule before anybody decides whether to report.",
    "file": "What is suspected to be proceeds of crime is reported promptly, and nobody tells the client.",
}


def _known(at: datetime | None, before: datetime) -> datetime | None:
    return None if at is None or in_utc(at) >= before else in_utc(at)


def _late(
    row: dict[str, Any], duty: str, arose_at: datetime, done_at: datetime | None, due_at: datetime, ends_at: datetime
) -> Iterator[Found]:
    until = done_at or ends_at
    # A period that ends on the last moment looked at is not over yet.
    if until <= due_at:
        return
    yield Found(
        subject_kind="account",
        subject_id=row["account_id"],
        window_from=arose_at,
        window_until=until + _MICROSECOND,
        score=waited_share(arose_at, until, due_at),
        sentence=("default" if duty == "file" else "not_judged") if done_at is None else f"{duty}_late",
        evidence=(Evidence("suspicion", row["suspicion_id"]),),
        facts={
            "account": row["account_id"],
            "suspicion": row["suspicion_id"],
            "source": row["source"],
            "duty": duty,
            "arose_at": arose_at,
            "due_at": due_at,
            "done_at": done_at,
        },
    )
