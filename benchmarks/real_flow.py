"""Real flow with nothing planted: how many findings all market rules together make of half an hour of Bitstamp.

Run: ``python -m benchmarks.real_flow``

Bitstamp BTC/USD, 2026-05-02 (SEKISHO_DATA, market/bitstamp_2026): every order and trade, no accounts, no labels; every finding
counts as false. Rules that need accounts say nothing, which is no merit; so a second line gives all orders of exactly one size to
one stand-in account, as benchmarks.layering_quality does.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.layering_quality import Host, capture
from sekisho.findings.inspection import Inspector, Question
from sekisho.records import Records, open_records, records_of
from sekisho.records.convert import convert
from sekisho.records.convert.format import Options
from sekisho.rulebook import load_rulebook

DATA = Path(os.environ.get("SEKISHO_DATA", Path(__file__).resolve().parent.parent.parent / "shared" / "data"))
STARTING_BOOK = 6_512
TARGET = 1.0


def main() -> None:
    """Print the table."""
    source = DATA / "market" / "bitstamp_2026"
    if not source.is_dir():
        print(f"no capture at {source}; set SEKISHO_DATA")
        return
    print("| books | new orders | findings | per 10,000 new orders | target | by rule |")
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    with tempfile.TemporaryDirectory(prefix="sekisho-real-") as place:
        out = Path(place) / "books"
        convert("bitstamp-2026", source, out, Options({}))
        with open_records(out) as records:
            print(_line("as captured, no accounts", records))
    host = Host(capture(source))
    with records_of(host.tables["named"]) as records:
        print(_line("stand-in account for each order size", records))


def _line(name: str, records: Records) -> str:
    findings = Inspector(load_rulebook(), records).inspect(Question(rules="unfair_trading/*")).findings
    events = records.order_event
    new = int(events.filter(events.action == "new").count().execute()) - STARTING_BOOK
    told = ", ".join(f"{rule.rpartition('/')[2]} {count}" for rule, count in sorted(Counter(f.rule for f in findings).items()))
    return f"| {name} | {new:,} | {len(findings)} | {len(findings) * 10_000 / new:.2f} | at most {TARGET:g} | {told or '–'} |"


if __name__ == "__main__":
    main()
