"""The plain Merkle tree of RFC 6962: what its proofs show, checked hash by hash.

The sums of the liabilities tree stand on the same shape: nodes are paired level by level, and a last one without partner
moves up. Subtree proofs follow the draft on Merkle tree certificates (draft-ietf-plants-merkle-tree-certs, section 4).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

HASH_BYTES = 32


def sides(index: int, size: int) -> Iterator[bool]:
    """The way from leaf ``index`` of ``size`` up to the root: for each sibling, whether it stands on the left.

    Raises ValueError where there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    while size > 1:
        if index % 2:
            yield True
        elif index + 1 < size:
            yield False
        index, size = index // 2, (size + 1) // 2


def leaf_hash(leaf: bytes) -> bytes:
    """RFC 6962, 2.1: the hash of a leaf."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962, 2.1: the hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def root_hash(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over leaves that are hashed already; of no leaves, the hash of nothing."""
    level = list(leaf_hashes)
    while len(level) > 1:
        level = [node_hash(*level[at : at + 2]) if at + 1 < len(level) else level[at] for at in range(0, len(level), 2)]
    return level[0] if level else sha256(b"").digest()


def includes(root: bytes, size: int, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the hashed leaf stands at ``index`` of the tree of ``size`` leaves with this root."""
    return subtree_includes(root, 0, size, index, leaf, proof)


def subtree_includes(root: bytes, start: int, end: int, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the hashed leaf stands at ``index`` of the tree in the subtree ``[start, end)`` with this root."""
    if not _is_subtree(start, end) or not start <= index < end or not _are_hashes(root, leaf, *proof):
        return False
    way = tuple(sides(index - start, end - start))
    if len(way) != len(proof):
        return False
    node = leaf
    for on_the_left, sibling in zip(way, proof, strict=True):
        node = node_hash(sibling, node) if on_the_left else node_hash(node, sibling)
    return node == root


def extends(root: bytes, size: int, later_root: bytes, later_size: int, proof: Sequence[bytes]) -> bool:
    """Whether the later tree keeps every leaf of the earlier one in its place."""
    if size == 0:
        return False  # nothing can be shown of an empty tree
    return subtree_consistent(root, 0, size, later_root, later_size, proof)


def subtree_consistent(root: bytes, start: int, end: int, whole_root: bytes, size: int, proof: Sequence[bytes]) -> bool:
    """Whether the subtree ``[start, end)`` with ``root`` is part of the tree of ``size`` leaves with ``whole_root``."""
    if start == end <= size:
        return root == root_hash(()) and not proof  # the empty subtree is part of every tree
    if (start, end) == (0, size) and not proof:
        return root == whole_root
    if not _is_subtree(start, end) or end > size or not _are_hashes(root, whole_root, *proof):
        return False
    first, last, end_of_all = start, end - 1, size - 1
    while first != last and (last == end_of_all or last % 2):
        first, last, end_of_all = first // 2, last // 2, end_of_all // 2
    rest = list(proof)
    if first == last:
        part = whole = root
    elif rest:
        part = whole = rest.pop(0)
    else:
        return False
    for sibling in rest:
        if end_of_all == 0:
            return False
        if last % 2 or last == end_of_all:
            if first < last:
                part = node_hash(sibling, part)
            whole = node_hash(sibling, whole)
            while last and not last % 2:
                first, last, end_of_all = first // 2, last // 2, end_of_all // 2
        else:
            whole = node_hash(whole, sibling)
        first, last, end_of_all = first // 2, last // 2, end_of_all // 2
    return part == root and whole == whole_root and end_of_all == 0


def _is_subtree(start: int, end: int) -> bool:
    """A subtree starts at a multiple of the smallest power of two that covers it."""
    return 0 <= start < end and start % (1 << (end - start - 1).bit_length()) == 0


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
