"""Required items under Japanese rule: what Rule 31-7 asks of a notice, taken from the rule that decides transfers."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import msgspec

from sekisho.rulebook import load_rulebook
from sekisho.typologies.notified_items import missing_items

_RULE, _REGIME, _DAY = "transfers/travel_rule_notice", "PSA-2026", date(2026, 6, 10)


@lru_cache(maxsize=1)
def required_items() -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Items of an originator (natural, legal) and of a beneficiary; ``a|b`` asks for one of two."""
    parameters = load_rulebook()[_RULE].parameters_in(_REGIME, _DAY, _DAY, {})
    return {"natural": parameters.originator_natural, "legal": parameters.originator_legal}, parameters.beneficiary


def missing(payload: dict[str, Any]) -> tuple[str, ...]:
    """Which required items a payload lacks; there is no amount below which none is."""
    originator, beneficiary = required_items()
    return missing_items(msgspec.json.encode(payload).decode(), originator, beneficiary)
