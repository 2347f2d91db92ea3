"""Dated parameters: what a number is under a regime on a day, and where it comes from. No value means no answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sekisho.rulebook.regimes import CONFIDENCES
from sekisho.rulebook.strict_yaml import Listed, Reader, RulebookError
from sekisho.rulebook.texts import Text, take_text

Value = Decimal | int | str | bool | date | tuple[str, ...]
ANY_REGIME = "any"
UNDETERMINED = "undetermined"
_EXACT_UNITS = frozenset({"share", "ratio", "JPY", "bp"})


class Undetermined(LookupError):  # noqa: N818 - an answer of the law, not a mistake
    """The law of the chosen regime leaves this value open; the rule has no answer until somebody assumes one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a value was read, how sure that is, and when somebody last looked."""

    document: str
    provision: str | None
    confidence: str
    checked_on: date
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedValue:
    """A value (or None, undetermined) in some regimes over ``[starts_on, until)``."""

    regimes: tuple[str, ...]
    starts_on: date | None
    until: date | None
    value: Value | None
    source: Source

    def applies(self, regime: str, day: date) -> bool:
        """Whether this value speaks for the regime on that day of law."""
        named = regime in self.regimes or ANY_REGIME in self.regimes
        return named and (self.starts_on is None or self.starts_on <= day) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One number, word or list of a rule, with all its dated values.

    ``set_by`` is ``law`` or ``firm``: where the law leaves the value to the firm, the value here is a measured starting value.
    An ``optional`` parameter may be without value: it reads as None and never makes the rule undetermined.
    """

    name: str
    unit: str
    description: Text
    set_by: str
    optional: bool
    values: tuple[DatedValue, ...]

    def dated(self, regime: str, day: date) -> DatedValue | None:
        """The dated value that speaks for the regime on ``day``; one that names the regime beats one for any."""
        applying = [v for v in self.values if v.applies(regime, day)]
        return min(applying, key=lambda v: ANY_REGIME in v.regimes, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """A parameter as a run used it."""

    name: str
    value: Value | None
    unit: str
    set_by: str
    assumed: bool
    source: Source | None


class Parameters:
    """What a control sees as ``p``: every parameter of its rule as an attribute, plus ``p.as_of`` and ``p.regime``.

    Reading a parameter without value raises Undetermined.
    """

    def __init__(self, rule: str, regime: str, as_of: date, in_force: Mapping[str, InForce], optional: frozenset[str]) -> None:
        self.rule = rule
        self.regime = regime
        self.as_of = as_of
        self.in_force = dict(in_force)
        self._optional = optional
        # What has a value is a plain attribute, because the gate reads it in every decision.
        self.__dict__.update({n: p.value for n, p in self.in_force.items() if p.value is not None or n in optional})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self.in_force:
            raise AttributeError(f"{self.rule}: rule.yaml has no parameter '{name}'")
        value = self.in_force[name].value
        if value is None and name not in self._optional:
            raise Undetermined(self.why(name))
        return value

    def missing(self) -> tuple[str, ...]:
        """The parameters that have no value here and must have one."""
        return tuple(n for n, p in self.in_force.items() if p.value is None and n not in self._optional)

    def why(self, *names: str) -> str:
        """One line: what is missing, where, and what to do."""
        missing = ", ".join(f"'{name}'" for name in names)
        assumed = " ".join(f"--assume {self.rule}.{name}=VALUE" for name in names)
        return f"{self.rule}: no value for {missing} in regime {self.regime} on {self.as_of}; give {assumed} or another regime"

    def __iter__(self) -> Iterator[InForce]:
        return iter(self.in_force.values())


def read_parameter(name: str, reader: Reader, regimes: frozenset[str], documents: frozenset[str]) -> Parameter:
    """Read one parameter of a rule.yaml; refuses values without source and values whose dates overlap."""
    unit = reader.take("unit", str)

    def dated(inside: Reader) -> DatedValue:
        value = _value(inside, unit)
        source = inside.inside("source", f"{inside.what}: source")
        entry = DatedValue(
            regimes=inside.words("regime", regimes | {ANY_REGIME}, required=True),
            starts_on=inside.maybe("from", date),
            until=inside.maybe("until", date),
            value=value,
            source=read_source(source, documents),
        )
        source.done()
        if entry.starts_on and entry.until and entry.starts_on >= entry.until:
            raise inside.error(f"{inside.what}: the value ends before it starts", "until")
        _refuse_overlap(entry, seen, inside)
        seen.append(entry)
        return entry

    seen: list[DatedValue] = []
    parameter = Parameter(
        name=name,
        unit=unit,
        description=take_text(reader, "description"),
        set_by=reader.word("set_by", frozenset({"law", "firm"})),
        optional=reader.take_or("optional", bool, False),
        values=reader.each("values", dated, what=f"parameter '{name}'"),
    )
    if not parameter.values:
        raise reader.error(f"parameter '{name}' has no values; an open one says 'value: undetermined' with its source")
    return parameter


def read_source(reader: Reader, documents: frozenset[str]) -> Source:
    """Where a value comes from; every value has one."""
    return Source(
        document=reader.word("document", documents),
        provision=take_provision(reader),
        confidence=reader.word("confidence", CONFIDENCES),
        checked_on=reader.take("checked_on", date),
        note=reader.maybe("note", str),
    )


def take_provision(reader: Reader) -> str | None:
    """A provision such as 63-11(2); a bare article number may stand without quotes."""
    value = reader.maybe("provision", object)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    raise reader.error(f"{reader.what}: 'provision' is text such as 63-11(2)", "provision")


def _value(reader: Reader, unit: str) -> Value | None:
    value = reader.any("value")
    if value == UNDETERMINED:
        return None
    if isinstance(value, Listed):
        return tuple(str(v) for v in value)
    if isinstance(value, bool | str | date | Decimal):
        return value
    if isinstance(value, int):
        return Decimal(value) if unit in _EXACT_UNITS else value
    raise reader.error(f"{reader.what}: a value is a number, a word, a day or a list; an open one is 'undetermined'", "value")


def _refuse_overlap(entry: DatedValue, seen: list[DatedValue], reader: Reader) -> None:
    for other in seen:
        shared = set(entry.regimes) & set(other.regimes)
        if shared and _overlaps(entry, other):
            raise reader.error(f"{reader.what}: two values for {', '.join(sorted(shared))} on the same days", "regime")


def _overlaps(one: DatedValue, other: DatedValue) -> bool:
    start_one, start_other = one.starts_on or date.min, other.starts_on or date.min
    return start_one < (other.until or date.max) and start_other < (one.until or date.max)


def parse_assumption(text: str) -> tuple[str, str, Value]:
    """``chapter/rule.parameter=value`` as given to --assume; raises RulebookError saying what is wrong."""
    name, equals, written = text.partition("=")
    rule, dot, parameter = name.strip().rpartition(".")
    if not equals or not dot or not rule or not parameter or not written.strip():
        raise RulebookError(f"--assume {text}: write it as chapter/rule.parameter=value, such as transfers/cooling_off.days=7")
    return rule, parameter, _written_value(written.strip(), text)


def _written_value(written: str, text: str) -> Value:
    if written in ("true", "false"):
        return written == "true"
    try:
        number = Decimal(written)
    except InvalidOperation:
        try:
            return date.fromisoformat(written)
        except ValueError:
            return written
    if not number.is_finite():
        raise RulebookError(f"--assume {text}: the value must be a finite number")
    return int(number) if number == number.to_integral_value() and "." not in written and "e" not in written.lower() else number
