"""Marks of a text nobody has finished: the head of a drafted narrative, and the places where it asks for words.

A draft says of itself that it is one. Such marks belong in no document that leaves the firm: what is filled from a narrative leaves
them out, and a filing in which one stands is not valid.
"""

from __future__ import annotations

import re
from typing import Final

_ASKING: Final = (
    re.compile(r"DRAFT written by Sekisho[^\n]*?check, correct and complete it\.[ \t]*"),
    re.compile(r"【下書き】[^\n]*?訂正および補完を要する。[ \t]*"),
    re.compile(r"Nothing in the evidence says this\.[ \t]*To be written\.[ \t]*"),
    re.compile(r"[ \t]*To be written(?: from statements and communications)?\."),
    re.compile(r"証拠からは明らかでない。[ \t]*要記述。[ \t]*"),
    re.compile(r"[ \t]*供述や通信の記録に基づき記述すること。"),
)
"""Sentences of a draft that say that it is one, or ask for words. One that was half taken away stays: it is a mark."""
_MARKS: Final = (
    *(
        re.compile(each)
        for each in (r"【\s*下書き\s*】", r"担当者による確認、訂正および補完を要する", r"要記述", r"記述すること(?=[。」\s]|$)")
    ),
    *(
        re.compile(each, re.IGNORECASE)
        for each in (
            r"DRAFT\s+written\s+by\s+Sekisho",
            r"A\s+person\s+has\s+to\s+check,\s+correct\s+and\s+complete\s+it",
            r"Nothing\s+in\s+the\s+evidence\s+says\s+this",
            r"\bTo\s+be\s+written(?=\s*(?:[.\])]|from\s+statements|$))",
        )
    ),
)
"""What shows that a text is not finished, however it was cut and pasted."""


def mark_in(text: str) -> str | None:
    """The first mark of an unfinished text that stands in it, as it stands there; None: there is none."""
    found = [hit for each in _MARKS if (hit := each.search(text))]
    return " ".join(min(found, key=lambda hit: hit.start()).group().split()) if found else None


def without_marks(text: str) -> str:
    """A narrative without the head of the draft, without what only asks for words, and without headings left empty by that."""
    kept = []
    for block in text.split("\n\n"):
        left = block
        for each in _ASKING:
            left = each.sub("", left)
        if left == block:
            kept.append(block)
            continue
        lines = [line.rstrip() for line in left.split("\n") if line.strip(" \t-")]
        if len(lines) > 1 or (lines and "\n" not in block.strip("\n")):
            kept.append("\n".join(lines))
    return "\n\n".join(kept).strip("\n")
