"""What the acts of this part are called in the reader's language; the journal, tokens and JSON have the names."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

ACT_WORDS = {
    "read deadlines": pgettext_lazy("act", "read deadlines"),
    "meet deadlines": pgettext_lazy("act", "meet deadlines"),
    "look for deadlines": pgettext_lazy("act", "look for deadlines"),
    "meet STR deadline": pgettext_lazy("act", "meet STR deadline"),
    "meet deadline": pgettext_lazy("act", "meet deadline"),
}
