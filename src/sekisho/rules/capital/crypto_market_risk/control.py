"""Market risk of the firm's own crypto-assets: what a risk weight would ask for, against the market risk the books state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount, Evidence, Found, Step
from sekisho.typologies.capital import read_stated
from sekisho.typologies.custody import Chain, Wallet, by_asset, read_chain, share, stretches
from sekisho.typologies.valuation import EXACT, Cutoff, Prices, read_prices, starts_at, total

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """The market risk of own coins of every day on which an own wallet was observed: weight x yen value."""
    cutoff = Cutoff.parse(p.cutoff)
    chain = read_chain(records, cutoff)
    prices = read_prices(records, cutoff, p.price_source, timedelta(seconds=int(p.price_age_seconds_max)))
    for day in chain.days(_is_own):
        if day <= p.as_of:
            yield _amount(day, chain, prices, p)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each continuous time in which the stated market risk is below that of own crypto-assets alone."""
    stated = {day: items["market_risk"] for day, items in read_stated(records).items() if "market_risk" in items}
    computed = {amount.as_of: amount for amount in compute(records, p)}
    for stretch in stretches({day: stated[day] < amount.value for day, amount in computed.items() if day in stated}):
        gaps = {day: EXACT.subtract(computed[day].value, stated[day]) for day in stretch.days}
        worst = max(stretch.days, key=lambda day: (gaps[day], -day.toordinal()))
        evidence = {Evidence("firm_balance", f"{day}|market_risk") for day in stretch.days}
        yield Found(
            subject_kind="exchange",
            subject_id="exchange",
            window_from=starts_at(stretch.first),
            window_until=starts_at(stretch.last + timedelta(days=1)),
            score=share(gaps[worst], computed[worst].value),
            amount_jpy=gaps[worst],
            evidence=tuple(sorted(evidence | {name for day in stretch.days for name in computed[day].evidence})),
            facts={
                "day": worst,
                "stated_jpy": stated[worst],
                "computed_jpy": computed[worst].value,
                "first_day": stretch.first,
                "last_day": stretch.last,
                "cured_on": stretch.cured_on,
            },
        )


def _is_own(wallet: Wallet) -> bool:
    """The firm's own coins, those set aside as guarantee included: they are the firm's."""
    return wallet.holder in ("own", "guarantee")


def _amount(day: date, chain: Chain, prices: Prices, p: Parameters) -> Amount:
    seen = chain.at(day, _is_own)
    values = {asset: prices.value(asset, quantity, day) for asset, quantity in by_asset(seen).items()}
    valued = {asset: value for asset, value in values.items() if value is not None}
    worth = total(valued.values())
    risk = EXACT.multiply(p.risk_weight, worth)
    quotes = (prices.quote(asset, day) for asset in valued)
    names = {name for one in seen for name in one.names} | {quote.name for quote in quotes if quote}
    return Amount(
        name="crypto_market_risk",
        as_of=day,
        value=risk,
        unit="JPY",
        working=(
            *(Step(f"own {asset}", "wallets of the firm and guarantee, in yen", value) for asset, value in sorted(valued.items())),
            Step("own crypto-assets", "together", worth),
            Step("market risk", f"{p.risk_weight} x own crypto-assets", risk),
        ),
        evidence=tuple(Evidence(*name) for name in sorted(names)),
        facts={"not_valued": sorted(set(values) - set(valued)) or None, "worth_jpy": worth or Decimal(0)},
    )
