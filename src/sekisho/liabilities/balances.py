"""What the firm owes each client, read from a records folder, a Parquet or a CSV file, as whole smallest units per asset."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend

from sekisho.liabilities.codec import AMOUNT_LIMIT, TEXT_BYTES_MAX, Asset
from sekisho.liabilities.lanes import kernel
from sekisho.liabilities.tree import U64, Amounts
from sekisho.records.checks import unreadable, value_problems
from sekisho.records.csv_text import header_of, scan_csv
from sekisho.records.errors import RecordsError
from sekisho.records.folder import Source, sources
from sekisho.records.on_duckdb import connect
from sekisho.records.reading import FILE, ROW, Reading, reading_of_csv, reading_of_parquet
from sekisho.records.tables import TABLES

TABLE = TABLES["customer_balance"]
CLIENT_COLUMNS = ("account_id", "client_id", "client", "user_id", "user", "username", "id")
"""Names under which a wide CSV may carry the client: one row for each, one column for each asset."""

_SCALE_READ = 18
_TEN = np.array([10**k for k in range(19)], np.uint64)
_LOW = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, slots=True, eq=False)
class Balances:
    """Balances of one day: ``ids`` [clients] and ``amounts`` [clients, assets] in units of 10^-scale of each asset."""

    day: date | None
    ids: pa.LargeStringArray
    assets: tuple[Asset, ...]
    amounts: Amounts


def read_balances(
    place: Path,
    as_of: date | None = None,
    scales: Mapping[str, int] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Balances:
    """Reads balances. ``as_of`` picks the day (default: the last one there); ``scales`` sets decimal places of assets.

    Without a scale an asset has as many places as its finest balance needs. Raises RecordsError, one line, for anything that
    is not a client's balance: negative, not a number, a client or an asset twice, an amount from 2^112 units on.
    """
    told = progress or (lambda what, done, of: None)
    told("reading balances", 0, 3)
    with TemporaryDirectory(prefix="sekisho-") as scratch:
        connection = connect(Path(scratch))
        try:
            read = _wide(connection, place) if _is_wide(place) else _long(connection, place, as_of)
        finally:
            connection.disconnect()
    told("checking client ids", 1, 3)
    _check_ids(read.ids, place.name)
    told("turning into smallest units", 2, 3)
    return _scaled(read, dict(scales or {}), place.name)


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """Amounts as read: units of 10^-places, the same for all assets."""

    day: date | None
    ids: pa.LargeStringArray
    symbols: tuple[str, ...]
    places: int
    amounts: Amounts


def _is_wide(place: Path) -> bool:
    if place.suffix.lower() != ".csv" or not place.is_file():
        return False
    header = header_of(Source(TABLE, (place,), is_csv=True))
    return not {"asset", "quantity"} <= set(header)


def _wide(connection: Backend, place: Path) -> _Read:
    """A CSV with one row for each client and one column for each asset."""
    header = header_of(Source(TABLE, (place,), is_csv=True))
    lower = [name.strip().lower() for name in header]
    if len(set(lower)) != len(lower):
        raise RecordsError(place.name, "has a column twice", "give each asset one column")
    client = next((name for name in CLIENT_COLUMNS if name in lower), None)
    if client is None or len(header) < 2:
        remedy = f"name the column of the client {' or '.join(CLIENT_COLUMNS[:3])}, or give account_id, asset, quantity"
        raise RecordsError(place.name, "has no column of clients with columns of assets beside it", remedy)
    own = header[lower.index(client)]
    symbols = sorted(name for name in header if name != own)
    try:
        text = connection.con.sql(f"SELECT * FROM {scan_csv(place, header)}").to_arrow_table()
    except duckdb.Error as error:
        raise RecordsError(place.name, f"cannot be read: {str(error).splitlines()[0]}", "give every row as many cells") from None
    ids = pc.cast(text[own], pa.large_string()).combine_chunks()
    whole = all(pc.all(pc.invert(pc.match_substring(pc.fill_null(text[s], ""), "."))).as_py() in (True, None) for s in symbols)
    places = 0 if whole else _SCALE_READ
    columns = [_column(text[symbol], symbol, places, place.name) for symbol in symbols]
    low = np.stack([c[0] for c in columns], axis=1)
    high = np.stack([c[1] for c in columns], axis=1)
    return _Read(None, ids, tuple(s.strip() for s in symbols), places, Amounts(low, high if high.any() else high[:0]))


def _column(cells: pa.ChunkedArray, symbol: str, places: int, name: str) -> tuple[U64, U64]:
    """One asset's cells as 128-bit whole numbers; an empty cell is nothing owed."""
    cells = pc.utf8_trim_whitespace(pc.fill_null(cells, "0"))
    fits = pc.match_substring_regex(cells, rf"^[0-9]{{1,{38 - places}}}(\.[0-9]{{0,{places}}})?$")
    if pc.any(pc.invert(fits)).as_py():
        row = pc.index(fits, False).as_py()
        value = cells[row].as_py()
        if re.fullmatch(r"-[0-9.]+", value):
            raise _negative(name, row + 1, symbol, value)
        raise RecordsError(name, f"'{value[:60]}' is not a plain decimal number", f"write digits, at most {places} after the point",
                           row=row + 1, column=symbol)  # fmt: skip
    return _limbs(pc.cast(cells, pa.decimal128(38, places)))


