"""Priority right: what each custody customer may claim first, out of the coins kept apart and the guarantee."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from ibis import _

from sekisho.engine.answers import Amount, Evidence, Step
from sekisho.typologies.custody import MONEY, customers_balances, read_chain
from sekisho.typologies.entitlements import Share
from sekisho.typologies.estate import by_holder, ledger_day, loans_on, owed_on, shares, there
from sekisho.typologies.valuation import Cutoff, total

if TYPE_CHECKING:
    from datetime import date

    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """For each asset what is owed, what is there and the share covered; then the largest claims one by one."""
    day = ledger_day(records, p.as_of)
    if day is None:
        return
    seen = there(read_chain(records, Cutoff.parse(p.cutoff)), day)
    owed = owed_on(records, day)
    unit = Decimal(1).scaleb(-int(p.unit_places))
    found = shares(owed, seen, None, dict.fromkeys({*owed, *(one.wallet.asset for one in seen), MONEY}, unit), {})
    held = by_holder(seen)
    loans = loans_on(records, day)
    for asset, share in found.items():
        if asset == MONEY:
            continue
        parts = held.get(asset, {})
        guarantee = parts.get("guarantee", Decimal(0))
        lent = total(loan.quantity for loan in loans if loan.asset == asset)
        yield Amount(
            name="priority_right",
            as_of=day,
            value=share.payable,
            unit=asset,
            band="short" if share.short else "whole",
            working=(
                Step("owed to customers in custody", "books, the firm's own accounts left out", share.owed),
                Step("kept apart for customers", "wallets of customers, own and third-party custody", share.pool - guarantee),
                Step("guarantee", "guarantee wallets", guarantee),
                Step("there", "kept apart + guarantee", share.pool),
                Step("lent to the firm", "outside the right: not kept apart, no claim on what is there", lent),
                Step("missing", "owed - there, at least 0", share.short),
                Step("covered", "there / owed, at most 1, rounded down", share.ratio),
                Step("under the right", "the smaller of owed and there", share.payable),
            ),
            evidence=tuple(sorted({Evidence(*name) for one in seen if one.wallet.asset == asset for name in one.names})),
            facts={
                "clients": owed[asset].clients if asset in owed else 0,
                "ratio": share.ratio,
                "lenders": _lenders(records, day, asset),
            },
        )
        yield from _largest(records, day, asset, share, p)


def _largest(records: Records, day: date, asset: str, share: Share, p: Parameters) -> Iterator[Amount]:
    rows = (
        customers_balances(records).filter(_.as_of_date == day, _.asset == asset, _.quantity > 0).select("account_id", "quantity")
    )
    for row in rows.order_by([_.quantity.desc(), "account_id"]).limit(int(p.clients_listed_max)).to_pyarrow().to_pylist():
        part = share.of(row["quantity"])
        yield Amount(
            name="priority_claim",
            as_of=day,
            value=part,
            unit=asset,
            working=(
                Step("claim", "books", row["quantity"]),
                Step("part", "claim x there / owed, at most the claim, rounded down to the smallest unit", part),
            ),
            evidence=(Evidence("customer_balance", f"{row['account_id']}|{asset}|{day}"),),
            facts={"account_id": row["account_id"]},
        )


def _lenders(records: Records, day: date, asset: str) -> tuple[str, ...]:
    return tuple(loan.loan_id for loan in loans_on(records, day) if loan.asset == asset)
