"""Who plays in a scheme, where, and how blatantly: what every kind of scheme draws from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sekisho.simulation.answer_key import Scheme
from sekisho.simulation.options import Options
from sekisho.simulation.population import CUSTOMER, Population
from sekisho.simulation.registers import Registers
from sekisho.simulation.schemes.sheet import MINUTE, SECOND, Sheet

HOUR = 60 * MINUTE
LATEST_START_HOURS = 17.0
CROWDS = frozenset({"followers", "organic_momentum", "panic_behind_a_raid", "panic_behind_a_seller", "news_panic"})
"""Patterns of people who only run with everybody: bystanders, who are not cast for it."""
TRIES = 60


class CastExhaustedError(Exception):
    """No more customers who are free to be cast."""


@dataclass(slots=True)
class Stage:
    """Where a scheme is played: one instrument on one day, and the people still free for it."""

    options: Options
    people: Population
    random: np.random.Generator
    free: list[int]  # accounts
    sheet: Sheet
    schemes: list[Scheme]
    registers: Registers

    def actors(self, number: int) -> list[int]:
        """Accounts of unrelated customers, cast once only."""
        if len(self.free) < number:
            raise CastExhaustedError
        return [self.free.pop() for _each in range(number)]

    def bystanders(self, number: int) -> list[int]:
        """Customers who were never cast and never will be; the same people may run after more than one price."""
        people, free = self.people, set(self.free)
        cast = {subject for scheme in self.schemes if scheme.pattern not in CROWDS for subject in scheme.subjects}
        out = free | set(people.quick.tolist())
        there = [int(a) for a in people.of_kind(CUSTOMER) if int(a) not in out and people.account_id(int(a)) not in cast]
        return [int(a) for a in self.random.permutation(np.array(there, np.int64))[:number]]

    def scheme(self, rule: str, kind: str, pattern: str, severity: float, accounts: list[int]) -> Scheme:
        """Open a line of the answer key for these accounts."""
        each = Scheme(
            rule=rule,
            kind=kind,
            pattern=pattern,
            severity=severity,
            subjects=tuple(sorted({self.people.account_id(account) for account in accounts})),
            instrument=self.sheet.listing.instrument,
            asset=self.sheet.listing.asset,
        )
        self.schemes.append(each)
        return each

    def start(self, hours_needed: float = 2.0) -> float:
        """A moment at which something may begin that takes so many hours."""
        latest = max(1.0, min(LATEST_START_HOURS, 23.0 - hours_needed))
        return self.sheet.opens_at + float(self.random.uniform(0.5, latest)) * HOUR

    def moment(self, hours: float) -> float:
        """Any moment of the day that leaves so many hours of it."""
        return self.sheet.opens_at + float(self.random.uniform(0.5, max(1.0, 23.0 - hours))) * HOUR

    def start_alone(self, hours: float) -> float:
        """The same for what moves the price: where it can be, at a moment when nothing else of that kind goes on here.

        Where the day is full it is the moment that has the least of it.
        """
        at = min((self.moment(hours) for _try in range(TRIES)), key=lambda each: self.crowded(each, each + hours * HOUR))
        self.sheet.taken.append((at, at + hours * HOUR))
        return at

    def crowded(self, begins: float, ends: float) -> float:
        """For how long, in microseconds, something else moves the price here on purpose between two moments."""
        return sum(max(0.0, min(ends, until) - max(begins, since)) for since, until in self.sheet.taken)

    def between(self, least: float, most: float) -> float:
        """A number in between."""
        return float(self.random.uniform(least, most))

    def by_severity(self, severity: float, subtle: float, blatant: float) -> float:
        """A quantity that goes from ``subtle`` (severity 0) to ``blatant`` (severity 1)."""
        return subtle + (blatant - subtle) * severity

    def lots(self, medians: float) -> int:
        """A size given in median orders."""
        return max(1, round(medians * self.sheet.listing.typical_lots))

    def pulse(self) -> float:
        """How long the market stays excited, in microseconds: the time a person must allow others to react."""
        return max(0.8 * SECOND, min(0.4 / self.sheet.arrivals, 30.0) * SECOND)
