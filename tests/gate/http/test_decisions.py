"""Decisions over HTTP: asked, answered, asked again, told about, read."""

from __future__ import annotations

from decimal import Decimal

import pytest

from gate.http.door import Door, order, transfer
from sekisho.gate.entries import decode

ASK, ASK_ORDER = "/v1/transfers/decisions", "/v1/orders/decisions"
READ = {"Access-Reason": "case C-1"}


def test_a_transfer_of_a_known_account_goes_ahead(door: Door) -> None:
    answered = door.ask("POST", ASK, transfer(), role="wallet")
    assert answered.status_code == 200, answered.text
    told = answered.json()
    assert (told["outcome"], told["request_id"], told["kind"]) == ("allow", "T1", "transfer")
    assert told["rules_applied"] >= 1
    assert answered.headers["cache-control"] == "no-store"
    assert answered.headers["request-id"]


def test_a_hold_says_why_and_until_when(door: Door) -> None:
    told = door.ask("POST", ASK, transfer(account_id="A2"), role="wallet").json()
    assert told["outcome"] == "hold"
    assert told["releases_at"] == "2026-06-14T00:00:00Z"
    (reason,) = [each for each in told["applied"] if each["rule"] == "transfers/cooling_off"]
    assert reason["parameters"]["days_new_account"]["value"] in (7, "7")
    assert reason["facts"]["account"] == "A2"
    assert "2026-06-14" in told["releases"][0]["text"]["en"]
    assert "A2" not in told["client_text"]["en"] + told["client_text"]["ja"]


def test_an_order_is_decided_and_an_unknown_pair_held(door: Door) -> None:
    told = door.ask("POST", ASK_ORDER, order(), role="trading").json()
    assert (told["kind"], told["outcome"]) == ("order", "hold")
    row = {"instrument": "BTC/JPY", "base_asset": "BTC", "quote_asset": "JPY", "tick_size": "1", "lot_size": "0.0001"}
    assert door.ask("POST", "/v1/records/instrument", {"rows": [row]}, role="trading").json() == {"table": "instrument", "rows": 1}
    assert door.ask("POST", ASK_ORDER, order(2), role="trading").json()["outcome"] == "allow"


def test_the_same_key_and_body_give_the_same_bytes_again(door: Door) -> None:
    headers = {"Idempotency-Key": "0b7f7c1e-5f0e-4a5e-9a55-3f1f7a5b2c11"}
    first = door.ask("POST", ASK, transfer(), role="wallet", headers=headers)
    second = door.ask("POST", ASK, transfer(), role="wallet", headers={"Idempotency-Key": f'"{headers["Idempotency-Key"]}"'})
    assert first.content == second.content
    assert len(door.gate.history("T1")) == 1


def test_another_body_under_a_known_key_or_id_is_refused(door: Door) -> None:
    headers = {"Idempotency-Key": "key-1"}
    door.ask("POST", ASK, transfer(), role="wallet", headers=headers)
    for body in (transfer(2), transfer(1, quantity="0.26")):
        refused = door.ask("POST", ASK, body, role="wallet", headers=headers)
        assert refused.status_code == 409
        assert refused.json()["type"] == "urn:sekisho:problem:conflict"
        assert refused.headers["content-type"] == "application/problem+json"


def test_keys_of_different_callers_do_not_meet(door: Door) -> None:
    headers = {"Idempotency-Key": "key-1"}
    assert door.ask("POST", ASK, transfer(), role="wallet", headers=headers).status_code == 200
    assert door.ask("POST", ASK_ORDER, order(), role="trading", headers=headers).status_code == 200


def test_amounts_and_times_arrive_exactly(door: Door) -> None:
    exact = transfer(quantity="0.000000000000000001", value_jpy="12345678901234567890.123456789012345678")
    door.ask("POST", ASK, {**exact, "requested_at": "2026-06-08T12:04:05.123456+09:00"}, role="wallet")
    (entry,) = [each for each in door.gate._journal.of_request("T1") if each.kind == "decided"]
    kept = decode(entry).transfer
    assert kept.quantity == Decimal("0.000000000000000001")
    assert kept.value_jpy == Decimal("12345678901234567890.123456789012345678")
    assert kept.requested_at.isoformat() == "2026-06-08T03:04:05.123456+00:00"
    assert kept.address == transfer()["address"]


@pytest.mark.parametrize("sent", ['{"originator": {"n": "山田"}}', '"{\\"originator\\": {}}"'])
def test_a_travel_rule_message_is_kept_as_it_was_sent(door: Door, sent: str) -> None:
    body = str(transfer(travel_rule_payload="MESSAGE")).replace("'", '"').replace('"MESSAGE"', sent).encode()
    assert door.ask("POST", ASK, body, role="wallet").status_code == 200
    (entry,) = [each for each in door.gate._journal.of_request("T1") if each.kind == "decided"]
    expected = sent if sent.startswith("{") else '{"originator": {}}'
    assert decode(entry).transfer.travel_rule_payload == expected


