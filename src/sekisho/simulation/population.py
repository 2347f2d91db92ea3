"""Who is there: parties, how they are linked, and the accounts they hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from sekisho.simulation.kernel import Longs, Words
from sekisho.simulation.options import DAY_MICROSECONDS, Options, opens_at

CUSTOMER, HOUSE, MARKET_MAKER, STAFF, OMNIBUS = 0, 1, 2, 3, 4
KINDS = ("customer", "house", "market_maker", "staff", "omnibus")
NO_GROUP = -1
PREVENTED = ("same_owner", "household", "controls", "officer", "major_holder")
OWNED = ("same_owner", "controls")
OLDEST_ACCOUNT_DAYS = 2500
NEWEST_ACCOUNT_DAYS = 60


@dataclass(frozen=True, slots=True)
class Link:
    """One relation between two parties, by their place in the population."""

    party: int
    linked: int
    relation: str
    since: date | None = None
    until: date | None = None


@dataclass(slots=True)
class Population:
    """Everybody, by place. Account and party numbers are dealt at random, so that an id says nothing about its holder.

    Planning a scheme may link parties that were strangers, and add parties who hold no account themselves.
    """

    kind: Words  # per account, a place in KINDS
    party: Words  # per account
    number: Longs  # per account, for its id
    opened_at: Longs  # per account, microseconds since 1970
    quick: Words  # accounts of quick traders
    party_corporate: list[bool]
    party_number: list[int]
    links: list[Link] = field(default_factory=list)
    answers: dict[int, tuple[int, int]] = field(default_factory=dict)  # per account, where told: yen of income and net worth
    born_on: dict[int, date] = field(default_factory=dict)  # per party, where told

    def account_id(self, account: int) -> str:
        """The account's id."""
        return f"A{self.number[account]}"

    def party_id(self, party: int) -> str:
        """The party's id."""
        return f"P{self.party_number[party]}"

    def of_kind(self, kind: int) -> Words:
        """The accounts of one kind."""
        return np.flatnonzero(self.kind == kind).astype(np.int32)

    def link(self, party: int, linked: int, relation: str, since: date | None = None, until: date | None = None) -> None:
        """Relate one party to another."""
        self.links.append(Link(party, linked, relation, since, until))

    def new_party(self, *, corporate: bool) -> int:
        """Somebody who holds no account. The number comes from those kept free for this."""
        self.party_corporate.append(corporate)
        return len(self.party_corporate) - 1

    def link_owner(self, parties: tuple[int, int], length: int, random: np.random.Generator) -> None:
        """Give two parties one owner at the end of so many relations; who stands between holds no account.

        Control runs from one party of the chain to both ends, so that nobody but one owner stands behind them.
        """
        between = [self.new_party(corporate=bool(random.random() < 0.7)) for _ in range(length - 1)]
        chain = [parties[0], *between, parties[1]]
        top = int(random.integers(len(chain)))
        for place, (one, other) in enumerate(pairwise(chain)):
            relation = str(random.choice(["same_owner", "controls"] if between else ["same_owner", "household", "controls"]))
            since = date(2016, 1, 1) + timedelta(days=int(random.integers(3000))) if random.random() < 0.5 else None
            self.link(*((one, other) if place >= top else (other, one)), relation, since)

    def groups(self) -> Words:
        """Per account, those whom the venue keeps from trading with one another: same or linked parties.

        An omnibus account stands for many customers, so its own orders may meet.
        """
        return self._joined(each for each in self.links if each.relation in PREVENTED)

    def interests(self) -> Words:
        """Per account, those behind which one interest stands: of one party, or of one owner by links in force."""
        return self._joined(each for each in self.links if each.relation in OWNED and each.until is None)

    def _joined(self, links: Iterable[Link]) -> Words:
        leader = list(range(len(self.party_corporate)))

        def lead(party: int) -> int:
            while leader[party] != party:
                leader[party] = leader[leader[party]]
                party = leader[party]
            return party

        for each in links:
            leader[lead(each.party)] = lead(each.linked)
        groups = np.array([lead(int(party)) for party in self.party], dtype=np.int32)
        groups[self.kind == OMNIBUS] = NO_GROUP
        return groups


