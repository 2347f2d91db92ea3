"""The pages of the alert queue and the acts on alerts."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sekisho.console.alerts import bulk, late, quality, remembered, rules, saved_views, service_levels, the_queue, working
from sekisho.console.alerts.alert_page import content_of
from sekisho.console.alerts.dispositions import TOGETHER_MOST, propose_disposition, propose_reopening
from sekisho.console.alerts.models import SEVERITIES, Memory, Reminder, ServiceLevel
from sekisho.console.desk import reminders as bell
from sekisho.console.desk.listing import Column, Filter, Listing
from sekisho.console.desk.pages import Asked, Content, Done, Unfit, action, page
from sekisho.console.desk.panels import panels_of
from sekisho.console.desk.ticks import on_tick
from sekisho.console.people.chapters import chapter_title
from sekisho.console.people.naming import named


@page("alerts/", name="alerts", act="read alerts", template="alerts/queue.html", menu=gettext_lazy("Alerts"), order=20)
def alerts(request: Asked) -> Content | HttpResponseBase:
    """The queue."""
    works = request.actor.may("work on alerts")
    content = the_queue.QUEUE.content(
        request,
        heading=_("Alerts"),
        counts=[] if request.GET.get("as") else the_queue.counts(request),
        counted_to=the_queue.COUNTED_TO,
        views=saved_views.views(request.actor),
        bulk="bulk" if works else None,
        acts=bulk.offered(request) if works else [],
        together_most=TOGETHER_MOST,
        works=works,
        reminders=len(late.reminders_of(request.actor.person)),
    )
    if isinstance(content, dict) and "state" not in request.GET and "proposal" not in request.GET:
        for value in content["filters"][0]["values"]:
            value["chosen"] = value["value"] == "waiting"
    return content


class Next(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The filters among whose alerts the next is taken."""

    query: str = ""


@action("alerts/next/", name="claim next", act="work on alerts")
def claim_next(request: Asked, body: Next) -> Done:
    """Claim the next alert that is nobody's, by priority, among those the filters keep."""
    query = QueryDict(body.query, mutable=True)
    for name in ("state", "assignee", "sort", "page", "as"):
        query.pop(name, None)
    claimed = working.claim_next(request.actor, the_queue.kept(request, query.urlencode()))
    if claimed is None:
        return Done(said=_("Nothing here is nobody's."), at=f"{reverse('alerts')}?{body.query}", content={"alert": None})
    at = reverse("alert", args=[claimed.alert_id])
    return Done(said=_("%(alert)s is yours.") % {"alert": claimed.alert_id}, at=at, content={"alert": claimed.alert_id})


