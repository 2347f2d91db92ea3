"""The tree over all clients' balances: built in one pass with bounded memory, and a proof for any one client taken from it."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sekisho.liabilities import kernels, lanes
from sekisho.liabilities.codec import AMOUNT_LIMIT, TEXT_BYTES_MAX, Terms, amount_bytes, leaf_bytes, root_of
from sekisho.liabilities.layout import group_count, group_start, place, right_positions
from sekisho.liabilities.proof import Node, Proof, joined

U64 = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
Progress = Callable[[str, int, int], None]
_WORD = 1 << 64
_CLIENTS_PER_TASK = 16_384


@dataclass(frozen=True, slots=True)
class Amounts:
    """Amounts of many rows in smallest units: ``low`` and ``high`` uint64 [rows, assets].

    ``high`` has no rows where all totals fit into 63 bits.
    """

    low: U64
    high: U64

    def row(self, at: int) -> tuple[int, ...]:
        """One row as Python integers."""
        if not len(self.high):
            return tuple(map(int, self.low[at]))
        return tuple(int(hi) << 64 | int(lo) for lo, hi in zip(self.low[at], self.high[at], strict=True))

    def totals(self) -> tuple[int, ...]:
        """Exact sums over all rows."""
        sums = _column_sums(self.low)
        if len(self.high):
            sums = [lo + (hi << 64) for lo, hi in zip(sums, _column_sums(self.high), strict=True)]
        return tuple(sums)

    def ordered(self, order: npt.NDArray[np.int64]) -> Amounts:
        """The rows in another order."""
        return Amounts(self.low[order], self.high[order] if len(self.high) else self.high)


@dataclass(frozen=True, slots=True)
class Level:
    """The nodes of one level above the groups: uint8 [nodes, 32], uint64 [nodes, assets] twice."""

    hashes: Bytes
    low: U64
    high: U64

    def node(self, at: int) -> Node:
        """One node as its parent hashes it, and its sums."""
        sums = [int(hi) << 64 | int(lo) for lo, hi in zip(self.low[at], self.high[at], strict=True)]
        return self.hashes[at].tobytes() + amount_bytes(sums), sums


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A day's tree. Clients are in the order of their nonces, which nobody can foresee without the key.

    ``key`` is the secret of this tree alone; ``prefixes`` [clients] are the first eight bytes of the nonces, ascending;
    ``text`` and ``offsets`` hold the client ids in UTF-8. ``levels`` are those above the groups, widest first.
    """

    terms: Terms
    totals: tuple[int, ...]
    key: bytes = field(repr=False)
    prefixes: U64 = field(repr=False)
    text: Bytes = field(repr=False)
    offsets: npt.NDArray[np.int64] = field(repr=False)
    balances: Amounts = field(repr=False)
    levels: tuple[Level, ...] = field(repr=False)

    @property
    def root(self) -> bytes:
        """The root that is published."""
        return root_of(self.terms.encoded(), self.levels[-1].node(0)[0])

    def client(self, index: int) -> str:
        """The id of the client at a place of the tree."""
        return self.text[self.offsets[index] : self.offsets[index + 1]].tobytes().decode()

    def index(self, client: str) -> int | None:
        """The place of a client, or None where the tree does not hold him."""
        prefix = int.from_bytes(self.nonce(client)[:8], "big")
        at = int(np.searchsorted(self.prefixes, np.uint64(prefix)))
        while at < len(self.prefixes) and int(self.prefixes[at]) == prefix:
            if self.client(at) == client:
                return at
            at += 1
        return None

    def nonce(self, client: str) -> bytes:
        """The nonce of a client: HMAC-SHA256 of his id under the key of this tree."""
        return hmac.digest(self.key, client.encode(), "sha256")

    def proof(self, index: int) -> Proof:
        """The proof of the client at a place: his group is computed anew, what is above it is looked up."""
        where = place(index, self.terms.clients)
        first = group_start(where.group, self.terms.clients)
        members = [self.client(at) for at in range(first, first + where.members)]
        nonces = [self.nonce(client) for client in members]
        shares = [split(nonces[k], self.balances.row(first + k), wide=len(self.balances.high) > 0) for k in range(where.members)]
        siblings: list[Node] = []
        for half, position in ((0, where.left), (1, where.right)):
            leaves: list[Node] = [(b"", [])] * where.members
            for k, at in enumerate(range(where.members) if half == 0 else right_positions(where.members)):
                amounts = amount_bytes(shares[k][half])
                leaves[at] = sha256(leaf_bytes(half, nonces[k], members[k], amounts)).digest() + amounts, list(shares[k][half])
            siblings += _siblings(leaves, position)
        node = where.group
        for level in self.levels[:-1]:
            if node ^ 1 < len(level.hashes):
                siblings.append(level.node(node ^ 1))
            node //= 2
        own = index - first
        return Proof(self.terms, members[own], nonces[own], index, shares[own], tuple(siblings))


