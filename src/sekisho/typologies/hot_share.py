"""Hot share: how much of customers' coins stood outside cold storage at each moment of a day, not only at its cut-off.

What customers are owed is known at the end of a day only, so every moment is held against the ledger of its own day. A
moment is one at which a balance outside cold storage was observed, a price was quoted, or a price became too old.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING

from ibis import _

from sekisho.records.table import key_text
from sekisho.typologies.custody import Name, Wallet, share
from sekisho.typologies.outside_cold import is_outside_cold
from sekisho.typologies.valuation import ANY_SOURCE, EXACT, Cutoff, in_utc, total

if TYPE_CHECKING:
    from sekisho.records import Records


@dataclass(frozen=True, slots=True)
class Moment:
    """The share at one moment. ``not_valued`` are assets without a price fresh enough then; they are in neither sum."""

    at: datetime
    outside_jpy: Decimal
    owed_jpy: Decimal
    not_valued: tuple[str, ...]
    names: frozenset[Name]

    @property
    def share(self) -> Decimal:
        """The share, for reading; whether a limit was kept is decided by ``excess_jpy``."""
        return share(self.outside_jpy, self.owed_jpy)

    def excess_jpy(self, share_max: Decimal) -> Decimal:
        """What stood outside cold storage beyond a limit; not above 0 when the limit was kept."""
        return EXACT.subtract(self.outside_jpy, EXACT.multiply(share_max, self.owed_jpy))


@dataclass(frozen=True, slots=True)
class DayRange:
    """The moments of one day at which the share was highest and lowest, and the highest of each hour of the day."""

    day: date
    highest: Moment
    lowest: Moment
    hours: tuple[Moment, ...]
    moments: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What changed at a moment: the quantity of a wallet, or the price of an asset (None: it became too old)."""

    at: datetime
    asset: str
    wallet: str | None
    value: Decimal | None
    name: Name | None


def day_ranges(
    records: Records,
    wallets: Iterable[Wallet],
    ledger: Mapping[date, Mapping[str, Decimal]],
    days: Sequence[date],
    cutoff: Cutoff,
    source: str,
    age_max: timedelta,
) -> dict[date, DayRange]:
    """The range of each of ``days``, which end at their cut-off and last 24 hours; a day without a ledger is left out."""
    if not days:
        return {}
    last = cutoff.at(days[-1])
    happened = sorted(
        [*_observations(records, wallets, last), *_quotations(records, source, age_max, cutoff.at(days[0]), last)],
        key=lambda each: (each.at, each.wallet or "", each.asset, each.value is not None),
    )
    state, found, at = _State(), {}, 0
    for day in days:
        starts, ends = cutoff.at(day - timedelta(days=1)), cutoff.at(day)
        while at < len(happened) and happened[at].at <= starts:
            state.take(happened[at])
            at += 1
        if day not in ledger:
            continue
        state.owe(ledger[day])
        until = at
        while until < len(happened) and happened[until].at <= ends:
            until += 1
        found[day] = _range(day, state, starts, happened[at:until])
        at = until
    return found


