"""One plot area: marks as SVG, words set around it in HTML so that they stay sharp, bilingual and readable.

Tones are names, not colours: the SVG refers to the page's own custom properties, so one picture serves light, dark and print.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar
from xml.etree import ElementTree

from markupsafe import Markup, escape

from sekisho.findings.report.typeset import JST, MONTHS, as_utc, number, rounded, same
from sekisho.rulebook.texts import Text

TONES = ("ink", "muted", "grid", "buy", "sell", "alarm", "calm", "accent", "wash")
"""The tones a mark may have; style.css gives each a colour per scheme as ``--tone-NAME``."""
_COLOUR_OF_TONE = {tone: f"#0000{index:02x}" for index, tone in enumerate(TONES, start=1)}
_TONE_OF_COLOUR = {colour: tone for tone, colour in _COLOUR_OF_TONE.items()}
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_NUMBER = re.compile(r"-?\d+\.\d+")
_SVG = "{http://www.w3.org/2000/svg}"
_LABEL_GAP_SHARE = 0.07
DRAWN_MAX = 400
TITLED_MAX = 150
_SHORT_FORMS = ((10**9, "B"), (10**6, "M"))
Item = TypeVar("Item")
Span = tuple[float, float]
Traded = tuple[float, float, float]
"""What an instrument traded at: epoch second, lowest and highest price."""


@dataclass(frozen=True, slots=True)
class Label:
    """Words at a place of the plot, in percent from its left and bottom edge. ``anchor``: start, middle or end."""

    x: float
    y: float
    text: Text
    anchor: str = "middle"
    tone: str = "ink"


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of the legend: the mark (line, bar, dot, dash), its tone and what it stands for."""

    mark: str
    tone: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A finished picture: marks, axis labels, words inside, legend, a title, and a sentence for those who cannot see it."""

    marks: Markup
    title: Text
    described: Text
    x_ticks: tuple[Label, ...] = ()
    y_ticks: tuple[Label, ...] = ()
    labels: tuple[Label, ...] = ()
    keys: tuple[Key, ...] = ()
    x_title: Text | None = None
    y_title: Text | None = None
    height: int = 240
    fixed_shape: bool = False

    def __post_init__(self) -> None:
        """Figures along an axis say what they are and in which unit."""
        assert self.x_title is not None or not self.x_ticks, self.title.en
        assert self.y_title is not None or not self.y_ticks, self.title.en

    @property
    def digits(self) -> int:
        """The length of the longest label of the y axis, for which the page leaves room."""
        return max((len(tick.text.en) for tick in self.y_ticks), default=0)


class Plot:
    """A plot area in the units of its subject; marks are added, then ``marks()`` gives the SVG."""

    def __init__(self, x: Span, y: Span, *, width: int = 720, height: int = 240, stretch: bool = True) -> None:
        self.x, self.y, self.stretch = _widened(x), _widened(y), stretch
        self.width, self.height = width, height
        self._marks: list[_Mark] = []

    @cached_property
    def _figure(self) -> Any:
        """What matplotlib draws: shapes, and lines that are dashed, stepped or leave the plot."""
        from matplotlib.backends.backend_svg import FigureCanvasSVG  # imported late: a second of start-up otherwise
        from matplotlib.figure import Figure

        figure = Figure(figsize=(self.width / 72, self.height / 72), dpi=72)
        FigureCanvasSVG(figure)
        return figure

    @cached_property
    def place(self) -> Any:
        """Units of the subject to points, for matplotlib."""
        from matplotlib.transforms import Affine2D

        (left, right), (bottom, top) = self.x, self.y
        return Affine2D().translate(-left, -bottom).scale(self.width / (right - left), self.height / (top - bottom))

    def across(self, value: float) -> float:
        """Where a value of the x axis lies, in percent of the width."""
        return round(100 * (value - self.x[0]) / (self.x[1] - self.x[0]), 2)

    def up(self, value: float) -> float:
        """Where a value of the y axis lies, in percent of the height."""
        return round(100 * (value - self.y[0]) / (self.y[1] - self.y[0]), 2)

    def line(self, xs: Sequence[float], ys: Sequence[float], tone: str, *, width: float = 1.5, stepped: bool = False,
             dashed: bool = False, title: str = "") -> None:  # fmt: skip
        """A line through the points; stepped where a value holds until the next one."""
        style = {"drawstyle": "steps-post" if stepped else "default", "dashes": (3, 2) if dashed else (None, None)}
        self._stroke(xs, ys, tone, width, title, **style)

    def segment(self, x: Span, y: float, tone: str, *, width: float, opacity: float = 1, title: str = "") -> None:
        """A horizontal bar from ``x[0]`` to ``x[1]``, its thickness in points."""
        self._stroke(x, (y, y), tone, width, title, alpha=opacity)

    def dots(self, points: Sequence[Span], tone: str, *, size: float = 6, titles: Sequence[str] = ()) -> None:
        """Round dots that stay round however the page stretches the plot (line caps of lines without length)."""
        for index, (x, y) in enumerate(points):
            self._stroke((x, x), (y, y), tone, size, titles[index] if titles else "", solid_capstyle="round")

    def area(self, xs: Sequence[float], low: Sequence[float], high: Sequence[float], tone: str, *,
             opacity: float = 1, title: str = "") -> None:  # fmt: skip
        """The area between two lines over the same xs."""
        from matplotlib.patches import Polygon

        corners = [*zip(xs, high, strict=True), *zip(reversed(xs), reversed(low), strict=True)]
        self.patch(Polygon(corners, color=_COLOUR_OF_TONE[tone], alpha=opacity, linewidth=0, transform=self.place), title)

    def level(self, y: float, tone: str, *, width: float = 1, dashed: bool = False) -> None:
        """A line across the whole plot, such as a limit."""
        self.line(self.x, (y, y), tone, width=width, dashed=dashed)

    def moment(self, x: float, tone: str, *, width: float = 1, dashed: bool = False) -> None:
        """A line from bottom to top, such as a deadline."""
        self.line((x, x), self.y, tone, width=width, dashed=dashed)

    def patch(self, patch: Any, title: str = "") -> None:
        """Any matplotlib patch, in tones set by ``colour_of`` and placed by ``place``; below all lines."""
        self._draw(patch, _Mark(_BELOW, title))

    def marks(self) -> Markup:
        """The marks as one SVG element: paths only, rounded, coloured by tone, without ids."""
        if any(mark.path is None for mark in self._marks):
            self._drawn()
        paths = "".join(mark.path or "" for mark in sorted(self._marks, key=lambda mark: mark.layer))
        ratio = ' preserveAspectRatio="none"' if self.stretch else ""
        kind, box = "stretched" if self.stretch else "shaped", f"0 0 {self.width} {self.height}"
        return Markup(  # every part is a number, a tone name or escaped text
            f'<svg viewBox="{box}"{ratio} class="{kind}" aria-hidden="true" focusable="false">{paths}</svg>'
        )

    def _stroke(self, xs: Sequence[float], ys: Sequence[float], tone: str, width: float, title: str, **style: Any) -> None:
        """A line; written as it is where it is plain and inside the plot, for a picture has hundreds of them."""
        plain = style.get("drawstyle", "default") == "default" and style.get("dashes", (None, None)) == (None, None)
        points = self._points(xs, ys) if plain else []
        if points and all(-1 <= x <= self.width + 1 and -1 <= y <= self.height + 1 for x, y in points):
            shape = "M " + " L ".join(f"{x:.6f} {y:.6f}" for x, y in points)
            self._marks.append(_Mark(_ABOVE, title, _path(shape, _line_style(tone, width, style), title)))
            return
        from matplotlib.lines import Line2D

        style = {"solid_capstyle": "butt", "color": _COLOUR_OF_TONE[tone], "linewidth": width, **style}
        self._draw(Line2D(xs, ys, transform=self.place, **style), _Mark(_ABOVE, title))

    def _points(self, xs: Sequence[float], ys: Sequence[float]) -> list[Span]:
        """Places in points from the upper left corner."""
        (left, right), (bottom, top) = self.x, self.y
        across, up = self.width / (right - left), self.height / (top - bottom)
        shift, drop = -left * across, self.height - -bottom * up
        return [(x * across + shift, y * -up + drop) for x, y in zip(xs, ys, strict=True)]

    def _draw(self, artist: Any, mark: _Mark) -> None:
        """Leave a mark to matplotlib; its id leads back to it."""
        artist.set_gid(f"mark-{len(self._marks)}")
        self._marks.append(mark)
        self._figure.add_artist(artist, clip=False)

    def _drawn(self) -> None:
        """Fill in the paths of the marks that matplotlib draws; the page's own background is left out."""
        import matplotlib as mpl

        written = io.StringIO()
        with mpl.rc_context({"svg.hashsalt": "sekisho", "svg.fonttype": "none", "path.simplify": False}):
            self._figure.savefig(
                written, format="svg", transparent=True,
                metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
            )  # fmt: skip
        for group in ElementTree.fromstring(written.getvalue()).iter(f"{_SVG}g"):
            name = group.attrib.get("id", "")
            if name.startswith("mark-"):
                mark = self._marks[int(name.removeprefix("mark-"))]
                paths = (path.attrib for path in group.iter(f"{_SVG}path") if "d" in path.attrib)
                mark.path = "".join(_path(path["d"], path["style"], mark.title) for path in paths)


