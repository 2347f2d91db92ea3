"""The chain: what one line of the journal says, and how its hash binds it to all lines before. Needs no database.

A line's hash covers what it says (old, new, reason) by a hash of its own with a salt. So what a line says can be removed when its
time is over, and the chain still holds; that it was removed must be said by a later line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

FIRST: Final = "0" * 64
"""The hash before the first line."""
ERASED: Final = "erased"
"""The field of the line which says that an object's earlier lines no longer tell their values."""


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of one object changed: when (UTC, ISO 8601), by whom, why, from what to what.

    ``said`` hashes ``salt``, old, new and reason; a line without salt was erased. ``check`` hashes all lines up to here.
    """

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
    salt: str = ""
    said: str = ""
    check: str = ""


class Break(NamedTuple):
    """Where a journal does not hold: the number of the line (0: none), and what is wrong.

    ``ends_at``: the last line there is, where the journal ends before what was written down of it outside.
    """

    number: int
    what: str
    ends_at: int | None = None


def said_of(line: Line) -> str:
    """The hash (SHA-256, hex) of what a line says, with its salt, without which short values could be guessed from it."""
    return hashlib.sha256(msgspec.json.encode([line.salt, line.old, line.new, line.reason], order="sorted")).hexdigest()


def check_of(line: Line, before: str) -> str:
    """The hash (SHA-256, hex) of a line after the hash of the line before."""
    bare = msgspec.structs.replace(line, old=None, new=None, reason="", salt="", check="")
    return hashlib.sha256(before.encode() + msgspec.json.encode(bare, order="sorted")).hexdigest()


def linked(line: Line, before: str) -> Line:
    """The line with its hashes, after the line whose check is ``before``."""
    said = msgspec.structs.replace(line, said=said_of(line))
    return msgspec.structs.replace(said, check=check_of(said, before))


def erased(line: Line) -> Line:
    """The line without what it said; its place in the chain stays."""
    return msgspec.structs.replace(line, old=None, new=None, reason="", salt="")


def breaks(lines: Iterable[Line], heads: Iterable[tuple[int, str]] = ()) -> Iterator[Break]:
    """Where the lines are not a whole chain from number 1 on, or do not hold one of the heads written down elsewhere.

    A head is a number and the check that line had: it shows a journal cut short, or an old one put back, also one put back and
    written on since, for then two heads of one number differ.
    """
    known: dict[int, set[str]] = {}
    for number, check in heads:
        known.setdefault(number, set()).add(check)
    silent: dict[tuple[str, str], int] = {}
    before, expected = FIRST, 1
    for line in lines:
        if line.number != expected:
            yield Break(line.number, f"follows line {expected - 1}: lines are missing, doubled or out of order")
        elif line.check != check_of(line, before):
            yield Break(line.number, "its hash is not that of what it says after the line before: changed, or moved")
        if line.salt and line.said != said_of(line):
            yield Break(line.number, "says something else than when it was written")
        elif not line.salt:
            silent.setdefault((line.kind, line.object), line.number)
            if (line.old, line.new, line.reason) != (None, None, ""):
                yield Break(line.number, "was erased and yet says something")
        elif line.field == ERASED:
            silent.pop((line.kind, line.object), None)
        if line.number in known and known.pop(line.number) != {line.check}:
            yield Break(line.number, "is not the line whose hash was written down outside the journal")
        before, expected = line.check, line.number + 1
    for (kind, subject), number in silent.items():
        yield Break(number, f"no longer says what it said of {kind} {subject}, and no later line tells that it was removed")
    later = [number for number in known if number >= expected]
    for number in sorted(known.keys() - set(later)):
        yield Break(number, "was written down outside the journal, and is not there")
    if later:
        what = f"was written down outside the journal, and the journal ends at line {expected - 1}: cut short, or an old copy"
        yield Break(max(later), what, expected - 1)
