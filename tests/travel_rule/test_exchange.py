"""One instance and what others send it: each message once, nothing out of turn, nothing malformed, nobody who is not known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from sekisho.travel_rule.trp import messages
from sekisho.travel_rule.trp.exchange import Destination, Exchange, ExchangeError, Outgoing
from sekisho.travel_rule.trp.messages import Approval, Asset, Confirmation, Resolution
from sekisho.travel_rule.trp.server import app
from sekisho.travel_rule.trp.store import RECEIVED, SENT, Store, StoreError
from sekisho.travel_rule.trp.travel_address import TravelAddressError, travel_address, url_of
from sekisho.travel_rule.trp.vault import Vault, VaultError, add_key, open_vault
from travel_rule.payloads import sound

START = datetime(2026, 11, 29, 3, tzinfo=UTC)
HEADERS = {"api-version": "3.2.1", "request-identifier": "R1"}


class Clock:
    """One second on at each look."""

    def __init__(self) -> None:
        self.seconds = 0

    def __call__(self) -> datetime:
        self.seconds += 1
        return START + timedelta(seconds=self.seconds)


def exchange(folder: Path, client: httpx.Client | None = None, **how: Any) -> Exchange:
    numbers = count(1)
    return Exchange(
        store=Store(folder / "notices.sqlite", Vault({"k1": bytes(32)})),
        url="https://minato.example",
        client=client or httpx.Client(transport=httpx.MockTransport(lambda _request: httpx.Response(204))),
        token=lambda: f"token{next(numbers)}",
        **how,
    )


@pytest.fixture
def receiver(tmp_path: Path) -> Exchange:
    return exchange(tmp_path)


@pytest.fixture
def web(receiver: Exchange) -> Iterator[TestClient[Any]]:
    with TestClient(app(receiver, Clock(), {"name": "Minato KK"})) as client:
        yield client


def inquiry(**changes: Any) -> bytes:
    told: dict[str, Any] = {
        "asset": {"slip0044": "BTC"},
        "amount": 0.1,
        "callback": "https://kitasora.example/resolutions/abc",
        "IVMS101": sound("2020", Random(1)),
    }
    return json.dumps(told | changes).encode()


def path_of(receiver: Exchange) -> str:
    return receiver.new_address(Destination("A7", "bc1qdeposit"), START).removeprefix(receiver.url)


def test_the_same_inquiry_again_is_the_same_notice_and_the_same_answer(receiver: Exchange, web: TestClient[Any]) -> None:
    path = path_of(receiver)
    first = web.post(path, content=inquiry(), headers=HEADERS)
    again = web.post(path, content=inquiry(), headers=HEADERS)
    assert (first.status_code, first.json()) == (again.status_code, again.json()) == (200, {"version": "3.2.1"})
    assert first.headers["request-identifier"] == "R1"
    (notice,) = receiver.store.notices()
    assert web.post(path, content=inquiry(amount=0.2), headers=HEADERS).status_code == 409
    receiver.resolve(notice, receiver.approval(notice, "bc1qdeposit"), START)
    approved = web.post(path, content=inquiry(), headers=HEADERS).json()
    assert approved["approved"] == {"address": "bc1qdeposit", "callback": f"https://minato.example/confirmations/{notice.token}"}
    assert len(receiver.store.notices()) == 1


def test_an_inquiry_without_a_required_item_is_rejected_by_name_of_the_item(receiver: Exchange, web: TestClient[Any]) -> None:
    payload = sound("2020", Random(1))
    payload["beneficiary"]["accountNumber"] = []
    answer = web.post(path_of(receiver), content=inquiry(IVMS101=payload), headers=HEADERS).json()
    assert answer["rejected"] == "IVMS101: beneficiary: identifier"
    assert receiver.store.notices()[0].state == "rejected"


def test_sound_inquiries_are_approved_at_once_where_the_firm_says_so(tmp_path: Path) -> None:
    one = exchange(tmp_path, answers="auto")
    with TestClient(app(one, Clock(), {})) as web:
        answer = web.post(path_of(one), content=inquiry(), headers=HEADERS).json()
    assert answer["approved"]["address"] == "bc1qdeposit"
    assert one.store.notices()[0].state == "approved"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"amount": 0}, 400),
        ({"amount": -1}, 400),
        ({"asset": {}}, 400),
        ({"callback": "http://kitasora.example/x"}, 400),
        ({"callback": "https://user@kitasora.example/x"}, 400),
        ({"callback": "file:///etc/passwd"}, 400),
        ({"IVMS101": []}, 400),
    ],
)
def test_a_malformed_inquiry_leaves_nothing_behind(
    receiver: Exchange, web: TestClient[Any], change: dict[str, Any], status: int
) -> None:
    assert web.post(path_of(receiver), content=inquiry(**change), headers=HEADERS).status_code == status
    assert receiver.store.notices() == []


def test_what_is_not_for_here_is_turned_away(receiver: Exchange, web: TestClient[Any]) -> None:
    path = path_of(receiver)
    assert web.post("/transfers/nobody?t=i", content=inquiry(), headers=HEADERS).status_code == 404
    assert web.post("/confirmations/nobody", content=b'{"txid":"x"}', headers=HEADERS).status_code == 404
    assert web.post(path, content=inquiry(), headers={"request-identifier": "R1"}).status_code == 400
    assert web.post(path, content=inquiry(), headers={"api-version": "3.2.1"}).status_code == 400
    assert web.post(path, content=b"{" * 100, headers=HEADERS).status_code == 400
    assert web.post(path, content=b"x" * (messages.BODY_BYTES_MAX + 1), headers=HEADERS).status_code == 413
    assert receiver.store.notices() == []
    assert web.get("/version").json() == {"version": "3.2.1", "vendor": "Sekisho"}
    assert web.get("/identity").json() == {"name": "Minato KK"}


def test_only_known_operators_are_served_where_any_are_named(tmp_path: Path) -> None:
    one = exchange(tmp_path, peers={"kitasora.example": "Kitasora"})
    with TestClient(app(one, Clock(), {})) as web:
        stranger = inquiry(callback="https://stranger.example/x")
        assert web.post(path_of(one), content=stranger, headers=HEADERS).status_code == 403
        assert web.post(path_of(one), content=inquiry(), headers=HEADERS).status_code == 200
    assert [notice.vasp_id for notice in one.store.notices()] == ["Kitasora"]


def test_steps_come_in_their_order_and_once(receiver: Exchange, web: TestClient[Any]) -> None:
    web.post(path_of(receiver), content=inquiry(), headers=HEADERS)
    (notice,) = receiver.store.notices()
    confirmations = f"/confirmations/{notice.token}"
    assert web.post(confirmations, content=b'{"txid":"x"}', headers=HEADERS).status_code == 409
    receiver.resolve(notice, receiver.approval(notice, "bc1q"), START)
    with pytest.raises(StoreError):
        receiver.resolve(notice, Resolution(rejected="no"), START)
    assert web.post(confirmations, content=b'{"txid":"x","canceled":"y"}', headers=HEADERS).status_code == 400
    assert web.post(confirmations, content=b'{"txid":"x"}', headers=HEADERS).status_code == 204
    assert web.post(confirmations, content=b'{"txid":"x"}', headers=HEADERS).status_code == 204
    assert web.post(confirmations, content=b'{"txid":"z"}', headers=HEADERS).status_code == 409
    (told,) = receiver.store.notices()
    assert (told.state, told.txid) == ("confirmed", "x")


def outgoing(**changes: Any) -> Outgoing:
    told: dict[str, Any] = {
        "travel_address": travel_address("https://minato.example/transfers/t1?t=i"),
        "asset": Asset(slip0044="BTC"),
        "amount": Decimal("0.10"),
        "payload": sound("2023", Random(1)) | {"beneficiary": _with_account(sound("2023", Random(1))["beneficiary"])},
    }
    told["payload"]["originator"] = _with_account(told["payload"]["originator"])
    return Outgoing(**told | changes)


def _with_account(entity: dict[str, Any]) -> dict[str, Any]:
    return entity | {"accountNumber": ["14HmBSwec8XrcWge9Zi1ZngNia64u3Wd2v"]}


def test_a_payload_with_faults_is_not_sent(tmp_path: Path) -> None:
    one = exchange(tmp_path, httpx.Client(transport=httpx.MockTransport(lambda _r: pytest.fail("sent"))))
    with pytest.raises(ExchangeError, match="beneficiary: name"):
        one.send(outgoing(payload={**outgoing().payload, "beneficiary": {"beneficiaryPerson": []}}), "R1", START)
    assert one.store.notices() == []


def test_an_operator_that_cannot_be_reached_gets_the_same_request_later(tmp_path: Path) -> None:
    seen: list[tuple[bytes, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.content, request.headers["request-identifier"]))
        if len(seen) == 1:
            raise httpx.ConnectError("down")
        approval = Approval("bc1q", "https://minato.example/confirmations/c1")
        return httpx.Response(200, content=messages.written(Resolution(approved=approval, version="3.2.1")))

    one = exchange(tmp_path, httpx.Client(transport=httpx.MockTransport(answer)))
    with pytest.raises(ExchangeError, match="cannot be reached"):
        one.send(outgoing(), "R1", START)
    assert one.store.notices()[0].state == "pending"
    notice = one.send(outgoing(), "R1", START)
    assert (notice.state, notice.callback) == ("approved", "https://minato.example/confirmations/c1")
    assert seen[0] == seen[1]
    assert b'"amount":0.10' in seen[0][0]
    one.confirm(notice, Confirmation(txid="x"), START)
    assert one.store.get(*notice.key).state == "confirmed"


def test_a_callback_on_another_host_is_not_taken(tmp_path: Path) -> None:
    one = exchange(tmp_path, httpx.Client(transport=httpx.MockTransport(lambda _r: httpx.Response(200, json={"version": "3.2.1"}))))
    notice = one.send(outgoing(), "R1", START)
    with TestClient(app(one, Clock(), {})) as web:
        elsewhere = messages.written(Resolution(approved=Approval("bc1q", "https://elsewhere.example/c")))
        assert web.post(f"/resolutions/{notice.token}", content=elsewhere, headers=HEADERS).status_code == 403
        rejected = messages.written(Resolution(rejected="no such customer"))
        assert web.post(f"/resolutions/{notice.token}", content=rejected, headers=HEADERS).status_code == 204
        assert web.post(f"/confirmations/{notice.token}", content=b'{"txid":"x"}', headers=HEADERS).status_code == 404
    assert one.store.get(*notice.key).state == "rejected"
    assert {notice.side for notice in one.store.notices()} == {SENT}
    assert RECEIVED not in {notice.side for notice in one.store.notices()}


# Travel addresses and keys


def test_travel_addresses_of_others_are_read_and_written_alike() -> None:
    """Two examples of others: 21 Analytics' page on travel addresses, TRISA's library (MIT)."""
    for address, place in (
        (
            "ta6MNBj2u4art71gN99C6xniYrNfDUF26QgZHdXwd6zzYsvk1S6M5A15K2REHRULnZHnJs88",
            "beneficiary.com/implementation/defined/path?t=i",
        ),
        ("ta2W2HPKfHxgSgrzY178knqXHg1H3jfeQrwQ9JrKBs9wv", "beneficiary.com/x/12345?t=i"),
    ):
        assert url_of(address) == f"https://{place}"
        assert travel_address(f"https://{place}") == address


@given(st.from_regex(r"[a-z]{1,20}\.example(:[1-9][0-9]{1,3})?/[a-zA-Z0-9/_-]{0,60}(\?t=i)?", fullmatch=True), st.data())
def test_every_changed_character_of_a_travel_address_is_seen(place: str, data: st.DataObject) -> None:
    address = travel_address(place)
    assert url_of(address) == f"https://{place}"
    at = data.draw(st.integers(2, len(address) - 1))
    other = data.draw(st.sampled_from("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0OIl"))
    if other != address[at]:
        with pytest.raises(TravelAddressError):
            url_of(address[:at] + other + address[at + 1 :])


def test_plain_http_leads_to_this_machine_alone() -> None:
    assert url_of(travel_address("127.0.0.1:8000/x"), plain_http=True) == "http://127.0.0.1:8000/x"
    assert url_of(travel_address("minato.example/x"), plain_http=True) == "https://minato.example/x"


def test_what_was_sealed_opens_at_its_place_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    assert add_key(file) == "k1"
    sealed = open_vault(file).seal(b"Yamada", "here")
    assert add_key(file) == "k2"
    vault = open_vault(file)
    assert vault.key_id == "k2"
    assert vault.open(sealed, "here") == b"Yamada"
    with pytest.raises(VaultError, match="there: does not open"):
        vault.open(sealed, "there")
    with pytest.raises(VaultError, match="does not open"):
        vault.open(sealed._replace(content=sealed.content[:-1] + bytes([sealed.content[-1] ^ 1])), "here")
    file.write_text("k1 c2hvcnQ=\n", encoding="ascii")
    with pytest.raises(VaultError, match="line 1"):
        open_vault(file)
