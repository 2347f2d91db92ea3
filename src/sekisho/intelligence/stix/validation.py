"""Is an object STIX 2.1? Every MUST and SHOULD of the specification that can be checked on the object itself, one fault for each.

The section named with a fault is that of the OASIS Standard of 10 June 2021.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sekisho.intelligence.stix import registries
from sekisho.intelligence.stix.objects import (
    AT_LEAST_ONE,
    CONTRIBUTING,
    IN_ORDER,
    INNER,
    META_OBJECTS,
    OBSERVABLES,
    PREDEFINED_EXTENSIONS,
    RELATIONSHIP_OBJECTS,
    Property,
    properties,
    properties_of,
)
from sekisho.intelligence.stix.patterns import comparisons, pattern_problems
from sekisho.intelligence.stix.values import (
    DICTIONARY_KEY,
    IDENTIFIER,
    LOWER_WORDS,
    PROPERTY_NAME,
    SHOULD_TEXTS,
    TEXTS,
    TYPE_NAME,
    hash_problem,
    language_problem,
    moment,
    uuid_version,
)
from sekisho.intelligence.stix.vocabularies import (
    COMMON_RELATIONSHIPS,
    ENUMS,
    HTTP_REQUEST_HEADERS,
    OPEN,
    PDF_INFO_KEYS,
    PROTOCOLS_BELOW_SERVICES,
    RELATIONSHIPS,
    TLP,
    TLP_2,
)

MUST, SHOULD = "must", "should"
CUSTOM = ("extension", "prefix", "x", "any")
"""How strictly custom content is judged: by an extension, by a prefix ``x_SOURCE_``, by ``x_`` alone, or not at all."""


class Fault(NamedTuple):
    """One thing that is not as the specification says: in which object, where in it, how grave, by which check and section."""

    object_id: str
    path: str
    level: str
    check: str
    problem: str
    section: str

    def __str__(self) -> str:
        place = f"{self.object_id}, {self.path}" if self.path else self.object_id
        return f"{place}: {self.problem} ({self.level.upper()}, {self.section})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strictness:
    """What is asked beside the MUSTs: checks left out by name, how custom content is judged, are unknown properties faults?"""

    left_out: frozenset[str] = frozenset()
    custom: str = "extension"
    unknown_is_fault: bool = False


@dataclass
class _Looking:
    """One object being looked at, and what was found."""

    object_id: str
    strictness: Strictness
    faults: list[Fault] = field(default_factory=list)

    def must(self, path: str, check: str, problem: str, section: str) -> None:
        self.faults.append(Fault(self.object_id, path, MUST, check, problem, section))

    def should(self, path: str, check: str, problem: str, section: str) -> None:
        if check not in self.strictness.left_out:
            self.faults.append(Fault(self.object_id, path, SHOULD, check, problem, section))


def validate_text(text: str, strictness: Strictness | None = None) -> list[Fault]:
    """The faults of a STIX object or bundle written as JSON; text that is no JSON object is one fault."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        return [Fault("-", "", MUST, "json", f"is not JSON: {error}", "1.3")]
    return validate(given, strictness)


def validate(given: Any, strictness: Strictness | None = None) -> list[Fault]:
    """The faults of a STIX object, or of a bundle and every object in it, in order; empty where there is none."""
    strictness = strictness or Strictness()
    if not isinstance(given, dict):
        return [Fault("-", "", MUST, "json", "is not a JSON object", "1.3")]
    looking = _Looking(_name(given), strictness)
    object_type = given.get("type")
    if not isinstance(object_type, str):
        looking.must("type", "required", "is missing, or not a string", "3.2")
        return looking.faults
    if object_type == "bundle":
        return [*_bundle(given, looking), *(fault for each in _members(given) for fault in validate(each, strictness))]
    _object(given, object_type, looking)
    return looking.faults


def _name(given: Mapping[str, Any]) -> str:
    name = given.get("id")
    return name if isinstance(name, str) else str(given.get("type", "-"))


def _members(bundle: Mapping[str, Any]) -> Sequence[Any]:
    members = bundle.get("objects", ())
    return members if isinstance(members, list) else ()


def _bundle(given: Mapping[str, Any], looking: _Looking) -> list[Fault]:
    _typed_properties(given, properties_of("bundle") or {}, "", looking, "8")
    _unknown(given, "bundle", looking)
    _identifier(given, "bundle", looking)
    versions = Counter(
        (each.get("id"), each.get("modified"))
        for each in _members(given)
        if isinstance(each, dict) and isinstance(each.get("id"), str)
    )
    for (name, modified), count in versions.items():
        if count > 1 and modified is not None:
            looking.should("objects", "duplicate-version", f"holds {name} of one modified time {count} times", "3.6")
    return looking.faults


