"""How a provision is written: "63-11(2)" is 第63条の11第2項, "Ⅱ-2-2-3-2(3)⑤" a place in a guideline.

    63-11(2)                article 63の11, paragraph 2
    26(1)(vi)  26(1)(6)     article 26, paragraph 1, item 6
    197(1)(iv-3)            item 4の3
    63-9-3(iv)              item 4 of an article of one paragraph
    23(1)(viii)イ(2)        item 8, sub-item イ, point (2)
    63-11(2)後段            second sentence (前段, 後段, 本文, ただし書)
    附則 1(ii)              the same inside the supplementary provisions the document stands for
    Ⅱ-2-2-3-2(3)④ 注2       guideline: section, ⑶, ④, note 2

Several provisions are separated by "; ". Ranges are refused: every provision is written out.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from sekisho.rulebook.strict_yaml import RulebookError

SUPPLEMENTARY = "附則"
GUIDELINE = "ⅠⅡⅢⅣⅤ"
SENTENCES = ("前段", "後段", "本文", "ただし書")

_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_KANA = "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス"
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50}
_RANGE = re.compile(r"\sto\s|から|[~〜～–—]")
_ARTICLE = re.compile(r"\d+(?:-\d+)*")
_SECTION = re.compile(rf"[{GUIDELINE}](?:-\d+)*")
_STEP = re.compile(
    rf"\((?P<bracket>[0-9]+(?:-[0-9]+)*|[ivxl]+(?:-[0-9]+)*)\)|(?P<circle>[{_CIRCLED}])|(?P<kana>[{_KANA}])"
    r"|注(?P<note>[0-9]*)"
)


class CitationError(RulebookError):
    """A provision is not written as it must be, or is not in the text."""


class NoTextError(CitationError):
    """The document has no text to look into, so the citation cannot be checked either way."""


@dataclass(frozen=True, slots=True)
class Citation:
    """One provision of one document.

    ``place`` is the article ("63-11") or section ("Ⅱ-2-2-3-2"); ``steps`` lead inside it. Steps in a statute:
    paragraph, item, sub-item, point ("2", "4-3", "イ", "1"). In a guideline each step shows its level:
    "(3)", "⑤", "イ", "注2".
    """

    document: str
    provision: str
    place: str
    steps: tuple[str, ...] = ()
    supplementary: bool = False
    sentence: str | None = None

    @classmethod
    def parse(cls, document: str, provision: str) -> Citation:
        """Read one provision. Raises CitationError."""
        where = f"{document} {provision!r}"
        if ";" in provision:
            raise CitationError(f"{where}: several provisions in one; use citations_of")
        if _RANGE.search(provision):
            raise CitationError(f"{where}: ranges are not resolved; write every provision out, separated by '; '")
        rest = _plain(provision)
        supplementary = rest.startswith(SUPPLEMENTARY)
        rest = rest.removeprefix(SUPPLEMENTARY)
        sentence = next((word for word in SENTENCES if rest.endswith(word)), None)
        rest = rest.removesuffix(sentence or "")
        guideline = _SECTION.match(rest)
        place = guideline or _ARTICLE.match(rest)
        if place is None:
            raise CitationError(f"{where}: no article or section number; write it as 63-11(2) or Ⅱ-2-2-3-2(3)⑤")
        read_steps = _guideline_steps if guideline else _statute_steps
        steps = read_steps(where, rest[place.end() :])
        return cls(document, provision, place.group(), steps, supplementary, sentence)

    @property
    def japanese(self) -> str:
        """The provision as Japanese drafting writes it: 第63条の11第2項第4号の3イ."""
        if self.place[0] in GUIDELINE:
            return self.place + "".join(self.steps)
        units = ("項", "号", "", "")
        parts = [_numbered(self.place, "条")]
        parts += [_numbered(step, unit) for step, unit in zip(self.steps, units, strict=False) if step]
        return (SUPPLEMENTARY if self.supplementary else "") + "".join(parts) + (self.sentence or "")


def citations_of(document: str, provision: str) -> tuple[Citation, ...]:
    """All provisions of a text such as "185-24(1)(i); 185-24(1)(iv)". Raises CitationError."""
    return tuple(Citation.parse(document, part.strip()) for part in provision.split(";"))


def roman_number(text: str) -> int:
    """The value of a lower-case roman numeral: "xiv" is 14."""
    values = [_ROMAN[letter] for letter in text]
    following = [*values[1:], 0]
    return sum(-value if value < after else value for value, after in zip(values, following, strict=True))


def _plain(provision: str) -> str:
    """Write ⑶ as (3), full-width brackets as ASCII, ⓛ (a scanner's ①) as ①; circled numbers stay."""
    kept = provision.replace("ⓛ", "①").replace("II-", "Ⅱ-")
    signs = [sign if sign in _CIRCLED or sign in GUIDELINE else unicodedata.normalize("NFKC", sign) for sign in kept]
    return re.sub(r"\s", "", "".join(signs))


def _statute_steps(where: str, text: str) -> tuple[str, ...]:
    """Paragraph, item, sub-item, point. An empty paragraph means: the only one."""
    steps: list[str] = []
    for match in _steps(where, text):
        bracket, kana = match["bracket"], match["kana"]
        if bracket and bracket[0] in _ROMAN:
            if len(steps) > 1:
                raise CitationError(f"{where}: {match.group()} stands too deep for an item")
            steps = [*(steps or [""]), _item(bracket)]
        elif bracket:
            steps.append(bracket)
        elif kana and len(steps) == 2:
            steps.append(kana)
        else:
            raise CitationError(f"{where}: {match.group()} must follow an item, as in (i)イ")
    return tuple(steps)


def _guideline_steps(where: str, text: str) -> tuple[str, ...]:
    steps = []
    for match in _steps(where, text):
        if match["bracket"] and not match["bracket"].isdigit():
            raise CitationError(f"{where}: {match.group()} is not a number of a guideline; write (3), ⑤, イ or 注2")
        steps.append("注" + match["note"] if match["note"] is not None else match.group())
    return tuple(steps)


def _steps(where: str, text: str) -> list[re.Match[str]]:
    found, at = [], 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise CitationError(f"{where}: {text[at:]!r} is not understood; sekisho.rulebook.provision shows the form")
        found.append(match)
        at = match.end()
    return found


def _item(bracket: str) -> str:
    number, _, branch = bracket.partition("-")
    return f"{roman_number(number)}-{branch}" if branch else str(roman_number(number))


def _numbered(number: str, unit: str) -> str:
    """The number 63-11 with the unit 条 is 第63条の11; sub-items and points carry no unit."""
    if not unit:
        return number if not number.isdigit() else f"({number})"
    first, *branches = number.split("-")
    return f"第{first}{unit}" + "".join(f"の{branch}" for branch in branches)
