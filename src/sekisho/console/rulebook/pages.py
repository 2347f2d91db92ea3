"""Pages of the rulebook: the rules of a day, one rule, the difference between two regimes, and what of the framework is covered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from sekisho.console.alerts.models import Alert
from sekisho.console.desk import exports
from sekisho.console.desk.pages import Asked, Content, Unfit, page
from sekisho.console.desk.words_of_law import STATUSES
from sekisho.console.journal.acting import acting
from sekisho.console.people.chapters import chapter_title
from sekisho.console.rulebook import reading
from sekisho.rulebook import RulebookError, load_rulebook

SHOWN_ALERTS = 10


def day_of(request: Asked) -> date:
    """The day whose law is read: the one in the address, or today in Japan. Raises ``Unfit``."""
    text = request.GET.get("day", "")
    if not text:
        return timezone.localdate(request.actor.at)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unfit({"day": _("write a day such as 2026-11-23")}) from None


def judged(request: Asked) -> tuple[str, date, date]:
    """The regime chosen (or the one in force), the day of its law, and the day asked for. Raises ``Unfit``."""
    day = day_of(request)
    try:
        regime, law_day = load_rulebook().regime_on(request.GET.get("regime") or None, day)
    except RulebookError as error:
        raise Unfit(str(error)) from None
    return regime, law_day, day


def _frame(regime: str, law_day: date, day: date) -> dict[str, Any]:
    found = load_rulebook().regimes[regime]
    return {
        "regime": regime,
        "regime_title": reading.said(found.title),
        "regime_status": found.status,
        "regime_status_words": str(STATUSES[found.status]),
        "law_day": law_day,
        "day": day,
        "moved": law_day != day,
        "regimes": reading.regimes_of(load_rulebook()),
    }


@page(
    "rulebook/",
    name="rulebook",
    act="read the rulebook",
    template="rulebook/rulebook.html",
    menu=gettext_lazy("Rulebook"),
    order=80,
)
def rulebook(request: Asked) -> Content | HttpResponseBase:
    """The rules as of a day, with search and filters in the address."""
    regime, law_day, day = judged(request)
    rows = [reading.row_of(rule, regime, law_day) for rule in load_rulebook().rules.values() if _wanted(rule, request)]
    status = request.GET.get("status", "")
    rows = [row for row in rows if not status or (row["status"] == status if status != "open" else row["undetermined"])]
    if wanted := request.GET.get("as"):
        titles = [_("Rule"), pgettext("rulebook", "Title"), _("Chapter"), _("Status"), _("Asks"), _("Undetermined")]
        lines = [
            [
                row["rule"], row["title"], row["chapter_title"], row["status_words"],
                ", ".join(row["questions"]), ", ".join(row["undetermined"]),
            ]
            for row in rows
        ]  # fmt: skip
        return _file(request, wanted, "rulebook", titles, lines)
    return {
        "heading": _("Rulebook"),
        **_frame(regime, law_day, day),
        "rows": rows,
        "count": len(rows),
        "chapters": _chapters(),
        "chapter": request.GET.get("chapter", ""),
        "question": request.GET.get("asks", ""),
        "questions": list(reading.QUESTIONS.items()),
        "status": status,
        "statuses": [*STATUSES.items(), ("absent", _("does not hold")), ("open", _("with an undetermined value"))],
        "search": request.GET.get("q", ""),
        "query": _query(request),
    }


def _wanted(rule: Any, request: Asked) -> bool:
    chapter, asks, words = (request.GET.get(name, "") for name in ("chapter", "asks", "q"))
    return (not chapter or rule.chapter == chapter) and (not asks or asks in rule.questions) and reading.finds(rule, words)


def _chapters() -> list[dict[str, Any]]:
    counts: dict[str, int] = {}
    for rule in load_rulebook().rules.values():
        counts[rule.chapter] = counts.get(rule.chapter, 0) + 1
    return [{"name": name, "title": chapter_title(name), "rules": count} for name, count in counts.items()]


def _query(request: Asked) -> str:
    return urlencode([(name, value) for name, values in request.GET.lists() if name != "as" for value in values])


def _file(request: Asked, wanted: str, name: str, titles: Sequence[str], lines: Iterable[Sequence[Any]]) -> HttpResponseBase:
    if wanted not in exports.WRITERS:
        raise Unfit({"as": _("choose csv, xlsx or pdf")})
    with acting(request.actor.author, "export a list", reason=_query(request)) as act:
        act.note("list", name, "exported", None, {"as": wanted, "filters": _query(request)})
    return exports.WRITERS[wanted](name, titles, lines)


@page("rulebook/rules/<path:path>/", name="rule", act="read the rulebook", template="rulebook/rule.html")
def rule(request: Asked, path: str) -> Content:
    """One rule, as of a day and under a regime."""
    found = load_rulebook().rules.get(path)
    if found is None:
        raise Http404(_("There is no rule of that name."))
    regime, law_day, day = judged(request)
    return {
        "section": "rulebook",
        "heading": reading.said(found.title),
        **_frame(regime, law_day, day),
        "rule": reading.rule_content(found, regime, law_day, day),
        "alerts": _alerts(request, found.path),
    }


def _alerts(request: Asked, path: str) -> dict[str, Any] | None:
    """The alerts this rule raised, as far as the reader may see alerts of its chapter; none about parties he keeps out of."""
    actor = request.actor
    if not actor.may("read alerts", path.partition("/")[0]):
        return None
    rows = Alert.objects.filter(rule=path)
    latest = [row for row in rows.order_by("-raised_at", "pk")[: 5 * SHOWN_ALERTS] if actor.parties.isdisjoint(row.parties)]
    at = reading.address("alerts")
    return {
        "count": rows.count(),
        "at": f"{at}?{urlencode({'rule': path})}" if at else None,
        "latest": [
            {
                "alert": row.alert_id,
                "at": reading.address("alert", row.alert_id),
                "severity": row.severity,
                "state": row.state,
                "raised_at": row.raised_at,
                "summary": row.summary_ja if request.LANGUAGE_CODE == "ja" else row.summary_en,
            }
            for row in latest[:SHOWN_ALERTS]
        ],
    }


@page("rulebook/difference/", name="difference", act="read the rulebook", template="rulebook/difference.html")
def difference(request: Asked) -> Content | HttpResponseBase:
    """Which rules come, go or change between two regimes, value by value."""
    day = day_of(request)
    regimes = load_rulebook().regimes
    try:
        before = request.GET.get("before") or regimes.in_force_on(day).id
        after = request.GET.get("after") or "FIEA-ACT64"
        changes = reading.differences(before, after, day)
    except RulebookError as error:
        raise Unfit(str(error)) from None
    counts = {change: sum(each["change"] == change for each in changes) for change in reading.CHANGES}
    kind = request.GET.get("change", "")
    shown = [each for each in changes if (each["change"] == kind if kind else each["change"] != "same")]
    if wanted := request.GET.get("as"):
        titles = [_("Rule"), pgettext("rulebook", "Title"), _("Change"), before, after, _("Value"), _("Before"), _("After")]
        return _file(request, wanted, "difference", titles, _difference_lines(shown))
    return {
        "section": "rulebook",
        "heading": _("Difference between two regimes"),
        "before": before,
        "after": after,
        "day": day,
        "regimes": reading.regimes_of(load_rulebook()),
        "counts": [{"change": name, "words": str(reading.CHANGES[name]), "count": count} for name, count in counts.items()],
        "changes": shown,
        "kind": kind,
        "query": _query(request),
        "impact": reading.address("studies") if request.actor.may("read impact") else None,
    }


def _difference_lines(changes: list[dict[str, Any]]) -> Iterable[Sequence[Any]]:
    for each in changes:
        sides = [each["rule"], each["title"], each["change_words"], each["before"]["words"], each["after"]["words"]]
        for value in each["values"] or [{"name": "", "before": "", "after": ""}]:
            yield [*sides, value["name"], value["before"], value["after"]]


@page("rulebook/coverage/", name="coverage", act="read the rulebook", template="rulebook/coverage.html")
def covered(request: Asked) -> Content | HttpResponseBase:
    """What of the framework has a running rule, as a picture and as a table."""
    sections = reading.covered()
    state, words = request.GET.get("state", ""), request.GET.get("q", "").casefold()
    if wanted := request.GET.get("as"):
        titles = [_("Anchor"), _("Section"), _("Asks for"), _("Kind"), _("State"), _("Rules")]
        lines = [
            [
                each["id"],
                section["title"],
                each["name"],
                each["kind"],
                each["state_words"],
                ", ".join(r["path"] for r in each["rules"]),
            ]
            for section in sections
            for each in section["asked"]
        ]
        return _file(request, wanted, "coverage", titles, lines)
    totals = {name: sum(section["counts"][name] for section in sections) for name in reading.COVERED}
    return {
        "section": "rulebook",
        "heading": _("What of the framework runs"),
        "sections": sections,
        "listed": [
            each
            for section in sections
            for each in section["asked"]
            if (not state or each["state"] == state) and words in f"{each['id']} {each['name']} {each['sentence']}".casefold()
        ],
        "totals": [{"state": name, "words": str(words_), "count": totals[name]} for name, words_ in reading.COVERED.items()],
        "asked": sum(totals.values()),
        "state": state,
        "search": request.GET.get("q", ""),
        "address": reverse("coverage"),
        "query": _query(request),
    }
