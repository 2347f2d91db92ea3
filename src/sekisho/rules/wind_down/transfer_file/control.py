"""Transfer file: what clients are owed per asset against what is kept apart, and the difference a successor would take over."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount, Evidence, Step
from sekisho.typologies.custody import MONEY, read_chain
from sekisho.typologies.estate import by_holder, ledger_day, owed_on, principal_on, returned_until, shares, there
from sekisho.typologies.valuation import EXACT, Cutoff

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """One amount for each asset: what is there less what is owed; 0 when the file adds up to the holdings."""
    day = ledger_day(records, p.as_of)
    if day is None:
        return
    watched = {"wallet", "wallet_balance"} <= records.present
    seen = there(read_chain(records, Cutoff.parse(p.cutoff)), day) if watched else ()
    owed = owed_on(records, day)
    one = Decimal(1)
    found = shares(owed, seen, principal_on(records, day), dict.fromkeys({*owed, *(o.wallet.asset for o in seen), MONEY}, one), {})
    held, returned = by_holder(seen), returned_until(records, day)
    none = Decimal(0)
    for asset, share in found.items():
        difference = EXACT.subtract(share.pool, share.owed)
        names = {name for each in seen if each.wallet.asset == asset for name in each.names}
        if asset == MONEY and principal_on(records, day) is not None:
            names.add(("money_trust", str(day)))
        yield Amount(
            name="transfer_difference",
            as_of=day,
            value=difference,
            unit=asset,
            band="short" if share.short else "surplus" if share.surplus else "equal",
            working=(
                Step("owed to clients", "books, the firm's own accounts left out", share.owed),
                Step("there", "money trust" if asset == MONEY else "wallets of customers and guarantee", share.pool),
                Step("of which guarantee", "guarantee wallets", held.get(asset, {}).get("guarantee", none)),
                Step("entitlements in all", "the smaller of owed and there, before rounding", share.payable),
                Step("returned before", "returns on record", returned.get(asset, none)),
                Step("difference", "there - owed", difference),
            ),
            evidence=tuple(sorted(Evidence(*name) for name in names)),
            facts={"clients": owed[asset].clients if asset in owed else 0, "missing": share.short, "surplus": share.surplus},
        )
