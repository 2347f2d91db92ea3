"""The life of a fact: when it arose, who knew it since when and in which position, where and when it was published."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sekisho.records.table import key_text
from sekisho.typologies.ownership import Link
from sekisho.typologies.valuation import JAPAN, in_utc

if TYPE_CHECKING:
    from sekisho.records import Records

TIPPEE = "tippee"
POSITIONS_OF = {
    "issuer": frozenset({"officer", "employee", "major_holder", "supervisor", "contract", "adviser"}),
    "exchange": frozenset({"officer", "employee", "contract", "adviser", "supervisor"}),
    "large_transaction": frozenset({"officer", "employee", "contract", "adviser"}),
}
"""The relations that put somebody close to the facts of a capacity."""

WORKING = frozenset({"officer", "employee"})


class Fact(NamedTuple):
    """One row of ``material_fact``."""

    fact_id: str
    asset: str
    category: str
    arose_at: datetime
    direction: str | None
    summary: str


class Knowledge(NamedTuple):
    """One row of ``fact_knowledge``."""

    fact_id: str
    party_id: str
    learned_at: datetime
    capacity: str
    learned_from_party_id: str | None

    @property
    def record_id(self) -> str:
        """As evidence names it: ``F3|P9``."""
        return f"{self.fact_id}|{self.party_id}"


class Post(NamedTuple):
    """One row of ``publication``."""

    fact_id: str
    channel: str
    published_at: datetime

    @property
    def record_id(self) -> str:
        """As evidence names it: ``F3|press|2026-05-02T00:00:00.000000Z``."""
        return f"{self.fact_id}|{self.channel}|{key_text(self.published_at)}"


class Plan(NamedTuple):
    """One row of ``stated_plan``; it is executed in ``[executes_from, executes_until)``."""

    plan_id: str
    party_id: str
    asset: str
    made_at: datetime
    side: str
    quantity: Decimal
    executes_from: datetime
    executes_until: datetime

    def covers(self, asset: str, side: str, at: datetime) -> bool:
        """Whether an act of this kind is what was planned; how much is left is another question."""
        return self.asset == asset and self.side == side and self.executes_from <= at < self.executes_until


class Standing(NamedTuple):
    """In which position somebody knows a fact: ``capacity`` of the register, and how near that is to the source.

    ``nearness`` is ``insider``, ``first_hand`` (told by an insider), ``colleague`` (of one firm with whom an insider told) or
    ``source_unknown`` (a recipient whose source is not on record).
    """

    capacity: str
    nearness: str
    links: tuple[Link, ...] = ()


class Bound(NamedTuple):
    """One person whom a fact binds, from when on, and in which position."""

    fact: Fact
    knowledge: Knowledge
    standing: Standing

    @property
    def since(self) -> datetime:
        """From when: nobody is bound by what has not arisen yet."""
        return max(self.fact.arose_at, self.knowledge.learned_at)

    def left_on(self, day: date) -> date | None:
        """When the position had ended in which the fact was learned; None while it lasts, or where no link tells."""
        links = self.standing.links if self.standing.nearness == "insider" else ()
        if not links or any(link.until is None or link.until > day for link in links):
            return None
        return max(link.until for link in links if link.until is not None)


@dataclass(frozen=True, slots=True)
class Facts:
    """The registers of facts, who knew them, where they were published, and the plans people made before."""

    facts: Mapping[str, Fact]
    knowledge: Mapping[str, tuple[Knowledge, ...]]
    posts: Mapping[str, tuple[Post, ...]]
    plans: Mapping[str, tuple[Plan, ...]]

    def published(self, fact_id: str, channels: Collection[str]) -> Post | None:
        """The first publication in one of the channels that count; None while there is none."""
        return next((post for post in self.posts.get(fact_id, ()) if post.channel in channels), None)

    def elsewhere(self, fact_id: str, channels: Collection[str], before: datetime | None) -> tuple[Post, ...]:
        """Posts in channels that do not count, up to the first one that does."""
        posts = self.posts.get(fact_id, ())
        return tuple(p for p in posts if p.channel not in channels and (before is None or p.published_at < before))

    def of(self, fact_id: str, party_id: str) -> Knowledge | None:
        """How a party came to know a fact; None where the register does not say that it did."""
        return next((k for k in self.knowledge.get(fact_id, ()) if k.party_id == party_id), None)


def read_facts(records: Records) -> Facts:
    """The registers as they are; missing tables hold nothing."""
    return Facts(
        facts={fact.fact_id: fact for fact in _rows(records, "material_fact", Fact)},
        knowledge=_by(_rows(records, "fact_knowledge", Knowledge), lambda k: (k.learned_at, k.party_id), "fact_id"),
        posts=_by(_rows(records, "publication", Post), lambda p: (p.published_at, p.channel), "fact_id"),
        plans=_by(_rows(records, "stated_plan", Plan), lambda p: (p.made_at, p.plan_id), "party_id"),
    )


Row = TypeVar("Row", bound=tuple)  # type: ignore[type-arg]


def _rows(records: Records, table: str, kind: type[Row]) -> list[Row]:
    columns: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
    rows = records.optional(table).select(*columns).to_pyarrow().to_pylist()
    return [kind(*[in_utc(v) if isinstance(v, datetime) else v for v in row.values()]) for row in rows]  # type: ignore[arg-type]


def _by(rows: Iterable[Row], order: Any, name: str) -> dict[str, tuple[Row, ...]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=order):
        grouped[getattr(row, name)].append(row)
    return {key: tuple(values) for key, values in grouped.items()}


class Circle:
    """Who stands close to facts: the links between parties, and who works for the exchange whose records these are."""

    def __init__(self, links: Iterable[Link], exchange: Iterable[str] = (), staff: Iterable[str] = ()) -> None:
        self.exchange, self._staff = frozenset(exchange), frozenset(staff)
        self._of: dict[str, list[Link]] = defaultdict(list)
        for link in sorted(set(links), key=_by_name):
            self._of[link.party_id].append(link)

    def learn(self, link: Link) -> None:
        """Take in one more link."""
        insort(self._of[link.party_id], link, key=_by_name)

    def forget(self, link: Link) -> None:
        """Drop a link that another has replaced."""
        self._of[link.party_id].remove(link)

    def serve(self, exchange: Iterable[str], staff: Iterable[str]) -> None:
        """Who holds house accounts, and who staff accounts, from now on."""
        self.exchange, self._staff = frozenset(exchange), frozenset(staff)

    def positions(self, party_id: str, capacity: str) -> tuple[Link, ...]:
        """The links by which somebody is or was close to the facts of a capacity."""
        return tuple(link for link in self._of.get(party_id, ()) if link.relation in POSITIONS_OF.get(capacity, ()))

    def serves_exchange(self, party_id: str, on: date) -> tuple[bool, tuple[Link, ...]]:
        """Whether a party is the exchange itself, its officer or employee on a Japan date, and by which links."""
        at_work = [
            link for link in self._of.get(party_id, ()) if link.relation in WORKING and link.linked_party_id in self.exchange
        ]
        if at_work:
            return any(link.holds_on(on) for link in at_work), tuple(link for link in at_work if link.holds_on(on))
        return party_id in self.exchange or party_id in self._staff, ()

    def held(self, party_id: str, capacity: str, on: date) -> tuple[Link, ...]:
        """The links by which somebody was close to the facts of a capacity on a Japan date."""
        return tuple(link for link in self.positions(party_id, capacity) if link.holds_on(on))

    def colleagues(self, party_id: str, other_id: str, on: date) -> tuple[Link, ...]:
        """The links by which two parties work for one firm, or one for the other, on a Japan date; none where they do not."""
        one, other = (
            {link.linked_party_id: link for link in self._of.get(p, ()) if link.relation in WORKING and link.holds_on(on)}
            for p in (party_id, other_id)
        )
        if other_id in one:
            return (one[other_id],)
        if party_id in other:
            return (other[party_id],)
        firm = min(set(one) & set(other), default=None)
        return () if firm is None else (one[firm], other[firm])


def _by_name(link: Link) -> tuple[str, date]:
    return (link.record_id, link.since or date.min)


def read_circle(records: Records) -> Circle:
    """Links between parties; the exchange is the party behind the house accounts, its staff who holds a staff account."""
    account = records.optional("account")
    rows = account.filter(account.kind.isin(["house", "staff"])).select("party_id", "kind").to_pyarrow().to_pylist()
    links = records.optional("party_link").select(*Link._fields).to_pyarrow().to_pylist()
    return Circle(
        (Link(**row) for row in links),
        exchange={row["party_id"] for row in rows if row["kind"] == "house"},
        staff={row["party_id"] for row in rows if row["kind"] == "staff"},
    )


def standing(facts: Facts, known: Knowledge, circle: Circle) -> Standing | None:
    """In which position somebody came to know a fact; None for hearsay, which binds nobody."""
    if known.capacity != TIPPEE:
        return Standing(known.capacity, "insider", circle.held(known.party_id, known.capacity, japan_date(known.learned_at)))
    teller_id = known.learned_from_party_id
    teller = None if teller_id is None else facts.of(known.fact_id, teller_id)
    if teller is None:
        return Standing(TIPPEE, "source_unknown")
    if teller.capacity != TIPPEE:
        return Standing(TIPPEE, "first_hand")
    links = circle.colleagues(known.party_id, teller.party_id, japan_date(known.learned_at))
    source = facts.of(known.fact_id, teller.learned_from_party_id or "")
    told_by_insider = source is not None and source.capacity != TIPPEE
    return Standing(TIPPEE, "colleague", links) if links and told_by_insider else None


def bound_by(facts: Facts, fact: Fact, circle: Circle, positions: Collection[str]) -> tuple[Bound, ...]:
    """Who is bound by a fact, of those whose position the law names.

    Who serves the exchange counts as its person in whatever capacity the register has him.
    """
    found = []
    for known in facts.knowledge.get(fact.fact_id, ()):
        serving, links = circle.serves_exchange(known.party_id, japan_date(max(fact.arose_at, known.learned_at)))
        place = standing(facts, known, circle)
        if place is not None and place.capacity in positions:
            found.append(Bound(fact, known, place))
        elif serving and "exchange" in positions:
            found.append(Bound(fact, known, Standing("exchange", "insider", links)))
    return tuple(found)


def japan_date(moment: datetime) -> date:
    """The Japan date of a moment."""
    return (moment + JAPAN).date()


def years_after(day: date, years: Decimal | int) -> date:
    """The same day so many years later; a part of a year counts in days of a year of 365."""
    whole, part = divmod(Decimal(years), 1)
    try:
        later = day.replace(year=day.year + int(whole))
    except ValueError:  # 29 February
        later = day.replace(year=day.year + int(whole), day=28)
    return later + timedelta(days=int(part * 365))
