"""A small exchange with one finding of each kind, for the tests of the report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from sekisho.findings.finding import SCHEMA
from sekisho.findings.report import Consequence, ParameterInForce, Provision, RuleCard, Text
from sekisho.records import TABLES, Records, records_of

NOON = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
DAYS = tuple(date(2026, 4, 20) + timedelta(days=n) for n in range(12))
Row = dict[str, Any]


def at(seconds: float) -> datetime:
    """A moment after the start of the trading in the fixture."""
    return NOON + timedelta(seconds=seconds)


def books(engine: str = "duckdb", **replaced: Sequence[Row]) -> Records:
    """The exchange's records; a table may be replaced."""
    tables: dict[str, Sequence[Row]] = {
        "order_event": order_events(),
        "trade": trades(),
        "wallet": wallets(),
        "wallet_balance": wallet_balances(),
        "customer_balance": customer_balances(),
        "reference_price": prices(),
        "firm_balance": firm_balances(),
        **replaced,
    }
    return records_of({name: arrow(name, rows) for name, rows in tables.items()}, engine=engine)


def arrow(name: str, rows: Sequence[Row]) -> pa.Table:
    """Rows as the table of the contract, missing fields null."""
    schema = TABLES[name].arrow_schema
    return pa.Table.from_pylist([{field: row.get(field) for field in schema.names} for row in rows], schema=schema)


def order_events() -> list[Row]:
    """Three cycles of four layered sells that are pulled, and small genuine buys."""
    rows: list[Row] = []
    for cycle in range(3):
        for level in range(4):
            order, start = f"L{cycle}{level}", 5 + cycle * 20 + level * 0.5
            price, quantity = Decimal(15_002_000 + 1_000 * level), Decimal("4.5") + level
            rows += [_event(order, start, "new", price, quantity), _event(order, start + 9, "cancel", price, Decimal(0))]
    rows += [_event(f"G{cycle}", 10 + cycle * 20, "new", Decimal(15_000_000), Decimal("0.4"), "buy") for cycle in range(3)]
    rows.sort(key=lambda row: row["occurred_at"])
    return [{**row, "sequence": n, "event_id": f"E{n}"} for n, row in enumerate(rows, start=1)]


def _event(order: str, seconds: float, action: str, price: Decimal, quantity: Decimal, side: str = "sell") -> Row:
    return {
        "order_id": order,
        "occurred_at": at(seconds),
        "instrument": "BTC/JPY",
        "account_id": "A17",
        "side": side,
        "action": action,
        "order_type": "limit",
        "price": price,
        "quantity": quantity,
    }


def trades() -> list[Row]:
    """The market around the scheme, the scheme's own fills, and a ring of three accounts."""
    market = [_trade(f"M{n}", n, 15_000_500 - 300 * (n % 5), "A1", "A2", quantity="0.1") for n in range(80)]
    fills = [_trade(f"T{n}", 12 + 20 * n, 15_000_000, "A17", "A9", buy_order=f"G{n}", quantity="0.4") for n in range(3)]
    ring = [_trade(f"W{n}", 100 + n, 15_000_000, f"A3{n % 3}", f"A3{(n + 1) % 3}", quantity=f"{2 + n % 3}") for n in range(9)]
    rows = sorted([*market, *fills, *ring], key=lambda row: row["executed_at"])
    return [{**row, "sequence": 1_000 + n} for n, row in enumerate(rows)]


def _trade(name: str, seconds: float, price: int, buyer: str, seller: str, *, quantity: str, buy_order: str | None = None) -> Row:
    return {
        "trade_id": name,
        "executed_at": at(seconds),
        "instrument": "BTC/JPY",
        "price": Decimal(price),
        "quantity": Decimal(quantity),
        "buy_account_id": buyer,
        "sell_account_id": seller,
        "buy_order_id": buy_order,
        "aggressor_side": "buy",
    }


def wallets() -> list[Row]:
    """One hot and one cold wallet of customers, one of the firm's guarantee."""
    shared = {"asset": "BTC", "ever_online": False}
    return [
        {**shared, "wallet_id": "W-HOT", "address": "bc1qhot", "tier": "hot", "holder": "customer", "ever_online": True},
        {**shared, "wallet_id": "W-COLD", "address": "bc1qcold", "tier": "cold", "holder": "customer"},
        {**shared, "wallet_id": "W-OWN", "address": "bc1qown", "tier": "cold", "holder": "guarantee"},
    ]


