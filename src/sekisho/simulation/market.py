"""The market: every instrument's day is played on its own, then all are written as one venue's log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from sekisho.simulation.answer_key import LOOK_ALIKE, Scheme
from sekisho.simulation.flow import Crowd, Pace, empty_plans, run_day
from sekisho.simulation.kernel import Longs, Reals, Table, Words, dice
from sekisho.simulation.listings import GRID_STEP_MICROSECONDS, Listing, half_spread_levels
from sekisho.simulation.matching import NOBODY, ORDERS, empty_book
from sekisho.simulation.options import Options, closes_at, opens_at
from sekisho.simulation.order_log import EXAMPLES, NO_SCHEME, Flows, OrderLog, PlayedDay, played_day
from sekisho.simulation.population import CUSTOMER, MARKET_MAKER, OMNIBUS, Population, strangers
from sekisho.simulation.registers import Entry, Registers
from sekisho.simulation.schemes import layering
from sekisho.simulation.schemes.programme import plan_market
from sekisho.simulation.schemes.sheet import Sheet

EVENTS_PER_ARRIVAL = 1.75
BRANCHING = 0.4
TAKING = 0.28
CUSTOMERS = TAKING + (1 - TAKING) * 0.13
"""Share of the arrivals that are customers: takers, and those who leave an order for long."""
MARGIN = 0.15  # room on the ladder beyond the day's lowest and highest value
QUIET = 1 / 40
"""Share of a day's orders that come on a quiet day."""
THREADS = 2

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