def _object(given: Mapping[str, Any], object_type: str, looking: _Looking) -> None:
    known = properties_of(object_type)
    if known is None:
        _custom_object(given, object_type, looking)
    else:
        _typed_properties(given, known, "", looking, _section_of(object_type))
    _unknown(given, object_type, looking)
    _reserved(given, looking)
    _identifier(given, object_type, looking)
    _common(given, object_type, looking)
    check = _OF_TYPE.get(object_type)
    if check is not None:
        check(given, looking)
    _at_least_one(given, object_type, "", looking)
    _in_order(given, object_type, "", looking)


def _section_of(object_type: str) -> str:
    if object_type in OBSERVABLES:
        return "6"
    return "5" if object_type in RELATIONSHIP_OBJECTS else "7" if object_type in {*META_OBJECTS, "marking-definition"} else "4"


def _typed_properties(given: Mapping[str, Any], known: Mapping[str, Property], path: str, looking: _Looking, section: str) -> None:
    """Every known property: is it there where it must be, and of its type?"""
    for name, one in known.items():
        place = f"{path}{name}"
        if name not in given:
            if one.required:
                looking.must(place, "required", "is missing", section)
        elif one.listed:
            _list(given[name], one.kind, place, looking)
        else:
            _value(given[name], one.kind, place, looking)


def _list(value: Any, kind: str, place: str, looking: _Looking) -> None:
    if not isinstance(value, list):
        looking.must(place, "type", "is not a list", "2.10")
    elif not value:
        looking.must(place, "empty", "is an empty list; leave the property out", "2.10")
    else:
        for number, each in enumerate(value):
            _value(each, kind, f"{place}[{number}]", looking)


def _value(value: Any, kind: str, place: str, looking: _Looking) -> None:
    family, _, rest = kind.partition(".")
    if kind.startswith("{"):
        _inner(value, kind[1:-1], place, looking)
    elif family in _KINDS:
        _KINDS[family](value, rest, place, looking)
    elif kind == "any":
        if value is None:
            looking.must(place, "null", "is null; leave the property out", "3.1")
    elif not isinstance(value, str):
        looking.must(place, "type", "is not a string", "2.14")
    else:
        _text(value, kind, place, looking)


def _text(value: str, kind: str, place: str, looking: _Looking) -> None:
    if kind in TEXTS:
        problem = TEXTS[kind](value)
        if problem is not None:
            looking.must(place, kind, f"'{value}' {problem}", _TEXT_SECTIONS.get(kind, "6"))
        return
    check, judge = SHOULD_TEXTS[kind]
    problem = judge(value)
    if problem is not None:
        looking.should(place, check, f"'{value}' {problem}", _TEXT_SECTIONS.get(kind, "2.11"))


_TEXT_SECTIONS = {
    "timestamp": "2.16",
    "lang": "3.2",
    "url": "2.5",
    "binary": "2.1",
    "hex": "2.8",
    "selector": "7.2.3.1",
    "country": "4.10",
    "media-type-should": "6.7",
}


def _inner(value: Any, name: str, place: str, looking: _Looking) -> None:
    if not isinstance(value, dict):
        looking.must(place, "type", "is not an object", "2")
        return
    known = properties(INNER[name])
    _typed_properties(value, known, f"{place}.", looking, "2")
    if name == "external-reference":
        _external_reference(value, place, looking)
    elif name == "granular-marking" and ("marking_ref" in value) == ("lang" in value):
        looking.must(place, "granular-marking", "has both or neither of marking_ref and lang", "7.2.3.1")
    elif name == "mime-part" and ("body" in value) == ("body_raw_ref" in value):
        looking.must(place, "mime-part", "has both or neither of body and body_raw_ref", "6.6.2")
    if name in {"windows-registry-value", "x509-v3-extensions"}:
        _unknown_inside(value, known, place, looking)
    _at_least_one(value, name, place, looking)
    _in_order(value, name, f"{place}.", looking)


_CVE = re.compile(r"CVE-\d{4}-(?:0\d{3}|[1-9]\d{3,})")
_CAPEC = re.compile(r"CAPEC-\d+")


def _external_reference(value: Mapping[str, Any], place: str, looking: _Looking) -> None:
    source, number = value.get("source_name"), value.get("external_id")
    for name, form in (("cve", _CVE), ("capec", _CAPEC)):
        if source == name and not (isinstance(number, str) and form.fullmatch(number)):
            looking.must(place, "external-reference", f"of source {name} has no external_id of its form", "2.5")
    if isinstance(number, str) and isinstance(source, str):
        for name, form in (("cve", _CVE), ("capec", _CAPEC)):
            if form.match(number) and source.lower() == name and source != name:
                looking.must(place, "external-reference", f"names its source '{source}' where '{name}' is meant", "2.5")
    if not any(name in value for name in ("description", "url", "external_id")):
        looking.must(place, "external-reference", "has neither description, url nor external_id", "2.5.2")
    if "url" in value and "hashes" not in value:
        looking.should(place, "reference-hashes", "has a url without hashes", "2.5.2")


def _boolean(value: Any, _rest: str, place: str, looking: _Looking) -> None:
    if not isinstance(value, bool):
        looking.must(place, "type", "is not true or false", "2.2")


