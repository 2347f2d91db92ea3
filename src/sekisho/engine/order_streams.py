"""Order streams: every instrument's orders and trades in the order they happened, read once and shared by all market rules.

A rule calls ``search_streams(records, search)`` and gets each scheme once; a search looks at one window at a time, a Japan day of
one instrument and what led up to it (``engine.windows``). On DuckDB the tables are sorted once per inspection (within the memory
limit, spilling), encoded to whole numbers instrument by instrument on a pool of threads, cut into windows and kept in a temporary
folder with what was derived from them, so that the next rule reads all of it back. On Spark each window is a group of a grouped
map, and the search runs where the data is.
"""

from __future__ import annotations

import pickle
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakKeyDictionary

import ibis
import numpy as np
import pyarrow as pa

from sekisho.engine.numbered_names import numbered_codes
from sekisho.engine.spool import KeptShelf, Spool
from sekisho.engine.windows import (
    AHEAD,
    DAY,
    LOOKBACK,
    StreamScheme,
    Window,
    carried_rows,
    common_unit,
    resting_at,
    told_once,
    windows_of,
)
from sekisho.typologies.order_stream import (
    COLUMNS,
    KINDS,
    NO_PRICE,
    NOBODY,
    ORDER_TYPES,
    SIDES,
    TRADE,
    Int32,
    Int64,
    OrderStream,
)

if TYPE_CHECKING:
    from sekisho.records import Records

Answer = TypeVar("Answer")
Kernel = Callable[[OrderStream], Answer]
Units = tuple[Decimal | None, Decimal | None]

BATCH_ROWS: Final = 1 << 17
_UNKNOWN: Final = 127
"""Code of a word that the tables do not know: refused, never guessed."""


class OrderStreamError(ValueError):
    """Orders or trades that cannot be brought into whole numbers exactly. The message names table, instrument and remedy."""


def map_streams(records: Records, kernel: Kernel[Answer], *, threads: int | None = None) -> Iterator[Answer]:
    """``kernel`` over the stream of each window, answers in order of instrument and day; ``map_windows`` says which is which.

    ``kernel`` must be a function of a module that depends on nothing but the stream (use ``functools.partial`` for parameters):
    it runs on threads, and on Spark in other processes, where its answer is pickled.
    """
    return (answer for _, answer in map_windows(records, kernel, threads=threads))


def map_windows(records: Records, kernel: Kernel[Answer], *, threads: int | None = None) -> Iterator[tuple[Window, Answer]]:
    """The same with the window each answer is of."""
    if records.engine == "spark":
        yield from _map_on_spark(records, kernel)
        return
    threads = threads or threads_of(records)
    if records not in _KEPT:
        with records.connection.busy():
            if records not in _KEPT:
                yield from _sorted_first(records, kernel, threads)
                return
    yield from _heaviest_first(_KEPT[records], kernel, threads)


def _sorted_first(records: Records, kernel: Kernel[Answer], threads: int) -> Iterator[tuple[Window, Answer]]:
    """For the first rule that asks: sort, encode and keep, and run its kernel on the way."""
    kept = _Kept()
    for answers in _ahead(_sorting_tasks(records, kept, kernel), threads):
        for window, stream, answer in answers:
            kept.streams[window] = stream
            yield window, answer
    _KEPT[records] = kept


Found = TypeVar("Found", bound=StreamScheme)


def search_streams(records: Records, search: Kernel[list[Found]]) -> list[Found]:
    """What ``search`` finds, each scheme once, in order of instrument and time. This is what a rule over order flow calls."""
    return told_once(list(map_windows(records, search)))


def streams_are_kept(records: Records) -> bool:
    """Whether a rule has asked for the streams of these records before; one that asks just now is waited for."""
    if records.engine == "spark":
        return False
    with records.connection.busy():
        return records in _KEPT


def order_streams(records: Records) -> Iterator[OrderStream]:
    """The stream of each window, in order of instrument and day."""
    return map_streams(records, _same)


