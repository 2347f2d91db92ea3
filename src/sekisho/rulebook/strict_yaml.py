"""YAML as a lawyer means it: no binary floats, no keys that turn into booleans, no duplicates, every error with its line.

PyYAML reads ``on:`` as ``True`` and ``0.05`` as a binary fraction. Here a number is an ``int`` or an exact ``Decimal``,
a day is a ``date``, and whatever could be read in two ways is refused with file and line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import yaml

_INTEGER = re.compile(r"[-+]?[0-9]+(_[0-9]{3})*$")
_DECIMAL = re.compile(r"[-+]?[0-9]+(_[0-9]{3})*\.[0-9]+$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9.]+[eE][-+]?[0-9]+|[0-9]+\.|\.(inf|Inf|INF))$|\.(nan|NaN|NAN)$")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}$")
_BOOLEAN_TRAPS = frozenset({"on", "off", "yes", "no", "y", "n"})
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same library's parser in C where it was built with it (six times as fast, same lines and values), else the one in Python."""

T = TypeVar("T")


class RulebookError(ValueError):
    """Something in the rulebook cannot be trusted; the message names file, line and remedy."""


class Mapped(dict[str, object]):
    """A mapping that knows the file and the line of each of its keys."""

    def __init__(self, file: Path, line: int) -> None:
        super().__init__()
        self.file = file
        self.line = line
        self.lines: dict[str, int] = {}


class Listed(list[object]):
    """A list that knows the file and the line of each of its entries."""

    def __init__(self, file: Path, line: int) -> None:
        super().__init__()
        self.file = file
        self.line = line
        self.lines: list[int] = []


