"""What may be done with alerts."""

from django.utils.translation import gettext_lazy

from sekisho.console.journal.keeping import always, client_matter, working_paper
from sekisho.console.people.roles import READERS, SECOND_LINE

ACCESS = {
    "read alerts": READERS,
    "work on alerts": SECOND_LINE,
    "propose a disposition": SECOND_LINE,
    "approve a disposition": SECOND_LINE,
    "take in findings": {"compliance", "supervisor", "administrator"},
    "propose a service level": SECOND_LINE,
    "approve a service level": {"supervisor"},
}
KEPT = {
    "alert": client_matter("closed_at", why=gettext_lazy("what was found about a client's transactions")),
    "intake": client_matter("at", why=gettext_lazy("what was found about a client's transactions")),
    "memory": client_matter("revoked_at", "expires_at", why=gettext_lazy("what was found about a client's transactions")),
    "servicelevel": always(gettext_lazy("what holds from a day on until the next")),
    "savedview": always(gettext_lazy("its owner removes it")),
    "reminder": working_paper("made_at"),
}
