"""A node's answers as saved to a file or taken from the wire: JSON in which a decimal keeps every digit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from sekisho.records.errors import RecordsError

T = TypeVar("T")
_PLACE = re.compile(r" - at `\$(.*)`$")
_STEP = re.compile(r"\[(\d+)\]|\.([A-Za-z_]\w*)")
_SAVE_AGAIN = "save the node's answer again, unchanged"


class _Envelope(msgspec.Struct):
    """The wrapping of a JSON-RPC answer."""

    result: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")


def load(path: Path) -> bytes:
    """The bytes of a file, which must hold JSON."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecordsError(path.name, f"cannot be read ({error.strerror})", "give a file that can be read") from None


def unwrapped(label: str, text: bytes) -> bytes:
    """The result inside a JSON-RPC answer, or the text itself where it is no such answer. Refuses an answer of failure."""
    shape = keys(text)
    if not (shape is not None and "result" in shape and shape <= {"result", "error", "id", "jsonrpc"}):
        return text
    envelope = decode(label, text, _Envelope)
    if bytes(envelope.error) != b"null":
        raise RecordsError(label, f"is the node's answer of failure: {bytes(envelope.error).decode(errors='replace')}", _SAVE_AGAIN)
    return bytes(envelope.result)


def keys(text: bytes) -> frozenset[str] | None:
    """The keys of a JSON object, or None where the text is no object."""
    try:
        return frozenset(msgspec.json.decode(text, type=dict[str, msgspec.Raw]))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def first(text: bytes) -> bytes | None:
    """The first element of a JSON array; empty for an empty array, None where the text is no array."""
    try:
        elements = msgspec.json.decode(text, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return bytes(elements[0]) if elements else b""


def each(label: str, text: bytes) -> Iterator[bytes]:
    """The elements of a JSON array, or the one object, or the lines of a file with one JSON value on each."""
    stripped = text.strip()
    if stripped.startswith(b"["):
        yield from (bytes(raw) for raw in decode(label, stripped, list[msgspec.Raw]))
        return
    try:
        msgspec.json.decode(stripped, type=msgspec.Raw)
        yield stripped
    except (msgspec.DecodeError, UnicodeDecodeError):
        yield from (line for line in stripped.splitlines() if line.strip())


def decode(label: str, text: bytes, kind: type[T], row: int | None = None, remedy: str = _SAVE_AGAIN) -> T:
    """The JSON ``text`` as ``kind``; RecordsError names the row (the element of the array, from 1) and the column (its key)."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        said = str(error)
        place = _PLACE.search(said)
        steps = _STEP.findall(place[1]) if place else []
        index = next((int(number) + 1 for number, _ in steps if number), None)
        column = ".".join(name for _, name in steps if name) or None
        problem = _PLACE.sub("", said)
        problem = f"is not what the node answers: {problem[:1].lower()}{problem[1:]}"
        raise RecordsError(label, problem, remedy, row=row if row is not None else index, column=column) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordsError(label, f"is not JSON: {error}", remedy, row=row) from None


def plainly(text: bytes) -> Any:
    """A JSON value for a message or a small answer, decimals exact."""
    from decimal import Decimal

    return msgspec.json.Decoder(float_hook=Decimal).decode(text)
