"""English sentences on a Japanese page: what a reader meets who reads no English, and who wrote it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import sekisho

SOURCE: Final = Path(sekisho.__file__).parent
RUN: Final = re.compile(r"[A-Za-z][A-Za-z'’\-]+(?: [A-Za-z][A-Za-z'’\-]+){3,}")
"""Four English words, one after the other: a sentence, or a piece of one. Names, codes and citations of laws are shorter."""
UNREAD: Final = frozenset({"code", "pre", "script", "style", "textarea"})
"""Where codes stand, and what people write; so does what a filing says, which is a document in both languages."""
VOID: Final = frozenset(
    ("area", "br", "circle", "col", "hr", "img", "input", "line", "link", "meta", "path", "rect", "source", "use", "wbr")
)
SPOKEN: Final = ("aria-label", "alt", "placeholder", "title")
BESIDE: Final = re.compile(r"(?<=[\u3001-\u30ff\u4e00-\u9fff\uff09\d]) / .*$", re.DOTALL)
"""English that stands beside its Japanese."""
COMMAND: Final = re.compile(r"sekisho(?: [a-z-]+)+")
"""What is typed is the same in every language."""
WROTE: Final = ("console/trial.py", "console/*/trial.py", "simulation/**/*.py")
"""Where people's own words come from in an office for trying: they are shown as they were written."""


class _Texts(HTMLParser):
    """Every text of a page that is said to be in the page's language."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, bool]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if not self._unread():
            self.texts += [value for name in SPOKEN if (value := given.get(name))]
        if tag not in VOID:
            item_of_filing = (given.get("id") or "").startswith("f-")
            self._open.append((tag, tag in UNREAD or given.get("lang") == "en" or item_of_filing))

    def handle_endtag(self, tag: str) -> None:
        for number in range(len(self._open) - 1, -1, -1):
            if self._open[number][0] == tag:
                del self._open[number:]
                break

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._unread():
            self.texts.append(" ".join(data.split()))

    def _unread(self) -> bool:
        return any(unread for _tag, unread in self._open)


def english_on(page: str) -> list[str]:
    """The English sentences of a Japanese page that are not marked as English and that no person wrote."""
    reader = _Texts()
    reader.feed(page)
    return sorted({run for text in reader.texts for run in RUN.findall(BESIDE.sub("", COMMAND.sub("", text))) if not _wrote(run)})


def _wrote(run: str) -> bool:
    return any(run in text for text in _written())


@cache
def _written() -> tuple[str, ...]:
    return tuple(text for pattern in WROTE for file in sorted(SOURCE.glob(pattern)) for text in _strings(file))


def _strings(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and RUN.search(node.value):
            yield " ".join(node.value.split())
