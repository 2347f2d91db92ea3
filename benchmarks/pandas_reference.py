"""The heavy part of the market rules in pandas, as somebody who knows pandas would write it: codes instead of texts,
no row loops but the one an order book needs.

Three pieces, each with a result that Sekisho's own answer is held against:

* wash trading: trades between accounts of one interest, and the flows of which rings are made;
* matched orders: pairs that met oftener in a window than their own activity explains;
* layering: the life of every order, the best prices after every event (sorted dictionaries: pandas has no book), and the
  orders of one trader and side that were withdrawn together.

Run: ``python -m benchmarks.pandas_reference FOLDER`` prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sortedcontainers import SortedDict

DAY, WEEK = 86_400, 604_800
JAPAN = 9 * 3600
TURNS_MIN, FLOW_SHARE_MIN, MET_MIN, EXCESS_MIN = 2, 0.1, 3, 3.0
TOGETHER_MICROSECONDS = 2_000_000
OWNING = ("same_owner", "household", "controls")
UNIT = 10**8
NOBODY = -1
WORDS = ("side", "action", "order_type", "aggressor_side")

TRADE_COLUMNS = [
    "trade_id",
    "sequence",
    "executed_at",
    "instrument",
    "price",
    "quantity",
    "buy_order_id",
    "sell_order_id",
    "buy_account_id",
    "sell_account_id",
    "aggressor_side",
]
EVENT_COLUMNS = [
    "sequence",
    "occurred_at",
    "instrument",
    "order_id",
    "account_id",
    "side",
    "action",
    "order_type",
    "price",
    "quantity",
]


class Books(NamedTuple):
    """The two market tables with texts as codes, and the accounts' owners."""

    event: pd.DataFrame
    trade: pd.DataFrame
    accounts: pd.Index
    instruments: list[str]
    tie: np.ndarray


class Names(NamedTuple):
    """What the codes of a column that ends so stand for."""

    account_id: pa.Array
    instrument: pa.Array
    order_id: pa.Array


class Side(NamedTuple):
    """The price levels of one side of a book, and how often each price was swept."""

    levels: SortedDict
    swept: dict[int, int]

    def sweep(self, price: int) -> None:
        """Forget the orders at a price."""
        self.swept[price] = self.swept.get(price, 0) + 1


class Resting(NamedTuple):
    """What is left of an order on the book; ``age`` counts the sweeps of its price before it came."""

    side: Side
    price: int
    quantity: int
    age: int


def main() -> None:
    """Do all the work on a folder and print results and seconds."""
    folder = Path(sys.argv[1])
    seconds: dict[str, float] = {}
    books = timed("read", lambda: read(folder), seconds)
    results = {
        "tied": timed("wash: tied trades", lambda: digest(tied_trades(books)), seconds),
        "flows": timed("wash: flows", lambda: digest(circulating_flows(books)), seconds),
        "meetings": timed("matched: meetings", lambda: digest(frequent_meetings(books)), seconds),
    }
    stream = timed("layering: sort", lambda: stream_of(books), seconds)
    results["lives"] = timed("layering: lives", lambda: lives(stream), seconds)
    results["best"] = timed("layering: best prices", lambda: digest(best_prices(stream)), seconds)
    timed("layering: withdrawn together", lambda: withdrawn_together(books, stream), seconds)
    print(json.dumps({"results": results, "seconds": seconds}))


def timed(name: str, work: Callable[[], Any], seconds: dict[str, float]) -> Any:
    """Do some work and note how long it took."""
    began = time.perf_counter()
    answer = work()
    seconds[name] = round(time.perf_counter() - began, 2)
    return answer


def digest(rows: Iterator[str]) -> list[Any]:
    """How many rows, and a hash of them in order."""
    hashed, count = blake2b(digest_size=8), 0
    for row in rows:
        hashed.update(row.encode())
        count += 1
    return [count, hashed.hexdigest()]


