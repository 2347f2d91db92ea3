"""STIX 2.1: agreement with the OASIS validator's recorded cases, beside python-stix2; objects a second; a real TAXII exchange.

Run: ``python -m benchmarks.stix``

Protocol and cases: SEKISHO_DATA, cyber/stix/README.md. The reference runs side by side on the same cases in the same process.
"""

from __future__ import annotations

import copy
import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import stix2

from benchmarks.wash_quality import DATA
from sekisho.intelligence.stix.patterns import pattern_problems
from sekisho.intelligence.stix.validation import MUST, Strictness, validate, validate_text
from sekisho.intelligence.stix.vocabularies import OPEN

CASES = DATA / "cyber" / "stix" / "cases.jsonl.gz"
GROUPS = DATA / "cyber" / "stix" / "attack_dprk_stix20.json.gz"
NAMED = {
    "attack-motivation": "attack-motivation-ov",
    "attack-resource-level": "attack-resource-level-ov",
    "countries": "country",
    "deprecated-properties": "deprecated",
    "extension-description": "extension-description",
    "extension-properties": "extension-properties",
    "hash-algo": "hash-algorithm-ov",
    "http-request-headers": "http-header",
    "indicator-properties": "indicator-words",
    "indicator-types": "indicator-type-ov",
    "industry-sector": "industry-sector-ov",
    "ipfix": "ipfix",
    "malware-analysis-product": "product-name",
    "malware-types": "malware-type-ov",
    "marking-definition-type": "marking-type",
    "mime-type": "media-type",
    "network-traffic-ports": "ports",
    "observable-dictionary-keys": "dictionary-case",
    "pdf-doc-info": "pdf-info",
    "protocols": "protocol",
    "region": "region-ov",
    "relationship-types": "relationship-type",
    "report-types": "report-type-ov",
    "socket-options": "socket-option",
    "threat-actor-role": "threat-actor-role-ov",
    "threat-actor-sophistication": "threat-actor-sophistication-ov",
    "threat-actor-types": "threat-actor-type-ov",
    "tool-types": "tool-type-ov",
    "uuid-check": "uuid",
    "windows-pebinary-type": "windows-pebinary-type-ov",
}
"""The OASIS validator's names of checks that can be left out, and ours."""
APPROVED = {
    *OPEN,
    "country",
    "relationship-type",
    "marking-type",
    "media-type",
    "protocol",
    "ipfix",
    "http-header",
    "socket-option",
    "pdf-info",
    "duplicate-version",
}
FORMATS = {"uuid", "lower-case-words", "product-name", "dictionary-case", "process-priority"}


def main() -> None:
    """Print the tables."""
    if not CASES.is_file():
        print(f"no cases at {CASES}; set SEKISHO_DATA")
        return
    with gzip.open(CASES, "rt") as lines:
        cases = [json.loads(line) for line in lines]
    plain = [case for case in cases if case["options"] in ({}, {"strict": True})]
    _agreement(plain)
    _others([case for case in cases if case not in plain])
    _speed(plain)
    _round_trip(plain)


def _agreement(cases: list[dict[str, Any]]) -> None:
    print(f"## Agreement on the {len(cases)} cases with options {{}} or strict only\n")
    print("| | cases with a MUST finding | SHOULD findings only | valid | all |\n| --- | ---: | ---: | ---: | ---: |")
    for name, accepts in (("sekisho", _accepted), ("python-stix2", _accepted_by_stix2)):
        right: Counter[str] = Counter()
        total: Counter[str] = Counter()
        for case in cases:
            total[_kind(case)] += 1
            right[_kind(case)] += accepts(case) == case["valid"]
        cells = [f"{right[kind]} of {total[kind]}" for kind in ("must", "should", "valid")]
        print(f"| {name} | {' | '.join(cells)} | **{right.total()}** of {total.total()} |")
    print("\nWhere the verdicts differ:\n")
    for case in cases:
        if _accepted(case) != case["valid"]:
            faults = _faults(case, Strictness())
            said = re.sub(r"^[a-z0-9-]+--[0-9a-f-]+(?:, )?", "", str(faults[0])) if faults else "accepted"
            theirs = "valid" if case["valid"] else re.sub(r"^[^:]*: ", "", case["errors"][0])[:90]
            print(f"- {case['test'].rpartition('.')[2]}: recorded {theirs}; here {said}")
    print()


def _kind(case: dict[str, Any]) -> str:
    """SHOULD findings bear a number in braces."""
    if case["valid"]:
        return "valid"
    return "should" if all(re.search(r"\{\d+\}", error) for error in case["errors"]) else "must"


def _faults(case: dict[str, Any], strictness: Strictness) -> list[Any]:
    given = case["input"]
    faults = validate_text(given, strictness) if isinstance(given, str) else validate(given, strictness)
    return faults if case["options"].get("strict") else [fault for fault in faults if fault.level == MUST]


def _accepted(case: dict[str, Any]) -> bool:
    return not _faults(case, Strictness())


