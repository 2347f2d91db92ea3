"""Cold storage: how much of the customers' crypto-assets, by yen value, stood outside cold wallets day by day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Evidence, Fact, Found, Obligation, Severity
from sekisho.typologies.business_days import BusinessDays
from sekisho.typologies.custody import Name, Stretch, Wallet, largest_balances, read_chain, read_ledger, share, stretches
from sekisho.typologies.outside_cold import Exposure, is_outside_cold, measure
from sekisho.typologies.valuation import Cutoff, Prices, read_prices, starts_at
from sekisho.typologies.wallet_keys import Connected, connections
from sekisho.typologies.worst_moment import Moment, shares_by_source, worst_moments

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each continuous breach, each wallet wrongly called cold, and each asset without a price.

    A share above the limit between two cut-offs that both kept it is told, as no breach: no text says which moment counts.
    """
    cutoff, age_max = Cutoff.parse(p.cutoff), timedelta(seconds=int(p.price_age_seconds_max))
    prices = read_prices(records, cutoff, p.price_source, age_max)
    chain, ledger = read_chain(records, cutoff), read_ledger(records)
    measured = measure(chain, ledger, prices)
    moments = worst_moments(records, chain, ledger, measured, cutoff, p.price_source)
    breaches = list(stretches({day: each.excess_jpy(p.share_max) > 0 for day, each in measured.items()}))
    sources = shares_by_source(records, chain, ledger, cutoff, age_max, [_worst(each, measured) for each in breaches])
    for stretch in breaches:
        day = _worst(stretch, measured)
        yield _breach(records, p, stretch, measured, _sensitivity(moments[day], sources.get(day, {})))
    for stretch in stretches(_between(measured, moments, p)):
        yield _between_cutoffs(stretch, measured, moments, p)
    if p.internal_share_max is not None:
        kept = {day: each.excess_jpy(p.share_max) <= 0 for day, each in measured.items()}
        for stretch in stretches({day: kept[day] and each.excess_jpy(p.internal_share_max) > 0 for day, each in measured.items()}):
            yield _above_internal_cap(stretch, measured, p)
    online = connections(records)
    for wallet in chain.wallets:
        if is_outside_cold(wallet.on(date.max)) and wallet.tier == "cold":
            yield from _once_online(wallet, measured, prices, online.get(wallet.wallet_id), p)
    for asset in sorted({asset for each in measured.values() for asset in each.not_valued}):
        for stretch in stretches({day: asset in each.not_valued for day, each in measured.items()}):
            yield _not_valued(records, p, asset, stretch, measured)


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """The day by which each breach has to be cured."""
    for trigger in calendar.triggers:
        if "deadline" in trigger.facts:
            yield Obligation(
                name="return_to_cold_storage",
                due_on=trigger.facts["deadline"],  # type: ignore[arg-type]  # _breach puts dates there
                arose_on=trigger.facts["first_day"],  # type: ignore[arg-type]
                because=f"{p.cure_business_days} business day, the day after {trigger.facts['first_day']} being day 1",
                evidence=trigger.evidence,
                facts={"cured_on": trigger.facts["cured_on"], "share": trigger.facts["share"]},
            )


def _worst(stretch: Stretch, measured: Mapping[date, Exposure]) -> date:
    """The day of the highest share at the cut-off; of several the first."""
    return max(stretch.days, key=lambda day: (measured[day].share, -day.toordinal()))


def _sensitivity(moment: Moment, sources: Mapping[str, Exposure]) -> dict[str, Fact]:
    """What the share was at the worst moment of the day, and what it would have been by each source of prices alone."""
    told = [f"{source} {each.share:.4%}" + (" (not all valued)" if each.not_valued else "") for source, each in sources.items()]
    return {"worst_share": moment.share, "worst_at": moment.at, "by_source": told or None}


def _between(measured: Mapping[date, Exposure], moments: Mapping[date, Moment], p: Parameters) -> dict[date, bool]:
    """The days on which the share went above the limit after one cut-off that kept it and before another."""
    found, kept_before = {}, True
    for day, each in measured.items():
        kept = each.excess_jpy(p.share_max) <= 0
        found[day] = kept_before and kept and moments[day].excess_jpy(p.share_max) > 0
        kept_before = kept
    return found


def _between_cutoffs(stretch: Stretch, measured: Mapping[date, Exposure], moments: Mapping[date, Moment], p: Parameters) -> Found:
    day = max(stretch.days, key=lambda each: (moments[each].share, -each.toordinal()))
    at = moments[day]
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        **_window(stretch.first, stretch.last),
        score=Decimal(0),
        severity=Severity.low,
        sentence="between_cutoffs",
        amount_jpy=at.excess_jpy(p.share_max),
        evidence=_evidence(
            {name for each in stretch.days for name in measured[each].names}
            | {name for each in stretch.days if (name := moments[each].name) is not None}
        ),
        facts={
            "share": measured[day].share,
            "day": day,
            "first_day": stretch.first,
            "last_day": stretch.last,
            "worst_share": at.share,
            "worst_at": at.at,
        },
    )


