"""Who is behind an account: the chain of owners, households and controlling parties that ties two accounts together."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from sekisho.records import Records

OWNING = frozenset({"same_owner", "household", "controls"})
"""Relations through which one interest may stand behind two accounts. All others are associations only."""

NEARNESS = ("account", "party", "same_owner", "controls", "household", "ring")
"""How near two accounts are, nearest first; a chain is as near as its weakest link. ``ring``: no tie on record, only
the way they trade."""


class Link(NamedTuple):
    """One row of ``party_link``; it holds on the Japan dates [since, until), an absent bound is open."""

    party_id: str
    linked_party_id: str
    relation: str
    since: date | None = None
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the relation is in force on that Japan date."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)

    @property
    def record_id(self) -> str:
        """The link as evidence names it: ``P1|P2|same_owner``."""
        return f"{self.party_id}|{self.linked_party_id}|{self.relation}"


class Chain(NamedTuple):
    """How two accounts hang together: how near, and through which links in order (none for the same party)."""

    nearness: str
    links: tuple[Link, ...]


class _Step(NamedTuple):
    party_id: str
    link: Link
    goes_up: bool
    goes_down: bool


class Ownership:
    """Accounts, their parties and the dated links between parties.

    Two accounts share an interest when a chain of links leads from one party up to a common owner and down to the
    other. ``controls`` has a direction: two companies of one parent belong together, two parents of one joint
    venture do not.
    """

    def __init__(
        self, party_of: Mapping[str, str], links: Iterable[Link], accounts_of: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        """``accounts_of`` is the way back from parties to accounts, where somebody keeps it; without, it is read off once."""
        self.party_of = party_of
        self._kept_accounts = accounts_of
        self._steps: dict[str, list[_Step]] = defaultdict(list)
        self._associations: dict[str, list[Link]] = defaultdict(list)
        for link in sorted(set(links), key=_link_order):
            self._enter(link)
        self._chains: dict[tuple[str, str, date], Chain | None] = {}

    def learn(self, link: Link) -> None:
        """Take in one more link; what is asked from now on knows it, the ties are those of all links read at once."""
        self._enter(link)
        for party in (link.party_id, link.linked_party_id):
            self._steps[party].sort(key=_step_order)
            self._associations[party].sort(key=_link_order)
        self._forget_answers()

    def forget(self, link: Link) -> None:
        """Drop a link that another has replaced."""
        for party in (link.party_id, link.linked_party_id):
            self._steps[party] = [step for step in self._steps[party] if step.link != link]
            self._associations[party] = [other for other in self._associations[party] if other != link]
        self._forget_answers()

    def _enter(self, link: Link) -> None:
        if link.relation in OWNING:
            up = link.relation == "controls"
            self._steps[link.party_id].append(_Step(link.linked_party_id, link, False, up))
            self._steps[link.linked_party_id].append(_Step(link.party_id, link, up, False))
        else:
            self._associations[link.party_id].append(link)
            self._associations[link.linked_party_id].append(link)

    def _forget_answers(self) -> None:
        self._chains.clear()
        for name in ("groups", "families"):
            self.__dict__.pop(name, None)

    @cached_property
    def groups(self) -> dict[str, str]:
        """Account to the name of its group, for accounts that were ever tied to another account.

        A group is a connected component over all links whatever their dates and direction: where to look, not yet
        a proof. Its name is the first of its accounts.
        """
        members: dict[str, list[str]] = defaultdict(list)
        component = self._components()
        for account in sorted(self.party_of):
            party = self.party_of[account]
            members[component.get(party, party)].append(account)
        return {account: group[0] for group in members.values() if len(group) > 1 for account in group}

    def chain(self, account_id: str, other_id: str, on: date) -> Chain | None:
        """The nearest chain between two accounts on a Japan date, or None when nothing ties them."""
        if account_id == other_id:
            return Chain("account", ())
        party, other = self.party_of.get(account_id), self.party_of.get(other_id)
        return None if party is None or other is None else self.between(party, other, on)

    def is_tied(self, party: str) -> bool:
        """Whether any link, whenever it holds, ties the party to another through ownership."""
        return bool(self._steps.get(party))

    def between(self, party: str, other: str, on: date) -> Chain | None:
        """The nearest chain between two parties on a Japan date, whether they hold accounts or not."""
        if party == other:
            return Chain("party", ())
        if not self.is_tied(party) or not self.is_tied(other):
            return None
        key = (party, other, on)
        if key not in self._chains:
            self._chains[key] = self._search(party, other, on)
        return self._chains[key]

    @cached_property
    def families(self) -> dict[str, tuple[str, ...]]:
        """Each party that was ever tied to another, with all it may be tied to: where to look, not yet a proof."""
        members: dict[str, list[str]] = defaultdict(list)
        for party, first in self._components().items():
            members[first].append(party)
        return {party: tuple(sorted(family)) for family in members.values() for party in family}

    @cached_property
    def accounts_of(self) -> Mapping[str, tuple[str, ...]]:
        """The accounts of each party."""
        if self._kept_accounts is not None:
            return self._kept_accounts
        accounts: dict[str, list[str]] = defaultdict(list)
        for account, party in sorted(self.party_of.items()):
            accounts[party].append(account)
        return {party: tuple(names) for party, names in accounts.items()}

    def associations(self, account_id: str, other_id: str, on: date) -> tuple[Link, ...]:
        """Links other than ownership (officer, adviser, employee ...) between the parties behind two accounts."""
        one, other = self._behind(account_id, on), self._behind(other_id, on)
        links = {link for party in one for link in self._associations.get(party, ()) if link.holds_on(on)}
        tied = (link for link in links if {link.party_id, link.linked_party_id} & other)
        return tuple(sorted((link for link in tied if _joins(link, one, other)), key=_link_order))

    def _components(self) -> dict[str, str]:
        component: dict[str, str] = {}
        for start in sorted(self._steps):
            if start in component:
                continue
            waiting = [start]
            component[start] = start
            while waiting:
                for step in self._steps[waiting.pop()]:
                    if step.party_id not in component:
                        component[step.party_id] = start
                        waiting.append(step.party_id)
        return component

    def _search(self, start: str, goal: str, on: date) -> Chain | None:
        """Dijkstra over (party, already going down?): the nearest tie first, then fewest households, fewest links."""
        arrival = count()
        waiting: list[tuple[int, int, int, tuple[str, ...], int, str, bool, tuple[Link, ...]]]
        waiting = [(0, 0, 0, (), next(arrival), start, False, ())]
        settled: set[tuple[str, bool]] = set()
        while waiting:
            weakest, households, length, names, _, party, down, links = heapq.heappop(waiting)
            if party == goal:
                return Chain(NEARNESS[weakest], links)
            if (party, down) in settled:
                continue
            settled.add((party, down))
            for step in self._onward(party, down, on):
                rank = max(weakest, NEARNESS.index(step.link.relation))
                weak = households + (step.link.relation == "household")
                path, taken = (*names, step.link.record_id), (*links, step.link)
                turned = down or step.goes_down
                heapq.heappush(waiting, (rank, weak, length + 1, path, next(arrival), step.party_id, turned, taken))
        return None

    def _onward(self, party: str, down: bool, on: date) -> Iterator[_Step]:
        for step in self._steps.get(party, ()):
            if step.link.holds_on(on) and not (down and step.goes_up):
                yield step

    def _behind(self, account_id: str, on: date) -> set[str]:
        """The account's party and every party above it."""
        party = self.party_of.get(account_id)
        behind = {party} if party is not None else set()
        waiting = list(behind)
        while waiting:
            for step in self._steps.get(waiting.pop(), ()):
                if step.link.holds_on(on) and not step.goes_down and step.party_id not in behind:
                    behind.add(step.party_id)
                    waiting.append(step.party_id)
        return behind


