"""What a console is told before it starts: one settings file, each setting with its meaning; errors name the setting."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

import msgspec

from sekisho.records import RecordsError

VARIABLE: Final = "SEKISHO_CONSOLE"


class Oidc(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Login through an OpenID provider. Nobody gets an account by it: the person must have one under the same ``email``.

    ``second_factor_by`` are values of ``amr`` or ``acr`` that say the provider asked for a second factor; without one we ask ours.
    """

    issuer: str
    client_id: str
    client_secret_file: Path
    authorization_endpoint: str
    token_endpoint: str
    user_endpoint: str
    jwks_endpoint: str
    algorithm: str = "RS256"
    second_factor_by: tuple[str, ...] = ("mfa",)


class GateLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the gate is: its journal, read; its address and the keys of those who tell it what they decided.

    ``keys`` is a folder with one key for each person, PARTY_ID.pem (``sekisho caller add``): the gate takes an act only from whom
    it is, so each acts with a key of his own. ``ca`` is the authority of the gate's certificate where the system does not know it.
    """

    journal: str
    url: str | None = None
    keys: Path | None = None
    ca: Path | None = None


class Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The settings of a console. Paths are relative to the file they stand in.

    ``database`` is an SQLite file or ``postgresql://…`` (schema sekisho_office unless ``#NAME`` follows); ``heads`` is the file
    outside the database in which the last entry of the journal is written down after every commit. Who does nothing for
    ``idle_minutes`` is signed out. ``proof`` is the folder in which the last proof of liabilities was published.
    """

    database: str = "office.sqlite"
    heads: Path = Path("office.heads")
    secret_file: Path = Path("office.secret")
    files: Path = Path("office-files")
    books: Path | None = None
    proof: Path | None = None
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    secure: bool = False
    second_factor: bool = True
    idle_minutes: int = 15
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
    """The settings as TOML: what stands alone first, then the sections; what is not set is left out."""
    told = msgspec.to_builtins(chosen, enc_hook=str)
    lines = [_line(name, value) for name, value in told.items() if value is not None and not isinstance(value, dict)]
    for section, values in told.items():
        if isinstance(values, dict):
            lines += ["", f"[{section}]", *(_line(name, value) for name, value in values.items() if value is not None)]
    return ("\n".join(lines) + "\n").encode()


def _line(name: str, value: object) -> str:
    """One setting; strings, truth values and lists of strings are written in TOML as in JSON."""
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"
