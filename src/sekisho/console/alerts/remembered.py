"""Remembered false positives: two people say that a rule need not ask about a subject for a time; alerts come closed and marked."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.alerts import working
from sekisho.console.alerts.models import Alert, Memory
from sekisho.console.alerts.working import JAPAN
from sekisho.console.approvals.four_eyes import Takes, propose, takes_two
from sekisho.console.approvals.models import Proposal
from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor

DAYS_MOST: Final = 365
REASONS: Final = (
    ("known_pattern", gettext_lazy("A known false positive of the rule")),
    ("legitimate", gettext_lazy("Legitimate purpose, shown")),
    ("other", gettext_lazy("Other (say what)")),
)

WORDS: Final = (
    *REASONS,
    ("records_wrong", gettext_lazy("The records were wrong")),
    ("same_as_another", gettext_lazy("The same as another alert")),
)
"""The reasons in words: those above, and those that came with a disposition."""


def one(actor: Actor, pk: int, act: str = "read alerts") -> Memory:
    """A remembered pair the actor may do this act on. Raises 404 or ``Denied``."""
    kept: Memory | None = Memory.objects.filter(pk=pk).first()
    if kept is None:
        raise Http404
    actor.need(act, kept.chapter, kept.parties)
    return kept


def check_until(actor: Actor, until: date, disposition: str) -> None:
    """Raises ``Unfit`` unless a false positive may be remembered until that day."""
    if disposition != "false_positive":
        raise Unfit({"remember_until": _("only a false positive is remembered")})
    today = actor.at.astimezone(JAPAN).date()
    if not today < until <= today + timedelta(days=DAYS_MOST):
        raise Unfit({"remember_until": _("give a day from tomorrow on, at most %(most)s days away") % {"most": DAYS_MOST}})


def propose_memory(actor: Actor, alert_id: str, until: date, reason_code: str, reason: str = "") -> Proposal:
    """Propose to remember the rule and subject of an alert that was closed as a false positive."""
    alert = working.one(actor, alert_id, "propose a disposition")
    check_until(actor, until, alert.disposition)
    if reason_code == "other" and not reason.strip():
        raise Unfit({"reason": _("say why in words")})
    return propose(
        actor,
        "remember false positive",
        ("alert", alert_id),
        reason_code=reason_code,
        reason=reason,
        chapter=alert.chapter,
        parties=alert.parties,
        payload={"remember_until": until.isoformat(), "rule": alert.rule, "subject": alert.subject_id},
    )


def remember(alert: Alert, proposal: Proposal, actor: Actor, until: date) -> Memory:
    """Keep the pair, inside the effect of an approved proposal. One that is over makes room; one that holds refuses."""
    held: Memory | None = Memory.objects.filter(rule=alert.rule, subject_key=alert.subject_key, revoked_at=None).first()
    if held is not None and held.expires_at > actor.at:
        raise Unfit(_("This rule and subject are remembered already: revoke that first."))
    if held is not None:
        held.revoked_at, held.revoked_by, held.revoked_why = actor.at, actor.person.person_id, "expired"
        held.save()
    kept = Memory(
        rule=alert.rule,
        chapter=alert.chapter,
        subject_kind=alert.subject_kind,
        subject_id=alert.subject_id,
        rank_most=alert.rank,
        parties=alert.parties,
        alert_id=alert.alert_id,
        reason_code=proposal.reason_code,
        words=proposal.reason,
        proposed_by=proposal.proposed_by,
        approved_by=actor.person.person_id,
        at=actor.at,
        expires_at=datetime.combine(until, datetime.min.time(), JAPAN),
    )
    kept.save()
    return kept


def revoke(actor: Actor, pk: int, why: str) -> Memory:
    """Forget a pair: from now on its alerts are raised again. One person may, as nothing is hidden by it; with a reason."""
    kept = one(actor, pk, "propose a disposition")
    if not why.strip():
        raise Unfit({"reason": _("say why")})
    if kept.revoked_at is not None:
        raise Unfit(_("It is revoked already."))
    with acting(actor.author, "revoke a remembered false positive", reason=why, at=actor.at):
        kept.revoked_at, kept.revoked_by, kept.revoked_why = actor.at, actor.person.person_id, why
        kept.save()
    return kept


def _effect(proposal: Proposal, actor: Actor) -> None:
    alert = Alert.objects.get(pk=proposal.about_id)
    remember(alert, proposal, actor, date.fromisoformat(proposal.payload["remember_until"]))


takes_two(
    Takes(
        kind="remember false positive",
        title=gettext_lazy("Remember a false positive"),
        propose="propose a disposition",
        approve="approve a disposition",
        reasons=REASONS,
        effect=_effect,
        at=lambda proposal: reverse("alert", args=[proposal.about_id]),
    )
)
