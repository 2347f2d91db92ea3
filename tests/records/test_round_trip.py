"""The same records as CSV, as Parquet and in memory are the same tables, whatever they hold."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.records import TABLES, Column, Table, open_records, records_of
from sekisho.records.table import key_text

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1, max_size=12)
FORMULAS = st.sampled_from(["=1+1", "+1", "-1", "@x", '"', '""', ",", "\n", " a ", "null", "NULL", "true", "日本語"])
BOUND = 10**38 - 1


def values_of(column: Column) -> st.SearchStrategy[object]:
    if column.values:
        return st.sampled_from(column.values)
    if column.pattern:
        return st.from_regex(column.pattern, fullmatch=True)
    least = {"any": -BOUND, "not_negative": 0, "positive": 1}[column.sign]
    return {
        "string": WORDS | FORMULAS,
        "integer": st.integers(0, 2**63 - 1),
        "boolean": st.booleans(),
        "date": st.dates(date(1800, 1, 1), date(2199, 12, 31)),
        "time": st.datetimes(datetime(1800, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive
        "decimal": st.integers(least, BOUND).map(lambda n: Decimal(f"{n}e-18")),
    }[column.kind]


@st.composite
def tables(draw: st.DrawFn) -> tuple[Table, list[dict[str, object]]]:
    table = draw(st.sampled_from(list(TABLES.values())))
    cells = {c.name: values_of(c) | st.none() if c.nullable else values_of(c) for c in table.columns}
    unique = (lambda row: tuple(row[name] for name in table.unique)) if table.unique else None
    rows = draw(st.lists(st.fixed_dictionaries(cells), min_size=1, max_size=5, unique_by=unique))
    return table, rows


def cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case Decimal():
            return f"{value:f}"
        case _:
            return key_text(value)


@settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables())
def test_csv_parquet_and_memory_agree(example: tuple[Table, list[dict[str, object]]]) -> None:
    table, rows = example
    arrow = pa.Table.from_pylist(rows, table.arrow_schema)
    with TemporaryDirectory() as place:
        as_csv, as_parquet = Path(place, "csv"), Path(place, "parquet")
        as_csv.mkdir()
        as_parquet.mkdir()
        with (as_csv / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as text:
            writer = csv.writer(text)
            writer.writerow(table.arrow_schema.names)
            writer.writerows([cell(row[name]) for name in table.arrow_schema.names] for row in rows)
        pq.write_table(arrow, as_parquet / f"{table.name}.parquet")
        opened = [open_records(as_csv), open_records(as_parquet), records_of({table.name: arrow})]
        shown = [getattr(records, table.name).to_pyarrow() for records in opened]
        for records in opened:
            records.close()
    assert [one.to_pylist() for one in shown] == [arrow.to_pylist()] * 3
    assert {one.schema for one in shown} == {shown[0].schema}
    assert [field.type for field in shown[0].schema] == [column.arrow_type for column in table.columns]
