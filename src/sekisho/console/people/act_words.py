"""What the acts of this part are called in the reader's language; the journal, tokens and JSON have the names."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

ACT_WORDS = {
    "read accounts": pgettext_lazy("act", "read accounts"),
    "keep accounts": pgettext_lazy("act", "keep accounts"),
    "grant a role": pgettext_lazy("act", "grant a role"),
    "approve a role": pgettext_lazy("act", "approve a role"),
    "keep my account": pgettext_lazy("act", "keep my account"),
    "declare a conflict": pgettext_lazy("act", "declare a conflict"),
    "read conflicts": pgettext_lazy("act", "read conflicts"),
    "see a party": pgettext_lazy("act", "see a party"),
    "open personal data": pgettext_lazy("act", "open personal data"),
    "read openings": pgettext_lazy("act", "read openings"),
    "end a token": pgettext_lazy("act", "end a token"),
    "make a token": pgettext_lazy("act", "make a token"),
}
