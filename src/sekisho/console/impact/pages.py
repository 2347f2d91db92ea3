"""The impact lab: what another law or value would find, delay and protect, over the firm's own books."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from sekisho.console.desk import exports
from sekisho.console.desk.listing import Column, Filter, Listing
from sekisho.console.desk.pages import Asked, Content, Done, Unfit, action, page
from sekisho.console.desk.words_of_law import CONSEQUENCES, SEVERITY_WORDS, STATUSES
from sekisho.console.impact import asking, charts, results, running
from sekisho.console.impact.models import KINDS, STATES, Study
from sekisho.console.journal.acting import acting
from sekisho.console.people.naming import named
from sekisho.console.registers.models import FirmValue
from sekisho.findings.progress_file import read_progress
from sekisho.rulebook import load_rulebook

SHOWN = 200
CHANGES = [
    ("appears", gettext_lazy("appears")),
    ("disappears", gettext_lazy("disappears")),
    ("weight", gettext_lazy("changes weight")),
]
RULE_STATES = {
    "ran": gettext_lazy("ran"),
    "undetermined": gettext_lazy("undetermined"),
    "not_inspected": gettext_lazy("not inspected"),
    "not_in_regime": gettext_lazy("no such rule"),
    "attested": gettext_lazy("to be attested"),
    "gate_only": gettext_lazy("at the gate"),
    "by_case": gettext_lazy("by case file"),
}


def _title(study: Study) -> str:
    more = [study.asked["rules"], *study.asked["assume"], *study.asked["vary"]]
    return ", ".join([_regimes(study), *(each.replace(",", ", ") for each in more if each)])


def _regimes(study: Study) -> str:
    return " → ".join(each for each in (study.asked["before"], study.asked["after"]) if each)


def _row(study: Study, request: Asked) -> dict[str, Any]:
    return {
        "what": _title(study),
        "at": reverse("study", args=[study.pk]),
        "kind": study.get_study_kind_display(),
        "books": study.books,
        "state": study.get_state_display(),
        "by": study.asked_by,
        "by_words": named(request, study.asked_by),
        "asked_at": study.asked_at,
        "ended_at": study.ended_at,
    }


STUDIES = Listing(
    name="studies",
    columns=(
        Column(key="what", title=pgettext_lazy("impact", "Asked"), at="at"),
        Column(key="kind", title=gettext_lazy("Kind"), sort="study_kind"),
        Column(key="books", title=gettext_lazy("Books"), kind="code", sort="books"),
        Column(key="state", title=gettext_lazy("State"), kind="chip", sort="state"),
        Column(key="by", title=gettext_lazy("Asked by"), kind="code", sort="asked_by"),
        Column(key="asked_at", title=gettext_lazy("Asked on"), kind="time", sort="asked_at"),
        Column(key="ended_at", title=gettext_lazy("Ended"), kind="time", sort="ended_at"),
    ),
    rows=lambda request: Study.objects.all(),
    show=_row,
    sort=("-asked_at", "pk"),
    filters=(
        Filter(name="state", title=gettext_lazy("State"), keeps="state", values=STATES),
        Filter(name="kind", title=gettext_lazy("Kind"), keeps="study_kind", values=KINDS),
    ),
)


@page("impact/", name="studies", act="read impact", template="impact/studies.html", menu=gettext_lazy("Impact lab"), order=85)
def studies(request: Asked) -> Content | HttpResponseBase:
    """Every study, and the form for another."""
    regimes, language = load_rulebook().regimes, get_language()
    chosen = [(each.id, f"{each.id} – {each.title.ja if language == 'ja' else each.title.en}") for each in regimes.choosable()]
    given = settings.CHOSEN.books
    return STUDIES.content(
        request,
        heading=_("Impact lab"),
        kinds=KINDS,
        regimes=chosen,
        before=request.GET.get("before") or regimes.in_force_on(timezone.localdate(request.actor.at)).id,
        after=request.GET.get("after") or "FIEA-ACT64",
        books=given.name if given else None,
        may_ask=request.actor.may("ask for impact"),
    )


@action("impact/ask/", name="ask for impact", act="ask for impact")
def ask(request: Asked, body: asking.Question) -> Done:
    """Ask; the answer is worked out in the background, or is there already."""
    study = asking.ask(request.actor, body)
    running.begin()
    done = study.state == "done"
    said = _("This was worked out before.") if done else _("Asked. It is worked out in the background.")
    return Done(said=said, at=reverse("study", args=[study.pk]), content={"study": study.pk, "state": study.state})


@action("impact/<str:key>/again/", name="ask again for impact", act="ask for impact")
def ask_again(request: Asked, key: str) -> Done:
    """Ask again what failed, or whose result is gone."""
    found = _study(key)
    if found.state == "done" and results.read_summary(asking.folder_of(key)) is not None:
        raise Unfit(_("This was worked out before."))
    with acting(request.actor.author, "ask for impact"):
        found.state, found.said, found.started_at, found.ended_at = "waiting", "", None, None
        found.save()
    running.begin()
    return Done(said=_("Asked. It is worked out in the background."), at=reverse("study", args=[key]))


def _study(key: str) -> Study:
    study: Study | None = Study.objects.filter(pk=key).first()
    if study is None:
        raise Http404
    return study


@page("impact/<str:key>/", name="study", act="read impact", template="impact/study.html")
def study(request: Asked, key: str) -> Content | HttpResponseBase:
    """One study: how far it is, or what it found."""
    found = _study(key)
    if found.state in ("waiting", "running"):
        running.begin()
    place = asking.folder_of(found.key)
    summary = results.read_summary(place) if found.state == "done" else None
    if wanted := request.GET.get("as"):
        return _file(request, found, wanted)
    return {
        "section": "studies",
        "heading": _regimes(found),
        "study": {name: getattr(found, name) for name in _TOLD},
        "kind": found.get_study_kind_display(),
        "state_words": found.get_state_display(),
        "command": shlex.join(["sekisho", *_shown_command(found)]),
        "progress": read_progress(place / "progress.json") if found.state == "running" else None,
        "lost": found.state == "done" and summary is None,
        "summary": _shown(summary),
        "alerts": _alerts(request, summary),
        "changes": _changes(request, found) if summary else [],
        "kinds_of_change": CHANGES,
        "change": request.GET.get("change", ""),
        "may_ask": request.actor.may("ask for impact"),
    }  # fmt: skip


_TOLD = ("key", "state", "asked", "books", "asked_by", "asked_at", "started_at", "ended_at", "said")


def _shown_command(study: Study) -> list[str]:
    """The command as anybody may type it, with the names of folders instead of where they lie here."""
    words = asking.command_of(study, Path(study.books))
    cut = words.index("--progress")
    return [word if "/impact/" not in word else "OUT" for word in (*words[:cut], *words[cut + 2 :])]


def _shown(summary: dict[str, Any] | None) -> dict[str, Any] | None:
    if summary is None:
        return None
    rules = [
        {
            **rule,
            "before_words": _state(rule["before"]),
            "after_words": _state(rule["after"]),
            "at": reverse("rule", args=[rule["rule"]]),
        }
        for rule in summary.get("rules", ())
    ]
    return {**summary, "rules": rules}


def _state(state: str) -> str:
    return str(RULE_STATES.get(state, state))


def _alerts(request: Asked, summary: dict[str, Any] | None) -> dict[str, Any] | None:
    """Alerts a day with their picture, and the hours they cost at the firm's own minutes an alert (or those in the address)."""
    if summary is None or "alerts" not in summary:
        return None
    told = summary["alerts"]
    own = FirmValue.on("minutes_per_alert", timezone.localdate(request.actor.at))
    minutes = _minutes(request.GET.get("minutes", "")) or own
    sides = [
        {
            "side": side,
            "regime": summary[side]["regime"],
            **{name: told[side][name] for name in ("all", "mean", "low", "high", "severities")},
            "by_severity": [
                {"name": name, "count": told[side]["severities"][name]}
                for name in SEVERITY_WORDS
                if name in told[side]["severities"]
            ],
            "hours": _hours(told[side], minutes),
        }
        for side in ("before", "after")
    ]
    return {
        "sides": sides,
        "last": told["days"][-1],
        "minutes": minutes,
        "own": own,
        "picture": charts.bars(told["days"], told["before"]["by_day"], told["after"]["by_day"]),
        "days": [
            {"day": day, "before": before, "after": after}
            for day, before, after in zip(told["days"], told["before"]["by_day"], told["after"]["by_day"], strict=True)
        ],
    }


