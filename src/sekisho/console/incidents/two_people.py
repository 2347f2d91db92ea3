"""What takes two people: measures that stop clients' business, lifting them, not reporting, closing, opening again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.approvals.four_eyes import Takes, takes_two
from sekisho.console.approvals.models import Proposal
from sekisho.console.desk.pages import Unfit
from sekisho.console.incidents.models import Clock, Entry, Incident, Measure
from sekisho.console.people.actor import Actor

MEASURE_REASONS = [
    ("stop_harm", gettext_lazy("to stop the harm")),
    ("protect_clients", gettext_lazy("to protect clients")),
    ("keep_evidence", gettext_lazy("to keep evidence")),
    ("authority_asks", gettext_lazy("an authority asks for it")),
]
LIFT_REASONS = [
    ("cause_removed", gettext_lazy("the cause is removed")),
    ("tested", gettext_lazy("tested and safe")),
    ("replaced", gettext_lazy("another measure takes its place")),
    ("mistake", gettext_lazy("was a mistake")),
]
WAIVE_REASONS = [
    ("not_concerned", gettext_lazy("the text does not concern this incident")),
    ("no_duty", gettext_lazy("no duty was found")),
    ("reported_otherwise", gettext_lazy("reported together with another report")),
]
CLOSE_REASONS = [
    ("finished", gettext_lazy("everything is done and reported")),
    ("no_incident", gettext_lazy("it was no incident")),
    ("merged", gettext_lazy("goes on in another incident")),
]
REOPEN_REASONS = [("new_facts", gettext_lazy("new facts")), ("not_recovered", gettext_lazy("not recovered after all"))]


def log(incident: Incident, actor: Actor, entry_kind: str, words: str, audience: str = "") -> None:
    """Write a line into the log, about now."""
    Entry(
        incident=incident,
        entry_kind=entry_kind,
        happened_at=actor.at,
        written_at=actor.at,
        by=actor.person.person_id,
        words=words,
        audience=audience,
    ).save()


def unfinished(incident: Incident) -> list[str]:
    """What still has to be done before it closes, in words."""
    missing = []
    if incident.contained_at is None:
        missing.append(_("it is not contained"))
    if incident.recovered_at is None:
        missing.append(_("it is not recovered"))
    open_clocks = [clock for clock in incident.clocks.all() if clock.sent_at is None and clock.waived_at is None]
    if open_clocks:
        missing.append(_("{n} reports are neither sent nor decided to be unnecessary").format(n=len(open_clocks)))
    standing = [each for each in incident.measures.filter(two_people=True).exclude(done_at=None) if each.lifted_at is None]
    if standing:
        missing.append(_("{n} measures that stop clients' business still stand").format(n=len(standing)))
    if not incident.lessons.exists() and not incident.no_lesson:
        missing.append(_("no lesson is written down, nor why there is none"))
    return missing


def _incident_at(find: Callable[[str], str]) -> Callable[[Proposal], str]:
    return lambda proposal: reverse("incident", args=[find(proposal.about_id)])


def _of_measure(pk: str) -> str:
    return str(Measure.objects.values_list("incident_id", flat=True).get(pk=pk))


def _of_clock(pk: str) -> str:
    return str(Clock.objects.values_list("incident_id", flat=True).get(pk=pk))


def _approve_measure(proposal: Proposal, actor: Actor) -> None:
    measure = Measure.objects.select_related("incident").get(pk=proposal.about_id)
    measure.approved_at, measure.approved_by = actor.at, actor.person.person_id
    measure.save()
    words = _("Approved: {what}. Proposed by {who}.").format(what=measure.get_code_display(), who=proposal.proposed_by)
    log(measure.incident, actor, "decision", words)


def _lift_measure(proposal: Proposal, actor: Actor) -> None:
    measure = Measure.objects.select_related("incident").get(pk=proposal.about_id)
    measure.lifted_at = actor.at
    measure.save()
    words = _("Lifted: {what}. Proposed by {who}.").format(what=measure.get_code_display(), who=proposal.proposed_by)
    log(measure.incident, actor, "decision", words)


def _waive(proposal: Proposal, actor: Actor) -> None:
    clock = Clock.objects.select_related("incident").get(pk=proposal.about_id)
    if clock.sent_at is not None:
        raise Unfit(_("It was sent meanwhile."))
    reason = str(dict(WAIVE_REASONS)[proposal.reason_code])
    clock.waived_at, clock.waived_words = actor.at, f"{reason}. {proposal.reason}".strip()
    clock.save()
    log(clock.incident, actor, "decision", _("Not reported: {what} ({why}).").format(what=clock.name_en, why=reason))


def _close(proposal: Proposal, actor: Actor) -> None:
    incident = Incident.objects.get(pk=proposal.about_id)
    missing = unfinished(incident) if proposal.reason_code == "finished" else []
    if missing:
        raise Unfit("; ".join(missing))
    incident.state, incident.closed_at = "closed", actor.at
    incident.save()
    log(incident, actor, "decision", _("Closed. Proposed by {who}.").format(who=proposal.proposed_by))


def _reopen(proposal: Proposal, actor: Actor) -> None:
    incident = Incident.objects.get(pk=proposal.about_id)
    incident.closed_at = None
    incident.state = "containing" if proposal.reason_code == "not_recovered" or not incident.recovered_at else "recovered"
    if incident.state == "containing":
        incident.contained_at = incident.recovered_at = None
    incident.save()
    log(incident, actor, "decision", _("Opened again. Proposed by {who}.").format(who=proposal.proposed_by))


def _refuse_measure(proposal: Proposal, actor: Actor) -> None:
    measure = Measure.objects.select_related("incident").get(pk=proposal.about_id)
    words = _("Not approved: {what}.").format(what=measure.get_code_display())
    log(measure.incident, actor, "decision", f"{words} {proposal.decided_words}".strip())


_KINDS: Sequence[Takes] = (
    Takes(
        kind="containment measure",
        title=gettext_lazy("Measure in an incident"),
        propose="propose a containment measure",
        approve="approve a containment measure",
        reasons=MEASURE_REASONS,
        effect=_approve_measure,
        refused=_refuse_measure,
        at=_incident_at(_of_measure),
    ),
    Takes(
        kind="lift measure",
        title=gettext_lazy("Lift a measure"),
        propose="propose a containment measure",
        approve="approve a containment measure",
        reasons=LIFT_REASONS,
        effect=_lift_measure,
        at=_incident_at(_of_measure),
    ),
    Takes(
        kind="not report",
        title=gettext_lazy("Not send a report"),
        propose="propose not to report",
        approve="approve not to report",
        reasons=WAIVE_REASONS,
        effect=_waive,
        at=_incident_at(_of_clock),
    ),
    Takes(
        kind="close incident",
        title=gettext_lazy("Close an incident"),
        propose="propose closing an incident",
        approve="approve closing an incident",
        reasons=CLOSE_REASONS,
        effect=_close,
        at=_incident_at(str),
    ),
    Takes(
        kind="reopen incident",
        title=gettext_lazy("Open an incident again"),
        propose="propose closing an incident",
        approve="approve closing an incident",
        reasons=REOPEN_REASONS,
        effect=_reopen,
        at=_incident_at(str),
    ),
)
for _takes in _KINDS:
    takes_two(_takes)