def _negative(name: str, row: int, column: str, value: str) -> RecordsError:
    remedy = "a client's claim is never below zero: book what he owes apart; a negative leaf would hide others' claims"
    return RecordsError(name, f"'{value}' is negative", remedy, row=row, column=column)


def _limbs(values: Any) -> tuple[U64, U64]:
    """The low and the high words of an array of 128-bit decimals that are not negative."""
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    words = np.frombuffer(array.buffers()[1], np.uint64).reshape(-1, 2)[array.offset : array.offset + len(array)]
    return words[:, 0], words[:, 1]


def _long(connection: Backend, place: Path, as_of: date | None) -> _Read:
    """The record table customer_balance: one row for each client and asset."""
    reading = _reading(place)
    for problem in value_problems(connection, reading, listed_max=1):
        raise problem.error()
    values, relation = reading.values, reading.placed
    quantity = f"CAST({values['quantity']} AS DECIMAL(38, {_SCALE_READ}))"
    where = "true"
    day = as_of
    if "as_of_date" in values:
        days = connection.con.execute(f"SELECT DISTINCT {values['as_of_date']} FROM {relation} ORDER BY 1").fetchall()
        day = as_of or (days[-1][0] if days else None)
        if (day,) not in days:
            shown = f"from {days[0][0]} to {days[-1][0]}" if days else "none"
            raise RecordsError(place.name, f"has no balances of {day}; days there: {shown}", "give --as-of one of them")
        where = f"{values['as_of_date']} = DATE '{day}'"
    negative = f"SELECT {FILE}, {ROW}, {quantity} FROM {relation} WHERE {where} AND {quantity} < 0 ORDER BY 1, 2 LIMIT 1"
    for file, row, value in connection.con.execute(negative).fetchall():
        raise _negative(reading.files[file], row, "quantity", str(value))
    try:
        table = connection.con.sql(
            f"SELECT {values['account_id']} AS client, {values['asset']} AS asset, {quantity} AS quantity "
            f"FROM {reading.relation} WHERE {where}"
        ).to_arrow_table()
    except duckdb.Error as error:
        raise unreadable(reading, error) from None
    return _pivoted(table, day)


def _reading(place: Path) -> Reading:
    if place.is_dir():
        source = next((s for s in sources(place) if s.table is TABLE), None)
        if source is None:
            raise RecordsError(
                str(place), "holds no table customer_balance", "'sekisho records describe customer_balance' tells its columns"
            )
    elif place.is_file():
        source = Source(TABLE, (place,), is_csv=place.suffix.lower() == ".csv")
    else:
        raise RecordsError(str(place), "is not there", "give a records folder, a Parquet or a CSV file of balances")
    return reading_of_csv(source) if source.is_csv else reading_of_parquet(source)


def _pivoted(table: pa.Table, day: date | None) -> _Read:
    clients, ids = _numbered(table["client"])
    assets, symbols = _numbered(table["asset"])
    names = symbols.to_pylist()
    ranks = np.argsort(np.argsort(np.array(names, object))).astype(np.int64) if names else np.zeros(0, np.int64)
    shape = (len(ids), len(names))
    out_low, out_high = np.zeros(shape, np.uint64), np.zeros(shape, np.uint64)
    seen = np.zeros(shape, np.bool_)
    first = 0
    for chunk in table["quantity"].chunks:
        part = slice(first, first + len(chunk))
        repeated = _scatter(clients[part], ranks[assets[part]], *_limbs(chunk), out_low, out_high, seen)
        assert repeated < 0, "the table holds each client, asset and day once: that was checked"
        first += len(chunk)
    high = out_high if out_high.any() else out_high[:0]
    return _Read(day, ids.cast(pa.large_string()), tuple(sorted(names)), _SCALE_READ, Amounts(out_low, high))


def _numbered(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int32], pa.Array]:
    """The distinct values of a column, and for each row the number of its value."""
    chunks = column.dictionary_encode().unify_dictionaries().chunks
    if not chunks:
        return np.zeros(0, np.int32), pa.array([], column.type)
    return np.concatenate([chunk.indices.to_numpy() for chunk in chunks]), chunks[-1].dictionary


@kernel
def _scatter(clients: Any, assets: Any, low: Any, high: Any, out_low: Any, out_high: Any, seen: Any) -> int:
    """Puts each quantity in its client's row and asset's column; the first row that repeats a pair, or -1."""
    for row in range(len(clients)):
        c, a = clients[row], assets[row]
        if seen[c, a]:
            return row
        seen[c, a] = True
        out_low[c, a] = low[row]
        out_high[c, a] = high[row]
    return -1


