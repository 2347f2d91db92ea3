"""Pages about the console itself: the audit trail."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.administration import pages_of_accounts, pages_of_mine, pages_of_parties, pages_of_records  # noqa: F401 - declared
from sekisho.console.desk.listing import Column, Filter, Listing
from sekisho.console.desk.pages import Asked, Content, page
from sekisho.console.desk.sentences import sentence
from sekisho.console.journal.guarded import readable
from sekisho.console.journal.models import Change
from sekisho.console.journal.naming import KIND_WORDS, act_title, field_title, kind_title, reason_title
from sekisho.console.journal.rows import kinds
from sekisho.console.people.naming import named, value_said


def _shown(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else msgspec.json.encode(value).decode()


def _said(request: Asked, change: Change, value: Any) -> str | None:
    """What stood in a field, as a person reads it; what the office wrote there by itself, too."""
    said = _shown(value_said(request, change.kind, change.field, value, change.object))
    return said and sentence(said)


def _show(change: Change, request: Asked) -> dict[str, Any]:
    return {
        "number": change.number,
        "at": change.at,
        "person": change.person,
        "person_words": named(request, change.person),
        "account": change.account,
        "act": change.act,
        "act_words": act_title(change.act),
        "object": f"{change.kind} {change.object}",
        "object_words": f"{kind_title(change.kind)} {change.object}",
        "field": change.field,
        "field_words": field_title(change.kind, change.field),
        "old": _shown(change.old),
        "old_words": _said(request, change, change.old),
        "new": _shown(change.new),
        "new_words": _said(request, change, change.new),
        "reason": change.reason,
        "reason_words": reason_title(change.act, change.reason),
        "check": change.check_hash[:12],
    }


def _kinds(request: Asked) -> list[tuple[str, str]]:
    names = {*KIND_WORDS, *(each.kind() for each in kinds())}
    return sorted(((name, kind_title(name)) for name in names), key=lambda each: each[1])


TRAIL = Listing(
    name="journal",
    columns=(
        Column(key="number", title=gettext_lazy("No."), kind="number", sort="number"),
        Column(key="at", title=gettext_lazy("When"), kind="time", sort="at"),
        Column(key="person", title=gettext_lazy("Who"), sort="person"),
        Column(key="account", title=gettext_lazy("Account")),
        Column(key="act", title=gettext_lazy("Act"), sort="act"),
        Column(key="object", title=gettext_lazy("Object"), kind="code"),
        Column(key="field", title=gettext_lazy("Field")),
        Column(key="old", title=gettext_lazy("Old")),
        Column(key="new", title=gettext_lazy("New")),
        Column(key="reason", title=gettext_lazy("Reason")),
        Column(key="check", title=gettext_lazy("Hash"), kind="code"),
    ),
    rows=lambda request: readable(Change.objects.all(), request.actor.may),
    show=_show,
    sort=("-number",),
    filters=(
        Filter(name="person", title=gettext_lazy("Who"), keeps="person", kind="text"),
        Filter(name="kind", title=gettext_lazy("Kind"), keeps="kind", values=_kinds),
        Filter(name="object", title=gettext_lazy("Object"), keeps="object", kind="text"),
        Filter(name="from", title=gettext_lazy("From"), keeps="at__date__gte", kind="day"),
        Filter(name="until", title=gettext_lazy("Until"), keeps="at__date__lte", kind="day"),
    ),
)


@page(
    "journal/",
    name="journal",
    act="read journal",
    template="administration/journal.html",
    menu=gettext_lazy("Audit trail"),
    order=900,
)
def journal(request: Asked) -> Content | HttpResponseBase:
    """Every change, field by field."""
    return TRAIL.content(
        request,
        heading=_("Audit trail"),
        lead=_("Every change, old and new, in a chain of hashes. 'sekisho office journal verify' checks it offline."),
        may_check=request.actor.may("check journal"),
    )
