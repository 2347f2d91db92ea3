"""Working on alerts: claim, claim the next, assign, give back, put aside, wake. One person at a time works on an alert."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.alerts.models import Alert, AlertParty
from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import acting
from sekisho.console.journal.naming import REASONS_SAID
from sekisho.console.people.actor import Actor, Denied
from sekisho.console.people.models import Account, Grant, Person
from sekisho.console.people.roles import matrix

SNOOZED_DAYS_MOST: Final = 180
SNOOZE_REASONS: Final = (
    ("waiting_client", gettext_lazy("Waiting for the client's answer")),
    ("waiting_records", gettext_lazy("Waiting for records")),
    ("waiting_authority", gettext_lazy("Waiting for an authority or the SRO")),
    ("monitoring", gettext_lazy("Watched further before it is judged")),
    ("other", gettext_lazy("Other (say what)")),
)
REASONS_SAID["put alert aside"] = REASONS_SAID["put alerts aside"] = dict(SNOOZE_REASONS)
FEW: Final = 10_000
"""Of more rows than these it is not asked one by one whether to leave them out."""
JAPAN: Final = ZoneInfo("Asia/Tokyo")


def seen_by(actor: Actor, act: str = "read alerts", among: QuerySet[Any] | None = None, *, passed_over: int = 0) -> QuerySet[Any]:
    """The alerts (among some) for which an actor may do an act: in his chapters, without those in which he has an interest.

    ``passed_over``: how many come before those that are wanted.
    """
    rows: QuerySet[Any] = Alert.objects.all() if among is None else among
    chapters = actor.chapters(act)
    if chapters is not None:
        rows = rows.filter(chapter__in=sorted(chapters))
    if not actor.parties:
        return rows
    his = AlertParty.objects.filter(party_id__in=sorted(actor.parties))
    if passed_over > FEW:
        return rows.exclude(pk__in=his.values("alert_id"))
    # Asked for each row that is looked at: a party may be in thousands of alerts, most pages walk over few.
    return rows.filter(~Exists(his.filter(alert=OuterRef("pk"))))


def tally(actor: Actor, rows: QuerySet[Any], *keys: Any) -> Counter[tuple[Any, ...]]:
    """How many of the rows the actor may read, by keys: a million in one walk over an index.

    Those in which he has an interest are few and looked up by their party, so they are counted apart and taken away.
    """
    chapters = actor.chapters("read alerts")
    if chapters is not None:
        rows = rows.filter(chapter__in=sorted(chapters))
    counted = _counted(rows, keys)
    if actor.parties:
        counted.subtract(
            _counted(rows.filter(pk__in=AlertParty.objects.filter(party_id__in=sorted(actor.parties)).values("alert_id")), keys)
        )
    return +counted


def _counted(rows: QuerySet[Any], keys: tuple[Any, ...]) -> Counter[tuple[Any, ...]]:
    counted: Counter[tuple[Any, ...]] = Counter()
    for *key, count in rows.order_by().values_list(*keys).annotate(Count("pk")):
        counted[tuple(key)] += count
    return counted


def one(actor: Actor, alert_id: str, act: str = "read alerts") -> Alert:
    """An alert the actor may do this act on. Raises 404 or ``Denied``."""
    alert: Alert | None = Alert.objects.filter(pk=alert_id).first()
    if alert is None:
        raise Http404
    actor.need(act, alert.chapter, alert.parties)
    return alert


def standing(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Alerts as they stand now, and stay until the act ends (on SQLite nobody else writes meanwhile)."""
    return rows.order_by("pk").select_for_update() if connection.vendor == "postgresql" else rows.order_by("pk")


def locked(actor: Actor, alert_id: str) -> Alert:
    """An alert the actor works on, as it stands now. Raises 404, ``Denied``, or ``Unfit`` where there is nothing to work on."""
    alert: Alert | None = standing(Alert.objects.filter(pk=alert_id)).first()
    if alert is None:
        raise Http404
    actor.need("work on alerts", alert.chapter, alert.parties)
    if not alert.is_live:
        raise Unfit(_("%(alert)s is %(state)s: there is nothing to work on.") % _told(alert))
    return alert


def _told(alert: Alert) -> dict[str, str]:
    return {"alert": str(alert.alert_id), "state": alert.get_state_display(), "person": str(alert.assignee)}


def claim(actor: Actor, alert_id: str) -> Alert:
    """Take an alert. Raises ``Unfit`` where another person has it."""
    me = actor.person.person_id
    with acting(actor.author, "claim alert", at=actor.at):
        alert = locked(actor, alert_id)
        if alert.assignee not in ("", me):
            raise Unfit(_("%(person)s has %(alert)s: have it assigned to you instead.") % _told(alert))
        give(alert, me, actor.at)
    return alert


