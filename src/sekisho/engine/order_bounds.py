"""Whom to look at: the most that each account's orders, and what it held, can have been worth in yen.

Bounds from above, by one question over all orders: the highest price ever quoted, nothing sold, every order done. An account
below what a rule limits needs no second look; one above, or one that no price speaks of, is played back order by order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis
from ibis import _

from sekisho.typologies.material_facts import japan_date

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from sekisho.records import Records

UNKNOWN = math.inf
_SLACK = 1 + 1e-9
"""The bounds are reckoned in binary floats, so they are taken a little higher."""


def orders_worth_at_most(records: Records) -> Mapping[str, float]:
    """The highest worth of one order of each account; UNKNOWN where no price speaks of one."""
    orders = _priced(records)
    worth = ibis.coalesce(_.quantity * _.price * _.quote_jpy, _.quantity * _.base_jpy)
    return _bounds(orders.mutate(worth=worth).group_by("account_id"))


def held_at_most(records: Records) -> Mapping[str, float]:
    """The most that each account that orders can ever have had in crypto-assets; UNKNOWN where no price speaks of some of it."""
    orders = _priced(records)
    bought = orders.filter(_.side == "buy").select("account_id", asset="base", quantity="quantity")
    swapped = orders.filter(_.side == "sell").select(
        "account_id", asset="quote", quantity=ibis.coalesce(_.quantity * _.price, _.quantity * _.base_jpy / _.quote_jpy)
    )
    sold = orders.filter(_.side == "sell", _.on_margin).select("account_id", asset="base", quantity="quantity")
    balance, transfer = records.optional("customer_balance"), records.optional("transfer")
    kept = balance.group_by("account_id", "asset").aggregate(quantity=_.quantity.max().cast("float64"))
    came = transfer.filter(_.direction == "in").select("account_id", "asset", quantity=_.quantity.cast("float64"))
    position, pair = records.optional("margin_position"), _pairs(records)
    lent = position.left_join(pair, "instrument").select(
        "account_id", asset=ibis.coalesce(_.base, _.instrument), quantity=_.quantity.cast("float64")
    )
    parts = ibis.union(bought, swapped, sold, kept.select(*bought.columns), came, lent).filter(_.asset != "JPY")
    sums = parts.group_by("account_id", "asset").aggregate(quantity=_.quantity.sum(), gaps=_.quantity.isnull().sum())
    valued = sums.left_join(_highest(records), "asset").mutate(
        worth=ibis.ifelse(_.gaps > 0, ibis.null("float64"), ibis.ifelse(_.quantity == 0, 0.0, _.quantity * _.highest_jpy))
    )
    return _bounds(valued.group_by("account_id"), summed=True)


def lowest_limit(records: Records, kind: str, association_jpy: Decimal | None) -> float | None:
    """The lowest limit on record for anybody; None where there may be orders that no limit speaks of."""
    limit, event = records.optional("trading_limit"), records.optional("order_event")
    rows = limit.filter(limit.kind == kind).to_pyarrow().to_pylist()
    first = event.aggregate(first=event.occurred_at.min()).to_pyarrow().to_pylist()[0]["first"]
    limits = [float(row["limit_jpy"]) for row in rows]
    if association_jpy is not None:
        return min([*limits, float(association_jpy)])
    covered = first is not None and any(_speaks_of_all(row) and row["since"] <= japan_date(first) for row in rows)
    return min(limits) if covered else None


def _speaks_of_all(row: Mapping[str, object]) -> bool:
    """Whether a limit leaves out nobody and nothing, and has no end."""
    return all(value is None for name, value in row.items() if name not in _NAMING)


_NAMING = frozenset({"limit_id", "kind", "limit_jpy", "set_by", "since", "owner"})


def _priced(records: Records) -> ir.Table:
    """Orders entered or changed with base and quote, and the highest prices of both."""
    event, margin = records.optional("order_event"), records.optional("margin_order")
    entered = event.filter(_.action.isin(["new", "replace"]), _.account_id.notnull())
    on_margin = margin.select("order_id", on_margin=ibis.literal(True))
    prices = _highest(records)
    named = entered.left_join(_pairs(records), "instrument").left_join(on_margin, "order_id")
    split = named.instrument.split("/")
    named = named.mutate(
        base=ibis.coalesce(_.base, split[0]),
        quote=ibis.coalesce(_.quote, split[1]),
        on_margin=ibis.coalesce(_.on_margin, False),
    ).select("account_id", "side", "base", "quote", "on_margin", "quantity", "price")
    both = named.left_join(prices.rename(base="asset", base_jpy="highest_jpy"), "base")
    both = both.left_join(prices.rename(quote="asset", quote_jpy="highest_jpy"), "quote")
    return both.mutate(
        quantity=_.quantity.cast("float64"),
        price=_.price.cast("float64"),
        quote_jpy=ibis.ifelse(_.quote == "JPY", 1.0, _.quote_jpy),
    ).select("account_id", "side", "base", "quote", "on_margin", "quantity", "price", "base_jpy", "quote_jpy")


def _pairs(records: Records) -> ir.Table:
    return records.optional("instrument").select("instrument", base="base_asset", quote="quote_asset")


def _highest(records: Records) -> ir.Table:
    price = records.optional("reference_price")
    return price.group_by("asset").aggregate(highest_jpy=_.price_jpy.max().cast("float64"))


def _bounds(groups: Any, *, summed: bool = False) -> Mapping[str, float]:
    worth = _.worth.sum() if summed else _.worth.max()
    rows = groups.aggregate(worth=worth, gaps=_.worth.isnull().sum()).to_pyarrow().to_pylist()
    return {row["account_id"]: UNKNOWN if row["gaps"] or row["worth"] is None else row["worth"] * _SLACK for row in rows}
