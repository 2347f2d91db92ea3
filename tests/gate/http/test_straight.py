"""Requests for one decision go straight from the connection to the gate; nobody must be able to tell, except by how soon."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gate.http.door import Door, listening, transfer
from sekisho.gate import Gate
from sekisho.gate.http.app import GateApp
from sekisho.gate.http.server import GateProtocol
from sekisho.gate.http.settings import Http, Settings
from sekisho.gate.http.straight import StraightCycle
from sekisho.gate.journal import SqliteJournal

ASK = "/v1/transfers/decisions"


@pytest.fixture
def straight(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The bodies that went straight."""
    gone: list[bytes] = []
    ask = StraightCycle.set

    def noted(cycle: StraightCycle) -> None:
        before = cycle._asked
        ask(cycle)
        if cycle._asked and not before:
            gone.append(bytes(cycle.body))

    monkeypatch.setattr(StraightCycle, "set", noted)
    return gone


@pytest.fixture
def port(door: Door) -> Iterator[int]:
    with listening(door, Settings(http=Http(answer_seconds_max=0.5, body_bytes_max=2_000))) as listened:
        yield listened


def _request(door: Door, number: int = 1, *, version: str = "1.1", headers: str = "", **other: Any) -> bytes:
    body = json.dumps(transfer(number, **other)).encode()
    head = (
        f"POST {ASK} HTTP/{version}\r\nAuthorization: Bearer {door.token('wallet')}\r\nContent-Type: application/json\r\n"
        f"Idempotency-Key: key-{number}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _answer(connection: socket.socket) -> tuple[bytes, bytes]:
    """One answer: its head and its body."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += _more(connection)
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += _more(connection)
    return head, body


def _more(connection: socket.socket) -> bytes:
    part = connection.recv(65_536)
    if not part:
        raise ConnectionResetError
    return part


def _asked(port: int, sent: bytes) -> tuple[bytes, bytes]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        return _answer(connection)


def _without_moments(head: bytes) -> list[bytes]:
    return sorted(line for line in head.lower().split(b"\r\n") if not line.startswith((b"date:", b"request-id:", b"connection:")))


def test_both_ways_give_the_same_bytes(door: Door, port: int, straight: list[bytes]) -> None:
    went = _asked(port, _request(door))
    assert len(straight) == 1
    for roundabout in (
        _request(door, version="1.0"),
        _request(door, headers="Connection: close\r\n"),
        _request(door).replace(ASK.encode(), ASK.encode() + b"?", 1),
    ):
        came = _asked(port, roundabout)
        assert came[1] == went[1]
        assert _without_moments(came[0]) == _without_moments(went[0])
    assert len(straight) == 1
    bad = [_asked(port, _request(door, 2, quantity=1, headers=more)) for more in ("", "Connection: close\r\n")]
    assert _without_moments(bad[0][0]) == _without_moments(bad[1][0])
    problems = [json.loads(body) | {"instance": ""} for _, body in bad]
    assert problems[0] == problems[1]
    assert problems[0]["status"] == 422


def test_a_body_may_come_in_pieces_or_chunks_and_no_longer_than_allowed(door: Door, port: int, straight: list[bytes]) -> None:
    sent = _request(door)
    head, _, body = sent.partition(b"\r\n\r\n")
    chunked = head.replace(b"Content-Length: %d" % len(body), b"Transfer-Encoding: chunked") + b"\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for part in (sent[:20], sent[20 : len(head) + 10], sent[len(head) + 10 : -30], sent[-30:]):
            connection.sendall(part)
            time.sleep(0.02)
        first = _answer(connection)[1]
        connection.sendall(chunked + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")
        assert _answer(connection)[1] == first
        assert len(straight) == 2
        connection.sendall(chunked + b"%x\r\n" % 3_000 + b" " * 3_000 + b"\r\n")
        assert _answer(connection)[0].startswith(b"HTTP/1.1 413")
        connection.sendall(b"0\r\n\r\n" + sent)
        assert _answer(connection)[1] == first
    expecting = sent.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n", 1)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(expecting)
        got = b""
        while first not in got:
            got += _more(connection)
        assert got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_who_hangs_up_is_decided_about_and_harms_nobody(door: Door, port: int) -> None:
    for number in (1, 2, 3):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(_request(door, number))
            connection.shutdown(socket.SHUT_RDWR)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(_request(door, 4)[:-10])
    assert b'"request_id":"T5"' in _asked(port, _request(door, 5))[1]
    with pytest.raises(Exception, match="T4"):
        door.gate.history("T4")


def test_many_at_once_each_get_their_own(door: Door, port: int, straight: list[bytes]) -> None:
    def client(first: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            for number in range(first, first + 10):
                connection.sendall(_request(door, number))
                head, body = _answer(connection)
                assert head.startswith(b"HTTP/1.1 200")
                told = json.loads(body)
                assert told["request_id"] == f"T{number}"
                assert door.gate.decision(told["decision_id"]).request_id == f"T{number}"

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(client, range(0, 120, 10)))
    assert len(straight) == 120


def test_while_another_turn_lasts_the_door_stays_open_and_answers_come_later_or_not(
    door: Door, port: int, straight: list[bytes]
) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        with door.gate._deciding:
            connection.sendall(_request(door))
            assert _asked(port, b"GET /health HTTP/1.1\r\nHost: g\r\n\r\n")[0].startswith(b"HTTP/1.1 200")
        assert _answer(connection)[0].startswith(b"HTTP/1.1 200")
        with door.gate._deciding:
            connection.sendall(_request(door, 2))
            head, body = _answer(connection)
            assert head.startswith(b"HTTP/1.1 503")
            assert b"in time" in body
        connection.sendall(_request(door, 2))
        assert _answer(connection)[0].startswith(b"HTTP/1.1 200")
        assert len(door.gate.history("T2")) == 1
    assert len(straight) == 3


def test_a_journal_that_is_not_at_hand_is_written_in_the_gates_own_thread(
    door: Door, port: int, straight: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, taken = _asked(port, _request(door))[1], []
    turn = Gate._turn

    def noted(gate: Gate, jobs: Any) -> list[Any]:
        taken.append(len(jobs))
        return turn(gate, jobs)

    monkeypatch.setattr(SqliteJournal, "AT_HAND", False)
    monkeypatch.setattr(Gate, "_turn", noted)
    assert _asked(port, _request(door))[1] == here
    assert taken == [1]
    assert len(straight) == 2


def test_a_client_that_lets_its_answers_lie_goes_round(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answers wait in uvicorn's way, which stops reading; nothing piles up."""
    protocol = GateProtocol.__new__(GateProtocol)
    protocol.cycle = None  # type: ignore[assignment]
    protocol.limit_concurrency, protocol.expect_100_continue = None, False
    told = {"get_method": b"POST", "get_http_version": "1.1", "should_keep_alive": True, "should_upgrade": False}
    protocol.parser = type("Parser", (), {name: lambda _self, value=value: value for name, value in told.items()})()
    for paused in (False, True):
        protocol.flow = type("Flow", (), {"write_paused": paused})()
        assert protocol._goes_straight() is not paused
    assert GateApp(door.service).service is door.service
