"""What a case tells a filing: its alerts, its narrative, moments in Japan time. No personal data are here: ids only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from sekisho.console.alerts.models import Alert
from sekisho.console.cases.models import Case
from sekisho.console.cases.unwritten import without_marks

ALERTS_MAX = 100
"""A filing is begun from at most this many alerts of a case, the gravest first."""


def alerts_of(case: Case) -> list[Any]:
    """The alerts joined in a case, in order of time."""
    gravest = Alert.objects.filter(joined__case=case).order_by("-rank", "-score", "alert_id")[:ALERTS_MAX]
    return sorted(gravest, key=lambda alert: (alert.window_from, alert.alert_id))


def jst(moment: datetime) -> str:
    """A moment in Japan time, as an item has it."""
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")


def known_on(case: Case, alerts: Sequence[Any]) -> str:
    """The day since which the firm knew: on which the first of the alerts was raised; of a case without one, the day it was opened.

    Where the clock that raised it was behind, the day on which what it is about began.
    """
    if not alerts:
        return jst(case.opened_at)[:10]
    return jst(max(min(alert.raised_at for alert in alerts), min(alert.window_from for alert in alerts)))[:10]


def narrative(case: Case, alerts: Sequence[Any]) -> str:
    """The case's own narrative as far as a person has edited it, in Japanese before English; without one, what the alerts say.

    It is filled in for a person to edit. What is still the software's draft is left out, and so are the marks of a draft.
    """
    written = {language: without_marks(text) for language, text in case.written.items()}
    told = [written[language] for language in ("ja", "en") if written.get(language)]
    if not told:
        told = [f"・{alert.summary_ja}" for alert in alerts] + [f"- {alert.summary_en}" for alert in alerts]
    return "\n".join(told)
