"""What the queue of alerts offers for the ticked ones: one case of them all, or into a case that is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.cases import work
from sekisho.console.desk.pages import Asked


def open_one(request: Asked, alerts: Sequence[str], given: Mapping[str, str]) -> tuple[str, str]:
    """Open one case of the ticked alerts; answers what was done and where it is."""
    opened = work.open_case(request.actor, alerts, title=given.get("title", "").strip(), words=given.get("reason", "").strip())
    return _("Case %(case)s opened.") % {"case": opened.case_id}, reverse("case", args=[opened.case_id])


def join_to(request: Asked, alerts: Sequence[str], given: Mapping[str, str]) -> tuple[str, str]:
    """Join the ticked alerts to a case by its number."""
    joined = work.join(request.actor, given.get("case", "").strip(), alerts)
    return _("Joined."), reverse("case", args=[joined.case_id])


def offer() -> None:
    """Declare both to the queue, where the queue takes acts of the parts above it."""
    if find_spec("sekisho.console.alerts.bulk") is None:
        return
    bulk = import_module("sekisho.console.alerts.bulk")
    title = bulk.Asks(name="title", title=gettext_lazy("Title (empty: the rules and subjects of the alerts)"))
    words = bulk.Asks(name="reason", title=gettext_lazy("First note (if any)"))
    case = bulk.Asks(name="case", title=gettext_lazy("Number of the case"), required=True)
    name, into = gettext_lazy("Open a case"), gettext_lazy("Join to a case")
    bulk.bulk_act(bulk.BulkAct(name="open case", title=name, act="open a case", do=open_one, asks=(title, words), order=60))
    bulk.bulk_act(bulk.BulkAct(name="join case", title=into, act="work on cases", do=join_to, asks=(case,), order=70))


offer()
