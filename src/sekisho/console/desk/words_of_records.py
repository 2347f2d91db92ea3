"""Words of the books in the reader's language: what an alert is about, kinds of accounts, what happened to an order."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

WORDS: Final[dict[str, str | Promise]] = {
    "account": pgettext_lazy("records", "account"),
    "accounts": pgettext_lazy("records", "accounts"),
    "address": pgettext_lazy("records", "address"),
    "asset": pgettext_lazy("records", "asset"),
    "communication": pgettext_lazy("records", "communication"),
    "contract": pgettext_lazy("records", "contract"),
    "control": pgettext_lazy("records", "control"),
    "custodian": pgettext_lazy("records", "custodian"),
    "device": pgettext_lazy("records", "device"),
    "exchange": pgettext_lazy("records", "exchange"),
    "instrument": pgettext_lazy("records", "instrument"),
    "loan": pgettext_lazy("records", "loan"),
    "operator": pgettext_lazy("records", "operator"),
    "orders": pgettext_lazy("records", "orders"),
    "parties": pgettext_lazy("records", "parties"),
    "party": pgettext_lazy("records", "party"),
    "provider": pgettext_lazy("records", "provider"),
    "venue": pgettext_lazy("records", "venue"),
    "wallet": pgettext_lazy("records", "wallet"),
    "wallet_service": pgettext_lazy("records", "wallet service"),
    "customer": pgettext_lazy("records", "of a customer"),
    "house": pgettext_lazy("records", "of the firm"),
    "market_maker": pgettext_lazy("records", "of a market maker"),
    "staff": pgettext_lazy("records", "of staff"),
    "omnibus": pgettext_lazy("records", "omnibus"),
    "new": pgettext_lazy("records", "new"),
    "replace": pgettext_lazy("records", "replaced"),
    "cancel": pgettext_lazy("records", "cancelled"),
    "expire": pgettext_lazy("records", "expired"),
    "reject": pgettext_lazy("records", "rejected"),
    "buy": pgettext_lazy("records", "buy"),
    "sell": pgettext_lazy("records", "sell"),
}
