"""What a gate remembers of orders and of the office's registers: books, who could see which order, limits, checks, margin.

Order events and trades come in the order of the venue; rows of registers may come in any order, one with a known key replaces
what was known. Everything is kept up row by row, so that a question costs what its answer is long.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from sekisho.engine.market import Market
from sekisho.engine.open_orders import GONE, OPPOSITE
from sekisho.engine.requests import Account, InOffice, OpenOrder, Registers, SeenOrder
from sekisho.typologies.handled_assets import Pair
from sekisho.typologies.margin import Call, Margin, Position, Valuation
from sekisho.typologies.material_facts import Circle, Fact, Facts, Knowledge, Plan, Post
from sekisho.typologies.ownership import Link, Ownership
from sekisho.typologies.suitability import Breach, Check, Consent, Criteria, Criterion, Limit, Limits
from sekisho.typologies.valuation import JAPAN, in_utc, starts_at
from sekisho.typologies.winding import APPOINTED, DISCHARGED

Row = Mapping[str, Any]
Made = TypeVar("Made", bound=tuple)  # type: ignore[type-arg]

Document = tuple[str, str | None]
"""What a client was given, and the asset it speaks of; None where it speaks of all."""
_NO_DOCUMENTS: frozenset[Document] = frozenset()
_OFTEN_THE_SAME = ("occasion", "result", "capacity_jpy", "experience", "net_worth_jpy", "income_jpy", "risk_tolerance", "version")
_WORDS_KEPT_MAX = 1 << 20
_UNTOLD = frozenset({"receipt", "statement", "margin_statement"})
_EARLIEST = datetime.min.replace(tzinfo=UTC)


class OrderMemory:
    """Orders in the market and the registers that order rules ask for.

    ``account`` and the two ways between accounts and parties tell of what is learnt elsewhere.
    """

    def __init__(
        self,
        account: Callable[[str], Account],
        party_of: Mapping[str, str],
        accounts_of: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._account = account
        self._market = Market()
        self._registers = _KeptRegisters(party_of, accounts_of)
        self._pairs: dict[str, Pair] = {}
        self._prices: dict[str, Decimal] = {}
        self._ordered = _Ordered(self._party)
        self._devices: dict[str, dict[tuple[str, str, date], datetime]] = defaultdict(dict)
        self._device_of: dict[tuple[str, str, date], str] = {}
        self._terms: dict[str, tuple[date, bool, str, str | None]] = {}
        self._checks: dict[str, Check] = {}
        self._criteria: dict[str, Criterion] = {}
        self._limits: dict[str, Limit] = {}
        self._known_criteria: Criteria | None = None
        self._known_limits: Limits | None = None
        self._consents: dict[str, dict[str, Consent]] = defaultdict(dict)
        self._documents: dict[str, frozenset[Document]] = {}
        self._sets_of_documents: dict[frozenset[Document], frozenset[Document]] = {}
        self._words: dict[str | Decimal, Any] = {}
        self._breaches: dict[str, dict[str, Breach]] = defaultdict(dict)
        self._positions: dict[str, dict[str, Position]] = defaultdict(dict)
        self._calls: dict[str, dict[str, Call]] = defaultdict(dict)
        self._valuations: dict[str, Valuation] = {}
        self._ratios: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)

    def learn(self, table: str, row: Row) -> None:
        """Take in one row of a record table; a table that says nothing of orders is passed over."""
        take = _LEARN.get(table)
        if take is not None:
            take(self, row)

    def registers(self) -> Registers:
        """Ownership, facts and their knowledge, positions; the same object as long as nothing of it changed."""
        return self._registers.kept

    def pair(self, instrument: str) -> Pair:
        """The instrument; raises KeyError for one that is not on record. Without any on record, what trades is taken as handled."""
        pair = self._pairs.get(instrument)
        if pair is not None:
            return pair
        if self._pairs or instrument not in self._prices:
            raise KeyError(instrument)
        return _unlisted(instrument)

    def book(self, instrument: str, side: str) -> Sequence[OpenOrder]:
        """The resting limit orders of one side by price, then by the time they took their place; read as far as one goes."""
        return self._market.book(instrument, side)

    def open_orders(self, account_id: str, product: str) -> Sequence[OpenOrder]:
        """The account's own orders in the market, of one product, in order of their ids."""
        return self._market.of_account(account_id, product == "margin")

    def orders_known_to(self, party_id: str, instrument: str) -> Sequence[SeenOrder]:
        """Clients' orders in the market that the party could see, in order of their ids."""
        return self._market.seen_by(party_id, instrument)

    def ordered(self, party_id: str, asset: str, side: str, since: datetime) -> Decimal:
        """What the party's accounts ordered of the asset since then, while it had a plan on record.

        Infinite where the plan was put on record after orders that it would count had gone in: nobody can say what they were.
        """
        return self._ordered.since(party_id, asset, side, since)

    def last_price(self, instrument: str) -> Decimal | None:
        """The price of the last trade of the pair; None before the first."""
        return self._prices.get(instrument)

    def first_connected_at(self, device: str) -> datetime | None:
        """When the device was first on a network, by any entry that speaks of it."""
        return min(self._devices.get(device, {}).values(), default=None)

    def administrator(self, at: datetime) -> InOffice | None:
        """The administrator in office at a moment, as far as is known."""
        day, found = (at + JAPAN).date(), None
        known = ((on, appointed, event, party) for event, (on, appointed, _, party) in self._terms.items() if on <= day)
        for on, appointed, event, party in sorted(known, key=lambda each: each[:3]):
            found = InOffice(party, event, starts_at(on)) if appointed else None
        return found

    def check(self, account_id: str) -> Check | None:
        """The last suitability check of the account."""
        return self._checks.get(account_id)

    def criteria(self) -> Criteria:
        """All criteria; the same object as long as nothing changed."""
        if self._known_criteria is None:
            self._known_criteria = Criteria(self._criteria[each] for each in sorted(self._criteria))
        return self._known_criteria

    def limits(self) -> Limits:
        """All limits; the same object as long as nothing changed."""
        if self._known_limits is None:
            self._known_limits = Limits(self._limits[each] for each in sorted(self._limits))
        return self._known_limits

    def consents(self, account_id: str) -> Sequence[Consent]:
        """The consents to the account's trading in order of their ids."""
        return _sorted_values(self._consents.get(account_id))

    def documents(self, account_id: str) -> Set[Document]:
        """The documents the account was given."""
        return self._documents.get(account_id, _NO_DOCUMENTS)

    def breaches(self, asset: str) -> Sequence[Breach]:
        """The breaches of the asset's issuer in order of their ids."""
        return _sorted_values(self._breaches.get(asset))

    def margin(self, account_id: str) -> Margin:
        """Open positions and calls in order of their ids, and the last valuation."""
        positions, calls = self._positions.get(account_id), self._calls.get(account_id)
        return Margin(_sorted_values(positions), _sorted_values(calls), self._valuations.get(account_id))

    def margin_ratio(self, instrument: str, day: date) -> Decimal | None:
        """The risk ratio of the pair in use on a day."""
        ratios = self._ratios.get(instrument, ())
        at = bisect_left(ratios, (day, Decimal("Infinity")))
        return ratios[at - 1][1] if at else None

    def office_rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The registers of the office as rows of their tables: learnt by another memory, it knows the same."""
        yield from (("trading_criterion", self._criteria[one]._asdict()) for one in sorted(self._criteria))
        yield from (("trading_limit", self._limits[one]._asdict()) for one in sorted(self._limits))
        yield from (("issuer_breach", one._asdict()) for asset in sorted(self._breaches) for one in self.breaches(asset))
        for instrument in sorted(self._ratios):
            for since, ratio in self._ratios[instrument]:
                yield "margin_ratio", {"instrument": instrument, "since": since, "ratio": ratio}
        last: Iterable[tuple[str, Mapping[str, Any]]] = (
            ("suitability_check", self._checks),
            ("margin_valuation", self._valuations),
        )
        for table, kept in last:
            yield from ((table, {"account_id": account, **kept[account]._asdict()}) for account in sorted(kept))
        several: Iterable[tuple[str, Mapping[str, Mapping[str, Any]]]] = (
            ("guardian_consent", self._consents),
            ("margin_position", self._positions),
            ("margin_call", self._calls),
        )
        for table, rows in several:
            for account in sorted(rows):
                yield from ((table, {"account_id": account, **one._asdict()}) for one in _sorted_values(rows[account]))
        for account in sorted(self._documents):
            for document, asset in sorted(self._documents[account], key=lambda each: (each[0], each[1] or "")):
                yield "document_delivery", {"account_id": account, "document": document, "asset": asset}

    def _party(self, account_id: str | None) -> str | None:
        try:
            return self._account(account_id or "").party_id
        except KeyError:
            return None

    def _learn_account(self, row: Row) -> None:
        self._registers.learn_account(row)

    def _learn_instrument(self, row: Row) -> None:
        listed = _utc(row.get("listed_from")), _utc(row.get("listed_until"))
        self._pairs[row["instrument"]] = Pair(row["instrument"], row["base_asset"], row["quote_asset"], *listed)

    def _learn_order_event(self, row: Row) -> None:
        action = row["action"]
        if action in GONE:
            self._market.remove(row["order_id"])
            if action == "reject":
                self._ordered.reject(row["order_id"])
            return
        self._market.enter(row)
        pair = self._pairs.get(row["instrument"])
        if pair is None and not self._pairs:
            pair = _unlisted(row["instrument"])
        if pair is not None:
            self._ordered.add(pair, row)

    def _learn_trade(self, row: Row) -> None:
        self._prices[row["instrument"]] = row["price"]
        for side in ("buy_order_id", "sell_order_id"):
            self._market.fill(row.get(side), row["quantity"])

    def _learn_order_knowledge(self, row: Row) -> None:
        self._market.see(row["order_id"], row["party_id"], in_utc(row["learned_at"]))

    def _learn_margin_order(self, row: Row) -> None:
        self._market.on_margin(row["order_id"])

    def _learn_plan(self, row: Row) -> None:
        plan = _made(Plan, row)
        self._registers.learn_plan(plan)
        self._ordered.plan(plan)

    def _learn_register(self, row: Row, table: str) -> None:
        self._registers.learn(table, row)

    def _learn_key(self, row: Row) -> None:
        device, name = row.get("device") or row["key_id"], (row["wallet_id"], row["key_id"], row["since"])
        known = self._device_of.pop(name, None)
        if known is not None:
            del self._devices[known][name]
        if row.get("connected_at") is not None:
            self._device_of[name] = device
            self._devices[device][name] = in_utc(row["connected_at"])

    def _learn_term(self, row: Row) -> None:
        self._terms.pop(row["event_id"], None)
        if row["kind"] in (APPOINTED, DISCHARGED):
            on = row.get("effective_on") or row["occurred_on"]
            self._terms[row["event_id"]] = (on, row["kind"] == APPOINTED, row["event_id"], row.get("party_id"))

    def _learn_check(self, row: Row) -> None:
        check, known = _made(Check, row), self._checks.get(row["account_id"])
        if known is None or (known.checked_at, known.check_id) <= (check.checked_at, check.check_id):
            self._checks[row["account_id"]] = check._replace(
                **{name: self._shared(getattr(check, name)) for name in _OFTEN_THE_SAME},
            )

    def _shared(self, cell: str | Decimal | None) -> Any:
        """The same object for the same word or amount, as millions of clients have few different ones."""
        if cell is None or len(self._words) > _WORDS_KEPT_MAX:
            return cell
        return self._words.setdefault(cell, cell)

    def _learn_criterion(self, row: Row) -> None:
        self._criteria[row["criterion_id"]] = _made(Criterion, row)
        self._known_criteria = None

    def _learn_limit(self, row: Row) -> None:
        self._limits[row["limit_id"]] = _made(Limit, row)
        self._known_limits = None

    def _learn_consent(self, row: Row) -> None:
        self._consents[row["account_id"]][row["consent_id"]] = _made(Consent, row)

    def _learn_document(self, row: Row) -> None:
        if row["document"] not in _UNTOLD:
            given = self.documents(row["account_id"]) | {(row["document"], row.get("asset"))}
            # Most clients were given the same documents: they share one set.
            self._documents[row["account_id"]] = self._sets_of_documents.setdefault(frozenset(given), frozenset(given))

    def _learn_breach(self, row: Row) -> None:
        self._breaches[row["asset"]][row["breach_id"]] = _made(Breach, row)

    def _learn_position(self, row: Row) -> None:
        self._positions[row["account_id"]].pop(row["position_id"], None)
        if row.get("closed_at") is None:
            self._positions[row["account_id"]][row["position_id"]] = _made(Position, row)

    def _learn_call(self, row: Row) -> None:
        self._calls[row["account_id"]].pop(row["call_id"], None)
        if row.get("met_at") is None and row.get("settled_at") is None:
            self._calls[row["account_id"]][row["call_id"]] = _made(Call, row)

    def _learn_valuation(self, row: Row) -> None:
        valuation, known = _made(Valuation, row), self._valuations.get(row["account_id"])
        if known is None or known.valued_at <= valuation.valued_at:
            self._valuations[row["account_id"]] = valuation

    def _learn_ratio(self, row: Row) -> None:
        ratios = [one for one in self._ratios[row["instrument"]] if one[0] != row["since"]]
        self._ratios[row["instrument"]] = sorted([*ratios, (row["since"], row["ratio"])])


def _register(table: str) -> Callable[[OrderMemory, Row], None]:
    return lambda memory, row: memory._learn_register(row, table)


_LEARN: dict[str, Callable[[OrderMemory, Row], None]] = {
    "account": OrderMemory._learn_account,
    "party_link": _register("party_link"),
    "instrument": OrderMemory._learn_instrument,
    "material_fact": _register("material_fact"),
    "fact_knowledge": _register("fact_knowledge"),
    "publication": _register("publication"),
    "stated_plan": OrderMemory._learn_plan,
    "wallet_key": OrderMemory._learn_key,
    "wind_down_event": OrderMemory._learn_term,
    "suitability_check": OrderMemory._learn_check,
    "trading_criterion": OrderMemory._learn_criterion,
    "trading_limit": OrderMemory._learn_limit,
    "guardian_consent": OrderMemory._learn_consent,
    "document_delivery": OrderMemory._learn_document,
    "issuer_breach": OrderMemory._learn_breach,
    "margin_position": OrderMemory._learn_position,
    "margin_valuation": OrderMemory._learn_valuation,
    "margin_call": OrderMemory._learn_call,
    "margin_ratio": OrderMemory._learn_ratio,
    "margin_order": OrderMemory._learn_margin_order,
    "customer_order_knowledge": OrderMemory._learn_order_knowledge,
    "order_event": OrderMemory._learn_order_event,
    "trade": OrderMemory._learn_trade,
}
LEARNT_OF_ORDERS = tuple(_LEARN)
"""The record tables an order memory takes in, in the order in which a folder of records is best learnt."""
OFFICE = (
    "trading_criterion",
    "trading_limit",
    "issuer_breach",
    "margin_ratio",
    "suitability_check",
    "margin_valuation",
    "guardian_consent",
    "margin_position",
    "margin_call",
    "document_delivery",
)
"""The tables of the office that only a memory of orders keeps."""
FLOW = ("order_event", "trade")
"""The tables of the venue's flow: learnt together, in order of ``sequence``, an event before a trade of the same sequence."""


