"""What people are called where a page tells of them: the name with the code, which the journal and JSON have alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language

from sekisho.console.journal.naming import value_title
from sekisho.console.people.chapters import chapter_title
from sekisho.console.people.models import Person
from sekisho.console.people.role_words import ROLE_WORDS


def names_of(request: Any) -> Mapping[str, str]:
    """Every person's name by code, in the language of the page; read once a request."""
    if not hasattr(request, "names_of_people"):
        request.names_of_people = everybody()
    names: Mapping[str, str] = request.names_of_people
    return names


def everybody() -> Mapping[str, str]:
    """Every person's name by code, in the language being read."""
    japanese = get_language() == "ja"
    rows = Person.objects.values_list("person_id", "name", "name_ja")
    return {code: (name_ja if japanese and name_ja else name) for code, name, name_ja in rows}


def value_said(request: Any, kind: str, name: str, value: Any, of: str = "") -> Any:
    """What a field held, as a person reads it: states, roles, chapters, reasons and people by their names, all else as it is.

    The journal keeps what it says exactly, and exports, JSON and the check of it have that.
    """
    titled = value_title(kind, name, value, of)
    if titled is not value and titled != value:
        return titled
    if isinstance(value, list):
        return [value_said(request, kind, name, each, of) for each in value]
    if not isinstance(value, str):
        return value
    if name in ("chapter", "chapters"):
        return chapter_title(value) if value else value
    if name == "role":
        return str(ROLE_WORDS.get(value, value))
    return named(request, value)


def named(request: Any, code: str | None) -> str:
    """A person's name with the code; of whoever is not a person of the office what stands there."""
    return with_name(names_of(request), code)


def with_name(names: Mapping[str, str], code: str | None) -> str:
    """The same, of the names given."""
    name = names.get(code or "")
    return f"{name} ({code})" if name and name != code else code or ""
