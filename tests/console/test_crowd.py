"""Many at once, and a server killed in the middle: what was acknowledged is there, once, and the journal is whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.office_crowd import crowd, stored


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_nothing_is_lost_and_nothing_done_twice(store: str) -> None:
    """One office to the end: killed twice while many work, then at work again with nobody killing it."""
    with stored(store) as (where, folder):
        assert isinstance(folder, Path)
        told = crowd(where, folder, users=6, seconds=3, kills=2, seed=11)
    assert {name: told[name] for name in ("lost", "twice", "by oneself", "breaks")} == {
        "lost": 0,
        "twice": 0,
        "by oneself": 0,
        "breaks": [],
    }
    assert told["acknowledged"]["proposed"] > 0
    assert not [answer for answer in told["answers"] if answer.endswith(" 500")]