def _number(value: Any, place: str, looking: _Looking, low: float, high: float, *, whole: bool) -> None:
    fine = isinstance(value, int | float) and not isinstance(value, bool) and (isinstance(value, int) or not whole)
    if not fine:
        looking.must(place, "type", "is not an integer" if whole else "is not a number", "2.9" if whole else "2.6")
    elif not low <= value <= high:
        looking.must(place, "range", f"{value} lies outside its range", "2.9")


def _integer(value: Any, _rest: str, place: str, looking: _Looking) -> None:
    low, high = _RANGES.get(place.rpartition(".")[2], (-(2**53) + 1, 2**53 - 1))
    _number(value, place, looking, low, high, whole=True)


def _natural(value: Any, _rest: str, place: str, looking: _Looking) -> None:
    _number(value, place, looking, 0, 2**53 - 1, whole=True)


def _port(value: Any, _rest: str, place: str, looking: _Looking) -> None:
    _number(value, place, looking, 0, 65535, whole=True)


def _float(value: Any, _rest: str, place: str, looking: _Looking) -> None:
    low, high = _RANGES.get(place.rpartition(".")[2], (float("-inf"), float("inf")))
    _number(value, place, looking, low, high, whole=False)


_RANGES: dict[str, tuple[float, float]] = {
    "confidence": (0, 100),
    "latitude": (-90, 90),
    "longitude": (-180, 180),
    "number_observed": (1, 999_999_999),
    "count": (0, 999_999_999),
}


def _id(value: Any, allowed: str, place: str, looking: _Looking) -> None:
    if not isinstance(value, str) or not IDENTIFIER.fullmatch(value):
        looking.must(place, "identifier", f"'{value}' is not an identifier such as indicator--UUID", "2.9")
        return
    target = value.partition("--")[0]
    types = allowed.split("|") if allowed else ()
    if types and target not in types and not (_custom_type(target) and types != ["marking-definition"]):
        looking.must(place, "reference", f"refers to a {target} where {' or '.join(types)} is meant", "2.9")


def _custom_type(object_type: str) -> bool:
    return properties_of(object_type) is None


def _enum(value: Any, name: str, place: str, looking: _Looking) -> None:
    words = {"2.0", "2.1"} if name == "spec-version" else ENUMS[name]
    if not isinstance(value, str) or value not in words:
        looking.must(place, "enumeration", f"'{value}' is not one of {', '.join(sorted(words))}", "10")


def _open_vocabulary(value: Any, name: str, place: str, looking: _Looking) -> None:
    if not isinstance(value, str):
        looking.must(place, "type", "is not a string", "2.12")
        return
    if value not in OPEN[name]:
        if name != "windows-pebinary-type-ov" and not LOWER_WORDS.fullmatch(value):
            looking.should(place, "lower-case-words", f"'{value}' is not in lower case with hyphens", "2.12")
        looking.should(place, name, f"'{value}' is not in the vocabulary {name}", "10")


def _dictionary(value: Any, _rest: str, place: str, looking: _Looking) -> None:
    if not isinstance(value, dict):
        looking.must(place, "type", "is not an object", "2.3")
        return
    if not value:
        looking.must(place, "empty", "is an empty dictionary; leave the property out", "2.3")
    for key in value:
        if not DICTIONARY_KEY.fullmatch(key):
            looking.must(f"{place}.{key}", "dictionary-key", "is not a key of letters, digits, - and _", "2.3")


def _hashes(value: Any, _rest: str, place: str, looking: _Looking) -> None:
    if not isinstance(value, dict) or not value:
        looking.must(place, "type", "is not a dictionary of hashes", "2.7")
        return
    for name, digest in value.items():
        problem = hash_problem(name, digest)
        if problem is not None:
            looking.must(f"{place}.{name}", "hash", problem, "2.7")
        if name not in OPEN["hash-algorithm-ov"] and not name.startswith("x_"):
            looking.should(f"{place}.{name}", "hash-algorithm-ov", f"'{name}' is not in the vocabulary hash-algorithm-ov", "10.7")


def _contents(value: Any, _rest: str, place: str, looking: _Looking) -> None:
    """The translations of a language-content object (7.1)."""
    if not isinstance(value, dict) or not value:
        looking.must(place, "type", "is not a dictionary of translations", "7.1")
        return
    for tag, translated in value.items():
        if language_problem(tag) is not None:
            looking.must(f"{place}.{tag}", "lang", "is not a language tag by RFC 5646", "7.1")
        if not isinstance(translated, dict):
            looking.must(f"{place}.{tag}", "type", "is not a dictionary of translated properties", "7.1")
            continue
        for name in translated:
            if not PROPERTY_NAME.fullmatch(name):
                looking.must(f"{place}.{tag}.{name}", "property-name", "is not the name of a property", "7.1")


def _observables(value: Any, _rest: str, place: str, looking: _Looking) -> None:
    """The deprecated dictionary of observables in an observed-data object (4.14)."""
    looking.should(place, "deprecated", "is deprecated; use object_refs", "4.14")
    if not isinstance(value, dict) or not value:
        looking.must(place, "type", "is not a dictionary of observables", "4.14")
        return
    for key, each in value.items():
        if not isinstance(each, dict) or not isinstance(each.get("type"), str):
            looking.must(f"{place}.{key}", "type", "is not an observable", "4.14")


