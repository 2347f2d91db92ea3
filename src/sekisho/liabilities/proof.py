"""The file one client is given: his balance, his nonce, and the siblings on his two ways to the published root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from sekisho.liabilities.codec import (
    AMOUNT_LIMIT,
    HASH_BYTES,
    TAG_NODE,
    MalformedError,
    Reader,
    Terms,
    amount_bytes,
    leaf_bytes,
    root_of,
    text_bytes,
)
from sekisho.liabilities.layout import place

MAGIC = b"SEKIPOL1"
Node = tuple[bytes, list[int]]
"""A node's bytes, hash and encoded sums, as its parent hashes them; and the sums."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as it is read from its file. ``siblings`` are in the order in which they are met: left half, right half, above."""

    terms: Terms
    client: str
    nonce: bytes
    index: int
    shares: tuple[tuple[int, ...], tuple[int, ...]]
    siblings: tuple[Node, ...] = field(repr=False)

    @property
    def balances(self) -> tuple[int, ...]:
        """What the proof says the client is owed, in smallest units, in the order of the assets."""
        return tuple(left + right for left, right in zip(*self.shares, strict=True))

    def encoded(self) -> bytes:
        """The bytes of the proof file."""
        terms = self.terms.encoded()
        own = text_bytes(self.client) + self.nonce + self.index.to_bytes(8, "big")
        shares = b"".join(amount_bytes(share) for share in self.shares)
        return MAGIC + len(terms).to_bytes(4, "big") + terms + own + shares + b"".join(node for node, _ in self.siblings)


def read_proof(content: bytes) -> Proof:
    """Reads a proof file. Raises MalformedError, which says what is wrong with it."""
    reader = Reader(content)
    if reader.take(len(MAGIC), "the first eight bytes") != MAGIC:
        raise MalformedError("is not a proof file: it does not start with SEKIPOL1")
    size = reader.number(4, "the size of the terms")
    start = reader.at
    terms = reader.terms()
    if reader.at - start != size:
        raise MalformedError("the terms are not as long as the file says")
    client, nonce = reader.text("the client id"), reader.take(HASH_BYTES, "the nonce")
    index = reader.number(8, "the client's place")
    if not 0 <= index < terms.clients:
        raise MalformedError(f"place {index} is not among {terms.clients} clients")
    count = len(terms.assets)
    left, right = (tuple(reader.amounts(count, f"the {half} share")[1]) for half in ("left", "right"))
    siblings = tuple(_sibling(reader, count, number) for number in range(sum(map(len, place(index, terms.clients).ways()))))
    reader.end()
    return Proof(terms, client, nonce, index, (left, right), siblings)


def computed_root(proof: Proof) -> tuple[bytes, list[int]]:
    """The root a proof leads to, and the totals of liabilities under it. Raises OverflowError where a sum leaves its range."""
    ways = place(proof.index, proof.terms.clients).ways()
    siblings = iter(proof.siblings)
    left, right = (_climb(_leaf(proof, half), ways[half], siblings) for half in (0, 1))
    top, totals = _climb(joined(left, right), ways[2], siblings)
    return root_of(proof.terms.encoded(), top), totals


def _leaf(proof: Proof, half: int) -> Node:
    amounts = amount_bytes(proof.shares[half])
    hashed = sha256(leaf_bytes(half, proof.nonce, proof.client, amounts)).digest()
    return hashed + amounts, list(proof.shares[half])


def _climb(node: Node, way: Sequence[bool], siblings: object) -> Node:
    for on_the_left in way:
        sibling = next(siblings)  # type: ignore[call-overload]
        node = joined(sibling, node) if on_the_left else joined(node, sibling)
    return node


def joined(left: Node, right: Node) -> Node:
    """The parent: its hash takes in both children, hash and sums; its sums are computed, never read."""
    sums = [a + b for a, b in zip(left[1], right[1], strict=True)]
    return sha256(TAG_NODE + left[0] + right[0]).digest() + amount_bytes(sums), sums


def _sibling(reader: Reader, count: int, number: int) -> Node:
    what = f"sibling {number + 1}"
    hashed = reader.take(HASH_BYTES, what)
    amounts, values = reader.amounts(count, what)
    return hashed + amounts, values


assert AMOUNT_LIMIT.bit_length() <= 120, "lengths fit into half a byte"
