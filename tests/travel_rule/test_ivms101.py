"""IVMS101 is judged by its text: each constraint alone, and the plain and the compiled validator alike."""

from __future__ import annotations

import copy
import json
from datetime import date
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.travel_rule.ivms101 import Authorities, KeyStyle, judge
from sekisho.travel_rule.ivms101.compiled import UNSURE, Scanner
from sekisho.travel_rule.ivms101.issue import WORDS
from sekisho.travel_rule.ivms101.schema import MODEL
from travel_rule.payloads import BREAKS, broken, sound

DAY = date(2026, 11, 29)
LISTED = Authorities(frozenset({"RA000412", "RA000553", "RA777777"}), "test")
NOT_SEEN_BY_BOTH = {"unknown-element", "key-style", "text-2020"}
"""Notes of the plain validator alone."""


def ids(document: Any, version: str = "auto", authorities: Authorities | None = LISTED, keys: str = "auto") -> set[str]:
    judged = judge(document, as_of=DAY, version=version, authorities=authorities, keys=keys)
    return {issue.constraint for issue in (*judged.issues, *judged.notes)}


@pytest.mark.parametrize("constraint", BREAKS)
def test_each_constraint_is_found_alone_and_at_its_place(constraint: str) -> None:
    for version, payload in broken(constraint, 20):
        judged = judge(payload, as_of=DAY, authorities=LISTED)
        assert {issue.constraint for issue in judged.issues} == {constraint}, (version, judged.issues)
        assert not judged.valid
        assert judged.version == version
        for issue in judged.issues:
            assert _at(payload, issue.path) is not None
            assert all(say(language) for say in (issue.problem, issue.remedy) for language in ("en", "ja"))


def test_sound_payloads_of_both_issues_are_valid_and_of_no_other_issue() -> None:
    for version, other in (("2020", "2023"), ("2023", "2020")):
        for seed in range(20):
            payload = sound(version, Random(seed))
            judged = judge(payload, as_of=DAY, authorities=LISTED)
            assert judged.valid, judged.issues
            assert judged.version == version
            assert not judge(payload, as_of=DAY, version=other, authorities=LISTED).valid


def test_the_text_binds_the_originator_alone_by_c1_and_c4() -> None:
    payload = sound("2020", Random(1))
    person = payload["beneficiary"]["beneficiaryPersons"][0]["naturalPerson"]
    for name in ("geographicAddress", "nationalIdentification", "customerIdentification", "dateAndPlaceOfBirth"):
        del person[name]
    vasp = payload["originatingVASP"]["originatingVASP"]["legalPerson"]
    for name in ("geographicAddress", "nationalIdentification", "customerIdentification"):
        del vasp[name]
    assert ids(payload) == set()


def test_limits_hold_at_the_last_entry_allowed_and_break_at_the_next() -> None:
    payload = sound("2023", Random(1))
    persons = payload["originator"]["originatorPerson"]
    payload["originator"]["originatorPerson"] = [persons[0]] * 10
    assert ids(payload) == set()
    payload["originator"]["originatorPerson"] = [persons[0]] * 11
    assert ids(payload) == {"list"}
    payload["originator"]["originatorPerson"] = []
    assert ids(payload) == {"list"}


def test_text_lengths_and_scripts() -> None:
    payload = sound("2023", Random(1))
    name = payload["originator"]["originatorPerson"][0]["naturalPerson"]["name"]
    for text, found in (("A" * 100, set()), ("A" * 101, {"text"}), ("", {"text"}), ("山田", {"text"}), ("Müller", {"text"})):
        name["nameIdentifier"][0]["primaryIdentifier"] = text
        assert ids(payload) == found, text
    name["nameIdentifier"][0]["primaryIdentifier"] = "Yamada"
    for text, found in (("𠮷野" + "あ" * 98, set()), ("あ" * 101, {"text"}), ("山\n田", {"text"})):
        name["localNameIdentifier"][0]["primaryIdentifier"] = text
        assert ids(payload) == found, text


def test_without_the_gleif_list_c10_is_said_to_be_not_checked() -> None:
    payload = sound("2020", Random(3))
    payload["originatingVASP"]["originatingVASP"]["legalPerson"]["nationalIdentification"] = {
        "nationalIdentifier": "1", "nationalIdentifierType": "RAID", "registrationAuthority": "RA999990",
    }  # fmt: skip
    assert ids(payload) == {"C10"}
    without = judge(payload, as_of=DAY)
    assert without.valid
    assert "not-checked" in {note.constraint for note in without.notes}


