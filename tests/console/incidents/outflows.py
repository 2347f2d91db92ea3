"""An outflow as log forensics tells of it, and the incident opened from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from sekisho.console.incidents.models import Incident


def outflow(**changed: Any) -> bytes:
    """What 'sekisho outflow --json' writes, cut down to one event."""
    statement = {"en": "4 BTC left COLD-1.", "ja": "COLD-1から4 BTCが流出した。", "state": "known", "evidence": []}
    moved = {
        "txid": "t1",
        "occurred_at": "2026-06-01T04:02:11+00:00",
        "asset": "BTC",
        "from_address": "bc1qfirm",
        "to_address": "bc1qthief",
        "quantity": "4",
    }
    event = {
        "number": 1,
        "title": {"en": "Outflow of 4 BTC", "ja": "4 BTCの流出"},
        "first_at": "2026-06-01T04:02:11+00:00",
        "last_at": "2026-06-01T04:02:11+00:00",
        "kinds": ["substituted"],
        "quantities": {"BTC": "4"},
        "amount_jpy": "40000000",
        "not_valued": [],
        "outflows": [{"kind": "substituted", **moved}],
        "route": {
            "wallets": [{"wallet_id": "COLD-1", "tier": "cold", "signers_required": 1, "signers_total": 2}],
            "requesters": ["P-ASKED"],
            "approvers": ["P-APPROVED"],
            "signers": ["P-SIGNED"],
        },
        "trail": [{"hop": 0, **moved}],
        "ends": [{"asset": "BTC", "address": "bc1qthief", "quantity": "4", "why": "resting"}],
        "peel_chains": [],
        "merges": [],
        "clients": [{"asset": "BTC", "short": "3", "not_wholly_covered": 120}],
        "diverted_accounts": ["ACC-77"],
        "under_same_keys": [],
        "sections": [
            {"id": "summary", "title": {"en": "What happened", "ja": "事案の概要"}, "statements": [statement]},
            {
                "id": "timeline",
                "title": {"en": "Sequence", "ja": "時系列"},
                "statements": [
                    {
                        "en": "2026-06-01 13:02:11: outflow: 4 BTC to bc1qthief.",
                        "ja": "2026-06-01 13:02:11：流出。bc1qthiefへ4 BTC。",
                        "state": "known",
                        "evidence": [],
                    },
                    {"en": "Detection, stop of withdrawals.", "ja": "検知、出庫停止。", "state": "to_fill_in", "evidence": []},
                ],
            },
        ],
        "terms": [],
        **changed,
    }
    return json.dumps({"regime": "PSA-2026", "as_of": "2026-06-02", "gaps": [], "events": [event]}).encode()


def opened(browser: Callable[[str], Client], account: str = "compliance", known_at: str = "2026-06-02T10:00") -> Incident:
    """An incident opened from the logs, through the form."""
    answer = browser(account).post(
        "/incidents/open/outflow/",
        {"file": SimpleUploadedFile("incident.json", outflow()), "event": "1", "known_at": known_at, "known_by": "the desk"},
    )
    assert answer.status_code == 302, answer.content
    incident: Incident = Incident.objects.get()
    return incident
