"""Watching and waiting are steps of the gate's own: their outcome is written with the decision, and nobody need tell it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gate.gates import COOLING, NOW, known_address, open_gate, put_in_force, rule_set, transfer
from sekisho.gate import Gate, RequestEventIn
from sekisho.gate.entries import DECIDED, decode
from sekisho.gate.explain import explain
from sekisho.gate.journals import open_journal
from sekisho.rulebook import load_rulebook

STEPS = rule_set(
    "steps",
    rules=("transfers/cooling_off", "transfers/anti_fraud_steps", "transfers/malformed_address"),
    assume=(*COOLING, "transfers/anti_fraud_steps.steps=warning,purpose,monitoring,cooling_off"),
)
KNOWN = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"


def _opened(file: Path) -> tuple[Gate, object]:
    gate, clock = open_gate(str(file))
    put_in_force(gate, STEPS)
    known_address(gate, KNOWN)
    return gate, clock


def _missing(decision: object) -> list[str]:
    said = [one for one in decision.applied if one.rule == "transfers/anti_fraud_steps"]  # type: ignore[attr-defined]
    return list(said[0].facts.get("missing", ()))


def _acknowledged(gate: Gate, request_id: str) -> object:
    return gate.tell(request_id, RequestEventIn(kind="warning_acknowledged", party_id="P1", version="general:1"))


def test_only_the_steps_of_the_client_are_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "gate.sqlite"
    gate, _clock = _opened(file)
    with gate:
        held = gate.submit(transfer(address=KNOWN, purpose="own wallet")).result()
        assert (held.outcome, _missing(held)) == ("hold", ["warning"])
        allowed = _acknowledged(gate, "T1")
        assert allowed.outcome == "allow"  # type: ignore[attr-defined]
        steps = [decode(entry).steps for entry in gate._journal.of_request("T1") if entry.kind == DECIDED]
        assert [[(one.kind, one.party_id, one.text) for one in each] for each in steps] == [
            [("monitored", "GATE", "allow"), ("waited", "GATE", "allow")],
            [],
        ]
        assert {one.version for one in steps[0]} == {gate.life.in_force[-1]}
        before = gate.digest()
    with Gate(str(file)) as again:
        assert again.digest() == before
    journal = open_journal(file)
    for decision in (held, allowed):
        assert explain(journal, decision.decision_id, load_rulebook()).same  # type: ignore[attr-defined]
    journal.close()


def test_what_still_cools_off_has_not_waited(tmp_path: Path) -> None:
    gate, clock = _opened(tmp_path / "gate.sqlite")
    with gate:
        other = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
        held = gate.submit(transfer(address=other, purpose="own wallet")).result()
        assert _missing(held) == ["warning", "cooling_off"]
        _acknowledged(gate, "T1")
        clock.at = NOW + timedelta(days=1)  # type: ignore[attr-defined]
        assert gate.submit(transfer(address=other, purpose="own wallet"), "later").result().outcome == "allow"


def test_a_transfer_that_monitoring_refuses_was_watched_all_the_same(tmp_path: Path) -> None:
    gate, _clock = _opened(tmp_path / "gate.sqlite")
    with gate:
        refused = gate.submit(transfer(address="nowhere", purpose="own wallet")).result()
        assert refused.outcome == "refuse"
        assert "monitoring" not in _missing(refused)
