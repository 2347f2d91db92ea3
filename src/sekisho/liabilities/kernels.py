"""The arithmetic of the tree in bulk: nonces, shares, leaves and nodes of many clients at once, without the interpreter lock.

Amounts are 128-bit: a low and a high array of uint64 [clients, assets]; ``high`` has no rows where every total is below 2^63.
What is hashed is written exactly as ``codec`` writes it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sekisho.liabilities.lanes import BLOCK, START, hash_rows, kernel, pad

_ONE, _32 = np.uint64(1), np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
BATCH = 512
"""Clients at a time: their nodes stay in the cache of one core."""


@kernel
def nonces(ids: Any, offsets: Any, first: int, end: int, inner: Any, outer: Any, row_width: int, out: Any) -> None:
    """HMAC-SHA256 of clients ``first`` to ``end``: ``inner`` and ``outer`` are the states after the padded key."""
    rows = np.empty((BATCH, row_width), np.uint8)
    outer_rows = np.empty((BATCH, BLOCK), np.uint8)
    blocks = np.empty(BATCH, np.int64)
    for start in range(first, end, BATCH):
        count = min(BATCH, end - start)
        for i in range(count):
            a, b = offsets[start + i], offsets[start + i + 1]
            for k in range(b - a):
                rows[i, k] = ids[a + k]
            blocks[i] = pad(rows[i], b - a, BLOCK)
        hash_rows(rows, blocks, count, inner, out[start : start + count])
        for i in range(count):
            outer_rows[i, :32] = out[start + i]
            blocks[i] = pad(outer_rows[i], 32, BLOCK)
        hash_rows(outer_rows, blocks, count, outer, out[start : start + count])


@kernel
def groups(
    first: int, end: int, clients: int, group_count: int, rights: Any, ids: Any, offsets: Any, nonce: Any, low: Any, high: Any,
    row_width: int, out_hash: Any, out_low: Any, out_high: Any,
) -> None:  # fmt: skip
    """The top nodes of groups ``first`` to ``end``. All client arrays are in the order of the tree.

    ``rights`` [sizes, members] gives for each size of group, counted from the smallest, the position in the right half.
    """
    assets = low.shape[1]
    smallest = clients // group_count
    per_batch = max(1, BATCH // (smallest + 1))
    most = per_batch * (smallest + 1) * 2
    rows = np.empty((most, row_width), np.uint8)
    blocks = np.empty(most, np.int64)
    hashes = np.empty((most, 32), np.uint8)
    joined = np.empty((most, 32), np.uint8)
    lo = np.empty((most, assets), np.uint64)
    hi = np.empty((most, assets), np.uint64)
    sizes = np.empty(2 * per_batch, np.int64)
    draws = np.empty((BATCH + per_batch, 2 * assets), np.uint64)
    for start in range(first, end, per_batch):
        many = min(per_batch, end - start)
        base = start * clients // group_count
        members_all = (start + many) * clients // group_count - base
        _draws(
            nonce[base : base + members_all],
            low[base : base + members_all],
            high[base : base + members_all],
            rows,
            blocks,
            joined,
            draws,
        )
        at = 0
        for g in range(many):
            a = (start + g) * clients // group_count
            members = (start + g + 1) * clients // group_count - a
            sizes[2 * g] = sizes[2 * g + 1] = members
            for k in range(members):
                left, right = at + k, at + members + rights[members - smallest, k]
                _share(
                    low[a + k],
                    high[a + k] if high.shape[0] else low[a + k],
                    high.shape[0] > 0,
                    draws[a + k - base],
                    lo,
                    hi,
                    left,
                    right,
                )
                _leaf_row(rows[left], blocks, left, 0, nonce[a + k], ids, offsets[a + k], offsets[a + k + 1], lo[left], hi[left])
                _leaf_row(
                    rows[right], blocks, right, 1, nonce[a + k], ids, offsets[a + k], offsets[a + k + 1], lo[right], hi[right]
                )
            at += 2 * members
        hash_rows(rows, blocks, at, START, hashes)
        deepest = 1
        while deepest:
            deepest = _level(sizes, 2 * many, hashes, joined, lo, hi, rows, blocks)
            hashes, joined = joined, hashes
        for g in range(many):
            sizes[g] = 2
        _level(sizes, many, hashes, joined, lo, hi, rows, blocks)
        hashes, joined = joined, hashes
        out_hash[start : start + many] = hashes[:many]
        out_low[start : start + many] = lo[:many]
        out_high[start : start + many] = hi[:many]


@kernel
def pairs(
    first: int, end: int, hashes: Any, low: Any, high: Any, row_width: int, out_hash: Any, out_low: Any, out_high: Any
) -> None:
    """Joins the nodes ``2 i`` and ``2 i + 1`` of a level into node ``i`` of the next, for ``i`` from ``first`` to ``end``."""
    rows = np.empty((BATCH, row_width), np.uint8)
    blocks = np.empty(BATCH, np.int64)
    for start in range(first, end, BATCH):
        count = min(BATCH, end - start)
        for i in range(count):
            a = 2 * (start + i)
            _node_row(rows[i], blocks, i, hashes, low, high, a)
            for k in range(low.shape[1]):
                out_low[start + i, k] = low[a, k] + low[a + 1, k]
                carry = _ONE if out_low[start + i, k] < low[a, k] else np.uint64(0)
                out_high[start + i, k] = high[a, k] + high[a + 1, k] + carry
        hash_rows(rows, blocks, count, START, out_hash[start : start + count])


@kernel
def _level(sizes: Any, segments: int, hashes: Any, joined: Any, lo: Any, hi: Any, rows: Any, blocks: Any) -> int:
    """Joins pairs within each segment, a last one without partner moves up; the largest size that is still above 1, or 0.

    Sums are moved in place (a node never moves back), hashes from ``hashes`` to ``joined``.
    """
    at = to = hashed = 0
    left_over = 0
    for s in range(segments):
        for k in range(0, sizes[s], 2):
            if k + 1 < sizes[s]:
                _node_row(rows[hashed], blocks, hashed, hashes, lo, hi, at + k)
                for m in range(lo.shape[1]):
                    a = lo[at + k, m]
                    total = a + lo[at + k + 1, m]
                    carry = _ONE if total < a else np.uint64(0)
                    hi[to, m] = hi[at + k, m] + hi[at + k + 1, m] + carry
                    lo[to, m] = total
                hashed += 1
            else:
                lo[to] = lo[at + k]
                hi[to] = hi[at + k]
            to += 1
        at += sizes[s]
    digests = np.empty((hashed, 32), np.uint8)
    hash_rows(rows, blocks, hashed, START, digests)
    at = to = hashed = 0
    for s in range(segments):
        for k in range(0, sizes[s], 2):
            if k + 1 < sizes[s]:
                joined[to] = digests[hashed]
                hashed += 1
            else:
                joined[to] = hashes[at + k]
            to += 1
        at += sizes[s]
        sizes[s] = (sizes[s] + 1) // 2
        if sizes[s] > 1:
            left_over = max(left_over, sizes[s])
    return left_over


@kernel
def _draws(nonce: Any, low: Any, high: Any, rows: Any, blocks: Any, digests: Any, out: Any) -> None:
    """64-bit numbers from each client's nonce, as many as his balances above zero need: SHA-256(0x03, nonce, counter)."""
    most = rows.shape[0]
    wide = 2 if high.shape[0] else 1
    client, counter, filled = 0, 0, 0
    owner = np.empty(most, np.int64)
    turn = np.empty(most, np.int64)
    while client < nonce.shape[0] or filled:
        if client < nonce.shape[0] and filled < most:
            wanted = 0
            for m in range(low.shape[1]):
                if low[client, m] or (wide == 2 and high[client, m]):
                    wanted += wide
            if counter * 4 >= wanted:
                client += 1
                counter = 0
                continue
            row = rows[filled]
            row[0] = 3
            row[1:33] = nonce[client]
            row[33] = counter >> 8
            row[34] = counter & 255
            blocks[filled] = pad(row, 35, 0)
            owner[filled] = client
            turn[filled] = counter
            counter += 1
            filled += 1
        else:
            hash_rows(rows, blocks, filled, START, digests)
            for i in range(filled):
                for q in range(4):
                    number = np.uint64(0)
                    for k in range(8):
                        number = (number << np.uint64(8)) | np.uint64(digests[i, 8 * q + k])
                    if turn[i] * 4 + q < out.shape[1]:
                        out[owner[i], turn[i] * 4 + q] = number
            filled = 0


