"""The price-and-order ladder: a scheme's orders as bars at their prices over time, against the prices the market traded at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
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

_THICKNESS_MIN, _THICKNESS_MAX = 2.0, 11.0
_ENDINGS = frozenset({"cancel", "expire", "reject"})
_HEIGHT = 280
_CLOSER_MIN = 6
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Resting:
    """One order at one price, from the moment it came to the moment it left or moved."""

    order_id: str
    side: str
    price: Decimal
    quantity: Decimal
    since: datetime
    until: datetime
    pulled: bool


def draw(
    events: Sequence[Row], trades: Sequence[Row], prices: Sequence[Traded], window: tuple[datetime, datetime] | None = None
) -> Picture | None:
    """The ladder from the scheme's order events, the scheme's own trades, and the market's prices, over a window at least."""
    if not events:
        return None
    ends = [row["occurred_at"] for row in events] + [row["executed_at"] for row in trades]
    bars = list(resting(events, trades, max(ends)))
    if not bars:
        return None
    levels = [float(bar.price) for bar in bars] + [float(t["price"]) for t in trades]
    levels += [edge for _, low, high in prices for edge in (low, high)]
    plot = Plot(padded([seconds(end) for end in (*ends, *(window or ()))], 0.04), padded(levels), height=_HEIGHT)
    ticks = number_ticks(plot)
    grid(plot, ticks)
    market(plot, prices)
    drawn, filled = heaviest(bars, lambda bar: bar.quantity), heaviest(trades, lambda trade: trade["quantity"])
    _orders(plot, drawn)
    owners = {row["account_id"] for row in events if row.get("account_id")}
    fills = [(seconds(t["executed_at"]), float(t["price"])) for t in filled]
    plot.dots(fills, "ink", size=7, titles=[_fill(t) for t in filled] if len(filled) <= TITLED_MAX else ())
    described, partly = _described(bars, trades, owners), only(len(drawn), len(bars))
    return Picture(
        marks=plot.marks(),
        title=Text("Orders of the scheme against the market price", "スキームの注文と市場価格"),
        described=Text(described.en + partly.en, described.ja + partly.ja),
        x_ticks=time_ticks(plot),
        y_ticks=ticks,
        x_title=time_title(plot, min(ends)),
        y_title=price_title(events[0].get("instrument")),
        keys=_keys(bars, amount_of(max(bar.quantity for bar in bars), events[0].get("instrument")), bool(trades), bool(prices)),
        height=_HEIGHT,
    )


def close_up(events: Sequence[Row], trades: Sequence[Row]) -> tuple[datetime, datetime] | None:
    """The busiest cycle of a scheme whose orders rest briefly within a long window, one with executions if there is any."""
    if not events:
        return None
    first, last = (pick(row["occurred_at"] for row in events) for pick in (min, max))
    bars = sorted(resting(events, trades, last), key=lambda bar: bar.since)
    cycles: list[list[Resting]] = []
    until = first
    for bar in bars:
        joined = cycles and bar.since <= until
        cycles[-1].append(bar) if joined else cycles.append([bar])
        until = max(until, bar.until) if joined else bar.until
    if len(cycles) < 2:
        return None
    busiest = max(cycles, key=lambda cycle: (_traded_into(cycle, trades), len(cycle), -seconds(cycle[0].since)))
    since, until = busiest[0].since, max(bar.until for bar in busiest)
    air = (until - since) / 2
    return (since - air, until + air) if (until - since) * _CLOSER_MIN <= last - first else None


def _traded_into(cycle: Sequence[Resting], trades: Sequence[Row]) -> bool:
    """Whether the scheme traded while the orders of the cycle rested."""
    since, until = cycle[0].since, max(bar.until for bar in cycle)
    return any(since <= trade["executed_at"] <= until for trade in trades)


