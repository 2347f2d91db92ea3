"""What a gate remembers of millions of clients, in columns instead of objects; what has changed since lies in Memory above it.

Each table is sorted by what it is asked for (account, address, party), so the rows of one account lie side by side. Times are
microseconds since 1970, quantities exact decimals of 38 digits. Nothing here changes once it is loaded.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sekisho.engine.kept_names import Names, Texts, one_array
from sekisho.engine.requests import Account, Party, PastEvent, PastTrade, PastTransfer
from sekisho.typologies.listed_forms import destination_form

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_EVER: Final = datetime.min.replace(tzinfo=UTC)
_FIRST_DAY: Final = date(1970, 1, 1)
_SCALE: Final = 18
_ONE: Final = Decimal(1)
_UNITS: Final = 10**_SCALE
WIDE: Final = Context(prec=80)
"""Room for what is kept (38 digits) and for the product of two such: the usual 28 digits would round."""
_NO_TIME: Final = np.iinfo(np.int64).min
_NO_DAY: Final = np.iinfo(np.int32).min
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

WORDS: Final = frozenset(
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
    plain = number.normalize(WIDE)
    # Only a number with zeros before its point is written with E+ now.
    return plain if "E+" not in str(plain) and plain.is_finite() else plain.quantize(_ONE, context=WIDE)


def moment(micros: int) -> datetime:
    """A time from its microseconds since 1970 (UTC)."""
    seconds, rest = divmod(micros, 1_000_000)
    return _EPOCH + timedelta(0, seconds, rest)


class KeptClients:
    """Accounts, parties, transfers, address books, events, trades and balances, read from columns when somebody asks."""

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        """``tables`` are read one after another and let go; what is missing is empty."""

        def given(name: str) -> pa.Table:
            return tables[name] if name in tables else SCHEMAS[name].empty_table()

        self._parties = _Sheet(given("party"))
        self._party_names = Names(self._parties.texts("party_id"))
        accounts = given("account")
        holders = Texts(accounts["party_id"])
        self._party_of = self._party_names.rows(holders)
        self._unknown_party = {int(row): holders[int(row)] for row in np.flatnonzero(self._party_of < 0)}
        self._accounts = _Sheet(accounts.drop_columns("party_id"))
        del accounts, holders
        self.names = Names(self._accounts.texts("account_id"))
        self._of_party = _Groups(self._party_of, len(self._parties))
        self._of_unknown_party: dict[str, list[int]] = {}
        for row, party_id in self._unknown_party.items():
            self._of_unknown_party.setdefault(party_id, []).append(row)
        transfers = given("transfer")
        self._transfers = self._by_account(transfers, "requested_at", ("address",))
        del transfers
        self._transfer_names = Names(self._transfers.sheet.texts("transfer_id"))
        codes = self._transfers.aside["address"].dictionary_encode()
        self._addresses = Names(Texts(codes.dictionary))
        self._address_of = codes.indices.to_numpy(zero_copy_only=False)
        self._transfers.aside.clear()
        del codes
        self._of_address = _Groups(self._address_of, len(self._addresses))
        self._books = self._by_account(given("address_book"), "first_used_at")
        self._events = self._by_account(given("account_event"), "occurred_at")
        self._trades = self._by_account(given("trade"), "executed_at")
        self._balances = self._by_account(given("customer_balance"), "as_of_date")
        self._owned: Mapping[str, tuple[_ByAccount, Callable[[_Sheet, Iterable[int]], Any]]] = {
            "address_book": (self._books, _book),
            "account_event": (self._events, _events),
            "trade": (self._trades, _trades),
            "customer_balance": (self._balances, _balances),
        }
        pa.default_memory_pool().release_unused()

    def _by_account(self, table: pa.Table, order: str, aside: Sequence[str] = ()) -> _ByAccount:
        return _ByAccount(table, self.names, order, aside)

    def _holder(self, row: int) -> str:
        party = self._party_of.item(row)
        return self._unknown_party[row] if party < 0 else self._parties.text("party_id", party)

    def first_at(self) -> datetime | None:
        """The first transfer, trade or account event (UTC); None where there is none."""
        times = ((self._transfers, "requested_at"), (self._trades, "executed_at"), (self._events, "occurred_at"))
        firsts = [int(rows.sheet.micros(name).min()) for rows, name in times if len(rows.sheet)]
        return moment(min(firsts)) if firsts else None

    def account(self, account_id: str) -> Account | None:
        """The account, with the birth date that is kept of its party; None where it is not known."""
        row = self.names.row(account_id)
        if row < 0:
            return None
        a, holder = self._accounts, self._party_of.item(row)
        return Account(
            account_id=account_id,
            party_id=self._holder(row),
            born_on=None if holder < 0 else self._parties.day("born_on", holder),
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
        return None if row < 0 else self._transfer(row)

    def transfers(self, account_id: str, since: datetime | None = None) -> list[PastTransfer]:
        """What an account asked to move since a moment, oldest first."""
        return [self._transfer(row, account_id) for row in self._transfers.rows(account_id, since)]

    def left_since(self, account_id: str, since: datetime | None) -> list[PastTransfer]:
        """What left or came in for an account since a moment, whenever it was asked for."""
        left, least = self._transfers.sheet.micros("left_at"), max(_micros(since), _NO_TIME + 1)
        return [self._transfer(row, account_id) for row in self._transfers.rows(account_id) if left.item(row) >= least]

    def transfers_with(self, address: str, since: datetime | None = None) -> list[PastTransfer]:
        """What all accounts asked to move to or from an address since a moment, oldest first."""
        code = self._addresses.row(address)
        if code < 0:
            return []
        times, least = self._transfers.times, _micros(since)
        rows = [row for row in self._of_address.rows(code) if times.item(row) >= least]
        return [self._transfer(row) for row in sorted(rows, key=lambda row: times.item(row))]

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
        names = self._party_names if name == "party" else self.names
        rows = np.array([row for row in map(names.row, without) if row >= 0], np.int32)
        if name in ("party", "account"):
            sheet = self._parties if name == "party" else self._accounts
            table = sheet.table() if name == "party" else sheet.table().append_column("party_id", self._holders())
            return _left_out(table, np.arange(len(sheet), dtype=np.int32), rows)
        one = self._transfers if name == "transfer" else self._owned[name][0]
        table = one.sheet.table().append_column("account_id", self.names.texts.array.take(pa.array(one.owners)))
        if name == "transfer":
            table = table.append_column("address", self._addresses.texts.array.take(pa.array(self._address_of)))
        return _left_out(table, one.owners, rows)

    def _holders(self) -> pa.Array:
        """The party of each account."""
        if not len(self._parties):
            return pa.array([self._unknown_party[row] for row in range(len(self))], pa.string())
        holders = self._party_names.texts.array.take(pa.array(np.maximum(self._party_of, 0)))
        if not self._unknown_party:
            return holders
        unknown = pa.array([self._unknown_party.get(row) for row in range(len(self))], pa.string())
        return pc.if_else(pa.array(self._party_of >= 0), holders, unknown)

    def _transfer(self, row: int, account_id: str | None = None) -> PastTransfer:
        one = self._transfers
        whose = self.names.texts[one.owner(row)] if account_id is None else account_id
        return _transfer(one.sheet, row, whose, self._addresses.texts[self._address_of.item(row)])

    def strange_transfers(self) -> list[PastTransfer]:
        """Transfers of accounts that are not on record: they are few, and whoever holds this remembers them otherwise."""
        s = self._transfers.strangers
        return [_transfer(s, row, s.text("account_id", row), s.text("address", row)) for row in range(len(s))]

    def strange(self, name: str) -> dict[str, Any]:
        """The rows of another table about accounts that are not on record, by account."""
        one, read = self._owned[name]
        found: dict[str, list[int]] = {}
        for row in range(len(one.strangers)):
            found.setdefault(one.strangers.text("account_id", row), []).append(row)
        return {account_id: read(one.strangers, rows) for account_id, rows in found.items()}


def _transfer(s: _Sheet, row: int, account_id: str, address: str) -> PastTransfer:
    return PastTransfer(
        s.text("transfer_id", row),
        s.time("requested_at", row),
        account_id,
        s.word("direction", row) or "",
        s.word("asset", row) or "",
        s.number("quantity", row) or Decimal(0),
        s.number("value_jpy", row) or Decimal(0),
        address,
        s.word("counterparty", row) or "",
        s.word("counterparty_vasp", row),
        s.maybe_time("left_at", row),
        bool(s.yes("refused", row)),
    )


def _book(s: _Sheet, rows: Iterable[int]) -> dict[str, datetime]:
    book: dict[str, datetime] = {}
    for row in rows:
        form, used_at = destination_form(s.text("address", row)), s.time("first_used_at", row)
        book[form] = min(used_at, book.get(form, used_at))
    return book


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
    """A table whose single cells are read fast; each column is kept once, in the form it is read in."""

    def __init__(self, table: pa.Table) -> None:
        self._schema, self._count = table.schema, int(table.num_rows)
        self._texts: dict[str, Texts] = {}
        self._codes: dict[str, NDArray[Any]] = {}
        self._words: dict[str, list[str | None]] = {}
        self._times: dict[str, NDArray[np.int64]] = {}
        self._numbers: dict[str, tuple[memoryview, Any, pa.Array]] = {}
        self._flags: dict[str, NDArray[np.int8]] = {}
        self._days: dict[str, NDArray[np.int32]] = {}
        for field in table.schema:
            self._open(field.name, field.type, table[field.name])

    def __len__(self) -> int:
        return self._count

    def _open(self, name: str, kind: pa.DataType, given: pa.ChunkedArray) -> None:
        if name in WORDS:
            self._open_words(name, given)
        elif pa.types.is_timestamp(kind):
            self._times[name] = _filled(given, pa.int64(), _NO_TIME)
        elif pa.types.is_date(kind):
            self._days[name] = _filled(given, pa.int32(), _NO_DAY)
        elif pa.types.is_boolean(kind):
            self._flags[name] = _filled(given.cast(pa.int8()), pa.int8(), -1)
        elif pa.types.is_decimal(kind):
            column = one_array(given)
            null = column.is_null().to_numpy(zero_copy_only=False) if column.null_count else None
            buffer, start = column.buffers()[1], column.offset * 16
            cells = memoryview(buffer)[start : start + 16 * len(column)] if buffer is not None else memoryview(b"")
            self._numbers[name] = (cells, null, column)
        else:
            self._texts[name] = Texts(given)

    def _open_words(self, name: str, given: pa.ChunkedArray) -> None:
        """A number of one or two bytes for each row."""
        coded = given if pa.types.is_dictionary(given.type) else given.dictionary_encode()
        coded = one_array(coded.unify_dictionaries()) if isinstance(coded, pa.ChunkedArray) else coded
        words: list[str | None] = [*coded.dictionary.to_pylist(), None]
        codes = coded.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)
        self._words[name] = words
        self._codes[name] = codes.astype(np.uint8 if len(words) <= 256 else np.uint16 if len(words) <= 65_536 else np.uint32)

    def table(self) -> pa.Table:
        """The whole table as it was given."""
        return pa.table({field.name: self._column(field.name, field.type) for field in self._schema})

    def _column(self, name: str, kind: pa.DataType) -> pa.Array:
        if name in self._texts:
            return self._texts[name].array
        if name in self._codes:
            words = self._words[name]
            codes = pa.array(self._codes[name].astype(np.int32), mask=self._codes[name] == len(words) - 1)
            return pa.DictionaryArray.from_arrays(codes, pa.array(words[:-1], pa.string())).cast(pa.string())
        if name in self._times:
            return pa.array(self._times[name], mask=self._times[name] == _NO_TIME).cast(kind)
        if name in self._days:
            return pa.array(self._days[name], mask=self._days[name] == _NO_DAY).cast(kind)
        if name in self._flags:
            return pa.array(self._flags[name], mask=self._flags[name] < 0).cast(kind)
        return self._numbers[name][2]

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
        return moment(self._times[name].item(row))

    def maybe_time(self, name: str, row: int) -> datetime | None:
        micros = self._times[name].item(row)
        return None if micros == _NO_TIME else moment(micros)

    def day(self, name: str, row: int) -> date | None:
        days = self._days[name].item(row)
        return None if days == _NO_DAY else _FIRST_DAY + timedelta(days=days)

    def days(self, name: str) -> NDArray[np.int32]:
        return self._days[name]

    def yes(self, name: str, row: int) -> bool | None:
        flag = self._flags[name].item(row)
        return None if flag < 0 else bool(flag)

    def number(self, name: str, row: int) -> Decimal | None:
        cells, null, _column = self._numbers[name]
        if null is not None and null.item(row):
            return None
        units = int.from_bytes(cells[16 * row : 16 * row + 16], "little", signed=True)
        whole, part = divmod(units, _UNITS)
        return Decimal(units).scaleb(-_SCALE, WIDE).normalize(WIDE) if part else Decimal(whole)


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
    """A table sorted by account and time, so that an account's rows are a range; the accounts' names are not kept again."""

    def __init__(self, table: pa.Table, names: Names, order: str, aside: Sequence[str]) -> None:
        owners = names.rows(Texts(table["account_id"]))
        times = _filled(table[order], pa.int32() if pa.types.is_date(table[order].type) else pa.int64(), 0)
        if not _sorted(owners, times):
            place = np.lexsort((times, owners))
            table, owners = table.take(pa.array(place)), owners[place]
        known = int(np.count_nonzero(owners < 0))
        self.strangers = _Sheet(table.slice(0, known))
        table = table.slice(known).drop_columns("account_id")
        self.aside = {name: one_array(table[name]) for name in aside}
        self.sheet = _Sheet(table.drop_columns(list(aside)) if aside else table)
        self._order = order
        self._starts = np.searchsorted(owners[known:], np.arange(len(names) + 1)).astype(np.int32)
        self._names = names

    @property
    def owners(self) -> NDArray[np.int32]:
        """The account, by its row, of each row."""
        return np.repeat(np.arange(len(self._names), dtype=np.int32), np.diff(self._starts))

    def owner(self, row: int) -> int:
        """The account, by its row, of one row."""
        # A number of another width would have NumPy turn all the starts into that width first.
        return int(np.searchsorted(self._starts, np.int32(row), side="right")) - 1

    @property
    def times(self) -> NDArray[np.int64]:
        """The time of each row, in microseconds."""
        return self.sheet.micros(self._order)

    def rows(self, account_id: str, since: datetime | None = None) -> range:
        owner = self._names.row(account_id)
        if owner < 0:
            return range(0)
        start, end = self._starts.item(owner), self._starts.item(owner + 1)
        if since is not None and start < end:
            start += bisect_left(range(start, end), _micros(since), key=self.times.item)
        return range(start, end)


def _filled(given: pa.ChunkedArray, kind: pa.DataType, instead: int) -> NDArray[Any]:
    """Whole numbers of a column, with a number that never occurs where there is nothing; owned, so that the column can go."""
    column = one_array(given)
    column = column if column.type == kind else column.cast(kind)
    filled = column.fill_null(instead) if column.null_count else column
    return np.array(filled.to_numpy(zero_copy_only=False))


def _sorted(owners: NDArray[Any], times: NDArray[Any]) -> bool:
    if len(owners) < 2:
        return True
    later = (owners[1:] > owners[:-1]) | ((owners[1:] == owners[:-1]) & (times[1:] >= times[:-1]))
    return bool(later.all())


def _micros(since: datetime | None) -> int:
    return _NO_TIME if since is None or since <= _EVER else (since - _EPOCH) // _MICROSECOND


def _left_out(table: pa.Table, owners: NDArray[np.int32], rows: NDArray[np.int32]) -> pa.Table:
    return table.filter(pa.array(~np.isin(owners, rows))) if len(rows) else table
