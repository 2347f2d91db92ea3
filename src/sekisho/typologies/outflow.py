"""Unauthorised outflow: coins that left custody with nobody's approval, or reached an address nobody approved.

One theft is one event, however many transactions it took. Quantities are exact; what an authorisation covers is spent in
order of time, so that the second use of one approval is seen as such.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from ibis import _

from sekisho.typologies.custody import Name
from sekisho.typologies.outflow_matching import Matched, Tolerance, plain_address
from sekisho.typologies.registers import Act
from sekisho.typologies.valuation import EXACT, in_utc, total

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from sekisho.records import Records

UNAUTHORISED, UNKNOWN, REFUSED = "unauthorised", "unknown_authorisation", "not_approved"
SUBSTITUTED, EXCESS, OTHER_ASSET = "substituted", "excess", "other_asset"
FEE, TO_HOUSE = "fee", "to_house"
OUTFLOWS = (SUBSTITUTED, UNAUTHORISED, UNKNOWN, REFUSED, EXCESS, OTHER_ASSET, TO_HOUSE, FEE)
"""The kinds of outflow, the one that says most about a cause first."""

EARLY, STALE, SEEN_OTHERWISE = "before_approval", "long_after_approval", "seen_otherwise"
"""What is wrong with a payment that was approved: when it left, or that somebody was shown another destination or quantity."""

STOPPED = ("refused", "held")
"""States of a transfer that somebody stopped."""
ACTS = ("requested", "approved", "signed")
CHAIN_PLACE = "chain"
_PREFIXES = ("0x", "bc1q", "bc1p", "tb1q", "tb1p", "ltc1q", "ltc1p")
_IDS = re.compile(r"[;,|\s]+")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """An authorisation: a customer's transfer or an internal movement, and what may leave under it."""

    id: str
    kind: str
    asset: str
    quantity: Decimal
    address: str
    state: str
    approved_at: datetime | None
    txid: str | None
    account_id: str | None
    value_jpy: Decimal | None
    contested: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One leg out of custody. Addresses are in plain form; ``row_to`` is as the records spell it."""

    txid: str
    occurred_at: datetime
    asset: str
    from_address: str
    to_address: str
    row_from: str
    row_to: str
    quantity: Decimal
    authorised_by: str | None
    allowed: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Outflow:
    """A payment, or the part of it, that nothing approved covers.

    ``approved_address`` is where the coins should have gone and ``changed_at`` the step at which another address appears
    first (an act of the register, or ``chain``), both for a substituted address. ``inferred``: the authorisation is not
    named by the movement but has its asset and quantity and was never paid.
    """

    kind: str
    payment: Payment
    quantity: Decimal
    term: Term | None = None
    approved_address: str | None = None
    changed_at: str | None = None
    look_alike: bool = False
    inferred: bool = False
    acts: tuple[Act, ...] = ()

    @property
    def names(self) -> set[Name]:
        """The records that show it."""
        names: set[Name] = {("chain_movement", self.payment.txid)} | {act.name for act in self.acts}
        if self.term is not None and self.term.kind == "transfer":
            names.add(("transfer", self.term.id))
        return names


@dataclass(frozen=True, slots=True, kw_only=True)
class Irregular:
    """A payment that was approved, but not when it left, or of which somebody saw something else."""

    kind: str
    payment: Payment
    term: Term
    acts: tuple[Act, ...] = ()

    @property
    def names(self) -> set[Name]:
        """The records that show it."""
        names: set[Name] = {("chain_movement", self.payment.txid)} | {act.name for act in self.acts}
        return names | ({("transfer", self.term.id)} if self.term.kind == "transfer" else set())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How near in time outflows belong to one event, and how many letters at both ends make two addresses look alike."""

    event_gap: timedelta
    related_gap: timedelta
    look_alike_characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was left after everything that agrees."""

    outflows: tuple[Outflow, ...]
    irregular: tuple[Irregular, ...]
    covered: frozenset[str]
    """Authorisations found to be paid though no movement names them."""


def look_alike(one: str, other: str, characters: int) -> bool:
    """Whether two different addresses begin and end alike, prefix apart: what a glance takes for the same."""
    prefix = next((p for p in _PREFIXES if one.startswith(p) and other.startswith(p)), "")
    first, second = one[len(prefix) :], other[len(prefix) :]
    if one == other or min(len(first), len(second)) < 2 * characters:
        return False
    return first[:characters] == second[:characters] and first[-characters:] == second[-characters:]


def judge(matched: Matched, tolerance: Tolerance, reach: Reach) -> Judged:
    """Judge one by one what the relational part could not settle."""
    return _Judge(matched, tolerance, reach).judged()


class _Judge:
    """The payments in doubt, what was let go and never paid, and what each authorisation still covers."""

    def __init__(self, matched: Matched, tolerance: Tolerance, reach: Reach) -> None:
        self.matched, self.tolerance, self.reach = matched, tolerance, reach
        self.left: dict[str, Decimal] = {}
        self.covered: set[str] = set()
        self.outflows: list[Outflow] = []
        self.irregular: list[Irregular] = []

    def judged(self) -> Judged:
        judged = self.matched.judged
        paired = self.matched.by_content().to_pyarrow().to_pylist()
        by_content = {(r["txid"], r["asset"], r["from_address"], r["address"]): r["id"] for r in paired}
        self.covered |= set(by_content.values())
        doubtful = judged.filter(~_.clean)
        rows = doubtful.order_by("occurred_at", "txid", "asset", "from_address", "to_address").to_pyarrow().to_pylist()
        rows = [r for r in rows if (r["txid"], r["asset"], r["from_address"], r["to_address"]) not in by_content]
        self._gather(rows)
        for row in rows:
            self._judge(_payment(row), row)
        for row in self._rows(self.matched.large_fees()):
            self.outflows.append(Outflow(kind=FEE, payment=_payment(row), quantity=row["quantity"]))
        for row in self._rows(self._to_house()):
            self.outflows.append(Outflow(kind=TO_HOUSE, payment=_payment(row), quantity=row["quantity"]))
        self.outflows.sort(key=lambda o: (o.payment.occurred_at, o.payment.txid, o.payment.asset, o.payment.to_address))
        return Judged(outflows=tuple(self.outflows), irregular=tuple(self.irregular), covered=frozenset(self.covered))

    def _rows(self, table: ir.Table) -> list[dict[str, Any]]:
        ordered: list[dict[str, Any]] = table.order_by("occurred_at", "txid", "from_address", "to_address").to_pyarrow().to_pylist()
        return ordered

    def _to_house(self) -> ir.Table:
        """Coins that went from custody into the firm's own wallets with nobody's approval named."""
        return self.matched.legs.filter(_.from_custody, _.to_house, _.authorised_by.isnull(), ~_.is_fee)

    def _gather(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """The authorisations and acts that the doubtful payments may rest on; a few rows, whatever the size of the books."""
        self.terms: dict[str, Term] = {}
        self.pool: dict[tuple[str, str], list[Term]] = defaultdict(list)
        self.alike: dict[tuple[str, Decimal], list[Term]] = defaultdict(list)
        self.acts: dict[str, tuple[Act, ...]] = {}
        if not rows:
            return
        records, terms = self.matched.records, self.matched.terms
        ids = sorted(
            {each for row in rows if row["authorised_by"] for each in (row["authorised_by"], *_IDS.split(row["authorised_by"]))}
        )
        named = records.memory("named", pa.table({"named": pa.array(ids, pa.string())}))
        told = terms.semi_join(named, terms.id == named.named).to_pyarrow().to_pylist()
        self.terms = {row["id"]: _term(row) for row in told}
        places = sorted({(row["asset"], row["to_address"]) for row in rows})
        free = self.matched.free_terms()
        there = records.memory(
            "places",
            pa.table({"at": pa.array([a for a, _b in places], pa.string()), "to": pa.array([b for _a, b in places], pa.string())}),
        )
        sizes = sorted({(row["asset"], row["quantity"]) for row in rows})
        like = records.memory(
            "sizes",
            pa.table(
                {
                    "of": pa.array([a for a, _b in sizes], pa.string()),
                    "size": pa.array([b for _a, b in sizes], pa.decimal128(38, 18)),
                }
            ),
        )
        here = free.semi_join(there, [free.asset == there.at, free.address == there.to]).to_pyarrow().to_pylist()
        same = free.semi_join(like, [free.asset == like.of, free.quantity == like.size]).to_pyarrow().to_pylist()
        for term in sorted(map(_term, here), key=_by_approval):
            if term.id not in self.covered:
                self.pool[term.asset, term.address].append(term)
        for term in sorted(map(_term, same), key=_by_approval):
            if term.id not in self.covered:
                self.alike[term.asset, term.quantity].append(term)
        wanted = set(self.terms) | {t.id for each in self.alike.values() for t in each}
        self.acts = acts_of(records, wanted)

    def _judge(self, payment: Payment, row: Mapping[str, Any]) -> None:
        """Say what is wrong with a payment, if anything: first by the authorisation it names, then by what was let go unpaid."""
        term = self.terms.get(payment.authorised_by or "")
        if term is None:
            named = [self.terms[i] for i in _IDS.split(payment.authorised_by or "") if i in self.terms]
            self._nameless(payment, [t for t in named if t.state == "approved" and self._same_place(t, payment)])
        elif term.asset != payment.asset:
            self._out(OTHER_ASSET, payment, payment.quantity, term)
        elif term.state in STOPPED:
            self._out(REFUSED, payment, payment.quantity, term)
        elif self._changed(payment, term):
            self._substituted(payment, term)
        elif term.state != "approved":
            self._out(REFUSED, payment, payment.quantity, term)
        else:
            self._covered_in_part(payment, term, row["paid"])

    def _same_place(self, term: Term, payment: Payment) -> bool:
        return (term.asset, term.address) == (payment.asset, payment.to_address)

    def _changed(self, payment: Payment, term: Term) -> bool:
        """Whether the coins went where the request, or every approver, did not send them."""
        asked, approved = self._seen(term, "requested"), self._seen(term, "approved")
        if term.kind == "transfer" and term.address != payment.to_address:
            return True
        return (bool(asked) and payment.to_address not in asked) or (bool(approved) and payment.to_address not in approved)

    def _seen(self, term: Term, act: str) -> set[str]:
        """The addresses that those who did this saw; of a transfer the customer's own request is the request."""
        seen = {each.to_address for each in self.acts.get(term.id, ()) if each.act == act}
        return {term.address} if act == "requested" and term.kind == "transfer" else seen

    def _substituted(self, payment: Payment, term: Term, *, inferred: bool = False) -> None:
        acts = self.acts.get(term.id, ())
        right = self._intended(payment, term)
        first = next((a.act for a in acts if a.to_address == payment.to_address), CHAIN_PLACE)
        self.outflows.append(
            Outflow(
                kind=SUBSTITUTED,
                payment=payment,
                quantity=payment.quantity,
                term=term,
                approved_address=right,
                changed_at=first,
                look_alike=look_alike(right, payment.to_address, self.reach.look_alike_characters),
                inferred=inferred,
                acts=acts,
            )
        )

    def _intended(self, payment: Payment, term: Term) -> str:
        """The address of the request; where the request already names another than the approval, the approved one."""
        if term.kind == "transfer":
            return term.address
        for act in ("requested", "approved"):
            for seen in sorted(self._seen(term, act)):
                if seen != payment.to_address:
                    return seen
        return term.address

    def _covered_in_part(self, payment: Payment, term: Term, paid: Decimal) -> None:
        """The right address under the right authorisation: is it too much, or at the wrong time?"""
        limit = term.quantity
        acts = self.acts.get(term.id, ())
        if acts:  # of different figures the smallest that was asked for or approved counts
            limit = min(
                [a.quantity for a in acts if a.act != "signed"] + ([limit] if term.kind == "transfer" else []), default=limit
            )
        over = EXACT.subtract(paid, limit)
        before = EXACT.subtract(paid, payment.quantity)
        again = before > 0 and over > 0 and EXACT.add(before, payment.allowed) >= limit
        if over > payment.allowed or again:
            excess = min(over, payment.quantity)
            rest = self._spend(payment, excess, self.pool.get((payment.asset, payment.to_address), []))
            if rest > payment.allowed or (again and rest > 0):
                self._out(EXCESS, payment, rest, term)
            return
        if term.approved_at is not None and payment.occurred_at < term.approved_at - self.tolerance.skew:
            self.irregular.append(Irregular(kind=EARLY, payment=payment, term=term, acts=acts))
        elif term.approved_at is not None and payment.occurred_at > term.approved_at + self.tolerance.age:
            self.irregular.append(Irregular(kind=STALE, payment=payment, term=term, acts=acts))
        elif any(act.to_address != payment.to_address for act in acts):
            self.irregular.append(Irregular(kind=SEEN_OTHERWISE, payment=payment, term=term, acts=acts))

    def _nameless(self, payment: Payment, named: Sequence[Term]) -> None:
        """No known authorisation is named: was something let go to this address, or something of this size to another?"""
        rest = self._spend(payment, payment.quantity, [*named, *self.pool.get((payment.asset, payment.to_address), [])])
        if rest <= payment.allowed:
            return
        if rest == payment.quantity:
            for term in self.alike.get((payment.asset, payment.quantity), []):
                if term.id not in self.covered and self._in_time(payment, term):
                    self.covered.add(term.id)
                    self._substituted(payment, term, inferred=True)
                    return
        self._out(UNKNOWN if payment.authorised_by else UNAUTHORISED, payment, rest, None)

    def _spend(self, payment: Payment, quantity: Decimal, terms: Iterable[Term]) -> Decimal:
        """Take a quantity from what is still uncovered of these authorisations, the oldest first; returns what is left of it."""
        for term in terms:
            left = self.left.get(term.id, term.quantity)
            if quantity > 0 and left > 0 and self._in_time(payment, term):
                used = min(left, quantity)
                self.left[term.id] = EXACT.subtract(left, used)
                quantity = EXACT.subtract(quantity, used)
                self.covered.add(term.id)
        return quantity

    def _in_time(self, payment: Payment, term: Term) -> bool:
        if term.approved_at is None:
            return False
        return term.approved_at - self.tolerance.skew <= payment.occurred_at <= term.approved_at + self.tolerance.age

    def _out(self, kind: str, payment: Payment, quantity: Decimal, term: Term | None) -> None:
        acts = self.acts.get(term.id, ()) if term else ()
        self.outflows.append(Outflow(kind=kind, payment=payment, quantity=quantity, term=term, acts=acts))