def _range(day: date, state: _State, starts: datetime, happened: Sequence[Seen]) -> DayRange:
    highest = lowest = state.moment(starts)
    unseen = not state.held
    hours: dict[int, Moment] = {0: highest}
    moments = 1
    for number, each in enumerate(happened):
        state.take(each)
        if number + 1 < len(happened) and happened[number + 1].at == each.at:
            continue
        moments += 1
        if unseen and state.held:  # before the first observation there is ever, a share of nothing says nothing
            unseen, highest, hours = False, state.moment(each.at), {}
            lowest = highest
        hour = max(0, -(-(each.at - starts) // timedelta(hours=1)) - 1)
        above, below = state.is_above(highest), state.is_above(lowest, -1)
        if above or below or hour not in hours or state.is_above(hours[hour]):
            moment = state.moment(each.at)
            highest = moment if above else highest
            lowest = moment if below else lowest
            if hour not in hours or state.is_above(hours[hour]):
                hours[hour] = moment
    return DayRange(day, highest, lowest, tuple(hours[hour] for hour in sorted(hours)), moments)


@dataclass(slots=True)
class _State:
    """Quantities, prices and sums at a moment, kept up to date asset by asset."""

    held: dict[str, dict[str, tuple[Decimal, Name]]] = field(default_factory=dict)
    prices: dict[str, tuple[Decimal, Name]] = field(default_factory=dict)
    owed: dict[str, Decimal] = field(default_factory=dict)
    values: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    outside_jpy: Decimal = Decimal(0)
    owed_jpy: Decimal = Decimal(0)

    def take(self, seen: Seen) -> None:
        """Bring one change into the sums."""
        if seen.wallet is not None:
            assert seen.value is not None
            assert seen.name is not None
            self.held.setdefault(seen.asset, {})[seen.wallet] = (seen.value, seen.name)
        elif seen.value is None:
            self.prices.pop(seen.asset, None)
        else:
            assert seen.name is not None
            self.prices[seen.asset] = (seen.value, seen.name)
        self._value(seen.asset)

    def owe(self, ledger: Mapping[str, Decimal]) -> None:
        """Hold everything against the ledger of another day."""
        assets = {*self.owed, *ledger}
        self.owed = dict(ledger)
        for asset in assets:
            self._value(asset)

    def is_above(self, moment: Moment, sign: int = 1) -> bool:
        """Whether the share is above that of another moment, or below it with ``sign`` -1; decided exactly.

        Where nothing can be valued there is no share: such a moment is neither above nor below, and gives way to any other.
        """
        whole, of_moment = max(self.owed_jpy, self.outside_jpy), max(moment.owed_jpy, moment.outside_jpy)
        if not whole or not of_moment:
            return bool(whole)
        own, other = EXACT.multiply(self.outside_jpy, of_moment), EXACT.multiply(moment.outside_jpy, whole)
        return own > other if sign > 0 else own < other

    def moment(self, at: datetime) -> Moment:
        """What there is to say of now."""
        wanted = {asset for asset in {*self.held, *self.owed} if self._quantity(asset) or self.owed.get(asset)}
        names = {name for each in self.held.values() for quantity, name in each.values() if quantity}
        names |= {self.prices[asset][1] for asset in wanted if asset in self.prices}
        not_valued = tuple(sorted(asset for asset in wanted if asset not in self.prices))
        return Moment(at, self.outside_jpy, self.owed_jpy, not_valued, frozenset(names))

    def _quantity(self, asset: str) -> Decimal:
        return total(quantity for quantity, _name in self.held.get(asset, {}).values())

    def _value(self, asset: str) -> None:
        outside, owed = self.values.get(asset, (Decimal(0), Decimal(0)))
        price = self.prices[asset][0] if asset in self.prices else Decimal(0)
        new = EXACT.multiply(price, self._quantity(asset)), EXACT.multiply(price, self.owed.get(asset, Decimal(0)))
        self.values[asset] = new
        self.outside_jpy = EXACT.add(self.outside_jpy, EXACT.subtract(new[0], outside))
        self.owed_jpy = EXACT.add(self.owed_jpy, EXACT.subtract(new[1], owed))


def _observations(records: Records, wallets: Iterable[Wallet], last: datetime) -> Iterator[Seen]:
    outside = {wallet.wallet_id: wallet for wallet in wallets if is_outside_cold(wallet)}
    rows = records.wallet_balance.filter(_.wallet_id.isin(sorted(outside)), _.observed_at <= last) if outside else None
    for row in [] if rows is None else rows.select("wallet_id", "observed_at", "quantity").to_pyarrow().to_pylist():
        at, wallet = in_utc(row["observed_at"]), outside[row["wallet_id"]]
        name = ("wallet_balance", f"{wallet.wallet_id}|{key_text(at)}")
        yield Seen(at, wallet.asset, wallet.wallet_id, row["quantity"], name)


def _quotations(records: Records, source: str, age_max: timedelta, first_cutoff: datetime, last: datetime) -> Iterator[Seen]:
    """Each quotation that may count, and the moment at which it is too old unless another one came before; of several at a
    moment the source first in the alphabet counts."""
    oldest = first_cutoff - timedelta(days=1) - age_max
    quoted = records.optional("reference_price").filter(_.quoted_at >= oldest, _.quoted_at <= last)
    usable = quoted if source == ANY_SOURCE else quoted.filter(_.source == source)
    quotes: dict[str, dict[datetime, Seen]] = {}
    for row in usable.order_by("asset", "quoted_at", "source").to_pyarrow().to_pylist():
        at, asset = in_utc(row["quoted_at"]), row["asset"]
        name = ("reference_price", f"{asset}|{key_text(at)}|{row['source']}")
        quotes.setdefault(asset, {}).setdefault(at, Seen(at, asset, None, row["price_jpy"], name))
    for asset, of_asset in quotes.items():
        yield from of_asset.values()
        for at, following in zip_longest(of_asset, list(of_asset)[1:]):
            too_old_at = at + age_max + timedelta(microseconds=1)
            if following is None or following > too_old_at:
                yield Seen(too_old_at, asset, None, None, None)
