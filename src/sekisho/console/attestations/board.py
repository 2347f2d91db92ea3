"""The board's page: how much of the law is watched, what people vouch for, what was found, and what other parts tell a director."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.core.cache import cache
from django.db.models import Count, Q
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _
from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.lib.colors import HexColor

from sekisho.console.alerts.models import SEVERITIES, Alert
from sekisho.console.attestations.chart import as_rows, chart_svg
from sekisho.console.attestations.independence import the_people
from sekisho.console.attestations.models import STATES, Item, standing
from sekisho.console.attestations.stacked import Stack, stacked_svg
from sekisho.console.desk.pages import Asked, Content, page
from sekisho.console.desk.panels import panels_of
from sekisho.console.desk.papers import Paper, Part, given_out
from sekisho.console.journal.acting import acting
from sekisho.console.people.chapters import chapter_title
from sekisho.console.people.naming import everybody, with_name
from sekisho.rulebook import load_rulebook
from sekisho.rulebook.coverage import coverage

MONTHS: Final = 6
KEPT_SECONDS: Final = 300
"""How long the counts of findings are kept: a million of them need no counting for each director who looks."""
ATTESTED_STATES: Final = ("in_force", "expiring", "expired", "not_met", "in_review", "drafted", "returned", "missing")
_PDF_COLOURS: Final = {
    "critical": "#a3122b",
    "high": "#d9660a",
    "medium": "#c79a2b",
    "low": "#8a929b",
    "in_force": "#1b6b3a",
    "expiring": "#c79a2b",
    "expired": "#a3122b",
    "not_met": "#d9660a",
    "in_review": "#1f4fa3",
    "drafted": "#6f8fc9",
    "returned": "#b48ead",
    "missing": "#b9bfc6",
}


@page("board/", name="board", act="read the board", template="attestations/board.html", menu=gettext_lazy("Board report"), order=20)
def board(request: Asked) -> Content | HttpResponseBase:
    """One page for directors; ``?as=pdf|docx`` gives it as a paper."""
    content = _content(request)
    wanted = request.GET.get("as", "")
    if wanted:
        answer = given_out(_paper(content, request), wanted)
        with acting(request.actor.author, "take the board's page") as act:
            act.note("board", timezone.localdate(request.actor.at).isoformat(), "taken", None, wanted)
        return answer
    return content


def _content(request: Asked) -> dict[str, Any]:
    on = timezone.localdate(request.actor.at)
    chapters = request.actor.chapters("read the board")
    covered = Counter(each.state for each in coverage(load_rulebook()))
    attested = _attested(on, chapters)
    found = _found(request, on)
    states = Counter[str]()
    for row in attested:
        states.update({state: row[state] for state in ATTESTED_STATES})
    state_titles = {state: str(title) for state, title in STATES}
    return {
        "on": on,
        "framework": {
            "running": covered["running"],
            "written": covered["written"],
            "none": covered["none"],
            "all": covered.total(),
        },
        "coverage": _by_chapter(chapters, attested),
        "attested": attested,
        "states": [{"state": state, "title": state_titles[state], "n": states[state]} for state in ATTESTED_STATES],
        "attested_picture": stacked_svg(
            _("Attestations by chapter"),
            [Stack(words=row["title"], parts=[(state, row[state]) for state in ATTESTED_STATES]) for row in attested],
            state_titles,
        ),
        "overdue": _overdue(on, chapters),
        "months": found["months"],
        "found": found["rows"],
        "found_picture": stacked_svg(
            _("Findings by month"),
            [Stack(words=month["month"], parts=[(name, month[name]) for name, _title in SEVERITIES]) for month in found["months"]],
            {name: str(title) for name, title in SEVERITIES},
        ),
        "severities": [{"name": name, "title": title} for name, title in SEVERITIES],
        "panels": panels_of(request, "board"),
    }


def _attested(on: date, chapters: frozenset[str] | None) -> list[dict[str, Any]]:
    rows = standing(Item.objects.filter(retired_at=None), on)
    if chapters is not None:
        rows = rows.filter(chapter__in=chapters)
    counts: dict[str, Counter[str]] = {}
    for chapter, state in rows.values_list("chapter", "standing"):
        counts.setdefault(chapter, Counter())[state] += 1
    return [
        {
            "chapter": chapter,
            "title": chapter_title(chapter),
            "items": count.total(),
            **{state: count[state] for state in ATTESTED_STATES},
        }
        for chapter, count in sorted(counts.items())
    ]


def _by_chapter(chapters: frozenset[str] | None, attested: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each chapter: its rules, those that run by themselves, those that people vouch for, and how many of those stand."""
    rulebook = load_rulebook()
    vouched = {row["chapter"]: (row["in_force"] + row["expiring"], row["items"]) for row in attested}
    rows = []
    for chapter in sorted({rule.chapter for rule in rulebook.rules.values()}):
        if chapters is not None and chapter not in chapters:
            continue
        rules = [rule for rule in rulebook.rules.values() if rule.chapter == chapter]
        stands, asked = vouched.get(chapter, (0, 0))
        rows.append(
            {
                "chapter": chapter,
                "rules": len(rules),
                "running": sum(rule.has_control for rule in rules),
                "attested": sum(bool(rule.attestations) for rule in rules),
                "stands": stands,
                "asked": asked,
            }
        )
    return rows