def _extensions(value: Any, _rest: str, place: str, looking: _Looking) -> None:
    """Is it a dictionary of extensions? What is in each is looked at with the object (7.3)."""
    if not isinstance(value, dict):
        looking.must(place, "type", "is not an object", "7.3")
        return
    for key, each in value.items():
        if not isinstance(each, dict):
            looking.must(f"{place}.{key}", "type", "is not an object", "7.3")
        elif key.startswith("extension-definition--"):
            kind = each.get("extension_type")
            if kind is not None and (not isinstance(kind, str) or kind not in ENUMS["extension-type-enum"]):
                looking.must(f"{place}.{key}.extension_type", "enumeration", f"'{kind}' is not a type of extension", "7.3")


def _reserved_value(value: Any, _rest: str, place: str, looking: _Looking) -> None:
    looking.must(place, "reserved", "is reserved and must not be used", "3.1")


_KINDS = {
    "boolean": _boolean,
    "integer": _integer,
    "natural": _natural,
    "port": _port,
    "float": _float,
    "id": _id,
    "enum": _enum,
    "ov": _open_vocabulary,
    "dictionary": _dictionary,
    "hashes": _hashes,
    "contents": _contents,
    "observables": _observables,
    "extensions": _extensions,
    "reserved": _reserved_value,
}


def _identifier(given: Mapping[str, Any], object_type: str, looking: _Looking) -> None:
    name = given.get("id")
    if not isinstance(name, str):
        return
    if not IDENTIFIER.fullmatch(name):
        looking.must("id", "identifier", f"'{name}' is not an identifier such as {object_type}--UUID", "2.9")
        return
    if name.partition("--")[0] != object_type:
        looking.must("id", "identifier", f"does not start with {object_type}--", "2.9")
    version = uuid_version(name)
    if object_type in OBSERVABLES:
        made_of = CONTRIBUTING[object_type].split()
        if any(each in given for each in made_of):
            if version != 5:
                looking.should("id", "uuid", "is not a UUID of version 5, made from the object's own properties", "2.9")
        elif version != 4:
            looking.must("id", "uuid", "has nothing it could be made from, so it must be a UUID of version 4", "2.9")
            looking.should("id", "uuid", "is not a UUID of version 4", "2.9")
    elif version != 4 and not _is_new_observable(given) and name not in TLP:
        looking.should("id", "uuid", "is not a UUID of version 4", "2.9")


def _is_new_observable(given: Mapping[str, Any]) -> bool:
    return "new-sco" in _extension_types(given) or ("created" not in given and properties_of(str(given.get("type"))) is None)


def _extension_types(given: Mapping[str, Any]) -> set[str]:
    """The types of extension an object says it uses; its definitions' identifiers alone count as any."""
    extensions = given.get("extensions")
    if not isinstance(extensions, dict):
        return set()
    return {
        each["extension_type"]
        for key, each in extensions.items()
        if isinstance(each, dict) and key.startswith("extension-definition--") and isinstance(each.get("extension_type"), str)
    }


def _custom_object(given: Mapping[str, Any], object_type: str, looking: _Looking) -> None:
    """An object of a type the specification does not define (7.3, 11.2)."""
    if not TYPE_NAME.fullmatch(object_type):
        looking.must(
            "type", "type-name", f"'{object_type}' is not a type of 3 to 250 lower-case letters, digits and hyphens", "3.1"
        )
    if object_type == "action":
        looking.must("type", "reserved", "action is reserved and must not be used", "3.1")
    types = _extension_types(given)
    if "new-sco" in types or ("created" not in given and "modified" not in given and "new-sdo" not in types):
        known = properties(_OBSERVABLE_CORE)
    else:
        known = properties(_CUSTOM_CORE)
    _typed_properties(given, known, "", looking, "3.2")
    if looking.strictness.unknown_is_fault and not types & {"new-sdo", "new-sco", "new-sro"}:
        looking.must("type", "unknown-type", f"'{object_type}' is not a type of the specification", "11.2")
    if types & {"new-sdo", "new-sco", "new-sro"}:
        return
    custom = looking.strictness.custom
    if custom == "extension":
        looking.should("type", "custom-extension", f"custom type '{object_type}' is not defined by an extension", "7.3")
    elif custom == "prefix" and not re.fullmatch(r"x-[a-z0-9]+(?:-[a-z0-9]+)+", object_type):
        looking.should("type", "custom-prefix", f"custom type '{object_type}' does not start with x- and its source", "11.2")
    elif custom == "x" and not object_type.startswith("x-"):
        looking.should("type", "custom-prefix", f"custom type '{object_type}' does not start with x-", "11.2")