def population(options: Options, random: np.random.Generator) -> Population:
    """Deal accounts, parties and the ordinary relations between them."""
    number = options.accounts
    kind = np.full(number, CUSTOMER, np.int32)
    makers = min(40, max(4, number // 120))
    omnibus = min(12, max(2, number // 500))
    staff = min(60, max(2, number // 150))
    kind[0] = HOUSE
    kind[1 : 1 + makers] = MARKET_MAKER
    kind[1 + makers : 1 + makers + omnibus] = OMNIBUS
    kind[1 + makers + omnibus : 1 + makers + omnibus + staff] = STAFF
    customers = np.flatnonzero(kind == CUSTOMER)
    quick = customers[: min(200, max(8, number // 70))]

    party = np.arange(number, dtype=np.int32)
    seconds = random.choice(customers[quick.size :], size=number // 25, replace=False)
    party[seconds] = party[random.choice(customers, size=seconds.size)]
    corporate = random.random(number) < 0.06
    corporate[: 1 + makers + omnibus] = True
    corporate[quick] = True

    first_day = options.book_days[0]
    age_days = random.uniform(NEWEST_ACCOUNT_DAYS, OLDEST_ACCOUNT_DAYS, number)
    people = Population(
        kind=kind,
        party=party,
        number=1_000_001 + random.permutation(number),
        opened_at=(opens_at(first_day) - age_days * DAY_MICROSECONDS).astype(np.int64),
        quick=quick.astype(np.int32),
        party_corporate=[bool(each) for each in corporate],
        party_number=[int(each) for each in 2_000_001 + random.permutation(number * 2 + 500)],
    )
    _relate(people, staff, random)
    return people


def _relate(people: Population, staff: int, random: np.random.Generator) -> None:
    """Ordinary relations: households, firms and their people, common owners, past relations, the exchange's own staff."""
    customers = [int(p) for p in people.party[people.of_kind(CUSTOMER)]]
    persons = sorted({p for p in customers if not people.party_corporate[p]})
    firms = sorted({p for p in customers if people.party_corporate[p]})
    strangers = [int(p) for p in random.permutation(persons)]
    for _couple in range(len(persons) // 40):
        people.link(strangers.pop(), strangers.pop(), "household")
    for firm in firms[::2]:
        if len(strangers) < len(persons) // 2:
            break
        relation = str(random.choice(["officer", "controls", "major_holder", "officer"]))
        people.link(strangers.pop(), firm, relation, since=date(2019, 1, 1) + timedelta(days=int(random.integers(2000))))
    for _pair in range(len(persons) // 60):
        people.link_owner((strangers.pop(), strangers.pop()), int(random.integers(1, 4)), random)
    for _pair in range(len(persons) // 200):
        until = date(2024, 1, 1) + timedelta(days=int(random.integers(600)))
        people.link(strangers.pop(), strangers.pop(), str(random.choice(["controls", "household"])), until=until)
    house = int(people.party[people.of_kind(HOUSE)[0]])
    for account in people.of_kind(STAFF):
        people.link(int(people.party[account]), house, "employee")


def strangers(people: Population, random: np.random.Generator) -> list[int]:
    """Customer accounts whose party holds no other account and is linked to nobody, in random order: who may be cast."""
    linked = {each.party for each in people.links} | {each.linked for each in people.links}
    held = np.bincount(people.party, minlength=len(people.party_corporate))
    quick = set(people.quick.tolist())
    free = [
        int(a)
        for a in people.of_kind(CUSTOMER)
        if int(a) not in quick and held[people.party[a]] == 1 and int(people.party[a]) not in linked
    ]
    return [int(a) for a in random.permutation(free)]
