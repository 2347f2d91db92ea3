"""Estate: what there is for the clients of an exchange that ends, what each right is worth in total, and who stands outside.

Customers in custody have a right over the coins kept apart for them and over the guarantee coins, asset by asset; money is
in the trust. Who lent coins to the firm has no part in either. Quantities are exact decimals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ibis import _

from sekisho.typologies.custody import MONEY, Chain, Observation, Wallet, by_asset, customers_balances
from sekisho.typologies.entitlements import Share
from sekisho.typologies.guarantee import is_guarantee
from sekisho.typologies.valuation import EXACT, starts_at

if TYPE_CHECKING:
    from sekisho.records import Records


@dataclass(frozen=True, slots=True)
class Owed:
    """What all clients together are owed of one asset at the end of a day, and how many they are."""

    quantity: Decimal
    clients: int


@dataclass(frozen=True, slots=True)
class Loan:
    """Coins lent to the firm and not given back: a debt, outside custody and outside the priority right."""

    loan_id: str
    party_id: str | None
    asset: str
    quantity: Decimal
    due_on: date | None


def is_for_clients(wallet: Wallet) -> bool:
    """Whether its coins are subject to the right: kept apart for customers, by whomever, or held as guarantee."""
    return wallet.is_customers or is_guarantee(wallet)


def there(chain: Chain, day: date) -> tuple[Observation, ...]:
    """The last balance, by the end of a day, of every wallet whose coins are for clients."""
    return chain.at(day, is_for_clients)


def owed_on(records: Records, day: date) -> dict[str, Owed]:
    """What clients are owed of each asset at the end of a day, money included; empty when the books have no such day."""
    rows = customers_balances(records).filter(_.as_of_date == day, _.quantity > 0)
    totals = rows.group_by("asset").aggregate(quantity=_.quantity.sum(), clients=_.account_id.nunique()).order_by("asset")
    return {row["asset"]: Owed(row["quantity"], row["clients"]) for row in totals.to_pyarrow().to_pylist()}


def ledger_day(records: Records, day: date) -> date | None:
    """The last day up to ``day`` for which the books state what clients are owed; None where there is none."""
    last = records.customer_balance.filter(_.as_of_date <= day).aggregate(day=_.as_of_date.max())
    found = last.to_pyarrow().to_pylist()[0]["day"]
    assert found is None or isinstance(found, date)
    return found


def principal_on(records: Records, day: date) -> Decimal | None:
    """The principal in trust on a day over all trustees; None where the books state none."""
    rows = records.optional("money_trust").filter(_.as_of_date == day).select("principal_jpy").to_pyarrow().to_pylist()
    return sum((row["principal_jpy"] for row in rows), Decimal(0)) if rows else None


def loans_on(records: Records, day: date) -> tuple[Loan, ...]:
    """The loans of coins to the firm that are open at the end of a day."""
    loans = records.optional("crypto_loan")
    still = (loans.borrowed_on <= day) & (loans.returned_on.isnull() | (loans.returned_on > day))
    columns = ("loan_id", "party_id", "asset", "quantity", "due_on")
    rows = loans.filter(still).select(*columns).order_by("loan_id").to_pyarrow().to_pylist()
    return tuple(Loan(**row) for row in rows)


def returned_until(records: Records, day: date) -> dict[str, Decimal]:
    """What has been returned of each asset by the end of a day."""
    rows = records.optional("asset_return").filter(_.returned_at < starts_at(day + timedelta(days=1)))
    totals = rows.group_by("asset").aggregate(quantity=_.quantity.sum()).order_by("asset").to_pyarrow().to_pylist()
    return {row["asset"]: row["quantity"] for row in totals}


def shares(
    owed: Mapping[str, Owed],
    seen: Iterable[Observation],
    principal: Decimal | None,
    units: Mapping[str, Decimal],
    lost: Mapping[str, Decimal],
) -> dict[str, Share]:
    """Each asset's pool against what is owed of it; ``lost`` is taken off. Money without a trust has no pool."""
    held = by_asset(seen)
    none = Decimal(0)
    found = {}
    for asset in sorted({*owed, *held} - {MONEY}):
        pool = EXACT.subtract(held.get(asset, none), lost.get(asset, none))
        assert pool >= 0, "more was lost than was there"
        found[asset] = Share(owed[asset].quantity if asset in owed else none, pool, units[asset])
    if MONEY in owed or principal is not None:
        pool = EXACT.subtract(principal or none, lost.get(MONEY, none))
        found[MONEY] = Share(owed[MONEY].quantity if MONEY in owed else none, pool, units[MONEY])
    return found


def by_holder(seen: Iterable[Observation]) -> dict[str, dict[str, Decimal]]:
    """The quantity of each asset, by whose coins the wallets hold."""
    found: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for one in seen:
        of_asset = found[one.wallet.asset]
        of_asset[one.wallet.holder] = EXACT.add(of_asset.get(one.wallet.holder, Decimal(0)), one.quantity)
    return dict(found)