def _check_ids(ids: pa.LargeStringArray, name: str) -> None:
    if len(ids) == 0:
        raise RecordsError(name, "holds no client", "give the balances of at least one client")
    if ids.null_count:
        raise RecordsError(name, "a client has no id", "give each client his id", row=pc.index(pc.is_null(ids), True).as_py() + 1)
    bad = pc.or_(pc.not_equal(pc.utf8_trim_whitespace(ids), ids), pc.equal(ids, ""))
    bad = pc.or_(bad, pc.greater(pc.binary_length(ids), TEXT_BYTES_MAX))
    bad = pc.or_(bad, pc.or_(pc.match_substring_regex(ids, r"\pC"), pc.not_equal(pc.utf8_normalize(ids, "NFC"), ids)))
    if pc.any(bad).as_py():
        row = pc.index(bad, True).as_py()
        problem = f"client id '{ids[row].as_py()[:60]}' is empty, padded, too long, or could be read as another"
        remedy = f"write at most {TEXT_BYTES_MAX} bytes of printable text in Unicode form NFC, without spaces around it"
        raise RecordsError(name, problem, remedy, row=row + 1)
    if pc.count_distinct(ids).as_py() != len(ids):
        counted = ids.value_counts()
        twice = counted.field("values").filter(pc.greater(counted.field("counts"), 1))[0].as_py()
        raise RecordsError(
            name, f"client '{twice}' is there twice", "each client stands in the tree once: two who share an id share a leaf"
        )


def _scaled(read: _Read, scales: dict[str, int], name: str) -> Balances:
    """Divides each asset down to its own scale; refuses what would not be exact or too large."""
    unknown = sorted(set(scales) - set(read.symbols))
    if unknown:
        raise RecordsError("--scale", f"{', '.join(unknown)} is not among the assets", f"assets: {', '.join(read.symbols)}")
    assets, low, high = [], read.amounts.low, read.amounts.high
    out_low, out_high = np.empty_like(low), np.zeros_like(low)
    for k, symbol in enumerate(read.symbols):
        column = low[:, k], high[:, k] if len(high) else low[:0, k]
        least = read.places - int(_spare_places(*column, min(read.places, _SCALE_READ)))
        scale = scales.get(symbol, least)
        if scale < least:
            raise RecordsError(name, f"{symbol} has balances with {least} decimal places", f"give --scale {symbol}={least} or more")
        out_low[:, k], words = _shifted(*column, scale - read.places, symbol, name)
        if len(words):
            out_high[:, k] = words
        assets.append(Asset(symbol, scale))
    amounts = Amounts(out_low, out_high if out_high.any() else out_high[:0])
    over = [symbol for symbol, total in zip(read.symbols, amounts.totals(), strict=True) if total >= AMOUNT_LIMIT]
    if over:
        raise RecordsError(
            name, f"the balances of {over[0]} add up to 2^112 smallest units or more", "no such supply exists: correct them"
        )
    if not len(amounts.high) and max(amounts.totals(), default=0) >> 63:
        amounts = Amounts(out_low, out_high)
    return Balances(read.day, read.ids, tuple(assets), amounts)


@kernel
def _spare_places(low: Any, high: Any, places: int) -> int:
    """How many of the decimal places are zero in every amount."""
    spare = places
    for i in range(len(low)):
        while spare and _over_power(low[i], high[i] if len(high) else np.uint64(0), spare)[2]:
            spare -= 1
        if not spare:
            break
    return spare


@kernel
def _divided(low: Any, high: Any, power: int, out_low: Any, out_high: Any) -> None:
    for i in range(len(low)):
        out_low[i], out_high[i], _ = _over_power(low[i], high[i] if len(high) else np.uint64(0), power)


@kernel
def _over_power(low: Any, high: Any, power: int) -> Any:
    """A 128-bit amount over 10^power (at most 18): low and high word, and whether something was left over."""
    if not high:
        return low // _TEN[power], np.uint64(0), low % _TEN[power] != 0
    left_over = False
    while power:
        part = min(power, 9)
        digits = (high >> np.uint64(32), high & _LOW, low >> np.uint64(32), low & _LOW)
        divisor, rest = _TEN[part], np.uint64(0)
        high, low = np.uint64(0), np.uint64(0)
        for digit in digits:
            rest = (rest << np.uint64(32)) | digit
            high = (high << np.uint64(32)) | (low >> np.uint64(32))
            low = (low << np.uint64(32)) | (rest // divisor)
            rest %= divisor
        left_over |= rest != 0
        power -= part
    return low, high, left_over


def _shifted(low: U64, high: U64, by: int, symbol: str, name: str) -> tuple[U64, U64]:
    """Amounts times 10^by, exactly, as low and high words (none where there were none and none are needed)."""
    if by == 0:
        return low, high
    if by < 0:
        out_low, out_high = np.empty_like(low), np.empty_like(low)
        _divided(low, high, -by, out_low, out_high)
        return out_low, out_high
    values = [(int(h) << 64 | int(v)) * 10**by for v, h in zip(low, high if len(high) else np.zeros_like(low), strict=True)]
    if max(values, default=0) >= AMOUNT_LIMIT:
        raise RecordsError(name, f"a balance of {symbol} is 2^112 smallest units or more", "no such supply exists: correct it")
    word = (1 << 64) - 1
    return np.array([v & word for v in values], np.uint64), np.array([v >> 64 for v in values], np.uint64)
