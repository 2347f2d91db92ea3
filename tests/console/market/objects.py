"""An instrument of small books for the matrix of roles, acts and objects."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec
from django.conf import settings

from console.cases.conftest import AT, order, trade, write
from console.objects import Made, Maker, Wanted


@cache
def _books() -> Path:
    """Books of one trade, written once."""
    folder = Path(mkdtemp(prefix="sekisho-matrix-books-"))
    lots = {"tick_size": Decimal(1), "lot_size": Decimal("0.001"), "listed_at": AT - timedelta(days=1)}
    write(folder, "instrument", [{"instrument": "BTC/JPY", "base_asset": "BTC", "quote_asset": "JPY", **lots}])
    write(folder, "order_event", [order(1, "O1", "A1", "buy", 100, 1), order(2, "O2", "A2", "sell", 100, 1)])
    write(folder, "trade", [trade(3, "T1", "O1", "O2", "A1", "A2", 100, 1)])
    return folder


def an_instrument(_wanted: Wanted) -> Made:
    """An instrument; the market is of no chapter, and the alerts on it are left out one by one."""
    return Made(ids={"slug": "BTC-JPY"}, settings={"CHOSEN": msgspec.structs.replace(settings.CHOSEN, books=_books())})


MAKERS: dict[str, Maker] = {"market/<str:slug>/": an_instrument}
BODIES: dict[str, dict[str, Any]] = {}
