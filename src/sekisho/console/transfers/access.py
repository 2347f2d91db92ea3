"""What may be done about what the gate holds, and about its rule sets."""

from django.utils.translation import gettext_lazy

from sekisho.console.journal.keeping import client_matter
from sekisho.console.people.roles import READERS, SECOND_LINE

ACCESS = {
    "read held requests": READERS | {"operations"},
    "approve at the gate": SECOND_LINE,
    "refuse at the gate": SECOND_LINE,
    "cancel at the gate": SECOND_LINE,
    "ask a client": SECOND_LINE | {"operations"},
    "propose a release": SECOND_LINE,
    "approve a release": {"supervisor"},
    "read rule sets": READERS | {"operations", "administrator"},
    "propose a rule set": SECOND_LINE,
    "approve a rule set": {"supervisor"},
    "send to the gate again": SECOND_LINE,
}
KEPT = {
    "gateact": client_matter("decided_at", why=gettext_lazy("what was decided about a client's transfer")),
    "clientquestion": client_matter("asked_at", why=gettext_lazy("what was decided about a client's transfer")),
}
