"""Failures of custody and capital that are planted in the books, and what only looks like one: what, and on which days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import holidays
import numpy as np

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.listings import Listing
from sekisho.simulation.options import DAY_MICROSECONDS, Options, opens_at

COLD = "client_assets/cold_storage"
GUARANTEE = "client_assets/guarantee_assets"
RECONCILIATION = "client_assets/reconciliation"
TRUST = "client_assets/money_trust"
CAPITAL = "capital/adequacy_ratio"
MINIMUM = "capital/minimum"
SEGREGATION = "client_assets/segregation"

OVER_CURED, OVER_LATE, EXACTLY_FIVE, ONCE_ONLINE = "over_cured", "over_late", "exactly_five_percent", "once_online"
SHORT, HELD_HOT, EXACTLY_MATCHED = "short", "held_hot", "exactly_matched"
NET_ASSETS, NET_ASSETS_EXACT = "net_assets_below", "net_assets_exact"
SHORTFALL_CURED, SHORTFALL_LATE, SHORTFALL_OPEN = "shortfall_cured", "shortfall_late", "shortfall_open"
INSIDE_BUFFER, NOT_RECONCILED, ONE_NOT_RECONCILED = "inside_buffer", "not_reconciled", "one_asset_not_reconciled"
HOLIDAY_UNSEEN = "holiday_not_observed"
TRUST_CURED, TRUST_LATE, TRUST_EXACT = "trust_short_cured", "trust_short_late", "trust_exact"
ALERT, BREACH, SUSPENSION, CAPPED, AT_ALERT = "alert", "breach", "suspension_possible", "supplementary_capped", "exactly_at_alert"

CAPITAL_BELOW, CAPITAL_EXACT = "capital_below_minimum", "exactly_minimum_capital"

PEAK, LOW_PEAK = "above_limit_between_cutoffs", "below_limit_between_cutoffs"
ASTRAY, PASSED_ON = "deposit_in_own_wallet", "deposit_passed_on"
SHARED_ADDRESS = "shared_address"

EXCHANGE = "exchange"
WHOLE, ONE_ASSET = False, True

# What, whether it is planted, of one asset or the whole exchange, its first and last business day.
TIMETABLE: tuple[tuple[str, str, str, bool, int, int], ...] = (
    (RECONCILIATION, SHORTFALL_CURED, PLANTED, ONE_ASSET, 1, 3),
    (CAPITAL, ALERT, PLANTED, WHOLE, 1, 2),
    (GUARANTEE, SHORT, PLANTED, ONE_ASSET, 2, 3),
    (TRUST, TRUST_CURED, PLANTED, WHOLE, 2, 2),
    (COLD, OVER_CURED, PLANTED, WHOLE, 4, 4),
    (CAPITAL, AT_ALERT, LOOK_ALIKE, WHOLE, 4, 4),
    (TRUST, TRUST_EXACT, LOOK_ALIKE, WHOLE, 5, 5),
    (GUARANTEE, EXACTLY_MATCHED, LOOK_ALIKE, ONE_ASSET, 5, 5),
    (RECONCILIATION, SHORTFALL_LATE, PLANTED, ONE_ASSET, 5, 12),
    (RECONCILIATION, NOT_RECONCILED, PLANTED, WHOLE, 6, 6),
    (CAPITAL, BREACH, PLANTED, WHOLE, 6, 7),
    (TRUST, TRUST_LATE, PLANTED, WHOLE, 7, 10),
    (COLD, OVER_LATE, PLANTED, WHOLE, 7, 9),
    (RECONCILIATION, INSIDE_BUFFER, LOOK_ALIKE, ONE_ASSET, 8, 9),
    (GUARANTEE, HELD_HOT, PLANTED, ONE_ASSET, 9, 10),
    (CAPITAL, SUSPENSION, PLANTED, WHOLE, 9, 10),
    (COLD, EXACTLY_FIVE, LOOK_ALIKE, WHOLE, 11, 11),
    (COLD, ONCE_ONLINE, PLANTED, ONE_ASSET, 12, 14),
    (CAPITAL, CAPPED, PLANTED, WHOLE, 12, 13),
    (GUARANTEE, NET_ASSETS, PLANTED, WHOLE, 13, 14),
    (RECONCILIATION, ONE_NOT_RECONCILED, PLANTED, ONE_ASSET, 13, 13),
    (RECONCILIATION, SHORTFALL_OPEN, PLANTED, ONE_ASSET, 15, 99),
    (GUARANTEE, NET_ASSETS_EXACT, LOOK_ALIKE, WHOLE, 16, 16),
    (MINIMUM, CAPITAL_EXACT, LOOK_ALIKE, WHOLE, 3, 3),
    (MINIMUM, CAPITAL_BELOW, PLANTED, WHOLE, 14, 15),
    (COLD, PEAK, PLANTED, WHOLE, 2, 2),
    (COLD, LOW_PEAK, LOOK_ALIKE, WHOLE, 10, 10),
    (SEGREGATION, PASSED_ON, LOOK_ALIKE, ONE_ASSET, 1, 6),
    (SEGREGATION, ASTRAY, PLANTED, ONE_ASSET, 11, 16),
)
BUSINESS_DAYS_NEEDED = 18


@dataclass(slots=True)
class Episode:
    """One failure or look-alike. ``days`` are places in the book days, first and last included."""

    scheme: Scheme
    first: int
    last: int
    listing: int | None
    severity: float
    units: int = 0  # how much went missing, once it did
    happened: int | None = None  # the day on which it did, for what waits for an occasion
    evidence: set[tuple[str, str]] = field(default_factory=set)

    def on(self, day: int) -> bool:
        """Whether it lasts on this day."""
        return self.first <= day <= self.last


def is_business_day(day: date) -> bool:
    """Neither a weekend nor a holiday in Japan nor a bank holiday at the turn of the year."""
    turn_of_year = (day.month, day.day) in ((12, 31), (1, 1), (1, 2), (1, 3))
    return day.weekday() < 5 and not turn_of_year and day not in holidays.country_holidays("JP", years=day.year)


class Failures:
    """The episodes of a simulated exchange; none when it is clean. Those for which the books are too short are left out."""

    def __init__(self, options: Options, listed: Sequence[Listing], random: np.random.Generator) -> None:
        self.days = options.book_days
        self.episodes: list[Episode] = []
        if options.clean:
            return
        open_days = [place for place, day in enumerate(self.days) if is_business_day(day)]
        shift = int(random.integers(0, max(1, len(open_days) - BUSINESS_DAYS_NEEDED + 1)))
        deal: list[int] = []
        for rule, pattern, kind, of_asset, first, last in TIMETABLE:
            if of_asset and not deal:
                deal = [int(place) for place in random.permutation(len(listed))]
            listing = deal.pop() if of_asset else None
            if pattern == ONCE_ONLINE:
                listing = len(listed) - 1
            if first + shift >= len(open_days) - 1:
                continue
            self._plant(options, listed, random, (rule, pattern, kind), self._span(open_days, first + shift, last + shift), listing)
        # The day after exactly five percent must be seen: one withdrawal, and the hot wallets' last balance is above the limit.
        full = {each.last + 1 for each in self.episodes if each.scheme.pattern == EXACTLY_FIVE}
        closed = [place for place in range(1, len(self.days) - 1) if place not in open_days and place not in full]
        if closed:
            day = int(random.choice(closed))
            self._plant(options, listed, random, (RECONCILIATION, HOLIDAY_UNSEEN, LOOK_ALIKE), (day, day), None)

    def _span(self, open_days: list[int], first: int, last: int) -> tuple[int, int]:
        """From the first business day to the eve of the business day after the last one."""
        end = open_days[last + 1] - 1 if last + 1 < len(open_days) else len(self.days) - 1
        return open_days[first], end

    def _plant(
        self, options: Options, listed: Sequence[Listing], random: np.random.Generator,
        what: tuple[str, str, str], span: tuple[int, int], listing: int | None,
    ) -> None:  # fmt: skip
        rule, pattern, kind = what
        severity = options.draw_severity(random) if kind == PLANTED else 0.0
        if pattern in (
            NOT_RECONCILED,
            ONE_NOT_RECONCILED,
            EXACTLY_FIVE,
            EXACTLY_MATCHED,
            NET_ASSETS_EXACT,
            AT_ALERT,
            CAPITAL_EXACT,
            PEAK,
            LOW_PEAK,
        ):
            span = (span[0], span[0])
        asset = None if listing is None else listed[listing].asset
        scheme = Scheme(
            rule=rule,
            kind=kind,
            pattern=pattern,
            severity=severity,
            subjects=(EXCHANGE if asset is None or pattern == ONE_NOT_RECONCILED else asset,),
            asset=asset,
            window_from=opens_at(self.days[span[0]]),
            window_until=opens_at(self.days[span[1]]) + DAY_MICROSECONDS,
        )
        self.episodes.append(Episode(scheme, span[0], span[1], listing, severity))

    def waiting(self, day: int, listing: int, *patterns: str) -> Episode | None:
        """An episode of one asset that waits for its occasion on this day."""
        each = self.of_asset(day, listing, *patterns)
        return each if each is not None and each.happened is None else None

    def find(self, day: int, *patterns: str) -> Episode | None:
        """The episode of one of these patterns that lasts on this day."""
        return next((each for each in self.episodes if each.scheme.pattern in patterns and each.on(day)), None)

    def of_asset(self, day: int, listing: int, *patterns: str) -> Episode | None:
        """The same for one asset."""
        return next((e for e in self.episodes if e.scheme.pattern in patterns and e.listing == listing and e.on(day)), None)

    def starting(self, day: int, *patterns: str) -> list[Episode]:
        """Episodes that begin on this day."""
        return [each for each in self.episodes if each.scheme.pattern in patterns and each.first == day]

    def ended(self, day: int, *patterns: str) -> list[Episode]:
        """Episodes whose last day was the one before."""
        return [each for each in self.episodes if each.scheme.pattern in patterns and each.last + 1 == day]
