"""Work on a case: open it, join alerts, link, assign, move on, note, narrate. Each is an act with a name, or nothing happens."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from sekisho.console.alerts.models import RANK, Alert
from sekisho.console.cases.books import parties_of
from sekisho.console.cases.models import STATES, Aside, Case, CaseAlert, CaseLink, CaseParty, Note
from sekisho.console.cases.seen import about, ids_of, the_case, to_change
from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Person
from sekisho.rulebook import load_rulebook
from sekisho.rulebook.texts import Text
from sekisho.typologies.business_days import BusinessDays

TERM_BUSINESS_DAYS: Final[Mapping[str, int]] = {"critical": 5, "high": 10, "medium": 20, "low": 30}
"""Until when a case is to be closed, counted from the day it opens: a term of the house, not of the law."""
JAPAN: Final = ZoneInfo("Asia/Tokyo")
ALERTS_AT_ONCE: Final = 500
_LOCK: Final = 0x5E_615_43


def chapters_known() -> tuple[str, ...]:
    """The chapters of the rulebook: what a case can be about."""
    return tuple(sorted({rule.chapter for rule in load_rulebook().rules.values()}))


def open_case(actor: Actor, alert_ids: Sequence[str], *, title: str = "", words: str = "") -> Case:
    """Open a case from alerts. Its chapter and severity are those of the gravest; its parties are theirs.

    Raises ``Denied`` where an alert is not his, ``Unfit`` where one is unknown, closed, or in a case already.
    """
    with acting(actor.author, "open a case", reason=words, at=actor.at):
        alerts = _free(actor, "open a case", alert_ids)
        if not alerts:
            raise Unfit({"alerts": _("name at least one alert, or open a case by hand")})
        gravest = alerts[0]
        case = _new(actor, title or _title_of(alerts), gravest.chapter, gravest.severity)
        _join(case, alerts, actor.at)
        if words:
            Note(case=case, at=actor.at, by=actor.person.person_id, words=words).save()
    return case


def open_by_hand(actor: Actor, *, title: str, chapter: str, severity: str, parties: Iterable[str] = (), words: str = "") -> Case:
    """Open a case about something no rule has found, with the reason as its first note."""
    faults = {}
    if not title.strip():
        faults["title"] = _("say what it is about")
    if chapter not in chapters_known():
        faults["chapter"] = _("choose one of the chapters")
    if severity not in RANK:
        faults["severity"] = _("choose one of the severities")
    if not words.strip():
        faults["words"] = _("say why it is opened")
    if faults:
        raise Unfit(faults)
    named = {each.strip() for each in parties if each.strip()}
    whole = named | set(parties_of(sorted(named)).values())
    actor.need("open a case", chapter, whole)
    with acting(actor.author, "open a case", reason=words, at=actor.at):
        case = _new(actor, title.strip()[:300], chapter, severity)
        _name(case, whole)
        Note(case=case, at=actor.at, by=actor.person.person_id, words=words).save()
    return case


def join(actor: Actor, case_id: str, alert_ids: Sequence[str]) -> Case:
    """Join alerts to a case that is there."""
    with acting(actor.author, "join alerts to a case", at=actor.at):
        case = to_change(actor, case_id)
        alerts = _free(actor, "work on cases", alert_ids)
        if not alerts:
            raise Unfit({"alerts": _("name at least one alert")})
        _join(case, alerts, actor.at)
        if RANK[alerts[0].severity] > case.rank:
            case.severity, case.rank = alerts[0].severity, RANK[alerts[0].severity]
            case.save()
    return case


def unjoin(actor: Actor, case_id: str, alert_id: str, why: str) -> Case:
    """Take an alert out of a case again; it waits in the queue as before. The case stays about its parties."""
    if not why.strip():
        raise Unfit({"why": _("say why the alert does not belong here")})
    with acting(actor.author, "take an alert out of a case", reason=why, at=actor.at):
        case = to_change(actor, case_id)
        joined = CaseAlert.objects.filter(case=case, alert_id=alert_id).select_related("alert").first()
        if joined is None:
            raise Unfit({"alert": _("%(alert)s is not in this case") % {"alert": alert_id}})
        alert = joined.alert
        actor.need("work on cases", alert.chapter, {*alert.parties, *ids_of(alert)})
        joined.delete()
        alert.state = "claimed" if alert.assignee else "open"
        alert.save()
    return case


def link(actor: Actor, case_id: str, other_id: str, why: str) -> Case:
    """Say that two cases belong together."""
    if not why.strip():
        raise Unfit({"why": _("say why they belong together")})
    with acting(actor.author, "link cases", reason=why, at=actor.at):
        case, other = to_change(actor, case_id), Case.objects.filter(pk=other_id).first()
        if other is None or other == case:
            raise Unfit({"other": _("there is no other case %(case)s") % {"case": other_id}})
        the_case(actor, other.case_id)
        if CaseLink.objects.filter(case=other, other=case).exists() or CaseLink.objects.filter(case=case, other=other).exists():
            raise Unfit({"other": _("they are linked already")})
        CaseLink(case=case, other=other, why=why, at=actor.at, by=actor.person.person_id).save()
    return case


def claim(actor: Actor, case_id: str) -> Case:
    """Take a case that nobody has. Of two who try at once one gets it, and the other is told who."""
    with acting(actor.author, "claim a case", at=actor.at):
        case = to_change(actor, case_id)
        if case.assignee:
            raise Unfit(
                _("%(person)s has this case already; to take it over, reassign it with a note.") % {"person": case.assignee}
            )
        case.assignee = actor.person.person_id
        case.save()
    return case


def assign(actor: Actor, case_id: str, to: str, words: str) -> Case:
    """Give a case to somebody who may work on it, with a note that says why."""
    if not words.strip():
        raise Unfit({"words": _("a case is not handed on without a note")})
    if to not in workers(the_case(actor, case_id, "work on cases"), actor.at):
        raise Unfit({"to": _("%(person)s may not work on this case") % {"person": to}})
    with acting(actor.author, "assign a case", reason=words, at=actor.at):
        case = to_change(actor, case_id)
        before, case.assignee = case.assignee or "–", to
        case.save()
        said = _("%(before)s → %(to)s: %(words)s") % {"before": before, "to": to, "words": words}
        Note(case=case, at=actor.at, by=actor.person.person_id, words=said).save()
    return case


def workers(case: Case, at: datetime) -> list[str]:
    """The persons who may work on a case: of the role, of the chapter, without an interest in it."""
    named, found = about(case), set()
    for person in Person.objects.prefetch_related("accounts").order_by("pk"):
        for account in person.accounts.all():
            actor = Actor.of(account, at)
            if account.is_active and actor.may("work on cases", case.chapter) and actor.parties.isdisjoint(named):
                found.add(str(person.pk))
    return sorted(found)


def move(actor: Actor, case_id: str, state: str, seen: str = "") -> Case:
    """Say how far a case is. ``seen`` is the state the person saw: where somebody has moved it meanwhile, that is told."""
    if state not in dict(STATES) or state == "closed":
        raise Unfit({"state": _("choose a state; closing takes two people and has its own form")})
    with acting(actor.author, "move a case", at=actor.at):
        case = to_change(actor, case_id)
        if seen and seen != case.state:
            said = _("Somebody has moved the case meanwhile: it is '%(state)s' now.")
            raise Unfit({"state": said % {"state": case.get_state_display()}})
        case.state = state
        case.save()
    return case


def note(actor: Actor, case_id: str, words: str) -> Note:
    """Add a note."""
    if not words.strip():
        raise Unfit({"words": _("write the note")})
    with acting(actor.author, "note on a case", at=actor.at):
        added = Note(case=to_change(actor, case_id), at=actor.at, by=actor.person.person_id, words=words.strip())
        added.save()
    return added


def narrate(
    actor: Actor, case_id: str, texts: tuple[str, str], version: int, *, is_draft: bool = False, beside: bool = False
) -> Case | Aside:
    """Save the narrative (English, Japanese) that started from ``version``.

    Where somebody has saved another meanwhile, nothing is overwritten: these words are kept beside it, and an ``Aside`` tells so.
    ``beside`` keeps them there in any case.
    """
    with acting(actor.author, "draft the narrative" if is_draft else "write the narrative", at=actor.at):
        case = to_change(actor, case_id)
        if beside or version != case.narrative_version:
            aside = Aside(
                case=case,
                at=actor.at,
                by=actor.person.person_id,
                based_on=version,
                met=case.narrative_version,
                narrative_en=texts[0],
                narrative_ja=texts[1],
            )
            aside.save()
            return aside
        left = ["en", "ja"] if is_draft else _left(case, texts)
        case.narrative_is_draft, case.narrative_left_draft = len(left) == 2, left[0] if len(left) == 1 else ""
        case.narrative_en, case.narrative_ja = texts
        case.narrative_version += 1
        case.narrative_by, case.narrative_at = actor.person.person_id, actor.at
        case.save()
    return case


def _left(case: Case, texts: tuple[str, str]) -> list[str]:
    """The languages in which the narrative stays the draft it was: who edits one has not read the other."""
    before, now = {"en": case.narrative_en, "ja": case.narrative_ja}, dict(zip(("en", "ja"), texts, strict=True))
    return [each for each in case.unedited if now[each].strip() and now[each].strip() == before[each].strip()]


def settle(actor: Actor, case_id: str, aside_id: int) -> Case:
    """Say that words kept beside the narrative are put in, or not needed. They stay in the journal."""
    with acting(actor.author, "settle words kept beside", at=actor.at):
        case = to_change(actor, case_id)
        aside = Aside.objects.filter(case=case, pk=aside_id, settled_at=None).first()
        if aside is None:
            raise Unfit({"aside": _("they are settled already")})
        aside.settled_at = actor.at
        aside.save()
    return case


def term_of(severity: str, at: datetime) -> datetime:
    """Until when a case of this severity is to be closed: the end of the last business day, Japan time."""
    last = BusinessDays().add(at.astimezone(JAPAN).date(), TERM_BUSINESS_DAYS[severity])
    return datetime.combine(last, time(23, 59, 59), JAPAN)


def _free(actor: Actor, act: str, alert_ids: Sequence[str]) -> list[Alert]:
    """The alerts of these ids, each of them his and in no case, the gravest first."""
    wanted = list(dict.fromkeys(each.strip() for each in alert_ids if each.strip()))
    if len(wanted) > ALERTS_AT_ONCE:
        raise Unfit({"alerts": _("at most %(most)s alerts at once") % {"most": ALERTS_AT_ONCE}})
    rows = Alert.objects.filter(pk__in=wanted)
    alerts = list((rows.select_for_update() if connection.vendor == "postgresql" else rows).order_by("-rank", "-score", "pk"))
    missing = sorted(set(wanted) - {alert.alert_id for alert in alerts})
    if missing:
        raise Unfit({"alerts": _("there is no alert %(alerts)s") % {"alerts": ", ".join(missing)}})
    for alert in alerts:
        actor.need(act, alert.chapter, {*alert.parties, *ids_of(alert)})
    joined = dict(CaseAlert.objects.filter(alert__in=alerts).values_list("alert_id", "case_id"))
    if joined:
        told = ", ".join(f"{alert} ({case})" for alert, case in sorted(joined.items()))
        raise Unfit({"alerts": _("in a case already: %(alerts)s") % {"alerts": told}})
    closed = [alert.alert_id for alert in alerts if alert.state == "closed"]
    if closed:
        raise Unfit({"alerts": _("closed already: %(alerts)s") % {"alerts": ", ".join(closed)}})
    return alerts


def _join(case: Case, alerts: Collection[Alert], at: datetime) -> None:
    try:
        with transaction.atomic():
            CaseAlert.objects.bulk_create([CaseAlert(case=case, alert=alert, joined_at=at) for alert in alerts])
    except IntegrityError:
        raise Unfit({"alerts": _("somebody has just put one of these alerts into a case")}) from None
    for alert in alerts:
        alert.state = "in_case"
        alert.save()
    ids = {each for alert in alerts for each in ids_of(alert)}
    _name(case, ids | {each for alert in alerts for each in alert.parties} | set(parties_of(sorted(ids)).values()))


def _name(case: Case, parties: Iterable[str]) -> None:
    """Note whom the case is about, besides those it is about already."""
    known = about(case)
    added = sorted(set(parties) - known)
    if not added:
        return
    CaseParty.objects.bulk_create([CaseParty(case=case, party_id=each) for each in added])
    case.parties = sorted(known | set(added))
    case.save()


def _new(actor: Actor, title: str, chapter: str, severity: str) -> Case:
    case = Case(
        case_id=_next_id(actor.at),
        title=title,
        chapter=chapter,
        severity=severity,
        rank=RANK[severity],
        opened_at=actor.at,
        opened_by=actor.person.person_id,
        assignee=actor.person.person_id if actor.may("work on cases", chapter) else "",
        due_at=term_of(severity, actor.at),
    )
    case.save()
    return case


def _next_id(at: datetime) -> str:
    """The next number of the year; on PostgreSQL one who opens a case at the same time waits (SQLite has one writer at a time)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    start = f"C-{at.astimezone(JAPAN).year}-"
    last = Case.objects.filter(case_id__startswith=start).order_by("-case_id").values_list("case_id", flat=True).first()
    return f"{start}{int(last.removeprefix(start)) + 1 if last else 1:06d}"


def _title_of(alerts: Sequence[Alert]) -> str:
    """The rules of the alerts in both languages, and their subjects; a page shows it in its own (``Case.said``)."""
    rules = load_rulebook().rules
    names = dict.fromkeys(rules[alert.rule].title if alert.rule in rules else Text(alert.rule, alert.rule) for alert in alerts)
    subjects = dict.fromkeys(each for alert in alerts for each in ids_of(alert))
    more = " …" if len(names) > 2 else ""
    japanese, english = ", ".join(each.ja for each in list(names)[:2]), ", ".join(each.en for each in list(names)[:2])
    told = f"{japanese}{more} / {english}{more}" if japanese != english else f"{english}{more}"
    who = ", ".join(list(subjects)[:3]) + (" …" if len(subjects) > 3 else "")
    return f"{told}: {who}"[:300]
