"""The venue's order of events: one number for one event, and time never running backwards along it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sekisho.records.validation.cross_check import PLACE, CrossCheck

_TIMES = {"order_event": "occurred_at", "trade": "executed_at"}


def clock_tables(present: Collection[str]) -> Iterator[str]:
    """The statement that lines up order events and trades of each instrument and keeps the steps at fault."""
    tables = [name for name in _TIMES if name in present]
    if not tables:
        return
    steps = " UNION ALL ".join(
        f"SELECT {position} AS place, {PLACE}, instrument, sequence, {_TIMES[name]} AS moment FROM {name}"
        for position, name in enumerate(tables)
    )
    yield (
        "CREATE TEMP TABLE misplaced AS SELECT * FROM (SELECT *, "
        "lag(sequence) OVER line AS sequence_before, lag(moment) OVER line AS moment_before "
        f"FROM ({steps}) WINDOW line AS (PARTITION BY instrument ORDER BY sequence, place)) "
        "WHERE sequence = sequence_before OR moment < moment_before"
    )


def clock_checks(present: Collection[str]) -> Iterator[CrossCheck]:
    """Shared sequence numbers, and times that run backwards along the sequence."""
    for position, name in enumerate(name for name in _TIMES if name in present):
        where = f"FROM misplaced WHERE place = {position}"
        yield CrossCheck(
            name,
            "sequence",
            "sequence_shared",
            f"SELECT {PLACE}, sequence {where} AND sequence = sequence_before",
            "is also the sequence of another event or trade of the instrument",
            "number events and trades in the order the venue handled them",
        )
        yield CrossCheck(
            name,
            _TIMES[name],
            "time_backwards",
            f"SELECT {PLACE}, moment {where} AND moment < moment_before",
            "is before the time of the preceding sequence number of the instrument",
            "correct the time or the sequence",
        )
