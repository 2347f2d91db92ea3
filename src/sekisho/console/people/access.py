"""What may be done about people and their accounts."""

ACCESS = {
    "read accounts": {"administrator", "audit", "auditor", "supervisor"},
    "keep accounts": {"administrator"},
    "grant a role": {"administrator"},
    "approve a role": {"administrator", "supervisor"},
    "declare a conflict": {"operations", "compliance", "supervisor", "investigator", "administrator"},
}
