"""Front running: somebody trades ahead of another's order that he knows of, and often turns round once that order is filled.

Two ways to see it. Where it is on record who knew of an order, the law's own words suffice: a trade of his on the same side, at
the same or a better price, after he learned of the order and before it was filled. Where nothing is on record, the pattern must
speak: a smaller order on the same side shortly after (or before) a heavy one came in, filled before it and no dearer, and the
same quantity turned round at a gain as soon as the heavy one was filled. Such a pattern is held against how often the account
enters orders anyway, so that a busy trader is not taken for a knowing one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numpy.typing import NDArray

from sekisho.typologies.chance import unlikelihood
from sekisho.typologies.meetings import codes_of, distinct, names, trades_at
from sekisho.typologies.order_stream import NEW, NOBODY, TRADE, Int8, Int32, Int64, OrderStream
from sekisho.typologies.tape import traders
from sekisho.typologies.trades import Trade

Float = NDArray[np.float64]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS: Final = 1_000_000
_NEVER: Final = np.iinfo(np.int64).max
_GAIN_AND_PRICE: Final = 0.25
"""Half of all round trips gain, and half of all fills are no dearer than another's."""
_HALF: Final = 0.5
_AROUND: Final = 2
_LEAST_CHANCE: Final = 1e-30
_PLACES: Final = Decimal("0.0001")
_CENTS: Final = Decimal("0.01")
_LEAST_GAP: Final = 1_000.0
"""Two events less than a millisecond apart are taken for a millisecond apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What counts as shortly before, soon after, heavy and even. Times in seconds, the others shares from 0 to 1."""

    ahead: float
    reversal: float
    heavy_share: float
    smaller: float
    even: float
    score: float


class Orders(NamedTuple):
    """By order code: when it was entered, filled for the first and the last time (microseconds), and how much at what sum."""

    entered_at: Int64
    first_fill: Int64
    last_fill: Int64
    side: Int8
    account: Int32
    lots: Int64
    filled: Int64
    paid: Float


@dataclass(frozen=True, slots=True)
class Lead:
    """One order run ahead of: by whom, with which trades before it was filled, and which turned round after.

    ``score`` 0..1 tells how plainly, ``likely`` how likely it is for one account and one heavy order by chance; ``client`` is
    the order run ahead of, ``looked_at`` how many such orders and ``traders`` how many accounts the instrument had that day.
    """

    instrument: str
    account_id: str
    client_account_id: str | None
    client: str
    side: str
    lead: tuple[Trade, ...]
    reversal: tuple[Trade, ...]
    score: float
    likely: float
    looked_at: int
    traders: int

    @property
    def gain(self) -> Decimal:
        """What turning round brought, in the quote asset: the smaller quantity at the difference of the average prices."""
        there, back = (sum((t.quantity for t in trades), Decimal(0)) for trades in (self.lead, self.reversal))
        if not there or not back:
            return Decimal(0)
        paid, got = (sum((t.notional for t in trades), Decimal(0)) for trades in (self.lead, self.reversal))
        gained = min(there, back) * (got / back - paid / there)
        return (gained if self.side == "buy" else -gained).quantize(_CENTS)

    @property
    def orders(self) -> frozenset[str]:
        """The order run ahead of, and those of the account."""
        own = {
            order
            for trade in (*self.lead, *self.reversal)
            for order, account in ((trade.buy_order_id, trade.buy_account_id), (trade.sell_order_id, trade.sell_account_id))
            if order is not None and account == self.account_id
        }
        return frozenset({self.client, *own})


class Knower(NamedTuple):
    """Accounts that may have used somebody's knowledge of an order from a moment on; ``why`` names the record of it."""

    accounts: frozenset[str]
    learned_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Known:
    """Trades made in the knowledge of an order, as the law describes them."""

    lead: Lead
    knower: Knower


def known_leads(stream: OrderStream, knowers: Mapping[str, tuple[Knower, ...]], reversal: float) -> list[Known]:
    """Trades of those who knew of an order: on its side, no dearer, after they learned of it and before it was filled."""
    named = sorted(knowers)
    known = pc.index_in(stream.order_ids, value_set=pa.array(named, stream.order_ids.type))
    codes = np.flatnonzero(np.asarray(known.is_valid()))
    if not len(codes):
        return []
    orders = orders_of(stream)
    every = np.flatnonzero(stream.kind == TRADE)
    trades_of: dict[int, Int64] = {}
    clients = {named[place]: int(code) for place, code in zip(known.take(pa.array(codes)).to_pylist(), codes, strict=True)}
    account_codes = codes_of(stream, {account for name in clients for knower in knowers[name] for account in knower.accounts})
    found = []
    for name, code in sorted(clients.items()):
        if not orders.filled[code]:
            continue
        for knower in knowers[name]:
            for account in sorted(knower.accounts & account_codes.keys()):
                who = account_codes[account]
                if who == orders.account[code]:
                    continue
                if who not in trades_of:
                    trades_of[who] = every[(stream.account[every] == who) | (stream.contra_account[every] == who)]
                used = _used(stream, orders, trades_of[who], (code, who), (knower, reversal))
                if used is not None:
                    found.append(Known(_lead(stream, orders, code, used, _Weight(1.0, 0.0, 1, 1)), knower))
    return found


