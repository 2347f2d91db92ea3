"""Throughput: the whole chapter of unfair trading in one ``inspect``; three of its rules beside pandas; and the bare scan.

Run: ``python -m benchmarks.throughput [--events 20] [--folder BOOKS] [--linearity 5,20,50] [--no-pandas]``

Each contender runs in its own process; seconds are wall time from start to end, memory is the highest the process held.
``inspect`` does everything a user waits for: it starts, checks, detects, explains, and writes findings and report.
pandas does the heavy part of three rules (wash trading, matched orders, layering) and stops before anything is judged or
written. The scan reads the columns the rules read and takes their largest value. Events are order events and trades together.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow.parquet as pq

from benchmarks.pandas_reference import EVENT_COLUMNS, TRADE_COLUMNS

CHAPTER = "unfair_trading/*"
THREE = "unfair_trading/wash_trading,unfair_trading/matched_orders,unfair_trading/layering"
MILLION = 1_000_000
KIB_PER_MIB = 1024


class Run(NamedTuple):
    """One process: how long it took, how long its threads worked, the most memory it held, and what it printed."""

    seconds: float
    cpu_seconds: float
    mebibytes: float
    printed: str


def main() -> None:
    """Build or take the books, run every contender, print the tables."""
    options = _options()
    with _place(options.work) as work:
        if options.linearity:
            _linearity([float(n) for n in options.linearity.split(",")], work, options)
        else:
            folder = options.folder or simulated(options.events, work, options)
            _compare(folder, work, options)


def _compare(folder: Path, work: Path, options: argparse.Namespace) -> None:
    events = rows(folder, "order_event") + rows(folder, "trade")
    print(f"{rows(folder, 'order_event'):,} order events, {rows(folder, 'trade'):,} trades, {options.threads} threads\n")
    print("| work | seconds | events/s | against inspect | CPU seconds | peak memory, MiB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    inspected = inspect(folder, work, options, CHAPTER)
    contenders = [("bare DuckDB scan of the columns read", scan(folder, options.threads))]
    if not options.no_pandas:
        contenders.append(("sekisho inspect, three rules", inspect(folder, work, options, THREE)))
        reference = python("benchmarks.pandas_reference", str(folder))
        contenders.append(("pandas, heavy part of the three rules", reference))
    for name, run in [("sekisho inspect, whole chapter", inspected), *contenders]:
        ratio = run.seconds / inspected.seconds
        speed = f"{run.seconds:.1f} | {events / run.seconds:,.0f} | {ratio:.2f}x | {run.cpu_seconds:.1f}"
        print(f"| {name} | {speed} | {run.mebibytes:,.0f} |", flush=True)
    if not options.no_pandas:
        print("\npandas, by piece:", json.dumps(json.loads(reference.printed)["seconds"]))
        _agree(folder, json.loads(reference.printed)["results"], options.threads)
    print("\nTargets for the whole chapter: 500,000 events/s or more, 8,192 MiB or less.")


def _linearity(sizes: Sequence[float], work: Path, options: argparse.Namespace) -> None:
    print(
        "| order events aimed at, M | events | seconds | events/s | CPU seconds | CPU microseconds per event | peak memory, MiB |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for size in sizes:
        folder = simulated(size, work, options)
        events = rows(folder, "order_event") + rows(folder, "trade")
        run = inspect(folder, work, options, CHAPTER)
        print(
            f"| {size:g} | {events:,} | {run.seconds:.1f} | {events / run.seconds:,.0f} "
            f"| {run.cpu_seconds:.1f} | {run.cpu_seconds / events * MILLION:.2f} | {run.mebibytes:,.0f} |",
            flush=True,
        )
        if not options.work:
            shutil.rmtree(folder)


def simulated(millions: float, work: Path, options: argparse.Namespace) -> Path:
    """Books of about so many million order events; kept and taken again when ``--work`` names a folder."""
    folder = work / f"books-{millions:g}m-{options.instruments}-{options.accounts}"
    if not folder.exists():
        choice = ("--seed", "7", "--days", "5", "--history", "1", "--orders", str(int(millions * MILLION)))
        size = ("--accounts", str(options.accounts), "--instruments", str(options.instruments))
        sekisho("simulate", *choice, *size, "--out", str(folder))
    return folder


def inspect(folder: Path, work: Path, options: argparse.Namespace, rules: str) -> Run:
    """One ``sekisho inspect`` with these rules; the shortest of some runs."""
    runs = []
    for _ in range(options.rounds):
        out = work / "findings"
        shutil.rmtree(out, ignore_errors=True)
        limits = ("--threads", str(options.threads), "--memory-limit", options.memory_limit)
        runs.append(sekisho("inspect", str(folder), "--rules", rules, "--out", str(out), "--json", *limits))
    return min(runs)


def scan(folder: Path, threads: int) -> Run:
    """The largest value of every column the rules read: nothing but reading."""
    return python("benchmarks.throughput", "--only-scan", str(folder), "--threads", str(threads))


def _scan(folder: Path, threads: int) -> None:
    connection = duckdb.connect(config={"threads": threads})
    for table, columns in (("order_event", EVENT_COLUMNS), ("trade", TRADE_COLUMNS)):
        largest = ", ".join(f"max({column})::VARCHAR" for column in columns)
        connection.execute(f"SELECT {largest} FROM read_parquet('{parquet(folder, table)}')").fetchall()


def sekisho(*arguments: str) -> Run:
    """Run the command line in its own process."""
    return _process([sys.executable, "-c", "from sekisho.cli import main; main()", *arguments])


def python(module: str, *arguments: str) -> Run:
    """Run a module in its own process."""
    return _process([sys.executable, "-m", module, *arguments])


def _process(command: Sequence[str]) -> Run:
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as told:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdout=printed, stderr=told)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            told.seek(0)
            sys.exit(f"{' '.join(command)}: ended with status {child.returncode}\n{told.read()}")
        printed.seek(0)
        return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / KIB_PER_MIB, printed.read())


def parquet(folder: Path, table: str) -> Path:
    """The file of a table, or the pattern of its parts."""
    file = folder / f"{table}.parquet"
    return file if file.exists() else folder / table / "**" / "*.parquet"


def rows(folder: Path, table: str) -> int:
    """How many rows a table has, from the files' own account."""
    file = folder / f"{table}.parquet"
    parts = [file] if file.exists() else sorted((folder / table).rglob("*.parquet"))
    return sum(pq.read_metadata(part).num_rows for part in parts)


def _agree(folder: Path, theirs: dict[str, Any], threads: int) -> None:
    """Hold Sekisho's own intermediate answers against pandas'."""
    ours = json.loads(python("benchmarks.own_answers", str(folder), str(threads)).printed)
    print("\n| result | sekisho | pandas | equal |")
    print("| --- | --- | --- | --- |")
    for name, answer in theirs.items():
        print(f"| {name} | {ours.get(name)} | {answer} | {'yes' if ours.get(name) == answer else 'NO'} |")


@contextmanager
def _place(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=float, default=20, help="order events to simulate, in millions")
    parser.add_argument("--folder", type=Path, help="records folder to take instead of simulating one")
    parser.add_argument("--work", type=Path, help="folder to keep simulated books in; default: a temporary one")
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--instruments", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="3GB", help="what DuckDB may hold before it spills")
    parser.add_argument("--rounds", type=int, default=1, help="runs of inspect; the shortest counts")
    parser.add_argument("--linearity", help="sizes in millions, such as 5,20,50: inspect alone on each")
    parser.add_argument("--no-pandas", action="store_true")
    parser.add_argument("--only-scan", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only_scan:
        _scan(options.only_scan, options.threads)
        sys.exit()
    return options


if __name__ == "__main__":
    main()