def stream_of(instrument: str, orders: pa.Table, trades: pa.Table, units: Units = (None, None)) -> OrderStream:
    """One instrument's stream from its rows of order_event and trade (as ``_order_rows`` and ``_trade_rows`` name them).

    ``units`` are tick and lot size where known. The unit of the stream is the largest that holds every recorded number exactly
    and divides the known one; a number that would need more than 63 bits is refused.
    """
    orders = _untied(orders, "order_id", "kind", "price", "quantity", "account_id", "side", "order_type")
    trades = _untied(trades, "trade_id")
    count, more = orders.num_rows, trades.num_rows
    order_codes, order_ids = _codes([orders["order_id"], trades["buy_order_id"], trades["sell_order_id"]])
    account_codes, account_ids = _codes([orders["account_id"], trades["buy_account_id"], trades["sell_account_id"]])
    price, tick = _whole(instrument, "price", orders, trades, units[0])
    quantity, lot = _whole(instrument, "quantity", orders, trades, units[1])
    if (quantity < 0).any():
        raise OrderStreamError(f"instrument {instrument}: a quantity is negative; 'sekisho records validate' names the row")
    nobody = np.full(count, NOBODY, np.int32)
    columns = {
        "sequence": np.concatenate([_numbers(orders["sequence"]), _numbers(trades["sequence"])]),
        "at": np.concatenate([_micros(orders["at"]), _micros(trades["at"])]),
        "kind": np.concatenate([_words(instrument, "action", orders["kind"]), np.full(more, TRADE, np.int8)]),
        "side": np.concatenate([_words(instrument, "side", orders["side"]), _words(instrument, "aggressor_side", trades["side"])]),
        "order_type": np.concatenate([_words(instrument, "order_type", orders["order_type"]), np.zeros(more, np.int8)]),
        "price": price,
        "quantity": quantity,
        "order": np.concatenate(order_codes[:2]),
        "contra_order": np.concatenate([nobody, order_codes[2]]),
        "account": np.concatenate(account_codes[:2]),
        "contra_account": np.concatenate([nobody, account_codes[2]]),
        "trade": np.concatenate([nobody, np.arange(more, dtype=np.int32)]),
    }
    by_sequence = np.argsort(columns["sequence"], kind="stable")
    arrays = {name: _frozen(columns[name][by_sequence]) for name in COLUMNS}
    trade_ids = _one_chunk(trades["trade_id"])
    ids = {"order_ids": order_ids, "account_ids": account_ids, "trade_ids": trade_ids}
    known: dict[str, Any] = {"tick_known": units[0], "lot_known": units[1]}
    return OrderStream(instrument=instrument, tick=tick, lot=lot, **known, **arrays, **ids)


# --- reading: one sorted pass on DuckDB -------------------------------------------------------------------------------------


def _order_rows(records: Records) -> Any:
    event = records.optional("order_event")
    return event.select(
        event.instrument,
        event.sequence,
        at=event.occurred_at,
        kind=_coded(event.action, KINDS),
        side=_coded(event.side, SIDES),
        order_type=_coded(event.order_type, ORDER_TYPES),
        price=event.price,
        quantity=event.quantity,
        order_id=event.order_id,
        account_id=event.account_id,
    )


def _trade_rows(records: Records) -> Any:
    trade = records.optional("trade")
    return trade.select(
        trade.instrument,
        trade.sequence,
        at=trade.executed_at,
        side=ibis.ifelse(trade.aggressor_side.isnull(), ibis.literal(0, "int8"), _coded(trade.aggressor_side, SIDES)),
        price=trade.price,
        quantity=trade.quantity,
        buy_order_id=trade.buy_order_id,
        sell_order_id=trade.sell_order_id,
        buy_account_id=trade.buy_account_id,
        sell_account_id=trade.sell_account_id,
        trade_id=trade.trade_id,
    )


def _coded(column: Any, words: dict[str, int]) -> Any:
    return column.cases(*words.items(), else_=_UNKNOWN).cast("int8")


def _units_of(records: Records) -> dict[str, Units]:
    """Tick and lot size by instrument, from the instrument table where there is one."""
    if "instrument" not in records.present:
        return {}
    rows = records.instrument.select("instrument", "tick_size", "lot_size").to_pyarrow().to_pylist()
    return {row["instrument"]: (row["tick_size"], row["lot_size"]) for row in rows}


