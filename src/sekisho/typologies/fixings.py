"""Fixings: the moments at which a price is read, in a market that never closes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from sekisho.records import Records

SESSION_END = "session end"


class Fixing(NamedTuple):
    """A moment at which a price is read, and who reads it (the source of a reference price, a time of day, a session's end)."""

    at: datetime
    name: str


class TimeOfDay(NamedTuple):
    """A fixing that comes every day at the same local time."""

    local: time
    zone: timezone | ZoneInfo
    name: str

    def on(self, day: date) -> datetime:
        """The moment on that local date, in UTC."""
        return datetime.combine(day, self.local, self.zone).astimezone(UTC)


def time_of_day(text: str) -> TimeOfDay:
    """``00:00+09:00``, ``22:13:20+00:00`` or ``16:00Europe/London``; raises ValueError saying what to write instead."""
    words = text.strip()
    cut = 8 if words[5:6] == ":" else 5
    rest = words[cut:]
    try:
        local = time.fromisoformat(words[:cut])
        zone = _offset(rest) if rest[:1] in {"+", "-"} else ZoneInfo(rest)
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise ValueError(f"fixing '{text}': write a time of day and its zone, such as 00:00+09:00 or 16:00Europe/London") from error
    return TimeOfDay(local, zone, words)


def times_of_day(given: str | Iterable[str]) -> tuple[TimeOfDay, ...]:
    """A list of times of day, or one text with commas, as a user gives it."""
    words = given.split(",") if isinstance(given, str) else given
    return tuple(time_of_day(word) for word in words if word.strip())


def fixings_of(records: Records, readings_a_day_max: int) -> dict[str, tuple[Fixing, ...]]:
    """The fixings on record by instrument: reference prices of its base asset, and the end of its last session.

    A source that is read more often than ``readings_a_day_max`` on some day is a running price, not a fixing.
    """
    quoted = records.optional("reference_price")
    day = quoted.quoted_at.date()
    counts = quoted.group_by(quoted.asset, quoted.source, day=day).aggregate(readings=quoted.count())
    often = counts.filter(counts.readings > readings_a_day_max).select("asset", "source").distinct()
    rows = quoted.anti_join(often, ["asset", "source"]).select("asset", "quoted_at", "source").to_pyarrow().to_pylist()
    by_asset: dict[str, list[Fixing]] = defaultdict(list)
    for row in rows:
        by_asset[row["asset"]].append(Fixing(row["quoted_at"].astimezone(UTC), row["source"]))
    found: dict[str, tuple[Fixing, ...]] = {}
    for name, base, ends_at in _instruments(records):
        own = by_asset.get(base, []) + ([Fixing(ends_at.astimezone(UTC), SESSION_END)] if ends_at else [])
        if own:
            found[name] = tuple(sorted(own))
    return found


def _instruments(records: Records) -> list[tuple[str, str, datetime | None]]:
    """Name, base asset and end of every instrument; one that is not listed is read as BASE/QUOTE."""
    listed = records.optional("instrument").select("instrument", "base_asset", "listed_until").to_pyarrow().to_pylist()
    known = {row["instrument"]: (row["base_asset"], row["listed_until"]) for row in listed}
    traded = records.optional("trade").select("instrument").distinct().to_pyarrow()["instrument"].to_pylist()
    for name in traded:
        known.setdefault(name, (name.partition("/")[0], None))
    return [(name, *known[name]) for name in sorted(known)]


def _offset(text: str) -> timezone:
    hours, minutes = text[1:].split(":")
    size = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-size if text[0] == "-" else size)
