"""Finding alerts by their words, in English and Japanese, in the same way on SQLite and PostgreSQL.

Words are cut here, not by the database: latin words and numbers in lower case, ids whole and in their parts ("ACC-00012" is
found as such and by "00012"), Japanese as pairs of neighbouring characters. SQLite keeps them in an FTS5 table, PostgreSQL in a
column of lexemes with a GIN index.
"""

from __future__ import annotations

import re
import unicodedata
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import count, islice, pairwise
from typing import Any, Final

from django.db import connection
from django.db.backends.signals import connection_created
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

FEW: Final = 2_000
"""Up to so many hits are fetched by number. Above, the queue is walked in its order, and each alert asked for the words."""
MANY: Final = 120_000
"""On SQLite, where asking one alert takes long, up to so many are listed once, and each alert is looked for in the list."""
ASKED: Final = 250
"""Of more hits the first alerts of the walk are asked one by one: mostly the page is full by then, else the list is made."""
_SPELT: Final = 40
_LONGEST: Final = 64
_BEGINS: Final = '" *'
_PART: Final = re.compile(r"[0-9a-z]+")
_JAPANESE: Final = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD: Final = re.compile(rf"[0-9a-z]+(?:[-_./:][0-9a-z]+)*|[{_JAPANESE}]+")


def lexemes(text: str) -> set[str]:
    """What a text is found by."""
    found: set[str] = set()
    for word in set(_words(text)):
        if not word.isascii():
            found.update(_pairs(word))
        elif word.isalnum():
            found.add(word[:_LONGEST])
        else:
            parts = _PART.findall(word)
            found.update(part[:_LONGEST] for part in parts)
            found.add("".join(parts)[:_LONGEST])
    return found


def wanted(words: str) -> list[str]:
    """What somebody looks for: beginnings of words, all of which must be there; Japanese as its pairs of characters."""
    found: set[str] = set()
    for word in _words(words):
        found.update(("".join(_PART.findall(word))[:_LONGEST],) if word.isascii() else _pairs(word))
    return sorted(found)


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def _pairs(run: str) -> list[str]:
    """Pairs of neighbours; those of hiragana alone (particles, endings) find nothing and are left out."""
    pairs = [run] if len(run) == 1 else [one + other for one, other in pairwise(run)]
    return [pair for pair in pairs if not ("\u3040" <= pair[0] <= "\u309f" and "\u3040" <= pair[-1] <= "\u309f")]


def add(texts: Iterable[tuple[int, str]]) -> None:
    """Write down the words of new alerts, by their number."""
    rest = iter(texts)
    with connection.cursor() as cursor:
        while some := list(islice(rest, 500)):
            if connection.vendor == "postgresql":
                rows: list[Any] = [(number, sorted(lexemes(text))) for number, text in some]
                # A number whose alert is gone may come again: then the words of the new one count.
                cursor.executemany(
                    "INSERT INTO alerts_words (number, words) VALUES (%s, array_to_tsvector(%s::text[])) "
                    "ON CONFLICT (number) DO UPDATE SET words = EXCLUDED.words",
                    rows,
                )
            else:
                rows = [(number, " ".join(sorted(lexemes(text)))) for number, text in some]
                cursor.executemany("INSERT INTO alerts_words (rowid, words) VALUES (%s, %s)", rows)


def forget(number: int, text: str) -> None:
    """Take the words of an alert that is removed out again. FTS5 keeps no text, so it is told the words once more to find them."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DELETE FROM alerts_words WHERE number = %s", [number])
        else:
            words = " ".join(sorted(lexemes(text)))
            cursor.execute("INSERT INTO alerts_words (alerts_words, rowid, words) VALUES ('delete', %s, %s)", [number, words])


def matching(rows: QuerySet[Any], words: str) -> tuple[QuerySet[Any], bool]:
    """The alerts among these in which all the words are; and whether more than ``FEW`` of all alerts have them."""
    looked_for = wanted(words)
    if not looked_for:
        return rows.filter(Q(alert_id=words.strip()) | Q(subject_id=words.strip())), False
    if connection.vendor == "postgresql":
        given = " & ".join(f"'{word}':*" for word in looked_for)
        found = "SELECT number FROM alerts_words WHERE words @@ %s::tsquery"
        # Coalesce, because PostgreSQL takes a search for something that is in next to no row, and would not walk.
        in_it = RawSQL(
            "COALESCE((SELECT words @@ %s::tsquery FROM alerts_words WHERE number = alerts_alert.number), FALSE)", [given]
        )
    else:
        given = " AND ".join(_spelt_out(word) for word in looked_for)
        found = "SELECT rowid FROM alerts_words WHERE alerts_words MATCH %s"
        in_it = RawSQL(f"+alerts_alert.number IN ({found})", [given])
    with connection.cursor() as cursor:
        cursor.execute(f"{found} LIMIT {FEW + 1}", [given])
        numbers = [number for (number,) in cursor.fetchall()]
    if len(numbers) <= FEW:
        return rows.filter(number__in=numbers), False
    # Beginnings that FTS5 is left to spell out take it as long for one alert as for all.
    if connection.vendor == "sqlite" and _BEGINS not in given and _count(found, given) > MANY:
        one = f"EXISTS ({found} AND rowid = alerts_alert.number)"
        in_it = RawSQL(f"CASE WHEN sekisho_first(%s) THEN {one} ELSE {in_it.sql} END", [_begun(), given, given])
    in_it.output_field = BooleanField()
    return rows.filter(in_it), True


def _count(found: str, given: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM ({found} LIMIT {MANY + 1}) AS capped", [given])
        return int(cursor.fetchone()[0])


_ASKED: Final[OrderedDict[int, Iterator[int]]] = OrderedDict()
_TOKENS: Final = count()


def _begun() -> int:
    """A new walk, under which SQLite counts the alerts it asks one by one; the oldest walk is forgotten, and has its list then."""
    token = next(_TOKENS)
    _ASKED[token] = count()
    while len(_ASKED) > 256:
        _ASKED.popitem(last=False)
    return token


def _first(token: int) -> bool:
    asked = _ASKED.get(token)
    return asked is not None and next(asked) < ASKED


def _counting(connection: Any, **_signal: Any) -> None:
    """Let SQLite count how many alerts of a walk it asked."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("sekisho_first", 1, _first)


connection_created.connect(_counting, dispatch_uid="alerts found by words")


def _spelt_out(beginning: str) -> str:
    """A beginning of words as FTS5 is asked for it: the words that begin so, for each has its list ready; many are left to FTS5.

    Each is looked up after the one before: the first row of a word is there at once, however many alerts have the word.
    """
    after = beginning[:-1] + chr(ord(beginning[-1]) + 1)
    terms: list[str] = []
    with connection.cursor() as cursor:
        while len(terms) <= _SPELT:
            since = f"{terms[-1]}!" if terms else beginning  # no word has what sorts between
            cursor.execute("SELECT term FROM alerts_terms WHERE term >= %s AND term < %s LIMIT 1", [since, after])
            if (found := cursor.fetchone()) is None:
                break
            terms.append(found[0])
    return f'"{beginning}{_BEGINS}' if len(terms) > _SPELT or not terms else "(" + " OR ".join(f'"{term}"' for term in terms) + ")"
