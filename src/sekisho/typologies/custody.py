"""Custody: what customers are owed, what the wallets held at each cut-off, and how long a shortfall lasted.

Quantities are exact decimals. The relational part reduces the tables to one row per asset, wallet and day; what follows
is arithmetic on those few rows. A wallet holds its last observed quantity until the next observation.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_CEILING, Context, Decimal, InvalidOperation, localcontext
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import ibis
import pyarrow as pa
from ibis import _

from sekisho.records.table import key_text
from sekisho.typologies.valuation import Cutoff, Prices, in_utc, total
from sekisho.typologies.wallet_keys import connections

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from sekisho.records import Records

Name = tuple[str, str]
"""A record as evidence names it: table and id."""

MONEY = "JPY"
"""The asset under which customers' money stands in ``customer_balance``."""

_SHARE_STEP = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Wallet:
    """A wallet and whose assets it holds."""

    wallet_id: str
    asset: str
    address: str
    tier: str
    holder: str
    custodian: str | None
    ever_online: bool
    online_from: date | None = None
    """First day on which a device with a key of it had been on a network by the register of keys; None where it says so of none."""

    def on(self, day: date) -> Wallet:
        """The wallet as it stood on a day: what was connected that day or before counts as online."""
        if self.ever_online or self.online_from is None or day < self.online_from:
            return self
        return replace(self, ever_online=True)

    @property
    def is_cold(self) -> bool:
        """Cold means kept off every network: a device that was connected once is not cold, whatever it is called."""
        return self.tier == "cold" and not self.ever_online

    @property
    def is_customers(self) -> bool:
        """Whether it holds customers' assets, by the firm itself or by a third party that keeps them for the firm."""
        return self.holder in ("customer", "third_party")

    @property
    def name(self) -> Name:
        """The record as evidence names it."""
        return "wallet", self.wallet_id


@dataclass(frozen=True, slots=True)
class Observation:
    """The last balance of a wallet seen at or before the cut-off of ``day``."""

    wallet: Wallet
    day: date
    observed_at: datetime
    quantity: Decimal

    @property
    def names(self) -> tuple[Name, Name]:
        """The records as evidence names them: the wallet and its balance."""
        return self.wallet.name, ("wallet_balance", f"{self.wallet.wallet_id}|{key_text(self.observed_at)}")


class Chain:
    """What the wallets held, by day."""

    def __init__(self, wallets: Iterable[Wallet], observations: Iterable[Observation]) -> None:
        self.wallets = tuple(sorted(wallets, key=lambda w: w.wallet_id))
        self._seen: dict[str, list[Observation]] = defaultdict(list)
        for seen in sorted(observations, key=lambda o: o.day):
            self._seen[seen.wallet.wallet_id].append(seen)

    def days(self, which: Callable[[Wallet], bool]) -> tuple[date, ...]:
        """The days on which at least one of these wallets was observed."""
        return tuple(sorted({o.day for w in self.wallets for o in self._seen[w.wallet_id] if which(w.on(o.day))}))

    def at(self, day: date, which: Callable[[Wallet], bool]) -> tuple[Observation, ...]:
        """The last observation of each of these wallets on or before ``day``; a wallet not yet observed is left out."""
        found = []
        for wallet in self.wallets:
            now = wallet.on(day)
            if which(now):
                seen = self._seen[wallet.wallet_id]
                last = bisect_right(seen, day, key=lambda o: o.day)
                found += [one if now is wallet else replace(one, wallet=now) for one in seen[last - 1 : last]]
        return tuple(found)

    def observed_on(self, day: date, which: Callable[[Wallet], bool]) -> frozenset[str]:
        """The assets of which at least one of these wallets was observed on ``day`` itself."""
        return frozenset(o.wallet.asset for o in self.at(day, which) if o.day == day)


def read_chain(records: Records, cutoff: Cutoff) -> Chain:
    """The wallets and their last observation of each day. A device once connected makes its wallet online from that day on."""
    online = connections(records)
    wallets = {
        row["wallet_id"]: Wallet(**row, online_from=online[row["wallet_id"]].since if row["wallet_id"] in online else None)
        for row in records.wallet.select(
            "wallet_id", "asset", "address", "tier", "holder", "custodian", "ever_online"
        ).to_pyarrow().to_pylist()
    }  # fmt: skip
    rows = closing_balances(records.wallet_balance, cutoff).to_pyarrow().to_pylist()
    return Chain(
        wallets.values(),
        (
            Observation(wallets[r["wallet_id"]], r["day"], in_utc(r["observed_at"]), r["quantity"])
            for r in rows
            if r["wallet_id"] in wallets
        ),
    )


