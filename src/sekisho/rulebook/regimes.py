"""Regimes: which body of law judges a day, and which overlays and standing texts come with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from sekisho.rulebook.strict_yaml import Listed, Reader, RulebookError, read_fully, read_yaml
from sekisho.rulebook.texts import Text, maybe_text, take_text

STATUSES = frozenset({"in_force", "enacted", "recommended", "proposed"})
CONFIDENCES = frozenset({"confirmed", "second_hand", "stated", "unverified", "unknown"})
KINDS = frozenset({"base", "overlay", "standing", "partial", "recommendation", "proposal"})
CHOOSABLE = frozenset({"base", "recommendation", "proposal"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """One body of law. ``until`` is exclusive; ``starts_by`` bounds a start that a cabinet order has yet to fix."""

    id: str
    kind: str
    status: str
    confidence: str
    title: Text
    starts_on: date | None
    starts_by: date | None
    until: date | None
    succeeded_by: str | None
    source: str
    note: Text | None

    def covers(self, day: date) -> bool:
        """Whether the regime is known to hold on that day."""
        start = self.starts_on or self.starts_by
        return start is not None and start <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Regimes:
    """Every regime the rulebook knows, by id."""

    by_id: Mapping[str, Regime]

    def __getitem__(self, regime_id: str) -> Regime:
        try:
            return self.by_id[regime_id]
        except KeyError:
            known = ", ".join(r.id for r in self.choosable())
            raise RulebookError(f"regime '{regime_id}' is not known; choose one of {known}") from None

    def choosable(self) -> tuple[Regime, ...]:
        """The regimes a run may be judged under: bodies of law, the report, the proposals."""
        return tuple(r for r in self.by_id.values() if r.kind in CHOOSABLE)

    def chosen(self, regime_id: str) -> Regime:
        """The regime a user names; overlays and standing texts come with a base regime and cannot be chosen alone."""
        regime = self[regime_id]
        if regime.kind not in CHOOSABLE:
            known = ", ".join(r.id for r in self.choosable())
            raise RulebookError(
                f"regime '{regime_id}' is {_KIND_WORDS[regime.kind]}: it comes with the regime of the day; choose one of {known}"
            )
        return regime

    def in_force_on(self, day: date) -> Regime:
        """The base regime that judges ``day`` (a Japan date).

        A regime whose start is not fixed yet (Act No. 64 of 2026) judges from the last day it can start;
        before that day its predecessor does.
        """
        bases = [r for r in self.by_id.values() if r.kind == "base" and r.covers(day)]
        if not bases:
            first = min(r.starts_on for r in self.by_id.values() if r.kind == "base" and r.starts_on)
            raise RulebookError(f"no regime is known for {day}; the first starts on {first}")
        return max(bases, key=lambda r: r.starts_on or r.starts_by or date.min)

    def law_day(self, regime: Regime, day: date) -> date:
        """The day whose law applies when ``day`` is judged under ``regime``: ``day`` itself, moved into the regime's life.

        Judging books of 2026 under the Act to come means: under its text as of the day it is in force at the latest.
        """
        start = regime.starts_on or regime.starts_by
        if start is not None and day < start:
            return start
        if regime.until is not None and day >= regime.until:
            return regime.until - timedelta(days=1)
        return day

    def with_companions(self, regime: Regime, day: date) -> tuple[Regime, ...]:
        """The regime and, for a body of law, the overlays and standing texts in force beside it on ``day``."""
        if regime.kind != "base":
            return (regime,)
        companions = [r for r in self.by_id.values() if r.kind == "standing" or (r.kind == "overlay" and r.covers(day))]
        return (regime, *companions)


_KIND_WORDS = {
    "overlay": "an overlay",
    "standing": "a standing text",
    "partial": "a part of an Act that is not about crypto-assets",
}


def read_regimes(file: Path) -> Regimes:
    """Read regimes.yaml; raises RulebookError naming file and line."""
    value = read_yaml(file)
    if not isinstance(value, Listed):
        raise RulebookError(f"{file}:1: regimes must be a list")
    by_id: dict[str, Regime] = {}
    for entry, line in zip(value, value.lines, strict=True):
        regime = read_fully(Reader(entry, "regime", file, line), _regime)
        if regime.id in by_id:
            raise RulebookError(f"{file}:{line}: regime '{regime.id}' stands twice")
        by_id[regime.id] = regime
    for regime in by_id.values():
        if regime.succeeded_by and regime.succeeded_by not in by_id:
            raise RulebookError(f"{file}: regime '{regime.id}': successor '{regime.succeeded_by}' is not a regime")
    return Regimes(_with_ends(by_id))


def _regime(reader: Reader) -> Regime:
    regime = Regime(
        id=reader.take("id", str),
        kind=reader.word("kind", KINDS),
        status=reader.word("status", STATUSES),
        confidence=reader.word("confidence", CONFIDENCES),
        title=take_text(reader, "title"),
        starts_on=reader.maybe("starts_on", date),
        starts_by=reader.maybe("starts_by", date),
        until=reader.maybe("until", date),
        succeeded_by=reader.maybe("succeeded_by", str),
        source=reader.take("source", str),
        note=maybe_text(reader, "note"),
    )
    if regime.starts_on and regime.until and regime.starts_on >= regime.until:
        raise reader.error(f"regime '{regime.id}': ends before it starts", "until")
    return regime


def _with_ends(by_id: dict[str, Regime]) -> dict[str, Regime]:
    """A regime with a successor of known or bounded start ends there."""
    ended = {}
    for regime in by_id.values():
        until = regime.until
        if until is None and regime.succeeded_by:
            successor = by_id[regime.succeeded_by]
            until = successor.starts_on or successor.starts_by
        ended[regime.id] = replace(regime, until=until)
    return ended
