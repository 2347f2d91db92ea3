"""Custody: shares that never flatter, stretches and their deadlines, balances carried to the next observation."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.typologies.custody import Chain, Observation, Wallet, by_asset, quantities_stated, share, stretches, worth
from sekisho.typologies.valuation import Cutoff, Prices, Quote

FIRST = date(2026, 6, 1)
DAYS = tuple(FIRST + timedelta(days=n) for n in range(14))
AMOUNT = st.decimals(min_value=0, max_value=10**12, places=18)


@given(AMOUNT, AMOUNT)
def test_a_share_is_rounded_up_and_never_above_one(part: Decimal, whole: Decimal) -> None:
    found = share(part, whole)
    assert 0 <= found <= 1
    if part:
        exact = Fraction(part) / Fraction(max(part, whole))
        assert 0 <= Fraction(found) - exact < Fraction(1, 10**6)


def test_a_share_just_above_five_percent_does_not_read_as_five() -> None:
    assert share(Decimal("5.000000000000000001"), Decimal(100)) == Decimal("0.050001")
    assert share(Decimal(5), Decimal(100)) == Decimal("0.05")
    assert share(Decimal(0), Decimal(0)) == 0
    assert share(Decimal(1), Decimal(0)) == 1


@given(st.sets(st.sampled_from(DAYS)), st.sets(st.sampled_from(DAYS)))
def test_stretches_cover_the_wrong_days_once_each(tested: set[date], wrong: set[date]) -> None:
    days = tuple(sorted(tested))
    found = list(stretches({day: day in wrong for day in days}))
    assert sorted(day for stretch in found for day in stretch.days) == sorted(tested & wrong)
    for stretch in found:
        between = [day for day in days if stretch.first <= day <= stretch.last]
        assert list(stretch.days) == between
        after = [day for day in days if day > stretch.last]
        assert stretch.cured_on == (after[0] if after else None)
        assert stretch.cured_on is None or stretch.cured_on not in wrong


@pytest.mark.parametrize(
    ("wrong", "tested", "deadline", "state"),
    [
        ((0,), (0, 1), 1, "in_time"),
        ((0, 1), (0, 1, 2), 1, "late"),
        ((0,), (0, 2), 1, "late"),
        ((0,), (0,), 1, "open"),
        ((0, 1), (0, 1), 1, "late"),
    ],
)
def test_cured_by_the_end_of_the_deadline_or_late(
    wrong: tuple[int, ...], tested: tuple[int, ...], deadline: int, state: str
) -> None:
    (stretch,) = stretches({DAYS[n]: n in wrong for n in tested})
    assert stretch.state(DAYS[deadline]) == state


def _wallet(wallet_id: str, **columns: object) -> Wallet:
    row: dict[str, object] = {
        "asset": "BTC",
        "address": "a",
        "tier": "cold",
        "holder": "customer",
        "custodian": None,
        "ever_online": False,
    }
    return Wallet(wallet_id=wallet_id, **{**row, **columns})  # type: ignore[arg-type]


def _seen(wallet: Wallet, day: date, quantity: int) -> Observation:
    return Observation(wallet, day, datetime(day.year, day.month, day.day, tzinfo=UTC), Decimal(quantity))


def test_a_wallet_keeps_its_balance_until_it_is_seen_again() -> None:
    one, two = _wallet("W1"), _wallet("W2", asset="ETH")
    chain = Chain([two, one], [_seen(one, DAYS[5], 7), _seen(one, DAYS[1], 3), _seen(two, DAYS[2], 9)])
    held = [by_asset(chain.at(day, lambda w: True)) for day in DAYS[:7]]
    assert held[0] == {}
    assert held[1] == {"BTC": 3}
    assert held[2] == held[4] == {"BTC": 3, "ETH": 9}
    assert held[6] == {"BTC": 7, "ETH": 9}
    assert chain.days(lambda w: w.asset == "BTC") == (DAYS[1], DAYS[5])
    assert chain.observed_on(DAYS[5], lambda w: True) == {"BTC"}


@pytest.mark.parametrize(
    ("tier", "ever_online", "cold"), [("cold", False, True), ("cold", True, False), ("hot", False, False), ("hot", True, False)]
)
def test_only_a_device_never_online_is_cold(tier: str, ever_online: bool, cold: bool) -> None:
    assert _wallet("W", tier=tier, ever_online=ever_online).is_cold is cold


def test_an_asset_without_a_price_is_named_and_not_counted() -> None:
    prices = Prices(
        [Quote("BTC", DAYS[0], datetime(2026, 6, 1, tzinfo=UTC), Decimal(10), "a")], Cutoff.parse("24:00"), timedelta(days=1)
    )
    found = worth({"BTC": Decimal(2), "NEW": Decimal(5), "OLD": Decimal(0)}, prices, DAYS[0])
    assert found.value_jpy == 20
    assert found.not_valued == ("NEW",)
    assert found.names == {("reference_price", "BTC|2026-06-01T00:00:00.000000Z|a")}


def test_stated_quantities() -> None:
    assert quantities_stated("BTC=10, ETH=0.5") == {"BTC": 10, "ETH": Decimal("0.5")}
    assert quantities_stated(("BTC=10",)) == {"BTC": 10}
    with pytest.raises(ValueError, match="BTC=10, ETH=200"):
        quantities_stated("BTC")
