"""Insider dealing: people near a fact trade before it is published; others had planned it, or heard of it late."""

from __future__ import annotations

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED
from sekisho.simulation.listings import KNOWN
from sekisho.simulation.registers import moment
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.facts import deal, house, knows, news, news_of_the_day, outsider, party_of, publish, until_close
from sekisho.simulation.schemes.sheet import MINUTE, SECOND, News

RULE = "unfair_trading/insider_dealing"
ALSO = ("unfair_trading/restricted_list", "unfair_trading/insider_suspicion", "unfair_trading/tipping")


def _trades(stage: Stage, fact: News, pattern: str, severity: float, actor: int, begins: float) -> None:
    """The insider's own dealing: the subtler, the fewer and smaller, and with some trades on the other side for show."""
    scheme = stage.scheme(RULE, PLANTED, pattern, severity, [actor])
    scheme.also = ALSO
    times = (begins + 2 * SECOND, fact.published - 2 * SECOND)
    deal(stage, scheme, actor, fact.side, times, stage.by_severity(severity, 1, 12), round(stage.by_severity(severity, 1, 7)))
    if stage.random.random() > severity:
        deal(stage, scheme, actor, -fact.side, times, 0.5, 1)


def exchange_employee(stage: Stage, severity: float) -> None:
    """Somebody at work in the exchange, who trades on a customer account of his own."""
    (actor,) = stage.actors(1)
    fact = news(stage, "exchange", stage.between(3, 12), out=False)
    stage.people.link(party_of(stage, actor), house(stage), "employee")
    knows(stage, fact, party_of(stage, actor), fact.arises, "exchange")
    _trades(stage, fact, "exchange_employee", severity, actor, fact.arises)


def issuer_officer(stage: Stage, severity: float) -> None:
    """An officer of the issuer."""
    (actor,) = stage.actors(1)
    fact = news(stage, "issuer", stage.between(3, 12), out=False)
    firm = stage.people.new_party(corporate=True)
    stage.people.link(party_of(stage, actor), firm, "officer")
    learned = fact.arises + stage.between(0, 60) * MINUTE
    knows(stage, fact, party_of(stage, actor), learned, "issuer")
    _trades(stage, fact, "issuer_officer", severity, actor, learned)


def large_party(stage: Stage, severity: float) -> None:
    """Somebody who takes part in a large transaction and trades ahead of it."""
    (actor,) = stage.actors(1)
    fact = news(stage, "large_transaction", stage.between(3, 12), out=False)
    knows(stage, fact, party_of(stage, actor), fact.arises, "large_transaction")
    _trades(stage, fact, "large_party", severity, actor, fact.arises)


def told(stage: Stage, severity: float) -> None:
    """Somebody whom an insider told."""
    (actor,) = stage.actors(1)
    fact, teller = news(stage, "basket", stage.between(3, 12), out=False), outsider(stage)
    knows(stage, fact, teller, fact.arises, "issuer")
    heard = fact.arises + stage.between(10, 90) * MINUTE
    knows(stage, fact, party_of(stage, actor), heard, "tippee", teller)
    _trades(stage, fact, "told", severity, actor, heard)


def household(stage: Stage, severity: float) -> None:
    """The account of somebody who lives with an insider."""
    (actor,) = stage.actors(1)
    fact, insider = news(stage, "issuer", stage.between(3, 12), out=False), outsider(stage)
    stage.people.link(insider, party_of(stage, actor), "household")
    knows(stage, fact, insider, fact.arises, "issuer")
    _trades(stage, fact, "household", severity, actor, fact.arises)


def after_a_leak(stage: Stage, severity: float) -> None:
    """An insider who waits until it stands on social media, which publishes nothing."""
    (actor,) = stage.actors(1)
    fact = news(stage, "issuer", stage.between(4, 12), out=False)
    leaked = fact.arises + stage.between(30, 120) * MINUTE
    publish(stage, fact, "social_media", leaked)
    knows(stage, fact, party_of(stage, actor), fact.arises, "issuer")
    _trades(stage, fact, "after_a_leak", severity, actor, leaked)


