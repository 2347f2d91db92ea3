"""A case with alerts, actors by the names of their accounts, and contents of every kind that have no fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone, translation

from sekisho.console.alerts.models import Alert
from sekisho.console.cases.models import Case, CaseAlert
from sekisho.console.filings import life
from sekisho.console.filings.models import Filing
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account

AT = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Each test begins in English, whatever page the one before asked for."""
    with translation.override("en"):
        yield


@pytest.fixture
def actor(people: dict[str, str]) -> Callable[[str], Actor]:
    """The actor behind the account of that name, now."""
    return lambda name: Actor.of(Account.objects.get(username=name), timezone.now())


@pytest.fixture
def case(people: dict[str, str]) -> Case:
    """A case about one party, with two alerts."""
    with acting(SYSTEM, "open a case"):
        opened = Case(
            case_id="C-1",
            title="Fast in and out",
            chapter="transfers",
            severity="high",
            rank=3,
            parties=["P-1"],
            opened_at=AT,
            opened_by="PERSON-COMPLIANCE",
            due_at=AT + timedelta(days=7),
        )
        opened.save()
        for number in (1, 2):
            alert = Alert(
                alert_id=f"F-{number}",
                rule="transfers/structuring",
                chapter="transfers",
                regime="PSA-2026",
                as_of=AT.date(),
                severity="high",
                rank=3,
                score=0.8,
                subject_kind="account",
                subject_id="A-1",
                asset="BTC",
                window_from=AT - timedelta(hours=number),
                window_until=AT,
                amount_jpy=Decimal("123456.7"),
                summary_en=f"Split number {number}.",
                summary_ja=f"分割その{number}。",
                raised_at=AT,
                due_at=AT,
            )
            alert.save()
            CaseAlert(case=opened, alert=alert, joined_at=AT).save()
    return opened


FIRM = {
    "firm_name": "関所取引所株式会社",
    "firm_address": "東京都千代田区1-1",
    "registration_number": "関東財務局長 第00000号",
    "representative": "代表取締役 森 薫",
    "contact": "compliance@example.invalid",
}
WHOLE: dict[str, dict[str, Any]] = {
    "suspicious-transaction": {
        "occurred_from": "2026-10-01 09:00",
        "occurred_until": "2026-10-02 18:30",
        "place": "インターネット取引",
        "business": "transfer",
        "transactions": [
            {
                "at": "2026-10-01 09:00",
                "what": "受領",
                "asset": "BTC",
                "quantity": "1.25",
                "jpy": "12500000",
                "to": "bc1q<example>&",
            },
            {"at": "2026-10-02 18:30", "what": "移転", "asset": "BTC", "quantity": "1.249", "jpy": "", "to": ""},
        ],
        "clients": [
            {
                "party_id": "P-1",
                "account_id": "A-1",
                "name": "試験 太郎",
                "address": "大阪府",
                "born_on": "1990-01-02",
                "purpose": "投資",
                "occupation": "会社員",
                "controller": "",
            }
        ],
        "reason": "受領した暗号資産を直ちに全額移転しており、犯罪による収益の疑いがある。\nReceived and sent on at once.",
        "attached": "",
    },
    "unfair-trading": {
        "addressee": "both",
        "suspected": "wash",
        "known_on": "2026-10-05",
        "trades": [
            {
                "alert_id": "F-1",
                "rule": "unfair_trading/wash_trading",
                "instrument": "BTC/JPY",
                "account_id": "A-1",
                "from": "2026-10-01 09:00",
                "until": "2026-10-01 10:00",
                "jpy": "1000000",
                "evidence": "12",
            }
        ],
        "facts": "同一人が売買双方となった。",
        "parties": "P-1",
        "measures": "照会、取引停止",
        "borrowed_name": "",
        "attached": "",
    },
    "misconduct": {
        "known_on": "2026-10-05",
        "office": "本店",
        "who": "従業員 甲（一般職）",
        "outline": "顧客情報の持出し",
        "from_on": "2026-09-01",
    },
    "client-property": {
        "period_from": "2026-07-01",
        "period_until": "2026-09-30",
        "figures_of": "2026-09-30",
        "money_at_end": "1234567890123456789",
        "assets": [
            {
                "asset": "BTC",
                "owed": "12.345678901234567890",
                "owed_jpy": "123456789",
                "self_managed_cold": "12",
                "self_managed_not_cold": "0.3",
                "guarantee_required": "0.3",
                "guarantee_cold": "0.3",
            }
        ],
        "attachments": [{"provision": "CAO 38(2)(ii)", "what": "残高証明書", "where": "添付"}],
    },
    "capital-ratio": {
        "notice": "month_end",
        "as_of": "2026-09-30",
        "basic_items": "2000",
        "supplementary_items": "100",
        "deductions": "500",
        "free_capital": "1600",
        "market_risk": "500",
        "counterparty_risk": "300",
        "basic_risk": "200",
        "risk": "1000",
        "ratio": "1.6",
    },
    "change-notice": {
        "subject": "assets",
        "asset": "XYZ",
        "before": "20銘柄",
        "after": "21銘柄",
        "reason": "取扱いの追加",
        "notified_on": "2026-10-01",
        "planned_on": "2026-11-01",
        "attachments": "概要説明書",
    },
    "closure-announced": {
        "event": "close",
        "extent": "whole",
        "planned_on": "2026-12-31",
        "noticed_on": "2026-12-01",
        "way": "gazette",
        "posted_on": "2026-12-01",
        "return_of_assets": "銀行振込及び指定アドレスへの移転",
        "attached": "官報の写し",
    },
    "closure": {
        "registered_on": "2020-05-01",
        "ground": "ended",
        "extent": "whole",
        "ended_on": "2026-12-31",
        "reason": "経営判断",
        "successor": "",
    },
}
_INCIDENT = {
    "incident_id": "I-1",
    "stage": "first",
    "known_at": "2026-10-01 10:00",
    "began_at": "2026-10-01 09:30",
    "state": "continues",
    "systems": "取引システム",
    "facts": "応答遅延",
    "business": "注文受付の遅延",
    "clients": "約1,000人",
    "personal_data": "none",
    "measures": "遮断",
}
WHOLE["incident"] = _INCIDENT
WHOLE["ddos"] = {**_INCIDENT, "attack": "reflection", "traffic": "12 Gbps", "lasted": "40分"}
WHOLE["ransomware"] = {
    **_INCIDENT,
    "ransom_note": "Pay us",
    "type": "both",
    "way_in": "VPN機器の脆弱性",
    "personal_data": "possible",
}


@pytest.fixture
def whole() -> Callable[[str], dict[str, Any]]:
    """A content of a kind without fault."""
    return lambda kind: {**FIRM, **WHOLE[kind]}


@pytest.fixture
def reviewed(actor: Callable[[str], Actor], whole: Callable[[str], dict[str, Any]]) -> Callable[..., Filing]:
    """A filing of a kind, written by compliance and reviewed by compliance2."""

    def make(kind: str, **begun: Any) -> Filing:
        filing = life.begin(actor("compliance"), kind, **begun)
        life.write(actor("compliance"), filing.pk, whole(kind), filing.version)
        assert life.validate(actor("compliance"), filing.pk) == {}
        return life.review(actor("compliance2"), filing.pk, 2)

    return make
