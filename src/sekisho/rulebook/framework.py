"""Everything the framework document asks for, one entry each: the list that coverage is measured against."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sekisho.rulebook.strict_yaml import Mapped, Reader, RulebookError, read_yaml
from sekisho.rulebook.texts import Text, take_text

FRAMEWORK_FILE = Path(__file__).parents[1] / "rules" / "framework.yaml"

KINDS = frozenset({"detect", "decide", "attest", "due", "compute", "register", "exercise", "report"})
ACTORS = frozenset(
    {
        "FSA", "SESC", "JVCEA", "exchange", "intermediary", "issuer", "customer", "any person", "bank group",
        "DEX UI provider", "DEX protocol developer",
    }
)  # fmt: skip
_ID = re.compile(r"((?:[IVX]+(?:\.[A-Z])?)-[0-9]+)[a-z]?")


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the framework document: short code and title."""

    code: str
    title: Text


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing the framework asks for. ``id`` is the anchor of its paragraph, with a letter where there are several."""

    id: str
    anchor: str
    section: Section
    kind: str
    actors: tuple[str, ...]
    name: Text
    sentence: Text


@cache
def load_framework(file: Path = FRAMEWORK_FILE) -> tuple[Asked, ...]:
    """Everything asked for, in the order of the document. Raises RulebookError naming file and line."""
    whole = Reader(read_yaml(file), "framework", file)
    sections = _sections(whole)
    asked = whole.each("asked", lambda reader: _asked(reader, sections), what="entry")
    whole.done()
    ids = [entry.id for entry in asked]
    if twice := sorted({entry for entry in ids if ids.count(entry) > 1}):
        raise RulebookError(f"{file}: {', '.join(twice)} stands twice; every id is used once")
    return asked


def _sections(whole: Reader) -> Mapping[str, Section]:
    listed = whole.take("sections", Mapped)
    titles = Reader(listed, "sections", listed.file, listed.line)
    sections = {code: Section(code, take_text(titles, code)) for code in listed}
    if not sections:
        raise whole.error("'sections' is empty; every entry belongs to one", "sections")
    return sections


def _asked(reader: Reader, sections: Mapping[str, Section]) -> Asked:
    name = reader.take("id", str)
    matched = _ID.fullmatch(name)
    if matched is None:
        raise reader.error(f"'{name}' is not an id such as III.B-5a", "id")
    anchor = reader.take("anchor", str)
    if anchor != matched[1]:
        raise reader.error(f"the anchor of {name} is {matched[1]}, not {anchor}", "anchor")
    code = reader.word("section", frozenset(sections))
    if anchor.rpartition("-")[0] != code:
        raise reader.error(f"{name} does not belong to section {code}", "section")
    return Asked(
        id=name,
        anchor=anchor,
        section=sections[code],
        kind=reader.word("kind", KINDS),
        actors=reader.words("actor", ACTORS, required=True),
        name=take_text(reader, "name"),
        sentence=take_text(reader, "sentence"),
    )
