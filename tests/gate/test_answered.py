"""What answers a request is written from its parts: byte for byte what the whole decision would be written as."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gate.gates import COOLING, known_address, open_gate, put_in_force, rule_set, transfer
from sekisho.gate import RequestEventIn
from sekisho.gate.deciding import Asking
from sekisho.gate.http.bodies import TRANSFERS, _plainly_once, check_json
from sekisho.gate.http.problems import Problem
from sekisho.gate.jobs import Job
from sekisho.gate.messages import answer, encode
from sekisho.gate.rendering import Answered


def test_answers_of_every_kind(tmp_path: Path) -> None:
    gate, _ = open_gate(str(tmp_path / "gate.sqlite"))
    rules = ("transfers/cooling_off", "transfers/malformed_address", "transfers/structuring", "perimeter/scam_name")
    put_in_force(gate, rule_set("more", rules=rules, assume=COOLING, undetermined={"*": "list"}))
    known = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
    with gate:
        known_address(gate, known)
        asked = [
            transfer("T1", address=known),
            transfer("T2", address="bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
            transfer("T3", address="nowhere"),
            transfer("T4", address=known, account_id="young", purpose='a "friend" said ひとこと'),
            transfer("T5", address=known, asset="XRP", counterparty="hosted", counterparty_vasp="V1"),
        ]
        outcomes = set()
        for request in asked:
            told: Future[Any] = Future()
            assert gate.ask_together([Job(Asking(request, f"key {request.transfer_id}", None), told)])
            answered = told.result()
            assert isinstance(answered, Answered)
            assert answered.body == encode(answer(answered.decision))
            assert answered.body == encode(answer(gate.decision(answered.decision.decision_id)))
            outcomes.add(answered.decision.outcome)
        assert outcomes >= {"allow", "hold", "refuse"}
        gate.tell("T2", RequestEventIn(kind="approved", party_id="X1", text='said "yes"'))
        number = gate.number
        entry = gate._journal.entry(number)
        assert entry is not None
        again = gate._rendered(entry)
        assert again.decision.applied[-1].rule == "gate"
        assert again.body == encode(answer(again.decision))


_BODY: dict[str, Any] = {
    "transfer_id": "T1",
    "requested_at": "2026-06-08T03:04:05Z",
    "account_id": "A1",
    "direction": "out",
    "asset": "BTC",
    "quantity": "1",
    "value_jpy": "1",
    "address": "x",
}


@pytest.mark.parametrize(
    "more",
    [
        b"",
        b',"purpose":":"',
        b',"purpose":null,"network":null',
        b',"counterparty":"unknown"',
        b',"address":"x"',
        b',"address" :"x"',
        b',"purpose":null,"purpose":"a"',
        b',"purpose":null,"network":null,"purpose":"a"',
        b',"purpose":null,"network":null,"purpose":null,"purpose":"a"',
        b',"travel_rule_payload":5',
        b',"travel_rule_payload":"5","travel_rule_payload":5',
        b',"payee_site":"http://a.example/:","payee_site":"http://a.example/:"',
    ],
)
def test_doubled_keys_are_seen_by_counting_too(more: bytes) -> None:
    body = msgspec.json.encode(_BODY)[:-1] + more + b"}"

    def fails(read: Any) -> str | None:
        try:
            read(body)
        except Problem as problem:
            return problem.kind
        return None

    assert fails(TRANSFERS.read) == fails(check_json)


def test_counting_is_enough_for_what_systems_send() -> None:
    body = msgspec.json.encode({**_BODY, "counterparty": "unhosted", "purpose": "own wallet"})
    assert _plainly_once(body, TRANSFERS.read(body))
