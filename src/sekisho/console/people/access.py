"""What may be done about people and their accounts."""

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
