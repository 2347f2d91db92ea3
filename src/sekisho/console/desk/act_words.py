"""What the acts of this part are called in the reader's language; the journal, tokens and JSON have the names."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

ACT_WORDS = {
    "be here": pgettext_lazy("act", "be here"),
    "export a list": pgettext_lazy("act", "export a list"),
    "take a file": pgettext_lazy("act", "take a file"),
}
