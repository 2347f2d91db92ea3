"""Validates a payload by the text of the standard: structure, code lists, multiplicities, text types, and C1 to C12.

This is the plain validator, which names every departure with its place. The compiled one (``compiled.py``) answers only whether
there is one and of which kind; tests hold the two together. C1 and C4 bind the originator, as their text says ("If the originator
is …"), and nobody else; C7, C9, C10 and C11 bind every legal person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sekisho.travel_rule.ivms101.authorities import CODE, Authorities
from sekisho.travel_rule.ivms101.codes import COUNTRIES, LEGAL_IDENTIFIER_TYPES, UNKNOWN_STATE, lei_holds
from sekisho.travel_rule.ivms101.issue import Issue
from sekisho.travel_rule.ivms101.schema import ROOT, Element, Kind, coding_element, known_keys, required_elements

LEI = re.compile(r"[0-9A-Z]{18}[0-9]{2}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NOT_PRINTABLE = re.compile(r"[^ -~]")
NOT_OF_2020 = re.compile(r"[^a-zA-Z0-9' ]")
LINE_BREAK = re.compile(r"[\n\r\u2028\u2029]")
DIGITS_MOST = 18
PARTS = ("Person", "NaturalPerson", "LegalPerson", "Address", "NationalIdentification")
"""Components that may be judged on their own, beside a whole payload."""
Path = tuple[Any, ...]
"""A place in the payload, innermost first: (key, place around it); () is the root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How to judge: by which issue, on which day (C2), against which list (C10), and with which constraints left out."""

    version: str
    as_of: date
    authorities: Authorities | None = None
    without: frozenset[str] = frozenset()
    component: str = ROOT


def validate(payload: Any, asked: Asked) -> list[Issue]:
    """Every departure of a decoded payload from the standard, in the order of the payload; notes among them."""
    walk = _Walk(asked)
    walk.component(payload, asked.component, (), asked.component)
    walk.close()
    return [issue for issue in walk.issues if issue.constraint not in asked.without]


class _Walk:
    """One pass over a payload; ``issues`` grows as it goes."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.issues: list[Issue] = []
        self._in_originator = False
        self._older = asked.version == "2020"
        self._outside_2020: list[tuple[str, Element, Path]] = []

    def close(self) -> None:
        """One note for all texts outside the pattern of 2020, at the first of them."""
        if self._outside_2020:
            value, element, path = self._outside_2020[0]
            odd = NOT_OF_2020.search(value)
            assert odd is not None
            facts = {"name": element.name, "character": odd.group(), "count": len(self._outside_2020)}
            self._tell("text-2020", "text_2020", path, **facts)

    def component(self, value: Any, name: str, path: Path, element: str) -> None:
        """Judge one component, then what its constraints say of it as a whole."""
        if not isinstance(value, dict):
            self._wrong_type(element, value, "an object", path)
            return
        outer, self._in_originator = self._in_originator, self._in_originator or name == "Originator"
        known = known_keys(self.asked.version, name)
        given: dict[str, Any] = {}
        for key, each in value.items():
            found = known.get(key)
            if found is None:
                self._tell("unknown-element", "unknown_element", (key, path), name=key, component=name, version=self.asked.version)
            else:
                given[found.name] = each
                self._element(each, found, (key, path))
        for missing in required_elements(self.asked.version, name):
            if missing not in given:
                self._tell("structure", "missing", path, name=missing, component=name)
        check = _CHECKS.get(name)
        if check is not None:
            check(self, given, path)
        self._in_originator = outer

    def _element(self, value: Any, element: Element, path: Path) -> None:
        if not element.listed:
            self._one(value, element, path)
            return
        if not isinstance(value, list):
            self._wrong_type(element.name, value, "a list", path)
            return
        if len(value) > element.most:
            self._tell("list", "too_many", path, name=element.name, count=len(value), most=element.most)
        if element.required and not value:
            self._tell("list", "empty_list", path, name=element.name)
        for at, each in enumerate(value):
            self._one(each, element, (at, path))

    def _one(self, value: Any, element: Element, path: Path) -> None:
        if element.component is not None:
            self.component(value, element.component, path, element.name)
        elif element.kind is Kind.number:
            self._number(value, element, path)
        elif not isinstance(value, str):
            self._wrong_type(element.name, value, "a text", path)
        else:
            _TEXTS[element.kind](self, value, element, path)

    def _number(self, value: Any, element: Element, path: Path) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 10**DIGITS_MOST:
            self._wrong_type(element.name, value, "an integer of at most 18 digits", path)

    def text(self, value: str, element: Element, path: Path) -> None:
        """Max…Text: its length, and its characters."""
        self._length(value, element, path)
        if not (value.isascii() and value.isprintable()) and (odd := NOT_PRINTABLE.search(value)):
            self._tell("text", "not_latin", path, name=element.name, character=odd.group())
        elif self._older and NOT_OF_2020.search(value):
            self._outside_2020.append((value, element, path))

    def local_text(self, value: str, element: Element, path: Path) -> None:
        """LocalMax100Text: any script, on one line."""
        self._length(value, element, path)
        if LINE_BREAK.search(value):
            self._tell("text", "line_break", path, name=element.name)

    def _length(self, value: str, element: Element, path: Path) -> None:
        if not value:
            self._tell("text", "empty_text", path, name=element.name)
        elif len(value) > element.longest:
            self._tell("text", "too_long", path, name=element.name, count=len(value), most=element.longest)

    def code(self, value: str, element: Element, path: Path) -> None:
        """A single value from a list, in capitals or not (1.5)."""
        if value in element.codes:
            return
        code = coded(value, element)
        if code is None:
            self._tell("code", "not_in_list", path, name=element.name, value=value or '""', codes=", ".join(element.codes))
        else:
            self._tell("letter-case", "letter_case", path, name=element.name, value=value, code=code)

    def country(self, value: str, element: Element, path: Path) -> None:
        """C3: a country of ISO 3166-1 or XX. The type's pattern asks for capitals."""
        if value not in COUNTRIES and value != UNKNOWN_STATE:
            self._tell("C3", "C3", path, name=element.name, value=value or '""')

    def day(self, value: str, element: Element, path: Path) -> None:
        """A day that exists, and C2: before the day judged."""
        day = _day(value)
        if day is None:
            self._tell("date", "not_a_day", path, name=element.name, value=value or '""')
        elif day >= self.asked.as_of:
            self._tell("C2", "C2", path, value=value, as_of=self.asked.as_of.isoformat())

    def authority(self, value: str, element: Element, path: Path) -> None:
        """The pattern of the type; the list itself is C10's."""
        if not CODE.fullmatch(value):
            self._tell("C10", "C10", path, value=value or '""', listed_on="")
        elif self.asked.authorities is None:
            self._tell("not-checked", "C10_not_checked", path, value=value)
        elif value not in self.asked.authorities.codes:
            self._tell("C10", "C10", path, value=value, listed_on="")

    def natural_person(self, given: dict[str, Any], path: Path) -> None:
        """C1, where the person is an originator."""
        told = ("customerIdentification", "nationalIdentification", "dateAndPlaceOfBirth")
        if self._in_originator and not any(name in given for name in told) and not list(self._address_types(given)):
            self._tell("C1", "C1", path)

    def legal_person(self, given: dict[str, Any], path: Path) -> None:
        """C4 for an originator; C7, C9, C11 for the national identification of any legal person."""
        told = ("customerIdentification", "nationalIdentification")
        if self._in_originator and not any(name in given for name in told) and "GEOG" not in self._address_types(given):
            self._tell("C4", "C4", path)
        identification = given.get("nationalIdentification")
        if isinstance(identification, dict):
            self._legal_identification(identification, ("nationalIdentification", path))

    def _address_types(self, given: dict[str, Any]) -> Iterator[str]:
        addresses = given.get("geographicAddress")
        element = coding_element(self.asked.version, "Address")
        for address in addresses if isinstance(addresses, list) else ():
            stated = address.get("addressType") if isinstance(address, dict) else None
            code = coded(stated, element) if isinstance(stated, str) else None
            if code is not None:
                yield code

    def _legal_identification(self, given: dict[str, Any], path: Path) -> None:
        element = coding_element(self.asked.version, "NationalIdentification")
        stated, number = given.get("nationalIdentifierType"), given.get("nationalIdentifier")
        kind = coded(stated, element) if isinstance(stated, str) else None
        if kind is not None and kind not in LEGAL_IDENTIFIER_TYPES:
            self._tell("C7", "C7", ("nationalIdentifierType", path), value=kind)
        if "countryOfIssue" in given:
            self._tell("C9", "C9_country", ("countryOfIssue", path))
        if kind == "LEIX" and "registrationAuthority" in given:
            self._tell("C9", "C9_lei", ("registrationAuthority", path))
        elif kind is not None and kind != "LEIX" and "registrationAuthority" not in given:
            self._tell("C9", "C9_missing", path, value=kind)
        if kind == "LEIX" and isinstance(number, str):
            self._lei(number, ("nationalIdentifier", path))

    def _lei(self, lei: str, path: Path) -> None:
        if not LEI.fullmatch(lei):
            self._tell("C11", "C11", path, value=lei or '""')
        elif not lei_holds(lei):
            self._tell("C11-checkdigit", "C11-checkdigit", path, value=lei)

    def natural_name(self, given: dict[str, Any], path: Path) -> None:
        """C6."""
        if not self._has_legal_name(given, "NaturalPersonNameID"):
            self._tell("C6", "C6", path)

    def legal_name(self, given: dict[str, Any], path: Path) -> None:
        """C5."""
        if not self._has_legal_name(given, "LegalPersonNameID"):
            self._tell("C5", "C5", path)

    def _has_legal_name(self, given: dict[str, Any], component: str) -> bool:
        element = coding_element(self.asked.version, component)
        names = given.get("nameIdentifier")
        stated = (name.get(element.name) for name in (names if isinstance(names, list) else ()) if isinstance(name, dict))
        return any(isinstance(each, str) and each.upper() == "LEGL" for each in stated)

    def person(self, given: dict[str, Any], path: Path) -> None:
        """A person is natural or legal, never both, never neither."""
        count = ("naturalPerson" in given) + ("legalPerson" in given)
        if count != 1:
            self._tell("structure", "either_person", path, count=count)

    def vasp(self, given: dict[str, Any], path: Path) -> None:
        """The element inside the entity of its name, as 6.4 has it, or the person itself in its place."""
        inner = ("originatingVASP" in given) + ("beneficiaryVASP" in given)
        count = inner + ("naturalPerson" in given) + ("legalPerson" in given)
        if count != 1:
            self._tell("structure", "either_person", path, count=count)

    def address(self, given: dict[str, Any], path: Path) -> None:
        """C8."""
        if not given.get("addressLine") and not ("streetName" in given and ("buildingName" in given or "buildingNumber" in given)):
            self._tell("C8", "C8", path)

    def transfer_path(self, given: dict[str, Any], path: Path) -> None:
        """C12: the sequence numbers are 0, 1, 2 … in any order of writing."""
        listed = given.get("transferPath")
        entries = listed if isinstance(listed, list) else []
        numbers = [entry.get("sequence") for entry in entries if isinstance(entry, dict)]
        whole = [each for each in numbers if isinstance(each, int) and not isinstance(each, bool)]
        if entries and sorted(whole) != list(range(len(entries))):
            self._tell("C12", "C12", ("transferPath", path), value=", ".join(map(str, numbers)))

    def metadata(self, given: dict[str, Any], path: Path) -> None:
        """In 2023 the payload says that it is of 2023; in 2020 it has no place to say so."""
        have = given.get("payloadVersion")
        if self.asked.version == "2023" and have == "101":
            self._tell("structure", "version_mismatch", ("payloadVersion", path), have=have, version="2023")

    def _wrong_type(self, name: str, value: Any, want: str, path: Path) -> None:
        self._tell("structure", "wrong_type", path, name=name, have=_kind_of(value), want=want)

    def _tell(self, constraint: str, told: str, path: Path, **facts: object) -> None:
        self.issues.append(Issue(constraint, written(path), told, facts))


