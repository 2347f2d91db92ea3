"""A group's trades over time against the price the market traded at: were they made at the market, and how steadily?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sekisho.findings.report.charts.canvas import (
    TITLED_MAX,
    Key,
    Picture,
    Plot,
    Traded,
    amount_of,
    grid,
    heaviest,
    market,
    number_ticks,
    only,
    padded,
    price_title,
    seconds,
    time_ticks,
    time_title,
)
from sekisho.findings.report.typeset import clock, many, number
from sekisho.rulebook.texts import Text

_HEIGHT = 170
_DOT_MIN, _DOT_MAX = 3.5, 9.0
Row = Mapping[str, Any]


def draw(trades: Sequence[Row], prices: Sequence[Traded]) -> Picture | None:
    """The trades as dots (larger: more), the market as a line; None for fewer than two trades."""
    if len(trades) < 2:
        return None
    times = [trade["executed_at"] for trade in trades]
    levels = [float(t["price"]) for t in trades] + [edge for _, low, high in prices for edge in (low, high)]
    plot = Plot(padded([seconds(at) for at in times], 0.04), padded(levels, 0.15), height=_HEIGHT)
    ticks = number_ticks(plot, 4)
    grid(plot, ticks)
    market(plot, prices)
    largest = max(trade["quantity"] for trade in trades) or Decimal(1)
    drawn = heaviest(trades, lambda trade: trade["quantity"])
    for trade in drawn:
        size = _DOT_MIN + (_DOT_MAX - _DOT_MIN) * float(trade["quantity"] / largest) ** 0.5
        plot.dots(
            [(seconds(trade["executed_at"]), float(trade["price"]))],
            "sell",
            size=size,
            titles=[_told(trade)] if len(drawn) <= TITLED_MAX else (),
        )
    partly, most = only(len(drawn), len(trades)), amount_of(largest, trades[0].get("instrument"))
    return Picture(
        marks=plot.marks(), title=Text("Their trades against the market price", "グループ内約定と市場価格"),
        described=Text(f"{many(len(trades), 'trade')} over the window.{partly.en}", f"期間中の約定{len(trades)}件。{partly.ja}"),
        x_ticks=time_ticks(plot), y_ticks=ticks, height=_HEIGHT, y_title=price_title(trades[0].get("instrument")),
        x_title=time_title(plot, min(times)),
        keys=(Key("dot", "sell", Text(f"trade within the group (larger: more, at most {most.en})",
                                      f"グループ内の約定（大きいほど数量大、最大{most.ja}）")),
              Key("line", "muted", Text("traded price of the market", "市場の約定価格"))),
    )  # fmt: skip


def _told(trade: Row) -> str:
    return f"{trade['trade_id']}: {number(trade['quantity'])} @ {number(trade['price'])}, {clock(trade['executed_at'])}"
