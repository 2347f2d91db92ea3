"""The slow-moving tables: who is there, what is listed, and what each asset was worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sekisho.simulation.answer_key import EPOCH
from sekisho.simulation.columns import UNIT, ids, times, wide_decimals, words, write
from sekisho.simulation.kernel import Reals
from sekisho.simulation.listings import ISSUED_BY_A_FIRM, Listing
from sekisho.simulation.options import DAY_MICROSECONDS, Options, closes_at, opens_at
from sekisho.simulation.population import CUSTOMER, KINDS, STAFF, Population
from sekisho.simulation.schemes.sheet import PlannedOrder

QUOTES_A_DAY = 6
INDEX_DELAY = 1_000_000  # so that no quote falls on midnight, where one day ends and the next begins
CUTOFF, INDEX = "cutoff", "index"
COUNTRIES = ("JP", "JP", "JP", "JP", "JP", "JP", "JP", "SG", "US", "KR")
EXPERIENCE = ("none", "under 1 year", "1-3 years", "over 3 years")
RISK = ("low", "medium", "high")


@dataclass(slots=True)
class Registers:
    """Rows of the tables that people keep by hand, as schemes write them: facts, knowledge, publications, plans, messages."""

    rows: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def add(self, table: str, **row: object) -> None:
        """One more row of a record table; columns left out are null. A planned order is named by ``Sheet.order_of``."""
        self.rows.setdefault(table, []).append(row)

    def write(self, folder: Path) -> dict[str, int]:
        """Write the tables that have rows, in the order of their contents; returns rows by table."""
        told = {name: [_told(row) for row in rows if not _never_entered(row)] for name, rows in sorted(self.rows.items())}
        in_order = {name: sorted(rows, key=lambda row: tuple(map(str, row.values()))) for name, rows in told.items() if rows}
        return {name: write(folder, name, rows) for name, rows in in_order.items()}


def _never_entered(row: dict[str, object]) -> bool:
    """Whether the row is about a planned order that was never entered."""
    return any(isinstance(value, PlannedOrder) and value.order_id is None for value in row.values())


def _told(row: dict[str, object]) -> dict[str, object]:
    """The row with the ids that planned orders were dealt."""
    return {name: value.order_id if isinstance(value, PlannedOrder) else value for name, value in row.items()}


def write_who(folder: Path, people: Population, random: np.random.Generator, more: Sequence[str] = ()) -> dict[str, int]:
    """Write ``party``, ``party_link`` and ``account``, in the order of their ids. ``more`` are parties without any link."""
    there = sorted({*people.party.tolist(), *(p for each in people.links for p in (each.party, each.linked))})
    parties = [_party(people, party, random) for party in there]
    parties += [{"party_id": each, "kind": "individual", "country": "JP"} for each in more]
    links = [
        {
            "party_id": people.party_id(each.party),
            "linked_party_id": people.party_id(each.linked),
            "relation": each.relation,
            "since": each.since,
            "until": each.until,
        }
        for each in people.links
    ]
    return {
        "party": write(folder, "party", sorted(parties, key=lambda row: str(row["party_id"]))),
        "party_link": write(folder, "party_link", sorted(links, key=lambda row: tuple(map(str, row.values())))),
        "account": write(folder, "account", _accounts(people, random)),
    }


def _party(people: Population, party: int, random: np.random.Generator) -> dict[str, object]:
    corporate = people.party_corporate[party]
    born_or_registered = date(1950, 1, 1) + timedelta(days=int(random.integers(20_000)))
    born_or_registered = people.born_on.get(party, born_or_registered)
    return {
        "party_id": people.party_id(party),
        "kind": "corporate" if corporate else "individual",
        "country": COUNTRIES[int(random.integers(len(COUNTRIES)))] if corporate else "JP",
        "born_on": None if corporate else born_or_registered,
        "registered_on": born_or_registered if corporate else None,
    }


def _accounts(people: Population, random: np.random.Generator) -> dict[str, pa.Array]:
    order = np.argsort(people.number)
    number = order.size
    asked = np.isin(people.kind[order], (CUSTOMER, STAFF))
    income = (np.exp(random.normal(15.4, 0.6, number)) // 100_000 * 100_000).astype(np.int64)
    worth = (income * random.uniform(0.3, 12, number) // 100_000 * 100_000).astype(np.int64)
    for account, answers in people.answers.items():
        income[order == account], worth[order == account] = answers
    party_ids = ids("P", np.array(people.party_number)[people.party[order]])
    unasked = pa.array(~asked)

    def answered(column: pa.Array) -> pa.Array:
        return pc.if_else(unasked, pa.scalar(None, column.type), column)

    return {
        "account_id": ids("A", people.number[order]),
        "party_id": party_ids,
        "kind": words(people.kind[order], KINDS),
        "opened_at": times(people.opened_at[order]),
        "experience": answered(words(random.integers(0, 4, number), EXPERIENCE).cast(pa.string())),
        "net_worth_jpy": answered(wide_decimals(worth * UNIT)),
        "income_jpy": answered(wide_decimals(income * UNIT)),
        "risk_tolerance": answered(words(random.integers(0, 3, number), RISK).cast(pa.string())),
    }


@dataclass(frozen=True, slots=True)
class Entry:
    """What the register of assets and pairs says of one listing."""

    issued: int | None  # units, where a firm has issued it
    listed_from: datetime


def entries(options: Options, listed: Sequence[Listing], random: np.random.Generator) -> list[Entry]:
    """One entry for each listing."""
    told = []
    for one in listed:
        by_a_firm = one.number >= 2 and bool(random.random() < ISSUED_BY_A_FIRM)
        supply = round(float(np.exp(random.uniform(25, 29))) / one.price_jpy / 1000) * 1000
        begins = opens_at(options.book_days[0] - timedelta(days=int(random.integers(100, 2000))))
        told.append(Entry(supply if by_a_firm else None, moment(begins)))
    return told


def write_listed(folder: Path, listed: Sequence[Listing], told: Sequence[Entry], halts: dict[int, int]) -> dict[str, int]:
    """Write ``asset`` and ``instrument``; ``halts`` is when handling ended, by listing."""
    assets, instruments = [], []
    for one, entry in zip(listed, told, strict=True):
        supply = None if entry.issued is None else Decimal(entry.issued)
        assets.append({"asset": one.asset, "issued_supply": supply, "centralised": entry.issued is not None})
        instruments.append(
            {
                "instrument": one.instrument,
                "base_asset": one.asset,
                "quote_asset": "JPY",
                "tick_size": one.tick_size,
                "lot_size": one.lot_size,
                "listed_from": entry.listed_from,
                "listed_until": moment(halts[one.number]) if one.number in halts else None,
            }
        )
    return {"asset": write(folder, "asset", assets), "instrument": write(folder, "instrument", instruments)}


class References:
    """Reference prices in yen: several a day from an index, and the cut-off price at which the books are valued."""

    def __init__(self, options: Options, listed: Sequence[Listing], paths: list[list[Reals]], random: np.random.Generator) -> None:
        self.days = options.book_days
        self.listed = listed
        self._quotes = np.zeros((len(self.days), len(listed), QUOTES_A_DAY + 1))
        for one in listed:
            self._quotes[: options.history, one.number] = _back_from(one, options.history, random)
            for day, today in enumerate(paths):
                places = np.linspace(0, today[one.number].size - 1, QUOTES_A_DAY + 1).astype(int)
                self._quotes[options.history + day, one.number] = today[one.number][places]
            step = float(one.tick_size)
            self._quotes[:, one.number] = np.maximum(np.round(self._quotes[:, one.number] / step), 1) * step

    def units(self, day: int, listing: int, quote: int = QUOTES_A_DAY) -> int:
        """The price in units of eight places; the last quote of a day is its cut-off price."""
        return round(float(self._quotes[day, listing, quote]) * UNIT)

    def at_cutoff(self, day: int) -> Reals:
        """Cut-off prices in yen, by listing."""
        return np.asarray(self._quotes[day, :, QUOTES_A_DAY])

    def write(self, folder: Path) -> int:
        """Write ``reference_price``."""
        shape = self._quotes.shape
        days, listing, quote = (axis.ravel() for axis in np.indices(shape))
        starts = np.array([opens_at(day) for day in self.days])
        ends = np.array([closes_at(day) for day in self.days])
        last = quote == QUOTES_A_DAY
        at = np.where(last, ends[days], starts[days] + quote * (DAY_MICROSECONDS // QUOTES_A_DAY) + INDEX_DELAY)
        return write(
            folder,
            "reference_price",
            {
                "asset": words(listing, [one.asset for one in self.listed]),
                "quoted_at": times(at.astype(np.int64)),
                "price_jpy": wide_decimals(np.round(self._quotes.ravel() * UNIT).astype(np.int64)),
                "source": words(last, [INDEX, CUTOFF]),
            },
        )


def _back_from(one: Listing, days: int, random: np.random.Generator) -> Reals:
    """Prices of the days before trading is kept, ending where it begins."""
    steps = random.normal(0, one.volatility / np.sqrt(QUOTES_A_DAY), days * (QUOTES_A_DAY + 1))
    back = np.exp(np.cumsum(steps))[::-1] if days else steps
    return np.asarray(one.price_jpy * back).reshape(days, QUOTES_A_DAY + 1)


def moment(at: int) -> datetime:
    """A time of a row from microseconds since 1970."""
    return EPOCH + timedelta(microseconds=at)


def quantity(units: int) -> Decimal:
    """A quantity or amount of a row from whole units of eight places."""
    return Decimal(units).scaleb(-8)
