"""Small days to prove: clients, balances, trees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from sekisho.liabilities.codec import Asset, Terms
from sekisho.liabilities.tree import Amounts, Tree, build

SECRET = b"a secret of at least 32 bytes....."


def amounts_of(rows: Sequence[Sequence[int]]) -> Amounts:
    word = (1 << 64) - 1
    low = np.array([[a & word for a in row] for row in rows], np.uint64)
    high = np.array([[a >> 64 for a in row] for row in rows], np.uint64)
    totals = [sum(column) for column in zip(*rows, strict=True)]
    return Amounts(low, high if max(totals) >> 63 else high[:0])


def tree_of(
    balances: dict[str, Sequence[int]],
    *,
    day: str = "2026-11-28",
    previous: bytes = bytes(32),
    secret: bytes = SECRET,
    scale: int = 8,
) -> Tree:
    symbols = ("BTC", "ETH", "JPY", "XRP", "USDC")
    assets = tuple(Asset(symbols[k], scale) for k in range(len(next(iter(balances.values())))))
    terms = Terms("Test Exchange", day, len(balances), previous, assets)
    return build(pa.array(list(balances), pa.large_string()), amounts_of(list(balances.values())), terms, secret)


def clients(n: int, assets: int = 3, seed: int = 7) -> dict[str, list[int]]:
    drawn = np.random.default_rng(seed).integers(0, 10**10, (n, assets))
    return {f"C{k:05d}": [int(a) for a in drawn[k]] for k in range(n)}
