"""What the acts of this part are called in the reader's language; the journal, tokens and JSON have the names."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

ACT_WORDS = {
    "read cases": pgettext_lazy("act", "read cases"),
    "open a case": pgettext_lazy("act", "open a case"),
    "work on cases": pgettext_lazy("act", "work on cases"),
    "propose closing a case": pgettext_lazy("act", "propose closing a case"),
    "approve closing a case": pgettext_lazy("act", "approve closing a case"),
    "take evidence out": pgettext_lazy("act", "take evidence out"),
    "make a bundle of a case": pgettext_lazy("act", "make a bundle of a case"),
    "add evidence": pgettext_lazy("act", "add evidence"),
    "assign a case": pgettext_lazy("act", "assign a case"),
    "claim a case": pgettext_lazy("act", "claim a case"),
    "draft the narrative": pgettext_lazy("act", "draft the narrative"),
    "join alerts to a case": pgettext_lazy("act", "join alerts to a case"),
    "link cases": pgettext_lazy("act", "link cases"),
    "move a case": pgettext_lazy("act", "move a case"),
    "note on a case": pgettext_lazy("act", "note on a case"),
    "register a record as evidence": pgettext_lazy("act", "register a record as evidence"),
    "settle words kept beside": pgettext_lazy("act", "settle words kept beside"),
    "take a bundle out": pgettext_lazy("act", "take a bundle out"),
    "take a summary out": pgettext_lazy("act", "take a summary out"),
    "take an alert out of a case": pgettext_lazy("act", "take an alert out of a case"),
    "write the narrative": pgettext_lazy("act", "write the narrative"),
}
