"""What customers are owed: opened so that nobody ever sells what they do not have, then moved by trades and transfers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sekisho.records import TABLES
from sekisho.simulation.columns import UNIT, ids, wide_decimals, words, writer
from sekisho.simulation.kernel import Longs
from sekisho.simulation.listings import Listing
from sekisho.simulation.order_log import Flows
from sekisho.simulation.population import HOUSE, MARKET_MAKER, OMNIBUS, Population

HOLDINGS_MAX = 4
MONEY = "JPY"
SMALLEST_HOLDING_UNITS = 1_000


@dataclass(frozen=True, slots=True)
class Moved:
    """What one day's trades moved, as cells that changed: account, listing, units; and yen by account."""

    account: Longs
    listing: Longs
    units: Longs
    yen: Longs
    volume_jpy: int


class Books:
    """Balances in units of eight places. ``owed[account, listing]`` and ``yen[account]`` are at the end of the last day played.

    ``free`` is the part that no later trade needs; only that part is ever withdrawn.
    """

    def __init__(self, people: Population, listed: Sequence[Listing]) -> None:
        self.people, self.listed = people, listed
        self.by_id = np.argsort(people.number)
        self._customers = people.kind != HOUSE
        shape = people.kind.size, len(listed)
        self._sum, self._lowest = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self._yen_sum, self._yen_lowest = np.zeros(shape[0], np.int64), np.zeros(shape[0], np.int64)
        self.days: list[Moved] = []

    def remember(self, flows: Iterable[Flows]) -> None:
        """Take in the trading days, to know what everybody must have had before the first."""
        for each in flows:
            self._sum += each.base
            self._yen_sum += each.yen
            np.minimum(self._lowest, self._sum, out=self._lowest)
            np.minimum(self._yen_lowest, self._yen_sum, out=self._yen_lowest)
            account, listing = np.nonzero(each.base)
            self.days.append(Moved(account, listing, each.base[account, listing], each.yen, each.volume_jpy))

    def open(self, newcomers: NDArray[np.int64], random: np.random.Generator) -> None:
        """Deal opening balances: what trading will need, and holdings of a few assets besides."""
        number, kinds = self.people.kind.size, self.people.kind
        self.free = np.zeros_like(self._sum)
        shares = np.array([one.share for one in self.listed])
        for _holding in range(min(HOLDINGS_MAX, len(self.listed))):
            held = random.random(number) < 0.6
            which = random.choice(len(self.listed), size=number, p=shares)
            value = np.exp(random.normal(12.6, 1.3, number)) * np.where((kinds == MARKET_MAKER) | (kinds == OMNIBUS), 30, 1)
            units = value / np.array([one.price_jpy for one in self.listed])[which] * UNIT
            self.free[np.arange(number), which] += np.where(held, units, 0).astype(np.int64)
        self.free_yen = (np.exp(random.normal(12.5, 1.4, number)) // 100 * 100).astype(np.int64) * UNIT
        nobody = np.concatenate([np.flatnonzero(kinds == HOUSE), newcomers])
        self.free[nobody] = 0
        self.free_yen[nobody] = 0
        self.owed = self.free - self._lowest
        self.yen = self.free_yen - self._yen_lowest
        del self._sum, self._lowest, self._yen_sum, self._yen_lowest

    def trade(self, moved: Moved) -> None:
        """Book a day's trades."""
        self.owed[moved.account, moved.listing] += moved.units
        self.yen += moved.yen
        assert self.owed.min() >= 0
        assert self.yen.min() >= 0

    def move(self, account: int, listing: int, units: int) -> None:
        """Book a transfer of coins in (above zero) or out."""
        self.owed[account, listing] += units
        self.free[account, listing] += units

    def move_yen(self, account: int, units: int) -> None:
        """Book money in (above zero) or out."""
        self.yen[account] += units
        self.free_yen[account] += units

    def total(self, listing: int) -> int:
        """Units of one asset owed to all customers. What stands on the exchange's own account is owed to nobody."""
        return int(self.owed[self._customers, listing].sum())

    def own(self, listing: int) -> int:
        """Units of one asset on the exchange's own account."""
        return int(self.owed[~self._customers, listing].sum())

    def total_yen(self) -> int:
        """Units of money owed to all customers."""
        owed = self.yen[self._customers]
        return sum(int(part) for part in owed // UNIT) * UNIT + sum(int(part) for part in owed % UNIT)

    def day_rows(self, day: date) -> pa.Table:
        """The rows of ``customer_balance`` for one day, by account and asset; nothing owed is no row."""
        owed = np.concatenate([self.owed[self.by_id], self.yen[self.by_id][:, None]], axis=1)
        account, asset = np.nonzero(owed)
        names = [one.asset for one in self.listed] + [MONEY]
        columns = [
            words(account, ids("A", self.people.number[self.by_id])).cast(pa.string()),
            words(asset, names).cast(pa.string()),
            pa.array(np.full(account.size, np.datetime64(day, "D"))),
            wide_decimals(owed[account, asset]),
        ]
        return pa.Table.from_arrays(columns, schema=TABLES["customer_balance"].arrow_schema)


class BalanceFile:
    """``customer_balance``, written day by day."""

    def __init__(self, folder: Path) -> None:
        self._writer = writer(folder / "customer_balance.parquet", TABLES["customer_balance"].arrow_schema)
        self.rows = 0

    def add(self, rows: pa.Table) -> None:
        """Append a day."""
        self._writer.write_table(rows)
        self.rows += rows.num_rows

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()