def _used(
    stream: OrderStream, orders: Orders, trades: Int64, codes: tuple[int, int], knowledge: tuple[Knower, float]
) -> _Codes | None:
    """The account's trades in the knowledge of the client's order, if it bought more than it sold meanwhile (or the reverse)."""
    (client, account), (knower, reversal) = codes, knowledge
    learned = int((knower.learned_at - _EPOCH) / timedelta.resolution)
    side, filled_at = int(orders.side[client]), int(orders.last_fill[client])
    fair = orders.paid[client] / orders.filled[client]
    own, other = (stream.account, stream.contra_account)[::side], (stream.order, stream.contra_order)[::side]
    at, price = stream.at[trades], stream.price[trades]
    meanwhile = (at >= learned) & (at < filled_at)
    ahead = (own[0][trades] == account) & meanwhile & ((price - fair) * side <= 0)
    ahead &= orders.entered_at[other[0][trades]] >= learned
    against = (own[1][trades] == account) & meanwhile
    soon = (at > orders.first_fill[client]) & (at <= filled_at + reversal * _MICROSECONDS)
    if int(stream.quantity[trades[ahead]].sum()) <= int(stream.quantity[trades[against]].sum()):
        return None
    return _Codes(account, trades[ahead], trades[(own[1][trades] == account) & soon])


class _Weight(NamedTuple):
    score: float
    likely: float
    looked_at: int
    traders: int


class _Codes(NamedTuple):
    """Places in the stream of trades ahead and back, and the code of the account that made them."""

    account: int
    ahead: Int64
    back: Int64


def _lead(stream: OrderStream, orders: Orders, client: int, codes: _Codes, weight: _Weight) -> Lead:
    holder = int(orders.account[client])
    return Lead(
        instrument=stream.instrument,
        account_id=names(stream, [codes.account])[0],
        client_account_id=None if holder == NOBODY else names(stream, [holder])[0],
        client=stream.order_ids[client].as_py(),
        side="buy" if orders.side[client] > 0 else "sell",
        lead=tuple(trades_at(stream, codes.ahead)),
        reversal=tuple(trades_at(stream, codes.back)),
        score=weight.score,
        likely=weight.likely,
        looked_at=weight.looked_at,
        traders=weight.traders,
    )


def suspected_leads(stream: OrderStream, owners: Mapping[str, str], shape: Shape) -> list[Lead]:
    """Accounts that ran ahead of a heavy order of somebody else and turned round, by the pattern alone."""
    orders = orders_of(stream)
    entered = np.flatnonzero((orders.entered_at >= 0) & (orders.account != NOBODY))
    if not len(entered):
        return []
    owner = traders(stream, owners)[orders.account]
    heavy = heavy_orders(orders, entered, shape.heavy_share)
    by_time = entered[np.argsort(orders.entered_at[entered], kind="stable")]
    every = _by_owner(orders.entered_at, owner, by_time, len(stream.account_ids))
    leads = by_time[orders.filled[by_time] > 0]
    filled = _by_owner(orders.entered_at, owner, leads, len(stream.account_ids))
    times = int(shape.ahead * _MICROSECONDS), int(shape.reversal * _MICROSECONDS)
    span = max(1.0, float(orders.entered_at[by_time[-1]] - orders.entered_at[by_time[0]]))
    limits = (shape.smaller, shape.even, shape.score)
    rows = _search(orders, owner, heavy, (leads, orders.entered_at[leads]), (every, filled), (times, span), limits)
    if not rows:
        return []
    active = int((np.diff(every.start) > 0).sum())
    trades = _trades_of(stream, {int(order) for row in rows for order in row[1:3]})
    found = []
    for client, ahead, back, score, likely in rows:
        codes = _Codes(int(orders.account[int(ahead)]), trades[int(ahead)], trades[int(back)])
        found.append(_lead(stream, orders, int(client), codes, _Weight(score, likely, len(heavy), active)))
    return found


