"""What the acts of this part are called in the reader's language; the journal, tokens and JSON have the names."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

ACT_WORDS = {
    "read filings": pgettext_lazy("act", "read filings"),
    "read drafts of filings": pgettext_lazy("act", "read drafts of filings"),
    "read STR": pgettext_lazy("act", "read STR"),
    "write filings": pgettext_lazy("act", "write filings"),
    "write STR": pgettext_lazy("act", "write STR"),
    "review filings": pgettext_lazy("act", "review filings"),
    "review STR": pgettext_lazy("act", "review STR"),
    "propose a filing": pgettext_lazy("act", "propose a filing"),
    "propose an STR": pgettext_lazy("act", "propose an STR"),
    "approve a filing": pgettext_lazy("act", "approve a filing"),
    "approve an STR": pgettext_lazy("act", "approve an STR"),
    "amend STR": pgettext_lazy("act", "amend STR"),
    "amend filing": pgettext_lazy("act", "amend filing"),
    "answer to STR": pgettext_lazy("act", "answer to STR"),
    "answer to filing": pgettext_lazy("act", "answer to filing"),
    "begin STR": pgettext_lazy("act", "begin STR"),
    "begin filing": pgettext_lazy("act", "begin filing"),
    "download STR": pgettext_lazy("act", "download STR"),
    "download filing": pgettext_lazy("act", "download filing"),
    "drop STR": pgettext_lazy("act", "drop STR"),
    "drop filing": pgettext_lazy("act", "drop filing"),
    "review filing": pgettext_lazy("act", "review filing"),
    "send back STR": pgettext_lazy("act", "send back STR"),
    "send back filing": pgettext_lazy("act", "send back filing"),
    "validate STR": pgettext_lazy("act", "validate STR"),
    "validate filing": pgettext_lazy("act", "validate filing"),
    "write filing": pgettext_lazy("act", "write filing"),
}
