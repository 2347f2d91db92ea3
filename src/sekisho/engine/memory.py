"""What a gate remembers of clients: it learns one record after another and answers what a rule may ask about a moment."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from sekisho.engine.memory_orders import FLOW, LEARNT_OF_ORDERS, OrderMemory
from sekisho.engine.requests import (
    Account,
    InOffice,
    OpenOrder,
    Party,
    PastEvent,
    PastTrade,
    PastTransfer,
    Registers,
    RequestEvent,
    SeenOrder,
)
from sekisho.typologies.handled_assets import Pair
from sekisho.typologies.margin import Margin
from sekisho.typologies.suitability import Breach, Check, Consent, Criteria, Limits
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
        self._transfers: dict[str, PastTransfer] = {}
        self._by_account: dict[str, list[PastTransfer]] = defaultdict(list)
        self._by_address: dict[str, list[PastTransfer]] = defaultdict(list)
        self._books: dict[str, dict[str, datetime]] = defaultdict(dict)
        self._events: dict[str, list[PastEvent]] = defaultdict(list)
        self._trades: dict[str, list[PastTrade]] = defaultdict(list)
        self._balances: dict[str, dict[str, tuple[date, Decimal]]] = defaultdict(dict)
        self._prices: dict[str, tuple[datetime, str, Decimal]] = {}
        self._answers: dict[str, dict[str, RequestEvent]] = defaultdict(dict)
        self._of_orders = OrderMemory(self.account)

    def learn(self, table: str, row: Row) -> None:
        """Take in one row of a record table; raises KeyError for a table that is none of ``LEARNT``."""
        if table in _LEARN:
            _LEARN[table](self, row)
        elif table not in LEARNT:
            raise KeyError(table)
        self._of_orders.learn(table, row)

    def account(self, account_id: str) -> Account:
        """The account; raises KeyError for one that is not known."""
        account = self._accounts[account_id]
        party = self._parties.get(account.party_id)
        if party is not None and party.born_on != account.born_on:
            account = self._accounts[account_id] = _born(account, party.born_on)
        return account

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

    # Orders and the registers of the office are kept by ``OrderMemory``; its docstrings hold here.

    def registers(self) -> Registers:
        """Ownership, facts and their knowledge, positions."""
        return self._of_orders.registers()

    def pair(self, instrument: str) -> Pair:
        """The instrument; raises KeyError for one that is not on record."""
        return self._of_orders.pair(instrument)

    def book(self, instrument: str, side: str) -> Sequence[OpenOrder]:
        """The resting limit orders of one side, those that are served first first."""
        return self._of_orders.book(instrument, side)

    def open_orders(self, account_id: str, product: str) -> Sequence[OpenOrder]:
        """The account's own orders still in the market, of one product."""
        return self._of_orders.open_orders(account_id, product)

    def orders_known_to(self, party_id: str, instrument: str) -> Sequence[SeenOrder]:
        """Clients' orders still in the market that a party could see."""
        return self._of_orders.orders_known_to(party_id, instrument)

    def ordered(self, party_id: str, asset: str, side: str, since: datetime) -> Decimal:
        """How much the accounts of a party have ordered of an asset on one side since a moment, under a plan on record."""
        return self._of_orders.ordered(party_id, asset, side, since)

    def last_price(self, instrument: str) -> Decimal | None:
        """The price of the last trade of the pair."""
        return self._of_orders.last_price(instrument)

    def first_connected_at(self, device: str) -> datetime | None:
        """When a device was first on a network."""
        return self._of_orders.first_connected_at(device)

    def administrator(self, at: datetime) -> InOffice | None:
        """The administrator in office at a moment."""
        return self._of_orders.administrator(at)

    def check(self, account_id: str) -> Check | None:
        """The last suitability check of the account."""
        return self._of_orders.check(account_id)

    def criteria(self) -> Criteria:
        """The firm's trading-start criteria."""
        return self._of_orders.criteria()

    def limits(self) -> Limits:
        """The trading limits."""
        return self._of_orders.limits()

    def consents(self, account_id: str) -> Sequence[Consent]:
        """The consents of legal representatives to the account's trading."""
        return self._of_orders.consents(account_id)

    def documents(self, account_id: str) -> Set[tuple[str, str | None]]:
        """The documents the account was given."""
        return self._of_orders.documents(account_id)

    def breaches(self, asset: str) -> Sequence[Breach]:
        """The breaches of disclosure by the asset's issuer."""
        return self._of_orders.breaches(asset)

    def margin(self, account_id: str) -> Margin:
        """Open margin positions and calls, and the last valuation."""
        return self._of_orders.margin(account_id)

    def margin_ratio(self, instrument: str, day: date) -> Decimal | None:
        """The risk ratio of the pair in use on a day."""
        return self._of_orders.margin_ratio(instrument, day)

    def learn_use(self, account_id: str, address: str, used_at: datetime) -> None:
        """Take in that an account used an address at a moment, where the transfer itself lies before all records."""
        book = self._books[account_id]
        book[address] = min(used_at, book.get(address, used_at))

    def _learn_party(self, row: Row) -> None:
        party = Party(**{name: row.get(name) for name in Party.__dataclass_fields__})  # type: ignore[arg-type]
        self._parties[party.party_id] = party

    def _learn_account(self, row: Row) -> None:
        known = {name: row.get(name) for name in Account.__dataclass_fields__ if name != "born_on"}
        self._accounts[row["account_id"]] = Account(**known)  # type: ignore[arg-type]

    def _learn_transfer(self, row: Row) -> None:
        transfer = past_transfer(row)
        self._forget(transfer.transfer_id)
        self._transfers[transfer.transfer_id] = transfer
        insort(self._by_account[transfer.account_id], transfer, key=_requested_at)
        insort(self._by_address[transfer.address], transfer, key=_requested_at)
        if transfer.direction == "out":
            used_at = min(filter(None, (transfer.requested_at, _utc(row.get("address_first_used_at")))))
            self.learn_use(transfer.account_id, transfer.address, used_at)

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
LEARNT = tuple(dict.fromkeys((*_LEARN, *LEARNT_OF_ORDERS)))
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


