"""The sheet all documents of a filing are made of: headings, items with what was written, and where each item comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sekisho.console.filings.fields import Content, Item, Kind
from sekisho.rulebook.texts import Text

WORDS = {
    "draft": Text("DRAFT: not filed", "案（未提出）"),
    "to": Text("To", "提出先"),
    "number": Text("Number", "整理番号"),
    "version": Text("Version", "版"),
    "filed_on": Text("Filed on", "提出日"),
    "item": Text("Item", "項目"),
    "written": Text("Content", "記載内容"),
    "provision": Text("Provision", "根拠規定"),
    "unverified": Text("not verified", "未確認"),
    "unverified_note": Text(
        "“not verified”: no text of law that was read names this item; check it against the addressee's own form.",
        "「未確認」は、確認した法令に当該記載事項の定めがないことを示す。提出先の様式により確認すること。",
    ),
    "confidential": Text(
        "Confidential: neither the client nor others may learn of this report (APTCP 8(4)).",
        "取扱注意：本届出を行おうとすること又は行ったことを顧客等に漏らしてはならない（犯収法第8条第4項）。",
    ),
    "sha256": Text("SHA-256 of the content", "内容のSHA-256"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above the items: number, version, state, when it was written and filed, and the hash of what it says."""

    filing_id: str
    version: int
    state: str
    written_at: datetime
    filed_on: str
    receipt_number: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item as a document shows it; a table has its columns and rows instead of one text."""

    title: Text
    provision: str
    value: str = ""
    columns: tuple[Text, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    raw: Any = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A whole filing, ready to be written."""

    kind: Kind
    head: Head
    sections: tuple[tuple[Text, tuple[Line, ...]], ...]
    content: Content

    @property
    def is_draft(self) -> bool:
        """Whether it was not filed."""
        return self.head.state in ("draft", "validated", "reviewed", "dropped")

    @property
    def has_unverified(self) -> bool:
        """Whether an item stands in it that no text names."""
        return any(WORDS["unverified"].ja in line.provision for _title, lines in self.sections for line in lines)


def sheet_of(kind: Kind, content: Content, head: Head) -> Sheet:
    """The sheet of a content."""
    sections = tuple((s.title, tuple(_line(item, content.get(item.name)) for item in s.items)) for s in kind.sections)
    return Sheet(kind=kind, head=head, sections=sections, content=content)


def _line(item: Item, value: Any) -> Line:
    if item.written != "table":
        return Line(title=item.title, provision=_where(item), value=item.shown(value), raw=value, name=item.name)
    rows = tuple(tuple(column.shown(row.get(column.name)) for column in item.columns) for row in value or [])
    columns = tuple(column.title for column in item.columns)
    return Line(title=item.title, provision=_where(item), columns=columns, rows=rows, raw=value, name=item.name)


def _where(item: Item) -> str:
    if item.verified:
        return item.provision
    said = f"{WORDS['unverified'].ja} / {WORDS['unverified'].en}"
    return f"{item.provision}; {said}" if item.provision else said


def beside(text: Text) -> str:
    """Japanese with English beside it."""
    return f"{text.ja} / {text.en}"
