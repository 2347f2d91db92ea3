"""Guarantee: coins of the firm's own, held cold, against customers' coins of the same kind that are not cold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sekisho.typologies.custody import Chain, Observation, Wallet, by_asset
from sekisho.typologies.outside_cold import is_outside_cold
from sekisho.typologies.valuation import EXACT


@dataclass(frozen=True, slots=True)
class Matched:
    """One asset on one day: customers' coins outside cold storage, and the guarantee for them, cold and in all."""

    hot: Decimal
    required: Decimal
    cold_guarantee: Decimal
    all_guarantee: Decimal
    seen: tuple[Observation, ...]

    @property
    def shortage(self) -> Decimal:
        """What is missing of the guarantee held cold; not above 0 when there is enough."""
        return EXACT.subtract(self.required, self.cold_guarantee)


def is_guarantee(wallet: Wallet) -> bool:
    """Whether it holds guarantee assets."""
    return wallet.holder == "guarantee"


def shortage_weight(ratio: Decimal) -> Callable[[Wallet], Decimal]:
    """What a coin of each wallet adds to the shortage: what is required for one outside cold storage, less one of the guarantee."""

    def weight(wallet: Wallet) -> Decimal:
        if is_guarantee(wallet):
            return Decimal(-1) if wallet.is_cold else Decimal(0)
        return ratio if is_outside_cold(wallet) else Decimal(0)

    return weight


def match(chain: Chain, day: date, ratio: Decimal) -> dict[str, Matched]:
    """Every asset that stood outside cold storage or in the guarantee by ``day``; ``ratio`` coins are required for each."""
    hot, guarantee = chain.at(day, is_outside_cold), chain.at(day, is_guarantee)
    hots, all_of_it = by_asset(hot), by_asset(guarantee)
    cold = by_asset(seen for seen in guarantee if seen.wallet.is_cold)
    none = Decimal(0)
    return {
        asset: Matched(
            hots.get(asset, none),
            EXACT.multiply(ratio, hots.get(asset, none)),
            cold.get(asset, none),
            all_of_it.get(asset, none),
            tuple(seen for seen in (*hot, *guarantee) if seen.wallet.asset == asset),
        )
        for asset in sorted({*hots, *all_of_it})
    }