_OBSERVABLE_CORE = (
    "type!:string spec_version:enum.spec-version id!:id object_marking_refs:[id.marking-definition] "
    "granular_markings:[{granular-marking}] defanged:boolean extensions:extensions"
)
_CUSTOM_CORE = (
    "type!:string spec_version!:enum.spec-version id!:id created_by_ref:id.identity created!:timestamp modified!:timestamp "
    "revoked:boolean labels:[string] confidence:integer lang:lang external_references:[{external-reference}] "
    "object_marking_refs:[id.marking-definition] granular_markings:[{granular-marking}] extensions:extensions"
)


def _unknown(given: Mapping[str, Any], object_type: str, looking: _Looking) -> None:
    """Properties the specification does not define, and extensions that are not its own."""
    known = properties_of(object_type)
    types = _extension_types(given)
    by_extension = bool(types & {"toplevel-property-extension", "new-sdo", "new-sco", "new-sro"})
    for name, value in given.items():
        if known is not None and name in known:
            continue
        if known is None and (name in properties(_CUSTOM_CORE) or name == "defanged"):
            continue
        if not PROPERTY_NAME.fullmatch(name) and not (len(name) >= 3 and name.isdigit()):
            _bad_name(name, looking)
        if value is None:
            looking.must(name, "null", "is null; leave the property out", "3.1")
        for key in value if isinstance(value, dict) else ():
            if key != key.lower():
                looking.should(f"{name}.{key}", "dictionary-case", "is a key that is not in lower case", "2.3")
        if known is not None and looking.strictness.unknown_is_fault:
            looking.must(name, "unknown-property", "is not a property the specification defines", "3.1")
        if known is not None and not by_extension:
            _custom_property(name, name, looking)
    if object_type in OBSERVABLES:
        _observable_extensions(given, object_type, looking)


def _bad_name(name: str, looking: _Looking) -> None:
    looking.must(
        name, "property-name", "is not a name of 3 to 250 lower-case letters, digits and _ that starts with a letter", "3.1"
    )


def _custom_property(name: str, place: str, looking: _Looking) -> None:
    custom = looking.strictness.custom
    if custom == "extension":
        looking.should(place, "custom-extension", "is a custom property outside any extension", "11.1")
    elif custom == "prefix" and not re.fullmatch(r"x_[a-z0-9]+(?:_[a-z0-9]+)+", name):
        looking.should(place, "custom-prefix", "is a custom property whose name does not start with x_ and its source", "11.1")
    elif custom == "x" and not name.startswith("x_"):
        looking.should(place, "custom-prefix", "is a custom property whose name does not start with x_", "11.1")


def _unknown_inside(value: Mapping[str, Any], known: Mapping[str, Property], place: str, looking: _Looking) -> None:
    for name in value:
        if name not in known:
            if looking.strictness.unknown_is_fault:
                looking.must(f"{place}.{name}", "unknown-property", "is not a property the specification defines", "6")
            _custom_property(name, f"{place}.{name}", looking)


def _observable_extensions(given: Mapping[str, Any], object_type: str, looking: _Looking) -> None:
    extensions = given.get("extensions")
    if not isinstance(extensions, dict):
        return
    own = PREDEFINED_EXTENSIONS.get(object_type, {})
    for key, value in extensions.items():
        place = f"extensions.{key}"
        if not isinstance(value, dict):
            continue
        if key in own:
            known = properties(own[key])
            _typed_properties(value, known, f"{place}.", looking, "6")
            _unknown_inside(value, known, place, looking)
            _at_least_one(value, key, place, looking)
            _EXTENSIONS.get(key, _nothing)(value, place, looking)
        elif key.startswith("extension-definition--"):
            if not IDENTIFIER.fullmatch(key):
                looking.must(place, "identifier", "is not the identifier of an extension definition", "7.3")
        else:
            _custom_extension(key, place, looking)


def _custom_extension(key: str, place: str, looking: _Looking) -> None:
    if not re.fullmatch(r"[a-z0-9-]{3,246}-ext", key):
        looking.must(
            place, "dictionary-key", "is not a name of 7 to 250 lower-case letters, digits and hyphens that ends in -ext", "11.3"
        )
    custom = looking.strictness.custom
    if custom == "extension":
        looking.should(place, "custom-extension", "is a custom extension without an extension definition", "11.3")
    elif custom == "prefix" and not re.fullmatch(r"x-[a-z0-9]+(?:-[a-z0-9]+)+", key):
        looking.should(place, "custom-prefix", "is a custom extension whose name does not start with x- and its source", "11.3")
    elif custom == "x" and not key.startswith("x-"):
        looking.should(place, "custom-prefix", "is a custom extension whose name does not start with x-", "11.3")


def _reserved(given: Mapping[str, Any], looking: _Looking) -> None:
    for name in ("severity", "action", "username", "phone_numbers"):
        if name in given:
            looking.must(name, "reserved", "is reserved and must not be used", "3.1")


_SINCE_MILLISECONDS = re.compile(r".*\.\d{3,}Z")


