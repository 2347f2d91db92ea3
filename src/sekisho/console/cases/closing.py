"""Closing a case, and opening it again: one proposes, another decides; closing disposes of the alerts in it."""

from __future__ import annotations

from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.alerts.models import Alert
from sekisho.console.approvals.four_eyes import Takes, propose, takes_two
from sekisho.console.approvals.models import Proposal
from sekisho.console.cases.models import DISPOSITION_OF, OUTCOMES, Case
from sekisho.console.cases.seen import about, alerts_of, the_case
from sekisho.console.desk.pages import Unfit
from sekisho.console.people.actor import Actor

CLOSING: Final = [
    ("facts_established", gettext_lazy("the facts are established and acted upon")),
    ("reported", gettext_lazy("the report is filed and nothing further is asked")),
    ("explained", gettext_lazy("the conduct has a lawful explanation that was checked")),
    ("not_provable", gettext_lazy("what can be found out does not prove it")),
    ("wrong_data", gettext_lazy("the records were wrong and have been corrected")),
]
REOPENING: Final = [
    ("new_facts", gettext_lazy("new facts have come up")),
    ("authority_asks", gettext_lazy("an authority or the SRO asks")),
    ("closed_wrongly", gettext_lazy("it was closed by mistake")),
]


def propose_closing(actor: Actor, case_id: str, outcome: str, reason_code: str, words: str) -> Proposal:
    """Propose to close a case with an outcome; what becomes of each alert follows from it."""
    case = the_case(actor, case_id, "propose closing a case")
    faults = {}
    if case.state == "closed":
        raise Unfit(_("The case is closed already."))
    if outcome not in dict(OUTCOMES):
        faults["outcome"] = _("choose one of the outcomes")
    if not words.strip():
        faults["words"] = _("say in words why it can be closed")
    if faults:
        raise Unfit(faults)
    alerts = alerts_of(case)
    for chapter in {alert.chapter for alert in alerts}:
        actor.need("propose closing a case", chapter)
    return propose(
        actor,
        "close case",
        ("case", case.case_id),
        reason_code=reason_code,
        reason=words,
        chapter=case.chapter,
        parties=about(case),
        payload={"outcome": outcome, "alerts": [a.alert_id for a in alerts], "disposition": DISPOSITION_OF[outcome]},
    )


def propose_reopening(actor: Actor, case_id: str, reason_code: str, words: str) -> Proposal:
    """Propose to open a closed case again."""
    case = the_case(actor, case_id, "propose closing a case")
    if case.state != "closed":
        raise Unfit(_("The case is not closed."))
    if not words.strip():
        raise Unfit({"words": _("say in words why it is opened again")})
    return propose(
        actor,
        "reopen case",
        ("case", case.case_id),
        reason_code=reason_code,
        reason=words,
        chapter=case.chapter,
        parties=about(case),
    )


def _close(proposal: Proposal, actor: Actor) -> None:
    case = _whole(proposal, actor)
    alerts = alerts_of(case)
    if sorted(alert.alert_id for alert in alerts) != sorted(proposal.payload["alerts"]):
        raise Unfit(_("Alerts have joined or left the case since this was proposed: reject it, and have it proposed anew."))
    outcome = proposal.payload["outcome"]
    case.state, case.outcome, case.closed_at = "closed", outcome, actor.at
    case.save()
    for alert in alerts:
        alert.state, alert.closed_at = "closed", actor.at
        alert.disposition, alert.disposition_reason = DISPOSITION_OF[outcome], f"case {case.case_id}: {proposal.reason_code}"
        alert.save()


def _reopen(proposal: Proposal, actor: Actor) -> None:
    case = _whole(proposal, actor)
    case.state, case.outcome, case.closed_at = "investigating", "", None
    case.save()
    for alert in Alert.objects.filter(joined__case=case):
        # The disposition stays as the last one given until the case closes again: it says what was thought, and the journal when.
        alert.state, alert.closed_at = "in_case", None
        alert.save()


def _whole(proposal: Proposal, actor: Actor) -> Case:
    """The case for somebody who may decide about all that is in it, also about what joined since the proposal."""
    case = the_case(actor, proposal.about_id, "approve closing a case")
    for chapter in {alert.chapter for alert in alerts_of(case)}:
        actor.need("approve closing a case", chapter)
    return case


def _at(proposal: Proposal) -> str:
    return reverse("case", args=[proposal.about_id])


takes_two(
    Takes(
        kind="close case",
        title=gettext_lazy("Close a case"),
        propose="propose closing a case",
        approve="approve closing a case",
        reasons=CLOSING,
        effect=_close,
        at=_at,
    )
)
takes_two(
    Takes(
        kind="reopen case",
        title=gettext_lazy("Open a case again"),
        propose="propose closing a case",
        approve="approve closing a case",
        reasons=REOPENING,
        effect=_reopen,
        at=_at,
    )
)
