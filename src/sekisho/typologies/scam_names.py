"""Scam names: how much a web address looks like one made up to pass for a crypto-asset service.

The score never looks a name up in a list of known scams: it reads what the name is made of. Brands and words are in
``brand_names.txt`` and ``name_words.txt`` beside this file, written down from general knowledge; the points are chosen by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from sekisho.typologies.host_names import HostName, host_name, plain, shape
from sekisho.typologies.word_lists import lines_of

Kind = Literal["brand", "common_brand", "imitation", "lure", "soft_lure", "service", "term", "number", "other"]


_WORD_KINDS = ("lure", "soft_lure", "service", "term")


class Piece(NamedTuple):
    """One part of a name: a brand, a brand imitated or disguised, a word of its kind, a number or anything else.

    ``means`` is the brand for a brand or an imitation, else the text itself.
    """

    kind: Kind
    text: str
    means: str


class Judged(NamedTuple):
    """A name with its points (0 to 100), why (``SIGNS``), the brand it borrows and whether the name is that brand's own."""

    name: HostName
    points: int
    signs: tuple[str, ...]
    brand: str | None
    own: bool


def judge(text: str) -> Judged:
    """Points and signs of a URL or a name; raises UnreadableNameError. A brand's own domain has 0 points."""
    name = host_name(text)
    brand = own_brand(name)
    if brand is not None:
        return Judged(name, 0, ("own_domain",), brand, True)
    pieces = tuple(pieces_of(name))
    signs = tuple(_signs(name, pieces))
    points = min(100, sum(_POINTS[sign] for sign in signs))
    borrowed = next((p.means for p in pieces if p.kind in ("imitation", "brand")), None)
    return Judged(name, points, signs, borrowed, False)


# Points of each sign. A brand in somebody else's name or a lure alone warns nobody; together they do.
_POINTS = {
    "foreign_letters_as_brand": 60,
    "brand": 34,
    "imitation": 30,
    "lure": 44,
    "second_lure": 18,
    "soft_lure": 18,
    "second_soft_lure": 10,
    "service": 10,
    "term": 10,
    "second_term": 4,
    "common_brand": 10,
    "hyphen": 6,
    "brand_under_other_name": 8,
    "lent_name": 5,
    "cheap_suffix": 8,
    "long": 2,
    "nothing_else": 8,
}
SIGNS = tuple(_POINTS)
"""All signs, in the order of the table above."""

_LONG_FROM = 16


def _signs(name: HostName, pieces: tuple[Piece, ...]) -> Iterator[str]:
    kinds = [piece.kind for piece in pieces]
    branded = "brand" in kinds or "imitation" in kinds
    if not name.host.isascii() and branded and plain(name.own_text) != name.own_text:
        yield "foreign_letters_as_brand"
    if "imitation" in kinds:
        yield "imitation"
    elif "brand" in kinds:
        yield "brand"
    elif "common_brand" in kinds:
        yield "common_brand"
    lures = len({p.text for p in pieces if p.kind == "lure"})
    terms = len({p.text for p in pieces if p.kind == "term"})
    soft = len({p.text for p in pieces if p.kind == "soft_lure"})
    yield from ["lure", "second_lure"][:lures]
    yield from ["soft_lure", "second_soft_lure"][:soft]
    if "service" in kinds:
        yield "service"
    yield from ["term", "second_term"][:terms]
    telling = branded or lures or soft or (terms and "service" in kinds) or "common_brand" in kinds
    if not telling:
        return
    if "other" not in kinds and (branded or lures or soft) and len(pieces) > 1:
        yield "nothing_else"
    if "-" in name.own_text:
        yield "hyphen"
    if len(name.labels) > 1 and branded and not any(k in ("brand", "imitation") for k in _kinds_of(name.labels[-1])):
        yield "brand_under_other_name"
    if name.hosting is not None:
        yield "lent_name"
    elif name.suffix in _cheap_suffixes():
        yield "cheap_suffix"
    if len(name.own_text) >= _LONG_FROM:
        yield "long"


@cache
def _cheap_suffixes() -> frozenset[str]:
    return frozenset(word for section, line in lines_of("name_words.txt") if section == "cheap_suffix" for word in line.split())


