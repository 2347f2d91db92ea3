"""The working of a penalty, line by line, in the reader's language: the engine writes it in English, and JSON has it so."""

from __future__ import annotations

import re
from typing import Final

from django.utils.translation import pgettext_lazy

PHRASES: Final = {
    "sold": pgettext_lazy("working", "sold"),
    "bought": pgettext_lazy("working", "bought"),
    "balanced quantity only": pgettext_lazy("working", "balanced quantity only"),
    "balanced quantity": pgettext_lazy("working", "balanced quantity"),
    "smaller of sold and bought": pgettext_lazy("working", "smaller of sold and bought"),
    "value of balanced sales": pgettext_lazy("working", "value of balanced sales"),
    "value of balanced purchases": pgettext_lazy("working", "value of balanced purchases"),
    "gain on the balanced quantity": pgettext_lazy("working", "gain on the balanced quantity"),
    "balanced sales - balanced purchases": pgettext_lazy("working", "balanced sales - balanced purchases"),
    "excess of sales": pgettext_lazy("working", "excess of sales"),
    "excess of purchases": pgettext_lazy("working", "excess of purchases"),
    "value of the excess sales": pgettext_lazy("working", "value of the excess sales"),
    "value of the excess purchases": pgettext_lazy("working", "value of the excess purchases"),
    "excess at the lowest price after": pgettext_lazy("working", "excess at the lowest price after"),
    "excess at the highest price after": pgettext_lazy("working", "excess at the highest price after"),
    "gain on the excess": pgettext_lazy("working", "gain on the excess"),
    "excess": pgettext_lazy("working", "excess"),
    "own issuance": pgettext_lazy("working", "own issuance"),
    "lowest": pgettext_lazy("working", "lowest"),
    "highest": pgettext_lazy("working", "highest"),
    "later trades that close the series": pgettext_lazy("working", "later trades that close the series"),
    "value of sales": pgettext_lazy("working", "value of sales"),
    "value of purchases": pgettext_lazy("working", "value of purchases"),
    "gain of the series": pgettext_lazy("working", "gain of the series"),
    "sales - purchases": pgettext_lazy("working", "sales - purchases"),
    "short": pgettext_lazy("working", "short"),
    "long": pgettext_lazy("working", "long"),
    "computed amount": pgettext_lazy("working", "computed amount"),
    "sum of the parts": pgettext_lazy("working", "sum of the parts"),
    "rounded amount": pgettext_lazy("working", "rounded amount"),
    "rounded down to a multiple of": pgettext_lazy("working", "rounded down to a multiple of"),
    "no order": pgettext_lazy("working", "no order"),
    "below": pgettext_lazy("working", "below"),
    "reported before the investigation": pgettext_lazy("working", "reported before the investigation"),
    "of it": pgettext_lazy("working", "of it"),
    "repeated": pgettext_lazy("working", "repeated"),
    "whole yen": pgettext_lazy("working", "whole yen"),
    "confiscated or collected in the same case": pgettext_lazy("working", "confiscated or collected in the same case"),
    "more, listed in the allocation": pgettext_lazy("working", "more, listed in the allocation"),
    "opening buy": pgettext_lazy("working", "opening buy"),
    "opening sell": pgettext_lazy("working", "opening sell"),
    "left aside": pgettext_lazy("working", "left aside"),
    "trades not in the time that counts": pgettext_lazy("working", "trades not in the time that counts"),
    "not in the time that counts": pgettext_lazy("working", "not in the time that counts"),
    "trades for others": pgettext_lazy("working", "trades for others"),
    "none in the time that counts": pgettext_lazy("working", "none in the time that counts"),
    "trades for": pgettext_lazy("working", "trades for"),
    "management fee": pgettext_lazy("working", "management fee"),
    "consideration received": pgettext_lazy("working", "consideration received"),
    "buy": pgettext_lazy("working", "buy"),
    "sell": pgettext_lazy("working", "sell"),
    "none": pgettext_lazy("working", "none"),
    "recipient's trades before publication": pgettext_lazy("working", "recipient's trades before publication"),
    "recipient's gain": pgettext_lazy("working", "recipient's gain"),
    "all issues": pgettext_lazy("working", "all issues"),
    "share of it": pgettext_lazy("working", "share of it"),
    "broking paid by the recipient in the month of the tip": pgettext_lazy(
        "working", "broking paid by the recipient in the month of the tip"
    ),
    "offering and underwriting": pgettext_lazy("working", "offering and underwriting"),
    "already ordered": pgettext_lazy("working", "already ordered"),
    "limitation": pgettext_lazy("working", "limitation"),
}
"""Every phrase of labels and expressions (``typologies.monetary_penalty``, ``engine.penalty_case``, ``rules.enforcement``)."""
_FOUND: Final = re.compile(rf"(?<![\w'])({'|'.join(re.escape(each) for each in sorted(PHRASES, key=len, reverse=True))})(?![\w'])")


def working(text: str) -> str:
    """A label or an expression with its phrases said in the reader's language; names, quantities and prices stay."""
    return _FOUND.sub(lambda found: str(PHRASES[found[0]]), text)
