"""A text in both languages of the house."""

from __future__ import annotations

from typing import NamedTuple

from sekisho.rulebook.strict_yaml import Reader


class Text(NamedTuple):
    """English and Japanese, side by side."""

    en: str
    ja: str


def take_text(reader: Reader, key: str) -> Text:
    """A bilingual text that must be there; both languages, neither empty."""
    inside = reader.inside(key, f"{reader.what}: '{key}'")
    text = Text(inside.take("en", str).strip(), inside.take("ja", str).strip())
    inside.done()
    if not text.en or not text.ja:
        raise reader.error(f"{reader.what}: '{key}' needs words in both languages", key)
    return text


def maybe_text(reader: Reader, key: str) -> Text | None:
    """A bilingual text that may be missing."""
    return take_text(reader, key) if key in reader.mapped else None


def read_text(reader: Reader) -> Text:
    """A mapping that is itself a bilingual text."""
    return Text(reader.take("en", str).strip(), reader.take("ja", str).strip())
