"""Hot and cold over time: the share of customers' assets outside cold storage, by value, against the line the law draws."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sekisho.findings.report.charts.canvas import JAPAN_DATE, Key, Label, Picture, Plot, grid, number_ticks, seconds, time_ticks
from sekisho.findings.report.charts.deadline import Marks
from sekisho.findings.report.typeset import percent
from sekisho.rulebook.texts import Text

_HEIGHT = 220
NOTHING_MARKED = Marks()
Point = tuple[datetime, Decimal]


def draw(points: Sequence[Point], limit: Decimal | None, marked: Marks = NOTHING_MARKED) -> Picture | None:
    """The hot share at each instant (it holds until the next), with the limit as a line and what exceeds it in red."""
    if not points:
        return None
    ordered = sorted(points)
    xs, ys = [seconds(at) for at, _ in ordered], [float(share) for _, share in ordered]
    top = max(*ys, float(limit or 0), 0.01)
    plot = Plot((xs[0], max(xs[-1], marked.end)), (0, top * 1.25), height=_HEIGHT)
    marked.shade(plot)
    ticks = number_ticks(plot, percent=True)
    grid(plot, ticks)
    steps_x, steps_y = _stairs(xs, ys, max(xs[-1], xs[0] + 1))
    plot.area(steps_x, [0] * len(steps_x), steps_y, "calm", opacity=0.25)
    labels: tuple[Label, ...] = ()
    if limit is not None:
        line = float(limit)
        plot.area(steps_x, [min(y, line) for y in steps_y], steps_y, "alarm", opacity=0.75)
        plot.level(line, "alarm", width=1.25, dashed=True)
        words = percent(limit)
        labels = (Label(0.8, plot.up(line) + 4.5, Text(f"limit {words}", f"上限 {words}"), "start", "alarm"),)
    plot.line(steps_x, steps_y, "ink", width=1.75)
    plot.dots(list(zip(xs, ys, strict=True))[-1:], "ink", size=7)
    labels += marked.line(plot)
    return Picture(
        marks=plot.marks(), title=Text("Share outside cold storage, by value", "コールドウォレット等以外での管理割合（円換算）"),
        described=_described(ordered, limit, marked), x_ticks=time_ticks(plot), y_ticks=ticks, labels=labels, height=_HEIGHT,
        x_title=JAPAN_DATE, y_title=Text("Share of value (%)", "円換算額に占める割合（％）"),
        keys=(Key("line", "ink", Text("hot share", "ホット割合")), Key("bar", "alarm", Text("above the limit", "上限超過")),
              *marked.keys),
    )  # fmt: skip


def _stairs(xs: Sequence[float], ys: Sequence[float], end: float) -> tuple[list[float], list[float]]:
    """The corners of the step line, so that areas and line agree."""
    stairs_x: list[float] = []
    stairs_y: list[float] = []
    for x, y, until in zip(xs, ys, [*xs[1:], end], strict=True):
        stairs_x += [x, until]
        stairs_y += [y, y]
    return stairs_x, stairs_y


def _described(points: Sequence[Point], limit: Decimal | None, marked: Marks) -> Text:
    own = [share for at, share in points if marked.covers(seconds(at))] or [share for _, share in points]
    highest = max(own)
    en, ja = f"Highest {percent(highest, 2)}", f"最高 {percent(highest, 2)}"
    if limit is not None:
        en, ja = f"{en}; the limit is {percent(limit)}", f"{ja}。上限 {percent(limit)}"
    return Text(f"{en}.", f"{ja}。")