def _common(given: Mapping[str, Any], object_type: str, looking: _Looking) -> None:
    created, modified = given.get("created"), given.get("modified")
    for name, value in (("created", created), ("modified", modified)):
        if isinstance(value, str) and moment(value) and not _SINCE_MILLISECONDS.fullmatch(value) and object_type not in OBSERVABLES:
            looking.must(name, "timestamp", f"'{value}' is not given to the millisecond", "3.2")
    _not_before(created, modified, "modified", "created", looking, strictly=False)
    _selectors(given, looking)
    refs = given.get("object_marking_refs")
    if isinstance(refs, list) and given.get("id") in refs:
        looking.must("object_marking_refs", "reference", "names the object itself", "7.2.2")


def _not_before(first: Any, second: Any, name: str, other: str, looking: _Looking, *, strictly: bool, path: str = "") -> None:
    one, two = moment(first), moment(second)
    if one is not None and two is not None and (two < one or (strictly and two == one)):
        looking.must(f"{path}{name}", "order", f"lies before {other}" if two < one else f"equals {other}", "3.2")


def _in_order(given: Mapping[str, Any], name: str, path: str, looking: _Looking) -> None:
    for first, second, strictly in IN_ORDER.get(name, ()):
        _not_before(given.get(first), given.get(second), second, first, looking, strictly=strictly, path=path)


def _at_least_one(given: Mapping[str, Any], name: str, place: str, looking: _Looking) -> None:
    wanted = AT_LEAST_ONE.get(name)
    if wanted is None:
        return
    if wanted == "*":
        own = {"type", "id", "spec_version", "object_marking_refs", "granular_markings", "defanged"}
        fine = any(each not in own for each in given)
    else:
        fine = any(each in given for each in wanted.split())
    if not fine:
        looking.must(place, "at-least-one", f"has none of {'its properties' if wanted == '*' else wanted.replace(' ', ', ')}", "6")


def _selectors(given: Mapping[str, Any], looking: _Looking) -> None:
    """Does every selector of a granular marking name something that is there (7.2.3.1)?"""
    markings = given.get("granular_markings")
    for number, marking in enumerate(markings if isinstance(markings, list) else ()):
        selectors = marking.get("selectors") if isinstance(marking, dict) else None
        for selector in selectors if isinstance(selectors, list) else ():
            if isinstance(selector, str) and not _selects(given, selector):
                looking.must(f"granular_markings[{number}]", "selector", f"'{selector}' selects nothing", "7.2.3.1")


def _selects(given: Any, selector: str) -> bool:
    for step in selector.split("."):
        index = re.fullmatch(r"\[(\d+)\]", step)
        if index:
            if not isinstance(given, list) or int(index[1]) >= len(given):
                return False
            given = given[int(index[1])]
        elif isinstance(given, dict) and step in given:
            given = given[step]
        else:
            return False
    return True


def _relationship(given: Mapping[str, Any], looking: _Looking) -> None:
    kind, source, target = (given.get(name) for name in ("relationship_type", "source_ref", "target_ref"))
    for name, ref in (("source_ref", source), ("target_ref", target)):
        if isinstance(ref, str) and ref.partition("--")[0] in {
            *RELATIONSHIP_OBJECTS,
            *META_OBJECTS,
            "bundle",
            "marking-definition",
        }:
            looking.must(name, "reference", "links an object that a relationship cannot link", "5.1")
    if not isinstance(kind, str):
        return
    if not re.fullmatch(r"[a-z0-9-]+", kind):
        looking.must("relationship_type", "relationship-type", "is not in lower-case letters, digits and hyphens", "5.1")
    if isinstance(source, str) and isinstance(target, str):
        from_type, to_type = source.partition("--")[0], target.partition("--")[0]
        if kind in COMMON_RELATIONSHIPS or _custom_type(from_type) or _custom_type(to_type):
            return
        targets = RELATIONSHIPS.get(from_type, {}).get(kind)
        if targets is None or (targets != "*" and to_type not in targets.split()):
            problem = f"'{kind}' is permitted, but not suggested from {from_type} to {to_type}"
            looking.should("relationship_type", "relationship-type", problem, "5.1")


def _sighting(given: Mapping[str, Any], looking: _Looking) -> None:
    ref = given.get("sighting_of_ref")
    kind = ref.partition("--")[0] if isinstance(ref, str) else ""
    if kind in {*RELATIONSHIP_OBJECTS, *META_OBJECTS, *OBSERVABLES, "bundle", "marking-definition"}:
        looking.must("sighting_of_ref", "reference", "does not refer to a domain object", "5.2")


def _indicator(given: Mapping[str, Any], looking: _Looking) -> None:
    pattern = given.get("pattern")
    if given.get("pattern_type") == "stix" and isinstance(pattern, str):
        for problem in pattern_problems(pattern):
            looking.must("pattern", "pattern", problem, "9")
        for one in _unknown_compared(pattern) if looking.strictness.unknown_is_fault else ():
            looking.must("pattern", "unknown-property", f"compares {one}, which the specification does not define", "9")
    if not ("name" in given and "description" in given):
        looking.should("", "indicator-words", "has not both name and description", "4.7")


