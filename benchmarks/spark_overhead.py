"""Spark's overhead and break-even: one ``inspect`` of the same books on DuckDB and on Spark, at several sizes.

Run: ``python -m benchmarks.spark_overhead [--events 0.2,1,4] [--master spark://HOST:7077] [--spark-conf K=V ...]``

Each run is a process of its own; seconds are wall time. Time is taken to be ``fixed + events * rate`` on either engine (least
squares over the sizes). Where Spark's rate per event on this machine is no better than DuckDB's, no size breaks even here, and the
figure that counts is how many times as many cores Spark needs for a large book: the ratio of the rates.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.throughput import THREE, rows, sekisho, simulated

MILLION = 1_000_000


def main() -> None:
    """Simulate, inspect on both engines, print the table and what follows from it."""
    options = _options()
    engines = {"duckdb": (), "spark": _on_spark(options)}
    seconds: dict[str, list[float]] = {engine: [] for engine in engines}
    sizes: list[float] = []
    print("| events | DuckDB, s | Spark, s | Spark / DuckDB |\n| ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name:
        work = options.work or Path(name)
        work.mkdir(parents=True, exist_ok=True)
        for millions in (float(size) for size in options.events.split(",")):
            folder = simulated(millions, work, options)
            sizes.append((rows(folder, "order_event") + rows(folder, "trade")) / MILLION)
            for engine, settings in engines.items():
                out = work / f"found-{engine}-{millions:g}"
                common = ("--rules", options.rules, "--threads", str(options.threads), "--out", str(out), "--json")
                seconds[engine].append(sekisho("inspect", str(folder), *common, *settings).seconds)
            one, other = seconds["duckdb"][-1], seconds["spark"][-1]
            print(f"| {sizes[-1] * MILLION:,.0f} | {one:.1f} | {other:.1f} | {other / one:.2f} |", flush=True)
    if len(sizes) > 1:
        _conclude(sizes, seconds)


def _conclude(sizes: list[float], seconds: dict[str, list[float]]) -> None:
    lines = {engine: np.polyfit(sizes, taken, 1) for engine, taken in seconds.items()}
    for engine, (rate, fixed) in lines.items():
        print(f"{engine}: {fixed:.1f} s and {rate:.2f} s for each million events")
    (rate, fixed), (own_rate, own_fixed) = lines["duckdb"], lines["spark"]
    if own_rate < rate:
        print(f"break-even at {(own_fixed - fixed) / (rate - own_rate):,.1f} million events")
    else:
        print(f"no break-even on this machine: Spark needs {own_rate / rate:.1f} times the work for each event")


def _on_spark(options: argparse.Namespace) -> tuple[str, ...]:
    master = ("--master", options.master) if options.master else ()
    return ("--engine", "spark", *master, *(part for setting in options.spark_conf for part in ("--spark-conf", setting)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", default="0.2,1,4", help="order events to simulate, in millions, joined by commas")
    parser.add_argument("--rules", default=THREE)
    parser.add_argument("--master", help="cluster; default: Spark in this process with --threads cores")
    parser.add_argument("--spark-conf", action="append", default=[])
    parser.add_argument("--work", type=Path, help="folder to keep simulated books in; default: a temporary one")
    parser.add_argument("--accounts", type=int, default=5_000)
    parser.add_argument("--instruments", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
