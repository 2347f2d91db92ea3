"""Ledger against chain: what customers are owed and what the wallets hold, the gap between them, and the day it must be closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from markupsafe import Markup

from sekisho.findings.report.charts.canvas import (
    Key,
    Label,
    Picture,
    Plot,
    grid,
    number_ticks,
    padded,
    seconds,
    time_ticks,
)
from sekisho.findings.report.typeset import JST, day, number
from sekisho.rulebook.texts import Text

_HEIGHT = 240
Balance = tuple[date, Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class Compared:
    """What is compared: the picture's title and the names of the two quantities."""

    title: Text
    owed: Text
    held: Text


LEDGER = Compared(
    Text("Ledger against chain", "帳簿残高とウォレット残高"),
    Text("owed to customers (ledger)", "利用者の帳簿残高"),
    Text("held in wallets (chain)", "ウォレット残高（ブロックチェーン）"),
)
GUARANTEE = Compared(
    Text("Hot customer assets against guarantee assets", "ホット管理の利用者資産と履行保証暗号資産"),
    Text("customers' assets kept hot", "ホット管理の利用者暗号資産"),
    Text("own guarantee assets kept cold", "履行保証暗号資産（コールド）"),
)


def draw(days: Sequence[Balance], asset: str, due_on: date | None, compared: Compared = LEDGER) -> Picture | None:
    """Per Japan day (day, owed, held): both as steps, a shortfall filled, the deadline drawn."""
    if not days:
        return None
    ordered = sorted(days)
    xs = [_midnight(on) for on, _, _ in ordered]
    owed, held = [float(o) for _, o, _ in ordered], [float(h) for _, _, h in ordered]
    end = max(_midnight(ordered[-1][0] + timedelta(days=1)), _midnight(due_on + timedelta(days=1)) if due_on else 0)
    plot = Plot((xs[0], end), padded([*owed, *held], 0.18), height=_HEIGHT)
    ticks = number_ticks(plot)
    grid(plot, ticks)
    last = _midnight(ordered[-1][0] + timedelta(days=1))
    for x, after, o, h in zip(xs, [*xs[1:], last], owed, held, strict=True):
        if h < o:
            plot.area([x, after], [h, h], [o, o], "alarm", opacity=0.35)
    plot.line([*xs, last], [*owed, owed[-1]], "ink", width=2, stepped=True)
    plot.line([*xs, last], [*held, held[-1]], "buy", width=2, stepped=True)
    return Picture(
        marks=_with_deadline(plot, due_on), title=Text(f"{asset}: {compared.title.en}", f"{asset}：{compared.title.ja}"),
        described=_described(ordered, asset, due_on), x_ticks=time_ticks(plot), y_ticks=ticks, height=_HEIGHT,
        labels=_deadline_label(plot, due_on), x_title=Text("Japan date", "日付（日本時間）"), y_title=Text(asset, asset),
        keys=(Key("line", "ink", compared.owed), Key("line", "buy", compared.held),
              Key("bar", "alarm", Text("shortfall", "不足額"))),
    )  # fmt: skip


def _midnight(on: date) -> float:
    return seconds(datetime(on.year, on.month, on.day, tzinfo=JST))


def _with_deadline(plot: Plot, due_on: date | None) -> Markup:
    if due_on is not None:
        plot.moment(_midnight(due_on + timedelta(days=1)), "alarm", width=1.5, dashed=True)
    return plot.marks()


def _deadline_label(plot: Plot, due_on: date | None) -> tuple[Label, ...]:
    if due_on is None:
        return ()
    at, words = plot.across(_midnight(due_on + timedelta(days=1))), day(due_on)
    return (Label(at - 0.8, 93, Text(f"to be closed by {words.en}", f"解消期限 {words.ja}"), "end", "alarm"),)


def _described(days: Sequence[Balance], asset: str, due_on: date | None) -> Text:
    on, owed, held = max(days, key=lambda d: d[1] - d[2])
    gap = number(max(owed - held, Decimal(0)))
    en = f"Largest shortfall {gap} {asset} on {day(on).en}"
    ja = f"最大の不足は{day(on).ja}の{gap} {asset}"
    if due_on is not None:
        en, ja = f"{en}; to be closed by {day(due_on).en}", f"{ja}。解消期限は{day(due_on).ja}"
    return Text(f"{en}.", f"{ja}。")
