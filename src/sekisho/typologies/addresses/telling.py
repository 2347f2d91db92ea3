"""How a verdict is told: as JSON, as a row of CSV, and as a line that shows where two addresses differ."""

from __future__ import annotations

import csv
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import msgspec
from rich.text import Text

from sekisho.records import RecordsError
from sekisho.records.addresses import Address
from sekisho.records.addresses.ethereum import checksummed
from sekisho.typologies.addresses.book import Resemblance
from sekisho.typologies.addresses.checking import Verdict


class Told(msgspec.Struct, frozen=True):
    """What is told of a candidate, in this order.

    ``normal`` is the one form of the address, ``resembles`` the known address that it is or looks like, ``score`` how far that is
    beyond chance in powers of ten; places are counted from 1 in the address.
    """

    row: int
    id: str | None
    client_id: str | None
    address: str
    verdict: str
    reason: str | None = None
    said_en: str | None = None
    said_ja: str | None = None
    network: str | None = None
    kind: str | None = None
    normal: str | None = None
    resembles: str | None = None
    score: float = 0.0
    chance: float | None = None
    matched_first: int | None = None
    matched_last: int | None = None
    differs_from: int | None = None
    differs_until: int | None = None
    value_jpy: Decimal | None = None
    notes: tuple[str, ...] = ()


COLUMNS = Told.__struct_fields__


def told(one: Verdict) -> Told:
    """One verdict as it is told."""
    given, read, found = one.candidate, one.read, one.resembles
    if read is None and one.wrong is not None:
        read = one.wrong.address
    said: dict[str, Any] = {}
    if one.wrong is not None:
        said = {"reason": one.wrong.reason, "said_en": one.wrong.en, "said_ja": one.wrong.ja}
    if read is not None:
        said |= {"network": read.network, "kind": read.kind, "normal": read.normal, "notes": read.notes}
    if one.known is not None:
        said["resembles"] = shown(one.known)
    if found is not None:
        said |= _resemblance(read, given.address, found)
        if one.verdict == "lookalike":
            said["reason"] = "tag" if found.tag else "address"
            said["said_en"], said["said_ja"] = sentence(said)
    return Told(given.row, given.id, given.client_id, given.address, one.verdict, value_jpy=given.value_jpy, **said)


def _resemblance(read: Address | None, text: str, found: Resemblance) -> dict[str, Any]:
    known, other = shown(found.known), shown(read) if read else text
    first, last = differing(known, other)
    return {
        "resembles": known,
        "score": score_of(found.chance),
        "chance": float(f"{found.chance:.3g}"),
        "matched_first": found.first,
        "matched_last": found.last,
        "differs_from": first,
        "differs_until": last,
    }


def score_of(chance: float) -> float:
    """Against chance, in powers of ten: 4 means that chance alone would do it once in 10,000 such checks."""
    return round(min(99.0, -math.log10(chance)), 2) if chance > 0 else 99.0


def sentence(said: dict[str, Any]) -> tuple[str, str]:
    """What a look-alike is told as, in English and Japanese."""
    places = f"{said['differs_from']} to {said['differs_until']}"
    return (
        f"looks like the known {said['resembles']} but is not: characters {places} differ",
        f"登録済みの{said['resembles']}に似ているが異なるアドレスである（{said['differs_from']}文字目から{said['differs_until']}文字目が相違）",
    )


def shown(address: Address) -> str:
    """An address as people should see it: Ethereum's with its checksum, others in their one form."""
    if address.digits == "hex":
        return checksummed(address.account[2:])
    return address.normal


def differing(known: str, other: str) -> tuple[int, int]:
    """First and last place, from 1, at which the second text differs from the first; letters' case aside for hexadecimal digits."""
    if known.startswith("0x"):
        known, other = known.lower(), other.lower()
    first = next((i for i, (x, y) in enumerate(zip(known, other, strict=False)) if x != y), min(len(known), len(other)))
    last = next((i for i, (x, y) in enumerate(zip(known[::-1], other[::-1], strict=False)) if x != y), min(len(known), len(other)))
    return first + 1, max(first + 1, len(other) - last)


def marked(known: str, other: str) -> tuple[Text, Text]:
    """Both texts, one below the other, with what differs set off."""
    first, last = differing(known, other)
    from_end = len(other) - last
    lines = []
    for text in (known, other):
        line = Text(text)
        line.stylize("bold red", first - 1, len(text) - from_end)
        lines.append(line)
    return lines[0], lines[1]


def write_json(stream: IO[str], head: dict[str, Any], verdicts: Iterable[Told]) -> None:
    """One object: the keys of ``head``, and ``verdicts``, one a line so that a million of them can be read as they come."""
    stream.write(json.dumps(head, ensure_ascii=False, indent=2)[:-2] + ',\n  "verdicts": [')
    encode = msgspec.json.Encoder().encode
    before = "\n    "
    for each in verdicts:
        stream.write(before + encode(each).decode())
        before = ",\n    "
    stream.write("\n  ]\n}\n" if before.startswith(",") else "]\n}\n")


def write_csv(stream: IO[str], verdicts: Iterable[Told]) -> None:
    """A row for each verdict, under the names of ``COLUMNS``; notes are joined by spaces."""
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(COLUMNS)
    for each in verdicts:
        cells = (" ".join(value) if isinstance(value, tuple) else value for value in msgspec.structs.astuple(each))
        rows.writerow(_harmless("" if cell is None else cell) for cell in cells)


def _harmless(cell: Any) -> Any:
    """A text that a spreadsheet would take for a formula, made plain text."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def written(file: Path, write: Callable[[IO[str]], None]) -> None:
    """Write a file whole or not at all. Raises RecordsError."""
    try:
        handle, name = tempfile.mkstemp(dir=file.parent or Path(), prefix=f".{file.name}.")
    except OSError as error:
        raise RecordsError(str(file), f"cannot be written: {error.strerror}", "give a file in a folder that exists") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            write(stream)
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise RecordsError(str(file), f"cannot be written: {error.strerror}", "check the disk and the folder") from None
        raise


__all__ = ["COLUMNS", "Told", "differing", "marked", "sentence", "shown", "told", "write_csv", "write_json", "written"]
