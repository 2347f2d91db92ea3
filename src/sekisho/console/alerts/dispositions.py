"""What becomes of an alert: proposed by one person and approved by another, for one alert or many; and opening it again."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.alerts import remembered
from sekisho.console.alerts.models import Alert
from sekisho.console.alerts.service_levels import terms
from sekisho.console.alerts.working import give, locked, needs_mine, one, standing
from sekisho.console.approvals.four_eyes import Takes, propose, takes_two
from sekisho.console.approvals.models import Proposal
from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import acting
from sekisho.console.journal.naming import REASONS_SAID
from sekisho.console.people.actor import Actor

REASONS: Final = {
    "confirmed": (
        ("breach", gettext_lazy("The records show the breach")),
        ("admitted", gettext_lazy("Admitted by the person or unit concerned")),
        ("corrected", gettext_lazy("Confirmed and put right since")),
    ),
    "valuable": (
        ("not_proven", gettext_lazy("Worth examining, not proven")),
        ("watched", gettext_lazy("Put under watch")),
        ("control_gap", gettext_lazy("No breach, but shows a gap in a control")),
    ),
    "false_positive": (
        ("known_pattern", gettext_lazy("A known false positive of the rule")),
        ("legitimate", gettext_lazy("Legitimate purpose, shown")),
        ("records_wrong", gettext_lazy("The records were wrong")),
        ("same_as_another", gettext_lazy("The same as another alert")),
    ),
}
"""The fixed reasons, by disposition; "other" goes with each and asks for words."""
OTHER: Final = ("other", gettext_lazy("Other (say what)"))
REOPENING: Final = (
    ("new_evidence", gettext_lazy("New evidence")),
    ("wrong", gettext_lazy("The disposition was wrong")),
    ("ordered", gettext_lazy("Asked for by an authority, the SRO or audit")),
    OTHER,
)
TOGETHER_MOST: Final = 2_000


def propose_disposition(
    actor: Actor, alert_id: str, disposition: str, reason_code: str, reason: str = "", remember_until: date | None = None
) -> Proposal:
    """Propose what becomes of one alert; with ``remember_until`` also that its pair of rule and subject is remembered."""
    _fits(disposition, reason_code, reason)
    if remember_until is not None:
        remembered.check_until(actor, remember_until, disposition)
    with acting(actor.author, "propose a disposition", reason=f"{reason_code}: {reason}".strip(" :"), at=actor.at):
        alert = _taken(actor, alert_id)
        payload: dict[str, object] = {"disposition": disposition, "alerts": [alert_id]}
        if remember_until is not None:
            payload["remember_until"] = remember_until.isoformat()
        proposal = propose(
            actor,
            "dispose alert",
            ("alert", alert_id),
            reason_code=reason_code,
            reason=reason,
            chapter=alert.chapter,
            parties=alert.parties,
            payload=payload,
        )
        _mark([alert], disposition, proposal)
    return proposal


def propose_dispositions(
    actor: Actor, alert_ids: Sequence[str], disposition: str, reason_code: str, reason: str = ""
) -> list[Proposal]:
    """Propose the same for many alerts, one proposal for each chapter; all or none."""
    _fits(disposition, reason_code, reason)
    if not 0 < len(alert_ids) <= TOGETHER_MOST:
        raise Unfit(_("choose 1 to %(most)s alerts") % {"most": TOGETHER_MOST})
    made = []
    with acting(actor.author, "propose dispositions", reason=f"{reason_code}: {reason}".strip(" :"), at=actor.at):
        by_chapter: dict[str, list[Alert]] = defaultdict(list)
        for alert_id in sorted(set(alert_ids)):
            alert = _taken(actor, alert_id)
            by_chapter[alert.chapter].append(alert)
        for chapter, alerts in sorted(by_chapter.items()):
            ids = [str(alert.alert_id) for alert in alerts]
            proposal = propose(
                actor,
                "dispose alerts",
                ("alerts", hashlib.sha256("\n".join(ids).encode()).hexdigest()[:32]),
                reason_code=reason_code,
                reason=reason,
                chapter=chapter,
                parties={party for alert in alerts for party in alert.parties},
                payload={"disposition": disposition, "alerts": ids},
            )
            _mark(alerts, disposition, proposal)
            made.append(proposal)
    return made


def propose_reopening(actor: Actor, alert_id: str, reason_code: str, reason: str = "") -> Proposal:
    """Propose that a closed alert is worked on again."""
    if reason_code == "other" and not reason.strip():
        raise Unfit({"reason": _("say why in words")})
    alert = one(actor, alert_id, "propose a disposition")
    if alert.state != "closed":
        raise Unfit(_("%(alert)s is not closed.") % {"alert": alert_id})
    return propose(
        actor,
        "reopen alert",
        ("alert", alert_id),
        reason_code=reason_code,
        reason=reason,
        chapter=alert.chapter,
        parties=alert.parties,
    )


def _fits(disposition: str, reason_code: str, reason: str) -> None:
    if disposition not in REASONS:
        raise Unfit({"disposition": _("choose one of the dispositions")})
    if reason_code not in dict((*REASONS[disposition], OTHER)):
        raise Unfit({"reason_code": _("choose one of the reasons that go with this disposition")})
    if reason_code == "other" and not reason.strip():
        raise Unfit({"reason": _("say why in words")})


def _taken(actor: Actor, alert_id: str) -> Alert:
    """The alert, nobody else's and in no other proposal; nobody's becomes the proposer's, so that nobody claims it meanwhile."""
    alert = locked(actor, alert_id)
    actor.need("propose a disposition", alert.chapter, alert.parties)
    needs_mine(actor, alert)
    if alert.proposed:
        raise Unfit(_("%(alert)s waits for a second person already.") % {"alert": alert_id})
    if not alert.assignee:
        give(alert, actor.person.person_id, actor.at)
    return alert


