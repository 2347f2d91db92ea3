"""Waiting periods: exact lengths, and spells grouped when they overlap."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.typologies.waiting import length_of, overlapping

START = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Spell:
    starts_at: datetime
    ends_at: datetime


@pytest.mark.parametrize(
    ("days", "length"),
    [
        (7, timedelta(days=7)),
        (Decimal("0.5"), timedelta(hours=12)),
        (Decimal("0.00001"), timedelta(microseconds=864_000)),
        (0, timedelta(0)),
    ],
)
def test_days_are_of_twenty_four_hours(days: Decimal | int, length: timedelta) -> None:
    assert length_of(days) == length


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 10)), max_size=12))
def test_groups_are_what_touches(spans: list[tuple[int, int]]) -> None:
    spells = [Spell(START + timedelta(hours=a), START + timedelta(hours=a + b)) for a, b in spans]
    groups = list(overlapping(spells))
    assert sorted((s.starts_at, s.ends_at) for g in groups for s in g) == sorted((s.starts_at, s.ends_at) for s in spells)
    for before, after in itertools.pairwise(groups):
        assert max(s.ends_at for s in before) < min(s.starts_at for s in after)
    for group in groups:
        for n in range(1, len(group)):
            assert group[n].starts_at <= max(s.ends_at for s in group[:n])
