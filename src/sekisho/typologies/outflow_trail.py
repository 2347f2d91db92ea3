"""Outflow trail: where coins that left without approval went next, as far as the movements at hand tell.

The rule is *stolen first*: what leaves a reached address counts as stolen until as much has left as arrived stolen, in
order of time; what else the address held is not known. It claims no more than arrived, and follows one asset only: what
is exchanged on the way is not followed. An address with very many movements is taken for a service and ends the trail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from ibis import _

from sekisho.typologies.outflow_matching import plain_address
from sekisho.typologies.valuation import EXACT, in_utc

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from sekisho.records import Records

RESTING, BUSY, OWN, FURTHER = "resting", "busy", "own", "further"
"""How a trail ends at an address: coins seen to rest, a service, a wallet of the firm's, or more hops than are followed."""

ZERO = Decimal(0)

Place = tuple[str, str]
"""An asset and an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How far a trail is followed, and what is called a peel chain: how many hops along which at least a share moves on."""

    hops_max: int
    time_max: timedelta
    busy_movements_max: int
    peel_share_min: Decimal
    peel_hops_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Stolen coins carried from one address to the next; ``hop`` 0 is the outflow itself, ``quantity`` of it what is stolen."""

    hop: int
    txid: str
    occurred_at: datetime
    asset: str
    from_address: str
    to_address: str
    quantity: Decimal
    whole: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Where a part of the stolen coins was last seen."""

    asset: str
    address: str
    quantity: Decimal
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """The steps in order of time, and what they amount to."""

    steps: tuple[Step, ...]
    ends: tuple[End, ...]
    merges: tuple[str, ...]
    peels: tuple[tuple[str, ...], ...]

    @property
    def hops(self) -> int:
        """How many hops after the outflow were seen."""
        return max((step.hop for step in self.steps), default=0)


def follow(records: Records, starts: Sequence[Step], bounds: Bounds) -> Trail:
    """Follow stolen coins from the addresses that the outflow reached."""
    if not starts:
        return Trail(steps=(), ends=(), merges=(), peels=())
    first, last = min(s.occurred_at for s in starts), max(s.occurred_at for s in starts)
    moved = _plain(records).filter(
        _.occurred_at >= first, _.occurred_at <= last + bounds.time_max, _.asset.isin(sorted({s.asset for s in starts}))
    )
    own = _own(records)
    seen = _gather(records, moved, starts, own, bounds)
    return _carried(starts, seen, own, bounds)


def _plain(records: Records) -> ir.Table:
    moved = records.chain_movement
    return moved.select(
        "txid", "occurred_at", "asset", "quantity",
        from_address=plain_address(moved.from_address), to_address=plain_address(moved.to_address),
    )  # fmt: skip


def _own(records: Records) -> frozenset[str]:
    wallet = records.wallet
    return frozenset(wallet.select(address=plain_address(wallet.address)).distinct().to_pyarrow()["address"].to_pylist())


@dataclass(frozen=True, slots=True)
class _Seen:
    """Movements out of reached addresses, the hop at which each address was reached, and those that end the trail."""

    rows: list[dict[str, Any]]
    depth: Mapping[str, int]
    busy: frozenset[str]
    further: frozenset[str]


def _gather(records: Records, moved: ir.Table, starts: Sequence[Step], own: frozenset[str], bounds: Bounds) -> _Seen:
    """Movements out of every address that can be reached, one query for each hop."""
    depth = {step.to_address: 0 for step in starts}
    frontier = set(depth) - own
    rows: list[dict[str, Any]] = []
    busy: set[str] = set()
    hop = 0
    while frontier and hop < bounds.hops_max:
        asked = records.memory("reached", pa.table({"reached": pa.array(sorted(frontier), pa.string())}))
        there = moved.semi_join(asked, moved.from_address == asked.reached)
        numbers = there.group_by("from_address").aggregate(number=_.count()).filter(_.number > bounds.busy_movements_max)
        busy |= set(numbers.to_pyarrow()["from_address"].to_pylist())
        quiet = there.filter(~_.from_address.isin(sorted(busy))) if busy else there
        found = quiet.to_pyarrow().to_pylist()
        rows += found
        reached, over_hubs = set(), False
        for row in found:
            to = row["to_address"]
            hub = row["txid"] in (to, row["from_address"])
            over_hubs |= to == row["txid"]
            if to not in depth:
                depth[to] = depth[row["from_address"]] + (0 if hub and to == row["txid"] else 1)
                reached.add(to)
        frontier = reached - own
        hop += 0 if over_hubs else 1
    return _Seen(rows, depth, frozenset(busy), frozenset(frontier))


