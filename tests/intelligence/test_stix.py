"""STIX 2.1: what the text of the specification asks, object by object, and agreement with recorded cases where they are."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sekisho.cli import app
from sekisho.intelligence.indicators import Named, escaped, named
from sekisho.intelligence.stix.objects import (
    DOMAIN_OBJECTS,
    INNER,
    META_OBJECTS,
    OBSERVABLES,
    RELATIONSHIP_OBJECTS,
    properties,
    properties_of,
)
from sekisho.intelligence.stix.validation import MUST, SHOULD, Strictness, musts, validate, validate_text
from sekisho.intelligence.stix.vocabularies import ENUMS, OPEN, RELATIONSHIPS
from sekisho.intelligence.tlp import LEVELS, definition

UUID4 = "4e78f46f-a023-4e5f-bc24-71b3ca22ec29"
INDICATOR: dict[str, Any] = {
    "type": "indicator",
    "spec_version": "2.1",
    "id": f"indicator--{UUID4}",
    "created": "2026-06-01T00:00:00.000Z",
    "modified": "2026-06-01T00:00:00.000Z",
    "name": "Wallet",
    "description": "Of a thief.",
    "pattern": "[x-cryptocurrency-wallet:address = 'bc1q']",
    "pattern_type": "stix",
    "valid_from": "2026-06-01T00:00:00Z",
}
URL = {"type": "url", "spec_version": "2.1", "id": "url--c1477287-23ac-5971-a010-5c287877fa60", "value": "https://e.example/"}


def _changed(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    given = copy.deepcopy(base)
    for name, value in change.items():
        if value is ...:
            given.pop(name)
        else:
            given[name] = value
    return given


def test_a_right_object_has_no_fault() -> None:
    assert validate(INDICATOR) == []
    assert validate(URL) == []


@pytest.mark.parametrize(
    ("change", "level", "check"),
    [
        ({"pattern": ...}, MUST, "required"),
        ({"created": "2026-06-01T00:00:00Z"}, MUST, "timestamp"),
        ({"created": "2026-02-29T00:00:00.000Z"}, MUST, "timestamp"),
        ({"created": "2026-06-01T00:00:00.000+09:00"}, MUST, "timestamp"),
        ({"modified": "2026-05-31T23:59:59.999Z"}, MUST, "order"),
        ({"valid_until": "2026-06-01T00:00:00.000Z"}, MUST, "order"),
        ({"valid_until": "2026-06-01T00:00:00.001Z"}, None, None),
        ({"id": "indicator--1"}, MUST, "identifier"),
        ({"id": f"malware--{UUID4}"}, MUST, "identifier"),
        ({"id": "indicator--4e78f46f-a023-5e5f-bc24-71b3ca22ec29"}, SHOULD, "uuid"),
        ({"confidence": 101}, MUST, "range"),
        ({"confidence": 100}, None, None),
        ({"confidence": "high"}, MUST, "type"),
        ({"confidence": True}, MUST, "type"),
        ({"labels": []}, MUST, "empty"),
        ({"lang": "en-US"}, None, None),
        ({"lang": "nolanguage-x"}, MUST, "lang"),
        ({"pattern": "[x-cryptocurrency-wallet:address = ]"}, MUST, "pattern"),
        ({"pattern": "alert tcp any", "pattern_type": "snort"}, None, None),
        ({"pattern_type": "own-language"}, SHOULD, "pattern-type-ov"),
        ({"indicator_types": ["malicious-activity", "Odd_Word"]}, SHOULD, "lower-case-words"),
        ({"name": ...}, SHOULD, "indicator-words"),
        ({"x_own": 1}, SHOULD, "custom-extension"),
        ({"Own": 1}, MUST, "property-name"),
        ({"severity": "high"}, MUST, "reserved"),
        ({"object_marking_refs": [f"indicator--{UUID4}"]}, MUST, "reference"),
        ({"created_by_ref": f"malware--{UUID4}"}, MUST, "reference"),
        ({"granular_markings": [{"selectors": ["name"], "lang": "ja"}]}, None, None),
        ({"granular_markings": [{"selectors": ["labels.[0]"], "lang": "ja"}]}, MUST, "selector"),
        ({"granular_markings": [{"selectors": ["name"]}]}, MUST, "granular-marking"),
        ({"external_references": [{"source_name": "cve", "external_id": "CVE-2026-1234"}]}, None, None),
        ({"external_references": [{"source_name": "cve", "external_id": "2026-1234"}]}, MUST, "external-reference"),
        ({"external_references": [{"source_name": "ACME"}]}, MUST, "external-reference"),
        ({"kill_chain_phases": [{"kill_chain_name": "a", "phase_name": "Lateral Movement"}]}, SHOULD, "lower-case-words"),
        ({"revoked": "yes"}, MUST, "type"),
        ({"spec_version": "3.0"}, MUST, "enumeration"),
        ({"type": "Indicator!"}, MUST, "type-name"),
        ({"type": 7}, MUST, "required"),
    ],
)
def test_each_change_makes_its_own_fault(change: dict[str, Any], level: str | None, check: str | None) -> None:
    faults = validate(_changed(INDICATOR, change))
    if level is None:
        assert faults == []
    else:
        assert (level, check) in {(fault.level, fault.check) for fault in faults}, faults


@pytest.mark.parametrize(
    ("given", "check"),
    [
        ({"type": "ipv4-addr", "id": f"ipv4-addr--{UUID4}", "value": "198.51.100.300"}, "ipv4"),
        ({"type": "ipv4-addr", "id": f"ipv4-addr--{UUID4}", "value": "198.51.100.0/33"}, "ipv4"),
        ({"type": "ipv6-addr", "id": f"ipv6-addr--{UUID4}", "value": "2001:db8::g"}, "ipv6"),
        ({"type": "mac-addr", "id": f"mac-addr--{UUID4}", "value": "D2:fb:49:24:37:18"}, "mac"),
        ({"type": "domain-name", "id": f"domain-name--{UUID4}", "value": "-bad-.example"}, "domain"),
        ({"type": "email-addr", "id": f"email-addr--{UUID4}", "value": "nobody"}, "email"),
        ({"type": "url", "id": f"url--{UUID4}", "value": "not a url"}, "url"),
        ({"type": "artifact", "id": f"artifact--{UUID4}", "payload_bin": "VBORw0KGgo=", "url": "https://e.example/"}, "either-or"),
        ({"type": "artifact", "id": f"artifact--{UUID4}", "payload_bin": "%%%"}, "binary"),
        ({"type": "file", "id": f"file--{UUID4}", "size": 1}, "at-least-one"),
        ({"type": "file", "id": f"file--{UUID4}", "hashes": {"MD5": "abc"}}, "hash"),
        ({"type": "process", "id": "process--c1477287-23ac-5971-a010-5c287877fa60", "pid": 1}, "uuid"),
        ({"type": "network-traffic", "id": f"network-traffic--{UUID4}", "protocols": ["tcp"]}, "at-least-one"),
        ({"type": "windows-registry-key", "id": f"windows-registry-key--{UUID4}", "key": "HKLM\\a"}, "registry-key"),
    ],
)
def test_observables(given: dict[str, Any], check: str) -> None:
    assert check in {fault.check for fault in musts(validate(given))}


def test_relationships_that_are_suggested_and_those_that_are_not() -> None:
    base = {
        "type": "relationship",
        "spec_version": "2.1",
        "id": f"relationship--{UUID4}",
        "created": "2026-06-01T00:00:00.000Z",
        "modified": "2026-06-01T00:00:00.000Z",
        "relationship_type": "indicates",
        "source_ref": f"indicator--{UUID4}",
        "target_ref": f"malware--{UUID4}",
    }
    assert validate(base) == []
    assert [f.check for f in validate({**base, "target_ref": f"location--{UUID4}"})] == ["relationship-type"]
    assert next(f.level for f in validate({**base, "target_ref": f"sighting--{UUID4}"})) == MUST
    assert validate({**base, "relationship_type": "related-to", "target_ref": f"location--{UUID4}"}) == []


def test_a_bundle_is_judged_with_everything_in_it() -> None:
    bundle = {"type": "bundle", "id": f"bundle--{UUID4}", "objects": [INDICATOR, _changed(INDICATOR, {"pattern": ...}), "x"]}
    found = validate(bundle)
    assert {fault.check for fault in found} == {"required", "duplicate-version", "json"}


@pytest.mark.parametrize("level", LEVELS)
def test_the_markings_we_write_are_stix(level: str) -> None:
    assert validate(definition(level)) == []


def test_only_the_four_old_markings_count_as_tlp_1() -> None:
    green = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
        "created": "2017-01-20T00:00:00.000Z",
        "definition_type": "tlp",
        "name": "TLP:GREEN",
        "definition": {"tlp": "green"},
    }
    assert validate(green) == []
    assert [f.check for f in musts(validate({**green, "definition": {"tlp": "red"}}))] == ["tlp"]


def test_how_strictly_custom_content_is_judged() -> None:
    custom = _changed(INDICATOR, {"x_acme_rank": 1})
    assert [f.check for f in validate(custom)] == ["custom-extension"]
    assert validate(custom, Strictness(custom="prefix")) == []
    assert [f.check for f in validate(_changed(INDICATOR, {"rank": 1}), Strictness(custom="x"))] == ["custom-prefix"]
    assert validate(_changed(INDICATOR, {"rank": 1}), Strictness(custom="any")) == []
    toplevel = {"extension-definition--a932fcc6-e032-476c-826f-cb970a5a1ade": {"extension_type": "toplevel-property-extension"}}
    assert validate(_changed(INDICATOR, {"rank": 1, "extensions": toplevel})) == []
    assert [f.check for f in validate(custom, Strictness(left_out=frozenset({"custom-extension"})))] == []


def test_the_tables_speak_of_things_that_are_there() -> None:
    lines = [text for group in (DOMAIN_OBJECTS, RELATIONSHIP_OBJECTS, META_OBJECTS, OBSERVABLES, INNER) for text in group.values()]
    for text in lines:
        for one in properties(text).values():
            family, _, rest = one.kind.partition(".")
            if family == "ov":
                assert rest in OPEN
            elif family == "enum":
                assert rest in ENUMS
            elif family == "id":
                assert all(properties_of(target) for target in rest.split("|") if target)
            elif one.kind.startswith("{"):
                assert one.kind[1:-1] in INNER
    for source, kinds in RELATIONSHIPS.items():
        assert properties_of(source)
        assert all(properties_of(target) for targets in kinds.values() for target in targets.split() if target != "*")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
TYPES = sorted({*DOMAIN_OBJECTS, *RELATIONSHIP_OBJECTS, *META_OBJECTS, *OBSERVABLES, "marking-definition", "bundle", "x-own"})


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_nothing_a_stranger_sends_breaks_the_checks(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(TYPES))
    names = sorted((properties_of(kind) or {"name": None}).keys())
    given = data.draw(st.dictionaries(st.sampled_from(names), JSON, max_size=8))
    for fault in validate({**given, "type": kind}):
        assert fault.problem
    assert isinstance(validate_text(json.dumps(data.draw(JSON))), list)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[x-cryptocurrency-wallet:address = 'a']", [("address", "a")]),
        (
            "[cryptocurrency-wallet:value IN ('a', 'b')] OR [domain-name:value = 'e.example']",
            [("address", "a"), ("address", "b"), ("domain", "e.example")],
        ),
        ("[x-acme-btc-address:value = 'a']", [("address", "a")]),
        ("[url:value = 'http://e.example/it\\'s']", [("url", "http://e.example/it's")]),
        ("([url:value = 'http://e.example/'])", [("url", "http://e.example/")]),
        ("[(url:value = 'http://e.example/')]", [("url", "http://e.example/")]),
        ("[url:value != 'http://e.example/']", []),
        ("[url:value NOT = 'http://e.example/']", []),
        ("[url:value LIKE 'http://e%']", []),
        ("[url:value MATCHES '.*']", []),
        ("[url:value = 'http://e.example/'] AND [domain-name:value = 'e.example']", []),
        ("[url:value = 'http://e.example/'] FOLLOWEDBY [domain-name:value = 'e.example']", []),
        ("[url:value = 'http://e.example/'] REPEATS 5 TIMES WITHIN 60 SECONDS", []),
        ("[url:value = 'http://e.example/' AND url:x_rank = 1]", []),
        ("[file:name = 'a']", []),
        ("[x-cryptocurrency-wallet:owner = 'a']", []),
        ("not a pattern", []),
    ],
)
def test_only_what_alone_satisfies_a_pattern_is_named_by_it(pattern: str, expected: list[tuple[str, str]]) -> None:
    assert list(named(pattern)) == [Named(*each) for each in expected]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20))
def test_what_is_written_into_a_pattern_is_read_out_of_it(value: str) -> None:
    if value.strip():
        assert named(f"[url:value = '{escaped(value)}']") == (Named("url", value),)


def test_the_command_names_file_place_level_and_section(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(INDICATOR))
    bad.write_text(json.dumps(_changed(INDICATOR, {"confidence": 101, "name": ...})))
    run = CliRunner().invoke
    assert run(app, ["intelligence", "validate", str(good)]).exit_code == 0
    told = run(app, ["intelligence", "validate", str(good), str(bad), "--json"])
    assert told.exit_code == 1
    faults = json.loads(told.output)[str(bad)]["faults"]
    assert [(f["path"], f["level"], f["section"]) for f in faults] == [("confidence", "must", "2.9"), ("", "should", "4.7")]
    assert run(app, ["intelligence", "validate", str(bad), "--ignore", "indicator-words", "--json"]).output.count("section") == 1
    bad.write_text("{")
    assert "is not JSON" in run(app, ["intelligence", "validate", str(bad)]).output
    assert run(app, ["intelligence", "validate", str(tmp_path / "none.json")]).exception is not None


def test_agreement_with_recorded_cases(shared_data: Path) -> None:
    """Every verdict that differs has its reason in the text; the page 'stix' names them."""
    with gzip.open(shared_data / "cyber" / "stix" / "cases.jsonl.gz", "rt") as lines:
        cases = [case for case in map(json.loads, lines) if case["options"] in ({}, {"strict": True})]
    differing = set()
    for case in cases:
        faults = validate_text(case["input"]) if isinstance(case["input"], str) else validate(case["input"])
        if case["options"] == {}:
            faults = list(musts(faults))
        if bool(faults) == case["valid"]:
            differing.add(case["test"].rpartition(".")[2])
    assert len(cases) == 294
    assert differing <= {
        "test_invalid_start_end_time",
        "test_network_traffic_end_is_active",
        "test_network_traffic_ports",
        "test_network_traffic_protocols",
        "test_observable_object_custom_toplevel_property_with_extension",
        "test_software_language_iso639_compatibility",
    }
