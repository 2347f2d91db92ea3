"""What the journal's names are called in the reader's language: of acts, of kinds of records, and of their fields.

The journal, the addresses and JSON have the English names, which never change; a page says what they are called. Each part names
its acts in ``ACT_WORDS`` of its ``act_words.py``, and its kinds and fields in its models.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from sekisho.console.journal.acting import Kept
from sekisho.console.journal.rows import kinds

KIND_WORDS: Final[Mapping[str, Promise]] = {
    "asset": pgettext_lazy("kind", "asset"),
    "board": pgettext_lazy("kind", "board"),
    "file": pgettext_lazy("kind", "file"),
    "gate": pgettext_lazy("kind", "gate"),
    "journal": pgettext_lazy("kind", "journal"),
    "list": pgettext_lazy("kind", "list"),
    "register": pgettext_lazy("kind", "register"),
    "request": pgettext_lazy("kind", "request at the gate"),
    "retention": pgettext_lazy("kind", "retention"),
    "rule_set": pgettext_lazy("kind", "rule set"),
    "value": pgettext_lazy("kind", "value of the firm"),
}
"""What acts are about although it is no row of the office."""
FIELD_WORDS: Final[Mapping[str, Promise]] = {
    "checked": pgettext_lazy("field", "checked"),
    "digest": pgettext_lazy("field", "hash"),
    "downloaded": pgettext_lazy("field", "downloaded"),
    "erased": pgettext_lazy("field", "erased"),
    "exported": pgettext_lazy("field", "exported"),
    "id": pgettext_lazy("field", "number"),
    "indicators taken": pgettext_lazy("field", "indicators taken"),
    "note_en": pgettext_lazy("field", "note in English"),
    "note_ja": pgettext_lazy("field", "note in Japanese"),
    "other_id": pgettext_lazy("field", "other case"),
    "proposed_account": pgettext_lazy("field", "account of who proposed"),
    "decided_account": pgettext_lazy("field", "account of who decided"),
    "recovery codes": pgettext_lazy("field", "recovery codes"),
    "refused": pgettext_lazy("field", "refused"),
    "removed": pgettext_lazy("field", "removed"),
    "report taken": pgettext_lazy("field", "report taken"),
    "second factor": pgettext_lazy("field", "second factor"),
    "sessions": pgettext_lazy("field", "sessions"),
    "sha256": gettext_lazy("SHA-256"),
    "signed in": pgettext_lazy("field", "signed in"),
    "summary taken out": pgettext_lazy("field", "summary taken out"),
    "taken": pgettext_lazy("field", "taken"),
    "taken in": pgettext_lazy("field", "taken in"),
    "taken out": pgettext_lazy("field", "taken out"),
    "title_en": pgettext_lazy("field", "title in English"),
    "title_ja": pgettext_lazy("field", "title in Japanese"),
    "told": pgettext_lazy("field", "told"),
}
"""What lines of the journal say although no field of a row says it, and fields whose model does not say what they are called."""
ACTS_BEGINNING: Final[dict[str, Callable[[str], str]]] = {}
"""How acts are called whose name begins like this; the function gets the rest of the name."""

VALUES_SAID: Final[dict[tuple[str, str], Callable[[str], str]]] = {}
"""How values are called that a part declares otherwise than as choices of a field, by kind and field."""
VALUES_OF_OBJECT: Final[dict[tuple[str, str], Callable[[str, str], str]]] = {}
"""The same where a value is called by what it stands in; the function gets the object's key and the value."""
REASONS_SAID: Final[dict[str, Mapping[str, str | Promise]]] = {}
"""What the reasons of an act are called that stand before a colon in its lines, by the name of the act."""


@cache
def act_words() -> Mapping[str, str | Promise]:
    """Every act that has a title, as the parts declare them."""
    found: dict[str, str | Promise] = {}
    for area in settings.AREAS:
        name = f"sekisho.console.{area}.act_words"
        if find_spec(name) is not None:
            declared: Mapping[str, Promise] = import_module(name).ACT_WORDS
            twice = found.keys() & declared.keys()
            assert not twice, f"{name} says again what acts are called: {sorted(twice)}"
            found.update(declared)
    return found


def act_title(name: str) -> str:
    """What an act is called; its name where nobody says."""
    for begin, titled in ACTS_BEGINNING.items():
        if name.startswith(begin):
            return titled(name.removeprefix(begin))
    return str(act_words().get(name, name))


def kind_title(kind: str) -> str:
    """What a kind of record is called; its name where nobody says."""
    model = _model(kind)
    return str(KIND_WORDS.get(kind, kind) if model is None else model._meta.verbose_name)


def field_title(kind: str, name: str) -> str:
    """What a field of a kind of record is called; its name where nobody says."""
    model = _model(kind)
    found = None if model is None else _verbose(model, name)
    return str(found or FIELD_WORDS.get(name, name))


def value_title(kind: str, name: str, value: Any, of: str = "") -> Any:
    """What a value of a field is called where the field has a choice of them, or says yes or no; any other is itself.

    ``of`` is the key of the object whose field it is.
    """
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if (kind, name) in VALUES_OF_OBJECT and isinstance(value, str):
        return VALUES_OF_OBJECT[kind, name](of, value)
    if (kind, name) in VALUES_SAID and isinstance(value, str):
        return VALUES_SAID[kind, name](value)
    model = _model(kind)
    field = None if model is None else _field(model, name)
    choices = {} if field is None else dict(field.flatchoices)
    return str(choices[value]) if isinstance(value, str) and value in choices else value


def reason_title(act: str, reason: str) -> str:
    """A reason as the journal has it, with the one of a fixed set called by its name."""
    code, colon, words = reason.partition(": ")
    title = REASONS_SAID.get(act, {}).get(code)
    return reason if title is None else f"{title}{colon}{words}"


def ends_title(kind: str, path: str) -> str:
    """What a path of fields is called, through the records it leads over: the field at its end, and whose it is."""
    model = _model(kind)
    *over, last = path.split("__")
    for name in over:
        model = None if model is None else _field(model, name).related_model
    if model is None:
        return path
    title = field_title(str(model._meta.model_name), last)
    return title if not over else f"{model._meta.verbose_name}: {title}"


@cache
def _models() -> Mapping[str, type[Kept]]:
    return {each.kind(): each for each in kinds()}


def _model(kind: str) -> type[Kept] | None:
    return _models().get(kind)


def _field(model: type[models.Model], name: str) -> Any:
    return next((each for each in model._meta.concrete_fields if name in (each.attname, each.name)), None)


def _verbose(model: type[models.Model], name: str) -> Any:
    """What the model calls a field: a reference without a title of its own is called as what it refers to."""
    field = _field(model, name)
    if field is None:
        return None
    if isinstance(field.verbose_name, Promise):
        return field.verbose_name
    return field.related_model._meta.verbose_name if field.related_model is not None else None
