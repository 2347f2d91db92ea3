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
    Book,
    Conditions,
    Event,
    Jump,
    Market,
    Moment,
    Move,
    Shape,
    Strange,
    Traded,
    book_of,
    known_events,
    moves_after,
    moves_at,
    paired_accounts,
    repricings,
    steps_before,
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
    import numpy as np
    from numpy.typing import NDArray

    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each position before an event that is stranger than chance explains."""
    facts, handled, owners = read_facts(records), read_handled(records, ()), ownership_of(records)
    out, groups = accounts_of_kind(records, *p.left_out_kinds) | _on_register(facts, owners), owners.groups
    events = known_events(facts, handled.applications, length_of_hours(p.window_hours))
    if not events and not {"publication", "listing_application"} & records.present:
        jump = Jump(length_of_hours(p.jump_hours), p.jump_moves_min, p.jump_kept_min, p.jump_kept_steps)
        events = repricings(records, _instruments(handled, None), jump)
    moved = _moved(records, events, handled, p)
    if not moved:
        return
    out |= paired_accounts(records, out, p.partner_share_max, p.partner_trades_min)
    candidates = list(_candidates(records, moved, handled, Market({}, out, groups), p))
    for suspect in _told_once(_suspects(candidates, p), p):
        acts = [act for act in _acts(records, suspect.look, suspect.one, owners, p) if act.account_id not in out]
        if not _with_one_partner(acts, out, p) and not _after_a_leak(acts, suspect.look, facts):
            yield _found(records, suspect, acts, p)


class _Moved(NamedTuple):
    """An event on which the price moved, in the asset's main instrument, and the instruments it is compared with."""

    event: Event
    instrument: str
    move: Move
    instruments: dict[str, str]
    span: tuple[datetime, datetime]


class _Look(NamedTuple):
    """An event with what the market did and the book in which somebody was strange before it."""

    event: Event
    instrument: str
    move: Move
    book: Book
    handled: Handled


def _moved(records: Records, events: list[Event], handled: Handled, p: Parameters) -> list[_Moved]:
    """The events worth a look; all that needs no more than prices is asked first, of all of them together."""
    traded = traded_of(records) if events else {}
    asked: list[tuple[Event, Moment, dict[str, str], tuple[datetime, datetime]]] = []
    for event in events:
        instrument = _main_instrument(traded, event.asset, handled)
        if instrument is None:
            continue
        instruments = _instruments(handled, handled.pairs[instrument].quote)
        begins = min(traded[name].first for name in instruments if name in traded)
        until = max(traded[name].last for name in instruments if name in traded)
        if steps_before(event, _shape(p), begins):
            asked.append((event, Moment(instrument, event.at, _reaction(event, events, p)), instruments, (begins, until)))
    moves = moves_at(records, [moment for _event, moment, *_ in asked])
    return [
        _Moved(event, moment.instrument, move, instruments, span)
        for (event, moment, instruments, span), move in zip(asked, moves, strict=True)
        if move is not None and Decimal(str(move.usual_moves)) >= p.move_min and event.side in {0, move.side}
    ]


def _reaction(event: Event, events: list[Event], p: Parameters) -> timedelta:
    """How long the price has: until the next event of the asset, if it was given time to settle before."""
    least, most = length_of_hours(p.settle_hours), length_of_hours(p.reaction_hours)
    later = [other.at - event.at for other in events if other.asset == event.asset]
    return min([most, *(each for each in later if each >= least)])


class _Suspect(NamedTuple):
    """A trader before an event, and how often chance has somebody as strange."""

    look: _Look
    one: Strange
    chance: float


def _candidates(
    records: Records, moved: list[_Moved], handled: Handled, market: Market, p: Parameters
) -> Iterator[tuple[_Look, Strange]]:
    """Who meets the conditions before each event. The book is read once for all events in instruments of one quote."""
    books: dict[tuple[str, ...], tuple[Book, dict[str, NDArray[np.float64]]]] = {}
    for event, instrument, move, instruments, span in moved:
        names = tuple(sorted(instruments))
        if names not in books:
            book = book_of(records, market._replace(instruments=instruments), _shape(p), _conditions(p), span)
            after = moves_after(records, names, book.moments, length_of_hours(p.reaction_hours))
            books[names] = book, {instruments[name]: each for name, each in after.items()}
        book, moves = books[names]
        look = _Look(event, instrument, move, book, handled)
        for one in book.strange_before(event, move.side, moves, float((move.after / move.before).ln())):
            if _rounded(one.gain_chance) <= p.gain_chance_max:
                yield look, one


