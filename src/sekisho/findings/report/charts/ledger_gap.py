"""Ledger against chain: what customers are owed and what the wallets hold, the gap between them, and the day it must be closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sekisho.findings.report.charts.canvas import JAPAN_DATE, Key, Picture, Plot, grid, number_ticks, padded, time_ticks
from sekisho.findings.report.charts.deadline import Marks, midnight
from sekisho.findings.report.typeset import day, number
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
TRUST = Compared(
    Text("Customers' money against the trust", "利用者の金銭と信託財産"),
    Text("owed to customers", "利用者に対する金銭債務"),
    Text("held in trust (principal)", "信託元本"),
)


def draw(days: Sequence[Balance], asset: str, marked: Marks, compared: Compared = LEDGER) -> Picture | None:
    """Per Japan day (day, owed, held): both as steps, a shortfall filled, the finding's window and deadline marked."""
    if not days:
        return None
    ordered = sorted(days)
    xs = [midnight(on) for on, _, _ in ordered]
    owed, held = [float(o) for _, o, _ in ordered], [float(h) for _, _, h in ordered]
    last = midnight(ordered[-1][0] + timedelta(days=1))
    plot = Plot((xs[0], max(last, marked.end)), padded([*owed, *held], 0.18), height=_HEIGHT)
    marked.shade(plot)
    ticks = number_ticks(plot)
    grid(plot, ticks)
    for x, after, o, h in zip(xs, [*xs[1:], last], owed, held, strict=True):
        if h < o:
            plot.area([x, after], [h, h], [o, o], "alarm", opacity=0.35)
    plot.line([*xs, last], [*owed, owed[-1]], "ink", width=2, stepped=True)
    plot.line([*xs, last], [*held, held[-1]], "buy", width=2, stepped=True)
    labels = marked.line(plot)
    return Picture(
        marks=plot.marks(), title=Text(f"{asset}: {compared.title.en}", f"{asset}：{compared.title.ja}"),
        described=_described(ordered, asset, marked), x_ticks=time_ticks(plot), y_ticks=ticks, height=_HEIGHT,
        labels=labels, x_title=JAPAN_DATE, y_title=Text(f"Amount ({asset})", f"数量（{asset}）"),
        keys=(Key("line", "ink", compared.owed), Key("line", "buy", compared.held),
              Key("bar", "alarm", Text("shortfall", "不足額")), *marked.keys),
    )  # fmt: skip


def _described(days: Sequence[Balance], asset: str, marked: Marks) -> Text:
    own = [each for each in days if marked.covers(midnight(each[0]))] or days
    on, owed, held = max(own, key=lambda d: d[1] - d[2])
    gap, words = number(max(owed - held, Decimal(0))), day(on)
    en, ja = f"Largest shortfall {gap} {asset} on {words.en}", f"最大の不足は{words.ja}の{gap} {asset}"
    if marked.due_on is not None:
        due = day(marked.due_on)
        en, ja = f"{en}; to be cured by {due.en}", f"{ja}。解消期限は{due.ja}"
    return Text(f"{en}.", f"{ja}。")
