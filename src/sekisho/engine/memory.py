"""What a gate remembers of clients: it learns one record after another and answers what a rule may ask about a moment."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from sekisho.engine.kept_clients import WIDE, KeptClients, exact
from sekisho.engine.memory_conduct import LEARNT_OF_CONDUCT, ConductMemory
from sekisho.engine.memory_orders import FLOW, LEARNT_OF_ORDERS, OrderMemory
from sekisho.engine.request_steps import client_steps
from sekisho.engine.requests import (
    Account,
    CustomerCheck,
    CustomerRisk,
    InOffice,
    OpenOrder,
    Party,
    PastEvent,
    PastTrade,
    PastTransfer,
    QuickDeposit,
    Registers,
    RequestEvent,
    SeenOrder,
    Suspicion,
    TransferRequest,
)
from sekisho.typologies.addresses import AddressBook
from sekisho.typologies.addresses.poisoning import books_of, read_or_none
from sekisho.typologies.correspondence import LEARNT as CORRESPONDENCE
from sekisho.typologies.correspondence import Correspondence
from sekisho.typologies.exposure import Movements, Neighbour
from sekisho.typologies.handled_assets import Pair
from sekisho.typologies.listed import Listed, Lists, read_lists
from sekisho.typologies.listed_forms import destination_form
from sekisho.typologies.margin import Margin
from sekisho.typologies.suitability import Breach, Check, Consent, Criteria, Limits
from sekisho.typologies.valuation import in_utc, starts_at

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from sekisho.records import Records

Row = Mapping[str, Any]
_NOTHING = Decimal(0)
_EVER = datetime.min.replace(tzinfo=UTC)
_LEFT = {"released", "completed"}
_BOOKS_KEPT_MAX = 100_000
_JOINED_KEPT_MAX = 100_000
Held = TypeVar("Held")
_Timed = TypeVar("_Timed", PastTransfer, PastTrade, PastEvent, RequestEvent)


class Memory:
    """Clients, transfers, trades, balances and answers, learnt row by row under the names of the record tables.

    Rows may come in any order; one with a known id replaces what was known. What is asked is answered as of everything learnt.
    """

    def __init__(self, kept: KeptClients | None = None) -> None:
        self._kept = kept
        self._parties: dict[str, Party] = {}
        self._accounts: dict[str, Account] = {}
        self._joined: dict[str, tuple[Account, Party, Account]] = {}
        self._accounts_of: _Held[set[str]] = _Held(lambda key: set(kept.accounts_of(key)) if kept is not None else set())
        self._transfers: dict[str, PastTransfer | None] = {}
        self._by_account: _Held[list[PastTransfer]] = _Held(lambda key: kept.transfers(key) if kept is not None else [])
        self._by_address: _Held[list[PastTransfer]] = _Held(lambda key: kept.transfers_with(key) if kept is not None else [])
        self._books: _Held[dict[str, datetime]] = _Held(lambda key: kept.book(key) if kept is not None else {})
        self._events: _Held[list[PastEvent]] = _Held(lambda key: kept.events(key) if kept is not None else [])
        self._trades: _Held[list[PastTrade]] = _Held(lambda key: kept.trades(key) if kept is not None else [])
        self._balances: _Held[dict[str, tuple[date, Decimal]]] = _Held(lambda key: kept.balances(key) if kept is not None else {})
        self._address_books: dict[str, AddressBook] = {}
        self._prices: dict[str, tuple[datetime, str, Decimal]] = {}
        self._answers: dict[str, dict[str, RequestEvent]] = defaultdict(dict)
        self._movements = Movements()
        self.lists = Lists()
        """The lists screened against; whoever loads a new version puts the whole here, between two decisions."""
        self._correspondence = Correspondence()
        self._of_orders = OrderMemory(self.account, self.party_of, self.accounts_by_party)
        self._conduct = ConductMemory(kept)
        self._first_sent: dict[str, datetime | None] = {}
        self._known_since: datetime | None = None if kept is None else kept.first_at()
        if kept is not None:
            self._take_strangers(kept)

    def learn(self, table: str, row: Row) -> None:
        """Take in one row of a record table; raises KeyError for a table that is none of ``LEARNT``."""
        if table not in LEARNT:
            raise KeyError(table)
        if table in CORRESPONDENCE:
            self._correspondence.learn(table, row)
        elif table in _LEARN:
            _LEARN[table](self, row)
        self._of_orders.learn(table, row)
        self._conduct.learn(table, row)

    def known_transfer(self, transfer_id: str) -> PastTransfer | None:
        """A transfer by its id; None where none was learnt."""
        if transfer_id in self._transfers or self._kept is None:
            return self._transfers.get(transfer_id)
        return self._kept.transfer(transfer_id)

    def taking_back(self, table: str, row: Row) -> Callable[[], None]:
        """What would make unlearnt a row of ``transfer`` or ``request_event`` that is about to be learnt."""
        return _TAKE_BACK[table](self, row)

    def learn_request(
        self, request: TransferRequest, at: datetime, left_at: datetime | None, *, refused: bool
    ) -> Callable[[], None]:
        """Take in a request that was decided at a moment and left then, waits, or was refused; gives what takes it back.

        It was asked for when it was first learnt, whatever time it gives for itself.
        """
        known = self.known_transfer(request.transfer_id)
        transfer = PastTransfer(
            request.transfer_id,
            at if known is None else known.requested_at,
            request.account_id,
            request.direction,
            request.asset,
            exact(request.quantity),
            exact(request.value_jpy),
            request.address,
            request.counterparty or "unknown",
            request.counterparty_vasp,
            left_at,
            refused,
        )
        take_back = self._taking_back(transfer, known)
        self._take(transfer, transfer.requested_at)
        return take_back

    @contextmanager
    def without(self, transfer_id: str) -> Iterator[None]:
        """As long as the block lasts, the transfer was never asked for; its place in the address book stays."""
        known = self.known_transfer(transfer_id)
        self._forget(transfer_id)
        try:
            yield
        finally:
            if known is not None:
                self._keep(known)

    def account(self, account_id: str) -> Account:
        """The account; raises KeyError for one that is not known."""
        account = self._accounts.get(account_id)
        if account is None:
            kept = self._kept.account(account_id) if self._kept is not None else None
            if kept is None:
                raise KeyError(account_id)
            if kept.party_id not in self._parties:
                return kept
            account = kept
        party = self._party(account.party_id)
        if party is None or party.born_on == account.born_on:
            return account
        joined = self._joined.get(account_id)
        if joined is not None and joined[0] is account and joined[1] is party:
            return joined[2]
        born = _born(account, party.born_on)
        if account_id in self._accounts:
            if len(self._joined) >= _JOINED_KEPT_MAX:
                self._joined.clear()
            self._joined[account_id] = (account, party, born)
        return born

    def party(self, party_id: str) -> Party:
        """The person or company; raises KeyError for one that is not known."""
        party = self._party(party_id)
        if party is None:
            raise KeyError(party_id)
        return party

    def _party(self, party_id: str) -> Party | None:
        party = self._parties.get(party_id)
        return self._kept.party(party_id) if party is None and self._kept is not None else party

    def _account(self, account_id: str) -> Account | None:
        """The account as it was learnt, without what is known of its party."""
        account = self._accounts.get(account_id)
        if account is not None or self._kept is None:
            return account
        kept = self._kept.account(account_id)
        return None if kept is None else _born(kept, None)

    def transfers(self, account_id: str, since: datetime) -> Sequence[PastTransfer]:
        """What the account asked to move since a moment, oldest first."""
        rows = self._by_account.get(account_id)
        if rows is None:
            return self._kept.transfers(account_id, since) if self._kept is not None else ()
        return _since(rows, since, _requested_at)

    def known_since(self) -> datetime | None:
        """The first transfer, trade or account event on record; nothing is known of what moved before it."""
        return self._known_since

    def reach_back(self, at: datetime) -> None:
        """Take note that movements are on record from a moment on, even where those of the accounts learnt begin later."""
        if self._known_since is None or at < self._known_since:
            self._known_since = at

    def first_sent_at(self, account_id: str) -> datetime | None:
        """When the first transfer out of the account left, or was asked for where only the address book tells; None before that."""
        if account_id not in self._first_sent:
            out = [each for each in self._by_account.seen(account_id) if each.direction == "out"]
            asked: dict[str, datetime] = {}
            for each in out:
                asked.setdefault(destination_form(each.address), each.requested_at)
            book = self._books.seen(account_id).items()
            older = [used_at for address, used_at in book if address not in asked or used_at < asked[address]]
            left = [each.left_at for each in out if each.left_at is not None]
            self._first_sent[account_id] = min((*left, *older), default=None)
        return self._first_sent[account_id]

    def transfers_with(self, address: str, since: datetime) -> Sequence[PastTransfer]:
        """What all accounts asked to move to or from one address since a moment, oldest first."""
        rows = self._by_address.get(address)
        if rows is None:
            return self._kept.transfers_with(address, since) if self._kept is not None else ()
        return _since(rows, since, _requested_at)

    def addresses_of(self, account_id: str) -> Mapping[str, datetime]:
        """Every address the account asked to send to, in its normal form, with the first time."""
        return self._books.seen(account_id)

    def address_book(self, account_id: str) -> AddressBook:
        """The addresses to which something the account sent has left, read and indexed; kept for accounts that were asked about."""
        book = self._address_books.get(account_id)
        if book is None:
            gone = (t for t in self._by_account.seen(account_id) if t.direction == "out" and t.left_at is not None)
            book = books_of((t.address, t.asset) for t in gone)
            if len(self._address_books) >= _BOOKS_KEPT_MAX:
                self._address_books.pop(next(iter(self._address_books)))
            self._address_books[account_id] = book
        return book

    def first_used_at(self, account_id: str, address: str) -> datetime | None:
        """When the account first asked to send to the address; None before that."""
        return self._books.seen(account_id).get(destination_form(address))

    def events(self, account_id: str, since: datetime) -> Sequence[PastEvent]:
        """What happened to the account since a moment, oldest first."""
        rows = self._events.get(account_id)
        if rows is None:
            return self._kept.events(account_id, since) if self._kept is not None else ()
        return _since(rows, since, _occurred_at)

    def trades(self, account_id: str, since: datetime) -> Sequence[PastTrade]:
        """What the account traded since a moment, oldest first."""
        rows = self._trades.get(account_id)
        if rows is None:
            return self._kept.trades(account_id, since) if self._kept is not None else ()
        return _since(rows, since, _executed_at)

    def holdings(self, account_id: str) -> Mapping[str, Decimal]:
        """What the firm owes the account by asset: the last daily balance, and what moved after that day."""
        balances = self._balances.seen(account_id)
        held = {asset: quantity for asset, (_, quantity) in balances.items()}
        known = {asset: starts_at(day + timedelta(days=1)) for asset, (day, _) in balances.items()}
        latest = min(known.values(), default=None)

        def move(asset: str, moved_at: datetime, quantity: Decimal) -> None:
            # A firm that reports balances daily leaves out the assets a client does not hold.
            if asset not in known and latest is not None and moved_at < latest:
                return
            if asset not in known or moved_at >= known[asset]:
                held[asset] = WIDE.add(held.get(asset, _NOTHING), quantity)

        # Nothing before the first of the balances' days counts.
        since = _EVER if latest is None else latest
        for transfer in self._left_since(account_id, since):
            if transfer.left_at is not None:
                came = transfer.quantity if transfer.direction == "in" else transfer.quantity.copy_negate()
                move(transfer.asset, transfer.left_at, came)
        for trade in self.trades(account_id, since):
            base, _, quote = trade.instrument.partition("/")
            bought = trade.quantity if trade.side == "buy" else trade.quantity.copy_negate()
            move(base, trade.executed_at, bought)
            move(quote, trade.executed_at, WIDE.multiply(bought.copy_negate(), trade.price))
        for event in self.events(account_id, since):
            if event.amount_jpy is not None and event.kind in _FIAT:
                move("JPY", event.occurred_at, WIDE.multiply(_FIAT[event.kind], event.amount_jpy))
        return held

    def _left_since(self, account_id: str, since: datetime) -> Sequence[PastTransfer]:
        rows = self._by_account.get(account_id)
        if rows is None:
            return self._kept.left_since(account_id, since) if self._kept is not None else ()
        return [one for one in rows if one.left_at is not None and one.left_at >= since]

    def price_jpy(self, asset: str) -> Decimal | None:
        """The last reference price of the asset in yen; 1 for JPY itself, None where there is none."""
        if asset == "JPY":
            return Decimal(1)
        quoted = self._prices.get(asset)
        return None if quoted is None else quoted[2]

    def client_steps(self, request: TransferRequest) -> Mapping[str, Sequence[RequestEvent]]:
        """What the client did, or was shown, about a transfer, by kind, oldest first."""
        return client_steps(request, self)

    def events_of_request(self, request_id: str) -> Sequence[RequestEvent]:
        """What people did, or were shown, about a request, oldest first."""
        known = self._answers.get(request_id)
        return sorted(known.values(), key=lambda e: (e.occurred_at, e.event_id)) if known else ()

    def correspondence(self) -> Correspondence:
        """Other operators, their networks, wallets evaluated, and notices exchanged with them."""
        return self._correspondence

    def accounts_seen(self, kind: str, value: str) -> dict[str, datetime]:
        """The accounts that used a device or a network address, each with the last time; who came last stands last."""
        return self._conduct.accounts_seen(kind, value)

    def suspicions(self, account_id: str) -> Sequence[Suspicion]:
        """Every suspicion about the account, oldest first."""
        return self._conduct.suspicions(account_id)

    def checks_of(self, party_id: str) -> Sequence[CustomerCheck]:
        """The verifications of a client, oldest first."""
        return self._conduct.checks_of(party_id)

    def risks_of(self, party_id: str) -> Sequence[CustomerRisk]:
        """The grounds for enhanced care with a client, oldest first."""
        return self._conduct.risks_of(party_id)

    def quick_deposits(self, account_id: str, since: datetime) -> Sequence[QuickDeposit]:
        """What was paid in by quick payment or at a convenience store since a moment, oldest first."""
        return self._conduct.quick_deposits(account_id, since)

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
        # One address in another spelling is no new one.
        book, form = self._books[account_id], destination_form(address)
        book[form] = min(used_at, book.get(form, used_at))
        self._first_sent.pop(account_id, None)

    def accounts_of(self, party_id: str) -> Sequence[str]:
        """The accounts of a party, in order."""
        return sorted(self._accounts_of.seen(party_id))

    def parties_with(self, kind: str) -> frozenset[str]:
        """The parties that hold an account of a kind, such as house or staff."""
        changed = {account.party_id for account in self._accounts.values() if account.kind == kind}
        kept = self._kept.accounts_with(kind) if self._kept is not None else ()
        return frozenset(changed | {self.account(each).party_id for each in kept if self.account(each).kind == kind})

    @property
    def party_of(self) -> Mapping[str, str]:
        """The party behind each account."""
        return _PartyOf(self)

    @property
    def accounts_by_party(self) -> Mapping[str, tuple[str, ...]]:
        """The accounts of each party."""
        return _AccountsOf(self)

    def account_ids(self) -> Iterator[str]:
        """Every account on record, in no particular order."""
        yield from self._accounts
        yield from (each for each in (self._kept if self._kept is not None else ()) if each not in self._accounts)

    def rows(self) -> Iterator[tuple[str, Any]]:
        """Everything remembered, in a fixed order that does not depend on how it is kept: what it is, and its values."""
        kept = self._kept
        for party_id in sorted({*self._parties, *(kept.party_ids() if kept is not None else ())}):
            yield "party", self.party(party_id)
        on_record = set(self.account_ids())
        for account_id in sorted(on_record.union(self._by_account, self._books, self._events, self._trades, self._balances)):
            if account_id in on_record:
                yield "account", self._account(account_id)
            for transfer in sorted(self._by_account.seen(account_id), key=lambda one: (one.requested_at, one.transfer_id)):
                yield "transfer", transfer
            yield from (("address", (account_id, *one)) for one in sorted(self._books.seen(account_id).items()))
            yield from (("account_event", (account_id, *one)) for one in sorted(self._events.seen(account_id), key=repr))
            yield from (("trade", (account_id, *one)) for one in sorted(self._trades.seen(account_id)))
            yield from (("balance", (account_id, *one)) for one in sorted(self._balances.seen(account_id).items()))
        yield from (("price", one) for one in sorted(self._prices.items()))
        yield from (("movement", one) for one in self._movements.rows())
        for request_id in sorted(self._answers):
            yield from (("answer", (request_id, one)) for _, one in sorted(self._answers[request_id].items()))

    def changed(self) -> Mapping[str, Mapping[str, Any]]:
        """What has been learnt above the kept columns, by table and key: whole accounts, parties and their lists."""
        return {
            "party": self._parties,
            "account": self._accounts,
            "transfer": self._by_account,
            "address_book": self._books,
            "account_event": self._events,
            "trade": self._trades,
            "customer_balance": self._balances,
            "reference_price": self._prices,
            "request_event": self._answers,
        }

    def office_rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What is remembered of the office's registers on orders, as rows that make another memory know the same."""
        return self._of_orders.office_rows()

    def movements(self) -> list[dict[str, Any]]:
        """The movements on the chain, each once, under the names of ``chain_movement``."""
        return self._movements.rows()

    def recall(self, prices: Mapping[str, tuple[datetime, str, Decimal]], answers: Mapping[str, Sequence[RequestEvent]]) -> None:
        """Know again prices and answers that a snapshot kept beside the columns."""
        self._prices.update(prices)
        for request_id, events in answers.items():
            self._answers[request_id] = {event.event_id: event for event in events}

    @property
    def kept(self) -> KeptClients | None:
        """The columns below."""
        return self._kept

    def _take_strangers(self, kept: KeptClients) -> None:
        """Rows of accounts that are not on record are remembered as if they were learnt now."""
        for transfer in kept.strange_transfers():
            self._keep(transfer)
        for account_id, rows in kept.strange("account_event").items():
            self._events[account_id] = rows
        for account_id, rows in kept.strange("trade").items():
            self._trades[account_id] = rows
        for account_id, book in kept.strange("address_book").items():
            self._books[account_id] = book
        for account_id, balances in kept.strange("customer_balance").items():
            self._balances[account_id] = balances

    def listed(self, entry_kind: str, value: str, at: datetime, asset: str | None = None) -> Sequence[Listed]:
        """Entries of the lists in force at a moment that name a value, in whatever way it is written."""
        return self.lists.find(entry_kind, value, at, asset)

    def list_kinds(self, at: datetime) -> frozenset[str]:
        """The kinds of lists of which a version is in force at a moment."""
        return self.lists.kinds(at)

    def neighbours(self, address: str, asset: str, before: datetime) -> Sequence[Neighbour]:
        """Whom an address exchanged an asset with on the chain before a moment."""
        return self._movements.neighbours(address, asset, before)

    def _learn_movement(self, row: Row) -> None:
        self._movements.learn(row)

    def _learn_party(self, row: Row) -> None:
        party = Party(**{name: row.get(name) for name in Party.__struct_fields__})  # type: ignore[arg-type]
        self._parties[party.party_id] = party

    def _learn_account(self, row: Row) -> None:
        known = {name: _plain(row.get(name)) for name in Account.__struct_fields__ if name != "born_on"}
        before = self._account(row["account_id"])
        if before is not None:
            self._accounts_of[before.party_id].discard(before.account_id)
        self._accounts[row["account_id"]] = Account(**known)
        self._accounts_of[row["party_id"]].add(row["account_id"])

    def _learn_transfer(self, row: Row) -> None:
        transfer = past_transfer(row)
        self._take(transfer, min(filter(None, (transfer.requested_at, _utc(row.get("address_first_used_at"))))))

    def _take(self, transfer: PastTransfer, used_at: datetime) -> None:
        """Remember a transfer in the place of what was known of it, and that its address was asked for at a moment."""
        self._forget(transfer.transfer_id)
        self.reach_back(transfer.requested_at)
        kept = self._address_books.get(transfer.account_id)
        if kept is not None and transfer.direction == "out" and transfer.left_at is not None:
            read = read_or_none(transfer.address, transfer.asset)
            if read is not None:
                kept.add(read)
        self._keep(transfer)
        if transfer.direction == "out":
            self.learn_use(transfer.account_id, transfer.address, used_at)

    def _keep(self, transfer: PastTransfer) -> None:
        self._transfers[transfer.transfer_id] = transfer
        insort(self._by_account[transfer.account_id], transfer, key=_requested_at)
        insort(self._by_address[transfer.address], transfer, key=_requested_at)
        self._first_sent.pop(transfer.account_id, None)

    def _take_back_transfer(self, row: Row) -> Callable[[], None]:
        return self._taking_back(past_transfer(row), self.known_transfer(row["transfer_id"]))

    def _taking_back(self, transfer: PastTransfer, known: PastTransfer | None) -> Callable[[], None]:
        account_id, address = transfer.account_id, destination_form(transfer.address)
        used_at = self.first_used_at(account_id, address)

        def take_back() -> None:
            self._forget(transfer.transfer_id)
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
        known = self.known_transfer(transfer_id)
        if known is not None:
            if known.left_at is not None:
                self._address_books.pop(known.account_id, None)
            self._transfers[transfer_id] = None
            self._by_account[known.account_id].remove(known)
            self._by_address[known.address].remove(known)
            self._first_sent.pop(known.account_id, None)

    def _learn_event(self, row: Row) -> None:
        event = PastEvent(
            in_utc(row["occurred_at"]),
            row["kind"],
            _plain(row.get("amount_jpy")),
            row.get("device_id"),
            row.get("ip"),
            row.get("remitter_name_matches"),
        )
        insort(self._events[row["account_id"]], event, key=_occurred_at)
        self.reach_back(event.occurred_at)

    def _learn_trade(self, row: Row) -> None:
        self.reach_back(in_utc(row["executed_at"]))
        for side in ("buy", "sell"):
            account_id = row.get(f"{side}_account_id")
            if account_id is not None:
                executed_at = in_utc(row["executed_at"])
                price, quantity = exact(row["price"]), exact(row["quantity"])
                trade = PastTrade(row["trade_id"], executed_at, row["instrument"], side, price, quantity)
                _insort_once(self._trades[account_id], trade)

    def _learn_balance(self, row: Row) -> None:
        balances = self._balances[row["account_id"]]
        known = balances.get(row["asset"])
        if known is None or known[0] <= row["as_of_date"]:
            balances[row["asset"]] = (row["as_of_date"], exact(row["quantity"]))

    def _learn_price(self, row: Row) -> None:
        quoted = (in_utc(row["quoted_at"]), row["source"], exact(row["price_jpy"]))
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
        return self._memory.account_ids()

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _AccountsOf(Mapping[str, tuple[str, ...]]):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def __getitem__(self, party_id: str) -> tuple[str, ...]:
        accounts = tuple(self._memory.accounts_of(party_id))
        if not accounts:
            raise KeyError(party_id)
        return accounts

    def __iter__(self) -> Iterator[str]:
        return iter({self._memory.account(each).party_id: None for each in self._memory.account_ids()})

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Held(dict[str, Held]):
    """What was learnt by key; a key that is written to first takes over what the kept columns hold of it."""

    def __init__(self, read: Callable[[str], Held]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, key: str) -> Held:
        held = self[key] = self._read(key)
        return held

    def seen(self, key: str) -> Held:
        """What is known of a key, without taking it over."""
        held = self.get(key)
        return self._read(key) if held is None else held


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
    "chain_movement": Memory._learn_movement,
}
_TAKE_BACK: dict[str, Callable[[Memory, Row], Callable[[], None]]] = {
    "transfer": Memory._take_back_transfer,
    "request_event": Memory._take_back_answer,
}
LEARNT = tuple(dict.fromkeys((*_LEARN, *CORRESPONDENCE, *LEARNT_OF_ORDERS, *LEARNT_OF_CONDUCT)))
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
        exact(row["quantity"]),
        exact(row["value_jpy"]),
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
    "chain_movement": "occurred_at",
    "travel_rule_notice": "occurred_at",
    "counterparty_wallet": "evaluated_at",
    "suitability_check": "checked_at",
    "document_delivery": "delivered_at",
    "margin_position": "opened_at",
    "margin_valuation": "valued_at",
    "margin_call": "determined_at",
    "suspicion": "arose_at",
    "customer_check": "checked_at",
    "customer_risk": "since",
    "quick_deposit": "deposited_at",
}
"""When a row of a table is first known, by its column; a daily balance at the end of its day.

Rows of every other table are known from the start: they say themselves from when until when they hold.
"""

