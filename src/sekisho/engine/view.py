"""What the gate would have known, read from the records: the same view an inspection and a case of the rulebook use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.open_orders import Standing, entries, standing_orders
from sekisho.engine.requests import (
    Account,
    InOffice,
    InstructionRequest,
    OpenOrder,
    OrderRequest,
    Registers,
    SeenOrder,
    TransferRequest,
    WalletRequest,
)
from sekisho.typologies.handled_assets import Handled, Pair, read_handled
from sekisho.typologies.material_facts import read_circle, read_facts
from sekisho.typologies.ownership import ownership_of
from sekisho.typologies.registers import read_keys
from sekisho.typologies.valuation import JAPAN, in_utc, starts_at
from sekisho.typologies.wallet_keys import Connected, first_connections
from sekisho.typologies.winding import in_office

if TYPE_CHECKING:
    from sekisho.records import Records

_ACCOUNT_COLUMNS = (
    "account_id", "party_id", "kind", "opened_at", "closed_at", "experience", "net_worth_jpy", "income_jpy", "risk_tolerance",
)  # fmt: skip


class RecordsView:
    """Accounts and first uses of addresses, as the records had them before a moment."""

    def __init__(self, records: Records, before: datetime) -> None:
        self._records, self._before = records, before
        self._registers: Registers | None = None
        self._pairs: Handled | None = None
        self._connections: Mapping[str, Connected] | None = None
        self._open: dict[str, Mapping[str, Standing]] = {}
        born = _birth_dates(records)
        rows = records.optional("account").select(*_ACCOUNT_COLUMNS).to_pyarrow().to_pylist()
        self._accounts = {row["account_id"]: Account(**row, born_on=born.get(row["party_id"])) for row in rows}
        self._first_uses = self._addresses(records)

    def account(self, account_id: str) -> Account:
        """The account; raises KeyError for one that is not known."""
        return self._accounts[account_id]

    def first_used_at(self, account_id: str, address: str) -> datetime | None:
        """When this account first sent to this address; None where it never had before."""
        return self._first_uses.get((account_id, address))

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
        """What the party's accounts ordered of the asset since then and before this moment."""
        accounts = self.registers().owners.accounts_of.get(party_id, ())
        events = entries(self._records, accounts, (pair.instrument for pair in self._handled().of(asset)))
        rows = (e for e in events if since <= e.at < self._before)
        return sum((e.quantity for e in rows if e.side_of(asset, self._handled()) == side), Decimal(0))

    def administrator(self) -> InOffice | None:
        """The administrator in office at the moment; None where there is none."""
        event = in_office(self._records, (self._before + JAPAN).date())
        return None if event is None else InOffice(event.party_id, event.event_id, starts_at(event.effective_on))

    def _handled(self) -> Handled:
        if self._pairs is None:
            self._pairs = read_handled(self._records, ())
        return self._pairs

    def _orders(self, instrument: str) -> Mapping[str, Standing]:
        if instrument not in self._open:
            self._open[instrument] = standing_orders(self._records, instrument, self._before)
        return self._open[instrument]

    def _addresses(self, records: Records) -> dict[tuple[str, str], datetime]:
        transfers = records.optional("transfer")
        earlier = transfers.filter((transfers.direction == "out") & (transfers.requested_at < self._before))
        firsts: dict[tuple[str, str], datetime] = {}
        columns = ("account_id", "address", "requested_at", "address_first_used_at")
        for row in earlier.select(*columns).to_pyarrow().to_pylist():
            used_at = min(filter(None, (row["requested_at"], row["address_first_used_at"])))
            key = (row["account_id"], row["address"])
            firsts[key] = min(used_at, firsts.get(key, used_at))
        return firsts


def _birth_dates(records: Records) -> dict[str, date | None]:
    rows = records.optional("party").select("party_id", "born_on").to_pyarrow().to_pylist()
    return {row["party_id"]: row["born_on"] for row in rows}


def transfer_request(row: dict[str, object]) -> TransferRequest:
    """A request as a case or a caller writes it: the columns of ``transfer`` known before the decision."""
    known = {name: row[name] for name in TransferRequest.__dataclass_fields__ if name in row}
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
