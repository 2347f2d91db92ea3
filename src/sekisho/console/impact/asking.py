"""Asking for a study: what is asked is checked at once, and the same question is never worked out twice."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _

from sekisho import __version__
from sekisho.console.desk.pages import Unfit
from sekisho.console.impact.models import KINDS, Study
from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor
from sekisho.rulebook import RulebookError, load_rulebook

ANSWER_KEY = "answer_key.parquet"


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is asked. ``assume`` and ``vary`` hold one RULE.PARAMETER=VALUE(,VALUE) a line; ``known`` uses the books' answer key."""

    study_kind: str = "compare"
    before: str = ""
    after: str = ""
    rules: str = ""
    assume: str = ""
    vary: str = ""
    known: bool = False
    as_of: str = ""


def books() -> Path:
    """The folder of books. Raises ``Unfit`` where the console was told of none."""
    given: Path | None = settings.CHOSEN.books
    if given is None:
        raise Unfit(_("The console was not told where the books are (setting: books)."))
    folder = Path(settings.FOLDER) / given
    if not folder.is_dir():
        raise Unfit(_("The books are not there: %(books)s") % {"books": given})
    return folder


def folder_of(key: str) -> Path:
    """Where a study's results lie."""
    return Path(settings.FOLDER) / settings.CHOSEN.files / "impact" / key


def ask(actor: Actor, question: Question) -> Study:
    """The study of a question: the one worked out before, or a new one that waits its turn. Raises ``Unfit`` by field."""
    actor.need("ask for impact")
    asked = _checked(question)
    folder = books()
    if asked["known"] and not (folder / ANSWER_KEY).is_file():
        raise Unfit({"known": _("the books hold no answer key")})
    key = key_of(asked, folder)
    study: Study | None = Study.objects.filter(pk=key).first()
    if study is not None and study.state != "failed":
        return study
    with acting(actor.author, "ask for impact"):
        study = study or Study(key=key, study_kind=asked["study_kind"], asked=asked, books=folder.name)
        study.state, study.said, study.started_at, study.ended_at = "waiting", "", None, None
        study.asked_by, study.asked_at = actor.person.person_id, actor.at
        study.save()
    return study


def _checked(question: Question) -> dict[str, Any]:
    rulebook, faults = load_rulebook(), dict[str, str]()
    if question.study_kind not in dict(KINDS):
        faults["study_kind"] = _("choose one of the kinds")
    lines = {name: _lines(getattr(question, name)) for name in ("assume", "vary")}
    for name in ("before", "after"):
        regime = getattr(question, name)
        if regime:
            _try(faults, name, lambda regime=regime: rulebook.regimes.chosen(regime))
        elif name == "before" or question.study_kind == "compare":
            faults[name] = _("choose a regime")
    if question.as_of:
        try:
            date.fromisoformat(question.as_of)
        except ValueError:
            faults["as_of"] = _("write a day such as 2026-11-23")
    _try(faults, "rules", lambda: rulebook.matching(question.rules.strip() or None))
    _try(faults, "assume", lambda: rulebook.assumptions(lines["assume"]))
    _try(faults, "vary", lambda: rulebook.assumptions([each for line in lines["vary"] for each in _each(line)]))
    if faults:
        raise Unfit(faults)
    asked = {name: getattr(question, name).strip() for name in ("study_kind", "before", "after", "rules", "as_of")}
    return {**asked, **lines, "known": question.known}


def _try(faults: dict[str, str], name: str, check: Any) -> None:
    try:
        check()
    except RulebookError as error:
        faults[name] = str(error)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _each(line: str) -> list[str]:
    name, _equals, values = line.partition("=")
    return [f"{name}={value.strip()}" for value in values.split(",")]


def key_of(asked: dict[str, Any], folder: Path) -> str:
    """SHA-256 over the question, the books' files (name, size, time of change), and every rule."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    told = {
        "asked": asked,
        "books": [(path.relative_to(folder).as_posix(), path.stat().st_size, path.stat().st_mtime_ns) for path in files],
        "rules": {path: rule.hash for path, rule in load_rulebook().rules.items()},
        "version": __version__,
    }
    return hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()


def command_of(study: Study, folder: Path) -> list[str]:
    """The command line that works it out; anybody may run it by hand and gets the same."""
    asked, place = study.asked, folder_of(study.key)
    words = [study.study_kind, str(folder)]
    if study.study_kind == "compare":
        words += [asked["before"], asked["after"], "--out", str(place / "comparison")]
        words += ["--as-of", asked["as_of"]] if asked["as_of"] else []
    else:
        words += [word for name in ("before", "after") if asked[name] for word in ("--regime", asked[name])]
    words += ["--rules", asked["rules"]] if asked["rules"] else []
    words += [word for name in ("assume", "vary") for line in asked[name] for word in (f"--{name}", line)]
    words += ["--known", str(folder / ANSWER_KEY)] if asked["known"] else []
    return [*words, "--progress", str(place / "progress.json"), "--json"]
