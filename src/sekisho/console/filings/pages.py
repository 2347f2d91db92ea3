"""The pages of filings: the list, a new one, the form beside what it rests on, versions, documents; and the acts on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sekisho.console.alerts.rules import said_of
from sekisho.console.approvals.four_eyes import may_decide
from sekisho.console.approvals.models import Proposal
from sekisho.console.cases.models import Case
from sekisho.console.desk.listing import Column, Filter, Listing
from sekisho.console.desk.pages import Asked, Content, Done, Unfit, action, page
from sekisho.console.desk.panels import Panel, panel
from sekisho.console.filings import life
from sekisho.console.filings.documents import WRITERS, sheet_of
from sekisho.console.filings.documents.sheet import Head
from sekisho.console.filings.fields import Item, both
from sekisho.console.filings.kinds import KINDS
from sekisho.console.filings.kinds.case_facts import alerts_of
from sekisho.console.filings.life import REASONS, act_of, content_of, in_language, kind_of
from sekisho.console.filings.models import CHANNELS, STATES, WRITABLE, Filing, Version
from sekisho.console.filings.seen import seen, seen_by
from sekisho.console.journal.acting import acting
from sekisho.console.journal.models import Change
from sekisho.console.people.actor import Denied
from sekisho.console.people.naming import named

BLANK_ROWS = 2
HISTORY_SHOWN = 200


def _show(filing: Filing, request: Asked) -> dict[str, Any]:
    return {
        "filing": filing.filing_id,
        "what": in_language(KINDS[filing.filing_kind].title),
        "about": filing.about_on,
        "case": filing.case_id or filing.incident_id or None,
        "state": filing.state,
        "state_words": filing.get_state_display(),
        "version": filing.version,
        "written_by": filing.written_by,
        "written_by_words": named(request, filing.written_by),
        "written_at": filing.written_at,
        "filed_on": filing.filed_on,
        "receipt": filing.receipt_number or None,
        "at": reverse("filing", args=[filing.pk]),
    }


def _kinds_to_filter(request: Asked) -> list[tuple[str, str]]:
    return [(kind.name, in_language(kind.title)) for kind in KINDS.values() if not kind.secret or request.actor.may("read STR")]


def _case_filter(rows: QuerySet[Any], value: str, request: Asked) -> QuerySet[Any]:
    return rows.filter(case_id=value)


FILINGS = Listing(
    name="filings",
    columns=(
        Column(key="filing", title=gettext_lazy("Filing"), kind="code", sort="filing_id", at="at"),
        Column(key="what", title=gettext_lazy("Kind"), sort="filing_kind"),
        Column(key="about", title=gettext_lazy("Period"), kind="day", sort="about_on"),
        Column(key="case", title=gettext_lazy("Case or incident"), kind="code"),
        Column(key="state", title=gettext_lazy("State"), kind="chip", sort="state"),
        Column(key="version", title=gettext_lazy("Version"), kind="number"),
        Column(key="written_by", title=gettext_lazy("Written by"), sort="written_by"),
        Column(key="written_at", title=gettext_lazy("Written"), kind="time", sort="written_at"),
        Column(key="filed_on", title=gettext_lazy("Filed on"), kind="day", sort="filed_on"),
        Column(key="receipt", title=gettext_lazy("Receipt"), kind="code"),
    ),
    rows=lambda request: seen_by(request.actor),
    show=_show,
    sort=("-written_at", "filing_id"),
    filters=(
        Filter(name="kind", title=gettext_lazy("Kind"), keeps="filing_kind", values=_kinds_to_filter),
        Filter(name="state", title=gettext_lazy("State"), keeps="state", values=STATES),
        Filter(name="case", title=gettext_lazy("Case"), keeps=_case_filter, kind="text"),
        Filter(name="from", title=gettext_lazy("Filed from"), keeps="filed_on__gte", kind="day"),
        Filter(name="until", title=gettext_lazy("Filed until"), keeps="filed_on__lte", kind="day"),
    ),
    searches=("filing_id__icontains", "receipt_number__icontains", "case__case_id__icontains", "incident_id__icontains"),
)


@page("filings/", name="filings", act="read filings", template="filings/filings.html", menu=gettext_lazy("Filings"), order=60)
def filings(request: Asked) -> Content | HttpResponseBase:
    """Every filing this person may see."""
    return FILINGS.content(
        request,
        heading=_("Filings"),
        lead=_("Drafts for the authorities. Nothing is sent from here: filed means that people sent it and recorded when and how."),
        may_begin=bool(_kinds_for(request)),
    )


@page("filings/new/", name="new filing", act="write filings", template="filings/new.html")
def new_filing(request: Asked) -> Content:
    """Choose what to file, and what to fill it from."""
    return {
        "section": "filings",
        "kinds": [
            {
                "name": kind.name,
                "title": both(kind.title),
                "to": both(kind.to),
                "provision": kind.provision,
                "period": kind.period,
                "chosen": kind.name == request.GET.get("kind"),
            }
            for kind in _kinds_for(request)
        ],
        "case": request.GET.get("case", ""),
        "incident": request.GET.get("incident", ""),
        "day": request.GET.get("day", ""),
    }


def _kinds_for(request: Asked) -> list[Any]:
    return [kind for kind in KINDS.values() if request.actor.may(act_of(kind, "write"), kind.chapter)]


class Begun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a new filing is, and what it is filled from."""

    kind: str
    case: str = ""
    incident: str = ""
    day: date | None = None


