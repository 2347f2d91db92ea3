"""How much two addresses look alike, in bits, and how often chance alone would make an address look that much like one of a book.

People compare the first and the last characters. Whoever makes a look-alike tries keys until these agree, so each character that
agrees speaks for intent by the logarithm of how rare it is by chance (a likelihood ratio, in bits), and one that differs speaks
against it. Because addresses are hashes, the chance of every outcome is known, and with it how many of a book's addresses an
ordinary new address would resemble as much: that number, not the count of characters, is what an alert is judged by.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from functools import cache
from typing import NamedTuple

from sekisho.records.addresses import Address

SHOWN = 10
"""Characters looked at on each side: more than any wallet shows."""

_MEANT, _OTHER_CASE = 0.97, 0.05
"""How often a look-alike has the character it aims at, and how often the same letter in the other case where there are two."""
_HEAD_ALONE = ((3.0, 6.0), (7.0, 5.0), (11.0, 1.0))
_TAIL_ALONE = ((3.0, 4.0), (7.0, 2.0), (11.0, 1.0))
"""A look-alike that agrees on one side only deceives fewer people: below so many bits on its other side it counts that much less.
More so where only the beginning agrees, because firms choose beginnings for their addresses."""
_SAME = 1e-6
"""Sides whose bits differ by less are equally strong."""
_RUN_MIN, _RUN_BITS = 4, 9.0
"""Addresses chosen for their beauty: of 8,709 labelled Ethereum addresses 1 in 450 begins with six or more equal digits."""


class Digits(NamedTuple):
    """The characters of a kind of address, and what each speaks for, in bits.

    ``first`` is the one after the fixed part, ``letter`` any other; ``first_bits`` and ``letter_bits`` say how rare their agreement
    is by chance, ``first_agrees`` and ``agrees`` what it speaks for, ``other_case`` the same letter in the other case (None where
    case says nothing), ``differs`` (below zero) another character.
    """

    first_bits: float
    letter_bits: float
    first_agrees: float
    agrees: float
    differs: float
    other_case: float | None


_LETTERS = {"hex": 16, "bech32": 32, "base32": 32, "base58": 58, "text": 32}


@cache
def digits_of(kind: str, fixed: str) -> Digits:
    """The digits of addresses that all begin with ``fixed``; the first one after it often has few values."""
    letters = _LETTERS[kind]
    if kind == "hex":
        first = 4.0
    elif kind == "base58":
        # A version byte and 24 bytes more leave about 23 values to the second character; 32 bytes leave 17 to the first.
        first = 4.1 if not fixed else 4.5 if len(fixed) <= 2 else 0.0
    elif kind == "text":
        first = 0.0
    else:
        first = 2.0 if kind == "base32" or fixed.startswith(("bitcoincash:", "addr1")) else 5.0
    two_cases = kind == "base58"
    agrees = math.log2(letters * (_MEANT - (_OTHER_CASE if two_cases else 0)))
    return Digits(
        first_bits=first,
        letter_bits=math.log2(letters),
        first_agrees=max(0.0, agrees + first - math.log2(letters)),
        agrees=agrees,
        differs=math.log2((1 - _MEANT) / (1 - (2 if two_cases else 1) / letters)),
        other_case=math.log2(letters * _OTHER_CASE) if two_cases else None,
    )


class Alike(NamedTuple):
    """``bits`` speak for intent; ``first`` and ``last`` are the characters that agree without a gap, the fixed part left out."""

    bits: float
    first: int
    last: int


def alike(one: Address, other: Address, digits: Digits, bits_min: float, head_bits_max: float = math.inf) -> Alike | None:
    """How much two addresses of one kind look alike; None below ``bits_min``; ``head_bits_max`` where many share the beginning."""
    a, b = one.account[one.fixed :], other.account[other.fixed :]
    a_back, b_back = a[: -SHOWN - 1 : -1], b[: -SHOWN - 1 : -1]
    head = _side(a[:SHOWN], b[:SHOWN], digits, digits.first_agrees)
    tail = _side(a_back, b_back, digits, digits.agrees)
    if _joined(head, tail) < bits_min:
        return None
    first, last = agreeing(a, b), agreeing(a[::-1], b[::-1])
    head = min(head - _bits_of_runs(a[:first], digits), head_bits_max)
    tail -= _bits_of_runs(a_back[:last], digits)
    bits = _joined(head, tail)
    return Alike(bits, first, last) if bits >= bits_min else None


def _joined(head: float, tail: float) -> float:
    weaker, alone = (tail, _HEAD_ALONE) if tail < head - _SAME else (head, _TAIL_ALONE)
    for below, less in alone:
        if weaker < below:
            return head + tail - less
    return head + tail


def agreeing(a: str, b: str) -> int:
    """How many characters agree from the beginning on."""
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        count += 1
    return count


def _side(a: str, b: str, digits: Digits, step: float) -> float:
    """Bits of one side, read from the edge inwards as far as that adds to them: past one character that differs, not past two."""
    _first, _letter, _first_agrees, agrees, differs, other_case = digits
    best = bits = 0.0
    differed = False
    for x, y in zip(a, b, strict=False):
        if x == y:
            bits += step
            differed = False
            if bits > best:
                best = bits
        elif other_case is not None and x.lower() == y.lower():
            bits += other_case
            differed = False
            if bits > best:
                best = bits
        elif differed:
            break
        else:
            bits += differs
            differed = True
        step = agrees
    return best


def _bits_of_runs(text: str, digits: Digits) -> float:
    """What runs of one character, or of neighbours such as 123456, speak for less: many choose them for their beauty."""
    less, at = 0.0, 0
    while at + _RUN_MIN <= len(text):
        step = ord(text[at + 1]) - ord(text[at])
        until = at + 2
        while until < len(text) and ord(text[until]) - ord(text[until - 1]) == step:
            until += 1
        if step in (-1, 0, 1) and until - at >= _RUN_MIN:
            less += max(0.0, (until - at) * digits.agrees - _RUN_BITS)
            at = until
        else:
            at += 1
    return less


@cache
def _chances(digits: Digits) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Scores in rising order, and for each how likely two addresses that have nothing to do with one another reach it."""
    head = _side_chances(digits, digits.first_bits, digits.first_agrees)
    tail = _side_chances(digits, digits.letter_bits, digits.agrees)
    together: dict[float, float] = defaultdict(float)
    for head_bits, head_chance in head.items():
        for tail_bits, tail_chance in tail.items():
            together[round(_joined(head_bits, tail_bits), 3)] += head_chance * tail_chance
    scores = sorted(together)
    reached, sums = 0.0, []
    for score in reversed(scores):
        reached += together[score]
        sums.append(reached)
    return tuple(scores), tuple(reversed(sums))


