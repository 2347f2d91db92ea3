"""Who is asking: tokens that hold, and every way in which one may not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gate.http.door import NOW, Door, transfer
from sekisho.gate.http.callers import AUDIENCE, Callers, CallersError, TokenLimits, request_digest
from sekisho.gate.http.tokens import Signer, new_caller

ASK = "/v1/transfers/decisions"


def _send(door: Door, token: str) -> tuple[int, str]:
    answered = door.ask("POST", ASK, transfer(), headers={"Authorization": f"Bearer {token}"})
    return answered.status_code, answered.json().get("detail", "")


def _signed(door: Door, header: dict[str, Any] | None = None, role: str = "wallet", **claims: Any) -> str:
    """A token as the wallet system's key signs it, with other claims; None takes one out."""
    signer, now = door.signers[role], int(NOW.timestamp())
    told: dict[str, Any] = {"sub": signer.party_id, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 300, "jti": "j" * 20}
    told = {name: value for name, value in (told | claims).items() if value is not None}
    return jwt.encode(told, signer._key, algorithm="EdDSA", headers={"kid": signer.kid} | (header or {}))


def test_a_token_holds_as_long_as_it_says(door: Door) -> None:
    token = door.token("wallet")
    for seconds, status in ((0, 200), (299, 200), (304, 200), (306, 401), (0, 200), (-6, 401)):
        door.clock.at = NOW + timedelta(seconds=seconds)
        assert _send(door, token)[0] == status, seconds


BAD: list[tuple[str, dict[str, Any], dict[str, Any] | None, str]] = [
    ("for somebody else", {"aud": "another-service"}, None, "somebody else"),
    ("for several", {"aud": [AUDIENCE, "other"]}, None, "somebody else"),
    ("expired", {"exp": int(NOW.timestamp()) - 6}, None, "expired"),
    ("not valid yet", {"nbf": int(NOW.timestamp()) + 6}, None, "not valid yet"),
    ("issued in the future", {"iat": int(NOW.timestamp()) + 6}, None, "future"),
    ("too long-lived", {"exp": int(NOW.timestamp()) + 3601}, None, "longer"),
    ("for ever", {"exp": 10**10}, None, "longer"),
    ("without end", {"exp": None}, None, "exp"),
    ("without name", {"jti": None}, None, "jti"),
    ("with a short name", {"jti": "x"}, None, "jti"),
    ("with a time that is a text", {"nbf": "now"}, None, ""),
    ("with a time that is true", {"nbf": True}, None, "seconds"),
    ("of another party", {"sub": "STAFF-supervisor"}, None, "another party"),
    ("with more roles than its key", {"roles": ["wallet", "supervisor"]}, None, "roles"),
    ("with roles that are no list", {"roles": "wallet"}, None, "roles"),
    ("by an unknown key", {}, {"kid": "unknown"}, "no such key"),
    ("by no key", {}, {"kid": ""}, "no such key"),
    ("that brings its own key", {}, {"jwk": {"kty": "OKP"}}, "header"),
    ("that names a place of keys", {}, {"jku": "https://example.org/keys"}, "header"),
    ("that is critical", {}, {"crit": ["exp"]}, ""),
]


