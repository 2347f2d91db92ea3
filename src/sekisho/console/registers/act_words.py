"""What the acts of this part are called in the reader's language; the journal, tokens and JSON have the names."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

ACT_WORDS = {
    "see facts one knows": pgettext_lazy("act", "see facts one knows"),
    "read all facts": pgettext_lazy("act", "read all facts"),
    "keep facts": pgettext_lazy("act", "keep facts"),
    "approve what frees an asset": pgettext_lazy("act", "approve what frees an asset"),
    "read the restricted list": pgettext_lazy("act", "read the restricted list"),
    "keep the watch list": pgettext_lazy("act", "keep the watch list"),
    "ask for clearance": pgettext_lazy("act", "ask for clearance"),
    "decide clearances": pgettext_lazy("act", "decide clearances"),
    "read staff trades": pgettext_lazy("act", "read staff trades"),
    "compare staff trades": pgettext_lazy("act", "compare staff trades"),
    "set the firm's values": pgettext_lazy("act", "set the firm's values"),
    "approve the firm's values": pgettext_lazy("act", "approve the firm's values"),
    "read registers": pgettext_lazy("act", "read registers"),
    "read confidential registers": pgettext_lazy("act", "read confidential registers"),
    "keep registers": pgettext_lazy("act", "keep registers"),
    "approve registers": pgettext_lazy("act", "approve registers"),
    "tell the gate": pgettext_lazy("act", "tell the gate"),
    "acknowledge a reminder": pgettext_lazy("act", "acknowledge a reminder"),
    "change register": pgettext_lazy("act", "change register"),
    "clear a staff trade": pgettext_lazy("act", "clear a staff trade"),
    "correct an insider list": pgettext_lazy("act", "correct an insider list"),
    "export a register": pgettext_lazy("act", "export a register"),
    "export registers": pgettext_lazy("act", "export registers"),
    "look for gaps": pgettext_lazy("act", "look for gaps"),
    "note a publication": pgettext_lazy("act", "note a publication"),
    "open a fact": pgettext_lazy("act", "open a fact"),
    "put on an insider list": pgettext_lazy("act", "put on an insider list"),
    "record a fact": pgettext_lazy("act", "record a fact"),
    "refuse a staff trade": pgettext_lazy("act", "refuse a staff trade"),
    "remind insiders": pgettext_lazy("act", "remind insiders"),
    "stop watching an asset": pgettext_lazy("act", "stop watching an asset"),
    "take in registers": pgettext_lazy("act", "take in registers"),
    "watch an asset": pgettext_lazy("act", "watch an asset"),
    "withdraw a question for clearance": pgettext_lazy("act", "withdraw a question for clearance"),
}
