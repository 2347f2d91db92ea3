"""What a gate remembers of millions of clients, in columns instead of objects; what has changed since lies in Memory above it.

Each table is sorted by what it is asked for (account, address, party), so the rows of one account lie side by side. Times are
microseconds since 1970, quantities exact decimals of 38 digits. Nothing here changes once it is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sekisho.engine.kept_names import Names, Texts
from sekisho.engine.requests import Account, Party, PastEvent, PastTrade, PastTransfer

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EVER: Final = datetime.min.replace(tzinfo=UTC)
_FIRST_DAY: Final = date(1970, 1, 1)
_SCALE: Final = 18
_NO_TIME: Final = np.iinfo(np.int64).min
_S, _D, _T = pa.string(), pa.decimal128(38, _SCALE), pa.timestamp("us", "UTC")

SCHEMAS: Final[Mapping[str, pa.Schema]] = {
    "party": pa.schema([("party_id", _S), ("kind", _S), ("country", _S), ("born_on", pa.date32()), ("registered_on", pa.date32())]),
    "account": pa.schema(
        [
            ("account_id", _S),
            ("party_id", _S),
            ("kind", _S),
            ("opened_at", _T),
            ("closed_at", _T),
            ("experience", _S),
            ("net_worth_jpy", _D),
            ("income_jpy", _D),
            ("risk_tolerance", _S),
        ]
    ),
    "transfer": pa.schema(
        [
            ("transfer_id", _S),
            ("requested_at", _T),
            ("account_id", _S),
            ("direction", _S),
            ("asset", _S),
            ("quantity", _D),
            ("value_jpy", _D),
            ("address", _S),
            ("counterparty", _S),
            ("counterparty_vasp", _S),
            ("left_at", _T),
            ("refused", pa.bool_()),
        ]
    ),
    "address_book": pa.schema([("account_id", _S), ("address", _S), ("first_used_at", _T)]),
    "account_event": pa.schema(
        [
            ("account_id", _S),
            ("occurred_at", _T),
            ("kind", _S),
            ("amount_jpy", _D),
            ("device_id", _S),
            ("ip", _S),
            ("remitter_name_matches", pa.bool_()),
        ]
    ),
    "trade": pa.schema(
        [
            ("account_id", _S),
            ("trade_id", _S),
            ("executed_at", _T),
            ("instrument", _S),
            ("side", _S),
            ("price", _D),
            ("quantity", _D),
        ]
    ),
    "customer_balance": pa.schema([("account_id", _S), ("asset", _S), ("as_of_date", pa.date32()), ("quantity", _D)]),
}
"""The columns kept of each table; a trade stands once for each of its two accounts."""

_WORDS: Final = frozenset(
    {
        "kind",
        "country",
        "experience",
        "risk_tolerance",
        "direction",
        "asset",
        "counterparty",
        "counterparty_vasp",
        "instrument",
        "side",
    }
)
"""Columns of few different words: a number for each row, each word once."""


def exact(number: Decimal) -> Decimal:
    """The same number without zeros at its end, however it was written: 0.50 and 0.500000000000000000 are 0.5."""
    plain = number.normalize()
    exponent = plain.as_tuple().exponent
    return plain if isinstance(exponent, int) and exponent <= 0 else plain.quantize(Decimal(1))


def moment(micros: int) -> datetime:
    """A time from its microseconds since 1970 (UTC)."""
    return _EPOCH + timedelta(microseconds=micros)


class KeptClients:
    """Accounts, parties, transfers, address books, events, trades and balances, read from columns when somebody asks."""

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        given = {name: tables[name] if name in tables else schema.empty_table() for name, schema in SCHEMAS.items()}
        self._parties = _Sheet(given["party"])
        self._party_names = Names(self._parties.texts("party_id"))
        self._accounts = _Sheet(given["account"])
        self.names = Names(self._accounts.texts("account_id"))
        parties = self._party_names.rows(self._accounts.texts("party_id"))
        self._of_party = _Groups(parties, len(self._parties))
        self._of_unknown_party: dict[str, list[int]] = {}
        for row in np.flatnonzero(parties < 0).tolist():
            self._of_unknown_party.setdefault(self._accounts.text("party_id", row), []).append(row)
        self._transfers = self._by_account(given["transfer"], "requested_at")
        self._transfer_names = Names(self._transfers.sheet.texts("transfer_id"))
        codes = self._transfers.sheet.table["address"].combine_chunks().dictionary_encode()
        self._addresses = Names(Texts(codes.dictionary))
        self._of_address = _Groups(codes.indices.to_numpy(zero_copy_only=False), len(codes.dictionary))
        self._books = self._by_account(given["address_book"], "first_used_at")
        self._events = self._by_account(given["account_event"], "occurred_at")
        self._trades = self._by_account(given["trade"], "executed_at")
        self._balances = self._by_account(given["customer_balance"], "as_of_date")
        self._owned: Mapping[str, tuple[_ByAccount, Callable[[_Sheet, Iterable[int]], Any]]] = {
            "address_book": (self._books, _book),
            "account_event": (self._events, _events),
            "trade": (self._trades, _trades),
            "customer_balance": (self._balances, _balances),
        }

    def _by_account(self, table: pa.Table, order: str) -> _ByAccount:
        return _ByAccount(table, self.names, order)

    def account(self, account_id: str) -> Account | None:
        """The account; None where it is not known."""
        row = self.names.row(account_id)
        if row < 0:
            return None
        a = self._accounts
        return Account(
            account_id=account_id,
            party_id=a.text("party_id", row),
            kind=a.word("kind", row) or "",
            opened_at=a.time("opened_at", row),
            closed_at=a.maybe_time("closed_at", row),
            experience=a.word("experience", row),
            net_worth_jpy=a.number("net_worth_jpy", row),
            income_jpy=a.number("income_jpy", row),
            risk_tolerance=a.word("risk_tolerance", row),
        )

    def party(self, party_id: str) -> Party | None:
        """The person or company; None where it is not known."""
        row = self._party_names.row(party_id)
        if row < 0:
            return None
        p = self._parties
        return Party(
            party_id=party_id,
            kind=p.word("kind", row) or "",
            country=p.word("country", row) or "",
            born_on=p.day("born_on", row),
            registered_on=p.day("registered_on", row),
        )

    def accounts_of(self, party_id: str) -> list[str]:
        """The accounts of a party on record."""
        row = self._party_names.row(party_id)
        rows = self._of_unknown_party.get(party_id, []) if row < 0 else self._of_party.rows(row)
        return [self._accounts.text("account_id", each) for each in rows]

    def accounts_with(self, kind: str) -> list[str]:
        """The accounts of a kind, such as house or staff."""
        return [self._accounts.text("account_id", int(row)) for row in self._accounts.rows_with("kind", kind)]

    def transfer(self, transfer_id: str) -> PastTransfer | None:
        """A transfer by its id; None where it is not known."""
        row = self._transfer_names.row(transfer_id)
        return None if row < 0 else _transfer(self._transfers.sheet, row)

    def transfers(self, account_id: str, since: datetime | None = None) -> list[PastTransfer]:
        """What an account asked to move since a moment, oldest first."""
        return [_transfer(self._transfers.sheet, row) for row in self._transfers.rows(account_id, since)]

    def left_since(self, account_id: str, since: datetime | None) -> list[PastTransfer]:
        """What left or came in for an account since a moment, whenever it was asked for."""
        left, least = self._transfers.sheet.micros("left_at"), max(_micros(since), _NO_TIME + 1)
        return [_transfer(self._transfers.sheet, row) for row in self._transfers.rows(account_id) if left.item(row) >= least]

    def transfers_with(self, address: str, since: datetime | None = None) -> list[PastTransfer]:
        """What all accounts asked to move to or from an address since a moment, oldest first."""
        code = self._addresses.row(address)
        if code < 0:
            return []
        times, least = self._transfers.times, _micros(since)
        rows = [row for row in self._of_address.rows(code) if times.item(row) >= least]
        return [_transfer(self._transfers.sheet, row) for row in sorted(rows, key=lambda row: times.item(row))]

    def book(self, account_id: str) -> dict[str, datetime]:
        """Every address the account asked to send to, with the first time."""
        return _book(self._books.sheet, self._books.rows(account_id))

    def events(self, account_id: str, since: datetime | None = None) -> list[PastEvent]:
        """What happened to the account since a moment, oldest first."""
        return _events(self._events.sheet, self._events.rows(account_id, since))

    def trades(self, account_id: str, since: datetime | None = None) -> list[PastTrade]:
        """What the account traded since a moment, oldest first."""
        return _trades(self._trades.sheet, self._trades.rows(account_id, since))

    def balances(self, account_id: str) -> dict[str, tuple[date, Decimal]]:
        """The last daily balance of each asset."""
        return _balances(self._balances.sheet, self._balances.rows(account_id))

    def __iter__(self) -> Iterator[str]:
        return (self._accounts.text("account_id", row) for row in range(len(self._accounts)))

    def __len__(self) -> int:
        return len(self._accounts)

    def party_ids(self) -> Iterator[str]:
        """Every party on record."""
        return (self._parties.text("party_id", row) for row in range(len(self._parties)))

    def table(self, name: str, without: Sequence[str]) -> pa.Table:
        """The rows of a table but those of some accounts (of some parties, for ``party``)."""
        if name == "party":
            return _left_out(self._parties.table, self._party_names, without, np.arange(len(self._parties), dtype=np.int32))
        if name == "account":
            return _left_out(self._accounts.table, self.names, without, np.arange(len(self), dtype=np.int32))
        one = self._transfers if name == "transfer" else self._owned[name][0]
        return _left_out(one.sheet.table, self.names, without, one.owners)

    def strange_transfers(self) -> list[PastTransfer]:
        """Transfers of accounts that are not on record: they are few, and whoever holds this remembers them otherwise."""
        sheet = self._transfers.strangers
        return [_transfer(sheet, row) for row in range(len(sheet))]

    def strange(self, name: str) -> dict[str, Any]:
        """The rows of another table about accounts that are not on record, by account."""
        one, read = self._owned[name]
        found: dict[str, list[int]] = {}
        for row in range(len(one.strangers)):
            found.setdefault(one.strangers.text("account_id", row), []).append(row)
        return {account_id: read(one.strangers, rows) for account_id, rows in found.items()}


def _transfer(s: _Sheet, row: int) -> PastTransfer:
    return PastTransfer(
        s.text("transfer_id", row),
        s.time("requested_at", row),
        s.text("account_id", row),
        s.word("direction", row) or "",
        s.word("asset", row) or "",
        s.number("quantity", row) or Decimal(0),
        s.number("value_jpy", row) or Decimal(0),
        s.text("address", row),
        s.word("counterparty", row) or "",
        s.word("counterparty_vasp", row),
        s.maybe_time("left_at", row),
        bool(s.yes("refused", row)),
    )


def _book(s: _Sheet, rows: Iterable[int]) -> dict[str, datetime]:
    return {s.text("address", row): s.time("first_used_at", row) for row in rows}


def _events(s: _Sheet, rows: Iterable[int]) -> list[PastEvent]:
    return [
        PastEvent(
            s.time("occurred_at", row),
            s.word("kind", row) or "",
            s.number("amount_jpy", row),
            s.maybe_text("device_id", row),
            s.maybe_text("ip", row),
            s.yes("remitter_name_matches", row),
        )
        for row in rows
    ]


def _trades(s: _Sheet, rows: Iterable[int]) -> list[PastTrade]:
    return [
        PastTrade(
            s.text("trade_id", row),
            s.time("executed_at", row),
            s.word("instrument", row) or "",
            s.word("side", row) or "",
            s.number("price", row) or Decimal(0),
            s.number("quantity", row) or Decimal(0),
        )
        for row in rows
    ]


def _balances(s: _Sheet, rows: Iterable[int]) -> dict[str, tuple[date, Decimal]]:
    return {
        s.word("asset", row) or "": (s.day("as_of_date", row) or _FIRST_DAY, s.number("quantity", row) or Decimal(0))
        for row in rows
    }


class _Sheet:
    """A table whose single cells are read fast."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table.combine_chunks()
        self._texts: dict[str, Texts] = {}
        self._codes: dict[str, NDArray[Any]] = {}
        self._words: dict[str, list[str | None]] = {}
        self._times: dict[str, NDArray[np.int64]] = {}
        self._numbers: dict[str, tuple[memoryview, Any]] = {}
        self._flags: dict[str, NDArray[np.int8]] = {}
        self._days: dict[str, NDArray[np.int32]] = {}
        for field in self.table.schema:
            self._open(field.name, field.type)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def _open(self, name: str, kind: pa.DataType) -> None:
        column = _one(self.table[name])
        if name in _WORDS:
            coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
            words: list[str | None] = [*coded.dictionary.to_pylist(), None]
            codes = coded.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)
            self._words[name] = words
            self._codes[name] = codes.astype(np.uint8 if len(words) <= 256 else np.uint16 if len(words) <= 65_536 else np.uint32)
            self._drop(name, coded)
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
            self._texts[name] = Texts(column)
        elif pa.types.is_timestamp(kind):
            self._times[name] = column.cast(pa.int64()).fill_null(_NO_TIME).to_numpy(zero_copy_only=False)
        elif pa.types.is_date(kind):
            self._days[name] = column.cast(pa.int32()).fill_null(np.iinfo(np.int32).min).to_numpy(zero_copy_only=False)
        elif pa.types.is_boolean(kind):
            self._flags[name] = column.cast(pa.int8()).fill_null(-1).to_numpy(zero_copy_only=False)
        else:
            null = column.is_null().to_numpy(zero_copy_only=False) if column.null_count else None
            buffer = column.buffers()[1]
            start = column.offset * 16
            self._numbers[name] = (
                memoryview(buffer)[start : start + 16 * len(column)] if buffer is not None else memoryview(b""),
                null,
            )

    def _drop(self, name: str, coded: pa.DictionaryArray) -> None:
        """Keep the codes only once: the table holds them as a dictionary, which costs four bytes a row."""
        place = self.table.schema.get_field_index(name)
        self.table = self.table.set_column(place, name, coded)

    def texts(self, name: str) -> Texts:
        return self._texts[name]

    def text(self, name: str, row: int) -> str:
        return self._texts[name][row]

    def maybe_text(self, name: str, row: int) -> str | None:
        return self._texts[name].maybe(row)

    def word(self, name: str, row: int) -> str | None:
        word: str | None = self._words[name][self._codes[name].item(row)]
        return word

    def rows_with(self, name: str, word: str) -> NDArray[np.int64]:
        words = self._words[name]
        return np.flatnonzero(self._codes[name] == words.index(word)) if word in words else np.zeros(0, np.int64)

    def micros(self, name: str) -> NDArray[np.int64]:
        return self._times[name]

    def time(self, name: str, row: int) -> datetime:
        return _EPOCH + timedelta(microseconds=self._times[name].item(row))

    def maybe_time(self, name: str, row: int) -> datetime | None:
        micros = self._times[name].item(row)
        return None if micros == _NO_TIME else _EPOCH + timedelta(microseconds=micros)

    def day(self, name: str, row: int) -> date | None:
        days = self._days[name].item(row)
        return None if days == np.iinfo(np.int32).min else _FIRST_DAY + timedelta(days=days)

    def days(self, name: str) -> NDArray[np.int32]:
        return self._days[name]

    def yes(self, name: str, row: int) -> bool | None:
        flag = self._flags[name].item(row)
        return None if flag < 0 else bool(flag)

    def number(self, name: str, row: int) -> Decimal | None:
        cells, null = self._numbers[name]
        if null is not None and null.item(row):
            return None
        return exact(Decimal(int.from_bytes(cells[16 * row : 16 * row + 16], "little", signed=True)).scaleb(-_SCALE))