@action("filings/begin/", name="begin filing", act="write filings")
def begin_filing(request: Asked, body: Begun) -> Done:
    """Begin a filing, filled from a case, an incident or the books."""
    case = _case(request, body.case) if body.case else None
    filing = life.begin(request.actor, body.kind, case=case, incident_id=body.incident, day=body.day)
    return Done(
        said=_("Begun as %(id)s. Check every item: what was filled in is a draft.") % {"id": filing.filing_id},
        at=reverse("filing", args=[filing.pk]),
        content={"filing": filing.filing_id},
    )


def _case(request: Asked, case_id: str) -> Case:
    case: Case | None = Case.objects.filter(pk=case_id).first()
    if case is None or not request.actor.may("read cases", case.chapter) or not request.actor.parties.isdisjoint(case.parties):
        raise Unfit({"case": _("there is no such case")})
    return case


@page("filings/<str:pk>/", name="filing", act="read filings", template="filings/filing.html")
def filing(request: Asked, pk: str) -> Content:
    """One filing: its items with what is wrong, what it rests on, its versions, and what may be done now."""
    shown = seen(request.actor, pk)
    kind = kind_of(shown.filing_kind)
    unsaved = request.session.pop(f"unsaved {pk}", None) if not request.path.startswith("/api/") else None
    content = unsaved or content_of(shown)
    faults = kind.faults(content) if "check" in request.GET or unsaved else {}
    may = _may(request, shown)
    return {
        "section": "filings",
        "filing": _told(shown),
        "kind": {"title": both(kind.title), "to": both(kind.to), "form": both(kind.form), "provision": kind.provision},
        "sections": [
            {
                "title": both(section.title),
                "items": [_item(item, content.get(item.name), faults, may["write"]) for item in section.items],
            }
            for section in kind.sections
        ],
        "faults": {name: in_language(fault) for name, fault in faults.items()},
        "to_put_right": [
            {"item": name.partition(".")[0], "title": both(kind.title_of(name)), "said": in_language(fault)}
            for name, fault in faults.items()
        ],
        "checked": "check" in request.GET,
        "unsaved": unsaved is not None,
        "may": may,
        "case": _about_case(request, shown),
        "versions": list(shown.versions.order_by("-number").values("number", "written_by", "written_at", "sha256")),
        "proposals": _proposals(request, shown),
        "history": _history(shown),
        "channels": CHANNELS,
        "reasons": REASONS,
        "today": timezone.localdate(request.actor.at),
        "formats": list(WRITERS),
        "amendments": list(seen_by(request.actor).filter(amends=shown).values_list("filing_id", flat=True)),
    }


def _told(shown: Filing) -> dict[str, Any]:
    names = ("filing_id", "filing_kind", "secret", "chapter", "about_on", "version", "written_by", "written_at", "validated_at")
    more = ("reviewed_by", "reviewed_at", "proposed_by", "approved_by", "filed_at", "filed_on", "receipt_number", "answered_on")
    return {
        **{name: getattr(shown, name) for name in (*names, *more)},
        "state": shown.state,
        "state_said": shown.get_state_display(),
        "channel": dict(CHANNELS).get(shown.channel, ""),
        "answer": shown.answer,
        "case_id": shown.case_id,
        "incident_id": shown.incident_id,
        "amends": shown.amends_id,
        "is_draft": shown.state in WRITABLE,
    }