class Market:
    """All instruments on all trading days. Iterate over ``days()`` to play and write them one by one."""

    def __init__(
        self,
        options: Options,
        people: Population,
        listed: tuple[Listing, ...],
        paths: list[list[Reals]],
        newcomers: Longs,
        random: np.random.Generator,
        told_of: Sequence[Entry],
    ) -> None:
        self.options, self.people, self.listed, self.paths = options, people, listed, paths
        self.events_a_day = options.order_events / options.days
        self.sheets = [
            [
                Sheet(
                    one,
                    opens_at(day),
                    self._arrivals(one, number) / 86_400,
                    max(2, int(self._half_spread(one, number))),
                    today[one.number],
                    issued=told_of[one.number].issued,
                )
                for one in listed
            ]
            for number, (day, today) in enumerate(zip(options.trading_days, paths, strict=True))
        ]
        new = set(newcomers.tolist())
        self.free = [each for each in strangers(people, random) if each not in new]
        self.registers = Registers()
        self.schemes = plan_market(options, people, self.free, self.sheets[: options.days], self.registers)
        self.halts = {sheet.listing.number: sheet.halts_at for today in self.sheets for sheet in today if sheet.halts_at}
        self._apply_shocks()
        self.crowds = self._crowds(newcomers, random)
        for today in self.sheets:
            for sheet in today:
                if sheet.measured:
                    sheet.in_own_measure(self._measures(sheet.listing))
        self.quoters = [] if options.clean else [self._quoters(one, crowd) for one, crowd in zip(listed, self.crowds, strict=True)]
        self.groups = people.groups()

    def days(self, folder: Path, progress: Progress) -> Iterator[Flows]:
        """Play each trading day and write it; yields what its trades moved."""
        log = OrderLog(folder, self.options, self.people, self.listed, self.schemes)
        self.log = log
        for number, day in enumerate(self.options.trading_days):
            with ThreadPoolExecutor(THREADS) as threads:
                played = []
                for done, each in enumerate(threads.map(partial(self._play, number), self.listed), start=1):
                    played.append(each)
                    progress("trading", number * len(self.listed) + done, len(self.sheets) * len(self.listed))
            yield log.write_day(day, played)
        log.close()
        if not self.options.clean:
            self.schemes += log.ordinary_look_alikes()

    def _apply_shocks(self) -> None:
        """Let value jump where news was planned, that day and ever after."""
        for one in self.listed:
            carried = 1.0
            for number, sheets in enumerate(self.sheets):
                path, sheet = self.paths[number][one.number], sheets[one.number]
                factors = np.full(path.size, carried)
                for at, move in sheet.shocks:
                    place = min(path.size - 1, 1 + int((at - sheet.opens_at) / GRID_STEP_MICROSECONDS))
                    factors[place:] *= np.exp(move)
                carried = float(factors[-1])
                if sheet.shocks or carried != 1.0:
                    self.paths[number][one.number] = path * factors

    def _arrivals(self, one: Listing, day: int = 0) -> float:
        """Ordinary arrivals in a day (by its number), including those that others call forth."""
        busy = 1.0 if day < self.options.days else QUIET
        return self.events_a_day * one.share / EVENTS_PER_ARRIVAL * busy

    def _half_spread(self, one: Listing, day: int) -> float:
        return half_spread_levels(one, self._arrivals(one, day))

    def _play(self, number: int, one: Listing) -> PlayedDay:
        """One instrument's day, alone in its thread: its randomness depends on seed, day and instrument only."""
        options = self.options
        day, sheet = options.trading_days[number], self.sheets[number][one.number]
        ticks = sheet.valued(self.paths[number][one.number], GRID_STEP_MICROSECONDS) / float(one.tick_size)
        floor = max(1, int(ticks.min() * (1 - MARGIN)))
        levels = int(ticks.max() * (1 + MARGIN)) - floor
        expected = int(self.events_a_day * one.share * 1.6) + 4 * len(sheet.rows) + 20_000
        book = empty_book(levels, expected, int(2.2 * expected), self.groups)
        arrivals = self._arrivals(one, number) / 86_400e6
        pace = Pace(
            opens_at=opens_at(day),
            closes_at=closes_at(day),
            halts_at=sheet.halts_at or closes_at(day),
            arrivals=arrivals * (1 - BRANCHING) * 0.85,
            branching=BRANCHING,
            decay=max(arrivals * 3, 0.1e-6),
            taking=TAKING,
            typical_lots=float(one.typical_lots),
            half_spread=self._half_spread(one, number),
            value_step=GRID_STEP_MICROSECONDS,
        )
        crowd = self.crowds[one.number]
        plans = empty_plans(expected, crowd.makers.size, max(1, len(sheet.watch)))
        run_day(book, pace, crowd, ticks - floor, sheet.script(), plans, dice(options.seed, 7, number, one.number))
        orders = book.orders[: book.counters[ORDERS]]
        named = {int(o): sheet.named[int(orders["slot"][o])] for o in np.flatnonzero(np.isin(orders["slot"], list(sheet.named)))}
        return played_day(book, one, floor, self._tags(number, sheet, orders), named)

    def _tags(self, number: int, sheet: Sheet, orders: Table) -> Words:
        """Per order, the place of its scheme in the list of schemes; on the first day also the quoters' first orders."""
        place = {id(scheme): number for number, scheme in enumerate(self.schemes)}
        of_slot = np.array([place[id(scheme)] for scheme in sheet.schemes] + [NO_SCHEME], dtype=np.int32)
        tags = of_slot[np.where(orders["slot"] >= 0, orders["slot"], of_slot.size - 1)]
        if number == 0 and self.quoters:
            for account, scheme in self.quoters[sheet.listing.number]:
                tags[np.flatnonzero(orders["account"] == account)[:EXAMPLES]] = place[id(scheme)]
        return np.asarray(tags, dtype=np.int32)

    def _quoters(self, one: Listing, crowd: Crowd) -> list[tuple[int, Scheme]]:
        """Look-alikes of layering in the ordinary flow: one maker and one quick trader, who renew and withdraw all day."""
        quoters = []
        for account, pattern in ((crowd.makers[0], "market_maker_quotes"), (crowd.quick[0], "quick_quotes")):
            scheme = Scheme(
                rule=layering.RULE,
                kind=LOOK_ALIKE,
                pattern=pattern,
                severity=0.0,
                subjects=(self.people.account_id(int(account)),),
                instrument=one.instrument,
                asset=one.asset,
            )
            days = self.options.trading_days
            scheme.saw(opens_at(days[0]), closes_at(days[-1]))
            self.schemes.append(scheme)
            quoters.append((int(account), scheme))
        return quoters

    def _measures(self, one: Listing) -> Reals:
        """Per account, what it holds at the end of a day against somebody who comes twice a day: orders add up as their root."""
        pool = self.crowds[one.number].customers
        ranks = np.arange(pool.size + 1) / pool.size
        orders = self._arrivals(one) * CUSTOMERS * np.diff(np.sqrt(ranks))
        measures = np.ones(self.people.kind.size)
        np.maximum.at(measures, pool, np.sqrt(orders / 2))
        return measures

    def _knowing(self) -> Longs:
        """Accounts of parties that a register of facts names: they trade as their scheme says, and not besides."""
        named = {row["party_id"] for row in self.registers.rows.get("fact_knowledge", ())}
        known = [account for account, party in enumerate(self.people.party) if self.people.party_id(int(party)) in named]
        return np.array(known, dtype=np.int64)

    def _crowds(self, newcomers: Longs, random: np.random.Generator) -> list[Crowd]:
        people = self.people
        makers, omnibus = people.of_kind(MARKET_MAKER), people.of_kind(OMNIBUS)
        customers = np.setdiff1d(people.of_kind(CUSTOMER), np.concatenate([people.quick, newcomers, self._knowing()]))
        crowds = []
        for one in self.listed:
            here = random.choice(makers, size=min(makers.size, 4 if one.number < 10 else 3), replace=False)
            maker_of = np.full(people.kind.size, NOBODY, np.int64)
            maker_of[here] = np.arange(here.size)
            size = min(customers.size, max(60, int(customers.size * min(0.6, 2.5 / len(self.listed)))))
            pool = random.choice(customers, size=size, replace=False)
            pool[random.integers(1, 8)] = random.choice(omnibus)
            crowds.append(
                Crowd(
                    makers=here.astype(np.int64),
                    quick=random.choice(people.quick, size=min(people.quick.size, 12), replace=False).astype(np.int64),
                    customers=pool.astype(np.int64),
                    maker_of=maker_of,
                )
            )
        return crowds
