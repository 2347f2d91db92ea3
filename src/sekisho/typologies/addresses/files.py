"""Reads a book of addresses and the payments asked for from CSV; bad input is one error with file, row, column and remedy."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from sekisho.records import RecordsError
from sekisho.records.addresses import AddressError, read_address
from sekisho.records.csv_text import LINE_BYTES_MAX, check_text
from sekisho.typologies.addresses.checking import Books, Candidate

NAMES = {
    "client_id": ("client_id", "account_id", "victim", "victim_id", "victim_addr", "victim_address", "client", "customer_id"),
    "address": ("address", "candidate", "destination", "candidate_address", "to_address", "known_address"),
    "asset": ("asset", "currency"),
    "network": ("network", "chain"),
    "tag": ("tag", "destination_tag", "address_tag", "memo"),
    "value_jpy": ("value_jpy",),
    "inbound": ("inbound",),
    "id": ("id", "candidate_id", "transfer_id"),
}
"""Columns by the names they go under; the first is ours. Only ``address`` is needed, other columns are left alone."""

INBOUND = {"": False, "none": False, "ordinary": False, "dust": True, "zero_value": True, "counterfeit": True}
"""What the address sent the client before: nothing, ordinary amounts, or what poisoners send."""


class BookProblem(NamedTuple):
    """A row of the book that is no address: it was left out."""

    row: int
    address: str
    reason: str
    said_en: str
    said_ja: str


def read_books(file: Path) -> tuple[Books, list[BookProblem]]:
    """The books of a file, and the rows that hold no address. Raises RecordsError."""
    columns, rows = _rows(file)
    books, problems, count = Books("client_id" in columns), [], 0
    for number, cells in rows:
        count += 1
        text = cells[columns["address"]]
        asset, network, tag = (_cell(cells, columns, name) for name in ("asset", "network", "tag"))
        try:
            address = read_address(text, asset=asset, network=network, tag=tag)
        except AddressError as error:
            if error.address is None:
                problems.append(BookProblem(number, text, error.reason, error.en, error.ja))
                continue
            address = error.address
        books.learn(_cell(cells, columns, "client_id"), address)
    if not count:
        raise RecordsError(file.name, "holds no row", "write one known address a row")
    return books, problems


def read_candidates(file: Path) -> list[Candidate]:
    """The payments asked for, in their order. Raises RecordsError."""
    columns, rows = _rows(file)
    candidates = []
    at = {name: columns.get(name) for name in NAMES}
    address_at = columns["address"]
    plain = at["value_jpy"] is None and at["inbound"] is None
    for number, cells in rows:
        value, dust = (None, False) if plain else (_value(file, number, cells, columns), _dust(file, number, cells, columns))
        candidates.append(
            Candidate(
                number,
                cells[address_at],
                _at(cells, at["id"]),
                _at(cells, at["client_id"]),
                _at(cells, at["asset"]),
                _at(cells, at["network"]),
                _at(cells, at["tag"]),
                value,
                dust,
            )
        )
    return candidates


def _rows(file: Path) -> tuple[dict[str, int], Iterator[tuple[int, list[str]]]]:
    """Where each column stands, and the rows with their numbers from 1."""
    try:
        check_text(file)
        with file.open(encoding="utf-8-sig", newline="") as text:
            header = next(csv.reader(text, strict=True), [])
    except csv.Error as error:
        raise RecordsError(file.name, f"the header cannot be read: {error}", "write one header row") from None
    except OSError as error:
        raise RecordsError(str(file), f"cannot be read: {error.strerror}", "check the path and its permissions") from None
    columns = _columns(file, [name.strip().lower() for name in header])
    return columns, _cells(file, len(header))


def _columns(file: Path, header: list[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for name, names in NAMES.items():
        given = [each for each in names if each in header]
        if given:
            if header.count(given[0]) > 1:
                raise RecordsError(file.name, "stands twice in the header", "keep one of them", column=given[0])
            columns[name] = header.index(given[0])
    if "address" not in columns:
        problem = f"has no column of addresses; its columns are {', '.join(header) or 'none'}"
        raise RecordsError(file.name, problem, "name the column 'address'", column="address")
    return columns


def _cells(file: Path, width: int) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(2 * LINE_BYTES_MAX)
    number = 0
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.reader(text, strict=True)
        next(rows)
        try:
            for cells in rows:
                if not cells and width > 1:
                    continue
                number += 1
                if len(cells) != width and (cells or width > 1):
                    problem = f"has {len(cells)} cells where the header has {width}"
                    raise RecordsError(file.name, problem, "quote cells that contain commas", row=number)
                yield number, cells or [""]
        except csv.Error as error:
            raise RecordsError(file.name, f"cannot be read: {error}", "close every quote", row=number + 1) from None


def _cell(cells: list[str], columns: dict[str, int], name: str) -> str | None:
    return _at(cells, columns.get(name))


def _at(cells: list[str], at: int | None) -> str | None:
    return None if at is None else cells[at].strip() or None


def _value(file: Path, number: int, cells: list[str], columns: dict[str, int]) -> Decimal | None:
    text = _cell(cells, columns, "value_jpy")
    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite() or value < 0:
        remedy = "write yen as a plain number such as 150000, or leave the cell empty"
        raise RecordsError(file.name, f"'{text[:40]}' is no amount of yen", remedy, row=number, column="value_jpy")
    return value


def _dust(file: Path, number: int, cells: list[str], columns: dict[str, int]) -> bool:
    text = (_cell(cells, columns, "inbound") or "").lower()
    if text not in INBOUND:
        remedy = f"write one of {', '.join(name for name in INBOUND if name)}, or leave the cell empty"
        raise RecordsError(file.name, f"'{text[:40]}' is not known", remedy, row=number, column="inbound")
    return INBOUND[text]