def acts_of(records: Records, movements: Iterable[str]) -> dict[str, tuple[Act, ...]]:
    """What people did on these movements, in order of time and with plain addresses; the comparison afterwards is left out."""
    if "movement_approval" not in records.present:
        return {}
    wanted = records.memory("wanted", pa.table({"wanted": pa.array(sorted(movements), pa.string())}))
    table = records.movement_approval
    rows = table.filter(_.act.isin(ACTS)).semi_join(wanted, [table.movement_id == wanted.wanted])
    rows = rows.mutate(to_address=plain_address(rows.to_address)).order_by("acted_at", "act", "party_id")
    found: dict[str, list[Act]] = defaultdict(list)
    for row in rows.select(*Act.__dataclass_fields__).to_pyarrow().to_pylist():
        found[row["movement_id"]].append(Act(**{**row, "acted_at": in_utc(row["acted_at"])}))
    return {name: tuple(each) for name, each in found.items()}


def _by_approval(term: Term) -> tuple[datetime, str]:
    assert term.approved_at is not None
    return term.approved_at, term.id


def _term(row: Mapping[str, Any]) -> Term:
    approved_at = None if row["approved_at"] is None else in_utc(row["approved_at"])
    return Term(**{**{name: row[name] for name in Term.__slots__}, "approved_at": approved_at})


