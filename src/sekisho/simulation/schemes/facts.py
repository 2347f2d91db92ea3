"""Facts that move the price: how the registers say who knew what since when, and where it was published."""

from __future__ import annotations

from sekisho.simulation.answer_key import Scheme
from sekisho.simulation.options import DAY_MICROSECONDS, closes_at, opens_at
from sekisho.simulation.population import HOUSE
from sekisho.simulation.registers import moment
from sekisho.simulation.schemes.cast import HOUR, TRIES, Stage
from sekisho.simulation.schemes.sheet import BUY, MINUTE, SELL, News

SUMMARIES = {
    "issuer": ("The issuer is insolvent", "The issuer has won a large partner"),
    "exchange": ("Handling of the asset will end", "The asset will be listed elsewhere, too"),
    "large_transaction": ("A holder has decided to sell a fifth of all units", "A fund has decided to buy a fifth of all units"),
    "basket": ("A grave fault was found in the protocol", "An upgrade will burn a part of all units"),
}

MOVE = 0.06
"""How far news moves the value, as a logarithm."""
BEFORE, AFTER = 10 * MINUTE, 30 * MINUTE
"""For how long around news the price is not what a scheme makes of it."""


def news(stage: Stage, category: str, hours: float, *, out: bool = True, asset: str | None = None) -> News:
    """A fact and, so many hours after it arose, its posting on the exchange's website, when the price moves for good.

    Not ``out``: these records end before it is published, as most secrets are kept for weeks; nobody acts on it beyond that
    hour all the same. Only who must be seen to come before or after a publication needs one.
    """
    side = BUY if stage.random.random() < 0.5 else SELL
    published = _published(stage, hours)
    arises = published - hours * HOUR
    told = asset or stage.sheet.listing.asset
    fact = News(f"F{1 + len(stage.registers.rows.get('material_fact', ()))}", told, side, arises, published)
    stage.registers.add(
        "material_fact", fact_id=fact.fact_id, asset=told, category=category, arose_at=moment(int(arises)),
        direction="up" if side == BUY else "down", summary=SUMMARIES[category][int(side == BUY)],
    )  # fmt: skip
    if out:
        publish(stage, fact, "exchange_website", published)
        if asset is None:
            stage.sheet.shocks.append((published, side * MOVE * stage.between(0.7, 1.3)))
            stage.sheet.taken.append((published - BEFORE, published + AFTER))
            stage.sheet.news.append(fact)
    return fact


def news_of_the_day(stage: Stage, category: str, hours: float) -> News:
    """What stands on the website for this asset today; a fact of its own only where nothing does yet.

    Whoever waits for a publication can wait for the one that comes anyhow: no market has news of one asset every few hours.
    """
    return stage.sheet.news[0] if stage.sheet.news else news(stage, category, hours)


def _published(stage: Stage, hours: float) -> float:
    """When a fact that arose so many hours before becomes known: where it can be, while nothing else moves the price here."""
    latest = max(0.2, 22.0 - hours)
    tries = (stage.sheet.opens_at + (stage.between(0.1, latest) + hours) * HOUR for _try in range(TRIES))
    return min(tries, key=lambda at: stage.crowded(at - BEFORE, at + AFTER))


def publish(stage: Stage, fact: News, channel: str, at: float) -> None:
    """A posting of the fact somewhere."""
    stage.registers.add("publication", fact_id=fact.fact_id, channel=channel, published_at=moment(int(at)))


def knows(stage: Stage, fact: News, party: int, at: float, capacity: str, teller: int | None = None) -> None:
    """The register has that a party learned it."""
    stage.registers.add(
        "fact_knowledge",
        fact_id=fact.fact_id,
        party_id=stage.people.party_id(party),
        learned_at=moment(int(at)),
        capacity=capacity,
        learned_from_party_id=None if teller is None else stage.people.party_id(teller),
    )


def outsider(stage: Stage, relation: str = "officer") -> int:
    """Somebody without an account who holds an office in a firm that is not a customer either."""
    person, firm = stage.people.new_party(corporate=False), stage.people.new_party(corporate=True)
    stage.people.link(person, firm, relation)
    return person


def party_of(stage: Stage, actor: int) -> int:
    """The party behind an account."""
    return int(stage.people.party[actor])


def house(stage: Stage) -> int:
    """The party that is the exchange itself."""
    return int(stage.people.party[stage.people.of_kind(HOUSE)[0]])


def deal(stage: Stage, scheme: Scheme, actor: int, side: int, times: tuple[float, float], medians: float, parts: int) -> None:
    """Buy or sell so many median orders in so many parts at random moments of a time."""
    for _part in range(parts):
        at = stage.between(*times)
        stage.sheet.take(scheme, at, actor, side, stage.lots(medians / parts * stage.between(0.7, 1.3)))


def day_number(stage: Stage) -> int:
    """Which trading day the stage is set on, from 0."""
    return (stage.sheet.opens_at - opens_at(stage.options.start)) // DAY_MICROSECONDS


def until_close(stage: Stage, at: float, hours: float) -> float:
    """A time so many hours later, but of the same day."""
    day = stage.options.trading_days[day_number(stage)]
    return min(at + hours * HOUR, closes_at(day) - 2 * MINUTE)
