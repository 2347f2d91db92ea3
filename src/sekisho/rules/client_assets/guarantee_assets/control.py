"""Guarantee assets: for every coin of a customer that is not cold, one of the firm's own that is, and the capital behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Evidence, Found, Obligation, Severity
from sekisho.typologies.business_days import BusinessDays
from sekisho.typologies.custody import Chain, Name, Stretch, Wallet, Worth, read_chain, share, stretches, worth
from sekisho.typologies.guarantee import Matched, is_guarantee, match, shortage_weight
from sekisho.typologies.outside_cold import is_outside_cold
from sekisho.typologies.valuation import EXACT, Cutoff, Prices, read_prices, starts_at
from sekisho.typologies.worst_moment import Peak, peaks_between_cutoffs, prices_by_source

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each continuous shortage of an asset, shared address, and stretch of thin net assets."""
    cutoff = Cutoff.parse(p.cutoff)
    prices = read_prices(records, cutoff, p.price_source, timedelta(seconds=int(p.price_age_seconds_max)))
    chain = read_chain(records, cutoff)
    days = chain.days(lambda wallet: is_outside_cold(wallet) or is_guarantee(wallet))
    matched = {day: match(chain, day, p.guarantee_ratio) for day in days}
    peaks = peaks_between_cutoffs(records, chain, cutoff, shortage_weight(p.guarantee_ratio))
    for asset in sorted({asset for each in matched.values() for asset in each}):
        of_asset = {day: each[asset] for day, each in matched.items() if asset in each}
        for stretch in stretches({day: each.shortage > 0 for day, each in of_asset.items()}):
            yield _short(asset, stretch, of_asset, (prices, peaks), p)
    for wallet in filter(is_guarantee, chain.wallets):
        yield from _not_apart(wallet, chain)
    yield from _net_assets(records, chain, prices, p)


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """The day by which guarantee assets have to be back in cold storage."""
    for trigger in calendar.triggers:
        if trigger.facts.get("deadline"):
            yield Obligation(
                name="return_guarantee_to_cold_storage",
                due_on=trigger.facts["deadline"],  # type: ignore[arg-type]  # _short puts dates there
                arose_on=trigger.facts["first_day"],  # type: ignore[arg-type]
                because=f"{p.cure_business_days} business day, the day after {trigger.facts['first_day']} being day 1",
                evidence=trigger.evidence,
                facts={"cured_on": trigger.facts["cured_on"]},
            )


_Beside = tuple[Prices, Mapping[tuple[date, str], Peak]]
"""Prices at the cut-off, and the worst moments between two."""


def _short(asset: str, stretch: Stretch, matched: Mapping[date, Matched], beside: _Beside, p: Parameters) -> Found:
    prices, peaks = beside
    worst = max(stretch.days, key=lambda day: (matched[day].shortage, -day.toordinal()))
    at = matched[worst]
    held_hot = all(matched[day].all_guarantee >= matched[day].required for day in stretch.days)
    deadline = BusinessDays().add(stretch.first, p.cure_business_days) if held_hot else None
    quote, peak = prices.quote(asset, worst), peaks.get((worst, asset))
    names = {name for day in stretch.days for seen in matched[day].seen for name in seen.names}
    above = peak is not None and peak.quantity > at.shortage
    return Found(
        subject_kind="asset",
        subject_id=asset,
        asset=asset,
        **_window(stretch.first, stretch.last),
        score=share(at.shortage, at.required),
        severity=Severity.critical if deadline and stretch.state(deadline) == "late" else None,
        sentence="held_hot" if held_hot else "default",
        amount_jpy=prices.value(asset, at.shortage, worst),
        evidence=_evidence(names | ({quote.name} if quote else set())),
        facts={
            "hot": at.hot,
            "guarantee": at.cold_guarantee,
            "shortage": at.shortage,
            "worst_shortage": peak.quantity if peak is not None and above else at.shortage,
            "worst_at": peak.at if peak is not None and above else Cutoff.parse(p.cutoff).at(worst),
            "day": worst,
            "first_day": stretch.first,
            "last_day": stretch.last,
            "deadline": deadline,
            "cured_on": stretch.cured_on,
        },
    )


def _not_apart(wallet: Wallet, chain: Chain) -> Iterator[Found]:
    """A guarantee wallet at an address that also holds customers' or other own assets."""
    place = (wallet.asset, wallet.address)
    others = [other for other in chain.wallets if (other.asset, other.address) == place and other.holder != wallet.holder]
    days = chain.days(lambda one: one.wallet_id == wallet.wallet_id)
    if others and days:
        yield Found(
            subject_kind="wallet",
            subject_id=wallet.wallet_id,
            asset=wallet.asset,
            **_window(min(days), max(days)),
            score=Decimal(0),
            sentence="not_apart",
            evidence=_evidence({one.name for one in (wallet, *others)}),
            facts={"wallet": wallet.wallet_id, "address": wallet.address, "others": [other.wallet_id for other in others]},
        )


