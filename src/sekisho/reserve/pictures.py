"""Two pictures of a reserve: how likely a year's loss exceeds each amount, and what each assumption makes of the level."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from math import ceil, floor, log10
from typing import Any

from sekisho.rulebook.texts import Text

WIDTH, HEIGHT = 860, 400
LEFT, RIGHT, TOP, BOTTOM = 78, 20, 22, 52
ROW = 26

WORDS = {
    "amount": Text("loss of a year, bn yen", "年間損失額（億円）"),
    "chance": Text("chance that a year's loss is larger", "年間損失額がこれを超える確率"),
    "interval": Text("90 % interval", "90％区間"),
    "reserve": Text("reserve", "責任準備金"),
    "covered": Text("reserve and insurance", "責任準備金＋保険"),
    "required": Text("level", "水準"),
    "level": Text("level, bn yen", "水準（億円）"),
    "frequency_basis": Text("basis of the frequency", "頻度の基礎"),
}
UNIT_JPY = Text("1e9", "1e8")
"""English counts yen in billions, Japanese in units of a hundred million."""


def exceedance(told: dict[str, Any], language: str) -> str:
    """The exceedance curve as SVG, with its interval, and reserve, cover and level marked."""
    points = told["curve"]
    unit = _unit(language)
    least, most = float(points[0]["amount_jpy"] / unit), float(points[-1]["amount_jpy"] / unit)
    chances = [point[key] for point in points for key in ("chance", "low", "high") if point[key] > 0]
    top = 10 ** ceil(log10(max(chances, default=1.0)))
    bottom = 10 ** max(floor(log10(min(chances, default=1e-4))), -5)

    def x(amount: float) -> float:
        share: float = log10(max(amount, least) / least) / log10(most / least)
        return LEFT + (WIDTH - LEFT - RIGHT) * share

    def y(chance: float) -> float:
        share = (log10(max(chance, bottom)) - log10(bottom)) / (log10(top) - log10(bottom))
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share

    parts = [_axes((least, most), (bottom, top), x, y, language)]
    upper = [(x(p["amount_jpy"] / unit), y(p["high"])) for p in points]
    lower = [(x(p["amount_jpy"] / unit), y(p["low"])) for p in reversed(points)]
    parts.append(f'<polygon class="band" points="{_path(upper + lower)}"/>')
    line = [(x(p["amount_jpy"] / unit), y(p["chance"])) for p in points]
    parts.append(f'<polyline class="line" points="{_path(line)}"/>')
    parts.append(_marks(told, x, unit, language))
    return _svg(HEIGHT, parts, _say("chance", language))


def tornado(told: dict[str, Any], language: str, names: dict[str, str]) -> str:
    """What each assumption at either end of its range makes of the level, widest first, as SVG."""
    unit, base = _unit(language), told["required"]["loss_jpy"]
    rows = told["sensitivity"]
    ends = [row[key] for row in rows for key in ("low_jpy", "high_jpy")] + [base]
    low, high = float(min(ends)), float(max(ends))
    span = max(high - low, 1)
    left = 330
    height = TOP + ROW * len(rows) + BOTTOM

    def x(amount: float) -> float:
        return left + 20 + (WIDTH - left - RIGHT - 60) * (amount - low) / span

    parts = []
    for at, row in enumerate(rows):
        middle = TOP + ROW * at + ROW / 2
        name = names.get(row["name"], _say(row["name"], language) if row["name"] in WORDS else row["name"])
        parts.append(f'<text x="{left}" y="{middle + 4:.1f}" text-anchor="end">{escape(name)}</text>')
        a, b = sorted((x(row["low_jpy"]), x(row["high_jpy"])))
        parts.append(f'<rect class="bar" x="{a:.1f}" y="{middle - 8:.1f}" width="{max(b - a, 1.5):.1f}" height="16"/>')
    foot = TOP + ROW * len(rows)
    parts.append(f'<line class="mark" x1="{x(base):.1f}" x2="{x(base):.1f}" y1="{TOP}" y2="{foot}"/>')
    parts += [
        f'<text x="{x(amount):.1f}" y="{foot + 18}" text-anchor="middle">{_figure(amount / unit)}</text>'
        for amount in dict.fromkeys((low, base, high))
    ]
    parts.append(
        f'<text x="{x((low + high) / 2):.1f}" y="{foot + 40}" text-anchor="middle" class="label">{_say("level", language)}</text>'
    )
    return _svg(height, parts, _say("level", language))


def _axes(amounts: tuple[float, float], chances: tuple[float, float], x: Any, y: Any, language: str) -> str:
    bottom, top = chances
    parts = []
    for power in range(round(log10(bottom)), round(log10(top)) + 1):
        at = y(10**power)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0 ** (power + 2):g} %</text>')
    parts += [
        f'<text x="{x(amount):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{_figure(amount)}</text>'
        for amount in _ticks(*amounts)
    ]
    parts.append(
        f'<text x="{(WIDTH + LEFT) / 2}" y="{HEIGHT - 10}" text-anchor="middle" class="label">{_say("amount", language)}</text>'
    )
    return "".join(parts)


def _marks(told: dict[str, Any], x: Any, unit: float, language: str) -> str:
    """Vertical lines: the level, the reserve, and reserve and insurance; each label on a line of its own."""
    cover = told["cover"]
    both = cover["reserve_jpy"] + cover["insurance_limit_jpy"]
    wanted = [("required", told["required"]["loss_jpy"], "mark")]
    if cover["reserve_jpy"]:
        wanted.append(("reserve", cover["reserve_jpy"], "cover"))
    if cover["insurance_limit_jpy"]:
        wanted.append(("covered", both, "cover"))
    parts = []
    for at, (name, amount, kind) in enumerate(wanted):
        place = x(amount / unit)
        if place > WIDTH - RIGHT + 1:
            continue
        anchor, shift = ("end", -5) if place > WIDTH * 0.7 else ("start", 5)
        parts.append(f'<line class="{kind}" x1="{place:.1f}" x2="{place:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        told_as = f"{_say(name, language)} {_figure(amount / unit)}"
        parts.append(
            f'<text x="{place + shift:.1f}" y="{TOP + 14 + 17 * at}" text-anchor="{anchor}" class="{kind}">{told_as}</text>'
        )
    return "".join(parts)


def _ticks(least: float, most: float) -> Iterable[float]:
    powers = range(floor(log10(least)), ceil(log10(most)) + 1)
    return [tick for power in powers for tick in (10.0**power, 3 * 10.0**power) if least <= tick <= most]


def _svg(height: float, parts: Sequence[str], title: str) -> str:
    inside = "".join(parts)
    return f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}">{inside}</svg>'


def _path(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{px:.1f},{py:.1f}" for px, py in points)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:,.3g}"


def _say(name: str, language: str) -> str:
    return str(getattr(WORDS[name], language))


def _unit(language: str) -> float:
    return float(getattr(UNIT_JPY, language))
