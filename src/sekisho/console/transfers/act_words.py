"""What the acts of this part are called in the reader's language; the journal, tokens and JSON have the names."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

ACT_WORDS = {
    "read held requests": pgettext_lazy("act", "read held requests"),
    "approve at the gate": pgettext_lazy("act", "approve at the gate"),
    "refuse at the gate": pgettext_lazy("act", "refuse at the gate"),
    "cancel at the gate": pgettext_lazy("act", "cancel at the gate"),
    "ask a client": pgettext_lazy("act", "ask a client"),
    "propose a release": pgettext_lazy("act", "propose a release"),
    "approve a release": pgettext_lazy("act", "approve a release"),
    "read rule sets": pgettext_lazy("act", "read rule sets"),
    "propose a rule set": pgettext_lazy("act", "propose a rule set"),
    "approve a rule set": pgettext_lazy("act", "approve a rule set"),
    "send to the gate again": pgettext_lazy("act", "send to the gate again"),
    "ask the client": pgettext_lazy("act", "ask the client"),
    "the gate answered": pgettext_lazy("act", "the gate answered"),
    "the gate was not reached": pgettext_lazy("act", "the gate was not reached"),
}
