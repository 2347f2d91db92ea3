"""Trades with both sides named: the small sets of trades that surveillance looks at one by one, exact and in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

if TYPE_CHECKING:
    from sekisho.records import Records

_EXACT = Context(prec=80)  # the default 28 digits would round a price times a quantity
_JAPAN = timedelta(hours=9)
_SECONDS_AHEAD = 9 * 3600


class Trade(NamedTuple):
    """One row of ``trade`` with both accounts known. Price and quantity are exact."""

    trade_id: str
    sequence: int
    executed_at: datetime
    instrument: str
    price: Decimal
    quantity: Decimal
    buy_order_id: str | None
    sell_order_id: str | None
    buy_account_id: str
    sell_account_id: str

    @property
    def day(self) -> date:
        """The Japan date of the trade."""
        return (self.executed_at + _JAPAN).date()

    @property
    def notional(self) -> Decimal:
        """Price times quantity, in the quote asset."""
        return _EXACT.multiply(self.price, self.quantity)

    @property
    def meeting(self) -> tuple[str, str]:
        """The two orders that met; several fills of the same two orders are one meeting."""
        return self.buy_order_id or self.trade_id, self.sell_order_id or self.trade_id

    @property
    def pair(self) -> tuple[str, str]:
        """The two accounts, in order of their names."""
        low, high = sorted((self.buy_account_id, self.sell_account_id))
        return low, high


def window_of(moment: datetime, seconds: int) -> int:
    """The number of the window of ``seconds`` a time falls in; windows start at midnight in Japan."""
    return (int(moment.timestamp()) + _SECONDS_AHEAD) // seconds


def collect(trade: Any) -> list[Trade]:
    """Bring a small Ibis table of trades into memory, in venue order."""
    columns = trade.select(*Trade._fields).to_pyarrow().sort_by([("sequence", "ascending"), ("trade_id", "ascending")])
    return list(map(Trade._make, zip(*(column.to_pylist() for column in columns.columns), strict=True)))


def between_known_accounts(trade: Any) -> Any:
    """The trades (Ibis) whose two accounts are both on record; the others cannot be judged by who traded."""
    return trade.filter(trade.buy_account_id.notnull(), trade.sell_account_id.notnull())


def since(trade: Any, day: date) -> Any:
    """The trades (Ibis) from the first moment of a Japan date on."""
    return trade.filter(trade.executed_at >= datetime(day.year, day.month, day.day, tzinfo=UTC) - _JAPAN)


def window_number(moment: Any, seconds: int) -> Any:
    """The number (Ibis int64) of the window of ``seconds`` a time falls in; windows start at midnight in Japan."""
    return ((moment.epoch_seconds().cast("int64") + _SECONDS_AHEAD) / seconds).floor().cast("int64")


def trades_within(records: Records, trade: Any, windows: Sequence[tuple[str, datetime, datetime]]) -> list[list[Trade]]:
    """The trades (Ibis) of each window (instrument, first moment, last moment, both included), in venue order.

    Accounts that the records do not name are None.
    """
    if not windows:
        return []
    names, first, last = zip(*windows, strict=True)
    moment = pa.timestamp("us", "UTC")
    table = pa.table(
        {
            "place": pa.array(range(len(windows)), pa.int64()),
            "of": pa.array(names, pa.string()),
            "first": pa.array(first, moment),
            "last": pa.array(last, moment),
        }
    )
    wanted = records.memory("windows", table)
    inside = [trade.instrument == wanted.of, trade.executed_at >= wanted.first, trade.executed_at <= wanted.last]
    rows = trade.join(wanted, inside).select("place", *Trade._fields).to_pyarrow()
    rows = rows.sort_by([("place", "ascending"), ("sequence", "ascending"), ("trade_id", "ascending")])
    found: list[list[Trade]] = [[] for _ in windows]
    for place, *columns in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        found[place].append(Trade._make(columns))
    return found


def runs(trades: Iterable[Trade], apart: timedelta) -> Iterator[list[Trade]]:
    """Split trades into continuous periods: a new one starts where two trades are more than ``apart`` from another."""
    run: list[Trade] = []
    for trade in sorted(trades, key=lambda t: (t.executed_at, t.sequence, t.trade_id)):
        if run and trade.executed_at - run[-1].executed_at > apart:
            yield run
            run = []
        run.append(trade)
    if run:
        yield run


def grouped(trades: Iterable[Trade], key: Callable[[Trade], Hashable]) -> dict[Any, list[Trade]]:
    """Trades by a key, keys in the order they first appear."""
    groups: dict[Any, list[Trade]] = defaultdict(list)
    for trade in trades:
        groups[key(trade)].append(trade)
    return dict(groups)


class YenValue:
    """What trades are worth in yen: the notional itself when the quote is yen, else at the last reference price.

    Built from the small tables ``instrument`` (may be empty: the quote is then read from the name BTC/JPY) and
    ``reference_price``, of which only the quote assets that are not yen are read.
    """

    def __init__(self, quotes: dict[str, str], prices: dict[str, list[tuple[datetime, Decimal]]]) -> None:
        self._quotes = quotes
        self._prices = prices

    def of(self, trades: Iterable[Trade]) -> Decimal | None:
        """Sum of the notionals in yen; None when one of them has no yen price at its time."""
        total = Decimal(0)
        for trade in trades:
            rate = self._rate(trade)
            if rate is None:
                return None
            total = _EXACT.add(total, _EXACT.multiply(trade.notional, rate))
        return total

    def _rate(self, trade: Trade) -> Decimal | None:
        quote = self._quotes.get(trade.instrument) or trade.instrument.rpartition("/")[2]
        if quote == "JPY":
            return Decimal(1)
        known = [price for quoted_at, price in self._prices.get(quote, ()) if quoted_at <= trade.executed_at]
        return known[-1] if known else None


def yen_value(instrument: Any, reference_price: Any, traded: Iterable[str]) -> YenValue:
    """Read what is needed to value trades of the ``traded`` instruments in yen (Ibis tables in, small memory out)."""
    wanted = sorted(set(traded))
    rows = instrument.filter(instrument.instrument.isin(wanted)).select("instrument", "quote_asset") if wanted else None
    quotes = {} if rows is None else {r["instrument"]: r["quote_asset"] for r in rows.to_pyarrow().to_pylist()}
    foreign = sorted({quotes.get(name) or name.rpartition("/")[2] for name in wanted} - {"JPY"})
    prices: dict[str, list[tuple[datetime, Decimal]]] = defaultdict(list)
    if foreign:
        quoted = reference_price.filter(reference_price.asset.isin(foreign))
        rows = quoted.select("asset", "quoted_at", "source", "price_jpy").to_pyarrow().to_pylist()
        for row in sorted(rows, key=lambda r: (r["asset"], r["quoted_at"], r["source"])):
            prices[row["asset"]].append((row["quoted_at"], row["price_jpy"]))
    return YenValue(quotes, dict(prices))
