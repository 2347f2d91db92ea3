"""Matched orders: two different interests that meet by arrangement, at one time and price, oftener than chance explains."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.order_streams import map_streams
from sekisho.typologies.market import Orders
from sekisho.typologies.matched import (
    Match,
    Meeting,
    Pair,
    Weights,
    between,
    beyond_chance,
    met_in,
    met_often,
    met_once,
    pairs_that_met,
    speaking,
    without_rings,
)
from sekisho.typologies.meetings import Scope, compared, distinct, merged, totals, window_length
from sekisho.typologies.order_pairs import AlikeTrades, BaseRate, Closeness
from sekisho.typologies.ownership import Ownership, accounts_of_kind, ownership_of
from sekisho.typologies.rare_meetings import Rarity, Single, each_once
from sekisho.typologies.rings import Turn
from sekisho.typologies.trades import Trade, YenValue, grouped, runs, window_of, yen_value

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each pair of accounts, instrument and continuous period of arranged meetings."""
    owners, shared = ownership_of(records), accounts_of_kind(records, "omnibus")
    length, near = window_length(p.window_seconds), _closeness(p)
    scope, rarity = Scope(p.prohibited_since, length), Rarity(p.own_share_max, float(p.single_expected_max))

    told = list(map_streams(records, partial(speaking, closeness=near, scope=scope, rarity=rarity)))
    often = pairs_that_met(told, p.window_seconds, length, p.trades_min)
    pairs = frozenset(pair for pair in often if shared.isdisjoint(pair))
    parts = list(map_streams(records, partial(between, pairs=pairs, closeness=near, scope=scope))) if pairs else []
    counts = totals((one.instrument, one.counts) for one in told)
    alike = AlikeTrades.joined(one.orders for one in parts)
    orders = Orders(alike, BaseRate(compared(counts), alike))
    trades = [t for t in distinct(t for one in parts for t in one.trades) if owners.chain(*t.pair, on=t.day) is None]
    meetings = met_in(met_once(parts, owners, length), merged(one.activity for one in parts), p.window_seconds, length)
    every = sum(one.trades for windows in counts.values() for one in windows.values())
    matches = _matches(meetings, trades, orders, owners, every, p)
    turn = Turn(p.ring_accounts_min, p.ring_turns_min, p.net_share_max)
    arranged = without_rings([match for match in matches if _is_arranged(match, p)], turn)
    singles = each_once(single for one in told for single in one.singles if shared.isdisjoint(single.trades[0].pair))
    arranged += _rare(singles, sum(known for known, _ in compared(counts).values()), arranged, owners, p)

    traded = [one for match in arranged for one in match.trades]
    yen = yen_value(records.optional("instrument"), records.optional("reference_price"), (t.instrument for t in traded))
    apart = timedelta(seconds=p.period_gap_seconds)
    periods = (match._replace(trades=tuple(run)) for match in arranged for run in runs(match.trades, apart))
    found = (_found(period, yen, owners, p) for period in periods)
    yield from sorted((one for one in found if one.score >= p.score_min), key=lambda f: (f.window_from, f.subject_id))


def _matches(
    meetings: dict[Pair, list[Meeting]], trades: list[Trade], orders: Orders, owners: Ownership, every: int, p: Parameters
) -> Iterator[Match]:
    """Each pair that met often in some window, with its trades there that can speak against it, held against chance."""
    of_pair = grouped(trades, lambda trade: (trade.instrument, *trade.pair))
    for pair, windows in meetings.items():
        beyond = beyond_chance(windows, p.trades_min, p.excess_min)
        there = {meeting.window for meeting in beyond}
        theirs = [trade for trade in of_pair.get(pair, ()) if window_of(trade.executed_at, p.window_seconds) in there]
        if beyond and met_often(beyond, theirs, orders, p.trades_min):
            yield Match.of(beyond, theirs, orders, owners, every)


def _rare(singles: list[Single], looked_at: int, others: list[Match], owners: Ownership, p: Parameters) -> list[Match]:
    """Meetings that are improbable by themselves, of pairs of different interests that are not found anyway."""
    told = {(match.instrument, match.pair) for match in others}
    strangers = (s for s in singles if owners.chain(*s.trades[0].pair, on=s.trades[0].day) is None)
    matches = [Match.once(s, looked_at, owners) for s in strangers if s.chance * looked_at <= float(p.single_expected_max)]
    return [match for match in matches if (match.instrument, match.pair) not in told]


def _is_arranged(match: Match, p: Parameters) -> bool:
    """Enough meetings, far enough beyond chance; a pair on whose orders nothing is on record must also be closely bound."""
    against_chance_min = p.against_chance_linked_min if match.links else p.against_chance_min
    bound = match.judged_by_entries or match.share >= p.share_unseen_min
    beyond = match.against_chance >= against_chance_min and match.seen >= p.excess_min * match.expected
    return match.seen >= p.trades_min and beyond and bound


def _found(match: Match, yen: YenValue, owners: Ownership, p: Parameters) -> Found:
    weights = Weights(p.weight_occurred, p.weight_share, p.weight_alike, p.weight_chance, p.weight_linked)
    trades = match.trades
    orders = {order for t in trades for order in (t.buy_order_id, t.sell_order_id) if order is not None}
    links = [link.record_id for link in match.links]
    evidence = [("trade", t.trade_id) for t in trades] + [("order", o) for o in orders] + [("party_link", i) for i in links]
    return Found(
        subject_kind="accounts",
        subject_id="|".join(match.pair),
        instrument=match.instrument,
        window_from=trades[0].executed_at,
        window_until=trades[-1].executed_at + timedelta.resolution,
        score=weights.score(match, p.against_chance_full),
        amount_jpy=yen.of(trades),
        evidence=tuple(sorted({Evidence(*name) for name in evidence})),
        sentence="once" if match.seen == 1 else "default" if match.judged_by_entries else "unseen",
        facts={
            "trades": len(trades),
            "quantity": sum((t.quantity for t in trades), start=trades[0].quantity * 0),
            "first_at": trades[0].executed_at,
            "last_at": trades[-1].executed_at,
            "expected": match.expected,
            "share": match.share,
            "links": links or None,
        },
    )


def _closeness(p: Parameters) -> Closeness:
    return Closeness(timedelta(seconds=p.entry_gap_seconds_max), p.price_gap_max, p.size_ratio_min)