def closing_balances(wallet_balance: ir.Table, cutoff: Cutoff) -> ir.Table:
    """One row for each wallet and day it was observed: the last balance at or before the cut-off."""
    return _ranked(wallet_balance, cutoff).filter(_.rank == 0).select("wallet_id", "day", "observed_at", "quantity")


def intraday_balances(wallet_balance: ir.Table, cutoff: Cutoff) -> ir.Table:
    """The observations of each wallet and day before the last one."""
    return _ranked(wallet_balance, cutoff).filter(_.rank > 0).select("wallet_id", "day", "observed_at", "quantity")


def _ranked(wallet_balance: ir.Table, cutoff: Cutoff) -> ir.Table:
    dated = wallet_balance.mutate(day=cutoff.day_of(wallet_balance.observed_at))
    return dated.mutate(rank=ibis.row_number().over(group_by=["wallet_id", "day"], order_by=[ibis.desc("observed_at"), "quantity"]))


Ledger = Mapping[date, Mapping[str, Decimal]]
"""What customers are owed: quantity by day and crypto-asset. Money is not in it."""


def read_ledger(records: Records) -> Ledger:
    """What customers are owed in crypto-assets at the end of each day."""
    return {
        day: coins for day, each in read_owed(records).items() if (coins := {a: o.quantity for a, o in each.items() if a != MONEY})
    }


def read_money(records: Records) -> dict[date, Decimal]:
    """What customers are owed in money at the end of each day, in order of days."""
    return {day: each[MONEY].quantity for day, each in read_owed(records).items() if MONEY in each}


@dataclass(frozen=True, slots=True)
class Owed:
    """What customers were owed of one asset at the end of one day: the sum, in how many rows, and how many of these above 0."""

    quantity: Decimal
    rows: int
    customers: int


_OWED: WeakKeyDictionary[Records, Mapping[date, Mapping[str, Owed]]] = WeakKeyDictionary()
_ADDING_UP = Lock()


def read_owed(records: Records) -> Mapping[date, Mapping[str, Owed]]:
    """What customers are owed by day and asset, money included; added up once for all rules that look at the same records."""
    with _ADDING_UP:
        if records not in _OWED:
            _OWED[records] = _add_up(records)
        return _OWED[records]


def _add_up(records: Records) -> Mapping[date, Mapping[str, Owed]]:
    owed: dict[date, dict[str, Owed]] = defaultdict(dict)
    of = customers_balances(records).group_by("as_of_date", "asset")
    sums = of.aggregate(quantity=_.quantity.sum(), rows=_.count(), customers=(_.quantity > 0).sum())
    for row in sums.order_by("as_of_date", "asset").to_pyarrow().to_pylist():
        owed[row["as_of_date"]][row["asset"]] = Owed(row["quantity"], row["rows"], row["customers"])
    return owed


def customers_balances(records: Records) -> ir.Table:
    """The rows of ``customer_balance`` that are owed to customers, not to the firm's own accounts."""
    houses = records.optional("account").filter(_.kind == "house").select("account_id")
    return records.customer_balance.anti_join(houses, "account_id")


def owed_by_asset(records: Records) -> dict[str, dict[date, Name]]:
    """The days on which customers were owed each asset, money included, each with one balance that shows it."""
    owed = customers_balances(records).filter(_.quantity > 0)
    first = owed.group_by("asset", "as_of_date").aggregate(account_id=_.account_id.min()).order_by("asset", "as_of_date")
    found: dict[str, dict[date, Name]] = defaultdict(dict)
    for row in first.to_pyarrow().to_pylist():
        name = "customer_balance", f"{row['account_id']}|{row['asset']}|{row['as_of_date']}"
        found[row["asset"]][row["as_of_date"]] = name
    return found


def of_unknown_accounts(records: Records, balances: ir.Table) -> ir.Table:
    """The balances under accounts that the table of accounts does not hold."""
    return balances.anti_join(records.optional("account").select("account_id"), "account_id")


def largest_balances(
    records: Records, days: Sequence[date], assets: Iterable[str], number: int, *, known: bool = True
) -> set[Name]:
    """The names of the ``number`` largest balances of each asset on each day; not ``known``: of accounts not on record only."""
    rows = customers_balances(records).filter(_.as_of_date.isin(list(days)), _.asset.isin(sorted(assets)), _.quantity > 0)
    rows = rows if known else of_unknown_accounts(records, rows)
    least = _least_of_largest(rows, number)
    if not least:
        return set()
    # Of many million balances only those that can be among the largest are put in order.
    bounds = records.memory("least_of_largest", pa.Table.from_pylist(least))
    ranked = rows.inner_join(bounds, ["as_of_date", "asset"]).filter(_.quantity >= _.least).mutate(
        rank=ibis.row_number().over(
            group_by=["as_of_date", "asset"], order_by=[ibis.desc("quantity"), "account_id"]
        )
    )  # fmt: skip
    largest = ranked.filter(_.rank < number).select("account_id", "asset", "as_of_date")
    return {("customer_balance", f"{r['account_id']}|{r['asset']}|{r['as_of_date']}") for r in largest.to_pyarrow().to_pylist()}


