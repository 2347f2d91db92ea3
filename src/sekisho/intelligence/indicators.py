"""Indicators as entries of lists: the addresses, domains and URLs a STIX pattern names by themselves, with validity and marking.

An entry is made only of what alone satisfies the pattern: a value compared with ``=`` or ``IN``, joined with others by OR. A value
that counts only together with another, in an order, or not at all (NOT) names nobody by itself and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from stix2.pattern_visitor import create_pattern_object
from stix2.patterns import (
    EqualityComparisonExpression,
    InComparisonExpression,
    ListConstant,
    ObservationExpression,
    OrBooleanExpression,
    OrObservationExpression,
    ParentheticalExpression,
    StringConstant,
)

WALLET = "x-cryptocurrency-wallet"
"""The type of observable Sekisho writes for an address on a chain; what it reads is wider."""

_WALLET_TYPES = re.compile(
    r"(?:x-)?(?:[a-z0-9]+-)*?(?:crypto|cryptocurrency|crypto-?currency|crypto-?asset|virtual-?asset|virtual-?currency|blockchain|bitcoin|btc|ethereum|eth)"
    r"-?(?:wallet|address|account)(?:-[a-z0-9]+)*"
)
_WALLET_PROPERTIES = frozenset({"address", "value", "wallet_address", "addresses", "account_id", "hash"})
_ASSET_PROPERTIES = ("asset", "currency", "currency_code", "symbol", "blockchain", "chain", "coin")


class Named(NamedTuple):
    """Something a pattern names by itself: an address, a domain or a url."""

    entry_kind: str
    value: str


class Entry(NamedTuple):
    """One entry of a list made from an indicator. Times are as STIX writes them."""

    entry_kind: str
    value: str
    category: str
    subject: str | None
    reference: str
    confidence: int | None
    valid_from: str | None
    valid_until: str | None
    marking: str


def named(pattern: str) -> tuple[Named, ...]:
    """What a pattern names by itself, in order; empty for a pattern that names nothing usable."""
    try:
        tree = create_pattern_object(pattern, version="2.1")
    except Exception:
        return ()
    return tuple(dict.fromkeys(_named(tree)))


def _named(node: Any) -> Iterator[Named]:
    if isinstance(node, OrObservationExpression | OrBooleanExpression):
        for each in node.operands:
            yield from _named(each)
    elif isinstance(node, ObservationExpression):
        yield from _named(node.operand)
    elif isinstance(node, ParentheticalExpression):
        yield from _named(node.expression)
    elif isinstance(node, EqualityComparisonExpression | InComparisonExpression) and not node.negated:
        yield from _compared(node)


def _compared(node: Any) -> Iterator[Named]:
    path = [str(step.property_name) for step in node.lhs.property_path]
    kind = entry_kind_of(str(node.lhs.object_type_name), path[0] if len(path) == 1 else "")
    if kind is None:
        return
    constants = node.rhs.value if isinstance(node.rhs, ListConstant) else [node.rhs]
    for constant in constants:
        if isinstance(constant, StringConstant) and constant.value.strip():
            yield Named(kind, unescaped(constant.value))


def unescaped(text: str) -> str:
    """A string of a pattern without the backslashes that protect quotes and backslashes in it."""
    return re.sub(r"\\(['\\])", r"\1", text)


def escaped(text: str) -> str:
    """A string as a pattern writes it between quotes."""
    return text.replace("\\", "\\\\").replace("'", "\\'")


def entry_kind_of(object_type: str, name: str) -> str | None:
    """What a property of a type of observable is on a list: an address, a domain, a url; None where it is none of them."""
    if _WALLET_TYPES.fullmatch(object_type) and name in _WALLET_PROPERTIES:
        return "address"
    return {"domain-name": "domain", "url": "url"}.get(object_type) if name == "value" else None


def entries_of(indicator: Mapping[str, Any], marking: str) -> Iterator[Entry]:
    """The entries an indicator makes; none where it was revoked or its pattern is of another language."""
    if indicator.get("revoked") is True or indicator.get("pattern_type") != "stix":
        return
    for one in named(str(indicator.get("pattern", ""))):
        yield Entry(
            one.entry_kind,
            one.value,
            category_of(indicator),
            _text(indicator.get("name")),
            str(indicator["id"]),
            indicator.get("confidence"),
            _text(indicator.get("valid_from")),
            _text(indicator.get("valid_until")),
            marking,
        )


def category_of(indicator: Mapping[str, Any]) -> str:
    """The category of an indicator: its first label, else its first type, else malicious-activity."""
    for name in ("labels", "indicator_types"):
        words = indicator.get(name)
        if isinstance(words, list) and words and isinstance(words[0], str):
            return words[0]
    return "malicious-activity"


def asset_of(observable: Mapping[str, Any]) -> str | None:
    """The asset a wallet observable names, under whatever property; None where it names none."""
    words: Iterable[Any] = (observable.get(name) for name in _ASSET_PROPERTIES)
    return next((word for word in words if isinstance(word, str) and word), None)


def stix_moment(text: str) -> datetime:
    """A timestamp of STIX as a moment in UTC; digits beyond the microsecond are cut."""
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d*Z$", r"\1Z", text).replace("Z", "+00:00"))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
