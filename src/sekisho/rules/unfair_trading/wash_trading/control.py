"""Wash trading: trades that move no right, because one interest stands on both sides or a ring returns the position."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.order_streams import map_streams
from sekisho.typologies.busy_spells import Busyness
from sekisho.typologies.market import Market, Orders
from sekisho.typologies.meetings import Scope, compared, distinct, merged, totals, window_length
from sekisho.typologies.order_pairs import AlikeTrades, BaseRate, Closeness
from sekisho.typologies.ownership import NEARNESS, accounts_of_kind, ownership_of
from sekisho.typologies.rings import Circle, Turn, circulations, find_rings
from sekisho.typologies.trades import YenValue, yen_value
from sekisho.typologies.wash import (
    Crossed,
    Crossing,
    Scheme,
    Weights,
    as_crossings,
    closer_look,
    first_look,
    own_crossings,
    split,
    weigh,
    widest,
)

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each owner group or ring, instrument and continuous period of trading with itself."""
    owners, shared = ownership_of(records), accounts_of_kind(records, "omnibus")
    apart, circle, seconds = timedelta(seconds=p.period_gap_seconds), _circle(p), window_length(p.window_seconds)
    scope = Scope(p.prohibited_since, seconds)

    look = partial(first_look, ties=owners.groups, circle=circle, closeness=_closeness(p), scope=scope)
    looks = list(map_streams(records, look))
    crossings = own_crossings(distinct(t for look in looks for t in look.trades), owners, shared)
    rings = find_rings([flow for look in looks for flow in look.flows if shared.isdisjoint((flow.seller, flow.buyer))], circle)
    crossed = Crossed(_groups(crossings, owners.groups), timedelta(seconds=p.spell_pause_seconds))
    closer = partial(closer_look, rings=rings, crossed=crossed, closeness=_closeness(p), scope=scope)
    seen = list(map_streams(records, closer)) if rings or crossings else []

    circling = {ring: distinct(t for one in seen for t in one.rings.get(ring, ())) for ring in rings}
    periods = [as_crossings(period, owners) for period in circulations(circling, circle, apart)]
    bundles = widest([*split(crossings, owners.groups, apart), *periods])
    alike = AlikeTrades.joined([*(one.orders for one in looks), *(one.orders for one in seen)])
    rate = BaseRate(compared(totals((look.instrument, look.counts) for look in looks)), alike, [c.trade for c in crossings])
    busy = Busyness.joined(one.busy for one in seen)
    market = Market(merged(one.activity for one in seen), Orders(alike, rate), busy, owners.groups, seconds)

    traded = [crossing.trade for bundle in bundles for crossing in bundle]
    yen = yen_value(records.optional("instrument"), records.optional("reference_price"), (t.instrument for t in traded))
    schemes = (Scheme(bundle, weigh([c.trade for c in bundle], market)) for bundle in bundles)
    found = (_found(scheme, yen, p) for scheme in schemes if not _is_innocent(scheme, p))
    yield from sorted((one for one in found if one.score >= p.score_min), key=lambda f: (f.window_from, f.subject_id))


def _groups(crossings: Iterable[Crossing], ties: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """By instrument, the accounts that traded with themselves or their like, and the group of each."""
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    for one in crossings:
        groups[one.trade.instrument].update({account: ties.get(account, account) for account in one.trade.pair})
    return groups


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


def _is_innocent(scheme: Scheme, p: Parameters) -> bool:
    """Whether what was seen shows no purpose: too small a ring, or meetings that an accident explains."""
    return _too_small_a_ring(scheme, p) or _by_accident(scheme, p) or _one_meeting_at_home(scheme, p)


def _too_small_a_ring(scheme: Scheme, p: Parameters) -> bool:
    """Nothing but the way they trade ties a ring, so it must be most of their trading and count in the market."""
    too_small = scheme.signs.share < p.inside_share_min or scheme.signs.market_share < p.market_share_min
    return scheme.nearness == "ring" and too_small


def _by_accident(scheme: Scheme, p: Parameters) -> bool:
    """Whoever quotes both sides meets himself now and then; and one meeting of two orders unlike shows no arrangement.

    It is no accident, however busy the account, where most of what it shows are orders alike that it fills itself.
    """
    signs = scheme.signs
    if signs.against_chance is None:
        return False
    if signs.alike is not None and scheme.meetings == 1 and not signs.alike:
        return True
    least = p.against_chance_min if len(scheme.accounts) == 1 else p.against_chance_linked_min
    mostly = min(signs.alike or 0, signs.shown_share or 0) >= p.dominant_share_min
    return signs.against_chance < least and not mostly


def _one_meeting_at_home(scheme: Scheme, p: Parameters) -> bool:
    """The members of a household are different persons; that they met proves nothing before they meet again."""
    return scheme.nearness == "household" and scheme.meetings < p.household_meetings_min


def _circle(p: Parameters) -> Circle:
    turn = Turn(p.ring_accounts_min, p.ring_turns_min, p.net_share_max)
    return Circle(turn, p.ring_accounts_max, p.flow_share_min, p.inside_share_min)


def _closeness(p: Parameters) -> Closeness:
    return Closeness(timedelta(seconds=p.entry_gap_seconds_max), p.price_gap_max, p.size_ratio_min)
