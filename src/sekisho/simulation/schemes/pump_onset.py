"""Pumps that a crowd starts: a call goes out, and within seconds many people buy; others rise for reasons, or slowly."""

from __future__ import annotations

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
HOLDERS = 30
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


def _rush(stage: Stage, scheme: Scheme, crowd: list[int], at: float, seconds: float) -> None:
    """These people buy, most of them at once, and half of them sell again within the hour."""
    for one in crowd:
        joins = at + min(float(stage.random.exponential(0.35)), 1.0) * seconds * SECOND
        lots = stage.lots(stage.between(0.3, 1.2))
        stage.sheet.take(scheme, joins, one, BUY, lots)
        if stage.random.random() < 0.5:
            stage.sheet.take(scheme, joins + stage.between(4, 40) * MINUTE, one, SELL, lots)


def _offers(stage: Stage, scheme: Scheme, owners: list[int], at: float, rise: float) -> None:
    """Holders have offered at higher prices since long, one each; else a crowd would find nothing to buy."""
    height = rise * float(stage.sheet.value.mean()) / float(stage.sheet.listing.tick_size)
    for owner in owners:
        offset, size = stage.between(0.05, 1.3) * height, stage.lots(stage.between(0.8, 2.5))
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
    seconds, turns = stage.by_severity(severity, 30, 15), at + stage.between(4, 12) * MINUTE
    rise = stage.by_severity(severity, 0.05, 0.12) * stage.between(0.8, 1.2)
    stage.sheet.moods.append(Mood(at, seconds * SECOND, rise, turns, turns + stage.between(0.5, 1) * HOUR))
    people = _crowd(stage, HOLDERS + round(stage.by_severity(severity, 90, 170)))
    holders, crowd = people[:HOLDERS], people[HOLDERS:]  # who offers does not buy from himself
    _offers(stage, scheme, [*holders, *[organiser] * 20], at, rise)
    _rush(stage, scheme, crowd, at, seconds)
    for _piece in range(8):
        stage.sheet.take(scheme, at + stage.between(2, 30) * MINUTE, organiser, SELL, stage.lots(held / 20))


def news_move(stage: Stage) -> None:
    """Look-alike: something is known, many buy within a quarter of an hour, and the price stays where it went."""
    at, minutes = stage.start_alone(2), stage.between(8, 16)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "news_move", 0.0, stage.actors(1))
    stage.sheet.moods.append(Mood(at, minutes * MINUTE, stage.between(0.03, 0.06)))
    _rush(stage, scheme, _crowd(stage, int(stage.random.integers(25, 45))), at, minutes * 60)


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
    _rush(stage, scheme, _crowd(stage, int(stage.random.integers(50, 90))), at, 7200)


PATTERNS = (called,)
"""What is planted."""

LOOK_ALIKES = (news_move, one_sweep, slow_rise)
"""What only looks like it, in turn."""
