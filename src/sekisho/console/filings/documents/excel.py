"""The filing as an Excel file: one sheet of items, one for each table; figures as numbers where no digit is lost."""

from __future__ import annotations

import io
from decimal import Decimal, InvalidOperation
from typing import Any

import xlsxwriter

from sekisho.console.filings.documents.sheet import WORDS, Line, Sheet, beside
from sekisho.console.filings.fields import Item

_EXACT_BELOW = 10**15
_DIGITS_MAX = 15
"""Excel keeps fifteen digits: a figure with more is written as text."""


def as_excel(sheet: Sheet) -> bytes:
    """An .xlsx; its parts bear no time but that of the version."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        created = sheet.head.written_at.replace(tzinfo=None, microsecond=0)
        book.set_properties({"title": sheet.kind.title.ja, "author": "", "created": created})
        bold, wrap = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"text_wrap": True, "valign": "top"})
        _first(book, sheet, bold, wrap)
        items = {item.name: item for item in sheet.kind.items}
        for _title, lines in sheet.sections:
            for line in lines:
                if line.columns:
                    _table(book, line, items[line.name], bold, wrap)
    return file.getvalue()


def _first(book: Any, sheet: Sheet, bold: Any, wrap: Any) -> None:
    page = book.add_worksheet("届出 filing")
    page.set_column(0, 0, 44)
    page.set_column(1, 1, 70)
    page.set_column(2, 2, 28)
    row = 0
    head = [
        (beside(sheet.kind.title), ""),
        *([(beside(WORDS["draft"]), "")] if sheet.is_draft else []),
        *([(beside(WORDS["confidential"]), "")] if sheet.kind.secret else []),
        (beside(WORDS["to"]), beside(sheet.kind.to)),
        (beside(WORDS["number"]), sheet.head.filing_id),
        (beside(WORDS["version"]), str(sheet.head.version)),
        *([(beside(WORDS["filed_on"]), f"{sheet.head.filed_on} {sheet.head.receipt_number}")] if sheet.head.filed_on else []),
    ]
    for name, value in head:
        page.write_string(row, 0, name, bold)
        page.write_string(row, 1, value, wrap)
        row += 1
    items = {item.name: item for item in sheet.kind.items}
    for title, lines in sheet.sections:
        row += 1
        for column, said in enumerate((beside(title), beside(WORDS["written"]), beside(WORDS["provision"]))):
            page.write_string(row, column, said, bold)
        for line in lines:
            row += 1
            page.write_string(row, 0, beside(line.title), wrap)
            if line.columns:
                page.write_string(row, 1, f"→ {_sheet_name(line)}", wrap)
            else:
                _write(page, (row, 1), items[line.name], line.raw, wrap)
            page.write_string(row, 2, line.provision, wrap)
        row += 1
    for note in (sheet.kind.form, *((WORDS["unverified_note"],) if sheet.has_unverified else ())):
        row += 1
        page.write_string(row, 0, beside(note))
    page.write_string(row + 1, 0, f"{beside(WORDS['sha256'])}: {sheet.head.sha256}")


def _table(book: Any, line: Line, item: Item, bold: Any, wrap: Any) -> None:
    page = book.add_worksheet(_sheet_name(line))
    page.freeze_panes(1, 0)
    page.set_column(0, len(line.columns) - 1, 20)
    for column, title in enumerate(line.columns):
        page.write_string(0, column, beside(title), bold)
    for number, row in enumerate(line.raw or [], 1):
        for column, each in enumerate(item.columns):
            _write(page, (number, column), each, row.get(each.name), wrap)


def _sheet_name(line: Line) -> str:
    return "".join(sign for sign in line.title.ja if sign not in "[]:*?/\\")[:31]


def _write(page: Any, place: tuple[int, int], item: Item, value: Any, wrap: Any) -> None:
    if item.written in ("yen", "number") and value not in (None, ""):
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        digits = len(number.as_tuple().digits) if number.is_finite() else _DIGITS_MAX + 1
        if digits <= _DIGITS_MAX and abs(number) < _EXACT_BELOW:
            page.write_number(*place, float(number), wrap)
            return
        page.write_string(*place, str(value), wrap)
        return
    page.write_string(*place, item.shown(value), wrap)