def draw_close_up(
    events: Sequence[Row], trades: Sequence[Row], prices: Sequence[Traded], window: tuple[datetime, datetime]
) -> Picture | None:
    """The ladder of one cycle alone: its orders, and the executions while they rested."""
    since, until = window
    own = {row["order_id"] for row in events if row["action"] == "new" and since <= row["occurred_at"] <= until}
    fills = [trade for trade in trades if since <= trade["executed_at"] <= until]
    picture = draw([row for row in events if row["order_id"] in own], fills, prices, window)
    return picture and replace(picture, title=Text("Its busiest cycle, closer", "最も注文の多い一回の拡大図"))


def resting(events: Iterable[Row], trades: Sequence[Row], end: datetime) -> Iterable[Resting]:
    """The life of each order as stretches at one price and size; an order that is never pulled leaves with its last fill."""
    filled: dict[str, datetime] = {}
    for trade in trades:
        for order_id in (trade.get("buy_order_id"), trade.get("sell_order_id")):
            if order_id:
                filled[order_id] = max(filled.get(order_id, trade["executed_at"]), trade["executed_at"])
    lives: dict[str, list[Row]] = {}
    for row in sorted(events, key=lambda r: (r["occurred_at"], r.get("sequence") or 0)):
        lives.setdefault(str(row["order_id"]), []).append(row)
    for order_id, life in lives.items():
        for row, after in zip(life, [*life[1:], None], strict=True):
            if row["action"] in _ENDINGS or row.get("price") is None:
                continue
            until = after["occurred_at"] if after is not None else max(filled.get(order_id, end), row["occurred_at"])
            pulled = after is not None and after["action"] == "cancel"
            if until > row["occurred_at"]:
                yield Resting(order_id, row["side"], row["price"], row["quantity"], row["occurred_at"], until, pulled)


def _orders(plot: Plot, bars: Sequence[Resting]) -> None:
    largest = max(bar.quantity for bar in bars) or Decimal(1)
    for bar in bars:
        width = _THICKNESS_MIN + (_THICKNESS_MAX - _THICKNESS_MIN) * float(bar.quantity / largest) ** 0.5
        title = _bar(bar) if len(bars) <= TITLED_MAX else ""
        rested = seconds(bar.since), seconds(bar.until)
        plot.segment(rested, float(bar.price), bar.side, width=width, opacity=0.82, title=title)


def _bar(bar: Resting) -> str:
    end = " ×" if bar.pulled else ""
    return f"{bar.order_id}: {bar.side} {number(bar.quantity)} @ {number(bar.price)}, {clock(bar.since)} – {clock(bar.until)}{end}"


def _fill(trade: Row) -> str:
    return f"{trade['trade_id']}: {number(trade['quantity'])} @ {number(trade['price'])}, {clock(trade['executed_at'])}"


def _keys(bars: Sequence[Resting], largest: Text, filled: bool, priced: bool) -> tuple[Key, ...]:
    sides = {bar.side for bar in bars}
    scale = Text(f"on the book (thicker: larger, at most {largest.en})", f"（太いほど数量大、最大{largest.ja}）")
    keys = []
    if "buy" in sides:
        keys.append(Key("bar", "buy", Text(f"buy order {scale.en}", f"板上の買注文{scale.ja}")))
    if "sell" in sides:
        keys.append(Key("bar", "sell", Text(f"sell order {scale.en}", f"板上の売注文{scale.ja}")))
    if filled:
        keys.append(Key("dot", "ink", Text("execution", "約定")))
    if priced:
        keys.append(Key("line", "muted", Text("traded price of the market", "市場の約定価格")))
    return tuple(keys)


def _described(bars: Sequence[Resting], trades: Sequence[Row], owners: set[Any]) -> Text:
    orders, levels = len({bar.order_id for bar in bars}), len({bar.price for bar in bars})
    pulled, accounts = len({bar.order_id for bar in bars if bar.pulled}), len(owners)
    by_whom = Text(f" of {many(accounts, 'account')}", f"{accounts}口座による") if accounts else Text("", "")
    return Text(
        f"{many(orders, 'order')}{by_whom.en} at {many(levels, 'price')}; {number(pulled)} cancelled; "
        f"{many(len(trades), 'execution')}.",
        f"{by_whom.ja}{levels}価格帯の注文{orders}件。うち取消{pulled}件、約定{len(trades)}件。",
    )
