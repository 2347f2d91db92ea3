"""Pumps: the onset detector on real pump events beside published figures, and pump and dump with accounts on simulated exchanges.

Run: ``python -m benchmarks.pump_quality [--seeds 411-420]``. The reference data is looked for beside the project, or at
SEKISHO_DATA.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sekisho.engine.answers import Found
from sekisho.engine.controls import load_control
from sekisho.records import Records, open_records, records_of
from sekisho.records.convert import Options as ConvertOptions
from sekisho.records.convert import convert
from sekisho.rulebook import load_rulebook
from sekisho.simulation import Options, simulate

ONSET, SCHEME = "unfair_trading/pump_onset", "unfair_trading/pump_and_dump"
HIT, WIDE_HIT, AFTER, CHUNK = 120, 300, 1800, 25
DAY = 86_400
Assumed = Mapping[str, Any]
GRID = tuple({"strength_min": Decimal(s), "window_seconds": w} for w in (20, 25, 30) for s in ("2", "2.5", "3", "3.5", "4"))
"""What leaving one event out may choose from."""
CHANGES: tuple[Assumed, ...] = (
    {"window_seconds": 15},
    {"window_seconds": 40},
    {"apart_seconds": 60},
    {"apart_seconds": 900},
    {"rise_seconds": 25},
    {"rise_seconds": 300},
    {"history_hours": 18},
    {"history_hours": 47},
    {"warm_up_hours": 6},
    {"moments_min": 5},
    {"moments_min": 20},
    {"strength_min": 2},
    {"strength_min": 4},
    {"each_min": 1},
    {"each_min": 2},
    {"rise_min": Decimal("0.5")},
    {"rise_min": 2},
)


# --- the open set of pumps


class Event(NamedTuple):
    """One file of prints around one announced pump. Times in seconds since 1970."""

    name: str
    onset: float
    visible: bool
    others: tuple[float, ...]
    first: float
    last: float


class Score(NamedTuple):
    """What the protocol counts. ``delays`` of the events caught, in seconds."""

    visible: int
    caught: int
    caught_wide: int
    false: int
    days: float
    delays: tuple[float, ...]

    def line(self, name: str) -> str:
        """One row of the table."""
        delays = f"{median(self.delays):>8.1f}{float(np.percentile(self.delays, 90)):>8.1f}" if self.delays else ""
        caught = f"{f'{self.caught} of {self.visible}':>10}{f'{self.caught_wide} of {self.visible}':>10}"
        return f"{name:<58}{caught}{f'{self.false} in {self.days:.0f}':>12}{delays}"


def read(folder: Path) -> tuple[list[Event], Records]:
    """The events, and all files as one venue: each file an instrument of its own, exact duplicates taken out."""
    events, tables = [], []
    with (folder / "events.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        name = row["file"].split(".csv")[0]
        with gzip.open(folder / "trades" / row["file"], "rt", encoding="utf-8") as file:
            prints = list(dict.fromkeys(map(tuple, list(csv.reader(file))[1:])))
        at = [int(each[0]) for each in prints]
        tables.append(_trades(name, prints, sum(len(table) for table in tables)))
        others = tuple(map(_seconds, filter(None, row["other_listed_events_within_48h"].split(";"))))
        onset = _seconds(row["hand_onset_5s"] or row["announced_utc"])
        events.append(Event(name, onset, row["visible"] == "1", others, at[0] / 1000, at[-1] / 1000))
    return events, records_of({"trade": pa.concat_tables(tables)})


def _trades(name: str, prints: Sequence[tuple[str, ...]], before: int) -> pa.Table:
    at, side, price, amount = zip(*prints, strict=True)
    moment = pa.array([1000 * int(each) for each in at], pa.int64()).cast(pa.timestamp("us", "UTC"))
    exact = pa.decimal128(38, 12)
    return pa.table(
        {
            "trade_id": [f"{name}:{number}" for number in range(len(at))],
            "sequence": pa.array(range(before, before + len(at)), pa.int64()),
            "executed_at": moment,
            "instrument": [name] * len(at),
            "price": pa.array([Decimal(each) for each in price], exact),
            "quantity": pa.array([Decimal(each) for each in amount], exact),
            "aggressor_side": list(side),
        }
    )


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@cache
def _rulebook() -> Any:
    return load_rulebook()


def found(rule: str, records: Records, assumed: Assumed | None = None) -> list[Found]:
    """What a rule finds, with other values of its parameters where given."""
    (one,) = _rulebook().matching(rule)
    control = load_control(one).detect
    assert control is not None
    day = date(2026, 11, 20)
    return list(control(records, one.parameters_in("PSA-2026", day, day, dict(assumed or {}))))


def alerts(records: Records, assumed: Assumed | None = None) -> dict[str, list[float]]:
    """The moments at which the onset could be said, by instrument."""
    told: dict[str, list[float]] = {}
    for one in found(ONSET, records, assumed):
        assert one.instrument is not None
        told.setdefault(one.instrument, []).append((one.window_until - timedelta.resolution).timestamp())
    return told


def score(events: Sequence[Event], told: Mapping[str, Sequence[float]]) -> Score:
    """The protocol of the set: first alert near the onset, every alert elsewhere false."""
    delays, wide, false, days = [], 0, 0, 0.0
    for event in events:
        own = told.get(event.name, ())
        near = [at - event.onset for at in own if event.visible and abs(at - event.onset) <= HIT]
        delays += near[:1]
        wide += event.visible and any(abs(at - event.onset) <= WIDE_HIT for at in own)
        false += sum(not _explained(event, at) for at in own)
        days += (event.last - event.first) / DAY
    return Score(sum(event.visible for event in events), len(delays), wide, false, days, tuple(delays))


def _explained(event: Event, at: float) -> bool:
    known = (*((event.onset,) if event.visible else ()), *event.others)
    return any(-HIT <= at - onset <= AFTER for onset in known)


def chunks(events: Sequence[Event], told: Mapping[str, Sequence[float]], slack: int) -> tuple[float, float, float]:
    """Precision, recall and F1 over chunks of 25 s: right when the alert's chunk is the onset's, or ``slack`` beside it."""
    right = alarms = 0
    for event in events:
        own = [at for at in told.get(event.name, ()) if not any(-HIT <= at - onset <= AFTER for onset in event.others)]
        alarms += len(own)
        right += event.visible and any(abs(int(at // CHUNK) - int(event.onset // CHUNK)) <= slack for at in own)
    precision, recall = right / max(alarms, 1), right / sum(event.visible for event in events)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def left_out(events: Sequence[Event], every: Sequence[Mapping[str, Sequence[float]]]) -> Score:
    """For each file in turn, the choice that is best on all other files, applied to it alone."""
    total = Score(0, 0, 0, 0, 0.0, ())
    for event in events:
        rest = [each for each in events if each is not event]
        best = max(range(len(GRID)), key=lambda n: _worth(score(rest, every[n]), n))
        one = score([event], every[best])
        total = Score(*(a + b for a, b in zip(total, one, strict=True)))
    return total


def _worth(one: Score, place: int) -> tuple[float, float, int]:
    """More events caught; each false alert beyond one in sixty days costs as much as one event."""
    return one.caught - max(0.0, one.false - one.days / 60), -median(one.delays), -place


def pumps(folder: Path) -> Iterator[str]:
    """The open set beside what is published and what is asked for."""
    events, records = read(folder)
    told = alerts(records)
    yield f"{'open set, 35 files':<58}{'caught':>10}{'+-300 s':>10}{'false/days':>12}{'median':>8}{'p90 s':>8}"
    yield score(events, told).line("this rule")
    every = [alerts(records, choice) for choice in GRID]
    yield left_out(events, every).line("this rule, one event left out at a time (15 choices)")
    yield f"{'target':<58}{'28 of 31':>10}{'':>10}{'1 in 60':>12}{30:>8}"
    yield f"{'random forest, published features, window cut to 120, 25 s':<58}{'23 of 31':>10}{'':>10}{'1 in 69':>12}"
    yield f"{'random forest, published window of 900 chunks, 25 s':<58}{'16 of 31':>10}{'':>10}{'0 in 44':>12}"
    misses = [e.name for e in events if e.visible and not any(abs(at - e.onset) <= HIT for at in told.get(e.name, ()))]
    yield f"missed: {', '.join(misses) or 'none'}"
    yield f"\n{'chunks of 25 s':<58}{'P':>10}{'R':>10}{'F1':>12}"
    for name, slack in (("this rule, same chunk as the onset", 0), ("this rule, same chunk or the next to it", 1)):
        yield f"{name:<58}" + "".join(
            f"{each:>{width}.3f}" for each, width in zip(chunks(events, told, slack), (10, 10, 12), strict=True)
        )
    yield f"{'published, other event sets (La Morgia et al., 25 s)':<58}{'':>10}{'':>10}{0.945:>12.3f}"
    yield f"\n{'one value changed':<58}{'caught':>10}{'+-300 s':>10}{'false/days':>12}{'median':>8}{'p90 s':>8}"
    for change in CHANGES:
        yield score(events, alerts(records, change)).line(", ".join(f"{name} {value}" for name, value in change.items()))


# --- ordinary flow and simulated exchanges


def quiet(data: Path, seeds: range) -> Iterator[str]:
    """No pump in sight: the capture of real order flow, and exchanges where nothing is planted."""
    yield f"\n{'nothing planted':<40}{'trades':>12}{'symbol-days':>13}{'onsets':>8}{'pump and dump':>15}"
    with TemporaryDirectory() as scratch:
        capture = Path(scratch) / "capture"
        convert("bitstamp-2026", data / "market" / "bitstamp_2026", capture, ConvertOptions({}))
        yield _quiet("Bitstamp BTC/USD, 2026-05-02, half an hour", capture)
    for seed in seeds:
        with TemporaryDirectory() as scratch:
            simulate(Options(seed=seed, clean=True), Path(scratch) / "clean")
            yield _quiet(f"simulated exchange, seed {seed}", Path(scratch) / "clean")


def _quiet(name: str, folder: Path) -> str:
    with open_records(folder, threads=2) as records:
        trades = records.trade
        spans = trades.group_by("instrument").aggregate(first=trades.executed_at.min(), last=trades.executed_at.max())
        days = sum((row["last"] - row["first"]).total_seconds() / DAY for row in spans.to_pyarrow().to_pylist())
        count = int(trades.count().execute())
        return f"{name:<40}{count:>12,}{days:>13.1f}{len(found(ONSET, records)):>8}{len(found(SCHEME, records)):>15}"


class Played(NamedTuple):
    """Pump and dump on simulated exchanges. ``named``: accounts in right findings; ``strangers``: those not in the scheme."""

    planted: int
    recalled: int
    findings: int
    right: int
    alike: int
    flagged: int
    named: int
    strangers: int
    onsets: int
    onsets_right: int


def played(seed: int, severity: str) -> Played:
    """One exchange: schemes and look-alikes of all rules are on it."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "exchange"
        simulate(Options(seed=seed, severity=severity), folder)
        key = [row for row in pq.read_table(folder / "answer_key.parquet").to_pylist() if row["rule"] == SCHEME]
        with open_records(folder, threads=2) as records:
            schemes, onsets = found(SCHEME, records), found(ONSET, records)
    planted, alike = [k for k in key if k["kind"] == "planted"], [k for k in key if k["kind"] == "look_alike"]
    right = [(f, next((k for k in planted if _shares(f, k)), None)) for f in schemes]
    wrong = [f for f, k in right if k is None]
    named = [(account, k) for f, k in right if k is not None for account in f.subject_id.split("|")]
    return Played(
        planted=len(planted),
        recalled=sum(any(_shares(f, k) for f in schemes) for k in planted),
        findings=len(schemes),
        right=len(schemes) - len(wrong),
        alike=len(alike),
        flagged=sum(any(_shares(f, k) for f in wrong) for k in alike),
        named=len(named),
        strangers=sum(account not in k["subjects"].split(";") for account, k in named),
        onsets=len(onsets),
        onsets_right=sum(any(_shares(f, k) for k in key) for f in onsets),
    )


