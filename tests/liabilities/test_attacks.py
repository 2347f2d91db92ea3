"""Every attack on the list is seen, and each bit of a proof counts."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.liabilities_attacks import Outcome, attacks
from liabilities.days import clients, tree_of
from sekisho.liabilities.verify import verify

PROJECT = Path(__file__).resolve().parents[2]
MERKLE = Path(os.environ.get("SEKISHO_DATA", PROJECT.parent / "shared" / "data")) / "custody" / "merkle"
LISTED = (
    "negative sibling",
    "child sums rebalanced",
    "shared leaf for equal balances",
    "truncated hash",
    "overflow",
    "reordered leaves",
    "leaf passed as node",
    "split view",
)
TREE = tree_of(clients(300))
CONTENT = TREE.proof(123).encoded()


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    return {outcome.attack: outcome for outcome in attacks(MERKLE if MERKLE.is_dir() else None)}


@pytest.mark.parametrize("attack", LISTED)
def test_the_attack_is_seen(attack: str, outcomes: dict[str, Outcome]) -> None:
    assert outcomes[attack].seen, outcomes[attack].by


def test_the_list_is_whole_and_the_other_logic_is_judged_fairly(outcomes: dict[str, Outcome]) -> None:
    assert tuple(outcomes) == LISTED
    if not MERKLE.is_dir():
        pytest.skip(f"no public files at {MERKLE}; set SEKISHO_DATA")
    assert outcomes["negative sibling"].okx is False
    assert outcomes["reordered leaves"].okx is True


@given(st.integers(0, len(CONTENT) * 8 - 1))
@settings(max_examples=400, deadline=None)
def test_no_bit_can_be_changed(bit: int) -> None:
    changed = bytearray(CONTENT)
    changed[bit // 8] ^= 1 << bit % 8
    assert not verify(bytes(changed), TREE.root).holds


@given(st.binary(max_size=400), st.integers(0, len(CONTENT)))
@settings(max_examples=200, deadline=None)
def test_any_bytes_get_an_answer(rubbish: bytes, at: int) -> None:
    for content in (rubbish, CONTENT[:at], CONTENT[:at] + rubbish, CONTENT + rubbish):
        assert verify(content, TREE.root).holds is (content == CONTENT)


def test_what_a_verdict_says() -> None:
    proof = TREE.proof(5)
    content, own = proof.encoded(), proof.client
    assert verify(content, TREE.root, own).reason == "counted"
    assert verify(content).reason == "not_compared"
    assert verify(content, bytes(32)).reason == "other_root"
    assert verify(content, TREE.root, "somebody").reason == "other_client"
    assert verify(content, TREE.root, own, {"BTC": "1.5"}).reason == "other_balance"
    assert verify(content, TREE.root, own, {"DOGE": "0"}).holds
    assert verify(b"", TREE.root).reason == "malformed"
    assert (
        verify(replace(proof, terms=replace(proof.terms, assets=proof.terms.assets[::-1])).encoded(), TREE.root).reason
        == "other_root"
    )
    assert verify(replace(proof, terms=replace(proof.terms, day="2026-11-29")).encoded(), TREE.root).reason == "other_root"
    assert verify(replace(proof, terms=replace(proof.terms, previous=bytes(31) + b"1")).encoded(), TREE.root).reason == "other_root"