def _may(request: Asked, shown: Filing) -> dict[str, bool]:
    actor, waits = request.actor, _open_proposal(shown) is not None
    able = {what: actor.may(act_of(shown, what), shown.chapter) for what in ("write", "review", "propose")}
    wrote = shown.versions.filter(written_by=actor.person.person_id).exists()
    writable = shown.state in WRITABLE and not waits
    return {
        "write": able["write"],
        "edit": able["write"] and writable,
        "validate": able["write"] and shown.state == "draft",
        "review": able["review"] and shown.state == "validated" and not wrote,
        "wrote": wrote,
        "send_back": able["review"] and shown.state in ("validated", "reviewed") and not waits,
        "propose": able["propose"] and shown.state == "reviewed" and not waits,
        "answer": able["write"] and shown.state == "filed",
        "amend": able["write"] and shown.state in ("filed", "accepted", "rejected"),
        "download": able["write"] or not _says_who(shown),
    }


def _says_who(shown: Filing) -> bool:
    """Whether it names a client or a person: such documents are for those who write or review filings."""
    content = content_of(shown)
    return any(
        bool(content.get(item.name))
        if item.personal
        else any(row.get(c.name) for row in _rows(item, content) for c in item.columns if c.personal)
        for item in kind_of(shown.filing_kind).items
    )


def _rows(item: Item, content: Mapping[str, Any]) -> list[dict[str, str]]:
    return list(content.get(item.name) or []) if item.written == "table" else []


def _item(item: Item, value: Any, faults: Mapping[str, Any], writes: bool) -> dict[str, Any]:
    told = {
        "name": item.name,
        "title": both(item.title),
        "written": item.written,
        "provision": item.provision,
        "verified": item.verified,
        "optional": item.optional,
        "personal": item.personal,
        "hint": both(item.hint) if item.hint else None,
        "choices": [{"value": value, "title": both(title)} for value, title in item.choices],
        "fault": in_language(faults[item.name]) if item.name in faults else None,
    }
    if item.written != "table":
        withheld = item.personal and not writes and bool(value)
        return {
            **told,
            "value": None if withheld else value or "",
            "shown": None if withheld else item.shown(value),
            "withheld": withheld,
        }
    columns = [{"name": c.name, "title": both(c.title), "written": c.written, "personal": c.personal} for c in item.columns]
    rows = [
        [
            {
                "name": f"{item.name}-{number}-{column.name}",
                "value": None if column.personal and not writes and row.get(column.name) else row.get(column.name, ""),
                "withheld": column.personal and not writes and bool(row.get(column.name)),
                "title": both(column.title),
                "written": column.written,
                "fault": _fault(faults, f"{item.name}.{number}.{column.name}"),
            }
            for column in item.columns
        ]
        for number, row in enumerate(value or [])
    ]
    return {**told, "columns": columns, "rows": rows, "blank": _blank(item, len(rows))}


def _blank(item: Item, after: int) -> list[list[dict[str, Any]]]:
    """Empty rows to write in."""
    return [
        [{"name": f"{item.name}-{after + n}-{c.name}", "title": both(c.title), "written": c.written} for c in item.columns]
        for n in range(BLANK_ROWS)
    ]


def _fault(faults: Mapping[str, Any], name: str) -> str | None:
    return in_language(faults[name]) if name in faults else None


def _about_case(request: Asked, shown: Filing) -> Content | None:
    if shown.case is None or not request.actor.may("read cases", shown.case.chapter):
        return None
    case = shown.case
    return {
        "case_id": case.case_id,
        "title": case.said,
        "severity": case.severity,
        "at": _address("case", case.case_id),
        "narrative": {"en": case.narrative_en, "ja": case.narrative_ja or case.narrative_en},
        "unedited": [{"value": each, "title": {"en": _("English"), "ja": _("Japanese")}[each]} for each in case.unedited],
        "parties": case.parties,
        "alerts": [
            {
                "alert_id": alert.alert_id,
                "rule": alert.rule,
                "summary": said_of(alert),
                "evidence": len(alert.evidence),
                "from": alert.window_from,
            }
            for alert in alerts_of(case)
        ],
    }


