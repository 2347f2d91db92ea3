"""A text in both languages of the house."""

from __future__ import annotations

import re
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


def reveals(said: str) -> str | None:
    """The first word that would tell a client of a suspicion or a report about them; None for a neutral text.

    The officers and staff of an exchange must not let a client know that a suspicious transaction is or will be reported
    (APTCP 8(4)); what a client reads about a transfer that waits is therefore checked word by word.
    """
    found = _REVEALING.search(said)
    return found[0] if found else None


_REVEALING = re.compile(
    r"suspici\w*|suspect\w*|fraud\w*|scam\w*|crim\w+|launder\w*|\bAML\b|\bSTRs?\b|terror\w*|illicit\w*|illegal\w*|sanction\w*|"
    r"\bpolice\b|prosecut\w*|investigat\w*|authorit\w+|\breport\w*|\bmules?\b|monitor\w*|\balerts?\b|\bvictims?\b|watch ?lists?|"
    r"疑|嫌疑|犯罪|犯収|届出|届け出|通報|捜査|警察|当局|不正|違法|詐欺|被害|資金洗浄|マネロン|マネー・?ロー?ンダリング|制裁|テロ|監視|モニタリング|検知",
    re.IGNORECASE,
)