def test_a_person_is_natural_or_legal_and_never_both() -> None:
    payload = sound("2020", Random(1))
    person = payload["originator"]["originatorPersons"][0]
    legal = payload["originator"]["originatorPersons"][1]["legalPerson"]
    assert ids(person) == set()
    assert ids({**person, "legalPerson": legal}) == {"structure"}
    assert ids({"originator": {"originatorPersons": [{}]}, "beneficiary": payload["beneficiary"]}) == {"structure"}


def test_codes_are_read_in_any_case_and_countries_in_capitals_only() -> None:
    payload = sound("2020", Random(1))
    payload["beneficiary"]["beneficiaryPersons"][0]["naturalPerson"]["name"]["nameIdentifier"][0]["nameIdentifierType"] = "legl"
    assert ids(payload) == {"letter-case"}
    payload["beneficiary"]["beneficiaryPersons"][0]["naturalPerson"]["countryOfResidence"] = "jp"
    assert ids(payload) == {"letter-case", "C3"}


def test_the_second_business_example_of_the_standard_is_valid() -> None:
    """Section 8.2: Xinli Wu to ABC Limited through VASP E."""
    payload = {
        "originator": {
            "originatorPersons": [
                {
                    "naturalPerson": {
                        "name": {
                            "nameIdentifier": [
                                {"primaryIdentifier": "Wu", "secondaryIdentifier": "Xinli", "nameIdentifierType": "LEGL"}
                            ],
                            "localNameIdentifier": [
                                {"primaryIdentifier": "吴", "secondaryIdentifier": "信利", "nameIdentifierType": "LEGL"}
                            ],
                        },
                        "nationalIdentification": {
                            "nationalIdentifier": "446005",
                            "nationalIdentifierType": "RAID",
                            "registrationAuthority": "RA000553",
                        },
                        "countryOfResidence": "TZ",
                    }
                }
            ]
        },
        "beneficiary": {
            "beneficiaryPersons": [
                {
                    "legalPerson": {
                        "name": {
                            "nameIdentifier": [
                                {"legalPersonName": "ABC Limited", "legalPersonNameIdentifierType": "LEGL"},
                                {"legalPersonName": "CBA Trading", "legalPersonNameIdentifierType": "TRAD"},
                            ]
                        }
                    }
                }
            ],
            "accountNumber": ["00010190CBATRAD"],
        },
        "payloadMetadata": {"transliterationMethod": ["hani"]},
        "transferPath": {
            "transferPath": [
                {
                    "intermediaryVASP": {
                        "legalPerson": {
                            "name": {"nameIdentifier": [{"legalPersonName": "VASP E", "legalPersonNameIdentifierType": "LEGL"}]}
                        }
                    },
                    "sequence": 0,
                }
            ]
        },
    }
    assert ids(payload) == set()


def test_protojson_is_read_as_the_same_payload_and_the_standards_names_alone_on_request() -> None:
    payload = sound("2020", Random(5))
    proto = _snake(payload)
    judged = judge(proto, as_of=DAY, authorities=LISTED)
    assert judged.valid, judged.issues
    assert judged.key_style is KeyStyle.protojson
    assert not judge(proto, as_of=DAY, authorities=LISTED, keys="standard").valid


def test_the_other_issues_names_are_not_read_tolerantly() -> None:
    payload = sound("2023", Random(5))
    person = payload["originator"]["originatorPerson"][0]["naturalPerson"]
    person["name"]["nameIdentifier"][0]["nameIdentifierType"] = person["name"]["nameIdentifier"][0].pop(
        "naturalPersonNameIdentifierType"
    )
    assert ids(payload) == {"structure", "C6", "unknown-element"}


def _snake(value: Any, key: str = "") -> Any:
    """As protojson writes it: snake case, enums with their prefix, empty texts for what is absent."""
    if isinstance(value, dict):
        told = {_snake_name(name): _snake(each, name) for name, each in value.items()}
        return told | ({"department": "", "sub_department": ""} if "addressType" in value else {})
    if isinstance(value, list):
        return [_snake(each, key) for each in value]
    prefixes = {
        "nameIdentifierType": "NATURAL_PERSON_NAME_TYPE_CODE_",
        "legalPersonNameIdentifierType": "LEGAL_PERSON_NAME_TYPE_CODE_",
        "addressType": "ADDRESS_TYPE_CODE_",
        "nationalIdentifierType": "NATIONAL_IDENTIFIER_TYPE_CODE_",
        "transliterationMethod": "TRANSLITERATION_METHOD_CODE_",
    }
    return prefixes[key] + value.upper() if key in prefixes else value


