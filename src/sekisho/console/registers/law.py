"""What the law says about facts today: which publications count, how long one waits, in which positions a fact binds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from sekisho.rulebook import Rule, load_rulebook
from sekisho.rulebook.parameters import Source

RULE = "unfair_trading/restricted_list"


@dataclass(frozen=True, slots=True, kw_only=True)
class InsiderLaw:
    """The values of the rule on the restricted list under the regime in force; ``waiting_hours`` is None where it is open."""

    regime: str
    channels: frozenset[str]
    channels_source: Source | None
    positions: tuple[str, ...]
    waiting_hours: int | None

    def free_at(self, channel: str, published_at: datetime) -> datetime | None:
        """From when a publication frees a fact; None: it does not count. Where the waiting time is open: from publication on."""
        if channel not in self.channels:
            return None
        return published_at.astimezone(UTC) + timedelta(hours=self.waiting_hours or 0)


def insider_rule() -> Rule:
    """The rule itself."""
    return load_rulebook()[RULE]


def insider_law(day: date) -> InsiderLaw:
    """The law of a Japan day."""
    regime, law_day = load_rulebook().regime_on(None, day)
    values = insider_rule().parameters_in(regime, law_day, day, {})
    channels = values.in_force["channels"]
    wait = values.in_force["waiting_hours"].value
    return InsiderLaw(
        regime=regime,
        channels=frozenset(values.channels),
        channels_source=channels.source,
        positions=tuple(values.positions),
        waiting_hours=None if wait is None else int(str(wait)),
    )


def law_at(at: datetime) -> InsiderLaw:
    """The law of the Japan day of a moment."""
    return insider_law(timezone.localdate(at))
