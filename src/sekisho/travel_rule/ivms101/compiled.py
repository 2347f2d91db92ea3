"""The compiled validator: one pass over the bytes of a payload, from JSON to the set of constraints it breaks.

It is built from the same tables as the plain validator (``schema.py``) and answers with the same set of constraint ids, notes
included, without places and remedies; where a payload breaks something, the plain validator says where. What is rare in a payload
(another key style, a value of the wrong type, a key given twice, exotic JSON) it hands over to the plain validator by ``UNSURE``.
Numba compiles it on first use and keeps the machine code on disk.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from sekisho.travel_rule.ivms101.authorities import Authorities
from sekisho.travel_rule.ivms101.codes import COUNTRIES, LEGAL_IDENTIFIER_TYPES, UNKNOWN_STATE
from sekisho.travel_rule.ivms101.issue import ERRORS
from sekisho.travel_rule.ivms101.schema import MODEL, ROOT, SECOND_NAMES, VERSIONS, Element, Kind

IDS = (*ERRORS, "letter-case", "not-checked")
"""Constraint ids by their bit in a mask. The note ``text-2020`` is the plain validator's alone."""
UNSURE = 1 << 40
"""The bit by which a payload is handed over to the plain validator."""
ERROR_BITS = (1 << len(ERRORS)) - 1

_BIT = {name: 1 << at for at, name in enumerate(IDS)}
_STRUCTURE, _CODE, _LIST, _TEXT, _DATE = (_BIT[name] for name in ERRORS[:5])
_C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10, _C11, _CHECKDIGIT, _C12 = (_BIT[name] for name in ERRORS[5:])
_LETTER_CASE, _NOT_CHECKED = _BIT["letter-case"], _BIT["not-checked"]

_ANY_COMPONENT = 0
_COMPONENTS = ("", *MODEL["2020"])
_AT = {name: at for at, name in enumerate(_COMPONENTS)}
_ORIGINATOR, _PERSON, _NATURAL, _LEGAL = (_AT[n] for n in ("Originator", "Person", "NaturalPerson", "LegalPerson"))
_NATURAL_NAME, _LEGAL_NAME = _AT["NaturalPersonName"], _AT["LegalPersonName"]
_NATURAL_NAME_ID, _LEGAL_NAME_ID = _AT["NaturalPersonNameID"], _AT["LegalPersonNameID"]
_ORIGINATING_VASP, _BENEFICIARY_VASP = _AT["OriginatingVASP"], _AT["BeneficiaryVASP"]
_ADDRESS, _IDENTIFICATION, _INTERMEDIARY = _AT["Address"], _AT["NationalIdentification"], _AT["IntermediaryVASP"]
_METADATA, _TRANSFER_PATH = _AT["PayloadMetadata"], _AT["TransferPath"]
_K_COMPONENT, _K_TEXT, _K_LOCAL, _K_CODE, _K_COUNTRY, _K_DAY, _K_NUMBER, _K_AUTHORITY = (kind.value for kind in Kind)
_K_ANY = 0

_DEEPEST = 40
_OTHER_ISSUE = -1
"""In the table of fields: a name of the other issue, not read."""

_F_ESCAPE, _F_ODD, _F_BREAK, _F_BAD = 1, 2, 4, 8
_LEGAL_NAME_SEEN, _TYPED_ADDRESS, _GEOG_ADDRESS = 1, 2, 4

Ints = NDArray[np.int64]


class _Tables(NamedTuple):
    """The data model as arrays. Elements are numbered through both issues; a component stands at issue * components + component."""

    kind: Ints
    listed: Ints
    most: Ints
    must: Ints
    component: Ints
    longest: Ints
    codes_from: Ints
    codes_until: Ints
    bit: Ints
    field: Ints
    required: Ints
    key_slots: Ints
    key_length: Ints
    key_words: NDArray[np.uint64]
    codes: NDArray[np.uint64]
    country: NDArray[np.uint8]


_KEYS: tuple[str, ...] = tuple(
    sorted(
        {element.name for model in MODEL.values() for component in model.values() for element in component}
        | {key for second in SECOND_NAMES.values() for _owner, key in second}
    )
)
_SLOTS = 1024


