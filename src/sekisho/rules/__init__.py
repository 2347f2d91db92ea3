"""The law: one folder per rule, by chapter."""
