"""What may be done with deadlines; those about reports of suspicious transactions are for who may read STRs."""

from sekisho.console.people.roles import SECOND_LINE

ACCESS = {
    "read deadlines": {"operations", "compliance", "supervisor", "audit", "auditor"},
    "meet deadlines": SECOND_LINE,
    "look for deadlines": SECOND_LINE,
}
