"""Solicitations from outside: who stands behind one, what signs it shows on which day, and whether it manages or advises."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from sekisho.typologies.operator_names import Match, Registered
from sekisho.typologies.statements import passages
from sekisho.typologies.valuation import in_utc
from sekisho.typologies.word_lists import pattern_of

if TYPE_CHECKING:
    from sekisho.records import Records


class Solicitation(NamedTuple):
    """One row of ``solicitation`` (UTC)."""

    solicitation_id: str
    observed_at: datetime
    operator: str | None
    site: str | None
    channel: str
    offers: str
    language: str
    text: str


class Sign(NamedTuple):
    """One row of ``solicitation_sign``; the day is a Japan date."""

    sign_id: str
    solicitation_id: str
    observed_on: date
    sign: str
    present: bool


def read_solicitations(records: Records) -> list[Solicitation]:
    """All solicitations in order of time."""
    rows = records.solicitation.select(*Solicitation._fields).to_pyarrow().to_pylist()
    told = (Solicitation(**{**row, "observed_at": in_utc(row["observed_at"])}) for row in rows)
    return sorted(told, key=lambda each: (each.observed_at, each.solicitation_id))


def read_signs(records: Records, until: date) -> Mapping[str, Mapping[str, Sign]]:
    """The signs of each solicitation as they were last looked for by a day: by solicitation, then by sign."""
    rows = records.optional("solicitation_sign").select(*Sign._fields).to_pyarrow().to_pylist()
    last: dict[str, dict[str, Sign]] = defaultdict(dict)
    for sign in sorted((Sign(**row) for row in rows), key=lambda each: (each.observed_on, each.sign_id)):
        if sign.observed_on <= until:
            last[sign.solicitation_id][sign.sign] = sign
    return last


def present(signs: Mapping[str, Sign], names: Iterable[str]) -> list[Sign]:
    """Those of the signs named that are there, in the order named."""
    return [signs[name] for name in names if name in signs and signs[name].present]


def lacking(signs: Mapping[str, Sign], names: Iterable[str]) -> tuple[list[str], list[Sign]]:
    """Those named that are not shown to be there, and the entries that say they were looked for in vain."""
    missing = [name for name in names if name not in signs or not signs[name].present]
    return missing, [signs[name] for name in missing if name in signs]


def behind(solicitation: Solicitation, registered: Registered) -> Match:
    """Who stands behind a solicitation. It is cleared only where every name it shows is one registered operator's."""
    matches = [registered.match(text) for text in (solicitation.operator, solicitation.site) if text]
    if not matches:
        return registered.match("")
    cleared = {match.operator_id for match in matches if match.verdict == "registered"}
    if len(cleared) == 1 and all(match.verdict == "registered" for match in matches):
        return matches[0]
    return next((match for match in matches if match.verdict == "warned"), _most_telling(matches))


def _most_telling(matches: Sequence[Match]) -> Match:
    """Of names that are not all cleared, one that is not; a registered name beside a foreign site is somebody's disguise."""
    return min((m for m in matches if m.verdict != "registered"), key=lambda m: _ORDER.get(m.why, len(_ORDER)), default=matches[0])


_ORDER = {"contains_registered_name": 0, "resembles_registered_name": 1, "left_register": 2, "no_number": 3, "two_operators": 4}
IMPOSTOR = frozenset({"contains_registered_name", "resembles_registered_name"})


# --- managing and advising --------------------------------------------------------------------------------------------------

_WORDS = "activity_patterns.txt"


class Activity(NamedTuple):
    """What the text of a solicitation amounts to: management, advice or None, the words that say so, and of what.

    ``paid``: it speaks of pay; ``denied``: it denies giving advice; ``derivatives``: it speaks of them.
    """

    kind: str | None
    words: str | None
    paid: bool
    denied: bool
    derivatives: bool


def activity(solicitation: Solicitation) -> Activity:
    """Whether a text offers to manage crypto-assets or to advise on trading them. What the entry states counts before the text.

    A denial ("no advice is given") does not undo what the text offers; it is reported beside it.
    """
    told = unicodedata.normalize("NFKC", solicitation.text)
    offered = pattern_of(_WORDS, "only_teaches").sub(" ", told)
    manages, advises = pattern_of(_WORDS, "manages").search(offered), pattern_of(_WORDS, "advises").search(offered)
    kind, found = None, None
    if solicitation.offers == "investment_management":
        kind, found = solicitation.offers, manages
    elif solicitation.offers == "investment_advice":
        kind, found = solicitation.offers, advises
    elif pattern_of(_WORDS, "of_crypto").search(told) is not None and (manages or advises):
        kind, found = ("investment_management", manages) if manages else ("investment_advice", advises)
    return Activity(
        kind,
        found[0] if found else None,
        paid=pattern_of(_WORDS, "paid").search(told) is not None,
        denied=pattern_of(_WORDS, "only_teaches").search(told) is not None,
        derivatives=solicitation.offers == "derivatives" or pattern_of(_WORDS, "derivatives").search(told) is not None,
    )


def promises(text: str) -> list[str]:
    """Sentences of a text that promise what is uncertain or show off who profited: what swindlers say."""
    return [passage.words for passage in passages(text, ("certainty", "profited"))]
