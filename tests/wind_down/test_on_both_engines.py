"""The rules on capital and on the end of an exchange answer the same on DuckDB and on Spark, over their own worked examples."""

from __future__ import annotations

import pytest

from rules.case import Case, cases_of
from sekisho.engine.run import Judged, RuleRun, japan_period, run_rule
from sekisho.records import records_of
from sekisho.rulebook import load_rulebook

RULEBOOK = load_rulebook()
RULES = (
    "capital/crypto_market_risk",
    "capital/daily_knowledge",
    "capital/net_assets_report",
    "capital/own_funds",
    "capital/ratio_filings",
    "wind_down/abandonment",
    "wind_down/administrator",
    "wind_down/closure_notice",
    "wind_down/domestic_holding_order",
    "wind_down/priority_right",
    "wind_down/return_of_assets",
    "wind_down/transfer_file",
    "wind_down/trust_payout",
)


def telling(path: str) -> Case:
    """The example of a rule that has most to say."""
    told = [case for case in cases_of(RULEBOOK.rules[path]) if set(case.expect) & {"findings", "amounts"}]
    return max(told, key=lambda case: sum(len(case.expect.get(name, ())) for name in ("findings", "amounts")))


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("path", RULES)
def test_the_same_on_both_engines(path: str) -> None:
    case = telling(path)
    here, there = (_answers(case, engine) for engine in ("duckdb", "spark"))
    assert here.found or here.amounts
    assert (here.state, here.found, here.amounts, here.obligations) == (there.state, there.found, there.amounts, there.obligations)


def _answers(case: Case, engine: str) -> RuleRun:
    records = records_of(case.records, engine=engine)
    regime, law_day = RULEBOOK.regime_on(case.regime, case.as_of)
    period = japan_period(records) or (case.as_of, case.as_of)
    return run_rule(case.rule, records, Judged(regime=regime, law_day=law_day, as_of=case.as_of), period, case.assume)