def _side_chances(digits: Digits, first_bits: float, first_agrees: float, places: int = 7) -> dict[float, float]:
    """The distribution of one side's bits by chance. Seven characters in a row are rarer than any threshold asks for."""
    other_case = digits.other_case or 0.0
    case = 0.0 if digits.other_case is None else 2.0**-digits.letter_bits
    found: dict[float, float] = defaultdict(float)
    states = {(0.0, 0.0, False): 1.0}
    for place in range(places):
        match = 2.0 ** -(digits.letter_bits if place else first_bits)
        step = digits.agrees if place else first_agrees
        moved: dict[tuple[float, float, bool], float] = defaultdict(float)
        for (bits, best, differed), chance in states.items():
            for gain, share in ((step, match), (other_case, case)):
                reached = round(bits + gain, 6)
                moved[reached, max(best, reached), False] += chance * share
            rest = chance * max(0.0, 1 - match - case)
            if differed:
                found[round(best, 3)] += rest
            else:
                moved[round(bits + digits.differs, 6), best, True] += rest
        states = moved
    for (_bits, best, _differed), chance in states.items():
        found[round(best, 3)] += chance
    return found


def chance_of(bits: float, digits: Digits) -> float:
    """How likely a new address that has nothing to do with another looks this much like it, or more."""
    scores, sums = _chances(digits)
    at = bisect_left(scores, bits - 0.002)
    if at < len(scores):
        return sums[at]
    return float(sums[-1] * 2.0 ** (scores[-1] - bits))
