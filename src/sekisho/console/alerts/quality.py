"""How good the alerts are and who has how many: what became of them by rule, how old what waits is, and the work of each person."""

from __future__ import annotations

import hashlib
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.cache import cache
from django.db.models import Case, IntegerField, Value, When
from django.utils.translation import gettext as _

from sekisho.console.alerts import rules
from sekisho.console.alerts.models import DISPOSITIONS, Alert
from sekisho.console.alerts.working import tally
from sekisho.console.people.actor import Actor
from sekisho.console.people.chapters import chapter_title
from sekisho.console.people.models import Person

BOUNDS: Final = (3, 11, 31)
"""Ageing: 0 to 2 days, 3 to 10, 11 to 30, and more."""
KNOWN_LEAST: Final = 10
"""Below so many dispositions a share is a small number's accident, and is marked so."""
SLOW_SECONDS: Final = 0.25
KEPT_SECONDS: Final = 300
"""Counts that took long (there are very many alerts) are kept for five minutes, and the page says when they were counted."""
Tally = Counter[tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the page tells is told from: how many alerts, by rule and disposition, chapter and age, and person; counted when."""

    rules: Tally
    ages: Tally
    people: Tally
    at: datetime


def counted(actor: Actor, now: datetime) -> Counted:
    """The counts of the alerts an actor may read."""
    chapters = actor.chapters("read alerts")
    may_read = repr((None if chapters is None else sorted(chapters), sorted(actor.parties)))
    key = "alert-quality-" + hashlib.sha256(may_read.encode()).hexdigest()
    kept: Counted | None = cache.get(key)
    if kept is not None:
        return kept
    began = time.monotonic()
    found = Counted(
        rules=tally(actor, Alert.objects.all(), "rule", "disposition", "memory"),
        ages=_ages(actor, now),
        people=_people(actor, now),
        at=now,
    )
    if time.monotonic() - began > SLOW_SECONDS:
        cache.set(key, found, KEPT_SECONDS)
    return found


def by_rule(tallies: Counted) -> list[dict[str, Any]]:
    """For each rule: alerts by disposition, how many wait, and of those disposed of by people the share of false positives."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys([*dict(DISPOSITIONS), ""], 0))
    remembered: Counter[str] = Counter()
    for (rule, disposition, memory), count in tallies.rules.items():
        found[rule][disposition] += count
        if memory is not None:
            remembered[rule] += count
    told = []
    for rule, counts in found.items():
        false = counts["false_positive"] - remembered[rule]
        judged = counts["confirmed"] + counts["valuable"] + false
        told.append(
            {
                "rule": rule,
                "title": rules.title(rule),
                "confirmed": counts["confirmed"],
                "valuable": counts["valuable"],
                "false_positive": false,
                "remembered": remembered[rule],
                "without": counts[""],
                "judged": judged,
                "ratio": round(false / judged, 4) if judged else None,
                "few": judged < KNOWN_LEAST,
            }
        )
    return sorted(told, key=lambda row: (-row["judged"], -row["without"], row["rule"]))


def _ages(actor: Actor, now: datetime) -> Tally:
    starts = [now - timedelta(days=days) for days in BOUNDS]
    bucket = Case(
        *(When(raised_at__gt=start, then=Value(number)) for number, start in enumerate(starts)),
        default=Value(len(starts)),
        output_field=IntegerField(),
    )
    return tally(actor, Alert.objects.filter(is_live=1, raised_at__lte=now), "chapter", bucket)


def ageing(tallies: Counted) -> list[dict[str, Any]]:
    """What is to be worked on, by chapter and by days since it was raised."""
    found: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS) + 1))
    for (chapter, number), count in tallies.ages.items():
        found[chapter][number] += count
    return [
        {"chapter": name, "title": chapter_title(name), "counts": found[name], "all": sum(found[name])} for name in sorted(found)
    ]


def age_titles() -> list[str]:
    """The titles of the ages."""
    firsts, lasts = (0, *BOUNDS[:-1]), [bound - 1 for bound in BOUNDS]
    told = [_("%(first)s to %(last)s days") % {"first": first, "last": last} for first, last in zip(firsts, lasts, strict=True)]
    return [*told, _("more than %(last)s days") % {"last": lasts[-1]}]


def _people(actor: Actor, now: datetime) -> Tally:
    late = Case(When(due_at__lt=now, then=Value(1)), default=Value(0), output_field=IntegerField())
    people = [*Person.objects.values_list("pk", flat=True)]  # each, rather than whoever is not nobody: by the index of people
    return tally(actor, Alert.objects.filter(is_live=1, assignee__in=people), "assignee", "state", late, "proposed")


def workload(tallies: Counted) -> list[dict[str, Any]]:
    """For each person: alerts in hand, put aside, late, and waiting for a second person's word."""
    found: dict[str, dict[str, Any]] = {}
    for (person, state, is_late, proposed), count in tallies.people.items():
        told = found.setdefault(person, {"person": person, "in_hand": 0, "snoozed": 0, "late": 0, "proposed": 0})
        told["in_hand"] += count * (state == "claimed")
        told["snoozed"] += count * (state == "snoozed")
        told["late"] += count * is_late
        told["proposed"] += count * (proposed != "")
    return sorted(found.values(), key=lambda row: (-row["in_hand"], row["person"]))


def picture(rows: list[dict[str, Any]], keys: tuple[str, ...], most: int = 15) -> list[dict[str, Any]]:
    """Rows as bars of stacked parts, as an SVG draws them: parts with start and width in thousandths of the widest row."""
    shown = rows[:most]
    widest = max((sum(int(row[key]) for key in keys) for row in shown), default=0) or 1
    told = []
    for number, row in enumerate(shown):
        start, parts = 0.0, []
        for key in keys:
            width = round(1000 * int(row[key]) / widest, 2)
            if width:
                parts.append({"key": key, "start": round(start, 2), "width": width, "count": row[key]})
            start += width
        told.append({"title": row["title"], "top": 44 * number, "parts": parts})
    return told