@pytest.mark.parametrize(("claims", "header", "why"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_token_that_does_not_hold(door: Door, claims: dict[str, Any], header: dict[str, Any] | None, why: str) -> None:
    status, detail = _send(door, _signed(door, header, **claims))
    assert status == 401
    assert why in detail


def test_a_token_may_narrow_its_roles(door: Door, tmp_path: Path) -> None:
    new_caller(door.folder / "callers.toml", tmp_path / "both.pem", "P9", ["wallet", "trading"], NOW)
    signer = Signer.from_file(tmp_path / "both.pem")
    door.clock.at += timedelta(seconds=2)
    assert _send(door, signer.token(door.clock.seconds()))[0] == 200
    assert _send(door, signer.token(door.clock.seconds(), roles=["trading"]))[0] == 403
    assert _send(door, signer.token(door.clock.seconds(), roles=[]))[0] == 403


def _part(told: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()


def test_a_token_cannot_choose_its_algorithm(door: Door) -> None:
    header, claims, signature = _signed(door).split(".")
    kid = door.signers["wallet"].kid
    public = re.search(rf'kid = "{kid}".*?public_key = """\n(.*?)"""', (door.folder / "callers.toml").read_text(), re.DOTALL)
    assert public is not None
    forged = f"{_part({'alg': 'HS256', 'kid': kid, 'typ': 'JWT'})}.{claims}"
    by_public_key = base64.urlsafe_b64encode(hmac.new(public[1].encode(), forged.encode(), hashlib.sha256).digest())
    tried = [
        f"{_part({'alg': 'none', 'kid': kid})}.{claims}.",
        f"{_part({'alg': 'none', 'kid': kid})}.{claims}.{signature}",
        f"{forged}.{by_public_key.rstrip(b'=').decode()}",
        f"{_part({'alg': 'ES256', 'kid': kid})}.{claims}.{signature}",
        f"{header}.{_part({'sub': 'SYS-WALLET', 'roles': ['supervisor']})}.{signature}",
        f"{header}.{claims}.",
        f"{header}.{claims}.{signature[:-4]}AAAA",
        f"{header}.{claims}",
        "x" * 5000,
        "",
    ]
    for token in tried:
        assert _send(door, token)[0] == 401, token[:60]
    assert _send(door, f"{header}.{claims}.{signature}")[0] == 200


@pytest.mark.parametrize("sent", ["Basic dXNlcjpwYXNz", "Bearer", "bearer", "Token x", "Bearer \xff"])
def test_other_ways_of_saying_who_one_is(door: Door, sent: str) -> None:
    answered = door.ask("POST", ASK, transfer(), headers={"Authorization": sent.encode("latin-1")})
    assert answered.status_code == 401


def test_es256_tokens_hold_too(door: Door, tmp_path: Path) -> None:
    new_caller(door.folder / "callers.toml", tmp_path / "es.pem", "SYS-WALLET", ["wallet"], NOW, "ES256")
    door.clock.at += timedelta(seconds=2)
    assert _send(door, Signer.from_file(tmp_path / "es.pem").token(door.clock.seconds()))[0] == 200


def test_a_key_is_renewed_without_a_gap_and_revoked_at_once(door: Door, tmp_path: Path) -> None:
    callers = door.folder / "callers.toml"
    old = door.signers["wallet"]
    new_caller(callers, tmp_path / "new.pem", "SYS-WALLET", ["wallet"], NOW)
    new = Signer.from_file(tmp_path / "new.pem")
    door.clock.at += timedelta(seconds=2)
    tokens = [signer.token(door.clock.seconds()) for signer in (old, new)]
    assert [_send(door, token)[0] for token in tokens] == [200, 200]
    kid = f'kid = "{old.kid}"\n'
    callers.write_text(callers.read_text().replace(kid, f"{kid}valid_until = 2026-06-08T03:04:15Z\n"))
    door.clock.at += timedelta(seconds=2)
    assert [_send(door, token)[0] for token in tokens] == [200, 200]
    door.clock.at += timedelta(seconds=20)
    assert [_send(door, token)[0] for token in tokens] == [401, 200]
    callers.write_text(callers.read_text().replace(f'kid = "{new.kid}"\n', f'kid = "{new.kid}"\nrevoked = true\n'))
    door.clock.at += timedelta(seconds=2)
    assert [_send(door, token)[0] for token in tokens] == [401, 401]


def test_a_list_that_breaks_lets_nobody_in_until_it_is_whole_again(door: Door) -> None:
    callers, token = door.folder / "callers.toml", door.token("wallet")
    whole = callers.read_text()
    assert _send(door, token)[0] == 200
    for broken in ("[[key]\n", 'nothing = "known"', None):
        callers.unlink() if broken is None else callers.write_text(broken)
        door.clock.at += timedelta(seconds=2)
        assert _send(door, token)[0] == 503
        assert _send(door, token)[0] in (401, 503)
    callers.write_text(whole)
    door.clock.at += timedelta(seconds=2)
    assert _send(door, token)[0] == 200


def test_an_act_of_a_person_needs_a_fresh_token_once(door: Door) -> None:
    door.ask("POST", ASK, transfer(account_id="A2"), role="wallet")
    path, body = f"{ASK}/T1/events", {"kind": "approved", "text": "called back"}
    token = door.token("compliance")
    headers = {"Authorization": f"Bearer {token}"}
    assert door.ask("POST", path, body, headers=headers).status_code == 200
    again = door.ask("POST", path, body, headers=headers)
    assert again.status_code == 401
    assert "before" in again.json()["detail"]
    old = door.token("compliance")
    door.clock.at += timedelta(seconds=66)
    assert "older" in door.ask("POST", path, body, headers={"Authorization": f"Bearer {old}"}).json()["detail"]
    fresh = {"Authorization": f"Bearer {door.token('compliance')}"}
    assert door.ask("GET", f"{ASK}/T1", headers=fresh | {"Access-Reason": "case"}).status_code == 200
    assert door.ask("POST", path, body, headers=fresh).status_code == 200


def test_a_token_used_at_one_gate_is_used_at_every_other(door: Door) -> None:
    door.ask("POST", ASK, transfer(account_id="A2"), role="wallet")
    gates = [door.with_service(callers=Callers(door.folder / "callers.toml", use_once=door.gate.use_once)) for _ in range(2)]
    path, body = f"{ASK}/T1/events", {"kind": "approved", "text": "called back"}
    headers = {"Authorization": f"Bearer {door.token('compliance')}"}
    assert [each.ask("POST", path, body, headers=headers).status_code for each in gates] == [200, 401]


def test_a_bound_token_serves_one_request_only(door: Door) -> None:
    door.ask("POST", ASK, transfer(account_id="A2"), role="wallet")
    path, body = f"{ASK}/T1/events", json.dumps({"kind": "approved", "text": "called back"}).encode()

    def sent(method: str, target: str, key: str, signed: bytes, sends: bytes, sends_key: str) -> int:
        token = door.token("compliance", bound=request_digest(method, target, key, signed))
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": sends_key}
        return door.ask("POST", path, sends, headers=headers).status_code

    assert sent("POST", path, "k1", body, body + b" ", "k1") == 401
    assert sent("POST", path, "k1", body, body, "k2") == 401
    assert sent("POST", f"{ASK}/T2/events", "k1", body, body, "k1") == 401
    assert sent("GET", path, "k1", body, body, "k1") == 401
    assert sent("POST", path, "k1", body, body, "k1") == 200


def test_acts_may_be_made_to_need_bound_tokens(door: Door) -> None:
    strict = door.with_service(callers=Callers(door.folder / "callers.toml", TokenLimits(acts_bound=True)))
    strict.ask("POST", ASK, transfer(account_id="A2"), role="wallet")
    path, body = f"{ASK}/T1/events", b'{"kind": "approved"}'
    assert "this very request" in strict.ask("POST", path, body, role="compliance").json()["detail"]
    token = door.token("compliance", bound=request_digest("POST", path, None, body))
    assert strict.ask("POST", path, body, headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[key]]\nkid = "a"\n', "missing required field"),
        ('[[key]]\nkid = "a"\nalgorithm = "HS256"\nparty_id = "P"\nroles = ["wallet"]\npublic_key = "x"\n', "EdDSA or ES256"),
        ('[[key]]\nkid = "a"\nalgorithm = "EdDSA"\nparty_id = "P"\nroles = ["root"]\npublic_key = "x"\n', "root"),
        ('[[key]]\nkid = "a"\nalgorithm = "EdDSA"\nparty_id = "P"\nroles = ["wallet"]\npublic_key = "x"\n', "PEM"),
        ('[[key]]\nkid = "a"\nalgorithm = "EdDSA"\nparty_id = "P"\nroles = ["wallet"]\n', "one of them"),
        ('[[certificate]]\nsubject = "CN=a"\nparty_id = "P"\nroles = []\n', "none"),
        ('[[keys]]\nkid = "a"\n', "unknown field"),
    ],
)
def test_a_list_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "callers.toml").write_text(text)
    with pytest.raises(CallersError, match=said) as error:
        Callers(tmp_path / "callers.toml")
    assert "callers.toml" in str(error.value)


