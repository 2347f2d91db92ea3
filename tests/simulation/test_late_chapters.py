"""Chapters that are played after all the others: they do what the key says, and leave the others' cast alone."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest

from sekisho.simulation import Options, simulate
from sekisho.simulation.schemes import large_transaction, programme, pump_onset, suspended_asset

SMALL = Options(seed=12, days=3, accounts=400, instruments=6, orders=40_000, history=5)
LATE = (large_transaction, pump_onset, suspended_asset)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small exchange with everything planted."""
    out = tmp_path_factory.mktemp("late") / "records"
    simulate(SMALL, out)
    return out


def key(folder: Path, *chapters: ModuleType) -> list[dict[str, object]]:
    """The lines of an answer key that are of these chapters."""
    rules = {chapter.RULE for chapter in chapters}
    return [row for row in pq.read_table(folder / "answer_key.parquet").to_pylist() if row["rule"] in rules]


def table(folder: Path, name: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pq.read_table(folder / f"{name}.parquet").to_pylist()
    return rows


@pytest.mark.parametrize("chapter", LATE)
def test_each_late_chapter_is_played(exchange: Path, chapter: ModuleType) -> None:
    kinds = {row["kind"] for row in key(exchange, chapter)}
    assert kinds == {"planted", "look_alike"}, SMALL.seed


def test_the_others_are_cast_as_if_there_were_no_late_chapter(
    exchange: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {chapter.RULE for chapter in LATE}
    others = tuple(chapter for chapter in programme.chapters() if chapter.RULE not in names)
    monkeypatch.setattr(programme, "chapters", lambda: others)
    simulate(SMALL, tmp_path / "without")

    def cast(folder: Path) -> set[tuple[object, ...]]:
        rules = {chapter.RULE for chapter in others}
        lines = pq.read_table(folder / "answer_key.parquet").to_pylist()
        drawn = [row for row in lines if row["rule"] in rules and row["kind"] == "planted"]
        return {(row["rule"], row["pattern"], row["severity"], row["subjects"], row["instrument"]) for row in drawn}

    with_late, without = cast(exchange), cast(tmp_path / "without")
    assert len(with_late ^ without) <= len(without) // 20  # a scheme may meet nobody where the flow differs


def test_after_the_end_of_handling_only_the_planted_orders_come(exchange: Path) -> None:
    (pair,) = [row for row in table(exchange, "instrument") if row["listed_until"] is not None]
    ends = pair["listed_until"]
    assert isinstance(ends, datetime)
    events = [row for row in table(exchange, "order_event") if row["instrument"] == pair["instrument"]]
    late = {row["event_id"] for row in events if row["occurred_at"] >= ends and row["action"] in {"new", "replace"}}  # type: ignore[operator]
    assert late, SMALL.seed
    lines = key(exchange, suspended_asset)
    named = {
        kind: {each["id"] for line in lines if line["kind"] == kind for each in line["evidence"] if each["table"] == "order_event"}  # type: ignore[attr-defined]
        for kind in ("planted", "look_alike")
    }
    assert late <= named["planted"]
    assert not late & named["look_alike"]
    assert any(row["occurred_at"] >= ends and row["event_id"] in named["look_alike"] for row in events) or all(  # type: ignore[operator]
        line["pattern"] != "withdraws_afterwards" for line in lines
    )


def test_planted_plans_reach_a_fifth_of_the_issue_and_no_single_look_alike_does(exchange: Path) -> None:
    issued = {row["asset"]: row["issued_supply"] for row in table(exchange, "asset")}
    plans = {row["plan_id"]: row for row in table(exchange, "stated_plan")}
    for line in key(exchange, large_transaction):
        own = [plans[each["id"]] for each in line["evidence"]]  # type: ignore[attr-defined]
        part = [Decimal(str(plan["quantity"])) / Decimal(str(issued[plan["asset"]])) for plan in own]
        if line["kind"] == "planted":
            assert sum(part) >= Decimal(str(large_transaction.LARGE))
        else:
            assert max(part) < Decimal(str(large_transaction.LARGE))


def test_a_called_crowd_buys_within_seconds_and_the_price_rises(exchange: Path) -> None:
    trades = table(exchange, "trade")
    for line in key(exchange, pump_onset):
        if line["kind"] == "planted":
            named = {each["id"] for each in line["evidence"] if each["table"] == "trade"}  # type: ignore[attr-defined]
            bought = sorted(
                (t["executed_at"], t["price"]) for t in trades if t["trade_id"] in named and t["aggressor_side"] == "buy"
            )
            times = [at for at, _price in bought]
            most = max(sum(1 for at in times if 0 <= (at - start).total_seconds() <= 45) for start in times)  # type: ignore[operator]
            assert most >= 20, line
            assert max(price for _at, price in bought) > bought[0][1]  # type: ignore[operator]
