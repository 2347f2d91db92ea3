"""Pumps that a crowd starts: a call goes out, and within seconds many people buy; others rise for reasons, or slowly.

The called crowd is played after the 31 visible pumps of the open reference set (``market/pumps``: Binance trades around pumps
announced on Telegram, 2020-01 to 2021-03). Measured there, each against the day before, as lowest, lower tenth, median:

* mean order bought in the first minute, against the mean order of the day: 1.05, 1.45, 2.9
* separate moments of buying in the best 25 seconds, against the best of the day: 0.7, 3.7, 10.1
* amount bought in them, against the best of the day: 1.1, 4.9, 11.4
* when half of the first minute's buyers were in, in seconds: 12, 17, 27; when the price stood highest: 1, 10, 29 (quarters 18, 100)
* how far it rose within ten minutes: 4 %, 12 %, 29 %; what was left of it a minute after the peak: median 29 %, after five 23 %,
  after half an hour next to nothing
* what was sold against what was bought in these ten minutes: 0.2, 0.5, 0.86

The subtle calls are near the lower tenth of the real ones, the blatant ones near their median or somewhat above it where the day
before was quiet; as a whole they are weaker than the real ones. Ordinary orders on this exchange are less uneven than those of the
set, so a crowd's are given against the ordinary mean. Crowds with a reason buy as large orders as crowds that were called.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.options import DAY_MICROSECONDS
from sekisho.simulation.population import CUSTOMER
from sekisho.simulation.registers import moment
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.facts import party_of
from sekisho.simulation.schemes.sheet import BUY, MINUTE, SECOND, SELL, Mood, Sheet

RULE = "unfair_trading/pump_onset"
ROUNDS = 4
HOLDERS = 80
ORDINARY_MEAN = 1.6
"""The mean order of ordinary people on this exchange, in median orders."""
CROWD_ORDERS = (1.3 * ORDINARY_MEAN, 2.0 * ORDINARY_MEAN)
"""The mean order of people who all want the same at once, subtle to blatant, in median orders."""
UNEVEN = 1.0
"""How unlike their sizes are: deviation of the logarithm."""
ALSO = ("unfair_trading/pump_and_dump", "unfair_trading/ramping", "unfair_trading/rumour", "unfair_trading/high_participation")
"""Other rules that may rightly speak of the same orders."""


def choose(stages: list[Sheet], random: np.random.Generator) -> Sheet | None:
    """One of the two liveliest assets, so that a crowd is served, on any day but the first, so that there is a past.

    Nobody calls again where a crowd was called within two days: who was caught stays away, and a second would be no novelty there.
    """
    liveliest = sorted({sheet.arrivals for sheet in stages})[-2:]
    rushes = [(sheet.listing.number, sheet.opens_at) for sheet in stages if sheet.rushes]
    later = [
        sheet
        for sheet in stages
        if sheet.opens_at > stages[0].opens_at and sheet.arrivals in liveliest and not any(_near(sheet, each) for each in rushes)
    ]
    return later[int(random.integers(len(later)))] if later else None


def _near(sheet: Sheet, rush: tuple[int, int]) -> bool:
    return sheet.listing.number == rush[0] and abs(sheet.opens_at - rush[1]) < 2 * DAY_MICROSECONDS


def _crowd(stage: Stage, number: int) -> list[int]:
    """Customers who play nowhere else."""
    people = stage.people
    out = {subject for scheme in stage.schemes for subject in scheme.subjects}
    quick = set(people.quick.tolist())
    there = [int(a) for a in people.of_kind(CUSTOMER) if int(a) not in quick and people.account_id(int(a)) not in out]
    return [int(a) for a in stage.random.permutation(np.array(there, np.int64))[:number]]


@dataclass(frozen=True, slots=True)
class Rush:
    """How a crowd buys: within how many seconds, how much each (mean, in median orders), how many sell again and when (minutes)."""

    seconds: float
    mean: float
    leaving: float = 0.5
    stay: tuple[float, float] = (4, 40)

    def sizes(self, stage: Stage, number: int) -> list[int]:
        """What each of so many people buys, in lots."""
        return [stage.lots(self.mean * float(stage.random.lognormal(-UNEVEN * UNEVEN / 2, UNEVEN))) for _one in range(number)]


def _rush(stage: Stage, scheme: Scheme, crowd: list[int], at: float, rush: Rush) -> int:
    """These people buy, most of them early, and some of them sell again; returns the lots they ask for."""
    sizes = rush.sizes(stage, len(crowd))
    for one, lots in zip(crowd, sizes, strict=True):
        joins = at + min(float(stage.random.exponential(0.35)), 1.0) * rush.seconds * SECOND
        stage.sheet.take(scheme, joins, one, BUY, lots)
        if stage.random.random() < rush.leaving:
            stage.sheet.take(scheme, joins + stage.between(*rush.stay) * MINUTE, one, SELL, lots)
    return sum(sizes)


def _offers(stage: Stage, scheme: Scheme, owners: list[int], at: float, rise: float, lots: int) -> None:
    """Holders have offered so many lots at higher prices since long, one order each; else a crowd would find nothing to buy."""
    height = rise * float(stage.sheet.value.mean()) / float(stage.sheet.listing.tick_size)
    for owner in owners:
        offset, size = stage.between(0.05, 1.3) * height, max(1, round(stage.between(0.5, 1.5) * lots / len(owners)))
        slot = stage.sheet.place(scheme, at - stage.between(1, 9) * MINUTE, owner, SELL, size, offset=offset)
        stage.sheet.withdraw(slot, at + stage.between(1, 3) * HOUR)


def called(stage: Stage, severity: float) -> None:
    """An organiser who has bought calls; a crowd buys within seconds, the price jumps and falls back; he sells to them."""
    (organiser,) = stage.actors(1)
    scheme = stage.scheme(RULE, PLANTED, "called", severity, [organiser])
    scheme.also = ALSO
    begins = stage.start_alone(3)
    stage.sheet.rushes.append(begins)
    at, held = begins + 1.2 * HOUR, stage.by_severity(severity, 15, 30)
    for _piece in range(10):
        stage.sheet.take(scheme, stage.between(begins, at - 10 * MINUTE), organiser, BUY, stage.lots(held / 10))
    stage.registers.add(
        "communication",
        communication_id=f"C-{stage.sheet.listing.asset}-{int(at)}",
        published_at=moment(int(at - 3 * SECOND)),
        channel=str(stage.random.choice(["telegram", "x", "discord"])),
        publisher_party_id=stage.people.party_id(party_of(stage, organiser)),
        language="ja",
        text=f"{stage.sheet.listing.asset} 急騰開始！今すぐ全員で買い、売らずに待て",
    )
    rise = stage.by_severity(severity, 0.06, 0.15) * stage.between(0.8, 1.2)
    _feel(stage, at, stage.by_severity(severity, 60, 20) * SECOND, rise)
    people = _crowd(stage, HOLDERS + round(stage.by_severity(severity, 120, 260)))
    holders, crowd = people[:HOLDERS], people[HOLDERS:]  # who offers does not buy from himself
    rush = Rush(stage.by_severity(severity, 85, 55), stage.by_severity(severity, *CROWD_ORDERS), stage.between(0.5, 1.0), (0.5, 10))
    wanted = _rush(stage, scheme, crowd, at, rush)
    _offers(stage, scheme, [*holders, *[organiser] * 20], at, rise, round(0.8 * wanted))
    for _piece in range(8):
        stage.sheet.take(scheme, at + stage.between(0.3, 10) * MINUTE, organiser, SELL, stage.lots(held / 20))


def _feel(stage: Stage, at: float, rises: float, rise: float) -> None:
    """The excitement of a call: most of it is gone two minutes after the peak, the rest within half an hour."""
    turns = at + rises + stage.between(5, 30) * SECOND
    for share, minutes in ((0.6, stage.between(1, 3)), (0.4, stage.between(15, 30))):
        stage.sheet.moods.append(Mood(at, rises, share * rise, turns, turns + minutes * MINUTE))


def news_move(stage: Stage) -> None:
    """Look-alike: something is known, many buy within a quarter of an hour, and the price stays where it went."""
    at, minutes = stage.start_alone(2), stage.between(8, 16)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "news_move", 0.0, stage.actors(1))
    stage.sheet.moods.append(Mood(at, minutes * MINUTE, stage.between(0.03, 0.06)))
    _rush(stage, scheme, _crowd(stage, int(stage.random.integers(45, 80))), at, Rush(minutes * 60, stage.between(*CROWD_ORDERS)))


def one_sweep(stage: Stage) -> None:
    """Look-alike: one buyer takes in three orders more than anybody took that day."""
    (actor,) = stage.actors(1)
    scheme, at = stage.scheme(RULE, LOOK_ALIKE, "one_sweep", 0.0, [actor]), stage.start_alone(1)
    for _order in range(3):
        stage.sheet.take(scheme, at + stage.between(0, 15) * SECOND, actor, BUY, stage.lots(stage.between(12, 25)))


def slow_rise(stage: Stage) -> None:
    """Look-alike: as many people as in a pump, over two hours."""
    at = stage.start_alone(3)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "slow_rise", 0.0, stage.actors(1))
    stage.sheet.moods.append(Mood(at, 2 * HOUR, stage.between(0.03, 0.08)))
    _rush(stage, scheme, _crowd(stage, int(stage.random.integers(130, 260))), at, Rush(7200, stage.between(*CROWD_ORDERS)))


PATTERNS = (called,)
"""What is planted."""

LOOK_ALIKES = (news_move, one_sweep, slow_rise)
"""What only looks like it, in turn."""
