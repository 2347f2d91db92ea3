"""The venue's log: the logs of all instruments in one order of time, with ids dealt in that order, day by day.

Ids and sequence numbers count on over the whole venue, so that neither tells a planned order from any other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.columns import MARKET_DECIMAL, UNIT, decimals, ids, times, words, writer
from sekisho.simulation.kernel import Longs, Words
from sekisho.simulation.listings import Listing
from sekisho.simulation.matching import BUY, LIMIT, NEW, ORDERS, REJECT, ROWS, TRADE, Book
from sekisho.simulation.options import Options
from sekisho.simulation.population import MARKET_MAKER, NO_GROUP, OMNIBUS, Population
from sekisho.simulation.schemes import matched_orders, self_match, wash_trading
from sekisho.simulation.schemes.sheet import PlannedOrder

FIRST_NUMBER = 1_000_000_001
BATCH = 1_000_000
PARTITION_FROM = 2_000_000
EXAMPLES = 50
ACTIONS = ("new", "replace", "cancel", "expire", "reject")
NO_SCHEME = -1

_TIME = pa.timestamp("us", "UTC")
_WORD = pa.dictionary(pa.int32(), pa.string())
ORDER_EVENT = pa.schema(
    [
        pa.field("event_id", pa.string(), nullable=False),
        pa.field("sequence", pa.int64(), nullable=False),
        pa.field("occurred_at", _TIME, nullable=False),
        pa.field("instrument", _WORD, nullable=False),
        pa.field("order_id", pa.string(), nullable=False),
        pa.field("account_id", _WORD),
        pa.field("side", _WORD, nullable=False),
        pa.field("action", _WORD, nullable=False),
        pa.field("order_type", _WORD, nullable=False),
        pa.field("price", MARKET_DECIMAL),
        pa.field("quantity", MARKET_DECIMAL, nullable=False),
    ]
)
TRADES = pa.schema(
    [
        pa.field("trade_id", pa.string(), nullable=False),
        pa.field("sequence", pa.int64(), nullable=False),
        pa.field("executed_at", _TIME, nullable=False),
        pa.field("instrument", _WORD, nullable=False),
        pa.field("price", MARKET_DECIMAL, nullable=False),
        pa.field("quantity", MARKET_DECIMAL, nullable=False),
        pa.field("buy_order_id", pa.string()),
        pa.field("sell_order_id", pa.string()),
        pa.field("buy_account_id", _WORD),
        pa.field("sell_account_id", _WORD),
        pa.field("aggressor_side", _WORD),
    ]
)


@dataclass(slots=True)
class PlayedDay:
    """What one instrument's day left behind, without the book: log rows and orders, in their own order."""

    listing: Listing
    at: Longs
    quantity: Longs
    price: Words  # ticks
    order: Words
    other: Words
    action: NDArray[np.int8]
    account: Words  # per order
    side: NDArray[np.int8]
    order_type: NDArray[np.int8]
    tag: Words  # per order: place in the list of schemes
    named: dict[int, PlannedOrder]  # orders whose id a register wants to know


def played_day(book: Book, listing: Listing, floor: int, tag: Words, named: dict[int, PlannedOrder]) -> PlayedDay:
    """Keep what is needed of a book after its day; ``floor`` is the tick of the ladder's first level."""
    log, orders = book.log[: book.counters[ROWS]], book.orders[: book.counters[ORDERS]]
    return PlayedDay(
        listing=listing,
        at=log["at"].copy(),
        quantity=log["quantity"].copy(),
        price=(log["price"] + floor).astype(np.int32),
        order=log["order"].astype(np.int32),
        other=log["other"].astype(np.int32),
        action=log["action"].astype(np.int8),
        account=orders["account"].astype(np.int32),
        side=orders["side"].astype(np.int8),
        order_type=orders["order_type"].astype(np.int8),
        tag=tag,
        named=named,
    )


@dataclass(slots=True)
class Flows:
    """What a day's trades moved: units of each asset and yen, by account. Whole units of eight places."""

    base: NDArray[np.int64]  # [account, listing]
    yen: Longs  # [account]
    volume_jpy: int = 0


