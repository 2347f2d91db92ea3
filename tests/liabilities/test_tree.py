"""The fast tree is the plain one: same hashes, sums and shares; every proof leads to the root; days cannot be linked."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liabilities.days import amounts_of, clients, tree_of
from liabilities.plain_reference import root
from sekisho.liabilities import lanes
from sekisho.liabilities.codec import AMOUNT_LIMIT
from sekisho.liabilities.proof import computed_root, read_proof
from sekisho.liabilities.tree import split

NARROW = st.one_of(st.just(0), st.integers(0, 255), st.integers(0, 1 << 48))
WIDE = st.one_of(st.just(0), st.integers(0, 1 << 20), st.integers(1 << 63, 1 << 100))


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=300))
@settings(max_examples=40, deadline=None)
def test_many_hashes_at_a_time_are_those_of_hashlib(messages: list[bytes]) -> None:
    rows = np.full((len(messages), lanes.width(max(map(len, messages)))), 0xAA, np.uint8)
    blocks = np.empty(len(messages), np.int64)
    for k, message in enumerate(messages):
        rows[k, : len(message)] = np.frombuffer(message, np.uint8)
        blocks[k] = lanes.pad(rows[k], len(message), 0)
    out = np.empty((len(messages), 32), np.uint8)
    lanes.hash_rows(rows, blocks, len(messages), lanes.START, out)
    assert [row.tobytes() for row in out] == [hashlib.sha256(m).digest() for m in messages]


@pytest.mark.parametrize("amounts", [NARROW, WIDE], ids=["64 bits", "128 bits"])
@given(data=st.data(), n=st.one_of(st.integers(1, 70), st.sampled_from([961, 1300])))
@settings(max_examples=25, deadline=None)
def test_the_fast_tree_is_the_plain_one(amounts: st.SearchStrategy[int], data: st.DataObject, n: int) -> None:
    row = data.draw(st.lists(amounts, min_size=3, max_size=3))
    balances = {f"client {k} 顧客": [(a * (k + 1)) % (1 << 100) for a in row] for k in range(n)}
    tree = tree_of(balances)
    wide = bool(len(tree.balances.high))
    shares = {client: split(tree.nonce(client), held, wide) for client, held in balances.items()}
    assert tree.root == root(tree.terms.encoded(), tree.key, dict(balances), dict(shares))
    assert list(tree.totals) == [sum(column) for column in zip(*balances.values(), strict=True)]
    for index in {0, n // 2, n - 1}:
        proof = read_proof(tree.proof(index).encoded())
        assert proof == tree.proof(index)
        assert list(proof.balances) == balances[proof.client]
        assert computed_root(proof) == (tree.root, list(tree.totals))
        assert tree.index(proof.client) == index
    assert tree.index("nobody") is None


def test_shares_are_even_and_hide_the_balance() -> None:
    """The left share is uniform from 0 to the balance: its mean and spread over many nonces, and both ends."""
    drawn = [split(hashlib.sha256(bytes([k % 256, k // 256])).digest(), [1000], wide=False)[0][0] for k in range(20_000)]
    assert min(drawn) == 0
    assert max(drawn) == 1000
    assert abs(sum(drawn) / len(drawn) - 500) < 5 * 289 / math.sqrt(len(drawn))
    assert split(bytes(32), [0, 1 << 64], wide=True)[0][0] == 0


def test_leaves_of_one_client_cannot_be_linked_between_days() -> None:
    balances = clients(100)
    first, second = tree_of(balances), tree_of(balances, day="2026-11-29")
    client = "C00042"
    assert first.nonce(client) != second.nonce(client)
    today, tomorrow = (tree.proof(tree.index(client) or 0) for tree in (first, second))
    assert today.shares != tomorrow.shares
    seen = {node[:32] for node, _ in today.siblings}
    assert not seen & {node[:32] for node, _ in tomorrow.siblings}
    corrected = tree_of({**balances, "C00001": [1, 1, 1]})
    assert corrected.nonce(client) != first.nonce(client)


def test_same_input_same_bytes_in_any_order_of_rows() -> None:
    balances = clients(100)
    again = dict(sorted(balances.items(), reverse=True))
    assert tree_of(balances).root == tree_of(again).root


def test_a_proof_tells_nothing_of_others_but_sums_and_hashes() -> None:
    balances = clients(200)
    tree = tree_of(balances)
    content = tree.proof(17).encoded()
    own = tree.client(17)
    for client in balances:
        assert client == own or client.encode() not in content
        assert client == own or tree.nonce(client) not in content
    assert tree.key not in content
    whole = {tuple(held) for held in balances.values()}
    assert not {tuple(sums) for _, sums in tree.proof(17).siblings} & whole


def test_a_total_out_of_range_is_refused() -> None:
    with pytest.raises(OverflowError):
        tree_of({"a": [AMOUNT_LIMIT - 1], "b": [1]})
    assert tree_of({"a": [AMOUNT_LIMIT - 2], "b": [1]}).totals == (AMOUNT_LIMIT - 1,)
    assert amounts_of([[AMOUNT_LIMIT - 1]]).row(0) == (AMOUNT_LIMIT - 1,)