def read(folder: Path) -> Books:
    """Read the market tables; prices and quantities become whole numbers of 1e-8, texts become codes."""
    trade, event = table(folder, "trade", TRADE_COLUMNS), table(folder, "order_event", EVENT_COLUMNS)
    account = table(folder, "account", ["account_id", "party_id"]).to_pandas()
    links = table(folder, "party_link", ["party_id", "linked_party_id", "relation"]).to_pandas()
    instruments = sorted(set(pc.unique(event["instrument"]).to_pylist()) | set(pc.unique(trade["instrument"]).to_pylist()))
    names = Names(pa.array(account.account_id), pa.array(instruments), pc.unique(event["order_id"]))
    return Books(frame(event, names), frame(trade, names), pd.Index(account.account_id), instruments, ties(account, links))


def table(folder: Path, name: str, columns: list[str]) -> pa.Table:
    """Some columns of a table that may be one file or a folder of parts."""
    path = folder / f"{name}.parquet"
    return pq.read_table(path if path.exists() else folder / name, columns=columns)


def frame(source: pa.Table, names: Names) -> pd.DataFrame:
    """A data frame of numbers and codes; Arrow's own hash tables find the codes."""
    columns: dict[str, Any] = {}
    for name in source.column_names:
        column = source[name]
        if pa.types.is_decimal(column.type):
            scaled = pc.multiply(column.cast(pa.decimal128(18, 8)), pa.scalar(UNIT, pa.decimal128(9, 0)))
            columns[name] = pc.fill_null(scaled.cast(pa.int64()), NOBODY).to_numpy()
        elif pa.types.is_timestamp(column.type):
            columns[name] = column.cast(pa.int64()).to_numpy()
        elif kind := next((kind for kind in Names._fields if name.endswith(kind)), None):
            columns[name] = pc.fill_null(pc.index_in(column, value_set=getattr(names, kind)), NOBODY).to_numpy()
        elif name in WORDS:
            columns[name] = column.dictionary_encode().unify_dictionaries().to_pandas()
        else:
            columns[name] = column.to_pandas()
    return pd.DataFrame(columns, copy=False)


def ties(account: pd.DataFrame, links: pd.DataFrame) -> np.ndarray:
    """A number for the group of each account: one interest through any chain of links."""
    graph = nx.Graph()
    graph.add_edges_from(links[links.relation.isin(OWNING)][["party_id", "linked_party_id"]].itertuples(index=False))
    group = {party: min(component) for component in nx.connected_components(graph) for party in component}
    return pd.factorize(account.party_id.map(lambda party: group.get(party, party)))[0]


def tied_trades(books: Books) -> Iterator[str]:
    """Trades whose two accounts are in one group."""
    trade = known(books.trade)
    together = books.tie[trade.buy_account_id] == books.tie[trade.sell_account_id]
    yield from sorted(trade.trade_id[together])


def known(trade: pd.DataFrame) -> pd.DataFrame:
    """Trades whose two accounts are on record."""
    return trade[(trade.buy_account_id >= 0) & (trade.sell_account_id >= 0)]


