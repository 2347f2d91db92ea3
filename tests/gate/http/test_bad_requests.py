"""Bad requests: each is refused with the field's name and a remedy, nothing is decided, and nothing fails."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.http.door import Door, order, transfer
from sekisho.gate.http.problems import KINDS
from sekisho.gate.messages import GateError

ASK, ASK_ORDER = "/v1/transfers/decisions", "/v1/orders/decisions"


def _without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != name}


def _raw(text: str, body: dict[str, Any] | None = None) -> bytes:
    """A body that JSON libraries would not write: ``text`` is put in before its first key."""
    return ("{" + text + "," + json.dumps(body or transfer())[1:]).encode("utf-8", "surrogatepass")


BAD_FIELDS: list[tuple[str, Any, str, str]] = [
    # what                                    body                                             field             in the remedy
    ("an amount as a number", transfer(quantity=0.25), "/quantity", "string"),
    ("an amount as a whole number", transfer(value_jpy=2500000), "/value_jpy", "string"),
    ("an exponent", transfer(quantity="1e9"), "/quantity", "digits"),
    ("NaN as a string", transfer(quantity="NaN"), "/quantity", "digits"),
    ("a sign", transfer(quantity="-1"), "/quantity", "digits"),
    ("too many digits", transfer(quantity="1" * 21), "/quantity", "digits"),
    ("too many places", transfer(quantity="0." + "1" * 19), "/quantity", "digits"),
    ("full-width digits", transfer(quantity="１２"), "/quantity", "digits"),
    ("nothing", transfer(quantity="0.000"), "/quantity", "above 0"),
    ("a time without zone", transfer(requested_at="2026-06-08T12:04:05"), "/requested_at", "zone"),
    ("a day", transfer(requested_at="2026-06-08"), "/requested_at", "RFC 3339"),
    ("a 30th of February", transfer(requested_at="2026-02-30T12:04:05Z"), "/requested_at", "RFC 3339"),
    ("a time before the calendar", transfer(requested_at="0001-01-01T00:00:00+23:59"), "/requested_at", "time"),
    ("a time after the calendar", transfer(requested_at="9999-12-31T23:59:59-23:59"), "/requested_at", "time"),
    ("a field that is missing", _without(transfer(), "account_id"), "/account_id", "add"),
    ("a field that is not known", transfer(amount="1"), "/amount", "spelling"),
    ("a value outside the list", transfer(direction="sideways"), "/direction", "openapi"),
    ("an id with spaces", transfer(account_id="A 1"), "/account_id", "openapi"),
    ("an id that ends with a line break", transfer(account_id="A1\n"), "…/account_id", "readable"),
    ("an id with a control character", transfer(address="bc1\x00q"), "…/address", "readable"),
    ("an id as long as a page", transfer(transfer_id="T" * 129), "/transfer_id", "openapi"),
    ("an id that is a path", transfer(transfer_id="../../etc"), "/transfer_id", "openapi"),
    ("a list for an object", [transfer()], "/", "openapi"),
    ("a message that is a list", transfer(travel_rule_payload=[1]), "/travel_rule_payload", "object"),
    ("a country that is a name", transfer(counterparty_country="Japan"), "/counterparty_country", "openapi"),
]


@pytest.mark.parametrize(("body", "field", "remedy"), [row[1:] for row in BAD_FIELDS], ids=[row[0] for row in BAD_FIELDS])
def test_a_bad_field_is_named_with_its_remedy(door: Door, body: Any, field: str, remedy: str) -> None:
    before = door.gate.number
    refused = door.ask("POST", ASK, body, role="wallet")
    assert refused.status_code == 422, refused.text
    told = refused.json()
    assert told["type"] == "urn:sekisho:problem:invalid-field"
    assert told["field"] == field
    assert remedy in told["remedy"]
    assert told["instance"].endswith(refused.headers["request-id"])
    assert door.gate.number == before


BAD_ORDERS: list[tuple[str, Any, str]] = [
    ("a limit order without price", _without(order(), "price"), "/price"),
    ("a market order with price", order(order_type="market"), "/price"),
    ("a price of nothing", order(price="0"), "/price"),
    ("a pair without slash", order(instrument="BTCJPY"), "/instrument"),
    ("a leverage of nothing", order(product="margin", leverage="0"), "/leverage"),
]


@pytest.mark.parametrize(("body", "field"), [row[1:] for row in BAD_ORDERS], ids=[row[0] for row in BAD_ORDERS])
def test_a_bad_order_is_named(door: Door, body: Any, field: str) -> None:
    refused = door.ask("POST", ASK_ORDER, body, role="trading")
    assert (refused.status_code, refused.json()["field"]) == (422, field)


BAD_JSON: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "malformed-json"),
    ("half a body", json.dumps(transfer()).encode()[:-9], "malformed-json"),
    ("two bodies", json.dumps(transfer()).encode() * 2, "malformed-json"),
    ("NaN", _raw('"purpose": NaN', _without(transfer(), "purpose")), "malformed-json"),
    ("Infinity", _raw('"purpose": -Infinity'), "malformed-json"),
    ("a comment", b"/* */" + json.dumps(transfer()).encode(), "malformed-json"),
    ("single quotes", str(transfer()).encode(), "malformed-json"),
    ("UTF-16", json.dumps(transfer()).encode("utf-16"), "malformed-json"),
    ("Shift_JIS", json.dumps(transfer(purpose="山田"), ensure_ascii=False).encode("cp932"), "malformed-json"),
    ("a byte order mark", b"\xef\xbb\xbf" + json.dumps(transfer()).encode(), "malformed-json"),
    ("a key twice", _raw('"quantity": "9"'), "duplicate-key"),
    ("a key twice, once escaped", _raw('"quantit\\u0079": "9"'), "duplicate-key"),
    ("a key twice in the message", json.dumps(transfer(travel_rule_payload={"a": 1})).replace('"a": 1', '"a": 1, "a": 2').encode(),
     "duplicate-key"),
    ("half a character", _raw('"purpose": "\\ud800"'), "malformed-json"),
    ("deep lists", _raw('"travel_rule_payload": {"a":' + "[" * 5000 + "]" * 5000 + "}"), "nesting-too-deep"),
    ("deeper than any stack", _raw('"travel_rule_payload": ' + "[" * 60_000), "nesting-too-deep"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "kind"), [row[1:] for row in BAD_JSON], ids=[row[0] for row in BAD_JSON])
def test_what_is_not_plain_json_is_refused(door: Door, body: bytes, kind: str) -> None:
    before = door.gate.number
    refused = door.ask("POST", ASK, body, role="wallet")
    assert refused.json()["type"] == f"urn:sekisho:problem:{kind}", refused.text
    assert refused.status_code == KINDS[kind].status
    assert door.gate.number == before


BAD_HEADERS: list[tuple[str, dict[str, str], str]] = [
    ("no JSON", {"Content-Type": "text/plain"}, "unsupported-media-type"),
    ("a form", {"Content-Type": "application/x-www-form-urlencoded"}, "unsupported-media-type"),
    ("another character set", {"Content-Type": "application/json; charset=shift_jis"}, "unsupported-media-type"),
    ("compressed", {"Content-Encoding": "gzip"}, "unsupported-media-type"),
    ("an empty key", {"Idempotency-Key": ""}, "invalid-header"),
    ("a key with spaces", {"Idempotency-Key": "a b"}, "invalid-header"),
    ("a key as long as a page", {"Idempotency-Key": "k" * 129}, "invalid-header"),
]


@pytest.mark.parametrize(("headers", "kind"), [row[1:] for row in BAD_HEADERS], ids=[row[0] for row in BAD_HEADERS])
def test_a_bad_header_is_named(door: Door, headers: dict[str, str], kind: str) -> None:
    refused = door.ask("POST", ASK, transfer(), role="wallet", headers=headers)
    assert refused.json()["type"] == f"urn:sekisho:problem:{kind}", refused.text
    assert refused.json()["field"].startswith("header ")


def test_a_body_beyond_its_bound_is_refused(door: Door) -> None:
    most = door.service.doors.settings.http.body_bytes_max
    refused = door.ask("POST", ASK, b" " * (most + 1), role="wallet")
    assert (refused.status_code, refused.json()["type"]) == (413, "urn:sekisho:problem:body-too-large")
    padded = json.dumps(transfer()).encode().ljust(most)
    assert door.ask("POST", ASK, padded, role="wallet").status_code == 200


@pytest.mark.parametrize(("count", "status"), [(0, 422), (500, 200), (501, 422)])
def test_a_batch_has_a_bound(door: Door, count: int, status: int) -> None:
    body = {"requests": [transfer(number) for number in range(count)]}
    assert door.ask("POST", f"{ASK}/batch", body, role="wallet").status_code == status


BAD_ROWS: list[tuple[str, str, dict[str, Any], str]] = [
    ("an amount as a number", "customer_balance", {"account_id": "A1", "asset": "BTC", "as_of_date": "2026-06-07", "quantity": 1},
     "/rows/1/quantity"),
    ("a column that is not known", "party", {"party_id": "P9", "kind": "individual", "country": "JP", "name": "x"}, "/rows/1/name"),
    ("a column that is missing", "party", {"party_id": "P9", "kind": "individual"}, "/rows/1/country"),
    ("a time without zone", "account", {"account_id": "A9", "party_id": "P9", "kind": "customer", "opened_at": "2020-01-01T00:00"},
     "/rows/1/opened_at"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "row", "field"), [row[1:] for row in BAD_ROWS], ids=[row[0] for row in BAD_ROWS])
def test_a_bad_row_is_named_and_none_is_learnt(door: Door, table: str, row: dict[str, Any], field: str) -> None:
    good = {
        "party": {"party_id": "P8", "kind": "individual", "country": "JP"},
        "account": {"account_id": "A8", "party_id": "P8", "kind": "customer", "opened_at": "2020-01-01T00:00:00Z"},
        "customer_balance": {"account_id": "A1", "asset": "BTC", "as_of_date": "2026-06-07", "quantity": "1"},
    }
    before = door.gate.number
    refused = door.ask("POST", f"/v1/records/{table}", {"rows": [good[table], row]}, role="wallet")
    assert (refused.status_code, refused.json()["field"]) == (422, field), refused.text
    assert door.gate.number == before


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v1/nothing", 404),
        ("POST", "/v1/transfers/decisions/T1", 405),
        ("DELETE", "/v1/transfers/decisions", 405),
        ("PUT", "/v1/rule-set", 405),
        ("GET", "/v1/transfers/decisions", 405),
        ("TRACE", "/health", 405),
    ],
)
def test_other_ways_are_refused_with_a_problem(door: Door, method: str, path: str, status: int) -> None:
    refused = door.ask(method, path, role="wallet")
    assert refused.status_code == status, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    if status == 405:
        assert refused.headers["allow"]


def test_an_error_of_the_gate_is_a_problem_without_its_words(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("secret of client A1")

    monkeypatch.setattr(door.gate, "ask_together", fails)
    refused = door.ask("POST", ASK, transfer(), role="wallet")
    assert (refused.status_code, refused.json()["type"]) == (500, "urn:sekisho:problem:internal")
    door.service.doors.log.flush()
    assert "secret" not in refused.text + door.log.getvalue()
    assert "RuntimeError" in door.log.getvalue()


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_row_that_no_clock_can_write_never_reaches_the_journal(door: Door, at: str) -> None:
    before, row = door.gate.number, {"account_id": "A1", "occurred_at": at, "kind": "login"}
    refused = door.ask("POST", "/v1/records/account_event", {"rows": [row]}, role="wallet")
    assert (refused.status_code, refused.json()["field"]) == (422, "/rows/0/occurred_at")
    with pytest.raises(GateError, match="account_event row 1"):
        door.gate.learn("account_event", [row])
    assert door.gate.number == before
    assert door.ask("POST", ASK, transfer(), role="wallet").status_code == 200
