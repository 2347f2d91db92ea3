"""What may be done about people and their accounts."""

from django.utils.translation import gettext_lazy

from sekisho.console.journal.keeping import always, client_matter, firm_matter, working_paper
from sekisho.console.people.roles import EVERYBODY

ACCESS = {
    "read accounts": {"administrator", "audit", "auditor", "supervisor"},
    "keep accounts": {"administrator"},
    "grant a role": {"administrator"},
    "approve a role": {"administrator", "supervisor"},
    "keep my account": EVERYBODY,
    "declare a conflict": EVERYBODY,
    "read conflicts": {"administrator", "audit", "auditor", "supervisor"},
    "see a party": {"compliance", "supervisor", "audit", "investigator", "operations"},
    "open personal data": {"compliance", "supervisor", "investigator"},
    "read openings": {"supervisor", "audit", "auditor"},
}
KEPT = {
    "person": always(gettext_lazy("the journal's lines are somebody's")),
    "account": always(gettext_lazy("the journal's lines are somebody's")),
    "grant": firm_matter("ends_at", why=gettext_lazy("who was allowed what; no provision names it, so the longest term")),
    "conflict": firm_matter("until", why=gettext_lazy("who was kept out of what; no provision names it, so the longest term")),
    "token": working_paper("ends_at", why=gettext_lazy("who could act for whom; no provision names it, so the shortest term")),
    "opening": client_matter("at", why=gettext_lazy("who looked at a client's data")),
}
