"""Tokens: which contract is which asset. A token is known by its contract, never by the symbol it gives itself."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import NamedTuple

from sekisho.records.errors import RecordsError

_COLUMNS = ("asset", "contract", "decimals")
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_DECIMALS_MAX = 36


class Token(NamedTuple):
    """A token: the asset it is in the firm's books, its contract in small letters, and the places its unit has."""

    asset: str
    contract: str
    decimals: int


def read_tokens(path: Path) -> tuple[Token, ...]:
    """Read a CSV file with the columns asset, contract, decimals. Raises RecordsError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, strict=True))
    except OSError as error:
        raise RecordsError(str(path), f"cannot be read ({error.strerror})", "give a CSV file of tokens") from None
    except (UnicodeDecodeError, csv.Error):
        raise RecordsError(path.name, "is no UTF-8 CSV file", "save it as UTF-8 CSV") from None
    if not rows or sorted(rows[0]) != sorted(_COLUMNS):
        raise RecordsError(path.name, "has another header", f"its columns are {', '.join(_COLUMNS)}")
    found: list[Token] = []
    for row, cells in enumerate(rows[1:], 1):
        if len(cells) != len(_COLUMNS):
            raise RecordsError(path.name, f"has {len(cells)} cells", f"give {len(_COLUMNS)}", row=row)
        found.append(_token(dict(zip(rows[0], cells, strict=True)), path.name, row))
        for other in found[:-1]:
            if other.contract == found[-1].contract or other.asset == found[-1].asset:
                raise RecordsError(path.name, f"tells {other.asset} or its contract twice", "keep one row", row=row)
    return tuple(found)


def _token(cells: dict[str, str], label: str, row: int) -> Token:
    asset, contract, decimals = cells["asset"], cells["contract"].lower(), cells["decimals"]
    if not asset:
        raise RecordsError(label, "is empty", "name the asset as the wallets do", row=row, column="asset")
    if not _ADDRESS.fullmatch(contract):
        raise RecordsError(label, f"'{contract}' is no contract", "write 0x and 40 hexadecimal digits", row=row, column="contract")
    if not (decimals.isascii() and decimals.isdigit() and int(decimals) <= _DECIMALS_MAX):
        remedy = f"write a whole number up to {_DECIMALS_MAX}"
        raise RecordsError(label, f"'{decimals}' is no number of places", remedy, row=row, column="decimals")
    return Token(asset, contract, int(decimals))