def _kinds_of(label: str) -> frozenset[str]:
    return frozenset(piece.kind for token in _TOKENS.findall(plain(label)) for piece in _pieces_of_token(token))


def own_brand(name: HostName) -> str | None:
    """The brand whose own domain this name is or stands under; None where it is nobody's we know."""
    own = _brands().own
    host = name.host
    while host:
        if host in own:
            return own[host]
        host = host.partition(".")[2]
    return None


_TOKENS = re.compile(r"[^\W\d_]+(?:[0-9]+[^\W\d_]+)*[0-9]*|[0-9]+")


def pieces_of(name: HostName) -> Iterator[Piece]:
    """What the labels of a name are made of, left to right."""
    for label in name.labels:
        read = plain(label)
        whole = read.replace("-", "")
        brand = _brands().spelled.get(whole)
        if brand is not None:
            yield Piece(brand.kind, whole, brand.name)
            continue
        for token in _TOKENS.findall(read):
            yield from _pieces_of_token(token)


def masked(name: HostName) -> str:
    """The own text of a name with each brand, or imitation of one, replaced by a sign: ``claim-bitflyer`` is ``claim-§``."""
    return ".".join(_masked_label(plain(label)) for label in name.labels)


_MASKS: Mapping[Kind, str] = {"brand": "§", "imitation": "¤"}


def _masked_label(read: str) -> str:
    brand = _brands().spelled.get(read.replace("-", ""))
    if brand is not None:
        return _MASKS.get(brand.kind, read)
    return _TOKENS.sub(lambda token: "".join(_MASKS.get(p.kind, p.text) for p in _pieces_of_token(token[0])), read)


@cache
def _lengths() -> Mapping[str, tuple[int, ...]]:
    """How long the known words are that begin with two letters."""
    found: dict[str, set[int]] = {}
    for word in _known():
        found.setdefault(word[:2], set()).add(len(word))
    return {head: tuple(sorted(each)) for head, each in found.items()}


@lru_cache(maxsize=131072)
def _pieces_of_token(token: str) -> tuple[Piece, ...]:
    known = _known()
    whole = known.get(token)
    if whole is not None:
        return (whole,)
    if token.isdigit():
        return (Piece("number", token, token),)
    pieces = _cut(token)
    if len(pieces) == 1 or sum(len(p.text) for p in pieces if p.kind == "other") > len(token) // 2:
        imitated = _imitated(token)
        if imitated is not None:
            return (Piece("imitation", token, imitated),)
    return tuple(_with_imitations(pieces))


def _with_imitations(pieces: tuple[Piece, ...]) -> Iterator[Piece]:
    for piece in pieces:
        imitated = _imitated(piece.text) if piece.kind == "other" else None
        yield piece if imitated is None else Piece("imitation", piece.text, imitated)


_INSIDE_FROM = 6
"""Shorter words count inside a token only where known words cover the whole of it: ``mint`` in ``peppermint`` is nothing."""


def _cut(token: str) -> tuple[Piece, ...]:
    """The cut of a token into known words that leaves least over; short words only where nothing is left."""
    covering = _best_cut(token, 2)
    if all(piece.kind != "other" or piece.text.isdigit() for piece in covering):
        return covering
    return _best_cut(token, _INSIDE_FROM)


def _best_cut(token: str, shortest: int) -> tuple[Piece, ...]:
    known, lengths, size = _known(), _lengths(), len(token)
    # cost[i]: letters left over, then pieces, in the best cut of the first i letters.
    cost: list[tuple[int, int]] = [(0, 0)] + [(size + 1, 0)] * size
    came: list[tuple[int, Piece | None]] = [(0, None)] * (size + 1)
    for i in range(size):
        left, count = cost[i]
        if (left + 1, count) < cost[i + 1]:
            cost[i + 1], came[i + 1] = (left + 1, count), (i, None)
        for length in lengths.get(token[i : i + 2], ()):
            piece = known.get(token[i : i + length]) if shortest <= length <= size - i else None
            if piece is not None and (left, count + 1) < cost[i + length]:
                cost[i + length], came[i + length] = (left, count + 1), (i, piece)
    return tuple(_walked(token, came))