def build(
    ids: pa.LargeStringArray,
    balances: Amounts,
    terms: Terms,
    secret: bytes,
    progress: Progress | None = None,
    threads: int | None = None,
) -> Tree:
    """Builds the tree. ``ids`` [clients] are unique and at most 255 bytes each; ``terms.clients`` is their number.

    ``secret`` is mixed with the terms and totals into the key of this tree. Raises OverflowError where a total is not below
    2^112.
    """
    totals = balances.totals()
    if max(totals, default=0) >= AMOUNT_LIMIT:
        raise OverflowError("a total is not below 2^112")
    assert len(ids) == terms.clients == len(balances.low), "one row of balances for each client"
    key = hmac.digest(secret, b"sekisho liabilities" + terms.encoded() + amount_bytes(totals), "sha256")
    return _grown(ids, balances, terms, totals, key, progress, threads)


def rebuilt(tree: Tree, progress: Progress | None = None) -> Tree:
    """The tree over the same clients and balances, every hash and sum computed anew: for who audits it."""
    offsets, text = (pa.py_buffer(np.ascontiguousarray(part)) for part in (tree.offsets, tree.text))
    ids = pa.LargeStringArray.from_buffers(tree.terms.clients, offsets, text)
    balances = Amounts(np.ascontiguousarray(tree.balances.low), np.ascontiguousarray(tree.balances.high))
    return _grown(ids, balances, tree.terms, balances.totals(), tree.key, progress, None)


def _grown(
    ids: pa.LargeStringArray,
    balances: Amounts,
    terms: Terms,
    totals: tuple[int, ...],
    key: bytes,
    progress: Progress | None,
    threads: int | None,
) -> Tree:
    told = progress or (lambda what, done, of: None)
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        nonces, order = _ordered_nonces(ids, key, pool, told)
        text, offsets = _text(ids.take(pa.array(order)))
        balances = balances.ordered(order)
        levels = _levels(text, offsets, nonces, balances, totals, pool, told)
    return Tree(terms, totals, key, _prefixes(nonces), text, offsets, balances, levels)


