"""Suspicion of insider dealing: positions out of all habit, on the side that gained, shortly before something became known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sekisho.engine.answers import Evidence, Found
from sekisho.typologies.abnormal_positions import (
    BUY,
    Event,
    Grid,
    Jump,
    Market,
    Move,
    Shape,
    Strange,
    Traded,
    grid_before,
    known_events,
    moves_at,
    paired_accounts,
    repricings,
    steps_before,
    strange_before,
    traded_of,
)
from sekisho.typologies.handled_assets import Handled, read_handled
from sekisho.typologies.insider import yen_for, yen_of
from sekisho.typologies.insider_acts import Act, Off, Watched, acts_of, total_quantity
from sekisho.typologies.material_facts import Facts, japan_date, read_facts
from sekisho.typologies.ownership import Ownership, accounts_of_kind, ownership_of
from sekisho.typologies.valuation import EXACT
from sekisho.typologies.waiting import length_of_hours

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each trader whose position before an event is stranger than chance explains."""
    facts, handled, owners = read_facts(records), read_handled(records, ()), ownership_of(records)
    out, groups = accounts_of_kind(records, *p.left_out_kinds) | _on_register(facts, owners), owners.groups
    window = length_of_hours(p.window_hours)
    events = known_events(facts, handled.applications, window)
    if not events and not {"publication", "listing_application"} & records.present:
        jump = Jump(length_of_hours(p.jump_hours), p.jump_moves_min, p.jump_kept_min, p.jump_kept_steps)
        events = repricings(records, _instruments(handled, None), jump)
    moved = _moved(records, events, handled, p)
    if moved:
        out |= paired_accounts(records, out, p.partner_share_max, p.partner_trades_min)
    for each in moved:
        look = _look(records, each, handled, Market({}, out, groups), p)
        for one in look.strange if look else ():
            assert look is not None
            acts = [act for act in _acts(records, look, one, owners, p) if act.account_id not in out]
            if not _with_one_partner(acts, out, p):
                yield _found(records, look, one, acts, p)


class _Moved(NamedTuple):
    """An event on which the price moved, in the asset's main instrument, with enough of the book before it."""

    event: Event
    instrument: str
    move: Move
    begins: datetime
    instruments: dict[str, str]


class _Look(NamedTuple):
    """An event with what the market did and who was strange before it."""

    event: Event
    instrument: str
    move: Move
    side: int
    grid: Grid
    strange: list[Strange]
    handled: Handled


def _moved(records: Records, events: list[Event], handled: Handled, p: Parameters) -> list[_Moved]:
    """The events worth a look; all that needs no more than prices is asked first, of all of them together."""
    traded = traded_of(records) if events else {}
    asked: list[tuple[Event, str, datetime, dict[str, str]]] = []
    for event in events:
        instrument = _main_instrument(traded, event.asset, handled)
        if instrument is None:
            continue
        instruments = _instruments(handled, handled.pairs[instrument].quote)
        begins = min(traded[name].first for name in instruments if name in traded)
        if steps_before(event, _shape(p), begins):
            asked.append((event, instrument, begins, instruments))
    moves = moves_at(records, [(instrument, event.at) for event, instrument, *_ in asked], length_of_hours(p.reaction_hours))
    return [
        _Moved(event, instrument, move, begins, instruments)
        for (event, instrument, begins, instruments), move in zip(asked, moves, strict=True)
        if move is not None and Decimal(str(move.usual_moves)) >= p.move_min and event.side in {0, move.side}
    ]


def _look(records: Records, moved: _Moved, handled: Handled, market: Market, p: Parameters) -> _Look | None:
    event, instrument, move, begins, instruments = moved
    grid = grid_before(records, market._replace(instruments=instruments), event, _shape(p), begins)
    if grid is None:
        return None
    strange = strange_before(grid, grid.assets.index(event.asset), move.side, grid.shape.steps)
    kept = [one for one in strange if _stands_out(one, p)]
    return _Look(event, instrument, move, move.side, grid, kept, handled)


