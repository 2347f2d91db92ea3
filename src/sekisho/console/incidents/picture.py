# ruff: noqa: E501 - SVG elements stand whole
"""An incident as a picture: its phases, what was written down, and the reports it asks for, on one line of time.

Hours matter at the beginning and weeks at the end, so the line is logarithmic in the hours since the beginning; its ticks say so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

WIDTH, LEFT, RIGHT, ROW, TOP = 960, 210, 24, 24, 34
_UNIT_HOURS: Final = 0.25
_TICKS: Final = ((0.25, "15 min"), (1, "1 h"), (4, "4 h"), (12, "12 h"), (24, "1 d"), (72, "3 d"), (168, "7 d"), (336, "14 d"),
                 (720, "30 d"), (2160, "90 d"), (8760, "365 d"))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment: what it is called, and the class that gives its colour."""

    at: datetime
    words: str
    css: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A report: from when, until when (None: no day named), when it was sent."""

    words: str
    starts: datetime | None
    due: datetime | None
    sent: datetime | None
    css: str


def timeline_svg(phases: Sequence[Mark], entries: Sequence[Mark], bars: Sequence[Bar], now: datetime) -> str:
    """The picture; every word in it is escaped here. Marks of the log carry their numbers, as the table below has them."""
    moments = [each.at for each in (*phases, *entries)]
    start = min(moments, default=now)
    ends = [*moments, now, *(bar.due for bar in bars if bar.due), *(bar.sent for bar in bars if bar.sent)]
    line = _Line(start, max([*ends, start + timedelta(hours=1)]))
    height = TOP + ROW * (2 + len(bars)) + 30
    title = _("The incident on a line of time")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
        f'class="line-of-time" aria-label="{escape(title)}">'
    ]
    parts += _ticks(line, height)
    parts += _phases(line, phases, now)
    parts += _entries(line, entries)
    for number, bar in enumerate(bars):
        parts += _bar(line, bar, TOP + ROW * (2 + number), now)
    x, now_words = line.at(now), escape(_("now"))
    parts.append(
        f'<line class="now" x1="{x}" x2="{x}" y1="{TOP - 6}" y2="{height - 24}"/><text class="now" x="{x}" y="{TOP - 10}" text-anchor="end">{now_words}</text></svg>'
    )
    return "".join(parts)


class _Line:
    """The line of time: where a moment stands on it."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self.start = start
        self.hours = (end - start).total_seconds() / 3600
        self._whole = math.log1p(self.hours / _UNIT_HOURS)

    def at(self, moment: datetime) -> float:
        return self.after((moment - self.start).total_seconds() / 3600)

    def after(self, hours: float) -> float:
        share = math.log1p(max(0.0, hours) / _UNIT_HOURS) / self._whole
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _ticks(line: _Line, height: int) -> list[str]:
    stamp = timezone.localtime(line.start).strftime("%Y-%m-%d %H:%M")
    drawn = [f'<text class="tick" x="{LEFT}" y="{height - 6}">{stamp}</text>']
    last = LEFT + 108.0
    for hours, words in _TICKS:
        if hours > line.hours:
            break
        x = line.after(hours)
        drawn.append(f'<line class="tick" x1="{x}" x2="{x}" y1="{TOP}" y2="{height - 22}"/>')
        if x > last + 34 and x < WIDTH - 20:
            drawn.append(f'<text class="tick" x="{x}" y="{height - 6}" text-anchor="middle">+{words}</text>')
            last = x
    return drawn


def _phases(line: _Line, phases: Sequence[Mark], now: datetime) -> list[str]:
    y = TOP
    words = escape(_("Phases"))
    drawn = [f'<text x="8" y="{y + 13}">{words}</text>']
    ordered = sorted(phases, key=lambda each: each.at)
    for number, mark in enumerate(ordered):
        end = ordered[number + 1].at if number + 1 < len(ordered) else now
        x, wide = line.at(mark.at), max(2.0, line.at(end) - line.at(mark.at))
        tip = f"{mark.words}: {timezone.localtime(mark.at):%Y-%m-%d %H:%M}"
        drawn.append(
            f'<rect class="phase {mark.css}" x="{x}" y="{y}" width="{wide:.1f}" height="17"><title>{escape(tip)}</title></rect>'
        )
        if wide > 7.5 * _wide(mark.words):
            drawn.append(f'<text class="phase" x="{x + 5}" y="{y + 13}">{escape(mark.words)}</text>')
    return drawn


def _wide(words: str) -> int:
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in words)


def _entries(line: _Line, entries: Sequence[Mark]) -> list[str]:
    y, words = TOP + ROW, escape(_("Log"))
    drawn = [
        f'<text x="8" y="{y + 13}">{words}</text>',
        f'<line class="rail" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y + 9}" y2="{y + 9}"/>',
    ]
    drawn += [
        f'<circle class="entry {mark.css}" cx="{line.at(mark.at)}" cy="{y + 9}" r="5"><title>{escape(mark.words)}</title></circle>'
        for mark in entries
    ]
    return drawn


def _bar(line: _Line, bar: Bar, y: int, now: datetime) -> list[str]:
    short = bar.words if _wide(bar.words) <= 28 else _cut(bar.words, 27) + "…"
    drawn = [f'<text x="8" y="{y + 13}"><title>{escape(bar.words)}</title>{escape(short)}</text>']
    if bar.starts is None:
        return drawn
    x = line.at(bar.starts)
    end = bar.sent or bar.due or now
    wide = max(3.0, line.at(max(end, bar.starts)) - x)
    drawn.append(
        f'<rect class="report {bar.css}" x="{x}" y="{y + 3}" width="{wide:.1f}" height="11"><title>{escape(bar.words)}</title></rect>'
    )
    if bar.due is not None:
        at = line.at(bar.due)
        drawn.append(f'<line class="due {bar.css}" x1="{at}" x2="{at}" y1="{y}" y2="{y + 17}"/>')
    if bar.sent is not None:
        drawn.append(f'<circle class="sent" cx="{line.at(bar.sent)}" cy="{y + 8.5}" r="5"/>')
    return drawn


def _cut(words: str, wide: int) -> str:
    kept, taken = "", 0
    for letter in words:
        taken += 2 if ord(letter) > 0x2E80 else 1
        if taken > wide:
            break
        kept += letter
    return kept
