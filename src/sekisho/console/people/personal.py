"""The door to personal data: names and dates of a party are read from the books when somebody says why, and that is kept.

The office itself keeps ids. What is behind the door is read each time from the books and stored nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor, Denied
from sekisho.console.people.models import Opening
from sekisho.records import open_records

REASONS: Final[tuple[tuple[str, str | Promise], ...]] = (
    ("investigation", gettext_lazy("To investigate a case")),
    ("filing", gettext_lazy("To write a filing that must name the party")),
    ("inquiry", gettext_lazy("To answer an authority's inquiry")),
    ("screening", gettext_lazy("To tell whether the party is the one on a list")),
    ("client", gettext_lazy("The client asked")),
)
WORDS_MIN: Final = 10
IN_AN_HOUR, IN_A_DAY = 20, 60
"""How many parties one person looks at, at most: who needs more lets another look, and tells why in a case."""
_TABLES: Final = {"party": "party_id", "account": "party_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why somebody opens the door: a reason of the set, and words of his own."""

    code: str
    words: str


def open_door(actor: Actor, party_id: str, why: Why) -> dict[str, Any]:
    """The party's personal data: the rows the books have of it by table, ``{}`` where they have none. The opening is kept first.

    Raises ``Denied`` without the right, with a conflict of interest, beyond the limits, or without a reason.
    """
    actor.need("open personal data", parties=[party_id])
    if why.code not in dict(REASONS) or len(why.words.strip()) < WORDS_MIN:
        raise Denied(_("Choose a reason, and say in at least ten letters what it is for."))
    with acting(actor.author, "open personal data", reason=why.words):
        mine = Opening.objects.filter(person=actor.person)
        if any(
            mine.filter(at__gt=actor.at - span).count() >= limit
            for span, limit in ((timedelta(hours=1), IN_AN_HOUR), (timedelta(days=1), IN_A_DAY))
        ):
            raise Denied(_("You have looked at as many parties as one person may for now."))
        found = personal_data(party_id)
        Opening(
            party_id=party_id, person=actor.person, at=actor.at, reason_code=why.code, reason=why.words, found=bool(found)
        ).save()
    return found


def personal_data(party_id: str) -> dict[str, Any]:
    """What the books have of a party, by table. Only the door asks."""
    books = settings.CHOSEN.books
    if books is None or not Path(settings.FOLDER / books).is_dir():
        return {}
    with open_records(Path(settings.FOLDER / books), only=tuple(_TABLES)) as records:
        found = {}
        for table, key in _TABLES.items():
            rows = records.optional(table)
            found[table] = rows.filter(rows[key] == party_id).to_pyarrow().to_pylist()
    return {table: rows for table, rows in found.items() if rows}
