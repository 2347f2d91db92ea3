"""What the acts of this part are called in the reader's language; the journal, tokens and JSON have the names."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

ACT_WORDS = {
    "read attestations": pgettext_lazy("act", "read attestations"),
    "keep attestations": pgettext_lazy("act", "keep attestations"),
    "attest": pgettext_lazy("act", "attest"),
    "review attestations": pgettext_lazy("act", "review attestations"),
    "read the board": pgettext_lazy("act", "read the board"),
    "read the organisation": pgettext_lazy("act", "read the organisation"),
    "add an item": pgettext_lazy("act", "add an item"),
    "draft an attestation": pgettext_lazy("act", "draft an attestation"),
    "give an item an owner": pgettext_lazy("act", "give an item an owner"),
    "hand in an attestation": pgettext_lazy("act", "hand in an attestation"),
    "make an item of a lesson": pgettext_lazy("act", "make an item of a lesson"),
    "say which unit is meant": pgettext_lazy("act", "say which unit is meant"),
    "set up attestations": pgettext_lazy("act", "set up attestations"),
    "take evidence off": pgettext_lazy("act", "take evidence off"),
    "take the board's page": pgettext_lazy("act", "take the board's page"),
    "take up the rulebook's items": pgettext_lazy("act", "take up the rulebook's items"),
}