@dataclass(slots=True)
class _Mark:
    """One mark: its layer, the words shown when the pointer rests on it, and its path (None: matplotlib has it)."""

    layer: int
    title: str
    path: str | None = None


_BELOW, _ABOVE = 1, 2


def _line_style(tone: str, width: float, style: Mapping[str, Any]) -> str:
    opacity, cap = style.get("alpha", 1), style.get("solid_capstyle", "butt")
    parts = [f"fill: none; stroke: {_COLOUR_OF_TONE[tone]}"]
    parts += [f"stroke-opacity: {opacity}"] if opacity != 1 else []
    parts += [f"stroke-width: {width:f}"] if width != 1 else []
    return "; ".join([*parts, *([f"stroke-linecap: {cap}"] if cap != "butt" else [])])


def heaviest(items: Sequence[Item], weight: Callable[[Item], Decimal], count: int = DRAWN_MAX) -> list[Item]:
    """The ``count`` heaviest items in their own order: a picture of thousands of marks shows nothing and weighs megabytes."""
    if len(items) <= count:
        return list(items)
    kept = sorted(range(len(items)), key=lambda index: (-weight(items[index]), index))[:count]
    return [items[index] for index in sorted(kept)]


def only(drawn: int, of: int) -> Text:
    """Words that say a picture shows the heaviest only; nothing when it shows all."""
    if drawn == of:
        return Text("", "")
    return Text(f" The {drawn} largest of {number(of)} are drawn.", f"図は{number(of)}件のうち数量の大きい{drawn}件。")