ENDS = {
    "transfer": ("released_at", "refused_at"),
    "margin_position": ("closed_at",),
    "margin_call": ("met_at", "settled_at"),
    "suspicion": ("judged_at", "filed_at", "cleared_at"),
    "customer_risk": ("until",),
}
"""Columns of a row that are filled in later, when what they tell has happened."""
_MEANWHILE: dict[str, Row] = {"released_at": {"status": "held"}, "refused_at": {"status": "held"}, "judged_at": {"judgement": None}}
"""What goes with a time that was not known yet."""


def memory_before(records: Records, before: datetime) -> Memory:
    """What a gate would have learnt from the records before a moment (UTC)."""
    memory = Memory()
    flow: list[tuple[int, bool, Row]] = []
    for table in (name for name in LEARNT if name in records.present):
        for row in rows_before(records, table, before):
            if table in FLOW:
                flow.append((row["sequence"], table == "trade", row))
            else:
                memory.learn(table, row)
    for _, traded, row in sorted(flow, key=lambda step: step[:2]):
        memory.learn("trade" if traded else "order_event", row)
    memory.lists = read_lists(records)
    return memory


def rows_before(records: Records, table: str, before: datetime | None) -> Iterator[Row]:
    """The rows of a table as they stood before a moment (UTC); all of them where none is given."""
    rows = transfers_with_refusals(records) if table == "transfer" else records.optional(table)
    for row in rows.to_pyarrow().to_pylist():
        known_at = known_from(table, row)
        if before is None:
            yield row
        elif known_at is None or known_at < before:
            yield as_of(table, row, before)


