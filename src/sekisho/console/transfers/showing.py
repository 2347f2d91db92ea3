"""What of a request at the gate is shown: how it stands, the working of each decision, what the client was told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from sekisho.console.approvals.models import Proposal
from sekisho.console.desk.pages import Asked
from sekisho.console.desk.words_of_law import CONFIDENCES
from sekisho.console.transfers.following import decisions_about, reason_of
from sekisho.console.transfers.models import OUTCOMES as SAID
from sekisho.console.transfers.models import ClientQuestion, GateAct, HeldRequest
from sekisho.console.transfers.wording import EVENTS, FIELDS, QUESTION_TEXTS, SET_BY
from sekisho.engine.requests import TransferRequest
from sekisho.gate.entries import Decided
from sekisho.gate.messages import OUTCOMES, Applied, Decision, GateDown

RELEASE: Final = "release request"


def said_in(row: Any, name: str) -> str:
    """Of a text kept in two languages the one of this page."""
    lang = "ja" if (get_language() or "en").startswith("ja") else "en"
    return str(
        row[f"{name}_{lang}" if name else lang] if isinstance(row, dict) else getattr(row, f"{name}_{lang}" if name else lang)
    )


def seen_by(request: Asked) -> QuerySet[Any]:
    """The requests this person may see, of his chapters and not about himself; with whether a release is proposed or untold."""
    rows: QuerySet[Any] = HeldRequest.objects.all()
    chapters = request.actor.chapters("read held requests")
    if chapters is not None:
        rows = rows.filter(chapter__in=sorted(chapters))
    for party in sorted(request.actor.parties):
        rows = rows.exclude(_concerns(party))
    open_proposals = Proposal.objects.filter(
        state="open", proposal_kind=RELEASE, about_kind=OuterRef("kind"), about_id=OuterRef("request_id")
    )
    untold = GateAct.objects.filter(state="waiting", about_kind=OuterRef("kind"), about_id=OuterRef("request_id"))
    annotated: QuerySet[Any] = rows.annotate(proposed=Exists(open_proposals), untold=Exists(untold))
    return annotated


def _concerns(party: str) -> Q:
    """A request whose parties name this one; the party is stored as JSON text, quoted, so that P1 does not hide P10."""
    from django.db import connection

    if connection.vendor == "postgresql":
        return Q(parties__contains=[party])
    return Q(parties__icontains=f'"{party}"')


def timer(row: HeldRequest, now: datetime) -> str:
    """How long until a hold ends by itself, in words; that it needs a person where it does not."""
    if row.state != "held":
        return ""
    if row.releases_at is None:
        return _("a person must release it")
    left = row.releases_at - now
    if left <= timedelta(0):
        return _("over: it may be asked again")
    hours = int(left.total_seconds() // 3600)
    if hours < 1:
        minutes = max(1, int(left.total_seconds() // 60))
        return ngettext("in %(n)s minute", "in %(n)s minutes", minutes) % {"n": minutes}
    if hours < 48:
        return ngettext("in %(n)s hour", "in %(n)s hours", hours) % {"n": hours}
    return ngettext("in %(n)s day", "in %(n)s days", hours // 24) % {"n": hours // 24}


def client_told(row: HeldRequest) -> str:
    """What the client was shown and confirmed, in a few words."""
    if row.acknowledged_at:
        return _("warning confirmed")
    if row.warned_at:
        return _("warning shown, not confirmed")
    return ""


def working(row: HeldRequest) -> tuple[list[dict[str, Any]], dict[str, Any], str]:
    """Each decision about a request, latest first, what was asked, and why the journal could not be read (empty: it could)."""
    told: list[dict[str, Any]] = []
    asked: dict[str, Any] = {}
    try:
        for decided, decision in decisions_about(row.request_id):
            if decision.kind == row.kind:
                told.append(_decision(decided, decision))
                asked = _asked(decided)
    except GateDown as down:
        return told[::-1], asked, str(down)
    return told[::-1], asked, ""


def _asked(decided: Decided) -> dict[str, Any]:
    request = decided.request
    names = (
        ("address", "counterparty", "counterparty_vasp", "counterparty_country", "network", "purpose")
        if isinstance(request, TransferRequest)
        else ("order_type", "price", "product", "leverage")
    )
    return {
        "asked_by": decided.asked_by,
        "fields": [
            {"name": name, "title": str(FIELDS[name]), "value": str(getattr(request, name))}
            for name in names
            if getattr(request, name) is not None
        ],
    }


def _decision(decided: Decided, decision: Decision) -> dict[str, Any]:
    spoke = sorted((one for one in decision.applied if one.sentence is not None), key=lambda one: -OUTCOMES.index(one.outcome))
    held_open = [one for one in decision.applied if one.sentence is None and one.undetermined]
    event = decided.event
    return {
        "decision_id": decision.decision_id,
        "outcome": decision.outcome,
        "outcome_words": outcome_words(decision.outcome),
        "decided_at": decision.decided_at,
        "regime": decision.regime,
        "as_of": decision.as_of.isoformat(),
        "rule_set": decision.rule_set,
        "lists": dict(decision.lists),
        "releases_at": decision.releases_at,
        "releases": [{"kind": one.kind, "text": said_in({"en": one.text.en, "ja": one.text.ja}, "")} for one in decision.releases],
        "client": said_in({"en": decision.client_text.en, "ja": decision.client_text.ja}, ""),
        "because": None if event is None else {"what": str(EVENTS.get(event.kind, event.kind)), "by": event.party_id},
        "rules_applied": decision.rules_applied,
        "spoke": [_applied(one) for one in spoke] + [_applied(one) for one in held_open if one.outcome != "allow"],
        "without_value": [_applied(one) for one in held_open if one.outcome == "allow"],
        "silent": [one.rule for one in decision.applied if one.sentence is None and not one.undetermined],
    }


def _applied(one: Applied) -> dict[str, Any]:
    reason = reason_of(one)
    return {
        "rule": one.rule,
        "title": said_in(reason, "title"),
        "outcome": one.outcome,
        "outcome_words": outcome_words(one.outcome),
        "status": one.status,
        "text": said_in(reason, ""),
        "releases_at": one.releases_at,
        "undetermined": list(one.undetermined),
        "values": [
            {
                "name": name,
                "value": _value(used.value),
                "unit": "" if used.unit == "text" else used.unit,
                "set_by": str(SET_BY.get(used.set_by, used.set_by)),
                "assumed": used.assumed,
                "source": used.source,
                "source_words": _source(used.source),
            }
            for name, used in one.parameters.items()
        ],
        "provisions": [{"document": each.document, "provision": each.provision, "quote": each.quote} for each in one.provisions],
    }


def _source(text: str | None) -> str:
    """Where a value comes from, as the gate writes it, with how sure that text is in the reader's language."""
    place, sure, confidence = (text or "").rpartition(" (")
    known = CONFIDENCES.get(confidence.removesuffix(")")) if sure else None
    return f"{place} ({known})" if known else text or ""


