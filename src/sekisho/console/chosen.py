"""What a console is told before it starts: one settings file, each setting with its meaning; errors name the setting."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from sekisho.records import RecordsError

VARIABLE: Final = "SEKISHO_CONSOLE"


class Oidc(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Login through an OpenID provider. Nobody gets an account by it: the person must have one under the same ``email``."""

    issuer: str
    client_id: str
    client_secret_file: Path
    authorization_endpoint: str
    token_endpoint: str
    user_endpoint: str
    jwks_endpoint: str


class GateLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the gate is: its journal, read; and its address with the key of a caller, to tell it what people decided."""

    journal: str
    url: str | None = None
    key: Path | None = None


class Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The settings of a console. Paths are relative to the file they stand in.

    ``database`` is an SQLite file or ``postgresql://…`` (schema sekisho_office unless ``#NAME`` follows); ``heads`` is the file
    outside the database in which the last entry of the journal is written down after every commit.
    """

    database: str = "office.sqlite"
    heads: Path = Path("office.heads")
    secret_file: Path = Path("office.secret")
    files: Path = Path("office-files")
    books: Path | None = None
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    secure: bool = False
    second_factor: bool = True
    gate: GateLink | None = None
    oidc: Oidc | None = None


def read_chosen(file: Path | None = None) -> tuple[Chosen, Path]:
    """The settings in a file (default: the one ``SEKISHO_CONSOLE`` names; without, all defaults) and the folder paths start from.

    Raises ``RecordsError`` naming the file and the setting.
    """
    named = os.environ.get(VARIABLE)
    file = file or (Path(named) if named else None)
    if file is None:
        return Chosen(), Path.cwd()
    try:
        return msgspec.toml.decode(file.read_bytes(), type=Chosen, dec_hook=_path), file.resolve().parent
    except OSError as error:
        raise RecordsError(str(file), f"cannot be read: {error.strerror}", "give the console's settings file") from None
    except msgspec.MsgspecError as error:
        raise RecordsError(str(file), str(error), "docs/console.md lists the settings") from None


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise TypeError(f"{value!r} is not a {kind.__name__}")


def written(chosen: Chosen) -> bytes:
    """The settings as TOML."""
    return msgspec.toml.encode(chosen, enc_hook=str)
