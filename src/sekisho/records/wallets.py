"""Wallets as the firm keeps them: which address of which asset is which wallet, so that what a chain shows can be booked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from sekisho.records import on_duckdb
from sekisho.records.checks import value_problems
from sekisho.records.errors import RecordsError
from sekisho.records.folder import Source, sources
from sekisho.records.reading import reading_of_csv, reading_of_parquet
from sekisho.records.tables import TABLES

_TABLE = TABLES["wallet"]
_CAPITALS = ("BC1", "TB1", "BCRT1")


@dataclass(frozen=True)
class WalletBook:
    """The table ``wallet`` of one file or records folder. ``label`` is what messages call it."""

    label: str
    path: Path
    table: pa.Table

    def of(self, asset: str) -> Mapping[str, str]:
        """The wallets of an asset: plain address to ``wallet_id``."""
        return self._by_asset.get(asset, {})

    def spelling(self, asset: str, address: str) -> str:
        """An address as the firm writes it for this asset, where it is one of the firm's; otherwise in its plain form."""
        plain = plain_address(address)
        return self._spellings.get((asset, plain), plain)

    @property
    def assets(self) -> tuple[str, ...]:
        """The assets that have a wallet."""
        return tuple(sorted(self._by_asset))

    @cached_property
    def _spellings(self) -> dict[tuple[str, str], str]:
        columns = (self.table[name].to_pylist() for name in ("asset", "address"))
        return {(asset, plain_address(address)): address for asset, address in zip(*columns, strict=True)}

    @cached_property
    def _by_asset(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        ids: set[str] = set()
        columns = (self.table[name].to_pylist() for name in ("wallet_id", "asset", "address"))
        for row, (wallet_id, asset, address) in enumerate(zip(*columns, strict=True), 1):
            if wallet_id in ids:
                raise RecordsError(self.label, f"'{wallet_id}' is there twice", "keep one row", row=row, column="wallet_id")
            ids.add(wallet_id)
            other = found.setdefault(asset, {}).setdefault(plain_address(address), wallet_id)
            if other != wallet_id:
                problem = f"'{address}' is the {asset} address of wallet '{other}' too: its coins would count twice"
                raise RecordsError(self.label, problem, "keep one row", row=row, column="address")
        return found


def plain_address(address: str) -> str:
    """An address in the form in which two spellings of it are equal: hexadecimal and segregated-witness ones in small letters."""
    upper = address.upper()
    either_case = upper.startswith("0X") or (address == upper and upper.startswith(_CAPITALS))
    return address.lower() if either_case else address


def read_wallets(path: Path) -> WalletBook:
    """Read the wallets from ``wallet.csv``, ``wallet.parquet`` or a records folder that holds one. Raises RecordsError."""
    source = _source(path)
    with TemporaryDirectory(prefix="sekisho-") as scratch:
        connection = on_duckdb.connect(Path(scratch))
        try:
            reading = reading_of_csv(source) if source.is_csv else reading_of_parquet(source)
            problems = value_problems(connection, reading, listed_max=1)
            if problems:
                raise problems[0].error()
            names = ", ".join(on_duckdb.quoted(c.name) for c in _TABLE.columns)
            query = f"SELECT {names} FROM (SELECT {reading.projection} FROM {reading.relation})"
            table = connection.con.sql(query).to_arrow_table()
        finally:
            connection.disconnect()
    if not table.num_rows:
        raise RecordsError(source.label, "holds no wallet", "list the wallets whose balances are wanted")
    book = WalletBook(source.label, path, table)
    book.of("")  # refuses wallets told twice before anything is asked of a node
    return book


def _source(path: Path) -> Source:
    if path.is_dir():
        found = next((s for s in sources(path) if s.table is _TABLE), None)
        if found is None:
            raise RecordsError(str(path), "holds no table wallet", "give a records folder with wallet.csv, or the file itself")
        return found
    if not path.is_file():
        raise RecordsError(str(path), "no such file or folder", "give wallet.csv, wallet.parquet or the records folder")
    if path.suffix not in (".csv", ".parquet"):
        raise RecordsError(path.name, "is neither CSV nor Parquet", "'sekisho records describe wallet' lists its columns")
    return Source(_TABLE, (path,), is_csv=path.suffix == ".csv")
