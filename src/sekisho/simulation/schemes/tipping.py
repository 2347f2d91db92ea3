"""Tipping and recommending: an insider without an account tells a customer, or advises everybody."""

from __future__ import annotations

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.registers import moment
from sekisho.simulation.schemes.cast import Stage
from sekisho.simulation.schemes.facts import deal, knows, news, news_of_the_day, outsider, party_of, until_close
from sekisho.simulation.schemes.sheet import BUY, MINUTE, SECOND, News

RULE = "unfair_trading/tipping"
ALSO = ("unfair_trading/insider_dealing", "unfair_trading/restricted_list", "unfair_trading/insider_suspicion")
ADVICE = {
    True: (
        "Buy {asset} before the weekend.",
        "{asset}は今が買い。",
        "My advice: accumulate {asset} quietly.",
    ),
    False: ("Time to get out of {asset}.", "{asset}は売り推奨。", "I would sell {asset} today, do not ask why."),
}


def tipped(stage: Stage, severity: float) -> None:
    """An insider tells, the customer trades; the subtler, the later and the less."""
    (actor,) = stage.actors(1)
    fact, teller = news(stage, "issuer", stage.between(4, 14), out=False), outsider(stage)
    scheme = stage.scheme(RULE, PLANTED, "tipped", severity, [actor])
    scheme.also = ALSO
    knows(stage, fact, teller, fact.arises, "issuer")
    heard = fact.arises + stage.between(10, 120) * MINUTE
    knows(stage, fact, party_of(stage, actor), heard, "tippee", teller)
    parts, medians = round(stage.by_severity(severity, 1, 6)), stage.by_severity(severity, 1, 12)
    deal(stage, scheme, actor, fact.side, (heard + SECOND, fact.published - SECOND), medians, parts)


def advised(stage: Stage, severity: float) -> None:
    """An insider advises everybody to trade the asset, and does not say why."""
    (actor,) = stage.actors(1)
    fact, insider = news(stage, "basket", stage.between(4, 14), out=False), party_of(stage, actor)
    scheme = stage.scheme(RULE, PLANTED, "advised", severity, [actor])
    knows(stage, fact, insider, fact.arises, "issuer")
    at = stage.between(fact.arises + SECOND, fact.published - SECOND)
    _says(stage, scheme, insider, fact, at)


def told_too_late(stage: Stage) -> None:
    """Look-alike: told before publication, traded after it."""
    (actor,) = stage.actors(1)
    fact, teller = news_of_the_day(stage, "issuer", stage.between(3, 12)), outsider(stage)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "told_too_late", 0.0, [actor])
    knows(stage, fact, teller, fact.arises, "issuer")
    knows(stage, fact, party_of(stage, actor), fact.published - 30 * MINUTE, "tippee", teller)
    deal(stage, scheme, actor, fact.side, (fact.published + SECOND, until_close(stage, fact.published, 2)), 4, 2)


def advice_after(stage: Stage) -> None:
    """Look-alike: an insider speaks after publication."""
    (actor,) = stage.actors(1)
    fact, insider = news_of_the_day(stage, "issuer", stage.between(3, 12)), party_of(stage, actor)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "advice_after", 0.0, [actor])
    knows(stage, fact, insider, fact.arises, "issuer")
    _says(stage, scheme, insider, fact, fact.published + stage.between(1, 60) * MINUTE)


def ignorant_advice(stage: Stage) -> None:
    """Look-alike: somebody who knows nothing advises the same."""
    fact, insider, writer = news(stage, "issuer", stage.between(3, 12), out=False), outsider(stage), stage.actors(1)[0]
    scheme = stage.scheme(RULE, LOOK_ALIKE, "ignorant_advice", 0.0, [writer])
    knows(stage, fact, insider, fact.arises, "issuer")
    _says(stage, scheme, party_of(stage, writer), fact, stage.between(fact.arises + SECOND, fact.published - SECOND))


def _says(stage: Stage, scheme: Scheme, party: int, fact: News, at: float) -> None:
    texts = ADVICE[bool(fact.side == BUY)]
    name = f"M{1 + len(stage.registers.rows.get('communication', ()))}"
    text = texts[int(stage.random.integers(len(texts)))].format(asset=fact.asset)
    language = "en" if text.isascii() else "ja"
    stage.registers.add(
        "communication", communication_id=name, published_at=moment(int(at)), channel="blog",
        publisher_party_id=stage.people.party_id(party), language=language, text=text,
    )  # fmt: skip
    scheme.evidence.add(("communication", name))
    scheme.saw(int(at), int(at))


PATTERNS = (tipped, advised)
"""What is planted, in turn."""

LOOK_ALIKES = (told_too_late, advice_after, ignorant_advice)
"""What only looks like it, in turn."""