def wallet_balances() -> list[Row]:
    """Balances at the end of each day: the hot share rises above the line, then the cold wallet falls short."""
    rows = []
    for n, day in enumerate(DAYS):
        moment = datetime(day.year, day.month, day.day, 14, 59, tzinfo=UTC)
        hot = Decimal(40 + 2 * n)
        cold = Decimal(960 - 2 * n - (25 if n >= 8 else 0))
        rows += [
            {"wallet_id": w, "observed_at": moment, "quantity": q} for w, q in (("W-HOT", hot), ("W-COLD", cold), ("W-OWN", hot))
        ]
    return rows


def customer_balances() -> list[Row]:
    """What two customers are owed, the same every day."""
    return [
        {"account_id": account, "asset": "BTC", "as_of_date": day, "quantity": Decimal(quantity)}
        for day in DAYS
        for account, quantity in (("A1", 400), ("A2", 600))
    ]


def prices() -> list[Row]:
    """One price a day."""
    return [
        {
            "asset": "BTC",
            "quoted_at": datetime(d.year, d.month, d.day, 14, 0, tzinfo=UTC),
            "price_jpy": Decimal(15_000_000),
            "source": "ref",
        }
        for d in DAYS
    ]


def firm_balances() -> list[Row]:
    """The firm's capital on the last day."""
    return [{"as_of_date": DAYS[-1], "item": "net_assets", "amount_jpy": Decimal(2_500_000_000)}]


def evidence(*names: tuple[str, str]) -> list[Row]:
    """Evidence as findings.parquet holds it."""
    return [{"table": table, "id": key} for table, key in names]


def finding(**told: Any) -> Row:
    """One row of findings.parquet."""
    return {
        "finding_id": "F1",
        "rule": "unfair_trading/layering",
        "regime": "PSA-2026",
        "as_of": date(2026, 5, 2),
        "severity": "high",
        "score": 0.82,
        "subject_kind": "account",
        "subject_id": "A17",
        "instrument": None,
        "asset": None,
        "window_from": at(5),
        "window_until": at(60),
        "amount_jpy": None,
        "evidence": evidence(("trade", "T0")),
        "parameters": "{}",
        "summary_en": "A finding.",
        "summary_ja": "指摘事項。",
        **told,
    }


def layering() -> Row:
    """The layering scheme of account A17."""
    orders = [("order", f"L{c}{level}") for c in range(3) for level in range(4)] + [("order", f"G{c}") for c in range(3)]
    return finding(
        finding_id="Flayering",
        instrument="BTC/JPY",
        amount_jpy=Decimal("18000000"),
        evidence=evidence(*orders, *(("trade", f"T{n}") for n in range(3))),
        parameters=json.dumps({"levels_min": "3", "cancel_share_min": "0.9", "_firm_set": ["levels_min"]}),
        summary_en="Account A17 stacked 12 sell orders over 4 levels in BTC/JPY, pulled them, and bought 1.2 BTC.",
        summary_ja="口座A17はBTC/JPYで4価格帯に12件の売注文を重ねて取り消し、1.2 BTCを買い付けた。",
    )


def wash() -> Row:
    """The ring of A30, A31 and A32."""
    return finding(
        finding_id="Fwash",
        rule="unfair_trading/wash_trading",
        severity="critical",
        score=0.97,
        subject_kind="account_group",
        subject_id="A30|A31|A32",
        instrument="BTC/JPY",
        window_from=at(100),
        window_until=at(109),
        amount_jpy=Decimal("405000000"),
        evidence=evidence(*(("trade", f"W{n}") for n in range(9))),
        summary_en="Accounts A30, A31 and A32, one beneficial owner, traded 27 BTC in a ring and ended flat.",
        summary_ja="実質的に同一の所有者に属する口座A30・A31・A32が27 BTCを循環売買し、持高は元に戻った。",
    )


