"""Lists of addresses with their balances, of any chain: CSV from an explorer, a custodian or a script, columns named by options."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from sekisho.records.convert.fields import quoted
from sekisho.records.convert.format import Conversion, Option, Options
from sekisho.records.convert.staging import Staging, read_header, shortened
from sekisho.records.errors import RecordsError
from sekisho.records.exact import exact_quantity, from_base_units, unix_seconds, utc_time
from sekisho.records.holdings import OPTIONS as BOOKING_OPTIONS
from sekisho.records.holdings import Covered, Held, booking_of, write_balances
from sekisho.records.tokens import Token, read_tokens
from sekisho.records.wallets import read_wallets

NAME = "balance-list"
DESCRIPTION = "Addresses with their balances (CSV): ether in wei or ether, ERC-20 tokens, or any other coin"
TAKES = ("wallets", "tokens")
OPTIONS = {
    "address": Option("address", "The column of the address"),
    "balance": Option("balance", "The column of the balance"),
    "unit": Option("whole", "What balances count: whole units, or 10^-N of one (wei: 18, gwei: 9, satoshi: 8)"),
    "asset": Option("ETH", "The asset of every row that names no other"),
    "asset_column": Option("", "The column of the asset, if the file has several"),
    "contract": Option("", "The column of the token's contract; the asset is then looked up in --tokens, an empty cell is asset"),
    "observed_at": Option("", "When: the time of the block, 2026-05-02T00:00:00Z"),
    "time_column": Option("", "The column of the time, instead of observed_at: with its offset, or whole Unix seconds"),
    **BOOKING_OPTIONS,
}

_UNITS = {"wei": 18, "gwei": 9, "ether": 0, "satoshi": 8, "whole": 0}
_WHOLE = re.compile(r"[0-9]{1,78}")


def convert(source: Path, out: Path, options: Options) -> Conversion:
    """Convert one CSV file."""
    book = read_wallets(options.wallets) if options.wallets else None
    booking = booking_of(options.values, book)
    reader = _Reader(source.name, options)
    with Staging(out) as staging:
        options.progress(f"reading {source.name}")
        plain = staging.plain(source)
        columns = reader.columns
        staging.raw_csv(source, plain, columns, delimiter=_delimiter(plain, source))
        texts = ", ".join(quoted(c) for c in columns)
        rows = staging.sql(f"SELECT row, {texts} FROM raw ORDER BY row").fetchall()
        held = [reader.held(row[0], dict(zip(columns, row[1:], strict=True))) for row in rows]
        until = dict.fromkeys(reader.assets, reader.fixed_at) if reader.fixed_at else {}
        for one in held:
            until[one.asset] = max(until.get(one.asset) or one.observed_at, one.observed_at)
        covered = Covered(source.name, {a: at for a, at in until.items() if at}, options["address"])
        notes, counts = write_balances(staging, held, booking, covered)
        return staging.conversion((reader.told, *notes), counts)


class _Reader:
    """What the options say of a row."""

    def __init__(self, label: str, options: Options) -> None:
        self.label, self.options = label, options
        self.tokens = {t.contract: t for t in read_tokens(options.tokens)} if options.tokens else {}
        if options["contract"] and not self.tokens:
            raise RecordsError("--tokens", "is missing", "list the contracts: a token is known by its contract, not by its symbol")
        if options["contract"] and options["asset_column"]:
            raise RecordsError("option asset_column", "says what contract says already", "leave one of the two out")
        self.places = _places(options["unit"])
        self.fixed_at = _fixed_time(label, options)
        self.told = f"Balances are in {options['unit']}; " + (
            "the time of observation stands in each row."
            if not self.fixed_at
            else f"the time, {options['observed_at']}, was given by hand."
        )

    @property
    def columns(self) -> list[str]:
        """The columns that are read."""
        names = (self.options[key] for key in ("address", "balance", "asset_column", "contract", "time_column"))
        return list(dict.fromkeys(name for name in names if name))

    @property
    def assets(self) -> set[str]:
        """The assets the file speaks of whatever its rows are."""
        return set() if self.options["asset_column"] else {self.options["asset"]}

    def held(self, row: int, cells: dict[str, str | None]) -> Held:
        address = self._text(row, cells, self.options["address"])
        asset, places = self._asset(row, cells)
        column = self.options["balance"]
        text = self._text(row, cells, column)
        if places:
            quantity = from_base_units(int(text), places) if _WHOLE.fullmatch(text) else None
            wanted = f"a whole number of units of 10^-{places} that fits twenty whole and eighteen decimal digits"
        else:
            quantity = exact_quantity(text)
            wanted = "a non-negative number of at most 20 whole and 18 decimal digits, without separators"
        if quantity is None:
            raise self._error(row, column, text, wanted)
        return Held(asset, address, self._time(row, cells), quantity, row)

    def _asset(self, row: int, cells: dict[str, str | None]) -> tuple[str, int]:
        if self.options["asset_column"]:
            return self._text(row, cells, self.options["asset_column"]), self.places
        contract = (cells.get(self.options["contract"]) or "").lower() if self.options["contract"] else ""
        if not contract:
            return self.options["asset"], self.places
        token: Token | None = self.tokens.get(contract)
        if token is None:
            raise self._error(row, self.options["contract"], contract, "a contract of the list of tokens")
        return token.asset, token.decimals if self.places else 0

    def _time(self, row: int, cells: dict[str, str | None]) -> datetime:
        if self.fixed_at is not None:
            return self.fixed_at
        column = self.options["time_column"]
        text = self._text(row, cells, column)
        at = unix_seconds(int(text)) if text.isascii() and text.isdigit() and len(text) < 12 else utc_time(text)
        if at is None:
            raise self._error(row, column, text, "a time with its offset (2026-05-02T00:00:00Z) or whole Unix seconds")
        return at

    def _text(self, row: int, cells: dict[str, str | None], column: str) -> str:
        text = cells[column]
        if text is None or not text.strip() or text != text.strip():
            raise self._error(row, column, text or "", "a text without spaces around it")
        return text

    def _error(self, row: int, column: str, text: str, wanted: str) -> RecordsError:
        return RecordsError(self.label, f"'{shortened(text)}' is not {wanted}", "correct or remove the row", row=row, column=column)


def _places(unit: str) -> int:
    if unit in _UNITS:
        return _UNITS[unit]
    if unit.isascii() and unit.isdigit() and int(unit) <= 36:
        return int(unit)
    raise RecordsError("option unit", f"'{unit}' is no unit", f"write {', '.join(_UNITS)} or a number of places")


def _fixed_time(label: str, options: Options) -> datetime | None:
    given = [name for name in ("observed_at", "time_column") if options[name]]
    if len(given) != 1:
        problem = "does not say when it was true" if not given else "has its time told twice"
        raise RecordsError(label, problem, "say one of observed_at=2026-05-02T00:00:00Z and time_column=NAME")
    if options["time_column"]:
        return None
    at = utc_time(options["observed_at"])
    if at is None:
        remedy = "write it as 2026-05-02T00:00:00Z"
        raise RecordsError("option observed_at", f"'{options['observed_at']}' is no time", remedy)
    return at


def _delimiter(plain: Path, source: Path) -> str:
    """A comma, or the semicolon or tab of a header that has no comma."""
    for mark in (",", ";", "\t"):
        if len(read_header(plain, source, mark)) > 1:
            return mark
    return ","
