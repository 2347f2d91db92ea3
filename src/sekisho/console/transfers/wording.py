"""Fixed words of this part: what people do at the gate, why, and what a client is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sekisho.gate.messages import Said

EVENTS: Final[Mapping[str, Promise]] = {
    "approved": _("approved"),
    "released": _("released"),
    "refused": _("refused by a person"),
    "cancelled": _("cancelled by a person"),
    "warning_shown": _("warning shown"),
    "warning_acknowledged": _("warning confirmed by the client"),
    "purpose_given": _("purpose given by the client"),
    "risk_confirmed": _("risk confirmed by the client"),
    "activate": _("put in force"),
    "roll_back": _("taken back to the one before"),
}
FIELDS: Final[Mapping[str, Promise]] = {
    "address": _("Address"),
    "counterparty": _("Kind of counterparty"),
    "counterparty_vasp": _("Operator of the counterparty"),
    "counterparty_country": _("Country of the counterparty"),
    "network": _("Network"),
    "purpose": _("Purpose"),
    "order_type": _("Order type"),
    "price": _("Price"),
    "product": _("Product"),
    "leverage": _("Leverage"),
}
SET_BY: Final[Mapping[str, Promise]] = {"law": _("the law"), "firm": _("the firm")}
DIRECTIONS: Final[Mapping[str, Promise]] = {"out": _("out"), "in": _("in"), "buy": _("buy"), "sell": _("sell")}
RELEASE_REASONS: Final[Sequence[tuple[str, Promise]]] = (
    ("papers_seen", _("papers seen and in order")),
    ("called_back", _("client called back; he confirms it")),
    ("known_payee", _("payee is known and checked")),
    ("explained", _("what looked unusual is explained")),
    ("wrongly_held", _("the rule does not meet this case")),
)
REFUSE_REASONS: Final[Sequence[tuple[str, Promise]]] = (
    ("suspected_fraud", _("fraud on the client is suspected")),
    ("suspected_laundering", _("laundering is suspected")),
    ("listed", _("the payee is on a list")),
    ("not_explained", _("the client does not explain it")),
    ("abuse", _("unfair trading is suspected")),
)
CANCEL_REASONS: Final[Sequence[tuple[str, Promise]]] = (
    ("client_withdrew", _("the client withdrew it")),
    ("entered_wrongly", _("it was entered wrongly")),
    ("asked_anew", _("it was asked anew under another id")),
)
APPROVE_REASONS: Final = RELEASE_REASONS
RULE_SET_REASONS: Final[Sequence[tuple[str, Promise]]] = (
    ("law_changed", _("the law changes")),
    ("value_set", _("the firm sets a value")),
    ("shadow_shown", _("its effect was seen in shadow")),
    ("fault", _("the one in force has a fault")),
)
QUESTION_TEXTS: Final[Mapping[str, Said]] = {
    "purpose": Said(
        "To carry out your request, please tell us what the transfer is for.",
        "お手続きを進めるため、今回の移転の目的をお知らせください。",
    ),
    "funds": Said(
        "To carry out your request, please tell us where the funds come from.",
        "お手続きを進めるため、今回の資金の原資をお知らせください。",
    ),
    "payee": Said(
        "To carry out your request, please tell us who the payee is and how you know them.",
        "お手続きを進めるため、受取人とのご関係をお知らせください。",
    ),
    "address": Said(
        "To carry out your request, please tell us from whom you received the address.",
        "お手続きを進めるため、送付先アドレスの入手元をお知らせください。",
    ),
}
"""The same words to everybody, whatever the reason, so that nobody learns of a suspicion."""
