"""Frauds against customers and through their accounts, told as stories of events and transfers, each beside an innocent one.

The simulated exchange has no gate: what the defrauded ask for leaves at once. Nobody cast in a story moves coins otherwise, so
that a story is all there is to see of its people, besides their ordinary trades.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from sekisho.simulation import addresses
from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.books import Books
from sekisho.simulation.columns import UNIT
from sekisho.simulation.listings import Listing
from sekisho.simulation.options import DAY_MICROSECONDS, Options, opens_at
from sekisho.simulation.population import Population

HOUR, MINUTE = 3_600_000_000, 60_000_000
COOLING_OFF = "transfers/cooling_off"
FAST, TAKEOVER, THIRD_PARTY, EMPTIED = (
    "transfers/fast_in_and_out", "transfers/takeover_signs", "transfers/third_party_deposit", "transfers/emptied_account",
)  # fmt: skip
SHARED, MULE, STRUCTURED, OUT_OF_PROFILE = (
    "transfers/shared_destination", "transfers/mule_account", "transfers/structuring", "transfers/out_of_profile",
)  # fmt: skip
POISONED, NOTICE_OUT, NOTICE_IN = "transfers/poisoned_address", "transfers/travel_rule_notice", "transfers/travel_rule_inbound"
UNHOSTED, ELSEWHERE = None, ("Kitasora Exchange", "JP")
ENDOWED_JPY, ENDOWED_SPREAD = 14.1, 0.5
ENDOWED_SHARE_MAX = 0.004
STRUCTURED_BELOW_JPY = 100_000
BOUGHT_LEAST_JPY = 150_000
POOREST_OF = 60
CAST_MAX = 9
"""The most people that one story casts; where fewer are free it is not told."""
LEAST_ACCOUNTS_A_STORY = 500
STORY_DAYS = 5
LATEST_HOUR = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One step of a story: an event of an account, or (``in``, ``out``) coins that move.

    ``share`` is how much of the free holding leaves, ``units`` how many come in or leave; ``since`` is when the address was first
    used (None: now for the first time); ``proves`` whether the step is evidence.
    """

    account: int
    at: int
    kind: str
    yen: int = 0
    own_name: bool = True
    new_device: bool = False
    listing: int = 0
    units: int = 0
    share: float = 0.0
    address: str = ""
    since: int | None = None
    vasp: tuple[str, str] | None = UNHOSTED
    with_notice: bool = True
    beneficiary_named: bool = True
    proves: bool = True


@dataclass(slots=True)
class Told:
    """One story with what the answer key says of it."""

    scheme: Scheme
    acts: list[Act] = field(default_factory=list)