def _overdue(on: date, chapters: frozenset[str] | None) -> list[dict[str, Any]]:
    rows = standing(Item.objects.filter(retired_at=None), on).filter(standing__in=("expired", "not_met", "expiring"))
    if chapters is not None:
        rows = rows.filter(chapter__in=chapters)
    lang = "ja" if (get_language() or "").startswith("ja") else "en"
    titles, people = {state: str(title) for state, title in STATES}, everybody()
    return [
        {
            "pk": row.pk,
            "text": getattr(row, f"text_{lang}"),
            "state": row.standing,
            "state_words": titles[row.standing],
            "until": row.in_force_until,
            "owner": row.owner_id,
            "owner_words": with_name(people, row.owner_id),
        }
        for row in rows.order_by("in_force_until", "pk")[:20]
    ]


def _months(on: date) -> list[tuple[str, datetime, datetime]]:
    first, spans = on.replace(day=1), []
    zone = timezone.get_default_timezone()
    for _number in range(MONTHS):
        after = (first + timedelta(days=32)).replace(day=1)
        spans.append((f"{first:%Y-%m}", datetime.combine(first, time(), zone), datetime.combine(after, time(), zone)))
        first = (first - timedelta(days=1)).replace(day=1)
    return spans[::-1]


def _found(request: Asked, on: date) -> dict[str, Any]:
    """Findings of the last months by chapter and severity, of the chapters whose alerts this person may read."""
    if not request.actor.may("read alerts"):
        return {"months": [], "rows": []}
    chapters = request.actor.chapters("read alerts")
    key = f"board-found-{on}-{'all' if chapters is None else '-'.join(sorted(chapters))}"
    kept = cache.get(key)
    if kept is not None:
        return dict(kept)
    spans = _months(on)
    rows = Alert.objects.filter(raised_at__gte=spans[0][1])
    if chapters is not None:
        rows = rows.filter(chapter__in=chapters)
    counts = {f"m{n}": Count("pk", filter=Q(raised_at__gte=start, raised_at__lt=end)) for n, (_m, start, end) in enumerate(spans)}
    counted = list(rows.values("chapter", "severity").annotate(**counts))
    names = [name for name, _title in SEVERITIES]
    months = [
        {"month": month, **{name: sum(row[f"m{n}"] for row in counted if row["severity"] == name) for name in names}}
        for n, (month, _start, _end) in enumerate(spans)
    ]
    whole = {
        chapter: {
            name: sum(
                row[f"m{n}"] for row in counted if (row["chapter"], row["severity"]) == (chapter, name) for n in range(len(spans))
            )
            for name in names
        }
        for chapter in sorted({row["chapter"] for row in counted})
    }
    found = {"months": months, "rows": [{"chapter": chapter, **by, "all": sum(by.values())} for chapter, by in whole.items()]}
    cache.set(key, found, KEPT_SECONDS)
    return found


