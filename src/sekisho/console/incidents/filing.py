"""Incidents and filings: what an incident tells a filing about it, and which of its clocks stops once that is filed."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, Final

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from sekisho.console.desk.pages import Unfit
from sekisho.console.filings.life import INCIDENTS, WHEN_FILED, Told, content_of
from sekisho.console.filings.models import Filing
from sekisho.console.incidents.found import the_incident
from sekisho.console.incidents.models import AUDIENCES, Incident
from sekisho.console.incidents.sending import write_sent
from sekisho.console.people.actor import Actor

_STAGES: Final = {"first": "fault_report", "status": "status_report", "recovery": "recovery_report", "cause": "cause_report"}
"""Which clock a report of an incident stops, by the stage it names."""


def told(actor: Actor, incident_id: str) -> Told:
    """What is known of an incident the actor may read. Raises ``Unfit`` where there is none, ``Denied`` where it is not his."""
    try:
        incident = the_incident(actor, incident_id, "read incidents")
    except Http404:
        raise Unfit({"incident": _("there is no such incident")}) from None
    case = incident.case
    his = case is not None and actor.may("read cases", case.chapter) and actor.parties.isdisjoint(case.parties)
    return Told(facts=_facts(incident), parties=incident.parties, case=case if his else None)


def _facts(incident: Incident) -> dict[str, Any]:
    """Items by the names they have in reports of incidents and in the notice of misconduct; what is not known is left out.

    A person checks each of them before the filing goes to review.
    """
    measures = incident.measures.exclude(done_at=None).order_by("done_at", "pk")
    log = incident.entries.filter(entry_kind__in=("fact", "detection")).order_by("happened_at", "pk")
    known = {
        "known_at": _moment(incident.known_at),
        "known_on": _moment(incident.known_at)[:10],
        "began_at": _moment(incident.began_at),
        "from_on": _moment(incident.began_at)[:10],
        "state": "recovered" if incident.recovered_at else "partly" if incident.contained_at else "continues",
        "recovered_at": _moment(incident.recovered_at),
        "systems": "\n".join(incident.systems),
        "facts": _lines([incident.summary, *(f"{_moment(each.happened_at)} {each.words}" for each in log)]),
        "outline": incident.summary,
        "clients": _lines([_counted(incident.clients), incident.clients_words]),
        "outflow_jpy": "" if incident.amount_jpy is None else f"{incident.amount_jpy.normalize():f}",
        "measures": _lines([f"{_moment(each.done_at)} {each.get_code_display()} {each.words}".strip() for each in measures]),
        "cause": incident.cause,
        "prevention": _lines(list(incident.lessons.order_by("pk").values_list("words", flat=True))),
        "told_clients": _said_to(incident, ("clients", "public")),
        "told_others": _said_to(incident, ("police", "authority", "sro", "sharing")),
        "police": _said_to(incident, ("police",)),
    }
    return {name: value for name, value in known.items() if value}


def _said_to(incident: Incident, audiences: tuple[str, ...]) -> str:
    rows = incident.entries.filter(audience__in=audiences).order_by("happened_at", "pk")
    return _lines([f"{_moment(each.happened_at)} {dict(AUDIENCES)[each.audience]}: {each.words}" for each in rows])


def _counted(clients: int | None) -> str:
    return "" if clients is None else f"{clients:,}"


def _lines(words: list[str]) -> str:
    return "\n".join(each for each in words if each)


def _moment(at: Any) -> str:
    return "" if at is None else timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def _when_filed(filing: Filing, actor: Actor) -> None:
    """Stop the clock the filing answers, at the end of the day it was filed; what was settled otherwise stays as it was."""
    incident = Incident.objects.filter(pk=filing.incident_id).exclude(state="closed").first() if filing.incident_id else None
    if incident is None or filing.filed_on is None:
        return
    stage = content_of(filing).get("stage")
    code = "misconduct_notice" if filing.filing_kind == "misconduct" else _STAGES.get(str(stage), "")
    clock = incident.clocks.filter(code=code, sent_at=None, waived_at=None, starts_at__isnull=False).first()
    if clock is not None:
        end = datetime.combine(filing.filed_on, time(23, 59, 59), timezone.get_default_timezone())
        said = _("Filed: {filing}.").format(filing=filing.pk)
        write_sent(clock, actor, min(end, actor.at), said, filing.receipt_number, filing.get_channel_display())


INCIDENTS.append(told)
WHEN_FILED.append(_when_filed)
