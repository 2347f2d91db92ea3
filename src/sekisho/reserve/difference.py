"""A hack without fault under each law: may the reserve be used for it, and what stands in the way."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from sekisho.engine.answers import Outcome
from sekisho.engine.controls import load_control
from sekisho.engine.requests import ReserveUseRequest
from sekisho.engine.view import RecordsView
from sekisho.findings.sentence import say
from sekisho.records import records_of
from sekisho.rulebook import Rulebook
from sekisho.rulebook.texts import Text

RULES = ("liability_reserve/use", "liability_reserve/hack_compensation")
NO_RULE = Text("no rule: no reserve is asked for", "規律なし：責任準備金は求められていない")


def hack_by_regime(rulebook: Rulebook, amount_jpy: int, reserve_jpy: int) -> list[dict[str, Any]]:
    """What each regime that can judge says of a payment for a theft without fault; undetermined where it leaves the level open."""
    told = []
    for regime in rulebook.regimes.choosable():
        day = regime.starts_on or regime.starts_by
        assert day is not None, "a regime that can be chosen has a day"
        reasons = [reason for path in RULES for reason in _reasons(rulebook, path, regime.id, amount_jpy, reserve_jpy)]
        worst = max(reasons, key=lambda each: each[0], default=None)
        told.append(
            {
                "regime": regime.id,
                "status": regime.status,
                "answer": "no_rule" if worst is None else "undetermined" if worst[1] is None else worst[1].name,
                "sentence_en": (worst[2] if worst else NO_RULE).en,
                "sentence_ja": (worst[2] if worst else NO_RULE).ja,
            }
        )
    return told


def _reasons(
    rulebook: Rulebook, path: str, regime_id: str, amount_jpy: int, reserve_jpy: int
) -> list[tuple[int, Outcome | None, Text]]:
    """The answers of one rule, each with its weight: undetermined outweighs every answer."""
    rule, regime = rulebook[path], rulebook.regimes[regime_id]
    day = regime.starts_on or regime.starts_by
    assert day is not None, "a regime that can be chosen has a day"
    if rule.holding(regime_id, day) is None:
        return []
    parameters = rule.parameters_in(regime_id, day, day, {})
    if missing := parameters.missing():
        why = ", ".join(missing)
        undetermined = Text(
            f"undetermined: {path} has no value for {why} in this regime", f"未確定：この規律では{path}の{why}に値がない"
        )
        return [(len(Outcome), None, undetermined)]
    request = ReserveUseRequest(
        use_id="hack",
        requested_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
        amount_jpy=Decimal(amount_jpy),
        purpose="outflow",
        reserve_jpy=Decimal(max(reserve_jpy, amount_jpy)),
    )
    decide = load_control(rule).decide
    assert decide is not None, f"{path} decides"
    view = RecordsView(records_of(_NOTHING), request.requested_at)
    return [
        (int(reason.outcome), reason.outcome, say(rule.sentences[reason.sentence], reason.facts))
        for reason in decide(request, view, parameters)
    ]


_NOTHING: dict[str, pa.Table] = {}