def _unknown_compared(pattern: str) -> Iterator[str]:
    """Properties of the specification's own objects that a pattern compares and that they do not have."""
    for one in comparisons(pattern) if not pattern_problems(pattern) else ():
        known = properties_of(one.object_type)
        if known is not None and one.path and one.path[0] not in known:
            yield f"{one.object_type}:{one.path[0]}"


def _observed_data(given: Mapping[str, Any], looking: _Looking) -> None:
    if ("objects" in given) == ("object_refs" in given):
        looking.must("object_refs", "either-or", "has both or neither of objects and object_refs", "4.14")


def _malware(given: Mapping[str, Any], looking: _Looking) -> None:
    if given.get("is_family") is True and "name" not in given:
        looking.must("name", "required", "is missing from a family", "4.11")


def _malware_analysis(given: Mapping[str, Any], looking: _Looking) -> None:
    product = given.get("product")
    if isinstance(product, str) and not LOWER_WORDS.fullmatch(product):
        looking.should("product", "product-name", "is not in lower case with words separated by a dash", "4.12")


def _location(given: Mapping[str, Any], looking: _Looking) -> None:
    if ("latitude" in given) != ("longitude" in given) or ("precision" in given and "latitude" not in given):
        looking.must("latitude", "either-or", "latitude, longitude and precision are not there together", "4.10")
    if not ("region" in given or "country" in given or "latitude" in given):
        looking.must("", "at-least-one", "has neither region, country nor latitude and longitude", "4.10")


def _language_content(given: Mapping[str, Any], looking: _Looking) -> None:
    ref = given.get("object_ref")
    if isinstance(ref, str) and ref.partition("--")[0] in {"bundle", "language-content"}:
        looking.must("object_ref", "reference", "translates an object that cannot be translated", "7.1")


def _extension_definition(given: Mapping[str, Any], looking: _Looking) -> None:
    types, names = given.get("extension_types"), given.get("extension_properties")
    if "description" not in given:
        looking.should("description", "extension-description", "is missing", "7.3")
    toplevel = isinstance(types, list) and "toplevel-property-extension" in types
    if names is not None and not toplevel:
        looking.must(
            "extension_properties", "either-or", "is there although no type of the extension is toplevel-property-extension", "7.3"
        )
    if toplevel and not names:
        looking.should("extension_properties", "extension-properties", "names no property of the extension", "7.3")


def _marking_definition(given: Mapping[str, Any], looking: _Looking) -> None:
    kind, definition, name = given.get("definition_type"), given.get("definition"), given.get("id")
    if kind is None or definition is None:
        if (kind is None) != (definition is None) or not given.get("extensions"):
            looking.must("", "either-or", "has neither definition_type and definition nor an extension", "7.2.1")
            looking.should("", "custom-extension", "custom markings are given by an extension", "7.2.1")
        return
    if kind not in ("statement", "tlp"):
        looking.should("definition_type", "marking-type", "is neither statement nor tlp", "7.2.1")
        if looking.strictness.custom == "extension":
            looking.should("", "custom-extension", "custom markings are given by an extension", "7.2.1")
    elif not isinstance(definition, dict) or set(definition) != {str(kind)} or not isinstance(definition[str(kind)], str):
        looking.must("definition", "marking", f"is not a {kind}", "7.2.1")
    elif kind == "tlp" and (TLP.get(str(name)) != definition["tlp"] or not _as_fixed(given)):
        looking.must("", "tlp", "is not one of the four markings the specification fixes", "7.2.1.4")


def _as_fixed(given: Mapping[str, Any]) -> bool:
    """The four markings of TLP 1.0 have fixed identifiers, times and names."""
    known = {"type", "spec_version", "id", "created", "definition_type", "name", "definition"}
    name = given.get("name")
    return (
        given.get("created") in ("2017-01-20T00:00:00.000Z", "2017-01-20T00:00:00Z")
        and set(given) <= known
        and (name is None or name == f"TLP:{TLP[str(given['id'])].upper()}")
    )


def _artifact(given: Mapping[str, Any], looking: _Looking) -> None:
    if ("payload_bin" in given) == ("url" in given):
        looking.must("", "either-or", "has both or neither of payload_bin and url", "6.1")
    if "url" in given and "hashes" not in given:
        looking.must("hashes", "required", "is missing beside the url", "6.1")
    if "decryption_key" in given and "encryption_algorithm" not in given:
        looking.must("decryption_key", "either-or", "is there without encryption_algorithm", "6.1")


_HEADERS_OF_THE_MESSAGE = frozenset(
    {"date", "received_lines", "content_type", "from_ref", "sender_ref", "to_refs", "cc_refs", "bcc_refs", "subject"}
)


