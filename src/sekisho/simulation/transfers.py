"""Transfers of coins in and out, account events, and the people who are hurried past the waiting periods."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.books import Books
from sekisho.simulation.chain import Chain, Row
from sekisho.simulation.frauds import Act, Frauds
from sekisho.simulation.kernel import Longs
from sekisho.simulation.listings import Listing
from sekisho.simulation.options import DAY_MICROSECONDS, Options, opens_at
from sekisho.simulation.population import CUSTOMER, HOUSE, Population
from sekisho.simulation.registers import References, moment, quantity

COOLING_OFF = "transfers/cooling_off"
HOUR = 3_600_000_000
MINUTE = 60_000_000
MOVERS_SHARE = 0.008
MOVERS_MAX = 2_000
LOGINS_MAX = 1_500
ASSUMED_DAYS = 7
NEW_ADDRESS_SHARE = 0.03
VASPS = (("Kitasora Exchange", "JP"), ("Minato Coin", "JP"), ("Harbour Digital", "SG"), ("Lakeside Custody", "US"))
PURPOSES = ("own wallet", "payment", "investment elsewhere", "gift")

NEW_ACCOUNT, NEW_ADDRESS = "new_account", "new_address"
WAITED, REFUSED, OLD_ADDRESS, INWARD = "waited", "refused", "address_long_in_use", "inward_after_opening"
PATTERNS = (NEW_ADDRESS, NEW_ACCOUNT, NEW_ADDRESS)
LOOK_ALIKES = (WAITED, OLD_ADDRESS, REFUSED, INWARD)


@dataclass(frozen=True, slots=True)
class Appointment:
    """One planned request: who, when, to which kind of address, and when it leaves."""

    scheme: Scheme
    account: int
    at: int
    first_used_at: int | None
    released_at: int | None
    status: str
    direction: str = "out"


@dataclass(slots=True)
class Transfers:
    """Requests day by day. Coins move in the books and on the chain in the moment of release."""

    options: Options
    people: Population
    listed: Sequence[Listing]
    references: References
    books: Books
    chain: Chain
    random: np.random.Generator
    newcomers: Longs
    frauds: Frauds
    rows: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    schemes: list[Scheme] = field(default_factory=list)
    agenda: dict[int, list[Appointment]] = field(default_factory=dict)
    waiting: dict[int, list[tuple[int, Row, int, int, int]]] = field(default_factory=dict)
    _addresses: dict[tuple[int, int], tuple[str, int]] = field(default_factory=dict)

    def play(self, day: int, hot: dict[int, int]) -> list[tuple[int, int, int, Row]]:
        """The requests of a day. Returns what moves on the chain: when, listing, units (below zero: out), and the row.

        ``hot`` says how much of each asset can leave today; it is used up.
        """
        opens = opens_at(self.options.book_days[day])
        moves = []
        for released_at, row, account, listing, units in self.waiting.pop(day, []):
            row["released_at"] = moment(released_at)
            hot[listing] -= units
            self.books.owed[account, listing] -= units
            moves.append((released_at, listing, -units, row))
        for each in self.agenda.get(day, []):
            moves += self._appointed(day, each, hot)
        for scheme, act in self.frauds.on(day):
            moves += self._acted(day, scheme, act, hot)
        movers = min(MOVERS_MAX, max(2, int(self.people.kind.size * MOVERS_SHARE)))
        settled = np.setdiff1d(np.flatnonzero(self.people.kind != HOUSE), [*self.newcomers, *self.frauds.cast])
        for account in self.random.choice(settled, size=movers):
            at = opens + int(self.random.uniform(0.5, 20) * HOUR)
            moves += self._deposit(day, int(account), at)
        for account in self.random.choice(settled, size=movers):
            at = opens + int(self.random.uniform(0.5, 20) * HOUR)
            moves += self._withdrawal(day, int(account), at, hot)
        self._money(opens, settled, movers)
        return sorted(moves, key=lambda move: move[0])

    def _deposit(self, day: int, account: int, at: int) -> list[tuple[int, int, int, Row]]:
        shares = np.array([one.share for one in self.listed])
        listing = int(self.random.choice(len(self.listed), p=shares))
        value_jpy = float(np.exp(self.random.normal(12.2, 1.1)))
        units = max(1_000, int(value_jpy / self.listed[listing].price_jpy * 10**8) // 1_000 * 1_000)
        address, first_used_at = self._known_address(account, listing, at)
        row = self._row(day, account, at, "in", listing, units, address, first_used_at)
        released_at = at + int(self.random.uniform(5, 60) * MINUTE)
        row |= {"released_at": moment(released_at), "status": "completed"}
        self.books.move(account, listing, units)
        return [(released_at, listing, units, row)]

    def _withdrawal(self, day: int, account: int, at: int, hot: dict[int, int]) -> list[tuple[int, int, int, Row]]:
        held = np.flatnonzero(self.books.free[account] > 100_000)
        if not held.size:
            return []
        listing = int(self.random.choice(held))
        wished = int(int(self.books.free[account, listing]) * self.random.uniform(0.03, 0.35))
        units = min(wished, hot[listing] // 3) // 1_000 * 1_000
        if units <= 0:
            return []
        if self.random.random() < NEW_ADDRESS_SHARE:
            self._first_time(day, account, at, listing, units)
            return []
        address, first_used_at = self._known_address(account, listing, at)
        row = self._row(day, account, at, "out", listing, units, address, first_used_at)
        released_at = at + int(self.random.uniform(10, 150) * MINUTE)
        row |= {"released_at": moment(released_at), "status": "completed"}
        self.books.move(account, listing, -units)
        hot[listing] -= units
        return [(released_at, listing, -units, row)]

    def _first_time(self, day: int, account: int, at: int, listing: int, units: int) -> None:
        """An ordinary withdrawal to an address not used before: the exchange lets it wait, coins owed but no longer free."""
        row = self._row(day, account, at, "out", listing, units, self.chain.address(self.listed[listing].asset), None)
        self.books.free[account, listing] -= units
        row["status"] = "completed" if day + ASSUMED_DAYS < len(self.options.book_days) else "held"
        self._hold(day + ASSUMED_DAYS, at + ASSUMED_DAYS * DAY_MICROSECONDS + MINUTE, row, account, listing, units)

    def _known_address(self, account: int, listing: int, at: int) -> tuple[str, int]:
        """The account's own address elsewhere, in use since long ago."""
        if (account, listing) not in self._addresses:
            since = at - int(self.random.uniform(45, 400) * DAY_MICROSECONDS)
            self._addresses[account, listing] = self.chain.address(self.listed[listing].asset), since
        return self._addresses[account, listing]

    def _row(
        self, day: int, account: int, at: int, direction: str, listing: int, units: int, address: str, first_used_at: int | None
    ) -> Row:
        """A request, with its counterparty; a hosted one comes with the originator and beneficiary of the travel rule."""
        draw = float(self.random.random())
        vasp = VASPS[int(self.random.integers(len(VASPS)))] if draw < 0.6 else None
        price = self.references.units(day, listing, 0)
        row: Row = {
            "requested_at": moment(at),
            "account_id": self.people.account_id(account),
            "direction": direction,
            "asset": self.listed[listing].asset,
            "quantity": quantity(units),
            "value_jpy": quantity(units * price // 10**8),
            "address": address,
            "address_first_used_at": None if first_used_at is None else moment(first_used_at),
            "counterparty": "hosted" if vasp else "unhosted",
            "counterparty_vasp": vasp[0] if vasp else None,
            "counterparty_country": vasp[1] if vasp else None,
            "travel_rule_payload": self._payload(account, address, direction) if vasp else None,
            "purpose": PURPOSES[int(self.random.integers(len(PURPOSES)))] if direction == "out" else None,
            "warning_acknowledged_at": moment(at - 30_000_000) if direction == "out" else None,
        }
        self.rows.append(row)
        return row

    def _payload(self, account: int, address: str, direction: str, *, beneficiary_named: bool = True) -> str:
        """Originator and beneficiary as IVMS101 names them. The customer sends to or from an account of the same name."""
        account_id = self.people.account_id(account)
        name = [{"primaryIdentifier": f"Customer {account_id}", "nameIdentifierType": "LEGL"}]
        person = {"naturalPerson": {"name": [{"nameIdentifier": name}], "customerIdentification": account_id}}
        here, there = [account_id], [address]
        receives = [person] if beneficiary_named else []
        originator, beneficiary = (here, there) if direction == "out" else (there, here)
        return json.dumps(
            {
                "originator": {"originatorPersons": [person], "accountNumber": originator},
                "beneficiary": {"beneficiaryPersons": receives, "accountNumber": beneficiary},
            },
            separators=(",", ":"),
        )

    def _money(self, opens: int, settled: Longs, movers: int) -> None:
        """Yen in and out, and logins."""
        for account in self.random.choice(settled, size=movers):
            yen = int(np.exp(self.random.normal(11.5, 1.0))) // 1_000 * 1_000 + 1_000
            self._event(int(account), opens + int(self.random.uniform(0.2, 21) * HOUR), "fiat_deposit", yen)
        for account in self.random.choice(settled, size=movers):
            yen = int(int(self.books.free_yen[account]) // 10**8 * self.random.uniform(0, 0.3)) // 1_000 * 1_000
            if yen > 0:
                self._event(int(account), opens + int(self.random.uniform(0.2, 21) * HOUR), "fiat_withdrawal", -yen)
        for account in self.random.choice(settled, size=min(LOGINS_MAX, settled.size // 4)):
            self._event(int(account), opens + int(self.random.uniform(0.01, 23.9) * HOUR), "login", 0)

    def _event(self, account: int, at: int, kind: str, yen: int, *, own_name: bool = True, device: int | None = None) -> None:
        """One account event; yen above zero come in. ``device`` is another one than the client's own."""
        if yen:
            self.books.move_yen(account, yen * 10**8)
        self.events.append(
            {
                "account_id": self.people.account_id(account),
                "occurred_at": moment(at),
                "kind": kind,
                "amount_jpy": quantity(abs(yen) * 10**8) if yen else None,
                "device_id": f"D{self._device(account, device)}" if kind != "fiat_deposit" else None,
                "ip": f"10.{account % 200}.{account // 200 % 250}.{account % 241}" if kind != "fiat_deposit" else None,
                "remitter_name_matches": own_name if kind == "fiat_deposit" else None,
            }
        )

    def _device(self, account: int, other: int | None) -> int:
        number = int(self.people.number[account if other is None else other])
        return number * 7 % 9_999_991 if other is None else number * 13 % 9_999_973

    def plan(self, people_free: list[int], newcomers: list[int], number: int) -> None:
        """Write appointments: transfers hurried past a waiting period of seven days, and their look-alikes."""
        days = len(self.options.book_days)
        for place in range(number):
            for planted in (True, False):
                pattern = (PATTERNS if planted else LOOK_ALIKES)[place % (3 if planted else 4)]
                source = newcomers if pattern in (NEW_ACCOUNT, INWARD) else people_free
                day = int(self.random.integers(min(2, days - 1), days))
                if pattern == WAITED:
                    day = int(self.random.integers(0, max(1, days - ASSUMED_DAYS - 2)))
                if source and (pattern != WAITED or days > ASSUMED_DAYS + 2):
                    self._appoint(source.pop(), day, pattern, planted)

    def _appoint(self, account: int, day: int, pattern: str, planted: bool) -> None:
        severity = self.options.draw_severity(self.random) if planted else 0.0
        scheme = Scheme(
            rule=COOLING_OFF,
            kind=PLANTED if planted else LOOK_ALIKE,
            pattern=pattern,
            severity=severity,
            subjects=(self.people.account_id(account),),
        )
        self.schemes.append(scheme)
        at = opens_at(self.options.book_days[day]) + int(self.random.uniform(6, 19) * HOUR)
        # The subtler, the longer of the seven days has been waited.
        waited = int((0.05 + (1 - severity) * 0.85) * ASSUMED_DAYS * self.random.uniform(0.9, 1.05) * DAY_MICROSECONDS)
        soon = at + int(self.random.uniform(10, 90) * MINUTE)
        long_ago = at - int(self.random.uniform(30, 300) * DAY_MICROSECONDS)
        first_used_at: int | None = at - waited if severity < 1 else None
        released_at: int | None = soon
        status, direction = "completed", "out"
        if pattern == NEW_ACCOUNT:
            self.people.opened_at[account] = at - waited
            first_used_at = at - waited + HOUR // 2
        elif pattern == INWARD:
            self.people.opened_at[account] = at - 2 * HOUR
            first_used_at, direction = None, "in"
        elif pattern == OLD_ADDRESS:
            first_used_at = long_ago
        elif pattern == WAITED:
            first_used_at = None
            released_at = soon + ASSUMED_DAYS * DAY_MICROSECONDS
        elif pattern == REFUSED:
            first_used_at, released_at, status = None, None, "refused"
        self.agenda.setdefault(day, []).append(Appointment(scheme, account, at, first_used_at, released_at, status, direction))

    def _appointed(self, day: int, each: Appointment, hot: dict[int, int]) -> list[tuple[int, int, int, Row]]:
        """Play one appointment. Coins that a newcomer sends out came in moments before."""
        listing = int(self.random.integers(len(self.listed)))
        units = max(10_000, int(400_000 / self.listed[listing].price_jpy * self.random.uniform(0.3, 2) * 10**8) // 1_000 * 1_000)
        units = min(units, max(10_000, hot[listing] // 4 // 1_000 * 1_000))
        moves = []
        if each.direction == "out" and each.status == "completed":
            source, since = self._known_address(each.account, listing, each.at)
            since = min(since, int(self.people.opened_at[each.account]))
            funding = self._row(day, each.account, each.at - 2 * HOUR, "in", listing, units, source, since)
            funding |= {"released_at": moment(each.at - HOUR), "status": "completed"}
            self.books.move(each.account, listing, units)
            moves.append((each.at - HOUR, listing, units, funding))
        address = self.chain.address(self.listed[listing].asset)
        row = self._row(day, each.account, each.at, each.direction, listing, units, address, each.first_used_at)
        row["status"] = each.status
        if each.direction == "out":
            self._event(each.account, (each.first_used_at or each.at) - 5 * MINUTE, "address_added", 0)
        each.scheme.saw(each.at, each.released_at or each.at)
        self._mark(each, row)
        if each.released_at is None:
            return moves
        row["released_at"] = moment(each.released_at)
        if each.direction == "in":
            self.books.move(each.account, listing, units)
            return [*moves, (each.released_at, listing, units, row)]
        later = (each.released_at - opens_at(self.options.book_days[day])) // DAY_MICROSECONDS
        if later == 0:
            self.books.move(each.account, listing, -units)
            hot[listing] -= units
            return [*moves, (each.released_at, listing, -units, row)]
        # Held: owed until it leaves, but no longer free.
        self.books.free[each.account, listing] -= units
        self._hold(day + later, each.released_at, row, each.account, listing, units)
        return moves

    def _acted(self, day: int, scheme: Scheme, act: Act, hot: dict[int, int]) -> list[tuple[int, int, int, Row]]:
        """Play one step of a story; coins move at once, as far as the hot wallet has them."""
        if act.kind not in ("in", "out"):
            device = act.account if act.new_device else None
            self._event(act.account, act.at, act.kind, act.yen, own_name=act.own_name, device=device)
            return []
        units = act.units
        if act.kind == "out":
            free = int(self.books.free[act.account, act.listing])
            units = min(units or int(free * act.share), free, hot[act.listing] // 2) // 1_000 * 1_000
        if units <= 0:
            return []
        row = self._row(day, act.account, act.at, act.kind, act.listing, units, act.address, act.since)
        row |= {"counterparty": "hosted" if act.vasp else "unhosted", "travel_rule_payload": None}
        row |= dict(zip(("counterparty_vasp", "counterparty_country"), act.vasp or (None, None), strict=True))
        if act.vasp and act.with_notice:
            row["travel_rule_payload"] = self._payload(act.account, act.address, act.kind, beneficiary_named=act.beneficiary_named)
        released_at = act.at + 6 * MINUTE
        row |= {"released_at": moment(released_at), "status": "completed"}
        if act.proves:
            scheme.saw(act.at, released_at)
            row["scheme"] = scheme
        if act.kind == "out":
            hot[act.listing] -= units
        units = units if act.kind == "in" else -units
        self.books.move(act.account, act.listing, units)
        return [(released_at, act.listing, units, row)]

    def _hold(self, day: int, released_at: int, row: Row, account: int, listing: int, units: int) -> None:
        self.waiting.setdefault(day, []).append((released_at, row, account, listing, units))

    def _mark(self, each: Appointment, row: Row) -> None:
        """Remember which row proves the scheme; its id is dealt at the end, when all requests are in order."""
        row["scheme"] = each.scheme

    def numbered(self) -> list[Row]:
        """All rows in order of time, with their ids; the chain's authorisations and the answer key follow them."""
        self.rows.sort(key=lambda row: (row["requested_at"], row["account_id"]))
        for number, row in enumerate(self.rows, start=1):
            row["transfer_id"] = f"X{1_000_000 + number}"
            movement = row.pop("movement", None)
            if isinstance(movement, dict):
                movement["authorised_by"] = row["transfer_id"]
            scheme = row.pop("scheme", None)
            if isinstance(scheme, Scheme):
                scheme.evidence.add(("transfer", str(row["transfer_id"])))
        return self.rows


def newcomers(options: Options, people: Population, random: np.random.Generator) -> Longs:
    """Customers who open their account while the books are kept. They do not trade."""
    customers = np.setdiff1d(people.of_kind(CUSTOMER), people.quick)
    alone = customers[np.bincount(people.party, minlength=people.kind.size)[people.party[customers]] == 1]
    linked = {each.party for each in people.links} | {each.linked for each in people.links}
    alone = np.array([each for each in alone if int(people.party[each]) not in linked])
    chosen = random.choice(alone, size=min(max(4, options.accounts // 60), alone.size // 4), replace=False)
    days = len(options.book_days)
    start = opens_at(options.book_days[0])
    people.opened_at[chosen] = start + (random.uniform(0, days, chosen.size) * DAY_MICROSECONDS).astype(np.int64)
    return np.asarray(chosen, dtype=np.int64)
