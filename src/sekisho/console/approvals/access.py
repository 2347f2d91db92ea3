"""Proposals are seen by whoever may make or decide one; each kind says who that is."""

from django.utils.translation import gettext_lazy

from sekisho.console.journal.keeping import firm_matter
from sekisho.console.people.roles import EVERYBODY

ACCESS = {"read proposals": EVERYBODY}
KEPT = {
    "proposal": firm_matter("decided_at", why=gettext_lazy("who decided what; no provision names it, so the longest term")),
}
