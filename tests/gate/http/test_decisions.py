"""Decisions over HTTP: asked, answered, asked again, told about, read."""

from __future__ import annotations

from gate.http.door import Door, order, transfer


def test_a_transfer_of_a_known_account_goes_ahead(door: Door) -> None:
    answered = door.ask("POST", "/v1/transfers/decisions", transfer(), role="wallet")
    assert answered.status_code == 200, answered.text
    told = answered.json()
    assert told["outcome"] == "allow"
