"""The exchange's own balances: capital, the amounts at risk, net assets, and customers' money with the trustee."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from sekisho.simulation import custody_failures as plan
from sekisho.simulation.chain import Row
from sekisho.simulation.custody_failures import Episode, Failures
from sekisho.simulation.registers import quantity

YEN = 10**8
MINIMUM_CAPITAL_JPY = 10_000_000
TRUSTEE = "Aoba Trust Bank"
RISK_SHARES = {"market_risk": 30, "counterparty_risk": 15, "basic_risk": 55}
"""Hundredths of the amount at risk."""

RATIO_PERCENT = {plan.ALERT: (139, 125), plan.BREACH: (119, 104), plan.SUSPENSION: (99, 70), plan.CAPPED: (118, 108)}
"""The capital ratio in hundredths when subtle and when blatant."""


def firm_rows(
    days: Sequence[date], failures: Failures, required: Sequence[int], volumes: Sequence[int], random: np.random.Generator
) -> list[Row]:
    """The rows of ``firm_balance``. ``required`` is the yen value to be covered by net assets, in units of 1e-16 yen."""
    rows: list[Row] = []
    scale = max(1, max(required) // 10**16)
    normal_net_assets = (scale * 3 + 200_000_000) * YEN
    at_risk = max(100_000_000, scale * 2) // 100 * 100
    for place, day in enumerate(days):
        items = _capital(failures, place, at_risk, random)
        items["net_assets"] = normal_net_assets + int(random.integers(0, 9_999)) * 1_000 * YEN
        items["capital"] = _stated_capital(failures.find(place, plan.CAPITAL_BELOW, plan.CAPITAL_EXACT), day)
        items["reserve"] = 0
        items["insurance_limit"] = 500_000_000 * YEN
        items["trading_volume"] = volumes[place] * YEN
        net_assets = failures.find(place, plan.NET_ASSETS, plan.NET_ASSETS_EXACT)
        for item, amount in sorted(items.items()):
            told = quantity(amount)
            if item == "net_assets" and net_assets is not None:
                told = quantity(_thin(net_assets, required[place])).scaleb(-8)
                net_assets.scheme.evidence.add(("firm_balance", f"{day}|net_assets"))
            rows.append({"as_of_date": day, "item": item, "amount_jpy": told})
        for each in failures.episodes:
            if each.scheme.rule == plan.CAPITAL and each.on(place):
                each.scheme.evidence |= {("firm_balance", f"{day}|{item}") for item in (*RISK_SHARES, "basic_items", "deductions")}
                each.scheme.evidence.add(("firm_balance", f"{day}|supplementary_items"))
    return rows


def _stated_capital(episode: Episode | None, day: date) -> int:
    """Capital in units: ten times the minimum, exactly the minimum in the look-alike, up to nine tenths below when planted."""
    if episode is None:
        return MINIMUM_CAPITAL_JPY * 10 * YEN
    episode.scheme.evidence.add(("firm_balance", f"{day}|capital"))
    if episode.scheme.pattern == plan.CAPITAL_EXACT:
        return MINIMUM_CAPITAL_JPY * YEN
    return MINIMUM_CAPITAL_JPY * (990 - round(890 * episode.severity)) // 1000 * YEN


def _thin(episode: Episode, required: int) -> int:
    """Net assets below what is required, by three to thirty per cent; exactly that much in the look-alike."""
    if episode.scheme.pattern == plan.NET_ASSETS_EXACT:
        return required
    return required * (970 - round(270 * episode.severity)) // 1000


def _capital(failures: Failures, place: int, at_risk: int, random: np.random.Generator) -> dict[str, int]:
    """Capital and risk items of a day, in units, so that the ratio comes out as planned."""
    episode = failures.find(place, *RATIO_PERCENT, plan.AT_ALERT)
    percent = int(random.integers(190, 240))
    if episode is not None and episode.scheme.pattern == plan.AT_ALERT:
        percent = 140
    elif episode is not None:
        subtle, blatant = RATIO_PERCENT[episode.scheme.pattern]
        percent = round(subtle + (blatant - subtle) * episode.severity)
    free, deductions = at_risk * percent // 100, at_risk // 10
    supplementary = free // 5
    basic = free - supplementary + deductions
    if episode is not None and episode.scheme.pattern == plan.CAPPED:
        # Supplementary items count up to the basic items only: added up without that limit the ratio would look sound.
        basic = (free + deductions) // 2
        supplementary = basic * 2
        basic = free + deductions - basic
    items = {"basic_items": basic, "supplementary_items": supplementary, "deductions": deductions}
    items |= {item: at_risk * share // 100 for item, share in RISK_SHARES.items()}
    return {item: amount * YEN for item, amount in items.items()}


def trust_row(day: date, owed_units: int, episode: Episode | None) -> Row:
    """The principal in trust at the end of a day: a little more than customers are owed, unless something is planted."""
    whole_yen = -(-owed_units // YEN)
    principal = whole_yen + whole_yen // 500
    told = quantity(principal * YEN)
    if episode is not None:
        exact = episode.scheme.pattern == plan.TRUST_EXACT
        told = quantity(owed_units if exact else owed_units * (995 - round(145 * episode.severity)) // 1000)
        episode.scheme.evidence.add(("money_trust", str(day)))
    return {"as_of_date": day, "principal_jpy": told, "trustee": TRUSTEE}
