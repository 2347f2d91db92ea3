"""Busy spells: how often a group of accounts would meet itself by accident, as busy as it and the market were at that very time.

Over a whole day a quick trader is a small part of the market; in the minute in which he quotes both sides he may be a third of
it, and then he meets himself. So his trades are counted in spells: stretches in which he acted without a longer pause.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sekisho.typologies.activity import Place
from sekisho.typologies.chance import expected_meetings
from sekisho.typologies.meetings import Bool, Dealings, Likeness, Scope, codes_of, trades_at, window_numbers
from sekisho.typologies.order_stream import BUY, NEW, NOBODY, TRADE, Int64, OrderStream

Group = tuple[str, str]
"""An instrument and the name of a group of accounts."""


class Busy(NamedTuple):
    """A group in one window: its trades, how many with itself were to be expected, and its orders held against each other.

    ``pairs`` are those of a purchase and a sale it entered, ``alike`` the pairs of about one size. ``entered`` is the quantity of
    all its orders in lots, ``used`` that of the orders that met.
    """

    trades: int
    expected: float
    pairs: int
    alike: int
    entered: int
    used: int

    @property
    def expected_alike(self) -> float:
        """How many trades with itself were to be expected from two orders of about one size."""
        return self.expected * (self.alike + 1) / (self.pairs + 1)


class Busyness(NamedTuple):
    """Groups by place, and for a group's trade with itself, by trade id, how rare orders of that size are.

    That is the share of the instrument's orders as large as the smaller of the two, or of the group's own if that is more.
    """

    groups: Mapping[tuple[Place, str], Busy]
    as_large: Mapping[str, float]

    @classmethod
    def joined(cls, parts: Iterable[Busyness]) -> Busyness:
        """From several streams. A window that two of them saw is taken from the one that saw more of it."""
        groups: dict[tuple[Place, str], Busy] = {}
        as_large: dict[str, float] = {}
        for part in parts:
            for key, one in part.groups.items():
                groups[key] = max(one, groups.get(key, one))
            for trade, share in part.as_large.items():
                as_large[trade] = max(share, as_large.get(trade, share))
        return cls(groups, as_large)


def busyness(
    stream: OrderStream, books: tuple[Dealings, Likeness], groups: Mapping[str, str], scope: Scope, spell: Spell
) -> Busyness:
    """The groups (account to group) that traded with themselves in this stream, window by window."""
    done, alike = books
    group, named = _numbered(stream, groups)
    itself = (group[done.buyer] >= 0) & (group[done.buyer] == group[done.seller])
    met = np.flatnonzero(itself)
    if not len(met):
        return Busyness({}, {})
    group[~np.isin(group, group[done.buyer[met]])] = -1
    entered = np.flatnonzero((stream.kind == NEW) & (stream.account != NOBODY) & (group[stream.account] >= 0))
    found = _spells(stream, done, group, itself, scope.seconds, spell.pause)
    sizes = _sizes(stream, entered, (group, _used(stream, done.place[met])), scope.seconds, spell.size_ratio_min)
    busy = {
        ((stream.instrument, window), named[one]): Busy(*counted, *sizes.get((window, one), (0, 0, 0, 0)))
        for (window, one), counted in found.items()
    }
    return Busyness(busy, _as_large(stream, done, alike, met, entered, group))


class Spell(NamedTuple):
    """What parts one spell from the next, and which two sizes count as one (the smaller by the larger)."""

    pause: timedelta
    size_ratio_min: Decimal


def _numbered(stream: OrderStream, groups: Mapping[str, str]) -> tuple[Int64, list[str]]:
    """For each account code the number of its group (-1: none), and the names of the groups."""
    group = np.full(len(stream.account_ids), -1, np.int64)
    number: dict[str, int] = {}
    for account, code in codes_of(stream, groups).items():
        group[code] = number.setdefault(groups[account], len(number))
    return group, list(number)


def _spells(
    stream: OrderStream, done: Dealings, group: Int64, itself: Bool, seconds: int, pause: timedelta
) -> dict[tuple[int, int], tuple[int, float]]:
    """By window and group, its trades and how many of them with itself chance explains."""
    acted = np.flatnonzero((stream.kind != TRADE) & (stream.account != NOBODY) & (group[stream.account] >= 0))
    purchases, sales = np.flatnonzero(group[done.buyer] >= 0), np.flatnonzero(group[done.seller] >= 0)
    whose = np.r_[group[stream.account[acted]], group[done.buyer[purchases]], group[done.seller[sales]]]
    at = stream.at[np.r_[acted, done.place[purchases], done.place[sales]]]
    what = np.repeat([0, 1, 2], [len(acted), len(purchases), len(sales)])
    what[len(acted) : len(acted) + len(purchases)][itself[purchases]] = 3
    order = np.lexsort((at, whose))
    whose, at, what = whose[order], at[order], what[order]
    window = window_numbers(at, seconds)
    longer = np.diff(at) > pause // timedelta.resolution
    starts = np.flatnonzero(np.r_[True, (whose[1:] != whose[:-1]) | (window[1:] != window[:-1]) | longer])
    ends = np.r_[starts[1:], len(at)] - 1
    of = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(at)]))
    buys, sells, met = (np.bincount(of[np.isin(what, these)], minlength=len(starts)) for these in ((1, 3), (2,), (3,)))
    traded_at = np.sort(stream.at[done.place])
    market = np.searchsorted(traded_at, at[ends], "right") - np.searchsorted(traded_at, at[starts], "left")
    found: dict[tuple[int, int], tuple[int, float]] = {}
    for number in np.flatnonzero((buys > 0) | (sells > 0)).tolist():
        bought, sold, within, everybody = (int(each[number]) for each in (buys, sells, met, market))
        expected = expected_meetings(bought, sold, within, everybody, 2 * within / (bought + sold))
        key = (int(window[starts[number]]), int(whose[starts[number]]))
        trades, before = found.get(key, (0, 0.0))
        found[key] = trades + bought + sold, before + expected
    return found


def _used(stream: OrderStream, place: Int64) -> Bool:
    """For each order code: did it trade at one of these places?"""
    used = np.zeros(len(stream.order_ids) + 1, np.bool_)
    used[stream.order[place]] = used[stream.contra_order[place]] = True
    used[NOBODY] = False
    return used


def _sizes(
    stream: OrderStream, entered: Int64, marked: tuple[Int64, Bool], seconds: int, ratio: Decimal
) -> dict[tuple[int, int], tuple[int, int, int, int]]:
    """By window and group: pairs of a purchase and a sale entered in it, those of about one size, lots entered, lots used.

    ``marked`` are the group of each account code, and for each order code whether it was used.
    """
    group, used = marked
    window, whose = window_numbers(stream.at[entered], seconds), group[stream.account[entered]]
    order = np.lexsort((whose, window))
    entered, window, whose = entered[order], window[order], whose[order]
    starts = np.flatnonzero(np.r_[True, (whose[1:] != whose[:-1]) | (window[1:] != window[:-1])][: len(entered)])
    found = {}
    for start, end in pairwise([*starts.tolist(), len(entered)]):
        those = entered[start:end]
        lots, buys = stream.quantity[those], stream.side[those] == BUY
        bought, sold = lots[buys].astype(np.float64), np.sort(lots[~buys].astype(np.float64))
        least = np.searchsorted(sold, bought * float(ratio), "left")
        alike = int((np.searchsorted(sold, bought / float(ratio), "right") - least).sum())
        met = int(lots[used[stream.order[those]]].sum())
        found[int(window[start]), int(whose[start])] = len(bought) * len(sold), alike, int(lots.sum()), met
    return found


def _as_large(stream: OrderStream, done: Dealings, alike: Likeness, met: Int64, entered: Int64, group: Int64) -> dict[str, float]:
    """For each trade of a group with itself whose orders are on record: how many other orders are as large, as a share."""
    place = done.place[met][alike.known[met]]
    smaller = np.minimum(alike.entered[stream.order[place]], alike.entered[stream.contra_order[place]])
    everybody = np.sort(alike.entered[alike.entered > 0])
    share = _share_as_large(everybody, smaller)
    whose, of = group[stream.account[place]], group[stream.account[entered]]
    order = np.lexsort((stream.quantity[entered], of))
    own, of = stream.quantity[entered][order], of[order]
    for one in np.unique(whose).tolist():
        theirs, here = own[np.searchsorted(of, one, "left") : np.searchsorted(of, one, "right")], whose == one
        share[here] = np.maximum(share[here], _share_as_large(theirs, smaller[here]))
    names = [trade.trade_id for trade in trades_at(stream, place)]
    return dict(zip(names, share.tolist(), strict=True))


def _share_as_large(sizes: Int64, smaller: Int64) -> np.ndarray:
    """The share of orders as large, the two of the trade left out and one added so that it is never nought."""
    others = np.maximum(len(sizes) - np.searchsorted(sizes, smaller) - 2, 0)
    return (others + 1) / max(len(sizes) - 1, 1)
