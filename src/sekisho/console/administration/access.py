"""What may be done about the journal and the console itself."""

from django.utils.translation import gettext_lazy

from sekisho.console.journal.keeping import firm_matter

ACCESS = {
    "read journal": {"supervisor", "audit", "auditor", "administrator", "investigator"},
    "check journal": {"supervisor", "audit", "auditor", "administrator"},
    "read retention": {"supervisor", "audit", "auditor", "administrator"},
    "propose a removal": {"supervisor", "administrator"},
    "approve a removal": {"supervisor"},
    "hold records": {"compliance", "supervisor", "audit"},
}
KEPT = {
    "hold": firm_matter("ended_at", why=gettext_lazy("why records were kept; no provision names it, so the longest term")),
}