class _Ordered:
    """What parties with a plan on record ordered while the plan ran."""

    def __init__(self, party_of: Callable[[str | None], str | None]) -> None:
        self._party_of = party_of
        self._plans: dict[str, dict[str, Plan]] = defaultdict(dict)
        self._blind: dict[str, datetime] = {}
        self._orders: dict[tuple[str, str, str], list[tuple[datetime, Decimal, str]]] = defaultdict(list)
        self._counted: set[str] = set()
        self._latest = _EARLIEST

    def plan(self, plan: Plan) -> None:
        """From now on, orders of the plan's owner are counted; what went in before is not known."""
        if plan.party_id not in self._plans and self._latest > _EARLIEST:
            self._blind[plan.party_id] = self._latest
        self._plans[plan.party_id][plan.plan_id] = plan

    def add(self, pair: Pair, row: Row) -> None:
        at = in_utc(row["occurred_at"])
        self._latest = max(self._latest, at)
        if not self._plans:
            return
        party = self._party_of(row.get("account_id"))
        if party is None or not any(p.executes_from <= at < p.executes_until for p in self._plans.get(party, {}).values()):
            return
        for asset, side in ((pair.base, row["side"]), (pair.quote, OPPOSITE[row["side"]])):
            self._orders[party, asset, side].append((at, row["quantity"], row["order_id"]))
        self._counted.add(row["order_id"])

    def reject(self, order_id: str) -> None:
        if order_id not in self._counted:
            return
        for key, rows in self._orders.items():
            if any(row[2] == order_id for row in rows):
                self._orders[key] = [row for row in rows if row[2] != order_id]

    def since(self, party_id: str, asset: str, side: str, since: datetime) -> Decimal:
        if party_id in self._blind and since <= self._blind[party_id]:
            return Decimal("Infinity")
        rows = self._orders.get((party_id, asset, side), ())
        return sum((quantity for at, quantity, _ in rows if at >= since), Decimal(0))


