"""Bear raid: support is withdrawn, a few accounts sell the price down together, others panic, and the attackers buy back lower."""

from __future__ import annotations

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.registers import moment
from sekisho.simulation.schemes.cast import Stage
from sekisho.simulation.schemes.sheet import BUY, MINUTE, SECOND, SELL, Mood

RULE = "unfair_trading/bear_raid"
ALSO = (
    "unfair_trading/ramping",
    "unfair_trading/high_participation",
    "unfair_trading/rumour",
    "unfair_trading/pump_and_dump",
    "unfair_trading/layering",
)
"""Other rules that may rightly speak of the same orders."""
LARGE = ("unfair_trading/high_participation",)
"""Whoever takes most of one side in a few minutes and carries the price by it is rightly told for that, whatever his reasons."""


def _panic(stage: Stage, at: float, number: int, minutes: float, pattern: str) -> None:
    """People who see the price fall and sell, most of them at once."""
    people = stage.bystanders(number)
    if people:
        scheme = stage.scheme(RULE, LOOK_ALIKE, pattern, 0.0, people)
        for person in people:
            joins = at + min(float(stage.random.exponential(0.35)), 1.0) * minutes * MINUTE
            stage.sheet.take(scheme, joins, person, SELL, stage.lots(stage.between(0.7, 3)))


def _fall(stage: Stage, at: float, over: float, share: float, minutes: float, *, lasts: bool) -> None:
    turns = at + over + stage.between(1, 3) * minutes * MINUTE
    ends = None if lasts else turns + stage.between(1, 5) * minutes * MINUTE
    stage.sheet.moods.append(Mood(at, over, -share, None if lasts else turns, ends))


def _pieces(stage: Stage, scheme: Scheme, account: int, order: tuple[int, float], span: tuple[float, float], number: int) -> None:
    """So many medians of one side in so many takes, spread at random over the span."""
    side, medians = order
    for _piece in range(number):
        lots = stage.lots(medians / number * stage.between(0.7, 1.3))
        stage.sheet.take(scheme, stage.between(*span), account, side, lots)


def raid(stage: Stage, severity: float, *, linked: bool, alone: bool = False, rumour: bool = False) -> None:
    """Own bids are pulled, the attack lasts seconds to minutes, the panic a quarter of an hour, the buying back somewhat longer."""
    members = stage.actors(1 if alone else int(stage.random.integers(2, 5)))
    parties = [int(stage.people.party[member]) for member in members]
    if linked:
        owner = stage.people.new_party(corporate=False)
        for party in parties:
            stage.people.link(owner, party, str(stage.random.choice(["same_owner", "controls"])))
    pattern = "raid_alone" if alone else f"raid_{'linked' if linked else 'together'}{'_after_rumour' if rumour else ''}"
    scheme = stage.scheme(RULE, PLANTED, pattern, severity, members)
    scheme.also = ALSO
    at = stage.start_alone(2.5)
    strikes = at + 20 * MINUTE
    over = stage.by_severity(severity, 90, 8) * SECOND
    size = stage.by_severity(severity, 22, 50) * stage.between(0.8, 1.2) / len(members)
    minutes = stage.by_severity(severity, 20, 12)
    for member in members:
        if stage.random.random() < stage.by_severity(severity, 0.4, 1.0):
            for level in range(int(stage.random.integers(1, 4))):
                slot = stage.sheet.place(
                    scheme, at + stage.between(0, 10) * MINUTE, member, BUY, stage.lots(stage.between(2, 5)), offset=3 + 3 * level
                )
                stage.sheet.withdraw(slot, strikes - stage.between(1, 30) * SECOND)
        _pieces(stage, scheme, member, (SELL, size), (strikes, strikes + over), int(stage.random.integers(3, 6)))
    if rumour:
        _publish(stage, parties[0], strikes - stage.between(1, 10) * MINUTE)
    fall = stage.by_severity(severity, 0.02, 0.07) * stage.between(0.8, 1.2)
    _fall(stage, strikes, over + minutes * 0.1 * MINUTE, fall, minutes, lasts=stage.random.random() < 0.3)
    _panic(stage, strikes + over, round(stage.by_severity(severity, 10, 22)), minutes, "panic_behind_a_raid")
    for member in members:
        span = (strikes + over + 0.25 * minutes * MINUTE, strikes + over + 2.0 * minutes * MINUTE)
        back = size * stage.by_severity(severity, 0.75, 1.0)
        _pieces(stage, scheme, member, (BUY, back), span, int(stage.random.integers(4, 9)))


