"""Reads a page the way a browser takes it apart: elements, attributes, ids, and whether every element is closed."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

_VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    """A parsed page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.misnested: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.misnested += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.misnested.append(tag)

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def said(self) -> str:
        """All words of the page."""
        return " ".join(" ".join(self.words).split())

    def count(self, tag: str, **attributes: str) -> int:
        """Elements of a tag whose attributes contain the given words (``class_`` for class)."""
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return sum(
            each == tag and all(value in told.get(name, "").split() for name, value in wanted.items())
            for each, told in self.elements
        )


def read(path: Path) -> Page:
    """The page in a file."""
    return Page(path.read_text(encoding="utf-8"))
