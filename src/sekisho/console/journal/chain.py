"""The chain: what one line of the journal says, and how its hash binds it to all lines before. Needs no database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

FIRST: Final = "0" * 64
"""The hash before the first line."""


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of one object changed: when (UTC, ISO 8601), by whom, why, from what to what; ``check`` hashes all up to here."""

    number: int
    at: str
    account: str
    person: str
    request: str
    act: str
    kind: str
    object: str
    field: str
    old: Any
    new: Any
    reason: str
    check: str = ""


class Break(NamedTuple):
    """Where a journal does not hold: the number of the line, and what is wrong with it."""

    number: int
    what: str


def check_of(line: Line, before: str) -> str:
    """The hash (SHA-256, hex) of a line after the hash of the line before."""
    return hashlib.sha256(
        before.encode() + msgspec.json.encode(msgspec.structs.replace(line, check=""), order="sorted")
    ).hexdigest()


def breaks(lines: Iterable[Line], heads: Iterable[tuple[int, str]] = ()) -> Iterator[Break]:
    """Where the lines are not a whole chain from number 1 on, or do not hold one of the heads written down elsewhere.

    A head is a number and the check that line had: it shows a journal cut short, or an old one put back.
    """
    known = dict(heads)
    before, expected = FIRST, 1
    for line in lines:
        if line.number != expected:
            yield Break(line.number, f"follows line {expected - 1}: lines are missing, doubled or out of order")
        elif line.check != check_of(line, before):
            yield Break(line.number, "its hash is not that of what it says after the line before: changed, or moved")
        if line.number in known and known.pop(line.number) != line.check:
            yield Break(line.number, "is not the line whose hash was written down outside the journal")
        before, expected = line.check, line.number + 1
    for number in sorted(known):
        yield Break(
            number, f"was written down outside the journal, and the journal ends at line {expected - 1}: cut short, or an old copy"
        )
