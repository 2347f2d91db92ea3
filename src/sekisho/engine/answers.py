"""What a rule may answer: found, amount, obligation, reason. One shape for each of the five questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple

Fact = str | int | bool | Decimal | date | datetime | Sequence[str] | None
"""A value a sentence may name. Floats are refused: round them to a Decimal first."""


class Evidence(NamedTuple):
    """One record that proves a finding, named as the record tables name it: ``Evidence("trade", "T17")``."""

    table: str
    id: str


class Severity(IntEnum):
    """How bad, from the rule's own scale. Compared with ``--fail-on``."""

    low = 1
    medium = 2
    high = 3
    critical = 4


class Outcome(IntEnum):
    """What the gate says. The highest of all reasons wins."""

    allow = 0
    warn = 1
    hold = 2
    refuse = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One scheme or failure (never one event) that ``detect`` found.

    ``window_from`` and ``window_until`` are UTC, half open; ``score`` lies in 0..1; ``amount_jpy`` is in yen;
    ``evidence`` names every record that proves it. ``facts`` fill the sentence of rule.yaml named by ``sentence``.
    ``severity`` overrides the rule's own scale where the control knows better (a cure deadline missed, say).
    """

    subject_kind: str
    subject_id: str
    window_from: datetime
    window_until: datetime
    score: Decimal
    evidence: tuple[Evidence, ...]
    facts: Mapping[str, Fact] = field(default_factory=dict)
    sentence: str = "default"
    severity: Severity | None = None
    instrument: str | None = None
    asset: str | None = None
    amount_jpy: Decimal | None = None


class Step(NamedTuple):
    """One line of a working: what, how, and how much."""

    label: str
    expression: str
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What ``compute`` answers: a figure for a day with its working, and the band it falls in, if the rule has bands."""

    name: str
    as_of: date
    value: Decimal
    unit: str
    working: tuple[Step, ...]
    evidence: tuple[Evidence, ...]
    band: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """What ``due`` answers: something to do, by a day (Japan date), and what set the clock going."""

    name: str
    due_on: date
    arose_on: date
    repeats: str | None = None
    because: str = ""
    evidence: tuple[Evidence, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What ``decide`` answers: an outcome, its sentence in rule.yaml, and when a hold would end at the earliest (UTC)."""

    outcome: Outcome
    sentence: str = "default"
    facts: Mapping[str, Fact] = field(default_factory=dict)
    releases_at: datetime | None = None
