"""The filing as a PDF on A4, with the reader's Japanese type; equal content gives equal bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from sekisho.console.filings.documents.sheet import WORDS, Line, Sheet, beside

_FONT = "HeiseiKakuGo-W5"
_GRID = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.4, colors.grey),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ]
)


def as_pdf(sheet: Sheet) -> bytes:
    """A PDF on A4 with page numbers."""
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=16 * mm,
        bottomMargin=18 * mm,
        title=sheet.kind.title.ja,
        author="",
        lang="ja",
        invariant=1,
    )

    def foot(canvas: Any, _document: Any) -> None:
        canvas.setFont(_FONT, 7)
        marked = f"  {beside(WORDS['draft'])}" if sheet.is_draft else ""
        canvas.drawString(18 * mm, 10 * mm, f"{sheet.head.filing_id} v{sheet.head.version}{marked}")
        canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, str(canvas.getPageNumber()))

    document.build(list(_story(sheet, document.width)), onFirstPage=foot, onLaterPages=foot)
    return file.getvalue()


def _story(sheet: Sheet, width: float) -> Iterator[Flowable]:
    yield _said(sheet.kind.title.ja, 16, after=1)
    yield _said(sheet.kind.title.en, 10, after=6)
    if sheet.is_draft:
        yield _said(beside(WORDS["draft"]), 10, colour=colors.darkred)
    if sheet.kind.secret:
        yield _said(beside(WORDS["confidential"]), 9, colour=colors.darkred)
    yield _said(f"{beside(WORDS['to'])}: {beside(sheet.kind.to)}", 9)
    yield _said(f"{beside(WORDS['number'])}: {sheet.head.filing_id}　{beside(WORDS['version'])}: {sheet.head.version}", 9)
    if sheet.head.filed_on:
        yield _said(f"{beside(WORDS['filed_on'])}: {sheet.head.filed_on}　{sheet.head.receipt_number}", 9)
    for title, lines in sheet.sections:
        yield _said(beside(title), 11, before=8, after=3)
        single = [line for line in lines if not line.columns]
        if single:
            yield _items(single, width)
        for line in lines:
            if line.columns:
                yield _said(f"{beside(line.title)}　[{line.provision}]", 8.5, before=6, after=2)
                yield _table(line, width)
    yield Spacer(1, 4 * mm)
    for note in [sheet.kind.form, *([WORDS["unverified_note"]] if sheet.has_unverified else [])]:
        yield _said(note.ja, 7.5)
        yield _said(note.en, 7.5)
    yield _said(f"{beside(WORDS['sha256'])}: {sheet.head.sha256}", 7)


def _items(lines: list[Line], width: float) -> Flowable:
    head = [_said(beside(WORDS[name]), 7.5) for name in ("item", "written", "provision")]
    rows = [[_titled(line), _said(line.value, 9), _said(line.provision, 7)] for line in lines]
    return LongTable([head, *rows], repeatRows=1, splitInRow=1, colWidths=[width * 0.3, width * 0.52, width * 0.18], style=_GRID)


def _table(line: Line, width: float) -> Flowable:
    size = 7 if len(line.columns) < 7 else 6
    head = [_said(f"{title.ja}\n{title.en}", size) for title in line.columns]
    rows = [[_said(value, size) for value in row] for row in line.rows] or [[_said("–", size)] * len(head)]
    return LongTable([head, *rows], repeatRows=1, splitInRow=1, colWidths=[width / len(head)] * len(head), style=_GRID)


def _titled(line: Line) -> Flowable:
    return _said(f"{line.title.ja}\n{line.title.en}", 8)


def _said(text: str, size: float, *, before: float = 0, after: float = 2, colour: Any = colors.black) -> Paragraph:
    style = ParagraphStyle(
        "said",
        fontName=_FONT,
        fontSize=size,
        leading=size * 1.35,
        wordWrap="CJK",
        spaceBefore=before,
        spaceAfter=after,
        textColor=colour,
    )
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br/>")
    return Paragraph(safe, style)
