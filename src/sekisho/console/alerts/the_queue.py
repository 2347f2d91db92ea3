"""The queue: alerts in a dense table, the gravest first, with filters kept in the address."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sekisho.console.alerts import rules, text_search
from sekisho.console.alerts.models import DISPOSITIONS, LIVE, RANK, RANK_STEP, SEVERITIES, STATES, Alert, AlertParty
from sekisho.console.alerts.working import JAPAN, seen_by, workers
from sekisho.console.desk.listing import ON_PAGE, Column, Filter, Listing, page_number
from sekisho.console.desk.pages import Asked
from sekisho.console.desk.words_of_law import SEVERITY_WORDS
from sekisho.console.people.actor import Actor
from sekisho.console.people.chapters import chapter_title
from sekisho.console.people.naming import names_of
from sekisho.rulebook import load_rulebook

COUNTED_TO: Final = 999
SUBJECT_SHOWN: Final = 36
_LARGEST: Final = 2**63 - 1
_LATE: Final = "chapter = %s AND state IN ('open', 'claimed', 'snoozed') AND due_at < %s"
HEAVY: Final = ("evidence", "parameters", "summary_en", "summary_ja", "parties")
Choices = Sequence[tuple[str, str | Promise]]
_STATE_WORDS: Final = dict(STATES)
_DISPOSITION_WORDS: Final = dict(DISPOSITIONS)


def waiting(now: datetime) -> Q:
    """What somebody should work on: all that is live but what is put aside still."""
    return Q(is_live=1) & ~Q(state="snoozed", snoozed_until__gt=now)


def _rows(request: Asked) -> QuerySet[Any]:
    rows = seen_by(request.actor, passed_over=page_number(request) * ON_PAGE).defer(*HEAVY)
    if "state" not in request.GET and "proposal" not in request.GET:
        rows = rows.filter(waiting(request.actor.at))
    return rows


def _by_state(rows: QuerySet[Any], value: str, request: Asked) -> QuerySet[Any]:
    now = request.actor.at
    wanted = Q()
    for state in request.GET.getlist("state"):
        if state == "waiting":
            wanted |= waiting(now)
        elif state == "open":
            wanted |= Q(is_live=1) & (Q(state="open") | Q(state="snoozed", snoozed_until__lte=now))
        elif state == "snoozed":
            wanted |= Q(state="snoozed", snoozed_until__gt=now)
        elif state in _STATE_WORDS:
            wanted |= Q(state=state, is_live=int(state in LIVE))
    return rows.filter(wanted)


def _by_severity(rows: QuerySet[Any], value: str, request: Asked) -> QuerySet[Any]:
    """A severity is a stretch of the priority, which the queue is sorted by."""
    wanted = Q()
    for severity in request.GET.getlist("severity"):
        if severity in RANK:
            first = RANK[severity] * RANK_STEP
            wanted |= Q(priority__gte=first, priority__lt=first + RANK_STEP)
    return rows.filter(wanted)


def _by_assignee(rows: QuerySet[Any], value: str, request: Asked) -> QuerySet[Any]:
    me = request.actor.person.person_id
    names = [{"me": me, "nobody": ""}.get(each, each) for each in request.GET.getlist("assignee") if each]
    return rows.filter(assignee__in=names) if len(names) > 1 else rows.filter(assignee=names[0])


def _by_term(rows: QuerySet[Any], value: str, request: Asked) -> QuerySet[Any]:
    now = request.actor.at
    if value == "late":
        late: QuerySet[Any] = rows.filter(is_live=1, due_at__lt=now)
        if request.GET.get("sort", "").lstrip("-") == "due" or late.order_by()[: text_search.FEW + 1].count() <= text_search.FEW:
            return late
        # Many are late: walk the queue in its order and pass over what is not, rather than sort all that are.
        walked: QuerySet[Any] = rows.filter(is_live=1).alias(term=Coalesce("due_at", "due_at")).filter(term__lt=now)
        return walked
    return rows.filter(is_live=1, due_at__gte=now, due_at__lt=now + timedelta(days=2)) if value == "soon" else rows


def _by_subject(rows: QuerySet[Any], value: str, request: Asked) -> QuerySet[Any]:
    """Alerts about a subject, or that concern a party."""
    about = Alert._base_manager.filter(subject_key=value).values("pk")
    concern = AlertParty.objects.filter(party_id=value).values("alert_id")
    return rows.filter(pk__in=about.union(concern))


def _by_day(name: str, later: int) -> Any:
    def keeps(rows: QuerySet[Any], value: str, request: Asked) -> QuerySet[Any]:
        try:
            on = datetime.combine(date.fromisoformat(value) + timedelta(days=later), datetime.min.time(), JAPAN)
        except (ValueError, OverflowError):
            return rows.none()
        return rows.filter(is_live__in=(0, 1), **{name: on})  # both, so that the index by day is of use

    return keeps


def _by_mark(rows: QuerySet[Any], value: str, request: Asked) -> QuerySet[Any]:
    if value == "again":
        return rows.exclude(earlier="")
    marked: dict[str, QuerySet[Any]] = {
        "remembered": Alert._base_manager.filter(memory__isnull=False),
        "proposed": Alert._base_manager.filter(proposal__isnull=False, proposed__gt=""),
    }
    return rows.filter(pk__in=marked[value].values("pk")) if value in marked else rows  # few of all: by their own index


def _by_proposal(rows: QuerySet[Any], value: str, request: Asked) -> QuerySet[Any]:
    return rows.filter(proposal=int(value)) if value.isascii() and value.isdecimal() and len(value) < 18 else rows.none()


def _chapters(request: Asked) -> Choices:
    mine = request.actor.chapters("read alerts")
    names = sorted({rule.chapter for rule in load_rulebook().rules.values()})
    return [(name, chapter_title(name)) for name in names if mine is None or name in mine]


def _rules(request: Asked) -> Choices:
    mine = request.actor.chapters("read alerts")
    found = [rule for rule in load_rulebook().rules.values() if mine is None or rule.chapter in mine]
    return sorted(((rule.path, rules.said(rule.title)) for rule in found), key=lambda each: each[1])


def _people(request: Asked) -> Choices:
    fixed: list[tuple[str, str | Promise]] = [("me", _("me")), ("nobody", _("nobody"))]
    return fixed + [(person.person_id, names_of(request)[person.person_id]) for person in _workers(request)]


def _workers(request: Asked) -> list[Any]:
    """The persons who may work on alerts, read once for a page."""
    if not hasattr(request, "alert_workers"):
        request.alert_workers = workers(request.actor.at)  # type: ignore[attr-defined]
    found: list[Any] = request.alert_workers  # type: ignore[attr-defined]
    return found


def age(days: int) -> str:
    """How old: in days."""
    return ngettext("%(n)s d", "%(n)s d", days) % {"n": days}


def subject_shown(subject: str) -> str:
    """A subject in a table: of many accounts the first, and how many more."""
    if len(subject) <= SUBJECT_SHOWN:
        return subject
    first, *others = subject.split("|")
    return f"{first[:SUBJECT_SHOWN]} +{len(others)}" if others else f"{first[:SUBJECT_SHOWN]}…"


def _show(alert: Alert, request: Asked) -> dict[str, Any]:
    now = request.actor.at
    state = alert.state_at(now)
    as_file = bool(request.GET.get("as"))
    words: str | Promise = _STATE_WORDS[state]
    if alert.disposition:
        words = _DISPOSITION_WORDS[alert.disposition]
    if alert.memory_id is not None:
        words = _("remembered as false positive")
    elif alert.proposed:
        words = _("%(disposition)s? waits for a second person") % {"disposition": _DISPOSITION_WORDS[alert.proposed]}
    return {
        "alert": alert.alert_id,
        "severity": alert.severity,
        "severity_words": SEVERITY_WORDS[alert.severity],
        "score": round(alert.score, 4),
        "rule": rules.title(alert.rule),
        "at": reverse("alert", args=[alert.alert_id]),
        "subject": alert.subject_id if as_file else subject_shown(alert.subject_id),
        "instrument": alert.instrument or alert.asset or None,
        "window": alert.window_from,
        "amount": alert.amount_jpy if as_file or alert.amount_jpy is None else round(alert.amount_jpy),
        "age": age(max(0, (now - alert.raised_at).days)),
        "due": alert.due_at if alert.is_live else None,
        "assignee": names_of(request).get(alert.assignee, alert.assignee) or None,
        "state": state,
        "state_words": words,
        "disposition": alert.disposition or None,
        "again": bool(alert.earlier),
    }


QUEUE: Final = Listing(
    name="alerts",
    columns=(
        Column(key="severity", title=gettext_lazy("Severity"), kind="chip", sort="priority"),
        Column(key="score", title=gettext_lazy("Score"), kind="score"),
        Column(key="rule", title=gettext_lazy("Rule"), at="at"),
        Column(key="subject", title=gettext_lazy("Subject"), kind="code"),
        Column(key="instrument", title=gettext_lazy("Instrument"), kind="code"),
        Column(key="window", title=gettext_lazy("From"), kind="time"),
        Column(key="amount", title=gettext_lazy("Amount"), kind="yen"),
        Column(key="age", title=gettext_lazy("Age"), kind="number", sort="raised_at"),
        Column(key="due", title=gettext_lazy("Due"), kind="due", sort="due_at"),
        Column(key="assignee", title=gettext_lazy("Assigned to")),
        Column(key="state", title=gettext_lazy("State"), kind="chip"),
    ),
    rows=_rows,
    show=_show,
    sort=("-priority", "alert_id"),
    filters=(
        Filter(
            name="state",
            title=gettext_lazy("State"),
            keeps=_by_state,
            values=[("waiting", gettext_lazy("to be worked on")), *STATES],
        ),
        Filter(name="severity", title=gettext_lazy("Severity"), keeps=_by_severity, values=SEVERITIES),
        Filter(name="chapter", title=gettext_lazy("Chapter"), keeps="chapter", values=_chapters),
        Filter(name="rule", title=gettext_lazy("Rule"), keeps="rule", values=_rules),
        Filter(name="assignee", title=gettext_lazy("Assigned to"), keeps=_by_assignee, values=_people),
        Filter(
            name="due",
            title=gettext_lazy("Due"),
            keeps=_by_term,
            values=[("late", gettext_lazy("late")), ("soon", gettext_lazy("within 2 days"))],
        ),
        Filter(name="subject", more=True, title=gettext_lazy("Subject or party"), keeps=_by_subject, kind="text"),
        Filter(name="instrument", more=True, title=gettext_lazy("Instrument"), keeps="instrument", kind="text"),
        Filter(name="raised_from", more=True, title=gettext_lazy("Raised from"), keeps=_by_day("raised_at__gte", 0), kind="day"),
        Filter(name="raised_until", more=True, title=gettext_lazy("Raised until"), keeps=_by_day("raised_at__lt", 1), kind="day"),
        Filter(name="disposition", more=True, title=gettext_lazy("Disposition"), keeps="disposition", values=DISPOSITIONS),
        Filter(
            name="mark",
            more=True,
            title=gettext_lazy("Mark"),
            keeps=_by_mark,
            values=[
                ("proposed", gettext_lazy("waits for a second person")),
                ("again", gettext_lazy("same rule and subject as before")),
                ("remembered", gettext_lazy("remembered as false positive")),
            ],
        ),
        Filter(name="proposal", title=gettext_lazy("Proposal"), keeps=_by_proposal, kind="hidden"),
    ),
    search=text_search.matching,
)


def kept(request: Asked, query: str) -> QuerySet[Any]:
    """The alerts that the filters of an address keep, for this person, in its order."""
    asked = copy.copy(request)
    asked.GET = QueryDict(query)
    return QUEUE.kept(asked)


def counts(request: Asked) -> list[dict[str, Any]]:
    """How many alerts of each chapter are open, claimed, put aside and late; beyond 999 only that there are more."""
    actor = request.actor
    names = [name for name, _title in _chapters(request)]
    told: dict[str, dict[str, Any]] = {
        name: {"chapter": name, "title": chapter_title(name), "open": 0, "claimed": 0, "snoozed": 0, "late": 0} for name in names
    }
    asked: list[tuple[tuple[str, str], str, list[Any]]] = []
    for name in names:
        asked += [((name, state), "chapter = %s AND state = %s", [name, state]) for state in ("open", "claimed", "snoozed")]
        asked.append(((name, "late"), _LATE, [name, _moment(actor.at)]))
    for (chapter, what), count in _counted(actor, asked).items():
        told[chapter][what] = count
    # What is put aside until a moment that has come, by the index of that moment (Coalesce keeps it from the one of the state).
    over = seen_by(actor).filter(snoozed_until__lte=actor.at).alias(stood=Coalesce("state", "state")).filter(stood="snoozed")
    for chapter in over.order_by().values_list("chapter", flat=True):
        if chapter in told:
            told[chapter]["open"], told[chapter]["snoozed"] = told[chapter]["open"] + 1, told[chapter]["snoozed"] - 1
    return [each for each in told.values() if each["open"] or each["claimed"] or each["snoozed"]]


def late_in(request: Asked) -> dict[str, int]:
    """How many alerts of each chapter are late; beyond 999 only that there are more."""
    asked = [((name, "late"), _LATE, [name, _moment(request.actor.at)]) for name, _title in _chapters(request)]
    return {chapter: count for (chapter, _late), count in _counted(request.actor, asked).items()}


def by_severity(request: Asked) -> dict[tuple[str, str], int]:
    """How many alerts wait, by chapter and severity, as the queue shows them; beyond 999 only that there are more."""
    waits = "is_live = 1 AND chapter = %s AND priority >= %s AND priority < %s AND NOT (state = 'snoozed' AND snoozed_until > %s)"
    now = _moment(request.actor.at)
    asked = [
        ((name, severity), waits, [name, rank * RANK_STEP, min((rank + 1) * RANK_STEP, _LARGEST), now])
        for name, _title in _chapters(request)
        for severity, rank in RANK.items()
    ]
    return {key: count for key, count in _counted(request.actor, asked).items() if count}


def _counted(actor: Actor, asked: list[tuple[tuple[str, str], str, list[Any]]]) -> dict[tuple[str, str], int]:
    """For each key the number of alerts that meet its condition and that the actor may see, at most one beyond ``COUNTED_TO``."""
    hidden, parties = "", sorted(actor.parties)
    if parties:
        listed = ", ".join(["%s"] * len(parties))
        hidden = f" AND NOT EXISTS (SELECT 1 FROM alerts_alertparty p WHERE p.alert_id = a.alert_id AND party_id IN ({listed}))"
    given = [value for key, _condition, values in asked for value in (*key, *values, *parties)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(_capped(condition, hidden) for _key, condition, _values in asked), given)
        return {(first, second): count for first, second, count in cursor.fetchall()}


def _capped(condition: str, hidden: str) -> str:
    within = f"SELECT 1 FROM alerts_alert a WHERE {condition}{hidden} LIMIT {COUNTED_TO + 1}"
    return f"SELECT %s, %s, (SELECT COUNT(*) FROM ({within}) AS capped)"


def _moment(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at) if connection.vendor == "sqlite" else at
