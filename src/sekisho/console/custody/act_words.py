"""What the acts of this part are called in the reader's language; the journal, tokens and JSON have the names."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

ACT_WORDS = {
    "read custody": pgettext_lazy("act", "read custody"),
    "certify a day": pgettext_lazy("act", "certify a day"),
    "download a certificate": pgettext_lazy("act", "download a certificate"),
    "give up a certificate": pgettext_lazy("act", "give up a certificate"),
    "make a certificate": pgettext_lazy("act", "make a certificate"),
}
