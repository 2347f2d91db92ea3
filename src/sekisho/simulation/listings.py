"""What is traded: assets, their pairs against the yen, and how thick each one is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from sekisho.simulation.kernel import Reals
from sekisho.simulation.options import DAY_MICROSECONDS, Options

KNOWN = {
    "BTC": 14_200_000, "ETH": 520_000, "XRP": 380, "SOL": 24_500, "DOGE": 31, "ADA": 102, "BCH": 71_000, "LTC": 15_200,
    "DOT": 610, "LINK": 2_450, "AVAX": 3_600, "XLM": 46, "ATOM": 690, "SUI": 520, "NEAR": 410, "HBAR": 29, "UNI": 1_150,
}  # fmt: skip
ISSUED_BY_A_FIRM = 0.3
COMMON_SHARE = 0.7
GRID_STEP_MICROSECONDS = 10_000_000
GRID_POINTS = DAY_MICROSECONDS // GRID_STEP_MICROSECONDS + 1
LADDER_REACH = 0.25
HALF_SPREAD_LEAST_BP = 1.5


@dataclass(frozen=True, slots=True)
class Listing:
    """One asset and its yen pair. ``tick_places`` and ``lot_places`` are powers of ten: a tick is 10 ** tick_places yen."""

    number: int
    asset: str
    price_jpy: float
    tick_places: int
    lot_places: int
    typical_lots: int
    share: float  # of the venue's order events
    volatility: float  # of the daily logarithm

    @property
    def instrument(self) -> str:
        """The pair's name."""
        return f"{self.asset}/JPY"

    @property
    def tick_size(self) -> Decimal:
        """Yen between two prices."""
        return Decimal(1).scaleb(self.tick_places)

    @property
    def lot_size(self) -> Decimal:
        """Units of the asset between two quantities."""
        return Decimal(1).scaleb(self.lot_places)


def listings(options: Options, random: np.random.Generator) -> tuple[Listing, ...]:
    """The assets listed, thickest first."""
    weights = np.arange(1, options.instruments + 1) ** -0.9
    names = _names(options.instruments, random)
    listed = []
    for number, asset in enumerate(names):
        price = float(KNOWN.get(asset, 0) or np.exp(random.uniform(math.log(2.0), math.log(40_000.0))))
        price *= float(np.exp(random.normal(0, 0.05)))
        value_jpy = 1_000_000 if number == 0 else float(np.exp(random.uniform(math.log(60_000), math.log(600_000))))
        lot_places = math.floor(math.log10(value_jpy / price / 70))
        listed.append(
            Listing(
                number=number,
                asset=asset,
                price_jpy=price,
                tick_places=max(-8, math.floor(math.log10(price / 20_000))),
                lot_places=max(-8, lot_places),
                typical_lots=max(20, round(value_jpy / price / 10.0 ** max(-8, lot_places))),
                share=float(weights[number] / weights.sum()),
                volatility=float(random.uniform(0.02, 0.05)),
            )
        )
    return tuple(listed)


def _names(number: int, random: np.random.Generator) -> list[str]:
    names = list(KNOWN)[:number]
    consonants, vowels = list("BCDFGKLMNPRSTVZ"), list("AEIOU")
    taken = set(KNOWN)
    while len(names) < number:
        name = "".join(str(random.choice(letters)) for letters in (consonants, vowels, consonants, vowels))
        if name not in taken:
            taken.add(name)
            names.append(name)
    return names


def value_paths(listed: tuple[Listing, ...], days: int, random: np.random.Generator) -> list[list[Reals]]:
    """For each day and listing, the yen value every ten seconds: one common factor and what is each asset's own."""
    steps = GRID_POINTS - 1
    values = np.array([one.price_jpy for one in listed])
    paths: list[list[Reals]] = []
    for _day in range(days):
        common = _wander(steps, random) * math.sqrt(COMMON_SHARE)
        today = []
        for one in listed:
            own = _wander(steps, random) * math.sqrt(1 - COMMON_SHARE)
            moves = np.clip(one.volatility * (common + own), -LADDER_REACH / 2, LADDER_REACH / 2)
            today.append(values[one.number] * np.exp(np.concatenate([[0.0], moves])))
        values = np.array([path[-1] for path in today])
        paths.append(today)
    return paths


def _wander(steps: int, random: np.random.Generator) -> Reals:
    """A day's logarithmic path of unit variance, calmer and wilder by turns."""
    calm = np.exp(0.5 * np.cumsum(random.normal(0, 1 / 40, steps)))
    moves = random.normal(0, 1, steps) * calm / math.sqrt(float(np.mean(calm**2)))
    return np.asarray(np.cumsum(moves) / math.sqrt(steps), dtype=np.float64)


def half_spread_levels(one: Listing, arrivals_a_day: float) -> float:
    """How far makers quote from value, in levels: wider where they come by seldom, since the value moves meanwhile."""
    seconds_unattended = 86_400 / max(arrivals_a_day * 0.115, 1.0)
    moved_bp = 10_000 * one.volatility * math.sqrt(min(seconds_unattended, 1800.0) / 86_400)
    return max(2.0, (HALF_SPREAD_LEAST_BP + moved_bp) / 10_000 * one.price_jpy / float(one.tick_size))