@dataclass(slots=True)
class OrderLog:
    """Writes ``order_event`` and ``trade`` and remembers, of the planned orders, the ids they were dealt."""

    folder: Path
    options: Options
    people: Population
    listed: tuple[Listing, ...]
    schemes: list[Scheme]
    events: int = 0
    trades: int = 0
    orders: int = 0
    sequence: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    _account_ids: pa.Array = None
    _interest: Words = field(default_factory=lambda: np.zeros(0, np.int32))  # per account
    _writers: dict[str, pq.ParquetWriter] = field(default_factory=dict)
    _pairs: dict[tuple[int, int, int], list[tuple[int, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Write the accounts' ids once, and see who is one with whom."""
        self._account_ids = ids("A", self.people.number)
        self._interest = self.people.interests()

    def write_day(self, day: date, played: list[PlayedDay]) -> Flows:
        """Merge the instruments' logs by time, deal ids, write both tables, gather evidence and what trades moved."""
        for each in played:
            self._see_hopes(each)
        merged = _Merged(played)
        flows = Flows(np.zeros((self.options.accounts, len(self.listed)), np.int64), np.zeros(self.options.accounts, np.int64))
        if self.options.order_events >= PARTITION_FROM:
            self.close()
        for start in range(0, merged.size, BATCH):
            rows = merged.batch(start)
            rows.sequence = self.sequence + 1 + np.arange(rows.at.size)
            self.sequence += rows.at.size
            entered = (rows.action == NEW) | (rows.action == REJECT)
            merged.numbers[rows.order[entered]] = FIRST_NUMBER + self.orders + np.arange(int(entered.sum()))
            self.orders += int(entered.sum())
            traded = rows.action == TRADE
            self._write_events(day, merged, rows, ~traded)
            self._write_trades(day, merged, rows, traded, flows)
        for order, planned in merged.named.items():
            planned.order_id = f"O{merged.numbers[order]}" if merged.numbers[order] else None
        return flows

    def close(self) -> None:
        """Finish the files that are open."""
        for each in self._writers.values():
            each.close()
        self._writers.clear()

    def _see_hopes(self, played: PlayedDay) -> None:
        """Which schemes of this instrument and day waited for a move of the price that did not come."""
        traded = played.action == TRADE
        at, price = played.at[traded], played.price[traded]
        for scheme in self.schemes:
            hope = scheme.hopes
            if hope is None or scheme.instrument != played.listing.instrument or not at.size or not at[0] <= hope.since <= at[-1]:
                continue
            before, after = (price[max(0, np.searchsorted(at, when) - 1)] for when in (hope.since, hope.until))
            scheme.disappointed = hope.side * float(np.log(after / before)) < hope.least

    def _write_events(self, day: date, merged: _Merged, rows: _Rows, these: NDArray[np.bool_]) -> None:
        order, action, at = rows.order[these], rows.action[these], rows.at[these]
        numbers = FIRST_NUMBER + self.events + np.arange(order.size)
        self.events += order.size
        self.actions.update({name: int(count) for name, count in zip(ACTIONS, np.bincount(action, minlength=5)[:5], strict=True)})
        places = merged.places[rows.listing[these]]
        no_price = merged.order_type[order] != LIMIT
        columns = [
            ids("E", numbers),
            pa.array(rows.sequence[these]),
            times(at),
            words(rows.listing[these], [each.instrument for each in self.listed]),
            ids("O", merged.numbers[order]),
            words(merged.account[order], self._account_ids),
            words((merged.side[order] != BUY), ["buy", "sell"]),
            words(action, ACTIONS),
            words(merged.order_type[order], ["limit", "market"]),
            decimals(rows.price[these] * places[:, 0], no_price),
            decimals(rows.quantity[these] * places[:, 1]),
        ]
        self._append("order_event", day, pa.Table.from_arrays(columns, schema=ORDER_EVENT))
        for row in np.flatnonzero(merged.tag[order] != NO_SCHEME):
            scheme = self.schemes[merged.tag[order[row]]]
            if not _needs_both_sides(scheme):
                scheme.saw(int(at[row]), int(at[row]))
                scheme.evidence.add(("order", f"O{merged.numbers[order[row]]}"))
                if scheme.by_event:
                    scheme.evidence.add(("order_event", f"E{numbers[row]}"))
            if scheme.awaits and self.people.account_id(int(merged.account[order[row]])) in scheme.awaits:
                scheme.awaits = frozenset()

    def _write_trades(self, day: date, merged: _Merged, rows: _Rows, these: NDArray[np.bool_], flows: Flows) -> None:
        if not these.any():
            return
        taker, resting, listing = rows.order[these], rows.other[these], rows.listing[these]
        bought = merged.side[taker] == BUY
        buy, sell = np.where(bought, taker, resting), np.where(bought, resting, taker)
        buyer, seller = merged.account[buy], merged.account[sell]
        numbers = FIRST_NUMBER + self.trades + np.arange(taker.size)
        self.trades += taker.size
        places = merged.places[listing]
        price, quantity = rows.price[these] * places[:, 0], rows.quantity[these] * places[:, 1]
        columns = [
            ids("T", numbers),
            pa.array(rows.sequence[these]),
            times(rows.at[these]),
            words(listing, [each.instrument for each in self.listed]),
            decimals(price),
            decimals(quantity),
            ids("O", merged.numbers[buy]),
            ids("O", merged.numbers[sell]),
            words(buyer, self._account_ids),
            words(seller, self._account_ids),
            words(~bought, ["buy", "sell"]),
        ]
        self._append("trade", day, pa.Table.from_arrays(columns, schema=TRADES))
        paid = rows.price[these] * rows.quantity[these] * places[:, 2]
        for account, sign in ((buyer, 1), (seller, -1)):
            np.add.at(flows.base, (account, listing), sign * quantity)
            np.add.at(flows.yen, account, -sign * paid)
        flows.volume_jpy += int((paid // UNIT).sum())
        self._gather(merged, rows.at[these], taker, resting, numbers)
        self._watch_pairs(rows.at[these], listing, buyer, seller, numbers)

    def _append(self, table: str, day: date, content: pa.Table) -> None:
        if table not in self._writers:
            parted = self.options.order_events >= PARTITION_FROM
            place = f"{table}/date={day}/part-0.parquet" if parted else f"{table}.parquet"
            plain = [name for name in content.schema.names if name.endswith(("event_id", "order_id", "trade_id"))]
            self._writers[table] = writer(self.folder / place, content.schema, [*plain, "sequence"])
        self._writers[table].write_table(content, row_group_size=250_000)

    def _gather(self, merged: _Merged, at: Longs, taker: Words, resting: Words, numbers: Longs) -> None:
        """The trades of planned orders, and who stood on both sides.

        Where one interest did, a control of self-match prevention rightly says so, whatever the scheme is and however innocent.
        """
        tags = merged.tag[taker], merged.tag[resting]
        interest = [self._interest[merged.account[order]] for order in (taker, resting)]
        one = (interest[0] == interest[1]) & (interest[0] != NO_GROUP)
        for row in np.flatnonzero((tags[0] != NO_SCHEME) | (tags[1] != NO_SCHEME)):
            both = tags[0][row] == tags[1][row]
            for tag, order in ((tags[0][row], taker[row]), (tags[1][row], resting[row])):
                if tag == NO_SCHEME or (_needs_both_sides(self.schemes[tag]) and not both):
                    continue
                self.schemes[tag].saw(int(at[row]), int(at[row]))
                self.schemes[tag].evidence |= {("trade", f"T{numbers[row]}"), ("order", f"O{merged.numbers[order]}")}
                if one[row] and self_match.RULE not in (self.schemes[tag].rule, *self.schemes[tag].also):
                    self.schemes[tag].also += (self_match.RULE,)

    def _watch_pairs(self, at: Longs, listing: Words, buyer: Words, seller: Words, numbers: Longs) -> None:
        """Ordinary flow that looks like misconduct: makers who trade with each other, omnibus accounts that cross."""
        kind = self.people.kind
        makers = (kind[buyer] == MARKET_MAKER) & (kind[seller] == MARKET_MAKER)
        crossing = (buyer == seller) & (kind[buyer] == OMNIBUS)
        for row in np.flatnonzero(makers | crossing):
            pair = sorted((int(buyer[row]), int(seller[row])))
            self._pairs.setdefault((int(listing[row]), pair[0], pair[1]), []).append((int(at[row]), int(numbers[row])))

    def ordinary_look_alikes(self) -> list[Scheme]:
        """Key lines for the pair of makers who met most often in each instrument, and for crossings within omnibus accounts."""
        found, told = [], set()
        for (listing, one, other), seen in sorted(self._pairs.items(), key=lambda item: (-len(item[1]), item[0])):
            crossing = one == other
            if not crossing and (listing in told or len(seen) < 3):
                continue
            if not crossing:
                told.add(listing)
            for rule in (wash_trading.RULE,) if crossing else (wash_trading.RULE, matched_orders.RULE):
                scheme = Scheme(
                    rule=rule,
                    kind=LOOK_ALIKE,
                    pattern="omnibus_crossing" if crossing else "market_makers_meet",
                    severity=0.0,
                    subjects=tuple(sorted({self.people.account_id(one), self.people.account_id(other)})),
                    instrument=self.listed[listing].instrument,
                    asset=self.listed[listing].asset,
                )
                for at, _number in seen:
                    scheme.saw(at, at)
                scheme.evidence |= {("trade", f"T{number}") for _at, number in seen[:EXAMPLES]}
                found.append(scheme)
        return found


def _needs_both_sides(scheme: Scheme) -> bool:
    """Whether a trade belongs to the scheme only when both of its orders do."""
    return scheme.kind == PLANTED and scheme.rule in (wash_trading.RULE, matched_orders.RULE)


def _joined(played: list[PlayedDay], name: str) -> NDArray[Any]:
    """One column over all instruments. The parts are let go at once: a large day would not fit into memory twice."""
    parts = [getattr(each, name) for each in played]
    for each in played:
        setattr(each, name, None)
    return np.concatenate(parts)


@dataclass(slots=True)
class _Rows:
    """One batch of the merged log."""

    at: Longs
    quantity: Longs
    price: Longs
    order: NDArray[Any]
    other: NDArray[Any]
    action: NDArray[np.int8]
    listing: NDArray[Any]
    sequence: Longs


class _Merged:
    """The instruments' logs as one, in order of time; ties keep the order of instruments, and each log its own."""

    def __init__(self, played: list[PlayedDay]) -> None:
        lengths = [each.at.size for each in played]
        starts = np.cumsum([0] + [each.account.size for each in played])
        self.named = {
            start + order: name for each, start in zip(played, starts[:-1], strict=True) for order, name in each.named.items()
        }
        for each, start in zip(played, starts[:-1], strict=True):
            each.order += np.int32(start)
            each.other += np.int32(start)
        self.listing = np.repeat(np.array([each.listing.number for each in played], np.int16), lengths)
        self.at, self.quantity, self.price = (_joined(played, name) for name in ("at", "quantity", "price"))
        self.order, self.other, self.action = (_joined(played, name) for name in ("order", "other", "action"))
        self.account, self.side = _joined(played, "account"), _joined(played, "side")
        self.order_type, self.tag = _joined(played, "order_type"), _joined(played, "tag")
        listed = [each.listing for each in sorted(played, key=lambda each: each.listing.number)]
        played.clear()
        self.numbers = np.zeros(self.account.size, np.int64)
        self.rank = np.argsort(self.at, kind="stable").astype(np.int32)
        self.places = np.array(
            [[10 ** (e.tick_places + 8), 10 ** (e.lot_places + 8), 10 ** (e.tick_places + e.lot_places + 8)] for e in listed],
            dtype=np.int64,
        )

    @property
    def size(self) -> int:
        """The number of rows."""
        return int(self.rank.size)

    def batch(self, start: int) -> _Rows:
        """The next rows in order of time."""
        rank = self.rank[start : start + BATCH]
        return _Rows(
            at=self.at[rank],
            quantity=self.quantity[rank],
            price=self.price[rank].astype(np.int64),
            order=self.order[rank],
            other=self.other[rank],
            action=self.action[rank],
            listing=self.listing[rank],
            sequence=np.zeros(0, np.int64),
        )
