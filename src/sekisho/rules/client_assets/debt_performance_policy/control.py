"""Debt performance policy: is it published, and does it say method, timing and the day of valuation?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.assessed_items import of_the_exchange, words

if TYPE_CHECKING:
    from sekisho.engine.answers import Found
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding where a part of the policy, or its publication, is not in order."""
    yield from of_the_exchange(records, words(p.items), p.as_of, p.months_max)
