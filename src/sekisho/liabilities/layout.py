"""Where each client stands in the tree: in a small group, once in its left half and once in its right half.

A client's balance is cut into two shares. Every group of clients is a tree whose left half holds each member's first share
and whose right half holds the second ones in another order. No node below the top of a group therefore holds the whole of
anybody's balance, and from all that a client is shown he can work out whole balances only as the sum over all other members
(``tests/liabilities/test_layout.py`` proves it for every size). The groups are the leaves of the tree above them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sekisho.liabilities.plain_tree import sides

MEMBERS = 31
"""Smallest group of a large tree: the next size, 32, is the last that needs no sixth level."""

MEMBERS_OF_SMALL = 20
"""Smallest group where there are fewer than MEMBERS ** 2 clients: keeps clear of 33 (see ``hidden``)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where client ``index`` of ``clients`` stands: position ``left`` and ``right`` in the halves of one group."""

    groups: int
    group: int
    members: int
    left: int
    right: int

    def ways(self) -> tuple[tuple[bool, ...], tuple[bool, ...], tuple[bool, ...]]:
        """For each sibling from the leaf up, whether it stands on the left: in the left half, the right half, and above."""
        left, right = sides(self.left, self.members), sides(self.right, self.members)
        return tuple(left), tuple(right), tuple(sides(self.group, self.groups))


@lru_cache(maxsize=4096)
def place(index: int, clients: int) -> Place:
    """The place of one client. Raises ValueError where there is no such client."""
    if not 0 <= index < clients:
        raise ValueError(f"no client {index} among {clients}")
    groups = group_count(clients)
    group = ((index + 1) * groups - 1) // clients
    first, end = group_start(group, clients), group_start(group + 1, clients)
    left = index - first
    return Place(groups, group, end - first, left, right_positions(end - first)[left])


def group_count(clients: int) -> int:
    """How many groups the clients are spread over, as evenly as can be."""
    return max(1, clients // (MEMBERS if clients >= MEMBERS**2 else MEMBERS_OF_SMALL))


def group_start(group: int, clients: int) -> int:
    """Index of the first client of a group."""
    return group * clients // group_count(clients)


@lru_cache(maxsize=1024)
def right_positions(members: int) -> tuple[int, ...]:
    """For each position in the left half, the position in the right half: the left positions ordered by their bits reversed."""
    bits = (members - 1).bit_length()
    order = sorted(range(members), key=lambda left: int(f"{left:0{bits}b}"[::-1], 2))
    positions = [0] * members
    for right, left in enumerate(order):
        positions[left] = right
    return tuple(positions)


def hidden(members: int) -> bool:
    """Whether each member learns nothing of whole balances but the sum of all others.

    A sum over siblings' shares is one of whole balances only if it takes in both shares of each client equally often. So the
    siblings of the left and of the right way, joined wherever a client has a share in both, must all hang together. Groups of
    2, 3, 5, 9, 17 and 33 cannot do it; they occur only in trees of exactly so many clients.
    """
    return members > 2 and all(_all_joined(member, members) for member in range(members))


def _all_joined(member: int, members: int) -> bool:
    right = right_positions(members)
    lefts = dict(_siblings(member, members))
    by_right = dict(_siblings(right[member], members))
    joined = {(lefts[other], by_right[right[other]]) for other in range(members) if other != member}
    reached, todo = set(), [("left", next(iter(joined))[0])]
    while todo:
        node = todo.pop()
        if node not in reached:
            reached.add(node)
            half, level = node
            todo += [("right", r) for ell, r in joined if half == "left" and ell == level]
            todo += [("left", ell) for ell, r in joined if half == "right" and r == level]
    return len(reached) == len({ell for ell, _ in joined}) + len({r for _, r in joined})


def _siblings(position: int, size: int) -> Iterator[tuple[int, int]]:
    """For every other leaf, the level at which it comes in beside the one at ``position``."""
    for other in range(size):
        if other != position:
            yield other, (position ^ other).bit_length()
