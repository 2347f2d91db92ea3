"""Sound payloads of both issues, and what breaks each constraint: shared by tests and the benchmark."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

Payload = dict[str, Any]
Change = Callable[[Payload, str, Random], None]
LEIS = ("506700T7Z685VUOZL877", "GTFZ00N6IHYMHHNT8S51", "353800279ADEFGKNTV65", "5493006MHB84DD0ZWV18", "7LTWFZYICNSX8D621K86")
"""LEIs whose check digits hold."""


def sound(version: str, rng: Random) -> Payload:
    """A payload with every component, in order by the text of the issue."""
    plural = "s" if version == "2020" else ""
    return {
        "originator": {f"originatorPerson{plural}": [_natural(version, rng), _legal(version, rng)], **_accounts(version)},
        "beneficiary": {f"beneficiaryPerson{plural}": [_natural(version, rng)], **_accounts(version)},
        "originatingVASP": {"originatingVASP": _legal(version, rng)},
        "beneficiaryVASP": {"beneficiaryVASP": _legal(version, rng)},
        "transferPath": {
            "transferPath": [{"intermediaryVASP": _legal(version, rng), "sequence": at} for at in range(rng.randint(2, 4))]
        },
        "payloadMetadata": {"transliterationMethod": ["kana", "hani"]}
        | ({"payloadVersion": "101.2023"} if version == "2023" else {}),
    }


def _accounts(version: str) -> Payload:
    return {"accountNumber": ["14HmBSwec8XrcWge9Zi1ZngNia64u3Wd2v"]} if version == "2020" else {}


def _natural(version: str, rng: Random) -> Payload:
    kind = "nameIdentifierType" if version == "2020" else "naturalPersonNameIdentifierType"
    return {
        "naturalPerson": {
            "name": {
                "nameIdentifier": [
                    {"primaryIdentifier": "Yamada", "secondaryIdentifier": rng.choice(["Taro", "Hanako"]), kind: "LEGL"},
                    {"primaryIdentifier": "Tanaka", kind: "MAID"},
                ],
                "localNameIdentifier": [{"primaryIdentifier": "山田", "secondaryIdentifier": "太郎", "nameIdentifierType": "LEGL"}],
                "phoneticNameIdentifier": [{"primaryIdentifier": "ヤマダ", "nameIdentifierType": "LEGL"}],
            },
            "geographicAddress": [_address("HOME", rng)],
            "nationalIdentification": {"nationalIdentifier": "112502920", "nationalIdentifierType": "IDCD", "countryOfIssue": "JP"},
            "customerIdentification": str(rng.randint(1, 10**9)),
            "dateAndPlaceOfBirth": {"dateOfBirth": f"{rng.randint(1930, 2005)}-02-28", "placeOfBirth": "Osaka"},
            "countryOfResidence": rng.choice(["JP", "US", "XX"]),
        }
    }


def _legal(version: str, rng: Random) -> Payload:
    lei = rng.random() < 0.5
    numbered = {"nationalIdentifier": "0100010000001", "registrationAuthority": "RA000412"}
    identification = (
        {"nationalIdentifier": rng.choice(LEIS), "nationalIdentifierType": "LEIX"}
        if lei
        else {**numbered, "nationalIdentifierType": rng.choice(["RAID", "TXID", "MISC"])}
    )
    return {
        "legalPerson": {
            "name": {
                "nameIdentifier": [{"legalPersonName": "Sekisho Exchange KK", "legalPersonNameIdentifierType": "LEGL"}],
                "localNameIdentifier": [{"legalPersonName": "関所取引所株式会社", "legalPersonNameIdentifierType": "LEGL"}],
            },
            "geographicAddress": [_address("GEOG", rng)],
            "customerIdentification": str(rng.randint(1, 10**9)),
            "nationalIdentification": identification,
            "countryOfRegistration": "JP",
        }
    }


def _address(kind: str, rng: Random) -> Payload:
    told: Payload = (
        {"addressLine": ["1 2 3 Kasumigaseki"]} if rng.random() < 0.5 else {"streetName": "Sakuradadori", "buildingNumber": "2"}
    )
    return {"addressType": kind, **told, "postcode": "1000013", "townName": "Chiyodaku", "country": "JP"}


def persons(payload: Payload, version: str, kind: str, *, originator: bool = False) -> list[Payload]:
    """The natural or legal persons of a payload, those of the originator alone or all."""
    plural = "s" if version == "2020" else ""
    listed = list(payload["originator"][f"originatorPerson{plural}"])
    if not originator:
        listed += payload["beneficiary"][f"beneficiaryPerson{plural}"]
        listed += [payload["originatingVASP"]["originatingVASP"], payload["beneficiaryVASP"]["beneficiaryVASP"]]
        listed += [entry["intermediaryVASP"] for entry in payload["transferPath"]["transferPath"]]
    return [person[kind] for person in listed if kind in person]


def _strip_natural(payload: Payload, version: str, rng: Random) -> None:
    person = rng.choice(persons(payload, version, "naturalPerson", originator=True))
    for name in ("geographicAddress", "nationalIdentification", "customerIdentification", "dateAndPlaceOfBirth"):
        del person[name]


def _strip_legal(payload: Payload, version: str, rng: Random) -> None:
    person = rng.choice(persons(payload, version, "legalPerson", originator=True))
    for name in ("nationalIdentification", "customerIdentification"):
        del person[name]
    if rng.random() < 0.5:
        person["geographicAddress"][0]["addressType"] = rng.choice(["HOME", "BIZZ"])
    else:
        del person["geographicAddress"]


def _born_late(payload: Payload, version: str, rng: Random) -> None:
    person = rng.choice(persons(payload, version, "naturalPerson"))
    person["dateAndPlaceOfBirth"]["dateOfBirth"] = rng.choice(["2026-11-29", "2026-11-30", "2027-01-01", "2100-02-28"])


def _no_country(payload: Payload, version: str, rng: Random) -> None:
    country = rng.choice(["ZZ", "UK", "EU", "jp", "JPN", "Japan", "", "XK"])
    person = rng.choice(persons(payload, version, "naturalPerson"))
    where = rng.randrange(3)
    if where == 0:
        person["countryOfResidence"] = country
    elif where == 1:
        person["geographicAddress"][0]["country"] = country
    else:
        person["nationalIdentification"]["countryOfIssue"] = country


def _no_legal_name(payload: Payload, version: str, rng: Random) -> None:
    person = rng.choice(persons(payload, version, "legalPerson"))
    person["name"]["nameIdentifier"][0]["legalPersonNameIdentifierType"] = rng.choice(["SHRT", "TRAD"])


def _no_natural_name(payload: Payload, version: str, rng: Random) -> None:
    kind = "nameIdentifierType" if version == "2020" else "naturalPersonNameIdentifierType"
    rng.choice(persons(payload, version, "naturalPerson"))["name"]["nameIdentifier"][0][kind] = rng.choice(["ALIA", "BIRT", "MISC"])


def _wrong_identifier(payload: Payload, version: str, rng: Random) -> None:
    person = rng.choice(persons(payload, version, "legalPerson"))
    person["nationalIdentification"] = {
        "nationalIdentifier": "112502920",
        "nationalIdentifierType": rng.choice(["ARNU", "CCPT", "DRLC", "FIIN", "SOCS", "IDCD"]),
        "registrationAuthority": "RA000412",
    }


def _no_place(payload: Payload, version: str, rng: Random) -> None:
    kind = rng.choice(["naturalPerson", "legalPerson"])
    address = rng.choice(persons(payload, version, kind))["geographicAddress"][0]
    for name in ("addressLine", "streetName", "buildingNumber"):
        address.pop(name, None)
    address |= rng.choice(
        [{}, {"addressLine": []}, {"streetName": "Sakuradadori"}, {"buildingName": "Kasumi", "buildingNumber": "1"}]
    )


def _incomplete_identifier(payload: Payload, version: str, rng: Random) -> None:
    identification = rng.choice(persons(payload, version, "legalPerson"))["nationalIdentification"]
    if rng.random() < 0.4:
        identification["countryOfIssue"] = "JP"
    elif "registrationAuthority" in identification:
        del identification["registrationAuthority"]
    else:
        identification["registrationAuthority"] = "RA000412"


def _no_authority(payload: Payload, version: str, rng: Random) -> None:
    rng.choice(persons(payload, version, "legalPerson"))["nationalIdentification"] = {
        "nationalIdentifier": "0100010000001",
        "nationalIdentifierType": "RAID",
        "registrationAuthority": rng.choice(["RA000000", "RA123456", "RA999990", "RA00041", "ra000412", "XX000412"]),
    }


def _no_lei(payload: Payload, version: str, rng: Random) -> None:
    lei = rng.choice(LEIS)
    rng.choice(persons(payload, version, "legalPerson"))["nationalIdentification"] = {
        "nationalIdentifier": rng.choice([lei[:-1], lei + "0", lei.lower(), lei[:18] + "X7", lei[:5] + "-" + lei[6:]]),
        "nationalIdentifierType": "LEIX",
    }


def _wrong_check_digits(payload: Payload, version: str, rng: Random) -> None:
    lei = rng.choice(LEIS)
    at = rng.randrange(18)
    other = rng.choice([c for c in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c != lei[at]])
    swapped = (
        lei[:at] + lei[at + 1] + lei[at] + lei[at + 2 :] if at < 17 and lei[at] != lei[at + 1] else lei[:at] + other + lei[at + 1 :]
    )
    rng.choice(persons(payload, version, "legalPerson"))["nationalIdentification"] = {
        "nationalIdentifier": swapped,
        "nationalIdentifierType": "LEIX",
    }


def _gap(payload: Payload, version: str, rng: Random) -> None:
    entries = payload["transferPath"]["transferPath"]
    for entry in entries:
        entry["sequence"] += rng.choice([0, 1])
    if sorted(entry["sequence"] for entry in entries) == list(range(len(entries))):
        entries[-1]["sequence"] = rng.choice([0, len(entries)])


BREAKS: dict[str, Change] = {
    "C1": _strip_natural,
    "C2": _born_late,
    "C3": _no_country,
    "C4": _strip_legal,
    "C5": _no_legal_name,
    "C6": _no_natural_name,
    "C7": _wrong_identifier,
    "C8": _no_place,
    "C9": _incomplete_identifier,
    "C10": _no_authority,
    "C11": _no_lei,
    "C11-checkdigit": _wrong_check_digits,
    "C12": _gap,
}
"""What breaks each constraint and no other, in a sound payload."""


def broken(constraint: str, count: int, seed: int = 1) -> Iterator[tuple[str, Payload]]:
    """Payloads that break one constraint, half of each issue."""
    rng = Random(f"{seed} {constraint}")
    for at in range(count):
        version = ("2020", "2023")[at % 2]
        payload = copy.deepcopy(sound(version, rng))
        BREAKS[constraint](payload, version, rng)
        yield version, payload