@kernel
def _share(low: Any, high: Any, wide: bool, draws: Any, lo: Any, hi: Any, left: int, right: int) -> None:
    """Cuts balances in two: the left share is drawn evenly from 0 to the balance, the right one is the rest."""
    used = 0
    for m in range(low.shape[0]):
        balance_hi = high[m] if wide else np.uint64(0)
        share_hi = np.uint64(0)
        top = low[m]
        if balance_hi:
            r = draws[used]
            share_hi = _scaled(r, balance_hi)
            if share_hi < balance_hi:
                top = np.uint64(0xFFFFFFFFFFFFFFFF)
        share = np.uint64(0)
        if low[m] or balance_hi:
            share = _scaled(draws[used + 1] if wide else draws[used], top)
            used += 2 if wide else 1
        lo[left, m] = share
        hi[left, m] = share_hi
        borrow = _ONE if low[m] < share else np.uint64(0)
        lo[right, m] = low[m] - share
        hi[right, m] = balance_hi - share_hi - borrow


@kernel
def _scaled(draw: Any, top: Any) -> Any:
    """``draw * (top + 1) / 2^64`` rounded down: evenly from 0 to ``top``."""
    a, b = draw >> _32, draw & _LOW
    c, d = top >> _32, top & _LOW
    bd, ad, bc = b * d, a * d, b * c
    middle = (bd >> _32) + (ad & _LOW) + (bc & _LOW)
    upper = a * c + (ad >> _32) + (bc >> _32) + (middle >> _32)
    lower = draw * top
    return upper + (_ONE if lower + draw < lower else np.uint64(0))


