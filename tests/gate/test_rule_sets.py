"""A rule set is drafted, tried in shadow, committed, activated by a second person, and taken back in one step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gate.gates import COOLING, known_address, open_gate, put_in_force, rule_set, transfer
from sekisho.cli import app
from sekisho.gate import Gate, GateConflict, GateDown, GateError, GateUnknown
from sekisho.rulebook import RulebookError

NONE_WAITS = tuple(text.partition("=")[0] + "=0" for text in COOLING)


def test_a_second_person_activates(where: str) -> None:
    with Gate(where) as gate:
        gate.rule("draft", rule_set(), "anna")
        with pytest.raises(GateConflict, match="is a draft; commit it"):
            gate.rule("activate", "first", "ben")
        gate.rule("commit", "first", "carl")
        for author in ("anna", "carl"):
            with pytest.raises(GateConflict, match="a second person activates it"):
                gate.rule("activate", "first", author)
        with pytest.raises(GateConflict, match="somebody must answer"):
            gate.rule("activate", "first", "")
        gate.rule("activate", "first", "ben")
        with pytest.raises(GateConflict, match="in force already"):
            gate.rule("activate", "first", "dora")


def test_a_step_that_cannot_be_taken_leaves_the_gate_as_it_was(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        known_address(gate)
        put_in_force(gate, rule_set("second", note="in force"))
        before = gate.number
        with pytest.raises(GateConflict, match="is a draft; commit it"):
            gate.rule("activate", rule_set("never drafted"), "ben")
        for step in ("roll_back", "unshadow"):
            if step == "unshadow":
                gate.rule("shadow", "first", "anna")
                before = gate.number
            with pytest.raises(GateConflict, match="brings another set"):
                gate.rule(step, rule_set("slipped in", assume=NONE_WAITS), "ben")
        assert (gate.down, gate.number) == (None, before)
        assert gate.decide([transfer("T1", address="bc1new")])[0].outcome == "hold"


def test_a_set_may_be_drafted_again_by_its_name(where: str) -> None:
    with Gate(where) as gate:
        first = gate.rule("draft", rule_set(), "anna")
        assert gate.rule("draft", "first", "carl").rule_set == first.rule_set
    with Gate(where) as gate:
        gate.rule("commit", "first", "dora")
        for author in ("anna", "carl", "dora"):
            with pytest.raises(GateConflict, match="a second person activates it"):
                gate.rule("activate", "first", author)
        gate.rule("activate", "first", "ben")


def test_what_is_committed_never_changes(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        active = gate.life.active
        assert active is not None
        assert active.folders["transfers/cooling_off"] == gate._rulebook["transfers/cooling_off"].hash
        with pytest.raises(GateConflict, match="committed already"):
            gate.rule("commit", active.hash, "anna")
        again = gate.rule("draft", rule_set(note="another"), "anna")
        assert gate.rule("commit", "first", "anna").rule_set not in (active.hash, again.rule_set)


def test_rolling_back_is_one_step(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        known_address(gate)
        first = gate.life.in_force[-1]
        with pytest.raises(GateConflict, match="nothing to go back"):
            gate.rule("roll_back", "", "anna")
        put_in_force(gate, rule_set("second", assume=NONE_WAITS))
        assert gate.decide([transfer("T1", address="bc1new")])[0].outcome == "allow"
        gate.rule("roll_back", "", "anna", why="too many passed")
        decision = gate.decide([transfer("T2", address="bc1other")])[0]
        assert (decision.outcome, decision.rule_set) == ("hold", first)
    gate, _ = open_gate(where)
    with gate:
        assert gate.life.in_force == [first]
        assert [step.step for step in gate.life.history][-1] == "roll_back"


def test_a_shadow_has_no_effect_and_its_differences_are_kept(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        known_address(gate)
        gate.rule("draft", rule_set("lenient", assume=NONE_WAITS), "anna")
        gate.rule("shadow", "lenient", "anna")
        held, passed = gate.decide([transfer("T1", address="bc1new"), transfer("T2")])
        assert (held.outcome, passed.outcome) == ("hold", "allow")
        assert len(gate._known.state.memory.transfers("old", gate._known.decided_at)) == 2
        shadows = [entry[1].shadow for entry in gate.entries() if isinstance(entry, tuple)]
        assert [None if one is None else (one.outcome, one.rules) for one in shadows] == [
            ("allow", ("transfers/cooling_off#new_address",)),
            None,
        ]
        gate.rule("unshadow", "", "anna")
        gate.decide([transfer("T3", address="bc1newer")])
        assert [entry[1].shadow for entry in gate.entries() if isinstance(entry, tuple)][-1] is None


@pytest.mark.parametrize("other", ["transfers/cooling_off", "engine", "typologies"])
def test_other_rules_or_code_than_committed_close_the_gate(where: str, other: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        active = gate.life.active
        assert active is not None
        stale = rule_set("stale", folders={**active.folders, other: "0" * 64})
        gate._known.life.contents[active.hash] = stale
        gate._plans.clear()
        with pytest.raises(GateDown, match=rf"committed with other rules or other code.*: {other};"):
            gate.decide([transfer()])


def test_a_set_of_before_says_nothing_of_the_code_beneath(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        active = gate.life.active
        assert active is not None
        old = rule_set("old", folders={path: folder for path, folder in active.folders.items() if "/" in path})
        gate._known.life.contents[active.hash] = old
        gate._plans.clear()
        assert gate.decide([transfer()])[0].outcome == "hold"


def test_what_does_not_fit_the_rulebook_is_refused(where: str) -> None:
    with Gate(where) as gate:
        for wrong, words in (
            (rule_set(regime="NOWHERE"), "regime 'NOWHERE' is not known"),
            (rule_set(rules=("nothing/*",)), "no rule matches"),
            (rule_set(assume=("transfers/cooling_off.weeks=1",)), "no parameter 'weeks'"),
            (rule_set(undetermined={"*": "ignore"}), "choose hold, refuse or list"),
            (rule_set(release_needs=0), "at least one person"),
            (rule_set(rules=("capital/minimum",)), "none of its rules answers before the event"),
        ):
            with pytest.raises((GateError, RulebookError), match=words):
                gate.rule("draft", wrong, "anna")
        with pytest.raises(GateUnknown):
            gate.rule("commit", "nothing", "anna")
        assert (gate.number, gate.down) == (0, None)


def test_the_commands_tell_the_whole_life(tmp_path: Path) -> None:
    journal = str(tmp_path / "gate.sqlite")

    def run(*words: str, status: int = 0) -> str:
        done = CliRunner().invoke(app, [*words, "--journal", journal])
        assert done.exit_code == status, (words, done.output, done.exception)
        return done.stdout

    draft = ["--regime", "FIEA-ACT64", "--rules", "transfers/cooling_off", "--by", "anna"]
    run("gate", "rules", "draft", "first", *draft, "--assume", "transfers/cooling_off.days=7")
    run("gate", "rules", "commit", "first", "--by", "anna")
    run("gate", "rules", "activate", "first", "--by", "ben", "--why", "board of 2 November")
    run("gate", "rules", "draft", "second", *draft, "--assume", "transfers/cooling_off.days=0")
    run("gate", "rules", "shadow", "second", "--by", "anna")
    lines = tmp_path / "requests.jsonl"
    row = {"account_id": "A1", "direction": "in", "asset": "BTC", "quantity": "1", "value_jpy": "1", "address": "bc1"}
    asked = [{"transfer": {**row, "transfer_id": f"T{n}", "requested_at": "2026-11-02T00:00:00Z"}} for n in range(3)]
    asked[1]["transfer"]["direction"] = "out"
    lines.write_text("\n".join(json.dumps(each) for each in asked))
    decided = [json.loads(line) for line in run("gate", "decide", str(lines), "--json").splitlines()]
    assert [one["outcome"] for one in decided] == ["allow", "hold", "allow"]
    told = json.loads(run("gate", "rules", "diff", "--json"))
    assert (told["decisions"], told["differing"]) == (3, 1)
    assert told["outcomes"] == [
        {
            "in_force": "hold",
            "shadow": "hold",
            "decisions": 1,
            "examples": [{"decision_id": decided[1]["decision_id"], "request_id": "T1"}],
        }
    ]
    assert told["reasons"] == {"transfers/cooling_off#new_address": 1}
    assert "assume transfers/cooling_off.days: 7 → 0" in run("gate", "rules", "diff", "first", "second")
    shown = json.loads(run("gate", "rules", "show", "--json"))
    assert [step["step"] for step in shown["steps"]] == ["draft", "commit", "activate", "draft", "shadow"]
    assert json.loads(run("gate", "rules", "show", "first"))["assume"] == ["transfers/cooling_off.days=7"]
    explained = json.loads(run("explain", decided[1]["decision_id"], "--json"))
    assert explained["replay"]["same_bytes"] is True
    assert explained["shadow"]["rules"] == ["transfers/cooling_off#new_address"]
    assert explained["decision"]["applied"][0]["rule"] == "transfers/cooling_off"
    assert "同一のバイト列" in run("explain", decided[1]["decision_id"], "--lang", "ja")
    assert decided[1]["case_id"] in run("gate", "cases")
    assert json.loads(run("gate", "cases", decided[1]["case_id"], "--json"))["request_id"] == "T1"
    run("gate", "rules", "shadow", "--stop", "--by", "anna")
    run("gate", "rules", "rollback", "--by", "anna", status=1)
