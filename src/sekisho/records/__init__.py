"""Records: what an exchange keeps. One module per table; reading, validating, converting."""

from sekisho.records.errors import RecordsError, TableMissing
from sekisho.records.opened import Records
from sekisho.records.opening import open_records, records_of
from sekisho.records.table import Column, Table
from sekisho.records.tables import TABLES

__all__ = ["TABLES", "Column", "Records", "RecordsError", "Table", "TableMissing", "open_records", "records_of"]
