"""Steps against fraud that are the gate's own: it watches and waits, and writes both outcomes down as events of the request."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sekisho.gate.entries import Acted, Spoken
from sekisho.gate.messages import OUTCOMES

if TYPE_CHECKING:
    from sekisho.engine.requests import RequestEvent
    from sekisho.rulebook import Rule

ASKS_FOR_STEPS: Final = "IV.B-2"
"""What the framework asks for of the rule that lets nothing go ahead before every step has an outcome."""
_OF_THE_CLIENT: Final = ("IV.B-3", "IV.B-4")
_WAITING: Final = "IV.B-6"
GATE: Final = "GATE"
"""Who takes these steps, as the events name it."""
_EVENTS: Final = {"monitoring": "monitored", "cooling_off": "waited"}


class OwnSteps(NamedTuple):
    """The gate's own steps under a rule set: which are required, and the rules (by their cards) whose answers are their outcome.

    ``ask`` asks the rules that look for the outcomes; they are asked last, when the outcomes are known.
    """

    ask: Callable[..., list[Any]]
    required: frozenset[str]
    watching: frozenset[int]
    waiting: frozenset[int]
    version: str

    def taken(
        self, about: str, at: datetime, said: Sequence[Spoken], failed: Collection[int], known: Sequence[RequestEvent]
    ) -> tuple[Acted, ...]:
        """The steps that have an outcome now and had none before, as events; ``failed`` are rules that could not be applied.

        It has watched when the rules were asked and none failed, whatever they said: the text is the gravest of it. It has waited
        when no rule on waiting holds the transfer.
        """
        had = {event.kind for event in known}
        return tuple(
            Acted(event_id=f"{about}/{kind}", occurred_at=at, kind=kind, party_id=GATE, version=self.version, text=outcome)
            for kind, outcome in self._outcomes(said, failed)
            if kind not in had
        )

    def _outcomes(self, said: Sequence[Spoken], failed: Collection[int]) -> Iterator[tuple[str, str]]:
        for kind, cards in (("monitored", self.watching), ("waited", self.waiting)):
            outcome = max((one.outcome for one in said if one.card in cards), key=OUTCOMES.index, default="allow")
            if kind in self.required and cards and cards.isdisjoint(failed) and (kind == "monitored" or outcome == "allow"):
                yield kind, outcome


def own_steps(
    rules: Sequence[tuple[int, Rule, Any]], compiled: Callable[[list[tuple[int, Rule, Any]]], Any], version: str
) -> OwnSteps | None:
    """The steps that these rules (card, rule, parameters) ask for; None where they ask for none of the gate's own."""
    asking = [each for each in rules if ASKS_FOR_STEPS in each[1].anchors]
    required = {_EVENTS[step] for _, _, p in asking for step in _words(p.steps) if step in _EVENTS}
    if not required:
        return None
    waiting = {number for number, rule, _ in rules if any(anchor.startswith(_WAITING) for anchor in rule.anchors)}
    others = {number for number, rule, _ in rules if {*_OF_THE_CLIENT, ASKS_FOR_STEPS}.isdisjoint(rule.anchors)}
    return OwnSteps(compiled(asking), frozenset(required), frozenset(others - waiting), frozenset(waiting), version)


def _words(stated: str | Sequence[str]) -> tuple[str, ...]:
    """Steps as the law lists them, or as a user writes them in one line."""
    words = stated.split(",") if isinstance(stated, str) else stated
    return tuple(word.strip() for word in words)