@kernel
def _leaf_row(row: Any, blocks: Any, at: int, half: int, nonce: Any, ids: Any, a: int, b: int, lo: Any, hi: Any) -> None:
    row[0] = 0
    row[1] = half
    row[2:34] = nonce
    row[34] = b - a
    for k in range(b - a):
        row[35 + k] = ids[a + k]
    blocks[at] = pad(row, _amounts(row, 35 + b - a, lo, hi), 0)


@kernel
def _node_row(row: Any, blocks: Any, to: int, hashes: Any, lo: Any, hi: Any, at: int) -> None:
    row[0] = 1
    row[1:33] = hashes[at]
    end = _amounts(row, 33, lo[at], hi[at])
    row[end : end + 32] = hashes[at + 1]
    blocks[to] = pad(row, _amounts(row, end + 32, lo[at + 1], hi[at + 1]), 0)


@kernel
def _amounts(row: Any, start: int, lo: Any, hi: Any) -> Any:
    """Writes amounts as ``codec.amount_bytes`` does, from ``start``; where they end."""
    count = lo.shape[0]
    at = start + (count + 1) // 2
    row[start:at] = 0
    for m in range(count):
        length = 0
        rest = hi[m] if hi[m] else lo[m]
        while rest:
            length += 1
            rest >>= np.uint64(8)
        if hi[m]:
            length += 8
        row[start + m // 2] |= length if m & 1 else length << 4
        for k in range(length - 1, -1, -1):
            part = hi[m] >> np.uint64(8 * (k - 8)) if k >= 8 else lo[m] >> np.uint64(8 * k)
            row[at] = part & np.uint64(255)
            at += 1
    return at
