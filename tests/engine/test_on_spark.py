"""Spark gives the same findings as DuckDB, from the same books, for every rule that runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sekisho.findings.finding import Finding
from sekisho.findings.inspection import Inspector, Question
from sekisho.records import open_records
from sekisho.rulebook import load_rulebook
from sekisho.simulation import Options, simulate

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spark") / "exchange"
    simulate(Options(seed=5, days=2, accounts=300, instruments=3, orders=20_000, history=21), folder)
    return folder


def inspected(folder: Path, engine: str) -> tuple[Finding, ...]:
    question = Question(as_of=None, assume=("transfers/cooling_off.days_new_account=3", "transfers/cooling_off.days_new_address=1"))
    return Inspector(load_rulebook(), open_records(folder, engine=engine)).inspect(question).findings


@pytest.mark.usefixtures("spark")
def test_spark_finds_the_same(exchange: Path) -> None:
    on_duckdb = inspected(exchange, "duckdb")
    on_spark = inspected(exchange, "spark")
    assert {f.rule for f in on_duckdb} >= {"unfair_trading/wash_trading", "client_assets/cold_storage"}
    assert on_spark == on_duckdb
