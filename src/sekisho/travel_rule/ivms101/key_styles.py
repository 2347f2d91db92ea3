"""Reads IVMS101 written with other key names: protojson and snake case as TRISA and Envoy write them, and their synonyms.

The standard may be "codified across markup languages, notations" (4.1.4), so a payload with ``originator_persons`` and
``NATURAL_PERSON_NAME_TYPE_CODE_LEGL`` says the same as one with the standard's own names. Reading it tolerantly changes names
only: keys without regard to case and underscores, the plural of a list, a few synonyms of TRISA's library, the prefix of an enum
value; in protojson an empty text, list or message is an absent element (proto3 default). Values are judged as they stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any

from sekisho.travel_rule.ivms101.schema import MODEL, ROOT, VERSIONS, Element, Kind, coding_element, known_keys


class KeyStyle(StrEnum):
    """How the keys of a payload are written."""

    standard = "standard"
    protojson = "protojson"
    synonyms = "synonyms"


_SYNONYMS: dict[str, dict[str, str]] = {
    "NaturalPersonNameID": {
        "lastname": "primaryIdentifier", "surname": "primaryIdentifier", "familyname": "primaryIdentifier",
        "firstname": "secondaryIdentifier", "forename": "secondaryIdentifier", "givenname": "secondaryIdentifier",
    },
    "LegalPersonNameID": {"name": "legalPersonName"},
    "Address": {
        "street": "streetName", "number": "buildingNumber", "postalcode": "postcode", "zipcode": "postcode", "zip": "postcode",
        "town": "townName", "city": "townName", "state": "countrySubDivision", "province": "countrySubDivision",
    },
    "NationalIdentification": {"ra": "registrationAuthority", "country": "countryOfIssue"},
    "DateAndPlaceOfBirth": {"dob": "dateOfBirth", "pob": "placeOfBirth", "birthdate": "dateOfBirth", "birthplace": "placeOfBirth"},
    "NaturalPerson": {
        "country": "countryOfResidence", "customernumber": "customerIdentification", "addresses": "geographicAddress",
    },
    "LegalPerson": {
        "country": "countryOfRegistration", "customernumber": "customerIdentification", "addresses": "geographicAddress",
    },
}  # fmt: skip
_SYNONYMS["LocalNaturalPersonNameID"] = _SYNONYMS["NaturalPersonNameID"]
_SYNONYMS["LocalLegalPersonNameID"] = _SYNONYMS["LegalPersonNameID"]


@dataclass(frozen=True, slots=True)
class ReadKeys:
    """A payload under the standard's names, the style it was written in, and which keys were read as which."""

    payload: Any
    style: KeyStyle
    renamed: Mapping[str, str] = field(default_factory=dict)


def read_keys(payload: Any, version: str, component: str = ROOT) -> ReadKeys:
    """The payload under the standard's names of one issue; a payload already in them comes back as it is."""
    if only_known_keys(payload, version, component):
        return ReadKeys(payload, KeyStyle.standard)
    renaming = _Renaming(version, has_underscores(payload))
    again = renaming.component(payload, component)
    if not renaming.renamed:
        return ReadKeys(payload, KeyStyle.standard)
    return ReadKeys(again, KeyStyle.protojson if renaming.proto else KeyStyle.synonyms, renaming.renamed)


def only_known_keys(value: Any, version: str, component: str) -> bool:
    """Whether every key of a component, at any depth, is the standard's own."""
    if not isinstance(value, dict):
        return True
    known = known_keys(version, component)
    for key, each in value.items():
        element = known.get(key)
        if element is None:
            return False
        if element.component is not None:
            for inner in each if isinstance(each, list) else (each,):
                if not only_known_keys(inner, version, element.component):
                    return False
    return True


def has_underscores(payload: Any) -> bool:
    """Whether any key of the payload, at any depth, is written with underscores."""
    if isinstance(payload, dict):
        return any("_" in key or has_underscores(value) for key, value in payload.items())
    return isinstance(payload, list) and any(has_underscores(each) for each in payload)


class _Renaming:
    """One pass over a payload; ``renamed`` grows as it goes."""

    def __init__(self, version: str, proto: bool) -> None:
        self.proto = proto
        self.renamed: dict[str, str] = {}
        self._version = version

    def component(self, value: Any, name: str) -> Any:
        """A component under the standard's names; keys that are nobody's stay as they are."""
        if not isinstance(value, dict):
            return value
        known = known_keys(self._version, name)
        named: dict[str, Any] = {}
        for key, each in value.items():
            element = known.get(key) or self._other_style(key, name)
            if element is None:
                if key != "@type":
                    named[key] = each
                continue
            if self.proto and each in ("", [], {}, None):
                continue
            if key not in known:
                self.renamed[key] = element.name
            named[key if key in known else element.name] = self._value(each, element)
        return named

    def _other_style(self, key: str, component: str) -> Element | None:
        """The element a key means in another style; the name that another issue gives to an element is not read as this one's."""
        if any(key in known_keys(version, component) for version in VERSIONS):
            return None
        return _other_keys(self._version, component).get(_folded(key))

    def _value(self, value: Any, element: Element) -> Any:
        if isinstance(value, list):
            return [self._one(each, element) for each in value]
        return self._one(value, element)

    def _one(self, value: Any, element: Element) -> Any:
        if element.component is not None:
            return self.component(value, element.component)
        if not isinstance(value, str) or not self.proto:
            return value
        if element.kind is Kind.code and "_CODE_" in value:
            return _without_prefix(value, element)
        return int(value) if element.kind is Kind.number and value.isdigit() else value


@cache
def _other_keys(version: str, component: str) -> dict[str, Element]:
    """Folded keys of other styles."""
    by_name = {element.name: element for element in MODEL[version][component]}
    names = {_folded(key): element.name for key, element in known_keys(version, component).items()}
    names |= {f"{_folded(e.name)}{end}": e.name for e in by_name.values() if e.listed for end in ("s", "es")}
    names |= _SYNONYMS.get(component, {})
    if component == "NaturalPersonNameID":
        names["nameidentifiertype"] = coding_element(version, component).name
    return {folded: by_name[name] for folded, name in names.items() if name in by_name}


def _folded(key: str) -> str:
    return key.replace("_", "").lower()


def _without_prefix(value: str, element: Element) -> str:
    code = value.rpartition("_CODE_")[2]
    return next((each for each in element.codes if each.upper() == code.upper()), code)


def version_of(payload: Any) -> str:
    """The issue a payload is written in: by the name of its originator's or beneficiary's persons, else by payloadVersion."""
    for side in ("originator", "beneficiary"):
        entity = payload.get(side) if isinstance(payload, dict) else None
        for key in entity if isinstance(entity, dict) else ():
            folded = _folded(key)
            if folded == f"{side}persons":
                return "2020"
            if folded == f"{side}person":
                return "2023"
    metadata = next((v for k, v in payload.items() if _folded(k) == "payloadmetadata"), None) if isinstance(payload, dict) else None
    stated = next((str(v) for k, v in metadata.items() if _folded(k) == "payloadversion"), "") if isinstance(metadata, dict) else ""
    return VERSIONS[1] if "2023" in stated else VERSIONS[0]