def _shares(finding: Found, scheme: Mapping[str, Any]) -> bool:
    proof = {(each["table"], each["id"]) for each in scheme["evidence"]}
    return not proof.isdisjoint((each.table, each.id) for each in finding.evidence if each.table in {"order", "trade"})


def exchanges(seeds: range) -> Iterator[str]:
    """Recall by severity, precision, and whom the findings name."""
    head = "".join(f"{name:>11}" for name in ("planted", "recall", "precision", "F1", "alike", "flagged", "named", "strangers"))
    yield f"\n{f'pump and dump, seeds {seeds[0]}-{seeds[-1]}':<30}{head}{'onsets on them':>16}"
    for severity in ("mixed", "blatant", "subtle"):
        each = [played(seed, severity) for seed in seeds]
        total = Played(*(sum(column) for column in zip(*each, strict=True)))
        precision, recall = total.right / max(total.findings, 1), total.recalled / max(total.planted, 1)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        yield (
            f"{severity:<30}{total.planted:>11}{recall:>11.3f}{precision:>11.3f}{f1:>11.3f}{total.alike:>11}{total.flagged:>11}"
            f"{total.named:>11}{total.strangers:>11}{f'{total.onsets_right} of {total.onsets}':>16}"
        )


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="411-420", help="first-last, of the simulated exchanges")
    first, _, last = parser.parse_args().seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    data = Path(os.environ.get("SEKISHO_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    if not data.is_dir():
        sys.exit(f"no reference data at {data}; set SEKISHO_DATA")
    for lines in (pumps(data / "market" / "pumps"), quiet(data, seeds[:3]), exchanges(seeds)):
        for line in lines:
            print(line, flush=True)


if __name__ == "__main__":
    main()