KNOWN_AT = {
    "transfer": "requested_at",
    "account_event": "occurred_at",
    "trade": "executed_at",
    "reference_price": "quoted_at",
    "request_event": "occurred_at",
    "order_event": "occurred_at",
    "customer_order_knowledge": "learned_at",
    "suitability_check": "checked_at",
    "document_delivery": "delivered_at",
    "margin_position": "opened_at",
    "margin_valuation": "valued_at",
    "margin_call": "determined_at",
}
"""When a row of a table is first known, by its column; a daily balance at the end of its day.

Rows of every other table are known from the start: they say themselves from when until when they hold.
"""

ENDS = {
    "transfer": ("released_at",),
    "margin_position": ("closed_at",),
    "margin_call": ("met_at", "settled_at"),
}
"""Columns of a row that are filled in later, when what they tell has happened."""


def memory_before(records: Records, before: datetime) -> Memory:
    """What a gate would have learnt from the records before a moment (UTC)."""
    memory = Memory()
    flow: list[tuple[int, bool, Row]] = []
    for table in (name for name in LEARNT if name in records.present):
        for row in records.optional(table).to_pyarrow().to_pylist():
            known_at = known_from(table, row)
            if known_at is not None and known_at >= before:
                continue
            if table in FLOW:
                flow.append((row["sequence"], table == "trade", row))
            else:
                memory.learn(table, as_of(table, row, before))
    for _, traded, row in sorted(flow, key=lambda step: step[:2]):
        memory.learn("trade" if traded else "order_event", row)
    return memory


def known_from(table: str, row: Row) -> datetime | None:
    """When a row is first known; None for what is known from the start. A daily balance is known once its day is over."""
    if table in KNOWN_AT:
        return in_utc(row[KNOWN_AT[table]])
    if table == "customer_balance":
        return starts_at(row["as_of_date"] + timedelta(days=1)) - timedelta.resolution
    return None


def as_of(table: str, row: Row, before: datetime) -> Row:
    """A row as it stood: a transfer released later is waiting still, a call met later is open."""
    later = {name: None for name in ENDS.get(table, ()) if row.get(name) is not None and in_utc(row[name]) >= before}
    if later and table == "transfer":
        return {**row, **later, "status": "held"}
    return {**row, **later} if later else row


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
