"""Findings: what was found, with its proof, and the files an inspection leaves behind."""