def _accepted_by_stix2(case: dict[str, Any]) -> bool:
    try:
        stix2.parse(copy.deepcopy(case["input"]), allow_custom=False, version="2.1")
    except Exception:
        return False
    return True


def _others(cases: list[dict[str, Any]]) -> None:
    """Cases with other options, as far as they have a counterpart here (all but the interoperability profiles)."""
    rest = [case for case in cases if not case["options"].get("interop")]
    right = sum((not _faults(case, _strictness(case["options"]))) == case["valid"] for case in rest)
    print(f"Cases with other options, interoperability profiles apart: {right} of {len(rest)}.\n")


def _strictness(options: dict[str, Any]) -> Strictness:
    off = set(options.get("disabled", ()))
    left_out = {NAMED[name] for name in off if name in NAMED}
    left_out |= APPROVED if "approved-values" in off else set()
    left_out |= FORMATS if "format-checks" in off else set()
    custom = "extension"
    if "extensions-use" in off:
        custom = "any" if {"custom-prefix", "custom-prefix-lax"} <= off else "x" if "custom-prefix" in off else "prefix"
    if set(options.get("enabled", ())) & {"custom-prefix", "custom-prefix-lax"}:
        custom = "prefix" if "custom-prefix" in options["enabled"] else "x"
    return Strictness(left_out=frozenset(left_out), custom=custom, unknown_is_fault=bool(options.get("strict_properties")))


def _speed(cases: list[dict[str, Any]]) -> None:
    objects = [case["input"] for case in cases if isinstance(case["input"], dict)]
    texts = [json.dumps(each) for each in objects]
    with gzip.open(GROUPS, "rt") as stream:
        groups = json.load(stream)["objects"]
    print("## Objects a second, one core\n\n| objects | sekisho | python-stix2 | ratio |\n| --- | ---: | ---: | ---: |")
    pattern_problems.cache_clear()
    ours = _rate(lambda: [validate_text(text) for text in texts], len(texts))
    theirs = _rate(lambda: [_parsed(text) for text in texts], len(texts))
    print(f"| the {len(texts)} cases, from text | {ours:,.0f} | {theirs:,.0f} | {ours / theirs:.1f} |")
    as_21 = [json.dumps({**each, "spec_version": "2.1"}) for each in groups]
    ours = _rate(lambda: [validate_text(text) for text in as_21], len(as_21))
    theirs = _rate(lambda: [_parsed(text, custom=True) for text in as_21], len(as_21))
    what = f"{len(as_21)} objects of ATT&CK groups, from text, custom properties let through there"
    print(f"| {what} | {ours:,.0f} | {theirs:,.0f} | {ours / theirs:.1f} |")
    indicators = [json.dumps(_indicator(number)) for number in range(500)]
    ours = _rate(lambda: [validate_text(text) for text in indicators], len(indicators), fresh=pattern_problems.cache_clear)
    theirs = _rate(lambda: [_parsed(text) for text in indicators], len(indicators))
    print(f"| 500 indicators, each with a pattern of its own | {ours:,.0f} | {theirs:,.0f} | {ours / theirs:.1f} |\n")


def _indicator(number: int) -> dict[str, Any]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--4e78f46f-a023-4e5f-bc24-{number:012x}",
        "created": "2026-06-01T00:00:00.000Z",
        "modified": "2026-06-01T00:00:00.000Z",
        "name": "Wallet",
        "description": "Of a thief.",
        "pattern": f"[x-cryptocurrency-wallet:address = 'bc1q{number:036x}' OR domain-name:value = 'e{number}.example']",
        "pattern_type": "stix",
        "valid_from": "2026-06-01T00:00:00Z",
    }


def _parsed(text: str, *, custom: bool = False) -> object:
    try:
        return stix2.parse(text, allow_custom=custom, version="2.1")
    except Exception:
        return None


def _rate(run: Callable[[], Iterable[object]], count: int, fresh: Callable[[], None] = lambda: None) -> float:
    """Objects a second of processor time, the best of five."""
    best = float("inf")
    for _ in range(5):
        fresh()
        started = time.process_time()
        run()
        best = min(best, time.process_time() - started)
    return count / best


def _round_trip(cases: list[dict[str, Any]]) -> None:
    """What is taken into the archive comes out equal, object by object."""
    from datetime import UTC, datetime

    from sekisho.intelligence.archive import RECEIVED, Archive, exchanged

    objects = [case["input"] for case in cases if case["valid"] and isinstance(case["input"], dict)]
    valid = [each for each in objects if each["type"] != "bundle"]
    at = datetime(2026, 6, 1, tzinfo=UTC)
    equal = 0
    for each in valid:
        with TemporaryDirectory() as place:
            archive = Archive(Path(place))
            archive.take_in([exchanged(each, direction=RECEIVED, organisation="I", marking="green", at=at)])
            (held,) = archive.objects()
            equal += held.body == each
    print(f"Round trip through the archive: {equal} of {len(valid)} valid objects come out equal.")


if __name__ == "__main__":
    main()
