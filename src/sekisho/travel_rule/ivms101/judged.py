"""Judges a decoded JSON document: finds the payload in its wrapping, its issue and key style, and validates it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sekisho.travel_rule.ivms101.authorities import Authorities
from sekisho.travel_rule.ivms101.issue import Issue
from sekisho.travel_rule.ivms101.key_styles import KeyStyle, read_keys, version_of
from sekisho.travel_rule.ivms101.schema import ROOT
from sekisho.travel_rule.ivms101.validate import Asked, validate

_WRAPPINGS = ("IVMS101", "ivms101", "identity")
"""Keys under which TRP inquiries and TRISA or Envoy payloads carry the IVMS101 payload."""
_MARKS = {
    "naturalperson": "Person",
    "legalperson": "Person",
    "addresstype": "Address",
    "nationalidentifier": "NationalIdentification",
    "legalpersonname": "LegalPersonNameID",
    "primaryidentifier": "NaturalPersonNameID",
}
"""A key by which a document is seen to be one component and not a whole payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The verdict on one payload. ``component`` is ``IdentityPayload`` or the part that the document holds."""

    valid: bool
    version: str
    component: str
    key_style: KeyStyle
    issues: tuple[Issue, ...]
    notes: tuple[Issue, ...]


def judge(
    document: Any,
    *,
    as_of: date,
    version: str = "auto",
    authorities: Authorities | None = None,
    keys: str = "auto",
    without: frozenset[str] = frozenset(),
) -> Judged:
    """Judge a decoded document.

    ``version`` is 2020, 2023 or auto (as the payload is written); ``keys`` is standard (the standard's names only) or auto
    (other styles are read, and a note says so); ``as_of`` is the day before which birth dates must lie.
    """
    payload = unwrapped(document)
    component = component_of(payload)
    issue_year = version_of(payload) if version == "auto" else version
    style, notes = KeyStyle.standard, []
    if keys == "auto":
        read = read_keys(payload, issue_year, component)
        payload, style = read.payload, read.style
        if read.renamed:
            notes.append(Issue("key-style", "$", "key_style", {"style": style.value, "count": len(read.renamed)}))
    asked = Asked(version=issue_year, as_of=as_of, authorities=authorities, without=without, component=component)
    found = validate(payload, asked)
    errors = tuple(issue for issue in found if issue.is_error)
    notes += [issue for issue in found if not issue.is_error]
    return Judged(valid=not errors, version=issue_year, component=component, key_style=style, issues=errors, notes=tuple(notes))


def unwrapped(document: Any) -> Any:
    """The IVMS101 payload inside a TRP inquiry or a TRISA payload; the document itself where it is none of them."""
    if isinstance(document, dict) and "originator" not in document:
        for key in _WRAPPINGS:
            if isinstance(document.get(key), dict):
                return document[key]
    return document


def component_of(payload: Any) -> str:
    """The component that a document holds: the whole payload, unless its keys show it to be a part."""
    if not isinstance(payload, dict) or "originator" in payload or "beneficiary" in payload:
        return ROOT
    folded = {key.replace("_", "").lower() for key in payload}
    for mark, component in _MARKS.items():
        if mark in folded:
            return component
    name = payload.get("name")
    identifiers = (
        next((v for k, v in name.items() if k.replace("_", "").lower().startswith("nameidentifier")), None)
        if isinstance(name, dict)
        else None
    )
    first = identifiers[0] if isinstance(identifiers, list) and identifiers and isinstance(identifiers[0], dict) else {}
    keys = {key.replace("_", "").lower() for key in first}
    if keys:
        return "LegalPerson" if "legalpersonname" in keys else "NaturalPerson"
    return ROOT
