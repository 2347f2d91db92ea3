"""The book around findings: each finding has its own, also where several lie on different days of one instrument."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from sekisho.cases.replay import replays
from sekisho.records import TABLES, Records, records_of

DAYS = [datetime(2026, 9, 16 + n, 2, 0, tzinfo=UTC) for n in range(3)]


def books() -> Records:
    """On each of three days an account enters a bid and withdraws it a second later."""
    rows = []
    for number, at in enumerate(DAYS):
        for step, action in enumerate(("new", "cancel")):
            sequence = 2 * number + step
            rows.append(
                {
                    "event_id": f"E{sequence}",
                    "sequence": sequence,
                    "occurred_at": at + timedelta(seconds=step),
                    "instrument": "BTC/JPY",
                    "order_id": f"O{number}",
                    "account_id": "A1",
                    "side": "buy",
                    "action": action,
                    "order_type": "limit",
                    "price": Decimal(100 + number),
                    "quantity": Decimal(1 - step),
                }
            )
    schema = TABLES["order_event"].arrow_schema
    return records_of({"order_event": pa.Table.from_pylist([{n: row.get(n) for n in schema.names} for row in rows], schema=schema)})


def finding(number: int, until: datetime | None = None) -> dict[str, Any]:
    at = DAYS[number]
    return {"finding_id": f"F{number}", "instrument": "BTC/JPY", "subject_id": "A1", "window_from": at,
            "window_until": until or at + timedelta(seconds=2)}  # fmt: skip


def test_every_finding_has_its_own_day() -> None:
    told = replays([finding(0), finding(1), finding(2)], books())
    for number in range(3):
        assert [(event["order_id"], event["action"]) for event in told[f"F{number}"]] == [
            (f"O{number}", "new"),
            (f"O{number}", "cancel"),
        ]
        assert told[f"F{number}"] == replays([finding(number)], books())[f"F{number}"]


def test_a_finding_over_several_days_has_each_event_once() -> None:
    (events,) = replays([finding(0, until=DAYS[2] + timedelta(seconds=2))], books()).values()
    assert [event["sequence"] for event in events] == [0, 1, 2, 3, 4, 5]
