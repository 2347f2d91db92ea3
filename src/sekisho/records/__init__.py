"""Records: what an exchange keeps. One module per table; reading, validating, converting."""

from sekisho.records.describing import describe
from sekisho.records.errors import RecordsError, TableMissing
from sekisho.records.opened import Records
from sekisho.records.opening import open_records, records_of
from sekisho.records.problems import Problem
from sekisho.records.safe_text import safe_text
from sekisho.records.table import Column, Table
from sekisho.records.tables import TABLES
from sekisho.records.validation import validate_folder

__all__ = [
    "TABLES",
    "Column",
    "Problem",
    "Records",
    "RecordsError",
    "Table",
    "TableMissing",
    "describe",
    "open_records",
    "records_of",
    "safe_text",
    "validate_folder",
]