def _address(name: str, key: str) -> str | None:
    try:
        return reverse(name, args=[key])
    except NoReverseMatch:
        return None


def _open_proposal(shown: Filing) -> Proposal | None:
    proposal: Proposal | None = Proposal.objects.filter(about_kind="filing", about_id=shown.pk, state="open").first()
    return proposal


def _proposals(request: Asked, shown: Filing) -> list[Content]:
    return [
        {
            "pk": each.pk,
            "state": each.state,
            "state_words": each.get_state_display(),
            "proposed_by": each.proposed_by,
            "proposed_at": each.proposed_at,
            "decided_by": each.decided_by or None,
            "decided_words": each.decided_words,
            "filed_on": each.payload.get("filed_on"),
            "at": reverse("proposal", args=[each.pk]) if request.actor.may(act_of(shown, "propose")) else None,
            "may_decide": may_decide(request.actor, each),
        }
        for each in Proposal.objects.filter(about_kind="filing", about_id=shown.pk).order_by("-proposed_at", "-pk")
    ]


def _history(shown: Filing) -> list[Content]:
    """What happened to it, newest first: the journal's lines, without the fields that only repeat one another."""
    told = ("state", "version", "reviewed_by", "filed_on", "channel", "receipt_number", "answer", "downloaded")
    proposals = Proposal.objects.filter(about_kind="filing", about_id=shown.pk).values_list("pk", flat=True)
    # That it was proposed, or the proposal rejected or taken back; what an approval did stands in the filing's own lines.
    of_proposals = Q(kind="proposal", object__in=[str(pk) for pk in proposals], field="state") & ~Q(new="approved")
    wanted = Q(kind="filing", object=shown.pk, field__in=told) | of_proposals
    lines = Change.objects.filter(wanted).order_by("-number")[:HISTORY_SHOWN]
    return [
        {
            "at": line.at,
            "person": line.person,
            "act": line.act,
            "field": "proposal" if line.kind == "proposal" else line.field,
            "old": line.old,
            "new": line.new,
            "reason": line.reason,
        }
        for line in lines
    ]


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was written: the version it was written on, and the items."""

    version: int
    content: dict[str, Any]


@action("filings/<str:pk>/write/", name="write filing", act="write filings")
def write_filing(request: Asked, pk: str) -> Done:
    """Keep what was written as a new version."""
    seen(request.actor, pk)
    given = _given(request, pk)
    try:
        written = life.write(request.actor, pk, given.content, given.version)
    except Unfit:
        if not request.path.startswith("/api/"):
            request.session[f"unsaved {pk}"] = given.content
        raise
    at = reverse("filing", args=[pk])
    if "check" in request.POST:
        return _validated(request, pk)
    return Done(said=_("Kept as version %(n)s.") % {"n": written.version}, at=at, content={"version": written.version})


def _given(request: Asked, pk: str) -> Written:
    """What was sent: JSON, or the form's fields, those of tables named item-row-column."""
    if request.path.startswith("/api/"):
        try:
            return msgspec.json.decode(request.body or b"{}", type=Written)
        except msgspec.MsgspecError as error:
            raise Unfit(str(error)) from None
    kind = kind_of(seen(request.actor, pk).filing_kind)
    content: dict[str, Any] = {}
    for item in kind.items:
        if item.written != "table":
            content[item.name] = request.POST.get(item.name, "")
            continue
        rows: dict[int, dict[str, str]] = {}
        for name, value in request.POST.items():
            told, _dash, rest = name.partition("-")
            number, _dash, column = rest.partition("-")
            if told == item.name and number.isdecimal() and len(number) < 5:
                rows.setdefault(int(number), {})[column] = str(value)
        content[item.name] = [rows[number] for number in sorted(rows)]
    version = request.POST.get("version", "")
    return Written(version=int(version) if version.isdecimal() else 0, content=content)


@action("filings/<str:pk>/validate/", name="validate filing", act="write filings")
def validate_filing(request: Asked, pk: str) -> Done:
    """Check every item."""
    seen(request.actor, pk)
    return _validated(request, pk)


