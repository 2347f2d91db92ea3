"""Wash trading: trades that move no right, because one interest stands on both sides or a ring returns the position."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.typologies.activity import both_sides
from sekisho.typologies.market import market_around, orders_behind, sample_of
from sekisho.typologies.order_pairs import Closeness
from sekisho.typologies.ownership import NEARNESS, accounts_of_kind, ownership_of
from sekisho.typologies.rings import Circle, Turn, ring_periods
from sekisho.typologies.trades import YenValue, between_known_accounts, since, yen_value
from sekisho.typologies.wash import Scheme, Weights, as_crossings, own_crossings, split, weigh, widest

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each owner group or ring, instrument and continuous period of trading with itself."""
    trade = between_known_accounts(since(records.trade, p.prohibited_since))
    owners, shared = ownership_of(records), accounts_of_kind(records, "omnibus")
    apart = timedelta(seconds=p.period_gap_seconds)

    sample = sample_of(records)
    crossings, sampled = own_crossings(records, trade, owners, shared, sample)
    owned = split(crossings, owners.groups, apart)
    with both_sides(records, trade, p.window_seconds) as sides:
        rings = [as_crossings(ring, owners) for ring in ring_periods(records, trade, sides, _circle(p), apart, shared)]
        bundles = widest([*owned, *rings])
        traded = [crossing.trade for bundle in bundles for crossing in bundle]
        market = market_around(records, sides, traded, orders_behind(records, traded, sampled, _closeness(p)))

    yen = yen_value(records.optional("instrument"), records.optional("reference_price"), (t.instrument for t in traded))
    schemes = (Scheme(bundle, weigh([c.trade for c in bundle], market)) for bundle in bundles)
    found = (_found(scheme, yen, p) for scheme in schemes if not (_too_small_a_ring(scheme, p) or _one_meeting_at_home(scheme, p)))
    yield from sorted((one for one in found if one.score >= p.score_min), key=lambda f: (f.window_from, f.subject_id))


def _found(scheme: Scheme, yen: YenValue, p: Parameters) -> Found:
    weights = Weights(p.weight_occurred, p.weight_share, p.weight_alike, p.weight_repeated)
    nearness = scheme.nearness_by({name: getattr(p, f"near_{name}") for name in NEARNESS})
    trades, signs = scheme.trades, scheme.signs
    return Found(
        subject_kind="account" if len(scheme.accounts) == 1 else "accounts",
        subject_id="|".join(scheme.accounts),
        instrument=trades[0].instrument,
        window_from=trades[0].executed_at,
        window_until=trades[-1].executed_at + timedelta.resolution,
        score=weights.score(signs, nearness),
        amount_jpy=yen.of(trades),
        evidence=_evidence(scheme),
        sentence={"account": "default", "ring": "ring"}.get(scheme.nearness, "linked"),
        facts={
            "trades": len(trades),
            "first_at": trades[0].executed_at,
            "last_at": trades[-1].executed_at,
            "quantity": scheme.quantity,
            "share": signs.share,
            "tie": scheme.nearness,
            "links": [link.record_id for link in scheme.links] or None,
        },
    )


def _evidence(scheme: Scheme) -> tuple[Evidence, ...]:
    trades = {Evidence("trade", trade.trade_id) for trade in scheme.trades}
    orders = {Evidence("order", o) for t in scheme.trades for o in (t.buy_order_id, t.sell_order_id) if o is not None}
    links = {Evidence("party_link", link.record_id) for link in scheme.links}
    return tuple(sorted(trades | orders | links))


def _too_small_a_ring(scheme: Scheme, p: Parameters) -> bool:
    """Nothing but the way they trade ties a ring, so it must be most of their trading and count in the market."""
    too_small = scheme.signs.share < p.inside_share_min or scheme.signs.market_share < p.market_share_min
    return scheme.nearness == "ring" and too_small


def _one_meeting_at_home(scheme: Scheme, p: Parameters) -> bool:
    """The members of a household are different persons; that they met proves nothing before they meet again."""
    return scheme.nearness == "household" and scheme.meetings < p.household_meetings_min


def _circle(p: Parameters) -> Circle:
    turn = Turn(p.ring_accounts_min, p.ring_turns_min, p.net_share_max)
    return Circle(turn, p.ring_accounts_max, p.flow_share_min, p.inside_share_min)


def _closeness(p: Parameters) -> Closeness:
    return Closeness(timedelta(seconds=p.entry_gap_seconds_max), p.price_gap_max, p.size_ratio_min)
