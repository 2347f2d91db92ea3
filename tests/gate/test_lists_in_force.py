"""Lists come into force, are renewed and returned to without a restart; every decision names the versions it was made by."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gate.gates import COOLING, NOW, known_address, put_in_force, rule_set, transfer
from sekisho.gate import Gate, GateDown
from sekisho.gate.clock import GivenClock
from sekisho.gate.explain import explain
from sekisho.gate.journals import open_journal
from sekisho.gate.list_source import ListSource
from sekisho.gate.snapshot import take_snapshot
from sekisho.intelligence.list_file import read_list_file
from sekisho.intelligence.store import ListStore, Loading
from sekisho.rulebook import load_rulebook

GOOD, BAD = "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "12higDjoCCNXSA95xZMWUdPvXNmkAduhWv"
RULES = rule_set(
    "screening", rules=("transfers/cooling_off", "transfers/sanctioned_destination"), assume=COOLING, regime="PSA-2020"
)


def _load(folder: Path, *addresses: str, day: int) -> None:
    file = folder.parent / "list.csv"
    file.write_text("value,asset\n" + "".join(f"{address},BTC\n" for address in addresses))
    at = NOW + timedelta(days=day)
    loading = Loading(list_id="sanctions", kind="sanctions", source="made up", loaded_by="anna", loaded_at=at)
    ListStore(folder).load(read_list_file(file, "sanctions"), loading)


def test_a_new_version_is_in_force_for_the_next_decision(where: str, tmp_path: Path) -> None:
    lists, clock = tmp_path / "lists", GivenClock(NOW)
    _load(lists, GOOD, day=-9)
    decided = []
    with Gate(where, clock=clock, lists=lists) as gate:
        put_in_force(gate, RULES)
        account = {"account_id": "old", "party_id": "P1", "kind": "customer", "opened_at": "2020-01-01T00:00:00Z"}
        gate.learn("account", [account])
        for address in (GOOD, BAD):
            known_address(gate, address)
        decided.append(gate.submit(transfer("T1", address=BAD)).result())
        _load(lists, GOOD, BAD, day=1)
        clock.at = NOW + timedelta(days=2)
        gate.reload_lists()
        decided.append(gate.submit(transfer("T1", address=BAD), "again").result())
        ListStore(lists).roll_back("sanctions", by="ben", at=NOW + timedelta(days=3))
        clock.at = NOW + timedelta(days=4)
        gate.reload_lists()
        decided.append(gate.submit(transfer("T1", address=BAD), "and again").result())
        decided.append(gate.submit(transfer("T2", address=GOOD)).result())
        digest = gate.digest()
    assert [(one.outcome, dict(one.lists)) for one in decided] == [
        ("allow", {"sanctions": "1"}),
        ("refuse", {"sanctions": "2"}),
        ("allow", {"sanctions": "3"}),
        ("refuse", {"sanctions": "3"}),
    ]
    assert "sanction" not in decided[1].client_text.en.lower()
    with Gate(where, clock=clock, lists=lists) as gate:
        assert gate.digest() == digest
    journal = open_journal(where)
    for snapshots in (None, tmp_path / "snapshots"):
        told = [explain(journal, one.decision_id, load_rulebook(), snapshots, lists) for one in decided]
        assert [one.same for one in told] == [True] * 4, [one.why for one in told]
        if snapshots is None:
            take_snapshot(journal, tmp_path / "snapshots", ListSource(lists))
    assert "give their folder with --lists" in explain(journal, decided[0].decision_id, load_rulebook()).why
    journal.close()
    with pytest.raises(GateDown, match="give their folder with --lists"):
        Gate(where, clock=clock)


def test_a_damaged_list_changes_nothing_and_is_told(where: str, tmp_path: Path) -> None:
    lists, clock = tmp_path / "lists", GivenClock(NOW)
    _load(lists, BAD, day=-9)
    with Gate(where, clock=clock, lists=lists) as gate:
        put_in_force(gate, RULES)
        _load(lists, GOOD, day=0)
        for part in (lists / "list_entry").iterdir():
            part.write_bytes(part.read_bytes()[:-50])
        clock.at = NOW + timedelta(days=1)
        with pytest.raises(GateDown, match="the lists cannot be read"):
            gate.reload_lists()
        decision = gate.submit(transfer("T1", address=BAD)).result()
        assert (decision.outcome, dict(decision.lists)) == ("refuse", {"sanctions": "1"})
    with pytest.raises(GateDown, match="the lists cannot be read"):
        Gate(where, clock=clock, lists=lists)


def test_without_a_list_what_must_be_screened_does_not_go_ahead(where: str) -> None:
    with Gate(where, clock=GivenClock(NOW)) as gate:
        put_in_force(gate, RULES)
        known_address(gate, BAD)
        decision = gate.submit(transfer("T1", address=BAD)).result()
        assert decision.outcome == "hold"
        assert {one.rule: one.sentence for one in decision.applied}["transfers/sanctioned_destination"] is not None
