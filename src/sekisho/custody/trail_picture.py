# ruff: noqa: E501 - SVG elements stand whole
"""The trail of an outflow as one picture: wallets on the left, each hop a column further right, coins as bands between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from html import escape

from sekisho.rulebook.texts import Text
from sekisho.typologies.outflow_trail import BUSY, OWN, Step, Trail

COLUMN, ROW, LEFT, TOP, BOX_WIDTH, BOX_HEIGHT = 196, 54, 16, 50, 148, 40
ROWS_MAX = 12
_BAND_MAX = 16

_HOP = Text("hop {n}", "{n}ホップ目")
_OUTFLOW = Text("outflow", "流出先")
_WALLETS = Text("wallets", "自社ウォレット")
_MORE = Text("and {n} more", "ほか{n}件")
_WHY = {BUSY: Text("service?", "サービスか"), OWN: Text("own wallet", "自社ウォレット")}


def short_address(address: str) -> str:
    """An address as a reader can compare it: its first and last letters."""
    return address if len(address) <= 18 else f"{address[:9]}…{address[-6:]}"


def trail_svg(trail: Trail, named: Mapping[str, str], lang: str) -> str:
    """The trail as SVG. ``named`` gives the firm's addresses their wallet ids; of a crowded column the largest are drawn."""
    arrived = _arrived(trail.steps)
    columns = _columns(trail.steps, arrived)
    rows = max((len(each) for each in columns.values()), default=1)
    width, height = LEFT * 2 + COLUMN * (len(columns) - 1) + BOX_WIDTH, TOP + rows * ROW + 20
    place = {a: (LEFT + c * COLUMN, TOP + r * ROW) for c, each in columns.items() for r, a in enumerate(each)}
    hidden = {c: len(_members(trail.steps, c)) - len(each) for c, each in columns.items()}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img" class="trail">',
        "<style>.trail text{font:12px sans-serif;fill:#1b1f24}.trail .q{fill:#57606a;font-size:11px}"
        ".trail .band{stroke:#c2410c;stroke-opacity:.45;fill:none}.trail .box{fill:#fff;stroke:#8c959f}"
        ".trail .own{fill:#e6f4f1;stroke:#0f766e}.trail .end{fill:#fff4ed;stroke:#c2410c;stroke-width:1.6}</style>",
    ]
    parts += [_heading(c, hidden[c], lang) for c in columns]
    parts += _bands(trail.steps, place)
    ends = {end.address: end for end in trail.ends}
    for address, (x, y) in place.items():
        end = ends.get(address)
        css = "own" if address in named else "end" if end else "box"
        label = named.get(address) or short_address(address)
        note = _quantity(arrived.get(address, {})) if address not in named or address in arrived else ""
        if end is not None and end.why in _WHY:
            note = f"{note} · {_said(_WHY[end.why], lang)}"
        parts.append(
            f'<g><title>{escape(address)}</title><rect class="box {css}" x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="5"/>'
            f'<text x="{x + 8}" y="{y + 17}">{escape(label)}</text><text class="q" x="{x + 8}" y="{y + 32}">{escape(note)}</text></g>'
        )
    return "".join(parts) + "</svg>"


def _said(text: Text, lang: str) -> str:
    return text.ja if lang == "ja" else text.en


def _heading(column: int, hidden: int, lang: str) -> str:
    words = _said(_WALLETS if column == 0 else _OUTFLOW if column == 1 else _HOP, lang).format(n=column - 1)
    if hidden > 0:
        words += f" ({_said(_MORE, lang).format(n=hidden)})"
    return f'<text class="q" x="{LEFT + column * COLUMN}" y="{TOP - 18}">{escape(words)}</text>'


def _arrived(steps: Sequence[Step]) -> dict[str, dict[str, Decimal]]:
    arrived: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for step in steps:
        arrived[step.to_address][step.asset] += step.quantity
    return arrived


def _members(steps: Sequence[Step], column: int) -> list[str]:
    first: dict[str, int] = {}
    for step in steps:
        if step.hop == 0:
            first.setdefault(step.from_address, 0)
        first.setdefault(step.to_address, step.hop + 1)
    return [address for address, at in first.items() if at == column]


def _columns(steps: Sequence[Step], arrived: Mapping[str, Mapping[str, Decimal]]) -> dict[int, list[str]]:
    last = max((step.hop for step in steps), default=0) + 1
    columns = {}
    for column in range(last + 1):
        members = _members(steps, column)
        if members:
            largest = sorted(members, key=lambda a: (-sum(arrived.get(a, {}).values(), Decimal(0)), a))
            columns[column] = largest[:ROWS_MAX]
    return columns


def _bands(steps: Sequence[Step], place: Mapping[str, tuple[int, int]]) -> list[str]:
    carried: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    whole: dict[str, Decimal] = defaultdict(Decimal)
    for step in steps:
        carried[step.from_address, step.to_address, step.asset] += step.quantity
        if step.hop == 0:
            whole[step.asset] += step.quantity
    drawn = []
    for (giver, taker, asset), quantity in carried.items():
        if giver in place and taker in place and whole[asset]:
            (x1, y1), (x2, y2) = place[giver], place[taker]
            thick = max(1, round(_BAND_MAX * quantity / whole[asset], 1))
            a, b, middle = x1 + BOX_WIDTH, x2, BOX_HEIGHT // 2
            bend = (a + b) // 2
            drawn.append(
                f'<path class="band" stroke-width="{thick}" d="M{a} {y1 + middle}C{bend} {y1 + middle} {bend} {y2 + middle} {b} {y2 + middle}">'
                f"<title>{escape(asset)} {quantity.normalize():f}</title></path>"
            )
    return drawn


def _quantity(by_asset: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{asset} {quantity.normalize():,f}" for asset, quantity in sorted(by_asset.items()))
