"""Unspent outputs of a Bitcoin chain: which of them count towards what an address holds.

An output counts once it is in a block. Whether this node can sign for it does not matter: a cold wallet is watched, not
held, by a node that is online. Newly mined coins that the network does not yet let anybody spend are no cover for customers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

import msgspec

from sekisho.records.errors import RecordsError
from sekisho.records.exact import fitting

COINBASE_MATURITY = 100
"""Newly mined coins count once they have more confirmations than this, as in Bitcoin Core's own balances."""

_PLACES = 8
_SUPPLY_MAX = Decimal(21_000_000)


class Unspent(NamedTuple):
    """One output. ``confirmations`` is 0 before it is in a block; ``row`` is where its source lists it, from 1."""

    txid: str
    vout: int
    address: str
    amount: Decimal
    confirmations: int
    coinbase: bool = False
    row: int | None = None


class Scanned(msgspec.Struct):
    """One output of scantxoutset."""

    txid: str
    vout: int
    scriptPubKey: str  # noqa: N815 (as the node writes it)
    amount: Decimal
    height: int
    coinbase: bool | None = None


class Scan(msgspec.Struct):
    """The answer of scantxoutset."""

    success: bool
    height: int
    bestblock: str
    unspents: list[Scanned]
    total_amount: Decimal


class Counting(NamedTuple):
    """The choices: confirmations from which an output counts, and whether immature coins do."""

    confirmations_min: int = 1
    immature: bool = False


class Counted(NamedTuple):
    """What each address holds, and what was left out."""

    held: dict[str, Decimal]
    rows: dict[str, int | None]
    notes: tuple[str, ...]
    counts: dict[str, int]


def count(unspents: Iterable[Unspent], counting: Counting, source: str) -> Counted:
    """Add outputs up by address. Raises RecordsError for an output told twice or an amount that cannot be."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    rows: dict[str, int | None] = {}
    outpoints: set[tuple[str, int]] = set()
    young: list[Decimal] = []
    immature: list[Decimal] = []
    for one in unspents:
        amount = _amount(one, source)
        outpoint = one.txid.lower(), one.vout
        if outpoint in outpoints:
            problem = f"output {one.txid}:{one.vout} is there twice: its coins would count twice"
            raise RecordsError(source, problem, "remove one of the two", row=one.row, column="txid")
        outpoints.add(outpoint)
        if one.confirmations < max(counting.confirmations_min, 1):
            young.append(amount)
        elif one.coinbase and one.confirmations <= COINBASE_MATURITY and not counting.immature:
            immature.append(amount)
        else:
            held[one.address] += amount
            rows.setdefault(one.address, one.row)
    notes = []
    if young:
        least = max(counting.confirmations_min, 1)
        notes.append(f"{len(young)} outputs of {sum(young):f} BTC have fewer than {least} confirmations and do not count.")
    if immature:
        notes.append(
            f"{len(immature)} newly mined outputs of {sum(immature):f} BTC cannot be spent up to {COINBASE_MATURITY} "
            "confirmations and do not count."
        )
    counts = {"outputs": len(outpoints), "outputs_unconfirmed": len(young), "outputs_immature": len(immature)}
    return Counted(dict(held), rows, tuple(notes), counts)


def _amount(one: Unspent, source: str) -> Decimal:
    amount = fitting(one.amount, _PLACES)
    if amount is None or amount > _SUPPLY_MAX:
        problem = f"'{one.amount}' is no amount of bitcoin: at most eight decimal places, not negative, at most 21 million"
        raise RecordsError(source, problem, "correct or remove the output", row=one.row, column="amount")
    return amount
