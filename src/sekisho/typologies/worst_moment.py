"""Worst moment: how high the share outside cold storage went between one cut-off and the next, and under other price sources.

No text says which moment of the day, or whose price, the share is tested with, so these figures stand beside the test and
decide nothing. Between two cut-offs the wallets hold what was last observed, an asset is worth its last quotation, and
customers are owed what they were at the cut-off before: what they are owed is known at the end of days only.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import ibis
from ibis import _

from sekisho.typologies.custody import Chain, Ledger, Name, Observation, Wallet, intraday_balances, share
from sekisho.typologies.outside_cold import Exposure, exposure, is_outside_cold
from sekisho.typologies.valuation import ANY_SOURCE, EXACT, Cutoff, Prices, Quote, closing_quotes, in_utc, total

if TYPE_CHECKING:
    from sekisho.records import Records

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """The share at one moment, in exact yen."""

    at: datetime
    outside_jpy: Decimal
    owed_jpy: Decimal
    name: Name | None = None
    """The record with which it came: a quotation, or an observation of a wallet; None at the cut-off."""

    @property
    def share(self) -> Decimal:
        """The share outside cold storage, for reading."""
        return share(self.outside_jpy, self.owed_jpy)

    def excess_jpy(self, share_max: Decimal) -> Decimal:
        """What stood outside cold storage beyond a limit; not above 0 when the limit was kept."""
        return EXACT.subtract(self.outside_jpy, EXACT.multiply(share_max, self.owed_jpy))

    def is_worse_than(self, other: Moment) -> bool:
        """Whether its share is the higher one, decided exactly."""
        return EXACT.multiply(self.outside_jpy, other.owed_jpy) > EXACT.multiply(other.outside_jpy, self.owed_jpy)


class _Change(NamedTuple):
    """Something that changed the share: a quotation, or an observation of a wallet."""

    at: datetime
    asset: str
    wallet_id: str | None
    number: Decimal
    name: Name


def worst_moments(
    records: Records, chain: Chain, ledger: Ledger, measured: Mapping[date, Exposure], cutoff: Cutoff, source: str
) -> dict[date, Moment]:
    """The worst moment of every day of the ledger, its cut-off included; of equal ones the first."""
    changes = _changes(records, chain, cutoff, source)
    found: dict[date, Moment] = {}
    before: date | None = None
    prices: dict[str, Decimal] = {}
    upcoming = deque(sorted(changes))
    for day in sorted(ledger):
        at = measured[day]
        worst = Moment(cutoff.at(day), at.outside_jpy, at.owed_jpy)
        today = changes.get(day, ())
        while upcoming and upcoming[0] < day:
            prices |= {each.asset: each.number for each in changes[upcoming.popleft()] if each.wallet_id is None}
        if before is not None:
            for moment in _moments(chain, ledger[before], measured[day], before, prices, today):
                worst = moment if moment.is_worse_than(worst) or _as_bad(moment, worst) else worst
        before = day
        found[day] = worst
    return found


def _as_bad(moment: Moment, worst: Moment) -> bool:
    """Whether an earlier moment is exactly as bad."""
    return moment.at < worst.at and not worst.is_worse_than(moment) and bool(moment.outside_jpy)


def _moments(
    chain: Chain,
    owed: Mapping[str, Decimal],
    closing: Exposure,
    before: date,
    prices: Mapping[str, Decimal],
    today: Sequence[_Change],
) -> Iterator[Moment]:
    """The share after each change of a day, from where the cut-off before left it."""
    now = dict(prices)
    held = {seen.wallet.wallet_id: seen.quantity for seen in chain.at(before, is_outside_cold)}
    hot: dict[str, Decimal] = defaultdict(Decimal)
    for seen in chain.at(before, is_outside_cold):
        hot[seen.wallet.asset] = EXACT.add(hot[seen.wallet.asset], seen.quantity)
    counted = {asset for asset in {*owed, *hot} if asset not in closing.not_valued}
    outside = owed_jpy = Decimal(0)

    def value(quantities: Mapping[str, Decimal], asset: str) -> Decimal:
        return EXACT.multiply(quantities.get(asset, Decimal(0)), now.get(asset, Decimal(0))) if asset in counted else Decimal(0)

    for asset in counted:
        outside, owed_jpy = EXACT.add(outside, value(hot, asset)), EXACT.add(owed_jpy, value(owed, asset))
    for place, change in enumerate(today):
        outside, owed_jpy = EXACT.subtract(outside, value(hot, change.asset)), EXACT.subtract(owed_jpy, value(owed, change.asset))
        if change.wallet_id is None:
            now[change.asset] = change.number
        else:
            step = EXACT.subtract(change.number, held.get(change.wallet_id, Decimal(0)))
            hot[change.asset] = EXACT.add(hot[change.asset], step)
            held[change.wallet_id] = change.number
        outside, owed_jpy = EXACT.add(outside, value(hot, change.asset)), EXACT.add(owed_jpy, value(owed, change.asset))
        ends = place + 1 == len(today) or today[place + 1].at > change.at  # what changes at one moment changes together
        if ends and all(asset in now for asset in counted):
            yield Moment(change.at, outside, owed_jpy, change.name)


def _changes(records: Records, chain: Chain, cutoff: Cutoff, source: str) -> dict[date, list[_Change]]:
    """Every quotation, and every observation of a wallet outside cold storage that another of its day follows, by day."""
    wallets = {wallet.wallet_id: wallet for wallet in chain.wallets}
    found: dict[date, list[_Change]] = defaultdict(list)
    quoted = records.optional("reference_price")
    quoted = quoted if source == ANY_SOURCE else quoted.filter(_.source == source)
    # Of two quotations of one moment the source first in the alphabet counts, as at the cut-off: it comes last here.
    rows = quoted.mutate(day=cutoff.day_of(quoted.quoted_at)).order_by("quoted_at", ibis.desc("source"), "asset")
    for row in rows.select("day", "quoted_at", "asset", "price_jpy", "source").to_pyarrow().to_pylist():
        quote = Quote(row["asset"], row["day"], in_utc(row["quoted_at"]), row["price_jpy"], row["source"])
        found[row["day"]].append(_Change(quote.quoted_at, quote.asset, None, quote.price_jpy, quote.name))
    for row in intraday_balances(records.wallet_balance, cutoff).order_by("observed_at", "wallet_id").to_pyarrow().to_pylist():
        wallet = wallets.get(row["wallet_id"])
        if wallet is not None and is_outside_cold(wallet.on(row["day"])):
            seen = Observation(wallet, row["day"], in_utc(row["observed_at"]), row["quantity"])
            change = _Change(seen.observed_at, wallet.asset, wallet.wallet_id, seen.quantity, seen.names[1])
            found[row["day"]].append(change)
    for each in found.values():
        each.sort(key=lambda change: change.at)
    return found


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest that a sum of one asset's wallets stood at, and when; ``name`` is the observation with which it came."""

    at: datetime
    quantity: Decimal
    name: Name


