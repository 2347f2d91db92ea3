"""Explains a decision: replays it from the journal, compares the bytes, and lays its whole working open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from sekisho.gate.code_hash import BENEATH
from sekisho.gate.deciding import Deciding, judge
from sekisho.gate.entries import DECIDED, Decided, Entry, Planned, decode
from sekisho.gate.follower import Follower
from sekisho.gate.journal import Journal
from sekisho.gate.list_source import ListSource
from sekisho.gate.messages import Decision, GateDown, GateError, GateUnknown, asked_at, encode
from sekisho.gate.plan import compile_plan
from sekisho.gate.rendering import decision_number, decision_of
from sekisho.gate.shadow import compared
from sekisho.gate.snapshot import newest
from sekisho.gate.state import GateView
from sekisho.rulebook import Rulebook
from sekisho.typologies.material_facts import japan_date


@dataclass(frozen=True)
class Explained:
    """A decision, and whether deciding it again from the journal gives the same bytes.

    ``same`` is None where it could not be decided again; ``why`` then says why, and otherwise what differs.
    """

    decision: Decision
    decided: Decided
    entry: Entry
    same: bool | None
    why: str = ""
    differing: tuple[str, ...] = ()

    @property
    def as_json(self) -> dict[str, Any]:
        """Everything, as plain values."""
        return {
            "replay": {"same_bytes": self.same, "why": self.why, "differing": list(self.differing)},
            "entry": {"number": self.entry.number, "check": self.entry.check.hex()},
            "request": msgspec.to_builtins(self.decided.request),
            "asked_at": msgspec.to_builtins(asked_at(self.decided.request)),
            "asked_by": self.decided.asked_by,
            "event": msgspec.to_builtins(self.decided.event),
            "shadow": msgspec.to_builtins(self.decided.shadow),
            "decision": msgspec.to_builtins(self.decision),
        }


def explain(
    journal: Journal, decision_id: str, rulebook: Rulebook, snapshots: Path | None = None, lists: Path | None = None
) -> Explained:
    """Replay the journal up to the decision and decide again; raises GateUnknown for a decision that is not there."""
    number = decision_number(decision_id)
    entry = None if number is None else journal.entry(number)
    if entry is None or entry.kind != DECIDED:
        raise GateUnknown(f"decision {decision_id!r} is not in the journal")
    decided: Decided = decode(entry)
    plan_entry = journal.entry(decided.plan)
    if plan_entry is None:
        raise GateDown(f"entry {decided.plan} of the journal, which lists the rules of {decision_id}, is missing")
    planned: Planned = decode(plan_entry)
    decision = decision_of(entry.number, decided, planned)
    try:
        source = None if lists is None else ListSource(lists)
        follower = newest(snapshots, journal, source, until=entry.number - 1)
        again = _decided_again(follower, journal, entry, decided, planned, rulebook)
    except GateError as error:
        return Explained(decision, decided, entry, None, str(error))
    body = encode(again)
    if body == entry.body:
        return Explained(decision, decided, entry, True)
    why = "deciding again gives other bytes"
    active = follower.life.active
    if active is None or not set(BENEATH) <= active.folders.keys():
        why += "; its rule set was committed before the code beneath the rules was part of it, and that code may be another now"
    return Explained(decision, decided, entry, False, why, _differing(decided, again))


def _decided_again(
    follower: Follower, journal: Journal, entry: Entry, decided: Decided, planned: Planned, rulebook: Rulebook
) -> Decided:
    follower.follow(journal, entry.number - 1)
    state, life = follower.state, follower.life
    active = life.active
    if active is None or active.hash != planned.rule_set:
        raise GateDown("the journal does not have the rule set in force that the decision names")
    plan = compile_plan(active, rulebook, japan_date(decided.decided_at))
    if encode(plan.planned) != encode(planned):
        raise GateDown("the rules of that day, as installed now, have other values or texts than the decision names")
    prior = None if decided.after is None else journal.entry(decided.after)
    deciding = Deciding(
        request=decided.request,
        at=decided.decided_at,
        asked_by=decided.asked_by,
        key=decided.key,
        event=decided.event,
        prior=None if prior is None else (prior.number, decode(prior)),
    )
    view = GateView(state)
    again = judge(deciding, plan, decided.plan, state, view, active)
    shadow = life.shadowed
    if shadow is not None and decided.shadow is not None:
        again = compared(again, deciding, shadow, compile_plan(shadow, rulebook, japan_date(decided.decided_at)), state, view)
    return again


def _differing(one: Decided, other: Decided) -> tuple[str, ...]:
    return tuple(name for name in one.__struct_fields__ if encode(getattr(one, name, None)) != encode(getattr(other, name, None)))
