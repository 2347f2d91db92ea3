"""Misleading representation: which of the firm's words stress past gains, forecasts or people who profited?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.assessed_items import words
from sekisho.engine.told_passages import told_passages

if TYPE_CHECKING:
    from sekisho.engine.answers import Found
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each communication of the firm, its people or those bound to it, with the passage that stresses most."""
    yield from told_passages(records, words(p.kinds), p.stress_min)
