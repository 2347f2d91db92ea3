"""What the acts of this part are called in the reader's language; the journal, tokens and JSON have the names."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

ACT_WORDS = {
    "read incidents": pgettext_lazy("act", "read incidents"),
    "open an incident": pgettext_lazy("act", "open an incident"),
    "work on incidents": pgettext_lazy("act", "work on incidents"),
    "propose a containment measure": pgettext_lazy("act", "propose a containment measure"),
    "approve a containment measure": pgettext_lazy("act", "approve a containment measure"),
    "propose not to report": pgettext_lazy("act", "propose not to report"),
    "approve not to report": pgettext_lazy("act", "approve not to report"),
    "propose closing an incident": pgettext_lazy("act", "propose closing an incident"),
    "approve closing an incident": pgettext_lazy("act", "approve closing an incident"),
    "share indicators": pgettext_lazy("act", "share indicators"),
    "add a lesson": pgettext_lazy("act", "add a lesson"),
    "add a recovery check": pgettext_lazy("act", "add a recovery check"),
    "add a report": pgettext_lazy("act", "add a report"),
    "add an indicator": pgettext_lazy("act", "add an indicator"),
    "amend an incident": pgettext_lazy("act", "amend an incident"),
    "carry out a measure": pgettext_lazy("act", "carry out a measure"),
    "declare an incident contained or recovered": pgettext_lazy("act", "declare an incident contained or recovered"),
    "do what was learned": pgettext_lazy("act", "do what was learned"),
    "drop a measure": pgettext_lazy("act", "drop a measure"),
    "find the cause": pgettext_lazy("act", "find the cause"),
    "keep a file": pgettext_lazy("act", "keep a file"),
    "lift a measure": pgettext_lazy("act", "lift a measure"),
    "make a recovery check": pgettext_lazy("act", "make a recovery check"),
    "plan a measure": pgettext_lazy("act", "plan a measure"),
    "propose opening an incident again": pgettext_lazy("act", "propose opening an incident again"),
    "report sent": pgettext_lazy("act", "report sent"),
    "set a term": pgettext_lazy("act", "set a term"),
    "take an incident report": pgettext_lazy("act", "take an incident report"),
    "write down that there is no lesson": pgettext_lazy("act", "write down that there is no lesson"),
    "write into the log": pgettext_lazy("act", "write into the log"),
}
