"""Finding alerts by their words, in English and Japanese, in the same way on SQLite and PostgreSQL.

Words are cut here, not by the database: latin words and numbers in lower case, ids whole and in their parts ("ACC-00012" is
found as such and by "00012"), Japanese as pairs of neighbouring characters. SQLite keeps them in an FTS5 table, PostgreSQL in a
column of lexemes with a GIN index.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

FEW: Final = 2_000
"""Up to so many hits are fetched by number; more are looked up while the queue is walked in its order."""
_ID: Final = re.compile(r"[0-9a-z]+(?:[-_./:][0-9a-z]+)*")
_PART: Final = re.compile(r"[0-9a-z]+")
_JAPANESE: Final = re.compile(r"[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
_KANA_ONLY: Final = re.compile(r"[\u3040-\u309f]+$")
_LONGEST: Final = 64


def lexemes(text: str) -> set[str]:
    """What a text is found by."""
    plain = unicodedata.normalize("NFKC", text).lower()
    found: set[str] = set()
    for name in _ID.findall(plain):
        parts = _PART.findall(name)
        found.update(part[:_LONGEST] for part in parts)
        found.add("".join(parts)[:_LONGEST])
    for run in _JAPANESE.findall(plain):
        found.update(pair for pair in _pairs(run) if not _KANA_ONLY.match(pair))
    return found


def wanted(words: str) -> list[str]:
    """What somebody looks for: beginnings of words, all of which must be there; Japanese as its pairs of characters."""
    plain = unicodedata.normalize("NFKC", words).lower()
    found = ["".join(_PART.findall(name))[:_LONGEST] for name in _ID.findall(plain)]
    for run in _JAPANESE.findall(plain):
        found += [pair for pair in _pairs(run) if not _KANA_ONLY.match(pair)]
    return sorted(set(found))


def _pairs(run: str) -> list[str]:
    return [run] if len(run) == 1 else [run[at : at + 2] for at in range(len(run) - 1)]


def add(texts: Iterable[tuple[int, str]]) -> None:
    """Write down the words of new alerts, by their number."""
    rest = iter(texts)
    with connection.cursor() as cursor:
        while some := list(islice(rest, 500)):
            if connection.vendor == "postgresql":
                rows: list[Any] = [(number, sorted(lexemes(text))) for number, text in some]
                cursor.executemany("INSERT INTO alerts_words (number, words) VALUES (%s, array_to_tsvector(%s::text[]))", rows)
            else:
                rows = [(number, " ".join(sorted(lexemes(text)))) for number, text in some]
                cursor.executemany("INSERT INTO alerts_words (rowid, words) VALUES (%s, %s)", rows)


def matching(rows: QuerySet[Any], words: str) -> QuerySet[Any]:
    """The alerts among these in which all the words are."""
    looked_for = wanted(words)
    if not looked_for:
        return rows.filter(Q(alert_id=words.strip()) | Q(subject_id=words.strip()))
    if connection.vendor == "postgresql":
        given = " & ".join(f"'{word}':*" for word in looked_for)
        found = "SELECT number FROM alerts_words WHERE words @@ %s::tsquery"
    else:
        given = " AND ".join(f'"{word}" *' for word in looked_for)
        found = "SELECT rowid FROM alerts_words WHERE alerts_words MATCH %s"
    with connection.cursor() as cursor:
        cursor.execute(f"{found} LIMIT {FEW + 1}", [given])
        numbers = [number for (number,) in cursor.fetchall()]
    if len(numbers) <= FEW:
        return rows.filter(number__in=numbers)
    return rows.filter(number__in=RawSQL(found, [given]))
