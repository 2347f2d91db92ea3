"""A rule for the matrix of roles, acts and objects."""

from __future__ import annotations

from typing import Any

from console.objects import Made, Wanted


def a_rule(_wanted: Wanted) -> Made:
    """A rule; the rulebook is for everybody."""
    return Made(ids={"path": "unfair_trading/layering"})


MAKERS = {"rulebook/rules/<path:path>/": a_rule}
BODIES: dict[str, dict[str, Any]] = {}
