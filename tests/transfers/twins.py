"""Histories in which a gate decides and a firm obeys or does not: what decide let pass, detect must not flag, and the reverse.

A rule with ``decide`` and ``detect`` joins by a line in ``test_twins_agree.py``. The history is drawn at random from a seed:
clients, deposits, trades, suspicions, checks and requests. A gate that knows what came before each moment decides every
request; the firm waits as long as it says, gives what is missing, or lets the transfer go against it. Whoever reads the books
afterwards must find just the last.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

import pyarrow as pa

from sekisho.engine.answers import Found, Outcome, Reason
from sekisho.engine.controls import Control, load_control
from sekisho.engine.memory import Memory
from sekisho.engine.requests import TransferRequest
from sekisho.engine.view import transfer_request
from sekisho.records import TABLES, Records, records_of
from sekisho.rulebook import Parameters, load_rulebook
from sekisho.rulebook.parameters import Value
from sekisho.typologies.valuation import JAPAN, starts_at

START = datetime(2026, 10, 1, tzinfo=UTC)
DAYS = 20
CLIENTS = 22
MICROSECOND = timedelta(microseconds=1)
PRICES = {"BTC": Decimal(10_000_000), "ETH": Decimal(500_000)}
VALUES = (40_000, 60_000, 100_000, 100_001, 300_000, 1_000_000, 2_000_000, 2_000_001, 9_000_000)
Row = dict[str, Any]


@dataclass(frozen=True)
class Twin:
    """A rule whose two answers must agree, the regime to ask under, and values for what the firm sets."""

    path: str
    regime: str = "PSA-2026"
    assumed: Mapping[str, Value] = field(default_factory=dict)


@dataclass
class Played:
    """How a history went: the books of it, and what left with the gate's consent, against it, or after a hold was over."""

    tables: dict[str, list[Row]]
    passed: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    waited: set[str] = field(default_factory=set)


def play(twin: Twin, seed: int) -> tuple[Played, set[str]]:
    """One history under the rule: how it went, and the transfers that the inspection flags."""
    rule = load_rulebook()[twin.path]
    played = history(twin, seed)
    with records_of(arrow(played, {*rule.needs, *rule.uses})) as records:
        return played, _flagged(found_in(twin, records))


def history(twin: Twin, seed: int) -> Played:
    """One history whose gate asks the rule."""
    return _History(Random(seed), load_control(load_rulebook()[twin.path]), _parameters(twin)).play()


def found_in(twin: Twin, records: Records) -> list[Found]:
    """What the inspection finds by the rule in these records."""
    detect = load_control(load_rulebook()[twin.path]).detect
    assert detect is not None
    return list(detect(records, _parameters(twin)))


def _parameters(twin: Twin) -> Parameters:
    day = date(2026, 11, 29)
    _regime, law_day = load_rulebook().regime_on(twin.regime, day)
    parameters = load_rulebook()[twin.path].parameters_in(twin.regime, law_day, day, dict(twin.assumed))
    assert not parameters.missing(), f"{twin.path}: the twin gives no value for {parameters.missing()}"
    return parameters


def _flagged(found: Iterable[Found]) -> set[str]:
    flagged: list[str] = []
    for one in found:
        named = one.facts.get("transfers")
        flagged += named if isinstance(named, list) else [e.id for e in one.evidence if e.table == "transfer"]
    assert len(flagged) == len(set(flagged)), "a transfer belongs to one finding"
    return set(flagged)


def arrow(played: Played, names: Iterable[str]) -> dict[str, pa.Table]:
    """The books of a history as Arrow tables."""
    schemas = {name: TABLES[name].arrow_schema for name in sorted(names)}
    return {
        name: pa.Table.from_pylist([{c: row.get(c) for c in schema.names} for row in played.tables[name]], schema=schema)
        for name, schema in schemas.items()
    }


@dataclass(order=True)
class _Entry:
    at: datetime
    number: int
    act: str = field(compare=False)
    about: str = field(default="", compare=False)


