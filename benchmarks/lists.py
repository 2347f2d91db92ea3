"""Lists: look-ups, memory and load time at a million addresses; freshness and agreement of the public tag collections.

Run: ``python -m benchmarks.lists [--addresses N]``

(a) recall on listed addresses written in other ways, and false hits on benign labelled addresses; (b) each dated list of
sanctioned addresses applied until the next ones came: what it missed; (c) categories of addresses with two sources; (d) look-ups,
memory, load.
Protocol and data: SEKISHO_DATA, transfers/address_tags/README.md.
"""

from __future__ import annotations

import argparse
import csv
import gc
import os
import random
import resource
import subprocess
import sys
import time
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.wash_quality import DATA
from sekisho.intelligence.list_file import Layout, read_list_file
from sekisho.intelligence.rescreening import Book, affected, changes, span_of
from sekisho.intelligence.store import ListStore, LiveLists, Loading
from sekisho.typologies.listed import Lists
from sekisho.typologies.listed_forms import normal_form

TAGS = DATA / "transfers" / "address_tags"
AT = datetime(2026, 6, 1, tzinfo=UTC)
LOOKUPS = 200_000
SEED = 20260601
AHEAD = (1, 7, 30, 90, 180)
WORDS_OF_ABUSE = ("abuse", "scam", "phish", "hack", "exploit", "heist", "malicious", "ransom", "fraud", "ponzi")
BENIGN_PACKS = ("defi", "etherscan", "exchange-wallets", "eosio")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--addresses", type=int, default=1_000_000, help="size of the made list")
    parser.add_argument("--made", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.made:
        _measured(options.made)
        return
    if not TAGS.is_dir():
        print(f"no address tags at {TAGS}; set SEKISHO_DATA")
        return
    _forms()
    _freshness()
    _agreement()
    with TemporaryDirectory() as place:
        made = Path(place)
        _load_both(made, options.addresses)
        for name in ("tags", "million"):
            subprocess.run([sys.executable, "-m", "benchmarks.lists", "--made", str(made / name)], check=True)
        _updates(made / "million", options.addresses)


def _forms() -> None:
    """(a) Listed addresses as a client may write them, and benign ones that must not hit."""
    tags = pq.read_table(TAGS / "graphsense_tags.parquet").to_pylist()
    listed = {normal_form(row["address"], row["currency"]) for row in tags if row["abuse"]}
    rng = random.Random(SEED)
    sample = rng.sample(sorted((row["address"], row["currency"]) for row in tags if row["abuse"]), 1000)
    found: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    for address, asset in sample:
        for name, written in _written(address, rng):
            tried[name] += 1
            found[name] += normal_form(written, asset) in listed
    print("## (a) Other ways to write a listed address\n\n| change | tried | found |\n| --- | ---: | ---: |")
    for name, count in tried.items():
        print(f"| {name} | {count:,} | {found[name] / count:.1%} |")
    benign = {
        row["address"]
        for row in tags
        if row["currency"] == "ETH"
        and row["pack"].startswith(BENIGN_PACKS)
        and not row["abuse"]
        and not any(word in f"{row['label']} {row['category']}".lower() for word in WORDS_OF_ABUSE)
    }
    abused = {row["address"].lower() for row in tags if row["abuse"]}
    innocent = sorted(address for address in benign if address.lower() not in abused)
    hits = sum(normal_form(address, "ETH") in listed for address in innocent)
    print(f"\nFalse hits on {len(innocent):,} benign labelled Ethereum addresses: {hits}\n")


def _written(address: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    yield "as listed", address
    yield "white space around and inside", f" {address[:9]}\n{address[9:]}\t"
    yield "zero-width characters", address[:5] + "\u200b" + address[5:8] + "\u2060\ufeff" + address[8:]
    yield "full-width letters", "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in address)
    if address[:2].lower() == "0x":
        yield "0X", "0X" + address[2:]
        yield "Ethereum, other letter case", "0x" + "".join(rng.choice((c.upper(), c.lower())) for c in address[2:])
    if address[:3].lower() == "bc1":
        yield "bech32 in upper case", address.upper()


def _dated_lists() -> tuple[list[date], dict[date, set[str]]]:
    with (TAGS / "ofac_commits.csv").open(encoding="utf-8") as stream:
        days = [date.fromisoformat(row["commit_date"]) for row in csv.DictReader(stream) if int(row["addresses_listed"])]
    lists: dict[date, set[str]] = {day: set() for day in days}
    with (TAGS / "ofac_addresses.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            first, last = (date.fromisoformat(row[name]) for name in ("first_seen_commit_date", "last_seen_commit_date"))
            for day in days:
                if first <= day <= last:
                    lists[day].add(normal_form(row["address"], row["asset"]))
    return days, lists


def _freshness() -> None:
    """(b) The list as at a day, against what was listed by some days later: what a firm that did not update would have let pass."""
    days, lists = _dated_lists()
    print(f"## (b) Freshness: {len(days)} dated lists, {days[0]} to {days[-1]}\n")
    print("| days without an update | lists | missed on average | at worst | of the later list | listed no more |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    for ahead in AHEAD:
        missed, share, gone = [], [], []
        for day in days:
            until = day + timedelta(days=ahead)
            if until > days[-1]:
                continue
            later = lists[days[bisect_right(days, until) - 1]]
            missed.append(len(later - lists[day]))
            share.append(missed[-1] / len(later))
            gone.append(len(lists[day] - later))
        print(f"| {ahead} | {len(missed)} | {np.mean(missed):.1f} | {max(missed)} | {max(share):.1%} | {max(gone)} |")
    print()


def _agreement() -> None:
    """(c) Do two sources that name one address give it one category?"""
    rows = pq.read_table(TAGS / "graphsense_tags.parquet").to_pylist()
    for form, name in ((_as_written, "as written"), (_normalised, "normalised")):
        _agree(rows, form, name)


def _as_written(row: dict[str, str]) -> str:
    return row["address"]


def _normalised(row: dict[str, str]) -> str:
    return normal_form(row["address"], row["currency"])


def _agree(rows: list[dict[str, str]], form: Callable[[dict[str, str]], str], name: str) -> None:
    by_address: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        by_address[form(row)][row["source"]].add(row["category"] or "uncategorised")
    several = {key: sources for key, sources in by_address.items() if len(sources) > 1}
    differing = Counter()
    for sources in several.values():
        words = {word for categories in sources.values() for word in categories}
        if len(words) > 1:
            differing[" / ".join(sorted(words))] += 1
    agree = len(several) - sum(differing.values())
    print(f"## (c) Addresses {name}: {len(several):,} with two or more sources, {agree:,} agree ({agree / len(several):.1%})\n")
    print("| categories that differ | addresses |\n| --- | ---: |")
    for words, count in differing.most_common(8):
        print(f"| {words} | {count:,} |")
    print()


def _load_both(place: Path, addresses: int) -> None:
    """Load the public tags and a made list of addresses, half Bitcoin's forms and half Ethereum's, with categories and subjects."""
    print("## (d) Load, memory, look-ups\n\n| list | entries | file | load: read, check, normalise, store | processor time |")
    print("| --- | ---: | ---: | ---: | ---: |")
    layout = Layout(columns={"value": "address", "asset": "currency", "subject": "label", "reference": "pack", "confidence": "-"})
    rng = np.random.default_rng(SEED)
    made = place / "made.parquet"
    half = addresses // 2
    raw = rng.bytes(20 * addresses).hex()
    values = ["0x" + raw[40 * i : 40 * i + 40] for i in range(half)]
    values += ["bc1q" + raw[40 * i : 40 * i + 38] for i in range(half, addresses)]
    words = np.array(["ransomware", "phishing", "sextortion", "mixing_service", "scam", "terrorism", "sanctions", "theft"])
    table = {
        "value": values,
        "asset": ["ETH"] * half + ["BTC"] * (addresses - half),
        "category": words[rng.integers(0, 8, addresses)],
    }
    table["subject"] = [f"cluster {n}" for n in rng.integers(0, 50_000, addresses)]
    pq.write_table(pa.table(table), made)
    for name, file, how in (("tags", TAGS / "graphsense_tags.parquet", layout), ("million", made, None)):
        wall, cpu = time.perf_counter(), time.process_time()
        given = read_list_file(file, "illicit", how)
        ListStore(place / name).load(given, _loading(1))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(f"| {name} | {len(given.entries):,} | {file.stat().st_size / 1e6:.1f} MB | {wall:.1f} s | {cpu:.1f} s |")
    print("\n| list | open | processor time | memory grown | packed | hit p50/p99/p99.9 | miss p50/p99/p99.9 | dict, hit p99 |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)


def _loading(version: int) -> Loading:
    at = AT + timedelta(days=version)
    return Loading(list_id="list", kind="illicit", source="benchmark", loaded_by="benchmark", loaded_at=at)


def _measured(store: Path) -> None:
    """In a process of its own: open the lists, then time single look-ups, hits and misses mixed at random."""
    before = _resident()
    wall, cpu = time.perf_counter(), time.process_time()
    lists = ListStore(store).open(at=AT + timedelta(days=2))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    gc.collect()
    grown = _resident() - before
    entries = next(iter(lists.loaded.values()))
    forms = [form for _kind, form, _place in entries.all()]
    rng = random.Random(SEED)
    hits = [rng.choice(forms) for _ in range(LOOKUPS)]
    misses = ["0x" + rng.randbytes(20).hex() if n % 2 else "bc1q" + rng.randbytes(19).hex() for n in range(LOOKUPS)]
    at = AT + timedelta(days=2)
    hit, miss = _timed(lambda value: lists.find("address", value, at), hits, misses)
    plain = dict.fromkeys(forms, ("list", 1))
    dict_hit, _ = _timed(lambda value: plain.get(normal_form(value)), hits, misses)
    print(
        f"| {store.name} | {wall:.1f} s | {cpu:.1f} s | {grown / 1e6:.0f} MB | {entries.nbytes / 1e6:.0f} MB "
        f"| {_three(hit)} | {_three(miss)} | {np.percentile(dict_hit, 99):.1f} µs |",
        flush=True,
    )


def _timed(look_up: Callable[[str], object], hits: Sequence[str], misses: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds of each look-up, hits and misses turn about; the first tenth warms up."""
    taken: tuple[list[int], list[int]] = ([], [])
    clock = time.perf_counter_ns
    gc.disable()
    try:
        for pair in zip(hits, misses, strict=True):
            for kind, value in enumerate(pair):
                started = clock()
                look_up(value)
                taken[kind].append(clock() - started)
    finally:
        gc.enable()
    hit, miss = (np.array(each[len(each) // 10 :]) / 1e3 for each in taken)
    return hit, miss


def _three(times: np.ndarray) -> str:
    return " / ".join(f"{np.percentile(times, q):.1f}" for q in (50, 99, 99.9)) + " µs"


def _updates(folder: Path, addresses: int) -> None:
    """An update of the large list under a running gate, its difference, a rescreening of a million address books, and a return."""
    store = ListStore(folder)
    live = LiveLists(store, AT + timedelta(days=1))
    entries = store.entries_of("list", 1)
    changed = entries.slice(addresses // 100).to_pydict()
    changed["category"] = ["theft" if n % 1000 == 0 else word for n, word in enumerate(changed["category"])]
    file = folder / "update.parquet"
    pq.write_table(pa.table({name: changed[name] for name in ("value", "asset", "category", "subject")}), file)
    store.load(read_list_file(file, "illicit"), _loading(2))
    print("\n## Updates\n\n| what | wall | processor time |\n| --- | ---: | ---: |")
    at = AT + timedelta(days=3)
    _row("a running gate takes in the new version", lambda: live.refresh(at))
    span = span_of(store, "list", at)
    found = _row("difference of the two versions", lambda: changes(store, span))
    rng = random.Random(SEED)
    values = entries["value"].to_pylist()
    books = [Book(f"A{n}", "address", values[rng.randrange(addresses)], None, (), None, None) for n in range(1_000_000)]
    hit = _row("rescreening of 1,000,000 clients' addresses", lambda: affected([(span, found)], books))
    _row("return to the version before", lambda: store.roll_back("list", by="benchmark", at=at))
    _row("a running gate takes in the return", lambda: live.refresh(at))
    counts = Counter(change.change for change in found)
    print(f"\n{len(found):,} entries differ ({dict(counts)}), {len(hit):,} clients' addresses concerned.")
    assert isinstance(live.current, Lists)


def _row(what: str, run: Callable[[], object]) -> object:
    wall, cpu = time.perf_counter(), time.process_time()
    answer = run()
    print(f"| {what} | {time.perf_counter() - wall:.2f} s | {time.process_time() - cpu:.2f} s |", flush=True)
    return answer


def _resident() -> int:
    """Bytes this process keeps in memory now."""
    with Path("/proc/self/statm").open(encoding="ascii") as stream:
        return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak() -> float:
    """Largest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if __name__ == "__main__":
    main()
