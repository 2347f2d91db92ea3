"""Alerts: one for each case, told when it is raised, when it grows, and when a look over the whole does not bear it out.

An alert is the same case as a finding when a record proves both, or subject, instrument and time agree. So a scheme that goes on
is one alert that grows, and a restart tells nothing again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from sekisho.findings.finding import Finding, same_case
from sekisho.watch.journal import Journal, Telling

RAISED: Final = "raised"
CHANGED: Final = "changed"
WITHDRAWN: Final = "withdrawn"


@dataclass(slots=True)
class Alert:
    """One case and the finding as it was last told."""

    alert_id: int
    state: str
    finding: Finding


class Alerts:
    """The alerts of one watch, in step with its journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._alerts = [
            Alert(alert_id, state, msgspec.json.decode(finding, type=Finding)) for alert_id, _, state, finding in journal.alerts()
        ]

    @property
    def live(self) -> list[Alert]:
        """The alerts that stand."""
        return [alert for alert in self._alerts if alert.state != WITHDRAWN]

    def update(self, findings: Sequence[Finding], *, whole: bool, told_at: str, events: int) -> list[Telling]:
        """Hold what a look found against the alerts and tell what is new. Only a look over the whole may withdraw or shrink one."""
        moved: list[Alert] = []
        matched: set[int] = set()
        for finding in findings:
            alert = self._alert_of(finding, matched)
            if alert is None:
                alert = Alert(len(self._alerts) + 1, RAISED, finding)
                self._alerts.append(alert)
                moved.append(alert)
            elif alert.state == WITHDRAWN or (alert.finding != finding and (whole or _grew(alert.finding, finding))):
                alert.state, alert.finding = CHANGED, finding
                moved.append(alert)
            matched.add(alert.alert_id)
        if whole:
            for alert in self.live:
                if alert.alert_id not in matched:
                    alert.state = WITHDRAWN
                    moved.append(alert)
        return self._tell(moved, told_at, events)

    def _alert_of(self, finding: Finding, taken: Iterable[int]) -> Alert | None:
        """The alert of the same case that shares most records with the finding and that no other finding has taken."""
        same = [
            alert
            for alert in self._alerts
            if alert.finding.rule == finding.rule and alert.alert_id not in set(taken) and same_case(alert.finding, finding)
        ]
        return max(same, key=lambda alert: (_shared(alert.finding, finding), -alert.alert_id), default=None)

    def _tell(self, moved: Sequence[Alert], told_at: str, events: int) -> list[Telling]:
        if not moved:
            return []
        before = self._journal.last_told()
        lines = [(a.alert_id, a.finding.rule, a.state, msgspec.json.encode(a.finding).decode(), told_at, events) for a in moved]
        self._journal.tell(lines)
        return self._journal.told(before)


def _shared(one: Finding, other: Finding) -> int:
    return len(set(one.evidence) & set(other.evidence))


def _grew(before: Finding, now: Finding) -> bool:
    return len(now.evidence) > len(before.evidence) and set(before.evidence) <= set(now.evidence)