def _minutes(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        minutes = Decimal(text)
    except InvalidOperation:
        minutes = Decimal("NaN")
    if not minutes.is_finite() or not 0 < minutes <= 10_000:
        raise Unfit({"minutes": _("give a number of minutes above 0")})
    return minutes


def _hours(side: dict[str, Any], minutes: Decimal | None) -> dict[str, float] | None:
    if minutes is None:
        return None
    return {name: side[name] * float(minutes) / 60 for name in ("mean", "low", "high")}


def _readable(request: Asked, found: Study) -> Iterator[dict[str, Any]]:
    """The changes this person may read: of the chapters in which he reads alerts, and none about parties he keeps out of."""
    actor = request.actor
    chapters = actor.chapters("read alerts")
    wanted = request.GET.get("change", "")
    for each in results.read_changes(asking.folder_of(found.key)):
        chapter = each["rule"].partition("/")[0]
        if (
            (chapters is None or chapter in chapters)
            and actor.parties.isdisjoint(each["parties"])
            and wanted in ("", each["change"])
        ):
            yield each


def _changes(request: Asked, found: Study) -> list[dict[str, Any]]:
    ja = get_language() == "ja"
    words, shown = dict(CHANGES), []
    for each in _readable(request, found):
        shown.append(
            {
                "change": each["change"],
                "change_words": str(words[each["change"]]),
                "rule": each["rule"],
                "at": reverse("rule", args=[each["rule"]]),
                "sentence": each["summary_ja"] if ja else each["summary_en"],
                "before": each["severity_before"],
                "after": each["severity_after"],
                "causes": [
                    _cause(cause) for cause in each["causes"] if cause["kind"] != "consequence" or each["change"] == "weight"
                ],
            }
        )
        if len(shown) == SHOWN:
            break
    return shown


def _cause(cause: dict[str, Any]) -> str:
    """A cause in a few words; the table of rules has its sentence."""
    if cause["kind"] == "status":
        return " → ".join(str(STATUSES.get(each, each)) for each in (cause["before"], cause["after"]))
    if cause["kind"] == "parameter":
        values = ("" if each == "undetermined" else each for each in (cause["before"], cause["after"]))
        return f"{cause['name'].rpartition('.')[2]}: {' → '.join(each or _('undetermined') for each in values)}"
    if cause["kind"] == "consequence":
        return f"{CONSEQUENCES.get(cause['name'], cause['name'])}: {'+' if cause['after'] else '−'}"
    if cause["name"].endswith("."):  # no provision is cited, so the rule's note stands there
        return str(cause.get("text_ja" if get_language() == "ja" else "text_en", cause["name"]))
    return str(cause["name"])


def _file(request: Asked, found: Study, wanted: str) -> HttpResponseBase:
    if wanted not in exports.WRITERS:
        raise Unfit({"as": _("choose csv, xlsx or pdf")})
    titles = [
        _("Change"), _("Rule"), _("Finding before"), _("Finding after"), _("Severity before"), _("Severity after"), _("Subject"),
        _("Instrument"), _("Asset"), _("From"), _("Until"), _("In English"), _("In Japanese"), _("Because of"),
    ]  # fmt: skip
    names = (
        "change", "rule", "finding_id_before", "finding_id_after", "severity_before", "severity_after", "subject_id", "instrument",
        "asset", "window_from", "window_until", "summary_en", "summary_ja",
    )  # fmt: skip
    changes, text = {code: str(title) for code, title in CHANGES}, "text_ja" if get_language() == "ja" else "text_en"
    said: dict[str, Mapping[str, Any]] = {"change": changes, "severity_before": SEVERITY_WORDS, "severity_after": SEVERITY_WORDS}
    lines = (
        [
            *(said.get(name, {}).get(each[name], each[name]) for name in names),
            " ".join(cause.get(text) or cause["text_en"] for cause in each["causes"]),
        ]
        for each in _readable(request, found)
    )
    with acting(request.actor.author, "export a study") as act:
        act.note("study", found.pk, "exported", None, {"as": wanted})
    return exports.WRITERS[wanted]("impact", titles, lines)
