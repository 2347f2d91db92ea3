"""What is proposed, in the reader's language: the names in a proposal's payload, which JSON has as they are, and their values."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import pgettext_lazy

from sekisho.console.approvals.models import Proposal
from sekisho.console.journal.naming import field_title, kind_title, value_title
from sekisho.console.people.chapters import chapter_title
from sekisho.console.people.role_words import ROLE_WORDS

PAYLOAD_WORDS: Final = {
    "account": pgettext_lazy("proposal", "account"),
    "address": pgettext_lazy("proposal", "address"),
    "alerts": pgettext_lazy("proposal", "alerts"),
    "asset": pgettext_lazy("proposal", "asset"),
    "business_days": pgettext_lazy("proposal", "business days"),
    "channel": pgettext_lazy("proposal", "channel"),
    "chapter": pgettext_lazy("proposal", "chapter"),
    "chapters": pgettext_lazy("proposal", "chapters"),
    "decision": pgettext_lazy("proposal", "decision"),
    "disposition": pgettext_lazy("proposal", "disposition"),
    "email": pgettext_lazy("proposal", "e-mail address"),
    "ends_on": pgettext_lazy("proposal", "last day"),
    "filed_on": pgettext_lazy("proposal", "day of filing"),
    "from_on": pgettext_lazy("proposal", "from"),
    "head_id": pgettext_lazy("proposal", "works under"),
    "ids": pgettext_lazy("proposal", "records"),
    "in_force": pgettext_lazy("proposal", "in force until then"),
    "incident": pgettext_lazy("proposal", "incident"),
    "item": pgettext_lazy("proposal", "item"),
    "kind": pgettext_lazy("proposal", "kind"),
    "measure": pgettext_lazy("proposal", "measure"),
    "name": pgettext_lazy("proposal", "name"),
    "name_ja": pgettext_lazy("proposal", "name in Japanese"),
    "outcome": pgettext_lazy("proposal", "outcome"),
    "party_id": pgettext_lazy("proposal", "party"),
    "published_at": pgettext_lazy("proposal", "published"),
    "receipt_number": pgettext_lazy("proposal", "receipt number"),
    "register": pgettext_lazy("proposal", "register"),
    "remember_until": pgettext_lazy("proposal", "remembered until"),
    "report": pgettext_lazy("proposal", "report"),
    "result": pgettext_lazy("proposal", "result"),
    "role": pgettext_lazy("proposal", "role"),
    "rule": pgettext_lazy("proposal", "rule"),
    "scope": pgettext_lazy("proposal", "scope"),
    "severity": pgettext_lazy("proposal", "severity"),
    "sha256": pgettext_lazy("proposal", "SHA-256"),
    "since": pgettext_lazy("proposal", "since"),
    "speaks of": pgettext_lazy("proposal", "day it speaks of"),
    "subject": pgettext_lazy("proposal", "subject"),
    "text": pgettext_lazy("proposal", "text"),
    "title": pgettext_lazy("proposal", "title"),
    "unit": pgettext_lazy("proposal", "unit"),
    "until": pgettext_lazy("proposal", "until"),
    "value": pgettext_lazy("proposal", "value"),
    "value_jpy": pgettext_lazy("proposal", "value (JPY)"),
    "values": pgettext_lazy("proposal", "values"),
    "version": pgettext_lazy("proposal", "version"),
    "words": pgettext_lazy("proposal", "in words"),
}
_KIND_OF: Final = {"asset": "restriction", "value": "firmvalue"}
"""Of which kind of record the payload speaks, where it is not the kind the proposal is about."""


def about_said(proposal: Proposal) -> str:
    """What a proposal is about: the kind of record, and which; what has a name of its own is called by it."""
    kind = proposal.about_kind
    return f"{kind_title(kind)} {value_title(kind, kind, proposal.about_id)}"


def payload_said(proposal: Proposal) -> list[dict[str, Any]]:
    """Each part of the payload with what it is called and what it holds."""
    kind = _KIND_OF.get(proposal.about_kind, proposal.about_kind)
    return [
        {"name": name, "title": _title(kind, name), "value": _value(kind, name, value)} for name, value in proposal.payload.items()
    ]


def _title(kind: str, name: str) -> str:
    return str(PAYLOAD_WORDS.get(name) or field_title(kind, name))


def _value(kind: str, name: str, value: Any) -> Any:
    if name == "role":
        return str(ROLE_WORDS.get(value, value))
    if name == "chapter":
        return chapter_title(value) if value else ""
    if name == "chapters":
        return [chapter_title(each) for each in value]
    if name == "kind":
        return kind_title(value)
    return value_title("alert" if name in ("disposition", "severity") else kind, name, value)