class Together(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An act on many: its name, the alerts' ids or (``everything``) all that ``query`` keeps, and what the act asks for."""

    do: str
    keys: list[str] = []
    everything: bool = False
    query: str = ""
    given: dict[str, str] = {}


@action("alerts/bulk/", name="alerts in bulk", act="work on alerts")
def in_bulk(request: Asked) -> Done:
    """Do one thing to many alerts, all or none."""
    body = _together(request)
    chosen = bulk.ACTS.get(body.do)
    if chosen is None:
        raise Unfit({"do": _("choose what to do")})
    request.actor.need(chosen.act)
    rows = the_queue.kept(request, body.query) if body.everything else the_queue.kept(request, "state=").filter(pk__in=body.keys)
    ids = [str(key) for key in rows.values_list("pk", flat=True)[: TOGETHER_MOST + 1]]
    if not ids:
        raise Unfit({"keys": _("tick the alerts it is to be done to")})
    if len(ids) > TOGETHER_MOST:
        raise Unfit({"keys": _("these are more than %(most)s alerts: filter further") % {"most": TOGETHER_MOST}})
    if not body.everything and len(ids) < len(set(body.keys)):
        raise Unfit({"keys": _("some of these alerts are not there or not yours to see: nothing was done")})
    missing = {asked.name: _("give it") for asked in chosen.asks if asked.required and not body.given.get(asked.name, "").strip()}
    if missing:
        raise Unfit(missing)
    said, at = chosen.do(request, ids, body.given)
    return Done(said=said, at=at or f"{reverse('alerts')}{'?' if body.query else ''}{body.query}", content={"alerts": ids})


def _together(request: Asked) -> Together:
    """The body: as JSON, or a form whose fields are called ``<act>.<what it asks for>``."""
    if request.content_type == "application/json":
        try:
            return msgspec.json.decode(request.body or b"{}", type=Together)
        except msgspec.MsgspecError as error:
            raise Unfit(str(error)) from None
    do = request.POST.get("do", "")
    return Together(
        do=do,
        keys=request.POST.getlist("keys"),
        everything=request.POST.get("everything") == "on",
        query=request.POST.get("query", ""),
        given={
            name.removeprefix(f"{do}."): value
            for name in request.POST
            if name.startswith(f"{do}.") and (value := request.POST.get(name, ""))
        },
    )


class View(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A view to save."""

    title: str
    query: str = ""
    shared: bool = False


@action("alerts/views/", name="save view", act="read alerts")
def save_view(request: Asked, body: View) -> Done:
    """Save the filters of the queue under a title."""
    view = saved_views.save_view(request.actor, body.title, body.query, body.shared)
    return Done(
        said=_("Saved as “%(title)s”.") % {"title": view.title}, at=f"{reverse('alerts')}?{view.query}", content={"view": view.pk}
    )


@action("alerts/views/<int:pk>/remove/", name="remove view", act="read alerts")
def remove_view(request: Asked, pk: int) -> Done:
    """Remove one's own view."""
    saved_views.remove_view(request.actor, pk)
    return Done(said=_("Removed."), at=reverse("alerts"))


@page("alerts/late/", name="late alerts", act="read alerts", template="alerts/late.html")
def late_alerts(request: Asked) -> Content:
    """What one is reminded of."""
    words = dict(Reminder._meta.get_field("reminds").flatchoices)
    rows = []
    for each in late.reminders_of(request.actor.person):
        if each.about.startswith("@"):
            at = f"{reverse('alerts')}?assignee={each.about[1:]}&due=late&sort=due"
        elif each.about.startswith("#"):
            at = f"{reverse('alerts')}?assignee=nobody&chapter={each.about[1:]}&due=late&sort=due"
        else:
            at = reverse("alert", args=[each.about])
        rows.append(
            {
                "what": words[each.reminds],
                "kind": each.reminds,
                "about": each.about.lstrip("@#"),
                "alerts": each.alerts,
                "day": each.on,
                "at": at,
            }
        )
    return {"section": "alerts", "reminders": rows}


@action("alerts/late/seen/", name="see reminders", act="read alerts")
def see_reminders(request: Asked) -> Done:
    """Mark one's reminders as seen."""
    count = late.seen(request.actor)
    said = ngettext("%(n)s reminder seen.", "%(n)s reminders seen.", count) % {"n": count}
    return Done(said=said, at=reverse("late alerts"), content={"seen": count})


@page("alerts/quality/", name="alert quality", act="read alerts", template="alerts/quality.html")
def alert_quality(request: Asked) -> Content:
    """What became of alerts by rule, how old they are, and the work of each person."""
    counts = quality.counted(request.actor, request.actor.at)
    found, ages = quality.by_rule(counts), quality.ageing(counts)
    judged = [row for row in found if row["judged"]]
    old = [{**row, **{f"age{number}": count for number, count in enumerate(row["counts"])}} for row in ages]
    return {
        "section": "alerts",
        "rules": found,
        "false_positives": sum(row["false_positive"] for row in found),
        "judged": sum(row["judged"] for row in found),
        "waiting": sum(row["all"] for row in ages),
        "ages": ages,
        "age_titles": quality.age_titles(),
        "people": quality.workload(counts),
        "counted_at": counts.at,
        "counted_before": counts.at != request.actor.at,
        "rules_drawn": quality.picture(judged, ("confirmed", "valuable", "false_positive")),
        "rules_drawn_height": 44 * min(len(judged), 15) or 1,
        "ages_drawn": quality.picture(old, ("age0", "age1", "age2", "age3")),
        "ages_drawn_height": 44 * min(len(ages), 15) or 1,
        "few": quality.KNOWN_LEAST,
    }


@page("alerts/levels/", name="service levels", act="read alerts", template="alerts/levels.html")
def levels(request: Asked) -> Content:
    """How long alerts may take."""
    today = request.actor.at.astimezone(working.JAPAN).date()
    rows = ServiceLevel.objects.order_by("chapter", "-from_on", "severity")
    return {
        "section": "alerts",
        "defaults": [{"severity": value, "title": title, "days": service_levels.DEFAULTS[value]} for value, title in SEVERITIES],
        "levels": [
            {
                "chapter": chapter_title(row.chapter) if row.chapter else _("all chapters"),
                "severity": row.severity,
                "title": row.get_severity_display(),
                "days": row.business_days,
                "from_on": row.from_on,
                "proposed_by": row.proposed_by,
                "approved_by": row.approved_by,
            }
            for row in rows
        ],
        "chapters": [{"value": value, "title": title} for value, title in the_queue.QUEUE.filters[2].chosen_from(request)],
        "severities": [{"value": value, "title": title} for value, title in SEVERITIES],
        "today": today,
        "may_propose": request.actor.may("propose a service level"),
    }


class Level(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A service level to propose."""

    severity: str
    business_days: int
    from_on: date
    reason: str = ""
    chapter: str = ""


@action("alerts/levels/propose/", name="propose service level", act="propose a service level")
def propose_level(request: Asked, body: Level) -> Done:
    """Propose how long alerts may take."""
    proposal = service_levels.propose_level(
        request.actor, body.chapter, body.severity, body.business_days, body.from_on, body.reason
    )
    return _waits(proposal.pk, reverse("service levels"))


def _waits(pk: int, at: str) -> Done:
    return Done(said=_("Proposed; it waits for a second person."), at=at, content={"proposal": pk})


def _memories(request: Asked) -> Any:
    chapters = request.actor.chapters("read alerts")
    rows = Memory.objects.all()
    return rows if chapters is None else rows.filter(chapter__in=sorted(chapters))


def _holds(rows: Any, value: str, request: Asked) -> Any:
    holds = {"revoked_at": None, "expires_at__gt": request.actor.at}
    return rows.filter(**holds) if value == "yes" else rows.exclude(**holds)


def _show_memory(kept: Memory, request: Asked) -> dict[str, Any]:
    hidden = not request.actor.parties.isdisjoint(kept.parties)
    state = "revoked" if kept.revoked_at else "expired" if kept.expires_at <= request.actor.at else "in_force"
    words = {"revoked": _("revoked"), "expired": _("expired"), "in_force": _("in force")}
    return {
        "rule": rules.title(kept.rule),
        "at": None if hidden else reverse("remembered pair", args=[kept.pk]),
        "subject": _("withheld: conflict of interest") if hidden else the_queue.subject_shown(kept.subject_id),
        "why": str(dict(remembered.WORDS).get(kept.reason_code, kept.reason_code)),
        "proposed_by": kept.proposed_by,
        "proposed_by_words": named(request, kept.proposed_by),
        "approved_by": kept.approved_by,
        "approved_by_words": named(request, kept.approved_by),
        "since": kept.at,
        "until": kept.expires_at,
        "state": state,
        "state_words": words[state],
    }


MEMORIES = Listing(
    name="remembered",
    columns=(
        Column(key="rule", title=gettext_lazy("Rule"), at="at"),
        Column(key="subject", title=gettext_lazy("Subject"), kind="code"),
        Column(key="why", title=gettext_lazy("Reason")),
        Column(key="proposed_by", title=gettext_lazy("Proposed by")),
        Column(key="approved_by", title=gettext_lazy("Approved by")),
        Column(key="since", title=gettext_lazy("Since"), kind="time", sort="at"),
        Column(key="until", title=gettext_lazy("Until"), kind="time", sort="expires_at"),
        Column(key="state", title=gettext_lazy("State"), kind="chip"),
    ),
    rows=_memories,
    show=_show_memory,
    sort=("-at", "-pk"),
    filters=(
        Filter(
            name="holds",
            title=gettext_lazy("In force"),
            keeps=_holds,
            values=[("yes", gettext_lazy("in force")), ("no", gettext_lazy("expired or revoked"))],
        ),
    ),
    searches=("rule__icontains", "subject_id__icontains"),
)


@page("alerts/remembered/", name="remembered false positives", act="read alerts", template="alerts/remembered.html")
def remembered_pairs(request: Asked) -> Content | HttpResponseBase:
    """Rules and subjects that two people know to be false positives."""
    return MEMORIES.content(
        request,
        section="alerts",
        heading=_("Remembered false positives"),
        lead=_("Alerts of these rules and subjects still come; they are closed when they come, and marked. Graver ones stay open."),
    )


@page("alerts/remembered/<int:pk>/", name="remembered pair", act="read alerts", template="alerts/remembered_pair.html")
def remembered_pair(request: Asked, pk: int) -> Content:
    """One remembered pair: who, when, why, until when, and what it closed."""
    kept = remembered.one(request.actor, pk)
    closed = working.seen_by(request.actor).filter(memory=kept).order_by("-number").defer(*the_queue.HEAVY)[:20]
    return {
        "section": "alerts",
        "memory": kept,
        "title": rules.title(kept.rule),
        "reason": str(dict(remembered.WORDS).get(kept.reason_code, kept.reason_code)),
        "holds": kept.revoked_at is None and kept.expires_at > request.actor.at,
        "closed": [
            {"alert": each.alert_id, "at": reverse("alert", args=[each.alert_id]), "raised": each.raised_at} for each in closed
        ],
        "may_revoke": request.actor.may("propose a disposition", kept.chapter),
    }


class Why(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reason in words."""

    reason: str = ""


@action("alerts/remembered/<int:pk>/revoke/", name="revoke remembered", act="propose a disposition")
def revoke(request: Asked, body: Why, pk: int) -> Done:
    """Forget a pair."""
    remembered.revoke(request.actor, pk, body.reason)
    return Done(said=_("Revoked: its alerts are raised again."), at=reverse("remembered pair", args=[pk]))


@page("alerts/<str:alert_id>/", name="alert", act="read alerts", template="alerts/alert.html")
def alert(request: Asked, alert_id: str) -> Content | HttpResponseBase:
    """One alert: what it says, the law, what speaks for it, what is related, what happened, and what may be done."""
    found = working.one(request.actor, alert_id)
    return {
        "section": "alerts",
        **content_of(request, found),
        "people": [{"value": value, "title": title} for value, title in bulk.people(request)]
        if found.is_live and request.actor.may("work on alerts", found.chapter)
        else [],
        "beside": panels_of(request, "acts on an alert", alert_id),
        "panels": panels_of(request, "alert", alert_id),
    }


def _at(alert_id: str) -> str:
    return reverse("alert", args=[alert_id])


@action("alerts/<str:alert_id>/claim/", name="claim alert", act="work on alerts")
def claim(request: Asked, alert_id: str) -> Done:
    """Claim an alert."""
    working.claim(request.actor, alert_id)
    return Done(said=_("%(alert)s is yours.") % {"alert": alert_id}, at=_at(alert_id))


class Assignment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To whom, and why."""

    person: str
    reason: str = ""


@action("alerts/<str:alert_id>/assign/", name="assign alert", act="work on alerts")
def assign(request: Asked, body: Assignment, alert_id: str) -> Done:
    """Assign an alert to a person."""
    working.assign(request.actor, alert_id, body.person, body.reason)
    return Done(said=_("%(alert)s is %(person)s's.") % {"alert": alert_id, "person": body.person}, at=_at(alert_id))


@action("alerts/<str:alert_id>/release/", name="release alert", act="work on alerts")
def release(request: Asked, body: Why, alert_id: str) -> Done:
    """Give an alert back to the queue."""
    working.release(request.actor, alert_id, body.reason)
    return Done(said=_("%(alert)s is back in the queue.") % {"alert": alert_id}, at=_at(alert_id))


class Aside(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Until when it is put aside (a day in Japan), and why."""

    until: date
    reason_code: str
    reason: str = ""


@action("alerts/<str:alert_id>/snooze/", name="snooze alert", act="work on alerts")
def snooze(request: Asked, body: Aside, alert_id: str) -> Done:
    """Put an alert aside for a time."""
    working.snooze(request.actor, alert_id, body.until, body.reason_code, body.reason)
    return Done(said=_("Put aside until %(day)s.") % {"day": body.until.isoformat()}, at=_at(alert_id))


@action("alerts/<str:alert_id>/wake/", name="wake alert", act="work on alerts")
def wake(request: Asked, body: Why, alert_id: str) -> Done:
    """Take an alert up again before its time."""
    working.wake(request.actor, alert_id, body.reason)
    return Done(said=_("%(alert)s is taken up again.") % {"alert": alert_id}, at=_at(alert_id))


class Disposition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of an alert: disposition and reason (or ``disposition:reason`` in one), perhaps remembered until a day."""

    disposition: str
    reason_code: str = ""
    reason: str = ""
    remember_until: date | None = None


@action("alerts/<str:alert_id>/dispose/", name="dispose alert", act="propose a disposition")
def dispose(request: Asked, body: Disposition, alert_id: str) -> Done:
    """Propose what becomes of an alert."""
    disposition, _colon, code = body.disposition.partition(":")
    proposal = propose_disposition(request.actor, alert_id, disposition, code or body.reason_code, body.reason, body.remember_until)
    return _waits(proposal.pk, _at(alert_id))


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reason of the fixed set, and words."""

    reason_code: str
    reason: str = ""


@action("alerts/<str:alert_id>/reopen/", name="reopen alert", act="propose a disposition")
def reopen(request: Asked, body: Reason, alert_id: str) -> Done:
    """Propose that a closed alert is worked on again."""
    return _waits(propose_reopening(request.actor, alert_id, body.reason_code, body.reason).pk, _at(alert_id))


class Remember(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Until when a false positive is remembered, and why."""

    until: date
    reason_code: str
    reason: str = ""


@action("alerts/<str:alert_id>/remember/", name="remember alert", act="propose a disposition")
def remember(request: Asked, body: Remember, alert_id: str) -> Done:
    """Propose that rule and subject are remembered as a false positive."""
    return _waits(remembered.propose_memory(request.actor, alert_id, body.until, body.reason_code, body.reason).pk, _at(alert_id))


on_tick("alerts", late.tick)
bell.reminder(
    bell.Reminder(
        name="alerts",
        title=gettext_lazy("Reminders of alerts"),
        act="read alerts",
        count=lambda request: len(late.reminders_of(request.actor.person)),
        at=lambda _request: reverse("late alerts"),
        order=20,
    )
)
