"""The records behind the findings: every id that evidence names, fetched from the books in one pass per table."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import ibis
import pyarrow as pa

from sekisho.findings.report.charts.canvas import Traded, seconds
from sekisho.findings.report.typeset import as_utc, cell
from sekisho.records import TABLES, Records, Table
from sekisho.rulebook.texts import Text

ROWS_SHOWN_MAX = 8
IDS_SHOWN_MAX = 40
DRAWN_TABLES = frozenset({"order", "order_event", "trade"})
NAMED_PER_PICTURE_MAX = 10_000
PRICE_POINTS_MAX = 320
ORDER = "order"
ORDER_TABLE = "order_event"
_ORDER_MEANING = Text("Orders as a whole; the rows are their events", "注文全体（行は注文イベント）")
Row = Mapping[str, Any]
Evidence = tuple[str, str]
Window = tuple[str, datetime, datetime]
"""An instrument, from when, until when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """The evidence of one finding in one table: the first of the actual rows, then the ids of what is not among them.

    ``unlisted`` counts the ids left to findings.parquet.
    """

    table: str
    meaning: Text
    count: int
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    ids: tuple[str, ...]
    unlisted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """The rows that the findings on the page name, by table and by id."""

    rows: Mapping[str, Mapping[str, tuple[Row, ...]]]

    def of(self, evidence: Iterable[Evidence], table: str) -> list[Row]:
        """The rows of one table that a finding names, in the order of its evidence."""
        found = self.rows.get(table, {})
        return [row for named, key in evidence if named == table for row in found.get(key, ())]

    def order_events(self, evidence: Sequence[Evidence]) -> list[Row]:
        """Every event of the orders a finding names, whether it names them whole or by their events."""
        rows = {row["event_id"]: row for table in (ORDER, ORDER_TABLE) for row in self.of(evidence, table)}
        return list(rows.values())

    def exhibits(self, evidence: Sequence[Evidence]) -> tuple[Exhibit, ...]:
        """The evidence as the page shows it, one exhibit per table."""
        named: dict[str, list[str]] = defaultdict(list)
        for table, key in evidence:
            named[table].append(key)
        return tuple(self._exhibit(table, keys) for table, keys in named.items())

    def _exhibit(self, table: str, keys: Sequence[str]) -> Exhibit:
        found = self.rows.get(table, {})
        rows: list[Row] = []
        hidden: list[str] = []
        for key in keys:
            own = found.get(key, ())
            room = ROWS_SHOWN_MAX - len(rows)
            rows.extend(own[:room])
            if not own or len(own) > room:
                hidden.append(key)
        columns = tuple(c for c in _columns(table, rows) if any(row.get(c) is not None for row in rows))
        return Exhibit(
            table=table,
            meaning=_meaning(table),
            count=len(keys),
            columns=columns,
            rows=tuple(tuple(cell(row.get(c)) for c in columns) for row in rows),
            ids=tuple(hidden[:IDS_SHOWN_MAX]),
            unlisted=max(0, len(hidden) - IDS_SHOWN_MAX),
        )


def open_books(
    records: Records, drawn: Iterable[Sequence[Evidence]], plain: Iterable[Sequence[Evidence]] = ()
) -> Books:  # fmt: skip
    """Fetch what findings name: of those with pictures (nearly) all of what is drawn, of ``plain`` ones what the page shows.

    A missing table leaves its ids alone.
    """
    wanted: dict[str, set[str]] = defaultdict(set)
    for named, most in (*((each, NAMED_PER_PICTURE_MAX) for each in drawn), *((each, ROWS_SHOWN_MAX) for each in plain)):
        taken: Counter[str] = Counter()
        for table, key in named:
            if taken[table] < (most if table in DRAWN_TABLES else ROWS_SHOWN_MAX):
                wanted[table].add(key)
                taken[table] += 1
    return Books(rows={table: fetch(records, table, sorted(keys)) for table, keys in sorted(wanted.items())})


