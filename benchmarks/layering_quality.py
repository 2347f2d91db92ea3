"""Layering: false findings on real flow, recall of schemes planted into it, and the labelled account-level set beside its peer."""

from __future__ import annotations

import csv
import gzip
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from sekisho.engine.answers import Found
from sekisho.engine.controls import load_control
from sekisho.engine.order_streams import order_streams
from sekisho.records import Records, open_records, records_of
from sekisho.records.convert import Options, convert
from sekisho.rulebook import load_rulebook
from sekisho.typologies.order_book import BestPrices, best_prices

RULE = "unfair_trading/layering"
Assumed = Mapping[str, Decimal | date] | None
STARTING, CLOSING = 6_512, 6_518
SATOSHI = 100_000_000
PEER_SCORE, ORDINARY = 0.5, 460
SARAO_DAY = date(2010, 5, 6)
"""The sequence is older than the prohibition for crypto-assets; it is judged as if the prohibition had been in force."""
SECOND = 1_000  # the capture counts milliseconds
TEST = range(11, 16)
"""Seeds reported. The shape was settled on seeds 1 to 3."""


class Event(NamedTuple):
    """A row of the order channel or, with ``action`` trade, of the trade channel. Times in ms, price in USD, lots in satoshi."""

    at: int
    action: str
    order: str
    side: str
    price: int
    lots: int
    account: str | None = None
    seller: str | None = None
    seller_account: str | None = None


@dataclass(frozen=True)
class Planted:
    """A scheme or a look-alike: its events and, for a scheme, the orders shown."""

    name: str
    events: tuple[Event, ...]
    shown: frozenset[str]


class Market(NamedTuple):
    """The untouched capture: its events, the best prices after each, and sizes as planting needs them."""

    events: tuple[Event, ...]
    times: np.ndarray
    best: BestPrices
    large: int

    def touch(self, at: int, side: str) -> int:
        """Best price of a side at a moment."""
        place = int(np.searchsorted(self.times, at, "right")) - 1
        return int((self.best.bid if side == "buy" else self.best.ask)[place])


# --- the capture


