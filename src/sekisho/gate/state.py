"""Everything the gate remembers, built up from the journal entry by entry: after a restart it is what it was before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, cast

import msgspec
import pyarrow as pa

from sekisho.engine.kept_clients import SCHEMAS
from sekisho.engine.memory import LEARNT, Memory
from sekisho.engine.memory_conduct import LEARNT_OF_CONDUCT
from sekisho.engine.memory_orders import OFFICE
from sekisho.engine.request_steps import client_steps
from sekisho.engine.requests import Account, InOffice, OpenOrder, Registers, RequestEvent, SeenOrder, TransferRequest
from sekisho.gate.entries import Acted, Decided, Learned
from sekisho.gate.messages import encode, request_id
from sekisho.gate.order_books import OrderBooks
from sekisho.records import TABLES, Records, records_of
from sekisho.typologies.correspondence import LEARNT as CORRESPONDENCE
from sekisho.typologies.handled_assets import Handled, Pair, read_handled
from sekisho.typologies.listed import Listed, Lists
from sekisho.typologies.material_facts import Circle, japan_date, read_facts
from sekisho.typologies.ownership import Link, Ownership
from sekisho.typologies.registers import read_keys
from sekisho.typologies.valuation import starts_at
from sekisho.typologies.wallet_keys import first_connections
from sekisho.typologies.winding import in_office

_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_ORDERS: Final = ("order_event", "trade", "customer_order_knowledge", "margin_order")
_ONLY_ORDERS: Final = frozenset(_ORDERS) - {"trade"}
_CLIENTS: Final = frozenset({*SCHEMAS, "reference_price", "request_event", "chain_movement"})
"""Tables whose rows the memory of clients keeps and tells again."""
_TOLD: Final = frozenset(TABLES) - {*_CLIENTS, *OFFICE, *_ORDERS, "list_version", "list_entry"}
"""Tables that the memory does not give out again row by row: their rows are kept as they are, for a snapshot."""
_OPEN_FOR_ALL: Final = _TOLD - {*CORRESPONDENCE, *LEARNT_OF_CONDUCT}
"""Register tables: few rows, read whole whenever one of them has changed."""

LEARNABLE: Final = tuple(sorted({*LEARNT, *_ORDERS, *_OPEN_FOR_ALL}))
"""Every table the gate may be told rows of."""

TakeBack = Callable[[], None]


class State:
    """Clients, orders, registers, and what was decided. One thread at a time."""

    def __init__(self, memory: Memory | None = None) -> None:
        self.memory = memory or Memory()
        self.orders = OrderBooks()
        self.registers: dict[str, list[Mapping[str, Any]]] = {}
        self.listed: dict[str, int] = {}
        self._read: _Read | None = None
        self._in_force: tuple[datetime, Mapping[str, str]] | None = None

    def use_lists(self, lists: Lists, listed: Mapping[str, int]) -> None:
        """From here on screen against these lists; ``listed`` is the last version of each."""
        self.memory.lists, self.listed, self._in_force = lists, dict(listed), None

    def learn(self, learned: Learned) -> None:
        """Take in rows of a record table, as an entry of the journal told them."""
        self.learn_rows(learned.table, learned.rows)

    def learn_rows(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take in rows of a record table."""
        for row in rows:
            if table in LEARNT and table not in _ONLY_ORDERS:
                self.memory.learn(table, row)
            if table == "order_event":
                self.orders.learn_event(row)
            elif table == "trade":
                self.orders.learn_trade(row)
            elif table == "customer_order_knowledge":
                self.orders.learn_knowledge(row)
            elif table == "margin_order":
                self.orders.on_margin(row["order_id"])
            elif table in _TOLD:
                self.registers.setdefault(table, []).append(row)
        if table in _OPEN_FOR_ALL or table == "account":
            self._read = None

    def remember(self, decided: Decided) -> list[TakeBack]:
        """Take in a decision; gives what takes it back, to be called last first."""
        take_back: list[TakeBack] = []
        if decided.event is not None:
            take_back.append(self.learn_event(request_id(decided.request), decided.event))
        take_back += [self.learn_event(request_id(decided.request), step) for step in decided.steps]
        if decided.transfer is not None:
            left_at = decided.decided_at if decided.outcome == "allow" else None
            told = self.memory.learn_request(decided.transfer, decided.decided_at, left_at, refused=decided.outcome == "refuse")
            take_back.append(told)
        elif decided.order is not None and decided.outcome == "allow":
            take_back.append(self.orders.enter(decided.order, decided.decided_at))
        return take_back

    def learn_event(self, about: str, event: Acted) -> TakeBack:
        """Take in what a person did about a request; gives what takes it back."""
        row = {**msgspec.structs.asdict(event), "request_id": about}
        take_back = self.memory.taking_back("request_event", row)
        self.memory.learn("request_event", row)
        return take_back

    def list_versions(self, at: datetime) -> Mapping[str, str]:
        """The version of each list in force at a moment."""
        if self._in_force is None or at >= self._in_force[0]:
            lists = self.memory.lists
            later = min((one.applies_from for one in lists.versions if one.applies_from > at), default=_NEVER)
            in_force = {name: version for name in sorted(self.listed) if (version := lists.in_force(name, at)) is not None}
            self._in_force = (later, {name: str(version.version) for name, version in in_force.items()})
        return self._in_force[1]

    @property
    def read(self) -> _Read:
        """The register tables as they stand now."""
        if self._read is None:
            self._read = _Read(self.registers, self.memory)
        return self._read

    def digest(self) -> str:
        """SHA-256 over everything remembered, in a fixed order: equal states have equal digests."""
        told = hashlib.sha256()
        for name, row in (*self.memory.rows(), *self.orders.rows(), *self._register_rows()):
            told.update(encode([name, row]))
        return told.hexdigest()

    def _register_rows(self) -> Iterator[tuple[str, Any]]:
        yield from self.memory.office_rows()
        yield "listed", sorted(self.listed.items())
        for table in sorted(self.registers):
            yield from ((table, row) for row in self.registers[table])