def _walked(token: str, came: list[tuple[int, Piece | None]]) -> list[Piece]:
    found: list[Piece] = []
    i, rest_until = len(token), None
    while i > 0:
        before, piece = came[i]
        if piece is None:
            rest_until = i if rest_until is None else rest_until
        else:
            if rest_until is not None:
                found.append(_rest(token[i:rest_until]))
                rest_until = None
            found.append(piece)
        i = before
    if rest_until is not None:
        found.append(_rest(token[:rest_until]))
    return found[::-1]


def _rest(text: str) -> Piece:
    return Piece("number" if text.isdigit() else "other", text, text)


def _imitated(token: str) -> str | None:
    """The brand a token is taken for: of one shape with it, or one slip away (two for ten letters or more)."""
    if not 5 <= len(token) <= 24 or token in _known():
        return None
    brands = _brands()
    seen = brands.shapes.get(shape(token))
    if seen is not None:
        return seen
    for text in (token, *_one_left_out(token)):
        near = brands.slips.get(text)
        if near is not None and abs(len(near.spelling) - len(token)) <= 1 and near.spelling[0] == token[0]:
            return near.name
    return None


def _one_left_out(text: str) -> Iterator[str]:
    return (text[:i] + text[i + 1 :] for i in range(len(text)))


class _Brand(NamedTuple):
    name: str
    spelling: str
    kind: Kind


class _Brands(NamedTuple):
    spelled: Mapping[str, _Brand]
    shapes: Mapping[str, str]
    slips: Mapping[str, _Brand]
    own: Mapping[str, str]
    sections: Mapping[str, tuple[str, ...]]


_SLIP_FROM = 7
"""Brands shorter than this are not looked for with a slip: too many ordinary words are one letter away."""


@cache
def _brands() -> _Brands:
    spelled: dict[str, _Brand] = {}
    own: dict[str, str] = {}
    sections: dict[str, list[str]] = {}
    for section, line in lines_of("brand_names.txt"):
        left, _, domains = line.partition(":")
        names = left.replace("=", " ").split()
        common, name = names[0].startswith("~"), names[0].lstrip("~").lower()
        for word in names:
            text = plain(word.lstrip("~")).replace("-", "")
            kind: Kind = "common_brand" if common and text == name else "brand"
            spelled[text] = _Brand(name, text, kind)
        own.update(dict.fromkeys(domains.split(), name))
        sections.setdefault(section, []).append(name)
    firm = [brand for brand in spelled.values() if brand.kind == "brand" and len(brand.spelling) >= _SLIP_FROM]
    slips: dict[str, _Brand] = {}
    for brand in firm:
        for text in (brand.spelling, *_one_left_out(brand.spelling)):
            slips.setdefault(text, brand)
    shapes = {shape(brand.spelling): brand.name for brand in spelled.values() if brand.kind == "brand" and len(brand.spelling) >= 5}
    return _Brands(spelled, shapes, slips, own, {name: tuple(each) for name, each in sections.items()})


def spellings(name: str) -> tuple[str, ...]:
    """All spellings of a brand, lower case without hyphens."""
    return tuple(brand.spelling for brand in _brands().spelled.values() if brand.name == name)


def own_domains(section: str) -> Mapping[str, str]:
    """The own domains of the brands of one section, with the brand of each."""
    named = set(_brands().sections[section])
    return {domain: name for domain, name in _brands().own.items() if name in named}


def brand_names(section: str) -> tuple[str, ...]:
    """The brands of one section of ``brand_names.txt``, as they are written there."""
    return _brands().sections[section]


@cache
def _known() -> Mapping[str, Piece]:
    known: dict[str, Piece] = {}
    for section, line in lines_of("name_words.txt"):
        for word in line.split() if section in _WORD_KINDS else ():
            known.setdefault(word, Piece(section, word, word))  # type: ignore[arg-type]
    for brand in _brands().spelled.values():
        known[brand.spelling] = Piece(brand.kind, brand.spelling, brand.name)
    return known
