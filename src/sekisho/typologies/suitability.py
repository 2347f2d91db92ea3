"""Suitability: what is known of a client on a day, and which of a firm's criteria and limits speak of him."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import NamedTuple

TOLERANCES = ("low", "medium", "high")
"""Risk tolerances, least first."""


class Check(NamedTuple):
    """One row of ``suitability_check``."""

    check_id: str
    checked_at: datetime
    occasion: str
    result: str
    capacity_jpy: Decimal | None
    experience: str | None
    net_worth_jpy: Decimal | None
    income_jpy: Decimal | None
    risk_tolerance: str | None
    version: str | None


class Criterion(NamedTuple):
    """One row of ``trading_criterion``; it holds on Japan dates [since, until). What is None is not asked for."""

    criterion_id: str
    product: str | None
    asset: str | None
    client_kind: str | None
    age_min: int | None
    age_max: int | None
    net_worth_jpy_min: Decimal | None
    income_jpy_min: Decimal | None
    experience: str | None
    risk_tolerance_min: str | None
    needs_check: bool
    since: date
    until: date | None


class Limit(NamedTuple):
    """One row of ``trading_limit``; it holds on Japan dates [since, until), for the clients that its columns describe."""

    limit_id: str
    kind: str
    product: str | None
    asset: str | None
    client_kind: str | None
    age_from: int | None
    age_until: int | None
    net_worth_jpy_until: Decimal | None
    income_jpy_until: Decimal | None
    experience: str | None
    risk_tolerance: str | None
    limit_jpy: Decimal
    set_by: str
    since: date
    until: date | None


class Consent(NamedTuple):
    """One row of ``guardian_consent``; it stands in [given_at, withdrawn_at)."""

    consent_id: str
    guardian_party_id: str
    product: str | None
    limit_jpy: Decimal | None
    given_at: datetime
    withdrawn_at: datetime | None

    def stands(self, at: datetime, product: str) -> bool:
        """Whether it covers an order in a product at a moment."""
        in_time = self.given_at <= at and (self.withdrawn_at is None or at < self.withdrawn_at)
        return in_time and self.product in (None, product)


class Breach(NamedTuple):
    """One row of ``issuer_breach``; dealing is suspended in [recorded_at, remedied_at)."""

    breach_id: str
    asset: str
    issuer_party_id: str | None
    kind: str
    found_by: str
    recorded_at: datetime
    remedied_at: datetime | None

    def lasts(self, at: datetime) -> bool:
        """Whether it is on record and not put right at a moment."""
        return self.recorded_at <= at and (self.remedied_at is None or at < self.remedied_at)


class Client(NamedTuple):
    """What is known of a client at a moment; None is not on record. ``age`` is in full years, of a natural person."""

    account_id: str
    party_id: str
    kind: str | None
    age: int | None
    experience: str | None
    net_worth_jpy: Decimal | None
    income_jpy: Decimal | None
    risk_tolerance: str | None
    check: Check | None


class Unmet(NamedTuple):
    """What a criterion asks for that a client does not show: the column, what is asked and what is there."""

    criterion: Criterion
    column: str
    asked: Decimal | int | str | None
    known: Decimal | int | str | None


def age_on(born_on: date | None, day: date) -> int | None:
    """Full years on a day; a year is full on the birthday, for somebody born on 29 February on 1 March."""
    if born_on is None:
        return None
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


class Limits:
    """All limits, found by what they limit: the kind, the product and the asset, each None where the limit names none."""

    def __init__(self, rows: Iterable[Limit]) -> None:
        self._by: dict[tuple[str, str | None, str | None], list[Limit]] = defaultdict(list)
        for row in sorted(rows, key=lambda one: (one.limit_jpy, one.limit_id)):
            self._by[row.kind, row.product, row.asset].append(row)

    def lowest(self, kind: str, product: str | None, asset: str | None, client: Client, day: date) -> Limit | None:
        """The limit that counts for a client on a Japan date: the lowest, the first by its id of equal ones."""
        for row in self._by.get((kind, product, asset), ()):
            if _holds(row, day) and describes(row, client):
                return row
        return None


class Criteria:
    """All trading-start criteria, found by the product and the asset they speak of, None where they speak of all."""

    def __init__(self, rows: Iterable[Criterion]) -> None:
        self._by: dict[tuple[str | None, str | None], list[Criterion]] = defaultdict(list)
        for row in rows:
            self._by[row.product, row.asset].append(row)

    def of(self, product: str, asset: str, client: Client, day: date) -> tuple[Criterion, ...]:
        """The criteria that speak of a client's order on a Japan date, in order of their ids within each kind."""
        named = ((product, asset), (product, None), (None, asset), (None, None))
        rows = (row for name in named for row in self._by.get(name, ()))
        return tuple(row for row in rows if _holds(row, day) and (client.kind is None or row.client_kind in (None, client.kind)))


