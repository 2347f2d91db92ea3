"""Recorded cases and messages of others, where they are at hand: every verdict by the text, every TRP message read."""

from __future__ import annotations

import gzip
import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sekisho.travel_rule.ivms101 import Authorities, Judged, judge, read_authorities
from sekisho.travel_rule.ivms101.schema import VERSIONS
from sekisho.travel_rule.trp.messages import read_confirmation, read_inquiry, read_resolution

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("SEKISHO_DATA", PROJECT.parent / "shared" / "data")) / "transfers" / "ivms101"
DAY = date(2026, 11, 29)
STRUCTURE_ONLY = frozenset({"C7", "C10", "C11", "C11-checkdigit"})
WORKED_OUT = frozenset({"C2", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C11-checkdigit", "C12"})

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="set SEKISHO_DATA to the folder of recorded data")


@pytest.fixture(scope="module")
def cases() -> list[dict[str, Any]]:
    with gzip.open(FOLDER / "cases.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.fixture(scope="module")
def listed() -> Authorities:
    return read_authorities(FOLDER / "trisa" / "gleif" / "registrationAuthorities.json")


def verdict(case: dict[str, Any], listed: Authorities, without: frozenset[str] = frozenset()) -> Judged:
    versions = VERSIONS if case["version"] == "either" else (case["version"],)
    judged = [judge(case["input"], as_of=DAY, version=v, authorities=listed, without=without) for v in versions]
    return min(judged, key=lambda one: len(one.issues))


def test_hand_written_cases_by_all_constraints_and_generated_ones_by_structure(
    cases: list[dict[str, Any]], listed: Authorities
) -> None:
    wrong = [
        case["test"]
        for case in cases
        if verdict(case, listed, STRUCTURE_ONLY if case["generated"] else frozenset()).valid != case["valid"]
    ]
    assert wrong == []


def test_what_the_text_forbids_besides_is_the_same_set(cases: list[dict[str, Any]], listed: Authorities) -> None:
    for case in cases:
        issues = judge(case["input"], as_of=DAY, authorities=listed).issues
        assert {issue.constraint for issue in issues} & WORKED_OUT == set(case["also_breaks"]), case["test"]


def test_fixtures_that_must_fail_do_and_tolerated_ones_do_not(listed: Authorities) -> None:
    for name, valid in (
        ("trisa/ivms101/person_both_persons.json", False),
        ("envoy/web/invalid_person.json", False),
        ("trisa/ivms101/identity_payload.json", True),
        ("trisa/ivms101/identity_payload_alt.json", True),
        ("trisa/trp/inquiry.json", True),
        ("trisa/trp_client/inquiry.json", True),
    ):
        document = json.loads((FOLDER / name).read_text(encoding="utf-8"))
        assert judge(document, as_of=DAY, authorities=listed).valid is valid, name


def test_the_messages_of_others_are_read() -> None:
    folder = FOLDER / "trisa" / "trp_client"
    inquiry = read_inquiry((folder / "inquiry.json").read_bytes())
    assert (inquiry.asset.name, str(inquiry.amount)) == ("4H95J0R2X", "0.000021")
    assert read_inquiry((FOLDER / "trisa" / "trp" / "inquiry.json").read_bytes()).asset.name == "BTC"
    approved = read_resolution((folder / "approved.json").read_bytes()).approved
    assert approved is not None
    assert approved.address == "some payment address"
    assert read_resolution((folder / "rejected.json").read_bytes()).rejected == "human readable comment"
    assert read_resolution((folder / "acknowledged.json").read_bytes()).version == "3.2.1"
    assert read_confirmation((folder / "confirmation.json").read_bytes()).txid
    assert read_confirmation((folder / "canceled.json").read_bytes()).canceled == "human readable comment"