def coded(value: str, element: Element) -> str | None:
    """The code of the element's list that a value writes, whatever its letter case; None for none of them."""
    folded = value.upper() if value.isascii() else value
    return next((code for code in element.codes if code.upper() == folded), None)


def written(path: Path) -> str:
    """A place as JSONPath: ``$.originator.originatorPersons[0]``."""
    parts: list[str] = []
    while path:
        key, path = path
        parts.append(f"[{key}]" if isinstance(key, int) else f".{key}" if key.isidentifier() else f"['{key}']")
    return "$" + "".join(reversed(parts))


def _day(value: str) -> date | None:
    if not DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _kind_of(value: Any) -> str:
    kinds = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        type(None): "null",
    }
    return kinds.get(type(value), type(value).__name__)


_Check = Callable[[_Walk, dict[str, Any], Path], None]
_CHECKS: dict[str, _Check] = {
    "Person": _Walk.person,
    "NaturalPerson": _Walk.natural_person,
    "LegalPerson": _Walk.legal_person,
    "NaturalPersonName": _Walk.natural_name,
    "LegalPersonName": _Walk.legal_name,
    "OriginatingVASP": _Walk.vasp,
    "BeneficiaryVASP": _Walk.vasp,
    "Address": _Walk.address,
    "TransferPath": _Walk.transfer_path,
    "PayloadMetadata": _Walk.metadata,
}
_TEXTS: dict[Kind, Callable[[_Walk, str, Element, Path], None]] = {
    Kind.text: _Walk.text,
    Kind.local_text: _Walk.local_text,
    Kind.code: _Walk.code,
    Kind.country: _Walk.country,
    Kind.day: _Walk.day,
    Kind.authority: _Walk.authority,
}
