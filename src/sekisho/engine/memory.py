"""What a gate remembers of clients: it learns one record after another and answers what a rule may ask about a moment."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sekisho.engine.requests import (
    Account,
    CustomerCheck,
    CustomerRisk,
    Party,
    PastEvent,
    PastTrade,
    PastTransfer,
    QuickDeposit,
    RequestEvent,
    Suspicion,
)
from sekisho.typologies.valuation import in_utc, starts_at

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from sekisho.records import Records

Row = Mapping[str, Any]
_LEFT = {"released", "completed"}
_Timed = TypeVar("_Timed", PastTransfer, PastTrade, PastEvent, RequestEvent, QuickDeposit)


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
        self._first_sent: dict[str, datetime] = {}
        self._known_since: datetime | None = None
        self._events: dict[str, list[PastEvent]] = defaultdict(list)
        self._trades: dict[str, list[PastTrade]] = defaultdict(list)
        self._balances: dict[str, dict[str, tuple[date, Decimal]]] = defaultdict(dict)
        self._held: dict[str, dict[str, Decimal]] = {}
        self._prices: dict[str, tuple[datetime, str, Decimal]] = {}
        self._answers: dict[str, list[RequestEvent]] = defaultdict(list)
        self._seen: dict[tuple[str, str], dict[str, datetime]] = defaultdict(dict)
        self._suspicions: dict[str, dict[str, Suspicion]] = defaultdict(dict)
        self._checks: dict[str, dict[str, CustomerCheck]] = defaultdict(dict)
        self._risks: dict[str, dict[str, CustomerRisk]] = defaultdict(dict)
        self._quick: dict[str, dict[str, QuickDeposit]] = defaultdict(dict)

    def learn(self, table: str, row: Row) -> None:
        """Take in one row of a record table; raises KeyError for a table that is none of ``LEARNT``."""
        _LEARN[table](self, row)

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

    def known_since(self) -> datetime | None:
        """The first transfer, trade or account event on record; nothing is known of what moved before it."""
        return self._known_since

    def reach_back(self, at: datetime) -> None:
        """Take note that movements are on record from a moment on, even where those of the accounts learnt begin later."""
        if self._known_since is None or at < self._known_since:
            self._known_since = at

    def first_sent_at(self, account_id: str) -> datetime | None:
        """When the first transfer out of the account left; None before that."""
        return self._first_sent.get(account_id)

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
        held = self._held.get(account_id)
        if held is None:
            held = self._held[account_id] = self._added_up(account_id)
        return held

    def price_jpy(self, asset: str) -> Decimal | None:
        """The last reference price of the asset in yen; 1 for JPY itself, None where there is none."""
        if asset == "JPY":
            return Decimal(1)
        quoted = self._prices.get(asset)
        return None if quoted is None else quoted[2]

    def events_of_request(self, request_id: str) -> Sequence[RequestEvent]:
        """What people did, or were shown, about a request, oldest first."""
        return self._answers.get(request_id, ())

    def accounts_seen(self, kind: str, value: str) -> dict[str, datetime]:
        """The accounts that used a device or a network address, each with the last time; who came last stands last."""
        return self._seen.get((kind, value), {})

    def suspicions(self, account_id: str) -> Sequence[Suspicion]:
        """Every suspicion about the account, oldest first."""
        known = self._suspicions.get(account_id)
        return sorted(known.values(), key=lambda s: (s.arose_at, s.suspicion_id)) if known else ()

    def checks_of(self, party_id: str) -> Sequence[CustomerCheck]:
        """The verifications of a client, oldest first."""
        known = self._checks.get(party_id)
        return sorted(known.values(), key=lambda c: (c.checked_at, c.check_id)) if known else ()

    def risks_of(self, party_id: str) -> Sequence[CustomerRisk]:
        """The grounds for enhanced care with a client, oldest first."""
        known = self._risks.get(party_id)
        return sorted(known.values(), key=lambda r: (r.since, r.risk_id)) if known else ()

    def quick_deposits(self, account_id: str, since: datetime) -> Sequence[QuickDeposit]:
        """What was paid in by quick payment or at a convenience store since a moment, oldest first."""
        known = self._quick.get(account_id)
        if not known:
            return ()
        return sorted((d for d in known.values() if d.deposited_at >= since), key=lambda d: (d.deposited_at, d.deposit_id))

    def _added_up(self, account_id: str) -> dict[str, Decimal]:
        held = {asset: quantity for asset, (_, quantity) in self._balances.get(account_id, {}).items()}
        moves = [
            *(each for transfer in self._by_account.get(account_id, ()) for each in _moved_by_transfer(transfer)),
            *(each for trade in self._trades.get(account_id, ()) for each in _moved_by_trade(trade)),
            *(each for event in self._events.get(account_id, ()) for each in _moved_by_event(event)),
        ]
        for moved in moves:
            if self._counts(account_id, moved):
                held[moved.asset] = held.get(moved.asset, Decimal(0)) + moved.quantity
        return held

    def _counts(self, account_id: str, moved: _Moved) -> bool:
        """Whether it came after the balance of its asset; a firm that reports balances leaves out what a client does not hold."""
        balances = self._balances.get(account_id)
        if not balances:
            return True
        known = balances.get(moved.asset) or min(balances.values(), key=lambda balance: balance[0])
        return moved.at >= starts_at(known[0] + timedelta(days=1))

    def _move(self, account_id: str, moves: Iterable[_Moved], sign: int = 1) -> None:
        """Keep what was added up in step with what was learnt since."""
        held = self._held.get(account_id)
        if held is not None:
            for moved in moves:
                if self._counts(account_id, moved):
                    held[moved.asset] = held.get(moved.asset, Decimal(0)) + sign * moved.quantity

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
        self.reach_back(transfer.requested_at)
        insort(self._by_account[transfer.account_id], transfer, key=_requested_at)
        insort(self._by_address[transfer.address], transfer, key=_requested_at)
        self._move(transfer.account_id, _moved_by_transfer(transfer))
        if transfer.direction == "out":
            book = self._books[transfer.account_id]
            used_at = min(filter(None, (transfer.requested_at, _utc(row.get("address_first_used_at")))))
            book[transfer.address] = min(used_at, book.get(transfer.address, used_at))
            if transfer.left_at is not None:
                first = self._first_sent.get(transfer.account_id, transfer.left_at)
                self._first_sent[transfer.account_id] = min(first, transfer.left_at)

    def _forget(self, transfer_id: str) -> None:
        known = self._transfers.pop(transfer_id, None)
        if known is not None:
            self._by_account[known.account_id].remove(known)
            self._by_address[known.address].remove(known)
            self._move(known.account_id, _moved_by_transfer(known), sign=-1)
            if known.left_at is not None and known.left_at == self._first_sent.get(known.account_id):
                self._sent_again(known.account_id)

    def _sent_again(self, account_id: str) -> None:
        """Find the first transfer out that left anew, after the one that was the first was corrected."""
        left = [t.left_at for t in self._by_account[account_id] if t.direction == "out" and t.left_at is not None]
        self._first_sent.pop(account_id)
        if left:
            self._first_sent[account_id] = min(left)

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
        self.reach_back(event.occurred_at)
        self._move(row["account_id"], _moved_by_event(event))
        for kind, value in (("device_id", event.device_id), ("ip", event.ip)):
            if value is not None:
                seen = self._seen[kind, value]
                last = seen.pop(row["account_id"], event.occurred_at)
                seen[row["account_id"]] = max(last, event.occurred_at)

    def _learn_trade(self, row: Row) -> None:
        self.reach_back(in_utc(row["executed_at"]))
        for side in ("buy", "sell"):
            account_id = row.get(f"{side}_account_id")
            if account_id is not None:
                executed_at = in_utc(row["executed_at"])
                trade = PastTrade(row["trade_id"], executed_at, row["instrument"], side, row["price"], row["quantity"])
                insort(self._trades[account_id], trade, key=_executed_at)
                self._move(account_id, _moved_by_trade(trade))

    def _learn_balance(self, row: Row) -> None:
        balances = self._balances[row["account_id"]]
        known = balances.get(row["asset"])
        if known is None or known[0] <= row["as_of_date"]:
            balances[row["asset"]] = (row["as_of_date"], row["quantity"])
            self._held.pop(row["account_id"], None)

    def _learn_price(self, row: Row) -> None:
        quoted = (in_utc(row["quoted_at"]), row["source"], row["price_jpy"])
        self._prices[row["asset"]] = max(quoted, self._prices.get(row["asset"], quoted))

    def _learn_answer(self, row: Row) -> None:
        answer = RequestEvent(
            row["event_id"], in_utc(row["occurred_at"]), row["kind"], row["party_id"], row.get("version"), row.get("text")
        )
        answers = self._answers[row["request_id"]]
        answers[:] = [known for known in answers if known.event_id != answer.event_id]
        insort(answers, answer, key=lambda e: (e.occurred_at, e.event_id))

    def _learn_suspicion(self, row: Row) -> None:
        suspicion = Suspicion(
            row["suspicion_id"],
            row["account_id"],
            row.get("transfer_id"),
            in_utc(row["arose_at"]),
            row["source"],
            _utc(row.get("judged_at")),
            row.get("judgement"),
            _utc(row.get("filed_at")),
            _utc(row.get("cleared_at")),
        )
        self._suspicions[suspicion.account_id][suspicion.suspicion_id] = suspicion

    def _learn_check(self, row: Row) -> None:
        check = CustomerCheck(
            row["check_id"],
            in_utc(row["checked_at"]),
            row.get("transfer_id"),
            row["kind"],
            row.get("means_checked"),
            row.get("approved_by_party_id"),
        )
        self._checks[row["party_id"]][check.check_id] = check

    def _learn_risk(self, row: Row) -> None:
        risk = CustomerRisk(row["risk_id"], row["ground"], in_utc(row["since"]), _utc(row.get("until")))
        self._risks[row["party_id"]][risk.risk_id] = risk

    def _learn_quick_deposit(self, row: Row) -> None:
        deposit = QuickDeposit(row["deposit_id"], in_utc(row["deposited_at"]), row["channel"], row["amount_jpy"])
        self._quick[row["account_id"]][deposit.deposit_id] = deposit


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
    "suspicion": Memory._learn_suspicion,
    "customer_check": Memory._learn_check,
    "customer_risk": Memory._learn_risk,
    "quick_deposit": Memory._learn_quick_deposit,
}
LEARNT = tuple(_LEARN)
"""The record tables a memory takes in."""


class _Moved(NamedTuple):
    """What came to an account (below zero: left it), and when."""

    asset: str
    at: datetime
    quantity: Decimal


def _moved_by_transfer(transfer: PastTransfer) -> Iterator[_Moved]:
    if transfer.left_at is not None:
        quantity = transfer.quantity if transfer.direction == "in" else -transfer.quantity
        yield _Moved(transfer.asset, transfer.left_at, quantity)


def _moved_by_trade(trade: PastTrade) -> Iterator[_Moved]:
    base, _, quote = trade.instrument.partition("/")
    bought = trade.quantity if trade.side == "buy" else -trade.quantity
    yield _Moved(base, trade.executed_at, bought)
    yield _Moved(quote, trade.executed_at, -bought * trade.price)


def _moved_by_event(event: PastEvent) -> Iterator[_Moved]:
    if event.amount_jpy is not None and event.kind in _FIAT:
        yield _Moved("JPY", event.occurred_at, _FIAT[event.kind] * event.amount_jpy)


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
    "suspicion": "arose_at",
    "customer_check": "checked_at",
    "customer_risk": "since",
    "quick_deposit": "deposited_at",
}
_LATER = {
    "transfer": ("released_at", "refused_at"),
    "suspicion": ("judged_at", "filed_at", "cleared_at"),
    "customer_risk": ("until",),
}
"""What is written into a row later: times that a gate did not know before them."""


def memory_before(records: Records, before: datetime) -> Memory:
    """What a gate would have learnt from the records before a moment (UTC)."""
    memory = Memory()
    for table in LEARNT:
        if table not in records.present:
            continue
        rows = transfers_with_refusals(records) if table == "transfer" else getattr(records, table)
        for row in rows.to_pyarrow().to_pylist():
            if _known(table, row, before):
                memory.learn(table, as_of(table, row, before))
    return memory


def transfers_with_refusals(records: Records) -> ir.Table:
    """The table of transfers with ``refused_at``: when one was refused or cancelled, where an event says so.

    Where none does, a refused transfer counts as refused from its request on.
    """
    if "request_event" not in records.present:
        return records.transfer
    refusals = records.request_event.filter(records.request_event.kind.isin(["refused", "cancelled"]))
    first = refusals.group_by(transfer_id=refusals.request_id).aggregate(refused_at=refusals.occurred_at.min())
    refused = records.transfer.left_join(first, "transfer_id").drop("transfer_id_right")
    return refused.mutate(refused_at=(refused.status == "refused").ifelse(refused.refused_at, None))


def known_from(table: str, row: Row) -> tuple[datetime, ...]:
    """The moments (UTC) after which a gate knew the row, and what was written into it later; empty where it always did.

    A daily balance is known from the end of its day on, that moment included.
    """
    if table == "customer_balance":
        return (starts_at(row["as_of_date"] + timedelta(days=1)),)
    if table not in _AT:
        return ()
    first = in_utc(row[_AT[table]])
    later = (_utc(row.get(name)) for name in _LATER.get(table, ()))
    return (first, *sorted({at for at in later if at is not None and at > first}))


def as_of(table: str, row: Row, before: datetime) -> Row:
    """A row as it stood: a transfer released later is waiting still, a suspicion cleared up later stands."""
    late = [name for name in _LATER.get(table, ()) if (at := _utc(row.get(name))) is not None and at >= before]
    if not late:
        return row
    return {**row, **dict.fromkeys(late), **_MEANWHILE.get(late[0], {})}


_MEANWHILE: dict[str, Row] = {"released_at": {"status": "held"}, "refused_at": {"status": "held"}, "judged_at": {"judgement": None}}
"""What goes with a time that was not known yet."""


def _known(table: str, row: Row, before: datetime) -> bool:
    times = known_from(table, row)
    return not times or times[0] < before or (table == "customer_balance" and times[0] == before)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else in_utc(moment)


def _born(account: Account, born_on: date | None) -> Account:
    return Account(**{**{name: getattr(account, name) for name in Account.__dataclass_fields__}, "born_on": born_on})


def _since(rows: Sequence[_Timed], since: datetime, at: Callable[[Any], datetime]) -> Sequence[_Timed]:
    first = bisect_left(rows, since, key=at)
    return rows[first:] if first else rows


def _requested_at(transfer: PastTransfer) -> datetime:
    return transfer.requested_at


def _occurred_at(event: PastEvent) -> datetime:
    return event.occurred_at


def _executed_at(trade: PastTrade) -> datetime:
    return trade.executed_at