class _KeptRegisters:
    """The registers of people and facts, kept up row by row; ``kept`` is another object after every change."""

    def __init__(self, party_of: Mapping[str, str], accounts_of: Mapping[str, tuple[str, ...]]) -> None:
        self._inside: dict[str, tuple[str, str]] = {}
        self._links: dict[tuple[Any, ...], Link] = {}
        self._facts: dict[str, Fact] = {}
        self._knowledge: dict[str, tuple[Knowledge, ...]] = {}
        self._posts: dict[str, tuple[Post, ...]] = {}
        self._plans: dict[str, tuple[Plan, ...]] = {}
        facts = Facts(facts=self._facts, knowledge=self._knowledge, posts=self._posts, plans=self._plans)
        self._kept = Registers(Ownership(party_of, (), accounts_of), facts, Circle(()))
        self._served = True

    @property
    def kept(self) -> Registers:
        if not self._served:
            self._served = True
            self._kept.circle.serve(self._holders("house"), self._holders("staff"))
        return self._kept

    def learn(self, table: str, row: Row) -> None:
        if table == "party_link":
            self._learn_link(_made(Link, row))
        elif table == "material_fact":
            self._facts[row["fact_id"]] = _made(Fact, row)
        elif table == "fact_knowledge":
            known = _made(Knowledge, row)
            others = (k for k in self._knowledge.get(known.fact_id, ()) if k.party_id != known.party_id)
            self._knowledge[known.fact_id] = tuple(sorted((*others, known), key=lambda k: (k.learned_at, k.party_id)))
        else:
            post = _made(Post, row)
            posts = {*self._posts.get(post.fact_id, ()), post}
            self._posts[post.fact_id] = tuple(sorted(posts, key=lambda p: (p.published_at, p.channel)))
        self._changed()

    def learn_plan(self, plan: Plan) -> None:
        for party, plans in self._plans.items():
            if any(one.plan_id == plan.plan_id for one in plans):
                self._plans[party] = tuple(one for one in plans if one.plan_id != plan.plan_id)
        plans = (*self._plans.get(plan.party_id, ()), plan)
        self._plans[plan.party_id] = tuple(sorted(plans, key=lambda one: (one.made_at, one.plan_id)))
        self._changed()

    def learn_account(self, row: Row) -> None:
        inside = row["kind"] in ("house", "staff")
        if not inside and row["account_id"] not in self._inside:
            return
        self._inside.pop(row["account_id"], None)
        if inside:
            self._inside[row["account_id"]] = (row["party_id"], row["kind"])
        self._served = False
        self._changed()

    def _holders(self, kind: str) -> Iterable[str]:
        return (party for party, own in self._inside.values() if own == kind)

    def _learn_link(self, link: Link) -> None:
        key = (link.party_id, link.linked_party_id, link.relation, link.since)
        known = self._links.get(key)
        if known == link:
            return
        for keeper in (self._kept.owners, self._kept.circle):
            if known is not None:
                keeper.forget(known)
            keeper.learn(link)
        self._links[key] = link

    def _changed(self) -> None:
        self._kept = Registers(*self._kept)


def _made(kind: type[Made], row: Row) -> Made:
    """A row as its tuple, columns that it leaves out open, moments in UTC."""
    cells = (row.get(name) for name in kind._fields)  # type: ignore[attr-defined]
    return kind(*[in_utc(cell) if isinstance(cell, datetime) else cell for cell in cells])  # type: ignore[arg-type]


def _unlisted(instrument: str) -> Pair:
    base, _, quote = instrument.partition("/")
    return Pair(instrument, base, quote)


def _sorted_values(rows: Mapping[str, Any] | None) -> tuple[Any, ...]:
    return tuple(rows[key] for key in sorted(rows)) if rows else ()


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else in_utc(moment)
