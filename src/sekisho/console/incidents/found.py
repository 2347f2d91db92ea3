"""Which incidents a person may see, and the one he asks for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from sekisho.console.desk.pages import Unfit
from sekisho.console.incidents.models import Incident
from sekisho.console.people.actor import Actor


def seen_by(actor: Actor, act: str = "read incidents") -> QuerySet[Any]:
    """The incidents of his chapters, without those that concern him or somebody he keeps out of."""
    rows = Incident.objects.all()
    chapters = actor.chapters(act)
    if chapters is not None:
        rows = rows.filter(chapter__in=chapters)
    if actor.parties:
        concern = [
            pk for pk, parties in rows.exclude(parties=[]).values_list("pk", "parties") if not actor.parties.isdisjoint(parties)
        ]
        rows = rows.exclude(pk__in=concern)
    return rows


def the_incident(actor: Actor, pk: str, act: str) -> Incident:
    """The incident, if he may do this to it. Raises ``Http404`` or ``Denied``."""
    incident: Incident | None = Incident.objects.filter(pk=pk).first()
    if incident is None:
        raise Http404
    actor.need(act, incident.chapter, incident.parties)
    return incident


def worked_on(actor: Actor, pk: str, act: str = "work on incidents") -> Incident:
    """The incident, held until the act ends, if it is open; within an act. Raises ``Unfit`` once it is closed."""
    if connection.vendor == "postgresql":
        Incident.objects.select_for_update().filter(pk=pk).first()
    incident = the_incident(actor, pk, act)
    if incident.state == "closed":
        raise Unfit(_("The incident is closed. To go on, propose to open it again."))
    return incident


def stated(text: str, field: str) -> datetime:
    """A moment as forms and programs write it; without a zone it is Japan time. Raises ``Unfit``."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Unfit({field: _("write date and time, such as 2026-11-29T13:30 (Japan time)")}) from None
    return at if at.tzinfo else at.replace(tzinfo=timezone.get_default_timezone())


def moment(text: str, at: datetime, field: str) -> datetime:
    """When something happened, as somebody stated it; nothing: now. Raises ``Unfit`` where it lies ahead."""
    if not text:
        return at
    happened = stated(text, field)
    if happened > at + timedelta(minutes=1):
        raise Unfit({field: _("lies in the future: give when it happened")})
    return happened
