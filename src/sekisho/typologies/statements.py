"""Statements: passages of an advertisement that stress past gains or forecasts, show off profits, or promise what is uncertain.

A passage is the sentence it stands in. A denial ("no profit is guaranteed") is no promise, and a gain told beside a loss stresses
less. Texts are read in Japanese and English, by the patterns of ``statement_patterns.txt``; whether a statement is true no text
shows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from sekisho.typologies.material_facts import Circle, japan_date
from sekisho.typologies.ownership import Link
from sekisho.typologies.word_lists import pattern_of, patterns_of

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.typologies.rumour import Post

Kind = Literal["past_gain", "forecast", "profited", "certainty", "no_basis"]

KINDS: Final[tuple[Kind, ...]] = ("past_gain", "forecast", "profited", "certainty", "no_basis")


class Passage(NamedTuple):
    """One passage: its kind, the sentence it stands in, how much it stresses (0 to 1) and by what."""

    kind: Kind
    words: str
    stress: Decimal
    stresses: tuple[str, ...]


_WORDS: Final = "statement_patterns.txt"
_SENTENCE_END: Final = re.compile(r"[。!?\n]|\.(?=\s|$)")
_STRESS: Final = {"figure": Decimal("0.2"), "urged": Decimal("0.2"), "loud": Decimal("0.1"), "repeated": Decimal("0.1")}
STRESSES: Final = (*_STRESS, "balanced")
_BASE, _BALANCE = Decimal("0.5"), Decimal("0.4")


def passages(text: str, kinds: Iterable[str]) -> list[Passage]:
    """The passages of the kinds asked for, in the order of the text; one for each sentence and kind."""
    told = unicodedata.normalize("NFKC", text).replace("！", "!").replace("？", "?")
    asked = set(kinds)
    found = sorted((place, kind, words) for kind in KINDS if kind in asked for place, words in _of_kind(told, kind).items())
    many = len({place for place, _kind, _words in found}) > 1
    return [_weighed(told, place, kind, words, many) for place, kind, words in found]


def _of_kind(told: str, kind: Kind) -> dict[tuple[int, int], str]:
    """The words that tell, by the sentence they stand in."""
    found: dict[tuple[int, int], str] = {}
    for pattern in patterns_of(_WORDS)[kind]:
        for match in pattern.finditer(told):
            place = _sentence(told, match.start(), match.end())
            sentence = told[place[0] : place[1]]
            of_something_else = kind in ("past_gain", "forecast") and pattern_of(_WORDS, "not_a_price").search(sentence)
            if place not in found and not of_something_else and not _is_denied(sentence, match[0]):
                found[place] = match[0]
    return found


def _sentence(told: str, start: int, end: int) -> tuple[int, int]:
    """The sentence around a passage. A point ends one only where no figure goes on behind it."""
    ends = [match.start() for match in _SENTENCE_END.finditer(told)]
    first = max((each + 1 for each in ends if each < start), default=0)
    last = min((each for each in ends if each >= end - 1), default=len(told))
    return first, max(last, end)


def _is_denied(sentence: str, words: str) -> bool:
    """Whether the sentence takes back what the words say. Words that are themselves a denial ("no risk") need a second one."""
    rest = (
        sentence.replace(words, pattern_of(_WORDS, "is_a_denial").sub("", words), 1)
        if pattern_of(_WORDS, "is_a_denial").search(words)
        else sentence
    )
    return pattern_of(_WORDS, "denied").search(rest) is not None


def _weighed(told: str, place: tuple[int, int], kind: Kind, words: str, many: bool) -> Passage:
    around = told[place[0] : place[1] + 1]
    there = {
        "figure": pattern_of(_WORDS, "figure").search(words),
        "urged": pattern_of(_WORDS, "urged").search(told),
        "loud": pattern_of(_WORDS, "loud").search(around),
        "repeated": many or None,
    }
    seen = [name for name, match in there.items() if match is not None]
    stress = _BASE + sum((_STRESS[name] for name in seen), Decimal(0))
    if kind in ("past_gain", "forecast") and pattern_of(_WORDS, "balanced").search(around):
        seen.append("balanced")
        stress -= _BALANCE
    return Passage(kind, around.strip(), min(Decimal(1), stress), tuple(seen))


# --- what advertising must show ---------------------------------------------------------------------------------------------


def missing_items(text: str, items: Iterable[str], trade_names: Iterable[str]) -> tuple[str, ...]:
    """Which of the items an advertisement must show its text does not, in the order asked."""
    told = unicodedata.normalize("NFKC", text)
    low = re.sub(r"\s", "", told).lower()
    names = [re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).lower() for name in trade_names]

    def shown(item: str) -> bool:
        if item == "trade_name":
            return any(name and name in low for name in names)
        return pattern_of(_WORDS, f"shows_{item}").search(told) is not None

    return tuple(item for item in items if not shown(item))


# --- who speaks for the exchange --------------------------------------------------------------------------------------------


def speaks_for(circle: Circle, links: Iterable[Link], post: Post) -> tuple[bool, tuple[Link, ...]]:
    """Whether the publisher is the exchange, its officer or employee, or bound to it by contract (intermediary, affiliate)."""
    day = japan_date(post.published_at)
    serving, because = circle.serves_exchange(post.publisher_party_id, day)
    if serving:
        return True, because
    bound = tuple(
        link
        for link in links
        if link.party_id == post.publisher_party_id
        and link.relation == "contract"
        and link.linked_party_id in circle.exchange
        and link.holds_on(day)
    )
    return bool(bound), bound


def read_links(records: Records) -> list[Link]:
    """The rows of ``party_link``."""
    return [Link(**row) for row in records.optional("party_link").select(*Link._fields).to_pyarrow().to_pylist()]
