"""Which assets the market's rules cover and when: those an exchange handles, and those for which a listing was applied for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records


class Pair(NamedTuple):
    """An instrument: what is traded against what, and from when until when (exclusive); open where not on record."""

    instrument: str
    base: str
    quote: str
    listed_from: datetime | None = None
    listed_until: datetime | None = None
    ours: bool = True

    def trades_at(self, at: datetime) -> bool:
        """Whether it is listed at that moment."""
        return (self.listed_from is None or self.listed_from <= at) and (self.listed_until is None or at < self.listed_until)


class Application(NamedTuple):
    """One row of ``listing_application``."""

    asset: str
    exchange: str
    filed_at: datetime
    decided_at: datetime | None
    decision: str | None


class Handled:
    """Pairs by name and by asset, and applications by asset."""

    def __init__(self, pairs: Iterable[Pair], applications: Iterable[Application], refusals: Collection[str]) -> None:
        self.pairs = {pair.instrument: pair for pair in pairs}
        self._of: dict[str, list[Pair]] = defaultdict(list)
        for pair in self.pairs.values():
            self._of[pair.base].append(pair)
            self._of[pair.quote].append(pair)
        self._applied: dict[str, list[Application]] = defaultdict(list)
        for application in applications:
            self._applied[application.asset].append(application)
        self._refusals = {word.lower() for word in refusals}

    def of(self, asset: str) -> tuple[Pair, ...]:
        """The pairs, of whatever venue, in which an asset is one side."""
        return tuple(self._of.get(asset, ()))

    @property
    def applications(self) -> Mapping[str, Sequence[Application]]:
        """Listing applications by asset."""
        return self._applied

    def covers(self, asset: str, at: datetime) -> bool:
        """Whether the asset is handled at that moment, or a listing applied for and not refused."""
        return any(pair.ours and pair.trades_at(at) for pair in self._of.get(asset, ())) or self.applied(asset, at)

    def applied(self, asset: str, at: datetime) -> bool:
        """Whether a listing had been applied for by then and not been refused."""
        return any(one.filed_at <= at and not self._refused(one, at) for one in self._applied.get(asset, ()))

    def _refused(self, one: Application, at: datetime) -> bool:
        return one.decided_at is not None and one.decided_at <= at and (one.decision or "").lower() in self._refusals


def read_handled(records: Records, refusals: Collection[str]) -> Handled:
    """Pairs of the table ``instrument``, and those of other venues that only ``trade`` names.

    Where there is no table of instruments, whatever the records trade is taken as handled. Read once for each set of records.
    """
    if records not in _READ:
        _READ[records] = (_pairs(records), _applications(records))
    return Handled(*_READ[records], refusals)


_READ: WeakKeyDictionary[Any, tuple[list[Pair], list[Application]]] = WeakKeyDictionary()


def _pairs(records: Records) -> list[Pair]:
    listed = {row["instrument"]: row for row in records.optional("instrument").to_pyarrow().to_pylist()}
    names = records.optional("trade").select("instrument").distinct().to_pyarrow()["instrument"].to_pylist()
    pairs = [
        Pair(name, row["base_asset"], row["quote_asset"], _moment(row["listed_from"]), _moment(row["listed_until"]))
        for name, row in sorted(listed.items())
    ]
    for name in sorted(set(names) - set(listed)):
        base, _, quote = name.partition("/")
        pairs.append(Pair(name, base, quote, ours=not listed))
    return pairs


def _applications(records: Records) -> list[Application]:
    rows = records.optional("listing_application").select(*Application._fields).to_pyarrow().to_pylist()
    return [Application(r["asset"], r["exchange"], in_utc(r["filed_at"]), _moment(r["decided_at"]), r["decision"]) for r in rows]


def _moment(value: datetime | None) -> datetime | None:
    return None if value is None else in_utc(value)