def _joins(link: Link, one: set[str], other: set[str]) -> bool:
    ends = (link.party_id, link.linked_party_id)
    return (ends[0] in one and ends[1] in other) or (ends[1] in one and ends[0] in other)


def _step_order(step: _Step) -> tuple[str, date, date]:
    return _link_order(step.link)


def _link_order(link: Link) -> tuple[str, date, date]:
    return (link.record_id, link.since or date.min, link.until or date.max)


def ownership_of(records: Records) -> Ownership:
    """The ownership that the tables ``account`` and ``party_link`` record; missing tables tie nobody to anybody.

    Read once for each set of records: all rules of an inspection share it.
    """
    if records not in _READ:
        account, link = records.optional("account"), records.optional("party_link")
        rows = account.select("account_id", "party_id").to_pyarrow().to_pydict()
        party_of = dict(zip(rows["account_id"], rows["party_id"], strict=True))
        _READ[records] = Ownership(party_of, (Link(**row) for row in link.select(*Link._fields).to_pyarrow().to_pylist()))
    return _READ[records]


_READ: WeakKeyDictionary[Any, Ownership] = WeakKeyDictionary()


def accounts_of_kind(records: Records, *kinds: str) -> frozenset[str]:
    """The accounts of some kinds (``omnibus``, ``market_maker`` ...); none where the table is missing."""
    account = records.optional("account")
    chosen = account.filter(account.kind.isin(kinds)).select("account_id")
    return frozenset(chosen.to_pyarrow()["account_id"].to_pylist())
