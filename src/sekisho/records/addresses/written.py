"""How an address arrives: with spaces, invisible characters or full-width letters, or with letters of another script.

What cannot change the meaning is taken away and noted. A letter that only looks like the right one is never replaced.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_PLAIN = re.compile(r"[!-~]+").fullmatch
_INVISIBLE = frozenset("\u00ad\u034f\u061c\u180e\ufeff").union(
    *(map(chr, range(first, last + 1)) for first, last in ((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0xFE00, 0xFE0F)))
)
_PAIRS = """
аa АA вb ВB сc СC еe ЕE НH іi ІI јj ЈJ кk КK мm МM оo ОO рp РP ѕs ЅS ТT тt хx ХX уy УY ԁd ԛq ԝw һh
αa ΑA ΒB εe ΕE ΗH ιi ΙI κk ΚK ΜM νv ΝN οo ΟO ρp ΡP τt ΤT υu ΥY χx ΧX ΖZ
"""
_LOOKS_LIKE = {pair[0]: pair[1] for pair in _PAIRS.split()}
"""Letters of other scripts that people take for Latin ones; only used to say so."""


def plain(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without spaces and invisible characters, full-width forms made plain, and what was done, in a fixed order.

    What was done is told as ``spaces``, ``invisible``, ``full_width``. Other characters beyond ASCII stay where they are.
    """
    if _PLAIN(text):
        return text, ()
    kept, done = [], set()
    for c in text:
        code = ord(c)
        if c.isspace():
            done.add("spaces")
        elif c in _INVISIBLE:
            done.add("invisible")
        elif 0xFF01 <= code <= 0xFF5E:
            done.add("full_width")
            kept.append(chr(code - 0xFEE0))
        else:
            kept.append(c)
    return "".join(kept), tuple(each for each in ("spaces", "invisible", "full_width") if each in done)


class Foreign(NamedTuple):
    """A character that no address holds, its place from 1, and the Latin letter that people take it for, if any."""

    character: str
    place: int
    looks_like: str | None


def foreign(text: str) -> Foreign | None:
    """The first character that no address holds, under its Unicode name; None where there is none."""
    for place, c in enumerate(text, 1):
        if not "!" <= c <= "~":
            return Foreign(f"U+{ord(c):04X} {unicodedata.name(c, 'CHARACTER WITHOUT A NAME')}", place, _LOOKS_LIKE.get(c))
    return None