def planned(stage: Stage) -> None:
    """Look-alike: an insider who trades as he had planned before."""
    (actor,) = stage.actors(1)
    fact = news(stage, "issuer", stage.between(3, 12), out=False)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "planned", 0.0, [actor])
    knows(stage, fact, party_of(stage, actor), fact.arises, "issuer")
    lots, parts = stage.lots(2), 3
    stage.registers.add(
        "stated_plan",
        plan_id=f"PL{1 + len(stage.registers.rows.get('stated_plan', ()))}",
        party_id=stage.people.party_id(party_of(stage, actor)),
        asset=fact.asset,
        made_at=moment(int(fact.arises - stage.between(100, 5000) * HOUR)),
        side="buy" if fact.side > 0 else "sell",
        quantity=lots * parts * stage.sheet.listing.lot_size,
        executes_from=moment(int(fact.arises - HOUR)),
        executes_until=moment(int(fact.published + HOUR)),
    )
    for _part in range(parts):
        stage.sheet.take(scheme, stage.between(fact.arises + SECOND, fact.published - SECOND), actor, fact.side, lots)


def after_publication(stage: Stage) -> None:
    """Look-alike: an insider who waits until it stands on the website."""
    (actor,) = stage.actors(1)
    fact = news_of_the_day(stage, "exchange", stage.between(3, 12))
    scheme = stage.scheme(RULE, LOOK_ALIKE, "after_publication", 0.0, [actor])
    knows(stage, fact, party_of(stage, actor), fact.arises, "issuer")
    deal(stage, scheme, actor, fact.side, (fact.published + SECOND, until_close(stage, fact.published, 2)), 6, 3)


def hearsay(stage: Stage) -> None:
    """Look-alike: somebody who heard it from somebody who was told."""
    (actor,) = stage.actors(1)
    fact, teller, friend = news(stage, "issuer", stage.between(4, 12), out=False), outsider(stage), outsider(stage, "adviser")
    scheme = stage.scheme(RULE, LOOK_ALIKE, "hearsay", 0.0, [actor])
    knows(stage, fact, teller, fact.arises, "issuer")
    knows(stage, fact, friend, fact.arises + 20 * MINUTE, "tippee", teller)
    knows(stage, fact, party_of(stage, actor), fact.arises + 60 * MINUTE, "tippee", friend)
    deal(stage, scheme, actor, fact.side, (fact.arises + 61 * MINUTE, fact.published - SECOND), 6, 3)


def other_asset(stage: Stage) -> None:
    """Look-alike: an insider of one asset who trades another."""
    (actor,) = stage.actors(1)
    other = next(name for name in KNOWN if name != stage.sheet.listing.asset)
    fact = news(stage, "issuer", stage.between(3, 12), out=False, asset=other)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "other_asset", 0.0, [actor])
    knows(stage, fact, party_of(stage, actor), fact.arises, "issuer")
    deal(stage, scheme, actor, fact.side, (fact.arises + SECOND, fact.published - SECOND), 6, 3)


def knew_later(stage: Stage) -> None:
    """Look-alike: somebody who traded first and learned of it afterwards."""
    (actor,) = stage.actors(1)
    fact = news(stage, "exchange", stage.between(5, 12), out=False)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "knew_later", 0.0, [actor])
    learned = fact.published - HOUR
    knows(stage, fact, party_of(stage, actor), learned, "issuer")
    deal(stage, scheme, actor, fact.side, (fact.arises + SECOND, learned - 10 * SECOND), 3, 3)


PATTERNS = (exchange_employee, issuer_officer, told, large_party, household, after_a_leak)
"""What is planted, in turn."""

LOOK_ALIKES = (planned, after_publication, hearsay, other_asset, knew_later)
"""What only looks like it, in turn."""