def _validated(request: Asked, pk: str) -> Done:
    faults = life.validate(request.actor, pk)
    at = reverse("filing", args=[pk])
    if not faults:
        return Done(said=_("Every item is there: validated. Another person reviews it now."), at=at, content={"faults": {}})
    said = ngettext("%(n)s item is missing or wrong.", "%(n)s items are missing or wrong.", len(faults)) % {"n": len(faults)}
    told = {"faults": {name: in_language(fault) for name, fault in faults.items()}}
    return Done(said=said, at=f"{at}?check=1", content=told, well=False)


class Reviewed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version that was looked at, and words."""

    version: int
    words: str = ""


@action("filings/<str:pk>/review/", name="review filing", act="review filings")
def review_filing(request: Asked, body: Reviewed, pk: str) -> Done:
    """Reviewed by somebody who did not write it."""
    seen(request.actor, pk)
    life.review(request.actor, pk, body.version, body.words)
    return Done(said=_("Reviewed. It can be proposed for filing."), at=reverse("filing", args=[pk]))


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The reason, in words."""

    words: str = ""


@action("filings/<str:pk>/send-back/", name="send back filing", act="review filings")
def send_back_filing(request: Asked, body: Words, pk: str) -> Done:
    """Back to the writer, with the reason."""
    seen(request.actor, pk)
    life.send_back(request.actor, pk, body.words)
    return Done(said=_("Sent back to be written again."), at=reverse("filing", args=[pk]))


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When, how and under which receipt it was sent."""

    filed_on: date
    channel: str
    reason_code: str
    receipt_number: str = ""
    reason: str = ""


@action("filings/<str:pk>/propose/", name="propose filing", act="propose a filing")
def propose_filing(request: Asked, body: Sent, pk: str) -> Done:
    """Propose to record it as filed; a second person approves."""
    seen(request.actor, pk)
    proposal = life.propose_filing(
        request.actor,
        pk,
        filed_on=body.filed_on,
        channel=body.channel,
        receipt_number=body.receipt_number,
        reason_code=body.reason_code,
        reason=body.reason,
    )
    return Done(
        said=_("Proposed: a second person approves it."), at=reverse("filing", args=[pk]), content={"proposal": proposal.pk}
    )


class Answered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the authority answered."""

    outcome: str
    answered_on: date
    receipt_number: str = ""
    words: str = ""


@action("filings/<str:pk>/answer/", name="answer to filing", act="write filings")
def answer_filing(request: Asked, body: Answered, pk: str) -> Done:
    """Record the authority's answer."""
    seen(request.actor, pk)
    if body.outcome not in ("accepted", "rejected"):
        raise Unfit({"outcome": _("accepted or rejected")})
    life.answer(
        request.actor,
        pk,
        accepted=body.outcome == "accepted",
        answered_on=body.answered_on,
        words=body.words,
        receipt_number=body.receipt_number,
    )
    return Done(said=_("The answer is recorded."), at=reverse("filing", args=[pk]))


@action("filings/<str:pk>/amend/", name="amend filing", act="write filings")
def amend_filing(request: Asked, pk: str) -> Done:
    """A new draft that begins with what was filed."""
    seen(request.actor, pk)
    fresh = life.amend(request.actor, pk)
    return Done(
        said=_("Begun as %(id)s; the earlier filing is kept.") % {"id": fresh.filing_id},
        at=reverse("filing", args=[fresh.pk]),
        content={"filing": fresh.filing_id},
    )


@action("filings/<str:pk>/drop/", name="drop filing", act="write filings")
def drop_filing(request: Asked, body: Words, pk: str) -> Done:
    """A draft that is not pursued."""
    seen(request.actor, pk)
    life.drop(request.actor, pk, body.words)
    return Done(said=_("Dropped; it is kept with the reason."), at=reverse("filings"))


