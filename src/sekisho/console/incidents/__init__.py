"""Incidents, from detection through containment and report clocks to lessons."""
