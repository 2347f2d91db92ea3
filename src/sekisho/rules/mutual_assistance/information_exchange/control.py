"""Information sharing: how much was given to and taken from ISACs, by kind; a long silence; a client named in what was given."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Amount, Evidence, Found, Severity, Step
from sekisho.records import TABLES
from sekisho.typologies.client_words import named_client, personal, read_client_names
from sekisho.typologies.valuation import JAPAN, in_utc, whole_days

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_TABLE = TABLES["information_exchange"]
_DIRECTIONS, _KINDS = _TABLE.by_name["direction"].values, _TABLE.by_name["kind"].values


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """The number of items of each kind, given and taken, over the period up to the day judged."""
    first = p.as_of - timedelta(days=int(p.period_days) - 1)
    rows = [row for row in _items(records) if first <= _day(row) <= p.as_of]
    for direction in _DIRECTIONS:
        for kind in _KINDS:
            those = [row for row in rows if (row["direction"], row["kind"]) == (direction, kind)]
            yield Amount(
                name=f"{direction}_{kind}",
                as_of=p.as_of,
                value=Decimal(len(those)),
                unit="count",
                working=(Step(f"{direction}, {kind}", f"items from {first} to {p.as_of}", Decimal(len(those))),),
                evidence=tuple(Evidence(*_name(row)) for row in those),
            )


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """A finding for each direction in which nothing went for too long, and for each item given that names a client."""
    rows = _items(records)
    names = read_client_names(records)
    if p.silence_days_max is not None:
        for direction in _DIRECTIONS:
            yield from _silent(rows, direction, p)
    for row in rows:
        word = named_client(row["subject"], names) or personal(row["subject"])
        if row["direction"] == "shared" and word is not None:
            at = in_utc(row["exchanged_at"])
            yield Found(
                subject_kind="exchange",
                subject_id=row["exchange_id"],
                window_from=at,
                window_until=at + timedelta.resolution,
                score=Decimal(1),
                severity=Severity.high,
                sentence="client_named",
                evidence=(Evidence(*_name(row)),),
                facts={"item": row["exchange_id"], "organisation": row["organisation"], "exchanged_at": at, "word": word},
            )


def _silent(rows: list[dict[str, Any]], direction: str, p: Parameters) -> Iterator[Found]:
    before = [row for row in rows if row["direction"] == direction and _day(row) <= p.as_of]
    if not before:
        return
    days = (p.as_of - _day(before[-1])).days
    if days > int(p.silence_days_max):
        yield Found(
            subject_kind="exchange",
            subject_id=direction,
            **whole_days(_day(before[-1]), p.as_of),
            score=Decimal(0),
            evidence=(Evidence(*_name(before[-1])),),
            facts={"direction": direction, "days": days, "as_of": p.as_of, "limit": int(p.silence_days_max)},
        )


def _items(records: Records) -> list[dict[str, Any]]:
    rows = records.information_exchange.to_pyarrow().to_pylist()
    return sorted(rows, key=lambda row: (row["exchanged_at"], row["exchange_id"], row["direction"]))


def _day(row: dict[str, Any]) -> date:
    exchanged_at: datetime = in_utc(row["exchanged_at"])
    return (exchanged_at + JAPAN).date()


def _name(row: dict[str, Any]) -> tuple[str, str]:
    return _TABLE.name, _TABLE.name_of(row)