def colour_of(tone: str) -> str:
    """The stand-in colour matplotlib draws a tone with, until the page's own colour replaces it."""
    return _COLOUR_OF_TONE[tone]


def _path(shape: str, style: str, title: str) -> str:
    shape = _NUMBER.sub(lambda m: _short(m[0]), " ".join(shape.split()))
    style = _NUMBER.sub(lambda m: _short(m[0]), style)
    style = _COLOUR.sub(lambda m: f"var(--tone-{_TONE_OF_COLOUR[m[0]]})", style).replace("; ", ";").replace(": ", ":")
    inner = f"><title>{escape(title)}</title></path>" if title else "/>"
    return f'<path d="{shape}" style="{style}"{inner}'


def _short(digits: str) -> str:
    """A coordinate to a tenth of a point: the same picture on every machine, in fewer bytes."""
    return f"{round(float(digits), 1):g}"


def _widened(span: Span) -> Span:
    """A span that has a length, even when all its values are one."""
    low, high = span
    if high > low:
        return span
    margin = abs(low) * 0.01 or 0.5
    return low - margin, high + margin


def padded(values: Sequence[float], share: float = 0.08) -> Span:
    """The span of the values with air on both sides."""
    low, high = _widened((min(values), max(values)))
    air = (high - low) * share
    return low - air, high + air


def grid(plot: Plot, ticks: Sequence[Label]) -> None:
    """A faint line at every tick of the y axis."""
    low, high = plot.y
    for tick in ticks:
        plot.level(low + (high - low) * tick.y / 100, "grid", width=0.75)


