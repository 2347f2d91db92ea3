"""Who may review: independent of the owner by the organisation chart, and of the unit the rule names."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from sekisho.console.attestations.models import Item, UnitMeaning
from sekisho.console.desk.words_of_law import UNIT_WORDS
from sekisho.console.people.models import Person


def the_people() -> dict[str, Person]:
    """Everybody by id, each with the head at hand, so that the chart is walked without asking the database again."""
    people = {person.pk: person for person in Person.objects.order_by("pk")}
    for person in people.values():
        if person.head_id is not None:
            person.head = people[person.head_id]
    return people


def units_of(word: str) -> list[str]:
    """The firm's units that a rule means by a word; the unit of that very name where nobody has said."""
    if not word:
        return []
    meaning = UnitMeaning.objects.filter(pk=word).first()
    return list(meaning.units) if meaning is not None else [word]


def why_not(reviewer: Person, item: Item, owner: Person, people: Mapping[str, Person]) -> str:
    """Why this person may not review this owner's attestation; empty where he may."""
    return _why_not(people[reviewer.pk], item, people[owner.pk], _of_unit(item, people))


def reviewers(item: Item, owner: Person, people: Mapping[str, Person]) -> list[Person]:
    """Everybody who could review it by the chart alone; roles come on top."""
    unit = _of_unit(item, people)
    return [person for person in people.values() if not _why_not(person, item, people[owner.pk], unit)]


def _of_unit(item: Item, people: Mapping[str, Person]) -> list[Person]:
    """Everybody of the unit that the rule names for this item."""
    units = {unit.casefold() for unit in units_of(item.independent_of)}
    return [person for person in people.values() if person.unit.casefold() in units]


def _why_not(reviewer: Person, item: Item, owner: Person, unit: list[Person]) -> str:
    if reviewer == owner:
        return _("the owner does not review what he attests")
    if not reviewer.is_independent_of(owner):
        return _("works in the owner's unit, or stands above or below the owner in the organisation chart")
    if item.independent_of and not unit and not UnitMeaning.objects.filter(pk=item.independent_of).exists():
        return _("nobody has said which units '{unit}' means, of which the rule wants independence").format(
            unit=UNIT_WORDS.get(item.independent_of, item.independent_of)
        )
    if not all(reviewer.is_independent_of(person) for person in unit):
        unit_words = UNIT_WORDS.get(item.independent_of, item.independent_of)
        return _("is not independent of {unit}, which the rule names").format(unit=unit_words)
    return ""
