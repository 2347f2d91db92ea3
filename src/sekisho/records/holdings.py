"""Holdings seen on a chain become wallet balances: every address is booked to its wallet, or named, never silently dropped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import pyarrow as pa

from sekisho.records.convert.format import Option
from sekisho.records.convert.staging import Staging
from sekisho.records.errors import RecordsError
from sekisho.records.tables import TABLES
from sekisho.records.wallets import WalletBook, plain_address

_NAMED_MAX = 3
_BALANCE = TABLES["wallet_balance"]
_WALLET = TABLES["wallet"]


class Held(NamedTuple):
    """What one address held of one asset at a time. ``row`` is where its source says so, counted from 1."""

    asset: str
    address: str
    observed_at: datetime
    quantity: Decimal
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """How addresses become wallets.

    ``unknown``: what becomes of an address that is no wallet (``stop`` or ``leave_out``). ``absent``: what becomes of a
    wallet that the source does not mention (``stop``, ``zero`` or ``leave_out``). Without a ``book`` every address is
    a wallet of its own, described by ``told`` (tier, holder, ever_online) if that is given.
    """

    book: WalletBook | None
    unknown: str = "stop"
    absent: str = "stop"
    told: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Covered:
    """What a source speaks of: each asset and the last time it was observed. ``column`` holds the address in ``source``."""

    source: str
    until: Mapping[str, datetime]
    column: str = "address"


OPTIONS = {
    "unknown": Option("stop", "An address with coins that is no wallet: stop and name it, or leave it out", ("stop", "leave_out")),
    "absent": Option(
        "stop",
        "A wallet the source does not mention: stop and name it, it holds nothing, or leave it out",
        ("stop", "zero", "leave_out"),
    ),
    "tier": Option("", "Without --wallets: the tier of every address", ("hot", "cold")),
    "holder": Option("", "Without --wallets: whose coins every address holds", _WALLET.by_name["holder"].values),
    "ever_online": Option("", "Without --wallets: whether the keys of every address were ever online", ("true", "false")),
}
"""The choices of every converter of balances."""


def booking_of(values: Mapping[str, str], book: WalletBook | None) -> Booking:
    """The booking that a converter's options ask for. Raises RecordsError where they say too much or too little."""
    told = {name: values[name] for name in ("tier", "holder", "ever_online")}
    given = [name for name, value in told.items() if value]
    if book is not None and given:
        raise RecordsError(f"option {given[0]}", "is said by the wallets file already", "leave it out, or leave out --wallets")
    if given and len(given) < len(told):
        missing = min(set(told) - set(given))
        raise RecordsError(f"option {missing}", "is missing", "a wallet needs tier, holder and ever_online: give all three or none")
    return Booking(book, values["unknown"], values["absent"], told if given else None)


def write_balances(
    staging: Staging, held: Sequence[Held], booking: Booking, covered: Covered
) -> tuple[tuple[str, ...], dict[str, int]]:
    """Write ``wallet_balance``, and ``wallet`` where it is known; give the notes and counts. Raises RecordsError."""
    source, column = covered.source, covered.column
    _refuse_repeated(held, source, column)
    if booking.book is None:
        rows, notes, counts = _wallets_of_their_own(staging, held, booking)
    else:
        rows, notes, counts = _booked(staging, held, booking, booking.book, covered)
    if not rows:
        raise RecordsError(source, "holds no balance of these wallets", "check that source and wallets belong together")
    staging.write("wallet_balance", shown(staging, "balances", rows, _BALANCE.arrow_schema))
    return notes, counts


