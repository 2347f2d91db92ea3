"""Outflow against the books: who could sign, whose balances are no longer covered, what else lies under the same keys."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis
from ibis import _

from sekisho.records.table import key_text
from sekisho.typologies.custody import Name, customers_balances
from sekisho.typologies.outflow import Event, Outflow
from sekisho.typologies.outflow_matching import plain_address
from sekisho.typologies.valuation import ANY_SOURCE, EXACT, JAPAN, Quote, in_utc, total

if TYPE_CHECKING:
    from sekisho.records import Records

ZERO = Decimal(0)
CUSTOMERS = ("customer", "third_party")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One wallet of the register, with its address in plain form."""

    wallet_id: str
    asset: str
    address: str
    tier: str
    holder: str
    custodian: str | None
    ever_online: bool
    signers_required: int | None
    signers_total: int | None

    @property
    def name(self) -> Name:
        """The record as evidence names it."""
        return "wallet", self.wallet_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of a wallet in force on a day: who holds it, where, on which device."""

    wallet_id: str
    key_id: str
    use: str
    party_id: str | None
    place: str
    device: str | None
    since: date

    @property
    def name(self) -> Name:
        """The record as evidence names it."""
        return "wallet_key", f"{self.wallet_id}|{self.key_id}|{self.since.isoformat()}"


def read_holders(records: Records) -> tuple[Holder, ...]:
    """The register of wallets, by id."""
    wallet = records.wallet.mutate(address=plain_address(records.wallet.address))
    rows = wallet.select(*Holder.__slots__).order_by("wallet_id").to_pyarrow().to_pylist()
    return tuple(Holder(**row) for row in rows)


def wallets_of(outflows: Iterable[Outflow], holders: Sequence[Holder]) -> tuple[Holder, ...]:
    """The wallets that coins left: at the address those of the asset, or, where none is of it, all."""
    at: dict[str, list[Holder]] = defaultdict(list)
    for each in holders:
        at[each.address].append(each)
    found: dict[str, Holder] = {}
    for outflow in outflows:
        there = at[outflow.payment.from_address]
        for each in [h for h in there if h.asset == outflow.payment.asset] or there:
            found[each.wallet_id] = each
    return tuple(found[name] for name in sorted(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How coins of an event could be signed away, as far as the records tell.

    ``signers`` and ``devices`` are of the acts on the movements themselves; ``keys`` are the register's, in force that day.
    """

    wallets: tuple[Holder, ...]
    keys: tuple[Key, ...]
    signers: tuple[str, ...]
    devices: tuple[str, ...]
    requesters: tuple[str, ...]
    approvers: tuple[str, ...]
    acts_known: bool

    @property
    def single_signer(self) -> bool:
        """Whether one signature sufficed, one person gave all there were, or one person holds every key."""
        holders = {key.party_id for key in self.keys if key.use == "signing"}
        return (
            any(wallet.signers_required == 1 for wallet in self.wallets)
            or (self.acts_known and len(self.signers) == 1)
            or (len(holders) == 1 and None not in holders)
        )

    @property
    def kept_together(self) -> tuple[str, ...]:
        """Places or devices at which every signing key of one wallet is kept, of wallets that have several."""
        found = set()
        for wallet in self.wallets:
            keys = [key for key in self.keys if key.wallet_id == wallet.wallet_id and key.use == "signing"]
            if len(keys) > 1:
                found |= {key.place for key in keys} if len({key.place for key in keys}) == 1 else set()
                devices = {key.device for key in keys}
                found |= {str(d) for d in devices if d is not None} if len(devices) == 1 else set()
        if len(self.signers) > 1 and len(self.devices) == 1:
            found |= set(self.devices)
        return tuple(sorted(found))

    @property
    def names(self) -> set[Name]:
        """The records that show it."""
        return {wallet.name for wallet in self.wallets} | {key.name for key in self.keys}


def route_of(event: Event, holders: Sequence[Holder], keys: Sequence[Key]) -> Route:
    """The signing route of an event."""
    wallets = wallets_of(event.outflows, holders)
    ids = {wallet.wallet_id for wallet in wallets}
    acts = [act for outflow in event.outflows for act in outflow.acts]
    signed = [act for act in acts if act.act == "signed"]
    return Route(
        wallets=wallets,
        keys=tuple(key for key in keys if key.wallet_id in ids),
        signers=tuple(sorted({act.party_id for act in signed})),
        devices=tuple(sorted({act.device for act in signed if act.device})),
        requesters=tuple(sorted({act.party_id for act in acts if act.act == "requested"})),
        approvers=tuple(sorted({act.party_id for act in acts if act.act == "approved"})),
        acts_known=bool(acts),
    )