def _sorting_tasks(
    records: Records, kept: _Kept, kernel: Kernel[Answer]
) -> Iterator[Callable[[], list[tuple[Window, OrderStream, Answer]]]]:
    """Sort both tables by instrument and sequence and hand out one task per instrument, as the sorted rows arrive."""
    orders, trades = _order_rows(records), _trade_rows(records)
    traded = ibis.union(orders.select("instrument"), trades.select("instrument"), distinct=True)
    names = sorted(traded.to_pyarrow()["instrument"].to_pylist())
    places = pa.table({"instrument": pa.array(names, pa.string()), "place": pa.array(range(len(names)), pa.int32())})
    place = records.memory("place", places)
    units = _units_of(records)
    trade_table, trade_starts = kept.keep_trades(_sorted_batches(records, trades, place), len(names))
    sorted_orders = _sorted_batches(records, orders, place)
    for position, own in _every_place(_cut(sorted_orders), sorted_orders.schema.empty_table(), len(names)):
        theirs = trade_table.slice(trade_starts[position], trade_starts[position + 1] - trade_starts[position])
        yield partial(_encode, kept, names[position], (own, theirs), (units.get(names[position], (None, None)), kernel))


def _encode(
    kept: _Kept, name: str, rows: tuple[pa.Table, pa.Table], work: tuple[Units, Kernel[Answer]]
) -> list[tuple[Window, OrderStream, Answer]]:
    units, kernel = work
    streams = [(window, kept.keep(stream)) for window, stream in windows_of(stream_of(name, *rows, units))]
    return [(window, stream, kernel(stream)) for window, stream in streams]


def _sorted_batches(records: Records, rows: Any, place: Any) -> pa.RecordBatchReader:
    placed = rows.join(place, "instrument").drop("instrument").order_by("place", "sequence")
    backend = records.connection
    return backend.con.sql(backend.compile(placed)).to_arrow_reader(BATCH_ROWS)