class _History:
    """Plays requests and everything else in order of time; no two things happen at one moment."""

    def __init__(self, random: Random, control: Control, parameters: Parameters) -> None:
        self.random, self.control, self.parameters = random, control, parameters
        self.memory = Memory()
        self.tables: dict[str, list[Row]] = {name: [] for name in TABLES}
        self.agenda: list[_Entry] = []
        self.numbers = count()
        self.taken: set[datetime] = set()
        self.accounts: list[str] = []
        self.requests: dict[str, Row] = {}
        self.tries: dict[str, int] = {}
        self.played = Played(self.tables)

    def play(self) -> Played:
        """From the accounts to the last release."""
        self._people()
        for day in range(DAYS):
            self._plan(starts_at(START.date() + timedelta(days=day)), "end_of_day")
        for _ in range(500):
            act = self._drawn()
            # Requests come in the second half, so that what happened long before the first of them matters, too.
            first = DAYS * 720 if act == "request" else 0
            self._plan(START + timedelta(minutes=self.random.randrange(first, DAYS * 1440)), act)
        while self.agenda:
            entry = heapq.heappop(self.agenda)
            getattr(self, f"_{entry.act}")(entry.at, entry.about)
        for row in self.requests.values():
            self.tables["transfer"].append(row)
        return self.played

    def _drawn(self) -> str:
        acts = {
            "request": 40,
            "event": 16,
            "deposit": 12,
            "trade": 14,
            "coins_in": 10,
            "quick": 3,
            "suspect": 1,
            "risk": 2,
            "check": 2,
        }
        return self.random.choices(list(acts), weights=list(acts.values()))[0]

    def _plan(self, at: datetime, act: str, about: str = "") -> None:
        while at in self.taken:
            at += MICROSECOND
        self.taken.add(at)
        heapq.heappush(self.agenda, _Entry(at, next(self.numbers), act, about))

    def _learn(self, table: str, row: Row) -> None:
        self.tables[table].append(row)
        self.memory.learn(table, row)

    def _people(self) -> None:
        for number in range(CLIENTS + 1):
            party = f"P{min(number, CLIENTS - 1)}"
            old = START - timedelta(days=self.random.choice([20, 400, 900]))
            opened_at = old if self.random.random() < 0.75 else START + timedelta(hours=self.random.randrange(DAYS * 12))
            if number < CLIENTS:
                born_on = date(self.random.choice([1945, 1960, 1985, 2001]), 10, 9)
                country = "IR" if number == 5 else "JP"
                self._learn("party", {"party_id": party, "kind": "individual", "country": country, "born_on": born_on})
            self._learn(
                "account",
                {
                    "account_id": f"A{number}",
                    "party_id": party,
                    "kind": {0: "house", 1: "market_maker"}.get(number, "customer"),
                    "opened_at": opened_at,
                    "income_jpy": self.random.choice([None, Decimal(3_000_000), Decimal(9_000_000)]),
                    "net_worth_jpy": self.random.choice([None, Decimal(5_000_000), Decimal(90_000_000)]),
                },
            )
            self.accounts.append(f"A{number}")
        for asset, price in PRICES.items():
            self._learn(
                "reference_price", {"asset": asset, "quoted_at": START - timedelta(days=1), "price_jpy": price, "source": "cutoff"}
            )

    def _account(self) -> str:
        return self.random.choice([*self.accounts, *self.accounts[4:9]])

    def _sender(self) -> str:
        """Some clients never send."""
        account = self._account()
        return account if int(account[1:]) % 5 else self.accounts[4]

    def _end_of_day(self, at: datetime, _about: str) -> None:
        """The balances at the end of the Japan day before; some clients hold much, some little."""
        as_of = (at + JAPAN).date() - timedelta(days=1)
        for account in self.accounts:
            if self.random.random() < 0.2:
                for asset, most in (("BTC", 80), ("ETH", 800), ("JPY", 90_000_000)):
                    quantity = Decimal(self.random.randrange(most)) / 100
                    self._learn(
                        "customer_balance", {"account_id": account, "asset": asset, "as_of_date": as_of, "quantity": quantity}
                    )

    def _event(self, at: datetime, _about: str) -> None:
        kind = self.random.choice(["login", "login", "login", "device_added", "password_changed", "phone_changed", "limit_changed"])
        account = self._account()
        device = self.random.choice([f"D{account}", f"D{account}", "DX", "DY", None])
        ip = self.random.choice([f"192.0.2.{account[1:]}", "203.0.113.1", None])
        self._learn("account_event", {"account_id": account, "occurred_at": at, "kind": kind, "device_id": device, "ip": ip})

    def _deposit(self, at: datetime, _about: str) -> None:
        kind = self.random.choice(["fiat_deposit", "fiat_deposit", "fiat_deposit", "fiat_withdrawal"])
        matches = self.random.choice([True, False, None]) if kind == "fiat_deposit" else None
        row = {"account_id": self._account(), "occurred_at": at, "kind": kind, "amount_jpy": Decimal(self.random.choice(VALUES))}
        self._learn("account_event", {**row, "remitter_name_matches": matches})

    def _trade(self, at: datetime, _about: str) -> None:
        asset = self.random.choice(list(PRICES))
        quantity = self._quantity(asset, Decimal(self.random.choice(VALUES)))
        buyer, seller = self.random.sample([*self.accounts, None], 2)
        number = len(self.tables["trade"])
        row = {
            "trade_id": f"X{number}",
            "sequence": number,
            "executed_at": at,
            "instrument": f"{asset}/JPY",
            "price": PRICES[asset],
        }
        self._learn("trade", {**row, "quantity": quantity, "buy_account_id": buyer, "sell_account_id": seller})

    def _quick(self, at: datetime, _about: str) -> None:
        number = len(self.tables["quick_deposit"])
        row = {"deposit_id": f"Q{number}", "account_id": self._account(), "deposited_at": at, "channel": "quick"}
        self._learn("quick_deposit", {**row, "amount_jpy": Decimal(self.random.choice(VALUES))})

    def _suspect(self, at: datetime, _about: str) -> None:
        number = len(self.tables["suspicion"])
        row = {"suspicion_id": f"S{number}", "account_id": self._account(), "arose_at": at, "source": "police", "summary": "-"}
        self._learn("suspicion", {**row, "owner": "AML"})
        if self.random.random() < 0.7:
            self._plan(at + timedelta(hours=self.random.randrange(1, 96)), "clear", f"S{number}")

    def _clear(self, at: datetime, about: str) -> None:
        row = next(row for row in self.tables["suspicion"] if row["suspicion_id"] == about)
        row["cleared_at"] = at
        self.memory.learn("suspicion", row)

    def _risk(self, at: datetime, _about: str) -> None:
        number = len(self.tables["customer_risk"])
        ground = self.random.choice(["impersonation", "false_information", "high_risk_country", "foreign_pep", "own_assessment"])
        until = self.random.choice([None, at + timedelta(hours=self.random.randrange(1, 200))])
        row = {
            "risk_id": f"R{number}",
            "party_id": f"P{self.random.randrange(CLIENTS)}",
            "ground": ground,
            "since": at,
            "owner": "AML",
        }
        self._learn("customer_risk", row)
        if until is not None:
            self._plan(until, "end_of_risk", f"R{number}")

    def _end_of_risk(self, at: datetime, about: str) -> None:
        row = next(row for row in self.tables["customer_risk"] if row["risk_id"] == about)
        row["until"] = at
        self.memory.learn("customer_risk", row)

    def _check(self, at: datetime, about: str) -> None:
        number = len(self.tables["customer_check"])
        party = f"P{self.random.randrange(CLIENTS)}"
        if about:
            account = self.memory.account(self.requests[about]["account_id"]) if self._known(about) else None
            party = account.party_id if account else party
        row = {"check_id": f"C{number}", "party_id": party, "checked_at": at, "owner": "AML", "transfer_id": about or None}
        kind = "enhanced" if about and self.random.random() < 0.8 else "ordinary"
        means, manager = self.random.choice([True, True, False, None]), self.random.choice(["MLRO", "MLRO", None])
        self._learn("customer_check", {**row, "kind": kind, "means_checked": means, "approved_by_party_id": manager})

    def _coins_in(self, at: datetime, _about: str) -> None:
        row = self._new_request(at, "in")
        row["address"] = self.random.choice(["bc1s1", "bc1s2", "bc1s3", "bc1s4", "bc1s5"])
        self.memory.learn("transfer", row)
        if self.random.random() < 0.9:
            self._plan(at + timedelta(minutes=self.random.randrange(5, 90)), "credit", row["transfer_id"])

    def _credit(self, at: datetime, about: str) -> None:
        self._leave(self.requests[about], at)

    def _new_request(self, at: datetime, direction: str) -> Row:
        asset = self.random.choice(list(PRICES))
        value = Decimal(self.random.choice(VALUES))
        row: Row = {
            "transfer_id": f"T{len(self.requests)}",
            "requested_at": at,
            "account_id": self._sender() if self.random.random() < 0.97 else "GONE",
            "direction": direction,
            "asset": asset,
            "quantity": self._quantity(asset, value),
            "value_jpy": value,
            "address": self.random.choice(["bc1x", "bc1y", "bc1z", f"bc1{self.random.randrange(60)}"]),
            "counterparty": self.random.choice(["hosted", "unhosted", "unhosted", "unknown"]),
            "counterparty_vasp": self.random.choice([None, "OtherCo"]),
            "counterparty_country": self.random.choice([None, "JP", "US", "KP"]),
            "purpose": self.random.choice([None, None, " ", "own wallet", "投資", "refund"]),
            "status": "held",
        }
        self.requests[row["transfer_id"]] = row
        return row

    def _quantity(self, asset: str, value: Decimal) -> Decimal:
        return (value / PRICES[asset]).quantize(Decimal("0.00000001"))

    def _request(self, at: datetime, _about: str) -> None:
        row = self._new_request(at, "out")
        reasons = self._asked(row, at)
        if not _held(reasons):
            row["released_at"], row["status"] = at, "completed"
            self.played.passed.add(row["transfer_id"])
        else:
            self._next_step(row, at, reasons)
        self.memory.learn("transfer", row)

    def _next_step(self, row: Row, at: datetime, reasons: list[Reason]) -> None:
        """What the firm does about a hold: nothing, wait and give what is missing, or lose its patience."""
        transfer, will = row["transfer_id"], self.random.random()
        self.tries[transfer] = self.tries.get(transfer, 0) + 1
        until = max((r.releases_at for r in reasons if r.releases_at is not None), default=None)
        assert until is None or until > at, "a hold that is over holds nothing"
        if will < 0.15 or self.tries[transfer] > 3:
            if self.random.random() < 0.5:
                self._plan(at + timedelta(minutes=self.random.randrange(1, 600)), "refuse", transfer)
            return
        for step in self._cures(transfer):
            self._plan(at + timedelta(seconds=self.random.randrange(1, 7200)), step, transfer)
        later = at + timedelta(seconds=self.random.randrange(7200, 200_000))
        if will < 0.6:
            early = until is not None and self.random.random() < 0.4
            self._plan(max(at + MICROSECOND, until - MICROSECOND) if until and early else later, "push_out", transfer)
        else:
            self._plan(until if until is not None and self.random.random() < 0.7 else later, "ask_again", transfer)

    def _cures(self, transfer: str) -> Iterator[str]:
        for step, chance in {"approve": 0.35, "warn": 0.8, "tell": 0.5, "gate_steps": 0.8, "check": 0.7}.items():
            if self.random.random() < chance:
                yield step

    def _ask_again(self, at: datetime, about: str) -> None:
        row = self.requests[about]
        reasons = self._asked(row, at)
        if _held(reasons):
            self._next_step(row, at, reasons)
            self.memory.learn("transfer", row)
        else:
            self.played.waited.add(about)
            self._leave(row, at)

    def _refuse(self, at: datetime, about: str) -> None:
        row = self.requests[about]
        row["status"] = "refused"
        self._answer(at, about, "refused", "STAFF")
        self.memory.learn("transfer", row)

    def _push_out(self, at: datetime, about: str) -> None:
        row = self.requests[about]
        held = _held(self._asked(row, at))
        (self.played.broken if held else self.played.waited).add(about)
        self._leave(row, at)

    def _leave(self, row: Row, at: datetime) -> None:
        row["released_at"], row["status"] = at, self.random.choice(["released", "completed"])
        self.memory.learn("transfer", row)

    def _asked(self, row: Row, at: datetime) -> list[Reason]:
        assert self.control.decide is not None
        request: TransferRequest = transfer_request({**row, "requested_at": at})
        return list(self.control.decide(request, self.memory, self.parameters))  # type: ignore[arg-type]

    def _known(self, transfer: str) -> bool:
        return self.requests[transfer]["account_id"] != "GONE"

    def _client(self, transfer: str) -> str:
        account = self.requests[transfer]["account_id"]
        return self.memory.account(account).party_id if self._known(transfer) else "P?"

    def _approve(self, at: datetime, about: str) -> None:
        self._answer(at, about, "approved", self.random.choice(["STAFF", "STAFF", self._client(about)]))

    def _warn(self, at: datetime, about: str) -> None:
        key = self.random.choice(
            ["general", "general", "general", "investment", "refund", "remote_control", "impersonated_exchange"]
        )
        party = self.random.choice([*[self._client(about)] * 4, "P3"])
        self._answer(at, about, "warning_shown", party, version=f"{key}:1")
        if self.random.random() < 0.85:
            self._plan(at + timedelta(seconds=5), "acknowledge", f"{about} {key}:{self.random.choice([1, 1, 1, 2])}")

    def _acknowledge(self, at: datetime, about: str) -> None:
        transfer, version = about.split()
        self._answer(at, transfer, "warning_acknowledged", self._client(transfer), version=version)

    def _tell(self, at: datetime, about: str) -> None:
        self._answer(
            at, about, "purpose_given", self._client(about), text=self.random.choice(["own wallet", "配当", None, "other"])
        )

    def _gate_steps(self, at: datetime, about: str) -> None:
        self._answer(at, about, "monitored", "GATE", version="set-1")
        if self.random.random() < 0.9:
            self._plan(at + timedelta(seconds=1), "gate_waited", about)

    def _gate_waited(self, at: datetime, about: str) -> None:
        self._answer(at, about, "waited", "GATE", version="set-1")

    def _answer(
        self, at: datetime, transfer: str, kind: str, party: str, version: str | None = None, text: str | None = None
    ) -> None:
        number = len(self.tables["request_event"])
        row = {"event_id": f"E{number}", "request_id": transfer, "occurred_at": at, "kind": kind, "party_id": party}
        self._learn("request_event", {**row, "version": version, "text": text})


def _held(reasons: Iterable[Reason]) -> bool:
    return any(reason.outcome >= Outcome.hold for reason in reasons)
