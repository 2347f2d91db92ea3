"""A picture as a file of its own: marks, axes with their units, legend and sentence in one SVG, in both languages."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from markupsafe import escape

from sekisho.findings.report.charts.canvas import Key, Label, Picture
from sekisho.rulebook.texts import Text

_WIDTH, _AREA = 900, 720
_LINE, _EDGE, _DIGIT = 18, 20, 7.2
_CHARACTERS_EN, _CHARACTERS_JA = 125, 64
_TONE = re.compile(r"--tone-([a-z]+): (#[0-9a-f]{6})")
_SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_ANCHORS = {"start": "start", "middle": "middle", "end": "end"}


def alone(picture: Picture) -> str:
    """The picture as SVG text that needs no page around it; the same picture gives the same bytes."""
    head = _head(picture)
    left = _EDGE + max(30.0, picture.digits * _DIGIT)
    top = (len(head) + 2.2) * _LINE
    width, height = _size(picture)
    parts = [_line(_EDGE, (n + 1.2) * _LINE, words, "title" if n == 0 else "quiet") for n, words in enumerate(head)]
    if picture.y_title is not None:
        parts.append(_line(_EDGE, top - 9, _both(picture.y_title), "axis"))
    parts.append(str(picture.marks).replace("<svg", f'<svg x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}"', 1))
    parts += [
        _line(left - 8, top + height * (1 - tick.y / 100) + 4, _both(tick.text), _ink(tick), "end") for tick in picture.y_ticks
    ]
    parts += [
        _line(left + width * label.x / 100, top + height * (1 - label.y / 100) + 4, _both(label.text), _ink(label), label.anchor)
        for label in picture.labels
    ]
    below = top + height
    if picture.x_ticks:
        below += _LINE
        parts += [_line(left + width * tick.x / 100, below, _both(tick.text), "axis", tick.anchor) for tick in picture.x_ticks]
    if picture.x_title is not None:
        below += _LINE
        parts.append(_line(left + width, below, _both(picture.x_title), "axis", "end"))
    for key in picture.keys:
        below += _LINE
        parts.append(_key(key, left, below))
    title, described, tall = escape(_both(picture.title)), escape(_both(picture.described)), below + _LINE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {tall:g}" width="{_WIDTH}" height="{tall:g}" role="img">'
        f"<title>{title}</title><desc>{described}</desc><style>{_style()}</style>"
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def _head(picture: Picture) -> list[str]:
    """Title and sentence, broken into lines."""
    en, ja = picture.described
    return [_both(picture.title), *textwrap.wrap(ja, _CHARACTERS_JA), *(textwrap.wrap(en, _CHARACTERS_EN) if en != ja else ())]


def _size(picture: Picture) -> tuple[float, float]:
    """The size of the plot area; a graph keeps the shape it was drawn in."""
    if not picture.fixed_shape:
        return _AREA, picture.height
    found = _SIZE.search(picture.marks)
    assert found is not None
    return _AREA, _AREA * float(found[2]) / float(found[1])


def _both(text: Text) -> str:
    return text.en if text.en == text.ja else f"{text.ja} / {text.en}"


def _ink(label: Label) -> str:
    return "alarm" if label.tone == "alarm" else "axis" if label.tone == "muted" else "ink"


def _line(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{_ANCHORS[anchor]}">{escape(words)}</text>'


def _key(key: Key, left: float, y: float) -> str:
    """One entry of the legend: the mark in its tone, then what it stands for."""
    middle, tone = y - 4, f"var(--tone-{key.tone})"
    strokes: Mapping[str, str] = {"line": '2"', "dash": '1.5" stroke-dasharray="4 3"', "bar": '8" opacity="0.82"'}
    if key.mark in strokes:
        mark = f'<path d="M{left:g} {middle:g}h18" stroke="{tone}" stroke-width="{strokes[key.mark]}/>'
    elif key.mark == "dot":
        mark = f'<circle cx="{left + 9:g}" cy="{middle:g}" r="4.5" fill="{tone}"/>'
    else:
        mark = f'<rect x="{left:g}" y="{middle - 5:g}" width="18" height="10" fill="var(--tone-wash)"/>'
    return mark + _line(left + 26, y, _both(key.text), "ink")


@cache
def _style() -> str:
    """The page's own tones on paper, and the type."""
    sheet = (files("sekisho.findings.report") / "templates" / "style.css").read_text(encoding="utf-8")
    tones: dict[str, str] = {}
    for name, colour in _TONE.findall(sheet):
        tones.setdefault(name, colour)
    return (
        f":root{{{';'.join(f'--tone-{name}:{colour}' for name, colour in tones.items())}}}"
        'text{font:12px system-ui,"Hiragino Sans","Noto Sans JP","Noto Sans CJK JP",sans-serif;fill:var(--tone-ink)}'
        ".title{font-weight:600;font-size:14px}.quiet,.axis{fill:#5b6470}.alarm{fill:var(--tone-alarm)}svg svg{overflow:visible}"
    )
