"""A console for trying can tell the gate for trying what its people decide: each gets a key of his own."""

from __future__ import annotations

from typing import Final

from sekisho.console.people.models import Person
from sekisho.console.people.roles import Role
from sekisho.console.transfers.following import follow
from sekisho.console.transfers.telling import key_file
from sekisho.console.trial import Trial
from sekisho.gate.http.tokens import new_caller

AT_THE_GATE: Final[tuple[Role, ...]] = ("compliance", "supervisor")
"""Roles of the office that are roles at the gate, too."""


def begin(trial: Trial) -> None:
    """Put people on the gate's list of callers, and read what the gate has decided so far."""
    if trial.gate is not None:
        for person in Person.objects.exclude(party_id="").order_by("pk"):
            roles = {grant.role for account in person.accounts.all() for grant in account.grants.all()}
            held = [role for role in AT_THE_GATE if role in roles]
            file = key_file(person.party_id)
            if held and file is not None and not file.exists():
                new_caller(trial.gate / "callers.toml", file, person.party_id, held, trial.at)
    while follow().more:
        pass