def _cut(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, pa.Table]]:
    """Batches sorted by ``place`` as one table per place."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        if not batch.num_rows:
            continue
        place = _numbers(batch["place"])
        edges = [0, *(np.flatnonzero(place[1:] != place[:-1]) + 1).tolist(), batch.num_rows]
        for start, stop in pairwise(edges):
            if held and held[0]["place"][0].as_py() != place[start]:
                yield held[0]["place"][0].as_py(), pa.Table.from_batches(held)
                held = []
            held.append(batch.slice(start, stop - start))
    if held:
        yield held[0]["place"][0].as_py(), pa.Table.from_batches(held)


def _every_place(cut: Iterator[tuple[int, pa.Table]], nothing: pa.Table, places: int) -> Iterator[tuple[int, pa.Table]]:
    """The same, with an empty table for each place that has no rows."""
    after = 0
    for place, rows in cut:
        yield from ((missing, nothing) for missing in range(after, place))
        yield place, rows
        after = place + 1
    yield from ((missing, nothing) for missing in range(after, places))


def threads_of(records: Records) -> int:
    """How many threads these records may use."""
    with records.connection.busy():
        return int(records.connection.raw_sql("SELECT current_setting('threads')").fetchall()[0][0])


def _ahead(tasks: Iterator[Callable[[], Answer]], threads: int) -> Iterator[Answer]:
    """Run tasks on threads, a few ahead of the one awaited, so that memory stays bounded; answers keep the tasks' order."""
    waiting: deque[Future[Answer]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for task in tasks:
            waiting.append(pool.submit(task))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _heaviest_first(kept: _Kept, kernel: Kernel[Answer], threads: int) -> Iterator[tuple[Window, Answer]]:
    """The kernel over what is kept, long streams first so that no thread is left alone with one; answers keep their order."""
    with ThreadPoolExecutor(threads) as pool:
        heaviest = sorted(kept.streams, key=lambda window: -len(kept.streams[window]))
        begun = {window: pool.submit(kernel, kept.streams[window]) for window in heaviest}
        try:
            for window in kept.streams:
                yield window, begun.pop(window).result()
        finally:
            for left in begun.values():
                left.cancel()


# --- keeping: sorted once, read by every rule -------------------------------------------------------------------------------


class _Kept:
    """Encoded streams by window, in order of instrument and day. Their arrays lie in a spool that goes when the records go."""

    def __init__(self) -> None:
        self.spool = Spool()
        self.streams: dict[Window, OrderStream] = {}

    def keep(self, stream: OrderStream) -> OrderStream:
        """The same stream, on disk."""
        arrays: dict[str, Any] = {name: self.spool.keep(getattr(stream, name)) for name in COLUMNS}
        names = {name: self.spool.keep_names(getattr(stream, name)) for name in ("order_ids", "account_ids", "trade_ids")}
        return replace(stream, shelf=KeptShelf(self.spool), **arrays, **names)

    def keep_trades(self, batches: pa.RecordBatchReader, places: int) -> tuple[pa.Table, list[int]]:
        """Sorted trades on disk, and where each instrument's begin: trades of place i are rows starts[i] to starts[i + 1]."""
        counts, path = np.zeros(places + 1, np.int64), self.spool.path("trades.arrow")
        with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, batches.schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
                counts[1:] += np.bincount(_numbers(batch["place"]), minlength=places)
        return pa.ipc.open_file(pa.memory_map(path)).read_all(), np.cumsum(counts).tolist()


_KEPT: WeakKeyDictionary[Any, _Kept] = WeakKeyDictionary()


def _same(stream: OrderStream) -> OrderStream:
    return stream


# --- encoding: exact whole numbers ------------------------------------------------------------------------------------------


def _untied(rows: pa.Table, *columns: str) -> pa.Table:
    """Rows by sequence. Where a venue gives a number twice, by time and content, so that two runs never differ."""
    sequence = _numbers(rows["sequence"])
    if len(sequence) < 2 or (sequence[1:] > sequence[:-1]).all():
        return rows
    return rows.sort_by([(name, "ascending") for name in ("sequence", "at", *columns)])


def _codes(columns: list[pa.ChunkedArray]) -> tuple[list[Int32], pa.Array]:
    """Small whole numbers for names, the same over all columns, in order of first appearance; NOBODY where there is none."""
    chunks = [chunk.cast(pa.string()) for column in columns for chunk in column.chunks]
    if not chunks:
        return [np.empty(0, np.int32) for _ in columns], pa.array([], pa.string())
    ends = np.cumsum([len(column) for column in columns])
    numbered = numbered_codes(chunks)
    if numbered is not None:
        every, names = numbered
        return [every[end - len(column) : end] for end, column in zip(ends, columns, strict=True)], names
    if sum(chunk.nbytes for chunk in chunks) > 1 << 30:
        chunks = [chunk.cast(pa.large_string()) for chunk in chunks]
    encoded = pa.chunked_array(chunks).dictionary_encode()
    codes = [chunk.indices.fill_null(NOBODY).to_numpy(zero_copy_only=False) for chunk in encoded.chunks]
    every = np.concatenate(codes).astype(np.int32, copy=False)
    return [every[end - len(column) : end] for end, column in zip(ends, columns, strict=True)], encoded.chunk(0).dictionary


def _whole(instrument: str, name: str, orders: pa.Table, trades: pa.Table, unit: Decimal | None) -> tuple[Int64, Decimal]:
    """A decimal column of both tables as multiples of one unit, exactly."""
    columns = [table[name] for table in (orders, trades)]
    scale = columns[0].type.scale
    parts = [_low_words(column) if column.type.scale == scale else None for column in columns]
    if any(part is None for part in parts) or _scale_of(unit) > scale:
        scale = max(_scale_of(unit), *(_scale_needed(column) for column in columns))
        parts = [_low_words(_rescaled(column, scale)) for column in columns]
    exact = [part for part in parts if part is not None]
    if len(exact) < len(parts):
        raise OrderStreamError(
            f"instrument {instrument}: column '{name}' of order_event or trade does not fit into 63-bit whole numbers "
            "at the precision recorded; 'sekisho records validate' names rows out of proportion"
        )
    values: Int64 = np.concatenate(exact)
    start = int(unit.scaleb(scale)) if unit else 0
    step = int(common_unit(values, start)) or 1
    return np.where(values == NO_PRICE, NO_PRICE, values // step), Decimal(step).scaleb(-scale)


def _scale_of(unit: Decimal | None) -> int:
    return max(0, -int(unit.normalize().as_tuple().exponent)) if unit else 0


def _scale_needed(column: pa.ChunkedArray) -> int:
    """The fewest decimals that hold every number of the column exactly."""
    return next(scale for scale in range(column.type.scale + 1) if _rescaled(column, scale) is not None)


def _rescaled(column: pa.ChunkedArray, scale: int) -> pa.ChunkedArray | None:
    try:
        return column.cast(pa.decimal128(38, scale))
    except pa.ArrowInvalid:
        return None


def _low_words(column: pa.ChunkedArray | None) -> Int64 | None:
    """128-bit integers as 64-bit ones, or None where one of them is too large. Null becomes NO_PRICE."""
    if column is None:
        return None
    parts = [np.empty(0, np.int64)]
    for chunk in column.cast(pa.decimal128(38, column.type.scale)).chunks:
        words = np.frombuffer(chunk.buffers()[1], np.int64)
        pair = words[2 * chunk.offset : 2 * (chunk.offset + len(chunk))].reshape(-1, 2)
        low, high = pair[:, 0], pair[:, 1]
        if chunk.null_count:
            null = chunk.is_null().to_numpy(zero_copy_only=False)
            low, high = np.where(null, NO_PRICE, low), np.where(null, -1, high)
            too_large = (high != low >> 63) | ((low == NO_PRICE) & ~null)
        else:
            too_large = (high != low >> 63) | (low == NO_PRICE)
        if too_large.any():
            return None
        parts.append(low)
    return np.concatenate(parts)


def _numbers(column: Any) -> Any:
    if isinstance(column, pa.ChunkedArray):
        column = _one_chunk(column)
    return column.to_numpy(zero_copy_only=False)


def _micros(column: pa.ChunkedArray) -> Int64:
    moments: Int64 = _numbers(column.cast(pa.timestamp("us", "UTC")).cast(pa.int64()))
    return moments


def _words(instrument: str, name: str, column: pa.ChunkedArray) -> Any:
    codes = _numbers(column)
    if (codes == _UNKNOWN).any():
        raise OrderStreamError(
            f"instrument {instrument}: column '{name}' holds a word it should not; 'sekisho records validate' names the row"
        )
    return codes


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _frozen(array: Any) -> Any:
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array


# --- Spark ------------------------------------------------------------------------------------------------------------------

_BUCKETS: Final = 8
"""Parts an instrument's orders are split into to find what rests at midnight: any number gives the same answer."""


def _map_on_spark(records: Records, kernel: Kernel[Answer]) -> Iterator[tuple[Window, Answer]]:
    """The same kernel as a grouped map: one group per instrument and day, orders and trades side by side."""
    from pyspark.sql import functions as spark

    backend = records.connection
    session = backend._session  # Ibis has no grouped map; the session is the documented way down
    orders, trades = (session.sql(backend.compile(rows)) for rows in (_order_rows(records), _trade_rows(records)))
    moment = spark.unix_micros(spark.col("at").cast("timestamp")) + AHEAD
    day = spark.floor(moment / spark.lit(DAY)).cast("long")
    whole = [rows.select("instrument", day.alias("day")) for rows in (orders, trades)]
    days: dict[str, list[int]] = defaultdict(list)
    for row in whole[0].union(whole[1]).distinct().collect():
        days[row["instrument"]].append(row["day"])
    days = {name: sorted(numbers) for name, numbers in days.items()}
    units = _units_of(records)
    late = moment - day * DAY >= DAY - LOOKBACK
    seen_on = spark.explode(spark.when(late, spark.array(day, day + 1)).otherwise(spark.array(day)))
    seen = [rows.withColumn("day", seen_on) for rows in (orders, trades)]
    if any(len(numbers) > 1 for numbers in days.values()):
        seen[0] = seen[0].unionByName(_resting_on_spark(orders, trades, (units, days)))
    grouped = [rows.groupBy("instrument", "day") for rows in seen]
    work = partial(_answer_on_spark, units, {name: frozenset(numbers) for name, numbers in days.items()}, kernel)
    rows = grouped[0].cogroup(grouped[1]).applyInArrow(work, "instrument string, day long, answer binary").collect()
    for row in sorted(rows, key=lambda row: (row["instrument"], row["day"])):
        yield Window(row["instrument"], row["day"]), pickle.loads(bytes(row["answer"]))


def _answer_on_spark(
    units: dict[str, Units], days: dict[str, frozenset[int]], kernel: Kernel[Any], orders: pa.Table, trades: pa.Table
) -> pa.Table:
    named = orders if orders.num_rows else trades
    window = Window(named["instrument"][0].as_py(), named["day"][0].as_py())
    answers = []
    if window.day in days[window.instrument]:
        stream = _stream_on_spark(units, window.instrument, orders, trades)
        answers.append(pickle.dumps(kernel(replace(stream, opens_at=window.opens_at))))
    count = len(answers)
    columns = [pa.array([window.instrument] * count, pa.string()), pa.array([window.day] * count, pa.int64())]
    return pa.table([*columns, pa.array(answers, pa.binary())], names=["instrument", "day", "answer"])


def _stream_on_spark(units: dict[str, Units], instrument: str, orders: pa.Table, trades: pa.Table) -> OrderStream:
    return stream_of(instrument, orders.sort_by("sequence"), trades.sort_by("sequence"), units.get(instrument, (None, None)))


def _resting_on_spark(orders: Any, trades: Any, known: tuple[dict[str, Units], dict[str, list[int]]]) -> Any:
    """The orders that rest when a window begins, as rows of ``orders`` with the day of the window."""
    from pyspark.sql import functions as spark

    def bucket(column: str) -> Any:
        return spark.pmod(spark.hash(column), spark.lit(_BUCKETS))

    legs = spark.array_distinct(spark.array(bucket("buy_order_id"), bucket("sell_order_id")))
    parts = (orders.withColumn("part", bucket("order_id")), trades.withColumn("part", spark.explode(legs)))
    grouped = [rows.groupBy("instrument", "part") for rows in parts]
    schema = ", ".join(f"{field.name} {field.dataType.simpleString()}" for field in orders.schema)
    return grouped[0].cogroup(grouped[1]).applyInArrow(partial(_rest_on_spark, *known), f"{schema}, day long")


def _rest_on_spark(units: dict[str, Units], days: dict[str, list[int]], orders: pa.Table, trades: pa.Table) -> pa.Table:
    named = orders if orders.num_rows else trades
    windows = [Window(named["instrument"][0].as_py(), day) for day in days[named["instrument"][0].as_py()]]
    stream = _stream_on_spark(units, windows[0].instrument, orders, trades)
    resting = resting_at(stream, np.array([window.opens_at - LOOKBACK for window in windows]))
    rows = carried_rows(stream, resting)
    count = len(resting.order)
    columns = {
        "instrument": pa.array([windows[0].instrument] * count, pa.string()),
        "price": pa.array([int(price) * stream.tick for price in rows["price"]], orders["price"].type),
        "quantity": pa.array([int(lots) * stream.lot for lots in rows["quantity"]], orders["quantity"].type),
        "order_id": stream.order_ids.take(pa.array(rows["order"])),
        "account_id": stream.account_ids.take(pa.array(rows["account"], mask=rows["account"] == NOBODY)),
        "day": pa.array([windows[int(start)].day for start in resting.start], pa.int64()),
        **{name: pa.array(rows[name]) for name in ("sequence", "at", "kind", "side", "order_type")},
    }
    schema = orders.drop_columns("part").schema.append(pa.field("day", pa.int64()))
    return pa.table([columns[field.name].cast(field.type) for field in schema], schema=schema)
