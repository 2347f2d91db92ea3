"""Pump and dump: accounts that quietly buy, drive the price up together within seconds, and sell to those who run after it."""

from __future__ import annotations

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.registers import moment
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.sheet import BUY, MINUTE, SECOND, SELL, Mood

RULE = "unfair_trading/pump_and_dump"
ALSO = (
    "unfair_trading/pump_onset",
    "unfair_trading/ramping",
    "unfair_trading/high_participation",
    "unfair_trading/rumour",
)
"""Other rules that may rightly speak of the same orders."""


def _crowd(stage: Stage, at: float, number: int, minutes: float, *, pattern: str, back: float) -> Scheme | None:
    """People who see the price jump and buy, most of them at once; ``back`` of them sell again later. They are no manipulators."""
    followers = stage.bystanders(number)
    if not followers:
        return None
    scheme = stage.scheme(RULE, LOOK_ALIKE, pattern, 0.0, followers)
    for follower in followers:
        joins = at + min(float(stage.random.exponential(0.35)), 1.0) * minutes * MINUTE
        lots = stage.lots(stage.between(1, 5))
        stage.sheet.take(scheme, joins, follower, BUY, lots)
        if stage.random.random() < back:
            stage.sheet.take(scheme, joins + stage.between(0.4, 2.0) * minutes * MINUTE, follower, SELL, lots)
    return scheme


def _accumulate(stage: Stage, scheme: Scheme, account: int, span: tuple[float, float], medians: float) -> None:
    """Buy so much in small pieces, by patient limit orders and by taking, at no regular times."""
    pieces = max(3, round(medians / stage.between(1.2, 2.5)))
    for _piece in range(pieces):
        at, lots = stage.between(*span), stage.lots(medians / pieces * stage.between(0.7, 1.3))
        if stage.random.random() < 0.3:
            slot = stage.sheet.place(scheme, at, account, BUY, lots)
            stage.sheet.withdraw(slot, at + stage.between(3, 15) * MINUTE)
        else:
            stage.sheet.take(scheme, at, account, BUY, lots)


def _distribute(stage: Stage, scheme: Scheme, account: int, span: tuple[float, float], medians: float) -> None:
    """Sell so much while others buy, most of it early; beside it some orders that wait for buyers, as far as they come."""
    pieces = max(4, round(medians / stage.between(1.5, 3)))
    for _piece in range(pieces):
        at = span[0] + min(float(stage.random.exponential(0.4)), 1.0) * (span[1] - span[0])
        lots = stage.lots(medians / pieces * stage.between(0.8, 1.2))
        stage.sheet.take(scheme, at, account, SELL, lots)
        if stage.random.random() < 0.2:
            slot = stage.sheet.place(scheme, at + stage.between(1, 60) * SECOND, account, SELL, lots)
            stage.sheet.withdraw(slot, at + stage.between(2, 8) * MINUTE)


def pump(stage: Stage, severity: float, *, linked: bool, message: bool) -> None:
    """Accumulation over hours, ignition within seconds, distribution within the following hour."""
    members = stage.actors(int(stage.random.integers(2, 6)))
    parties = [int(stage.people.party[member]) for member in members]
    if linked:
        owner = stage.people.new_party(corporate=False)
        for party in parties:
            stage.people.link(owner, party, str(stage.random.choice(["same_owner", "controls"])))
    pattern = f"pump_{'linked' if linked else 'together'}{'_by_message' if message else ''}"
    hours = stage.by_severity(severity, 6.0, 2.0) * stage.between(0.8, 1.2)
    begins = stage.start_alone(hours + 2.0)
    ignition = begins + hours * HOUR
    scheme = stage.scheme(RULE, PLANTED, pattern, severity, members)
    scheme.also = ALSO
    held = stage.by_severity(severity, 18, 40) * stage.between(0.8, 1.3) / len(members)
    drive = stage.by_severity(severity, 18, 45) * stage.between(0.8, 1.2) / len(members)
    spread = stage.by_severity(severity, 40, 6) * SECOND
    minutes = stage.by_severity(severity, 25, 15)
    for member in members:
        _accumulate(stage, scheme, member, (begins, ignition - 5 * MINUTE), held)
        for _push in range(int(stage.random.integers(2, 5))):
            stage.sheet.take(scheme, ignition + stage.between(0, 1) * spread, member, BUY, stage.lots(drive / 3))
    rise, turns = (
        stage.by_severity(severity, 0.02, 0.09) * stage.between(0.8, 1.3),
        ignition + stage.between(0.8, 1.4) * minutes * MINUTE,
    )
    stage.sheet.moods.append(
        Mood(ignition, spread + 0.05 * minutes * MINUTE, rise, turns, turns + stage.between(1, 4) * minutes * MINUTE)
    )
    if message:
        _publish(stage, parties[0], ignition - stage.between(0, 60) * SECOND)
    _crowd(stage, ignition + spread, round(stage.by_severity(severity, 14, 26)), minutes, pattern="followers", back=0.5)
    for member in members:
        span = (ignition + spread + stage.between(0.15, 0.3) * minutes * MINUTE, turns + stage.between(1, 2) * minutes * MINUTE)
        _distribute(stage, scheme, member, span, (held + drive) * stage.between(0.85, 1.0))