class _Groups:
    """The rows of each of so many groups, side by side; rows of no group (-1) are left out."""

    def __init__(self, group_of: NDArray[Any], groups: int) -> None:
        order = np.argsort(group_of, kind="stable").astype(np.int32)
        counts = np.bincount(group_of[group_of >= 0], minlength=groups) if len(group_of) else np.zeros(groups, np.int64)
        self._starts = np.zeros(groups + 1, np.int32)
        np.cumsum(counts, out=self._starts[1:])
        self._rows = order[len(group_of) - int(self._starts[-1]) :]

    def rows(self, group: int) -> list[int]:
        rows: list[int] = self._rows[self._starts.item(group) : self._starts.item(group + 1)].tolist()
        return rows


class _ByAccount:
    """A table sorted by account and time, so that an account's rows are a range."""

    def __init__(self, table: pa.Table, names: Names, order: str) -> None:
        owners = names.rows(Texts(table["account_id"]))
        times = table[order].cast(pa.int32() if pa.types.is_date(table[order].type) else pa.int64()).to_numpy()
        place = np.lexsort((times, owners)) if not _sorted(owners, times) else None
        known = int(np.count_nonzero(owners < 0))
        if place is not None:
            table, owners, times = table.take(pa.array(place)), owners[place], times[place]
        self.strangers = _Sheet(table.slice(0, known))
        self.sheet = _Sheet(table.slice(known) if known else table)
        self.owners = owners[known:]
        self.times = times[known:].astype(np.int64)
        self._starts = np.searchsorted(self.owners, np.arange(len(names) + 1)).astype(np.int32)
        self._names = names

    def rows(self, account_id: str, since: datetime | None = None) -> range:
        owner = self._names.row(account_id)
        if owner < 0:
            return range(0)
        start, end = self._starts.item(owner), self._starts.item(owner + 1)
        if since is not None and start < end:
            start += int(np.searchsorted(self.times[start:end], _micros(since)))
        return range(start, end)


def _sorted(owners: NDArray[Any], times: NDArray[Any]) -> bool:
    if len(owners) < 2:
        return True
    later = (owners[1:] > owners[:-1]) | ((owners[1:] == owners[:-1]) & (times[1:] >= times[:-1]))
    return bool(later.all())


def _micros(since: datetime | None) -> int:
    return _NO_TIME if since is None or since <= _EVER else (since - _EPOCH) // timedelta(microseconds=1)


def _one(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    combined = column.combine_chunks()
    return combined if isinstance(combined, pa.Array) else pa.concat_arrays(combined.chunks)


def _left_out(table: pa.Table, names: Names, without: Sequence[str], owners: NDArray[np.int32]) -> pa.Table:
    rows = [row for row in (names.row(each) for each in without) if row >= 0]
    if rows:
        table = table.filter(pa.array(~np.isin(owners, np.array(rows, np.int32))))
    plain = [
        pc.cast(column, field.type.value_type) if pa.types.is_dictionary(field.type) else column
        for field, column in zip(table.schema, table.columns, strict=True)
    ]
    return pa.table(plain, names=table.schema.names)
