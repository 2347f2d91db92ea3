"""Turns facts into the one sentence a finding says of itself, in English and in Japanese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from string import Formatter

from sekisho.rulebook.texts import Text


class _Plain(Formatter):
    """Numbers plainly with thousands separators, times in UTC, lists with commas; format specs work as usual."""

    def format_field(self, value: object, format_spec: str) -> str:
        if format_spec:
            return str(format(value, format_spec))
        return plain(value)


def plain(value: object) -> str:
    """One value as a reader expects it in a sentence; floats are refused."""
    assert not isinstance(value, float), "round a float to a Decimal before it enters a sentence"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Decimal):
        text = f"{value:,f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0").rstrip(".") + " UTC"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(plain(v) for v in value)
    return str(value)


def say(template: Text, facts: Mapping[str, object]) -> Text:
    """Fill both languages; a fact the template names and nobody gave is a fault of the control."""
    told: dict[tuple[str, str], str] = {}
    return Text(_filled(template.en, facts, told), _filled(template.ja, facts, told))


def _filled(template: str, facts: Mapping[str, object], known: dict[tuple[str, str], str]) -> str:
    """A template with its facts; ``known`` are those written out already, for the other language."""
    parts = _parts(template)
    if parts is None:
        return _Plain().vformat(template, (), facts)
    told = []
    for literal, place in parts:
        told.append(literal)
        if place is not None:
            if place not in known:
                name, spec = place
                value = facts[name]
                known[place] = str(format(value, spec)) if spec else value if type(value) is str else plain(value)
            told.append(known[place])
    return "".join(told)


@lru_cache(maxsize=4096)
def _parts(template: str) -> tuple[tuple[str, tuple[str, str] | None], ...] | None:
    """A template cut into text, name and format once and for all; None for one that asks for more than names and formats."""
    parts: list[tuple[str, tuple[str, str] | None]] = []
    for literal, name, spec, conversion in Formatter().parse(template):
        if name is not None and (not name.isidentifier() or conversion or "{" in (spec or "")):
            return None
        parts.append((literal, None if name is None else (name, spec or "")))
    return tuple(parts)