def hot_share() -> Row:
    """Too much outside cold storage."""
    balances = [("wallet_balance", f"W-HOT|{d}T14:59:00.000000Z") for d in DAYS[6:]]
    return finding(
        finding_id="Fhot",
        rule="client_assets/cold_storage",
        severity="critical",
        score=0.2,
        subject_kind="exchange",
        subject_id="exchange",
        window_from=datetime(2026, 4, 25, 15, tzinfo=UTC),
        window_until=datetime(2026, 5, 1, 15, tzinfo=UTC),
        evidence=evidence(("wallet", "W-HOT"), *balances, ("customer_balance", "A1|BTC|2026-04-26")),
        parameters=json.dumps({"share_max": "0.05", "cutoff": "24:00", "price_source": "any", "price_age_seconds_max": "86400"}),
        amount_jpy=Decimal("180000000"),
        summary_en="6.2 % of customers' crypto-assets by yen value stood outside cold storage; at most 5 % is allowed.",
        summary_ja="2026年5月1日、円換算額の6.2％がコールドウォレット等の外で管理されていた（上限5％）。",
    )


def shortfall() -> Row:
    """The chain holds less than the ledger owes."""
    return finding(
        finding_id="Fgap",
        rule="client_assets/reconciliation",
        severity="high",
        score=0.6,
        subject_kind="asset",
        subject_id="BTC",
        asset="BTC",
        window_from=datetime(2026, 4, 27, 15, tzinfo=UTC),
        window_until=datetime(2026, 5, 1, 15, tzinfo=UTC),
        amount_jpy=Decimal("375000000"),
        evidence=evidence(("customer_balance", "A1|BTC|2026-04-28"), ("wallet_balance", "W-COLD|2026-04-28T14:59:00.000000Z")),
        summary_en="The wallets held 25 BTC less than the ledger owes customers from 28 April 2026.",
        summary_ja="2026年4月28日から、ウォレットの残高が利用者の帳簿残高を25 BTC下回った。",
    )


def capital() -> Row:
    """The ratio is below a threshold."""
    return finding(
        finding_id="Fcapital",
        rule="capital/adequacy_ratio",
        severity="medium",
        score=0.4,
        subject_kind="exchange",
        subject_id="exchange",
        evidence=evidence(("firm_balance", "2026-05-01|net_assets")),
        window_from=datetime(2026, 4, 30, 15, tzinfo=UTC),
        window_until=datetime(2026, 5, 1, 15, tzinfo=UTC),
        summary_en="The ratio was 131 % on 1 May 2026, below the 140 % from which it has to be notified.",
        summary_ja="2026年5月1日の比率は131％で、届出を要する140％を下回った。",
    )


def table(*rows: Row) -> pa.Table:
    """findings.parquet."""
    return pa.Table.from_pylist(list(rows), schema=SCHEMA)


def cards() -> dict[str, RuleCard]:
    """The cards of the rules that found something."""
    provision = Provision(
        document="PSA",
        provision="63-11(2)",
        url="https://laws.e-gov.go.jp/law/421AC0000000059",
        title=Text("Payment Services Act", "資金決済に関する法律"),
        quote="この場合において、当該暗号資産交換業者は、利用者の暗号資産を……管理しなければならない。",
    )
    fiea = Provision(
        document="FIEA",
        provision="185-24(1)",
        title=Text("Financial Instruments and Exchange Act", "金融商品取引法"),
        url="https://laws.e-gov.go.jp/law/323AC0000000025",
        quote="何人も、暗号資産売買等のうちいずれかの取引が繁盛に行われていると他人に誤解させる等の目的をもつて、次に掲げる行為をしてはならない。",
    )
    share = ParameterInForce(
        name="share_max",
        value=Decimal("0.05"),
        unit="share",
        set_by="law",
        source="CAO 27(2)",
        description=Text("Largest share outside cold storage", "コールドウォレット等以外の割合の上限"),
    )
    own_cap = ParameterInForce(name="own_cap", value=None, unit="share", set_by="firm", source="left to the firm")
    levels = ParameterInForce(name="levels_min", value=3, unit="count", set_by="firm", source="measured")
    cancels = ParameterInForce(
        name="cancel_share_min", value=Decimal("0.9"), unit="share", set_by="firm", source="measured", assumed=True
    )
    bands = tuple(
        ParameterInForce(name=name, value=Decimal(value), unit="percent", set_by="law", source="FIEA 46-6")
        for name, value in (("notify_below", "140"), ("order_below", "120"), ("suspend_below", "100"))
    )
    return {
        "client_assets/cold_storage": _card(
            "client_assets/cold_storage", Text("Cold storage", "コールドウォレット等による管理"), provision, (share, own_cap)
        ),
        "client_assets/reconciliation": _card(
            "client_assets/reconciliation", Text("Reconciliation", "帳簿と残高の照合"), provision
        ),
        "capital/adequacy_ratio": _card(
            "capital/adequacy_ratio", Text("Capital adequacy ratio", "自己資本規制比率"), provision, bands
        ),
        "unfair_trading/layering": _card(
            "unfair_trading/layering", Text("Layering and spoofing", "見せ玉"), fiea, (levels, cancels)
        ),
        "unfair_trading/wash_trading": _card("unfair_trading/wash_trading", Text("Wash trading", "仮装売買"), fiea),
    }