def claim_next(actor: Actor, rows: QuerySet[Any]) -> Alert | None:
    """Take the next alert among these that is nobody's, by priority; None where there is none. Two people never get the same."""
    with acting(actor.author, "claim the next alert", at=actor.at):
        free = Q(state="open") | Q(state="snoozed", snoozed_until__lte=actor.at)
        waiting = seen_by(actor, "work on alerts", rows).filter(free, is_live=1, assignee="").order_by("-priority", "alert_id")
        if connection.vendor == "postgresql":
            waiting = waiting.select_for_update(skip_locked=True, of=("self",))
        alert: Alert | None = waiting.first()
        if alert is not None:
            give(alert, actor.person.person_id, actor.at)
    return alert


def give(alert: Alert, person_id: str, at: datetime) -> None:
    """The alert is a person's from now on."""
    alert.state, alert.assignee, alert.claimed_at, alert.snoozed_until = "claimed", person_id, at, None
    alert.save()


def assign(actor: Actor, alert_id: str, person_id: str, reason: str = "") -> Alert:
    """Give an alert to a person who may work on it; taking it from somebody needs a reason. Raises ``Unfit``."""
    with acting(actor.author, "assign alert", reason=reason.strip(), at=actor.at):
        alert = locked(actor, alert_id)
        if alert.assignee == person_id:
            raise Unfit({"person": _("%(person)s has it already") % _told(alert)})
        if alert.assignee and not reason.strip():
            raise Unfit({"reason": _("say why it goes from %(person)s to another") % _told(alert)})
        if not may_work(person_id, alert, actor.at):
            raise Unfit({"person": _("%(person)s may not work on this alert") % {"person": person_id}})
        give(alert, person_id, actor.at)
    return alert


def may_work(person_id: str, alert: Alert, at: datetime) -> bool:
    """Whether one of a person's accounts may work on an alert, and no interest keeps the person out."""
    for account in Account.objects.filter(person_id=person_id, is_active=True).select_related("person"):
        actor = Actor.of(account, at)
        if actor.may("work on alerts", alert.chapter) and actor.parties.isdisjoint(alert.parties):
            return True
    return False


def workers(at: datetime) -> list[Person]:
    """The persons who may work on alerts of some chapter, by name."""
    held = Grant.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), given_at__lte=at, role__in=sorted(matrix()["work on alerts"]))
    grants = held.filter(account__is_active=True).select_related("account__person")
    found = {grant.account.person_id: grant.account.person for grant in grants}
    return sorted(found.values(), key=lambda person: (person.name, person.person_id))


def release(actor: Actor, alert_id: str, reason: str = "") -> Alert:
    """Give an alert back to the queue: one's own, or with a reason another's."""
    with acting(actor.author, "release alert", reason=reason.strip(), at=actor.at):
        alert = locked(actor, alert_id)
        if not alert.assignee:
            raise Unfit(_("%(alert)s is nobody's already.") % _told(alert))
        if alert.assignee != actor.person.person_id and not reason.strip():
            raise Unfit({"reason": _("say why it is taken from %(person)s") % _told(alert)})
        alert.state, alert.assignee, alert.claimed_at, alert.snoozed_until = "open", "", None, None
        alert.save()
    return alert


def snooze(actor: Actor, alert_id: str, until: date, reason_code: str, reason: str = "") -> Alert:
    """Put an alert aside until the morning of a day in Japan, at most 180 days from now. Raises ``Unfit``."""
    if reason_code not in dict(SNOOZE_REASONS):
        raise Unfit({"reason_code": _("choose one of the reasons")})
    if reason_code == "other" and not reason.strip():
        raise Unfit({"reason": _("say what it waits for")})
    today = actor.at.astimezone(JAPAN).date()
    if not today < until <= today + timedelta(days=SNOOZED_DAYS_MOST):
        raise Unfit({"until": _("give a day from tomorrow on, at most %(most)s days away") % {"most": SNOOZED_DAYS_MOST}})
    with acting(actor.author, "put alert aside", reason=f"{reason_code}: {reason}".strip(" :"), at=actor.at):
        alert = locked(actor, alert_id)
        needs_mine(actor, alert)
        alert.state, alert.snoozed_until = "snoozed", datetime.combine(until, datetime.min.time(), JAPAN)
        alert.save()
    return alert


def wake(actor: Actor, alert_id: str, reason: str = "") -> Alert:
    """Take up again what was put aside, before its time."""
    with acting(actor.author, "take alert up again", reason=reason.strip(), at=actor.at):
        alert = locked(actor, alert_id)
        if alert.state != "snoozed":
            raise Unfit(_("%(alert)s is not put aside.") % _told(alert))
        needs_mine(actor, alert)
        awake(alert)
    return alert


def awake(alert: Alert) -> None:
    """No longer put aside: its assignee has it, or nobody."""
    alert.state, alert.snoozed_until = ("claimed" if alert.assignee else "open"), None
    alert.save()


def needs_mine(actor: Actor, alert: Alert) -> None:
    """Raises ``Denied`` where another person works on it, unless a supervisor asks."""
    if alert.assignee not in ("", actor.person.person_id) and "supervisor" not in actor.roles:
        raise Denied(_("%(person)s works on %(alert)s: have it assigned to you first") % _told(alert))
