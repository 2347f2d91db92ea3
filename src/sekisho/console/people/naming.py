"""What people are called where a page tells of them: the name with the code, which the journal and JSON have alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language

from sekisho.console.people.models import Person


def names_of(request: Any) -> Mapping[str, str]:
    """Every person's name by code, in the language of the page; read once a request."""
    if not hasattr(request, "names_of_people"):
        japanese = get_language() == "ja"
        rows = Person.objects.values_list("person_id", "name", "name_ja")
        request.names_of_people = {code: (name_ja if japanese and name_ja else name) for code, name, name_ja in rows}
    names: Mapping[str, str] = request.names_of_people
    return names


def named(request: Any, code: str | None) -> str:
    """A person's name with the code; of whoever is not a person of the office what stands there."""
    name = names_of(request).get(code or "")
    return f"{name} ({code})" if name and name != code else code or ""