_STEPS_PER_DOUBLING = 64


def _least_of_largest(rows: ir.Table, number: int) -> list[dict[str, object]]:
    """For each day and asset a quantity that at least ``number`` balances reach, or all of them where there are fewer.

    The balances are counted in steps of size; the steps are only a way to find the bound, which is a balance itself.
    """
    step = (rows.quantity.cast("float64").log2() * _STEPS_PER_DOUBLING).floor().cast("int64")
    counted = rows.mutate(step=step).group_by("as_of_date", "asset", "step").aggregate(least=_.quantity.min(), balances=_.count())
    found: dict[tuple[date, str], dict[str, object]] = {}
    reached: Counter[tuple[date, str]] = Counter()
    for row in counted.order_by("as_of_date", "asset", ibis.desc("step")).to_pyarrow().to_pylist():
        group = row["as_of_date"], row["asset"]
        if reached[group] < number:
            least = min(row["least"], found[group]["least"]) if group in found else row["least"]
            found[group] = {"as_of_date": row["as_of_date"], "asset": row["asset"], "least": least}
            reached[group] += row["balances"]
    return list(found.values())


def by_asset(seen: Iterable[Observation]) -> dict[str, Decimal]:
    """The quantity of each asset, over wallets."""
    quantities: dict[str, list[Decimal]] = defaultdict(list)
    for one in seen:
        quantities[one.wallet.asset].append(one.quantity)
    return {asset: total(each) for asset, each in sorted(quantities.items())}


@dataclass(frozen=True, slots=True)
class Worth:
    """The yen value of several quantities, and the assets that could not be valued."""

    value_jpy: Decimal
    not_valued: tuple[str, ...]
    names: frozenset[Name]


def worth(quantities: Mapping[str, Decimal], prices: Prices, day: date) -> Worth:
    """The exact yen value of quantities by asset on a day, with the quotations used."""
    values = {asset: prices.value(asset, quantity, day) for asset, quantity in quantities.items()}
    quotes = (prices.quote(asset, day) for asset, value in values.items() if value)
    return Worth(
        total(value for value in values.values() if value is not None),
        tuple(sorted(asset for asset, value in values.items() if value is None)),
        frozenset(quote.name for quote in quotes if quote),
    )


def share(part: Decimal, whole: Decimal) -> Decimal:
    """``part / whole`` to six decimals, rounded up so that it never looks better than it is; at least part is whole."""
    if not part:
        return Decimal(0)
    with localcontext(Context(prec=100, rounding=ROUND_CEILING)):
        return (part / max(part, whole)).quantize(_SHARE_STEP)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive tested days on which something was wrong, and the first tested day on which it no longer was."""

    days: tuple[date, ...]
    cured_on: date | None

    @property
    def first(self) -> date:
        """The first day."""
        return self.days[0]

    @property
    def last(self) -> date:
        """The last day on which it was seen."""
        return self.days[-1]

    def state(self, deadline: date) -> str:
        """``late``: not shown cured by the end of the deadline; ``in_time``; ``open``: the records end before either."""
        if self.last >= deadline or (self.cured_on is not None and self.cured_on > deadline):
            return "late"
        return "open" if self.cured_on is None else "in_time"


def stretches(wrong: Mapping[date, bool]) -> Iterator[Stretch]:
    """The stretches of consecutive tested days on which something was wrong; every tested day says whether, in order."""
    days: list[date] = []
    for day, broken in wrong.items():
        if broken:
            days.append(day)
        elif days:
            yield Stretch(tuple(days), day)
            days = []
    if days:
        yield Stretch(tuple(days), None)


def quantities_stated(text: object) -> dict[str, Decimal]:
    """Quantities by asset as a person states them: ``"BTC=10, ETH=200"`` or a list of such words."""
    words = text if isinstance(text, tuple) else re.split(r"[,\s]+", str(text).strip())
    stated = {}
    for word in words:
        asset, _equals, number = str(word).partition("=")
        try:
            stated[asset] = Decimal(number)
        except InvalidOperation:
            raise ValueError(f"'{word}' is not a quantity of an asset; write it as BTC=10, ETH=200") from None
    return stated
