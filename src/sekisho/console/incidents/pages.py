"""The pages of incidents: the list, one incident with its clocks, its report, and what leaves it as files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from sekisho.console.alerts.models import SEVERITIES, Alert
from sekisho.console.approvals.four_eyes import KINDS as KINDS_OF_PROPOSALS
from sekisho.console.approvals.models import Proposal
from sekisho.console.approvals.pages import address_of
from sekisho.console.cases.models import Case
from sekisho.console.desk.files import hand_out
from sekisho.console.desk.listing import Column, Filter, Listing
from sekisho.console.desk.pages import Asked, Content, json_of, page
from sekisho.console.desk.panels import Panel, panel, panels_of
from sekisho.console.desk.papers import given_out
from sekisho.console.filings.owed import Source, owes
from sekisho.console.incidents import (
    acts,  # noqa: F401 - declares the acts
    filing,  # noqa: F401 - tells filings of incidents
)
from sekisho.console.incidents.clocks import in_language, running_clocks
from sekisho.console.incidents.found import seen_by, the_incident
from sekisho.console.incidents.log_words import line_said, title_said
from sekisho.console.incidents.models import AUDIENCES, CHECKS, ENTRY_KINDS, FIRM, KINDS, MEASURES, SOURCES, STATES, Clock, Incident
from sekisho.console.incidents.owed import owed
from sekisho.console.incidents.paper import report_paper
from sekisho.console.incidents.picture import Bar, Mark, timeline_svg
from sekisho.console.incidents.sharing import ROLE_TITLES, bundle_of, roles
from sekisho.console.incidents.trail import trail_picture
from sekisho.console.incidents.two_people import (
    CLOSE_REASONS,
    LIFT_REASONS,
    MEASURE_REASONS,
    REOPEN_REASONS,
    WAIVE_REASONS,
    unfinished,
)
from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor
from sekisho.console.people.chapters import chapter_title
from sekisho.console.people.naming import named, names_of
from sekisho.rulebook import load_rulebook


def _show(incident: Incident, request: Asked) -> dict[str, Any]:
    clocks = [clock for clock in incident.clocks.all() if clock.sent_at is None and clock.waived_at is None]
    late = sum(clock.stands(request.actor.at) in ("late", "now") for clock in clocks)
    return {
        "incident": incident.pk,
        "at": reverse("incident", args=[incident.pk]),
        "title": incident.title,
        "kind": incident.get_incident_kind_display(),
        "severity": incident.severity,
        "severity_words": incident.get_severity_display(),
        "state": incident.get_state_display(),
        "known_at": incident.known_at,
        "amount_jpy": incident.amount_jpy,
        "clients": incident.clients,
        "reports": late if incident.state != "closed" else 0,
        "lead": incident.lead_id,
        "lead_words": named(request, incident.lead_id),
    }


INCIDENTS = Listing(
    name="incidents",
    columns=(
        Column(key="incident", title=gettext_lazy("Incident"), kind="code", sort="incident_id", at="at"),
        Column(key="severity", title=gettext_lazy("Severity"), kind="chip", sort="rank"),
        Column(key="kind", title=gettext_lazy("Kind"), sort="incident_kind"),
        Column(key="title", title=gettext_lazy("Title"), at="at"),
        Column(key="state", title=gettext_lazy("State"), sort="state"),
        Column(key="known_at", title=gettext_lazy("Recognised"), kind="time", sort="known_at"),
        Column(key="reports", title=gettext_lazy("Reports due now"), kind="number"),
        Column(key="amount_jpy", title=gettext_lazy("Amount (JPY)"), kind="yen", sort="amount_jpy"),
        Column(key="clients", title=gettext_lazy("Clients affected"), kind="number", sort="clients"),
        Column(key="lead", title=gettext_lazy("Led by"), sort="lead"),
    ),
    rows=lambda request: seen_by(request.actor).prefetch_related("clocks"),
    show=_show,
    sort=("-known_at", "-pk"),
    filters=(
        Filter(name="state", title=gettext_lazy("State"), keeps="state", values=STATES),
        Filter(name="kind", title=gettext_lazy("Kind"), keeps="incident_kind", values=KINDS),
        Filter(name="severity", title=gettext_lazy("Severity"), keeps="severity", values=SEVERITIES),
        Filter(name="lead", title=gettext_lazy("Led by"), keeps="lead_id", kind="text"),
        Filter(name="from", title=gettext_lazy("From"), keeps="known_at__date__gte", kind="day"),
        Filter(name="until", title=gettext_lazy("Until"), keeps="known_at__date__lte", kind="day"),
    ),
    searches=("incident_id__icontains", "title__icontains", "summary__icontains"),
)


@page(
    "incidents/", name="incidents", act="read incidents", template="incidents/list.html", menu=gettext_lazy("Incidents"), order=60
)
def incidents(request: Asked) -> Content | HttpResponseBase:
    """Every incident, the latest first."""
    return INCIDENTS.content(
        request,
        heading=_("Incidents"),
        lead=_("From detection through containment and reports to lessons. The log of an incident is added to and never changed."),
        may_open=request.actor.may("open an incident"),
    )


@page("incidents/open/", name="open incident", act="open an incident", template="incidents/open.html")
def open_form(request: Asked) -> Content:
    """The form for a new incident; ``?alert=`` or ``?case=`` fills in what is known there."""
    given: dict[str, Any] = {}
    alert = Alert.objects.filter(pk=request.GET.get("alert", "")).first()
    case = Case.objects.filter(pk=request.GET.get("case", "")).first()
    if alert is not None and request.actor.may("read alerts", alert.chapter) and request.actor.parties.isdisjoint(alert.parties):
        ja = (get_language() or "").startswith("ja")
        summary = alert.summary_ja if ja else alert.summary_en
        given = {"alert": alert.pk, "source": "alert", "source_ref": alert.pk, "title": summary[:300], "summary": summary,
                 "severity": alert.severity, "chapter": alert.chapter}  # fmt: skip
        given["incident_kind"] = "outflow" if alert.rule.endswith("unauthorised_outflow") else "other"
    elif case is not None and request.actor.may("read cases", case.chapter) and request.actor.parties.isdisjoint(case.parties):
        given = {"case": case.pk, "source": "case", "source_ref": case.pk, "title": case.title, "summary": case.title,
                 "severity": case.severity, "chapter": case.chapter}  # fmt: skip
    chapters = sorted({rule.chapter for rule in load_rulebook().rules.values()})
    return {
        "section": "incidents",
        "given": given,
        "kinds": KINDS,
        "severities": SEVERITIES,
        "sources": SOURCES,
        "chapters": [(each, chapter_title(each)) for each in (FIRM, *chapters)],
        "now": timezone.localtime(request.actor.at).strftime("%Y-%m-%dT%H:%M"),
    }


@page("incidents/<str:pk>/", name="incident", act="read incidents", template="incidents/incident.html")
def incident(request: Asked, pk: str) -> Content:
    """One incident: its clocks first, then what happened, what was done and told, and what may be done now."""
    found = the_incident(request.actor, pk, "read incidents")
    actor, at = request.actor, request.actor.at
    people = names_of(request)
    entries, proposals = _entries(found, people), _proposals(found, request.actor)
    clocks = [_clock(clock, request) for clock in found.clocks.order_by("pk")]
    lang = "ja" if (get_language() or "").startswith("ja") else "en"
    may_work = actor.may("work on incidents", found.chapter) and found.state != "closed"
    return {
        "section": "incidents",
        "incident": _facts(found),
        "loud": [each for each in clocks if each["stands"] in ("late", "now")] if found.state != "closed" else [],
        "next": [each for each in clocks if each["stands"] == "running"] if found.state != "closed" else [],
        "clocks": clocks,
        "entries": entries,
        "told": [each for each in entries if each["audience"]],
        "picture": _picture(found, clocks, entries, at),
        "trail": trail_picture(found.details, lang),
        "logs": _logs(found, lang),
        "measures": _measures(found, {each["about"] for each in proposals if each["kind"] == "containment measure"}),
        "checks": list(found.checks.order_by("pk").values("pk", "code", "words", "passed", "done_at", "done_by", "result")),
        "check_names": {code: str(name) for code, name in CHECKS},
        "lessons": _lessons(found, at),
        "indicators": list(found.indicators.order_by("pk").values("indicator_kind", "value", "asset", "role", "by", "added_at")),
        "files": list(found.files.order_by("pk").values("pk", "name", "sha256", "size", "words", "by", "added_at")),
        "proposals": proposals,
        "unfinished": unfinished(found) if found.state != "closed" else [],
        "may": {
            "work": may_work,
            "measure": actor.may("propose a containment measure", found.chapter) and found.state != "closed",
            "waive": actor.may("propose not to report", found.chapter) and found.state != "closed",
            "close": actor.may("propose closing an incident", found.chapter),
            "share": actor.may("share indicators", found.chapter),
        },
        "choices": _choices(people),
        "panels": panels_of(request, "incident", found.pk),
        "now": timezone.localtime(at).strftime("%Y-%m-%dT%H:%M"),
    }


_SHOWN = (
    "title",
    "incident_kind",
    "severity",
    "state",
    "chapter",
    "source",
    "source_ref",
    "detected_at",
    "known_at",
    "known_by",
    "began_at",
    "summary",
    "systems",
    "assets",
    "amount_jpy",
    "clients",
    "clients_words",
    "short",
    "lead_id",
    "cause",
    "opened_at",
    "opened_by",
    "contained_at",
    "recovered_at",
    "cause_found_at",
    "closed_at",
    "no_lesson",
    "case_id",
    "alert_id",
    "parties",
)


def _facts(found: Incident) -> dict[str, Any]:
    return {
        "id": found.pk,
        **{name: getattr(found, name) for name in _SHOWN},
        "kind_words": found.get_incident_kind_display(),
        "severity_words": found.get_severity_display(),
        "state_words": found.get_state_display(),
        "source_words": found.get_source_display(),
        "sha256": found.details.get("sha256"),
    }


def _entries(found: Incident, people: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "kind": each.entry_kind,
            "kind_words": each.get_entry_kind_display(),
            "happened_at": each.happened_at,
            "written_at": each.written_at,
            "later": _span(each.written_at - each.happened_at),
            "by": each.by,
            "words": each.words,
            "said": line_said(each.words, people),
            "audience": each.audience and each.get_audience_display(),
            "channel": each.channel,
            "decided_by": each.decided_by,
        }
        for number, each in enumerate(found.entries.order_by("happened_at", "pk"), 1)
    ]


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 2:
        return ""
    if minutes < 120:
        return _("{n} min later").format(n=minutes)
    return _("{n} h later").format(n=minutes // 60) if minutes < 2880 else _("{n} d later").format(n=minutes // 1440)


def _clock(clock: Clock, request: Asked) -> dict[str, Any]:
    at = request.actor.at
    since = at - clock.starts_at if clock.starts_at else timedelta(0)
    hours, minutes = int(since.total_seconds() // 3600), int(since.total_seconds() % 3600 // 60)
    return {
        "id": clock.pk,
        "code": clock.code,
        "name": in_language(clock, "name"),
        "to": clock.get_audience_display(),
        "urgency": clock.urgency,
        "urgency_words": _URGENCIES.get(clock.urgency, ""),
        "starts_at": clock.starts_at,
        "due_at": clock.due_at,
        "stands": clock.stands(at),
        "stands_words": _STANDS[clock.stands(at)],
        "running_for": _("{h} h {m} min").format(h=hours, m=minutes) if hours < 72 else _("{n} d").format(n=hours // 24),
        "source": clock.source,
        "quote": clock.quote,
        "confidence": clock.confidence,
        "note": in_language(clock, "note"),
        "sent_at": clock.sent_at,
        "sent_by": clock.sent_by,
        "sent_words": clock.sent_words,
        "reference": clock.reference,
        "waived_at": clock.waived_at,
        "waived_words": clock.waived_words,
    }


_URGENCIES: dict[str, Any] = {
    "at_once": gettext_lazy("at once"),
    "promptly": gettext_lazy("promptly"),
    "none": gettext_lazy("no term named"),
    "recovery": gettext_lazy("at recovery"),
    "cause": gettext_lazy("when the cause is found"),
}
_STANDS: dict[str, Any] = {
    "sent": gettext_lazy("sent"),
    "waived": gettext_lazy("not reported"),
    "waiting": gettext_lazy("waits"),
    "late": gettext_lazy("late"),
    "now": gettext_lazy("due now"),
    "running": gettext_lazy("running"),
}


def _picture(found: Incident, clocks: list[dict[str, Any]], entries: list[dict[str, Any]], at: Any) -> str:
    moments = (
        (found.began_at, _("began"), "began"),
        (found.detected_at, _("detected"), "detected"),
        (found.known_at, _("recognised"), "known"),
        (found.contained_at, _("contained"), "contained"),
        (found.recovered_at, _("recovered"), "recovered"),
        (found.closed_at, _("closed"), "closed"),
    )
    phases = [Mark(at=moment, words=words, css=css) for moment, words, css in moments if moment is not None]
    marks = [Mark(at=each["happened_at"], words=f"{each['number']}. {each['said'][:120]}", css=each["kind"]) for each in entries]
    bars = [
        Bar(
            words=each["name"],
            starts=each["starts_at"],
            due=each["due_at"],
            sent=each["sent_at"] or each["waived_at"],
            css=each["stands"],
        )
        for each in clocks
    ]
    return timeline_svg(phases, marks, bars, found.closed_at or at)


def _logs(found: Incident, lang: str) -> dict[str, Any]:
    details = found.details
    if not details:
        return {}
    return {
        "sha256": details.get("sha256"),
        "regime": details.get("regime"),
        "open_items": [each[lang] for each in details.get("open_items", ())],
        "statements": [
            {"title": each["title"][lang], "lines": [line[lang] for line in each["lines"]]}
            for each in details.get("statements", ())
            if each["lines"]
        ],
        "route": details.get("route"),
        "under_same_keys": details.get("under_same_keys", []),
    }


def _measures(found: Incident, proposed: set[str]) -> list[dict[str, Any]]:
    return [
        {
            "id": each.pk,
            "name": each.get_code_display(),
            "words": each.words,
            "two_people": each.two_people,
            "stands": each.stands,
            "stands_words": _MEASURE_STANDS[each.stands],
            "planned_by": each.planned_by,
            "planned_at": each.planned_at,
            "approved_by": each.approved_by,
            "approved_at": each.approved_at,
            "done_by": each.done_by,
            "done_at": each.done_at,
            "lifted_at": each.lifted_at,
            "proposed": str(each.pk) in proposed,
        }
        for each in found.measures.order_by("pk")
    ]


_MEASURE_STANDS: dict[str, Any] = {
    "planned": gettext_lazy("planned"),
    "waiting": gettext_lazy("waits for a second person"),
    "approved": gettext_lazy("approved, not carried out"),
    "done": gettext_lazy("carried out"),
    "lifted": gettext_lazy("lifted"),
    "dropped": gettext_lazy("not carried out"),
}


def _lessons(found: Incident, at: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": each.pk,
            "kind": each.lesson_kind,
            "kind_words": each.get_lesson_kind_display(),
            "words": each.words,
            "owner": each.owner_id,
            "due_on": each.due_on,
            "done_at": each.done_at,
            "done_words": each.done_words,
            "item": each.item,
            "open": each.done_at is None and not each.item,
        }
        for each in found.lessons.order_by("pk")
    ]


def _proposals(found: Incident, actor: Actor) -> list[dict[str, Any]]:
    """What of this incident waits for a second person."""
    measures = [str(pk) for pk in found.measures.values_list("pk", flat=True)]
    clocks = [str(pk) for pk in found.clocks.values_list("pk", flat=True)]
    about = {"incident": [found.pk], "measure": measures, "clock": clocks}
    rows = Proposal.objects.filter(state="open", about_kind__in=list(about))
    return [
        {
            "id": each.pk,
            "kind": each.proposal_kind,
            "title": KINDS_OF_PROPOSALS[each.proposal_kind].title,
            "what": title_said(each.payload.get("measure") or each.payload.get("report") or ""),
            "about": each.about_id,
            "by": each.proposed_by,
            "at": address_of(each, actor),
            "proposed_at": each.proposed_at,
        }
        for each in rows.order_by("pk")
        if each.about_id in about[each.about_kind]
    ]


def _choices(people: Mapping[str, str]) -> dict[str, Any]:
    return {
        "entry_kinds": ENTRY_KINDS,
        "audiences": AUDIENCES,
        "measures": MEASURES,
        "checks": CHECKS,
        "severities": SEVERITIES,
        "measure_reasons": MEASURE_REASONS,
        "lift_reasons": LIFT_REASONS,
        "waive_reasons": WAIVE_REASONS,
        "close_reasons": CLOSE_REASONS,
        "reopen_reasons": REOPEN_REASONS,
        "roles": [(each, ROLE_TITLES.get(each, each)) for each in roles()],
        "people": [(code, f"{name} ({code})") for code, name in sorted(people.items())],
    }


@page("incidents/<str:pk>/report/", name="incident report", act="read incidents", template="incidents/report.html")
def incident_report(request: Asked, pk: str) -> Content | HttpResponseBase:
    """The post-incident report with the log, to read or (``?as=pdf|docx``) to take."""
    found = the_incident(request.actor, pk, "read incidents")
    paper = report_paper(found, request.actor)
    wanted = request.GET.get("as", "")
    if wanted:
        answer = given_out(paper, wanted)
        with acting(request.actor.author, "take an incident report") as act:
            act.note("incident", found.pk, "report taken", None, wanted)
        return answer
    parts = [
        {"heading": part.heading, "level": part.level, "sentences": part.sentences, "titles": part.titles, "lines": part.lines}
        for part in paper.parts
    ]
    return {"section": "incidents", "id": found.pk, "title": paper.title, "lead": paper.lead, "parts": parts}


@page("incidents/<str:pk>/stix/", name="incident stix", act="share indicators", template="incidents/report.html")
def incident_stix(request: Asked, pk: str) -> HttpResponseBase:
    """The indicators as a STIX 2.1 bundle with the marking of ``?marking=`` (clear or green), without anybody named."""
    found = the_incident(request.actor, pk, "share indicators")
    marking = request.GET.get("marking", "green")
    bundle = bundle_of(found, marking, request.GET.get("description", ""), request.actor.at)
    with acting(request.actor.author, "share indicators") as act:
        act.note("incident", found.pk, "indicators taken", None, {"marking": marking, "bundle": bundle["id"]})
    answer: Any = json_of(bundle)
    answer["Content-Type"] = "application/stix+json;version=2.1"
    answer["Content-Disposition"] = f'attachment; filename="{found.pk}.stix.json"'
    return answer  # type: ignore[no-any-return]


@page("incidents/<str:pk>/files/<int:number>/", name="incident file", act="read incidents", template="incidents/report.html")
def incident_file(request: Asked, pk: str, number: int) -> HttpResponseBase:
    """A file of the incident."""
    found = the_incident(request.actor, pk, "read incidents")
    row = found.files.filter(pk=number).first()
    if row is None:
        raise Http404
    return hand_out(request, row.name, row.sha256)


def _on_object(field: str) -> Any:
    def content(request: Asked, object_id: str) -> Content | None:
        rows = seen_by(request.actor).filter(**{field: object_id}).order_by("-known_at")
        may_open = request.actor.may("open an incident")
        if not rows and not may_open:
            return None
        return {
            "rows": [_show(row, request) for row in rows.prefetch_related("clocks")],
            "open_at": f"{reverse('open incident')}?{field.removesuffix('_id')}={object_id}" if may_open else None,
        }

    return content


def _today(request: Asked, _object_id: str) -> Content | None:
    open_rows = seen_by(request.actor).exclude(state="closed").order_by("-rank", "-known_at").prefetch_related("clocks")
    clocks = [each for each in running_clocks(request.actor, request.actor.at) if each.stands in ("late", "now", "running")]
    rows = [_show(row, request) for row in open_rows[:8]]
    return {
        "rows": rows,
        "open": open_rows.count(),
        "clocks": [
            {
                "name": each.name,
                "incident": each.incident_id,
                "at": reverse("incident", args=[each.incident_id]),
                "due_at": each.due_at,
                "stands": each.stands,
                "stands_words": _STANDS[each.stands],
            }
            for each in clocks[:8]
        ],
        "figures": [
            {"label": _("Open incidents"), "value": open_rows.count()},
            {"label": _("Reports due now or late"), "value": sum(each.stands in ("late", "now") for each in clocks)},
        ],
    }


for _on, _field in (("case", "case_id"), ("alert", "alert_id")):
    panel(
        Panel(
            on=(_on,),
            name="incidents",
            title=gettext_lazy("Incidents"),
            template="incidents/on_object.html",
            act="read incidents",
            content=_on_object(_field),
            order=80,
        )
    )
panel(
    Panel(
        on=("overview", "board"),
        name="incidents",
        title=gettext_lazy("Incidents"),
        template="incidents/today.html",
        act="read incidents",
        content=_today,
        order=20,
    )
)
owes(Source(name="incidents", gives=owed, of=(Clock,)))