class GateView:
    """What a rule may look at when the gate asks it: the state at the moment of the decision."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.now: datetime | None = None
        self._release_needs = 1
        self._known: dict[tuple[Any, ...], Any] = {}

    def begin(self, at: datetime, release_needs: int) -> None:
        """Another decision begins: as of this moment, and nothing is known by heart."""
        self.now, self._release_needs = at, release_needs
        self._known.clear()

    def events_of_request(self, request_id: str) -> Sequence[RequestEvent]:
        """What people did about a request, oldest first; a release counts once enough different people stand behind it."""
        known = self._known.get(("events", request_id))
        if known is None:
            known = self._state.memory.events_of_request(request_id)
            if known and len({one.party_id for one in known if one.kind in ("approved", "released")}) < self._release_needs:
                known = [one for one in known if one.kind != "released"]
            self._known["events", request_id] = known
        return cast(Sequence[RequestEvent], known)

    def client_steps(self, request: TransferRequest) -> Mapping[str, Sequence[RequestEvent]]:
        """What the client did, or was shown, about a transfer, by kind. Put in order once for all rules of a decision."""
        known = self._known.get(("steps", request.transfer_id))
        if known is None:
            known = self._known["steps", request.transfer_id] = client_steps(request, self)
        return cast(Mapping[str, Sequence[RequestEvent]], known)

    def add_events(self, request_id: str, events: Iterable[Acted]) -> None:
        """From here on in this decision, this happened about the request, too."""
        self._known.pop(("steps", request_id), None)
        told = [RequestEvent(*msgspec.structs.astuple(event)) for event in events]
        self._known["events", request_id] = [*self.events_of_request(request_id), *told]

    def account(self, account_id: str) -> Account:
        """The account; raises KeyError for one that is not known. Read once for all rules of a decision."""
        known = self._known.get(("account", account_id))
        if known is None:
            known = self._known["account", account_id] = self._state.memory.account(account_id)
        return cast(Account, known)

    def holdings(self, account_id: str) -> Mapping[str, Decimal]:
        """What the firm owes the account by asset. Read once for all rules of a decision."""
        known = self._known.get(("holdings", account_id))
        if known is None:
            known = self._known["holdings", account_id] = self._state.memory.holdings(account_id)
        return cast(Mapping[str, Decimal], known)

    def listed(self, entry_kind: str, value: str, at: datetime, asset: str | None = None) -> Sequence[Listed]:
        """Entries of the lists in force at a moment that name a value. Looked up once for all rules of a decision."""
        asked = (entry_kind, value, at, asset)
        known = self._known.get(asked)
        if known is None:
            known = self._known[asked] = self._state.memory.listed(entry_kind, value, at, asset)
        return cast(Sequence[Listed], known)

    def __getattr__(self, name: str) -> Any:
        """Whatever the memory of clients answers, it answers here; looked up once."""
        if name.startswith("_"):
            raise AttributeError(name)
        answered = getattr(self._state.memory, name)
        if callable(answered):
            self.__dict__[name] = answered
        return answered

    def registers(self) -> Registers:
        """Ownership, facts and their knowledge, positions."""
        return self._state.read.registers

    def pair(self, instrument: str) -> Pair:
        """The instrument; raises KeyError for one that is not on record."""
        pair = self._state.read.handled.pairs[instrument]
        if not pair.ours:
            raise KeyError(instrument)
        return pair

    def book(self, instrument: str, side: str) -> Sequence[OpenOrder]:
        """The resting limit orders of one side, those that are served first first."""
        return self._state.orders.book(instrument, side)

    def orders_known_to(self, party_id: str, instrument: str) -> Sequence[SeenOrder]:
        """Clients' orders still in the market that a party could see by now, in order of their ids."""
        return self._state.orders.known_to(party_id, instrument)

    def ordered(self, party_id: str, asset: str, side: str, since: datetime) -> Decimal:
        """How much the accounts of a party have ordered of an asset on one side since a moment."""
        accounts = self._state.memory.accounts_of(party_id)
        return self._state.orders.ordered(accounts, asset, side, since, self._state.read.handled)

    def first_connected_at(self, device: str) -> datetime | None:
        """When a device was first on a network, by the register of keys."""
        connected = self._state.read.connections.get(device)
        now = self.now
        return connected.connected_at if connected is not None and (now is None or connected.connected_at < now) else None

    def open_orders(self, account_id: str, product: str) -> Sequence[OpenOrder]:
        """The account's own orders still in the market, of one product, in order of their ids."""
        return self._state.orders.open_orders(account_id, margin=product == "margin")

    def last_price(self, instrument: str) -> Decimal | None:
        """The price of the last trade of the pair."""
        return self._state.orders.last_price(instrument)

    def administrator(self, at: datetime) -> InOffice | None:
        """The administrator in office at a moment; None where there is none."""
        return self._state.read.administrator(japan_date(at))


