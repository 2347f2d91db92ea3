"""Segregation: assets without an owner on the books, balances of unknown accounts, and deposits in the firm's own wallets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from ibis import _

from sekisho.typologies.custody import MONEY, Chain, Ledger, Name, by_asset, customers_balances, of_unknown_accounts
from sekisho.typologies.ledger_gap import is_customers
from sekisho.typologies.valuation import EXACT, japan_day, total

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from sekisho.records import Records


def held_without_ledger(chain: Chain, ledger: Ledger) -> dict[date, dict[str, Decimal]]:
    """For every day of the ledger, what customers' wallets seen that day held of assets that no customer is owed."""
    found = {}
    for day in sorted(ledger):
        seen = chain.observed_on(day, is_customers)
        held = by_asset(one for one in chain.at(day, is_customers) if one.quantity)
        found[day] = {asset: quantity for asset, quantity in held.items() if asset in seen and not ledger[day].get(asset)}
    return found


@dataclass(frozen=True, slots=True)
class Unknown:
    """Balances of one asset on one day under accounts that are not on record: how many, how much, and out of how much."""

    count: int
    quantity: Decimal
    of: Decimal


def unknown_accounts(records: Records) -> dict[date, dict[str, Unknown]]:
    """By day and asset; every day of the books is there. Nothing where there is no table of accounts."""
    if "account" not in records.present:
        return {}
    balances = customers_balances(records).filter(_.asset != MONEY, _.quantity > 0)
    owed = balances.group_by("as_of_date", "asset").aggregate(of=_.quantity.sum())
    strangers = of_unknown_accounts(records, balances)
    counted = strangers.group_by("as_of_date", "asset").aggregate(count=_.count(), quantity=_.quantity.sum())
    rows = owed.left_join(counted, ["as_of_date", "asset"]).select("as_of_date", "asset", "count", "quantity", "of")
    found: dict[date, dict[str, Unknown]] = defaultdict(dict)
    for row in rows.order_by("as_of_date", "asset").to_pyarrow().to_pylist():
        found[row["as_of_date"]]
        if row["count"]:
            found[row["as_of_date"]][row["asset"]] = Unknown(row["count"], row["quantity"], row["of"])
    return dict(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """Customers' deposits of one Japan day that reached one wallet of the firm's own, and how much stayed there."""

    wallet_id: str
    asset: str
    day: date
    quantity: Decimal
    kept: Decimal
    names: frozenset[Name]


def deposits_astray(records: Records) -> Iterator[Stray]:
    """Deposits that reached the firm's own wallets and were not moved on to customers' wallets the same day.

    A deposit is a transfer in; the movement that brought it names it, or shares its transaction.
    """
    houses = records.optional("account").filter(_.kind == "house").select("account_id")
    transfers = records.optional("transfer").filter(_.direction == "in").anti_join(houses, "account_id")
    moved = records.optional("chain_movement")
    wallets = records.wallet.select("wallet_id", "asset", "address", "holder")
    reached = moved.inner_join(
        wallets.filter(_.holder == "own"), [moved.asset == wallets.asset, moved.to_address == wallets.address]
    )
    reached = reached.select("txid", "occurred_at", "asset", "to_address", "quantity", "authorised_by", "wallet_id")
    paid = _deposits(reached, transfers)
    days: dict[tuple[str, str, date], list[tuple[Decimal, Name, Name]]] = defaultdict(list)
    for row in paid.order_by("wallet_id", "day", "txid", "transfer_id").to_pyarrow().to_pylist():
        movement, transfer = ("chain_movement", row["txid"]), ("transfer", row["transfer_id"])
        days[row["wallet_id"], row["asset"], row["day"]].append((row["quantity"], movement, transfer))
    passed_on = _passed_on(moved, wallets, sorted({wallet for wallet, _asset, _day in days}))
    for (wallet, asset, day), each in sorted(days.items()):
        quantity = total(one for one, _movement, _transfer in each)
        kept = EXACT.subtract(quantity, passed_on.get((wallet, day), Decimal(0)))
        if kept > 0:
            names = frozenset(name for _quantity, *both in each for name in both)
            yield Stray(wallet_id=wallet, asset=asset, day=day, quantity=quantity, kept=kept, names=names)


def _deposits(reached: ir.Table, transfers: ir.Table) -> ir.Table:
    """The movements into own wallets that a customer's deposit brought."""
    asked = transfers.select("transfer_id", deposit_txid=transfers.txid)
    named = reached.filter(_.authorised_by.notnull()).inner_join(asked, _.authorised_by == asked.transfer_id)
    shared = reached.filter(_.authorised_by.isnull()).inner_join(
        asked.filter(_.deposit_txid.notnull()), _.txid == asked.deposit_txid
    )
    columns = ("txid", "occurred_at", "asset", "quantity", "wallet_id", "transfer_id")
    found = named.select(*columns).union(shared.select(*columns), distinct=True)
    return found.mutate(day=japan_day(found.occurred_at))


def _passed_on(moved: ir.Table, wallets: ir.Table, own: list[str]) -> dict[tuple[str, date], Decimal]:
    """What went from these wallets to customers' wallets, by wallet and day."""
    givers = wallets.filter(_.wallet_id.isin(own)).select("wallet_id", "asset", from_address="address")
    takers = wallets.filter(_.holder.isin(["customer", "third_party"])).select("asset", to_address="address").distinct()
    passed = moved.inner_join(givers, ["asset", "from_address"]).semi_join(takers, ["asset", "to_address"])
    dated = passed.mutate(day=japan_day(passed.occurred_at)).group_by("wallet_id", "day").aggregate(quantity=_.quantity.sum())
    return {(row["wallet_id"], row["day"]): row["quantity"] for row in dated.to_pyarrow().to_pylist()}
