"""The plain tree agrees with all published vectors, and with RFC 6962's own recursion."""

from __future__ import annotations

import base64
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.liabilities import plain_tree

PROJECT = Path(__file__).resolve().parents[2]
VECTORS = Path(os.environ.get("SEKISHO_DATA", PROJECT.parent / "shared" / "data")) / "custody" / "merkle" / "rfc6962"


def says(kind: str, told: dict[str, Any]) -> bool:
    proof = [base64.b64decode(p) for p in told["proof"] or ()]
    hashes = {name: base64.b64decode(told[name]) for name in ("root", "leafHash", "root1", "root2") if name in told}
    if kind == "inclusion":
        return plain_tree.includes(hashes["root"], told["treeSize"], told["leafIdx"], hashes["leafHash"], proof)
    if kind == "consistency":
        return plain_tree.extends(hashes["root1"], told["size1"], hashes["root2"], told["size2"], proof)
    if kind == "subtreeinclusion":
        return plain_tree.subtree_includes(hashes["root"], told["start"], told["end"], told["leafIdx"], hashes["leafHash"], proof)
    return plain_tree.subtree_consistent(hashes["root1"], told["start"], told["end"], hashes["root2"], told["size"], proof)


def test_all_published_vectors() -> None:
    if not VECTORS.is_dir():
        pytest.skip(f"no vectors at {VECTORS}; set SEKISHO_DATA")
    right: Counter[str] = Counter()
    for file in sorted(VECTORS.rglob("*.json")):
        told = json.loads(file.read_text(encoding="utf-8"))
        kind = file.relative_to(VECTORS).parts[0]
        assert says(kind, told) is not told["wantErr"], file.relative_to(VECTORS)
        right[kind] += 1
    assert right == {"inclusion": 98, "consistency": 98, "subtreeinclusion": 204, "subtreeconsistency": 118}


def recursive_root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return plain_tree.node_hash(recursive_root(leaves[:half]), recursive_root(leaves[half:]))


def recursive_proof(leaves: list[bytes], index: int) -> list[bytes]:
    if len(leaves) == 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    if index < half:
        return [*recursive_proof(leaves[:half], index), recursive_root(leaves[half:])]
    return [*recursive_proof(leaves[half:], index - half), recursive_root(leaves[:half])]


@given(st.integers(1, 80), st.data())
def test_every_leaf_is_included_where_it_stands_and_nowhere_else(size: int, data: st.DataObject) -> None:
    leaves = [plain_tree.leaf_hash(bytes([k])) for k in range(size)]
    index = data.draw(st.integers(0, size - 1))
    proof, root = recursive_proof(leaves, index), plain_tree.root_hash(leaves)
    assert root == recursive_root(leaves)
    assert plain_tree.includes(root, size, index, leaves[index], proof)
    other = data.draw(st.integers(0, size - 1))
    assert plain_tree.includes(root, size, other, leaves[index], proof) is (other == index)
    if proof:
        assert not plain_tree.includes(root, size, index, leaves[index], [proof[0][:31], *proof[1:]])
        assert not plain_tree.includes(root, size, index, leaves[index], proof[:-1])
