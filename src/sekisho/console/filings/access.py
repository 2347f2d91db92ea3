"""What may be done with filings. A report of a suspicious transaction, and that there is one, is for few (APTCP 8(4)).

Readers from outside see what was filed, never a draft, and never a report of a suspicious transaction.
"""

from django.utils.translation import gettext_lazy

from sekisho.console.journal.keeping import firm_matter
from sekisho.console.people.roles import READERS, SECOND_LINE

ACCESS = {
    "read filings": READERS,
    "read drafts of filings": {"compliance", "supervisor", "audit"},
    "read STR": {"compliance", "supervisor", "audit"},
    "write filings": SECOND_LINE,
    "write STR": SECOND_LINE,
    "review filings": SECOND_LINE,
    "review STR": SECOND_LINE,
    "propose a filing": SECOND_LINE,
    "propose an STR": SECOND_LINE,
    "approve a filing": {"supervisor"},
    "approve an STR": {"supervisor"},
}
_REPORTED = gettext_lazy("what was reported; no provision names it, so the longest term")
KEPT = {
    "filing": firm_matter("filed_at", "written_at", why=_REPORTED),
    "version": firm_matter("filing__filed_at", "filing__written_at", why=_REPORTED),
}
