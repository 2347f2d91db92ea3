"""Worked examples as they stand in a rule's ``cases.yaml``: read by people in the documentation and in the office, run as tests."""

from __future__ import annotations

from typing import NamedTuple

from sekisho.rulebook.rule import Rule


class Worked(NamedTuple):
    """One worked example: what it shows, and its text."""

    name: str
    text: str


def worked_examples(rule: Rule) -> tuple[Worked, ...]:
    """The examples of a rule in their order, each as its author wrote it; none where the rule has no cases."""
    file = rule.folder / "cases.yaml"
    if not file.exists():
        return ()
    parts = [part.partition("\n") for part in ("\n" + file.read_text(encoding="utf-8")).split("\n- name: ")[1:]]
    return tuple(Worked(name.strip().strip("\"'"), body.rstrip()) for name, _newline, body in parts)