def prices_around(records: Records, windows: Mapping[str, Window]) -> dict[str, list[Traded]]:
    """The traded prices in each finding's window, thinned to a few hundred points."""
    if not windows or "trade" not in records.present:
        return {}
    asked = pa.table(
        {
            "wanted_by": list(windows),
            "wanted_instrument": [instrument for instrument, _, _ in windows.values()],
            "wanted_from": pa.array([as_utc(start) for _, start, _ in windows.values()], pa.timestamp("us", "UTC")),
            "wanted_until": pa.array([as_utc(end) for _, _, end in windows.values()], pa.timestamp("us", "UTC")),
            "slot_seconds": [_slot(start, end) for _, start, end in windows.values()],
        }
    )
    trades, around = records.trade, records.memory("windows", asked)
    near = trades.join(
        around,
        [
            trades.instrument == around.wanted_instrument,
            trades.executed_at >= around.wanted_from,
            trades.executed_at <= around.wanted_until,
        ],
    )
    slot = ibis.ifelse(near.slot_seconds > 0, near.executed_at.epoch_seconds() // near.slot_seconds.nullif(0), near.sequence)
    thinned = (
        near.mutate(slot=slot, paid=near.price.cast("float64"))
        .group_by("wanted_by", "slot")
        .aggregate(at=lambda t: t.executed_at.min(), low=lambda t: t.paid.min(), high=lambda t: t.paid.max())
        .order_by("wanted_by", "at")
    )
    found: dict[str, list[Traded]] = defaultdict(list)
    for row in thinned.to_pyarrow().to_pylist():
        found[row["wanted_by"]].append((seconds(row["at"]), row["low"], row["high"]))
    return {finding: sorted(points) for finding, points in found.items()}


def _slot(start: datetime, end: datetime) -> int:
    """Seconds per point; none for a window so short that every trade can be drawn."""
    length = (end - start) // timedelta(seconds=1)
    return 0 if length <= PRICE_POINTS_MAX else -(-length // PRICE_POINTS_MAX)


def fetch(records: Records, table: str, keys: Sequence[str]) -> dict[str, tuple[Row, ...]]:
    """The rows of a table by the ids evidence gives them; ``order`` gives every event of an order. Unknown ids are left out."""
    stored = ORDER_TABLE if table == ORDER else table
    schema = TABLES.get(stored)
    if schema is None or stored not in records.present:
        return {}
    columns = ("order_id",) if table == ORDER else schema.key
    wanted = _wanted(schema, columns, keys)
    if not wanted.num_rows:
        return {}
    rows = getattr(records, stored).semi_join(records.memory(f"named_{table}", wanted), list(columns)).to_pyarrow().to_pylist()
    named: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        named[str(row["order_id"]) if table == ORDER else schema.name_of(row)].append(row)
    return {key: _ordered(found) for key, found in named.items()}


def _wanted(schema: Table, columns: Sequence[str], keys: Sequence[str]) -> pa.Table:
    """The ids taken apart into typed key columns; an id that does not parse is left to stand as an id alone."""
    parsed = [parts for key in keys if (parts := _parts(schema, columns, key)) is not None]
    arrays = [pa.array([parts[i] for parts in parsed], schema.by_name[c].arrow_type) for i, c in enumerate(columns)]
    return pa.Table.from_arrays(arrays, names=list(columns))


def _parts(schema: Table, columns: Sequence[str], key: str) -> tuple[object, ...] | None:
    texts = [key] if len(columns) == 1 else key.split("|")
    if len(texts) != len(columns):
        return None
    try:
        return tuple(_typed(schema.by_name[c].kind, text) for c, text in zip(columns, texts, strict=True))
    except ValueError:
        return None


def _typed(kind: str, text: str) -> object:
    if kind == "time":
        return as_utc(datetime.fromisoformat(text))
    if kind == "date":
        return date.fromisoformat(text)
    return int(text) if kind == "integer" else text


def _ordered(rows: list[Row]) -> tuple[Row, ...]:
    """Rows by sequence; the content decides only where numbers are equal, for spelling it out is dear."""
    if len(rows) > 1:
        sequence = [row.get("sequence") for row in rows]
        distinct = None not in sequence and len(set(sequence)) == len(rows)
        rows = sorted(rows, key=(lambda row: int(row["sequence"])) if distinct else _in_order)
    return tuple(rows)


def _in_order(row: Row) -> tuple[int, str]:
    return int(row.get("sequence") or 0), repr(sorted((k, str(v)) for k, v in row.items()))


def _columns(table: str, rows: Sequence[Row]) -> tuple[str, ...]:
    """The table's own columns in its order, then any extra ones the books carry."""
    schema = TABLES.get(ORDER_TABLE if table == ORDER else table)
    known = [c.name for c in schema.columns] if schema else []
    extra = sorted({name for row in rows for name in row} - set(known))
    return (*known, *extra)


def _meaning(table: str) -> Text:
    if table == ORDER:
        return _ORDER_MEANING
    schema = TABLES.get(table)
    words = schema.meaning if schema else table
    return Text(words, words)
