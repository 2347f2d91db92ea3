"""What may be asked before a payment and what is found after it agree, and each law answers a hack in its own way."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.engine.answers import Outcome
from sekisho.engine.controls import load_control
from sekisho.engine.requests import ReserveUseRequest, TransferRequest
from sekisho.engine.view import RecordsView
from sekisho.records import TABLES, records_of
from sekisho.rulebook import load_rulebook

RULEBOOK = load_rulebook()
ACTS = TABLES["reserve_use"].by_name["act"].values
DAY = date(2026, 6, 15)


def decided(path: str, regime: str, assume: dict[str, Decimal], request: ReserveUseRequest) -> Outcome:
    parameters = RULEBOOK[path].parameters_in(regime, DAY, DAY, assume)
    decide = load_control(RULEBOOK[path]).decide
    assert decide is not None
    reasons = decide(request, RecordsView(records_of({}), request.requested_at), parameters)
    return max((reason.outcome for reason in reasons), default=Outcome.allow)


def found(path: str, regime: str, assume: dict[str, Decimal], request: ReserveUseRequest, used_on: date) -> int:
    books = {
        "reserve_use": pa.Table.from_pylist(
            [
                {
                    "use_id": "U",
                    "used_on": used_on,
                    "amount_jpy": request.amount_jpy,
                    "purpose": request.purpose,
                    "act": request.act,
                    "approved_on": request.approved_on,
                }
            ],
            TABLES["reserve_use"].arrow_schema,
        ),
        "firm_balance": pa.Table.from_pylist(
            [{"as_of_date": used_on - timedelta(days=1), "item": "reserve", "amount_jpy": request.reserve_jpy}],
            TABLES["firm_balance"].arrow_schema,
        ),
    }
    detect = load_control(RULEBOOK[path]).detect
    assert detect is not None
    parameters = RULEBOOK[path].parameters_in(regime, DAY, DAY, assume)
    return len(list(detect(records_of(books), parameters)))


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from(["accident", "outflow", "other"]),
    st.sampled_from([None, *ACTS]),
    st.sampled_from([None, DAY - timedelta(days=1), DAY, DAY + timedelta(days=1)]),
    st.integers(1, 3),
    st.integers(0, 3),
    st.sampled_from(["PSA-2026", "WG4-SEED", "FIEA-ACT64"]),
)
def test_what_was_not_allowed_is_found_and_nothing_else(
    purpose: str, act: str | None, approved_on: date | None, amount: int, reserve: int, regime: str
) -> None:
    # 23:30 UTC of the day before is already the day itself in Japan.
    at = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC) - timedelta(minutes=30)
    request = ReserveUseRequest(
        use_id="U",
        requested_at=at,
        amount_jpy=Decimal(amount),
        purpose=purpose,
        reserve_jpy=Decimal(reserve),
        act=act,
        approved_on=approved_on,
    )
    allowed = decided("liability_reserve/use", regime, {}, request) is Outcome.allow
    assert found("liability_reserve/use", regime, {}, request, DAY) == (0 if allowed else 1)
    if regime != "PSA-2026":
        assume = {"required_jpy": Decimal(2)}
        allowed = decided("liability_reserve/hack_compensation", regime, assume, request) is Outcome.allow
        assert found("liability_reserve/hack_compensation", regime, assume, request, DAY) == (0 if allowed else 1)


def test_a_transfer_is_no_concern_of_the_reserve() -> None:
    transfer = TransferRequest(
        transfer_id="T",
        requested_at=datetime(2026, 6, 15, tzinfo=UTC),
        account_id="A",
        direction="out",
        asset="BTC",
        quantity=Decimal(1),
        value_jpy=Decimal(1),
        address="x",
    )
    for path in ("liability_reserve/use", "liability_reserve/hack_compensation"):
        parameters = RULEBOOK[path].parameters_in("WG4-SEED", DAY, DAY, {"required_jpy": Decimal(1)})
        decide = load_control(RULEBOOK[path]).decide
        assert decide is not None
        assert list(decide(transfer, RecordsView(records_of({}), transfer.requested_at), parameters)) == []