def _mark(alerts: Sequence[Alert], disposition: str, proposal: Proposal) -> None:
    for alert in alerts:
        alert.proposed, alert.proposal = disposition, proposal.pk
        alert.save()


def _dispose(proposal: Proposal, actor: Actor) -> None:
    alerts = list(standing(Alert.objects.filter(pk__in=proposal.payload["alerts"])))
    gone = [str(alert.alert_id) for alert in alerts if not alert.is_live or alert.proposal != proposal.pk]
    if gone:
        raise Unfit(
            _("Something else became of %(alerts)s since: reject this, and propose again what is left.")
            % {"alerts": ", ".join(gone[:5])}
        )
    for alert in alerts:
        alert.state, alert.closed_at, alert.snoozed_until, alert.proposed = "closed", actor.at, None, ""
        alert.disposition, alert.disposition_reason = proposal.payload["disposition"], proposal.reason_code
        alert.save()
    if "remember_until" in proposal.payload:
        remembered.remember(alerts[0], proposal, actor, date.fromisoformat(proposal.payload["remember_until"]))


def _refused(proposal: Proposal, actor: Actor) -> None:
    for alert in standing(Alert.objects.filter(pk__in=proposal.payload["alerts"], proposal=proposal.pk)):
        alert.proposed = ""
        alert.save()


def _reopen(proposal: Proposal, actor: Actor) -> None:
    alert = standing(Alert.objects.filter(pk=proposal.about_id)).get()
    if alert.state != "closed":
        raise Unfit(_("%(alert)s is not closed.") % {"alert": proposal.about_id})
    alert.state, alert.assignee, alert.claimed_at, alert.closed_at, alert.memory = "open", "", None, None, None
    alert.disposition, alert.disposition_reason = "", ""
    alert.due_at = terms(actor.at)(alert.chapter, alert.severity)
    alert.save()


def _alert_at(proposal: Proposal) -> str:
    return reverse("alert", args=[proposal.about_id])


EVERY_REASON: Final = [*(reason for reasons in REASONS.values() for reason in reasons), OTHER]
REASONS_SAID["propose a disposition"] = REASONS_SAID["propose dispositions"] = dict(EVERY_REASON)
takes_two(
    Takes(
        kind="dispose alert",
        title=gettext_lazy("Disposition of an alert"),
        propose="propose a disposition",
        approve="approve a disposition",
        reasons=EVERY_REASON,
        effect=_dispose,
        at=_alert_at,
        refused=_refused,
    )
)
takes_two(
    Takes(
        kind="dispose alerts",
        title=gettext_lazy("Disposition of several alerts"),
        propose="propose a disposition",
        approve="approve a disposition",
        reasons=EVERY_REASON,
        effect=_dispose,
        at=lambda proposal: f"{reverse('alerts')}?state=&proposal={proposal.pk}",
        refused=_refused,
    )
)
takes_two(
    Takes(
        kind="reopen alert",
        title=gettext_lazy("Open an alert again"),
        propose="propose a disposition",
        approve="approve a disposition",
        reasons=REOPENING,
        effect=_reopen,
        at=_alert_at,
    )
)
