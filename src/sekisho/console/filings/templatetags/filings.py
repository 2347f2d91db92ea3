"""The steps of a filing, as its page shows them."""

from __future__ import annotations

from typing import Any

from django import template

from sekisho.console.filings.models import STATES

register = template.Library()


@register.filter
def steps(names: str, state: str) -> list[dict[str, Any]]:
    """The steps up to the state: which are done, which is now. What left the straight way is a step of its own at the end."""
    way, said = names.split(), dict(STATES)
    if state not in way:
        way = [*(way[: way.index("accepted")] if state in ("rejected", "amended") else ["draft"]), state]
    at = way.index(state)
    return [{"said": said[name], "class": "done" if n < at else "now" if n == at else "next"} for n, name in enumerate(way)]
