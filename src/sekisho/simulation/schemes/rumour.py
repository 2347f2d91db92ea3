"""Rumour: somebody takes a position, says something about the asset in public, and trades out of it to those who believe him."""

from __future__ import annotations

import numpy as np

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.listings import GRID_STEP_MICROSECONDS
from sekisho.simulation.population import HOUSE
from sekisho.simulation.registers import moment
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.sheet import BUY, MINUTE, SECOND, SELL

RULE = "unfair_trading/rumour"
TOUTS = {
    (BUY, "en"): "{asset} is about to soar: a major partnership will be announced within days. Do not miss it!",
    (BUY, "ja"): "{asset}は近日中に大型提携を発表、爆上げ確実です。今のうちに。",
    (SELL, "en"): "I hear that {asset} has been hacked. It will crash to zero, get out now.",
    (SELL, "ja"): "{asset}にハッキング被害の情報。暴落は避けられません。",
}
REPORTS = {
    "en": "Market notes: trading in {asset} was brisk today; analysts expect it to rise.",
    "ja": "市況：{asset}の取引は活発。上昇を見込む声もある。",
}
NOTICE = "お知らせ：{asset}の取扱いに関するシステムメンテナンスを実施します。サービス向上により取引の上昇が期待されます。"


def sold_into(stage: Stage, severity: float, *, side: int = BUY, linked: bool = False) -> None:
    """Bought within hours before, spoken of, sold to the followers within the hour; or the reverse; or through a linked account."""
    actors = stage.actors(2 if linked else 1)
    followers = stage.actors(2)
    if linked:
        stage.people.link_owner((int(stage.people.party[actors[0]]), int(stage.people.party[actors[1]])), 1, stage.random)
    pattern = "through_another" if linked else "sold_into" if side == BUY else "bought_back"
    scheme = stage.scheme(RULE, PLANTED, pattern, severity, [actors[-1]])
    hours = stage.between(1, 4)
    at = stage.start_alone(hours + 2) + hours * HOUR
    size = stage.by_severity(severity, 3, 7)
    orders = round(stage.by_severity(severity, 6, 10))
    for number in range(orders):
        moment_of = at - hours * HOUR * (1 - number / orders) * stage.between(0.85, 1.0)
        lots = stage.lots(size * stage.between(0.7, 1.3))
        if number % 2:
            stage.sheet.take(scheme, moment_of, actors[-1], side, lots)
        else:
            stage.sheet.withdraw(stage.sheet.place(scheme, moment_of, actors[-1], side, lots, offset=-1), moment_of + 20 * MINUTE)
    _publish(stage, at, int(stage.people.party[actors[0]]), _tout(stage, side))
    _follow(stage, scheme, followers, side, at, stage.by_severity(severity, 0.6, 1.6))
    for number in range(orders):
        moment_of = at + (10 + 35 * number / orders) * MINUTE * stage.between(0.9, 1.1)
        lots = stage.lots(size * stage.between(0.7, 1.1))
        stage.sheet.withdraw(stage.sheet.place(scheme, moment_of, actors[-1], -side, lots, offset=-1), at + HOUR)
    stage.sheet.take(scheme, at + 48 * MINUTE, actors[-1], -side, stage.lots(size))


def journalist(stage: Stage) -> None:
    """Look-alike: somebody without any position writes of the asset, and people buy."""
    writer, *followers = stage.actors(3)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "journalist", 0.0, [writer])
    at = stage.start_alone(2)
    _publish(stage, at, int(stage.people.party[writer]), _report(stage))
    _follow(stage, scheme, followers, BUY, at, stage.between(0.5, 1.2))


def own_announcement(stage: Stage) -> None:
    """Look-alike: the exchange itself says something of the asset, and people buy."""
    followers = stage.actors(2)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "own_announcement", 0.0, followers)
    at = stage.start_alone(2)
    house = int(stage.people.party[stage.people.of_kind(HOUSE)[0]])
    _publish(stage, at, house, ("ja", NOTICE), channel="exchange_website")
    _follow(stage, scheme, followers, BUY, at, stage.between(0.5, 1.2))