def known_from(table: str, row: Row) -> datetime | None:
    """When a row is first known; None for what is known from the start. A daily balance is known once its day is over."""
    if table in KNOWN_AT:
        return in_utc(row[KNOWN_AT[table]])
    if table == "customer_balance":
        return starts_at(row["as_of_date"] + timedelta(days=1)) - timedelta.resolution
    return None


def known_moments(table: str, row: Row) -> tuple[datetime, ...]:
    """When a gate knew the row, and what was written into it later, each once and in order; empty where it always did."""
    first = known_from(table, row)
    if first is None:
        return ()
    later = (_utc(row.get(name)) for name in ENDS.get(table, ()))
    return (first, *sorted({at for at in later if at is not None and at > first}))


def transfers_with_refusals(records: Records) -> ir.Table:
    """The table of transfers with ``refused_at``: when one was refused or cancelled, where an event says so.

    Where none does, a refused transfer counts as refused from its request on.
    """
    transfer = records.optional("transfer")
    if "request_event" not in records.present:
        return transfer
    refusals = records.request_event.filter(records.request_event.kind.isin(["refused", "cancelled"]))
    first = refusals.group_by(transfer_id=refusals.request_id).aggregate(refused_at=refusals.occurred_at.min())
    refused = transfer.left_join(first, "transfer_id").drop("transfer_id_right")
    return refused.mutate(refused_at=(refused.status == "refused").ifelse(refused.refused_at, None))


