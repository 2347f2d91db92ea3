"""Exposure: which part of what an address ever received or sent came from, or went to, addresses on a list, one hop away."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sekisho.typologies.listed import Listed
from sekisho.typologies.listed_forms import normal_form
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records

ANY = "any"
"""The category under which everything listed counts together, each coin once."""


class Neighbour(NamedTuple):
    """An address that exchanged coins with another one: what the other received from it and sent to it, in units of the asset."""

    address: str
    received: Decimal
    sent: Decimal


class Exposure(NamedTuple):
    """The part of an address's coins that one category of listed addresses has, 0 to 1, and the entries that say so."""

    category: str
    share_received: Decimal
    share_sent: Decimal
    entries: tuple[Listed, ...]
    neighbours: tuple[str, ...]

    @property
    def share(self) -> Decimal:
        """The greater of the two."""
        return max(self.share_received, self.share_sent)


class _Moved(NamedTuple):
    at: datetime
    other: str
    quantity: Decimal
    sent: bool


class Movements:
    """Movements on the chain by address and asset, learnt in any order under the names of ``chain_movement``."""

    def __init__(self) -> None:
        self._moved: dict[tuple[str, str], list[_Moved]] = defaultdict(list)
        self._sorted: set[tuple[str, str]] = set()

    def learn(self, row: Mapping[str, Any]) -> None:
        """Take in one movement."""
        asset, at = row["asset"], in_utc(row["occurred_at"])
        sender, receiver = normal_form(row["from_address"], asset), normal_form(row["to_address"], asset)
        if sender == receiver:
            return
        for own, other, sent in ((sender, receiver, True), (receiver, sender, False)):
            self._moved[own, asset].append(_Moved(at, other, row["quantity"], sent))
            self._sorted.discard((own, asset))

    def rows(self) -> list[dict[str, Any]]:
        """What was learnt, each movement once and in a fixed order, so that it can be learnt again."""
        moved = ((own, asset, one) for (own, asset), each in self._moved.items() for one in each if one.sent)
        return [
            {"asset": asset, "occurred_at": one.at, "from_address": own, "to_address": one.other, "quantity": one.quantity}
            for own, asset, one in sorted(moved, key=lambda each: (each[2].at, *each[:2], *each[2][1:]))
        ]

    def neighbours(self, address: str, asset: str, before: datetime) -> Sequence[Neighbour]:
        """Whom an address exchanged an asset with before a moment, in order of their addresses; empty where nothing is known."""
        place = (normal_form(address, asset), asset)
        moved = self._moved.get(place)
        if not moved:
            return ()
        if place not in self._sorted:
            moved.sort()
            self._sorted.add(place)
        sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for one in moved[: bisect_left(moved, before, key=lambda m: m.at)]:
            sums[one.other][one.sent] += one.quantity
        return [Neighbour(other, received, sent) for other, (received, sent) in sorted(sums.items())]


def read_movements(records: Records, addresses: Iterable[tuple[str, str]] | None = None) -> Movements:
    """The movements of a records folder; with ``addresses`` (normal form and asset) only those that touch one of them."""
    movements = Movements()
    wanted = None if addresses is None else set(addresses)
    table = records.optional("chain_movement").select("occurred_at", "asset", "from_address", "to_address", "quantity")
    for row in table.to_pyarrow().to_pylist():
        ends = ((normal_form(row[end], row["asset"]), row["asset"]) for end in ("from_address", "to_address"))
        if wanted is None or any(end in wanted for end in ends):
            movements.learn(row)
    return movements


def exposures(neighbours: Sequence[Neighbour], listed: Callable[[str], Sequence[Listed]]) -> tuple[Exposure, ...]:
    """The exposure to each category of the neighbours' entries, and to any of them, the greatest share first."""
    received = sum((n.received for n in neighbours), Decimal(0))
    sent = sum((n.sent for n in neighbours), Decimal(0))
    by_category: dict[str, list[tuple[Neighbour, Listed]]] = defaultdict(list)
    for neighbour in neighbours:
        for entry in listed(neighbour.address):
            by_category[category_of(entry)].append((neighbour, entry))
            by_category[ANY].append((neighbour, entry))
    found = []
    for category, pairs in by_category.items():
        ones = {neighbour.address: neighbour for neighbour, _entry in pairs}
        found.append(
            Exposure(
                category,
                _share(sum((n.received for n in ones.values()), Decimal(0)), received),
                _share(sum((n.sent for n in ones.values()), Decimal(0)), sent),
                tuple(dict.fromkeys(entry for _neighbour, entry in pairs)),
                tuple(sorted(ones)),
            )
        )
    return tuple(sorted(found, key=lambda e: (-e.share, e.category)))


def category_of(entry: Listed) -> str:
    """The category an entry counts in: that of its source on a list of illicit addresses, else the kind of the list."""
    return (entry.category or "uncategorised") if entry.kind == "illicit" else entry.kind


def thresholds_of(words: Iterable[str]) -> Mapping[str, Decimal]:
    """Thresholds as a firm states them, ``category=share``. Raises ValueError for anything else."""
    return _thresholds(tuple(words))


@lru_cache(maxsize=1024)
def _thresholds(words: tuple[str, ...]) -> Mapping[str, Decimal]:
    stated = {}
    for word in words:
        category, equals, share = word.strip().partition("=")
        try:
            value = Decimal(share)
        except ArithmeticError:
            value = Decimal(-1)
        if not equals or not category or not 0 < value <= 1:
            raise ValueError(f"'{word}' is not a category and a share above 0 and up to 1, such as ransomware=0.05")
        stated[category] = value
    return stated


def beyond(found: Sequence[Exposure], thresholds: Mapping[str, Decimal]) -> Exposure | None:
    """The greatest exposure that reaches its category's threshold; None where none does."""
    return next((one for one in found if one.category in thresholds and one.share >= thresholds[one.category]), None)


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return part / whole if whole else Decimal(0)