def _suspects(candidates: list[tuple[_Look, Strange]], p: Parameters) -> list[_Suspect]:
    """Whom chance does not explain. Who is suspected already says nothing of how often the innocent are as strange."""
    suspected: set[str] = set()
    while True:
        found = []
        for look, one in candidates:
            known = [number for number, name in enumerate(look.book.traders) if name in suspected]
            chance = look.book.chance(look.event, one, known)
            if _rounded(chance) <= p.chance_max:
                found.append(_Suspect(look, one, chance))
        names = {each.look.book.traders[each.one.trader] for each in found}
        if names <= suspected:
            return found
        suspected = names


def _told_once(found: list[_Suspect], p: Parameters) -> list[_Suspect]:
    """Of the same trader's positions whose windows overlap, the strangest: one position is one case, whatever follows it."""
    window, kept = length_of_hours(p.window_hours), list[_Suspect]()
    for each in sorted(found, key=lambda each: (each.chance, -each.one.strangeness, each.look.event)):
        if all(abs(other.look.event.at - each.look.event.at) >= window for other in kept if _same_position(other, each)):
            kept.append(each)
    return sorted(kept, key=lambda each: (each.look.event, each.one.trader))


def _same_position(one: _Suspect, other: _Suspect) -> bool:
    sides = (one.look.event.asset, one.look.move.side), (other.look.event.asset, other.look.move.side)
    return sides[0] == sides[1] and one.look.book.traders[one.one.trader] == other.look.book.traders[other.one.trader]


def _shape(p: Parameters) -> Shape:
    return Shape(length_of_hours(p.step_hours), int(p.window_hours / p.step_hours), int(p.history_hours / p.step_hours))


def _conditions(p: Parameters) -> Conditions:
    return Conditions(
        far_min=float(p.far_min),
        decisions_min=int(p.decisions_min),
        one_sided_min=float(p.one_sided_min),
        concentrated_min=float(p.concentrated_min),
        taken_min=float(p.taken_min),
        pauses_max=float(p.pauses_max),
        unlikely_enough=float(p.unlikely_enough),
        together=length_of_hours(p.together_hours),
    )


def _main_instrument(traded: Mapping[str, Traded], asset: str, handled: Handled) -> str | None:
    """The pair in which the asset is traded most often."""
    names = [pair.instrument for pair in handled.of(asset) if pair.base == asset and pair.ours and pair.instrument in traded]
    return min(names, key=lambda name: (-traded[name].trades, name)) if names else None


def _instruments(handled: Handled, quote: str | None) -> dict[str, str]:
    """The exchange's pairs against one quote, or against whatever, with their assets."""
    return {pair.instrument: pair.base for pair in handled.pairs.values() if pair.ours and quote in {None, pair.quote}}


def _found(records: Records, suspect: _Suspect, acts: list[Act], p: Parameters) -> Found:
    look, one, chance = suspect
    side, asset = "buy" if look.move.side == BUY else "sell", look.event.asset
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
        score=_score(suspect, p),
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
            "taken": _rounded(one.taken),
            "pauses": _rounded(one.pauses),
            "concentrated": _rounded(one.concentrated),
            "orders": one.orders,
            "usual_orders": _rounded(one.usual),
            "chance_max": p.chance_max,
            "alike": one.alike,
            "active": one.active,
            "chance": _rounded(chance),
            "gains": one.gains,
            "moments": one.moments,
        },
    )


def _members(look: _Look, one: Strange, owners: Ownership) -> set[str]:
    name = look.book.traders[one.trader]
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


def _after_a_leak(acts: list[Act], look: _Look, facts: Facts) -> bool:
    """Whether the first of it on this side came when a fact of the asset stood in one channel already and not yet in the last."""
    side, word = ("buy", "up") if look.move.side == BUY else ("sell", "down")
    first = next((act.at for act in acts if act.side == side), None)
    leaked = (
        facts.posts.get(name, ()) for name, fact in facts.facts.items() if (fact.asset, fact.direction) == (look.event.asset, word)
    )
    return first is not None and any(posts and posts[0].published_at <= first < posts[-1].published_at for posts in leaked)


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


def _score(suspect: _Suspect, p: Parameters) -> Decimal:
    """Rarity counts most, then how far it is from habit, how one-sided and how concentrated."""
    _look, one, chance = suspect
    rarity = 1 - min(Decimal(1), _rounded(chance) / p.chance_max)
    distance = 1 - 1 / (1 + max(Decimal(0), _rounded(one.far) - p.far_min) / p.far_min)
    kept = (_rounded(one.one_sided) + _rounded(one.concentrated)) / 2
    return Decimal(p.weight_event + p.weight_rarity * rarity + p.weight_distance * distance + p.weight_shape * kept)


def _rounded(value: float) -> Decimal:
    return Decimal(str(value)).quantize(_PLACES, rounding=ROUND_HALF_EVEN)


_PLACES = Decimal("0.0001")
