"""What a deadline rests on, in the reader's language; the rules and JSON have the names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from sekisho.console.desk.words_of_law import CONFIDENCES, period_title
from sekisho.console.people.naming import with_name

FACT_WORDS: Final = {
    "account": pgettext_lazy("fact", "account"),
    "as_of": pgettext_lazy("fact", "as of"),
    "asset": pgettext_lazy("fact", "asset"),
    "confidence": pgettext_lazy("fact", "certainty of the text"),
    "cured_on": pgettext_lazy("fact", "cured on"),
    "duty": pgettext_lazy("fact", "duty"),
    "filed_on": pgettext_lazy("fact", "filed on"),
    "gap": pgettext_lazy("fact", "gap"),
    "incident": pgettext_lazy("fact", "incident"),
    "interval": pgettext_lazy("fact", "interval"),
    "is_business_day": pgettext_lazy("fact", "business day"),
    "item": pgettext_lazy("fact", "item"),
    "kept_until": pgettext_lazy("fact", "kept until"),
    "loan": pgettext_lazy("fact", "loan"),
    "missing_jpy": pgettext_lazy("fact", "missing (JPY)"),
    "outstanding": pgettext_lazy("fact", "outstanding"),
    "owner": pgettext_lazy("fact", "owner"),
    "person": pgettext_lazy("fact", "person"),
    "share": pgettext_lazy("fact", "share"),
    "shortfall_jpy": pgettext_lazy("fact", "shortfall (JPY)"),
    "subject": pgettext_lazy("fact", "subject"),
}


def facts_said(facts: dict[str, Any], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each fact that is known, with what it is called and what it holds; ``names`` are those of people by code."""
    return [
        {"title": str(FACT_WORDS.get(name, name)), "value": _said(name, value, names)}
        for name, value in facts.items()
        if value is not None
    ]


def _said(name: str, value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "confidence":
        return str(CONFIDENCES.get(value, value))
    if name in ("owner", "person"):
        return with_name(names, value)
    return period_title(value) if name == "interval" else value
