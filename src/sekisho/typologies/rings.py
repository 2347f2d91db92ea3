"""Rings: a few accounts among which a position goes round and comes back, whoever owns them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

import networkx as nx
import numpy as np

from sekisho.typologies.meetings import Dealings, marks, names
from sekisho.typologies.order_stream import Int64, OrderStream
from sekisho.typologies.trades import Trade, runs


class Flow(NamedTuple):
    """What one account sold to another in one instrument and window, beside what each of them traded there in all."""

    instrument: str
    window: int
    seller: str
    buyer: str
    quantity: Decimal
    seller_turnover: Decimal
    buyer_turnover: Decimal


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


def circulating_flows(stream: OrderStream, done: Dealings, circle: Circle) -> list[Flow]:
    """Flows between accounts that both buy and sell, each a good part of both their trading in the window.

    Few by construction: a market maker's flow to one client is no great part of what it sells.
    """
    if not len(done.place):
        return []
    window, lots = done.window - done.window.min(), stream.quantity[done.place].astype(np.float64)
    span = len(stream.account_ids)
    sold = np.bincount(window * span + done.seller, lots, minlength=(int(window.max()) + 1) * span)
    bought = np.bincount(window * span + done.buyer, lots, minlength=len(sold))
    turning = (sold > 0) & (bought > 0)
    of_seller, of_buyer = window * span + done.seller, window * span + done.buyer
    kept = np.flatnonzero((done.seller != done.buyer) & turning[of_seller] & turning[of_buyer])
    key = of_seller[kept] * span + done.buyer[kept]
    order = np.argsort(key)
    key = key[order]
    start = np.flatnonzero(np.r_[True, key[1:] != key[:-1]][: len(key)])
    first = kept[order[start]]
    flow = np.add.reduceat(lots[kept[order]], start) if len(start) else lots[:0]
    share = float(circle.flow_share_min)
    heavy = np.flatnonzero((flow >= share * sold[of_seller[first]]) & (flow >= share * bought[of_buyer[first]]))
    first, flow = first[heavy], flow[heavy]
    turnover = [(sold + bought)[side[first]] for side in (of_seller, of_buyer)]
    columns = (done.window[first].tolist(), names(stream, done.seller[first]), names(stream, done.buyer[first]))
    amounts = ([int(each) * stream.lot for each in column] for column in (flow, *turnover))
    return [Flow(stream.instrument, *row) for row in zip(*columns, *amounts, strict=True)]


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


def trades_in_rings(stream: OrderStream, done: Dealings, rings: Sequence[Ring]) -> dict[Ring, Int64]:
    """The places in the stream of the trades among the accounts of each ring, in its windows."""
    inside = {}
    for ring in rings:
        member = marks(stream, ring.accounts)
        among = member[done.seller] & member[done.buyer] & (done.window >= ring.first) & (done.window <= ring.last)
        inside[ring] = done.place[among]
    return inside


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
    """Whether every account sold and bought often enough inside, ended near where it began, and none stands in the middle.

    A dealer and those who trade with nobody but him hand a position to and fro; it goes round only past him as well.
    """
    among = nx.Graph((trade.sell_account_id, trade.buy_account_id) for trade in trades)
    if not nx.is_biconnected(among):
        return False
    for account in accounts:
        sold = [t.quantity for t in trades if t.sell_account_id == account]
        bought = [t.quantity for t in trades if t.buy_account_id == account]
        net, gross = sum(bought, Decimal(0)) - sum(sold, Decimal(0)), sum(bought, Decimal(0)) + sum(sold, Decimal(0))
        if min(len(sold), len(bought)) < turn.turns_min or abs(net) > turn.net_share_max * gross:
            return False
    return True
