"""Timers of the queue: how long until a hold ends by itself, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from sekisho.console.transfers.models import HeldRequest
from sekisho.console.transfers.showing import timer

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "left", "en", "ja"),
    [
        ("held", None, "a person must release it", "担当者による解除が必要"),
        ("held", timedelta(seconds=20), "in 1 minute", "あと1分"),
        ("held", timedelta(minutes=59), "in 59 minutes", "あと59分"),
        ("held", timedelta(hours=1), "in 1 hour", "あと1時間"),
        ("held", timedelta(hours=47, minutes=59), "in 47 hours", "あと47時間"),
        ("held", timedelta(days=7), "in 7 days", "あと7日"),
        ("held", timedelta(0), "over: it may be asked again", "期間満了：再度照会可能"),
        ("held", -timedelta(hours=1), "over: it may be asked again", "期間満了：再度照会可能"),
        ("released", timedelta(days=7), "", ""),
    ],
)
def test_how_long_a_hold_lasts(state: str, left: timedelta | None, en: str, ja: str) -> None:
    row = HeldRequest(state=state, releases_at=None if left is None else NOW + left)
    with translation.override("en"):
        assert timer(row, NOW) == en
    with translation.override("ja"):
        assert timer(row, NOW) == ja
