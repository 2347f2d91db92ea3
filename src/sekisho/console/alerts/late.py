"""What is late and who is reminded of it, in the office: terms that come near or are over, and what is put aside no longer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Q

from sekisho.console.alerts.models import Alert, Reminder
from sekisho.console.alerts.working import JAPAN, awake, standing
from sekisho.console.journal.acting import SYSTEM, Author, acting
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account, Grant, Person

SOON: Final = timedelta(days=1)
WOKEN_AT_ONCE: Final = 500


def tick(at: datetime, author: Author = SYSTEM) -> dict[str, int]:
    """Wake what was put aside until now, and remind: once a day at most for the same thing, however often it runs."""
    woken = 0
    over = Alert.objects.filter(state="snoozed", snoozed_until__lte=at)
    while over.exists():
        with acting(author, "time put aside is over", at=at):
            some = list(standing(over)[:WOKEN_AT_ONCE])
            for alert in some:
                awake(alert)
            remind(_told(((alert.assignee, "woken", alert.alert_id) for alert in some if alert.assignee), at), at)
        woken += len(some)
    with acting(author, "remind", at=at):
        made = remind(_due(at), at)
    return {"no longer put aside": woken, "reminders": made}


def remind(reminders: Iterable[Reminder], at: datetime) -> int:
    """Write the reminders that nobody has for that day yet."""
    wanted = {(each.person_id, each.reminds, each.about): each for each in reminders}
    day = at.astimezone(JAPAN).date()
    there = set(Reminder.objects.filter(on=day).values_list("person_id", "reminds", "about"))
    new = [each for key, each in sorted(wanted.items()) if key not in there]
    Reminder.objects.bulk_create(new, batch_size=500)
    return len(new)


def _told(who: Iterable[tuple[str, str, str]], at: datetime) -> Iterator[Reminder]:
    day = at.astimezone(JAPAN).date()
    for person, what, about in who:
        yield Reminder(person_id=person, reminds=what, about=about, on=day, made_at=at)


def _due(at: datetime) -> Iterator[Reminder]:
    """To each assignee his own alerts that are late or soon will be; to supervisors what of each person, and of nobody, is late."""
    day = at.astimezone(JAPAN).date()
    own = Alert.objects.filter(~Q(assignee=""), is_live=1, state="claimed", due_at__lt=at + SOON)
    late_of: Counter[tuple[str, str]] = Counter()
    for alert_id, assignee, chapter, due_at in own.order_by().values_list("alert_id", "assignee", "chapter", "due_at").iterator():
        late = due_at < at
        late_of[assignee, chapter] += late
        yield Reminder(person_id=assignee, reminds="late" if late else "soon", about=alert_id, on=day, made_at=at)
    nobodys = Alert.objects.filter(is_live=1, state="open", assignee="", due_at__lt=at).order_by().values_list("chapter")
    waiting = dict(nobodys.annotate(Count("pk")))
    for supervisor, chapters in _supervisors(at):
        by_person: Counter[str] = Counter()
        for (assignee, chapter), count in late_of.items():
            if chapters is None or chapter in chapters:
                by_person[assignee] += count
        for assignee, count in by_person.items():
            if count and assignee != supervisor:
                yield Reminder(person_id=supervisor, reminds="late", about=f"@{assignee}", alerts=count, on=day, made_at=at)
        for chapter, count in waiting.items():
            if chapters is None or chapter in chapters:
                yield Reminder(person_id=supervisor, reminds="nobodys", about=f"#{chapter}", alerts=count, on=day, made_at=at)


def _supervisors(at: datetime) -> list[tuple[str, frozenset[str] | None]]:
    """The supervisors, and the chapters each is for (None: all)."""
    grants = Grant.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), role="supervisor", given_at__lte=at)
    accounts = Account.objects.filter(pk__in=grants.values("account"), is_active=True).select_related("person")
    found: dict[str, frozenset[str] | None] = {}
    for account in accounts:
        mine = Actor.of(account, at).chapters("approve a disposition")
        before = found.get(account.person_id, frozenset())
        found[account.person_id] = None if mine is None or before is None else before | mine
    return sorted(found.items())


def reminders_of(person: Person, most: int = 200) -> list[Reminder]:
    """What a person is reminded of and has not marked as seen, newest first."""
    return list(Reminder.objects.filter(person_id=person.person_id, seen_at=None).order_by("-on", "reminds", "about")[:most])


def seen(actor: Actor) -> int:
    """Mark all one's own reminders as seen."""
    with acting(actor.author, "see reminders", at=actor.at):
        rows = list(Reminder.objects.filter(person_id=actor.person.person_id, seen_at=None))
        for row in rows:
            row.seen_at = actor.at
            row.save()
    return len(rows)
