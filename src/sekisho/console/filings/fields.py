"""What a filing is made of: kinds, sections and items, each with the provision that asks for it, and what makes an item wrong.

An item list comes from the law that was read. What no text that was read asks for is marked as not verified, on the page and in
every document made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sekisho.console.cases.unwritten import mark_in
from sekisho.rulebook.texts import Text

if TYPE_CHECKING:
    from sekisho.console.cases.models import Case

Written = Literal["line", "words", "day", "moment", "yen", "number", "choice", "table"]
Content = dict[str, Any]
"""What is written in a filing: by the item's name a text as it was typed, or for a table a list of rows."""

EMPTY = Text("this is missing", "記載が必要です")
ROWS_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item: its name, its titles, how it is written, and where it comes from.

    ``provision`` is "DOCUMENT place" as rules cite it; empty with ``verified`` false: no text that was read names this item.
    ``personal`` items say who a client is. ``optional`` may stay empty; in a table ``columns`` are the items of a row.
    """

    name: str
    title: Text
    written: Written = "line"
    provision: str = ""
    verified: bool = True
    optional: bool = False
    personal: bool = False
    choices: tuple[tuple[str, Text], ...] = ()
    columns: tuple[Item, ...] = ()
    hint: Text | None = None

    def shown(self, value: Any) -> str:
        """A value as a document has it: the words of a choice in both languages, amounts with thousands."""
        if value in (None, ""):
            return ""
        if self.written == "choice":
            told = dict(self.choices).get(str(value))
            return f"{told.ja} / {told.en}" if told else str(value)
        if self.written == "yen" and _decimal(value) is not None:
            return f"{Decimal(str(value)):,f}"
        return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Items under one heading."""

    title: Text
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a new filing is filled from: the case, the incident, the day of the period, the books, and earlier filings.

    ``firm`` holds what earlier filings said of the firm itself; ``at`` is the moment.
    """

    at: datetime
    case: Case | None = None
    incident_id: str = ""
    day: date | None = None
    books: Path | None = None
    firm: Mapping[str, Any] = field(default_factory=dict)


Filled = Callable[[Source], Content]
Checked = Callable[[Content], Mapping[str, Text]]


def _nothing(source: Source) -> Content:
    return {}


def _no_fault(content: Content) -> Mapping[str, Text]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of filing: whom it goes to, under which provision, on which form, with which items.

    ``answers`` are the obligations one of its kind meets, as (rule, name). ``secret``: only those who may read an STR know of it.
    ``from_case``: it is begun from a case. ``period``: the day it speaks of is asked for.
    """

    name: str
    code: str
    title: Text
    to: Text
    form: Text
    provision: str
    chapter: str
    sections: tuple[Section, ...]
    fill: Filled = _nothing
    check: Checked = _no_fault
    answers: tuple[tuple[str, str], ...] = ()
    secret: bool = False
    from_case: bool = False
    from_incident: bool = False
    period: bool = False

    @property
    def items(self) -> tuple[Item, ...]:
        """Every item, in order."""
        return tuple(item for section in self.sections for item in section.items)

    def faults(self, content: Content) -> dict[str, Text]:
        """What is wrong, by item (``name`` or ``name.row.column``): nothing means it may be reviewed."""
        found: dict[str, Text] = {}
        for item in self.items:
            found.update(_faults_of(item, content.get(item.name), item.name))
        return found or dict(self.check(content))

    def title_of(self, name: str) -> Text:
        """The title of an item, or of a cell of a table: ``table.row.column``."""
        first, _dot, rest = name.partition(".")
        item = next(item for item in self.items if item.name == first)
        if not rest:
            return item.title
        number, _dot, last = rest.partition(".")
        column = next(each for each in item.columns if each.name == last)
        row = int(number) + 1
        return Text(f"{item.title.en}, row {row}, {column.title.en}", f"{item.title.ja} {row}行目 {column.title.ja}")

    def cleaned(self, given: Mapping[str, Any]) -> tuple[Content, dict[str, Text]]:
        """What may be kept of what was sent, and what is no such value at all: unknown names, rows that are no rows."""
        kept: Content = {}
        faults = {
            name: Text("there is no such item", "該当する項目がありません") for name in given.keys() - {i.name for i in self.items}
        }
        for item in self.items:
            value = given.get(item.name)
            if item.written == "table":
                rows = value or []
                if not isinstance(rows, Sequence) or isinstance(rows, str) or not all(isinstance(row, Mapping) for row in rows):
                    faults[item.name] = Text("give a list of rows", "行の一覧で記載してください")
                    continue
                if len(rows) > ROWS_MAX:
                    faults[item.name] = Text(f"at most {ROWS_MAX} rows", f"{ROWS_MAX}行までです")
                    continue
                named = [column.name for column in item.columns]
                told = [{name: _text(row.get(name)) for name in named} for row in rows]
                kept[item.name] = [row for row in told if any(row.values())]
            else:
                kept[item.name] = _text(value)
        return kept, faults


def both(text: Text) -> dict[str, str]:
    """A text as content of a page."""
    return {"en": text.en, "ja": text.ja}


def _text(value: Any) -> str:
    # XML and so Word and Excel know no control characters but line ends and tabs.
    said = "" if value is None else str(value)
    return "".join(sign for sign in said.replace("\r\n", "\n") if sign in "\n\t" or ord(sign) >= 32).strip()


def _faults_of(item: Item, value: Any, name: str) -> dict[str, Text]:
    if value in (None, "", []):
        return {} if item.optional else {name: EMPTY}
    if item.written == "table":
        found: dict[str, Text] = {}
        for number, row in enumerate(value):
            for column in item.columns:
                found.update(_faults_of(column, row.get(column.name), f"{name}.{number}.{column.name}"))
        return found
    fault = _WRONG[item.written](item, str(value)) if item.written in _WRONG else _unfinished(str(value))
    return {name: fault} if fault else {}


def _unfinished(value: str) -> Text | None:
    """A text that says of itself that it is a draft is told to nobody."""
    mark = mark_in(value)
    if mark is None:
        return None
    return Text(
        f"the mark of a draft stands here: “{mark}”. Write what is missing and take the mark away",
        f"下書きの印「{mark}」が残っています。必要な内容を記述し、印を削除してください",
    )


def _wrong_day(item: Item, value: str) -> Text | None:
    try:
        date.fromisoformat(value)
    except ValueError:
        return Text("write the day as 2026-11-29", "日付は2026-11-29の形式で記載してください")
    return None


def _wrong_moment(item: Item, value: str) -> Text | None:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return Text(
            "write the moment (Japan time) as 2026-11-29 13:45", "日時は2026-11-29 13:45の形式（日本時間）で記載してください"
        )
    return None


def _wrong_number(item: Item, value: str) -> Text | None:
    if _decimal(value) is None:
        return Text("write a number in digits without commas, such as 1234.5", "数値は桁区切りなしで記載してください（例：1234.5）")
    return None


def _wrong_choice(item: Item, value: str) -> Text | None:
    return None if value in dict(item.choices) else Text("choose one of the values", "選択肢から選んでください")


_WRONG: dict[str, Callable[[Item, str], Text | None]] = {
    "day": _wrong_day,
    "moment": _wrong_moment,
    "yen": _wrong_number,
    "number": _wrong_number,
    "choice": _wrong_choice,
}


def _decimal(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
