"""What may be done with filings. A report of a suspicious transaction, and that there is one, is for few (APTCP 8(4)).

Readers from outside see what was filed, never a draft, and never a report of a suspicious transaction.
"""

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
