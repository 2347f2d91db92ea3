"""Word lists: the words and patterns of language that lie in text files beside the typologies that read them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files


def lines_of(file: str) -> Iterator[tuple[str, str]]:
    """The lines of a list with the section each stands in (``[name]`` opens one); empty lines and ``#`` comments are left out."""
    section = ""
    for raw in files("sekisho.typologies").joinpath(file).read_text(encoding="utf-8").splitlines():
        line = raw.strip()
        if re.fullmatch(r"\[[a-z_]+\]", line):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            yield section, line


@cache
def patterns_of(file: str) -> Mapping[str, tuple[re.Pattern[str], ...]]:
    """The regular expressions of a list by section, upper and lower case alike. ``<name>`` stands for the pattern of [name]."""
    parts: dict[str, str] = {}
    found: dict[str, list[re.Pattern[str]]] = defaultdict(list)
    for section, line in lines_of(file):
        told = re.sub(r"<([a-z_]+)>", lambda name: parts[name[1]], line)
        parts[section] = f"(?:{told})"
        found[section].append(re.compile(told, re.IGNORECASE))
    return {section: tuple(each) for section, each in found.items()}


@cache
def pattern_of(file: str, section: str) -> re.Pattern[str]:
    """All expressions of one section as one."""
    return re.compile("|".join(f"(?:{each.pattern})" for each in patterns_of(file)[section]), re.IGNORECASE)
