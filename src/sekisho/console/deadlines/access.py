"""What may be done with deadlines; those about reports of suspicious transactions are for who may read STRs."""

from django.utils.translation import gettext_lazy

from sekisho.console.journal.keeping import always, firm_matter
from sekisho.console.people.roles import SECOND_LINE

ACCESS = {
    "read deadlines": {"operations", "compliance", "supervisor", "audit", "auditor", "director"},
    "meet deadlines": SECOND_LINE,
    "look for deadlines": SECOND_LINE,
}
KEPT = {
    "obligation": firm_matter("due_on"),
    "look": always(gettext_lazy("one row, written anew at each look")),
}