def _publish(stage: Stage, party: int, at: float) -> None:
    asset = stage.sheet.listing.asset
    stage.registers.add(
        "communication",
        communication_id=f"C-{asset}-{int(at)}",
        published_at=moment(int(at)),
        channel=str(stage.random.choice(["telegram", "x", "discord"])),
        publisher_party_id=stage.people.party_id(party),
        language="ja",
        text=f"{asset} は暴落する。今のうちに売れ",
    )


def news_panic(stage: Stage) -> None:
    """Look-alike: bad news for good; many sell and nobody of them buys back."""
    at, minutes = stage.start_alone(1.5), stage.between(8, 20)
    _fall(stage, at, stage.between(0.1, 0.5) * minutes * MINUTE, stage.between(0.02, 0.06), minutes, lasts=True)
    _panic(stage, at, int(stage.random.integers(15, 28)), minutes, "news_panic")


def cascade(stage: Stage) -> None:
    """Look-alike: positions of strangers are closed one after another within seconds; the price comes back, without them."""
    at = stage.start_alone(1.5)
    actors = stage.actors(6)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "cascade", 0.0, actors)
    for actor in actors:
        stage.sheet.take(scheme, at, actor, SELL, stage.lots(stage.between(5, 12)))
        at += stage.between(0.2, 3) * SECOND
    _fall(stage, at, 30 * SECOND, stage.between(0.015, 0.05), 8, lasts=False)


def large_seller(stage: Stage) -> None:
    """Look-alike: one large holder sells hard, the price falls, and he stays out."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "large_seller", 0.0, [actor])
    at = stage.start_alone(1.5)
    _pieces(stage, scheme, actor, (SELL, stage.between(25, 60)), (at, at + stage.between(10, 90) * SECOND), 6)
    _fall(stage, at, MINUTE, stage.between(0.015, 0.05), 12, lasts=stage.random.random() < 0.5)
    _panic(stage, at + MINUTE, 10, 10, "panic_behind_a_seller")


def dip_buyer(stage: Stage) -> None:
    """Look-alike: the price falls on news, and somebody who sold nothing buys a good deal at the bottom."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "dip_buyer", 0.0, [actor])
    scheme.also = LARGE
    at = stage.start_alone(1.5)
    _fall(stage, at, 3 * MINUTE, stage.between(0.02, 0.06), 10, lasts=False)
    _panic(stage, at, int(stage.random.integers(12, 24)), 10, "news_panic")
    _pieces(stage, scheme, actor, (BUY, stage.between(20, 45)), (at + 8 * MINUTE, at + 25 * MINUTE), 8)


def quick_seller(stage: Stage) -> None:
    """Look-alike: others make a fall; a quick trader sells a little in its first minute and buys it back within the hour."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "quick_seller", 0.0, [actor])
    at = stage.start_alone(1.5)
    _fall(stage, at, 3 * MINUTE, stage.between(0.02, 0.06), 10, lasts=False)
    _panic(stage, at, int(stage.random.integers(18, 28)), 8, "news_panic")
    size = stage.between(3, 7)
    _pieces(stage, scheme, actor, (SELL, size), (at + 10 * SECOND, at + 90 * SECOND), 2)
    _pieces(stage, scheme, actor, (BUY, size), (at + 6 * MINUTE, at + 35 * MINUTE), 3)


PATTERNS = (
    lambda stage, severity: raid(stage, severity, linked=True),
    lambda stage, severity: raid(stage, severity, linked=False, rumour=True),
    lambda stage, severity: raid(stage, severity, linked=False, alone=True),
    lambda stage, severity: raid(stage, severity, linked=False),
)
"""What is planted, in turn."""

LOOK_ALIKES = (news_panic, cascade, large_seller, dip_buyer, quick_seller)
"""What only looks like it, in turn; so do those who sell behind each planted raid."""
