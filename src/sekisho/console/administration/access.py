"""What may be done about the journal and the console itself."""

ACCESS = {
    "read journal": {"supervisor", "audit", "auditor", "administrator", "investigator"},
}
