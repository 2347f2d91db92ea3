"""What may be done with cases."""

from django.utils.translation import gettext_lazy

from sekisho.console.journal.keeping import client_matter
from sekisho.console.people.roles import READERS, SECOND_LINE

ACCESS = {
    "read cases": READERS,
    "open a case": SECOND_LINE,
    "work on cases": SECOND_LINE,
    "propose closing a case": SECOND_LINE,
    "approve closing a case": SECOND_LINE,
    "take evidence out": READERS,
    "make a bundle of a case": SECOND_LINE | {"audit"},
}
KEPT = {
    "case": client_matter("closed_at", why=gettext_lazy("an inquiry into a client's transactions")),
    "casealert": client_matter("case__closed_at", why=gettext_lazy("part of a case")),
    "caseparty": client_matter("case__closed_at", why=gettext_lazy("part of a case")),
    "caselink": client_matter("case__closed_at", why=gettext_lazy("part of a case")),
    "note": client_matter("case__closed_at", why=gettext_lazy("part of a case")),
    "aside": client_matter("case__closed_at", why=gettext_lazy("part of a case")),
    "evidence": client_matter("case__closed_at", why=gettext_lazy("part of a case"), file="sha256"),
    "handled": client_matter("evidence__case__closed_at", why=gettext_lazy("part of a case")),
    "bundle": client_matter("case__closed_at", why=gettext_lazy("part of a case"), file="sha256"),
}
