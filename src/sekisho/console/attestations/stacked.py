# ruff: noqa: E501 - SVG elements stand whole
"""Stacked bars as SVG: each bar a chapter or a month, each part a state or a severity; the sheet gives the colours by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LEFT, ROW, RIGHT = 720, 150, 26, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One bar: its words, and how much of each kind."""

    words: str
    parts: Sequence[tuple[str, int]]


def stacked_svg(title: str, stacks: Sequence[Stack], names: Mapping[str, str]) -> str:
    """The bars with a legend of the kinds there are; empty where there is nothing to show."""
    most = max((sum(n for _name, n in each.parts) for each in stacks), default=0)
    if not most:
        return ""
    shown = [
        name
        for name in dict.fromkeys(name for each in stacks for name, n in each.parts)
        if any(n for each in stacks for key, n in each.parts if key == name)
    ]
    legend, deep = _legend(shown, names)
    height = deep + ROW * len(stacks) + 6
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" class="stacked-bars" aria-label="{escape(title)}">',
        *legend,
    ]
    for number, each in enumerate(stacks):
        y = deep + ROW * number
        parts.append(f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(each.words)}</text>')
        at = float(LEFT)
        for name, n in each.parts:
            wide = (WIDTH - LEFT - RIGHT) * n / most
            if n:
                parts.append(
                    f'<rect class="part {name}" x="{at:.1f}" y="{y + 2}" width="{max(wide, 1):.1f}" height="16"><title>{escape(f"{each.words}, {names[name]}: {n:,}")}</title></rect>'
                )
                at += max(wide, 1)
        parts.append(f'<text x="{at + 6:.1f}" y="{y + 14}">{sum(n for _name, n in each.parts):,}</text>')
    return "".join(parts) + "</svg>"


def _legend(shown: Sequence[str], names: Mapping[str, str]) -> tuple[list[str], int]:
    """What each colour stands for, on as many rows as it takes; and how deep they are."""
    parts, x, y = [], float(LEFT), 4
    for name in shown:
        words = names[name]
        wide = 30 + 7.2 * sum(2 if ord(letter) > 0x2E80 else 1 for letter in words)
        if x > LEFT and x + wide > WIDTH:
            x, y = float(LEFT), y + 20
        parts.append(
            f'<rect class="part {name}" x="{x:.0f}" y="{y}" width="12" height="12"/><text x="{x + 16:.0f}" y="{y + 10}">{escape(words)}</text>'
        )
        x += wide
    return parts, y + 22
