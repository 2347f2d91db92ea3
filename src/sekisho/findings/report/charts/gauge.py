"""A computed figure on its scale: the bands the law draws, the value now, and the values of earlier days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sekisho.findings.report.charts.canvas import JAPAN_DATE, Key, Label, Picture, Plot, number_ticks, time_ticks
from sekisho.findings.report.charts.deadline import Marks, midnight
from sekisho.findings.report.typeset import many, valued
from sekisho.rulebook.texts import Text

_GAUGE_HEIGHT, _SERIES_HEIGHT = 56, 200
_APART_MIN = 9
NOTHING_MARKED = Marks()
Band = tuple[Decimal, Text]


def draw(value: Decimal, unit: str, bands: Sequence[Band], title: Text) -> Picture | None:
    """The value as a needle over a bar divided at each threshold of ``bands`` (threshold, its name)."""
    if not bands:
        return None
    edges = sorted(bands)
    low, high = _scale([value], edges)
    plot = Plot((low, high), (0, 1), height=_GAUGE_HEIGHT)
    starts, ends = [low, *(float(e) for e, _ in edges)], [*(float(e) for e, _ in edges), high]
    for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
        tone, opacity = _tone(index, len(starts))
        plot.area([start, end], [0.3, 0.3], [0.7, 0.7], tone, opacity=opacity)
    for edge, _ in edges:
        plot.line([float(edge)] * 2, [0.2, 0.8], "ink", width=1)
    plot.line([float(value)] * 2, [0.02, 0.98], "ink", width=4)
    return Picture(
        marks=plot.marks(), title=title, described=_described(value, unit, edges), height=_GAUGE_HEIGHT,
        x_ticks=tuple(Label(plot.across(float(edge)), 0, valued(edge, unit)) for edge, _ in edges),
        labels=(_needle(plot, value, unit),), x_title=unit_title(unit),
        keys=_keys(edges, unit),
    )  # fmt: skip


def draw_series(
    points: Sequence[tuple[date, Decimal]], unit: str, bands: Sequence[Band], title: Text, marked: Marks = NOTHING_MARKED
) -> Picture | None:
    """The value over time with each threshold as a line; only where there is more than one day."""
    if len(points) < 2:
        return None
    ordered, edges = sorted(points), sorted(bands)
    xs = [midnight(on) for on, _ in ordered]
    low, high = _scale([v for _, v in ordered], edges)
    plot = Plot((xs[0], xs[-1]), (low, high), height=_SERIES_HEIGHT)
    marked.shade(plot)
    for edge, _ in edges:
        plot.level(float(edge), "alarm", dashed=True)
    plot.line(xs, [float(v) for _, v in ordered], "ink", width=1.75)
    plot.dots([(x, float(v)) for x, (_, v) in zip(xs, ordered, strict=True)], "ink", size=6)
    covered = [v for x, (_, v) in zip(xs, ordered, strict=True) if marked.since is not None and marked.covers(x)]
    return Picture(
        marks=plot.marks(), title=title, described=_described(min(covered, default=ordered[-1][1]), unit, edges),
        x_ticks=time_ticks(plot), y_ticks=_edge_ticks(plot, edges, unit), height=_SERIES_HEIGHT,
        x_title=JAPAN_DATE, y_title=unit_title(unit), keys=(*_keys(edges, unit), *marked.keys),
    )  # fmt: skip


_UNITS = {"share": Text("Share (%)", "割合（％）"), "ratio": Text("Ratio", "比率"), "JPY": Text("Amount (JPY)", "金額（円）")}


def unit_title(unit: str) -> Text:
    """The axis of a computed figure: what its unit is."""
    return _UNITS.get(unit) or Text(f"In {unit.replace('_', ' ')}", f"単位：{unit}")


def _edge_ticks(plot: Plot, edges: Sequence[Band], unit: str) -> tuple[Label, ...]:
    """The thresholds, and round values that keep clear of them."""
    own = [Label(0, plot.up(float(edge)), valued(edge, unit), "end", "alarm") for edge, _ in edges]
    round_ones = [
        tick for tick in number_ticks(plot, percent=unit == "share") if all(abs(tick.y - edge.y) > _APART_MIN for edge in own)
    ]
    return (*round_ones, *own)


def _scale(values: Sequence[Decimal], edges: Sequence[Band]) -> tuple[float, float]:
    shown = [float(v) for v in (*values, *(edge for edge, _ in edges))]
    low, high = min(0.0, *shown), max(shown)
    return low, high + (high - low) * 0.25


def _tone(index: int, count: int) -> tuple[str, float]:
    """From alarm at the low end to calm at the high end."""
    if index == count - 1:
        return "calm", 0.55
    return "alarm", 0.85 - 0.6 * index / max(count - 1, 1)


def _needle(plot: Plot, value: Decimal, unit: str) -> Label:
    at, words = plot.across(float(value)), valued(value, unit)
    return Label(at, 108, words, "start" if at < 8 else "end" if at > 92 else "middle")


def _keys(edges: Sequence[Band], unit: str) -> tuple[Key, ...]:
    """Each threshold with what it is for."""
    told = ((valued(edge, unit), name) for edge, name in edges)
    return tuple(Key("dash", "alarm", Text(f"{shown.en}: {name.en}", f"{shown.ja}：{name.ja}")) for shown, name in told)


def _described(value: Decimal, unit: str, edges: Sequence[Band]) -> Text:
    shown = valued(value, unit)
    below = sum(value < edge for edge, _ in edges)
    if not below:
        return Text(f"{shown.en}, above every threshold.", f"{shown.ja}。いずれの基準も上回る。")
    return Text(
        f"{shown.en}, below {below} of {many(len(edges), 'threshold')}.", f"{shown.ja}。{len(edges)}基準のうち{below}基準を下回る。"
    )
