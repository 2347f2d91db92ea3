"""The answer key: every planted scheme and failure, and every innocent look-alike, with the records that prove it."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

PLANTED, LOOK_ALIKE = "planted", "look_alike"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SCHEMA = pa.schema(
    [
        pa.field("scheme_id", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("pattern", pa.string(), nullable=False),
        pa.field("severity", pa.float64(), nullable=False),
        pa.field("subjects", pa.string(), nullable=False),
        pa.field("instrument", pa.string()),
        pa.field("asset", pa.string()),
        pa.field("window_from", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("window_until", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("also", pa.string()),
        pa.field("evidence", pa.list_(pa.struct([("table", pa.string()), ("id", pa.string())]))),
    ]
)


@dataclass(frozen=True, slots=True)
class Hope:
    """That the price moves after a moment: from when (microseconds since 1970) until when, which way, by what logarithm."""

    since: int
    until: int
    side: int
    least: float


@dataclass(slots=True, kw_only=True)
class Scheme:
    """One planted scheme or failure, or one look-alike of it. Times are microseconds since 1970, the window half open.

    ``also`` names other rules that may rightly speak of the same records (an unlinked ring is matched orders, too), also where
    these are innocent by their own rule (a holder who dumps everything at once raids nobody, but is most of what is sold).
    ``awaits`` are accounts one of which must still enter an order: a scheme of which only the others' part was played did not
    take place.
    ``hopes`` is the move of the price without which nobody gained from it; ``disappointed`` says that it did not come.
    ``by_event``: what was done to its orders, event by event, is evidence as well, where a rule speaks of events.
    """

    rule: str
    kind: str
    pattern: str
    severity: float
    subjects: tuple[str, ...]
    instrument: str | None = None
    asset: str | None = None
    also: tuple[str, ...] = ()
    awaits: frozenset[str] = frozenset()
    hopes: Hope | None = None
    window_from: int | None = None
    window_until: int | None = None
    evidence: set[tuple[str, str]] = field(default_factory=set)
    by_event: bool = False
    disappointed: bool = False

    @property
    def took_place(self) -> bool:
        """Whether anything of it is in the records, those did their part without whom it is nothing, and the price its own."""
        return self.window_from is not None and not self.awaits and not self.disappointed

    def saw(self, first: int, last: int) -> None:
        """Widen the window to hold these moments."""
        self.window_from = first if self.window_from is None else min(self.window_from, first)
        self.window_until = last + 1 if self.window_until is None else max(self.window_until, last + 1)


def write_answer_key(folder: Path, schemes: list[Scheme]) -> int:
    """Write ``answer_key.parquet`` and ``answer_key.csv``; returns the number of lines."""
    told = [each for each in schemes if each.took_place]
    told.sort(key=lambda each: (each.rule, each.kind != PLANTED, each.window_from, each.subjects))
    rows = [_row(number, each) for number, each in enumerate(told, start=1)]
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), folder / "answer_key.parquet", compression="zstd")
    with (folder / "answer_key.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(SCHEMA.names)
        for row in rows:
            writer.writerow([_text(row[name]) for name in SCHEMA.names])
    return len(rows)


def _row(number: int, each: Scheme) -> dict[str, object]:
    assert each.window_from is not None
    assert each.window_until is not None
    return {
        "scheme_id": f"S{number:05d}",
        "rule": each.rule,
        "kind": each.kind,
        "pattern": each.pattern,
        "severity": each.severity,
        "subjects": ";".join(sorted(each.subjects)),
        "instrument": each.instrument,
        "asset": each.asset,
        "window_from": EPOCH + timedelta(microseconds=each.window_from),
        "window_until": EPOCH + timedelta(microseconds=each.window_until),
        "also": ";".join(each.also) or None,
        "evidence": [{"table": table, "id": id_} for table, id_ in sorted(each.evidence)],
    }


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, list):
        return json.dumps([[each["table"], each["id"]] for each in value], separators=(",", ":"))
    return str(value)