def _key_hash(key: bytes, factors: tuple[int, int, int]) -> int:
    a, b, c = factors
    return (key[0] * a + key[len(key) // 2] * b + key[len(key) * 3 // 4] * c + len(key) * 31) % _SLOTS


def _factors() -> tuple[int, int, int]:
    """The first factors under which no two keys of the standard share a slot."""
    for a in range(1, 60):
        for b in range(1, 60):
            for c in range(1, 60):
                if len({_key_hash(key.encode(), (a, b, c)) for key in _KEYS}) == len(_KEYS):
                    return a, b, c
    raise AssertionError("no perfect hash of the keys")


_A, _B, _C = _factors()
_WORDS = 4
"""Keys have at most 32 bytes, four words."""


def _bits(component: str, *names: str) -> int:
    """The bits of elements in the mask of what a component holds; the same in both issues."""
    masks = {sum(1 << at for at, e in enumerate(MODEL[version][component]) if e.name in names) for version in VERSIONS}
    assert len(masks) == 1, f"{component}: the issues place {names} differently"
    return masks.pop()


_N_TOLD = _bits("NaturalPerson", "nationalIdentification", "customerIdentification", "dateAndPlaceOfBirth")
_L_TOLD = _bits("LegalPerson", "nationalIdentification", "customerIdentification")
_A_LINE, _A_STREET = _bits("Address", "addressLine"), _bits("Address", "streetName")
_A_HOUSE = _bits("Address", "buildingName", "buildingNumber")
_I_COUNTRY, _I_AUTHORITY = (
    _bits("NationalIdentification", "countryOfIssue"),
    _bits("NationalIdentification", "registrationAuthority"),
)
_I_NUMBER = _bits("NationalIdentification", "nationalIdentifier")
_P_PERSONS = _bits("Person", "naturalPerson", "legalPerson")
_V_PERSONS = _bits("OriginatingVASP", "originatingVASP", "naturalPerson", "legalPerson")


def _tables() -> _Tables:
    """The arrays for both issues."""
    codes: list[int] = []
    ranges: dict[tuple[str, ...], tuple[int, int]] = {}
    field = np.zeros((len(VERSIONS), len(_COMPONENTS), len(_KEYS)), np.int64)
    required = np.zeros((len(VERSIONS), len(_COMPONENTS)), np.int64)
    rows: list[tuple[int, ...]] = [(_K_ANY, 0, 0, 0, 0, 0, 0, 0, 0), (_K_COMPONENT, 0, 1, 1, _AT[ROOT], 0, 0, 0, 0)]
    for v, version in enumerate(VERSIONS):
        for component, elements in MODEL[version].items():
            for bit, element in enumerate(elements):
                if element.codes not in ranges:
                    begin = len(codes)
                    codes += [_packed(code) for code in element.codes]
                    ranges[element.codes] = (begin, len(codes))
                field[v, _AT[component], _KEYS.index(element.name)] = len(rows)
                required[v, _AT[component]] |= int(element.required) << bit
                rows.append(_row(element, ranges[element.codes], bit))
        for (component, second), name in SECOND_NAMES[version].items():
            field[v, _AT[component], _KEYS.index(second)] = field[v, _AT[component], _KEYS.index(name)]
    _mark_other_issue(field)
    slots = np.full(_SLOTS, -1, np.int64)
    words = np.zeros((len(_KEYS), _WORDS), np.uint64)
    for at, key in enumerate(_KEYS):
        slots[_key_hash(key.encode(), (_A, _B, _C))] = at
        words[at] = np.frombuffer(key.encode().ljust(_WORDS * 8, b"\0"), "<u8")
    country = np.zeros(65536, np.uint8)
    for code in (*COUNTRIES, UNKNOWN_STATE):
        country[ord(code[1]) << 8 | ord(code[0])] = 1
    table = np.array(rows, np.int64)
    columns: tuple[Any, ...] = tuple(np.ascontiguousarray(table[:, at]) for at in range(table.shape[1]))
    columns += (
        field.ravel(),
        required.ravel(),
        slots,
        np.array([len(key) for key in _KEYS], np.int64),
        words.ravel(),
        np.array(codes, np.uint64),
        country,
    )
    return _Tables(*columns)


def _row(element: Element, codes: tuple[int, int], bit: int) -> tuple[int, ...]:
    component = _AT[element.component] if element.component else _ANY_COMPONENT
    return (element.kind, int(element.listed), element.most, int(element.required), component, element.longest, *codes, 1 << bit)


def _mark_other_issue(field: Ints) -> None:
    """Names that only the other issue gives to a component's elements are seen and not read."""
    for v in (0, 1):
        other = (field[1 - v] > 0) & (field[v] == 0)
        field[v][other] = _OTHER_ISSUE


def _packed(code: str) -> int:
    """A code of up to eight characters as the word it makes in memory, folded to lower case."""
    return int.from_bytes(code.lower().encode(), "little")


_ONES, _HIGHS = 0x0101010101010101, 0x8080808080808080


def _emit_byte(_context: Any, _address: Any) -> Any:
    """The byte at an address."""

    def emit(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        loaded = builder.load(builder.inttoptr(arguments[0], ir.IntType(8).as_pointer()))
        return builder.zext(loaded, ir.IntType(64))

    return types.int64(types.int64), emit


def _emit_word(_context: Any, _address: Any) -> Any:
    """The eight bytes at an address, little-endian, aligned or not."""

    def emit(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        loaded = builder.load(builder.inttoptr(arguments[0], ir.IntType(64).as_pointer()))
        loaded.align = 1
        return loaded

    return types.uint64(types.int64), emit


def _emit_first(_context: Any, _marks: Any) -> Any:
    """In which byte the lowest set bit of a word lies; the word is not 0."""

    def emit(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        zeros = builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))
        return builder.lshr(zeros, ir.Constant(ir.IntType(64), 3))

    return types.int64(types.uint64), emit


_byte: Any = intrinsic(_emit_byte)
_word: Any = intrinsic(_emit_word)
_first: Any = intrinsic(_emit_first)


@numba.njit(cache=True, nogil=True, inline="always")
def _skip(p: Any) -> Any:
    c = _byte(p)
    while c <= 32:
        if c != 32 and c != 10 and c != 13 and c != 9:
            return p
        p += 1
        c = _byte(p)
    return p


@numba.njit(cache=True, nogil=True, inline="always")
def _plain_until(p: Any) -> Any:
    """The first byte from ``p`` on that is a quote, a backslash, a control character, DEL or beyond ASCII."""
    ones, highs = np.uint64(_ONES), np.uint64(_HIGHS)
    while True:
        w = _word(p)
        q = w ^ np.uint64(0x2222222222222222)
        b = w ^ np.uint64(0x5C5C5C5C5C5C5C5C)
        d = w ^ np.uint64(0x7F7F7F7F7F7F7F7F)
        marks = (((q - ones) & ~q) | ((b - ones) & ~b) | ((d - ones) & ~d) | ((w - np.uint64(0x2020202020202020)) & ~w) | w) & highs
        if marks != np.uint64(0):
            return p + _first(marks)
        p += 8


@numba.njit(cache=True, nogil=True)
def _escaped(p: Any) -> Any:
    """One escape at ``p`` (the backslash): where it ends, and its code point; -1 for none, or for a surrogate."""
    c = _byte(p + 1)
    if c == 117:
        point = 0
        for at in range(p + 2, p + 6):
            h = _byte(at)
            if 48 <= h <= 57:
                digit = h - 48
            elif 97 <= h <= 102:
                digit = h - 87
            elif 65 <= h <= 70:
                digit = h - 55
            else:
                return p, -1
            point = point * 16 + digit
        if 0xD800 <= point < 0xE000:
            return p, -1
        return p + 6, point
    if c == 34 or c == 92 or c == 47:
        return p + 2, c
    if c == 110:
        return p + 2, 10
    if c == 114:
        return p + 2, 13
    if c == 116 or c == 98 or c == 102:
        return p + 2, 9
    return p, -1


@numba.njit(cache=True, nogil=True)
def _utf8(p: Any) -> Any:
    """One character beyond ASCII at ``p``: where it ends, and its code point; -1 where the bytes are not UTF-8."""
    c = _byte(p)
    if 0xC2 <= c <= 0xDF:
        more, point = 1, c & 31
    elif 0xE0 <= c <= 0xEF:
        more, point = 2, c & 15
    elif 0xF0 <= c <= 0xF4:
        more, point = 3, c & 7
    else:
        return p, -1
    for at in range(p + 1, p + 1 + more):
        d = _byte(at)
        if d & 0xC0 != 0x80:
            return p, -1
        point = point << 6 | (d & 63)
    if (more == 2 and point < 0x800) or (more == 3 and point < 0x10000) or point > 0x10FFFF or 0xD800 <= point < 0xE000:
        return p, -1
    return p + 1 + more, point


@numba.njit(cache=True, nogil=True)
def _odd_string(begin: Any, p: Any) -> Any:
    """The rest of a string from its first character that is not plain: closing quote, characters, what is odd about them."""
    odd = 0
    extra = 0
    while True:
        byte = _byte(p)
        if byte == 34:
            return p, p - begin - extra, odd
        if byte == 92:
            after, point = _escaped(p)
            if _byte(p + 1) == 117:
                odd |= _F_ESCAPE
        elif byte == 127:
            after, point = p + 1, 127
        elif byte > 127:
            after, point = _utf8(p)
        else:
            return p, 0, _F_BAD
        if point < 0:
            return p, 0, _F_BAD
        extra += after - p - 1
        if point < 32 or point > 126:
            odd |= _F_ODD
            if point == 10 or point == 13 or point == 0x2028 or point == 0x2029:
                odd |= _F_BREAK
        p = _plain_until(after)


@numba.njit(cache=True, nogil=True, inline="always")
def _string(begin: Any) -> Any:
    """A string whose first character is at ``begin``: where its closing quote is, its characters, and what is odd about them."""
    p = _plain_until(begin)
    if _byte(p) == 34:
        return p, p - begin, 0
    return _odd_string(begin, p)


@numba.njit(cache=True, nogil=True)
def _lei(begin: Any, length: Any) -> Any:
    """0 holds, 1 breaks the pattern, 2 breaks the check digits."""
    if length != 20:
        return 1
    rest = 0
    for at in range(begin, begin + 20):
        c = _byte(at)
        if 48 <= c <= 57:
            rest = (rest * 10 + c - 48) % 97
        elif 65 <= c <= 90 and at < begin + 18:
            rest = (rest * 100 + c - 55) % 97
        else:
            return 1
    return 0 if rest == 1 else 2


@numba.njit(cache=True, nogil=True)
def _day(begin: Any, length: Any) -> Any:
    """A day as yyyymmdd; -1 for none."""
    if length != 10 or _byte(begin + 4) != 45 or _byte(begin + 7) != 45:
        return -1
    number = 0
    for at in range(10):
        if at == 4 or at == 7:
            continue
        c = _byte(begin + at)
        if c < 48 or c > 57:
            return -1
        number = number * 10 + c - 48
    year, month, day = number // 10000, number // 100 % 100, number % 100
    if year < 1 or month < 1 or month > 12 or day < 1:
        return -1
    last = 31
    if month == 4 or month == 6 or month == 9 or month == 11:
        last = 30
    elif month == 2:
        last = 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return number if day <= last else -1


@numba.njit(cache=True, nogil=True, inline="always")
def _coded(begin: Any, size: Any, codes: Any, low: Any, high: Any) -> Any:
    """Which code of the list a value of ``size`` bytes writes, whatever its case; -1 for none."""
    if size < 1 or size > 8:
        return -1
    kept = np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(64 - 8 * size)
    # The sixth bit is set in every lower-case letter, digit and full stop: setting it folds case and changes no other code.
    packed = (_word(begin) | np.uint64(0x2020202020202020)) & kept
    for at in range(low, high):
        if codes[at] == packed:
            return at
    return -1


@numba.njit(cache=True, nogil=True, inline="always")
def _cased(begin: Any, lower: Any) -> Any:
    """Whether four letters are not all in the case of their list."""
    case = _word(begin) & np.uint64(0x20202020)
    return case != (np.uint64(0x20202020) if lower else np.uint64(0))


@numba.njit(cache=True, nogil=True)
def _authority(begin: Any, length: Any) -> Any:
    """The number of a registration authority; -1 where it is not RA and six digits."""
    if length != 8 or _byte(begin) != 82 or _byte(begin + 1) != 65:
        return -1
    number = 0
    for at in range(begin + 2, begin + 8):
        c = _byte(at)
        if c < 48 or c > 57:
            return -1
        number = number * 10 + c - 48
    return number


@numba.njit(cache=True, nogil=True)
def _version(begin: Any, end: Any) -> Any:
    """0 where the first name of persons met is of 2020, 1 where it is of 2023, -1 where there is none."""
    p = begin
    while p < end - 7:
        # Both names go on "Person" or "Persons"; its first four letters are rare enough to look for.
        if _word(p) & np.uint64(0xFFFFFFFFFFFF) == np.uint64(0x6E6F73726550):
            quote = p + 6
            plural = _byte(quote) == 115
            if plural:
                quote += 1
            if _byte(quote) == 34 and p - 11 >= begin:
                if _byte(p - 11) == 34 and _byte(p - 10) == 111 and _byte(p - 1) == 114:
                    return 0 if plural else 1
                if p - 12 >= begin and _byte(p - 12) == 34 and _byte(p - 11) == 98 and _byte(p - 1) == 121:
                    return 0 if plural else 1
        p += 1
    return -1


@numba.njit(cache=True, nogil=True, inline="always")
def _closed(component: Any, seen: Any, flags: Any, code: Any, lei: Any, originator: Any, parent: Any, kinds: Any) -> Any:
    """What the constraints of a component say when its object is complete."""
    found = 0
    if component == _ADDRESS:
        if seen & _A_LINE == 0 and not (seen & _A_STREET != 0 and seen & _A_HOUSE != 0):
            found |= _C8
    elif component == _NATURAL_NAME:
        if flags & _LEGAL_NAME_SEEN == 0:
            found |= _C6
    elif component == _LEGAL_NAME:
        if flags & _LEGAL_NAME_SEEN == 0:
            found |= _C5
    elif component == _PERSON:
        given = seen & _P_PERSONS
        if given == 0 or given & (given - 1) != 0:
            found |= _STRUCTURE
    elif component in (_ORIGINATING_VASP, _BENEFICIARY_VASP):
        given = seen & _V_PERSONS
        if given == 0 or given & (given - 1) != 0:
            found |= _STRUCTURE
    elif component == _NATURAL:
        if originator and seen & _N_TOLD == 0 and flags & _TYPED_ADDRESS == 0:
            found |= _C1
    elif component == _LEGAL:
        if originator and seen & _L_TOLD == 0 and flags & _GEOG_ADDRESS == 0:
            found |= _C4
    elif component == _IDENTIFICATION and parent == _LEGAL:
        if seen & _I_COUNTRY != 0:
            found |= _C9
        if code >= 0:
            if code != kinds[0] and code != kinds[1] and code != kinds[2] and code != kinds[3]:
                found |= _C7
            if code == kinds[4]:
                if seen & _I_AUTHORITY != 0:
                    found |= _C9
                if lei == 1:
                    found |= _C11
                elif lei == 2:
                    found |= _CHECKDIGIT
            elif seen & _I_AUTHORITY == 0:
                found |= _C9
    return found


_TABLES = _tables()
_T_KIND = _TABLES.kind
_T_LISTED = _TABLES.listed
_T_MOST = _TABLES.most
_T_MUST = _TABLES.must
_T_COMPONENT = _TABLES.component
_T_LONGEST = _TABLES.longest
_T_CODES_FROM = _TABLES.codes_from
_T_CODES_UNTIL = _TABLES.codes_until
_T_BIT = _TABLES.bit
_T_FIELD = _TABLES.field
_T_REQUIRED = _TABLES.required
_T_KEY_SLOTS = _TABLES.key_slots
_T_KEY_LENGTH = _TABLES.key_length
_T_KEY_WORDS = _TABLES.key_words
_T_CODES = _TABLES.codes
_T_COUNTRY = _TABLES.country
"""The tables as constants: numba compiles them in."""
_FINGERPRINT = zlib.crc32(
    b"".join(np.ascontiguousarray(each).tobytes() for each in _TABLES) + repr((_KEYS, _COMPONENTS, IDS)).encode()
)


@numba.njit(cache=True)
def _fingerprint() -> Any:
    """The tables that the machine code on disk was made for."""
    return _FINGERPRINT


@numba.njit(cache=True, nogil=True)
def _scan(begin: Any, end: Any, v: Any, as_of: Any, listed: Any, kinds: Any, legl: Any, geog: Any, s: Any) -> Any:
    """The mask of one payload at the addresses ``begin`` to ``end``; the byte at ``end`` is 0 and ends every loop."""
    found = 0
    depth = -1
    element = 1
    state = 0
    first_component = v * len(_COMPONENTS)
    p = _skip(begin)
    component_of, is_list, element_of, seen_of, count_of, flags_of, code_of, lei_of, inside_of = s
    while True:
        if state == 0:
            c = _byte(p)
            kind = _T_KIND[element]
            if c == 34:
                if kind in (_K_COMPONENT, _K_NUMBER) or (_T_LISTED[element] != 0 and is_list[depth] == 0):
                    return found | UNSURE
                first = p + 1
                p, length, odd = _string(first)
                if odd & _F_BAD != 0:
                    return found | UNSURE
                if kind in (_K_TEXT, _K_LOCAL):
                    if length == 0 or length > _T_LONGEST[element]:
                        found |= _TEXT
                    if kind == _K_TEXT:
                        if odd & _F_ODD != 0:
                            found |= _TEXT
                        if component_of[depth] == _IDENTIFICATION and _T_BIT[element] == _I_NUMBER:
                            if odd & _F_ESCAPE != 0:
                                return found | UNSURE
                            lei_of[depth] = _lei(first, p - first)
                    elif odd & _F_BREAK != 0:
                        found |= _TEXT
                elif kind != _K_ANY:
                    if odd & _F_ESCAPE != 0:
                        return found | UNSURE
                    size = p - first
                    if kind == _K_CODE:
                        code = _coded(first, size, _T_CODES, _T_CODES_FROM[element], _T_CODES_UNTIL[element])
                        if code < 0:
                            found |= _CODE
                        else:
                            owner = component_of[depth]
                            if size == 4 and _cased(first, is_list[depth] != 0):
                                found |= _LETTER_CASE
                            code_of[depth] = code
                            if owner in (_NATURAL_NAME_ID, _LEGAL_NAME_ID):
                                if _T_CODES[code] == legl and depth >= 2:
                                    flags_of[depth - 2] |= _LEGAL_NAME_SEEN
                            elif owner == _ADDRESS and depth >= 2:
                                flags_of[depth - 2] |= _TYPED_ADDRESS
                                if _T_CODES[code] == geog:
                                    flags_of[depth - 2] |= _GEOG_ADDRESS
                            elif owner == _METADATA and v == 1 and size == 3:
                                found |= _STRUCTURE
                    elif kind == _K_COUNTRY:
                        if size != 2 or _T_COUNTRY[_byte(first + 1) << 8 | _byte(first)] == 0:
                            found |= _C3
                    elif kind == _K_DAY:
                        day = _day(first, size)
                        if day < 0:
                            found |= _DATE
                        elif day >= as_of:
                            found |= _C2
                    else:
                        number = _authority(first, size)
                        if number < 0:
                            found |= _C10
                        elif listed.size == 0:
                            found |= _NOT_CHECKED
                        elif listed[number] == 0:
                            found |= _C10
                p += 1
                state = 2
            elif c == 123:
                if kind != _K_ANY and (kind != _K_COMPONENT or (_T_LISTED[element] != 0 and is_list[depth] == 0)):
                    return found | UNSURE
                component = _T_COMPONENT[element]
                inside = 1 if component == _ORIGINATOR or (depth >= 0 and inside_of[depth] != 0) else 0
                depth += 1
                if depth >= _DEEPEST:
                    return found | UNSURE
                component_of[depth], is_list[depth], element_of[depth] = component, 0, element
                seen_of[depth], flags_of[depth], code_of[depth], lei_of[depth], inside_of[depth] = 0, 0, -1, -1, inside
                p = _skip(p + 1)
                state = 3 if _byte(p) == 125 else 1
            elif c == 91:
                if kind != _K_ANY and (_T_LISTED[element] == 0 or is_list[depth] != 0):
                    return found | UNSURE
                inside = 1 if depth >= 0 and inside_of[depth] != 0 else 0
                depth += 1
                if depth >= _DEEPEST:
                    return found | UNSURE
                component_of[depth], is_list[depth], element_of[depth] = 0, 1, element
                count_of[depth], seen_of[depth], flags_of[depth], inside_of[depth] = 0, 0, 0, inside
                p = _skip(p + 1)
                if _byte(p) == 93:
                    state = 4
            elif c == 45 or 48 <= c <= 57:
                if kind != _K_NUMBER and kind != _K_ANY:
                    return found | UNSURE
                first = p
                number = 0
                while 48 <= _byte(p) <= 57 and p - first <= 18:
                    number = number * 10 + _byte(p) - 48
                    p += 1
                after = _byte(p)
                plain = after == 44 or after == 125 or after == 93 or after == 32 or after == 10 or after == 13 or after == 9
                leading = _byte(first) == 48 and p - first > 1
                if not plain or leading or c == 45 or p - first > 18:
                    return found | UNSURE
                if kind == _K_NUMBER:
                    # The sequence of an intermediary: remembered at the list around it.
                    if number > 60 or depth < 1 or is_list[depth - 1] == 0:
                        return found | UNSURE
                    if seen_of[depth - 1] & (1 << number) != 0:
                        found |= _C12
                    seen_of[depth - 1] |= 1 << number
                state = 2
            else:
                return found | UNSURE
        elif state == 1:
            if _byte(p) != 34:
                return found | UNSURE
            first = p + 1
            p = _plain_until(first)
            length = p - first
            if _byte(p) != 34 or length == 0:
                return found | UNSURE
            component = component_of[depth]
            if component == _ANY_COMPONENT:
                element = 0
            else:
                spread = _byte(first) * _A + _byte(first + (length >> 1)) * _B + _byte(first + (length * 3 >> 2)) * _C + length * 31
                key = _T_KEY_SLOTS[spread & (_SLOTS - 1)]
                if key < 0 or _T_KEY_LENGTH[key] != length:
                    return found | UNSURE
                at = key * _WORDS
                place = first
                left = length
                while left > 8:
                    if _word(place) != _T_KEY_WORDS[at]:
                        return found | UNSURE
                    at += 1
                    place += 8
                    left -= 8
                if (_word(place) ^ _T_KEY_WORDS[at]) << np.uint64(64 - 8 * left) != np.uint64(0):
                    return found | UNSURE
                element = _T_FIELD[(first_component + component) * len(_KEYS) + key]
                if element == 0:
                    return found | UNSURE
                if element < 0:
                    element = 0
                else:
                    bit = _T_BIT[element]
                    if seen_of[depth] & bit != 0:
                        return found | UNSURE
                    seen_of[depth] |= bit
            p = _skip(p + 1)
            if _byte(p) != 58:
                return found | UNSURE
            p = _skip(p + 1)
            state = 0
        elif state == 2:
            p = _skip(p)
            if depth < 0:
                return found if p == end else found | UNSURE
            c = _byte(p)
            if is_list[depth] != 0:
                count_of[depth] += 1
                if c == 44:
                    p = _skip(p + 1)
                    element = element_of[depth]
                    state = 0
                elif c == 93:
                    state = 4
                else:
                    return found | UNSURE
            elif c == 44:
                p = _skip(p + 1)
                state = 1
            elif c == 125:
                state = 3
            else:
                return found | UNSURE
        elif state == 3:
            component = component_of[depth]
            if component != _ANY_COMPONENT:
                if _T_REQUIRED[first_component + component] & ~seen_of[depth] != 0:
                    found |= _STRUCTURE
                parent = component_of[depth - 1] if depth > 0 else 0
                found |= _closed(
                    component, seen_of[depth], flags_of[depth], code_of[depth], lei_of[depth], inside_of[depth] != 0, parent, kinds
                )
            depth -= 1
            p += 1
            state = 2
        else:
            element = element_of[depth]
            count = count_of[depth]
            if _T_KIND[element] != _K_ANY:
                if count > _T_MOST[element]:
                    found |= _LIST
                if count == 0:
                    if _T_MUST[element] != 0:
                        found |= _LIST
                    elif depth >= 1 and component_of[depth - 1] == _ADDRESS:
                        seen_of[depth - 1] &= ~_T_BIT[element]
                elif _T_COMPONENT[element] == _INTERMEDIARY and (count > 60 or seen_of[depth] != (1 << count) - 1):
                    found |= _C12
            depth -= 1
            p += 1
            state = 2


@numba.njit(cache=True, nogil=True)
def _scan_all(
    address: Any,
    begins: Any,
    ends: Any,
    versions: Any,
    masks: Any,
    as_of: Any,
    listed: Any,
    kinds: Any,
    legl: Any,
    geog: Any,
) -> Any:
    s = (
        np.zeros(_DEEPEST + 1, np.int64), np.zeros(_DEEPEST + 1, np.int64), np.zeros(_DEEPEST + 1, np.int64),
        np.zeros(_DEEPEST + 1, np.int64), np.zeros(_DEEPEST + 1, np.int64), np.zeros(_DEEPEST + 1, np.int64),
        np.zeros(_DEEPEST + 1, np.int64), np.zeros(_DEEPEST + 1, np.int64), np.zeros(_DEEPEST + 1, np.int64),
    )  # fmt: skip
    for at in range(begins.size):
        begin, end = address + begins[at], address + ends[at]
        v = versions[at]
        if v < 0:
            v = _version(begin, end)
            versions[at] = v
        if v < 0:
            masks[at] = UNSURE
        else:
            masks[at] = _scan(begin, end, v, as_of, listed, kinds, legl, geog, s)


@dataclass(frozen=True, slots=True)
class Scanned:
    """For each payload: the issue judged by (0 is 2020, 1 is 2023, -1 not seen) and the mask of constraint ids."""

    versions: Ints
    masks: Ints

    def ids(self, at: int) -> frozenset[str]:
        """The constraint ids of one payload, notes included; empty of meaning where its mask has ``UNSURE``."""
        return frozenset(name for bit, name in enumerate(IDS) if int(self.masks[at]) >> bit & 1)


class Scanner:
    """A compiled validator for one day and one list of registration authorities."""

    def __init__(self, as_of: date, authorities: Authorities | None = None) -> None:
        assert _fingerprint() == _FINGERPRINT, f"the machine code kept for {__file__} is of other tables: delete its __pycache__"
        self._as_of = as_of.year * 10000 + as_of.month * 100 + as_of.day
        self._listed = np.zeros(1_000_000 if authorities is not None else 0, np.uint8)
        for code in authorities.codes if authorities is not None else ():
            self._listed[int(code[2:])] = 1
        codes = _TABLES.codes.tolist()
        begin = _identifier_codes()
        self._kinds = np.array([codes.index(_packed(code), begin) for code in (*LEGAL_IDENTIFIER_TYPES, "LEIX")], np.int64)

    def scan(self, payloads: Sequence[bytes], version: str = "auto") -> Scanned:
        """Judge payloads, each the bytes of one JSON document with the standard's own key names."""
        buffer, begins, ends = _joined(payloads)
        return self.scan_buffer(buffer, begins, ends, version)

    def scan_buffer(self, buffer: NDArray[np.uint8], begins: Ints, ends: Ints, version: str = "auto") -> Scanned:
        """Judge the payloads ``buffer[begins[i]:ends[i]]``; each end holds a byte 0, and sixteen more follow the last."""
        versions = np.full(begins.size, VERSIONS.index(version) if version in VERSIONS else -1, np.int64)
        masks = np.zeros(begins.size, np.int64)
        _scan_all(
            buffer.ctypes.data, begins, ends, versions, masks, self._as_of, self._listed, self._kinds,
            np.uint64(_packed("LEGL")), np.uint64(_packed("GEOG")),
        )  # fmt: skip
        return Scanned(versions, masks)


def _identifier_codes() -> int:
    """Where the codes of national identifiers begin among all codes."""
    at = int(_TABLES.field[_AT["NationalIdentification"] * len(_KEYS) + _KEYS.index("nationalIdentifierType")])
    return int(_TABLES.codes_from[at])


def _joined(payloads: Iterable[bytes]) -> tuple[NDArray[np.uint8], Ints, Ints]:
    """All payloads in one buffer, a zero byte after each."""
    parts = list(payloads)
    sizes = np.array([len(part) for part in parts], np.int64)
    ends = np.cumsum(sizes + 1) - 1
    return np.frombuffer(b"\0".join([*parts, b"\0" * 16]), np.uint8), ends - sizes, ends
