"""How long each rule on orders takes to answer from memory: ``python -m benchmarks.order_rules [--clients N] [--orders N]``.

The memory holds clients with balances, trades, checks and documents, the books of twenty pairs, limits, criteria, links and facts.
The reference beside it is the same loop over rules that answer nothing.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from sekisho.engine.controls import load_control
from sekisho.engine.memory import Memory
from sekisho.engine.requests import OrderRequest, Request, View
from sekisho.rulebook import Parameters, load_rulebook

NOW = datetime(2026, 6, 10, 3, tzinfo=UTC)
DAY = date(2026, 6, 10)
ASSETS = [f"C{number:02}" for number in range(20)]
ASSUMED: dict[str, dict[str, Any]] = {
    "suitability/risk_tolerance": {"confirm_share": Decimal("0.8"), "form_version": "v1"},
    "suitability/elderly": {"age_from": 75, "value_jpy_min": Decimal(1_000_000)},
    "suitability/price_collar": {"share_through": Decimal("0.1"), "share_away": Decimal("0.9")},
    "suitability/client_review": {"months_max": 12},
}
RULES = (
    *("order_limit", "holding_limit", "trading_start", "risk_tolerance", "minors", "elderly", "price_collar", "issuer_in_breach"),
    *("margin_leverage", "margin_call", "information_before_trading", "client_review"),
)
MARKET = ("restricted_list", "front_running_gate", "self_match", "suspended_asset")
Asked = tuple[str, Callable[..., Any], Parameters]


def rows(clients: int, chance: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the memory learns, table by table."""
    for number, asset in enumerate(ASSETS):
        pair = {"instrument": f"{asset}/JPY", "base_asset": asset, "quote_asset": "JPY"}
        yield (
            "instrument",
            {**pair, "tick_size": Decimal(1), "lot_size": Decimal("0.0001"), "listed_from": None, "listed_until": None},
        )
        yield "reference_price", {"asset": asset, "quoted_at": NOW, "price_jpy": Decimal(1000 * (number + 1)), "source": "S"}
    yield from _policies()
    for number in range(clients):
        yield from _client(number, chance)
    for number in range(clients // 50):
        link = {
            "party_id": f"P{number}",
            "linked_party_id": f"P{number + 1}",
            "relation": "household",
            "since": None,
            "until": None,
        }
        yield "party_link", link
    for number in range(50):
        fact = {"fact_id": f"F{number}", "asset": ASSETS[number % 20], "category": "issuer", "arose_at": NOW - timedelta(days=9)}
        yield "material_fact", {**fact, "direction": "up", "summary": "s"}
        for known in range(4):
            party = f"P{number * 17 + known}"
            yield "fact_knowledge", {"fact_id": f"F{number}", "party_id": party, "learned_at": NOW, "capacity": "issuer"}
    yield from _flow(clients, chance)


def _policies() -> Iterator[tuple[str, dict[str, Any]]]:
    common = {"since": date(2020, 1, 1), "until": None, "owner": "risk"}
    open_limit = {
        "product": None,
        "asset": None,
        "client_kind": None,
        "age_from": None,
        "age_until": None,
        "net_worth_jpy_until": None,
    }
    open_limit |= {"income_jpy_until": None, "experience": None, "risk_tolerance": None, "set_by": "firm", **common}
    for kind, most in (("order", 50_000_000), ("holding", 500_000_000)):
        yield "trading_limit", {**open_limit, "limit_id": f"{kind}0", "kind": kind, "limit_jpy": Decimal(most)}
        for number, word in enumerate(("none", "under 1 year")):
            limit = {"limit_id": f"{kind}x{number}", "kind": kind, "experience": word, "limit_jpy": Decimal(most // 5)}
            yield "trading_limit", {**open_limit, **limit}
        for number, asset in enumerate(ASSETS[:10]):
            limit = {"limit_id": f"{kind}a{number}", "kind": kind, "asset": asset, "limit_jpy": Decimal(most // 2)}
            yield "trading_limit", {**open_limit, **limit}
    open_criterion = {
        "product": None,
        "asset": None,
        "client_kind": None,
        "age_min": 18,
        "age_max": None,
        "net_worth_jpy_min": None,
    }
    open_criterion |= {"income_jpy_min": None, "experience": None, "risk_tolerance_min": None, "needs_check": True, **common}
    yield "trading_criterion", {**open_criterion, "criterion_id": "K0"}
    for number, asset in enumerate(ASSETS[:8]):
        yield (
            "trading_criterion",
            {**open_criterion, "criterion_id": f"K{number + 1}", "asset": asset, "income_jpy_min": Decimal(1)},
        )


def _client(number: int, chance: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    account, party = f"A{number}", f"P{number}"
    born = date(1930 + chance.randrange(75), 1 + number % 12, 1 + number % 28)
    yield "party", {"party_id": party, "kind": "individual", "country": "JP", "born_on": born, "registered_on": None}
    told = {
        "experience": chance.choice(("none", "over 3 years")),
        "net_worth_jpy": Decimal(9_000_000),
        "income_jpy": Decimal(5_000_000),
    }
    opened = {"account_id": account, "party_id": party, "kind": "customer", "opened_at": NOW - timedelta(days=500), **told}
    yield "account", {**opened, "closed_at": None, "risk_tolerance": "medium"}
    check = {"check_id": f"S{number}", "account_id": account, "checked_at": NOW - timedelta(days=30), "occasion": "periodic"}
    yield "suitability_check", {**check, "result": "suitable", "capacity_jpy": Decimal(9_000_000)}
    for document in ("nature_explanation", "transaction_information", "contract_information"):
        delivery = {"account_id": account, "document": document, "asset": None, "delivered_at": NOW - timedelta(days=400)}
        yield "document_delivery", delivery
    for asset in ("JPY", *chance.sample(ASSETS, 3)):
        balance = {
            "account_id": account,
            "asset": asset,
            "as_of_date": DAY - timedelta(days=1),
            "quantity": Decimal(chance.randrange(99)),
        }
        yield "customer_balance", balance


def _flow(clients: int, chance: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    for sequence in range(clients):
        number, at = chance.randrange(20), NOW - timedelta(seconds=clients - sequence)
        middle, side = 1000 * (number + 1), chance.choice(("buy", "sell"))
        away = chance.randrange(1, 90) * (number + 1)
        order = {"event_id": f"E{sequence}", "sequence": sequence, "occurred_at": at, "instrument": f"{ASSETS[number]}/JPY"}
        order |= {"order_id": f"O{sequence}", "account_id": f"A{chance.randrange(clients)}", "side": side, "action": "new"}
        price = Decimal(middle - away if side == "buy" else middle + away)
        yield "order_event", {**order, "order_type": "limit", "price": price, "quantity": Decimal(2)}
        if sequence % 4 == 0:
            trade = {"trade_id": f"T{sequence}", "sequence": sequence, "executed_at": at, "instrument": order["instrument"]}
            trade |= {"price": Decimal(middle), "quantity": Decimal(1), "buy_order_id": None, "sell_order_id": order["order_id"]}
            yield "trade", {**trade, "buy_account_id": f"A{chance.randrange(clients)}", "sell_account_id": order["account_id"]}


def requests(clients: int, orders: int, chance: random.Random) -> list[OrderRequest]:
    """Orders of random clients near the market, one in twenty on margin."""
    asked = []
    for number in range(orders):
        place, side = chance.randrange(20), chance.choice(("buy", "sell"))
        asked.append(
            OrderRequest(
                order_id=f"N{number}",
                received_at=NOW,
                account_id=f"A{chance.randrange(clients)}",
                instrument=f"{ASSETS[place]}/JPY",
                side=side,
                order_type="limit",
                quantity=Decimal(chance.randrange(1, 9)),
                price=Decimal(1000 * (place + 1) + chance.randrange(-20, 20)),
                product="margin" if number % 20 == 0 else "spot",
            )
        )
    return asked


def measured(asked: list[OrderRequest], memory: Memory, rules: list[Asked]) -> tuple[float, float, float]:
    """Microseconds of CPU for a decision, and of the clock at p50 and p99."""
    times = np.empty(len(asked))
    began = time.process_time()
    for place, request in enumerate(asked):
        start = time.perf_counter_ns()
        for _name, decide, p in rules:
            for _reason in decide(request, memory, p):
                pass
        times[place] = time.perf_counter_ns() - start
    spent = time.process_time() - began
    return spent / len(asked) * 1e6, *(float(np.percentile(times, q)) / 1000 for q in (50, 99))


def _nothing(_request: Request, _view: View, _p: Parameters) -> tuple[()]:
    return ()


def _asked(path: str) -> Asked:
    rule = load_rulebook()[path]
    regime = "WG-REPORT" if path == "suitability/issuer_in_breach" else "PSA-2026"
    decide = load_control(rule).decide
    assert decide is not None
    return path, decide, rule.parameters_in(regime, DAY, DAY, ASSUMED.get(path, {}))


def main() -> None:
    """Print the figures as a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--clients", type=int, default=100_000)
    options.add_argument("--orders", type=int, default=20_000)
    given = options.parse_args()
    chance, memory, learnt = random.Random(7), Memory(), 0
    began = time.process_time()
    for table, row in rows(given.clients, chance):
        memory.learn(table, row)
        learnt += 1
    spent, peak = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{learnt:,} rows learnt, {spent / learnt * 1e6:.1f} µs of CPU a row (making the row included), peak {peak:,.0f} MiB\n")
    asked = requests(given.clients, given.orders, chance)
    print("| rules | µs of CPU a decision | µs at p50 | µs at p99 |\n|---|---:|---:|---:|")
    alone = [_asked(f"suitability/{name}") for name in RULES] + [_asked(f"unfair_trading/{name}") for name in MARKET]
    for one in alone:
        print("| `{}` | {:.1f} | {:.1f} | {:.1f} |".format(one[0], *measured(asked, memory, [one])))
    print("| all {} together | {:.1f} | {:.1f} | {:.1f} |".format(len(alone), *measured(asked, memory, alone)))
    empty: list[Asked] = [("nothing", _nothing, alone[0][2])] * len(alone)
    print("| {} that answer nothing | {:.2f} | {:.2f} | {:.2f} |".format(len(alone), *measured(asked, memory, empty)))


if __name__ == "__main__":
    main()
