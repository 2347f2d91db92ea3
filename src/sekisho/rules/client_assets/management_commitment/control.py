"""Management commitment: is there a current record in which management calls outflow a gravest risk and organises for it?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.assessed_items import of_the_exchange, words

if TYPE_CHECKING:
    from sekisho.engine.answers import Found
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding where the recognition, the reports or the organisation are not on record."""
    yield from of_the_exchange(records, words(p.items), p.as_of, p.months_max)
