"""Administration: the entrance, people and their roles, the audit trail."""
