"""Golden files: each kind as Word, PDF, Excel and JSON says what it said when somebody looked at it, and the bytes are the same
whenever it is made again. ``SEKISHO_GOLDEN=write`` writes them anew."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from pypdf import PdfReader

from sekisho.console.filings.documents import WRITERS, sheet_of
from sekisho.console.filings.documents.sheet import Head
from sekisho.console.filings.kinds import KINDS
from sekisho.console.filings.life import digest

GOLDEN = Path(__file__).parent / "golden"
Whole = Callable[[str], dict[str, Any]]


def _head(content: dict[str, Any], state: str = "draft") -> Head:
    return Head(
        filing_id="XXX-2026-00001",
        version=2,
        state=state,
        written_at=datetime(2026, 11, 2, 3, 4, 5, 678, tzinfo=UTC),
        filed_on="2026-11-03" if state == "filed" else "",
        receipt_number="R-1" if state == "filed" else "",
        sha256=digest(content),
    )


def _made(name: str, form: str, whole: Whole, state: str = "draft") -> bytes:
    content, _faults = KINDS[name].cleaned(whole(name))
    return WRITERS[form][1](sheet_of(KINDS[name], content, _head(content, state)))


def _text(form: str, made: bytes) -> str:
    if form == "docx":
        document = docx.Document(io.BytesIO(made))
        tables = [["\t".join(cell.text for cell in row.cells) for row in table.rows] for table in document.tables]
        return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *(row for table in tables for row in table)])
    if form == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(made))
        return "\n".join(
            f"{page.title}!{cell.coordinate}\t{cell.data_type}\t{cell.value}"
            for page in book
            for row in page.iter_rows()
            for cell in row
            if cell.value is not None
        )
    if form == "pdf":
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)
    return made.decode()


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("name", KINDS)
def test_a_document_says_what_it_said(name: str, form: str, whole: Whole) -> None:
    text = _text(form, _made(name, form, whole))
    file = GOLDEN / f"{name}.{form}.txt"
    if os.environ.get("SEKISHO_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("form", WRITERS)
def test_equal_content_gives_equal_bytes_whatever_the_clock_says(form: str, whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _made("client-property", form, whole)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert _made("client-property", form, whole) == first


@pytest.mark.parametrize("form", ["docx", "xlsx"])
def test_the_parts_of_an_office_file_bear_no_time_of_their_making(form: str, whole: Whole) -> None:
    with zipfile.ZipFile(io.BytesIO(_made("incident", form, whole))) as parts:
        assert {part.date_time for part in parts.infolist()} <= {(2026, 11, 2, 3, 4, 4), (1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("form", ["docx", "pdf", "xlsx"])
def test_a_draft_says_so_and_what_was_filed_does_not(form: str, whole: Whole) -> None:
    assert "DRAFT" in _text(form, _made("incident", form, whole))
    filed = _text(form, _made("incident", form, whole, "filed"))
    assert "DRAFT" not in filed
    assert "R-1" in filed


@pytest.mark.parametrize("form", ["docx", "pdf", "xlsx"])
def test_a_confidential_document_says_so(form: str, whole: Whole) -> None:
    assert "8(4)" in _text(form, _made("suspicious-transaction", form, whole))
    assert "8(4)" not in _text(form, _made("incident", form, whole))


def test_figures_are_numbers_in_excel_where_no_digit_is_lost_and_text_where_one_would_be(whole: Whole) -> None:
    book = openpyxl.load_workbook(io.BytesIO(_made("client-property", "xlsx", whole)))
    cells = {cell.value: cell.data_type for page in book for row in page.iter_rows() for cell in row if cell.value is not None}
    assert cells[123456789] == "n"
    assert cells["12.345678901234567890"] == "s"
    assert cells["1234567890123456789"] == "s"


def test_what_looks_like_a_formula_stays_text_in_excel(whole: Whole) -> None:
    content = {**whole("closure"), "reason": '=HYPERLINK("http://example.invalid")'}
    made = WRITERS["xlsx"][1](sheet_of(KINDS["closure"], content, _head(content)))
    cells = [cell for page in openpyxl.load_workbook(io.BytesIO(made)) for row in page.iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if str(cell.value).startswith("=HYPERLINK")] == ["s"]
