"""Movements read off a chain, written as ``chain_movement``: one row for each transaction, asset, sender and receiver."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sekisho.records.convert.staging import Staging
from sekisho.records.errors import RecordsError
from sekisho.records.exact import EXACT, fitting
from sekisho.records.holdings import shown
from sekisho.records.tables import TABLES
from sekisho.records.wallets import WalletBook, plain_address

FEE, MINED, UNKNOWN = "fee", "coinbase", "unknown"
"""What stands for an address where there is none: the network's fee, newly mined coins, a sender the source does not tell."""


class Movement(NamedTuple):
    """Coins from one address to another in a transaction."""

    txid: str
    occurred_at: datetime
    asset: str
    from_address: str
    to_address: str
    quantity: Decimal


def write_movements(
    staging: Staging, movements: Iterable[Movement], book: WalletBook | None, source: str
) -> tuple[tuple[str, ...], dict[str, int]]:
    """Write ``chain_movement``, and ``wallet`` where there is a book; give the notes and counts. Raises RecordsError.

    Several movements of one asset between the same two addresses in one transaction are one row: their sum.
    """
    sums: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
    times: dict[str, datetime] = {}
    number = 0
    for one in movements:
        number += 1
        if times.setdefault(one.txid, one.occurred_at) != one.occurred_at:
            raise RecordsError(source, f"transaction {one.txid} has two times", "save it again")
        sender, receiver = _spelt(book, one.asset, one.from_address), _spelt(book, one.asset, one.to_address)
        key = one.txid, one.asset, sender, receiver
        sums[key] = EXACT.add(sums[key], one.quantity)
    if not sums:
        raise RecordsError(source, "holds no movement of coins", "check that it is the export meant")
    rows = []
    for (txid, asset, sender, receiver), quantity in sums.items():
        exact = fitting(quantity)
        if exact is None:
            raise RecordsError(source, f"transaction {txid} moves {quantity} {asset}, which does not fit the table", "leave it out")
        rows.append((txid, times[txid], asset, sender, receiver, exact, None))
    staging.write("chain_movement", shown(staging, "movements", rows, TABLES["chain_movement"].arrow_schema))
    notes = ["Who authorised a movement is not on the chain: authorised_by is empty."]
    if number > len(rows):
        notes.append(f"{number - len(rows)} movements between the same two addresses of a transaction were added to another.")
    if book is None:
        return tuple(notes), {"movements": number}
    staging.connection.register("wallets given", book.table)
    staging.write("wallet", 'SELECT * FROM "wallets given"')
    own = {plain_address(a) for a in book.table["address"].to_pylist()}
    touched = sum(1 for row in rows if plain_address(str(row[3])) in own or plain_address(str(row[4])) in own)
    notes.append(f"{len(rows) - touched} of {len(rows)} movements touch no wallet of {book.label} themselves.")
    return tuple(notes), {"movements": number, "movements_of_wallets": touched}


def _spelt(book: WalletBook | None, asset: str, address: str) -> str:
    return plain_address(address) if book is None else book.spelling(asset, address)
