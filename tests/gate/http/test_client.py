"""The Python client: typed answers, the same key when it asks again, and no answer taken for a yes."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from gate.http.door import Door, listening
from sekisho.engine.requests import OrderRequest, TransferRequest
from sekisho.gate.client import AsyncGateClient, GateClient, GateProblem, GateUnanswered, Retry

PROJECT = Path(__file__).resolve().parents[3]
TRANSFER = TransferRequest(
    transfer_id="T1",
    requested_at=datetime(2026, 6, 8, 3, 4, 5, tzinfo=UTC),
    account_id="A1",
    direction="out",
    asset="BTC",
    quantity=Decimal("1E-8"),
    value_jpy=Decimal(2500000),
    address="bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    counterparty="unhosted",
)
ORDER = OrderRequest(
    order_id="O1",
    received_at=datetime(2026, 6, 8, 3, 4, 5, tzinfo=UTC),
    account_id="A1",
    instrument="BTC/JPY",
    side="buy",
    order_type="limit",
    quantity=Decimal("0.01"),
    price=Decimal(10000000),
)


def test_everything_once_through_and_through(door: Door) -> None:
    with listening(door) as port:
        address, clock = f"http://127.0.0.1:{port}", door.clock.seconds

        def client(role: str) -> GateClient:
            return GateClient(address, door.signers[role], clock=clock)

        with (
            client("wallet") as wallet,
            client("trading") as trading,
            client("compliance") as office,
            client("supervisor") as chief,
        ):
            assert wallet.decide(TRANSFER).outcome == "allow"
            held = wallet.decide(replace(TRANSFER, transfer_id="T2", account_id="A99"))
            assert (held.outcome, held.case_id) == ("hold", "G-T2")
            assert trading.decide(ORDER).kind == "order"
            batch = wallet.decide_batch([replace(TRANSFER, transfer_id=f"B{n}") for n in range(3)])
            assert [each.decision.outcome for each in batch if each.decision] == ["allow"] * 3
            assert wallet.tell("transfer", "T2", "purpose_given", party_id="P9", text="rent").outcome == "hold"
            assert office.tell("transfer", "T2", "approved", text="called back").outcome == "hold"
            assert chief.tell("transfer", "T2", "released", text="papers seen").outcome == "allow"
            history = office.history("transfer", "T2", "案件 C-1")
            assert [each.outcome for each in history.decisions] == ["hold", "hold", "hold", "allow"]
            assert history.latest == history.decisions[-1]
            row = {"account_id": "A1", "asset": "BTC", "as_of_date": "2026-06-07", "quantity": Decimal("1E-18")}
            assert wallet.learn("customer_balance", [row]) == 1
            assert wallet.rule_set().name == "test"
            taken = office.rule("commit", content={"name": "next", "rules": ["transfers/cooling_off"]})
            assert chief.rule("activate", rule_set=taken.rule_set, why="as agreed").rule_set == taken.rule_set
            with pytest.raises(GateProblem) as refused:
                wallet.tell("transfer", "T2", "released")
            assert (refused.value.kind, refused.value.status) == ("forbidden", 403)
    reason = door.service.doors.access_log.lines()[-1].access.reason
    assert reason == "案件 C-1"


def test_the_same_asynchronously(door: Door) -> None:
    async def ask(port: int) -> list[str]:
        async with AsyncGateClient(f"http://127.0.0.1:{port}", door.signers["wallet"], clock=door.clock.seconds) as gate:
            requests = [replace(TRANSFER, transfer_id=f"T{number}") for number in range(20)]
            decisions = await asyncio.gather(*(gate.decide(request) for request in requests))
            batch = await gate.decide_batch(requests, key="b")
            assert len(batch) == 20
            assert await gate.learn("party", [{"party_id": "P7", "kind": "individual", "country": "JP"}]) == 1
            assert (await gate.rule_set()).name == "test"
            told = await gate.tell("transfer", "T1", "purpose_given", party_id="P1", text="rent")
            history = await gate.history("transfer", "T1", "state of a withdrawal")
            assert history.latest == history.decisions[-1]
            assert told.decision_id == history.latest.decision_id
            return [each.outcome for each in decisions]

    with listening(door) as port:
        assert asyncio.run(ask(port)) == ["allow"] * 20


class _Unsteady:
    """A transport that fails as told before it reaches the gate, or loses the answer after it."""

    def __init__(self, port: int, failures: list[Callable[[], httpx.Response] | str]) -> None:
        self.keys: list[str | None] = []
        self.tokens: list[str] = []
        self._failures, self._through, self._port = failures, httpx.HTTPTransport(), port

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers.get("idempotency-key"))
        self.tokens.append(request.headers["authorization"])
        failure = self._failures.pop(0) if self._failures else None
        if failure == "not sent":
            raise httpx.ConnectError("no way", request=request)
        answered = self._through.handle_request(request)
        answered.read()
        if failure == "answer lost":
            raise httpx.ReadError("lost", request=request)
        return failure() if callable(failure) else answered


def _unsteady(door: Door, port: int, *failures: Callable[[], httpx.Response] | str) -> tuple[GateClient, _Unsteady, list[float]]:
    transport, slept = _Unsteady(port, list(failures)), list[float]()
    http = httpx.Client(transport=httpx.MockTransport(transport))
    client = GateClient(
        f"http://127.0.0.1:{port}",
        door.signers["wallet"],
        http=http,
        clock=door.clock.seconds,
        sleep=slept.append,
        chance=lambda: 1.0,
        retry=Retry(attempts=4, wait=0.1),
    )
    return client, transport, slept


def test_a_lost_answer_is_asked_for_again_with_the_same_key_and_nothing_is_doubled(door: Door) -> None:
    with listening(door) as port:
        client, transport, slept = _unsteady(door, port, "not sent", "answer lost", lambda: httpx.Response(503))
        decision = client.decide(TRANSFER)
        client.close()
    assert decision.outcome == "allow"
    assert len(transport.keys) == 4
    assert len(set(transport.keys)) == 1
    assert transport.keys[0]
    assert slept == [0.1, 0.2, 0.4]
    assert [each.decision_id for each in door.gate.history("T1")] == [decision.decision_id]


def test_no_answer_is_no_yes(door: Door) -> None:
    with listening(door) as port:
        client, transport, _ = _unsteady(door, port, *["not sent"] * 9)
        with pytest.raises(GateUnanswered, match="treat it as held") as unanswered:
            client.decide(TRANSFER, key="my-key")
        client.close()
    assert (unanswered.value.key, len(transport.keys)) == ("my-key", 4)


def test_a_gate_that_is_full_is_given_the_time_it_asks_for(door: Door) -> None:
    with listening(door) as port:
        client, _, slept = _unsteady(door, port, lambda: httpx.Response(429, headers={"Retry-After": "3"}))
        assert client.decide(TRANSFER).outcome == "allow"
        client.close()
    assert slept == [3.0, 0.1]


def test_a_problem_is_not_asked_again(door: Door) -> None:
    with listening(door) as port:
        client, transport, _ = _unsteady(door, port)
        with pytest.raises(GateProblem) as refused:
            client.decide(replace(TRANSFER, quantity=Decimal(0)))
        client.close()
    assert (refused.value.field, refused.value.kind, len(transport.keys)) == ("/quantity", "invalid-field", 1)
    assert "above 0" in str(refused.value)


def test_what_is_no_gate_is_no_answer() -> None:
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(404, text="<html>nothing here</html>")))
    with pytest.raises(GateUnanswered, match="no gate"):
        GateClient("http://elsewhere", "token", http=http).decide(TRANSFER)


def test_tokens_are_kept_for_minutes_and_new_for_each_act(door: Door) -> None:
    with listening(door) as port:
        client, transport, _ = _unsteady(door, port)
        client.decide(TRANSFER)
        client.decide(replace(TRANSFER, transfer_id="T2"))
        for _ in range(2):
            with pytest.raises(GateProblem):
                client.tell("transfer", "T1", "approved")
        client.close()
    assert transport.tokens[0] == transport.tokens[1]
    assert len(set(transport.tokens)) == 3


def test_a_batch_is_of_one_kind() -> None:
    for requests in ([], [TRANSFER, ORDER]):
        with pytest.raises(ValueError, match="all transfers or all orders"):
            GateClient("http://gate").decide_batch(requests)  # type: ignore[arg-type]


def test_the_example_of_the_documentation_runs(door: Door, tmp_path: Path) -> None:
    page = (PROJECT / "docs" / "gate-http.md").read_text(encoding="utf-8")
    (example,) = [code for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "GateClient(" in code]
    door.clock.runs = True
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "wallet.pem").write_bytes((door.keys / "wallet.pem").read_bytes())
    with listening(door) as port:
        code = example.replace("http://127.0.0.1:8470", f"http://127.0.0.1:{port}").replace("sekisho-gate/keys", f"{tmp_path}/keys")
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split()[0] in ("allow", "warn", "hold", "refuse")
