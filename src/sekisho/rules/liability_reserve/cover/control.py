"""Cover: the reserve alone and with the insurance limit, day by day, beside what stands outside cold storage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount, Evidence, Fact, Step
from sekisho.typologies.custody import Chain, by_asset, read_chain, worth
from sekisho.typologies.liability_reserve import Ready, read_ready
from sekisho.typologies.outside_cold import is_outside_cold
from sekisho.typologies.valuation import Cutoff, Prices, read_prices

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_WITH_ALL = Decimal(1)
_WITHOUT = Decimal(0)


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """Two amounts for every day on which the books state the reserve or the insurance: cover without and with the insurance."""
    cutoff = Cutoff.parse(p.cutoff)
    chain = read_chain(records, cutoff) if {"wallet", "wallet_balance"} <= set(records.present) else None
    prices = read_prices(records, cutoff, p.price_source, timedelta(seconds=int(p.price_age_seconds_max)))
    for ready in read_ready(records):
        facts = {} if chain is None else _outside(chain, prices, ready)
        for name, recognised in (("cover_without_insurance", _WITHOUT), ("cover_with_insurance", _WITH_ALL)):
            yield Amount(
                name=name,
                as_of=ready.day,
                value=ready.total(recognised),
                unit="JPY",
                working=(
                    Step("reserve", "as stated" if ready.reserve else "not stated", ready.reserve_jpy),
                    Step("insurance limit", "as stated" if ready.insurance else "not stated", ready.insurance_jpy),
                    Step("cover", f"reserve + {recognised} x insurance limit", ready.total(recognised)),
                ),
                evidence=tuple(Evidence(*each) for each in ready.names),
                facts=facts,
            )


def _outside(chain: Chain, prices: Prices, ready: Ready) -> dict[str, Fact]:
    """What customers' assets outside cold storage were worth that day, and which of them have no price."""
    seen = worth(by_asset(chain.at(ready.day, is_outside_cold)), prices, ready.day)
    return {"outside_jpy": seen.value_jpy, "not_valued": list(seen.not_valued) or None}