def peaks_between_cutoffs(
    records: Records, chain: Chain, cutoff: Cutoff, weight: Callable[[Wallet], Decimal]
) -> dict[tuple[date, str], Peak]:
    """The highest of each asset's weighted sum of wallets between two cut-offs, by day and asset; of equal ones the first.

    Only days with an observation that another of the same wallet and day follows have one: between others nothing was seen to move.
    """
    wallets = {wallet.wallet_id: wallet for wallet in chain.wallets}
    moves: dict[tuple[date, str], list[Observation]] = defaultdict(list)
    for row in intraday_balances(records.wallet_balance, cutoff).order_by("observed_at", "wallet_id").to_pyarrow().to_pylist():
        wallet = wallets.get(row["wallet_id"])
        if wallet is not None and weight(wallet.on(row["day"])):
            seen = Observation(wallet.on(row["day"]), row["day"], in_utc(row["observed_at"]), row["quantity"])
            moves[seen.day, wallet.asset].append(seen)
    return {key: _peak(chain, *key, weight, each) for key, each in sorted(moves.items())}


def _peak(chain: Chain, day: date, asset: str, weight: Callable[[Wallet], Decimal], moves: Sequence[Observation]) -> Peak:
    """From where the cut-off before left the wallets, after each moment at which some were observed."""
    held = {
        seen.wallet.wallet_id: EXACT.multiply(weight(seen.wallet), seen.quantity)
        for seen in chain.at(day - _DAY, lambda wallet: wallet.asset == asset and bool(weight(wallet)))
    }
    highest: Peak | None = None
    for place, seen in enumerate(moves):
        held[seen.wallet.wallet_id] = EXACT.multiply(weight(seen.wallet), seen.quantity)
        if place + 1 < len(moves) and moves[place + 1].observed_at == seen.observed_at:
            continue  # what is observed at one moment changes together
        summed = total(held.values())
        if highest is None or summed > highest.quantity:
            highest = Peak(seen.observed_at, summed, seen.names[1])
    assert highest is not None
    return highest


def shares_by_source(
    records: Records, chain: Chain, ledger: Ledger, cutoff: Cutoff, age_max: timedelta, days: Iterable[date]
) -> dict[date, dict[str, Exposure]]:
    """The exposure of some days by each source of prices alone; nothing where there is only one source."""
    prices = prices_by_source(records, cutoff, age_max)
    if len(prices) < 2:
        return {}
    return {day: {source: exposure(chain, ledger, each, day) for source, each in prices.items()} for day in days}


def prices_by_source(records: Records, cutoff: Cutoff, age_max: timedelta) -> dict[str, Prices]:
    """The prices at the cut-offs by each source alone."""
    quotes: dict[str, list[Quote]] = defaultdict(list)
    table = records.optional("reference_price")
    for source in table.select("source").distinct().order_by("source").to_pyarrow()["source"].to_pylist():
        for row in closing_quotes(table, cutoff, source).to_pyarrow().to_pylist():
            quotes[source].append(Quote(row["asset"], row["day"], in_utc(row["quoted_at"]), row["price_jpy"], row["source"]))
    return {source: Prices(each, cutoff, age_max) for source, each in quotes.items()}