def _publish(stage: Stage, party: int, at: float) -> None:
    asset = stage.sheet.listing.asset
    stage.registers.add(
        "communication",
        communication_id=f"C-{asset}-{int(at)}",
        published_at=moment(int(at)),
        channel=str(stage.random.choice(["telegram", "x", "discord"])),
        publisher_party_id=stage.people.party_id(party),
        language="ja",
        text=f"{asset} 急騰開始！今すぐ全員で買い、売らずに待て",
    )


def _rally(stage: Stage, at: float, minutes: float) -> None:
    """Something makes people think more of the asset: every other time it lasts, otherwise it is gone within hours."""
    turns = at + stage.between(1, 4) * minutes * MINUTE
    rise, ends = stage.between(0.02, 0.07), turns + stage.between(1, 5) * minutes * MINUTE
    lasts = stage.random.random() < 0.5
    mood = Mood(at, stage.between(0.2, 0.8) * minutes * MINUTE, rise, None if lasts else turns, None if lasts else ends)
    stage.sheet.moods.append(mood)


def holder_sells_into_rally(stage: Stage) -> None:
    """Look-alike: somebody has bought for hours; others start a rally; he sells into it what he has."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "holder_sells_into_rally", 0.0, [actor])
    hours, held = stage.between(2, 6), stage.between(15, 35)
    begins = stage.start_alone(hours + 2)
    rally = begins + hours * HOUR
    _accumulate(stage, scheme, actor, (begins, rally - 5 * MINUTE), held)
    _rally(stage, rally, 12)
    _crowd(stage, rally, int(stage.random.integers(15, 28)), 12, pattern="followers", back=0.3)
    _distribute(stage, scheme, actor, (rally + 3 * MINUTE, rally + 25 * MINUTE), held)


def organic_momentum(stage: Stage) -> None:
    """Look-alike: many people who have nothing to do with each other run after a price, some of them sell again."""
    at = stage.start_alone(2)
    minutes = stage.between(6, 20)
    _rally(stage, at, minutes)
    _crowd(stage, at, int(stage.random.integers(20, 32)), minutes, pattern="organic_momentum", back=0.6)


def early_momentum_trader(stage: Stage) -> None:
    """Look-alike: a trader who holds nothing buys hard in the first seconds of a rally and sells within the hour."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "early_momentum_trader", 0.0, [actor])
    at = stage.start_alone(2)
    _rally(stage, at, 10)
    _crowd(stage, at, int(stage.random.integers(15, 25)), 10, pattern="followers", back=0.4)
    size = stage.between(4, 10)
    for _push in range(3):
        stage.sheet.take(scheme, at + stage.between(1, 30) * SECOND, actor, BUY, stage.lots(size))
    _distribute(stage, scheme, actor, (at + 5 * MINUTE, at + 40 * MINUTE), 3 * size)


def accumulates_and_keeps(stage: Stage) -> None:
    """Look-alike: somebody buys for hours, the rest of it hard at the end, and keeps all of it."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "accumulates_and_keeps", 0.0, [actor])
    hours = stage.between(2, 5)
    begins = stage.start_alone(hours + 1)
    ends = begins + hours * HOUR
    _accumulate(stage, scheme, actor, (begins, ends - 5 * MINUTE), stage.between(15, 35))
    for _push in range(4):
        stage.sheet.take(scheme, ends + stage.between(0, 20) * SECOND, actor, BUY, stage.lots(stage.between(3, 6)))


PATTERNS = (
    lambda stage, severity: pump(stage, severity, linked=False, message=True),
    lambda stage, severity: pump(stage, severity, linked=True, message=False),
    lambda stage, severity: pump(stage, severity, linked=False, message=False),
)
"""What is planted, in turn."""

LOOK_ALIKES = (holder_sells_into_rally, organic_momentum, early_momentum_trader, accumulates_and_keeps)
"""What only looks like it, in turn; so do those who follow each planted pump."""