def _snake_name(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name.replace("VASP", "Vasp"))


def _at(payload: Any, path: str) -> Any:
    """What stands at a JSONPath."""
    for part in path.removeprefix("$").replace("[", ".[").split(".")[1:]:
        payload = payload[int(part[1:-1])] if part.startswith("[") else payload[part]
    return payload


def test_every_sentence_has_both_languages() -> None:
    for told, words in WORDS.items():
        assert set(words) == {"en", "ja"}, told


# The compiled validator


SCANNER = Scanner(DAY, LISTED)


def assert_alike(documents: list[Any], scanner: Scanner = SCANNER, authorities: Authorities | None = LISTED) -> int:
    """Both validators say the same; how many payloads the compiled one handed over."""
    unsure = 0
    for version in ("auto", "2020", "2023"):
        scanned = scanner.scan([msgspec.json.encode(document) for document in documents], version)
        for at, document in enumerate(documents):
            if int(scanned.masks[at]) & UNSURE:
                unsure += 1
                continue
            assert scanned.ids(at) == ids(document, version, authorities, "standard") - NOT_SEEN_BY_BOTH, document
    return unsure


def test_the_compiled_validator_says_the_same_of_what_breaks_one_constraint() -> None:
    documents = [payload for constraint in BREAKS for _version, payload in broken(constraint, 12, seed=2)]
    assert assert_alike(documents) <= len(documents) * 3 // 10
    assert_alike(documents, Scanner(DAY), None)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**6), st.data())
def test_the_compiled_validator_says_the_same_of_random_changes(seed: int, data: st.DataObject) -> None:
    rng = Random(seed)
    payload = sound(rng.choice(["2020", "2023"]), rng)
    for _ in range(data.draw(st.integers(1, 4))):
        _change(payload, rng)
    assert_alike([payload])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 10**6))
def test_the_compiled_validator_never_calls_valid_what_is_not_json(noise: bytes, seed: int) -> None:
    rng = Random(seed)
    raw = bytearray(msgspec.json.encode(sound("2020", rng)))
    at = rng.randrange(len(raw))
    raw[at : at + rng.randint(0, 3)] = noise
    mask = int(SCANNER.scan([bytes(raw)]).masks[0])
    try:
        document = json.loads(bytes(raw).decode("utf-8"))
    except ValueError:
        assert mask, "not JSON, and not told so"
        return
    if not mask & UNSURE:
        assert frozenset(SCANNER.scan([bytes(raw)]).ids(0)) == ids(document, "auto", LISTED, "standard") - NOT_SEEN_BY_BOTH


VALUES: tuple[Any, ...] = (
    "", "A", "LEGL", "legl", "GEOG", "JP", "XX", "ZZ", "山", "é", "\n", "\u2028", "\x7f", "\\", '"', "2001-02-29", "2000-02-29",
    "2026-11-29",     "RA000412", "RA000001", "A" * 36, "A" * 71, "😀" * 100, "😀" * 101, 0, 1, 7, -1, 1.5, 10**17, 10**18,
    True, None, [], {}, ["x"], {"a": 1},
    "101", "101.2023", "arab", "LEIX", "TXID", "506700T7Z685VUOZL877", "506700T7Z685VUOZL878",
)  # fmt: skip


def _change(payload: Any, rng: Random) -> None:
    """Replace, remove, rename or double something somewhere in a payload."""
    places = list(_places(payload))
    holder, key = rng.choice(places)
    action = rng.randrange(5)
    if action <= 1:
        holder[key] = copy.deepcopy(rng.choice(VALUES))
    elif action == 2:
        del holder[key]
    elif action == 3 and isinstance(holder, dict):
        names = [element.name for component in MODEL["2023"].values() for element in component]
        holder[rng.choice(names)] = holder[key]
    elif isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))


def _places(value: Any) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in list(pairs):
        yield value, key
        yield from _places(each)