def test_a_key_listed_twice_or_for_another_algorithm_is_refused(tmp_path: Path) -> None:
    callers = tmp_path / "callers.toml"
    new_caller(callers, tmp_path / "a.pem", "P", ["wallet"], NOW)
    text = callers.read_text()
    callers.write_text(text + text.partition("\n\n")[2])
    with pytest.raises(CallersError, match="twice"):
        Callers(callers)
    callers.write_text(text.replace("EdDSA", "ES256"))
    with pytest.raises(CallersError, match="P-256"):
        Callers(callers)


def test_a_new_key_is_for_its_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    callers, key = tmp_path / "callers.toml", tmp_path / "keys" / "a.pem"
    new_caller(callers, key, "P", ["wallet"], NOW)
    assert key.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in callers.read_text()
    load_pem_private_key(key.read_bytes().partition(b"\n")[2], None)
    before = key.read_bytes(), callers.read_bytes()
    with pytest.raises(CallersError, match="exists"):
        new_caller(callers, key, "P", ["wallet"], NOW)
    with pytest.raises(CallersError, match="root"):
        new_caller(callers, tmp_path / "b.pem", "P", ["root"], NOW)
    assert (key.read_bytes(), callers.read_bytes()) == before
    assert not (tmp_path / "b.pem").exists()
    with pytest.raises(CallersError, match="key file"):
        Signer.from_file(callers)
