"""Stated plans: dealing that was laid down beforehand, in the open, is no artifice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from sekisho.typologies.ownership import Ownership

if TYPE_CHECKING:
    from sekisho.records import Records

Announced = Callable[[Iterable[str], str, str, datetime], bool]
"""Whether what these accounts did in an instrument, on a side, from a moment on, was laid down in a plan made before."""


def plans_of(records: Records, owners: Ownership) -> Announced:
    """The plans in ``stated_plan``, asked by account, instrument, side and time. A plan made after the act covers nothing."""
    plan = records.optional("stated_plan")
    columns = ("party_id", "asset", "side", "made_at", "executes_from", "executes_until")
    plans: dict[tuple[str, str, str], list[tuple[datetime, datetime, datetime]]] = defaultdict(list)
    for row in plan.select(*columns).to_pyarrow().to_pylist():
        plans[row["party_id"], row["asset"], row["side"]].append((row["made_at"], row["executes_from"], row["executes_until"]))

    def announced(account_ids: Iterable[str], instrument: str, side: str, at: datetime) -> bool:
        asset = instrument.partition("/")[0]
        parties = {owners.party_of[account] for account in account_ids if account in owners.party_of}
        own = (times for party in parties for times in plans.get((party, asset, side), ()))
        return any(made <= at and starts <= at < ends for made, starts, ends in own)

    return announced
