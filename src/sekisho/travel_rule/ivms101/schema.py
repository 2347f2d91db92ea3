"""The data model of IVMS101 as tables: which elements a component has, of which kind, how often, in which issue.

Sections 5.2 and 6 of the standard, issue 1 (May 2020) and 101.2023 (August 2023). The plain validator walks these tables; the
compiled one is built from them. ``most`` of a list is the text's own limit for addressLine (7); for all other lists the text
says [0..n], and the limits are those of the reference implementation (npm ``ivms101``), whose recorded verdicts count them.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import NamedTuple

from sekisho.travel_rule.ivms101.codes import (
    ADDRESS_TYPES,
    LEGAL_NAME_TYPES,
    NATIONAL_IDENTIFIER_TYPES,
    NATURAL_NAME_TYPES,
    PAYLOAD_VERSIONS,
    SCRIPTS,
)


class Kind(IntEnum):
    """What an element holds."""

    component = 1
    text = 2
    local_text = 3
    code = 4
    country = 5
    day = 6
    number = 7
    authority = 8


class Element(NamedTuple):
    """One element of a component: its name, kind, and [least..most]; a list where ``listed``."""

    name: str
    kind: Kind
    required: bool = False
    listed: bool = False
    most: int = 1
    component: str | None = None
    longest: int = 0
    codes: tuple[str, ...] = ()


Component = tuple[Element, ...]
PERSONS, ACCOUNTS, NATURAL_NAMES, LEGAL_NAMES, ADDRESSES, ADDRESS_LINES, INTERMEDIARIES, METHODS = 10, 20, 5, 3, 5, 7, 5, 5
VERSIONS = ("2020", "2023")
ROOT = "IdentityPayload"


def _one(name: str, component: str, *, required: bool = False) -> Element:
    return Element(name, Kind.component, required, component=component)


def _many(name: str, component: str, most: int, *, required: bool = False) -> Element:
    return Element(name, Kind.component, required, listed=True, most=most, component=component)


def _text(name: str, longest: int, *, required: bool = False, kind: Kind = Kind.text) -> Element:
    return Element(name, kind, required, longest=longest)


def _texts(name: str, longest: int, most: int) -> Element:
    return Element(name, Kind.text, listed=True, most=most, longest=longest)


def _code(name: str, codes: tuple[str, ...], *, required: bool = True) -> Element:
    return Element(name, Kind.code, required, codes=codes)


def _country(name: str, *, required: bool = False) -> Element:
    return Element(name, Kind.country, required)


def _natural_name(kind: Kind, type_name: str) -> Component:
    return (
        _text("primaryIdentifier", 100, required=True, kind=kind),
        _text("secondaryIdentifier", 100, kind=kind),
        _code(type_name, NATURAL_NAME_TYPES),
    )


def _legal_name(kind: Kind) -> Component:
    return (_text("legalPersonName", 100, required=True, kind=kind), _code("legalPersonNameIdentifierType", LEGAL_NAME_TYPES))


def _names(own: str, local: str, most: int) -> Component:
    return (
        _many("nameIdentifier", own, most, required=True),
        _many("localNameIdentifier", local, most),
        _many("phoneticNameIdentifier", local, most),
    )


_ADDRESS: Component = (
    _code("addressType", ADDRESS_TYPES),
    _text("department", 50),
    _text("subDepartment", 70),
    _text("streetName", 70),
    _text("buildingNumber", 16),
    _text("buildingName", 35),
    _text("floor", 70),
    _text("postBox", 16),
    _text("room", 70),
    _text("postcode", 16),
    _text("townName", 35, required=True),
    _text("townLocationName", 35),
    _text("districtName", 35),
    _text("countrySubDivision", 35),
    _texts("addressLine", 70, ADDRESS_LINES),
    _country("country", required=True),
)


def _model(version: str) -> dict[str, Component]:
    """Every component of one issue. An account number stands at the originator (2020) or at the person (2023); both are read."""
    newer = version == "2023"
    plural = "" if newer else "s"
    either = (_one("naturalPerson", "NaturalPerson"), _one("legalPerson", "LegalPerson"))
    account = _texts("accountNumber", 512 if newer else 100, ACCOUNTS)
    customer = _text("customerIdentification", 50)
    version_code = (_code("payloadVersion", PAYLOAD_VERSIONS),) if newer else ()
    return {
        ROOT: (
            _one("originator", "Originator", required=True),
            _one("beneficiary", "Beneficiary", required=True),
            _one("originatingVASP", "OriginatingVASP"),
            _one("beneficiaryVASP", "BeneficiaryVASP"),
            _one("transferPath", "TransferPath"),
            _one("payloadMetadata", "PayloadMetadata", required=newer),
        ),
        "Originator": (_many(f"originatorPerson{plural}", "Person", PERSONS, required=True), account),
        "Beneficiary": (_many(f"beneficiaryPerson{plural}", "Person", PERSONS, required=True), account),
        "OriginatingVASP": (_one("originatingVASP", "Person"), *either, account),
        "BeneficiaryVASP": (_one("beneficiaryVASP", "Person"), *either, account),
        "TransferPath": (_many("transferPath", "IntermediaryVASP", INTERMEDIARIES),),
        "IntermediaryVASP": (_one("intermediaryVASP", "Person", required=True), Element("sequence", Kind.number, required=True)),
        "PayloadMetadata": (Element("transliterationMethod", Kind.code, listed=True, most=METHODS, codes=SCRIPTS), *version_code),
        "Person": (*either, account),
        "NaturalPerson": (
            _one("name", "NaturalPersonName", required=True),
            _many("geographicAddress", "Address", ADDRESSES),
            _one("nationalIdentification", "NationalIdentification"),
            customer,
            _one("dateAndPlaceOfBirth", "DateAndPlaceOfBirth"),
            _country("countryOfResidence"),
        ),
        "LegalPerson": (
            _one("name", "LegalPersonName", required=True),
            _many("geographicAddress", "Address", ADDRESSES),
            customer,
            _one("nationalIdentification", "NationalIdentification"),
            _country("countryOfRegistration"),
        ),
        "NaturalPersonName": _names("NaturalPersonNameID", "LocalNaturalPersonNameID", NATURAL_NAMES),
        "NaturalPersonNameID": _natural_name(Kind.text, "naturalPersonNameIdentifierType" if newer else "nameIdentifierType"),
        "LocalNaturalPersonNameID": _natural_name(Kind.local_text, "nameIdentifierType"),
        "LegalPersonName": _names("LegalPersonNameID", "LocalLegalPersonNameID", LEGAL_NAMES),
        "LegalPersonNameID": _legal_name(Kind.text),
        "LocalLegalPersonNameID": _legal_name(Kind.local_text),
        "Address": _ADDRESS,
        "DateAndPlaceOfBirth": (Element("dateOfBirth", Kind.day, required=True), _text("placeOfBirth", 70, required=True)),
        "NationalIdentification": (
            _text("nationalIdentifier", 35, required=True),
            _code("nationalIdentifierType", NATIONAL_IDENTIFIER_TYPES),
            _country("countryOfIssue"),
            Element("registrationAuthority", Kind.authority),
        ),
    }  # fmt: skip


MODEL: dict[str, dict[str, Component]] = {version: _model(version) for version in VERSIONS}
"""Components by name, for each issue."""

SECOND_NAMES: dict[str, dict[tuple[str, str], str]] = {
    "2020": {
        ("Address", "postCode"): "postcode",
        ("NaturalPerson", "customerNumber"): "customerIdentification",
        ("LegalPerson", "customerNumber"): "customerIdentification",
    },
    "2023": {
        ("Address", "postCode"): "postcode",
        ("LocalNaturalPersonNameID", "naturalPersonNameIdentifierType"): "nameIdentifierType",
    },
}
"""Elements to which the text itself gives two names: postcode (5.2.6.1) and postCode (5.2.6.3.10), in the issue of 2020
customerIdentification (5.2.2.1, 5.2.9.1) and customerNumber (C1, C4, 5.2.9.3.3); in 2023 the type of a local name, as C6 has it."""


@cache
def known_keys(version: str, component: str) -> dict[str, Element]:
    """The keys that the standard itself gives to the elements of a component, second names included."""
    by_name = {element.name: element for element in MODEL[version][component]}
    second = SECOND_NAMES[version].items()
    return by_name | {key: by_name[name] for (owner, key), name in second if owner == component}


@cache
def required_elements(version: str, component: str) -> tuple[str, ...]:
    """The elements that a component must have."""
    return tuple(element.name for element in MODEL[version][component] if element.required)


@cache
def coding_element(version: str, component: str) -> Element:
    """The one element of a component whose value comes from a list of codes."""
    (element,) = (element for element in MODEL[version][component] if element.kind is Kind.code)
    return element