def split(nonce: bytes, balances: Sequence[int], wide: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The two shares of a client's balances, as the kernels cut them; ``wide`` where amounts take more than one word."""
    draws = _numbers(nonce)
    left: list[int] = []
    for balance in balances:
        if not balance:
            left.append(0)
            continue
        high, low, share_high, top = balance >> 64, balance % _WORD, 0, balance % _WORD
        first = next(draws)
        if high:
            share_high = first * (high + 1) >> 64
            top = low if share_high == high else _WORD - 1
        left.append(share_high << 64 | (next(draws) if wide else first) * (top + 1) >> 64)
    return tuple(left), tuple(balance - share for balance, share in zip(balances, left, strict=True))


def _numbers(nonce: bytes) -> Iterator[int]:
    counter = 0
    while True:
        digest = sha256(b"\x03" + nonce + counter.to_bytes(2, "big")).digest()
        yield from (int.from_bytes(digest[at : at + 8], "big") for at in range(0, 32, 8))
        counter += 1


def _siblings(level: list[Node], position: int) -> list[Node]:
    met = []
    while len(level) > 1:
        if position ^ 1 < len(level):
            met.append(level[position ^ 1])
        level = [joined(*level[at : at + 2]) if at + 1 < len(level) else level[at] for at in range(0, len(level), 2)]
        position //= 2
    return met


def _ordered_nonces(
    ids: pa.LargeStringArray, key: bytes, pool: ThreadPoolExecutor, told: Progress
) -> tuple[Bytes, npt.NDArray[np.int64]]:
    """The nonces in ascending order, and for each the number of its client in ``ids``."""
    text, offsets = _text(ids)
    inner, outer = (_state_after(key, fill) for fill in (0x36, 0x5C))
    nonces = np.empty((len(ids), 32), np.uint8)
    row_width = lanes.width(int(np.diff(offsets).max(initial=0)))

    def work(first: int, end: int) -> None:
        kernels.nonces(text, offsets, first, end, inner, outer, row_width, nonces)

    _in_parts(pool, work, len(ids), _CLIENTS_PER_TASK, lambda done, of: told("drawing nonces", done, of))
    order = np.argsort(_prefixes(nonces), kind="stable")
    return nonces[order], order


def _state_after(key: bytes, fill: int) -> Any:
    """The state of HMAC (RFC 2104) after the block of the filled key."""
    return lanes.state_after(np.frombuffer(bytes(b ^ fill for b in key.ljust(lanes.BLOCK, b"\0")), np.uint8))


def _levels(
    text: Bytes,
    offsets: npt.NDArray[np.int64],
    nonces: Bytes,
    balances: Amounts,
    totals: Sequence[int],
    pool: ThreadPoolExecutor,
    told: Progress,
) -> tuple[Level, ...]:
    clients, assets = balances.low.shape
    count = group_count(clients)
    smallest = clients // count
    rights = np.zeros((2, smallest + 1), np.int64)
    for k in (0, 1):
        rights[k, : smallest + k] = right_positions(smallest + k)
    longest = (assets + 1) // 2 + sum((total.bit_length() + 7) // 8 for total in totals)
    leaf_width = lanes.width(2 + 32 + 1 + TEXT_BYTES_MAX + longest)
    row_width = max(lanes.width(1 + 2 * (32 + longest)), leaf_width if len(text) else 0)
    level = _empty(count, assets)

    def work(first: int, end: int) -> None:
        kernels.groups(
            first, end, clients, count, rights, text, offsets, nonces, balances.low, balances.high, row_width,
            level.hashes, level.low, level.high,
        )  # fmt: skip

    _in_parts(pool, work, count, max(1, _CLIENTS_PER_TASK // smallest), lambda done, of: told("hashing groups", done, of))
    levels = [level]
    while len(level.hashes) > 1:
        level = _above(level, row_width, pool)
        levels.append(level)
    return tuple(levels)


def _above(below: Level, row_width: int, pool: ThreadPoolExecutor) -> Level:
    nodes = len(below.hashes)
    level = _empty((nodes + 1) // 2, below.low.shape[1])

    def work(first: int, end: int) -> None:
        kernels.pairs(first, end, below.hashes, below.low, below.high, row_width, level.hashes, level.low, level.high)

    _in_parts(pool, work, nodes // 2, _CLIENTS_PER_TASK, lambda done, of: None)
    if nodes % 2:
        level.hashes[-1], level.low[-1], level.high[-1] = below.hashes[-1], below.low[-1], below.high[-1]
    return level


def _in_parts(
    pool: ThreadPoolExecutor, work: Callable[[int, int], Any], count: int, size: int, told: Callable[[int, int], None]
) -> None:
    parts = [pool.submit(work, first, min(first + size, count)) for first in range(0, count, size)]
    for done, part in enumerate(parts, 1):
        part.result()
        told(done, len(parts))


def _empty(nodes: int, assets: int) -> Level:
    return Level(np.empty((nodes, 32), np.uint8), np.empty((nodes, assets), np.uint64), np.empty((nodes, assets), np.uint64))


def _prefixes(nonces: Bytes) -> U64:
    return np.ascontiguousarray(nonces[:, :8]).view(">u8")[:, 0].astype(np.uint64)


def _text(ids: pa.LargeStringArray) -> tuple[Bytes, npt.NDArray[np.int64]]:
    """The bytes of an array of texts, and where each starts and the last ends."""
    ids = pa.concat_arrays([ids]) if ids.offset else ids
    _, offsets, content = ids.buffers()
    places = np.frombuffer(offsets, np.int64, len(ids) + 1)
    text = np.frombuffer(content, np.uint8) if content is not None and content.size else np.zeros(0, np.uint8)
    return text, places


def _column_sums(words: U64) -> list[int]:
    """Exact column sums of 64-bit words: the halves are summed apart, so that nothing wraps below 2^32 rows."""
    low = (words & np.uint64(0xFFFFFFFF)).sum(axis=0, dtype=np.uint64)
    high = (words >> np.uint64(32)).sum(axis=0, dtype=np.uint64)
    return [int(a) + (int(b) << 32) for a, b in zip(low, high, strict=True)]
