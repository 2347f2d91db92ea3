"""What the acts of this part are called in the reader's language; the journal, tokens and JSON have the names."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

ACT_WORDS = {
    "read alerts": pgettext_lazy("act", "read alerts"),
    "work on alerts": pgettext_lazy("act", "work on alerts"),
    "propose a disposition": pgettext_lazy("act", "propose a disposition"),
    "approve a disposition": pgettext_lazy("act", "approve a disposition"),
    "take in findings": pgettext_lazy("act", "take in findings"),
    "propose a service level": pgettext_lazy("act", "propose a service level"),
    "approve a service level": pgettext_lazy("act", "approve a service level"),
    "assign alert": pgettext_lazy("act", "assign alert"),
    "assign alerts": pgettext_lazy("act", "assign alerts"),
    "claim alert": pgettext_lazy("act", "claim alert"),
    "claim alerts": pgettext_lazy("act", "claim alerts"),
    "claim the next alert": pgettext_lazy("act", "claim the next alert"),
    "propose dispositions": pgettext_lazy("act", "propose dispositions"),
    "put alert aside": pgettext_lazy("act", "put alert aside"),
    "put alerts aside": pgettext_lazy("act", "put alerts aside"),
    "release alert": pgettext_lazy("act", "release alert"),
    "release alerts": pgettext_lazy("act", "release alerts"),
    "remind": pgettext_lazy("act", "remind"),
    "remove a view": pgettext_lazy("act", "remove a view"),
    "revoke a remembered false positive": pgettext_lazy("act", "revoke a remembered false positive"),
    "save a view": pgettext_lazy("act", "save a view"),
    "see reminders": pgettext_lazy("act", "see reminders"),
    "take alert up again": pgettext_lazy("act", "take alert up again"),
    "time put aside is over": pgettext_lazy("act", "time put aside is over"),
}
