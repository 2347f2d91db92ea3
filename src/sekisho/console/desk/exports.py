"""A list as a file: CSV, Excel or PDF, with the rows the filters kept and nothing else."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final

import xlsxwriter
from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, TableStyle

from sekisho.console.desk.pages import Unfit

EXCEL_ROWS: Final = 1_048_575
PDF_ROWS: Final = 5_000
_FONT: Final = "HeiseiKakuGo-W5"
Lines = Iterable[Sequence[Any]]


def as_csv(name: str, titles: Sequence[str], lines: Lines) -> HttpResponseBase:
    """CSV in UTF-8 with a mark at its start, so that Excel reads Japanese; what Excel would take for a formula is quoted."""

    def parts() -> Iterator[str]:
        yield "\ufeff" + _csv_line(titles)
        for line in lines:
            yield _csv_line([_safe(told(value)) for value in line])

    return _named(StreamingHttpResponse(parts(), content_type="text/csv; charset=utf-8"), name, "csv")


def as_excel(name: str, titles: Sequence[str], lines: Lines) -> HttpResponseBase:
    """An Excel file: numbers as numbers, times as Japan time in text, headings that stay."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(name[:31])
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, titles, book.add_format({"bold": True}))
        for number, line in enumerate(lines, 1):
            if number > EXCEL_ROWS:
                raise Unfit({"as": _("more rows than an Excel sheet holds: filter further, or take CSV")})
            for column, value in enumerate(line):
                if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and abs(float(value)) < 10**15:
                    sheet.write_number(number, column, value)
                else:
                    sheet.write_string(number, column, told(value))
    file.seek(0)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _named(FileResponse(file, content_type=kind), name, "xlsx")


def as_pdf(name: str, titles: Sequence[str], lines: Lines) -> HttpResponseBase:
    """A PDF in landscape with Japanese type; at most ``PDF_ROWS`` rows."""
    some: list[Sequence[Any]] = list(islice(lines, PDF_ROWS + 1))
    if len(some) > PDF_ROWS:
        raise Unfit({"as": _("more than 5,000 rows make no readable PDF: filter further, or take CSV")})
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    style = ParagraphStyle("cell", fontName=_FONT, fontSize=7, leading=9, wordWrap="CJK")
    rows = [[Paragraph(_escaped(told(value)), style) for value in line] for line in (titles, *some)]
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file, pagesize=landscape(A4), leftMargin=24, rightMargin=24, topMargin=24, bottomMargin=24, title=name
    )
    table = LongTable(rows, repeatRows=1, colWidths=[document.width / len(titles)] * len(titles))
    grid = ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.grey)
    table.setStyle(TableStyle([grid, ("VALIGN", (0, 0), (-1, -1), "TOP"), ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke)]))
    document.build([table])
    file.seek(0)
    return _named(FileResponse(file, content_type="application/pdf"), name, "pdf")


WRITERS: Final[Mapping[str, Callable[[str, Sequence[str], Lines], HttpResponseBase]]] = {
    "csv": as_csv,
    "xlsx": as_excel,
    "pdf": as_pdf,
}


def told(value: Any) -> str:
    """A value in words: times in Japan time, what is not there as nothing."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def _csv_line(values: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()


def _safe(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "@", "\t", "\r") or (text[:1] == "-" and not text[1:2].isdigit()) else text


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _named(response: HttpResponseBase, name: str, ending: str) -> HttpResponseBase:
    response["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return response