def _holds(row: Criterion | Limit, day: date) -> bool:
    return row.since <= day and (row.until is None or day < row.until)


def unmet(criterion: Criterion, client: Client) -> Unmet | None:
    """The first thing a criterion asks of a client that is not shown; None where all is met."""
    person = client.kind != "corporate"
    if criterion.age_min is not None and person and (client.age is None or client.age < criterion.age_min):
        return Unmet(criterion, "age_min", criterion.age_min, client.age)
    if criterion.age_max is not None and person and (client.age is None or client.age > criterion.age_max):
        return Unmet(criterion, "age_max", criterion.age_max, client.age)
    if _below(client.net_worth_jpy, criterion.net_worth_jpy_min):
        return Unmet(criterion, "net_worth_jpy_min", criterion.net_worth_jpy_min, client.net_worth_jpy)
    if _below(client.income_jpy, criterion.income_jpy_min):
        return Unmet(criterion, "income_jpy_min", criterion.income_jpy_min, client.income_jpy)
    if criterion.experience is not None and client.experience not in listed(criterion.experience):
        return Unmet(criterion, "experience", criterion.experience, client.experience)
    least = criterion.risk_tolerance_min
    if least is not None and (client.risk_tolerance is None or _rank(client.risk_tolerance) < _rank(least)):
        return Unmet(criterion, "risk_tolerance_min", least, client.risk_tolerance)
    if criterion.needs_check and (client.check is None or client.check.result != "suitable"):
        return Unmet(criterion, "needs_check", "suitable", client.check.result if client.check else None)
    return None


def describes(limit: Limit, client: Client) -> bool:
    """Whether a limit is for this client; what is not on record counts as described."""
    if limit.client_kind is not None and client.kind is not None and client.kind != limit.client_kind:
        return False
    if (limit.age_from is not None or limit.age_until is not None) and client.kind == "corporate":
        return False
    if client.age is not None and not (limit.age_from or 0) <= client.age:
        return False
    if client.age is not None and limit.age_until is not None and client.age >= limit.age_until:
        return False
    if _reaches(client.net_worth_jpy, limit.net_worth_jpy_until) or _reaches(client.income_jpy, limit.income_jpy_until):
        return False
    if limit.experience is not None and client.experience is not None and client.experience not in listed(limit.experience):
        return False
    return limit.risk_tolerance is None or client.risk_tolerance in (None, limit.risk_tolerance)


@cache
def listed(text: str) -> tuple[str, ...]:
    """The words of a cell that holds several, by commas."""
    return tuple(word.strip() for word in text.split(","))


def _below(known: Decimal | None, least: Decimal | None) -> bool:
    return least is not None and (known is None or known < least)


def _reaches(known: Decimal | None, until: Decimal | None) -> bool:
    return until is not None and known is not None and known >= until


def _rank(tolerance: str) -> int:
    return TOLERANCES.index(tolerance) if tolerance in TOLERANCES else -1
