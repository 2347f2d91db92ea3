"""The graph of a wash group: accounts as nodes, what each sold to each as arrows weighted by volume."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sekisho.findings.report.charts.canvas import Key, Label, Picture, Plot, amount_of, colour_of, heaviest, only
from sekisho.findings.report.typeset import many, number
from sekisho.rulebook.texts import Text

_WIDTH, _HEIGHT, _PAIR_HEIGHT = 560, 300, 120
_NODE_SIZE, _ARROW_MAX = 16, 7.0
_RING_MAX = 12
_ARROWS_LABELLED_MAX = 6
_ARROWS_MAX = 60
_LABEL_BEND = 0.17
_REACH = 2.4
Row = Mapping[str, Any]
Arrow = tuple[str, str]


def draw(trades: Sequence[Row]) -> Picture | None:
    """The graph of the trades among themselves; None when no trade names both accounts."""
    volume: dict[Arrow, Decimal] = defaultdict(Decimal)
    count: dict[Arrow, int] = defaultdict(int)
    for trade in trades:
        seller, buyer = trade.get("sell_account_id"), trade.get("buy_account_id")
        if seller and buyer:
            volume[seller, buyer] += trade["quantity"]
            count[seller, buyer] += 1
    if not volume:
        return None
    described = _described(volume, count)
    volume = dict(heaviest(sorted(volume.items()), lambda arrow: arrow[1], _ARROWS_MAX))
    partly = only(len(volume), len(count))
    places = _places(sorted({account for arrow in volume for account in arrow}), volume)
    height = _HEIGHT if len(places) > 2 else _PAIR_HEIGHT
    edge = _REACH * height / _WIDTH
    plot = Plot((-_REACH, _REACH), (-edge, edge), width=_WIDTH, height=height, stretch=False)
    _arrows(plot, places, volume, count)
    plot.dots([places[account] for account in places], "ink", size=_NODE_SIZE, titles=list(places))
    return Picture(
        marks=plot.marks(),
        title=Text("Who sold to whom within the group", "グループ内の売買関係"),
        described=Text(described.en + partly.en, described.ja + partly.ja),
        labels=(*_names(plot, places), *_volumes(plot, places, volume)),
        keys=(Key("dot", "ink", Text("account", "口座")),
              Key("line", "sell", _scale(max(volume.values()), trades[0].get("instrument")))),
        height=height,
        fixed_shape=True,
    )  # fmt: skip


def _scale(largest: Decimal, instrument: str | None) -> Text:
    """What an arrow stands for and in which unit its figure is; the graph has no axes."""
    most = amount_of(largest, instrument)
    return Text(f"sold to (thicker: more volume, at most {most.en})", f"売却方向（太いほど数量大、最大{most.ja}）")


def _places(accounts: Sequence[str], volume: Mapping[Arrow, Decimal]) -> dict[str, tuple[float, float]]:
    """A ring for few accounts, a force layout from that ring (no random start) for many."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(_round(accounts, volume))
    graph.add_edges_from(sorted({tuple(sorted(arrow)) for arrow in volume if arrow[0] != arrow[1]}))
    places = nx.circular_layout(graph)
    if len(accounts) > _RING_MAX:
        places = nx.spring_layout(graph, pos=places, seed=1, iterations=60)
    if len(accounts) > 2:  # a pair stands side by side, a ring starts at the top
        places = {account: (-places[account][1], places[account][0]) for account in accounts}
    return {account: (round(float(places[account][0]), 3), round(float(places[account][1]), 3)) for account in accounts}


def _round(accounts: Sequence[str], volume: Mapping[Arrow, Decimal]) -> list[str]:
    """The accounts in the order the volume flows, so that a ring is drawn as one and its arrows do not cross."""
    waiting, order = list(accounts), [accounts[0]]
    waiting.remove(accounts[0])
    while waiting:
        here = order[-1]
        following = max(waiting, key=lambda account: (volume.get((here, account), Decimal(0)), -accounts.index(account)))
        order.append(following)
        waiting.remove(following)
    return order


def _arrows(plot: Plot, places: Mapping[str, tuple[float, float]], volume: Mapping[Arrow, Decimal],
            count: Mapping[Arrow, int]) -> None:  # fmt: skip
    from matplotlib.patches import FancyArrowPatch

    largest = max(volume.values()) or Decimal(1)
    for (seller, buyer), quantity in sorted(volume.items()):
        title = f"{seller} → {buyer}: {number(quantity)} ({count[seller, buyer]})"
        weight = 1 + (_ARROW_MAX - 1) * float(quantity / largest) ** 0.5
        if seller == buyer:
            _loop(plot, places[seller], weight, title)
            continue
        plot.patch(
            FancyArrowPatch(
                places[seller], places[buyer], connectionstyle="arc3,rad=0.16", arrowstyle="-|>", shrinkA=10, shrinkB=11,
                mutation_scale=8 + 1.4 * weight, linewidth=weight, color=colour_of("sell"), capstyle="butt",
                transform=plot.place,
            ),
            title,
        )  # fmt: skip


def _loop(plot: Plot, at: tuple[float, float], weight: float, title: str) -> None:
    """A trade of an account with itself, as a loop above its node."""
    from matplotlib.patches import Ellipse

    x, y = at
    loop = Ellipse((x, y + 0.2), 0.3, 0.4, fill=False, linewidth=weight, edgecolor=colour_of("sell"), transform=plot.place)
    plot.patch(loop, title)


def _names(plot: Plot, places: Mapping[str, tuple[float, float]]) -> tuple[Label, ...]:
    if len(places) > _RING_MAX * 2:
        return ()
    labels = []
    for account, (x, y) in places.items():
        anchor = "middle" if abs(x) < 0.35 else "start" if x > 0 else "end"
        aside = 0.0 if anchor == "middle" else 0.13 if x > 0 else -0.13
        above = 0.0 if anchor != "middle" else 0.19 if y > 0 else -0.19
        labels.append(Label(plot.across(x + aside), plot.up(y + above), Text(account, account), anchor))
    return tuple(labels)


def _volumes(plot: Plot, places: Mapping[str, tuple[float, float]], volume: Mapping[Arrow, Decimal]) -> tuple[Label, ...]:
    if len(volume) > _ARROWS_LABELLED_MAX:
        return ()
    labels = []
    for (seller, buyer), quantity in sorted(volume.items()):
        (x0, y0), (x1, y1) = places[seller], places[buyer]
        x, y = (x0 + x1) / 2 + _LABEL_BEND * (y1 - y0), (y0 + y1) / 2 - _LABEL_BEND * (x1 - x0)
        if seller == buyer:
            x, y = x0, y0 + 0.55
        labels.append(Label(plot.across(x), plot.up(y), Text(*[number(quantity)] * 2), "middle", "muted"))
    return tuple(labels)


def _described(volume: Mapping[Arrow, Decimal], count: Mapping[Arrow, int]) -> Text:
    accounts = len({account for arrow in volume for account in arrow})
    trades, quantity = sum(count.values()), number(sum(volume.values(), Decimal(0)))
    return Text(
        f"{many(accounts, 'account')} traded {quantity} among themselves in {many(trades, 'execution')}.",
        f"{accounts}口座の間で{trades}回、計{quantity}の約定。",
    )
