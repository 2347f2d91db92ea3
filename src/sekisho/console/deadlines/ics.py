"""Deadlines for a calendar programme (iCalendar, RFC 5545): whole days in Japan, escaped and folded as the standard asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple


class Entry(NamedTuple):
    """One deadline: a lasting id, its day, its title and description."""

    uid: str
    day: date
    title: str
    said: str


def calendar(entries: Iterable[Entry], at: datetime) -> bytes:
    """The calendar as a file."""
    return "".join(f"{folded}\r\n" for line in _lines(entries, at) for folded in _folded(line)).encode()


def _lines(entries: Iterable[Entry], at: datetime) -> Iterator[str]:
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Sekisho//Deadlines//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH")
    for entry in entries:
        yield from (
            "BEGIN:VEVENT",
            f"UID:{entry.uid}@sekisho",
            f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{entry.day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(entry.title)}",
            f"DESCRIPTION:{_escaped(entry.said)}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        )
    yield "END:VCALENDAR"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\r\n", "\n").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """At most 75 octets a line; what goes on begins with a space. No character is cut."""
    part, room = "", 75
    for sign in line:
        width = len(sign.encode())
        if width > room:
            yield part
            part, room = " ", 74
        part, room = part + sign, room - width
    yield part