class _Read:
    """The register tables, read as an inspection reads them; anew whenever one of them has changed."""

    def __init__(self, registers: Mapping[str, Iterable[Mapping[str, Any]]], memory: Memory) -> None:
        self._rows, self._memory = registers, memory
        self._offices: dict[date, InOffice | None] = {}

    @cached_property
    def records(self) -> Records:
        """The register tables as records."""
        return records_of({name: _arrow(name, rows) for name, rows in self._rows.items() if name in _OPEN_FOR_ALL})

    @cached_property
    def registers(self) -> Registers:
        """Ownership, facts and positions."""
        links = [Link(**row) for row in self.records.optional("party_link").select(*Link._fields).to_pyarrow().to_pylist()]
        house, staff = (self._memory.parties_with(kind) for kind in ("house", "staff"))
        owners = Ownership(self._memory.party_of, links, self._memory.accounts_by_party)
        return Registers(owners, read_facts(self.records), Circle(links, house, staff))

    @cached_property
    def handled(self) -> Handled:
        """Pairs and listing applications."""
        return read_handled(self.records, ())

    @cached_property
    def connections(self) -> Mapping[str, Any]:
        """When each device was first on a network."""
        return first_connections(key for each in read_keys(self.records).values() for key in each)

    def administrator(self, day: date) -> InOffice | None:
        """Who is in office on a day."""
        if day not in self._offices:
            event = in_office(self.records, day)
            office = None if event is None else InOffice(event.party_id, event.event_id, starts_at(event.effective_on))
            self._offices[day] = office
        return self._offices[day]


def _arrow(name: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    columns = TABLES[name].columns
    told = list({tuple(row.get(c) for c in TABLES[name].key): row for row in rows}.values())
    return pa.table({c.name: pa.array([row.get(c.name) for row in told], c.arrow_type) for c in columns})