def as_of(table: str, row: Row, before: datetime) -> Row:
    """A row as it stood: a transfer released later is waiting still, a call met later is open, a suspicion cleared later stands."""
    late = [name for name in ENDS.get(table, ()) if (at := _utc(row.get(name))) is not None and at >= before]
    if not late:
        return row
    meanwhile = {name: value for each in late for name, value in _MEANWHILE.get(each, {}).items()}
    return {**row, **dict.fromkeys(late), **meanwhile}


def _plain(value: Any) -> Any:
    return exact(value) if isinstance(value, Decimal) else value


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else in_utc(moment)


def _born(account: Account, born_on: date | None) -> Account:
    return msgspec.structs.replace(account, born_on=born_on)


def _insort_once(trades: list[PastTrade], trade: PastTrade) -> None:
    """Put a trade in its place; one that is told again, under its id and time, takes the place of the first telling."""
    place = bisect_left(trades, trade.executed_at, key=_executed_at)
    while place < len(trades) and trades[place].executed_at == trade.executed_at:
        if (trades[place].trade_id, trades[place].side) == (trade.trade_id, trade.side):
            trades[place] = trade
            return
        place += 1
    trades.insert(place, trade)


def _since(rows: Sequence[_Timed], since: datetime, at: Callable[[Any], datetime]) -> Sequence[_Timed]:
    return rows[bisect_left(rows, since, key=at) :]


def _requested_at(transfer: PastTransfer) -> datetime:
    return transfer.requested_at


def _occurred_at(event: PastEvent) -> datetime:
    return event.occurred_at


def _executed_at(trade: PastTrade) -> datetime:
    return trade.executed_at
