"""Shared systems: could customers' assets be returned without the parent, where its systems are used?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.assessed_items import custody_is_done, told, words
from sekisho.typologies.assessments import EXCHANGE, look, read_assessments
from sekisho.typologies.registers import in_force, read_providers

if TYPE_CHECKING:
    from sekisho.engine.answers import Found
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding where a system is shared with the group and something that returning without it needs is not in order."""
    services = words(p.services)
    shared = [each for each in in_force(read_providers(records), p.as_of) if each.in_group and each.service in services]
    because = custody_is_done(records)
    if shared and because:
        looked = look(read_assessments(records), words(p.items), EXCHANGE, p.as_of, p.months_max)
        names = {*because, *(each.record for each in shared)}
        yield from told(looked, "exchange", names, p.as_of, providers=sorted({each.name for each in shared}))
