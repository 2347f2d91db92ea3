"""The figures of one day: what customers are owed, what the wallets held, the guarantee, the money, and the hot share.

Every figure comes from the arithmetic and the parameters of the rules, so that the certificate and the findings are one
truth. Quantities and yen are exact; what the law leaves open is None and is said to be undetermined.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ibis import _

from sekisho.engine.run import RuleRun
from sekisho.typologies.custody import (
    MONEY,
    Chain,
    Observation,
    Owed,
    Wallet,
    by_asset,
    read_chain,
    read_ledger,
    read_owed,
    share,
)
from sekisho.typologies.guarantee import Matched, match
from sekisho.typologies.hot_share import DayRange, day_ranges
from sekisho.typologies.ledger_gap import is_customers
from sekisho.typologies.outside_cold import Exposure, is_outside_cold, measure
from sekisho.typologies.valuation import ANY_SOURCE, EXACT, Cutoff, Prices, Quote, read_prices, total

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

COLD, GUARANTEE, TRUST = "client_assets/cold_storage", "client_assets/guarantee_assets", "client_assets/money_trust"
RECONCILIATION, RATIO, MINIMUM = "client_assets/reconciliation", "capital/adequacy_ratio", "capital/minimum"
RULES = (TRUST, RECONCILIATION, COLD, GUARANTEE, RATIO, MINIMUM)
"""The rules a certificate rests on, in the order it speaks of them."""

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Holding:
    """What the wallets of one tier, holder and custodian held of an asset."""

    tier: str
    holder: str
    custodian: str | None
    counts_as_cold: bool
    seen: tuple[Observation, ...]

    @property
    def quantity(self) -> Decimal:
        """Over these wallets."""
        return total(one.quantity for one in self.seen)


@dataclass(frozen=True, slots=True)
class AssetDay:
    """One asset on the day. ``short`` is what the chain lacks against the ledger; ``observed`` whether a customers' wallet was
    looked at that day; ``guarantee`` is None where the ratio is undetermined."""

    asset: str
    owed: Owed
    quote: Quote | None
    holdings: tuple[Holding, ...]
    customers_held: Decimal
    observed: bool
    outside: Decimal
    guarantee: Matched | None

    @property
    def short(self) -> Decimal:
        """Below 0 where the chain holds more than is owed."""
        return EXACT.subtract(self.owed.quantity, self.customers_held)

    def value(self, quantity: Decimal) -> Decimal | None:
        """In yen; None where no price is fresh enough, unless there is nothing to value."""
        if not quantity:
            return NOTHING
        return None if self.quote is None else EXACT.multiply(quantity, self.quote.price_jpy)


@dataclass(frozen=True, slots=True)
class MoneyDay:
    """Customers' money on the day and the principal in trust; ``trustees`` is None where the records have no trust table."""

    owed: Owed | None
    trustees: Mapping[str, Decimal] | None

    @property
    def trust_jpy(self) -> Decimal | None:
        """Over all trustees; None where no principal is on record for the day."""
        return total(self.trustees.values()) if self.trustees else None

    @property
    def short_jpy(self) -> Decimal | None:
        """What the trust lacks; below 0 where there is more than is owed."""
        trust = self.trust_jpy
        return None if trust is None else EXACT.subtract(self.owed.quantity if self.owed else NOTHING, trust)


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The hot share under another price source or cut-off than the one chosen."""

    what: str
    value: str
    exposure: Exposure


@dataclass(frozen=True, slots=True)
class Day:
    """All figures of a day."""

    day: date
    assets: tuple[AssetDay, ...]
    money: MoneyDay
    exposures: Mapping[date, Exposure]
    ranges: Mapping[date, DayRange]
    sensitivities: tuple[Sensitivity, ...]
    against_day_before: Decimal | None
    wallets: tuple[Wallet, ...]
    seen: tuple[Observation, ...]

    @property
    def exposure(self) -> Exposure | None:
        """Outside cold storage at the cut-off; None where the records cannot say."""
        return self.exposures.get(self.day)


def figures(records: Records, runs: Mapping[str, RuleRun], day: date, days_shown: int) -> Day:
    """The figures of ``day`` from books as they were known on it, with the parameters the rules ran with."""
    cold, matched_by = _parameters(runs[COLD]), _parameters(runs[GUARANTEE])
    view = _View(records)
    owed = read_owed(records) if "customer_balance" in records.present else {}
    ledger = read_ledger(records) if "customer_balance" in records.present else {}
    chain = view.chain(_parameters(runs[RECONCILIATION]))
    prices = view.prices(cold)
    exposures = measure(view.chain(cold), ledger, prices)
    shown = sorted(each for each in ledger if each <= day)[-days_shown:]
    matched = (
        None if _value(matched_by, "guarantee_ratio") is None else match(view.chain(matched_by), day, matched_by.guarantee_ratio)
    )
    assets = sorted({*(a for a in owed.get(day, {}) if a != MONEY), *(one.wallet.asset for one in chain.at(day, _all))})
    ranges: Mapping[date, DayRange] = {}
    if {"wallet", "wallet_balance"} <= records.present:
        limits = Cutoff.parse(cold.cutoff), cold.price_source, timedelta(seconds=int(cold.price_age_seconds_max))
        ranges = day_ranges(records, chain.wallets, ledger, shown, *limits)
    return Day(
        day=day,
        assets=tuple(_asset(asset, owed.get(day, {}).get(asset), chain, prices, matched, day) for asset in assets),
        money=_money(records, owed.get(day, {}).get(MONEY), day),
        exposures={each: exposures[each] for each in shown},
        ranges=ranges,
        sensitivities=tuple(_sensitivities(view, ledger, cold, day)),
        against_day_before=_against_day_before(exposures, prices, ledger, day),
        wallets=chain.wallets,
        seen=chain.at(day, _all),
    )


def _all(_wallet: Wallet) -> bool:
    return True


def _parameters(run: RuleRun) -> Parameters:
    """The rule's values, also where it did not answer; those set by the firm have one under every regime."""
    return run.parameters or run.rule.parameters_in(run.judged.regime, run.judged.law_day, run.judged.as_of, {})


