"""One hand behind accounts of people who have nothing to do with each other: their devices, their money and their orders tell.

No sign suffices alone. A family shares a device, an office its address, a carrier gives hundreds the same one, a published robot
makes strangers trade alike. Accounts come into question when they share a device that few share, or an address that few share
and orders entered together; what else speaks for one hand is added up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import networkx as nx
import numpy as np

from sekisho.records.table import key_text
from sekisho.typologies.chance import unlikelihood
from sekisho.typologies.meetings import codes_of
from sekisho.typologies.order_stream import NEW, NOBODY, OrderStream

if TYPE_CHECKING:
    from sekisho.records import Records

_MICROSECONDS = 1_000_000
_PLACES = Decimal("0.0001")

Pair = tuple[str, str]
"""Two accounts in order of their names."""


class Use(NamedTuple):
    """One row of ``account_event`` that names a device or an address, or a deposit in another's name."""

    account_id: str
    occurred_at: datetime
    kind: str
    device_id: str | None
    ip: str | None
    remitter_name_matches: bool | None

    @property
    def record_id(self) -> str:
        """The row as evidence names it."""
        return "|".join((self.account_id, key_text(self.occurred_at), self.kind))


class Together(NamedTuple):
    """Of one instrument: how often two accounts entered orders of one side together, how often by chance, and those orders."""

    seen: int
    expected: float
    orders: tuple[str, ...]


class Weights(NamedTuple):
    """How much each sign speaks for one hand, 0..1; together they close the gap to certainty one after the other."""

    device: Decimal
    address: Decimal
    funding: Decimal
    together: Decimal
    several: Decimal


class Hand(NamedTuple):
    """Accounts that look like one hand's, the events that show it, and the orders entered together."""

    accounts: tuple[str, ...]
    events: tuple[Use, ...]
    orders: tuple[str, ...]
    devices: int
    addresses: int
    others_money: int
    score: Decimal


def uses_of(records: Records) -> list[Use]:
    """The account events that name a device, an address, or a deposit whose remitter bears another name."""
    event = records.account_event
    telling = event.filter(event.device_id.notnull() | event.ip.notnull() | (event.remitter_name_matches == False))  # noqa: E712
    rows = telling.select(*Use._fields).to_pyarrow()
    columns = rows.sort_by([("occurred_at", "ascending"), ("account_id", "ascending"), ("kind", "ascending")]).columns
    return list(map(Use._make, zip(*(column.to_pylist() for column in columns), strict=True)))


def circles_of(records: Records) -> dict[str, str]:
    """By account the circle of people its holder belongs to: everybody tied to him by links of any kind, whatever their dates."""
    graph = nx.Graph()
    for row in records.optional("party_link").select("party_id", "linked_party_id").to_pyarrow().to_pylist():
        graph.add_edge(row["party_id"], row["linked_party_id"])
    circle = {party: min(members) for members in nx.connected_components(graph) for party in members}
    accounts = records.optional("account").select("account_id", "party_id").to_pyarrow().to_pylist()
    return {row["account_id"]: circle.get(row["party_id"], row["party_id"]) for row in accounts}


def sharing(uses: Iterable[Use], of: str, circles: Mapping[str, str], accounts_max: int) -> dict[Pair, set[str]]:
    """Pairs of accounts of different circles that used the same device (or address), where few accounts did, and which."""
    users: dict[str, set[str]] = defaultdict(set)
    for use in uses:
        shared = getattr(use, of)
        if shared is not None:
            users[shared].add(use.account_id)
    pairs: dict[Pair, set[str]] = defaultdict(set)
    for shared, accounts in users.items():
        if len(accounts) <= accounts_max:
            for one, other in combinations(sorted(accounts), 2):
                if circles.get(one, one) != circles.get(other, other):
                    pairs[one, other].add(shared)
    return dict(pairs)


