"""Borrowed names: one person runs the accounts of several others, from his own device and with his own money."""

from __future__ import annotations

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.registers import moment, quantity
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.sheet import BUY, MINUTE, SECOND, SELL

RULE = "unfair_trading/name_lending"
_YEN = 10**8


def _device(stage: Stage) -> str:
    return f"D{int(stage.random.integers(10_000_000, 99_999_999))}"


def _address(stage: Stage) -> str:
    return ".".join(str(int(part)) for part in stage.random.integers(11, 240, size=4))


def _login(stage: Stage, account: int, at: float, device: str, address: str) -> None:
    stage.registers.add(
        "account_event", account_id=stage.people.account_id(account), occurred_at=moment(int(at)),
        kind="login", device_id=device, ip=address,
    )  # fmt: skip


def _deposit(stage: Stage, account: int, at: float, *, own_name: bool) -> None:
    yen = int(stage.between(100, 3_000)) * 1_000
    stage.registers.add(
        "account_event", account_id=stage.people.account_id(account), occurred_at=moment(int(at)),
        kind="fiat_deposit", amount_jpy=quantity(yen * _YEN), remitter_name_matches=own_name,
    )  # fmt: skip


def _trade_alike(stage: Stage, scheme: Scheme, accounts: list[int], at: float, *, times: int, apart: float) -> None:
    """Every account takes the same side within so many seconds, again and again."""
    for _time in range(times):
        side = BUY if stage.random.random() < 0.5 else SELL
        for account in accounts:
            lots = stage.lots(stage.between(0.3, 1.2))
            stage.sheet.take(scheme, at + stage.between(0, apart) * SECOND, account, side, lots)
        at += stage.between(8, 25) * MINUTE


def one_hand(stage: Stage, severity: float, *, funded: bool) -> None:
    """Two to five accounts; the subtle hand has fewer, uses several devices, and trades less often and less closely."""
    actors = stage.actors(round(stage.by_severity(severity, 2, 4) + stage.between(0, 0.9)))
    scheme = stage.scheme(RULE, PLANTED, "funded_by_another" if funded else "in_step", severity, actors)
    device, at = _device(stage), stage.start(5)
    for account in actors:
        _login(stage, account, at - stage.between(5, 50) * MINUTE, device, _address(stage))
        if severity < stage.between(0.3, 1):  # hides behind a device of the lender now and then
            _login(stage, account, at - stage.between(51, 60) * MINUTE, _device(stage), _address(stage))
    if funded:
        for account in actors[: max(1, round(severity * len(actors)))]:
            _deposit(stage, account, at - stage.between(60, 90) * MINUTE, own_name=False)
    times = round(stage.by_severity(severity, 6, 12))
    _trade_alike(stage, scheme, actors, at, times=times, apart=stage.by_severity(severity, 2.5, 0.8))


def household(stage: Stage) -> None:
    """Look-alike: two of a family, not on record as such, who share device and address and trade as they like."""
    actors = stage.actors(2)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "household", 0.0, actors)
    at, device, address = stage.start(4), _device(stage), _address(stage)
    for account in actors:
        _login(stage, account, at, device, address)
        _deposit(stage, account, at - HOUR * stage.between(0.1, 0.5), own_name=True)
        _trade_alike(stage, scheme, [account], at + stage.between(1, 30) * MINUTE, times=4, apart=1)


def office(stage: Stage) -> None:
    """Look-alike: six of one firm behind one address, one of whom was paid by his wife."""
    actors = stage.actors(6)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "office", 0.0, actors)
    at, address = stage.start(4), _address(stage)
    for account in actors:
        _login(stage, account, at + stage.between(0, 30) * MINUTE, _device(stage), address)
        _trade_alike(stage, scheme, [account], at + stage.between(1, 90) * MINUTE, times=3, apart=1)
    _deposit(stage, actors[0], at, own_name=False)


def carrier(stage: Stage) -> None:
    """Look-alike: a carrier gives one address to hundreds, two of whom copy the same robot."""
    actors = stage.actors(2)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "carrier", 0.0, actors)
    at, address = stage.start(5), _address(stage)
    for account in [*actors, *stage.free[: min(60, len(stage.free))]]:
        _login(stage, account, at + stage.between(0, 60) * MINUTE, _device(stage), address)
    _trade_alike(stage, scheme, actors, at, times=7, apart=0.8)


def robot(stage: Stage) -> None:
    """Look-alike: four strangers copy one trader by a robot, each from a device and an address of his own."""
    actors = stage.actors(4)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "robot", 0.0, actors)
    at = stage.start(5)
    for account in actors:
        _login(stage, account, at - stage.between(5, 50) * MINUTE, _device(stage), _address(stage))
    _trade_alike(stage, scheme, actors, at, times=9, apart=0.6)


PATTERNS = (
    lambda stage, severity: one_hand(stage, severity, funded=True),
    lambda stage, severity: one_hand(stage, severity, funded=False),
)
"""What is planted, in turn."""

LOOK_ALIKES = (household, office, carrier, robot)
"""What only looks like it, in turn."""
