"""What may be done with incidents. What stops clients' business, what is not reported, and closing take two people."""

from django.utils.translation import gettext_lazy

from sekisho.console.journal.keeping import firm_matter
from sekisho.console.people.roles import READERS, SECOND_LINE

ACCESS = {
    "read incidents": READERS | {"operations", "director"},
    "open an incident": SECOND_LINE | {"operations"},
    "work on incidents": SECOND_LINE | {"operations"},
    "propose a containment measure": SECOND_LINE | {"operations"},
    "approve a containment measure": SECOND_LINE,
    "propose not to report": SECOND_LINE,
    "approve not to report": {"supervisor"},
    "propose closing an incident": SECOND_LINE,
    "approve closing an incident": {"supervisor"},
    "share indicators": SECOND_LINE,
}
KEPT = {
    "incident": firm_matter("closed_at"),
    **dict.fromkeys(
        ("entry", "measure", "clock", "check", "lesson", "indicator"),
        firm_matter("incident__closed_at", why=gettext_lazy("part of an incident")),
    ),
    "incidentfile": firm_matter("incident__closed_at", why=gettext_lazy("part of an incident"), file="sha256"),
}