def _email_message(given: Mapping[str, Any], looking: _Looking) -> None:
    multipart = given.get("is_multipart")
    if multipart is True and "body" in given:
        looking.must("body", "either-or", "is there although is_multipart is true", "6.6")
    if multipart is False and "body_multipart" in given:
        looking.must("body_multipart", "either-or", "is there although is_multipart is false", "6.6")
    headers = given.get("additional_header_fields")
    for name in headers if isinstance(headers, dict) else ():
        if name.lower().replace("-", "_") in _HEADERS_OF_THE_MESSAGE:
            looking.must(f"additional_header_fields.{name}", "either-or", "has a property of its own", "6.6")


def _network_traffic(given: Mapping[str, Any], looking: _Looking) -> None:
    if given.get("is_active") is True and "end" in given:
        looking.must("end", "either-or", "is there although is_active is true", "6.12")
    protocols = given.get("protocols")
    named = [each for each in protocols if isinstance(each, str)] if isinstance(protocols, list) else []
    for each in named:
        if each not in PROTOCOLS_BELOW_SERVICES and each not in registries.names("service_names"):
            looking.should("protocols", "protocol", f"'{each}' is not a service name registered with IANA", "6.12")
    if {"tcp", "udp", "sctp", "dccp"} & {each.lower() for each in named} and not ("src_port" in given and "dst_port" in given):
        looking.should("src_port", "ports", "has not both src_port and dst_port", "6.12")
    ipfix = given.get("ipfix")
    for name in ipfix if isinstance(ipfix, dict) else ():
        if name not in registries.names("ipfix_elements"):
            looking.should(f"ipfix.{name}", "ipfix", "is not an IPFIX element registered with IANA", "6.12")
    for name, value in ipfix.items() if isinstance(ipfix, dict) else ():
        if not isinstance(value, int | str) or isinstance(value, bool):
            looking.must(f"ipfix.{name}", "type", "is neither an integer nor a string", "6.12")


def _software(given: Mapping[str, Any], looking: _Looking) -> None:
    languages = given.get("languages")
    for each in languages if isinstance(languages, list) else ():
        if isinstance(each, str) and language_problem(each) is not None:
            looking.must("languages", "lang", f"'{each}' is not a language tag", "6.14")


def _nothing(value: Mapping[str, Any], place: str, looking: _Looking) -> None:
    """An extension of which only the types of its properties are asked."""


def _pdf(value: Mapping[str, Any], place: str, looking: _Looking) -> None:
    keys = value.get("document_info_dict")
    for key in keys if isinstance(keys, dict) else ():
        if key not in PDF_INFO_KEYS:
            looking.should(
                f"{place}.document_info_dict.{key}", "pdf-info", "is not a key of a PDF's information dictionary", "6.7.4"
            )


def _http_request(value: Mapping[str, Any], place: str, looking: _Looking) -> None:
    headers = value.get("request_header")
    for name, given in headers.items() if isinstance(headers, dict) else ():
        if name.lower() not in HTTP_REQUEST_HEADERS:
            looking.should(f"{place}.request_header.{name}", "http-header", "is not a header field of requests", "6.12.3")
        if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            looking.must(f"{place}.request_header.{name}", "type", "is not a list of strings", "6.12.3")


_SOCKET_OPTION = re.compile(r"(?:SO|ICMP|ICMP6|IP|IPV6|MCAST|TCP|IRLMP)(?:_[A-Z0-9]+)+")


def _socket(value: Mapping[str, Any], place: str, looking: _Looking) -> None:
    options = value.get("options")
    for name, given in options.items() if isinstance(options, dict) else ():
        if not _SOCKET_OPTION.fullmatch(name):
            looking.should(f"{place}.options.{name}", "socket-option", "is not the name of a socket option", "6.12.5")
        if not isinstance(given, int) or isinstance(given, bool):
            looking.must(f"{place}.options.{name}", "type", "is not an integer", "6.12.5")


_PRIORITY = re.compile(r"[A-Z]+(?:_[A-Z]+)*_CLASS")


def _windows_process(value: Mapping[str, Any], place: str, looking: _Looking) -> None:
    priority = value.get("priority")
    if isinstance(priority, str) and not _PRIORITY.fullmatch(priority):
        looking.should(f"{place}.priority", "process-priority", "does not end in _CLASS", "6.13.2")


_EXTENSIONS = {"pdf-ext": _pdf, "http-request-ext": _http_request, "socket-ext": _socket, "windows-process-ext": _windows_process}

_OF_TYPE = {
    "relationship": _relationship,
    "sighting": _sighting,
    "indicator": _indicator,
    "observed-data": _observed_data,
    "malware": _malware,
    "malware-analysis": _malware_analysis,
    "location": _location,
    "language-content": _language_content,
    "extension-definition": _extension_definition,
    "marking-definition": _marking_definition,
    "artifact": _artifact,
    "email-message": _email_message,
    "network-traffic": _network_traffic,
    "software": _software,
}


def musts(faults: Sequence[Fault]) -> Iterator[Fault]:
    """The faults that make an object something else than STIX 2.1."""
    return (fault for fault in faults if fault.level == MUST)


KNOWN_TLP_IDS = frozenset({*TLP, *TLP_2})
"""Identifiers of the markings of both versions of the traffic light protocol."""
