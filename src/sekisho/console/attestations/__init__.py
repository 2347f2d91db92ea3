"""Attestations: what no record can show, vouched for by people, with evidence and an expiry."""