def _shape(p: Parameters) -> Shape:
    return Shape(length_of_hours(p.step_hours), p.window_hours // p.step_hours, p.history_hours // p.step_hours)


def _stands_out(one: Strange, p: Parameters) -> bool:
    """All the signs together: far from habit, one-sided, in this asset, and rarer than chance."""
    signs = ((one.far, p.far_min), (one.one_sided, p.one_sided_min), (one.concentrated, p.concentrated_min))
    return all(_rounded(value) >= least for value, least in signs) and _rounded(one.chance) <= p.chance_max


def _main_instrument(traded: Mapping[str, Traded], asset: str, handled: Handled) -> str | None:
    """The pair in which the asset is traded most often."""
    names = [pair.instrument for pair in handled.of(asset) if pair.base == asset and pair.ours and pair.instrument in traded]
    return min(names, key=lambda name: (-traded[name].trades, name)) if names else None


def _instruments(handled: Handled, quote: str | None) -> dict[str, str]:
    """The exchange's pairs against one quote, or against whatever, with their assets."""
    return {pair.instrument: pair.base for pair in handled.pairs.values() if pair.ours and quote in {None, pair.quote}}


def _found(records: Records, look: _Look, one: Strange, acts: list[Act], p: Parameters) -> Found:
    side, asset = "buy" if look.side == BUY else "sell", look.event.asset
    net = EXACT.subtract(total_quantity(acts, lambda a: a.side == side), total_quantity(acts, lambda a: a.side != side))
    names = {Evidence(*act.record) for act in acts} | {Evidence("order", act.order_id) for act in acts if act.order_id}
    names |= {Evidence(*look.event.record)} | ({Evidence("material_fact", look.event.fact_id)} if look.event.fact_id else set())
    accounts = sorted({act.account_id for act in acts})
    return Found(
        subject_kind="account" if len(accounts) == 1 else "accounts",
        subject_id="|".join(accounts),
        instrument=look.instrument,
        asset=asset,
        window_from=acts[0].at,
        window_until=acts[-1].at + timedelta.resolution,
        score=_score(one, p),
        amount_jpy=yen_of(acts, yen_for(records, acts)),
        sentence="repriced" if look.event.record[0] == "instrument" else "default",
        evidence=tuple(sorted(names)),
        facts={
            "side": side,
            "net": net,
            "trades": len(acts),
            "first_at": acts[0].at,
            "last_at": acts[-1].at,
            "known_at": look.event.at,
            "source": "|".join(look.event.record),
            "fact": look.event.fact_id,
            "price_before": look.move.before,
            "price_after": look.move.after,
            "usual_moves": _rounded(look.move.usual_moves),
            "gain": _gain(acts, side, look.move.after),
            "far": _rounded(one.far),
            "first": one.first,
            "one_sided": _rounded(one.one_sided),
            "concentrated": _rounded(one.concentrated),
            "alike": one.alike,
            "active": one.active,
            "chance": _rounded(one.chance),
        },
    )


def _members(look: _Look, one: Strange, owners: Ownership) -> set[str]:
    name = look.grid.traders[one.trader]
    return {account for account, group in owners.groups.items() if group == name} | {name}


def _on_register(facts: Facts, owners: Ownership) -> frozenset[str]:
    """Accounts of whoever knew a fact by the register: judged by the exact rule."""
    knowers = {known.party_id for each in facts.knowledge.values() for known in each}
    return frozenset(account for party in knowers for account in owners.accounts_of.get(party, ()))


def _acts(records: Records, look: _Look, one: Strange, owners: Ownership, p: Parameters) -> list[Act]:
    """The trader's trades in the asset during the window."""
    begins = look.event.at - length_of_hours(p.window_hours)
    watched = Watched(frozenset(_members(look, one, owners)), frozenset({look.event.asset}), japan_date(begins))
    acts = acts_of(records, watched, look.handled, Off((), ()))
    return [act for act in acts if begins <= act.at < look.event.at and act.instrument == look.instrument]


def _with_one_partner(acts: list[Act], known: Collection[str], p: Parameters) -> bool:
    """Whether most of it was dealt with one other customer: who acts on news takes whoever is there."""
    partners = {act.other_account_id for act in acts} - {None} - set(known)
    most = max((total_quantity(acts, partial(_is_with, partner)) for partner in partners), default=Decimal(0))
    return bool(len(acts) >= p.partner_trades_min and most > p.partner_share_max * total_quantity(acts))


def _is_with(partner: str | None, act: Act) -> bool:
    return act.other_account_id == partner


def _gain(acts: list[Act], side: str, after: Decimal) -> Decimal:
    """What the position had gained, marked at the price after the reaction, in the quote asset."""
    gain = Decimal(0)
    for act in acts:
        assert act.trade is not None
        each = EXACT.multiply(EXACT.subtract(after, act.trade.price), act.quantity)
        gain = EXACT.add(gain, each) if act.side == "buy" else EXACT.subtract(gain, each)
    return gain


def _score(one: Strange, p: Parameters) -> Decimal:
    """Rarity counts most, then how far it is from habit, how one-sided and how concentrated."""
    rarity = 1 - min(Decimal(1), _rounded(one.chance) / p.chance_max)
    distance = 1 - 1 / (1 + max(Decimal(0), _rounded(one.far) - p.far_min) / p.far_min)
    kept = (_rounded(one.one_sided) + _rounded(one.concentrated)) / 2
    return Decimal(p.weight_event + p.weight_rarity * rarity + p.weight_distance * distance + p.weight_shape * kept)


def _rounded(value: float) -> Decimal:
    return Decimal(str(value)).quantize(_PLACES, rounding=ROUND_HALF_EVEN)


_PLACES = Decimal("0.0001")