def _payment(row: Mapping[str, Any]) -> Payment:
    return Payment(
        txid=row["txid"], occurred_at=in_utc(row["occurred_at"]), asset=row["asset"], from_address=row["from_address"],
        to_address=row["to_address"], row_from=row["row_from"], row_to=row["row_to"], quantity=row["quantity"],
        authorised_by=row["authorised_by"], allowed=row.get("allowed") or ZERO,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One outflow event: everything that left in one go, in order of time."""

    outflows: tuple[Outflow, ...]

    @property
    def first_at(self) -> datetime:
        """The first movement (UTC)."""
        return self.outflows[0].payment.occurred_at

    @property
    def last_at(self) -> datetime:
        """The last movement (UTC)."""
        return self.outflows[-1].payment.occurred_at

    @property
    def lost(self) -> dict[str, Decimal]:
        """What left, by asset."""
        quantities: dict[str, list[Decimal]] = defaultdict(list)
        for each in self.outflows:
            quantities[each.payment.asset].append(each.quantity)
        return {asset: total(each) for asset, each in sorted(quantities.items())}

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of outflow in it, the most telling first."""
        return tuple(kind for kind in OUTFLOWS if any(each.kind == kind for each in self.outflows))

    @property
    def txids(self) -> tuple[str, ...]:
        """The transactions, in order of time."""
        return tuple(dict.fromkeys(each.payment.txid for each in self.outflows))


def events(outflows: Sequence[Outflow], reach: Reach) -> Iterator[Event]:
    """Outflows near in time, or less near but from one wallet, to one address or in one transaction, are one event.

    Two kinds that are not thefts stand alone: fees, and coins that went to the firm's own wallets.
    """
    apart = [[o for o in outflows if o.kind == kind] for kind in (FEE, TO_HOUSE)]
    for group in ([o for o in outflows if o.kind not in (FEE, TO_HOUSE)], *apart):
        for members in _joined(group, reach):
            yield Event(outflows=members)


def _joined(outflows: Sequence[Outflow], reach: Reach) -> list[tuple[Outflow, ...]]:
    root = list(range(len(outflows)))

    def find(place: int) -> int:
        while root[place] != place:
            root[place] = root[root[place]]
            place = root[place]
        return place

    last: dict[object, int] = {}
    for place, each in enumerate(outflows):
        at = each.payment.occurred_at
        if place and at - outflows[place - 1].payment.occurred_at <= reach.event_gap:
            root[find(place)] = find(place - 1)
        for key in (("from", each.payment.from_address), ("to", each.payment.to_address), ("tx", each.payment.txid)):
            if key in last and at - outflows[last[key]].payment.occurred_at <= reach.related_gap:
                root[find(place)] = find(last[key])
            last[key] = place
    groups: dict[int, list[Outflow]] = defaultdict(list)
    for place, each in enumerate(outflows):
        groups[find(place)].append(each)
    return sorted((tuple(each) for each in groups.values()), key=lambda g: (g[0].payment.occurred_at, g[0].payment.txid))
