"""Items of a Travel Rule notice: which of what must be told about originator and beneficiary an IVMS101 payload holds.

Both issues of IVMS101 are read, and a name given as a list of names (the issue of 2020 shows both). What is read here is whether
an item is there; whether the payload is in order by the standard is judged by ``sekisho travel-rule validate``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

NATURAL, LEGAL = "naturalPerson", "legalPerson"
NO_PAYLOAD, UNREADABLE = "payload", "readable payload"


class Told(NamedTuple):
    """The items of one side by name; a person is natural or legal."""

    kind: str | None
    name: str | None
    address: str | None
    customer_number: str | None
    identity_document: str | None
    identifier: str | None


class Notified(NamedTuple):
    """What a payload tells about the originators and beneficiaries of a transfer."""

    originators: tuple[Told, ...]
    beneficiaries: tuple[Told, ...]


def read_notified(payload: str | None) -> Notified | None:
    """The items of an IVMS101 payload in JSON; None where there is none, or it cannot be read."""
    if payload is None:
        return None
    try:
        document = msgspec.json.decode(payload.encode())
    except msgspec.DecodeError:
        return None
    if not isinstance(document, dict):
        return None
    return Notified(tuple(_side(document, "originator")), tuple(_side(document, "beneficiary")))


def missing_items(payload: str | None, originator: Mapping[str, Sequence[str]], beneficiary: Sequence[str]) -> tuple[str, ...]:
    """Which required items a payload lacks, in order, such as ``originator: address or customer_number``.

    ``originator`` holds what is required of a ``natural`` and a ``legal`` person; ``a|b`` asks for one of two.
    """
    if payload is None:
        return (NO_PAYLOAD,)
    notified = read_notified(payload)
    if notified is None:
        return (UNREADABLE,)
    either = {"natural": beneficiary, "legal": beneficiary}
    return (*_lacks("originator", notified.originators, originator), *_lacks("beneficiary", notified.beneficiaries, either))


def changed_items(received: str | None, passed_on: str | None) -> tuple[str, ...]:
    """Which items a notice that was received tells, and the one passed on does not tell or tells differently."""
    before, after = read_notified(received), read_notified(passed_on)
    if before is None:
        return ()
    if after is None:
        return (NO_PAYLOAD if passed_on is None else UNREADABLE,)
    changed = []
    for side, told, again in (
        ("originator", before.originators, after.originators),
        ("beneficiary", before.beneficiaries, after.beneficiaries),
    ):
        for item in ("name", "address", "customer_number", "identity_document", "identifier"):
            values = {getattr(one, item) for one in told} - {None}
            if not values <= {getattr(one, item) for one in again}:
                changed.append(f"{side}: {item}")
    return tuple(changed)


def _lacks(side: str, persons: tuple[Told, ...], required: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The items that a side lacks; of several persons each must have them. Without a person, a natural one is missing."""
    found: dict[str, None] = {}
    for person in persons or (Told(None, None, None, None, None, None),):
        for alternatives in required[person.kind or "natural"]:
            names = [name.strip() for name in alternatives.split("|")]
            if not any(getattr(person, name) for name in names):
                found[f"{side}: {' or '.join(names)}"] = None
    return iter(found)


def _side(document: Mapping[str, Any], side: str) -> Iterator[Told]:
    entity = document.get(side)
    if not isinstance(entity, dict):
        return
    listed = entity.get(f"{side}Persons", entity.get(f"{side}Person"))
    persons = [person for person in listed if isinstance(person, dict)] if isinstance(listed, list) else []
    shared = _first(entity.get("accountNumber"))
    for person in persons or ({},):
        yield _told(person, _first(person.get("accountNumber")) or shared)


def _told(person: Mapping[str, Any], identifier: str | None) -> Told:
    kind = NATURAL if isinstance(person.get(NATURAL), dict) else LEGAL
    inner = person.get(kind)
    if not isinstance(inner, dict):
        return Told(None, None, None, None, None, identifier)
    number = inner.get("customerIdentification", inner.get("customerNumber"))
    identification = inner.get("nationalIdentification")
    document = identification.get("nationalIdentifier") if isinstance(identification, dict) else None
    return Told(
        "natural" if kind == NATURAL else "legal",
        _name(inner.get("name")),
        _place(inner.get("geographicAddress")),
        _text(number),
        _text(document),
        identifier,
    )


def _name(name: Any) -> str | None:
    """A name as written: primary and secondary identifier, or the name of a legal person; Latin letters before local ones."""
    for each in name if isinstance(name, list) else [name]:
        if not isinstance(each, dict):
            continue
        for key in ("nameIdentifier", "localNameIdentifier"):
            listed = each.get(key)
            for one in listed if isinstance(listed, list) else ():
                if isinstance(one, dict):
                    parts = [_text(one.get(part)) for part in ("primaryIdentifier", "secondaryIdentifier", "legalPersonName")]
                    told = " ".join(part for part in parts if part)
                    if told:
                        return told
    return None


def _place(addresses: Any) -> str | None:
    for address in addresses if isinstance(addresses, list) else ():
        if isinstance(address, dict):
            lines = address.get("addressLine")
            parts = [*(lines if isinstance(lines, list) else ())]
            parts += [address.get(part) for part in ("streetName", "buildingNumber", "buildingName", "townName", "country")]
            told = ", ".join(text for part in parts if (text := _text(part)))
            if told:
                return told
    return None


def _first(values: Any) -> str | None:
    return _text(next(iter(values), None)) if isinstance(values, list) else _text(values)


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
