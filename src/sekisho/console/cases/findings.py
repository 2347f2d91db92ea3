"""An alert as the finding it is, for what works on findings: the penalty, the replay of the book, the evidence package."""

from __future__ import annotations

import json
from typing import Any

from sekisho.cases import replay
from sekisho.cases.from_finding import NoTradesError, case_of
from sekisho.cases.penalty import penalty
from sekisho.console.alerts.models import Alert
from sekisho.console.cases.books import Books, asked
from sekisho.records import RecordsError
from sekisho.rulebook import RulebookError, load_rulebook


def finding_of(alert: Alert) -> dict[str, Any]:
    """The row of findings.parquet an alert is."""
    same = (
        "rule", "regime", "as_of", "severity", "score", "subject_kind", "subject_id", "window_from", "window_until", "amount_jpy",
        "evidence", "summary_en", "summary_ja",
    )  # fmt: skip
    return {
        "finding_id": alert.alert_id,
        "instrument": alert.instrument or None,
        "asset": alert.asset or None,
        "parameters": json.dumps(alert.parameters, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
        **{name: getattr(alert, name) for name in same},
    }


def replay_of(finding: dict[str, Any]) -> dict[str, Any] | None:
    """The book around a finding event by event, for the page's script; None without books or orders."""
    return asked(lambda there: _replay(there, finding))


def _replay(there: Books, finding: dict[str, Any]) -> dict[str, Any] | None:
    if "order_event" not in there.tables or not finding["instrument"]:
        return None
    key = ("replay", finding["instrument"], finding["window_from"], finding["window_until"], finding["subject_id"])

    def made() -> dict[str, Any]:
        records = there.of("order_event", "trade", "instrument")
        return replay.as_told(finding, replay.replays([finding], records)[finding["finding_id"]])

    return there.once(key, made)


def penalty_of(alert: Alert) -> dict[str, Any]:
    """What ``sekisho penalty`` answers for an alert, or why it cannot be computed (``why``)."""
    return asked(lambda there: _penalty(there, alert)) or {"why": None, "answer": None}


def _penalty(there: Books, alert: Alert) -> dict[str, Any]:
    def made() -> dict[str, Any]:
        records = there.of("trade", "account", "customer_balance", "publication", "fact_knowledge", "material_fact")
        try:
            case = case_of(finding_of(alert), records)
            return {"why": None, "answer": penalty(load_rulebook(), case)}
        except NoTradesError:
            return {"why": None, "answer": None, "no_trades": True}
        except (RecordsError, RulebookError) as error:
            return {"why": str(error), "answer": None}

    return there.once(("penalty", alert.alert_id), made)