def keeps_holding(stage: Stage) -> None:
    """Look-alike: a believer buys, says so, people follow, and he keeps what he has."""
    holder, *followers = stage.actors(3)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "keeps_holding", 0.0, [holder])
    at = stage.start_alone(4) + 2 * HOUR
    for _order in range(5):
        stage.sheet.take(scheme, at - stage.between(0.1, 1.9) * HOUR, holder, BUY, stage.lots(stage.between(2, 5)))
    _publish(stage, at, int(stage.people.party[holder]), _tout(stage, BUY))
    _follow(stage, scheme, followers, BUY, at, stage.between(0.5, 1.2))
    stage.sheet.take(scheme, at + stage.between(20, 40) * MINUTE, holder, BUY, stage.lots(2))


def speaks_afterwards(stage: Stage) -> None:
    """Look-alike: somebody bought, others drove the price up, and only then he says so and sells; his words move nothing."""
    holder, *others = stage.actors(3)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "speaks_afterwards", 0.0, [holder])
    at = stage.start_alone(5) + 3 * HOUR
    for _order in range(5):
        stage.sheet.take(scheme, at - stage.between(1.5, 2.8) * HOUR, holder, BUY, stage.lots(stage.between(2, 5)))
    _follow(stage, scheme, others, BUY, at - 70 * MINUTE, 1)
    _publish(stage, at, int(stage.people.party[holder]), _tout(stage, BUY))
    for _order in range(4):
        stage.sheet.take(scheme, at + stage.between(5, 50) * MINUTE, holder, SELL, stage.lots(stage.between(2, 4)))


def _follow(stage: Stage, scheme: Scheme, followers: list[int], side: int, at: float, strength: float) -> None:
    """Who hears it thinks the asset worth more (less) for some hours; two of them hurry to trade within the hour.

    ``strength`` is in days' usual moves of the asset.
    """
    value, usual = stage.sheet.value, stage.sheet.listing.volatility
    minutes = (np.arange(value.size) * GRID_STEP_MICROSECONDS + stage.sheet.opens_at - at) / MINUTE
    heard = np.maximum(minutes, 0.0)
    value *= 1 + side * strength * usual * (1 - np.exp(-heard / 10)) * np.exp(-heard / 150)
    for _order in range(10):
        moment_of = at + min(stage.random.exponential(14), 45) * MINUTE + stage.between(5, 60) * SECOND
        follower = followers[int(stage.random.integers(len(followers)))]
        stage.sheet.take(scheme, moment_of, follower, side, stage.lots(stage.between(2, 6)))


def _tout(stage: Stage, side: int) -> tuple[str, str]:
    language = str(stage.random.choice(["en", "ja"]))
    return language, TOUTS[side, language]


def _report(stage: Stage) -> tuple[str, str]:
    language = str(stage.random.choice(["en", "ja"]))
    return language, REPORTS[language]


def _publish(stage: Stage, at: float, party: int, said: tuple[str, str], channel: str = "social_media") -> None:
    language, text = said
    publisher, asset = stage.people.party_id(party), stage.sheet.listing.asset
    stage.registers.add(
        "communication",
        communication_id=f"POST-{publisher}-{int(at)}",
        published_at=moment(int(at)),
        channel=channel,
        publisher_party_id=publisher,
        language=language,
        text=text.format(asset=asset),
    )


def bought_back(stage: Stage, severity: float) -> None:
    """The reverse: sold before, spoken ill of, bought back."""
    sold_into(stage, severity, side=SELL)


def through_another(stage: Stage, severity: float) -> None:
    """One person speaks, the account of another of the same owner trades."""
    sold_into(stage, severity, linked=True)


PATTERNS = (sold_into, bought_back, through_another)
"""What is planted, in turn."""

LOOK_ALIKES = (journalist, own_announcement, keeps_holding, speaks_afterwards)
"""What only looks like it, in turn."""