def sides(trade: pd.DataFrame, seconds: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The trades with their window, and what each account bought and sold in it."""
    timed_trades = trade.assign(window=(trade.executed_at // 1_000_000 + JAPAN) // seconds)
    both = []
    for side in ("buy", "sell"):
        groups = timed_trades.groupby(["instrument", "window", f"{side}_account_id"], observed=True, sort=False)
        both.append(groups.quantity.agg(["size", "sum"]).rename_axis(["instrument", "window", "account"]).reset_index())
    return timed_trades, *both


def circulating_flows(books: Books) -> Iterator[str]:
    """Who sold how much to whom, where both are a good part of each one's trading and both turn their position."""
    trade, bought, sold = sides(known(books.trade), DAY)
    place = ["instrument", "window"]
    turning = bought.merge(sold, on=[*place, "account"], suffixes=("_bought", "_sold"))
    flow = trade[trade.buy_account_id != trade.sell_account_id]
    flow = flow.groupby([*place, "sell_account_id", "buy_account_id"], sort=False).quantity.sum().reset_index()
    seller = turning[[*place, "account", "sum_sold"]].rename(columns={"account": "sell_account_id"})
    buyer = turning[[*place, "account", "sum_bought"]].rename(columns={"account": "buy_account_id"})
    flow = flow.merge(seller, on=[*place, "sell_account_id"]).merge(buyer, on=[*place, "buy_account_id"])
    quantity, of_sold, of_bought = (flow[name] / UNIT for name in ("quantity", "sum_sold", "sum_bought"))
    heavy = flow[(quantity >= FLOW_SHARE_MIN * of_sold) & (quantity >= FLOW_SHARE_MIN * of_bought)]
    names, instruments = books.accounts, books.instruments
    rows = zip(heavy.instrument, heavy.window, heavy.sell_account_id, heavy.buy_account_id, strict=True)
    yield from sorted(f"{instruments[i]}|{w}|{names[s]}|{names[b]}\n" for i, w, s, b in rows)


def frequent_meetings(books: Books) -> Iterator[str]:
    """Pairs that met at least MET_MIN times in a week, and EXCESS_MIN times as often as their activity explains."""
    trade, bought, sold = sides(known(books.trade), WEEK)
    place, order = ["instrument", "window"], np.argsort(np.argsort(books.accounts.to_numpy(dtype=str)))
    buys_low = order[trade.buy_account_id] <= order[trade.sell_account_id]
    low = np.where(buys_low, trade.buy_account_id, trade.sell_account_id)
    high = np.where(buys_low, trade.sell_account_id, trade.buy_account_id)
    pair = trade[place].assign(low=low, high=high, low_bought=buys_low)
    met = pair[pair.low != pair.high].groupby([*place, "low", "high"], sort=False).low_bought.agg(["size", "sum"])
    met = met[met["size"] >= MET_MIN].rename(columns={"size": "met", "sum": "low_bought"}).reset_index()
    for label, counts in (("buys", bought), ("sells", sold)):
        for side in ("low", "high"):
            counted = counts[[*place, "account", "size"]].rename(columns={"account": side, "size": f"{side}_{label}"})
            met = met.merge(counted, on=[*place, side], how="left")
    met = met.fillna(0).merge(bought.groupby(place)["size"].sum().rename("market").reset_index(), on=place)
    likely = met[met.met >= EXCESS_MIN * expected(met)]
    names, instruments = books.accounts, books.instruments
    rows = zip(likely.instrument, likely.window, likely.low, likely.high, likely.met, strict=True)
    yield from sorted(f"{instruments[i]}|{w}|{names[a]}|{names[b]}|{n}\n" for i, w, a, b, n in rows)


def expected(met: pd.DataFrame) -> pd.Series:
    """How often the two would have met at random, their own meetings left out as far as they live by them."""
    share = np.minimum(met.met / (met.low_buys + met.low_sells), met.met / (met.high_buys + met.high_sells))
    total = pd.Series(0.0, index=met.index)
    for bought, sold, way in (
        (met.low_buys, met.high_sells, met.low_bought),
        (met.high_buys, met.low_sells, met.met - met.low_bought),
    ):
        own = way * share
        total += (bought - own + 1) * (sold - own + 1) / (met.market - own + 1)
    return total


def stream_of(books: Books) -> pd.DataFrame:
    """Events and trades of each instrument in the venue's order."""
    event = books.event.assign(kind=books.event.action.cat.rename_categories(str), contra=NOBODY, at=books.event.occurred_at)
    trade = books.trade.rename(columns={"buy_order_id": "order_id", "sell_order_id": "contra", "executed_at": "at"})
    kinds = pd.CategoricalDtype(["new", "replace", "cancel", "expire", "reject", "trade"])
    event["kind"] = event.kind.astype(kinds)
    trade = trade.assign(kind=pd.Categorical(["trade"], dtype=kinds).repeat(len(trade)), account_id=NOBODY)
    columns = ["instrument", "sequence", "at", "kind", "order_id", "contra", "account_id", "price", "quantity"]
    side = pd.concat([event.side, trade.aggressor_side.astype(event.side.dtype)], ignore_index=True)
    resting = pd.concat([event.order_type == "limit", pd.Series(True, index=trade.index)], ignore_index=True)
    whole = pd.concat([event[columns], trade[columns]], ignore_index=True).assign(side=side, resting=resting)
    return whole.sort_values(["instrument", "sequence"], kind="stable", ignore_index=True)


def lives(stream: pd.DataFrame) -> list[int]:
    """Orders that ever rested, those that ended, and all that was filled, in units of 1e-8."""
    event = stream[stream.kind != "trade"]
    shown = event[event.kind.isin(["new", "replace"]) & event.resting & (event.quantity > 0) & (event.price >= 0)]
    born = shown.groupby("order_id", sort=False).agg(at=("at", "first"), price=("price", "first"), lots=("quantity", "max"))
    gone = event[event.kind.isin(["cancel", "expire"])].groupby("order_id", sort=False)["at"].last()
    trade = stream[stream.kind == "trade"]
    legs = pd.concat([trade[["order_id", "quantity"]], trade[["contra", "quantity"]].set_axis(["order_id", "quantity"], axis=1)])
    filled = legs[legs.order_id >= 0].groupby("order_id", sort=False).quantity.sum()
    whole = born.join(gone.rename("gone"))
    return [len(whole), int(whole.gone.notna().sum()), int(filled.reindex(whole.index, fill_value=0).sum())]


def best_prices(stream: pd.DataFrame) -> Iterator[str]:
    """A hash of best bid and ask after every event, one line for each instrument."""
    starts = np.flatnonzero(np.r_[True, stream.instrument.to_numpy()[1:] != stream.instrument.to_numpy()[:-1]])
    for start, stop in zip(starts, [*starts[1:], len(stream)], strict=True):
        yield blake2b(book_of(stream.iloc[start:stop]).tobytes(), digest_size=8).hexdigest()


def book_of(stream: pd.DataFrame) -> np.ndarray:
    """Best bid and ask after each event of one instrument; -1 where a side is empty.

    A trade proves that nothing better rested on the passive side: what the book still shows there is swept away.
    """
    bids, asks = Side(SortedDict(), {}), Side(SortedDict(), {})
    left: dict[int, Resting] = {}
    best = np.empty((len(stream), 2), np.int64)
    columns = ("kind", "side", "resting", "price", "quantity", "order_id", "contra")
    codes = [stream[name].astype(str) if name in ("kind", "side") else stream[name] for name in columns]
    for row, (kind, side, resting, price, quantity, order, contra) in enumerate(zip(*(c.tolist() for c in codes), strict=True)):
        if kind == "trade":
            for leg in (order, contra):
                if leg in left:
                    change(left, leg, left[leg].quantity - quantity)
            if side == "buy":
                while asks.levels and asks.levels.peekitem(0)[0] < price:
                    asks.sweep(asks.levels.popitem(0)[0])
            elif side == "sell":
                while bids.levels and bids.levels.peekitem(-1)[0] > price:
                    bids.sweep(bids.levels.popitem(-1)[0])
        elif kind != "reject" and (resting or kind in ("cancel", "expire")):
            if order in left:
                change(left, order, 0)
            if kind in ("new", "replace") and quantity > 0:
                own = bids if side == "buy" else asks
                left[order] = Resting(own, price, quantity, own.swept.get(price, 0))
                own.levels[price] = own.levels.get(price, 0) + quantity
        best[row] = bids.levels.peekitem(-1)[0] if bids.levels else -1, asks.levels.peekitem(0)[0] if asks.levels else -1
    return best


def change(left: dict[int, Resting], order: int, now: int) -> None:
    """What is left of an order after an event; an empty price level goes, an order swept away is gone already."""
    was = left.pop(order)
    if was.age != was.side.swept.get(was.price, 0):
        return
    now = max(now, 0)
    was.side.levels[was.price] += now - was.quantity
    if was.side.levels[was.price] == 0:
        del was.side.levels[was.price]
    if now:
        left[order] = was._replace(quantity=now)


def withdrawn_together(books: Books, stream: pd.DataFrame) -> int:
    """How many times a trader withdrew orders of one side within two seconds of each other."""
    cancel = stream[(stream.kind == "cancel") & (stream.account_id >= 0)]
    cancel = cancel.assign(owner=books.tie[cancel.account_id]).sort_values(["instrument", "owner", "side", "at"], kind="stable")
    same = (cancel[["instrument", "owner", "side"]] == cancel[["instrument", "owner", "side"]].shift()).all(axis=1)
    begins = ~same | (cancel["at"].diff() > TOGETHER_MICROSECONDS)
    episodes = cancel.assign(episode=begins.cumsum()).groupby("episode", sort=False)
    return int((episodes.agg(orders=("order_id", "nunique"), levels=("price", "nunique"), gone=("at", "last")).levels > 1).sum())


if __name__ == "__main__":
    main()
