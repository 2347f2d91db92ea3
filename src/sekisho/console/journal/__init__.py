"""The journal: every change field by field, old and new, in a chain of hashes that a third party verifies offline."""
