"""What the rulebook says in codes, in the reader's language: whether a text is law, how sure it is, who set a value."""

from __future__ import annotations

from django.utils.translation import gettext_lazy, pgettext_lazy

STATUSES = {
    "in_force": pgettext_lazy("law", "in force"),
    "enacted": gettext_lazy("enacted, not in force"),
    "recommended": gettext_lazy("recommended, not law"),
    "proposed": gettext_lazy("proposed, not law"),
}
CONFIDENCES = {
    "confirmed": gettext_lazy("text read"),
    "second_hand": gettext_lazy("second hand: from a source that quotes it"),
    "stated": gettext_lazy("stated, not verified"),
    "unverified": gettext_lazy("not checked against a text"),
    "unknown": gettext_lazy("not known"),
}
SET_BY = {"law": gettext_lazy("law"), "firm": gettext_lazy("the firm (starting value)")}
NOT_RUN = {
    "not_in_regime": gettext_lazy("does not hold"),
    "not_inspected": gettext_lazy("not inspected"),
    "undetermined": gettext_lazy("undetermined"),
}
"""Why a rule gave no answer: it does not hold, records it reads are not there, or a value is not known."""
SEVERITY_WORDS = {
    "critical": gettext_lazy("critical"),
    "high": gettext_lazy("high"),
    "medium": gettext_lazy("medium"),
    "low": gettext_lazy("low"),
}
"""The gravest first."""