def entered_together(stream: OrderStream, pairs: Sequence[Pair], within_seconds: float) -> dict[Pair, Together]:
    """How often the accounts of each pair entered orders of one side within so many seconds of one another."""
    code = codes_of(stream, {account for pair in pairs for account in pair})
    if not code:
        return {}
    new = np.flatnonzero((stream.kind == NEW) & (stream.account != NOBODY) & (stream.order != NOBODY))
    span = max(1.0, float(stream.at[-1] - stream.at[0]))
    within = int(within_seconds * _MICROSECONDS)
    of_account = {name: new[stream.account[new] == number] for name, number in code.items()}
    found = {}
    for one, other in pairs:
        if one not in of_account or other not in of_account:
            continue
        seen, expected, orders = 0, 0.0, set()
        for side in (1, -1):
            mine, theirs = (places[stream.side[places] == side] for places in (of_account[one], of_account[other]))
            first = np.searchsorted(stream.at[theirs], stream.at[mine] - within, "left")
            last = np.searchsorted(stream.at[theirs], stream.at[mine] + within, "right")
            near = np.flatnonzero(last > first)
            seen += len(near)
            expected += len(mine) * min(1.0, len(theirs) * 2 * within / span)
            orders |= {int(stream.order[mine[n]]) for n in near} | {int(stream.order[theirs[first[n]]]) for n in near}
        if seen:
            found[one, other] = Together(seen, expected, tuple(stream.order_ids.take(sorted(orders)).to_pylist()))
    return found


def in_step(parts: Iterable[Mapping[Pair, Together]], seen_min: int, against_chance_min: int) -> dict[Pair, tuple[str, ...]]:
    """The pairs that entered orders together oftener than chance explains, with those orders."""
    told: dict[Pair, list[Together]] = defaultdict(list)
    for part in parts:
        for pair, together in part.items():
            told[pair].append(together)
    found = {}
    for pair, those in told.items():
        seen, expected = sum(one.seen for one in those), sum(one.expected for one in those)
        if seen >= seen_min and unlikelihood(seen, max(expected, 1e-9)) >= against_chance_min:
            found[pair] = tuple(sorted({order for one in those for order in one.orders}))
    return found


def hands(
    uses: Sequence[Use],
    shared: tuple[Mapping[Pair, set[str]], Mapping[Pair, set[str]]],
    steps: Mapping[Pair, tuple[str, ...]],
    weights: Weights,
) -> list[Hand]:
    """Groups of accounts joined by a shared device, or by a shared address and orders in step; ``shared`` devices, addresses."""
    devices, addresses = shared
    graph = nx.Graph([*devices, *(pair for pair in addresses if pair in steps)])
    by_account: dict[str, list[Use]] = defaultdict(list)
    for use in uses:
        by_account[use.account_id].append(use)
    found = []
    for members in sorted(nx.connected_components(graph), key=min):
        pairs = list(combinations(sorted(members), 2))
        of_devices, of_addresses = ({each for pair in pairs for each in signs.get(pair, ())} for signs in (devices, addresses))
        orders = {order for pair in pairs for order in steps.get(pair, ())}
        theirs = [use for account in members for use in by_account[account]]
        others_money = [use for use in theirs if use.remitter_name_matches is False]
        told = (bool(of_devices), bool(of_addresses), bool(others_money), bool(orders), len(members) > 2)
        doubt = Decimal(1)
        for weight, sign in zip(weights, told, strict=True):
            doubt *= 1 - weight * sign
        telling = {
            (use.account_id, name): use
            for use in reversed(theirs)
            for name in (use.device_id, use.ip)
            if name in of_devices | of_addresses
        }
        events = sorted({*telling.values(), *others_money}, key=lambda use: (use.occurred_at, use.record_id))
        score = (1 - doubt).quantize(_PLACES, rounding=ROUND_HALF_EVEN)
        counts = (len(of_devices), len(of_addresses), len(others_money))
        found.append(Hand(tuple(sorted(members)), tuple(events), tuple(sorted(orders)), *counts, score))
    return found