def read_yaml(file: Path) -> object:
    """Read one YAML document strictly; raises RulebookError naming file and line."""
    try:
        text = file.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=_LOADER)
    except UnicodeDecodeError as error:
        raise RulebookError(f"{file}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RulebookError(f"{file}:{line}: not YAML: {error.problem}") from None
    if node is None:
        raise RulebookError(f"{file}:1: the file is empty")
    return _value(file, node)


def _value(file: Path, node: yaml.Node) -> object:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(file, node, line)
    if isinstance(node, yaml.SequenceNode):
        listed = Listed(file, line)
        for child in node.value:
            listed.append(_value(file, child))
            listed.lines.append(child.start_mark.line + 1)
        return listed
    assert isinstance(node, yaml.ScalarNode)
    return node.value if node.style else _plain(file, line, node.value)


def _mapping(file: Path, node: yaml.MappingNode, line: int) -> Mapped:
    mapped = Mapped(file, line)
    for key_node, value_node in node.value:
        key_line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise RulebookError(f"{file}:{key_line}: a key must be a word")
        key = key_node.value
        if not key_node.style and key.lower() in _BOOLEAN_TRAPS | {"true", "false", "null", "~"}:
            raise RulebookError(f"{file}:{key_line}: the key '{key}' is read as true or false by YAML; use another word")
        if key == "<<":
            raise RulebookError(f"{file}:{key_line}: merge keys hide what holds; write the values out")
        if key in mapped:
            raise RulebookError(f"{file}:{key_line}: the key '{key}' stands twice (first in line {mapped.lines[key]})")
        mapped[key] = _value(file, value_node)
        mapped.lines[key] = key_line
    return mapped


def _plain(file: Path, line: int, text: str) -> object:
    if text in ("null", "~", ""):
        return None
    if text in ("true", "false"):
        return text == "true"
    if text.lower() in _BOOLEAN_TRAPS | {"true", "false"}:
        raise RulebookError(f"{file}:{line}: '{text}' can be read as true or false; write true, false, or put it in quotes")
    if _INTEGER.match(text):
        return int(text.replace("_", ""))
    if _DECIMAL.match(text):
        return Decimal(text.replace("_", ""))
    if _FLOAT.match(text):
        raise RulebookError(f"{file}:{line}: '{text}' is a binary float; write it out as a decimal such as 0.05")
    if _DATE.match(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise RulebookError(f"{file}:{line}: '{text}' is not a day of the calendar") from None
    return text


class Reader:
    """Takes the known keys out of a mapping, one by one, and refuses what is left over."""

    def __init__(self, value: object, what: str, file: Path, line: int = 1) -> None:
        if not isinstance(value, Mapped):
            raise RulebookError(f"{file}:{line}: {what} must be a mapping (key: value)")
        self.mapped = value
        self.what = what
        self._left = dict(value)

    def where(self, key: str | None = None) -> str:
        """File and line of a key, or of the mapping itself."""
        line = self.mapped.lines.get(key, self.mapped.line) if key else self.mapped.line
        return f"{self.mapped.file}:{line}"

    def error(self, message: str, key: str | None = None) -> RulebookError:
        """An error that names the place of ``key``."""
        return RulebookError(f"{self.where(key)}: {message}")

    def take(self, key: str, kind: type[T]) -> T:
        """A key that must be there."""
        if key not in self._left:
            raise self.error(f"{self.what}: the key '{key}' is missing")
        return self._checked(key, kind)

    def take_or(self, key: str, kind: type[T], default: T) -> T:
        """A key that may be missing; ``default`` then."""
        return self._checked(key, kind) if key in self._left else default

    def maybe(self, key: str, kind: type[T]) -> T | None:
        """A key that may be missing or null."""
        if self._left.get(key) is None:
            self._left.pop(key, None)
            return None
        return self._checked(key, kind)

    def any(self, key: str) -> object:
        """A key that must be there, of any kind."""
        return self.take(key, object)

    def words(self, key: str, allowed: frozenset[str] | None = None, *, required: bool = False) -> tuple[str, ...]:
        """A list of words (a single word counts as a list of one)."""
        if key not in self._left:
            if required:
                raise self.error(f"{self.what}: the key '{key}' is missing")
            return ()
        value = self._left.pop(key)
        words = value if isinstance(value, list) else [value]
        for word in words:
            if not isinstance(word, str):
                raise self.error(f"{self.what}: '{key}' must be a list of words, not {word!r}", key)
            if allowed is not None and word not in allowed:
                raise self.error(f"{self.what}: '{word}' in '{key}' is not one of {', '.join(sorted(allowed))}", key)
        return tuple(words)

    def word(self, key: str, allowed: frozenset[str]) -> str:
        """One word out of a fixed set."""
        value = self.take(key, str)
        if value not in allowed:
            raise self.error(f"{self.what}: '{key}: {value}' is not one of {', '.join(sorted(allowed))}", key)
        return value

    def each(self, key: str, read: Callable[[Reader], T], *, what: str) -> tuple[T, ...]:
        """A list of mappings, each read by ``read``; missing counts as empty."""
        value = self._left.pop(key, None)
        if value is None:
            return ()
        if not isinstance(value, Listed):
            raise self.error(f"{self.what}: '{key}' must be a list", key)
        readers = [Reader(v, what, value.file, n) for v, n in zip(value, value.lines, strict=True)]
        return tuple(read_fully(reader, read) for reader in readers)

    def inside(self, key: str, what: str) -> Reader:
        """The mapping under ``key``."""
        line = self.mapped.lines.get(key, self.mapped.line)
        return Reader(self.take(key, object), what, self.mapped.file, line)

    def entries(self) -> Iterator[tuple[str, Reader]]:
        """Each key with the mapping under it, for mappings whose keys are names."""
        for key in list(self._left):
            yield key, self.inside(key, f"{self.what} '{key}'")

    def done(self) -> None:
        """Refuse every key that nobody took."""
        if self._left:
            key = next(iter(self._left))
            raise self.error(f"{self.what}: unknown key '{key}'", key)

    def _checked(self, key: str, kind: type[T]) -> T:
        value = self._left.pop(key)
        if kind is Decimal and isinstance(value, int) and not isinstance(value, bool):
            value = Decimal(value)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.error(f"{self.what}: '{key}' must be {_KIND_NAMES.get(kind, kind.__name__)}, not {value!r}", key)
        return value


_KIND_NAMES: Mapping[type, str] = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    date: "a day (2026-05-02)",
    Decimal: "a number",
}


def read_fully(reader: Reader, read: Callable[[Reader], T]) -> T:
    """Read one mapping and refuse what is left over."""
    result = read(reader)
    reader.done()
    return result
