"""Lines of the log that the office itself wrote, in the reader's language, whichever language they were written in.

What people wrote stays as they wrote it; the log keeps every line as it was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.utils.translation import get_language, gettext, gettext_lazy, gettext_noop, override

from sekisho.console.incidents.clocks import terms
from sekisho.console.incidents.models import CHECKS, MEASURES
from sekisho.console.incidents.two_people import WAIVE_REASONS
from sekisho.console.journal.naming import VALUES_SAID

LINES: Final = (
    gettext_noop("Recognised by {who}."),
    gettext_noop("Planned: {what}. {words}"),
    gettext_noop("Carried out by {who}: {what}. {words}"),
    gettext_noop("Not carried out: {what}. {why}"),
    gettext_noop("Approved: {what}. Proposed by {who}."),
    gettext_noop("Lifted: {what}. Proposed by {who}."),
    gettext_noop("Not approved: {what}. {words}"),
    gettext_noop("Not approved: {what}."),
    gettext_noop("Not reported: {what} ({why})."),
    gettext_noop("Closed. Proposed by {who}."),
    gettext_noop("Opened again. Proposed by {who}."),
    gettext_noop("Added to the reports: {what}, from {text}."),
    gettext_noop("Term set by hand: {what}, from {text}."),
    gettext_noop("No lesson: {why}"),
    gettext_noop("Filed: {filing}."),
)
"""Every line the office writes by a fixed form."""


def line_said(words: str, names: Mapping[str, str] | None = None) -> str:
    """A line of the log as a person reads it; ``names`` are people's names by code."""
    for pattern, form in _patterns():
        if found := pattern.fullmatch(words):
            told: dict[str, str] = dict(found.groupdict())
            for name in ("what", "why"):
                if name in told:
                    told[name] = title_said(told[name])
            if names and "who" in told:
                told["who"] = names.get(told["who"], told["who"])
            return gettext(form).format(**told)
    return words


def title_said(title: str) -> str:
    """The title of a measure, a check, a report or a reason that stands as text, in the reader's language; any other as it is."""
    return _titles().get(title, {}).get("ja" if (get_language() or "").startswith("ja") else "en", title)


@cache
def _titles() -> Mapping[str, dict[str, str]]:
    """Each title in each language, by the title in any."""
    found: dict[str, dict[str, str]] = {}
    for titles in (MEASURES, CHECKS, WAIVE_REASONS):
        for _code, title in titles:
            said = {lang: _in(lang, title) for lang, _name in settings.LANGUAGES}
            found.update(dict.fromkeys(said.values(), said))
    for term in terms():
        said = {"en": term.name.en, "ja": term.name.ja}
        found.update(dict.fromkeys(said.values(), said))
    return found


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    forms = [(form, {_in(lang, gettext_lazy(form)) for lang, _name in settings.LANGUAGES}) for form in LINES]
    return tuple((_pattern(text), form) for form, texts in forms for text in sorted(texts))


def _in(lang: str, title: Any) -> str:
    with override(lang):
        return str(title)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(text)), re.DOTALL)


VALUES_SAID["measure", "measure"] = title_said
VALUES_SAID["clock", "report"] = title_said
