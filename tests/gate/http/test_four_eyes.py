"""Four eyes: who asked, or approved first, is not the second person, whatever key, token or name he comes with."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gate.http.door import NOW, Door, transfer
from sekisho.gate.http.tokens import Signer, new_caller

ASK = "/v1/transfers/decisions"
OPEN_ENDED = {"account_id": "A99"}
"""An account nobody knows: a hold that only people can lift."""


def _person(door: Door, folder: Path, name: str, party: str, *roles: str) -> Signer:
    new_caller(door.folder / "callers.toml", folder / f"{name}.pem", party, roles, NOW)
    door.clock.at += timedelta(seconds=2)
    return Signer.from_file(folder / f"{name}.pem")


def _tell(door: Door, signer: Signer, kind: str, **other: str) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {signer.token(door.clock.seconds())}"}
    answered = door.ask("POST", f"{ASK}/T1/events", {"kind": kind, "text": "checked", **other}, headers=headers)
    return answered.status_code, answered.json().get("outcome") or answered.json()["type"].rpartition(":")[2]


def test_one_who_approves_and_another_who_releases(door: Door, tmp_path: Path) -> None:
    assert door.ask("POST", ASK, transfer(**OPEN_ENDED), role="wallet").json()["outcome"] == "hold"
    first = _person(door, tmp_path, "first", "STAFF-1", "compliance")
    second = _person(door, tmp_path, "second", "STAFF-2", "supervisor")
    assert _tell(door, second, "released") == (200, "hold")
    assert _tell(door, first, "approved") == (200, "hold")
    assert _tell(door, second, "released") == (200, "allow")


def test_a_second_key_of_the_same_person_is_the_same_person(door: Door, tmp_path: Path) -> None:
    door.ask("POST", ASK, transfer(**OPEN_ENDED), role="wallet")
    one = _person(door, tmp_path, "one", "STAFF-1", "compliance")
    other = _person(door, tmp_path, "other", "STAFF-1", "supervisor")
    assert _tell(door, one, "approved") == (200, "hold")
    assert _tell(door, other, "approved") == (200, "hold")
    assert _tell(door, other, "released") == (200, "hold")
    assert _tell(door, other, "released") == (200, "hold")


def test_who_sent_the_request_neither_approves_nor_releases(door: Door, tmp_path: Path) -> None:
    sender = _person(door, tmp_path, "sender", "STAFF-1", "wallet")
    again = _person(door, tmp_path, "again", "STAFF-1", "supervisor", "compliance")
    headers = {"Authorization": f"Bearer {sender.token(door.clock.seconds())}"}
    assert door.ask("POST", ASK, transfer(**OPEN_ENDED), headers=headers).json()["outcome"] == "hold"
    for kind in ("approved", "released", "refused"):
        assert _tell(door, again, kind) == (403, "same-person")


def test_the_client_does_not_release_his_own_transfer(door: Door, tmp_path: Path) -> None:
    client = _person(door, tmp_path, "client", "P2", "supervisor")
    door.ask("POST", ASK, transfer(account_id="A2"), role="wallet")
    assert _tell(door, client, "released") == (403, "same-person")


def test_nobody_acts_in_another_name(door: Door, tmp_path: Path) -> None:
    door.ask("POST", ASK, transfer(**OPEN_ENDED), role="wallet")
    one = _person(door, tmp_path, "one", "STAFF-1", "compliance", "supervisor")
    assert _tell(door, one, "approved") == (200, "hold")
    assert _tell(door, one, "released", party_id="STAFF-2") == (403, "same-person")
    assert _tell(door, one, "approved", party_id="STAFF-2") == (403, "same-person")
    assert _tell(door, one, "approved", party_id="STAFF-1") == (200, "hold")


def test_systems_tell_for_clients_but_never_approve(door: Door) -> None:
    door.ask("POST", ASK, transfer(**OPEN_ENDED), role="wallet")
    for kind in ("approved", "released", "refused"):
        body = {"kind": kind, "party_id": "STAFF-2", "text": "said so"}
        assert door.ask("POST", f"{ASK}/T1/events", body, role="wallet").status_code == 403


def test_who_drafts_a_rule_set_does_not_put_it_in_force(door: Door, tmp_path: Path) -> None:
    one = _person(door, tmp_path, "one", "STAFF-1", "compliance", "supervisor")
    other = _person(door, tmp_path, "other", "STAFF-1", "supervisor")
    content = {"name": "next", "rules": ["transfers/cooling_off"], "regime": "WG4-SEED", "undetermined": {"*": "list"}}

    def step(signer: Signer, name: str, body: dict[str, object]) -> int:
        headers = {"Authorization": f"Bearer {signer.token(door.clock.seconds())}"}
        return door.ask("POST", f"/v1/rule-set/{name}", body, headers=headers).status_code

    assert step(one, "commit", {"content": content}) == 200
    assert step(one, "activate", {"rule_set": "next"}) == 403
    assert step(other, "activate", {"rule_set": "next"}) == 403
    assert door.ask("POST", "/v1/rule-set/activate", {"rule_set": "next"}, role="supervisor").status_code == 200
