"""The tree once more in the plainest Python there is, written from docs/liabilities.md alone: what the fast one must equal."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

Node = tuple[bytes, list[int]]


def amounts_bytes(amounts: Sequence[int]) -> bytes:
    lengths = [len(f"{a:x}") // 2 + len(f"{a:x}") % 2 if a else 0 for a in amounts]
    if len(lengths) % 2:
        lengths.append(0)
    head = bytes(16 * lengths[at] + lengths[at + 1] for at in range(0, len(lengths), 2))
    return head + b"".join(a.to_bytes(n, "big") for a, n in zip(amounts, lengths, strict=False))


def parent(left: Node, right: Node) -> Node:
    sums = [a + b for a, b in zip(left[1], right[1], strict=True)]
    content = b"\x01" + left[0] + amounts_bytes(left[1]) + right[0] + amounts_bytes(right[1])
    return hashlib.sha256(content).digest(), sums


def merkle(nodes: Sequence[Node]) -> Node:
    """RFC 6962's own recursion: split at the largest power of two below the number of leaves."""
    if len(nodes) == 1:
        return nodes[0]
    half = 1
    while half * 2 < len(nodes):
        half *= 2
    return parent(merkle(nodes[:half]), merkle(nodes[half:]))


def root(terms: bytes, key: bytes, balances: dict[str, Sequence[int]], shares: dict[str, Sequence[Sequence[int]]]) -> bytes:
    """The published root, from each client's balances and the two shares they were cut into."""
    nonces = {client: hmac.new(key, client.encode(), hashlib.sha256).digest() for client in balances}
    order = sorted(balances, key=nonces.__getitem__)
    n = len(order)
    groups = max(1, n // (31 if n >= 961 else 20))
    tops = []
    for g in range(groups):
        members = order[g * n // groups : (g + 1) * n // groups]
        halves = []
        for half in (0, 1):
            leaves = []
            for client in members:
                share = list(shares[client][half])
                head = bytes([0, half]) + nonces[client] + bytes([len(client.encode())]) + client.encode()
                leaves.append((hashlib.sha256(head + amounts_bytes(share)).digest(), share))
            if half:
                width = (len(members) - 1).bit_length()
                places = sorted(range(len(members)), key=lambda k: int("0" + f"{k:0{width}b}"[::-1], 2))
                leaves = [leaves[k] for k in places]
            halves.append(merkle(leaves))
        tops.append(parent(*halves))
    top = merkle(tops)
    return hashlib.sha256(b"\x02" + len(terms).to_bytes(4, "big") + terms + top[0] + amounts_bytes(top[1])).digest()