@page("filings/<str:pk>/versions/", name="filing versions", act="read filings", template="filings/versions.html")
def versions(request: Asked, pk: str) -> Content:
    """Two versions of a filing, item by item: what changed, from what to what."""
    shown = seen(request.actor, pk)
    kind, writes = kind_of(shown.filing_kind), request.actor.may(act_of(shown, "write"), shown.chapter)
    newer = _number(request, "to", shown.version)
    older = _number(request, "from", max(1, newer - 1))
    told = {each.number: each for each in Version.objects.filter(filing=shown, number__in=[older, newer])}
    if {older, newer} - told.keys():
        raise Http404
    changed = []
    for item in kind.items:
        before, after = (told[number].content.get(item.name) for number in (older, newer))
        if (before or "") != (after or ""):
            changed.append(
                {"title": both(item.title), "before": _as_text(item, before, writes), "after": _as_text(item, after, writes)}
            )
    return {
        "section": "filings",
        "filing": _told(shown),
        "kind": {"title": both(kind.title)},
        "from": _version(told[older]),
        "to": _version(told[newer]),
        "numbers": list(range(1, shown.version + 1)),
        "changed": changed,
    }


def _version(version: Version) -> Content:
    return {name: getattr(version, name) for name in ("number", "written_by", "written_at", "sha256")}


def _number(request: Asked, name: str, otherwise: int) -> int:
    given = request.GET.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 7 else otherwise


def _as_text(item: Item, value: Any, writes: bool) -> str:
    if item.written != "table":
        return _("withheld: personal data") if item.personal and not writes and value else item.shown(value)
    columns = [column for column in item.columns if writes or not column.personal]
    return "\n".join(" | ".join(column.shown(row.get(column.name)) for column in columns) for row in value or [])


@page("filings/<str:pk>/as/<str:form>/", name="filing document", act="read filings", template="filings/filing.html")
def document(request: Asked, pk: str, form: str) -> HttpResponseBase:
    """The filing as a document; who took it is kept."""
    shown = seen(request.actor, pk)
    if form not in WRITERS:
        raise Http404
    if not _may(request, shown)["download"]:
        raise Denied(_("this document says who people are: it is for those who write or review filings"))
    number = _number(request, "version", shown.version)
    version: Version | None = shown.versions.filter(number=number).first()
    if version is None:
        raise Http404
    head = Head(
        filing_id=shown.filing_id,
        version=version.number,
        state=shown.state if version.number == shown.version else "draft",
        written_at=version.written_at,
        filed_on=str(shown.filed_on or "") if version.number == shown.version else "",
        receipt_number=shown.receipt_number if version.number == shown.version else "",
        sha256=version.sha256,
    )
    kind, make = WRITERS[form]
    made = make(sheet_of(kind_of(shown.filing_kind), version.content, head))
    with acting(request.actor.author, life.named(shown, "download")) as act:
        act.note("filing", shown.pk, "downloaded", None, {"as": form, "version": version.number, "sha256": version.sha256})
    response = HttpResponse(made, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{shown.filing_id}-v{version.number}.{form}"'
    return response


def _on_case(request: Asked, case_id: str) -> Content | None:
    return _about(request, {"case": case_id}, {"case_id": case_id}, "from_case")


def _on_incident(request: Asked, incident_id: str) -> Content | None:
    return _about(request, {"incident": incident_id}, {"incident_id": incident_id}, "from_incident")


def _about(request: Asked, given: dict[str, str], of_it: dict[str, str], can_be: str) -> Content | None:
    """What was filed about something, and the kinds that can be begun from it."""
    rows = seen_by(request.actor).filter(**of_it).order_by("-written_at")
    kinds = [kind for kind in _kinds_for(request) if getattr(kind, can_be)]
    if not rows.exists() and not kinds:
        return None
    return {
        "given": given,
        "filings": [_show(each, request) for each in rows],
        "kinds": [{"name": kind.name, "title": both(kind.title)} for kind in kinds],
    }


for _on, _content in (("case", _on_case), ("incident", _on_incident)):
    panel(
        Panel(
            on=(_on,),
            name="filings",
            title=gettext_lazy("Filings"),
            template="filings/on_object.html",
            act="read filings",
            content=_content,
            order=60,
        )
    )


def _on_overview(request: Asked, _nothing: str) -> Content:
    rows = seen_by(request.actor)
    counts = {state: rows.filter(state=state).count() for state in ("draft", "validated", "reviewed", "filed")}
    return {"counts": [{"state": state, "said": dict(STATES)[state], "count": count} for state, count in counts.items()]}


panel(
    Panel(
        on=("overview",),
        name="filings",
        title=gettext_lazy("Filings"),
        template="filings/on_overview.html",
        act="read drafts of filings",
        content=_on_overview,
        order=60,
    )
)
