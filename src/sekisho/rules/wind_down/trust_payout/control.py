"""Money trust, paid out: what the clients together would get of the principal, and what would go back to the exchange."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount, Evidence, Step
from sekisho.typologies.custody import MONEY
from sekisho.typologies.entitlements import Share
from sekisho.typologies.estate import Owed, ledger_day, owed_on, principal_on

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """The payout as if the right were exercised on the day judged, with the principal on record taken as what it fetches."""
    day = ledger_day(records, p.as_of)
    principal = None if day is None else principal_on(records, day)
    if day is None or principal is None:
        return
    owed = owed_on(records, day).get(MONEY, Owed(Decimal(0), 0))
    share = Share(owed.quantity, principal, p.unit_jpy)
    yield Amount(
        name="trust_payout",
        as_of=day,
        value=share.payable,
        unit="JPY",
        band="short" if share.short else "whole",
        working=(
            Step("required amount", "sum of each client's money", share.owed),
            Step("principal", "as stated, over all trustees; taken as what it fetches", share.pool),
            Step("share", "principal / required, at most 1, rounded down", share.ratio),
            Step("paid to clients", "the smaller of the two", share.payable),
            Step("back to the exchange", "principal - required, at least 0", share.surplus),
            Step("missing", "required - principal, at least 0", share.short),
        ),
        evidence=(Evidence("money_trust", str(day)),),
        facts={"clients": owed.clients, "surplus_jpy": share.surplus, "short_jpy": share.short},
    )
