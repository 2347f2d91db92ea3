"""A hack without fault under each law: may the reserve be used for it, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa

from sekisho.engine.answers import Outcome
from sekisho.engine.controls import load_control
from sekisho.engine.requests import ReserveUseRequest
from sekisho.engine.view import RecordsView
from sekisho.findings.sentence import say
from sekisho.records import records_of
from sekisho.rulebook import Regime, Rule, Rulebook
from sekisho.rulebook.texts import Text

RULES = ("liability_reserve/use", "liability_reserve/hack_compensation")
NO_RULE = Text("no rule: no reserve is asked for", "規律なし：責任準備金は求められていない")


def hack_by_regime(rulebook: Rulebook, amount_jpy: int, reserve_jpy: int, level_jpy: int | None) -> list[dict[str, Any]]:
    """What each regime that can judge says of a payment for a theft without fault.

    Where a regime leaves the level open the answer is undetermined; ``if_level`` then says what it would be were the level
    ``level_jpy`` and the reserve ``reserve_jpy`` (None: no level was estimated).
    """
    told = []
    for regime in rulebook.regimes.choosable():
        worst = _gravest(rulebook, regime, _request(regime, amount_jpy, max(reserve_jpy, amount_jpy)), None)
        assumed = None
        if worst is not None and worst.outcome is None and level_jpy is not None:
            assumed = _gravest(rulebook, regime, _request(regime, amount_jpy, reserve_jpy), Decimal(level_jpy))
        told.append(
            {
                "regime": regime.id,
                "status": regime.status,
                "analogy": worst is not None and worst.analogy,
                "answer": worst.name if worst else "no_rule",
                "sentence_en": (worst.sentence if worst else NO_RULE).en,
                "sentence_ja": (worst.sentence if worst else NO_RULE).ja,
                "if_level": assumed.name if assumed else None,
                "if_level_en": assumed.sentence.en if assumed else None,
                "if_level_ja": assumed.sentence.ja if assumed else None,
            }
        )
    return told


class _Said(NamedTuple):
    """What one rule says; ``outcome`` is None where it is undetermined."""

    outcome: Outcome | None
    sentence: Text
    analogy: bool

    @property
    def name(self) -> str:
        return "undetermined" if self.outcome is None else self.outcome.name


def _request(regime: Regime, amount_jpy: int, reserve_jpy: int) -> ReserveUseRequest:
    day = _day(regime)
    return ReserveUseRequest(
        use_id="hack",
        requested_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
        amount_jpy=Decimal(amount_jpy),
        purpose="outflow",
        reserve_jpy=Decimal(reserve_jpy),
    )


def _day(regime: Regime) -> date:
    day = regime.starts_on or regime.starts_by
    assert day is not None, "a regime that can be chosen has a day"
    return day


def _gravest(rulebook: Rulebook, regime: Regime, request: ReserveUseRequest, level: Decimal | None) -> _Said | None:
    """The gravest answer of both rules, undetermined above all. With a level, the rule that turns on it answers alone."""
    rules = RULES if level is None else RULES[-1:]
    said = [each for path in rules for each in _said(rulebook[path], regime, request, level)]
    return max(said, key=lambda each: len(Outcome) if each.outcome is None else each.outcome, default=None)


def _said(rule: Rule, regime: Regime, request: ReserveUseRequest, level: Decimal | None) -> Iterator[_Said]:
    day = _day(regime)
    holding = rule.holding(regime.id, day)
    if holding is None:
        return
    parameters = rule.parameters_in(regime.id, day, day, {} if level is None else {"required_jpy": level})
    if missing := parameters.missing():
        why = ", ".join(missing)
        text = Text(f"{rule.path} has no value for {why} under this law", f"この規律では{rule.path}の{why}に値がない")
        yield _Said(None, text, holding.analogy)
        return
    decide = load_control(rule).decide
    assert decide is not None, f"{rule.path} decides"
    for reason in decide(request, RecordsView(records_of(_NOTHING), request.requested_at), parameters):
        yield _Said(reason.outcome, say(rule.sentences[reason.sentence], reason.facts), holding.analogy)


_NOTHING: dict[str, pa.Table] = {}
