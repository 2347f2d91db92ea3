"""Papers: headings, sentences and tables written once, given out as PDF or as a Word document, with Japanese type."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from sekisho.console.desk.exports import told
from sekisho.console.desk.pages import Unfit

_FONT: Final = "HeiseiKakuGo-W5"
_WORD_FONT: Final = "Noto Sans CJK JP"
_WORD_MEDIA: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a paper: its heading, sentences, and a table of titles and lines (either may be missing)."""

    heading: str
    sentences: Sequence[str] = ()
    titles: Sequence[str] = ()
    lines: Sequence[Sequence[Any]] = ()
    pictures: Sequence[Flowable] = ()
    level: Literal[1, 2] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A whole paper; ``name`` is that of its file without the ending, ``foot`` stands under each page."""

    name: str
    title: str
    lead: str
    parts: Sequence[Part]
    foot: str


def given_out(paper: Paper, wanted: str) -> HttpResponseBase:
    """The paper as the file ``?as=pdf|docx`` asks for."""
    if wanted == "pdf":
        return _file(pdf_of(paper), f"{paper.name}.pdf", "application/pdf")
    if wanted == "docx":
        return _file(docx_of(paper), f"{paper.name}.docx", _WORD_MEDIA)
    raise Unfit({"as": _("choose pdf or docx")})


def pdf_of(paper: Paper) -> bytes:
    """The paper as PDF on A4; its pictures are drawn."""
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    text = ParagraphStyle("text", fontName=_FONT, fontSize=9, leading=13.5, wordWrap="CJK", spaceAfter=3)
    small = ParagraphStyle("cell", parent=text, fontSize=7.5, leading=10.5, spaceAfter=0)
    title = ParagraphStyle("title", parent=text, fontSize=16, leading=21, spaceAfter=6)
    headings = {1: ParagraphStyle("h1", parent=text, fontSize=11.5, leading=16, spaceBefore=9, spaceAfter=4, keepWithNext=1)}
    headings[2] = ParagraphStyle("h2", parent=headings[1], fontSize=9.5, leading=13.5, spaceBefore=5)
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file, pagesize=A4, leftMargin=48, rightMargin=48, topMargin=46, bottomMargin=48, title=paper.title, lang=get_language()
    )
    flow: list[Flowable] = [Paragraph(_escaped(paper.title), title), Paragraph(_escaped(paper.lead), text)]
    for part in paper.parts:
        flow.append(Paragraph(_escaped(part.heading), headings[part.level]))
        flow.extend(Paragraph(_escaped(each), text) for each in part.sentences)
        flow.extend(part.pictures)
        if part.titles:
            flow += [_table(part, small, document.width), Spacer(1, 5)]

    def foot(canvas: Any, at: Any) -> None:
        canvas.saveState()
        canvas.setFont(_FONT, 7)
        canvas.drawString(48, 26, paper.foot[:140])
        canvas.drawRightString(A4[0] - 48, 26, str(at.page))
        canvas.restoreState()

    document.build(flow, onFirstPage=foot, onLaterPages=foot)
    return file.getvalue()


def _table(part: Part, style: ParagraphStyle, width: float) -> LongTable:
    rows = [[Paragraph(_escaped(told(value)), style) for value in line] for line in (part.titles, *part.lines)]
    weights = [
        max(4, min(48, max((len(told(line[column])) for line in (part.titles, *part.lines)), default=4)))
        for column in range(len(part.titles))
    ]
    table = LongTable(rows, repeatRows=1, colWidths=[width * weight / sum(weights) for weight in weights])
    table.setStyle(
        TableStyle(
            [
                ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.grey),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                ("LEFTPADDING", (0, 0), (-1, -1), 3),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    return table


def docx_of(paper: Paper) -> bytes:
    """The paper as a Word document that people go on editing; pictures are left to the PDF and the page."""
    document = Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = _WORD_FONT, Pt(10)
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _WORD_FONT)
    for name in ("Title", "Heading 1", "Heading 2"):
        document.styles[name].element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _WORD_FONT)
    document.core_properties.title = paper.title
    document.add_heading(paper.title, 0)
    document.add_paragraph(paper.lead)
    for part in paper.parts:
        document.add_heading(part.heading, part.level)
        for each in part.sentences:
            document.add_paragraph(each)
        if part.titles:
            table = document.add_table(rows=1, cols=len(part.titles), style="Light Grid Accent 1")
            for line in (None, *part.lines):
                cells = table.rows[0].cells if line is None else table.add_row().cells
                for cell, value in zip(cells, part.titles if line is None else line, strict=True):
                    cell.text = told(value)
    document.sections[0].footer.paragraphs[0].text = paper.foot
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _file(content: bytes, name: str, media: str) -> HttpResponseBase:
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=media)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br/>")
