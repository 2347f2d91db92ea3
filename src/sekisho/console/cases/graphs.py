"""Who traded with whom, and where coins went: graphs of the accounts of a case, laid out here and drawn as SVG by the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

import ibis
import networkx as nx

from sekisho.console.alerts.models import Alert
from sekisho.console.cases.books import Books, asked
from sekisho.console.cases.seen import ids_of

DRAWN_MAX: Final = 30
LISTED_MAX: Final = 200
_RING_MAX: Final = 10
_WIDTH, _EDGE = 640, 70


class Edge(NamedTuple):
    """From whom to whom, how often, how much of what, and what decides how thick it is drawn."""

    source: str
    target: str
    times: int
    quantity: Decimal
    unit: str
    weight: Decimal


def ring(alerts: Sequence[Alert]) -> list[dict[str, Any]]:
    """For each instrument of the alerts: who sold to whom among the accounts they name and those these traded with."""
    return asked(lambda there: [each for name in _instruments(alerts) if (each := _ring(there, alerts, name))]) or []


def flow(alerts: Sequence[Alert], ids: Sequence[str]) -> dict[str, Any] | None:
    """What the accounts of a case transferred in and out, by counterparty and asset, and the movements the alerts name."""
    return asked(lambda there: _flow(there, alerts, frozenset(ids)))


def _instruments(alerts: Sequence[Alert]) -> list[str]:
    return sorted({alert.instrument for alert in alerts if alert.instrument and alert.subject_kind.startswith("account")})


def _ring(there: Books, alerts: Sequence[Alert], instrument: str) -> dict[str, Any] | None:
    own = [alert for alert in alerts if alert.instrument == instrument]
    subjects = {each for alert in own for each in ids_of(alert)}
    if "trade" not in there.tables:
        return None
    key = ("ring", instrument, tuple(sorted(alert.alert_id for alert in own)))
    edges = there.once(key, lambda: _trades(there, own, instrument, subjects))
    return _drawn(edges, subjects, title=instrument) if edges else None


def _trades(there: Books, alerts: Sequence[Alert], instrument: str, subjects: set[str]) -> list[Edge]:
    t = there.of("trade").trade
    inside = ibis.or_(
        *((t.executed_at >= ibis.literal(a.window_from)) & (t.executed_at < ibis.literal(a.window_until)) for a in alerts)
    )
    mine = t.buy_account_id.isin(sorted(subjects)) | t.sell_account_id.isin(sorted(subjects))
    rows = (
        t.filter((t.instrument == instrument) & inside & mine)
        .group_by("sell_account_id", "buy_account_id")
        .aggregate(trades=lambda g: g.count(), quantity=lambda g: g.quantity.sum())
        .to_pyarrow()
        .to_pylist()
    )
    base = instrument.partition("/")[0]
    return _heaviest(
        Edge(row["sell_account_id"] or "?", row["buy_account_id"] or "?", row["trades"], row["quantity"], base, row["quantity"])
        for row in rows
    )


def _flow(there: Books, alerts: Sequence[Alert], ids: frozenset[str]) -> dict[str, Any] | None:
    key = ("flow", tuple(sorted(ids)), tuple(sorted(alert.alert_id for alert in alerts)))
    edges = there.once(key, lambda: _heaviest([*_transfers(there, ids), *_movements(there, alerts)]))
    return _drawn(edges, set(ids), title="") if edges else None


def _transfers(there: Books, ids: frozenset[str]) -> list[Edge]:
    if "transfer" not in there.tables or not ids:
        return []
    t = there.of("transfer").transfer
    rows = (
        t.filter(t.account_id.isin(sorted(ids)))
        .mutate(other=t.counterparty_vasp.fill_null(t.address))
        .group_by("account_id", "direction", "other", "asset")
        .aggregate(count=lambda g: g.count(), quantity=lambda g: g.quantity.sum(), value=lambda g: g.value_jpy.sum())
        .to_pyarrow()
        .to_pylist()
    )
    edges = []
    for row in rows:
        ends = (row["account_id"], row["other"])
        source, target = ends if row["direction"] == "out" else ends[::-1]
        edges.append(Edge(source, target, row["count"], row["quantity"], row["asset"], row["value"] or Decimal(0)))
    return edges


def _movements(there: Books, alerts: Sequence[Alert]) -> list[Edge]:
    """Movements on the chain that the alerts name: custody cases have them, and no account's transfer."""
    named = sorted({(i["table"], i["id"]) for alert in alerts for i in alert.evidence if i["table"] == "chain_movement"})
    rows = [row for some in there.rows(named).values() for row in some]
    return [Edge(r["from_address"] or "?", r["to_address"] or "?", 1, r["quantity"], r["asset"], r["quantity"]) for r in rows]


def _heaviest(edges: Any) -> list[Edge]:
    return sorted(edges, key=lambda edge: (-edge.weight, edge.source, edge.target, edge.unit))


