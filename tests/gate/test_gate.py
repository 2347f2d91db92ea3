"""What the gate promises of one decision: right, durable, the same for the same key, and decided anew only when asked."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from gate.gates import NOW, known_address, open_gate, order, put_in_force, rule_set, transfer
from sekisho.gate import Gate, GateConflict, GateDown, GateError, GateUnknown, RequestEventIn
from sekisho.gate.messages import answer, encode
from sekisho.gate.own_words import CLIENT


def test_a_known_address_passes_and_a_new_one_waits(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        known_address(gate)
        passed, held = gate.decide([transfer("T1"), transfer("T2", address="bc1new")])
    assert (passed.outcome, passed.releases, passed.case_id) == ("allow", (), None)
    assert held.outcome == "hold"
    assert held.releases_at == NOW + timedelta(days=1)
    assert [(one.kind, one.at, one.rules) for one in held.releases] == [("time", held.releases_at, ("transfers/cooling_off",))]
    [reason] = held.applied
    assert (reason.rule, reason.sentence, reason.outcome) == ("transfers/cooling_off", "new_address", "hold")
    assert reason.text is not None
    assert "bc1new" in reason.text.en
    assert "bc1new" in reason.text.ja
    assert reason.parameters["days_new_address"].value == 1
    assert reason.parameters["days_new_address"].assumed


def test_the_client_learns_the_time_and_nothing_else(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        timed, unknown = gate.decide([transfer("T1"), transfer("T2", account_id="nobody")])
    assert timed.client_text.en.startswith(CLIENT["hold"].en)
    assert "2026-11-03 12:00 (Japan time)" in timed.client_text.en
    for said in (timed, unknown):
        for word in ("bc1", "suspic", "cooling", "疑", "熟慮"):
            assert word not in said.client_text.en + said.client_text.ja
    assert unknown.client_text == CLIENT["hold"]


def test_a_hold_ends_by_itself_when_it_is_asked_again(where: str) -> None:
    gate, clock = open_gate(where)
    with gate:
        [held] = gate.decide([transfer("T1")], ["k1"])
        clock.at = NOW + timedelta(days=1) - timedelta.resolution
        assert gate.submit(transfer("T1"), "k2").result().outcome == "hold"
        clock.at = NOW + timedelta(days=1)
        again = gate.submit(transfer("T1"), "k3").result()
        assert (again.outcome, again.after) == ("allow", gate.history("T1")[1].decision_id)
        assert gate.submit(transfer("T1"), "k1").result() == held
        assert [each.outcome for each in gate.history("T1")] == ["hold", "hold", "allow"]


def test_the_same_key_gives_the_same_bytes(where: str) -> None:
    gate, clock = open_gate(where)
    with gate:
        first = encode(gate.submit(transfer("T1"), "key").result())
        clock.at = NOW + timedelta(hours=1)
        assert encode(gate.submit(transfer("T1"), "key").result()) == first
        assert encode(gate.submit(transfer("T1")).result()) == first
        with pytest.raises(GateConflict, match="key 'key' was asked before with another body"):
            gate.submit(transfer("T1", quantity=Decimal(2)), "key").result()
        with pytest.raises(GateConflict, match="request 'T1' was asked before with another body"):
            gate.submit(transfer("T1", quantity=Decimal(2)), "other").result()
        assert len(gate.history("T1")) == 1
    gate, _ = open_gate(where)
    with gate:
        assert encode(gate.submit(transfer("T1"), "key").result()) == first


def test_two_of_one_key_at_the_same_moment_are_one_decision(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        futures = [gate.submit(transfer("T1"), "key") for _ in range(50)]
        assert len({encode(future.result()) for future in futures}) == 1
        assert len(gate.history("T1")) == 1


def test_state_after_restart_is_what_it_was(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        known_address(gate)
        gate.decide([transfer(f"T{n}", address=f"bc{n % 7}") for n in range(40)])
        gate.decide([order(f"O{n}") for n in range(10)])
        gate.tell("T1", RequestEventIn(kind="approved", party_id="carl"))
        before, number = gate.digest(), gate.number
        decision = encode(gate.history("T1")[-1])
    gate, _ = open_gate(where)
    with gate:
        assert (gate.digest(), gate.number) == (before, number)
        assert encode(gate.history("T1")[-1]) == decision


def test_without_rules_nothing_is_decided(where: str) -> None:
    with Gate(where) as gate, pytest.raises(GateDown, match="no rule set is in force"):
        gate.decide([transfer()])


def test_a_rule_without_value_holds_unless_the_set_says_otherwise(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        known_address(gate)
        for name, meant, outcome in (("second", "hold", "hold"), ("third", "refuse", "refuse"), ("fourth", "list", "allow")):
            put_in_force(gate, rule_set(name, assume=(), undetermined={"*": "refuse", "transfers/*": meant}))
            [decision] = gate.decide([transfer(name)])
            [card] = decision.applied
            assert decision.outcome == outcome
            assert card.undetermined == ("days_new_account", "days_new_address")
            assert answer(decision).applied == (card,)


def test_released_by_two_people_neither_of_whom_asked(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        held = gate.submit(transfer("T1", account_id="nobody", address="bc1x"), asked_by="dora").result()
        assert held.releases_at is None
        assert [one.kind for one in held.releases] == ["time", "released"]
        with pytest.raises(GateConflict, match="dora asked for request 'T1'"):
            gate.tell("T1", RequestEventIn(kind="approved", party_id="dora"))
        assert gate.tell("T1", RequestEventIn(kind="approved", party_id="emil", text="seen")).outcome == "hold"
        assert gate.tell("T1", RequestEventIn(kind="released", party_id="emil", text="seen")).outcome == "hold"
        last = gate.tell("T1", RequestEventIn(kind="released", party_id="fritz", text="called back"))
        assert last.outcome == "hold", "the cooling-off to a new address ends by itself alone"
        assert [one.kind for one in last.releases] == ["time"]
        assert [one.sentence for one in last.applied if one.rule == "gate"] == ["approved", "released", "released"]
        gate.submit(transfer("T2")).result()
        with pytest.raises(GateConflict, match="P1 asked for request 'T2'"):
            gate.tell("T2", RequestEventIn(kind="released", party_id="P1"))


def test_release_lets_a_hold_without_end_go(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        known_address(gate, account_id="nobody")
        assert gate.submit(transfer("T1", account_id="nobody")).result().outcome == "hold"
        gate.tell("T1", RequestEventIn(kind="approved", party_id="emil"))
        assert gate.tell("T1", RequestEventIn(kind="released", party_id="fritz")).outcome == "allow"
        with pytest.raises(GateConflict, match="not held"):
            gate.tell("T1", RequestEventIn(kind="released", party_id="fritz"))


@pytest.mark.parametrize("kind", ["refused", "cancelled"])
def test_what_people_ended_stays_ended(where: str, kind: str) -> None:
    gate, clock = open_gate(where)
    with gate:
        gate.decide([transfer("T1")])
        assert gate.tell("T1", RequestEventIn(kind=kind, party_id="emil", text="no")).outcome == "refuse"
        clock.at = NOW + timedelta(days=9)
        assert gate.submit(transfer("T1"), "again").result().outcome == "refuse"
        with pytest.raises(GateConflict, match="already"):
            gate.tell("T1", RequestEventIn(kind="approved", party_id="fritz"))


def test_an_event_under_a_known_key_is_told_once(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        gate.decide([transfer("T1")])
        event = RequestEventIn(kind="approved", party_id="emil")
        assert gate.tell("T1", event, "e1") == gate.tell("T1", event, "e1")
        assert len(gate.history("T1")) == 2
        with pytest.raises(GateConflict, match="key 'e1'"):
            gate.tell("T1", RequestEventIn(kind="approved", party_id="fritz"), "e1")
        with pytest.raises(GateUnknown, match="never asked for"):
            gate.tell("T9", event)


def test_a_request_from_the_future_is_refused_with_a_word_on_clocks(where: str) -> None:
    gate, _ = open_gate(where)
    with gate, pytest.raises(GateError, match="set the clocks right"):
        gate.decide([transfer(requested_at=NOW + timedelta(seconds=6))])


def test_a_case_has_what_a_report_would_ask_for(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        known_address(gate)
        held, passed = gate.decide([transfer("T1", address="bc1new"), transfer("T2")])
        gate.tell("T1", RequestEventIn(kind="approved", party_id="emil"))
        [case] = gate.cases()
        assert gate.case("G-T1") == case
        with pytest.raises(GateUnknown):
            gate.case("G-T2")
    assert passed.case_id is None
    assert (case.case_id, case.decision_id, case.outcome) == (held.case_id, held.decision_id, "hold")
    numbers = ("i", "ii", "iii", "iv", "v", "vi", "vii")
    assert [item.provision for item in case.items] == [f"APTCP_ORDER 16(2)({n})" for n in numbers]
    firm, _, _, goods, client, reasons, around = case.items
    assert firm.missing == ("name", "address")
    assert goods.known["address"] == "bc1new"
    assert client.known["party_id"] == "P1"
    assert "name" in client.missing
    assert reasons.known["reasons"][0]["rule"] == "transfers/cooling_off"
    assert around.known["transfers"] == 2
    assert case.client_text == held.client_text


def test_a_row_that_does_not_fit_is_named(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        with pytest.raises(GateError, match=r"account row 2: .*party_id.*sekisho records describe account"):
            gate.learn("account", [{"account_id": "a", "party_id": "p", "kind": "customer", "opened_at": NOW}, {"account_id": "b"}])
        with pytest.raises(GateError, match="table 'acount'"):
            gate.learn("acount", [])