def _breach(
    records: Records, p: Parameters, stretch: Stretch, measured: Mapping[date, Exposure], sensitivity: Mapping[str, Fact]
) -> Found:
    worst = _worst(stretch, measured)
    at = measured[worst]
    excess = at.excess_jpy(p.share_max)
    deadline = BusinessDays().add(stretch.first, p.cure_business_days)
    state = stretch.state(deadline)
    names = {name for day in stretch.days for name in measured[day].names}
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        **_window(stretch.first, stretch.last),
        score=share(excess, at.outside_jpy),
        severity={"late": Severity.critical, "open": Severity.high}.get(state),
        sentence={"open": "default"}.get(state, state),
        amount_jpy=excess,
        evidence=_evidence(names | largest_balances(records, [worst], at.assets, p.ledger_evidence_max)),
        facts={
            "share": at.share,
            "outside_jpy": at.outside_jpy,
            "owed_jpy": at.owed_jpy,
            "day": worst,
            "first_day": stretch.first,
            "last_day": stretch.last,
            "deadline": deadline,
            "cured_on": stretch.cured_on,
            "state": state,
            "wallets": sorted({seen.wallet.wallet_id for seen in at.outside}),
            "not_valued": list(at.not_valued) or None,
            **sensitivity,
        },
    )


def _above_internal_cap(stretch: Stretch, measured: Mapping[date, Exposure], p: Parameters) -> Found:
    """Within the law's share but above the cap of the firm's own rules: to be cured promptly, without a day named."""
    worst = _worst(stretch, measured)
    at = measured[worst]
    excess = at.excess_jpy(p.internal_share_max)
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        **_window(stretch.first, stretch.last),
        score=share(excess, at.outside_jpy),
        severity=Severity.low,
        sentence="internal_cap",
        amount_jpy=excess,
        evidence=_evidence({name for day in stretch.days for name in measured[day].names}),
        facts={
            "share": at.share,
            "day": worst,
            "first_day": stretch.first,
            "last_day": stretch.last,
            "cured_on": stretch.cured_on,
        },
    )


def _once_online(
    wallet: Wallet, measured: Mapping[date, Exposure], prices: Prices, online: Connected | None, p: Parameters
) -> Iterator[Found]:
    """A wallet that the books call cold although its keys were online, on the days on which it held something."""
    held = {day: seen for day, each in measured.items() for seen in each.outside if seen.wallet.wallet_id == wallet.wallet_id}
    if not held:
        return
    values = {day: prices.value(wallet.asset, seen.quantity, day) or Decimal(0) for day, seen in held.items()}
    worst = max(held, key=lambda day: (share(values[day], measured[day].owed_jpy), -day.toordinal()))
    broken = any(measured[day].excess_jpy(p.share_max) > 0 for day in held)
    yield Found(
        subject_kind="wallet",
        subject_id=wallet.wallet_id,
        asset=wallet.asset,
        **_window(min(held), max(held)),
        score=share(values[worst], measured[worst].owed_jpy),
        severity=Severity.high if broken else Severity.medium,
        sentence="once_online",
        amount_jpy=values[worst],
        evidence=_evidence({name for seen in held.values() for name in seen.names} | (set(online.names) if online else set())),
        facts={
            "wallet": wallet.wallet_id,
            "custodian": wallet.custodian,
            "share": share(values[worst], measured[worst].owed_jpy),
            "quantity": held[worst].quantity,
            "day": worst,
        },
    )


def _not_valued(records: Records, p: Parameters, asset: str, stretch: Stretch, measured: Mapping[date, Exposure]) -> Found:
    outside = (seen for day in stretch.days for seen in measured[day].outside if seen.wallet.asset == asset)
    names = {name for seen in outside for name in seen.names}
    return Found(
        subject_kind="asset",
        subject_id=asset,
        asset=asset,
        **_window(stretch.first, stretch.last),
        score=Decimal(0),
        severity=Severity.medium,
        sentence="not_valued",
        evidence=_evidence(names | largest_balances(records, [stretch.first], [asset], p.ledger_evidence_max)),
        facts={"first_day": stretch.first, "last_day": stretch.last},
    )


def _window(first: date, last: date) -> dict[str, Any]:
    """Whole Japan days, from the first to the end of the last."""
    return {"window_from": starts_at(first), "window_until": starts_at(last + timedelta(days=1))}


def _evidence(names: set[Name]) -> tuple[Evidence, ...]:
    return tuple(Evidence(*name) for name in sorted(names))
