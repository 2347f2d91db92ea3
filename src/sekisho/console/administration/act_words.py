"""What the acts of this part are called in the reader's language; the journal, tokens and JSON have the names."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

ACT_WORDS = {
    "read journal": pgettext_lazy("act", "read journal"),
    "check journal": pgettext_lazy("act", "check journal"),
    "read retention": pgettext_lazy("act", "read retention"),
    "propose a removal": pgettext_lazy("act", "propose a removal"),
    "approve a removal": pgettext_lazy("act", "approve a removal"),
    "hold records": pgettext_lazy("act", "hold records"),
    "change the password": pgettext_lazy("act", "change the password"),
    "check a password": pgettext_lazy("act", "check a password"),
    "check the journal": pgettext_lazy("act", "check the journal"),
    "close an account": pgettext_lazy("act", "close an account"),
    "end a role": pgettext_lazy("act", "end a role"),
    "end sessions": pgettext_lazy("act", "end sessions"),
    "make recovery codes": pgettext_lazy("act", "make recovery codes"),
    "pass the second factor": pgettext_lazy("act", "pass the second factor"),
    "refuse a sign-in": pgettext_lazy("act", "refuse a sign-in"),
    "remove records": pgettext_lazy("act", "remove records"),
    "reset a second factor": pgettext_lazy("act", "reset a second factor"),
    "set a new password": pgettext_lazy("act", "set a new password"),
    "set up people": pgettext_lazy("act", "set up people"),
    "sign in": pgettext_lazy("act", "sign in"),
}
