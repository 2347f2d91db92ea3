"""What persons did with an asset: bought, sold, exchanged, transferred for value or acquired from its issuer, on any venue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import ibis
import pyarrow as pa

from sekisho.typologies.handled_assets import Handled
from sekisho.typologies.trades import Trade, since
from sekisho.typologies.valuation import EXACT, in_utc

if TYPE_CHECKING:
    from sekisho.records import Records

OPPOSITE = {"buy": "sell", "sell": "buy"}
SHAPING = frozenset({"new", "replace"})
"""Actions that give an order its shape."""


class Act(NamedTuple):
    """One act in an asset on somebody's account. ``kind`` is ``trade``, ``transfer``, ``swap``, ``person`` or ``primary``.

    ``notional`` is in the quote asset of ``instrument`` for a trade, in yen for a transfer, None where no value is on record.
    """

    kind: str
    record: tuple[str, str]
    at: datetime
    account_id: str
    asset: str
    side: str
    quantity: Decimal
    instrument: str | None = None
    order_id: str | None = None
    other_account_id: str | None = None
    notional: Decimal | None = None
    trade: Trade | None = None

    @property
    def order(self) -> tuple[datetime, tuple[str, str], str]:
        """Acts in the order they were done."""
        return self.at, self.record, self.side


@dataclass(frozen=True, slots=True)
class Off:
    """How acts off the order book are read: words that say a transfer was for value, and addresses that coins are minted from."""

    words: Collection[str]
    mints: Collection[str]

    def for_value(self, purpose: str | None) -> bool:
        """Whether the customer's own words say that something was given in return."""
        return purpose is not None and any(word.lower() in purpose.lower() for word in self.words)


class Watched(NamedTuple):
    """Whose acts in which assets are looked for, from a Japan date on; the sets are small."""

    accounts: frozenset[str]
    assets: frozenset[str]
    since: date

    def instruments(self, handled: Handled) -> frozenset[str]:
        """Where the assets are traded."""
        return frozenset(pair.instrument for asset in self.assets for pair in handled.of(asset))


def acts_of(records: Records, watched: Watched, handled: Handled, off: Off, trades: Iterable[Trade] | None = None) -> list[Act]:
    """Everything the accounts did in the assets, in order of time. ``trades`` are theirs in ``Watched.instruments``, where read."""
    accounts, assets, _day = watched
    if not accounts or not assets:
        return []
    read = _trades(records, watched, handled) if trades is None else trades
    acts = [*_traded(read, watched, handled), *_off_book(records, accounts, assets, off)]
    return sorted(acts, key=lambda act: act.order)


def entered_at(events: Iterable[Mapping[str, Any]]) -> Mapping[str, datetime]:
    """When each order took its last shape, from rows of ``order_event``: entered, or replaced by its owner."""
    shaped: dict[str, datetime] = {}
    for row in events:
        if row["action"] in SHAPING:
            order, at = str(row["order_id"]), in_utc(row["occurred_at"])
            shaped[order] = max(shaped.get(order, at), at)
    return shaped


def _trades(records: Records, watched: Watched, handled: Handled) -> list[Trade]:
    names = watched.instruments(handled)
    if not names or "trade" not in records.present:
        return []
    trade = since(records.trade, watched.since).filter(records.trade.instrument.isin(sorted(names)))
    table = records.memory("watched", pa.table({"account_id": pa.array(sorted(watched.accounts), pa.string())}))
    mine = [trade.semi_join(table, trade[side] == table.account_id) for side in ("buy_account_id", "sell_account_id")]
    rows = ibis.union(*(part.select(*Trade._fields) for part in mine), distinct=True).to_pyarrow().to_pylist()
    return [Trade(**{**row, "executed_at": in_utc(row["executed_at"])}) for row in rows]


def _traded(trades: Iterable[Trade], watched: Watched, handled: Handled) -> Iterator[Act]:
    accounts, assets, day = watched
    pairs = {pair.instrument: pair for asset in assets for pair in handled.of(asset)}
    for one in trades:
        if one.day < day or one.instrument not in pairs:
            continue
        pair, whose = pairs[one.instrument], {"buy": one.buy_account_id, "sell": one.sell_account_id}
        for side, account in whose.items():
            if account not in accounts:
                continue
            other = whose[OPPOSITE[side]]
            if pair.base in assets:
                yield _act(one, pair.base, side, one.quantity, account, other)
            if pair.quote in assets:
                yield _act(one, pair.quote, OPPOSITE[side], one.notional, account, other)


