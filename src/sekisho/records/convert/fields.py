"""Columns of a source file, read strictly: a value is understood exactly or the conversion stops and names its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

_NUMBER = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?"
_MICROSECONDS_PER = {"s": 1_000_000, "ms": 1_000, "us": 1}
_NANOSECONDS_PER_MICROSECOND = 1_000
_DIGITS_MAX = {"s": 11, "ms": 14, "us": 17, "ns": 19}

UnixUnit = Literal["s", "ms", "us", "ns"]

Sign = Literal["positive", "not_negative", "any"]
_SIGNS = {"positive": "> 0", "not_negative": ">= 0", "any": None}
_SIGN_WORDS = {"positive": "positive ", "not_negative": "non-negative ", "any": ""}


@dataclass(frozen=True, slots=True)
class Field:
    """One source column as SQL: ``value`` is null exactly where the text is not what was ``wanted``.

    With ``nullable`` an empty text, or one of ``null_words``, stays null; otherwise it is an error as well.
    """

    column: str
    value: str
    wanted: str
    nullable: bool = False
    null_words: tuple[str, ...] = ()

    def wrong(self, value: str, raw: str) -> str:
        """SQL: whether a row is wrong, given the names of the column's value and of its text."""
        if not self.nullable:
            return f"{value} IS NULL"
        words = ", ".join(literal(word) for word in self.null_words)
        empty = f"{raw} IS NULL" + (f" OR {raw} IN ({words})" if words else "")
        return f"{value} IS NULL AND NOT ({empty})"


def quoted(name: str) -> str:
    """A column name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def text(column: str, *, nullable: bool = False) -> Field:
    """A word or an id, kept as written."""
    return Field(column, quoted(column), "a text", nullable)


def words(column: str, meaning: Mapping[str, str]) -> Field:
    """One of a fixed set of words, translated."""
    cases = " ".join(f"WHEN {literal(word)} THEN {literal(value)}" for word, value in meaning.items())
    return Field(column, f"CASE {quoted(column)} {cases} END", f"one of {', '.join(meaning)}")


def integer(column: str, *, nullable: bool = False) -> Field:
    """A whole number."""
    c = quoted(column)
    return Field(column, whole_number(c), "a whole number", nullable)


def whole_number(c: str) -> str:
    """SQL that reads the text ``c`` as a whole number, or null where it is not one."""
    return f"CASE WHEN regexp_full_match({c}, '-?[0-9]+') THEN TRY_CAST({c} AS BIGINT) END"


def decimal(column: str, *, sign: Sign = "positive", nullable: bool = False, divide_by_ten: int = 0) -> Field:
    """An exact decimal that fits DECIMAL(18,8). ``divide_by_ten`` moves the point to the left by so many places."""
    value = signed(exact_decimal(quoted(column), precision=18, scale=8, divide_by_ten=divide_by_ten), sign)
    return Field(column, value, number_wanted(18, 8, sign, divide_by_ten), nullable)


def signed(value: str, sign: Sign) -> str:
    """SQL of a number that becomes null where its sign is not allowed."""
    condition = _SIGNS[sign]
    return f"CASE WHEN {value} {condition} THEN {value} END" if condition else value


def number_wanted(precision: int, scale: int, sign: Sign, divide_by_ten: int = 0) -> str:
    """What a message says a number should have been."""
    places = f"{precision - scale} whole and {scale} decimal digits"
    divided = f" after division by 1{'0' * divide_by_ten}" if divide_by_ten else ""
    return f"a {_SIGN_WORDS[sign]}number of at most {places}{divided}"


def exact_decimal(c: str, *, precision: int, scale: int, divide_by_ten: int = 0) -> str:
    """SQL that reads the text ``c`` as DECIMAL(precision, scale), or null where a digit would be lost.

    DuckDB rounds silently when it casts, so the places written are counted first.
    """
    kind = f"DECIMAL({precision},{scale})"
    # DuckDB wants the digits before the exponent to fit too, so the widest type reads them first.
    wide = f"TRY_CAST({c} AS DECIMAL(38,18))"
    if divide_by_ten:
        unit = f"CAST('0.{'1'.rjust(divide_by_ten, '0')}' AS DECIMAL({divide_by_ten},{divide_by_ten}))"
        wide = f"CAST(TRY_CAST({c} AS DECIMAL(28,10)) * {unit} AS DECIMAL(38,18))"
    read = f"TRY_CAST({wide} AS {kind})"
    mantissa = f"regexp_extract(lower({c}), '^[^e]*')"
    exponent = f"coalesce(TRY_CAST(nullif(regexp_extract(lower({c}), 'e(.*)$', 1), '') AS INTEGER), 0)"
    places = f"length(rtrim(split_part({mantissa}, '.', 2), '0')) - {exponent} + {divide_by_ten}"
    zeros = f"length(regexp_extract(split_part({mantissa}, '.', 1), '[1-9](0*)$', 1))"
    whole_only = f"rtrim(split_part({mantissa}, '.', 2), '0') = ''"
    lost = f"{places} - CASE WHEN {whole_only} THEN {zeros} ELSE 0 END > {scale}"
    point = f"strpos({c}, '.')"
    plainly_short = f"NOT contains(lower({c}), 'e') AND ({point} = 0 OR length({c}) - {point} <= {scale - divide_by_ten})"
    return (
        f"CASE WHEN NOT regexp_full_match({c}, {literal(_NUMBER)}) THEN NULL "
        f"WHEN {plainly_short} THEN {read if divide_by_ten else f'TRY_CAST({c} AS {kind})'} "
        f"WHEN {lost} THEN NULL ELSE {read} END"
    )


def epoch(column: str, unit: UnixUnit) -> Field:
    """A Unix time as a whole number of ``unit``; nanoseconds are cut to microseconds, never rounded up."""
    return Field(column, unix_time(quoted(column), unit), f"a Unix time in whole {unit}")


def unix_time(c: str, unit: UnixUnit) -> str:
    """SQL that reads the text ``c`` as a Unix time, or null where it is not one."""
    number = f"TRY_CAST({c} AS BIGINT)"
    scaled = f"{number} // {_NANOSECONDS_PER_MICROSECOND}" if unit == "ns" else f"{number} * {_MICROSECONDS_PER[unit]}"
    in_range = f"regexp_full_match({c}, '[0-9]{{1,{_DIGITS_MAX[unit]}}}')"
    return f"CASE WHEN {in_range} THEN make_timestamptz({scaled}) END"
