"""What the acts of this part are called in the reader's language; the journal, tokens and JSON have the names."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

ACT_WORDS = {
    "read impact": pgettext_lazy("act", "read impact"),
    "ask for impact": pgettext_lazy("act", "ask for impact"),
    "export a study": pgettext_lazy("act", "export a study"),
    "work out a study": pgettext_lazy("act", "work out a study"),
}