def _value(parameters: Parameters, name: str) -> object:
    return parameters.in_force[name].value


class _View:
    """Chains and prices of the records by cut-off and source, each read once."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self._chains: dict[str, Chain] = {}
        self._prices: dict[tuple[object, ...], Prices] = {}

    def chain(self, p: Parameters, cutoff: str | None = None) -> Chain:
        at = str(cutoff or p.cutoff)
        if at not in self._chains:
            there = {"wallet", "wallet_balance"} <= self.records.present
            self._chains[at] = read_chain(self.records, Cutoff.parse(at)) if there else Chain((), ())
        return self._chains[at]

    def prices(self, p: Parameters, cutoff: str | None = None, source: str | None = None) -> Prices:
        key = str(cutoff or p.cutoff), str(source or p.price_source), int(p.price_age_seconds_max)
        if key not in self._prices:
            self._prices[key] = read_prices(self.records, Cutoff.parse(key[0]), key[1], timedelta(seconds=key[2]))
        return self._prices[key]

    def sources(self, first: datetime, last: datetime) -> list[str]:
        quoted = self.records.optional("reference_price").filter(_.quoted_at > first, _.quoted_at <= last)
        return sorted(row["source"] for row in quoted.select("source").distinct().to_pyarrow().to_pylist())


def _asset(
    asset: str, owed: Owed | None, chain: Chain, prices: Prices, matched: Mapping[str, Matched] | None, day: date
) -> AssetDay:
    seen = tuple(one for one in chain.at(day, _all) if one.wallet.asset == asset)
    groups: dict[tuple[str, str, str, bool], list[Observation]] = {}
    for one in seen:
        wallet = one.wallet
        groups.setdefault((wallet.holder, wallet.tier, wallet.custodian or "", wallet.is_cold), []).append(one)
    found = None
    if matched is not None:
        found = matched.get(asset, Matched(NOTHING, NOTHING, NOTHING, NOTHING, ()))
    return AssetDay(
        asset=asset,
        owed=owed or Owed(NOTHING, 0, 0),
        quote=prices.quote(asset, day),
        holdings=tuple(
            Holding(tier, holder, custodian or None, is_cold, tuple(each))
            for (holder, tier, custodian, is_cold), each in sorted(groups.items())
        ),
        customers_held=total(one.quantity for one in seen if is_customers(one.wallet)),
        observed=asset in chain.observed_on(day, is_customers),
        outside=by_asset(one for one in seen if is_outside_cold(one.wallet)).get(asset, NOTHING),
        guarantee=found,
    )


def _money(records: Records, owed: Owed | None, day: date) -> MoneyDay:
    if "money_trust" not in records.present:
        return MoneyDay(owed, None)
    of_day = records.money_trust.filter(_.as_of_date == day).group_by("trustee").aggregate(principal=_.principal_jpy.sum())
    rows = of_day.order_by("trustee").to_pyarrow().to_pylist()
    return MoneyDay(owed, {row["trustee"]: row["principal"] for row in rows})


_OTHER_CUTOFFS = ("06:00", "12:00", "15:30", "18:00", "24:00")


def _sensitivities(view: _View, ledger: Mapping[date, Mapping[str, Decimal]], p: Parameters, day: date) -> list[Sensitivity]:
    """The same day's share with each other source there is, and at other times of the day."""
    if day not in ledger or not view.chain(p).wallets:
        return []
    only = {day: ledger[day]}
    ends = Cutoff.parse(p.cutoff).at(day)
    sources = [ANY_SOURCE, *view.sources(ends - timedelta(seconds=int(p.price_age_seconds_max)), ends)]
    cutoffs = [each for each in _OTHER_CUTOFFS if Cutoff.parse(each).elapsed < Cutoff.parse(p.cutoff).elapsed]
    return [
        Sensitivity("price_source", source, measure(view.chain(p), only, view.prices(p, source=source))[day])
        for source in sources
        if source != p.price_source
    ] + [Sensitivity("cutoff", each, measure(view.chain(p, each), only, view.prices(p, each))[day]) for each in cutoffs]


def _against_day_before(
    exposures: Mapping[date, Exposure], prices: Prices, ledger: Mapping[date, Mapping[str, Decimal]], day: date
) -> Decimal | None:
    """The share at the cut-off if customers were still owed what they were at the end of the ledger's day before."""
    before = max((each for each in ledger if each < day), default=None)
    if before is None or day not in exposures:
        return None
    values = (prices.value(asset, quantity, day) for asset, quantity in ledger[before].items())
    return share(exposures[day].outside_jpy, total(value for value in values if value is not None))
