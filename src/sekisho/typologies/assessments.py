"""Assessments: which of the items that should have been looked at were not, ran out, or were not met."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sekisho.typologies.business_days import months_end_on

if TYPE_CHECKING:
    from sekisho.records import Records

Name = tuple[str, str]
"""A record as evidence names it: table and id."""

EXCHANGE = "exchange"
"""The subject of an assessment of the firm itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One look at one item by one unit."""

    assessment_id: str
    item: str
    subject_id: str
    base_on: date | None
    done_on: date
    valid_until: date | None
    filed_on: date | None
    line: int | None
    unit: str
    result: str
    proof: str | None
    owner: str | None

    @property
    def name(self) -> Name:
        """The record as evidence names it."""
        return "assessment", self.assessment_id

    def runs_out_on(self, months: int | None) -> date | None:
        """The last day on which it still counts: its own, or so many months after it was done, whichever comes first."""
        ends = [day for day in (self.valid_until, None if months is None else months_end_on(self.done_on, months)) if day]
        return min(ends, default=None)


class Assessments:
    """Every assessment, by item and subject."""

    def __init__(self, assessments: Iterable[Assessment]) -> None:
        self._of: dict[tuple[str, str], list[Assessment]] = defaultdict(list)
        for each in sorted(assessments, key=lambda a: (a.done_on, a.assessment_id)):
            self._of[each.item, each.subject_id].append(each)

    def of(self, item: str, subject_id: str = EXCHANGE) -> Sequence[Assessment]:
        """The looks at an item of a subject, the oldest first."""
        return self._of.get((item, subject_id), ())

    def latest(self, item: str, subject_id: str, on: date) -> Assessment | None:
        """The last look finished by that day."""
        return next((each for each in reversed(self.of(item, subject_id)) if each.done_on <= on), None)


def read_assessments(records: Records) -> Assessments:
    """The table of assessments; nothing where there is none."""
    columns = list(Assessment.__dataclass_fields__)
    rows = records.optional("assessment").select(*columns).to_pyarrow().to_pylist()
    return Assessments(Assessment(**row) for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What stands of the items of one subject on a day: those in order, and by what the others fail."""

    subject_id: str
    in_order: tuple[str, ...]
    missing: tuple[str, ...]
    run_out: tuple[str, ...]
    not_met: tuple[str, ...]
    without_proof: tuple[str, ...]
    seen: tuple[Assessment, ...]

    @property
    def failing(self) -> tuple[str, ...]:
        """Every item that is not in order."""
        return (*self.missing, *self.run_out, *self.not_met, *self.without_proof)


def look(assessments: Assessments, items: Sequence[str], subject_id: str, on: date, months: int | None) -> Looked:
    """Sort the items of a subject by the last look at each. ``months`` is how long a look counts; None: until it says."""
    found: dict[str, list[str]] = defaultdict(list)
    seen = []
    for item in items:
        last = assessments.latest(item, subject_id, on)
        if last is not None:
            seen.append(last)
        found[_state(last, on, months)].append(item)
    return Looked(
        subject_id=subject_id,
        in_order=tuple(found["in_order"]),
        missing=tuple(found["missing"]),
        run_out=tuple(found["run_out"]),
        not_met=tuple(found["not_met"]),
        without_proof=tuple(found["without_proof"]),
        seen=tuple(seen),
    )


def _state(last: Assessment | None, on: date, months: int | None) -> str:
    if last is None:
        return "missing"
    ends = last.runs_out_on(months)
    if ends is not None and ends < on:
        return "run_out"
    if last.result != "met":
        return "not_met"
    return "in_order" if last.proof and last.owner else "without_proof"
