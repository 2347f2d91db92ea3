"""Rings: a few accounts among which a position goes round and comes back, whoever owns them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import networkx as nx
import pyarrow as pa

from sekisho.typologies.activity import Sides
from sekisho.typologies.held import held
from sekisho.typologies.trades import Trade, collect, runs, window_number

if TYPE_CHECKING:
    from sekisho.records import Records


class Flow(NamedTuple):
    """What one account sold to another in one instrument and window, beside what each of them traded there in all."""

    instrument: str
    window: int
    seller: str
    buyer: str
    quantity: Decimal
    seller_turnover: Decimal
    buyer_turnover: Decimal


_PLACE = ("instrument", "window")


class Turn(NamedTuple):
    """What it takes for a position to go round: at least so many accounts, each selling and buying so often.

    ``net_share_max``: what an account may have gained or lost, by its turnover in the ring.
    """

    accounts_min: int
    turns_min: int
    net_share_max: Decimal


class Circle(NamedTuple):
    """What makes a ring: a position goes round at most so many accounts, and their trading stays inside.

    ``flow_share_min``: of the seller's sales and of the buyer's purchases, for a flow to count at all;
    ``inside_share_min``: of the turnover of each account that must stay in the ring.
    """

    turn: Turn
    accounts_max: int
    flow_share_min: Decimal
    inside_share_min: Decimal


class Ring(NamedTuple):
    """A group of accounts, and the windows [first, last] in which their trading goes round."""

    instrument: str
    first: int
    last: int
    accounts: frozenset[str]


def ring_periods(
    records: Records, trade: Any, sides: Sides, circle: Circle, apart: timedelta, beyond_owner: frozenset[str]
) -> list[tuple[Trade, ...]]:
    """The trades of every ring, one bundle for each continuous period.

    Accounts that many clients share (``beyond_owner``) can be in no ring: a client leaving is not the client coming.
    """
    with held(records, turning_accounts(sides, circle.turn.turns_min)) as turning:
        rows = circulating_flows(trade, turning, sides.seconds, circle).to_pyarrow().to_pylist()
    flows = [Flow(**row) for row in rows if beyond_owner.isdisjoint((row["seller"], row["buyer"]))]
    inside = trades_in_rings(records, trade, find_rings(flows, circle), sides.seconds)
    return circulations(inside, circle, apart)


def circulating_flows(trade: Any, turning: Any, seconds: int, circle: Circle) -> Any:
    """Flows (Ibis) between ``turning`` accounts, each a good part of both their trading.

    Small by construction: a market maker's flow to one client is no great part of what it sells.
    """
    seller = turning.rename(sell_account_id="account", seller_bought="bought", seller_sold="sold")
    buyer = turning.rename(buy_account_id="account", buyer_bought="bought", buyer_sold="sold")
    timed = trade.select(
        "instrument", "sell_account_id", "buy_account_id", "quantity", window=window_number(trade.executed_at, seconds)
    )
    kept = timed.filter(timed.sell_account_id != timed.buy_account_id)
    kept = kept.semi_join(seller, (*_PLACE, "sell_account_id")).semi_join(buyer, (*_PLACE, "buy_account_id"))
    flow = kept.group_by(*_PLACE, "sell_account_id", "buy_account_id").aggregate(quantity=kept.quantity.sum())
    flow = flow.inner_join(seller, (*_PLACE, "sell_account_id")).inner_join(buyer, (*_PLACE, "buy_account_id"))
    share, amount = float(circle.flow_share_min), flow.quantity.cast("float64")
    of_seller, of_buyer = flow.seller_sold.cast("float64") * share, flow.buyer_bought.cast("float64") * share
    heavy = flow.filter(amount >= of_seller, amount >= of_buyer)
    return heavy.select(
        *_PLACE,
        seller=heavy.sell_account_id,
        buyer=heavy.buy_account_id,
        quantity=heavy.quantity,
        seller_turnover=heavy.seller_bought + heavy.seller_sold,
        buyer_turnover=heavy.buyer_bought + heavy.buyer_sold,
    )


def turning_accounts(sides: Sides, turns_min: int) -> Any:
    """Accounts (Ibis) that bought and sold in a window, and with its two neighbours ``turns_min`` times on each side."""
    bought = sides.bought.rename(bought="quantity", buys="n")
    sold = sides.sold.rename(sold="quantity", sells="n")
    both = bought.inner_join(sold, (*_PLACE, "account")).select(*_PLACE, "account", "bought", "sold", "buys", "sells")
    nearby = both.union(both.mutate(window=both.window + 1), both.mutate(window=both.window - 1))
    often = nearby.group_by(*_PLACE, "account").aggregate(buys=nearby.buys.sum(), sells=nearby.sells.sum())
    often = often.filter(often.buys >= turns_min, often.sells >= turns_min)
    return both.semi_join(often, (*_PLACE, "account")).select(*_PLACE, "account", "bought", "sold")


def find_rings(flows: Iterable[Flow], circle: Circle) -> list[Ring]:
    """Strongly connected groups that trade mostly with each other, within one window or two neighbouring ones."""
    by_place: dict[tuple[str, int], list[Flow]] = defaultdict(list)
    for flow in sorted(flows):
        by_place[flow.instrument, flow.window].append(flow)
    rings = []
    for (instrument, window), here in sorted(by_place.items()):
        following = by_place.get((instrument, window + 1), [])
        for last, among in ((window, here), (window + 1, here + following)):
            if last == window or following:
                rings += [Ring(instrument, window, last, accounts) for accounts in _groups(among, circle)]
    return rings


def trades_in_rings(records: Records, trade: Any, rings: Sequence[Ring], seconds: int) -> dict[Ring, list[Trade]]:
    """The trades among the accounts of each ring, in its windows."""
    if not rings:
        return {}
    rows = [
        {"ring": number, "ring_instrument": ring.instrument, "account": account}
        for number, ring in enumerate(rings)
        for account in sorted(ring.accounts)
    ]
    schema = pa.schema([("ring", pa.int64()), ("ring_instrument", pa.string()), ("account", pa.string())])
    members = records.memory("ring_accounts", pa.Table.from_pylist(rows, schema=schema))
    timed = trade.mutate(window=window_number(trade.executed_at, seconds))
    seller = members.rename(seller="account")
    buyer = members.rename(buyer="account", buyer_ring="ring", buyer_instrument="ring_instrument")
    among = timed.join(seller, [timed.sell_account_id == seller.seller, timed.instrument == seller.ring_instrument])
    among = among.join(buyer, [among.buy_account_id == buyer.buyer, among.ring == buyer.buyer_ring])
    rows = among.select("ring", "window", "trade_id").to_pyarrow().to_pylist()
    unique = among.select(*Trade._fields).distinct()
    by_id = {one.trade_id: one for one in collect(unique)}
    inside: dict[Ring, list[Trade]] = {ring: [] for ring in rings}
    for row in rows:
        ring = rings[row["ring"]]
        if ring.first <= row["window"] <= ring.last:
            inside[ring].append(by_id[row["trade_id"]])
    return {ring: sorted(found, key=lambda t: (t.sequence, t.trade_id)) for ring, found in inside.items()}


def circulations(trades: Mapping[Ring, Sequence[Trade]], circle: Circle, apart: timedelta) -> list[tuple[Trade, ...]]:
    """The continuous periods in which a position really went round and came back."""
    together: dict[tuple[str, frozenset[str]], dict[str, Trade]] = defaultdict(dict)
    for ring, found in trades.items():
        if _goes_round(found, ring.accounts, circle.turn):
            together[ring.instrument, ring.accounts].update({trade.trade_id: trade for trade in found})
    return [tuple(run) for among in together.values() for run in runs(among.values(), apart)]


def closed_circles(trades: Sequence[Trade], turn: Turn) -> list[tuple[Trade, ...]]:
    """Among a few trades of one instrument: those through which a position goes round and comes back."""
    graph = nx.DiGraph((trade.sell_account_id, trade.buy_account_id) for trade in trades)
    circles = []
    for accounts in nx.strongly_connected_components(graph):
        inside = tuple(t for t in trades if t.sell_account_id in accounts and t.buy_account_id in accounts)
        if len(accounts) >= turn.accounts_min and _goes_round(inside, accounts, turn):
            circles.append(inside)
    return circles


def _groups(flows: Sequence[Flow], circle: Circle) -> Iterator[frozenset[str]]:
    """Strip accounts that trade mostly outside until every group left is closed in itself."""
    turnover: dict[str, dict[int, Decimal]] = defaultdict(dict)
    for flow in flows:
        turnover[flow.seller][flow.window] = flow.seller_turnover
        turnover[flow.buyer][flow.window] = flow.buyer_turnover
    flows = _passing(flows)
    graph = nx.DiGraph((flow.seller, flow.buyer) for flow in flows)
    waiting = [frozenset(group) for group in nx.strongly_connected_components(graph)]
    while waiting:
        group = waiting.pop()
        if len(group) < circle.turn.accounts_min:
            continue
        inside: dict[str, Decimal] = defaultdict(Decimal)
        for flow in flows:
            if flow.seller in group and flow.buyer in group:
                inside[flow.seller] += flow.quantity
                inside[flow.buyer] += flow.quantity
        stay = {a for a in group if inside[a] >= circle.inside_share_min * sum(turnover[a].values())}
        if stay == group:
            if len(group) <= circle.accounts_max:
                yield group
            continue
        waiting += [frozenset(g) for g in nx.strongly_connected_components(graph.subgraph(stay))]


def _passing(flows: Sequence[Flow]) -> list[Flow]:
    """Only flows between accounts that both receive and pass on; most of a market falls away at once."""
    kept = list(flows)
    while True:
        both = {flow.seller for flow in kept} & {flow.buyer for flow in kept}
        passing = [flow for flow in kept if flow.seller in both and flow.buyer in both]
        if len(passing) == len(kept):
            return passing
        kept = passing


def _goes_round(trades: Sequence[Trade], accounts: Iterable[str], turn: Turn) -> bool:
    """Whether every account sold and bought often enough inside, and ended near where it began."""
    for account in accounts:
        sold = [t.quantity for t in trades if t.sell_account_id == account]
        bought = [t.quantity for t in trades if t.buy_account_id == account]
        net, gross = sum(bought, Decimal(0)) - sum(sold, Decimal(0)), sum(bought, Decimal(0)) + sum(sold, Decimal(0))
        if min(len(sold), len(bought)) < turn.turns_min or abs(net) > turn.net_share_max * gross:
            return False
    return True
