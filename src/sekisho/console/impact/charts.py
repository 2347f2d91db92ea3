"""Pictures of a study, as plain shapes that the page draws in SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

WIDTH, HEIGHT = 720, 200
LEFT, RIGHT, TOP, BOTTOM = 44, 6, 8, 22
_LABELS = 8


def bars(days: Sequence[str], before: Sequence[int], after: Sequence[int]) -> dict[str, Any]:
    """Two bars a day, before and after, with the axis; the numbers stand in the page's table beside it."""
    top = _ceiling(max([*before, *after, 1]))
    inner, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    step = inner / max(1, len(days))
    thick = max(1.0, step * 0.38)
    every = -(-len(days) // _LABELS)
    drawn, labels = [], []
    for number, day in enumerate(days):
        x = LEFT + step * (number + 0.5)
        for side, value, shift in (("before", before[number], -thick), ("after", after[number], 0.0)):
            height = tall * value / top
            drawn.append(
                {
                    "side": side, "x": round(x + shift, 2), "y": round(TOP + tall - height, 2),
                    "width": round(thick, 2), "height": round(height, 2),
                }
            )  # fmt: skip
        if number % every == 0:
            labels.append({"x": round(x, 2), "text": day[5:]})
    lines = [{"y": round(TOP + tall * (1 - part / 4), 2), "text": f"{top * part / 4:g}"} for part in range(5)]
    return {
        "width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "floor": HEIGHT - 6,
        "bars": drawn, "labels": labels, "lines": lines,
    }  # fmt: skip


def _ceiling(value: int) -> int:
    """The next number of the kind people read easily: 4, 8, 20, 40, 80, 200 …"""
    size = 1
    while True:
        for step in (4, 8, 20):
            if step * size >= value:
                return step * size
        size *= 10