@dataclass(slots=True)
class Frauds:
    """Casts the stories, and hands out their steps day by day."""

    options: Options
    people: Population
    listed: tuple[Listing, ...]
    books: Books
    random: np.random.Generator
    free: list[int]
    newcomers: list[int]
    schemes: list[Scheme] = field(default_factory=list)
    cast: set[int] = field(default_factory=set)
    _agenda: dict[int, list[tuple[Scheme, Act]]] = field(default_factory=dict)

    def plan(self) -> None:
        """Write every story, planted and innocent by turns, as often as the exchange has accounts for."""
        if self.options.clean or len(self.options.book_days) < STORY_DAYS + 2:
            return
        times = max(1, self.options.accounts // LEAST_ACCOUNTS_A_STORY)
        for rule, planted, innocent in self._stories():
            for _time in range(times):
                self._tell(rule, PLANTED, planted)
                self._tell(rule, LOOK_ALIKE, innocent)

    def on(self, day: int) -> list[tuple[Scheme, Act]]:
        """The steps of a day in order of time."""
        return sorted(self._agenda.pop(day, []), key=lambda each: each[1].at)

    def _stories(self) -> tuple[tuple[str, Callable[[float], Iterator[Act]], Callable[[float], Iterator[Act]]], ...]:
        return (
            (FAST, self._passed_on, self._moved_home),
            (FAST, self._bought_and_sent, self._traded_and_sent_home),
            (TAKEOVER, self._taken_over, self._new_phone),
            (THIRD_PARTY, self._others_money, self._mistyped_name),
            (EMPTIED, self._emptied, self._moved_house),
            (SHARED, self._one_collector, self._one_exchange),
            (MULE, self._mule, self._saver),
            (STRUCTURED, self._in_pieces, self._weekly),
            (OUT_OF_PROFILE, self._life_savings, self._wealthy),
            (POISONED, self._poisoned, self._own_addresses),
            (NOTICE_OUT, self._unnamed, self._named),
            (NOTICE_IN, self._no_notice, self._with_notice),
        )

    def _tell(self, rule: str, kind: str, story: Callable[[float], Iterator[Act]]) -> None:
        if len(self.free) < CAST_MAX:
            return
        severity = self.options.draw_severity(self.random) if kind == PLANTED else 0.0
        acts = list(story(severity))
        if not acts:
            return
        proving = [act.account for act in acts if act.proves]
        subjects = tuple(self.people.account_id(account) for account in sorted(set(proving)))
        also = (COOLING_OFF,) if any(act.kind == "out" and act.since is None for act in acts) else ()
        scheme = Scheme(rule=rule, kind=kind, pattern=story.__name__.lstrip("_"), severity=severity, subjects=subjects, also=also)
        self.schemes.append(scheme)
        self.cast.update(act.account for act in acts)
        for act in acts:
            self._agenda.setdefault(self._day_of(act.at), []).append((scheme, act))

    # Victims.

    def _passed_on(self, severity: float) -> Iterator[Act]:
        """Coins come from an exchange and go on at once to a wallet nobody has seen, almost all of them."""
        account, listing, units, at = self._somebody(0.5)
        yield from self._came_in(account, at, listing, units, ELSEWHERE)
        yield self._out(account, at + self._soon(severity, 1, 20), listing, share=0.9 + 0.1 * severity)

    def _moved_home(self, _severity: float) -> Iterator[Act]:
        """The same towards the owner's own wallet, known for long, and only a part."""
        account, listing, units, at = self._somebody(0.5)
        yield from self._came_in(account, at, listing, units, ELSEWHERE)
        yield self._out(account, at + 3 * HOUR, listing, share=0.3, since=self._long_before(at))

    def _bought_and_sent(self, severity: float) -> Iterator[Act]:
        """Yen come in, coins are bought on the book, and leave the morning after for a wallet nobody has seen."""
        yield from self._after_a_purchase(severity, fraudulent=True)

    def _traded_and_sent_home(self, severity: float) -> Iterator[Act]:
        """A trader takes some of what was bought to a wallet known for long."""
        yield from self._after_a_purchase(severity, fraudulent=False)

    def _after_a_purchase(self, severity: float, *, fraudulent: bool) -> Iterator[Act]:
        for place in self.random.permutation(len(self.books.days) - 1):
            moved, day = self.books.days[int(place)], self.options.history + int(place)
            free = set(self.free)
            bought = [
                (int(a), int(n), int(u)) for a, n, u in zip(moved.account, moved.listing, moved.units, strict=True)
                if u > 0 and int(a) in free and int(u) * self.listed[n].price_jpy > BOUGHT_LEAST_JPY * UNIT
            ]  # fmt: skip
            if not bought:
                continue
            account, listing, units = bought[int(self.random.integers(len(bought)))]
            self.free.remove(account)
            self._endow(account, listing, units)
            opens = opens_at(self.options.book_days[day])
            if fraudulent:
                yen = int(units * self.listed[listing].price_jpy / UNIT) // 1_000 * 1_000 + 1_000
                yield Act(account=account, at=opens + HOUR // 2, kind="fiat_deposit", yen=yen, proves=False)
            at = opens + DAY_MICROSECONDS + int((0.5 + 4 * (1 - severity)) * HOUR)
            units = units if fraudulent else units // 4
            yield self._out(account, at, listing, units=units, since=None if fraudulent else self._long_before(at))
            return

    def _taken_over(self, severity: float) -> Iterator[Act]:
        """Somebody else changes password and telephone from a device of his own, and takes what is there."""
        account, listing, _units, at = self._somebody()
        yield Act(account=account, at=at, kind="device_added", new_device=True, proves=False)
        yield Act(account=account, at=at + MINUTE, kind="password_changed", new_device=True, proves=False)
        if severity > 0.4:
            yield Act(account=account, at=at + 3 * MINUTE, kind="phone_changed", new_device=True, proves=False)
        yield self._out(account, at + self._soon(severity, 0.2, 20), listing, share=0.5 + 0.5 * severity)

    def _new_phone(self, _severity: float) -> Iterator[Act]:
        """A new telephone, and then a usual withdrawal to an address known for long."""
        account, listing, _units, at = self._somebody()
        yield Act(account=account, at=at, kind="device_added", new_device=True, proves=False)
        yield Act(account=account, at=at + MINUTE, kind="phone_changed", new_device=True, proves=False)
        yield self._out(account, at + 5 * HOUR, listing, share=0.15, since=self._long_before(at))

    def _others_money(self, severity: float) -> Iterator[Act]:
        """Yen from somebody whose name is another, then coins of that worth for a new wallet."""
        account, listing, units, at = self._somebody()
        yen = int(units * self.listed[listing].price_jpy / UNIT) // 1_000 * 1_000
        for part in range(1 + int(2 * severity)):
            when = at + part * 20 * MINUTE
            yield Act(account=account, at=when, kind="fiat_deposit", yen=yen // 3 + 1_000, own_name=False, proves=False)
        yield self._out(account, at + self._soon(severity, 1, 20), listing, share=0.9)

    def _mistyped_name(self, _severity: float) -> Iterator[Act]:
        """A small deposit under a maiden name; nothing leaves."""
        account, listing, _units, at = self._somebody()
        yield Act(account=account, at=at, kind="fiat_deposit", yen=30_000, own_name=False, proves=False)
        yield self._out(account, at + 3 * DAY_MICROSECONDS, listing, share=0.1, since=self._long_before(at))

    def _emptied(self, severity: float) -> Iterator[Act]:
        """Who never sent anything sends almost everything."""
        self._poorest_next()
        account, listing, _units, at = self._somebody(8.0, listing=0)
        yield self._out(account, at, listing, share=0.95 + 0.05 * severity)

    def _moved_house(self, _severity: float) -> Iterator[Act]:
        """Almost everything goes to the owner's account elsewhere, where something had gone before."""
        account, listing, _units, at = self._somebody()
        address, since = self._new_address(listing), self._long_before(at)
        for later, share in ((0, 0.05), (2 * DAY_MICROSECONDS, 0.92)):
            yield self._out(account, at + later, listing, share=share, since=since, address=address, vasp=ELSEWHERE)

    def _life_savings(self, severity: float) -> Iterator[Act]:
        """An old person of small income sends far more than such a person has."""
        account, listing, units, at = self._somebody()
        income = 2_000_000 + int(1_000_000 * (1 - severity))
        self._tell_of(account, income=income, worth=income, born=date(1938, 4, 1))
        self._endow_jpy(account, listing, income * (1.5 + severity))
        address, since = self._new_address(listing), self._long_before(at)
        yield self._out(account, at, listing, units=units // 20, since=since, address=address, proves=False)
        yield self._out(account, at + 30 * HOUR, listing, share=0.85)

    def _wealthy(self, _severity: float) -> Iterator[Act]:
        """As much from somebody for whom it is little."""
        account, listing, _units, at = self._somebody()
        self._tell_of(account, income=40_000_000, worth=600_000_000, born=date(1940, 4, 1))
        self._endow_jpy(account, listing, 4_000_000)
        yield self._out(account, at, listing, share=0.5, since=self._long_before(at))

    def _poisoned(self, severity: float) -> Iterator[Act]:
        """An address like one the client knows sends a trifle, and is then taken for it."""
        listing = self._on_ethereum()
        if listing is None:
            return
        account, listing, units, at = self._somebody(listing=listing)
        known = self._new_address(listing)
        false = addresses.look_alike(known, self._new_address(listing))
        since = self._long_before(at)
        yield self._out(account, at, listing, units=units // 10, since=since, address=known, proves=False)
        trifle = 1_000 * (1 + int(9 * (1 - severity)))
        yield self._in(account, at + HOUR, listing, units=trifle, address=false, since=None, proves=False)
        yield self._out(account, at + 25 * HOUR, listing, share=0.4, address=false)

    def _own_addresses(self, _severity: float) -> Iterator[Act]:
        """Two addresses of one owner have nothing in common but the chain."""
        account, listing, units, at = self._somebody()
        for later in range(2):
            when = at + later * DAY_MICROSECONDS
            yield self._out(account, when, listing, units=units // 10, since=self._long_before(at))

    # Through accounts.

    def _one_collector(self, severity: float) -> Iterator[Act]:
        """Many clients who have nothing to do with each other send to one wallet nobody hosts."""
        first = self._first_day()
        listing = int(self.random.integers(min(2, len(self.listed))))
        address = self._new_address(listing)
        for _client in range(5 + int(4 * severity)):
            account, _listing, _units, _at = self._somebody(listing=listing)
            at = self._hour(first + int(self.random.integers(0, 1 + int(3 * (1 - severity)))))
            yield self._out(account, at, listing, share=0.4, address=address)

    def _one_exchange(self, _severity: float) -> Iterator[Act]:
        """Many clients send to one address at which an exchange receives for all of its own."""
        first = self._first_day()
        listing = min(2, len(self.listed) - 1)
        address = self._new_address(listing)
        for _client in range(6):
            account, _listing, _units, _at = self._somebody(listing=listing)
            at = self._hour(first + int(self.random.integers(0, 4)))
            yield self._out(account, at, listing, share=0.2, since=self._long_before(at), address=address, vasp=ELSEWHERE)

    def _mule(self, severity: float) -> Iterator[Act]:
        """A new account takes in from many and passes on almost everything the same day, again and again."""
        account = self._newcomer()
        if account is None:
            return
        first = self._day_of(int(self.people.opened_at[account])) + 1
        listing = int(self.random.integers(min(2, len(self.listed))))
        for day in range(first, first + 2):
            for _sender in range(3 + int(3 * severity)):
                at = self._hour(day, 6, 10)
                units = self._worth(listing, self.random.uniform(60_000, 250_000))
                yield self._in(account, at, listing, units=units, address=self._new_address(listing), since=None)
            yield self._out(account, self._hour(day, 12, 20), listing, share=0.95)

    def _saver(self, _severity: float) -> Iterator[Act]:
        """A new account that takes in twice and keeps what it has."""
        account = self._newcomer()
        if account is None:
            return
        first = self._day_of(int(self.people.opened_at[account])) + 1
        listing = int(self.random.integers(min(2, len(self.listed))))
        address = self._new_address(listing)
        for day in (first, first + 2):
            at = self._hour(day, 6, 10)
            units = self._worth(listing, 150_000)
            yield self._in(account, at, listing, units=units, address=address, since=self._long_before(at), vasp=ELSEWHERE)

    def _in_pieces(self, severity: float) -> Iterator[Act]:
        """A sum above the threshold leaves in pieces below it, within a day."""
        account, listing, _units, at = self._somebody()
        address = self._new_address(listing)
        for piece in range(3 + int(4 * severity)):
            units = self._worth(listing, STRUCTURED_BELOW_JPY * (0.7 + 0.2 * float(self.random.random())))
            when = at + piece * int((0.3 + 2 * (1 - severity)) * HOUR)
            yield self._out(account, when, listing, units=units, address=address, since=None if piece == 0 else at)

    def _weekly(self, _severity: float) -> Iterator[Act]:
        """One payment of that size, to an address known for long."""
        account, listing, _units, at = self._somebody()
        units = self._worth(listing, 60_000)
        yield self._out(account, at, listing, units=units, since=self._long_before(at))

    # Without notice.

    def _unnamed(self, _severity: float) -> Iterator[Act]:
        """A transfer to another exchange whose notice does not say who receives it."""
        account, listing, _units, at = self._somebody()
        yield self._out(account, at, listing, share=0.2, since=self._long_before(at), vasp=ELSEWHERE, beneficiary_named=False)

    def _named(self, _severity: float) -> Iterator[Act]:
        """One whose notice says it."""
        account, listing, _units, at = self._somebody()
        yield self._out(account, at, listing, share=0.2, since=self._long_before(at), vasp=ELSEWHERE)

    def _no_notice(self, _severity: float) -> Iterator[Act]:
        """A transfer from another exchange that comes without any notice."""
        account, listing, units, at = self._somebody()
        address, since = self._new_address(listing), self._long_before(at)
        yield self._in(account, at, listing, units=units, address=address, since=since, vasp=ELSEWHERE, with_notice=False)

    def _with_notice(self, _severity: float) -> Iterator[Act]:
        """One that comes with it."""
        account, listing, units, at = self._somebody()
        yield self._in(
            account, at, listing, units=units, address=self._new_address(listing), since=self._long_before(at), vasp=ELSEWHERE
        )

    # Who, when, how much.

    def _somebody(self, endowed: float = 1.0, listing: int | None = None) -> tuple[int, int, int, int]:
        """A client with a holding, and when the story begins: account, listing, units, moment."""
        account = self.free.pop()
        if listing is None:
            shares = np.array([one.share for one in self.listed])
            listing = int(self.random.choice(len(self.listed), p=shares))
        worth = float(np.exp(self.random.normal(ENDOWED_JPY, ENDOWED_SPREAD))) * endowed
        units = self._endow_jpy(account, listing, worth)
        return account, listing, units, self._hour(self._first_day())

    def _poorest_next(self) -> None:
        """Cast next, of some who are free, the one who holds least: what the story gives is then nearly all there is."""
        some = self.free[-POOREST_OF:]
        prices = np.array([one.price_jpy for one in self.listed])
        held = self.books.owed[some] @ prices + self.books.yen[some]
        poorest = some[int(np.argmin(held))]
        self.free.remove(poorest)
        self.free.append(poorest)

    def _newcomer(self) -> int | None:
        """Somebody whose account opens early enough for a story; None where nobody is left."""
        last = len(self.options.book_days) - STORY_DAYS
        for place, account in enumerate(self.newcomers):
            if self._day_of(int(self.people.opened_at[account])) < last:
                return self.newcomers.pop(place)
        return None

    def _endow_jpy(self, account: int, listing: int, worth: float) -> int:
        """Let the account hold so many yen of an asset from the start, within what the exchange can pay out; returns the units."""
        most = int(self.books.owed[:, listing].sum() * ENDOWED_SHARE_MAX)
        units = min(self._worth(listing, worth), max(10_000, most // 1_000 * 1_000))
        self._endow(account, listing, units)
        return units

    def _endow(self, account: int, listing: int, units: int) -> None:
        self.books.move(account, listing, units)

    def _tell_of(self, account: int, *, income: int, worth: int, born: date) -> None:
        self.people.answers[account] = income, worth
        self.people.born_on[int(self.people.party[account])] = born

    def _worth(self, listing: int, yen: float) -> int:
        return max(10_000, int(yen / self.listed[listing].price_jpy * UNIT) // 1_000 * 1_000)

    def _came_in(self, account: int, at: int, listing: int, units: int, vasp: tuple[str, str]) -> Iterator[Act]:
        yield self._in(account, at, listing, units=units, address=self._new_address(listing), since=None, vasp=vasp)

    def _in(self, account: int, at: int, listing: int, **told: object) -> Act:
        return Act(account=account, at=self._awake(at), kind="in", listing=listing, **told)  # type: ignore[arg-type]

    def _out(self, account: int, at: int, listing: int, **told: object) -> Act:
        told.setdefault("address", self._new_address(listing))
        return Act(account=account, at=self._awake(at), kind="out", listing=listing, **told)  # type: ignore[arg-type]

    def _new_address(self, listing: int) -> str:
        return addresses.address(self.listed[listing].asset, self.random.bytes(addresses.HASH_BYTES))

    def _on_ethereum(self) -> int | None:
        """The listing that every such exchange has on Ethereum, if it lists two."""
        return next((one.number for one in self.listed if one.asset == "ETH"), None)

    def _first_day(self) -> int:
        return int(self.random.integers(1, len(self.options.book_days) - STORY_DAYS))

    def _hour(self, day: int, earliest: float = 7, latest: float = 20) -> int:
        return opens_at(self.options.book_days[day]) + int(self.random.uniform(earliest, latest) * HOUR)

    def _soon(self, severity: float, least_hours: float, most_hours: float) -> int:
        """The subtler, the later."""
        hours = least_hours + (most_hours - least_hours) * (1 - severity) * float(self.random.uniform(0.7, 1))
        return int(hours * HOUR)

    def _awake(self, at: int) -> int:
        """The moment, or the next morning: after the evening's moves of the vaults nobody sends anything."""
        since_midnight = (at - opens_at(self.options.book_days[0])) % DAY_MICROSECONDS
        return at if since_midnight < LATEST_HOUR * HOUR else at - since_midnight + DAY_MICROSECONDS + 6 * HOUR

    def _long_before(self, at: int) -> int:
        return at - int(self.random.uniform(45, 400) * DAY_MICROSECONDS)

    def _day_of(self, at: int) -> int:
        return (at - opens_at(self.options.book_days[0])) // DAY_MICROSECONDS