def _carried(starts: Sequence[Step], seen: _Seen, own: frozenset[str], bounds: Bounds) -> Trail:
    """Carry the stolen quantity along, in order of time."""
    stolen: dict[Place, Decimal] = defaultdict(lambda: ZERO)
    steps: list[Step] = []
    for step in _in_order(starts, seen):
        if step.hop:
            carried = min(step.whole, stolen[step.asset, step.from_address])
            if not carried:
                continue
            stolen[step.asset, step.from_address] = EXACT.subtract(stolen[step.asset, step.from_address], carried)
            step = _with(step, carried)
        stolen[step.asset, step.to_address] = EXACT.add(stolen[step.asset, step.to_address], step.quantity)
        steps.append(step)
    ends = (
        End(asset=asset, address=address, quantity=left, why=_why(address, seen, own))
        for (asset, address), left in stolen.items()
        if left
    )
    told = sorted(ends, key=lambda end: (end.asset, -end.quantity, end.address))
    return Trail(steps=tuple(steps), ends=tuple(told), merges=_merges(steps), peels=tuple(_peels(steps, bounds)))


def _why(address: str, seen: _Seen, own: frozenset[str]) -> str:
    if address in own:
        return OWN
    if address in seen.busy:
        return BUSY
    return FURTHER if address in seen.further else RESTING


def _with(step: Step, quantity: Decimal) -> Step:
    return Step(
        hop=step.hop, txid=step.txid, occurred_at=step.occurred_at, asset=step.asset, from_address=step.from_address,
        to_address=step.to_address, quantity=quantity, whole=step.whole,
    )  # fmt: skip


def _in_order(starts: Sequence[Step], seen: _Seen) -> list[Step]:
    """The outflow and every movement after it; of one moment the nearer first, into a transaction before out of it."""
    taken = {(s.txid, s.asset, s.to_address) for s in starts}
    rows = [
        Step(
            hop=max(1, seen.depth[r["from_address"]] + 1), txid=r["txid"], occurred_at=in_utc(r["occurred_at"]), asset=r["asset"],
            from_address=r["from_address"], to_address=r["to_address"], quantity=ZERO, whole=r["quantity"],
        )
        for r in seen.rows
        if (r["txid"], r["asset"], r["to_address"]) not in taken and r["from_address"] != r["to_address"]
    ]  # fmt: skip
    return sorted(
        [*starts, *rows], key=lambda s: (s.occurred_at, s.hop, s.from_address == s.txid, s.txid, s.from_address, s.to_address)
    )


def _merges(steps: Iterable[Step]) -> tuple[str, ...]:
    """Addresses at which stolen coins of several addresses came together."""
    givers: dict[str, set[str]] = defaultdict(set)
    for step in steps:
        if step.to_address != step.txid:
            givers[step.to_address].add(step.from_address)
    return tuple(sorted(address for address, each in givers.items() if len(each) > 1))


def _peels(steps: Sequence[Step], bounds: Bounds) -> Iterator[tuple[str, ...]]:
    """Chains of addresses along which, hop after hop, a small part is split off and the rest moves on."""
    after: dict[str, dict[str, list[Step]]] = defaultdict(lambda: defaultdict(list))
    for step in steps:
        if step.hop:
            after[step.from_address][step.txid].append(step)
    onward: dict[str, str] = {}
    for address, by_txid in after.items():
        if len(by_txid) == 1:
            (outputs,) = by_txid.values()
            main = max(outputs, key=lambda s: (s.quantity, s.to_address))
            whole = sum((s.quantity for s in outputs), ZERO)
            if len(outputs) > 1 and main.quantity >= bounds.peel_share_min * whole:
                onward[address] = main.to_address
    for head in sorted(set(onward) - set(onward.values())):
        chain = [head]
        while chain[-1] in onward and onward[chain[-1]] not in chain:
            chain.append(onward[chain[-1]])
        if len(chain) > bounds.peel_hops_min:
            yield tuple(chain)