def _paper(content: dict[str, Any], request: Asked) -> Paper:
    states = {each["state"]: each["title"] for each in content["states"]}
    severities = {each["name"]: str(each["title"]) for each in content["severities"]}
    framework = content["framework"]
    parts = [
        Part(
            heading=_("Coverage by chapter"),
            sentences=[
                _("{running} of {all} things the framework asks for have a running rule; {none} have none.").format(**framework)
            ],
            titles=(
                _("Chapter"),
                pgettext("attestations", "Rules"),
                _("Run by themselves"),
                _("Vouched for by people"),
                _("Items that stand"),
                _("Items asked"),
            ),
            lines=[
                (chapter_title(row["chapter"]), row["rules"], row["running"], row["attested"], row["stands"], row["asked"])
                for row in content["coverage"]
            ],
        ),
        Part(
            heading=_("Attestations"),
            titles=(_("Chapter"), *(states[state] for state in ATTESTED_STATES)),
            lines=[(row["title"], *(row[state] for state in ATTESTED_STATES)) for row in content["attested"]],
            pictures=[_drawing([(row["title"], [(s, row[s]) for s in ATTESTED_STATES]) for row in content["attested"]])],
        ),
        Part(
            heading=_("Expired, not met, or soon to expire"),
            titles=(_("What is vouched for"), _("State"), _("In force until"), _("Owner")),
            lines=[(row["text"], row["state_words"], row["until"], row["owner_words"] or "–") for row in content["overdue"]],
        ),
        Part(
            heading=_("Findings by chapter and severity, last {n} months").format(n=MONTHS),
            titles=(_("Chapter"), *severities.values(), pgettext("attestations", "All")),
            lines=[(chapter_title(row["chapter"]), *(row[name] for name in severities), row["all"]) for row in content["found"]],
            pictures=[_drawing([(m["month"], [(name, m[name]) for name in severities]) for m in content["months"]])],
        ),
        *(
            Part(
                heading=str(each["title"]),
                titles=(_("What"), _("Figure")),
                lines=[(figure["label"], figure["value"]) for figure in each["content"]["figures"]],
            )
            for each in content["panels"]
            if each["content"].get("figures")
        ),
    ]
    on = content["on"].isoformat()
    return Paper(
        name=f"board-{on}",
        title=_("To the board: how the firm stands"),
        lead=_("As of {on} (Japan).").format(on=on),
        parts=parts,
        foot=f"{on}, {request.actor.person.pk}",
    )


def _drawing(rows: list[tuple[str, list[tuple[str, int]]]]) -> Drawing:
    """Stacked bars for the PDF."""
    height = 15 * len(rows) + 6
    drawing = Drawing(480, height)
    most = max((sum(n for _name, n in parts) for _words, parts in rows), default=0) or 1
    for number, (words, parts) in enumerate(rows):
        y = height - 14 - 15 * number
        drawing.add(String(0, y + 2, words, fontName="HeiseiKakuGo-W5", fontSize=7))
        x = 110.0
        for name, n in parts:
            wide = 340 * n / most
            if n:
                drawing.add(Rect(x, y, wide, 10, fillColor=HexColor(_PDF_COLOURS[name]), strokeColor=None))
            x += wide
        drawing.add(String(x + 4, y + 2, f"{sum(n for _name, n in parts):,}", fontName="HeiseiKakuGo-W5", fontSize=7))
    return drawing


@page("board/organisation/", name="organisation chart", act="read the organisation", template="attestations/organisation.html")
def organisation(request: Asked) -> Content:
    """The organisation chart, as a picture and in words: whoever reviews has to be independent by it."""
    people = the_people()
    owned = Counter(pk for pk in Item.objects.filter(retired_at=None).values_list("owner_id", flat=True) if pk)
    lang = "ja" if (get_language() or "").startswith("ja") else "en"
    return {"section": "board", "picture": chart_svg(people, owned.keys(), lang), "rows": as_rows(people, owned)}
