"""Trade tapes: each instrument's trades over the whole period on record, for rules whose measure is the instrument's own past.

The order streams of ``order_streams`` may be cut into days; a tape is not. It carries no ids and no accounts, so that a tape of
many days stays small: a rule that found something fetches the trades of that moment.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa

from sekisho.typologies.order_stream import SIDES
from sekisho.typologies.trade_tape import Tape

if TYPE_CHECKING:
    from sekisho.records import Records

Answer = TypeVar("Answer")
Kernel = Callable[[Tape], Answer]

_BATCH_ROWS: Final = 1 << 17
_COLUMNS: Final = ("at", "price", "quantity", "side")


def map_tapes(records: Records, kernel: Kernel[Answer]) -> Iterator[Answer]:
    """``kernel`` over the tape of each instrument, answers in the instruments' order of name.

    ``kernel`` must be a function of a module that depends on nothing but the tape (use ``functools.partial`` for parameters): on
    Spark it runs in other processes and its answer is pickled.
    """
    trade = records.optional("trade")
    rows = trade.select(
        trade.instrument,
        trade.sequence,
        at=trade.executed_at,
        price=trade.price.cast("float64"),
        quantity=trade.quantity.cast("float64"),
        side=trade.aggressor_side.cases(*SIDES.items(), else_=0).cast("int8"),
    )
    yield from _on_spark(records, rows, kernel) if records.engine == "spark" else _on_duckdb(records, rows, kernel)


def _on_duckdb(records: Records, rows: Any, kernel: Kernel[Answer]) -> Iterator[Answer]:
    """The tapes of a folder, sorted for the first rule that asks; a tape is in memory only while its kernel runs."""
    with records.connection.busy():
        if records not in _KEPT:
            _KEPT[records] = _Tapes(records, rows)
    for tape in _KEPT[records].each():
        yield kernel(tape)


class _Tapes:
    """Tapes in a temporary folder that goes when the records go: one sorted pass (spilling where memory is short)."""

    def __init__(self, records: Records, rows: Any) -> None:
        self.names = sorted(rows.select("instrument").distinct().to_pyarrow()["instrument"].to_pylist())
        self.folder = tempfile.TemporaryDirectory(prefix="sekisho-", ignore_cleanup_errors=True)
        self.file = str(Path(self.folder.name) / "tapes.arrow")
        places = pa.table({"instrument": pa.array(self.names, pa.string()), "place": pa.array(range(len(self.names)), pa.int32())})
        placed = rows.join(records.memory("tape", places), "instrument").drop("instrument").order_by("place", "sequence", *_COLUMNS)
        counts = np.zeros(len(self.names) + 1, np.int64)
        backend = records.connection
        batches = backend.con.sql(backend.compile(placed)).to_arrow_reader(_BATCH_ROWS)
        with pa.OSFile(self.file, "wb") as file, pa.ipc.new_file(file, batches.schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
                counts[1:] += np.bincount(batch["place"].to_numpy(), minlength=len(self.names))
        self.starts = np.cumsum(counts).tolist()

    def each(self) -> Iterator[Tape]:
        """One after the other, in the instruments' order of name, read back by memory map."""
        rows = pa.ipc.open_file(pa.memory_map(self.file)).read_all()
        for place, name in enumerate(self.names):
            yield _tape(name, rows.slice(self.starts[place], self.starts[place + 1] - self.starts[place]))


_KEPT: WeakKeyDictionary[Any, _Tapes] = WeakKeyDictionary()


def _tape(instrument: str, rows: pa.Table) -> Tape:
    at = rows["at"].cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    price, quantity, side = (rows[name].to_numpy() for name in ("price", "quantity", "side"))
    return Tape(instrument, np.maximum.accumulate(at.to_numpy()), price, quantity, side)


def _on_spark(records: Records, rows: Any, kernel: Kernel[Answer]) -> Iterator[Answer]:
    """The same kernel as a grouped map, one group per instrument."""
    backend = records.connection
    session = backend._session  # Ibis has no grouped map; the session is the documented way down
    grouped = session.sql(backend.compile(rows)).groupBy("instrument")
    told = grouped.applyInArrow(partial(_answer_on_spark, kernel), "instrument string, answer binary").collect()
    for row in sorted(told, key=lambda row: row["instrument"]):
        yield pickle.loads(bytes(row["answer"]))


def _answer_on_spark(kernel: Kernel[Any], rows: pa.Table) -> pa.Table:
    instrument = rows["instrument"][0].as_py()
    ordered = rows.sort_by([(name, "ascending") for name in ("sequence", *_COLUMNS)])
    answer = pickle.dumps(kernel(_tape(instrument, ordered)))
    return pa.table({"instrument": pa.array([instrument], pa.string()), "answer": pa.array([answer], pa.binary())})