def market(plot: Plot, prices: Sequence[Traded]) -> None:
    """What the market traded at: a level until the next trade, a stroke where prices differed."""
    if not prices:
        return
    xs, ys = [], []
    middle = (prices[0][1] + prices[0][2]) / 2
    for at, low, high in prices:
        xs += [at] * 4
        ys += [middle, low, high, (low + high) / 2]
        middle = ys[-1]
    plot.line(xs, ys, "muted", width=1.25)


def number_ticks(plot: Plot, count: int = 5, *, percent: bool = False) -> tuple[Label, ...]:
    """Round values for the y axis, labelled with as many digits as the steps between them need."""
    from matplotlib.ticker import MaxNLocator

    low, high = plot.y
    scale = 100 if percent else 1
    found = [float(v) for v in MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]).tick_values(low * scale, high * scale)]
    step = Decimal(repr(round(found[1] - found[0], 12))).normalize() if len(found) > 1 else Decimal(1)
    exponent = step.as_tuple().exponent
    places = max(0, -exponent) if isinstance(exponent, int) else 0
    sign = "\u202f%" if percent else ""
    power, letter = next((each for each in _SHORT_FORMS if float(step) >= each[0] / 10), (1, ""))
    return tuple(
        Label(0, plot.up(v / scale), same(rounded(v / power, 2 if letter else places) + letter + sign), "end")
        for v in found
        if low <= v / scale <= high
    )


def time_ticks(plot: Plot, count: int = 5) -> tuple[Label, ...]:
    """Round instants for an x axis of epoch seconds: the time of day in UTC, or the Japan date when days are shown."""
    first, last = plot.x
    step = _time_step(plot, count)
    offset = JST.utcoffset(None).total_seconds() if step >= _DAY else 0
    tick = -(-(first + offset) // step) * step - offset
    ticks: list[Label] = []
    while tick <= last:
        at = plot.across(tick)
        anchor = "start" if at < 100 * _LABEL_GAP_SHARE else "end" if at > 100 * (1 - _LABEL_GAP_SHARE) else "middle"
        ticks.append(Label(at, 0, _moment(tick, step), anchor))
        tick += step
    return tuple(ticks)


def time_title(plot: Plot, first: datetime, count: int = 5) -> Text:
    """What the instants of ``time_ticks`` are: times of day in UTC of the day named, or Japan dates."""
    if _time_step(plot, count) >= _DAY:
        return JAPAN_DATE
    return Text(f"Time (UTC), from {first:%Y-%m-%d}", f"時刻（UTC）、{first:%Y-%m-%d}から")


JAPAN_DATE = Text("Japan date", "日付（日本時間）")


def price_title(instrument: str | None) -> Text:
    """The price axis with its unit, from the name of a pair such as BTC/JPY."""
    base, quote = _pair(instrument)
    return Text(f"Price ({quote} for 1 {base})", f"価格（1{base}当たり{quote}）") if base else Text("Price", "価格")


def amount_of(quantity: Decimal, instrument: str | None) -> Text:
    """A quantity with the asset it is counted in, where the pair names it."""
    return same(f"{number(quantity)} {_pair(instrument)[0]}".strip())


def _pair(instrument: str | None) -> tuple[str, str]:
    base, slash, quote = (instrument or "").partition("/")
    return (base, quote) if slash and quote else ("", "")


def _time_step(plot: Plot, count: int) -> float:
    first, last = plot.x
    return next((s for s in _TIME_STEPS if (last - first) / s <= count), _TIME_STEPS[-1])


_DAY = 86_400
_TIME_STEPS = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
    7200, 10_800, 21_600, 43_200, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 28 * _DAY, 91 * _DAY, 182 * _DAY, 365 * _DAY,
    730 * _DAY, 3650 * _DAY,
)  # fmt: skip


def _moment(seconds: float, step: float) -> Text:
    at = datetime.fromtimestamp(0, JST if step >= _DAY else UTC) + timedelta(seconds=seconds)
    if step >= _DAY:
        return Text(f"{at.day} {MONTHS[at.month - 1][:3]}", f"{at.month}/{at.day}")
    digits = f"{at:%H:%M}" if step >= 60 else f"{at:%H:%M:%S}"
    if step < 1:
        digits = f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}".rstrip("0")
    return Text(digits, digits)


def seconds(at: datetime) -> float:
    """An instant as epoch seconds, for an axis (microseconds survive: 53 bits are enough until the year 2255)."""
    return as_utc(at).timestamp()
