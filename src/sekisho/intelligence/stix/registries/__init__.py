"""Names that IANA and ISO keep, as far as STIX 2.1 asks for them."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files


@lru_cache
def names(registry: str) -> frozenset[str]:
    """The names of a registry: media_types, service_names, ipfix_elements, countries, charsets."""
    text = files(__package__).joinpath(f"{registry}.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
