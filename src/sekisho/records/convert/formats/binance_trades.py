"""Binance trade prints: one file per symbol and window, exact duplicates taken out and counted."""

from __future__ import annotations

import re
from pathlib import Path

from sekisho.records.convert.fields import decimal, epoch, literal, words
from sekisho.records.convert.format import Conversion, Option, Options
from sekisho.records.convert.market import pair, write_pairs
from sekisho.records.convert.staging import Staging
from sekisho.records.errors import RecordsError

NAME = "binance-trades"
DESCRIPTION = "Binance trade prints, one CSV file per symbol (SYM_*.csv: timestamp_ms, side, price, amount)"
OPTIONS = {
    "quote": Option("BTC", "The asset that prices are in"),
    "duplicates": Option("drop", "Rows that repeat another one exactly: left out, or kept", ("drop", "keep")),
}

_FILE = re.compile(r"([A-Z0-9]+)(_[0-9_-]+)?\.csv(\.gz|\.xz)?")
_PRINTS = {
    "executed_at": epoch("timestamp_ms", "ms"),
    "aggressor_side": words("side", {"buy": "buy", "sell": "sell"}),
    "price": decimal("price"),
    "quantity": decimal("amount"),
}
_SAME = "symbol, executed_at, aggressor_side, price, quantity"


def convert(source: Path, out: Path, options: Options) -> Conversion:
    """Convert one file of prints, or every such file of a folder (or of its folder ``trades``)."""
    files = _files(source)
    with Staging(out) as staging:
        for file in files:
            options.progress(f"reading {file.name}")
            _read(staging, file)
        options.progress("taking out duplicates")
        counts = _number(staging, keep=options["duplicates"] == "keep")
        options.progress("writing tables")
        pairs = [pair(f"{symbol}/{options['quote']}") for symbol in sorted({_symbol(file) for file in files})]
        staging.write(
            "trade",
            f"SELECT trade_id, sequence, executed_at, symbol || '/' || {literal(options['quote'])} AS instrument, price, "
            "quantity, aggressor_side FROM numbered",
        )
        write_pairs(staging, pairs, centralised=False)
        notes = (
            f"{counts['duplicates_within_a_file']} rows repeat another row of their file exactly, and "
            f"{counts['duplicates_across_files']} a row of another file of the same symbol; "
            f"they were {'kept' if options['duplicates'] == 'keep' else 'left out'}.",
            "The prints have no ids: a trade is named by its file and its row in it.",
        )
        return staging.conversion(notes, counts)


def _files(source: Path) -> list[Path]:
    if source.is_file():
        _symbol(source)
        return [source]
    folder = source / "trades" if (source / "trades").is_dir() else source
    files = sorted(path for path in folder.iterdir() if _FILE.fullmatch(path.name))
    if not files:
        raise RecordsError(str(source), "holds no file of trade prints", "name the files SYM_….csv after their symbol")
    return files


def _symbol(file: Path) -> str:
    match = _FILE.fullmatch(file.name)
    if match is None:
        raise RecordsError(file.name, "does not start with a symbol", "name the file SYM_….csv after its symbol")
    return match[1]


def _read(staging: Staging, file: Path) -> None:
    staging.csv("part", file, _PRINTS)
    named = f"{literal(file.name.split('.csv')[0])} AS file, {literal(_symbol(file))} AS symbol"
    staging.sql(f"CREATE TEMP TABLE IF NOT EXISTS prints AS SELECT {named}, * FROM part LIMIT 0")
    staging.sql(f"INSERT INTO prints SELECT {named}, * FROM part")


def _number(staging: Staging, *, keep: bool) -> dict[str, int]:
    """Mark rows that repeat an earlier one, leave them out unless kept, and number the rest by time, file and row."""
    staging.sql(
        f"CREATE TEMP TABLE marked AS SELECT *, row_number() OVER (PARTITION BY {_SAME} ORDER BY file, row) AS nth, "
        f"row_number() OVER (PARTITION BY file, {_SAME} ORDER BY row) AS nth_in_file FROM prints"
    )
    staging.sql(
        "CREATE TEMP TABLE numbered AS SELECT *, file || ':' || row AS trade_id, "
        "row_number() OVER (ORDER BY executed_at, file, row) AS sequence FROM marked "
        f"WHERE {'true' if keep else 'nth = 1'}"
    )
    within = staging.number("SELECT count(*) FROM marked WHERE nth_in_file > 1")
    repeated = staging.number("SELECT count(*) FROM marked WHERE nth > 1")
    return {"duplicates_within_a_file": within, "duplicates_across_files": repeated - within}
