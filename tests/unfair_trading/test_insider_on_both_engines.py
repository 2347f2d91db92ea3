"""Rules on facts and on orders at the door find the same on DuckDB and on Spark, to the last digit."""

from __future__ import annotations

import pytest

from rules.case import Case, cases_of
from sekisho.engine.run import Judged, RuleRun, run_rule
from sekisho.records import records_of
from sekisho.rulebook import load_rulebook

RULEBOOK = load_rulebook()
RULES = (
    "insider_dealing",
    "tipping",
    "large_transaction",
    "insider_suspicion",
    "restricted_list",
    "self_match",
    "suspended_asset",
    "front_running_gate",
)


def told(rule: str) -> Case:
    """The first worked example of a rule in which something is found."""
    return next(case for case in cases_of(RULEBOOK[f"unfair_trading/{rule}"]) if case.expect.get("findings"))


def run(case: Case, engine: str) -> RuleRun:
    regime, law_day = RULEBOOK.regime_on(case.regime, case.as_of)
    judged = Judged(regime=regime, law_day=law_day, as_of=case.as_of)
    return run_rule(case.rule, records_of(case.records, engine=engine), judged, (case.as_of, case.as_of), case.assume)


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("rule", RULES)
def test_duckdb_and_spark_agree(rule: str) -> None:
    case = told(rule)
    duckdb, spark = run(case, "duckdb"), run(case, "spark")
    assert duckdb.found, case.name
    assert spark.found == duckdb.found, case.name