def _drawn(edges: Sequence[Edge], subjects: set[str], *, title: str) -> dict[str, Any]:
    """The graph as plain content: nodes and arrows of the picture, edges of the table, and the places of all to move through."""
    shown, listed = edges[:DRAWN_MAX], edges[:LISTED_MAX]
    height = _height(len({name for edge in shown for name in edge[:2]}))
    places = _places(shown, subjects, height)
    most = max((edge.weight for edge in shown), default=Decimal(1)) or Decimal(1)
    both = {(edge.source, edge.target) for edge in shown}
    return {
        "title": title,
        "width": _WIDTH,
        "height": height,
        "nodes": [
            {
                "id": name,
                "label": _label(name),
                "x": x,
                "y": y,
                "aside": -14 if y < height / 2 else 22,  # names stand away from the middle, where the arrows are
                "own": name in subjects,
            }
            for name, (x, y) in places.items()
        ],
        "arrows": [_arrow(edge, places, most, (edge.target, edge.source) in both) for edge in shown],
        "edges": [
            {
                "source": e.source,
                "target": e.target,
                "count": e.times,
                "quantity": f"{e.quantity.normalize():,f}",
                "unit": e.unit,
                "width": _thick(e, most),
            }
            for e in listed
        ],
        "places": [
            {"id": name, "label": _label(name), "x": x, "y": y, "own": name in subjects}
            for name, (x, y) in (_apart(listed, subjects, height) if len(listed) > len(shown) else places).items()
        ],
        "count": len(edges),
        "undrawn": len(edges) - len(shown),
        "unlisted": max(0, len(edges) - LISTED_MAX),
    }


def _label(name: str) -> str:
    return name if len(name) <= 16 else f"{name[:7]}…{name[-6:]}"


def _thick(edge: Edge, most: Decimal) -> float:
    return round(1 + 5 * math.sqrt(edge.weight / most), 1)


def _height(nodes: int) -> int:
    return 150 if nodes <= 2 else 300 if nodes <= 6 else 440


def _places(edges: Sequence[Edge], subjects: set[str], height: int) -> dict[str, tuple[float, float]]:
    """A ring for few, a force layout from that ring for many; the same graph always lies the same way."""
    places = _laid(_graph(edges, subjects))
    reach = max((abs(float(value)) for place in places.values() for value in place), default=1.0) or 1.0
    across, down = _WIDTH / 2 - _EDGE, height / 2 - _EDGE / 2
    return {
        name: (round(_WIDTH / 2 + across * float(x) / reach, 1), round(height / 2 + down * float(y) / reach, 1))
        for name, (x, y) in places.items()
    }


def _apart(edges: Sequence[Edge], subjects: set[str], height: int) -> dict[str, tuple[float, float]]:
    """Places for many: what hangs together is laid by itself, and these lie beside each other in rows, the largest first."""
    whole = _graph(edges, subjects)
    parts = sorted(nx.connected_components(whole), key=lambda part: (-len(part), min(part)))
    across = max(math.sqrt(1.5 * len(whole)), math.sqrt(len(parts[0])))
    places, x, y, wide, deep = {}, 0.0, 0.0, 0.0, 0.0
    for part in parts:
        side = math.sqrt(len(part))
        if x + side > 1.05 * across:
            x, y, deep = 0.0, y + deep, 0.0
        laid = _laid(_graph([edge for edge in edges if edge.source in part], subjects))
        reach = max((abs(float(value)) for place in laid.values() for value in place), default=1.0) or 1.0
        for name, place in laid.items():
            places[name] = tuple(at + side * (0.5 + 0.42 * float(value) / reach) for at, value in zip((x, y), place, strict=True))
        x, wide, deep = x + side, max(wide, x + side), max(deep, side)
    return {name: (round(_WIDTH * left / wide, 1), round(height * down / (y + deep), 1)) for name, (left, down) in places.items()}


def _graph(edges: Sequence[Edge], subjects: set[str]) -> Any:
    """Who is joined to whom, in one order however the edges came: the same graph is laid the same way."""
    graph = nx.Graph()
    graph.add_nodes_from(sorted({name for edge in edges for name in edge[:2]}, key=lambda name: (name not in subjects, name)))
    graph.add_edges_from(sorted({tuple(sorted(edge[:2])) for edge in edges if edge.source != edge.target}))
    return graph


def _laid(graph: Any) -> Mapping[str, Any]:
    places: Mapping[str, Any] = nx.circular_layout(graph)
    if len(graph) > _RING_MAX:
        places = nx.spring_layout(graph, pos=places, seed=1, iterations=80, k=1.6 / math.sqrt(len(graph)))
    return places


def _arrow(edge: Edge, places: Mapping[str, tuple[float, float]], most: Decimal, is_mutual: bool) -> dict[str, Any]:
    (x0, y0), (x1, y1) = places[edge.source], places[edge.target]
    width = _thick(edge, most)
    told = f"{edge.source} → {edge.target}: {edge.quantity.normalize():,f} {edge.unit} ({edge.times})"
    if edge.source == edge.target:
        path = f"M{x0 - 6:.1f} {y0 - 8:.1f}C{x0 - 34:.1f} {y0 - 46:.1f} {x0 + 34:.1f} {y0 - 46:.1f} {x0 + 6:.1f} {y0 - 8:.1f}"
        return {"path": path, "width": width, "told": told}
    long = math.hypot(x1 - x0, y1 - y0) or 1.0
    along, aside = ((x1 - x0) / long, (y1 - y0) / long), 22.0 if is_mutual else 0.0
    bend = ((x0 + x1) / 2 - aside * along[1], (y0 + y1) / 2 + aside * along[0])
    start, end = (x0 + 9 * along[0], y0 + 9 * along[1]), (x1 - 13 * along[0], y1 - 13 * along[1])
    path = f"M{start[0]:.1f} {start[1]:.1f}Q{bend[0]:.1f} {bend[1]:.1f} {end[0]:.1f} {end[1]:.1f}"
    return {"path": path, "width": width, "told": told}
