"""The list of cases and the pages of one case. What may be done on them is in ``acts``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from sekisho.console.alerts.models import SEVERITIES, Alert, key_of
from sekisho.console.alerts.rules import said_of, title
from sekisho.console.approvals.four_eyes import may_decide
from sekisho.console.approvals.models import Proposal
from sekisho.console.approvals.pages import address_of
from sekisho.console.cases import acts, ticked  # noqa: F401 - they declare what may be done
from sekisho.console.cases.books import asked, books
from sekisho.console.cases.bundle import journal_of
from sekisho.console.cases.closing import CLOSING, REOPENING
from sekisho.console.cases.findings import finding_of, penalty_of, replay_of
from sekisho.console.cases.graphs import flow, ring
from sekisho.console.cases.happened import acts_and_alerts, records
from sekisho.console.cases.law import law_of
from sekisho.console.cases.models import (
    EVIDENCE_KINDS,
    OUTCOMES,
    STATES,
    Aside,
    Bundle,
    Case,
    CaseLink,
    CaseParty,
    Evidence,
    Handled,
    Note,
)
from sekisho.console.cases.seen import about, alerts_of, cases_of, ids_of, seen_of, the_case
from sekisho.console.cases.summary import summary
from sekisho.console.cases.work import chapters_known, workers
from sekisho.console.desk.listing import Column, Filter, Listing
from sekisho.console.desk.pages import Asked, Content, page
from sekisho.console.desk.panels import Panel, panel, panels_of
from sekisho.console.people.actor import Actor
from sekisho.console.people.chapters import chapter_title
from sekisho.console.people.naming import named, names_of
from sekisho.rulebook import load_rulebook

OTHERS_MAX: Final = 20
TABS: Final = (
    ("case", gettext_lazy("Case")),
    ("case records", pgettext_lazy("cases", "Records")),
    ("case replay", gettext_lazy("Book replay")),
    ("case graphs", gettext_lazy("Graphs")),
    ("case law", gettext_lazy("Law")),
    ("case penalty", gettext_lazy("Penalty")),
    ("case narrative", gettext_lazy("Narrative")),
    ("case evidence", gettext_lazy("Evidence")),
    ("case journal", gettext_lazy("Journal")),
)


def _mine(request: Asked) -> QuerySet[Any]:
    return cases_of(request.actor)


def _waiting(rows: QuerySet[Any], value: str, request: Asked) -> QuerySet[Any]:
    waiting = Proposal.objects.filter(about_kind="case", state="open").values("about_id")
    return rows.filter(pk__in=waiting) if value == "yes" else rows.exclude(pk__in=waiting)


def _of_whom(rows: QuerySet[Any], value: str, request: Asked) -> QuerySet[Any]:
    if value == "me":
        return rows.filter(assignee=request.actor.person.person_id)
    return rows.filter(assignee="") if value == "nobody" else rows.filter(assignee=value)


def _of_party(rows: QuerySet[Any], value: str, request: Asked) -> QuerySet[Any]:
    return rows.filter(pk__in=CaseParty.objects.filter(party_id=value.strip()).values("case_id"))


def _show(case: Case, request: Asked) -> dict[str, Any]:
    return {
        "case": case.case_id,
        "at": reverse("case", args=[case.case_id]),
        "title": case.title,
        "title_words": case.said,
        "chapter": case.chapter,
        "severity": case.severity,
        "severity_words": case.get_severity_display(),
        "state": case.state,
        "state_words": case.get_state_display(),
        "assignee": case.assignee or None,
        "assignee_words": named(request, case.assignee) or None,
        "opened_at": case.opened_at,
        "due_at": case.due_at if case.state != "closed" else None,
        "outcome": case.get_outcome_display() or None,
    }


CASES: Final = Listing(
    name="cases",
    columns=(
        Column(key="case", title=gettext_lazy("Case"), kind="code", sort="case_id", at="at"),
        Column(key="title", title=gettext_lazy("Title"), at="at"),
        Column(key="severity", title=gettext_lazy("Severity"), kind="chip", sort="rank"),
        Column(key="state", title=gettext_lazy("State"), kind="chip", sort="state"),
        Column(key="chapter", title=gettext_lazy("Chapter"), kind="chapter"),
        Column(key="assignee", title=gettext_lazy("Assigned to"), sort="assignee"),
        Column(key="due_at", title=gettext_lazy("Due"), kind="due", sort="due_at"),
        Column(key="opened_at", title=gettext_lazy("Opened"), kind="time", sort="opened_at"),
        Column(key="outcome", title=gettext_lazy("Outcome")),
    ),
    rows=_mine,
    show=_show,
    sort=("-opened_at", "-case_id"),
    filters=(
        Filter(name="state", title=gettext_lazy("State"), keeps="state", values=STATES),
        Filter(name="severity", title=gettext_lazy("Severity"), keeps="severity", values=SEVERITIES),
        Filter(
            name="chapter",
            title=gettext_lazy("Chapter"),
            keeps="chapter",
            values=lambda request: [(each, chapter_title(each)) for each in chapters_known()],
        ),
        Filter(
            name="whose",
            title=gettext_lazy("Assigned to"),
            keeps=_of_whom,
            values=[("me", gettext_lazy("me")), ("nobody", gettext_lazy("nobody"))],
        ),
        Filter(
            name="waits",
            title=gettext_lazy("Waits for a second person"),
            keeps=_waiting,
            values=[("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))],
        ),
        Filter(name="outcome", title=gettext_lazy("Outcome"), keeps="outcome", values=OUTCOMES),
        Filter(name="party", title=gettext_lazy("Party or account"), keeps=_of_party, kind="text"),
        Filter(name="since", title=gettext_lazy("Opened since"), keeps="opened_at__date__gte", kind="day"),
        Filter(name="until", title=gettext_lazy("Opened until"), keeps="opened_at__date__lte", kind="day"),
    ),
    searches=("case_id__istartswith", "title__icontains"),
)
VIEWS: Final = (
    (gettext_lazy("Open, the next due first"), "state=open&state=investigating&state=reported&sort=due_at"),
    (gettext_lazy("Mine"), "whose=me&state=open&state=investigating&state=reported&sort=due_at"),
    (gettext_lazy("Nobody's"), "whose=nobody&state=open&state=investigating&sort=due_at"),
    (gettext_lazy("Waiting for a second person"), "waits=yes"),
    (gettext_lazy("Closed"), "state=closed"),
)


@page("cases/", name="cases", act="read cases", template="cases/list.html", menu=gettext_lazy("Cases"), order=50)
def cases(request: Asked) -> Content | HttpResponseBase:
    """All cases this person may see."""
    return CASES.content(
        request,
        heading=_("Cases"),
        views=[{"title": str(title), "query": query} for title, query in VIEWS],
        may_open=request.actor.may("open a case"),
    )


@page("cases/new/", name="new case", act="open a case", template="cases/new.html")
def new_case(request: Asked) -> Content:
    """The forms that open a case: from alerts, or by hand."""
    allowed = request.actor.chapters("open a case")
    return {
        "section": "cases",
        "alerts": request.GET.getlist("alert"),
        "chapters": [each for each in chapters_known() if allowed is None or each in allowed],
        "severities": _choices(SEVERITIES),
    }


@page("cases/<str:case_id>/", name="case", act="read cases", template="cases/case.html")
def case(request: Asked, case_id: str) -> Content:
    """A case in three columns: what fired, who, what happened."""
    content, found, alerts = _frame(request, "case", case_id)
    named = about(found)
    return content | {
        "alerts": [_fired(alert) for alert in alerts],
        "withheld": content["alerts_in_all"] - len(alerts),
        "who": _who(request.actor, found, alerts, named),
        "events": acts_and_alerts(found, alerts, request.actor, names_of(request)),
        "books": books() is not None,
        "linked": _linked(request.actor, found),
        "notes": list(Note.objects.filter(case=found).order_by("-pk")[:50]),
        "narrative": {"en": found.narrative_en, "ja": found.narrative_ja},
        "pieces": Evidence.objects.filter(case=found).count(),
        "workers": workers(found, request.actor.at) if content["may_work"] else [],
        "states": [each for each in _choices(STATES) if each["value"] not in ("closed", found.state)],
        "outcomes": _choices(OUTCOMES),
        "closing": _choices(CLOSING),
        "reopening": _choices(REOPENING),
        "panels": panels_of(request, "case", found.case_id),
    }


@page("cases/<str:case_id>/records/", name="case records", act="read cases", template="cases/records.html")
def case_records(request: Asked, case_id: str) -> Content:
    """The records the alerts name, as they stand in the books, in order of time."""
    content, _case, alerts = _frame(request, "case records", case_id)
    wanted = request.GET.get("alert", "")
    kept = [alert for alert in alerts if wanted in ("", alert.alert_id)]
    return content | {
        "alert": wanted,
        "choices": [alert.alert_id for alert in alerts],
        "records": records(kept, _number(request.GET.get("page", "1"))),
    }


@page("cases/<str:case_id>/replay/", name="case replay", act="read cases", template="cases/replay.html")
def case_replay(request: Asked, case_id: str) -> Content:
    """The order book around an alert, event by event."""
    content, _case, alerts = _frame(request, "case replay", case_id)
    playable = [alert for alert in alerts if alert.instrument]
    wanted = request.GET.get("alert", "")
    chosen = next((alert for alert in playable if alert.alert_id == wanted), playable[0] if playable else None)
    told = replay_of(finding_of(chosen)) if chosen is not None else None
    return content | {
        "choices": [{"value": a.alert_id, "title": f"{title(a.rule)} {a.instrument} {a.alert_id}"} for a in playable],
        "alert": chosen.alert_id if chosen is not None else "",
        "books": books() is not None,
        "told": None if told is None else {**told, "hours": 9},
    }


@page("cases/<str:case_id>/graphs/", name="case graphs", act="read cases", template="cases/graphs.html")
def case_graphs(request: Asked, case_id: str) -> Content:
    """Who traded with whom, and where coins went."""
    content, found, alerts = _frame(request, "case graphs", case_id)
    return content | {
        "books": books() is not None,
        "moves": settings.ECHARTS is not None,
        "rings": ring(alerts),
        "flow": flow(alerts, sorted(about(found))),
    }


@page("cases/<str:case_id>/law/", name="case law", act="read cases", template="cases/law.html")
def case_law(request: Asked, case_id: str) -> Content:
    """The rules of the alerts as they held on the day, with the values in force."""
    content, _case, alerts = _frame(request, "case law", case_id)
    return content | {"rules": law_of(alerts)}


@page("cases/<str:case_id>/penalty/", name="case penalty", act="read cases", template="cases/penalty.html")
def case_penalty(request: Asked, case_id: str) -> Content:
    """What the formulae on securities would come to, by analogy, with the working."""
    content, _case, alerts = _frame(request, "case penalty", case_id)
    market = [alert for alert in alerts if alert.chapter == "unfair_trading"]
    wanted = request.GET.get("alert", "")
    chosen = [alert for alert in market if alert.alert_id == wanted] or market[:1]
    return content | {
        "choices": [{"value": a.alert_id, "title": f"{title(a.rule)} {a.alert_id}"} for a in market],
        "alert": chosen[0].alert_id if chosen else "",
        "books": books() is not None,
        "penalty": penalty_of(chosen[0]) if chosen else None,
    }


@page("cases/<str:case_id>/narrative/", name="case narrative", act="read cases", template="cases/narrative.html")
def case_narrative(request: Asked, case_id: str) -> Content:
    """The narrative to read and edit; words that met somebody else's stand beside it."""
    content, found, _alerts = _frame(request, "case narrative", case_id)
    return content | {
        "en": found.narrative_en,
        "ja": found.narrative_ja,
        "version": found.narrative_version,
        "saved_by": found.narrative_by,
        "saved_at": found.narrative_at,
        "unedited": _languages(found.unedited),
        "asides": list(Aside.objects.filter(case=found, settled_at=None).order_by("pk")),
    }