def read_keys(records: Records, day: date) -> tuple[Key, ...]:
    """The keys in force on a Japan day; none where the register is not there."""
    table = records.optional("wallet_key")
    held = table.filter(_.since <= day, _.until.isnull() | (_.until > day))
    rows = held.select(*Key.__slots__).order_by("wallet_id", "key_id", "since").to_pyarrow().to_pylist()
    return tuple(Key(**row) for row in rows)


def same_route(route: Route, holders: Sequence[Holder], keys: Sequence[Key]) -> tuple[Holder, ...]:
    """The other wallets one of whose signing keys is held by a person, in a place or on a device of this route."""
    people = {key.party_id for key in route.keys if key.use == "signing" and key.party_id} | set(route.signers)
    places = {key.place for key in route.keys if key.use == "signing"}
    devices = {key.device for key in route.keys if key.use == "signing" and key.device} | set(route.devices)
    own = {wallet.wallet_id for wallet in route.wallets}
    near = {
        key.wallet_id
        for key in keys
        if key.use == "signing" and (key.party_id in people or key.place in places or key.device in devices)
    }
    return tuple(each for each in holders if each.wallet_id in near - own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The last balance of a wallet observed at or before a moment."""

    wallet: Holder
    observed_at: datetime
    quantity: Decimal

    @property
    def name(self) -> Name:
        """The record as evidence names it."""
        return "wallet_balance", f"{self.wallet.wallet_id}|{key_text(self.observed_at)}"


def held_before(records: Records, holders: Sequence[Holder], moment: datetime) -> dict[str, Held]:
    """By wallet, its last balance before a moment; a wallet not observed before it is left out."""
    seen = records.optional("wallet_balance").filter(_.observed_at <= moment)
    ranked = seen.mutate(rank=ibis.row_number().over(group_by="wallet_id", order_by=[ibis.desc("observed_at"), "quantity"])).filter(
        _.rank == 0
    )
    by_id = {each.wallet_id: each for each in holders}
    rows = ranked.select("wallet_id", "observed_at", "quantity").to_pyarrow().to_pylist()
    return {
        r["wallet_id"]: Held(wallet=by_id[r["wallet_id"]], observed_at=in_utc(r["observed_at"]), quantity=r["quantity"])
        for r in rows
        if r["wallet_id"] in by_id
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """One asset after an event: what clients are owed, what is left for them, and how many of them share what is missing.

    ``held`` is what customers' wallets held before; None where no balance was observed, and then they are taken to have
    held exactly what was owed. ``guarantee`` is what the guarantee wallets held.
    """

    asset: str
    day: date | None
    lost: Decimal
    owed: Decimal
    held: Decimal | None
    guarantee: Decimal
    clients: int
    largest: Decimal
    names: frozenset[Name]

    @property
    def short(self) -> Decimal:
        """What is missing to cover every client's balance; 0 where own coins in the wallets made up for it."""
        before = self.owed if self.held is None else self.held
        left = EXACT.subtract(before, self.lost)
        return max(ZERO, EXACT.subtract(self.owed, left))

    @property
    def affected(self) -> int:
        """How many clients are not wholly covered: shared in proportion, all who are owed the asset or none."""
        return self.clients if self.short > 0 else 0


def covers(records: Records, event: Event, holders: Sequence[Holder], before: Mapping[str, Held]) -> tuple[Cover, ...]:
    """By asset of an event, what it leaves uncovered. Balances are of the last day that ended before it, else the first after."""
    by_address = {(h.asset, h.address): h for h in holders}
    found = []
    day = (event.first_at + JAPAN).date()
    for asset, quantity in event.lost.items():
        from_customers = [
            o.quantity
            for o in event.outflows
            if o.payment.asset == asset and _is_customers(by_address.get((asset, o.payment.from_address)))
        ]
        seen = [h for h in before.values() if h.wallet.asset == asset]
        of_customers = [h for h in seen if h.wallet.holder in CUSTOMERS]
        owed = _owed(records, asset, day)
        found.append(
            Cover(
                asset=asset,
                day=owed["day"],
                lost=total(from_customers) if by_address else quantity,
                owed=owed["quantity"] or ZERO,
                held=total(h.quantity for h in of_customers) if of_customers else None,
                guarantee=total(h.quantity for h in seen if h.wallet.holder == "guarantee"),
                clients=owed["clients"],
                largest=owed["largest"] or ZERO,
                names=frozenset({h.name for h in of_customers} | owed["names"]),
            )
        )
    return tuple(found)


def _is_customers(holder: Holder | None) -> bool:
    return holder is None or holder.holder in CUSTOMERS


def _owed(records: Records, asset: str, day: date) -> dict[str, Any]:
    """What clients are owed of an asset at the end of the day before, or of the first day told after it."""
    nothing: dict[str, Any] = {"day": None, "quantity": None, "clients": 0, "largest": None, "names": set()}
    if "customer_balance" not in records.present:
        return nothing
    rows = customers_balances(records).filter(_.asset == asset, _.quantity > 0)
    days = rows.select("as_of_date").distinct().order_by("as_of_date").to_pyarrow()["as_of_date"].to_pylist()
    if not days:
        return nothing
    at = bisect_right(days, day - timedelta(days=1))
    chosen = days[at - 1] if at else days[0]
    on_day = rows.filter(_.as_of_date == chosen)
    summed = on_day.aggregate(quantity=_.quantity.sum(), clients=_.account_id.nunique(), largest=_.quantity.max())
    (told,) = summed.to_pyarrow().to_pylist()
    first = (
        on_day.order_by(ibis.desc("quantity"), "account_id").limit(1).select("account_id").to_pyarrow()["account_id"].to_pylist()
    )
    return {**told, "day": chosen, "names": {("customer_balance", f"{account}|{asset}|{chosen}") for account in first}}


class Quotes:
    """The last quotation of an asset at or before a moment, if it is fresh enough."""

    def __init__(self, quotes: Mapping[str, Sequence[Quote]], age_max: timedelta) -> None:
        self._quotes, self._age_max = quotes, age_max

    def at(self, asset: str, moment: datetime) -> Quote | None:
        """The quotation, or None."""
        quotes = self._quotes.get(asset, ())
        place = bisect_right(quotes, moment, key=lambda q: q.quoted_at)
        if not place or moment - quotes[place - 1].quoted_at > self._age_max:
            return None
        return quotes[place - 1]


def read_quotes(records: Records, outflows: Sequence[Outflow], source: str, age_max: timedelta) -> Quotes:
    """The quotations of the assets that left, around the times they left."""
    if not outflows or "reference_price" not in records.present:
        return Quotes({}, age_max)
    first = min(o.payment.occurred_at for o in outflows) - age_max
    last = max(o.payment.occurred_at for o in outflows)
    table = records.reference_price.filter(
        _.asset.isin(sorted({o.payment.asset for o in outflows})), _.quoted_at >= first, _.quoted_at <= last
    )
    if source != ANY_SOURCE:
        table = table.filter(_.source == source)
    quotes: dict[str, list[Quote]] = defaultdict(list)
    # Of two at one moment the source first in the alphabet counts: it comes last here.
    for r in table.order_by("asset", "quoted_at", ibis.desc("source")).to_pyarrow().to_pylist():
        quoted_at = in_utc(r["quoted_at"])
        quotes[r["asset"]].append(Quote(r["asset"], (quoted_at + JAPAN).date(), quoted_at, r["price_jpy"], r["source"]))
    return Quotes(quotes, age_max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What outflows were worth in yen as they left, and the assets without a price."""

    amount_jpy: Decimal | None
    not_valued: tuple[str, ...]
    quotes: tuple[Quote, ...]
    by_asset: Mapping[str, Decimal]


def value_of(outflows: Iterable[Outflow], quotes: Quotes) -> Value:
    """The yen value, each movement at the last price before it."""
    by_asset: dict[str, Decimal] = {}
    missing, used = set(), {}
    for each in outflows:
        asset = each.payment.asset
        quote = quotes.at(asset, each.payment.occurred_at)
        if quote is None:
            missing.add(asset)
            continue
        used[quote.name] = quote
        by_asset[asset] = EXACT.add(by_asset.get(asset, ZERO), EXACT.multiply(each.quantity, quote.price_jpy))
    valued = {asset: amount for asset, amount in by_asset.items() if asset not in missing}
    return Value(
        amount_jpy=total(valued.values()) if valued else None,
        not_valued=tuple(sorted(missing)),
        quotes=tuple(used[name] for name in sorted(used)),
        by_asset=valued,
    )