def test_a_batch_is_answered_one_by_one_in_order(door: Door) -> None:
    requests = [transfer(1), transfer(2, account_id="A2"), transfer(3, quantity=0.5), transfer(4)]
    answered = door.ask("POST", f"{ASK}/batch", {"requests": requests}, role="wallet", headers={"Idempotency-Key": "b"})
    assert answered.status_code == 200, answered.text
    answers = answered.json()["answers"]
    assert [each["decision"] and each["decision"]["outcome"] for each in answers] == ["allow", "hold", None, "allow"]
    assert answers[2]["problem"]["field"] == "/quantity"
    again = door.ask("POST", f"{ASK}/batch", {"requests": requests}, role="wallet", headers={"Idempotency-Key": "b"})
    assert [each["decision"] for each in again.json()["answers"]] == [each["decision"] for each in answers]
    assert len(door.gate.history("T4")) == 1


def test_a_decision_is_read_by_either_id_with_its_whole_history(door: Door) -> None:
    held = door.ask("POST", ASK, transfer(account_id="A2"), role="wallet").json()
    body = {"kind": "purpose_given", "party_id": "P2", "text": "own wallet"}
    told = door.ask("POST", f"{ASK}/T1/events", body, role="wallet")
    assert told.status_code == 200, told.text
    assert told.json()["after"] == held["decision_id"]
    for name in ("T1", held["decision_id"], told.json()["decision_id"]):
        read = door.ask("GET", f"{ASK}/{name}", role="compliance", headers=READ).json()
        assert [each["decision_id"] for each in read["decisions"]] == [held["decision_id"], told.json()["decision_id"]]
        assert read["latest"] == read["decisions"][-1]
        assert len(read["latest"]["applied"]) >= read["latest"]["rules_applied"]


@pytest.mark.parametrize("path", [f"{ASK}/T9", f"{ASK}/D999999", f"{ASK}/D1x", f"{ASK}/O1", f"{ASK}/%E5%B1%B1", f"{ASK}/a%2Fb"])
def test_what_was_never_asked_for_is_not_found(door: Door, path: str) -> None:
    door.ask("POST", ASK_ORDER, order(), role="trading")
    answered = door.ask("GET", path, role="compliance", headers=READ)
    assert answered.status_code == 404
    assert answered.json()["type"] == "urn:sekisho:problem:not-found"


def test_rows_are_learnt_once_under_one_key(door: Door) -> None:
    row = {"account_id": "A1", "occurred_at": "2026-06-08T00:00:00Z", "kind": "fiat_deposit", "amount_jpy": "100000"}
    before = door.gate.number
    for _ in range(2):
        answered = door.ask("POST", "/v1/records/account_event", {"rows": [row]}, role="wallet", headers={"Idempotency-Key": "r1"})
        assert answered.json() == {"table": "account_event", "rows": 1}
    assert door.gate.number == before + 1
    other = {"rows": [{**row, "amount_jpy": "100001"}]}
    assert door.ask("POST", "/v1/records/account_event", other, role="wallet", headers={"Idempotency-Key": "r1"}).status_code == 409


def test_the_rule_set_is_shown_and_changed_by_two_people(door: Door) -> None:
    shown = door.ask("GET", "/v1/rule-set", role="wallet").json()
    assert shown["name"] == "test"
    assert shown["content"]["rules"] == ["transfers/cooling_off", "unfair_trading/suspended_asset"]
    content = {**shown["content"], "name": "next", "assume": ["transfers/cooling_off.days_new_account=30"], "folders": {}}
    committed = door.ask("POST", "/v1/rule-set/commit", {"content": content, "why": "longer"}, role="admin")
    assert committed.status_code == 200, committed.text
    named = {"rule_set": committed.json()["rule_set"]}
    assert door.ask("POST", "/v1/rule-set/activate", named, role="admin").status_code == 403
    assert door.ask("POST", "/v1/rule-set/activate", named, role="supervisor").status_code == 200
    assert door.ask("GET", "/v1/rule-set", role="auditor").json()["name"] == "next"
    assert door.ask("POST", "/v1/rule-set/roll_back", {}, role="supervisor").status_code == 200
    assert door.ask("GET", "/v1/rule-set", role="auditor").json()["name"] == "test"


def test_health_and_readiness_need_no_token(door: Door) -> None:
    assert door.ask("GET", "/health").json() == {"status": "up", "because": None}
    assert door.ask("GET", "/ready").status_code == 200
    door.gate.down = "disk full"
    ready = door.ask("GET", "/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
    assert "disk" not in ready.text


def test_a_journal_that_cannot_be_written_answers_undecided(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sekisho.gate.journal._SqliteTurn.append", full)
    refused = door.ask("POST", ASK, transfer(), role="wallet")
    assert refused.status_code == 503
    assert refused.json()["type"] == "urn:sekisho:problem:undecided"
    assert refused.headers["retry-after"] == "1"
    monkeypatch.undo()
    assert door.ask("POST", ASK, transfer(), role="wallet").json()["outcome"] == "allow"
