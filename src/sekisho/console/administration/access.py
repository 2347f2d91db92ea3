"""What may be done about the journal and the console itself."""

ACCESS = {
    "read journal": {"supervisor", "audit", "auditor", "administrator", "investigator"},
    "check journal": {"supervisor", "audit", "auditor", "administrator"},
    "read retention": {"supervisor", "audit", "auditor", "administrator"},
    "propose a removal": {"supervisor", "administrator"},
    "approve a removal": {"supervisor"},
    "hold records": {"compliance", "supervisor", "audit"},
}
