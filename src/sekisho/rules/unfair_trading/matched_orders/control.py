"""Matched orders: two different interests that meet by arrangement, at one time and price, oftener than chance explains."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.typologies.market import orders_behind, sample_of
from sekisho.typologies.matched import Match, Weights, meetings_beyond_chance, met_often_alike, trades_between, without_rings
from sekisho.typologies.order_pairs import Closeness
from sekisho.typologies.ownership import Ownership, accounts_of_kind, ownership_of
from sekisho.typologies.rings import Turn
from sekisho.typologies.trades import YenValue, between_known_accounts, runs, since, yen_value

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each pair of accounts, instrument and continuous period of arranged meetings."""
    trade = between_known_accounts(since(records.trade, p.prohibited_since))
    owners, shared = ownership_of(records), accounts_of_kind(records, "omnibus")

    meetings = meetings_beyond_chance(records, trade, p.window_seconds, p.trades_min, p.excess_min, shared)
    sample = sample_of(records)
    met, sampled = trades_between(records, trade, meetings, owners, p.window_seconds, sample)
    orders = orders_behind(records, (one for trades in met.values() for one in trades), sampled, _closeness(p))
    compared = sum({(m.instrument, m.window): m.market for pair in meetings.values() for m in pair}.values())
    often = {pair: trades for pair, trades in met.items() if met_often_alike(trades, orders, p.trades_min)}
    matches = (Match.of(meetings[pair], trades, orders, owners, compared) for pair, trades in often.items())
    turn = Turn(p.ring_accounts_min, p.ring_turns_min, p.net_share_max)
    arranged = without_rings([match for match in matches if _is_arranged(match, p)], turn)

    traded = [one for match in arranged for one in match.trades]
    yen = yen_value(records.optional("instrument"), records.optional("reference_price"), (t.instrument for t in traded))
    apart = timedelta(seconds=p.period_gap_seconds)
    periods = (match._replace(trades=tuple(run)) for match in arranged for run in runs(match.trades, apart))
    found = (_found(period, yen, owners, p) for period in periods)
    yield from sorted((one for one in found if one.score >= p.score_min), key=lambda f: (f.window_from, f.subject_id))


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
        sentence="default" if match.judged_by_entries else "unseen",
        facts={
            "trades": len(trades),
            "first_at": trades[0].executed_at,
            "last_at": trades[-1].executed_at,
            "expected": match.expected,
            "share": match.share,
            "links": links or None,
        },
    )


def _closeness(p: Parameters) -> Closeness:
    return Closeness(timedelta(seconds=p.entry_gap_seconds_max), p.price_gap_max, p.size_ratio_min)
