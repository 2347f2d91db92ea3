"""Law texts read from a folder, so that every provision a rule cites can be looked up word for word.

A statute file is plain text: ``# 附則（…）`` opens supplementary provisions, ``@ 第63条の11（…）`` an article.
Paragraph 1 has no number, later ones start with "2 "; items are indented by one full-width space, sub-items by two,
points by three.
A guideline file has ``@ Ⅱ-2-2-3-2 …`` sections with ⑴, ①, イ． and （注） inside.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sekisho.rulebook.documents import Document, load_documents
from sekisho.rulebook.provision import GUIDELINE, SENTENCES, Citation, CitationError, NoTextError


@dataclass(frozen=True, slots=True)
class Passage:
    """The text a citation points to. The opening words of what stands above an item come first."""

    heading: str
    text: str


@dataclass(slots=True)
class _Unit:
    """An article, paragraph, item or section, with its own lines and the units inside it."""

    label: str
    title: str = ""
    lines: list[str] = field(default_factory=list)
    inside: dict[str, _Unit] = field(default_factory=dict)

    def text(self) -> Iterator[str]:
        yield from self.lines
        for unit in self.inside.values():
            yield from unit.text()


@dataclass(frozen=True, slots=True)
class Statutes:
    """The texts of one folder. Files are read when first cited."""

    folder: Path
    documents: Mapping[str, Document]
    _parts: dict[str, Mapping[str, Mapping[str, _Unit]]] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, folder: Path, documents: Mapping[str, Document] | None = None) -> Statutes:
        """The texts in ``folder``, named as documents.yaml names them. Raises CitationError when it is no folder."""
        if not folder.is_dir():
            raise CitationError(f"{folder}: no such folder of law texts; give the one that holds psa.txt, fiea.txt …")
        return cls(folder, load_documents() if documents is None else documents)

    def resolve(self, citation: Citation) -> Passage:
        """The passage a citation points to.

        Raises CitationError when it is not there, NoTextError when the document has no text at all.
        """
        document, part = self._part(citation)
        name = f"{document.title_ja} {citation.japanese}"
        unit = part.get(citation.place)
        if unit is None:
            raise CitationError(f"{name}: no such article or section in {document.statute_file}")
        title = unit.title
        above: list[str] = []
        for step in _steps_of(name, citation, unit):
            above += unit.lines
            unit = _inside(name, unit, step)
        below = _subsections(part, citation) if unit is part[citation.place] else ()
        text = "\n".join([*above, *unit.text(), *below])
        return Passage(f"{name}{title if title.startswith('（') else ''}", _sentence(name, text, citation.sentence))

    def _part(self, citation: Citation) -> tuple[Document, Mapping[str, _Unit]]:
        document = self.documents.get(citation.document)
        if document is None:
            known = ", ".join(self.documents)
            raise CitationError(f"{citation.document}: no such document; documents.yaml has {known}")
        if document.statute_file is None:
            raise NoTextError(f"{document.key} ({document.title_ja}): no text of this document to look into")
        if citation.supplementary != (document.part is not None):
            if document.part is not None:
                raise NoTextError(f"{document.key} {citation.provision}: only the {document.part} have a text")
            raise CitationError(f"{document.key} {citation.provision}: cite supplementary provisions by their own act")
        heading = document.part or ""
        parts = self._read(document.statute_file)
        if heading not in parts:
            raise CitationError(f"{document.statute_file}: heading '# {heading}' is missing; get the newer text")
        return document, parts[heading]

    def _read(self, file: str) -> Mapping[str, Mapping[str, _Unit]]:
        if file not in self._parts:
            path = self.folder / file
            if not path.is_file():
                raise CitationError(f"{path}: no such text; put the file there or give another folder")
            self._parts[file] = _parse(path.read_text(encoding="utf-8"))
        return self._parts[file]


def _subsections(part: Mapping[str, _Unit], citation: Citation) -> Iterator[str]:
    """The text of the sections below a guideline section, which often is a heading and nothing else."""
    for label, unit in part.items():
        if label[0] in GUIDELINE and label.startswith(citation.place + "-"):
            yield from unit.text()


def _steps_of(name: str, citation: Citation, unit: _Unit) -> Sequence[str]:
    """The steps of a citation with the unsaid paragraph filled in."""
    if citation.steps[:1] != ("",):
        return citation.steps
    if len(unit.inside) > 1:
        raise CitationError(f"{name}: the article has {len(unit.inside)} paragraphs; say which, as in 27(1)(i)")
    return ("1", *citation.steps[1:])


def _inside(name: str, unit: _Unit, step: str) -> _Unit:
    """The unit one step further in. A note may stand one level deeper than it is cited, if there is only one such."""
    if step in unit.inside:
        return unit.inside[step]
    if step.startswith("注"):
        deeper = [inner.inside[step] for inner in unit.inside.values() if step in inner.inside]
        if len(deeper) == 1:
            return deeper[0]
    has = ", ".join(unit.inside) or "nothing below it"
    raise CitationError(f"{name}: {step!r} is not in the text; there is {has}")


_TURNS = {"前段": "この場合において", "後段": "この場合において", "本文": "ただし、", "ただし書": "ただし、"}


def _sentence(name: str, text: str, sentence: str | None) -> str:
    if sentence is None:
        return text
    first, turn, second = text.partition(_TURNS[sentence])
    if not turn:
        raise CitationError(f"{name}: the passage has no {sentence}")
    return first if sentence in (SENTENCES[0], SENTENCES[2]) else turn + second


def _parse(text: str) -> dict[str, dict[str, _Unit]]:
    """The parts of a file: the main provisions under "", each set of supplementary provisions under its heading."""
    part: dict[str, _Unit] = {}
    parts, unit = {"": part}, _Unit("")
    for line in text.splitlines():
        if line.startswith("# 附則"):
            part = parts.setdefault(line.removeprefix("# ").strip(), {})
        elif line.startswith("@ "):
            unit = _open(line.removeprefix("@ ").strip())
            # A line of a guideline that only looks like a heading repeats a number; the first one is the heading.
            part.setdefault(unit.label, unit)
        elif line and not line.startswith("#"):
            unit.lines.append(line)
    for articles in parts.values():
        for unit in articles.values():
            _arrange(unit)
    return parts


_ARTICLE = re.compile(r"第(\d+)条((?:の\d+)*)(.*)")
_SECTION = re.compile(rf"([{GUIDELINE}](?:-\d+)*)(.*)")


def _open(heading: str) -> _Unit:
    """An empty unit named by its heading: 第63条の11（利用者財産の管理） has the label 63-11."""
    if article := _ARTICLE.fullmatch(heading):
        return _Unit(article[1] + article[2].replace("の", "-"), article[3])
    if section := _SECTION.fullmatch(re.sub(r"\s*[―ー−]", "-", heading)):
        return _Unit(section[1], section[2].strip())
    return _Unit(heading)


def _arrange(unit: _Unit) -> None:
    """Sort the lines of an article or section into the units they belong to."""
    lines, unit.lines = unit.lines, []
    if unit.label[:1] in GUIDELINE:
        _arrange_guideline(unit, lines)
    else:
        _arrange_statute(unit, lines)


_PARAGRAPH = re.compile(r"(\d+(?:の\d+)*) ")
_DEEPER = re.compile(r"(　+)(\S+?) ")


def _arrange_statute(article: _Unit, lines: Sequence[str]) -> None:
    """Paragraphs by their number, then items, sub-items and points by their indent."""
    open_units = [article]
    for line in lines:
        if deeper := _DEEPER.match(line):
            depth, label = 1 + len(deeper[1]), unicodedata.normalize("NFKC", deeper[2]).strip("()")
        elif paragraph := _PARAGRAPH.match(line):
            depth, label = 1, paragraph[1]
        elif len(open_units) == 1:
            depth, label = 1, "1"
        else:  # a table row or a continued line belongs to what is open
            open_units[-1].lines.append(line.strip())
            continue
        depth = min(depth, len(open_units))
        unit = _Unit(label.replace("の", "-"), lines=[line.strip()])
        open_units[depth - 1].inside.setdefault(unit.label, unit)
        open_units = [*open_units[:depth], unit]


_LEVELS = (re.compile(r"[⑴-⒇]"), re.compile(r"[①-⑳]"), re.compile(r"[イロハニホヘへトチリヌルヲワカヨタレソツネ]．"))
_NOTE = re.compile(r"（注(\d*)）")
_RUN_IN = re.compile(r"(?<=[^\d号項条記びロイハニ（「、又・及は-])(?=[⑴-⒇])|(?<=。)(?=[①-⑳]|[イ-ネ]．)|(?=へ．)")


def _arrange_guideline(section: _Unit, lines: Sequence[str]) -> None:
    """⑴ over ① over イ．, each possibly missing; a note belongs to what stands before it."""
    open_units: list[tuple[int, _Unit]] = [(-1, section)]
    for line in lines:
        for place, piece in enumerate(_RUN_IN.split(line)):
            level, label = _guideline_label(piece)
            if level is None or (place and not _follows(section, level, label)):
                open_units[-1][1].lines.append(piece)
                continue
            open_units = [pair for pair in open_units if pair[0] < level]
            unit = _Unit(label, lines=[piece])
            open_units[-1][1].inside.setdefault(label, unit)
            open_units.append((level, unit))


def _guideline_label(piece: str) -> tuple[int | None, str]:
    """How deep a piece of text opens a new unit, and the unit's label; None when it opens none."""
    if note := _NOTE.match(piece):
        return len(_LEVELS), "注" + note[1]
    level = next((number for number, sign in enumerate(_LEVELS) if sign.match(piece)), None)
    if level is None:
        return None, ""
    sign = unicodedata.normalize("NFKC", piece[0]) if level == 0 else piece[0]
    return level, sign.replace("へ", "ヘ")  # the text writes hiragana へ for the katakana


def _follows(section: _Unit, level: int, label: str) -> bool:
    """Inside a line, a ⑼ opens a unit only when ⑻ was there; elsewhere it refers to another text."""
    return level > 0 or f"({int(label.strip('()')) - 1})" in section.inside