def _card(rule: str, title: Text, provision: Provision, parameters: tuple[ParameterInForce, ...] = ()) -> RuleCard:
    return RuleCard(
        rule=rule,
        chapter=rule.split("/")[0],
        title=title,
        provisions=(provision,),
        status="in_force",
        confidence="confirmed",
        statement=Text("What the rule asks for, in one sentence.", "規則が求めることを一文で示す。"),
        parameters=parameters,
        consequences=(
            Consequence(
                kind="administrative", text=Text("Business improvement order.", "業務改善命令"), document="PSA", provision="63-16"
            ),
        ),
        false_positives=(Text("A market maker that requotes both sides.", "両側の気配を更新するマーケットメイカー"),),
    )


def run(**told: Any) -> dict[str, Any]:
    """run.json of an inspection of this exchange."""
    rules = [
        {"rule": rule, "hash": f"{n:064x}", "state": "ran", "why": "", "findings": 1, "seconds": 0.1}
        for n, rule in enumerate(sorted(cards()))
    ]
    rules.append(
        {
            "rule": "transfers/cooling_off",
            "hash": "c0",
            "state": "undetermined",
            "findings": 0,
            "seconds": 0,
            "why": "transfers/cooling_off: no value for 'days' in regime PSA-2026; give --assume or another regime",
        }
    )
    rules.append(
        {
            "rule": "unfair_trading/insider",
            "hash": "c1",
            "state": "not_inspected",
            "why": "not inspected: no fact_knowledge",
            "findings": 0,
            "seconds": 0,
        }
    )
    return {
        "sekisho": "0.1.0",
        "as_of": "2026-05-02",
        "regime": {
            "id": "PSA-2026",
            "title_en": "Payment Services Act as amended by Act No. 66 of 2025",
            "title_ja": "資金決済に関する法律（令和7年法律第66号による改正後）",
            "status": "in_force",
            "with": ["FIEA", "G16"],
        },
        "records": {
            "folder": "demo",
            "tables": {"trade": {"rows": 92, "sha256": "ab" * 32}, "order_event": {"rows": 27, "sha256": "cd" * 32}},
        },
        "rules": rules,
        "amounts": [
            {
                "rule": "capital/adequacy_ratio",
                "name": "adequacy_ratio",
                "as_of": "2026-05-01",
                "value": "131",
                "unit": "percent",
                "band": "notify",
                "working": [
                    {"label": "basic items", "expression": "capital + reserves", "value": "2500000000"},
                    {"label": "risk", "expression": "market + counterparty + basic", "value": "1908396946"},
                ],
            },
        ],
        "obligations": [
            {
                "rule": "client_assets/reconciliation",
                "name": "close_shortfall",
                "due_on": "2026-05-11",
                "arose_on": "2026-04-28",
                "repeats": None,
                "because_en": "Close the shortfall within five business days.",
                "because_ja": "5営業日以内に不足を解消する。",
            },
            {
                "rule": "client_assets/cold_storage",
                "name": "return_to_cold_storage",
                "due_on": "2026-04-28",
                "arose_on": "2026-04-26",
                "repeats": None,
                "because_en": "Return the excess to cold storage.",
                "because_ja": "超過分をコールドウォレット等に戻す。",
            },
        ],
        "attestations": [
            {
                "rule": "listing/independent_review",
                "item_en": "The listing was reviewed independently.",
                "item_ja": "独立した審査を経た。",
                "evidence_en": "Minutes of the review.",
                "evidence_ja": "審査の議事録",
                "by": "risk_department",
                "independent_of": "sales",
                "every": "P1Y",
            },
        ],
        "assumed": {"unfair_trading/layering.cancel_share_min": "0.9"},
        "warnings": [],
        **told,
    }


def everything() -> pa.Table:
    """One finding of each kind."""
    return table(layering(), wash(), hot_share(), shortfall(), capital())
