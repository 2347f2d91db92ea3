"""Groups are even, everybody has one place, and nobody learns a whole balance of another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.liabilities import layout
from sekisho.liabilities.layout import MEMBERS, group_count, group_start, hidden, place, right_positions

BARE = {1, 2, 3, 5, 9, 17, 33}
"""Numbers of clients for which no order hides them; a tree of any other size hides everybody."""


@given(st.integers(1, 20_000_000), st.data())
def test_every_client_has_one_place(clients: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, clients - 1))
    where = place(index, clients)
    assert group_start(where.group, clients) <= index < group_start(where.group + 1, clients)
    assert 0 <= where.left < where.members
    assert sorted(right_positions(where.members)) == list(range(where.members))
    smallest = clients // group_count(clients)
    assert where.members - smallest in (0, 1)
    if clients >= MEMBERS**2:
        assert where.members >= MEMBERS


def test_in_every_size_that_occurs_nobody_learns_a_whole_balance() -> None:
    bare = {size for size in range(1, 66) if not hidden(size)}
    assert bare == BARE | {65}
    for clients in range(1, 2 * MEMBERS**2):
        groups = group_count(clients)
        sizes = {group_start(g + 1, clients) - group_start(g, clients) for g in range(groups)}
        assert not sizes & bare or clients in BARE, clients


def test_one_order_for_both_halves_would_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check can fail: who is neighbour in both halves is seen whole."""
    assert hidden(32)
    monkeypatch.setattr(layout, "right_positions", lambda members: tuple(range(members)))
    assert not hidden(32)


def test_nobody_stands_outside() -> None:
    with pytest.raises(ValueError, match="no client 5 among 5"):
        place(5, 5)
