"""Large transactions: who, alone or together with others, bought or sold a large part of an asset's issued amount, and when."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import ibis
import pyarrow as pa

from sekisho.typologies.insider_acts import OPPOSITE
from sekisho.typologies.material_facts import Plan, japan_date
from sekisho.typologies.ownership import Link
from sekisho.typologies.valuation import EXACT, in_utc

if TYPE_CHECKING:
    from sekisho.records import Records


class Size(NamedTuple):
    """From which part of the issued amount on, added up over how long a time, a transaction is large."""

    share_min: Decimal
    window: timedelta


class Deal(NamedTuple):
    """One side of one trade."""

    trade_id: str
    at: datetime
    account_id: str
    party_id: str
    side: str
    quantity: Decimal


class Reached(NamedTuple):
    """The moment at which joint holders had bought (or sold) net the part that makes a transaction large.

    ``deals`` are those of the window up to that moment; ``peak`` is the most they had net in any window that follows.
    """

    asset: str
    side: str
    parties: tuple[str, ...]
    accounts: tuple[str, ...]
    at: datetime
    begins_at: datetime
    net: Decimal
    peak: Decimal
    deals: tuple[Deal, ...]
    links: tuple[Link, ...]


class Decided(NamedTuple):
    """Plans of joint holders that together make a transaction large, from the last decision on."""

    asset: str
    side: str
    parties: tuple[str, ...]
    plans: tuple[Plan, ...]
    quantity: Decimal
    at: datetime
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Joint:
    """Parties that act together by links on record."""

    links: Sequence[Link]

    def groups(self, since: date, until: date) -> dict[str, str]:
        """Party to the first of its group, over links that held at some time of these Japan dates."""
        return _components(x for x in self.links if (x.until is None or x.until > since) and (x.since is None or x.since <= until))

    def on(self, day: date) -> dict[str, str]:
        """The same for one day."""
        return self.groups(day, day)

    def among(self, parties: Collection[str], day: date) -> tuple[Link, ...]:
        """The links that hold on a day between some parties, others in between included."""
        if len(parties) < 2:
            return ()
        group = self.on(day)
        named = {group.get(party, party) for party in parties}
        return tuple(link for link in self.links if link.holds_on(day) and group[link.party_id] in named)


def joint_holders(records: Records, relations: Collection[str]) -> Joint:
    """The links of the relations that make holders joint."""
    rows = records.optional("party_link").select(*Link._fields).to_pyarrow().to_pylist()
    links = {Link(**row) for row in rows if row["relation"] in relations}
    return Joint(tuple(sorted(links, key=lambda link: (link.record_id, link.since or date.min))))


def supplies(records: Records) -> dict[str, Decimal]:
    """Issued amounts by asset, where they are on record."""
    asset = records.optional("asset")
    rows = asset.filter(asset.issued_supply.notnull()).select("asset", "issued_supply").to_pyarrow().to_pylist()
    return {row["asset"]: row["issued_supply"] for row in rows if row["issued_supply"] > 0}


Pairs = Mapping[str, tuple[str, str]]
"""Base and quote asset of each instrument."""


def reached(records: Records, joint: Joint, supply: Mapping[str, Decimal], pairs: Pairs, size: Size) -> list[Reached]:
    """Every group and side that reached the size in an asset, once for each, at the first moment."""
    account = records.optional("account").select("account_id", "party_id").to_pyarrow().to_pylist()
    party_of = {row["account_id"]: row["party_id"] for row in account}
    found = []
    for asset, issued in sorted(supply.items()):
        least = EXACT.multiply(issued, size.share_min)
        sides = _sides(records, asset, pairs)
        if sides is None:
            continue
        ever = joint.groups(date.min, date.max)
        group_of = {name: ever.get(party, party) for name, party in party_of.items()}
        for _group, deals in sorted(_candidates(records, sides, group_of, party_of, least).items()):
            for side in ("buy", "sell"):
                one = _first_reach(asset, side, deals, joint, Size(least, size.window))
                if one is not None:
                    found.append(one)
    return found


def decided(plans: Iterable[Plan], joint: Joint, supply: Mapping[str, Decimal], size: Size) -> list[Decided]:
    """Plans of joint holders for one side of an asset, made within the window, that together reach the size."""
    by_asset: dict[tuple[str, str, str], list[Plan]] = defaultdict(list)
    ever = joint.groups(date.min, date.max)
    for plan in plans:
        if plan.asset in supply:
            by_asset[plan.asset, plan.side, ever.get(plan.party_id, plan.party_id)].append(plan)
    found = []
    for (asset, side, _group), rows in sorted(by_asset.items()):
        least = EXACT.multiply(supply[asset], size.share_min)
        for together in _windows(sorted(rows, key=lambda p: (p.made_at, p.plan_id)), size.window):
            at = together[-1].made_at
            group = joint.on(japan_date(at))
            mine = group.get(together[-1].party_id, together[-1].party_id)
            joined = [plan for plan in together if group.get(plan.party_id, plan.party_id) == mine]
            quantity = _total(plan.quantity for plan in joined)
            if quantity >= least:
                parties = tuple(sorted({plan.party_id for plan in joined}))
                found.append(Decided(asset, side, parties, tuple(joined), quantity, at, joint.among(parties, japan_date(at))))
                break
    return found


def _windows(plans: list[Plan], window: timedelta) -> Iterator[list[Plan]]:
    for place, last in enumerate(plans):
        yield [plan for plan in plans[: place + 1] if plan.made_at > last.made_at - window]


def _sides(records: Records, asset: str, pairs: Pairs) -> Any:
    """Both sides of every trade in an asset (Ibis): trade_id, at, account_id, side and quantity in units of the asset."""
    trade, parts = records.trade, []
    as_base = sorted(name for name, (base, _quote) in pairs.items() if base == asset)
    as_quote = sorted(name for name, (_base, quote) in pairs.items() if quote == asset)
    for names, flipped in ((as_base, False), (as_quote, True)):
        chosen: Any = trade.filter(trade.instrument.isin(names or [""]))
        for side in ("buy", "sell") if names else ():
            quantity = chosen.quantity * chosen.price if flipped else chosen.quantity
            named = chosen.select(
                "trade_id",
                at=chosen.executed_at,
                account_id=chosen[f"{side}_account_id"],
                side=ibis.literal(OPPOSITE[side] if flipped else side),
                quantity=quantity.cast("decimal(38, 18)"),
            )
            parts.append(named.filter(named.account_id.notnull()))
    return ibis.union(*parts) if len(parts) > 1 else parts[0] if parts else None


def _candidates(
    records: Records, sides: Any, group_of: Mapping[str, str], party_of: Mapping[str, str], least: Decimal
) -> dict[str, list[Deal]]:
    """The deals of the groups that bought, or sold, the size in gross over the whole records: nobody else can reach it."""
    names = pa.table({"account": pa.array(group_of.keys(), pa.string()), "owner": pa.array(group_of.values(), pa.string())})
    known = records.memory("holders", names)
    joined = sides.left_join(known, sides.account_id == known.account)
    grouped = joined.mutate(group=ibis.coalesce(joined.owner, joined.account_id))
    sums = grouped.group_by("group", "side").aggregate(total=grouped.quantity.sum()).to_pyarrow().to_pylist()
    large = sorted({row["group"] for row in sums if row["total"] >= least})
    if not large:
        return {}
    rows = grouped.filter(grouped.group.isin(large)).select("trade_id", "at", "account_id", "side", "quantity", "group")
    deals: dict[str, list[Deal]] = defaultdict(list)
    for row in rows.to_pyarrow().to_pylist():
        party = party_of.get(row["account_id"], row["account_id"])
        deal = Deal(row["trade_id"], in_utc(row["at"]), row["account_id"], party, row["side"], row["quantity"])
        deals[row["group"]].append(deal)
    return {group: sorted(each, key=lambda deal: (deal.at, deal.trade_id, deal.side)) for group, each in deals.items()}


def _first_reach(asset: str, side: str, deals: Sequence[Deal], joint: Joint, size: Size) -> Reached | None:
    """The first moment of reaching it by who was joint on that day; ``size.share_min`` is in units here."""
    first = _scan(deals, side, size)
    if first is None:
        return None
    day = japan_date(deals[first].at)
    group = joint.on(day)
    for name in sorted({group.get(deal.party_id, deal.party_id) for deal in deals}):
        own = [deal for deal in deals if group.get(deal.party_id, deal.party_id) == name]
        place = _scan(own, side, size)
        if place is None:
            continue
        at = own[place].at
        window = [deal for deal in own[: place + 1] if deal.at > at - size.window]
        parties = tuple(sorted({deal.party_id for deal in window}))
        return Reached(
            asset, side, parties, tuple(sorted({deal.account_id for deal in window})), at, window[0].at, _net(window, side),
            _peak(own, side, size.window), tuple(window), joint.among(parties, day),
        )  # fmt: skip
    return None


def _scan(deals: Sequence[Deal], side: str, size: Size) -> int | None:
    """The place of the deal with which the net of a sliding window first reaches the size."""
    waiting: deque[Deal] = deque()
    net = Decimal(0)
    for place, deal in enumerate(deals):
        waiting.append(deal)
        net = EXACT.add(net, _signed(deal, side))
        while waiting[0].at <= deal.at - size.window:
            net = EXACT.subtract(net, _signed(waiting.popleft(), side))
        if net >= size.share_min:
            return place
    return None


def _peak(deals: Sequence[Deal], side: str, window: timedelta) -> Decimal:
    waiting: deque[Deal] = deque()
    net = best = Decimal(0)
    for deal in deals:
        waiting.append(deal)
        net = EXACT.add(net, _signed(deal, side))
        while waiting[0].at <= deal.at - window:
            net = EXACT.subtract(net, _signed(waiting.popleft(), side))
        best = max(best, net)
    return best


def _signed(deal: Deal, side: str) -> Decimal:
    return deal.quantity if deal.side == side else -deal.quantity


def _net(deals: Iterable[Deal], side: str) -> Decimal:
    return _total(_signed(deal, side) for deal in deals)


def _total(quantities: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for quantity in quantities:
        total = EXACT.add(total, quantity)
    return total


def _components(links: Iterable[Link]) -> dict[str, str]:
    """Union of linked parties: each to the first name of its component."""
    leader: dict[str, str] = {}

    def lead(party: str) -> str:
        leader.setdefault(party, party)
        while leader[party] != party:
            leader[party] = leader[leader[party]]
            party = leader[party]
        return party

    for link in links:
        one, other = sorted((lead(link.party_id), lead(link.linked_party_id)))
        leader[other] = one
    return {party: lead(party) for party in list(leader)}
