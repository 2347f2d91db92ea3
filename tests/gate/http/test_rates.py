"""Nobody crowds out the others: each caller has its rate, by party and not by token, and strangers have one by address."""

from __future__ import annotations

from pathlib import Path

import pytest

from gate.http.door import NOW, WIDE, Door, transfer
from sekisho.gate.http.problems import Problem
from sekisho.gate.http.rates import Rate, Rates
from sekisho.gate.http.tokens import Signer, new_caller

WALLET = frozenset({"wallet"})


def test_a_bucket_empties_and_fills_steadily() -> None:
    rates = Rates({"wallet": Rate(10, 3)})
    for _ in range(3):
        rates.take("P", WALLET, 0.0)
    with pytest.raises(Problem) as refused:
        rates.take("P", WALLET, 0.0)
    assert refused.value.headers["Retry-After"] == "1"
    rates.take("other", WALLET, 0.0)
    rates.take("P", WALLET, 0.1)
    with pytest.raises(Problem):
        rates.take("P", WALLET, 0.15)
    for _ in range(3):
        rates.take("P", WALLET, 1000.0)
    with pytest.raises(Problem):
        rates.take("P", WALLET, 1000.0)


def test_a_batch_counts_its_requests_and_one_larger_than_the_bucket_waits_for_a_full_one() -> None:
    rates = Rates({"wallet": Rate(10, 100)})
    rates.take("P", WALLET, 0.0, 500)
    with pytest.raises(Problem) as refused:
        rates.take("P", WALLET, 1.0, 500)
    assert refused.value.headers["Retry-After"] == "49"
    rates.take("P", WALLET, 50.0, 500)


def test_the_widest_role_counts() -> None:
    rates = Rates({"wallet": Rate(1, 1), "trading": Rate(1, 2)})
    both = frozenset({"wallet", "trading"})
    rates.take("P", both, 0.0)
    rates.take("P", both, 0.0)
    with pytest.raises(Problem):
        rates.take("P", both, 0.0)


def test_many_callers_are_forgotten_once_their_buckets_are_full() -> None:
    rates = Rates()
    for number in range(100_000):
        rates.take_unknown(str(number), 0.0)
    with pytest.raises(Problem):
        rates.take_unknown("one more", 1.0)
    rates.take_unknown("one more", 61.0)


def test_over_http_by_party_and_not_by_key(door: Door, tmp_path: Path) -> None:
    narrow = door.with_service(rates=Rates({**WIDE, "wallet": Rate(1, 2)}), ticks=lambda: 0.0)
    new_caller(door.folder / "callers.toml", tmp_path / "second.pem", "SYS-WALLET", ["wallet"], NOW)
    narrow.service.doors.callers.look(door.clock.seconds() + 5)
    second = Signer.from_file(tmp_path / "second.pem").token(door.clock.seconds())
    ask = "/v1/transfers/decisions"
    assert narrow.ask("POST", ask, transfer(1), role="wallet").status_code == 200
    assert narrow.ask("POST", ask, transfer(2), headers={"Authorization": f"Bearer {second}"}).status_code == 200
    refused = narrow.ask("POST", ask, transfer(3), headers={"Authorization": f"Bearer {second}"})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert narrow.ask("GET", "/v1/rule-set", role="trading").status_code == 200


def test_guessing_tokens_is_slowed(door: Door) -> None:
    narrow = door.with_service(rates=Rates({**WIDE, "unknown": Rate(1, 3)}), ticks=lambda: 0.0)
    wrong = {"Authorization": "Bearer wrong"}
    tried = [narrow.ask("GET", "/v1/rule-set", headers=wrong).status_code for _ in range(5)]
    assert tried == [401, 401, 401, 429, 429]
    assert narrow.ask("GET", "/v1/rule-set", role="admin").status_code == 200
