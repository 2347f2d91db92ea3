"""Net assets against the guarantee: the figures the authority asks for when they fall short, and the report with its plan."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Amount, Evidence, Obligation, Step
from sekisho.typologies.custody import Chain, Name, Worth, read_chain, worth
from sekisho.typologies.guarantee import match
from sekisho.typologies.valuation import EXACT, Cutoff, Prices, read_prices
from sekisho.typologies.winding import Filed, read_filings

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

REPORT = "net_assets_report"


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """For every day that states net assets: net assets less what they must reach, with the working the report asks for."""
    cutoff = Cutoff.parse(p.cutoff)
    chain = read_chain(records, cutoff)
    prices = read_prices(records, cutoff, p.price_source, timedelta(seconds=int(p.price_age_seconds_max)))
    table = records.firm_balance
    rows = table.filter(table.item == "net_assets", table.as_of_date <= p.as_of).order_by("as_of_date").to_pyarrow().to_pylist()
    reports = read_filings(records, (REPORT,), p.as_of)
    for row in rows:
        yield _amount(row["as_of_date"], row["amount_jpy"], (chain, prices), reports, p)


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """The report of each continuous time of too little, dated the day it began: the authority sets the day, the law does not."""
    before = False
    for trigger in calendar.triggers:
        assert isinstance(trigger, Amount)
        short = trigger.band == "short"
        if short and not before:
            facts: dict[str, Any] = dict(trigger.facts)
            yield Obligation(
                name=REPORT,
                due_on=trigger.as_of,
                arose_on=trigger.as_of,
                because=(
                    "Net assets, the yen value of the guarantee, how both were computed and a recovery plan are reported "
                    "when the authority asks (63-15); it holds back while the plan is prompt and certain."
                ),
                evidence=trigger.evidence,
                facts={"missing_jpy": trigger.value.copy_negate(), "cured_on": facts["reported_on"]},
            )
        before = short


def _amount(day: date, net_assets: Decimal, read: tuple[Chain, Prices], reports: tuple[Filed, ...], p: Parameters) -> Amount:
    chain, prices = read
    matched = match(chain, day, p.guarantee_ratio)
    required = worth({asset: each.required for asset, each in matched.items()}, prices, day)
    held = worth({asset: each.all_guarantee for asset, each in matched.items()}, prices, day)
    # CAO 9(1)(ii): not negative, and with custody at least the yen value of the guarantee.
    least = max(p.net_assets_jpy_min, EXACT.multiply(p.net_assets_ratio_min, required.value_jpy))
    value = EXACT.subtract(net_assets, least)
    report = next((one for one in reports if one.about_on >= day), None)
    return Amount(
        name="net_assets_over_minimum",
        as_of=day,
        value=value,
        unit="JPY",
        band="short" if value < 0 else "enough",
        working=(
            Step("net assets", "as stated", net_assets),
            *(_priced(asset, quantity.required, prices, day) for asset, quantity in sorted(matched.items()) if quantity.required),
            Step("guarantee that is required", "customers' coins outside cold storage, in yen", required.value_jpy),
            Step("guarantee that is held", "guarantee wallets, in yen", held.value_jpy),
            Step("least net assets", "the larger of the minimum and the guarantee required", least),
            Step("over the minimum", "net assets - least net assets", value),
        ),
        evidence=_evidence(day, chain, required),
        facts={
            "net_assets_jpy": net_assets,
            "guarantee_jpy": required.value_jpy,
            "not_valued": list(required.not_valued) or None,
            "reported_on": report.filed_on if report else None,
        },
    )


def _priced(asset: str, quantity: Decimal, prices: Prices, day: date) -> Step:
    value = prices.value(asset, quantity, day)
    quote = prices.quote(asset, day)
    how = f"{quantity:f} x {quote.price_jpy:f} ({quote.source})" if quote else f"{quantity:f}, no price fresh enough: left out"
    return Step(f"guarantee of {asset}", how, value or Decimal(0))


def _evidence(day: date, chain: Chain, required: Worth) -> tuple[Evidence, ...]:
    names: set[Name] = {("firm_balance", f"{day}|net_assets"), *required.names}
    names |= {name for seen in chain.at(day, lambda one: one.holder == "guarantee") for name in seen.names}
    return tuple(Evidence(*name) for name in sorted(names))