def _value(value: Any) -> str | None:
    """A value of a rule as people read it."""
    if value is None:
        return None
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def outcome_words(outcome: str) -> str:
    """An outcome of the gate in words."""
    return str(dict(SAID).get(outcome, outcome))


def told_client(row: HeldRequest, decisions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the client was told and did, in order: the words of each answer, warnings with their text, confirmations."""
    lines: list[dict[str, Any]] = []
    words = None
    for each in reversed(decisions):
        if each["client"] != words:
            words = each["client"]
            lines.append({"at": each["decided_at"], "what": _("answer shown to the client"), "words": words, "version": None})
    for act in row.told:
        if act["kind"] in ("warning_shown", "warning_acknowledged", "purpose_given", "risk_confirmed"):
            at, version = datetime.fromisoformat(act["occurred_at"]), act.get("version")
            lines.append({"at": at, "what": str(EVENTS[act["kind"]]), "words": act.get("text") or "", "version": version})
    return sorted(lines, key=lambda line: line["at"])


def questions(row: HeldRequest) -> list[dict[str, Any]]:
    """What was asked of the client, the words to put it in, and whether he has answered since."""
    answers = sorted(act["occurred_at"] for act in row.told if act["kind"] == "purpose_given")
    shown = []
    for each in ClientQuestion.objects.filter(about_kind=row.kind, about_id=row.request_id).order_by("asked_at"):
        later = [at for at in answers if datetime.fromisoformat(at) >= each.asked_at]
        shown.append(
            {
                "question": str(each.get_question_display()),
                "en": QUESTION_TEXTS[each.question].en,
                "ja": QUESTION_TEXTS[each.question].ja,
                "asked_by": each.asked_by,
                "asked_at": each.asked_at,
                "answered_at": datetime.fromisoformat(later[0]) if later else None,
            }
        )
    return shown


def acts_about(kind: str, about: str) -> list[dict[str, Any]]:
    """What people of the office told the gate about something, latest first, and what it answered."""
    rows = GateAct.objects.filter(about_kind=kind, about_id=about).order_by("-decided_at", "-place")
    return [
        {
            "what": str(EVENTS.get(act.event, act.event)),
            "person": act.person_id,
            "text": act.text,
            "at": act.decided_at,
            "state": act.state,
            "state_words": str(act.get_state_display()),
            "said": act.said,
            "tries": act.tries,
            "outcome": act.answer.get("outcome"),
            "outcome_words": outcome_words(act.answer.get("outcome", "")),
            "decision_id": act.answer.get("decision_id"),
        }
        for act in rows
    ]
