"""The rules of transfers find the same on DuckDB and on Spark, to the last record of evidence, and the same twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from sekisho.records import Records, records_of
from sekisho.rulebook import load_rulebook
from transfers.test_twins_agree import TWINS
from transfers.twins import Twin, arrow, found_in, history

STR_DUE = Twin("transfers/str_due", assumed={"judging_days_max": 2, "filing_days_max": 1})
JUDGED = (*TWINS, STR_DUE)
SHAPES = ("shared_device", "enhanced_cdd", "str_due")
ON_SPARK = [twin for twin in JUDGED if twin.path.rpartition("/")[2] in SHAPES]
"""Every shape of question that the rules put to the books: joins of other accounts, unions, anti-joins, a table alone."""
FAST = next(twin for twin in TWINS if twin.path == "transfers/fast_in_and_out")
NOTHING_HELD = replace(FAST, assumed={**FAST.assumed, "value_jpy_min": 10**12})


def _tables(twins: Iterable[Twin]) -> set[str]:
    return {name for twin in twins for name in (*load_rulebook()[twin.path].needs, *load_rulebook()[twin.path].uses)}


@pytest.fixture(scope="module")
def on_duckdb() -> Records:
    return records_of(arrow(history(NOTHING_HELD, 7), _tables(JUDGED)))


@pytest.fixture(scope="module")
def on_spark(spark: None) -> Records:
    return records_of(arrow(history(NOTHING_HELD, 7), _tables(ON_SPARK)), engine="spark")


@pytest.mark.parametrize("twin", ON_SPARK, ids=lambda twin: twin.path)
def test_the_same_on_both_engines(twin: Twin, on_duckdb: Records, on_spark: Records) -> None:
    assert found_in(twin, on_spark) == found_in(twin, on_duckdb)


@pytest.mark.parametrize("twin", JUDGED, ids=lambda twin: twin.path)
def test_the_same_twice(twin: Twin, on_duckdb: Records) -> None:
    found = found_in(twin, on_duckdb)
    assert found, "where nothing is held every rule is broken"
    assert found_in(twin, on_duckdb) == found
