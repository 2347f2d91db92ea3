"""Past outflows: who lost how much, when and to what, each with its source; official yen figures where there are any."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from sekisho.records import RecordsError

PROJECT_TABLE = Path(__file__).with_name("incidents.csv")
"""The table that comes with Sekisho: facts, each with its source."""

THEFT = "exchange_theft"
AMOUNTS = ("usd", "usd_min", "usd_max")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One loss. ``usd`` and ``jpy`` are at the prices of the day it was made known; None where no source states one."""

    name: str
    occurred_on: date
    entity: str
    kind: str
    usd: Decimal | None
    jpy: Decimal | None = None
    usd_min: Decimal | None = None
    usd_max: Decimal | None = None
    country: str | None = None
    tier: str | None = None
    cause: str | None = None
    confidence: str | None = None
    sources: str | None = None

    def amount(self, column: str) -> Decimal | None:
        """The dollar amount of one of AMOUNTS; the best figure where a bound is not stated."""
        bound: Decimal | None = getattr(self, column)
        return self.usd if bound is None else bound


def read_incidents(file: Path) -> tuple[Incident, ...]:
    """The incidents of a CSV file with the columns date, usd and kind (others are used where they are there), by date.

    Raises RecordsError naming file, row and column.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines, strict=True))
            header = set(rows[0]) if rows else set()
    except OSError as error:
        raise RecordsError(str(file), error.strerror or "cannot be read", "give a CSV file of incidents") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise RecordsError(str(file), f"is not CSV in UTF-8: {error}", "give a CSV file of incidents") from None
    for column in ("date", "usd", "kind"):
        if column not in header:
            raise RecordsError(str(file), "has no such column, or no rows", "needed are date, usd and kind", column=column)
    found = [_incident(_Row(str(file), at, row)) for at, row in enumerate(rows, start=1)]
    return tuple(sorted(_named(found), key=lambda i: (i.occurred_on, i.name)))


class _Row:
    """One row of a CSV file, read cell by cell, with its place for messages."""

    def __init__(self, file: str, at: int, cells: dict[str, str | None]) -> None:
        self._file, self._at, self._cells = file, at, cells

    def text(self, column: str) -> str | None:
        return (self._cells.get(column) or "").strip() or None

    def day(self, column: str) -> date:
        text = self.text(column) or ""
        try:
            # A month without a day counts from its first day.
            return date.fromisoformat(f"{text}-01" if len(text) == len("2024-05") else text)
        except ValueError:
            raise self.wrong(column, f"'{text}' is not a day", "write it as 2024-05-31") from None

    def amount(self, column: str) -> Decimal | None:
        text = self.text(column)
        if text is None:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise self.wrong(column, f"'{text}' is not a number", "write it as 30500000, without commas") from None
        if not number.is_finite() or number < 0:
            raise self.wrong(column, f"'{text}' is not an amount", "an amount is finite and not below zero")
        return number

    def word(self, column: str) -> str:
        text = self.text(column)
        if text is None:
            raise self.wrong(column, "is empty", "name the kind, such as exchange_theft")
        return text

    def wrong(self, column: str, what: str, remedy: str) -> RecordsError:
        return RecordsError(self._file, what, remedy, row=self._at, column=column)


def _incident(row: _Row) -> Incident:
    incident = Incident(
        name="",
        occurred_on=row.day("date"),
        entity=row.text("entity") or "not named",
        kind=row.word("kind"),
        usd=row.amount("usd"),
        jpy=row.amount("jpy"),
        usd_min=row.amount("usd_min"),
        usd_max=row.amount("usd_max"),
        country=row.text("country"),
        tier=row.text("tier"),
        cause=row.text("cause") or row.text("cause_dn"),
        confidence=row.text("confidence"),
        sources=row.text("sources"),
    )
    if incident.usd_min is not None and incident.usd_max is not None and incident.usd_min > incident.usd_max:
        raise row.wrong("usd_min", "is above usd_max", "exchange the two")
    return incident


def _named(incidents: Iterable[Incident]) -> Iterable[Incident]:
    """Each incident with a name of its own: the victim and the month, numbered where that is not enough."""
    seen: dict[str, int] = {}
    for one in incidents:
        name = f"{one.entity} {one.occurred_on:%Y-%m}"
        seen[name] = seen.get(name, 0) + 1
        yield replace(one, name=name if seen[name] == 1 else f"{name} ({seen[name]})")
