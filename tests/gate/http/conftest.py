"""The fixtures of the gate's HTTP tests."""

from gate.http.door import door, listed

__all__ = ["door", "listed"]
