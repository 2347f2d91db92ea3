"""What the report says about a rule: its law, the values in force, and what follows from a breach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sekisho.rulebook.texts import Text

Value = str | int | bool | Decimal | date | tuple[str, ...] | None
"""A parameter's value; ``None`` is a value that the law has not fixed yet (undetermined)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """One provision a rule rests on, with the Japanese sentence quoted from it and where to read it.

    ``document`` is the short key (PSA), ``title`` its name in words, ``provision`` the reference as rule.yaml writes it
    (``63-11(2)``); the report sets it as Art. 63-11(2) and 第63条の11第2項.
    """

    document: str
    provision: str
    quote: str = ""
    url: str = ""
    title: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What may follow from a breach: criminal, monetary penalty, administrative, of the SRO, civil."""

    kind: str
    text: Text
    document: str = ""
    provision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterInForce:
    """One value the rule was run with: who set it, from which source, and whether the user assumed it."""

    name: str
    value: Value
    unit: str
    set_by: str
    source: str
    assumed: bool = False
    description: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCard:
    """One rule as the report shows it, on the day and under the regime judged."""

    rule: str
    chapter: str
    title: Text
    statement: Text
    provisions: tuple[Provision, ...] = ()
    status: str = ""
    confidence: str = ""
    consequences: tuple[Consequence, ...] = ()
    parameters: tuple[ParameterInForce, ...] = ()
    false_positives: tuple[Text, ...] = ()
    note: Text | None = None
