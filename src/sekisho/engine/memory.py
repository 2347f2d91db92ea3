"""What a gate remembers of clients: it learns one record after another and answers what a rule may ask about a moment."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from sekisho.engine.requests import Account, Party, PastEvent, PastTrade, PastTransfer, RequestEvent
from sekisho.typologies.valuation import in_utc, starts_at

if TYPE_CHECKING:
    from sekisho.records import Records

Row = Mapping[str, Any]
_LEFT = {"released", "completed"}
_Timed = TypeVar("_Timed", PastTransfer, PastTrade, PastEvent, RequestEvent)


class Memory:
    """Clients, transfers, trades, balances and answers, learnt row by row under the names of the record tables.

    Rows may come in any order; one with a known id replaces what was known. What is asked is answered as of everything learnt.
    """

    def __init__(self) -> None:
        self._parties: dict[str, Party] = {}
        self._accounts: dict[str, Account] = {}
        self._accounts_of: dict[str, set[str]] = defaultdict(set)
        self._transfers: dict[str, PastTransfer] = {}
        self._by_account: dict[str, list[PastTransfer]] = defaultdict(list)
        self._by_address: dict[str, list[PastTransfer]] = defaultdict(list)
        self._books: dict[str, dict[str, datetime]] = defaultdict(dict)
        self._events: dict[str, list[PastEvent]] = defaultdict(list)
        self._trades: dict[str, list[PastTrade]] = defaultdict(list)
        self._balances: dict[str, dict[str, tuple[date, Decimal]]] = defaultdict(dict)
        self._prices: dict[str, tuple[datetime, str, Decimal]] = {}
        self._answers: dict[str, dict[str, RequestEvent]] = defaultdict(dict)

    def learn(self, table: str, row: Row) -> None:
        """Take in one row of a record table; raises KeyError for a table that is none of ``LEARNT``."""
        _LEARN[table](self, row)

    def known_transfer(self, transfer_id: str) -> PastTransfer | None:
        """A transfer by its id; None where none was learnt."""
        return self._transfers.get(transfer_id)

    def taking_back(self, table: str, row: Row) -> Callable[[], None]:
        """What would make unlearnt a row of ``transfer`` or ``request_event`` that is about to be learnt."""
        return _TAKE_BACK[table](self, row)

    @contextmanager
    def without(self, transfer_id: str) -> Iterator[None]:
        """As long as the block lasts, the transfer was never asked for; its place in the address book stays."""
        known = self._transfers.get(transfer_id)
        self._forget(transfer_id)
        try:
            yield
        finally:
            if known is not None:
                self._keep(known)

    def account(self, account_id: str) -> Account:
        """The account; raises KeyError for one that is not known."""
        account = self._accounts[account_id]
        party = self._parties.get(account.party_id)
        return account if party is None or party.born_on == account.born_on else _born(account, party.born_on)

    def party(self, party_id: str) -> Party:
        """The person or company; raises KeyError for one that is not known."""
        return self._parties[party_id]

    def transfers(self, account_id: str, since: datetime) -> Sequence[PastTransfer]:
        """What the account asked to move since a moment, oldest first."""
        return _since(self._by_account.get(account_id, ()), since, _requested_at)

    def transfers_with(self, address: str, since: datetime) -> Sequence[PastTransfer]:
        """What all accounts asked to move to or from one address since a moment, oldest first."""
        return _since(self._by_address.get(address, ()), since, _requested_at)

    def addresses_of(self, account_id: str) -> Mapping[str, datetime]:
        """Every address the account asked to send to, with the first time."""
        return self._books.get(account_id, {})

    def first_used_at(self, account_id: str, address: str) -> datetime | None:
        """When the account first asked to send to the address; None before that."""
        return self._books.get(account_id, {}).get(address)

    def events(self, account_id: str, since: datetime) -> Sequence[PastEvent]:
        """What happened to the account since a moment, oldest first."""
        return _since(self._events.get(account_id, ()), since, _occurred_at)

    def trades(self, account_id: str, since: datetime) -> Sequence[PastTrade]:
        """What the account traded since a moment, oldest first."""
        return _since(self._trades.get(account_id, ()), since, _executed_at)

    def holdings(self, account_id: str) -> Mapping[str, Decimal]:
        """What the firm owes the account by asset: the last daily balance, and what moved after that day."""
        balances = self._balances.get(account_id, {})
        held = {asset: quantity for asset, (_, quantity) in balances.items()}
        known = {asset: starts_at(day + timedelta(days=1)) for asset, (day, _) in balances.items()}
        latest = min(known.values(), default=None)

        def move(asset: str, moved_at: datetime, quantity: Decimal) -> None:
            # A firm that reports balances daily leaves out the assets a client does not hold.
            if asset not in known and latest is not None and moved_at < latest:
                return
            if asset not in known or moved_at >= known[asset]:
                held[asset] = held.get(asset, Decimal(0)) + quantity

        for transfer in self._by_account.get(account_id, ()):
            if transfer.left_at is not None:
                move(transfer.asset, transfer.left_at, transfer.quantity if transfer.direction == "in" else -transfer.quantity)
        for trade in self._trades.get(account_id, ()):
            base, _, quote = trade.instrument.partition("/")
            bought = trade.quantity if trade.side == "buy" else -trade.quantity
            move(base, trade.executed_at, bought)
            move(quote, trade.executed_at, -bought * trade.price)
        for event in self._events.get(account_id, ()):
            if event.amount_jpy is not None and event.kind in _FIAT:
                move("JPY", event.occurred_at, _FIAT[event.kind] * event.amount_jpy)
        return held

    def price_jpy(self, asset: str) -> Decimal | None:
        """The last reference price of the asset in yen; 1 for JPY itself, None where there is none."""
        if asset == "JPY":
            return Decimal(1)
        quoted = self._prices.get(asset)
        return None if quoted is None else quoted[2]

    def events_of_request(self, request_id: str) -> Sequence[RequestEvent]:
        """What people did, or were shown, about a request, oldest first."""
        return sorted(self._answers.get(request_id, {}).values(), key=lambda e: (e.occurred_at, e.event_id))

    def accounts_of(self, party_id: str) -> Sequence[str]:
        """The accounts of a party, in order."""
        return sorted(self._accounts_of.get(party_id, ()))

    def parties_with(self, kind: str) -> frozenset[str]:
        """The parties that hold an account of a kind, such as house or staff."""
        return frozenset(account.party_id for account in self._accounts.values() if account.kind == kind)

    @property
    def party_of(self) -> Mapping[str, str]:
        """The party behind each account."""
        return _PartyOf(self)

    @property
    def accounts_by_party(self) -> Mapping[str, tuple[str, ...]]:
        """The accounts of each party."""
        return _AccountsOf(self)

    def rows(self) -> Iterator[tuple[str, Any]]:
        """Everything remembered, in a fixed order: what it is, and its values."""
        for name in sorted(vars(self)):
            kept = getattr(self, name)
            if name in _DERIVED or not isinstance(kept, dict):
                continue
            for key in sorted(kept):
                one = kept[key]
                if isinstance(one, dict):
                    yield from ((name, (key, inside, one[inside])) for inside in sorted(one))
                elif isinstance(one, list):
                    yield from ((name, (key, each)) for each in one)
                else:
                    yield name, (key, one)

    def _learn_party(self, row: Row) -> None:
        party = Party(**{name: row.get(name) for name in Party.__dataclass_fields__})  # type: ignore[arg-type]
        self._parties[party.party_id] = party

    def _learn_account(self, row: Row) -> None:
        known = {name: row.get(name) for name in Account.__dataclass_fields__ if name != "born_on"}
        before = self._accounts.get(row["account_id"])
        if before is not None:
            self._accounts_of[before.party_id].discard(before.account_id)
        self._accounts[row["account_id"]] = Account(**known)  # type: ignore[arg-type]
        self._accounts_of[row["party_id"]].add(row["account_id"])

    def _learn_transfer(self, row: Row) -> None:
        transfer = past_transfer(row)
        self._forget(transfer.transfer_id)
        self._keep(transfer)
        if transfer.direction == "out":
            book = self._books[transfer.account_id]
            used_at = min(filter(None, (transfer.requested_at, _utc(row.get("address_first_used_at")))))
            book[transfer.address] = min(used_at, book.get(transfer.address, used_at))

    def _keep(self, transfer: PastTransfer) -> None:
        self._transfers[transfer.transfer_id] = transfer
        insort(self._by_account[transfer.account_id], transfer, key=_requested_at)
        insort(self._by_address[transfer.address], transfer, key=_requested_at)

    def _take_back_transfer(self, row: Row) -> Callable[[], None]:
        transfer_id, account_id, address = row["transfer_id"], row["account_id"], row["address"]
        known, used_at = self._transfers.get(transfer_id), self.first_used_at(account_id, address)

        def take_back() -> None:
            self._forget(transfer_id)
            if known is not None:
                self._keep(known)
            if used_at is not None:
                self._books[account_id][address] = used_at
            elif account_id in self._books:
                self._books[account_id].pop(address, None)

        return take_back

    def _take_back_answer(self, row: Row) -> Callable[[], None]:
        request_id, event_id = row["request_id"], row["event_id"]
        return lambda: self._answers[request_id].pop(event_id, None) and None

    def _forget(self, transfer_id: str) -> None:
        known = self._transfers.pop(transfer_id, None)
        if known is not None:
            self._by_account[known.account_id].remove(known)
            self._by_address[known.address].remove(known)

    def _learn_event(self, row: Row) -> None:
        event = PastEvent(
            in_utc(row["occurred_at"]),
            row["kind"],
            row.get("amount_jpy"),
            row.get("device_id"),
            row.get("ip"),
            row.get("remitter_name_matches"),
        )
        insort(self._events[row["account_id"]], event, key=_occurred_at)

    def _learn_trade(self, row: Row) -> None:
        for side in ("buy", "sell"):
            account_id = row.get(f"{side}_account_id")
            if account_id is not None:
                executed_at = in_utc(row["executed_at"])
                trade = PastTrade(row["trade_id"], executed_at, row["instrument"], side, row["price"], row["quantity"])
                insort(self._trades[account_id], trade, key=_executed_at)

    def _learn_balance(self, row: Row) -> None:
        balances = self._balances[row["account_id"]]
        known = balances.get(row["asset"])
        if known is None or known[0] <= row["as_of_date"]:
            balances[row["asset"]] = (row["as_of_date"], row["quantity"])

    def _learn_price(self, row: Row) -> None:
        quoted = (in_utc(row["quoted_at"]), row["source"], row["price_jpy"])
        self._prices[row["asset"]] = max(quoted, self._prices.get(row["asset"], quoted))

    def _learn_answer(self, row: Row) -> None:
        answer = RequestEvent(
            row["event_id"], in_utc(row["occurred_at"]), row["kind"], row["party_id"], row.get("version"), row.get("text")
        )
        self._answers[row["request_id"]][answer.event_id] = answer


class _PartyOf(Mapping[str, str]):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def __getitem__(self, account_id: str) -> str:
        return self._memory.account(account_id).party_id

    def __iter__(self) -> Iterator[str]:
        return iter(self._memory._accounts)

    def __len__(self) -> int:
        return len(self._memory._accounts)


class _AccountsOf(Mapping[str, tuple[str, ...]]):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def __getitem__(self, party_id: str) -> tuple[str, ...]:
        accounts = tuple(self._memory.accounts_of(party_id))
        if not accounts:
            raise KeyError(party_id)
        return accounts

    def __iter__(self) -> Iterator[str]:
        return (party_id for party_id, accounts in self._memory._accounts_of.items() if accounts)

    def __len__(self) -> int:
        return sum(1 for _ in self)


_DERIVED = {"_accounts_of", "_by_account", "_by_address"}
_FIAT = {"fiat_deposit": 1, "fiat_withdrawal": -1}
_LEARN: dict[str, Callable[[Memory, Row], None]] = {
    "party": Memory._learn_party,
    "account": Memory._learn_account,
    "transfer": Memory._learn_transfer,
    "account_event": Memory._learn_event,
    "trade": Memory._learn_trade,
    "customer_balance": Memory._learn_balance,
    "reference_price": Memory._learn_price,
    "request_event": Memory._learn_answer,
}
_TAKE_BACK: dict[str, Callable[[Memory, Row], Callable[[], None]]] = {
    "transfer": Memory._take_back_transfer,
    "request_event": Memory._take_back_answer,
}
LEARNT = tuple(_LEARN)
"""The record tables a memory takes in."""


def past_transfer(row: Row) -> PastTransfer:
    """A row of ``transfer``; ``left_at`` is its release, or for one that came in and is complete, when it was noticed."""
    status = row.get("status", "requested")
    released_at = _utc(row.get("released_at"))
    if released_at is None and status in _LEFT:
        released_at = in_utc(row["requested_at"])
    return PastTransfer(
        row["transfer_id"],
        in_utc(row["requested_at"]),
        row["account_id"],
        row["direction"],
        row["asset"],
        row["quantity"],
        row["value_jpy"],
        row["address"],
        row.get("counterparty") or "unknown",
        row.get("counterparty_vasp"),
        released_at,
        status == "refused",
    )


_AT = {
    "transfer": "requested_at",
    "account_event": "occurred_at",
    "trade": "executed_at",
    "reference_price": "quoted_at",
    "request_event": "occurred_at",
    "order_event": "occurred_at",
    "customer_order_knowledge": "learned_at",
}


def memory_before(records: Records, before: datetime) -> Memory:
    """What a gate would have learnt from the records before a moment (UTC)."""
    memory = Memory()
    for table in LEARNT:
        for row in rows_before(records, table, before):
            memory.learn(table, row)
    return memory


def rows_before(records: Records, table: str, before: datetime | None) -> Iterator[Row]:
    """The rows of a table as they stood before a moment (UTC); all of them where none is given."""
    for row in records.optional(table).to_pyarrow().to_pylist():
        if before is None:
            yield row
        elif _known(table, row, before):
            yield _as_of(row, before) if table == "transfer" else row


def _known(table: str, row: Row, before: datetime) -> bool:
    if table in _AT:
        return in_utc(row[_AT[table]]) < before
    return table != "customer_balance" or starts_at(row["as_of_date"] + timedelta(days=1)) <= before


def _as_of(row: Row, before: datetime) -> Row:
    """A transfer as it stood: released later is waiting still."""
    released_at = _utc(row["released_at"])
    if released_at is not None and released_at >= before:
        return {**row, "released_at": None, "status": "held"}
    return row


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else in_utc(moment)


def _born(account: Account, born_on: date | None) -> Account:
    return Account(**{**{name: getattr(account, name) for name in Account.__dataclass_fields__}, "born_on": born_on})


def _since(rows: Sequence[_Timed], since: datetime, at: Callable[[Any], datetime]) -> Sequence[_Timed]:
    return rows[bisect_left(rows, since, key=at) :]


def _requested_at(transfer: PastTransfer) -> datetime:
    return transfer.requested_at


def _occurred_at(event: PastEvent) -> datetime:
    return event.occurred_at


def _executed_at(trade: PastTrade) -> datetime:
    return trade.executed_at
