"""Explaining a decision is deciding it again: the same bytes, or a clear word on what differs."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from gate.gates import NOW, known_address, open_gate, order, put_in_force, rule_set, transfer
from sekisho.gate import GateDown, GateUnknown, RequestEventIn
from sekisho.gate.entries import FIRST_CHECK, next_entry
from sekisho.gate.explain import explain
from sekisho.gate.journals import open_journal
from sekisho.gate.snapshot import take_snapshot
from sekisho.rulebook import load_rulebook

RULEBOOK = load_rulebook()


def _told(where: str) -> list[str]:
    """Decisions of every kind: first, again, after events, under another set, of an order."""
    gate, clock = open_gate(where)
    with gate:
        known_address(gate)
        decided = gate.decide([transfer("T1"), transfer("T2", address="bc1new"), transfer("T3", account_id="nobody"), order()])
        clock.at = NOW + timedelta(hours=3)
        decided.append(gate.tell("T3", RequestEventIn(kind="approved", party_id="emil")))
        decided.append(gate.tell("T2", RequestEventIn(kind="cancelled", party_id="P1", text="mistake")))
        put_in_force(gate, rule_set("second", assume=()))
        gate.rule("draft", rule_set("third"), "anna")
        gate.rule("shadow", "third", "anna")
        clock.at = NOW + timedelta(days=2)
        decided.append(gate.submit(transfer("T1"), "again").result())
    return [one.decision_id for one in decided]


def test_every_decision_is_decided_again_to_the_same_bytes(where: str, tmp_path: Path) -> None:
    decisions = _told(where)
    journal = open_journal(where)
    first = [explain(journal, each, RULEBOOK) for each in decisions]
    assert [one.same for one in first] == [True] * len(decisions), [one.why for one in first]
    take_snapshot(journal, tmp_path / "snapshots")
    assert [explain(journal, each, RULEBOOK, tmp_path / "snapshots").as_json for each in decisions] == [
        one.as_json for one in first
    ]
    with pytest.raises(GateUnknown):
        explain(journal, "D1", RULEBOOK)
    journal.close()


def test_a_decision_that_was_changed_shows(tmp_path: Path) -> None:
    """Somebody who rewrites a decision and every check after it is still found out by deciding it again."""
    where = str(tmp_path / "gate.sqlite")
    decisions = _told(where)
    number = int(decisions[1][1:])
    with sqlite3.connect(where) as db:
        check = FIRST_CHECK
        for row in db.execute("SELECT number, kind, request_id, body FROM entry ORDER BY number").fetchall():
            body = row[3]
            if row[0] == number:
                told = msgspec.json.decode(body)
                body = msgspec.json.encode({**told, "outcome": "allow", "case": False})
            entry = next_entry(row[0], check, row[1], row[2], body)
            check = entry.check
            db.execute("UPDATE entry SET body = ?, checked = ? WHERE number = ?", (body, check, row[0]))
    journal = open_journal(where)
    explained = explain(journal, decisions[1], RULEBOOK)
    assert explained.same is False
    assert "outcome" in explained.differing
    journal.close()


def test_other_rules_than_those_of_the_decision_are_named(tmp_path: Path) -> None:
    where = str(tmp_path / "gate.sqlite")
    decisions = _told(where)
    rule = RULEBOOK["transfers/cooling_off"]
    changed = load_rulebook.__wrapped__()
    object.__setattr__(changed.rules[rule.path], "hash", "f" * 64)
    journal = open_journal(where)
    explained = explain(journal, decisions[0], changed)
    assert explained.same is None
    assert "transfers/cooling_off" in explained.why
    journal.close()


def test_a_broken_chain_stops_the_replay(tmp_path: Path) -> None:
    where = str(tmp_path / "gate.sqlite")
    decisions = _told(where)
    with sqlite3.connect(where) as db:
        swap = "UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), 'bc1known', 'bc1other') AS BLOB) WHERE number = ?"
        db.execute(swap, (int(decisions[0][1:]),))
    journal = open_journal(where)
    explained = explain(journal, decisions[-1], RULEBOOK)
    assert explained.same is None
    assert "does not follow from the one before" in explained.why
    journal.close()
    with pytest.raises(GateDown, match="restore the journal"):
        open_gate(where)
