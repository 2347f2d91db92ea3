"""A filing as a document: Word, PDF, Excel and JSON, all of the same sheet, each the same bytes whenever it is made again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sekisho.console.filings.documents.as_json import as_json
from sekisho.console.filings.documents.excel import as_excel
from sekisho.console.filings.documents.pdf import as_pdf
from sekisho.console.filings.documents.sheet import Sheet, sheet_of
from sekisho.console.filings.documents.word import as_word

WRITERS: Final[Mapping[str, tuple[str, Callable[[Sheet], bytes]]]] = {
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", as_word),
    "pdf": ("application/pdf", as_pdf),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_excel),
    "json": ("application/json", as_json),
}

__all__ = ["WRITERS", "Sheet", "sheet_of"]
