"""Issuer in breach: while a breach of disclosure lasts, its asset is only sold and taken out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Fact, Found, Outcome, Reason
from sekisho.engine.client_records import breaches_of, ordered_in, transfers_of
from sekisho.engine.clients import MONEY, adds_nothing, pair_of
from sekisho.engine.open_orders import OPPOSITE
from sekisho.engine.order_replay import stopped
from sekisho.engine.requests import OrderRequest, TransferRequest
from sekisho.typologies.material_facts import japan_date
from sekisho.typologies.suitability import Breach

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Refuse an order on a side that is not allowed, and hold a transfer in a direction that is not."""
    if isinstance(request, TransferRequest):
        if request.direction not in p.transfers_allowed:
            breach = _lasting(view.breaches(request.asset), request.requested_at)
            if breach is not None:
                facts = {"transfer": request.transfer_id, "direction": request.direction, **_told(breach)}
                yield Reason(outcome=Outcome.hold, sentence="breach_transfer", facts=facts)
    elif isinstance(request, OrderRequest):
        yield from _order(request, view, p)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Orders and transfers that were accepted all the same: one finding for each breach."""
    breaches, taken = breaches_of(records), defaultdict[str, _Taken](_Taken)
    since = min((one.recorded_at for each in breaches.values() for one in each), default=None)
    if since is None:
        return
    for order, reason in stopped(records, ordered_in(records, breaches, since), decide, p, japan_date(since)):
        taken[str(reason.facts["breach"])].add("order", order.order_id, order.received_at, reason.facts)
    for transfer in transfers_of(records, breaches):
        if transfer.direction not in p.transfers_allowed and transfer.left_at is not None:
            breach = _lasting(breaches[transfer.asset], transfer.requested_at)
            if breach is not None and breach.lasts(transfer.left_at):
                taken[breach.breach_id].add("transfer", transfer.transfer_id, transfer.left_at, _told(breach))
    found = [one.found(p) for one in taken.values()]
    yield from sorted(found, key=lambda one: (one.window_from, one.subject_id, str(one.facts["breach"])))


def _order(request: OrderRequest, view: View, p: Parameters) -> Iterator[Reason]:
    base, quote = pair_of(view, request.instrument)
    for asset, side in ((base, request.side), (quote, OPPOSITE[request.side])):
        if asset == MONEY or side in p.orders_allowed:
            continue
        breach = _lasting(view.breaches(asset), request.received_at)
        if breach is not None and not adds_nothing(request, view):
            facts = {"order": request.order_id, "side": side, **_told(breach)}
            yield Reason(outcome=Outcome.refuse, sentence="breach", facts=facts)
            return


def _lasting(breaches: Iterable[Breach], at: datetime) -> Breach | None:
    return next((one for one in breaches if one.lasts(at)), None)


def _told(breach: Breach) -> dict[str, Fact]:
    return {
        "asset": breach.asset,
        "breach": breach.breach_id,
        "breach_kind": breach.kind,
        "recorded_at": breach.recorded_at,
    }


@dataclass(slots=True)
class _Taken:
    """What was accepted during one breach."""

    names: set[Evidence] = field(default_factory=set)
    times: list[datetime] = field(default_factory=list)
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def add(self, table: str, name: str, at: datetime, facts: Mapping[str, Fact]) -> None:
        self.names.add(Evidence(table, name))
        self.times.append(at)
        self.facts = facts

    def found(self, p: Parameters) -> Found:
        asset = str(self.facts["asset"])
        kinds = [name.table for name in self.names]
        return Found(
            subject_kind="asset",
            subject_id=asset,
            asset=asset,
            window_from=min(self.times),
            window_until=max(self.times) + timedelta.resolution,
            score=p.score,
            evidence=tuple(sorted(self.names | {Evidence("issuer_breach", str(self.facts["breach"]))})),
            facts={
                **{name: self.facts[name] for name in ("asset", "breach", "breach_kind", "recorded_at")},
                "orders": kinds.count("order"),
                "transfers": kinds.count("transfer"),
                "first_at": min(self.times),
                "last_at": max(self.times),
            },
        )
