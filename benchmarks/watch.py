"""The watch under load: does it keep up, and how long after a scheme's last event is it told?

Run: ``python -m benchmarks.watch [--rate 100000] [--seconds 60] [--rules GLOB]``

A simulated day is played into a growing folder at so many events (order events and trades) a second of the clock, in Parquet
pieces of half a second. Backlog is what has been written and not yet taken in; delay is from the moment the piece with a
scheme's last event was written to the first line told about it. The feeder runs on the same machine and takes its share of it.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from sekisho.findings.labels import Label, read_labels
from sekisho.simulation import Options, simulate

PIECE_SECONDS = 0.5
REGISTERS = ("account", "party", "party_link", "instrument", "asset", "reference_price")
EVENTS = ("order_event", "trade")


class Piece(NamedTuple):
    """What is written at one moment: the events up to a sequence number."""

    tables: dict[str, pa.Table]
    events: int
    until: int


def main() -> None:
    """Simulate, feed, watch, and print the table."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="sekisho-watch-") as name:
        place = Path(name)
        orders = int(options.rate * options.seconds * 0.8)
        simulate(
            Options(seed=21, days=1, accounts=options.accounts, instruments=options.instruments, orders=orders, history=1),
            place / "books",
        )
        pieces = list(_pieces(place / "books", int(options.rate * PIECE_SECONDS), int(options.rate * options.seconds)))
        into, out = place / "in", place / "out"
        into.mkdir()
        for register in REGISTERS:
            (into / f"{register}.parquet").write_bytes((place / "books" / f"{register}.parquet").read_bytes())
        command = [
            sys.executable,
            "-c",
            "from sekisho.cli import main; main()",
            "watch",
            str(into),
            "--out",
            str(out),
            "--rules",
            options.rules,
        ]
        with (place / "said").open("w") as said:
            process = subprocess.Popen([*command, "--rules", options.rules, "--until-idle", "5"], stdout=said, stderr=said)
            _wait_for(out / "watch.sqlite")
            written, backlog = _feed(pieces, into, out, options.rate)
            taken_in = _until_taken(out, sum(piece.events for piece in pieces))
            process.wait()
        _print(place / "books", pieces, written, backlog, taken_in, out, options)


def _pieces(books: Path, size: int, most: int) -> Iterator[Piece]:
    """The books in the venue's order, cut into pieces of so many events; they end after ``most``."""
    tables = {name: ds.dataset(_files(books, name)).to_table().sort_by("sequence") for name in EVENTS}
    every = pc.sort_indices(pa.chunked_array([table["sequence"].combine_chunks() for table in tables.values()]))
    sequences = pa.concat_arrays([table["sequence"].combine_chunks() for table in tables.values()]).take(every)
    places = dict.fromkeys(EVENTS, 0)
    for last in range(size, min(most, len(sequences)) + 1, size):
        until = sequences[last - 1].as_py()
        cut = {}
        for name, table in tables.items():
            column = table["sequence"].to_numpy()
            stop = int(column.searchsorted(until, "right"))
            cut[name] = table.slice(places[name], stop - places[name])
            places[name] = stop
        yield Piece(cut, sum(len(table) for table in cut.values()), until)


def _files(books: Path, table: str) -> list[str]:
    file = books / f"{table}.parquet"
    return [str(file)] if file.exists() else sorted(str(part) for part in (books / table).rglob("*.parquet"))


def _feed(pieces: list[Piece], into: Path, out: Path, rate: int) -> tuple[list[float], int]:
    """Write the pieces on time; returns when each was there, and the largest backlog seen (events)."""
    written: list[float] = []
    largest = given = 0
    began = time.time()
    for number, piece in enumerate(pieces):
        time.sleep(max(0.0, began + given / rate - time.time()))
        for name, table in piece.tables.items():
            (into / name).mkdir(exist_ok=True)
            beside = into / name / f".part-{number:06d}.parquet"
            pq.write_table(table, beside, compression="snappy")
            beside.replace(into / name / f"part-{number:06d}.parquet")
        written.append(time.time())
        given += piece.events
        largest = max(largest, given - _taken(out))
    return written, largest


def _taken(out: Path) -> int:
    with sqlite3.connect(f"file:{out / 'watch.sqlite'}?mode=ro", uri=True) as journal:
        rows = journal.execute("SELECT sum(rows) FROM part WHERE table_name IN ('order_event', 'trade')").fetchone()[0]
    return int(rows or 0)


def _until_taken(out: Path, events: int) -> float:
    while _taken(out) < events:
        time.sleep(0.2)
    return time.time()


def _wait_for(file: Path) -> None:
    while not file.exists():
        time.sleep(0.1)
    time.sleep(1.0)


def _print(
    books: Path, pieces: list[Piece], written: list[float], backlog: int, taken_in: float, out: Path, options: argparse.Namespace
) -> None:
    events = sum(piece.events for piece in pieces)
    fed = written[-1] - written[0] + PIECE_SECONDS
    print(f"{events:,} events, {options.instruments} instruments, {options.accounts:,} accounts, rules {options.rules}\n")
    print("| | |\n| --- | ---: |")
    print(f"| fed at, events a second | {events / fed:,.0f} |")
    print(f"| largest backlog while feeding, seconds of flow | {backlog / options.rate:.1f} |")
    print(f"| all taken in after the last piece was written, seconds | {taken_in - written[-1]:.1f} |")
    delays = sorted(_delays(books, pieces, written, out))
    if delays:
        print(f"| schemes told | {len(delays)} |")
        print(f"| delay from last event to first telling, median, seconds | {statistics.median(delays):.1f} |")
        print(f"| the same, nine in ten within | {delays[int(0.9 * (len(delays) - 1))]:.1f} |")


def _delays(books: Path, pieces: list[Piece], written: list[float], out: Path) -> Iterator[float]:
    """For every planted scheme whose events were all fed and that was told: seconds from its last event to the first telling."""
    told = [json.loads(line) for line in (out / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]
    for label in read_labels(books / "answer_key.parquet"):
        last = _last_piece(label, pieces)
        lines = [line for line in told if line["finding"]["rule"] == label.rule and _speaks(line, label)]
        if label.guilty and last is not None and lines:
            first = min(datetime.fromisoformat(line["told_at"]).astimezone(UTC).timestamp() for line in lines)
            yield max(0.0, first - written[last])


def _speaks(line: dict[str, object], label: Label) -> bool:
    finding = line["finding"]
    assert isinstance(finding, dict)
    return not label.proof.isdisjoint((table, id_) for table, id_ in finding["evidence"])


def _last_piece(label: Label, pieces: list[Piece]) -> int | None:
    """The piece in which the scheme's window has passed; None where it was not fed to its end."""
    if label.window is None:
        return None
    ends = pa.scalar(label.window[1], pa.timestamp("us", "UTC"))
    for number, piece in enumerate(pieces):
        events = piece.tables["order_event"]["occurred_at"]
        if len(events) and pc.greater_equal(pc.max(events), ends).as_py():
            return number
    return None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=100_000, help="events a second")
    parser.add_argument("--seconds", type=int, default=60, help="how long to feed")
    parser.add_argument("--rules", default="unfair_trading/*")
    parser.add_argument("--instruments", type=int, default=40)
    parser.add_argument("--accounts", type=int, default=20_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
