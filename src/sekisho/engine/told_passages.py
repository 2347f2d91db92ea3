"""Told passages: what the firm's own communications say in words of some kinds, as findings with the plainest passage."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Fact, Found
from sekisho.typologies.material_facts import read_circle
from sekisho.typologies.rumour import posts_of
from sekisho.typologies.statements import passages, read_links, speaks_for

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.typologies.ownership import Link
    from sekisho.typologies.rumour import Post


def told_passages(records: Records, kinds: Collection[str], stress_min: Decimal = Decimal(0)) -> Iterator[Found]:
    """One finding for each communication of the firm, its people or those bound to it that has a passage of these kinds.

    ``stress_min`` (0..1) is how much a passage has to stress to be told; the one that stresses most gives the score.
    """
    circle, links = read_circle(records), read_links(records)
    for post in posts_of(records):
        speaks, because = speaks_for(circle, links, post)
        found = [each for each in passages(post.text, kinds) if each.stress >= stress_min] if speaks else []
        if not found:
            continue
        worst = max(found, key=lambda each: each.stress)
        yield found_in(
            post,
            because,
            worst.stress,
            kinds=", ".join(dict.fromkeys(each.kind for each in found)),
            passage=worst.words,
            passages=tuple(each.words for each in found),
            stresses=worst.stresses,
        )


def found_in(post: Post, because: Iterable[Link], score: Decimal, **facts: Fact) -> Found:
    """A finding about one communication; ``because`` are the links that make it the firm's."""
    return Found(
        subject_kind="communication",
        subject_id=post.communication_id,
        window_from=post.published_at,
        window_until=post.published_at + timedelta.resolution,
        score=score,
        evidence=(
            Evidence("communication", post.communication_id),
            *sorted({Evidence("party_link", link.record_id) for link in because}),
        ),
        facts={
            "communication": post.communication_id,
            "published_at": post.published_at,
            "publisher": post.publisher_party_id,
            "channel": post.channel,
            **facts,
        },
    )
