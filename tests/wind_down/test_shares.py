"""Shares of what is there: exact, never more than there is, never more than owed, whatever the order of the clients."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sekisho.records.exact import EXACT
from sekisho.typologies.entitlements import MOST, QUANTITY, WHOLE, Share, fractions, from_limbs, limbs, parts, pooled, yen

RAW_MOST = 2**126 - 1
UNITS = st.sampled_from([1, 10**6, 10**10, 10**12, 10**18, 10**20])


@st.composite
def books(draw: st.DrawFn) -> tuple[list[int], int, int]:
    """Claims in 1e-18, what is there, and the smallest unit: small and huge numbers, whole units and broken ones."""
    bits = draw(st.sampled_from([4, 30, 49, 51, 63, 64, 65, 80, 110, 120]))
    unit = draw(UNITS)
    claims = draw(st.lists(st.integers(0, 2**bits), min_size=1, max_size=8))
    if draw(st.booleans()):
        claims = [claim // unit * unit for claim in claims]
    owed = sum(claims)
    pool = draw(
        st.one_of(st.integers(0, owed), st.just(owed), st.just(max(0, owed - 1)), st.integers(owed, min(RAW_MOST, 2 * owed + 1)))
    )
    return claims, pool, unit


def column(numbers: list[int], kind: pa.DataType = QUANTITY) -> pa.Array:
    return from_limbs(np.array([[n & (2**64 - 1), n >> 64] for n in numbers], np.uint64), kind)


def raw(numbers: pa.Array) -> list[int]:
    return [int(low) | int(high) << 64 for low, high in limbs(numbers)]


def shared(claims: list[int], pool: int, unit: int) -> list[int]:
    many, owed = len(claims), sum(claims)
    return raw(parts(column(claims), column([pool] * many), column([owed] * many), column([unit] * many)))


def plainly(claim: int, pool: int, owed: int, unit: int) -> int:
    """The formula as the order writes it, in fractions."""
    share = min(Fraction(claim), Fraction(pool * claim, owed)) if owed else Fraction(0)
    return share // unit * unit


@given(books())
@example(([10**28 + 1], 10**28 + 1, 1))  # more digits than the decimal context of the process keeps
@settings(max_examples=400, deadline=None)
def test_the_kernel_is_the_formula(book: tuple[list[int], int, int]) -> None:
    claims, pool, unit = book
    owed = sum(claims)
    found = shared(claims, pool, unit)
    assert found == [plainly(claim, pool, owed, unit) for claim in claims]
    share = Share(*(Decimal(n).scaleb(-18, EXACT) for n in (owed, pool, unit)))
    assert [int(share.of(Decimal(claim).scaleb(-18, EXACT)).scaleb(18, EXACT)) for claim in claims] == found


@given(books())
@settings(max_examples=200, deadline=None)
def test_never_more_than_there_is_and_never_more_than_owed(book: tuple[list[int], int, int]) -> None:
    claims, pool, unit = book
    found = shared(claims, pool, unit)
    assert sum(found) <= pool
    assert all(part <= claim for part, claim in zip(found, claims, strict=True))
    assert all(part % unit == 0 for part in found)
    payable = min(pool, sum(claims))
    assert payable - sum(found) < unit * len(claims), "rounding down leaves less than a unit for each client"


@given(books(), st.randoms())
@settings(max_examples=100, deadline=None)
def test_the_order_of_clients_does_not_matter(book: tuple[list[int], int, int], random: object) -> None:
    claims, pool, unit = book
    order = list(range(len(claims)))
    random.shuffle(order)  # type: ignore[attr-defined]
    found, mixed = shared(claims, pool, unit), shared([claims[at] for at in order], pool, unit)
    assert [found[at] for at in order] == mixed
    by_claim = sorted(zip(claims, found, strict=True))
    assert all(less <= more for (_, less), (_, more) in pairwise(by_claim)), (
        "who is owed more gets no less; who is owed the same gets the same"
    )


@given(books(), st.integers(0, 10**20))
@settings(max_examples=100, deadline=None)
def test_more_assets_give_nobody_less(book: tuple[list[int], int, int], more: int) -> None:
    claims, pool, unit = book
    richer = min(RAW_MOST, pool + more)
    assert all(a <= b for a, b in zip(shared(claims, pool, unit), shared(claims, richer, unit), strict=True))


@given(st.integers(0, 10**37), st.integers(0, 10**36 - 1), st.integers(1, 10**36))
@settings(max_examples=200, deadline=None)
def test_yen_and_fractions_are_rounded_down_exactly(number: int, price: int, bottom: int) -> None:
    assert raw(yen(column([number]), column([price]))) == [number * price // 10**36]
    top = min(price, bottom)
    assert raw(fractions(column([number], WHOLE), column([top], WHOLE), column([bottom], WHOLE))) == [number * top // bottom]


def test_slices_and_chunks_are_read_where_they_lie() -> None:
    whole = pa.chunked_array([column([1, 2]), column([3, 4])])
    assert raw(whole) == [1, 2, 3, 4]
    assert raw(column([1, 2, 3]).slice(1)) == [2, 3]


def test_the_limits_are_those_of_126_bits() -> None:
    assert Decimal(f"{RAW_MOST // 10**18}.{RAW_MOST % 10**18:018}") == MOST
    assert shared([RAW_MOST], RAW_MOST - 1, 1) == [RAW_MOST - 1]


def test_one_pool_moves_value_from_whole_assets_to_short_ones() -> None:
    one = Decimal(1)
    shares = {
        "BTC": Share(Decimal(10), Decimal(5), one),
        "ETH": Share(Decimal(10), Decimal(12), one),
        "XRP": Share(Decimal(0), Decimal(0), one),
    }
    both = pooled(shares, {"BTC": Decimal(100), "ETH": Decimal(10), "XRP": None})
    assert (both.pool_jpy, both.owed_jpy, both.not_valued) == (Decimal(620), Decimal(1100), ())
    assert both.ratio == Decimal("0.563636363636")
    assert pooled(shares, {"BTC": Decimal(100)}).ratio is None