class _Entries(NamedTuple):
    """Orders of each owner in order of time: codes, moments of entry (microseconds), where each owner's begin."""

    order: Int64
    at: Int64
    start: Int64


@njit(cache=True, nogil=True)
def _by_owner(entered_at: Int64, owner: Int64, by_time: Int64, owners: int) -> _Entries:
    start = np.zeros(owners + 2, np.int64)
    for order in by_time:
        start[owner[order] + 1] += 1
    start = np.cumsum(start)
    place = start.copy()
    sorted_orders, at = np.empty(len(by_time), np.int64), np.empty(len(by_time), np.int64)
    for order in by_time:
        own = place[owner[order]]
        sorted_orders[own], at[own] = order, entered_at[order]
        place[owner[order]] += 1
    return _Entries(sorted_orders, at, start)


def _trades_of(stream: OrderStream, orders: set[int]) -> dict[int, Int64]:
    """Places in the stream of the trades of each of these orders."""
    wanted = np.zeros(len(stream.order_ids), np.bool_)
    wanted[list(orders)] = True
    places: dict[int, list[int]] = {order: [] for order in orders}
    for party in (stream.order, stream.contra_order):
        for place in np.flatnonzero((stream.kind == TRADE) & (party != NOBODY) & wanted[party]).tolist():
            places[int(party[place])].append(place)
    return {order: np.array(sorted(own), np.int64) for order, own in places.items()}


def heavy_orders(orders: Orders, entered: Int64, share: float) -> Int64:
    """The filled orders larger than this share of all; where sizes tell nothing, those that took longest to be filled.

    Nothing is large where half of the orders are as large.
    """
    filled: Int64 = entered[orders.filled[entered] > 0]
    if not len(filled) or len(entered) * (1 - share) < 1:  # too few to say what is large here
        return filled[:0]
    lots = orders.lots[filled]
    bar = np.quantile(orders.lots[entered], share)
    if bar > np.median(orders.lots[entered]):
        return filled[lots >= bar]
    open_for = orders.last_fill[filled] - orders.entered_at[filled]
    longest: Int64 = filled[open_for > np.quantile(open_for, share)]
    return longest


def orders_of(stream: OrderStream) -> Orders:
    """Every order's entry and fills."""
    count = len(stream.order_ids)
    orders = Orders(
        np.full(count, -1, np.int64),
        np.full(count, _NEVER, np.int64),
        np.full(count, -1, np.int64),
        np.zeros(count, np.int8),
        np.full(count, NOBODY, np.int32),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(count, np.float64),
    )
    columns = (stream.kind, stream.order, stream.contra_order, stream.account, stream.side)
    _follow(columns, (stream.at, stream.price, stream.quantity), orders)
    return orders


@njit(cache=True, nogil=True)
def _follow(columns: tuple[Int8, Int32, Int32, Int32, Int8], numbers: tuple[Int64, Int64, Int64], orders: Orders) -> None:
    kind, buyer, seller, account, side = columns
    at, price, quantity = numbers
    entered_at, first_fill, last_fill, own_side, own_account, lots, filled, paid = orders
    for i in range(len(kind)):
        if kind[i] == TRADE:
            for order in (buyer[i], seller[i]):
                if order != NOBODY:
                    first_fill[order] = min(first_fill[order], at[i])
                    last_fill[order] = max(last_fill[order], at[i])
                    filled[order] += quantity[i]
                    paid[order] += float(price[i]) * quantity[i]
        elif kind[i] == NEW and buyer[i] != NOBODY and entered_at[buyer[i]] < 0:
            entered_at[buyer[i]], own_side[buyer[i]], own_account[buyer[i]] = at[i], side[i], account[i]
            lots[buyer[i]] = quantity[i]