def capture(folder: Path) -> Market:
    """All order rows but the closing ones, and the trades, each after the order rows received by then."""
    with gzip.open(folder / "orders.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[:-CLOSING]
    sides, actions = {"bid": "buy", "ask": "sell"}, {"created": "new", "changed": "replace", "deleted": "cancel"}
    events = [
        Event(int(r["timestamp"]), actions[r["action"]], r["id"], sides[r["direction"]], int(Decimal(r["price"])), lots)
        for r in rows
        for lots in [_lots(r["volume"])]
    ]
    start = [event._replace(at=events[STARTING].at - 1) for event in events[:STARTING]]
    events = start + events[STARTING:]
    with (folder / "trades.csv").open(encoding="utf-8") as file:
        trades = [
            Event(int(r["timestamp"]), "trade", r["buy_order_id"], r["side"], price, _lots(r["amount"]), None, r["sell_order_id"])
            for r in csv.DictReader(file)
            for price in [int(Decimal(r["price"]))]
        ]
    merged = tuple(sorted(events + trades, key=lambda event: event.at))
    lots = sorted(event.lots for event in merged[STARTING:] if event.action == "new")
    book = next(iter(order_streams(records_of(tables(merged, list(range(len(merged))), unnamed)))))
    return Market(merged, np.array([event.at for event in merged]), best_prices(book), lots[int(len(lots) * 0.99)])


def _lots(text: str) -> int:
    return round(Decimal(text) * SATOSHI)


Names = Callable[[Event], tuple[str | None, str | None]]


def tables(events: tuple[Event, ...], sequences: list[int], named: Names) -> dict[str, pa.Table]:
    """The events as record tables. ``named`` gives the accounts of an order (and none) or of buyer and seller."""
    rows = [(sequence, event, *named(event)) for sequence, event in zip(sequences, events, strict=True)]
    orders, trades = [row for row in rows if row[1].action != "trade"], [row for row in rows if row[1].action == "trade"]
    order_event = {
        "event_id": [f"E{row[0]}" for row in orders],
        "order_id": [row[1].order for row in orders],
        "account_id": pa.array([row[2] for row in orders], pa.string()),
        "side": [row[1].side for row in orders],
        "action": [row[1].action for row in orders],
        "order_type": ["limit"] * len(orders),
        "quantity": _decimals([0 if row[1].action == "cancel" else row[1].lots for row in orders]),
    }
    trade = {
        "trade_id": [f"T{row[0]}" for row in trades],
        "quantity": _decimals([row[1].lots for row in trades]),
        "buy_order_id": [row[1].order for row in trades],
        "sell_order_id": pa.array([row[1].seller for row in trades], pa.string()),
        "buy_account_id": pa.array([row[2] for row in trades], pa.string()),
        "sell_account_id": pa.array([row[3] for row in trades], pa.string()),
        "aggressor_side": [row[1].side for row in trades],
    }
    return {
        "order_event": pa.table({**order_event, **_common(orders, "occurred_at")}),
        "trade": pa.table({**trade, **_common(trades, "executed_at")}),
    }


def _common(rows: list[tuple[int, Event, str | None, str | None]], moment: str) -> dict[str, pa.Array]:
    return {
        "sequence": pa.array([row[0] for row in rows], pa.int64()),
        moment: pa.array([row[1].at * 1_000 for row in rows], pa.int64()).cast(pa.timestamp("us", "UTC")),
        "instrument": pa.array(["BTC/USD"] * len(rows), pa.string()),
        "price": _decimals([row[1].price * SATOSHI for row in rows]),
    }


def _decimals(satoshi: list[int]) -> pa.Array:
    return pa.array([Decimal(value).scaleb(-8) for value in satoshi], pa.decimal128(24, 8))


# --- what is planted


class Play:
    """Writes the events of one planted scheme or look-alike."""

    def __init__(self, market: Market, random: Random, name: str) -> None:
        self.market, self.random, self.name = market, random, name
        self.events: list[Event] = []
        self.shown: set[str] = set()
        self.orders = 0

    def order(self, at: float, side: str, price: int, lots: float, account: str) -> str:
        self.orders += 1
        name = f"{self.name}-{self.orders}"
        self.events.append(Event(int(at), "new", name, side, price, int(lots), account))
        return name

    def cancel(self, at: float, name: str) -> None:
        placed = next(event for event in self.events if event.order == name)
        self.events.append(placed._replace(at=int(at), action="cancel"))

    def taken(self, at: float, name: str, lots: float, account: str) -> None:
        """Somebody takes from the resting order: his order, then the trade."""
        resting = next(event for event in self.events if event.order == name)
        side = "sell" if resting.side == "buy" else "buy"
        taker = self.order(at - 1, side, resting.price, lots, account)
        pair = ((taker, account), (name, resting.account)) if side == "buy" else ((name, resting.account), (taker, account))
        (buyer, buying), (seller, selling) = pair
        self.events.append(Event(int(at), "trade", buyer, side, resting.price, int(lots), buying, seller, selling))

    def done(self) -> Planted:
        return Planted(self.name, tuple(self.events), frozenset(self.shown))


@dataclass(frozen=True)
class Grade:
    """How plainly a scheme is played. Sizes in the 99th percentile of the capture's orders, times in seconds."""

    size: tuple[float, float]
    single: tuple[float, float]
    away: tuple[int, int]
    shown: tuple[float, float]
    placing: float
    reaction: tuple[float, float]
    going: float
    genuine: tuple[float, float]


GRADES = {
    "blatant": Grade((1.5, 4), (4, 10), (1, 5), (1, 8), 0.2, (0.005, 0.2), 0.05, (0.05, 0.3)),
    "subtle": Grade((0.8, 1.6), (2, 3.5), (3, 15), (4, 40), 1.2, (0.1, 0.8), 0.3, (0.03, 0.15)),
}


def scheme(market: Market, random: Random, name: str, kind: str, grade: Grade) -> Planted:
    """Single-level, multi-level or cycled layering."""
    play = Play(market, random, name)
    first, last = market.times[STARTING] + 60 * SECOND, market.times[-1] - 300 * SECOND
    at, side = random.uniform(first, last), random.choice(["buy", "sell"])
    levels = 1 if kind == "single" else random.randint(3, 6)
    for _ in range(random.randint(3, 5) if kind == "cycled" else 1):
        at = _cycle(play, at, side, levels, grade) + random.uniform(5, 40) * SECOND
    return play.done()


def _cycle(play: Play, at: float, side: str, levels: int, grade: Grade) -> float:
    """Genuine order, show, somebody is drawn, show withdrawn."""
    random, market, account = play.random, play.market, f"{play.name}-trader"
    other, down = ("sell", -1) if side == "buy" else ("buy", 1)
    large = market.large
    sizes = [random.uniform(*(grade.single if levels == 1 else grade.size)) * large for _ in range(levels)]
    genuine = play.order(at, other, market.touch(int(at), other), sum(sizes) * random.uniform(*grade.genuine), account)
    begun, away = at + random.uniform(0.05, 0.5) * SECOND, random.randint(*grade.away)
    moments = sorted(begun + random.uniform(0, grade.placing) * SECOND for _ in range(levels))
    shown = [
        play.order(moment, side, market.touch(int(moment), side) + down * (away + level * random.randint(1, 4)), lots, account)
        for level, (moment, lots) in enumerate(zip(moments, sizes, strict=True))
    ]
    play.shown.update(shown)
    drawn = moments[-1] + random.uniform(*grade.shown) * SECOND
    play.taken(drawn, genuine, _lots_of(play, genuine), f"{play.name}-victim")
    gone = drawn + random.uniform(*grade.reaction) * SECOND
    for name in shown:
        play.cancel(gone + random.uniform(0, grade.going) * SECOND, name)
    return gone


def _lots_of(play: Play, name: str) -> int:
    return next(event.lots for event in play.events if event.order == name)


def two_sided_maker(market: Market, random: Random, name: str) -> Planted:
    """Look-alike: large quotes on both sides, renewed every few seconds, hit now and then."""
    play = Play(market, random, name)
    at = random.uniform(market.times[STARTING] + 60 * SECOND, market.times[-1] - 300 * SECOND)
    for _ in range(random.randint(5, 15)):
        life, quotes = random.uniform(1, 8) * SECOND, []
        for side, down in (("buy", -1), ("sell", 1)):
            for level in range(3):
                price = market.touch(int(at), side) + down * (1 + 2 * level)
                quotes.append(play.order(at + random.uniform(0, 30), side, price, random.uniform(1, 2) * market.large, name))
        if random.random() < 0.3:
            play.taken(at + life - random.uniform(50, 500), random.choice(quotes), market.large / 5, f"{name}-client")
        for quote in quotes:
            play.cancel(at + life + random.uniform(0, 30), quote)
        at += life + random.uniform(5, 60)
    return play.done()


def iceberg(market: Market, random: Random, name: str) -> Planted:
    """Look-alike: equal large pieces at one price, each filled before the next shows; the last is withdrawn."""
    play = Play(market, random, name)
    at = random.uniform(market.times[STARTING] + 60 * SECOND, market.times[-1] - 300 * SECOND)
    side, lots = random.choice(["buy", "sell"]), random.uniform(1, 3) * market.large
    price = market.touch(int(at), side)
    for _ in range(random.randint(4, 8)):
        piece = play.order(at, side, price, lots, name)
        at += random.uniform(2, 15) * SECOND
        play.taken(at, piece, _lots_of(play, piece), f"{name}-client")
        at += random.uniform(1, 50)
    rest = play.order(at, side, price, lots, name)
    play.cancel(at + random.uniform(5, 60) * SECOND, rest)
    return play.done()


def filled_ladder(market: Market, random: Random, name: str) -> Planted:
    """Look-alike: profit taken in steps; most of the ladder fills, what is left is withdrawn at once."""
    play = Play(market, random, name)
    at = random.uniform(market.times[STARTING] + 60 * SECOND, market.times[-1] - 300 * SECOND)
    side = random.choice(["buy", "sell"])
    down, levels = (-1 if side == "buy" else 1), random.randint(4, 7)
    touch = market.touch(int(at), side)
    sizes = [random.uniform(1, 3) * market.large for _ in range(levels)]
    ladder = [play.order(at + 20 * step, side, touch + down * 2 * step, lots, name) for step, lots in enumerate(sizes)]
    for step in range(levels - random.randint(0, 2)):
        at += random.uniform(2, 20) * SECOND
        play.taken(at, ladder[step], _lots_of(play, ladder[step]), f"{name}-client")
    filled = {event.order for event in play.events if event.action == "trade"} | {event.seller for event in play.events}
    for step in ladder:
        if step not in filled:
            play.cancel(at + random.uniform(1, 5) * SECOND, step)
    return play.done()


def flicker(market: Market, random: Random, name: str) -> Planted:
    """Look-alike: large orders that live less than 100 ms, many times, as three quarters of real ones do."""
    play = Play(market, random, name)
    at = random.uniform(market.times[STARTING] + 60 * SECOND, market.times[-1] - 300 * SECOND)
    side = random.choice(["buy", "sell"])
    down = -1 if side == "buy" else 1
    for _ in range(random.randint(10, 40)):
        price = market.touch(int(at), side) + down * random.randint(0, 4)
        quote = play.order(at, side, price, random.uniform(1, 3) * market.large, name)
        play.cancel(at + random.uniform(1, 99), quote)
        at += random.uniform(0.1, 3) * SECOND
    return play.done()


LOOK_ALIKES: tuple[Callable[[Market, Random, str], Planted], ...] = (two_sided_maker, iceberg, filled_ladder, flicker)


def planted(market: Market, seed: int, severity: str) -> list[Planted]:
    """Nine schemes of each kind and three look-alikes of each kind."""
    random = Random(f"{seed} {severity}")
    kinds = [kind for kind in ("single", "multi", "cycled") for _ in range(3)]
    schemes = [scheme(market, random, f"S{n}{kind}", kind, GRADES[severity]) for n, kind in enumerate(kinds)]
    alike = [make(market, random, f"L{n}{make.__name__}") for n, make in enumerate(LOOK_ALIKES * 3)]
    return schemes + alike


# --- judging


def unnamed(event: Event) -> tuple[str | None, str | None]:
    """As the capture is: no account anywhere."""
    return None, None


class BySize:
    """Stand-in accounts for the capture: all orders of exactly one size are one account's. Planted orders keep their own."""

    def __init__(self, market: Market) -> None:
        self.of = {event.order: f"A{event.lots}" for event in reversed(market.events) if event.action == "new"}

    def __call__(self, event: Event) -> tuple[str | None, str | None]:
        first = event.account or self.of.get(event.order)
        return first, (event.seller_account or self.of.get(event.seller or "")) if event.seller else None


def detect(recorded: dict[str, pa.Table], assumed: Assumed = None) -> list[Found]:
    """What the rule finds in tables in memory."""
    return detect_in(records_of(recorded), assumed)


def detect_in(records: Records, assumed: Assumed = None) -> list[Found]:
    """What the rule finds, under the regime in force on the day."""
    (rule,) = load_rulebook().matching(RULE)
    control = load_control(rule).detect
    assert control is not None
    day = date(2026, 11, 20)
    parameters = rule.parameters_in("PSA-2026", day, day, assumed or {})
    return list(control(records, parameters))


class Judged(NamedTuple):
    """Counts of one or more runs."""

    schemes: int
    recalled: int
    look_alikes: int
    flagged: int
    false: int

    def __add__(self, other: Judged) -> Judged:  # type: ignore[override]
        return Judged(*(a + b for a, b in zip(self, other, strict=True)))


def judged(plants: list[Planted], found: list[Found]) -> Judged:
    """A scheme is recalled when findings name at least half of the orders shown; a false finding names nothing planted."""
    evidence = [{one.id for one in finding.evidence if one.table == "order"} for finding in found]
    every: set[str] = set().union(*evidence) if evidence else set()
    schemes, alike = [p for p in plants if p.shown], [p for p in plants if not p.shown]
    ours = set().union(*({event.order for event in p.events} for p in plants)) if plants else set()
    recalled = sum(2 * len(p.shown & every) >= len(p.shown) for p in schemes)
    flagged = sum(bool({event.order for event in p.events} & every) for p in alike)
    return Judged(len(schemes), recalled, len(alike), flagged, sum(not orders & ours for orders in evidence))


class Host:
    """The capture as tables, to which plants are added without writing it anew."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.by_size = BySize(market)
        places = [1_000 * place for place in range(len(market.events))]
        self.tables = {"unnamed": tables(market.events, places, unnamed), "named": tables(market.events, places, self.by_size)}

    def with_plants(self, plants: list[Planted], variant: str) -> dict[str, pa.Table]:
        """The capture with these plants, each event right after what was received by then."""
        events = tuple(sorted((event for plant in plants for event in plant.events), key=lambda event: event.at))
        places = np.searchsorted(self.market.times, [event.at for event in events], "right")
        sequences = [1_000 * int(place) - 999 + n % 998 for n, place in enumerate(places)]
        names = unnamed if variant == "unnamed" else lambda event: (event.account, event.seller_account)
        added = tables(events, sequences, names)
        host = self.tables[variant]
        return {name: pa.concat_tables([rows, added[name]], promote_options="default") for name, rows in host.items()}


def real_flow(host: Host, seeds: range, assumed: Assumed = None) -> Iterator[str]:
    """Untouched, then planted."""
    created = sum(event.action == "new" for event in host.market.events[STARTING:])
    yield f"{'Bitstamp 2026, untouched':<34}{'new orders':>12}{'findings':>10}{'per 10,000':>12}"
    for variant in ("unnamed", "named"):
        false = len(detect(host.tables[variant], assumed))
        yield f"{variant:<34}{created:>12,}{false:>10}{1e4 * false / created:>12.2f}"
    head = f"{'schemes':>9}{'recall':>9}{'look-alikes':>13}{'flagged':>9}{'false per 10,000':>18}"
    yield f"\n{f'planted, seeds {seeds[0]} to {seeds[-1]}':<34}{head}"
    for variant in ("unnamed", "named"):
        for severity in GRADES:
            total = Judged(0, 0, 0, 0, 0)
            for seed in seeds:
                plants = planted(host.market, seed, severity)
                total += judged(plants, detect(host.with_plants(plants, variant), assumed))
            recall, rate = total.recalled / total.schemes, 1e4 * total.false / created / len(seeds)
            yield (
                f"{f'{severity}, {variant}':<34}{total.schemes:>9}{recall:>9.3f}{total.look_alikes:>13}"
                f"{total.flagged / total.look_alikes:>9.3f}{rate:>18.2f}"
            )


# --- the labelled account-level set


def labelled(folder: Path) -> Iterator[str]:
    """Precision, recall and F1 over cancelled order ids, both account files, true quantities and all quantities one."""
    wanted = {row["id"] for row in _rows(folder, "labels.csv") if row["scored_in"] == "cancelled_order"}
    cancelled = {row["order_id"] for row in _rows(folder, "orders.csv") if row["status"] == "Cancelled"}
    large = {row["order_id"] for row in _rows(folder, "orders.csv") if row["status"] == "Cancelled" and int(row["qty"]) > ORDINARY}
    yield f"\n{'account-level set, cancelled orders':<50}{'findings':>9}{'P':>8}{'R':>8}{'F1':>8}"
    for same in (False, True):
        for accounts in ("with_links", "without_links"):
            found = _found_in(folder, accounts, every_quantity_one=same)
            named = {one.id for finding in found for one in finding.evidence if one.table == "order"} & cancelled
            yield _line(f"this rule, {accounts}{', every quantity 1' if same else ''}", len(found), named, wanted)
    peer = _rows(folder, "peer_alerts_rerun.csv")
    alerts = [row for row in peer if row["detector"].startswith("Spoofing") and float(row["score"]) >= PEER_SCORE]
    told = {one for row in alerts for one in row["ids"].split(";")}
    yield _line("the peer, run again on these files", None, told & cancelled, wanted)
    yield f"{'the peer, as published (own draw)':<50}{'':>9}{0.016:>8.3f}{0.053:>8.3f}{0.024:>8.3f}"
    yield _line("one line: cancelled and quantity over 460", None, large, wanted)


def sarao(folder: Path) -> Iterator[str]:
    """The order sequence of CFTC v. Sarao: 25 layered sell orders in five cycles."""
    wanted = {row["id"] for row in _rows(folder, "labels.csv")}
    found = _found_in(folder, "auto", every_quantity_one=False, assumed={"prohibited_since": SARAO_DAY})
    named = {one.id for finding in found for one in finding.evidence if one.table == "order"}
    scores = ", ".join(str(finding.score) for finding in found)
    count = f"{len(named & wanted)} of {len(wanted)} orders, {len(named - wanted)} others"
    yield f"\nCFTC v. Sarao: {count}, {len(found)} findings, score {scores}"


def _line(name: str, findings: int | None, named: set[str], wanted: set[str]) -> str:
    right = len(named & wanted)
    precision, recall = right / len(named) if named else 0.0, right / len(wanted)
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return f"{name:<50}{'' if findings is None else findings:>9}{precision:>8.3f}{recall:>8.3f}{f1:>8.3f}"


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    plain = folder / name
    if plain.exists():
        with plain.open(encoding="utf-8") as file:
            return list(csv.DictReader(file))
    with gzip.open(folder / f"{name}.gz", "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _found_in(folder: Path, accounts: str, *, every_quantity_one: bool, assumed: Assumed = None) -> list[Found]:
    with TemporaryDirectory() as scratch:
        source, out = Path(scratch) / "source", Path(scratch) / "records"
        source.mkdir()
        for name in ("orders.csv", "executions.csv", "instruments.csv", "accounts_with_links.csv", "accounts_without_links.csv"):
            if not (folder / name).exists() and not (folder / f"{name}.gz").exists():
                continue
            rows = _rows(folder, name)
            if every_quantity_one:
                rows = [{**row, "qty": "1"} if "qty" in row else row for row in rows]
            with (source / name).open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        convert("account-orders", source, out, Options({"accounts": accounts}))
        with open_records(out, threads=2) as records:
            return detect_in(records, assumed)


def table(data: Path) -> Iterator[str]:
    """All of it."""
    yield from real_flow(Host(capture(data / "market" / "bitstamp_2026")), TEST)
    yield from labelled(data / "market" / "account_abuse")
    yield from sarao(data / "market" / "account_abuse" / "sarao")


if __name__ == "__main__":
    where = Path(os.environ.get("SEKISHO_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    if not where.is_dir():
        sys.exit(f"no reference data at {where}; set SEKISHO_DATA")
    for line in table(where):
        print(line, flush=True)
