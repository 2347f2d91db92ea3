"""Tipping and recommending: an insider tells somebody a fact, or advises the asset to others, before it is published."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sekisho.typologies.insider import FAVOURED
from sekisho.typologies.material_facts import TIPPEE, Bound, Facts, Post, Standing
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records


class Told(NamedTuple):
    """An insider, and somebody who by the register learned the fact from him outside of any office."""

    teller: Bound
    recipient: Bound


class Message(NamedTuple):
    """One row of ``communication``."""

    communication_id: str
    published_at: datetime
    channel: str
    publisher_party_id: str
    text: str


class Words(NamedTuple):
    """Words that advise to buy, and words that advise to sell, in whatever language."""

    buy: Collection[str]
    sell: Collection[str]

    def advice(self, text: str) -> str | None:
        """``buy`` or ``sell``; None where a text advises neither, or both."""
        buys, sells = (any(_says(text, word) for word in words) for words in (self.buy, self.sell))
        return None if buys == sells else "buy" if buys else "sell"


class Advised(NamedTuple):
    """An insider's message that names the asset of the fact and advises one side."""

    insider: Bound
    message: Message
    side: str

    @property
    def agrees(self) -> bool | None:
        """Whether the advice is on the side the fact favours; None where the register does not say which that is."""
        favoured = FAVOURED.get(self.insider.fact.direction or "")
        return None if favoured is None else favoured == self.side


def told_by(tellers: Iterable[Bound], facts: Facts) -> list[Told]:
    """Every pair of an insider and a recipient outside of office, in order of the telling."""
    pairs = [
        Told(teller, Bound(teller.fact, known, Standing(TIPPEE, "first_hand")))
        for teller in tellers
        for known in facts.knowledge.get(teller.fact.fact_id, ())
        if known.capacity == TIPPEE and known.learned_from_party_id == teller.knowledge.party_id
    ]
    return sorted(pairs, key=lambda pair: (pair.recipient.since, pair.recipient.knowledge.record_id))


def messages_by(records: Records, parties: Iterable[str]) -> list[Message]:
    """What some parties published, in order of time."""
    wanted = sorted(set(parties))
    table = records.optional("communication")
    rows = table.filter(table.publisher_party_id.isin(wanted)).select(*Message._fields).to_pyarrow().to_pylist() if wanted else []
    messages = [Message(**{**row, "published_at": in_utc(row["published_at"])}) for row in rows]
    return sorted(messages, key=lambda message: (message.published_at, message.communication_id))


def advised(
    insiders: Iterable[Bound], messages: Sequence[Message], words: Words, published: Callable[[str], Post | None]
) -> Iterator[Advised]:
    """Messages in which an insider advises the asset of a fact that he knows and that is not published yet."""
    for insider in insiders:
        post = published(insider.fact.fact_id)
        for message in messages:
            if message.publisher_party_id != insider.knowledge.party_id or message.published_at < insider.since:
                continue
            side = words.advice(message.text) if _says(message.text, insider.fact.asset) else None
            if side is not None and (post is None or message.published_at < post.published_at):
                yield Advised(insider, message, side)


def _says(text: str, word: str) -> bool:
    """Whether a text has the word; a word in Latin letters stands for itself, not for a part of another one."""
    if not word.isascii():
        return word in text
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])", text, re.IGNORECASE) is not None
