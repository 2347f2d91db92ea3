"""The addresses a client has paid before, kept so that a new one is compared with those it could be mistaken for, and no others."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sekisho.records.addresses import Address
from sekisho.records.addresses.networks import BITCOIN_CASH
from sekisho.records.addresses.reading import legacy_of
from sekisho.records.addresses.written import plain
from sekisho.typologies.addresses.resemblance import SHOWN, Digits, agreeing, alike, chance_of, digits_of


class Resemblance(NamedTuple):
    """An address of the book that another looks like.

    ``first`` and ``last`` are the characters that agree at the beginning and the end, the fixed part (``0x``, ``bc1q``) left out;
    ``chance`` is how many of the book's addresses an ordinary new address would resemble as much (exact to a few per cent, so a
    float); ``tag`` where the address is the same and only the destination tag looks alike.
    """

    known: Address
    first: int
    last: int
    bits: float
    chance: float
    tag: bool = False


class AddressBook:
    """One index for the gate, which adds an address at a time, and for a check in bulk; a look-up touches few entries of any book.

    Compared are addresses of one kind that agree in their first four characters (three of Bech32 and Base58), in as many last
    ones, or in two on each side: whatever agrees without a gap and is worth a warning does.
    """

    __slots__ = ("_accounts", "_digits", "_kinds", "_near", "_normal")

    def __init__(self, addresses: Iterable[Address] = ()) -> None:
        self._normal: dict[str, Address] = {}
        self._accounts: dict[str, list[Address]] = {}
        self._near: dict[str, list[tuple[str, Address]]] = {}
        self._kinds: Counter[str] = Counter()
        self._digits: dict[str, str] = {}
        for address in addresses:
            self.add(address)

    def __len__(self) -> int:
        return len(self._normal)

    def __iter__(self) -> Iterator[Address]:
        return iter(self._normal.values())

    def __contains__(self, address: Address) -> bool:
        return address.normal in self._normal

    def known(self, address: Address, any_network: bool = False) -> Address | None:
        """The entry for the same destination; ``any_network``: or the same key on Bitcoin, written as a CashAddr."""
        known = self._normal.get(address.normal)
        if known is None and any_network and address.network == BITCOIN_CASH:
            known = self._normal.get(legacy_of(address))
        return known

    def add(self, address: Address) -> None:
        """Learn an address that the client has paid; one that is known already changes nothing."""
        if address.normal in self._normal:
            return
        self._normal[address.normal] = address
        same = self._accounts.setdefault(address.account, [])
        same.append(address)
        if len(same) > 1:
            return
        kind, core, keys = _keys(address)
        if len(core) < _SHORTEST:
            return
        self._kinds[kind] += 1
        self._digits[kind] = address.digits
        entry = (core, address)
        for key in keys:
            self._near.setdefault(key, []).append(entry)

    def tags_of(self, account: str) -> tuple[str | None, ...]:
        """The tags under which an account is known, in the order learnt; empty for one that is not known."""
        return tuple(known.tag for known in self._accounts.get(account, ()))

    def nearest(self, address: Address, bits_min: float) -> Resemblance | None:
        """The known address that this one looks most like, with at least so many bits; None for a known one, or where none does."""
        if address.normal in self._normal:
            return None
        same = self._accounts.get(address.account)
        if same is not None:
            return _nearest_tag(address, same)
        kind, core, keys = _keys(address)
        if len(core) < _SHORTEST:
            return None
        found: Resemblance | None = None
        for key, places in zip(keys, _PLACES[_HEAD[address.digits]], strict=True):
            for its, known in self._near.get(key, ()):
                if places is not None:
                    a, b, c, d = places
                    if core[a] != its[a] and core[b] != its[b] and core[c] != its[c] and core[d] != its[d]:
                        continue
                one = self._compared(address, known, kind, bits_min)
                if one is not None and (found is None or one.bits > found.bits):
                    found = one
        return found

    def nearest_text(self, text: str, bits_min: float) -> Resemblance | None:
        """The known address that a text looks most like which is no address itself, such as one with a character mistyped."""
        text = plain(text)[0]
        found: Resemblance | None = None
        for kind, digits in self._digits.items():
            fixed = 0 if kind in _HEAD else len(kind)
            if len(text) - fixed < SHOWN or text[:fixed].lower() != kind[:fixed].lower():
                continue
            account = text if digits == "base58" else text.lower()
            one = self.nearest(Address("unknown", "text", account, None, fixed, digits), bits_min)
            if one is not None and (found is None or one.bits > found.bits):
                found = one
        return found

    def _compared(self, address: Address, known: Address, kind: str, bits_min: float) -> Resemblance | None:
        digits = digits_of(known.digits, known.account[: known.fixed])
        score = alike(known, address, digits, bits_min)
        if score is None:
            return None
        head_bits_max = self._told_by_beginning(known, score.first, digits)
        if head_bits_max < math.inf:
            score = alike(known, address, digits, bits_min, head_bits_max)
            if score is None:
                return None
        chance = self._kinds[kind] * chance_of(score.bits, digits)
        return Resemblance(known, score.first, score.last, score.bits, chance)

    def _told_by_beginning(self, known: Address, first: int, digits: Digits) -> float:
        """Bits that the first characters can speak for at most, where several others of the book begin so but end otherwise."""
        if first < _HEAD[known.digits]:
            return math.inf
        kind, core, keys = _keys(known)
        others = [other for other, each in self._near[keys[0]] if each is not known and other[-2:] != core[-2:]]
        if len(others) < _SHARING_MIN:
            return math.inf
        lengths = sorted((min(first, agreeing(core, other)) for other in others), reverse=True)
        told = (
            max(0.0, math.log2(self._kinds[kind] / (sharing + 1))) + (first - length) * digits.agrees
            for sharing, length in enumerate(lengths, 1)
            if sharing >= _SHARING_MIN
        )
        return min(told)


_SHARING_MIN = 2
"""One other address with the same beginning may be chance, or a look-alike that was paid."""
_HEAD = {"hex": 4, "bech32": 3, "base32": 3, "base58": 3, "text": 3}
"""Characters of a key at one side; about 16 bits."""


_SHORTEST = 12
"""A text shorter than this without its fixed part has no two ends to compare."""
_PLACES = {size: ((size, size + 1, -1, -2), (0, 1, -size - 1, -size - 2), None) for size in (3, 4)}
"""For a key of first (last) characters, where else two addresses must agree somewhere: reading stops where two in a row differ."""


def _keys(address: Address) -> tuple[str, str, tuple[str, str, str]]:
    """The kind, compared with itself only; the digits without case; keys of first, of last, and of two characters each."""
    account, fixed, digits = address.account, address.fixed, address.digits
    core = account[fixed:]
    if digits == "base58":
        core = core.lower()
    kind, size = account[:fixed] or digits, _HEAD[digits]
    return kind, core, (f"{kind}<{core[:size]}", f"{kind}>{core[-size:]}", f"{kind}={core[:2]}{core[-2:]}")


def _nearest_tag(address: Address, same: list[Address]) -> Resemblance | None:
    """The same account under a tag that looks like a known one: an account at the same exchange that may be another's."""
    if address.tag is None:
        return None
    found: Resemblance | None = None
    for known in same:
        if known.tag is None:
            continue
        chance = len(same) * _tag_chance(known.tag, address.tag)
        if found is None or chance < found.chance:
            a, b = known.tag, address.tag
            found = Resemblance(known, agreeing(a, b), agreeing(a[::-1], b[::-1]), -math.log2(chance), chance, True)
    return found


def _tag_chance(known: str, other: str) -> float:
    """How likely a tag drawn at random differs from a known one in as few places (or in a digit left out, added or swapped)."""
    size = len(known)
    total = 10.0**size
    if len(other) == size:
        differing = sum(x != y for x, y in zip(known, other, strict=True))
        return sum(math.comb(size, d) * 9.0**d for d in range(differing + 1)) / total
    if abs(len(other) - size) == 1:
        longer, shorter = sorted((known, other), key=len, reverse=True)
        if any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer))):
            return 20.0 * size / total
    return 1.0