@njit(cache=True, nogil=True)
def _search(orders, owner, heavy, leads, entries, times, limits):  # type: ignore[no-untyped-def]
    """For each heavy order the pairs of orders of one owner that ran ahead of it and turned round, where chance would not bring
    as many: (client, ahead, back, score, likely)."""
    entered_at, first_fill, last_fill, side, _account, lots, filled, paid = orders
    by_time, moments = leads
    every, own_filled = entries
    (ahead_max, reversal_max), span = times
    smaller, even_min, score_min = limits
    reach = _AROUND * max(ahead_max, reversal_max)
    found = []
    for client in heavy:
        began, ended = entered_at[client], last_fill[client]
        open_for = ended - began
        ahead = min(ahead_max, open_for) if open_for > 0 else ahead_max
        reversal = min(reversal_max, open_for) if open_for > 0 else reversal_max
        price = paid[client] / filled[client]
        first = np.searchsorted(moments, began if open_for > 0 else began - ahead)
        last = np.searchsorted(moments, began + ahead if open_for > 0 else began, "right")
        for place in range(first, last):
            lead = by_time[place]
            whose, size = owner[lead], filled[lead]
            if whose == owner[client] or side[lead] != side[client] or size > smaller * lots[client]:
                continue
            if last_fill[lead] > ended or (open_for > 0 and last_fill[lead] >= ended):
                continue
            spent = paid[lead] / size
            if (spent - price) * side[client] > 0:
                continue
            before = abs(float(entered_at[lead] - began))
            soon = 1.0 - before / ahead
            if soon <= 0:
                continue
            low, high = own_filled.start[whose], own_filled.start[whose + 1]
            mine = own_filled.at[low:high]
            best, back = 0.0, -1
            after = 0.0
            for own in range(low + np.searchsorted(mine, last_fill[lead]), high):
                order = own_filled.order[own]
                if entered_at[order] > ended + reversal:
                    break
                if side[order] == side[client] or first_fill[order] < first_fill[client]:
                    continue
                even = min(size, filled[order]) / max(size, filled[order])
                if even < even_min or (paid[order] / filled[order] - spent) * side[client] <= 0:
                    continue
                gap = min(abs(float(entered_at[order] - ended)), abs(float(entered_at[order] - first_fill[client])))
                then = 1.0 - gap / reversal
                if then <= 0:
                    continue
                score = (soon * then * even * (1.0 - size / lots[client])) ** 0.25
                if score > best:
                    best, back, after = score, order, gap
            if best >= score_min:
                moments_of = every.at[every.start[whose] : every.start[whose + 1]]
                rate = _rate(moments_of, (began, ended), reach, span)
                likely = _likelihood(len(moments_of), (before, after), rate, even_min)
                if likely * len(heavy) < 1:
                    found.append((float(client), float(lead), float(back), best, likely))
    return found


@njit(cache=True, nogil=True)
def _rate(own: Int64, client: tuple[int, int], reach: int, span: float) -> float:
    """Orders of one side that the account enters in a microsecond, the two under judgement left out; in its own busiest hour.

    Who quotes for ten minutes quotes all the time then, however quiet his day.
    """
    began, ended = client
    near = np.searchsorted(own, ended + reach, "right") - np.searchsorted(own, began - reach)
    around = (near - 2) / (ended - began + 2 * reach)
    return _HALF * max(around, max(1, len(own) - 2) / span)


@njit(cache=True, nogil=True)
def _likelihood(orders: int, gaps: tuple[float, float], rate: float, even: float) -> float:
    """How likely such an account is to enter one order so soon, and one of the same size so soon after, by chance."""
    before, after = 1 - np.exp(-rate * max(gaps[0], _LEAST_GAP)), 1 - np.exp(-rate * max(gaps[1], _LEAST_GAP))
    return float(before * after * _GAIN_AND_PRICE * max(1 - even, 1 / orders))


# --- what was run, order by order --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """What one account did ahead of one order (known) or of several (suspected), in one instrument and on one side.

    ``expected``: how many such runs chance would bring about in the instrument; None where knowledge is on record.
    """

    leads: tuple[Lead, ...]
    score: Decimal
    knowledge: tuple[str, ...]
    known_since: datetime | None
    expected: Decimal | None

    @property
    def instrument(self) -> str:
        """Where."""
        return self.leads[0].instrument

    @property
    def account_id(self) -> str:
        """Whose trades they are."""
        return self.leads[0].account_id

    @property
    def side(self) -> str:
        """The side of the first order run ahead of."""
        return self.leads[0].side

    @property
    def lead(self) -> tuple[Trade, ...]:
        """The trades ahead, each once, in time order."""
        return tuple(distinct(trade for one in self.leads for trade in one.lead))

    @property
    def back(self) -> tuple[Trade, ...]:
        """The trades that turned round, each once, in time order."""
        return tuple(distinct(trade for one in self.leads for trade in one.reversal))

    @property
    def begins_at(self) -> datetime:
        """The first trade ahead."""
        return self.lead[0].executed_at

    @property
    def ends_at(self) -> datetime:
        """The last trade of all."""
        return max(trade.executed_at for trade in (*self.lead, *self.back))

    @property
    def quantity(self) -> Decimal:
        """Traded ahead, in the base asset."""
        return sum((trade.quantity for trade in self.lead), Decimal(0))

    @property
    def turned(self) -> Decimal:
        """Turned round, in the base asset."""
        return sum((trade.quantity for trade in self.back), Decimal(0))

    @property
    def gain(self) -> Decimal:
        """Made on what was turned round, in the quote asset."""
        return sum((one.gain for one in self.leads), Decimal(0))

    @property
    def orders(self) -> frozenset[str]:
        """Orders run ahead of, and the account's own."""
        return frozenset(order for one in self.leads for order in one.orders)

    @property
    def evidence(self) -> frozenset[tuple[str, str]]:
        """Every record that proves it."""
        trades = {("trade", trade.trade_id) for trade in (*self.lead, *self.back)}
        known = {("customer_order_knowledge", name) for name in self.knowledge}
        return frozenset({("order", order) for order in self.orders} | trades | known)


