"""How long an alert may take: Japanese business days by chapter and severity, set by two people, or our starting values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.alerts.models import RANK, ServiceLevel
from sekisho.console.approvals.four_eyes import Takes, propose, takes_two
from sekisho.console.approvals.models import Proposal
from sekisho.console.desk.pages import Unfit
from sekisho.console.people.actor import Actor
from sekisho.typologies.business_days import BusinessDays

DEFAULTS: Final = {"critical": 1, "high": 3, "medium": 10, "low": 30}
"""Business days where the firm has set none. They are our choice, not law: no provision says how fast an alert is answered."""
DAYS_MOST: Final = 365
_JAPAN: Final = ZoneInfo("Asia/Tokyo")
_CALENDAR: Final = BusinessDays()


def terms(at: datetime) -> Callable[[str, str], datetime]:
    """For alerts raised at a moment: when one of a chapter and severity is due, the end of its last business day in Japan."""
    day = at.astimezone(_JAPAN).date()
    levels = in_force(day)
    ends: dict[int, datetime] = {}

    def due_at(chapter: str, severity: str) -> datetime:
        days = levels.get((chapter, severity), levels.get(("", severity), DEFAULTS[severity]))
        if days not in ends:
            ends[days] = datetime.combine(_CALENDAR.add(day, days) + timedelta(days=1), datetime.min.time(), _JAPAN)
        return ends[days]

    return due_at


def in_force(day: date) -> dict[tuple[str, str], int]:
    """The firm's own levels in force on a day, by chapter (blank: all) and severity."""
    rows = ServiceLevel.objects.filter(from_on__lte=day).order_by("from_on", "pk")
    return {(row.chapter, row.severity): row.business_days for row in rows}


def propose_level(actor: Actor, chapter: str, severity: str, business_days: int, from_on: date, words: str) -> Proposal:
    """Propose a level; it holds for alerts raised from a day on, never backwards. Raises ``Unfit`` or ``Denied``."""
    if severity not in RANK:
        raise Unfit({"severity": _("choose one of the severities")})
    if not 0 < business_days <= DAYS_MOST:
        raise Unfit({"business_days": _("give 1 to %(most)s business days") % {"most": DAYS_MOST}})
    if from_on < actor.at.astimezone(_JAPAN).date():
        raise Unfit({"from_on": _("give today or a later day: what is raised already keeps its term")})
    if not words.strip():
        raise Unfit({"reason": _("say why")})
    return propose(
        actor,
        "change service level",
        ("service level", f"{chapter or '*'} {severity}"),
        reason_code="firm",
        reason=words,
        chapter=chapter,
        payload={"chapter": chapter, "severity": severity, "business_days": business_days, "from_on": from_on.isoformat()},
    )


def _effect(proposal: Proposal, actor: Actor) -> None:
    told = proposal.payload
    ServiceLevel(
        chapter=told["chapter"],
        severity=told["severity"],
        business_days=told["business_days"],
        from_on=date.fromisoformat(told["from_on"]),
        proposed_by=proposal.proposed_by,
        approved_by=actor.person.person_id,
    ).save()


takes_two(
    Takes(
        kind="change service level",
        title=gettext_lazy("Change a service level"),
        propose="propose a service level",
        approve="approve a service level",
        reasons=[("firm", gettext_lazy("The firm's own rule"))],
        effect=_effect,
        at=lambda proposal: reverse("service levels"),
    )
)
