"""Who sees which case: those of his chapters, none in which he has an interest; of a case seen, not every alert may be his."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from sekisho.console.alerts.models import Alert
from sekisho.console.cases.models import Case, CaseParty
from sekisho.console.desk.pages import Unfit
from sekisho.console.people.actor import Actor


def cases_of(actor: Actor, act: str = "read cases") -> QuerySet[Any]:
    """The cases in which this person may do the act."""
    rows = Case.objects.all()
    chapters = actor.chapters(act)
    if chapters is not None:
        rows = rows.filter(chapter__in=chapters)
    if actor.parties:
        rows = rows.exclude(pk__in=CaseParty.objects.filter(party_id__in=actor.parties).values("case_id"))
    return rows


def the_case(actor: Actor, case_id: str, act: str = "read cases") -> Case:
    """The case, for somebody who may do the act in it. Raises ``Http404`` where there is none, ``Denied`` where it is not his."""
    case: Case | None = Case.objects.filter(pk=case_id).first()
    if case is None:
        raise Http404
    actor.need(act, case.chapter, about(case))
    return case


def to_change(actor: Actor, case_id: str, act: str = "work on cases") -> Case:
    """The same inside an act that changes it: nobody else changes it meanwhile, and it is not closed."""
    the_case(actor, case_id, act)
    rows = Case.objects.filter(pk=case_id)
    case: Case = (rows.select_for_update() if connection.vendor == "postgresql" else rows).get()
    if case.state == "closed":
        raise Unfit(_("The case is closed. Propose to open it again first."))
    return case


def about(case: Case) -> set[str]:
    """The parties and accounts of a case."""
    return set(CaseParty.objects.filter(case=case).values_list("party_id", flat=True))


def alerts_of(case: Case) -> list[Alert]:
    """All alerts in a case, the gravest first."""
    return list(Alert.objects.filter(joined__case=case).order_by("-rank", "-score", "alert_id"))


def may_see(actor: Actor, alert: Alert) -> bool:
    """Whether this person may read an alert."""
    return actor.may("read alerts", alert.chapter) and actor.parties.isdisjoint({*alert.parties, *ids_of(alert)})


def seen_of(actor: Actor, alerts: Iterable[Alert]) -> list[Alert]:
    """The alerts this person may read."""
    return [alert for alert in alerts if may_see(actor, alert)]


def ids_of(alert: Alert) -> tuple[str, ...]:
    """The ids an alert is about; several are joined by '|'."""
    return tuple(each for each in alert.subject_id.split("|") if each)
