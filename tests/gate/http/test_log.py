"""The gate's log tells nothing of a person: everything a caller can send is searched for in it."""

from __future__ import annotations

import json
import re

import pytest

from gate.http.door import Door, order, transfer
from sekisho.gate.messages import TOLD

ASK, ASK_ORDER = "/v1/transfers/decisions", "/v1/orders/decisions"
SECRETS = {
    "transfer_id": "TXSECRET1",
    "account_id": "ACCTSECRET2",
    "address": "bc1qsecret3",
    "counterparty_vasp": "Secret4 Exchange",
    "address_tag": "tagsecret5",
    "purpose": "secret6 for my sister 山田花子",
    "travel_rule_payload": {"originator": "secret7 東京都"},
    "quantity": "0.123456789",
    "value_jpy": "987654321",
}
EVER_SENT = ["SECRET", "secret", "山田", "東京", "0.123456789", "987654321", "PSECRET8", "STAFF-", "SYS-", "192.0.2.77"]
FIELDS = {"at", "event", "request_id", "route", "status", "ms", "key", "problem", "error", "places", "number", "seal"}


def test_nothing_that_was_sent_comes_up_in_the_log(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    body = transfer(**SECRETS)
    keyed = {"Idempotency-Key": "KEYSECRET9", "X-Forwarded-For": "192.0.2.77", "User-Agent": "secret-agent"}
    statuses = set()

    def sent(*ask: object, **options: object) -> None:
        statuses.add(door.ask(*ask, **options).status_code)  # type: ignore[arg-type]

    sent("POST", ASK, body, role="wallet", headers=keyed)
    sent("POST", ASK, {**body, "quantity": "1"}, role="wallet", headers=keyed)
    sent("POST", ASK, {**body, "direction": "secret"}, role="wallet", headers=keyed)
    sent("POST", ASK, json.dumps(body)[:-20].encode(), role="wallet", headers=keyed)
    sent("POST", ASK, body, role="trading", headers=keyed)
    sent("POST", ASK, body, headers={"Authorization": "Bearer secret.token.SECRET"})
    sent("POST", f"{ASK}/batch", {"requests": [body, {**body, "secret": 1}]}, role="wallet", headers=keyed)
    sent("POST", ASK_ORDER, order(order_id="OSECRET", account_id="ACCTSECRET2"), role="trading")
    for kind in TOLD:
        event = {"kind": kind, "party_id": "PSECRET8", "text": "secret text 山田"}
        for role in ("wallet", "compliance"):
            sent("POST", f"{ASK}/TXSECRET1/events", event, role=role)
            sent("POST", f"{ASK}/TXSECRET1/events", {**event, "party_id": None}, role=role)
    for path in ("TXSECRET1", "NOSECRET", "%E5%B1%B1%E7%94%B0?name=secret"):
        sent("GET", f"{ASK}/{path}", role="compliance", headers={"Access-Reason": "secret reason 山田".encode()})
    sent("GET", "/secret/path?account=ACCTSECRET2", role="wallet")
    sent("POST", "/v1/records/party", {"rows": [{"party_id": "PSECRET8", "kind": "individual", "country": "JP"}]}, role="wallet")
    sent("POST", "/v1/records/party", {"rows": [{"party_id": "PSECRET8", "secret": "x"}]}, role="wallet")
    monkeypatch.setattr(door.gate, "ask_together", lambda *_: (_ for _ in ()).throw(KeyError("ACCTSECRET2")))
    sent("POST", ASK, body, role="wallet")
    assert statuses >= {200, 400, 401, 403, 404, 409, 422, 500}
    door.service.doors.log.flush()
    logged = door.log.getvalue()
    for word in EVER_SENT:
        assert word not in logged, re.findall(f".*{re.escape(word)}.*", logged)[:1]
    lines = [json.loads(line) for line in logged.splitlines()]
    assert len(lines) >= 40
    for line in lines:
        assert set(line) <= FIELDS
        assert line["event"] in ("request", "access", "failure")
        if line["event"] == "request":
            assert line["route"].split(" ")[1].count("{") == line["route"].count("}")


def test_a_line_tells_request_route_status_and_key(door: Door) -> None:
    answered = door.ask("POST", ASK, transfer(), role="wallet")
    door.service.doors.log.flush()
    (line,) = [json.loads(line) for line in door.log.getvalue().splitlines()]
    assert line["request_id"] == answered.headers["request-id"]
    assert line["route"] == "POST /v1/transfers/decisions"
    assert (line["status"], line["key"]) == (200, door.signers["wallet"].kid)
