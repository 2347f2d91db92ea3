"""The heat strip: when a rule's findings began, day by day (or hour by hour) over the whole period of the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sekisho.findings.report.shown import SEVERITIES, Finding
from sekisho.findings.report.typeset import JST, as_utc

CELLS_MAX = 31
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_HEATS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Cell:
    """One stretch of time: its name in Japan time, how many findings began in it, and the gravest of them."""

    name: str
    count: int
    worst: str
    heat: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """The period of the report cut into equal cells."""

    start: datetime
    step: timedelta
    cells: int

    def index(self, finding: Finding) -> int:
        """The cell in which a finding began."""
        return min((as_utc(finding.window_from) - self.start) // self.step, self.cells - 1)

    def name(self, index: int) -> str:
        """The cell's first moment in Japan time: a day, or a day and hour."""
        at = (self.start + index * self.step).astimezone(JST)
        return f"{at:%Y-%m-%d}" if self.step >= _DAY else f"{at:%m-%d %H:00}"


def calendar_of(findings: Iterable[Finding]) -> Calendar | None:
    """Hours while everything began within a day or so, else days, joined evenly where there are too many."""
    begun = sorted(as_utc(finding.window_from) for finding in findings)
    if not begun:
        return None
    unit = _HOUR if begun[-1] - begun[0] < CELLS_MAX * _HOUR else _DAY
    first = begun[0].astimezone(JST).replace(minute=0, second=0, microsecond=0)
    start = first if unit == _HOUR else first.replace(hour=0)
    count = (begun[-1] - start) // unit + 1
    joined = -(-count // CELLS_MAX)
    return Calendar(as_utc(start), unit * joined, -(-count // joined))


def strip(findings: Iterable[Finding], calendar: Calendar | None) -> tuple[Cell, ...]:
    """One cell per stretch of the period; empty when there is nothing to place."""
    if calendar is None:
        return ()
    counts: Counter[int] = Counter()
    worst: dict[int, str] = {}
    for finding in findings:
        index = calendar.index(finding)
        counts[index] += 1
        worst[index] = min(worst.get(index, finding.severity), finding.severity, key=SEVERITIES.index)
    return tuple(
        Cell(calendar.name(i), counts[i], worst.get(i, ""), sum(counts[i] >= step for step in _HEATS))
        for i in range(calendar.cells)
    )
