"""What the gate would have known, read from the records: the same view an inspection and a case of the rulebook use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.memory import Memory, memory_before
from sekisho.engine.open_orders import Standing, entries, standing_orders
from sekisho.engine.request_steps import client_steps
from sekisho.engine.requests import (
    Account,
    CustomerCheck,
    CustomerRisk,
    InOffice,
    InstructionRequest,
    OpenOrder,
    OrderRequest,
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
    WalletRequest,
)
from sekisho.typologies.addresses import AddressBook
from sekisho.typologies.correspondence import Correspondence
from sekisho.typologies.exposure import Neighbour
from sekisho.typologies.handled_assets import Handled, Pair, read_handled
from sekisho.typologies.listed import Listed
from sekisho.typologies.margin import Margin
from sekisho.typologies.material_facts import read_circle, read_facts
from sekisho.typologies.ownership import ownership_of
from sekisho.typologies.registers import read_keys
from sekisho.typologies.suitability import Breach, Check, Consent, Criteria, Limits
from sekisho.typologies.valuation import JAPAN, in_utc, starts_at
from sekisho.typologies.wallet_keys import Connected, first_connections
from sekisho.typologies.winding import in_office

if TYPE_CHECKING:
    from sekisho.records import Records


class RecordsView:
    """Clients, transfers, orders and registers, as the records had them before a moment."""

    def __init__(self, records: Records, before: datetime) -> None:
        self._records, self._before = records, before
        self._registers: Registers | None = None
        self._pairs: Handled | None = None
        self._connections: Mapping[str, Connected] | None = None
        self._open: dict[str, Mapping[str, Standing]] = {}
        self._learnt: Memory | None = None

    def account(self, account_id: str) -> Account:
        """The account; raises KeyError for one that is not known."""
        return self._memory().account(account_id)

    def party(self, party_id: str) -> Party:
        """The person or company; raises KeyError for one that is not known."""
        return self._memory().party(party_id)

    def first_used_at(self, account_id: str, address: str) -> datetime | None:
        """When this account first sent to this address; None where it never had before."""
        return self._memory().first_used_at(account_id, address)

    def transfers(self, account_id: str, since: datetime) -> Sequence[PastTransfer]:
        """What the account asked to move since a moment, oldest first."""
        return self._memory().transfers(account_id, since)

    def known_since(self) -> datetime | None:
        """The first transfer, trade or account event on record."""
        return self._memory().known_since()

    def first_sent_at(self, account_id: str) -> datetime | None:
        """When the first transfer out of the account left; None before that."""
        return self._memory().first_sent_at(account_id)

    def transfers_with(self, address: str, since: datetime) -> Sequence[PastTransfer]:
        """What all accounts asked to move to or from one address since a moment, oldest first."""
        return self._memory().transfers_with(address, since)

    def addresses_of(self, account_id: str) -> Mapping[str, datetime]:
        """Every address the account asked to send to, with the first time."""
        return self._memory().addresses_of(account_id)

    def address_book(self, account_id: str) -> AddressBook:
        """The addresses to which something the account sent had left, read and indexed."""
        return self._memory().address_book(account_id)

    def events(self, account_id: str, since: datetime) -> Sequence[PastEvent]:
        """What happened to the account since a moment, oldest first."""
        return self._memory().events(account_id, since)

    def trades(self, account_id: str, since: datetime) -> Sequence[PastTrade]:
        """What the account traded since a moment, oldest first."""
        return self._memory().trades(account_id, since)

    def holdings(self, account_id: str) -> Mapping[str, Decimal]:
        """What the firm owed the account by asset at the moment."""
        return self._memory().holdings(account_id)

    def price_jpy(self, asset: str) -> Decimal | None:
        """The last reference price of the asset in yen."""
        return self._memory().price_jpy(asset)

    def client_steps(self, request: TransferRequest) -> Mapping[str, Sequence[RequestEvent]]:
        """What the client did, or was shown, about a transfer, by kind, oldest first."""
        return client_steps(request, self)

    def events_of_request(self, request_id: str) -> Sequence[RequestEvent]:
        """What people did, or were shown, about a request, oldest first."""
        return self._memory().events_of_request(request_id)

    def listed(self, entry_kind: str, value: str, at: datetime, asset: str | None = None) -> Sequence[Listed]:
        """Entries of the lists in force at a moment that name a value, in whatever way it is written."""
        return self._memory().listed(entry_kind, value, at, asset)

    def list_kinds(self, at: datetime) -> frozenset[str]:
        """The kinds of lists of which a version is in force at a moment."""
        return self._memory().list_kinds(at)

    def neighbours(self, address: str, asset: str, before: datetime) -> Sequence[Neighbour]:
        """Whom an address exchanged an asset with on the chain before a moment."""
        return self._memory().neighbours(address, asset, before)

    def correspondence(self) -> Correspondence:
        """Other operators, their networks, wallets evaluated, and notices exchanged, as known at the moment."""
        return self._memory().correspondence()

    def accounts_seen(self, kind: str, value: str) -> dict[str, datetime]:
        """The accounts that used a device or a network address, each with the last time."""
        return self._memory().accounts_seen(kind, value)

    def suspicions(self, account_id: str) -> Sequence[Suspicion]:
        """Every suspicion about the account, oldest first."""
        return self._memory().suspicions(account_id)

    def checks_of(self, party_id: str) -> Sequence[CustomerCheck]:
        """The verifications of a client, oldest first."""
        return self._memory().checks_of(party_id)

    def risks_of(self, party_id: str) -> Sequence[CustomerRisk]:
        """The grounds for enhanced care with a client, oldest first."""
        return self._memory().risks_of(party_id)

    def quick_deposits(self, account_id: str, since: datetime) -> Sequence[QuickDeposit]:
        """What was paid in by quick payment or at a convenience store since a moment, oldest first."""
        return self._memory().quick_deposits(account_id, since)

    def first_connected_at(self, device: str) -> datetime | None:
        """When the device was first on a network, as the register of keys had it before this moment."""
        if self._connections is None:
            self._connections = first_connections(key for each in read_keys(self._records).values() for key in each)
        connected = self._connections.get(device)
        return connected.connected_at if connected is not None and connected.connected_at < self._before else None

    def registers(self) -> Registers:
        """Ownership, facts and their knowledge, positions; every row carries its own time."""
        if self._registers is None:
            self._registers = Registers(ownership_of(self._records), read_facts(self._records), read_circle(self._records))
        return self._registers

    def pair(self, instrument: str) -> Pair:
        """The instrument; raises KeyError for one that the table does not hold."""
        pair = self._handled().pairs[instrument]
        if not pair.ours:
            raise KeyError(instrument)
        return pair

    def book(self, instrument: str, side: str) -> Sequence[OpenOrder]:
        """Resting limit orders of one side by price, then by the time they took their place."""
        resting = [order for order in self._orders(instrument).values() if order.rests and order.row.side == side]
        sign = -1 if side == "buy" else 1
        return tuple(order.row for order in sorted(resting, key=lambda o: (sign * (o.row.price or 0), o.place)))

    def orders_known_to(self, party_id: str, instrument: str) -> Sequence[SeenOrder]:
        """Clients' orders in the market that the party could see."""
        known = self._records.optional("customer_order_knowledge")
        seen = known.filter((known.party_id == party_id) & (known.learned_at < self._before)).select("order_id", "learned_at")
        learned: dict[str, datetime] = {}
        for row in seen.to_pyarrow().to_pylist():
            learned[row["order_id"]] = min(in_utc(row["learned_at"]), learned.get(row["order_id"], self._before))
        orders = self._orders(instrument)
        return tuple(SeenOrder(orders[each].row, learned[each]) for each in sorted(learned) if each in orders)

    def ordered(self, party_id: str, asset: str, side: str, since: datetime) -> Decimal:
        """What the party's accounts ordered of the asset, in pairs on record, since then and before this moment."""
        accounts = self.registers().owners.accounts_of.get(party_id, ())
        ours = (pair.instrument for pair in self._handled().of(asset) if pair.ours)
        events = entries(self._records, accounts, ours)
        rows = (e for e in events if since <= e.at < self._before)
        return sum((e.quantity for e in rows if e.side_of(asset, self._handled()) == side), Decimal(0))

    def administrator(self, at: datetime) -> InOffice | None:
        """The administrator in office at a moment; None where there is none."""
        event = in_office(self._records, (at + JAPAN).date())
        return None if event is None else InOffice(event.party_id, event.event_id, starts_at(event.effective_on))

    def open_orders(self, account_id: str, product: str) -> Sequence[OpenOrder]:
        """The account's own orders still in the market, of one product."""
        return self._memory().open_orders(account_id, product)

    def last_price(self, instrument: str) -> Decimal | None:
        """The price of the last trade of the pair."""
        return self._memory().last_price(instrument)

    def check(self, account_id: str) -> Check | None:
        """The last suitability check of the account."""
        return self._memory().check(account_id)

    def criteria(self) -> Criteria:
        """The firm's trading-start criteria."""
        return self._memory().criteria()

    def limits(self) -> Limits:
        """The trading limits."""
        return self._memory().limits()

    def consents(self, account_id: str) -> Sequence[Consent]:
        """The consents of legal representatives to the account's trading."""
        return self._memory().consents(account_id)

    def documents(self, account_id: str) -> Set[tuple[str, str | None]]:
        """The documents the account was given."""
        return self._memory().documents(account_id)

    def breaches(self, asset: str) -> Sequence[Breach]:
        """The breaches of disclosure by the asset's issuer."""
        return self._memory().breaches(asset)

    def margin(self, account_id: str) -> Margin:
        """Open margin positions and calls, and the last valuation."""
        return self._memory().margin(account_id)

    def margin_ratio(self, instrument: str, day: date) -> Decimal | None:
        """The risk ratio of the pair in use on a day."""
        return self._memory().margin_ratio(instrument, day)

    def _memory(self) -> Memory:
        if self._learnt is None:
            self._learnt = memory_before(self._records, self._before)
        return self._learnt

    def _handled(self) -> Handled:
        if self._pairs is None:
            self._pairs = read_handled(self._records, ())
        return self._pairs

    def _orders(self, instrument: str) -> Mapping[str, Standing]:
        if instrument not in self._open:
            self._open[instrument] = standing_orders(self._records, instrument, self._before)
        return self._open[instrument]


def transfer_request(row: dict[str, object]) -> TransferRequest:
    """A request as a case or a caller writes it: the columns of ``transfer`` known before the decision."""
    known = {name: row[name] for name in TransferRequest.__struct_fields__ if name in row}
    return TransferRequest(**known)  # type: ignore[arg-type]


def order_request(row: dict[str, object]) -> OrderRequest:
    """An order as a case or a caller writes it, under the names of ``OrderRequest``."""
    return OrderRequest(**row)  # type: ignore[arg-type]


def instruction_request(row: dict[str, object]) -> InstructionRequest:
    """An instruction as a case or a caller writes it: the columns of ``instruction`` known before the decision."""
    known = {name: row[name] for name in InstructionRequest.__dataclass_fields__ if name in row}
    return InstructionRequest(**known)  # type: ignore[arg-type]


def wallet_request(row: dict[str, object]) -> WalletRequest:
    """A wallet's request for a class as a case or a caller writes it, under the names of ``WalletRequest``."""
    devices = row.get("devices") or ()
    assert isinstance(devices, list | tuple), "devices are a list of names"
    return WalletRequest(**{**row, "devices": tuple(str(each) for each in devices)})  # type: ignore[arg-type]
