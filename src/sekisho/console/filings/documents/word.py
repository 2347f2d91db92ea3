"""The filing as a Word document. The parts of the file bear the time of the version, so that equal content gives equal bytes."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import docx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from sekisho.console.filings.documents.sheet import WORDS, Line, Sheet, beside

_FONT = "Yu Gothic"
_WIDTHS = (Mm(52), Mm(88), Mm(30))


def as_word(sheet: Sheet) -> bytes:
    """A .docx on A4."""
    document = docx.Document()
    _prepare(document, sheet)
    document.add_heading(sheet.kind.title.ja, level=0)
    document.add_paragraph(sheet.kind.title.en)
    if sheet.is_draft:
        document.add_paragraph().add_run(beside(WORDS["draft"])).bold = True
    if sheet.kind.secret:
        document.add_paragraph().add_run(beside(WORDS["confidential"])).bold = True
    document.add_paragraph(f"{beside(WORDS['to'])}: {beside(sheet.kind.to)}")
    document.add_paragraph(f"{beside(WORDS['number'])}: {sheet.head.filing_id}   {beside(WORDS['version'])}: {sheet.head.version}")
    if sheet.head.filed_on:
        document.add_paragraph(f"{beside(WORDS['filed_on'])}: {sheet.head.filed_on}   {sheet.head.receipt_number}")
    for title, lines in sheet.sections:
        document.add_heading(beside(title), level=1)
        _items(document, [line for line in lines if not line.columns])
        for line in lines:
            if line.columns:
                _table(document, line)
    document.add_paragraph()
    notes = [sheet.kind.form, *([WORDS["unverified_note"]] if sheet.has_unverified else [])]
    for note in notes:
        document.add_paragraph(note.ja)
        document.add_paragraph(note.en)
    document.add_paragraph(f"{beside(WORDS['sha256'])}: {sheet.head.sha256}")
    file = io.BytesIO()
    document.save(file)
    return _at_one_time(file.getvalue(), sheet)


def _prepare(document: Any, sheet: Sheet) -> None:
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(20)
    page.top_margin = page.bottom_margin = Mm(18)
    style = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(10)
    for name in ("Normal", "Heading 1", "Title"):
        fonts = document.styles[name].element.get_or_add_rPr().get_or_add_rFonts()
        for which in ("w:eastAsia", "w:ascii", "w:hAnsi"):
            fonts.set(qn(which), _FONT)
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(theme), None)
    document.styles["Title"].font.size, document.styles["Heading 1"].font.size = Pt(18), Pt(12)
    about = document.core_properties
    about.author, about.last_modified_by, about.title, about.comments = "", "", sheet.kind.title.ja, ""
    about.created = about.modified = sheet.head.written_at.replace(tzinfo=None, microsecond=0)
    about.revision = sheet.head.version


def _items(document: Any, lines: list[Line]) -> None:
    if not lines:
        return
    table = document.add_table(rows=1, cols=3)
    table.style, table.autofit = "Table Grid", False
    for cell, name in zip(table.rows[0].cells, ("item", "written", "provision"), strict=True):
        cell.text = ""
        cell.paragraphs[0].add_run(beside(WORDS[name])).bold = True
    for line in lines:
        cells = table.add_row().cells
        cells[0].text = f"{line.title.ja}\n{line.title.en}"
        cells[1].text = line.value
        cells[2].text = line.provision
        _small(cells[2])
    for column, width in zip(table.columns, _WIDTHS, strict=True):
        column.width = width
        for cell in column.cells:
            cell.width = width
    _spaced(table)


def _table(document: Any, line: Line) -> None:
    said = document.add_paragraph()
    said.paragraph_format.space_before = Pt(8)
    said.add_run(f"{beside(line.title)}  ").bold = True
    said.add_run(line.provision).font.size = Pt(7)
    table = document.add_table(rows=1, cols=len(line.columns))
    table.style = "Table Grid"
    for cell, title in zip(table.rows[0].cells, line.columns, strict=True):
        cell.text = f"{title.ja}\n{title.en}"
        _small(cell)
    for row in line.rows:
        cells = table.add_row().cells
        for cell, value in zip(cells, row, strict=True):
            cell.text = value
            _small(cell)
    _spaced(table)


def _spaced(table: Any) -> None:
    """A little room above and below the words of each cell; the row of headings comes again on each page."""
    for row in table.rows:
        for cell in row.cells:
            for paragraph in cell.paragraphs:
                form = paragraph.paragraph_format
                form.space_before, form.space_after, form.line_spacing = Pt(2), Pt(2), 1.15
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _small(cell: Any) -> None:
    for paragraph in cell.paragraphs:
        for run in paragraph.runs:
            run.font.size = Pt(7.5)


def _at_one_time(made: bytes, sheet: Sheet) -> bytes:
    at = sheet.head.written_at
    stamp = (max(1980, at.year), at.month, at.day, at.hour, at.minute, at.second - at.second % 2)
    again = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, stamp)
            part.compress_type, part.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(part, old.read(name))
    return again.getvalue()