def _net_assets(records: Records, chain: Chain, prices: Prices, p: Parameters) -> Iterator[Found]:
    """Net assets against the yen value of the guarantee, on the days for which the books state net assets."""
    stated = records.optional("firm_balance")
    rows = stated.filter(stated.item == "net_assets").order_by("as_of_date").to_pyarrow().to_pylist()
    net_assets = {row["as_of_date"]: row["amount_jpy"] for row in rows}
    required = {day: _required(chain, prices, day, p) for day in net_assets}
    # Net assets below zero with no guarantee to hold them against are a matter of capital/minimum.
    for stretch in stretches({day: net_assets[day] < each.value_jpy > 0 for day, each in required.items()}):
        yield _thin(stretch, net_assets, required, (chain, partial(_by_source, records, chain, p)))
    for asset in sorted({asset for each in required.values() for asset in each.not_valued}):
        for stretch in stretches({day: asset in each.not_valued for day, each in required.items()}):
            yield _not_valued(asset, stretch, chain)


def _required(chain: Chain, prices: Prices, day: date, p: Parameters) -> Worth:
    quantities = {asset: each.required for asset, each in match(chain, day, p.guarantee_ratio).items()}
    found = worth(quantities, prices, day)
    return Worth(EXACT.multiply(p.net_assets_ratio_min, found.value_jpy), found.not_valued, found.names)


def _by_source(records: Records, chain: Chain, p: Parameters, day: date) -> list[str]:
    """What net assets would have to be by each source of prices alone; nothing where there is only one."""
    prices = prices_by_source(records, Cutoff.parse(p.cutoff), timedelta(seconds=int(p.price_age_seconds_max)))
    worths = {source: _required(chain, each, day, p) for source, each in prices.items()} if len(prices) > 1 else {}
    return [
        f"{source} JPY {each.value_jpy:,.0f}" + (" (not all valued)" if each.not_valued else "") for source, each in worths.items()
    ]


_Seen = tuple[Chain, Callable[[date], list[str]]]
"""The wallets, and what the guarantee is worth by each source of prices on a day."""


def _thin(stretch: Stretch, net_assets: Mapping[date, Decimal], required: Mapping[date, Worth], seen: _Seen) -> Found:
    chain, by_source = seen
    missing = {day: EXACT.subtract(required[day].value_jpy, net_assets[day]) for day in stretch.days}
    worst = max(stretch.days, key=lambda day: (missing[day], -day.toordinal()))
    names: set[Name] = {("firm_balance", f"{day}|net_assets") for day in stretch.days}
    names |= {name for day in stretch.days for name in required[day].names}
    names |= {name for day in stretch.days for one in chain.at(day, is_outside_cold) for name in one.names if one.quantity}
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        **_window(stretch.first, stretch.last),
        score=share(missing[worst], required[worst].value_jpy),
        sentence="net_assets",
        amount_jpy=missing[worst],
        evidence=_evidence(names),
        facts={
            "net_assets_jpy": net_assets[worst],
            "required_jpy": required[worst].value_jpy,
            "day": worst,
            "first_day": stretch.first,
            "last_day": stretch.last,
            "cured_on": stretch.cured_on,
            "not_valued": list(required[worst].not_valued) or None,
            "by_source": by_source(worst) or None,
        },
    )


def _not_valued(asset: str, stretch: Stretch, chain: Chain) -> Found:
    seen = (one for day in stretch.days for one in chain.at(day, is_outside_cold) if one.wallet.asset == asset and one.quantity)
    names: set[Name] = {name for one in seen for name in one.names}
    return Found(
        subject_kind="asset",
        subject_id=asset,
        asset=asset,
        **_window(stretch.first, stretch.last),
        score=Decimal(0),
        sentence="not_valued",
        evidence=_evidence(names | {("firm_balance", f"{day}|net_assets") for day in stretch.days}),
        facts={"first_day": stretch.first, "last_day": stretch.last},
    )


def _window(first: date, last: date) -> dict[str, Any]:
    """Whole Japan days, from the first to the end of the last."""
    return {"window_from": starts_at(first), "window_until": starts_at(last + timedelta(days=1))}


def _evidence(names: set[Name]) -> tuple[Evidence, ...]:
    return tuple(Evidence(*name) for name in sorted(names))
