"""Clients as the records tell of them over time: what each check found out, and who met every criterion whenever he ordered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from ibis import _

from sekisho.engine.memory import past_transfer
from sekisho.typologies.business_days import months_end_on
from sekisho.typologies.material_facts import japan_date
from sekisho.typologies.suitability import Breach, Check, Client, Criterion, age_on, unmet
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records


class _Ordering(NamedTuple):
    """An account that ordered: what is on record of it, its first and its last order, and its checks in order."""

    row: dict[str, Any]
    checks: list[Check]


def always_meeting(records: Records) -> frozenset[str]:
    """The accounts that met all criteria there ever were, at every state their records tell of, on their first and last order.

    None of them can have ordered against a criterion; of the others that is to be looked at order by order. Where no criterion
    speaks of everybody from the first order on, nobody is cleared.
    """
    criteria = [_tuple(Criterion, row) for row in records.optional("trading_criterion").to_pyarrow().to_pylist()]
    found = list(_ordering(records))
    first = min((one.row["first"] for one in found), default=None)
    general = (c for c in criteria if c.product is None and c.asset is None and c.client_kind is None and c.until is None)
    if first is None or not any(c.since <= japan_date(first) for c in general):
        return frozenset()
    return frozenset(one.row["account_id"] for one in found if all(_meets(client, criteria) for client in _states(one)))


def not_of_age(records: Records, years: int) -> frozenset[str]:
    """The accounts of natural persons younger than so many years on their first order, or whose birthday or party is not known."""
    return frozenset(
        row["account_id"]
        for row in _spans(records)
        if row["kind"] != "corporate" and ((age := age_on(row["born_on"], japan_date(in_utc(row["first"])))) is None or age < years)
    )


def of_age(records: Records, years: int) -> frozenset[str]:
    """The accounts of natural persons of so many years or more on their last order."""
    ages = ((row["account_id"], age_on(row["born_on"], japan_date(in_utc(row["last"])))) for row in _spans(records))
    return frozenset(account for account, age in ages if age is not None and age >= years)


def checked_throughout(records: Records, months: int) -> frozenset[str]:
    """The accounts whose every order came within so many months of a check, for no two checks lie further apart."""
    return frozenset(one.row["account_id"] for one in _ordering(records) if _covered(one, months))


def told_before_first_order(records: Records, documents: Collection[str]) -> frozenset[str]:
    """The accounts that were given each document, speaking of all assets, before their first order."""
    delivery = records.optional("document_delivery").filter(_.asset.isnull(), _.document.isin(sorted(documents)))
    first = delivery.group_by("account_id", "document").aggregate(first=_.delivered_at.min()).to_pyarrow().to_pylist()
    given: dict[str, list[datetime]] = defaultdict(list)
    for row in first:
        given[row["account_id"]].append(in_utc(row["first"]))
    ordered = ((row["account_id"], in_utc(row["first"])) for row in _spans(records))
    return frozenset(
        account for account, at in ordered if len(given[account]) == len(documents) and all(one < at for one in given[account])
    )


def on_margin(records: Records) -> frozenset[str]:
    """The accounts that gave a margin order."""
    event, margin = records.optional("order_event"), records.optional("margin_order")
    rows = event.filter(_.account_id.notnull()).semi_join(margin, "order_id").select("account_id").distinct()
    return frozenset(rows.to_pyarrow()["account_id"].to_pylist())


def ordered_in(records: Records, assets: Iterable[str], since: datetime) -> frozenset[str]:
    """The accounts that entered an order in a pair of one of the assets since a moment."""
    wanted = sorted(assets)
    pair, event = records.optional("instrument"), records.optional("order_event")
    named = pair.filter(_.base_asset.isin(wanted) | _.quote_asset.isin(wanted)).select("instrument").to_pyarrow()["instrument"]
    traded = event.select("instrument").distinct().to_pyarrow()["instrument"].to_pylist()
    pairs = {*named.to_pylist(), *(each for each in traded if set(each.split("/")) & set(wanted))}
    rows = (
        event.filter(_.instrument.isin(sorted(pairs)), _.occurred_at >= since, _.account_id.notnull()) if pairs else event.limit(0)
    )
    return frozenset(rows.select("account_id").distinct().to_pyarrow()["account_id"].to_pylist())


class Moved(NamedTuple):
    """A transfer of an asset: when it was asked for and when it left, by what is on record; None while it waits."""

    transfer_id: str
    requested_at: datetime
    direction: str
    asset: str
    left_at: datetime | None


def breaches_of(records: Records) -> Mapping[str, tuple[Breach, ...]]:
    """The breaches on record by asset, in order of their ids."""
    found: dict[str, list[Breach]] = defaultdict(list)
    for row in records.optional("issuer_breach").order_by("breach_id").to_pyarrow().to_pylist():
        found[row["asset"]].append(_tuple(Breach, row))
    return {asset: tuple(rows) for asset, rows in found.items()}


def transfers_of(records: Records, assets: Iterable[str]) -> Iterator[Moved]:
    """The transfers of some assets in order of their ids."""
    table = records.optional("transfer").filter(_.asset.isin(sorted(assets))).order_by("transfer_id")
    for row in table.to_pyarrow().to_pylist():
        known = past_transfer(row)
        yield Moved(known.transfer_id, known.requested_at, known.direction, known.asset, known.left_at)


def _covered(one: _Ordering, months: int) -> bool:
    first, last = japan_date(one.row["first"]), japan_date(one.row["last"])
    before = [check for check in one.checks if check.checked_at < one.row["first"]]
    if not before:
        return False
    covered_until = months_end_on(japan_date(before[-1].checked_at), months)
    for check in one.checks[len(before) :]:
        if japan_date(check.checked_at) > covered_until:
            return False
        covered_until = months_end_on(japan_date(check.checked_at), months)
    return first <= covered_until and last <= covered_until


def _meets(client: Client, criteria: list[Criterion]) -> bool:
    mine = (c for c in criteria if c.client_kind in (None, client.kind))
    return client.kind is not None and all(unmet(criterion, client) is None for criterion in mine)


def _states(one: _Ordering) -> Iterator[Client]:
    """The client as he was known at one time or another from his first order on."""
    row, before = one.row, [check for check in one.checks if check.checked_at < one.row["first"]]
    checks: Iterator[Check | None] = chain(before[-1:] or (None,), (check for check in one.checks if check not in before))
    for check in checks:
        for at in (row["first"], row["last"]):
            yield Client(
                row["account_id"],
                row["party_id"],
                row["kind"],
                age_on(row["born_on"], japan_date(at)),
                row["experience"] if check is None or check.experience is None else check.experience,
                row["net_worth_jpy"] if check is None or check.net_worth_jpy is None else check.net_worth_jpy,
                row["income_jpy"] if check is None or check.income_jpy is None else check.income_jpy,
                (check.risk_tolerance if check else None) or row["risk_tolerance"],
                check,
            )


def _ordering(records: Records) -> Iterator[_Ordering]:
    checks: dict[str, list[Check]] = defaultdict(list)
    for row in records.optional("suitability_check").to_pyarrow().to_pylist():
        checks[row["account_id"]].append(_tuple(Check, row))
    for row in _spans(records):
        if row["party_id"] is not None:
            row |= {"first": in_utc(row["first"]), "last": in_utc(row["last"])}
            yield _Ordering(row, sorted(checks[row["account_id"]], key=lambda check: (check.checked_at, check.check_id)))


def _spans(records: Records) -> list[dict[str, Any]]:
    """The accounts that ordered with their first and last order, and what account and party say; null where not on record."""
    event, account, party = records.optional("order_event"), records.optional("account"), records.optional("party")
    entered = event.filter(_.action.isin(["new", "replace"]), _.account_id.notnull())
    spans = entered.group_by("account_id").aggregate(first=_.occurred_at.min(), last=_.occurred_at.max())
    told = account.select("account_id", "party_id", "experience", "net_worth_jpy", "income_jpy", "risk_tolerance")
    named = spans.left_join(told, "account_id").drop("account_id_right")
    named = named.left_join(party.select("party_id", "kind", "born_on"), "party_id").drop("party_id_right")
    rows: list[dict[str, Any]] = named.to_pyarrow().to_pylist()
    return rows


def _tuple(kind: Any, row: dict[str, Any]) -> Any:
    return kind(*[in_utc(row[name]) if isinstance(row[name], datetime) else row[name] for name in kind._fields])
