"""The documents a rule may cite: acts, orders, guidelines, reports, and the project's own starting values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path

from sekisho.rulebook.strict_yaml import Reader, read_fully, read_yaml
from sekisho.rulebook.texts import take_text

DOCUMENTS_FILE = Path(__file__).parents[1] / "rules" / "documents.yaml"

KINDS = frozenset({"act", "cabinet_order", "cabinet_office_order", "guideline", "report", "minutes", "sro_rule", "project"})


@dataclass(frozen=True, slots=True)
class Document:
    """One document. ``statute_file`` names its text inside a folder of law texts, ``part`` the heading in that file."""

    key: str
    title_en: str
    title_ja: str
    law_number: str | None
    kind: str
    url: str | None
    text_as_at: date | None
    statute_file: str | None
    part: str | None


@cache
def load_documents(file: Path = DOCUMENTS_FILE) -> Mapping[str, Document]:
    """Every document by its key, in the order of the file. Raises RulebookError."""
    whole = Reader(read_yaml(file), "documents", file)
    return {key: read_fully(reader, partial(_document, key)) for key, reader in whole.entries()}


def _document(key: str, reader: Reader) -> Document:
    title = take_text(reader, "title")
    return Document(
        key=key,
        title_en=title.en,
        title_ja=title.ja,
        law_number=reader.maybe("law_number", str),
        kind=reader.word("kind", KINDS),
        url=reader.maybe("url", str),
        text_as_at=reader.maybe("text_as_at", date),
        statute_file=reader.maybe("statute_file", str),
        part=reader.maybe("part", str),
    )
