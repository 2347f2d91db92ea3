"""IVMS101 validation: accuracy on recorded cases, the TRISA matrix, recall on own mutations, and validations a second.

Run: ``python -m benchmarks.ivms101 [--npm FOLDER]``

The set (SEKISHO_DATA, transfers/ivms101) is judged by its README's protocol: hand-written cases with all constraints on, generated
cases on structure only (C7, C10, C11 and check digits off), and the list ``also_breaks`` worked out by the set's authors. With
``--npm`` the npm package ``ivms101`` installed in FOLDER is timed beside ours, on the same payloads, one thread each.
"""

from __future__ import annotations

import argparse
import gzip
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from benchmarks.wash_quality import DATA, PROJECT
from sekisho.travel_rule.ivms101 import Authorities, Judged, judge, read_authorities
from sekisho.travel_rule.ivms101.compiled import UNSURE, Scanner
from sekisho.travel_rule.ivms101.schema import VERSIONS

sys.path.insert(0, str(PROJECT / "tests"))

from travel_rule.payloads import BREAKS, broken, sound

FOLDER = DATA / "transfers" / "ivms101"
DAY = date(2026, 11, 29)
STRUCTURE_ONLY = frozenset({"C7", "C10", "C11", "C11-checkdigit"})
WORKED_OUT = frozenset({"C2", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C11-checkdigit", "C12"})
MATRIX = (
    "ivms101/identity_payload.json",
    "ivms101/identity_payload_alt.json",
    "ivms101/identity_payload.pb.json",
    "trp/identity.json",
    "trp/inquiry.json",
)
MUTATIONS = 200
SECONDS = 5.0
NODE = """
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const require = createRequire(process.argv[2] + '/');
const { isValidIVMS101 } = require('ivms101/legacy');
const lines = readFileSync(process.argv[3], 'utf8').trim().split('\\n');
const objects = lines.map((line) => JSON.parse(line));
const seconds = Number(process.argv[4]);
const told = {};
for (const [name, work] of [
  ['parse', (at) => JSON.parse(lines[at])],
  ['decoded', (at) => isValidIVMS101(objects[at])],
  ['bytes', (at) => isValidIVMS101(JSON.parse(lines[at]))],
]) {
  let done = 0;
  const started = process.cpuUsage(), until = performance.now() + seconds * 1000;
  while (performance.now() < until) { for (let at = 0; at < lines.length; at++) work(at); done += lines.length; }
  const used = process.cpuUsage(started);
  told[name] = done / ((used.user + used.system) / 1e6);
}
console.log(JSON.stringify(told));
"""


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npm", type=Path, help="folder in which npm installed ivms101")
    options = parser.parse_args()
    if not (FOLDER / "cases.jsonl.gz").is_file():
        print(f"no cases in {FOLDER}; set SEKISHO_DATA")
        return
    with gzip.open(FOLDER / "cases.jsonl.gz", "rt", encoding="utf-8") as file:
        cases = [json.loads(line) for line in file]
    listed = read_authorities(FOLDER / "trisa" / "gleif" / "registrationAuthorities.json")
    _accuracy(cases, listed)
    _matrix(listed)
    _recall(listed)
    _speed(cases, listed, options.npm)


def _verdict(case: dict[str, Any], listed: Authorities, without: frozenset[str] = frozenset()) -> Judged:
    """By the issue the case names; ``either`` is valid where one of the two is."""
    versions = VERSIONS if case["version"] == "either" else (case["version"],)
    judged = [judge(case["input"], as_of=DAY, version=v, authorities=listed, without=without) for v in versions]
    return min(judged, key=lambda one: len(one.issues))


def _accuracy(cases: list[dict[str, Any]], listed: Authorities) -> None:
    hand = [case for case in cases if not case["generated"]]
    generated = [case for case in cases if case["generated"]]
    right = sum(_verdict(case, listed).valid == case["valid"] for case in hand)
    structure = sum(_verdict(case, listed, STRUCTURE_ONLY).valid == case["valid"] for case in generated)
    agreed = sum(_breaks(case, listed) == set(case["also_breaks"]) for case in cases)
    print("| cases | right | of |\n| --- | ---: | ---: |")
    print(f"| hand-written, all constraints | {right} | {len(hand)} |")
    print(f"| generated, structure only | {structure} | {len(generated)} |")
    print(f"| also_breaks, the same set of constraints | {agreed} | {len(cases)} |\n")


def _breaks(case: dict[str, Any], listed: Authorities) -> set[str]:
    """What the payload breaks by its own issue; the list is about the payload, not about the issue it was offered to."""
    judged = judge(case["input"], as_of=DAY, authorities=listed)
    return {issue.constraint for issue in judged.issues} & WORKED_OUT


def _matrix(listed: Authorities) -> None:
    print("| TRISA file | 2020 | 2023 | keys |\n| --- | --- | --- | --- |")
    for name in MATRIX:
        document = json.loads((FOLDER / "trisa" / name).read_text(encoding="utf-8"))
        judged = [judge(document, as_of=DAY, version=version, authorities=listed) for version in VERSIONS]
        print(f"| {name} | {_said(judged[0])} | {_said(judged[1])} | {judged[0].key_style} |")
    print()


def _said(judged: Judged) -> str:
    found = Counter(issue.constraint for issue in judged.issues)
    return "valid" if judged.valid else "invalid: " + ", ".join(f"{name} x{count}" for name, count in sorted(found.items()))


def _recall(listed: Authorities) -> None:
    sound_ones = sum(judge(payload, as_of=DAY, authorities=listed).valid for payload in _sound(MUTATIONS))
    print("| constraint | mutations | found | found and nothing else |\n| --- | ---: | ---: | ---: |")
    for constraint in BREAKS:
        found = [
            {issue.constraint for issue in judge(payload, as_of=DAY, authorities=listed).issues}
            for _version, payload in broken(constraint, MUTATIONS)
        ]
        print(f"| {constraint} | {len(found)} | {sum(constraint in f for f in found)} | {sum(f == {constraint} for f in found)} |")
    print(f"\nsound payloads called valid: {sound_ones} of {MUTATIONS}\n")


def _sound(count: int) -> Iterator[dict[str, Any]]:
    for seed in range(count):
        yield sound(VERSIONS[seed % 2], Random(seed))


def _speed(cases: list[dict[str, Any]], listed: Authorities, npm: Path | None) -> None:
    raws = [msgspec.json.encode(case["input"]) for case in cases]
    objects = [case["input"] for case in cases]
    scanner = Scanner(DAY, listed)
    scanner.scan(raws)
    unsure = sum(int(mask) & UNSURE != 0 for mask in scanner.scan(raws).masks)
    clean = [msgspec.json.encode(payload) for payload in _sound(len(raws))]
    print(f"{len(raws)} payloads of {_mean_bytes(raws)} bytes on average; handed over to the plain validator: {unsure}")
    print(f"own sound payloads: {_mean_bytes(clean)} bytes on average; {platform.processor() or platform.machine()}\n")
    print("| one core | validations a CPU second |\n| --- | ---: |")
    rates = {
        "compiled: JSON bytes to constraint ids": _rate(lambda: scanner.scan(raws), len(raws)),
        "compiled, one payload a call": _rate(lambda: [scanner.scan([raw]) for raw in raws], len(raws)),
        "compiled, own sound payloads": _rate(lambda: scanner.scan(clean), len(clean)),
        "plain, decoded, places and remedies": _rate(lambda: [judge(o, as_of=DAY, authorities=listed) for o in objects], len(raws)),
        "msgspec.json.decode alone": _rate(lambda: [msgspec.json.decode(raw) for raw in raws], len(raws)),
        "json.loads alone": _rate(lambda: [json.loads(raw) for raw in raws], len(raws)),
    }
    if npm is not None:
        rates |= _npm(raws, npm)
    for name, rate in rates.items():
        print(f"| {name} | {rate:,.0f} |")


def _mean_bytes(raws: list[bytes]) -> str:
    return f"{sum(map(len, raws)) / len(raws):,.0f}"


def _rate(work: Callable[[], object], count: int) -> float:
    work()
    done, started = 0, time.process_time()
    while time.process_time() - started < SECONDS:
        work()
        done += count
    return done / (time.process_time() - started)


def _npm(raws: list[bytes], folder: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as place:
        script, lines = Path(place) / "time.mjs", Path(place) / "payloads.jsonl"
        script.write_text(NODE, encoding="utf-8")
        lines.write_bytes(b"\n".join(raws))
        command = ["node", str(script), str(folder.resolve()), str(lines), str(SECONDS)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {
        "npm ivms101 2.0.0, decoded": told["decoded"],
        "npm ivms101 2.0.0, JSON text": told["bytes"],
        "JSON.parse alone": told["parse"],
    }


if __name__ == "__main__":
    main()