def _booked(
    staging: Staging, held: Sequence[Held], booking: Booking, book: WalletBook, covered: Covered
) -> tuple[list[tuple[object, ...]], tuple[str, ...], dict[str, int]]:
    rows: list[tuple[object, ...]] = []
    strangers: list[Held] = []
    for seen in held:
        wallet_id = book.of(seen.asset).get(plain_address(seen.address))
        if wallet_id is not None:
            rows.append((wallet_id, seen.observed_at, seen.quantity))
        elif seen.quantity:
            strangers.append(seen)
    notes: list[str] = []
    if strangers:
        if booking.unknown == "stop":
            problem = f"{_named(s.address for s in strangers)} {_is_or_are(strangers)} no wallet of {book.label}"
            remedy = "add the wallet, or choose unknown=leave_out"
            raise RecordsError(covered.source, problem, remedy, row=strangers[0].row, column=covered.column)
        told = "; ".join(f"{s.address} ({s.quantity:f} {s.asset})" for s in strangers)
        notes.append(f"{len(strangers)} addresses with coins are no wallet of {book.label} and were left out: {told}.")
    zeros = _absent({str(row[0]) for row in rows}, booking, book, covered, notes)
    staging.connection.register("wallets given", book.table)
    staging.write("wallet", 'SELECT * FROM "wallets given"')
    counts = {"addresses": len(held), "unknown_addresses": len(strangers), "wallets_absent": len(zeros)}
    return rows + (zeros if booking.absent == "zero" else []), tuple(notes), counts


def _absent(seen: set[str], booking: Booking, book: WalletBook, covered: Covered, notes: list[str]) -> list[tuple[object, ...]]:
    """Balances of nothing for the wallets of these assets that the source does not mention, at its last time."""
    missing = sorted((w, at) for asset, at in covered.until.items() for w in book.of(asset).values() if w not in seen)
    if not missing:
        return []
    names = [wallet_id for wallet_id, _ in missing]
    if booking.absent == "stop":
        problem = f"does not mention wallet {_named(names)}"
        remedy = "choose absent=zero if the source covers it, absent=leave_out if it does not"
        raise RecordsError(covered.source, problem, remedy)
    what = "hold nothing" if booking.absent == "zero" else "were left out: their last balance stays"
    notes.append(f"{len(names)} wallets that the source does not mention {what}: {', '.join(names)}.")
    return [(wallet_id, at, Decimal(0)) for wallet_id, at in missing]


def _wallets_of_their_own(
    staging: Staging, held: Sequence[Held], booking: Booking
) -> tuple[list[tuple[object, ...]], tuple[str, ...], dict[str, int]]:
    names = {(h.asset, h.address): f"{h.asset}:{plain_address(h.address)}" for h in held}
    notes = ["No wallets file was given: every address is a wallet of its own, named ASSET:ADDRESS."]
    if booking.told is None:
        notes.append("Whose coins these are was not told, so there is no table wallet.")
    else:
        online = booking.told["ever_online"] == "true"
        told = (booking.told["tier"], booking.told["holder"], None, online, None, None)
        wallets = [(name, asset, address, *told) for (asset, address), name in names.items()]
        staging.write("wallet", shown(staging, "wallets", wallets, _WALLET.arrow_schema))
    rows = [(names[h.asset, h.address], h.observed_at, h.quantity) for h in held]
    return [tuple(row) for row in rows], tuple(notes), {"addresses": len(names)}


def _refuse_repeated(held: Iterable[Held], source: str, column: str) -> None:
    seen: set[tuple[str, str, datetime]] = set()
    for one in held:
        key = one.asset, plain_address(one.address), one.observed_at
        if key in seen:
            problem = f"'{one.address}' stands a second time for {one.asset}: its coins would count twice"
            raise RecordsError(source, problem, "keep one of the rows", row=one.row, column=column)
        seen.add(key)


def shown(staging: Staging, name: str, rows: Sequence[Sequence[object]], schema: pa.Schema) -> str:
    """SQL that selects these rows."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    staging.connection.register(name, pa.Table.from_arrays(arrays, names=schema.names))
    return f'SELECT * FROM "{name}"'


def _named(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _NAMED_MAX} more" if len(listed) > _NAMED_MAX else ""
    return ", ".join(f"'{name}'" for name in listed[:_NAMED_MAX]) + more


def _is_or_are(things: Sequence[object]) -> str:
    return "is" if len(things) == 1 else "are"
