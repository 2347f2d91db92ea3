"""The GLEIF Registration Authorities List, against which C10 is checked; without it C10 is said to be not checked."""

from __future__ import annotations

import csv
import io
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

CODE = re.compile(r"RA[0-9]{6}")
_IN_DATA = Path("transfers/ivms101/trisa/gleif/registrationAuthorities.json")
_COLUMNS = ("option", "Registration Authority Code", "registration_authority_code", "code")


class AuthoritiesError(Exception):
    """The file cannot be read as a list of registration authorities: what, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Authorities:
    """The codes of the list, and the file they come from."""

    codes: frozenset[str]
    source: str


def find_authorities(file: Path | None) -> Authorities | None:
    """The list the caller names, or the one under ``SEKISHO_DATA``; None where there is neither."""
    if file is not None:
        return read_authorities(file)
    folder = os.environ.get("SEKISHO_DATA")
    kept = Path(folder) / _IN_DATA if folder else None
    return read_authorities(kept) if kept is not None and kept.is_file() else None


def read_authorities(file: Path) -> Authorities:
    """A JSON list of objects, or GLEIF's own CSV; the code stands under one of the usual names. Raises AuthoritiesError."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise AuthoritiesError(f"{file}: cannot be read as a list of registration authorities: {error}") from None
    rows = _json_rows(text, file) if text.lstrip().startswith("[") else list(csv.DictReader(io.StringIO(text)))
    codes = frozenset(str(row[name]) for row in rows for name in _COLUMNS if isinstance(row, dict) and row.get(name))
    bad = sorted(code for code in codes if not CODE.fullmatch(code))
    if not codes or bad:
        what = f"{bad[0]!r} is not RA and six digits" if bad else f"no column is named {', '.join(_COLUMNS)}"
        raise AuthoritiesError(
            f"{file}: {what}; give GLEIF's Registration Authorities List as CSV, or as JSON with the key 'option'"
        )
    return Authorities(codes, str(file))


def _json_rows(text: str, file: Path) -> list[Any]:
    try:
        return msgspec.json.decode(text, type=list[Any])
    except msgspec.DecodeError as error:
        raise AuthoritiesError(f"{file}: {error}") from None
