"""How long each rule of transfers takes to decide, out of memory, for ordinary clients and for one with a very long history.

Run: ``python -m benchmarks.fraud_rules [--clients 20000] [--requests 3000]``

Nothing is served or stored: this is the time inside the rules alone, which the gate's decisions per second are made of. Every
value that is the firm's is assumed (the values stand in ASSUMED). Times are of the processor, one request after another.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sekisho.engine.controls import load_control
from sekisho.engine.memory import Memory
from sekisho.engine.requests import TransferRequest
from sekisho.rulebook import Rule, load_rulebook
from sekisho.rulebook.parameters import Value
from sekisho.typologies.valuation import starts_at

NOW = datetime(2026, 11, 29, 3, tzinfo=UTC)
PRICES = {"BTC": Decimal(10_000_000), "ETH": Decimal(500_000), "XRP": Decimal(300)}
HEAVY = "HEAVY"
HEAVY_TRADES, HEAVY_TRANSFERS, HEAVY_EVENTS = 100_000, 20_000, 20_000

ASSUMED: Mapping[str, Mapping[str, Value]] = {
    "transfers/cooling_off": {"days_new_account": 7, "days_new_address": 1},
    "transfers/takeover_signs": {"hours_after_change": 24},
    "transfers/third_party_deposit": {"hours_after_deposit": 72},
    "transfers/fast_in_and_out": {"hours_max": 24, "share_min": Decimal("0.8"), "value_jpy_min": Decimal(300_000)},
    "transfers/out_of_profile": {
        "period_days": 30,
        "income_ratio_max": Decimal(1),
        "net_worth_ratio_max": Decimal("0.5"),
        "past_ratio_max": Decimal(10),
        "past_transfers_min": 3,
        "age_years_min": 75,
        "aged_value_jpy_min": Decimal(1_000_000),
    },
    "transfers/emptied_account": {"share_min": Decimal("0.8"), "value_jpy_min": Decimal(500_000), "hours_first": 48},
    "transfers/shared_destination": {"clients_min": 5, "period_days": 30},
    "transfers/shared_device": {"device_clients_min": 3, "ip_clients_min": 100_000, "period_days": 30},
    "transfers/mule_account": {
        "period_days": 14,
        "share_min": Decimal("0.8"),
        "value_jpy_min": Decimal(100_000),
        "small_jpy_max": Decimal(100_000),
        "sources_min": 5,
        "dormant_days": 180,
        "young_days": 30,
    },
    "transfers/structuring": {"hours_counted_together": 24, "transfers_min": 3},
    "transfers/fraud_warning": {"hours_before": 24},
}


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clients", type=int, default=20_000)
    asked.add_argument("--requests", type=int, default=3_000)
    given = asked.parse_args()
    random = Random(1)
    started = time.process_time()
    memory, rows = Memory(), 0
    for table, row in (*_books(random, given.clients), *_heavy(random, given.clients)):
        memory.learn(table, row)
        rows += 1
    seconds = time.process_time() - started
    each = seconds / rows * 1e6
    print(f"{rows:,} records of {given.clients:,} clients learnt in {seconds:.1f} s of processor time, {each:.1f} µs each\n")
    ordinary = [_request(random, number, f"A{random.randrange(given.clients)}") for number in range(given.requests)]
    for request in ordinary:
        for row in _steps(request):
            memory.learn("request_event", row)
    heavy = [_request(random, number, HEAVY) for number in range(200)]
    _table(memory, ordinary, heavy)


def _steps(request: TransferRequest) -> Iterator[dict[str, Any]]:
    """What a client and the gate did about a request before it is decided for the last time."""
    steps = (("warning_shown", "general:1"), ("warning_acknowledged", "general:1"), ("monitored", "set-1"), ("waited", "set-1"))
    for number, (kind, version) in enumerate(steps):
        at = NOW - timedelta(seconds=9 - number)
        row = {"event_id": f"{request.transfer_id}-{number}", "request_id": request.transfer_id, "occurred_at": at, "kind": kind}
        yield {**row, "version": version, "party_id": request.account_id.replace("A", "P")}


def _table(memory: Memory, ordinary: Sequence[TransferRequest], heavy: Sequence[TransferRequest]) -> None:
    print("| rule | mean, µs | 99 %, µs | held | long history: mean, µs |\n| --- | ---: | ---: | ---: | ---: |")
    rulebook, total, total_heavy = load_rulebook(), 0.0, 0.0
    for rule in rulebook.rules.values():
        if not _of_clients(rule):
            continue
        decide = load_control(rule).decide
        assert decide is not None
        day = date(2026, 11, 29)
        regime = next(name for name in ("PSA-2026", "WG4-SEED") if rule.holding(name, day) is not None)
        parameters = rule.parameters_in(regime, day, day, dict(ASSUMED.get(rule.path, {})))
        if parameters.missing():
            print(f"| {rule.path} | not measured: no value for {', '.join(parameters.missing())} | | | |")
            continue

        def run(request: TransferRequest, decide: Any = decide, parameters: Any = parameters) -> int:
            return len(list(decide(request, memory, parameters)))

        times, held = _timed(run, ordinary)
        times_heavy, _ = _timed(run, heavy)
        mean, mean_heavy = sum(times) / len(times), sum(times_heavy) / len(times_heavy)
        total, total_heavy = total + mean, total_heavy + mean_heavy
        worst = sorted(times)[len(times) * 99 // 100]
        print(f"| {rule.path} ({regime}) | {mean:.1f} | {worst:.1f} | {held / len(ordinary):.1%} | {mean_heavy:,.0f} |")
    print(f"| **all together** | **{total:.0f}** | | | **{total_heavy:,.0f}** |")


def _of_clients(rule: Rule) -> bool:
    """The rules about clients: those that put transfers which left to their own question, and the waiting period."""
    if rule.path == "transfers/cooling_off":
        return True
    asks = rule.chapter == "transfers" and "decide" in rule.questions
    return asks and "lookback(" in (rule.folder / "control.py").read_text(encoding="utf-8")


def _timed(run: Any, requests: Sequence[TransferRequest]) -> tuple[list[float], int]:
    """Microseconds of each request, the best of three, and how many were held."""
    times, held = [], 0
    for request in requests:
        best = float("inf")
        for _ in range(3):
            started = time.thread_time_ns()
            reasons = run(request)
            best = min(best, (time.thread_time_ns() - started) / 1_000)
        times.append(best)
        held += reasons > 0
    return times, held


def _request(random: Random, number: int, account: str) -> TransferRequest:
    asset = random.choice(list(PRICES))
    value = Decimal(int(random.lognormvariate(12.2, 1.3)))
    return TransferRequest(
        transfer_id=f"N{number}",
        requested_at=NOW + timedelta(seconds=number),
        account_id=account,
        direction="out",
        asset=asset,
        quantity=(value / PRICES[asset]).quantize(Decimal("0.00000001")),
        value_jpy=value,
        address=f"bc1{account}{random.randrange(3)}",
        counterparty=random.choice(["hosted", "unhosted"]),
        counterparty_vasp="OtherCo",
        purpose="own wallet",
    )


Learnt = Iterator[tuple[str, dict[str, Any]]]


def _books(random: Random, clients: int) -> Learnt:
    """Ninety days of ordinary clients: logins, deposits, trades, transfers, one check each, a daily balance."""
    for asset, price in PRICES.items():
        yield "reference_price", {"asset": asset, "quoted_at": NOW - timedelta(hours=1), "price_jpy": price, "source": "cutoff"}
    for number in range(clients):
        account, party = f"A{number}", f"P{number}"
        yield from _client(random, account, party)
        for _ in range(random.randrange(4, 16)):
            at = _before(random, 90)
            row = {"account_id": account, "occurred_at": at, "kind": "login", "device_id": f"D{number}", "ip": f"ip{number % 997}"}
            yield "account_event", row
        for _ in range(random.randrange(0, 6)):
            row = {"account_id": account, "occurred_at": _before(random, 90), "kind": "fiat_deposit"}
            yield "account_event", {**row, "amount_jpy": Decimal(random.randrange(10, 90) * 10_000), "remitter_name_matches": True}
        for each in range(random.randrange(0, 20)):
            yield "trade", _trade(random, f"X{number}-{each}", account, 90)
        for each in range(random.randrange(0, 8)):
            yield "transfer", _transfer(random, f"T{number}-{each}", account, 90)


def _heavy(random: Random, clients: int) -> Learnt:
    """One client who trades, moves and logs in all day, from an address on the network that everybody uses."""
    yield from _client(random, HEAVY, "P-HEAVY")
    for _number in range(HEAVY_EVENTS):
        row = {"account_id": HEAVY, "occurred_at": _before(random, 90), "kind": "login", "device_id": "D-HEAVY", "ip": "shared"}
        yield "account_event", row
    for number in range(0, clients, 2):
        row = {"account_id": f"A{number}", "occurred_at": _before(random, 90), "kind": "login", "device_id": f"D{number}"}
        yield "account_event", {**row, "ip": "shared"}
    for number in range(HEAVY_TRADES):
        yield "trade", _trade(random, f"XH{number}", HEAVY, 90)
    for number in range(HEAVY_TRANSFERS):
        yield "transfer", _transfer(random, f"TH{number}", HEAVY, 90)


def _client(random: Random, account: str, party: str) -> Learnt:
    born_on = date(random.randrange(1945, 2006), random.randrange(1, 13), 5)
    yield "party", {"party_id": party, "kind": "individual", "country": "JP", "born_on": born_on}
    row = {"account_id": account, "party_id": party, "kind": "customer", "opened_at": _before(random, 2_000)}
    yield "account", {**row, "income_jpy": Decimal(5_000_000), "net_worth_jpy": Decimal(20_000_000)}
    check = {"check_id": f"C{account}", "party_id": party, "checked_at": NOW - timedelta(days=2_000), "kind": "ordinary"}
    yield "customer_check", check
    for asset, quantity in (("BTC", "0.4"), ("ETH", "3"), ("JPY", "600000")):
        row = {"account_id": account, "asset": asset, "as_of_date": NOW.date() - timedelta(days=1), "quantity": Decimal(quantity)}
        yield "customer_balance", row


def _before(random: Random, days: int) -> datetime:
    return starts_at(NOW.date()) - timedelta(seconds=random.randrange(days * 86_400))


def _trade(random: Random, trade_id: str, account: str, days: int) -> dict[str, Any]:
    asset = random.choice(list(PRICES))
    row = {"trade_id": trade_id, "executed_at": _before(random, days), "instrument": f"{asset}/JPY", "price": PRICES[asset]}
    side = random.choice(["buy_account_id", "sell_account_id"])
    return {**row, "quantity": (Decimal(200_000) / PRICES[asset]).quantize(Decimal("0.00000001")), side: account}


def _transfer(random: Random, transfer_id: str, account: str, days: int) -> dict[str, Any]:
    asset, at = random.choice(list(PRICES)), _before(random, days)
    value = Decimal(int(random.lognormvariate(12.2, 1.1)))
    return {
        "transfer_id": transfer_id,
        "requested_at": at,
        "account_id": account,
        "direction": random.choice(["in", "out"]),
        "asset": asset,
        "quantity": (value / PRICES[asset]).quantize(Decimal("0.00000001")),
        "value_jpy": value,
        "address": f"bc1{account}{random.randrange(3)}",
        "counterparty": "unhosted",
        "released_at": at + timedelta(minutes=20),
        "status": "completed",
    }


if __name__ == "__main__":
    main()
