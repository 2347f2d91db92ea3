"""Roles in the reader's language, one name for each, on every page and in the terminal; programs have their names."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

ROLE_WORDS = {
    "operations": pgettext_lazy("role", "operations"),
    "compliance": pgettext_lazy("role", "compliance"),
    "supervisor": pgettext_lazy("role", "supervisor"),
    "audit": pgettext_lazy("role", "internal audit"),
    "director": pgettext_lazy("role", "director"),
    "investigator": pgettext_lazy("role", "investigator"),
    "sro": pgettext_lazy("role", "self-regulatory organisation"),
    "auditor": pgettext_lazy("role", "external auditor"),
    "administrator": pgettext_lazy("role", "administrator"),
}
