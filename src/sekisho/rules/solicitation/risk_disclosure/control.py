"""Items of an advertisement: which advertisements leave out what the law wants shown?"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.assessed_items import words
from sekisho.engine.told_passages import found_in
from sekisho.typologies.custody import share
from sekisho.typologies.material_facts import read_circle
from sekisho.typologies.rumour import posts_of
from sekisho.typologies.statements import missing_items, read_links, speaks_for

if TYPE_CHECKING:
    from sekisho.engine.answers import Found
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each advertisement with items missing."""
    circle, links, channels = read_circle(records), read_links(records), set(words(p.advertising_channels))
    names = words(p.trade_names) if p.trade_names is not None else ()
    items = [item for item in words(p.items) if item != "trade_name" or names]
    for post in posts_of(records):
        speaks, because = speaks_for(circle, links, post)
        missing = missing_items(post.text, items, names) if speaks and post.channel in channels else ()
        if missing:
            yield found_in(post, because, share(Decimal(len(missing)), Decimal(len(items))), missing=", ".join(missing))
