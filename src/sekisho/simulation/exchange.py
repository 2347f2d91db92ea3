"""A whole exchange: people, listings, a market, custody books and transfers, written as one folder of records."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from sekisho import __version__
from sekisho.simulation.answer_key import write_answer_key
from sekisho.simulation.listings import listings, value_paths
from sekisho.simulation.market import Market, Progress
from sekisho.simulation.options import Options
from sekisho.simulation.population import population
from sekisho.simulation.registers import References, write_listed, write_who

PEOPLE, LISTED, VALUES, PLANS, DETAILS, BOOKS = range(1, 7)
"""What randomness is for: each use has its own stream, so that one may change without the others."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """What was written: rows of each table, and lines of the answer key by rule and kind."""

    rows: dict[str, int]
    schemes: dict[str, int]


def simulate(options: Options, out: Path, progress: Progress = lambda _doing, _done, _all: None) -> Simulated:
    """Write the exchange that ``options`` describe into ``out``. The same options give the same bytes."""
    out.mkdir(parents=True, exist_ok=True)

    def stream(use: int) -> np.random.Generator:
        return np.random.default_rng([options.seed, use])

    people = population(options, stream(PEOPLE))
    listed = listings(options, stream(LISTED))
    paths = value_paths(listed, options.days, stream(VALUES))
    references = References(options, listed, paths, stream(DETAILS))
    market = Market(options, people, listed, paths, stream(PLANS))
    moved = list(market.days(out, progress))
    assert len(moved) == options.days
    rows = {
        **write_who(out, people, stream(DETAILS)),
        **write_listed(out, options, listed, stream(DETAILS)),
        "order_event": market.log.events,
        "trade": market.log.trades,
        "reference_price": references.write(out),
    }
    write_answer_key(out, market.schemes)
    told = Counter(f"{each.rule} {each.kind}" for each in market.schemes if each.window_from is not None)
    simulated = Simulated(rows, dict(sorted(told.items())))
    _describe(out, options, simulated, market)
    return simulated


def _describe(out: Path, options: Options, simulated: Simulated, market: Market) -> None:
    """Write ``simulation.json``: what was asked for, with which versions, and what came of it."""
    content = {
        "options": {**asdict(options), "start": str(options.start)},
        "versions": {"sekisho": __version__, **{name: version(name) for name in ("numba", "numpy", "pyarrow")}},
        "rows": simulated.rows,
        "order_actions": dict(sorted(market.log.actions.items())),
        "schemes": simulated.schemes,
    }
    (out / "simulation.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