@page("cases/<str:case_id>/evidence/", name="case evidence", act="read cases", template="cases/evidence.html")
def case_evidence(request: Asked, case_id: str) -> Content:
    """The register of evidence with each piece's chain of custody, and the bundles that were made."""
    content, found, _alerts = _frame(request, "case evidence", case_id)
    chains: dict[int, list[dict[str, Any]]] = {}
    for link in Handled.objects.filter(evidence__case=found).order_by("pk"):
        told = {"at": link.at, "by": link.by, "did": link.did, "words": str(link.get_did_display()), "why": link.why}
        chains.setdefault(link.evidence_id, []).append(told)
    pieces = Evidence.objects.filter(case=found).order_by("pk")
    return content | {
        "pieces": [{**_piece(piece), "chain": chains.get(piece.pk, [])} for piece in pieces],
        "kinds": _choices(EVIDENCE_KINDS),
        "bundles": list(Bundle.objects.filter(case=found).order_by("-pk")),
        "may_take": request.actor.may("take evidence out", found.chapter),
        "may_bundle": request.actor.may("make a bundle of a case", found.chapter),
        "books": books() is not None,
    }


@page("cases/<str:case_id>/journal/", name="case journal", act="read cases", template="cases/journal.html")
def case_journal(request: Asked, case_id: str) -> Content:
    """Every change of the case and of what belongs to it, field by field, with the hash of each line."""
    content, found, _alerts = _frame(request, "case journal", case_id)
    lines = list(journal_of(found))
    number = _number(request.GET.get("page", "1"))
    pages = max(1, -(-len(lines) // 200))
    return content | {
        "lines": lines[::-1][(number - 1) * 200 : number * 200],
        "count": len(lines),
        "number": number,
        "pages": pages,
    }


@page("cases/<str:case_id>/summary.pdf", name="case summary", act="take evidence out", template="cases/case.html")
def case_summary(request: Asked, case_id: str) -> HttpResponseBase:
    """The summary as a PDF in the language of the page; the journal says who took it."""
    found = the_case(request.actor, case_id, "take evidence out")
    content = summary(found, seen_of(request.actor, alerts_of(found)), request.actor.at, get_language() or "en")
    acts.took_summary(request.actor, found, content)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{found.case_id}.pdf"'
    return answer


def _frame(request: Asked, name: str, case_id: str) -> tuple[Content, Case, list[Alert]]:
    """What every page of a case has: its head, its tabs, what this person may do; and the alerts he may see."""
    found = the_case(request.actor, case_id)
    every = alerts_of(found)
    waiting = Proposal.objects.filter(about_kind="case", about_id=case_id, state="open").first()
    is_open = found.state != "closed"
    return (
        {
            "section": "cases",
            "case": {
                **{each.attname: getattr(found, each.attname) for each in Case._meta.concrete_fields},
                "said": found.said,
                "state_words": str(found.get_state_display()),
                "severity_words": str(found.get_severity_display()),
                "outcome_words": str(found.get_outcome_display()),
                "unedited": _languages(found.unedited),
            },
            "tabs": [{"name": each, "title": str(title), "at": reverse(each, args=[case_id])} for each, title in TABS],
            "tab": name,
            "alerts_in_all": len(every),
            "is_open": is_open,
            "may_work": is_open and request.actor.may("work on cases", found.chapter),
            "may_propose": request.actor.may("propose closing a case", found.chapter),
            "waiting": None
            if waiting is None
            else {
                "pk": waiting.pk,
                "what": waiting.proposal_kind,
                "by": waiting.proposed_by,
                "at": waiting.proposed_at,
                "reason": waiting.reason,
                "outcome": str(dict(OUTCOMES).get(waiting.payload.get("outcome", ""), "")),
                "see": address_of(waiting, request.actor),
                "mine": may_decide(request.actor, waiting),
            },
        },
        found,
        seen_of(request.actor, every),
    )


def _fired(alert: Alert) -> dict[str, Any]:
    """An alert as the first column shows it: the rule by its name, the values it was raised with, its sentence."""
    rule = load_rulebook().rules.get(alert.rule)
    return {
        "alert_id": alert.alert_id,
        "rule": alert.rule,
        "title": {"en": rule.title.en, "ja": rule.title.ja} if rule else {"en": alert.rule, "ja": alert.rule},
        "severity": alert.severity,
        "severity_words": str(alert.get_severity_display()),
        "score": alert.score,
        "regime": alert.regime,
        "as_of": alert.as_of,
        "subject_kind": alert.subject_kind,
        "subject_id": alert.subject_id,
        "instrument": alert.instrument,
        "asset": alert.asset,
        "window_from": alert.window_from,
        "window_until": alert.window_until,
        "amount_jpy": alert.amount_jpy,
        "summary": said_of(alert),
        "values": [{"name": name, "value": value} for name, value in alert.parameters.items() if not name.startswith("_")],
        "assumed": alert.parameters.get("_assumed", []),
        "firm_set": alert.parameters.get("_firm_set", []),
        "evidence": len(alert.evidence),
        "disposition": str(alert.get_disposition_display()),
    }


def _who(actor: Actor, found: Case, alerts: list[Alert], named: set[str]) -> dict[str, Any]:
    """The parties and accounts by id with what the books say of the accounts, and the other cases and alerts of each."""
    accounts = asked(lambda there: there.rows(("account", each) for each in sorted(named))) or {}
    facts = {key: rows[0] for (_table, key), rows in accounts.items()}
    subjects = sorted({each for alert in alerts for each in ids_of(alert)})
    others = CaseParty.objects.filter(party_id__in=sorted(named)).exclude(case=found)
    every = sorted(set(others.values_list("case_id", flat=True)[:2_000]))
    seen = cases_of(actor).filter(pk__in=every)
    shared: dict[str, list[str]] = {}
    for case_id, party in others.filter(case_id__in=every).values_list("case_id", "party_id"):
        shared.setdefault(case_id, []).append(party)
    shown = [
        {
            "case_id": each.case_id,
            "title": each.said,
            "state": each.state,
            "state_words": str(each.get_state_display()),
            "at": reverse("case", args=[each.case_id]),
            "through": sorted(shared[each.case_id]),
        }
        for each in seen.order_by("-opened_at")[:OTHERS_MAX]
    ]
    return {
        "parties": [
            {
                "id": each,
                "is_subject": each in subjects,
                "is_account": each in facts,
                "party": facts[each]["party_id"] if each in facts else None,
                "kind": facts[each].get("kind") if each in facts else None,
                "opened_at": facts[each].get("opened_at") if each in facts else None,
                "closed_at": facts[each].get("closed_at") if each in facts else None,
            }
            for each in sorted(named, key=lambda each: (each not in subjects, each))
        ],
        "cases": shown,
        "more_cases": max(0, seen.count() - len(shown)),
        "withheld_cases": len(every) - seen.count(),
        "alerts": _other_alerts(actor, found, sorted({*subjects, *(alert.subject_id for alert in alerts)})),
    }


def _other_alerts(actor: Actor, found: Case, subjects: list[str]) -> list[dict[str, Any]]:
    """Alerts about the same subjects that are not in this case."""
    rows = Alert.objects.filter(subject_key__in=sorted(map(key_of, subjects))).exclude(joined__case=found)
    return [
        {
            "alert_id": each.alert_id,
            "rule": each.rule,
            "severity": each.severity,
            "subject_id": each.subject_id,
            "raised_at": each.raised_at,
            "state": each.state,
            "state_words": str(each.get_state_display()),
            "free": each.state not in ("in_case", "closed"),
        }
        for each in seen_of(actor, rows.order_by("-raised_at", "alert_id")[:OTHERS_MAX])
    ]


def _linked(actor: Actor, found: Case) -> list[dict[str, Any]]:
    """The cases somebody linked to this one; of one that is not his, only that it is there."""
    links = CaseLink.objects.filter(Q(case=found) | Q(other=found)).select_related("case", "other").order_by("pk")
    ends = [(link, link.other if link.case_id == found.case_id else link.case) for link in links]
    seen = set(cases_of(actor).filter(pk__in=[other.case_id for _link, other in ends]).values_list("pk", flat=True))
    return [
        {
            "case_id": other.case_id,
            "title": other.said,
            "at": reverse("case", args=[other.case_id]),
            "why": link.why,
            "by": link.by,
        }
        if other.case_id in seen
        else {"case_id": None, "title": _("withheld"), "at": None, "why": "", "by": ""}
        for link, other in ends
    ]


def _piece(piece: Evidence) -> dict[str, Any]:
    return {
        **{each.attname: getattr(piece, each.attname) for each in Evidence._meta.concrete_fields},
        "kind_words": str(piece.get_evidence_kind_display()),
    }


def _languages(names: Iterable[str]) -> list[dict[str, str]]:
    titles = {"en": _("English"), "ja": _("Japanese")}
    return [{"value": each, "title": titles[each]} for each in names]


def _choices(values: Any) -> list[dict[str, str]]:
    return [{"value": value, "title": str(title)} for value, title in values]


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 8 else 1


def _on_alert(request: Asked, alert_id: str) -> Content | None:
    """The case an alert is in, as far as it may be seen."""
    row = cases_of(request.actor).filter(joined__alert=alert_id).first()
    return {"case": _show(row, request)} if row else None


def _from_alert(request: Asked, alert_id: str) -> Content | None:
    """The way to open a case from an alert that is worked on and in none."""
    alert = Alert.objects.get(pk=alert_id)
    if not alert.is_live or alert.state == "in_case" or not request.actor.may("open a case", alert.chapter):
        return None
    return {"open_at": f"{reverse('new case')}?{urlencode({'alert': alert_id})}"}


panel(
    Panel(
        on=("alert",),
        name="case",
        title=gettext_lazy("Case"),
        template="cases/on_alert.html",
        act="read cases",
        content=_on_alert,
        order=10,
    )
)
panel(
    Panel(
        on=("acts on an alert",),
        name="open a case",
        title=gettext_lazy("Open a case"),
        template="cases/open_from_alert.html",
        act="open a case",
        content=_from_alert,
        order=10,
    )
)