def _act(one: Trade, asset: str, side: str, quantity: Decimal, account: str, other: str | None) -> Act:
    return Act(
        kind="trade",
        record=("trade", one.trade_id),
        at=one.executed_at,
        account_id=account,
        asset=asset,
        side=side,
        quantity=quantity,
        instrument=one.instrument,
        order_id=one.buy_order_id if account == one.buy_account_id else one.sell_order_id,
        other_account_id=other,
        notional=one.notional,
        trade=one,
    )


def _off_book(records: Records, accounts: Collection[str], assets: Collection[str], off: Off) -> Iterator[Act]:
    transfer = records.optional("transfer")
    columns = ("transfer_id", "requested_at", "account_id", "direction", "asset", "quantity", "value_jpy", "purpose", "status")
    chosen = transfer.filter(transfer.account_id.isin(sorted(accounts)), transfer.asset.isin(sorted(assets)))
    for row in chosen.select(*columns).to_pyarrow().to_pylist():
        if row["status"] in {"released", "completed"} and off.for_value(row["purpose"]):
            side = "sell" if row["direction"] == "out" else "buy"
            at, record = in_utc(row["requested_at"]), ("transfer", row["transfer_id"])
            yield Act("transfer", record, at, row["account_id"], row["asset"], side, row["quantity"], notional=row["value_jpy"])
    if "chain_movement" in records.present and "transfer" in records.present:
        yield from _on_chain(records, accounts, assets, off)


def _on_chain(records: Records, accounts: Collection[str], assets: Collection[str], off: Off) -> Iterator[Act]:
    """Movements between addresses that the records know, which no transfer of the exchange explains."""
    owner_of = _addresses(records)
    mine = {address: account for address, account in owner_of.items() if account in set(accounts)}
    if not mine:
        return
    issuers = _issuers(records, assets)
    movement = records.chain_movement.filter(records.chain_movement.authorised_by.isnull())
    here = movement.filter(movement.from_address.isin(sorted(mine)) | movement.to_address.isin(sorted(mine)))
    by_tx: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in here.to_pyarrow().to_pylist():
        by_tx[row["txid"]].append(row)
    for _txid, rows in sorted(by_tx.items()):
        for row in rows:
            yield from _movement_acts(row, rows, owner_of, mine, assets, issuers, off)


def _movement_acts(
    row: dict[str, Any], together: list[dict[str, Any]], owner_of: Mapping[str, str], mine: Mapping[str, str],
    assets: Collection[str], issuers: Mapping[str, frozenset[str]], off: Off,
) -> Iterator[Act]:  # fmt: skip
    if row["asset"] not in assets:
        return
    for address, other, side in ((row["from_address"], row["to_address"], "sell"), (row["to_address"], row["from_address"], "buy")):
        if address not in mine or owner_of.get(other) == mine[address]:
            continue
        returned = "to_address" if side == "sell" else "from_address"
        swapped = any(each["asset"] != row["asset"] and each[returned] == address for each in together)
        issued = side == "buy" and row["asset"] in issuers and (other in off.mints or owner_of.get(other) in issuers[row["asset"]])
        kind = "swap" if swapped else "primary" if issued else "person" if other in owner_of else None
        if kind is not None:
            record = ("chain_movement", row["txid"])
            yield Act(
                kind, record, in_utc(row["occurred_at"]), mine[address], row["asset"], side, row["quantity"],
                other_account_id=owner_of.get(other),
            )  # fmt: skip


def _addresses(records: Records) -> dict[str, str]:
    """Addresses of customers' own wallets: unhosted, and used by the accounts of one party only."""
    transfer = records.transfer.filter(records.transfer.counterparty == "unhosted").select("address", "account_id").distinct()
    users: dict[str, list[str]] = defaultdict(list)
    for row in transfer.to_pyarrow().to_pylist():
        users[row["address"]].append(row["account_id"])
    return {address: accounts[0] for address, accounts in users.items() if len(accounts) == 1}


def _issuers(records: Records, assets: Collection[str]) -> dict[str, frozenset[str]]:
    """Centralised assets with the accounts of their issuer: what comes from there is issued. Mined assets are not among them."""
    account = records.optional("account").select("account_id", "party_id").to_pyarrow().to_pylist()
    of: dict[str, set[str]] = defaultdict(set)
    for row in account:
        of[row["party_id"]].add(row["account_id"])
    asset = records.optional("asset")
    rows = asset.filter(asset.centralised, asset.asset.isin(sorted(assets))).select("asset", "issuer_party_id").to_pyarrow()
    return {row["asset"]: frozenset(of.get(row["issuer_party_id"], ())) for row in rows.to_pylist()}


def total_quantity(acts: Iterable[Act], chosen: Callable[[Act], bool] = lambda _act: True) -> Decimal:
    """The quantities of some acts, exactly."""
    total = Decimal(0)
    for act in acts:
        if chosen(act):
            total = EXACT.add(total, act.quantity)
    return total