def runs_known(
    known: Iterable[Known], groups: Mapping[str, str], inside: frozenset[str], weights: tuple[Decimal, Decimal, Decimal]
) -> list[Run]:
    """One run for each order and account. ``weights``: of the fact, of a gain made by turning round, of an account of the house."""
    together: dict[tuple[str, str], list[Known]] = defaultdict(list)
    for one in known:
        client = one.lead.client_account_id
        if client is None or groups.get(client, client) != groups.get(one.lead.account_id, one.lead.account_id):
            together[one.lead.client, one.lead.account_id].append(one)
    runs = []
    for (_, account), those in sorted(together.items()):
        first = min(those, key=lambda one: (one.knower.learned_at, one.knower.why))
        occurred, gained, of_the_house = weights
        score = occurred + gained * (first.lead.gain > 0) + of_the_house * (account in inside)
        knowledge = tuple(sorted({one.knower.why for one in those}))
        runs.append(Run((first.lead,), _rounded(score), knowledge, first.knower.learned_at, None))
    return runs


def runs_beyond_chance(
    leads: Iterable[Lead],
    groups: Mapping[str, str],
    inside: frozenset[str],
    bars: tuple[tuple[Decimal, Decimal], ...],
    company: int,
) -> list[Run]:
    """Runs that the pattern alone shows: one that is plain, or several that chance does not bring together.

    ``bars`` are the least score and the most that chance may explain, for one order and for several. Accounts of the house and
    its staff see customers' orders by their office, so they are held against one another and not against the whole market. Where
    more than ``company`` outsiders were ahead of the same order, what moved them all is no knowledge of it.
    """
    (alone, alone_max), (repeated, repeated_max) = bars
    leads = tuple(leads)
    ahead: dict[tuple[str, str], set[str]] = defaultdict(set)
    for lead in leads:
        if lead.account_id not in inside:
            ahead[lead.instrument, lead.client].add(groups.get(lead.account_id, lead.account_id))
    best: dict[tuple[str, str, str, date], dict[str, Lead]] = defaultdict(dict)
    for lead in leads:
        day = lead.lead[0].day
        kept = best[lead.instrument, groups.get(lead.account_id, lead.account_id), lead.side, day]
        if lead.client not in kept or (lead.score, -lead.likely) > (kept[lead.client].score, -kept[lead.client].likely):
            kept[lead.client] = lead
    runs = []
    for _, kept in sorted(best.items()):
        those = sorted(kept.values(), key=lambda lead: (lead.lead[0].executed_at, lead.client))
        staff = those[0].account_id in inside
        if not staff and any(len(ahead[one.instrument, one.client]) > company for one in those):
            continue
        traders = len(inside) if staff else those[0].traders
        plain = [
            one for one in those if one.score >= (repeated if staff else alone) and against_chance([one], traders) <= alone_max
        ]
        expected = against_chance(those, traders)
        if len(those) > 1 and expected <= repeated_max and max(one.score for one in those) >= repeated:
            plain = those
        if plain:
            score = max(one.score for one in plain)
            runs.append(Run(tuple(plain), _rounded(score), (), None, _rounded(against_chance(plain, traders))))
    return runs


def against_chance(leads: Sequence[Lead], traders: int) -> float:
    """How many accounts chance would have run so often ahead of heavy orders, among so many accounts.

    Of the k runs least likely, each is at least as unlikely as the k-th: so many are held against how many such runs the account
    would have had ahead of all heavy orders. The k that says most counts, and is paid for by how many k were tried.
    """
    likely = sorted(one.likely for one in leads)
    looked_at = max(one.looked_at for one in leads)
    chances = [min(1.0, looked_at * likely[0])]
    chances += [10 ** -unlikelihood(k, max(looked_at * one, _LEAST_CHANCE)) for k, one in enumerate(likely[1:], start=2)]
    return traders * min(chances) * len(chances)


def _rounded(value: Decimal | float) -> Decimal:
    return Decimal(value).quantize(_PLACES, rounding=ROUND_HALF_EVEN)
