"""A whole exchange: people, listings, a market, custody books and transfers, written as one folder of records."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from importlib.metadata import version
from operator import itemgetter
from pathlib import Path

import numpy as np

from sekisho import __version__
from sekisho.simulation.answer_key import Scheme, write_answer_key
from sekisho.simulation.books import BalanceFile, Books
from sekisho.simulation.chain import Chain
from sekisho.simulation.columns import write
from sekisho.simulation.compliance import write_checks
from sekisho.simulation.counterparties import counterparty_rows
from sekisho.simulation.custody import Custody
from sekisho.simulation.custody_failures import Failures
from sekisho.simulation.custody_office import keep_office
from sekisho.simulation.firm import firm_rows
from sekisho.simulation.frauds import Frauds
from sekisho.simulation.kernel import Longs
from sekisho.simulation.listings import listings, value_paths
from sekisho.simulation.market import Market, Progress
from sekisho.simulation.options import Options
from sekisho.simulation.outflows import Outflows
from sekisho.simulation.population import population
from sekisho.simulation.registers import References, entries, write_listed, write_who
from sekisho.simulation.transfers import VASPS, Transfers, newcomers

PEOPLE, LISTED, VALUES, PLANS, DETAILS, BOOKS, NEWCOMERS, OFFICE, OUTFLOWS, FRAUDS = range(1, 11)
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
    paths = value_paths(listed, len(options.trading_days), stream(VALUES))
    new = newcomers(options, people, stream(NEWCOMERS))
    told_of = entries(options, listed, stream(DETAILS))
    market = Market(
        options, people, listed, paths, new, stream(PLANS), told_of
    )  # first: its news moves the values that references quote
    references = References(options, listed, paths, stream(DETAILS))
    books = Books(people, listed)
    books.remember(market.days(out, progress))
    kept = _keep_books(options, out, market, books, references, new, (stream(BOOKS), stream(OFFICE)), progress)
    schemes = market.schemes + kept.schemes
    rows = {
        **write_who(out, people, stream(DETAILS), kept.persons),
        **write_checks(out, people),
        **write_listed(out, listed, told_of, market.halts),
        "order_event": market.log.events,
        "trade": market.log.trades,
        "reference_price": references.write(out),
        **kept.rows,
        **market.registers.write(out),
    }
    write_answer_key(out, schemes)
    told = Counter(f"{each.rule} {each.kind}" for each in schemes if each.took_place)
    simulated = Simulated(rows, dict(sorted(told.items())))
    _describe(out, options, simulated, market)
    return simulated


@dataclass(frozen=True, slots=True)
class _Kept:
    """The tables of custody, transfers and the firm, and what was planted in them."""

    rows: dict[str, int]
    schemes: list[Scheme]
    persons: list[str]


def _keep_books(
    options: Options, out: Path, market: Market, books: Books, references: References,
    new: Longs, streams: tuple[np.random.Generator, np.random.Generator], progress: Progress,
) -> _Kept:  # fmt: skip
    """Play the book days: customers' balances, wallets and chain, transfers, the firm's own items; then the office's registers."""
    random, of_office = streams
    books.open(new, random)
    chain, failures = Chain(random), Failures(options, market.listed, random)
    late = [int(each) for each in new]
    frauds = Frauds(options, market.people, market.listed, books, np.random.default_rng([options.seed, FRAUDS]), market.free, late)
    transfers = Transfers(options, market.people, market.listed, references, books, chain, random, new, frauds)
    if not options.clean:
        transfers.plan(market.free, late, min(200, max(4, options.accounts // 100)))
    frauds.plan()
    custody = Custody(options, market.listed, books, chain, failures, random)
    balances = BalanceFile(out)
    outflows = Outflows(options, chain, np.random.default_rng([options.seed, OUTFLOWS]))
    for day in range(len(options.book_days)):
        if day >= options.history:
            books.trade(books.days[day - options.history])
        custody.begin(day)
        outflows.play(day, custody)
        custody.play(day, transfers, references, balances)
        progress("books", day + 1, len(options.book_days))
    balances.close()
    custody.close()
    volumes = [0] * options.history + [each.volume_jpy for each in books.days]
    requests = transfers.numbered()
    planted = outflows.finish(requests, [each.scheme for each in failures.episodes])
    office = keep_office(options, market.listed, chain, requests, of_office)
    events = transfers.events + market.registers.rows.pop("account_event", [])
    rows = {
        "customer_balance": balances.rows,
        "wallet": write(out, "wallet", [each.row() for each in chain.wallets]),
        "wallet_balance": write(out, "wallet_balance", chain.observations),
        "chain_movement": write(out, "chain_movement", sorted(chain.movements, key=itemgetter("occurred_at", "txid"))),
        "transfer": write(out, "transfer", requests),
        "account_event": write(out, "account_event", sorted(events, key=itemgetter("occurred_at", "account_id"))),
        "money_trust": write(out, "money_trust", custody.trust),
        "firm_balance": write(out, "firm_balance", firm_rows(options.book_days, failures, custody.required, volumes, random)),
    }
    others = counterparty_rows(requests, VASPS, options.book_days[0], office.persons[0])
    rows |= {name: write(out, name, each) for name, each in (office.rows | others).items()}
    schemes = transfers.schemes + frauds.schemes + [each.scheme for each in failures.episodes] + office.schemes + planted
    return _Kept(rows, schemes, office.persons)


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
