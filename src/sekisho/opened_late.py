"""Commands that are opened when they are asked for: a command starts without waiting for what only others need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, ClassVar, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

ELSEWHERE: Final[Mapping[str, str]] = {
    "rules": "sekisho.rulebook.commands:app",
    "records": "sekisho.records.commands:app",
    "liabilities": "sekisho.liabilities.commands:app",
    "reserve": "sekisho.reserve.commands:app",
    "lists": "sekisho.intelligence.list_commands:app",
    "intelligence": "sekisho.intelligence.commands:app",
    "wind-down": "sekisho.wind_down.commands:app",
    "address": "sekisho.typologies.addresses.commands:app",
    "travel-rule": "sekisho.travel_rule.commands:app",
    "gate": "sekisho.gate.commands:app",
    "names": "sekisho.intelligence.names.command:app",
    "operators": "sekisho.intelligence.operators.command:app",
    "office": "sekisho.console.commands:app",
    "caller": "sekisho.gate.http.commands:callers_app",
    "explain": "sekisho.gate.explain_command:explain_command",
    "simulate": "sekisho.simulation.commands:simulate",
    "calibrate": "sekisho.findings.commands:calibrate_command",
    "gate-cost": "sekisho.findings.gate_cost_command:gate_cost",
    "watch": "sekisho.watch.commands:watch_command",
    "penalty": "sekisho.cases.penalty_command:penalty_command",
    "evidence": "sekisho.cases.evidence_command:evidence_command",
    "custody": "sekisho.custody.command:custody_command",
    "outflow": "sekisho.custody.outflow_command:outflow_command",
    "access-log": "sekisho.gate.http.commands:access_log_command",
}
"""Each command and where it is: a function, or a group of commands of its own."""


class OpenedLate(TyperGroup):
    """A group whose commands beside its own are those of ``ELSEWHERE``, and of ``MADE``: made by a function when asked for."""

    MADE: ClassVar[dict[str, Callable[[], Callable[..., Any]]]] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        """Its own first, then the others."""
        return [*super().list_commands(ctx), *ELSEWHERE, *self.MADE]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, its module read now."""
        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in {*ELSEWHERE, *self.MADE}:
            return own
        command = _command(self.MADE[cmd_name]() if cmd_name in self.MADE else _at(ELSEWHERE[cmd_name]))
        command.name = cmd_name
        self.add_command(command)
        return command


def _at(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def _command(found: Any) -> Any:
    if isinstance(found, typer.Typer):
        return get_group(found)
    alone = typer.Typer(context_settings={"help_option_names": ["-h", "--help"]}, add_completion=False)
    alone.command()(found)
    return get_command(alone)
