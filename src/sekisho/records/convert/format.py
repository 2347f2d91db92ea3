"""What a converter is: a source in, a records folder out, and an account of what was decided on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from sekisho.records.errors import RecordsError


class Option(NamedTuple):
    """One choice a format leaves to the user: the value it takes unless told otherwise, and what it decides."""

    default: str
    meaning: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """The choices made for one conversion. ``progress`` is told each step.

    ``mapping`` is the mapping file, ``wallets`` the firm's wallets, ``tokens`` the list of token contracts.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    mapping: Path | None = None
    progress: Callable[[str], None] = lambda step: None
    wallets: Path | None = None
    tokens: Path | None = None

    def __getitem__(self, name: str) -> str:
        return self.values[name]


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a conversion wrote: rows of each table, and one sentence for everything that was not carried over one to one."""

    rows: Mapping[str, int]
    notes: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    sources: tuple[Path, ...] = ()


class Format(Protocol):
    """A module of ``sekisho.records.convert.formats``."""

    NAME: str
    DESCRIPTION: str
    OPTIONS: Mapping[str, Option]
    # TAKES: the files besides the source that it reads, of "wallets" and "tokens"; none where a module has no TAKES.

    def convert(self, source: Path, out: Path, options: Options) -> Conversion:
        """Read ``source`` and write record tables into the existing, empty folder ``out``."""


def chosen(format_: Format, given: Mapping[str, str]) -> dict[str, str]:
    """The options of a format with the given ones in place; refuses an unknown name or word."""
    for name, value in given.items():
        option = format_.OPTIONS.get(name)
        if option is None:
            known = ", ".join(sorted(format_.OPTIONS)) or "none"
            raise RecordsError(f"option {name}", f"is not one that {format_.NAME} knows", f"its options are: {known}")
        if option.values and value not in option.values:
            raise RecordsError(f"option {name}", f"'{value}' is none of its words", f"choose {' or '.join(option.values)}")
    return {name: given.get(name, option.default) for name, option in format_.OPTIONS.items()}


def refuse_unused(format_: Format, options: Options) -> None:
    """Refuse a file that the format would not read: whoever gave it expects it to count."""
    for name, path in (("wallets", options.wallets), ("tokens", options.tokens)):
        if path is not None and name not in getattr(format_, "TAKES", ()):
            raise RecordsError(f"--{name}", f"is not read by {format_.NAME}", "leave it out, or choose a format of balances")
