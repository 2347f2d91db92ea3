"""Groups are even, everybody has one place, and nobody learns a whole balance of another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    assert {size for size in range(1, 66) if not hidden(size)} == BARE | {65}
    for clients in range(1, 2 * MEMBERS**2):
        groups = group_count(clients)
        sizes = {group_start(g + 1, clients) - group_start(g, clients) for g in range(groups)}
        assert all(hidden(size) for size in sizes) or clients in BARE, clients


def test_the_order_of_the_left_half_taken_twice_would_tell() -> None:
    """The check can fail: with one order for both halves, the neighbour in both is seen whole."""
    size = 32
    assert hidden(size)
    same = tuple(range(size))
    original = right_positions.__wrapped__
    assert same != original(size)
    import sekisho.liabilities.layout as layout

    try:
        layout.right_positions = lambda members: tuple(range(members))  # type: ignore[assignment]
        assert not layout.hidden(size)
    finally:
        layout.right_positions = right_positions


def test_nobody_stands_outside() -> None:
    with pytest.raises(ValueError, match="no client 5 among 5"):
        place(5, 5)
