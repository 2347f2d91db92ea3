"""Ingest speed: source rows read, checked, converted and written as Parquet per second.

Run: ``python -m benchmarks.convert [--rows 2000000]``. The reference files are used where they are (SEKISHO_DATA); beside
them a made-up order log and made-up prints of ``--rows`` rows show the speed without start-up.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb

from sekisho.records.convert import Options, convert

MARKET = Path(os.environ.get("SEKISHO_DATA", Path(__file__).parents[1].parent / "shared" / "data")) / "market"


class Source(NamedTuple):
    """One thing to convert, and how many rows it has."""

    format_name: str
    name: str
    path: Path
    rows: int


def main() -> None:
    """Convert every source once and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000, help="rows of the made-up sources")
    rows = parser.parse_args().rows
    print("| format | source | rows read | records written | seconds | CPU seconds | rows per CPU second |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, source in enumerate([*reference_files(), *made_up(folder, rows)]):
            began, worked = time.perf_counter(), time.process_time()
            conversion = convert(source.format_name, source.path, folder / f"out-{number}", Options())
            seconds, cpu = time.perf_counter() - began, time.process_time() - worked
            written = conversion.rows.get("order_event", 0) + conversion.rows.get("trade", 0)
            print(
                f"| {source.format_name} | {source.name} | {source.rows:,} | {written:,} | {seconds:.2f} "
                f"| {cpu:.2f} | {source.rows / cpu:,.0f} |",
                flush=True,
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nPeak memory {peak:,.0f} MB, {os.cpu_count()} cores, DuckDB {duckdb.__version__}.")


def reference_files() -> Iterator[Source]:
    """The real captures, where they are."""
    files = (
        Source("bitstamp-2026", "half an hour, gzip", MARKET / "bitstamp_2026", 314_341),
        Source("bitstamp-2015", "five hours, raw log, xz", MARKET / "bitstamp_2015", 56_000),
        Source("lobster", "GOOG, 10 levels, zip", MARKET / "lobster" / "LOBSTER_SampleFile_GOOG_2012-06-21_10.zip", 147_916),
        Source("binance-trades", "35 files, gzip", MARKET / "pumps", 731_011),
        Source("account-orders", "ten minutes, 210 accounts, gzip", MARKET / "account_abuse", 286_148),
    )
    return (source for source in files if source.path.exists())


def made_up(folder: Path, rows: int) -> Iterator[Source]:
    """An order log in which each order enters and leaves, and prints in rising time; no values of anybody's market."""
    log, prints = folder / "log", folder / "prints"
    log.mkdir()
    prints.mkdir()
    connection = duckdb.connect()
    connection.execute(
        "COPY (SELECT 1 + i // 2 AS id, 1000000 + i AS timestamp, 999900 + i AS exchange_timestamp, "
        "(30000 + (i // 2 * 7919) % 5000)::VARCHAR || '.5' AS price, '0.' || (1 + (i // 2 * 104729) % 9999999) AS volume, "
        "CASE i % 2 WHEN 0 THEN 'created' ELSE 'deleted' END AS action, "
        f"CASE i // 2 % 2 WHEN 0 THEN 'bid' ELSE 'ask' END AS direction FROM range({rows}) t(i)) "
        f"TO '{log / 'orders.csv'}' (HEADER)"
    )
    (log / "trades.csv").write_text("trade_id,timestamp,exchange_timestamp,price,amount,buy_order_id,sell_order_id,side\n")
    connection.execute(
        "COPY (SELECT 1000000 + i AS timestamp_ms, CASE i % 3 WHEN 0 THEN 'buy' ELSE 'sell' END AS side, "
        "'0.0000' || (1000 + (i * 7919) % 5000) AS price, (1 + (i * 104729) % 9999) || '.0' AS amount "
        f"FROM range({rows}) t(i)) TO '{prints / 'AAA.csv'}' (HEADER)"
    )
    connection.close()
    yield Source("bitstamp-2026", "made up, plain CSV", log, rows)
    yield Source("binance-trades", "made up, plain CSV", prints, rows)


if __name__ == "__main__":
    main()
