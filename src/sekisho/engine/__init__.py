"""Runs the controls of the rules over records, on one machine or on a cluster."""
