"""The chance that omitted clients stay unseen, against counting and against the approximation."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.liabilities.chance import unseen, unseen_table


@given(st.integers(1, 400), st.data())
def test_the_chance_is_that_of_drawing_without_putting_back(clients: int, data: st.DataObject) -> None:
    omitted = data.draw(st.integers(0, clients))
    share = data.draw(st.floats(0, 1))
    told = unseen(clients, omitted, share)
    exact = comb(clients - omitted, told.checking) / comb(clients, told.checking)
    assert told.exact == pytest.approx(exact, rel=1e-9, abs=1e-300)


def test_known_figures() -> None:
    assert unseen(1_000_000, 100, 0.05).approximate == pytest.approx(0.95**100)
    assert unseen(1_000_000, 100, 0.05).exact == pytest.approx(0.95**100, rel=0.001)
    assert unseen(100, 60, 0.5).exact == 0
    assert unseen(100, 0, 0.5).exact == 1
    assert {one.omitted for one in unseen_table(500)} == {1, 10, 100}
    with pytest.raises(ValueError, match="no chance"):
        unseen(10, 11, 0.5)
