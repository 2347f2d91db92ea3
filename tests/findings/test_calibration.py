"""Calibration: counts, what a parameter adds and removes, and precision and recall against labels."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from sekisho.cli import app
from sekisho.engine.answers import Evidence
from sekisho.findings.finding import Finding
from sekisho.findings.labels import Label, interval, judge, read_labels
from sekisho.records import RecordsError
from sekisho.simulation import Options, simulate

RULE = "unfair_trading/layering"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small exchange with an answer key."""
    folder = tmp_path_factory.mktemp("books")
    simulate(Options(seed=5, days=1, accounts=400, instruments=2, history=1), folder)
    return folder


def calibrated(books: Path, *options: str) -> dict[str, Any]:
    """What the command says in JSON."""
    ran = CliRunner().invoke(app, ["calibrate", RULE, str(books), "--json", *options], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    told: dict[str, Any] = json.loads(ran.output)
    return told


def test_a_stricter_bar_only_takes_away_and_a_looser_one_only_adds(books: Path) -> None:
    told = calibrated(books, "--sweep", "score_min=0,0.99")
    loose, strict = told["candidates"]
    assert loose["no_longer_fired"] == []
    assert strict["newly_fired"] == []
    assert loose["findings"] >= told["reference"]["findings"] > strict["findings"]
    assert len(strict["no_longer_fired"]) == told["reference"]["findings"] - strict["findings"]
    assert sum(told["reference"]["score_histogram"]) == told["reference"]["findings"]
    assert told["reference"]["labels"]["cases"] > 0, "the answer key among the records is read by itself"


def test_labels_of_records_count_as_an_answer_key_does(books: Path, tmp_path: Path) -> None:
    key = read_labels(books / "answer_key.parquet")
    file = tmp_path / "labels.csv"
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(["table", "id", "scheme", "label"])
        for label in key:
            if label.rule == RULE:
                writer.writerows([table, id_, label.name, int(label.guilty)] for table, id_ in sorted(label.proof))
    by_key = calibrated(books)["reference"]["labels"]
    by_records = calibrated(books, "--labels", str(file))["reference"]["labels"]
    for told in (by_key, by_records):
        told["missed"] = sorted(case["case"] for case in told["missed"])
    names = ("cases", "found", "right", "recall", "look_alikes", "look_alikes_flagged", "missed")
    assert [by_records[name] for name in names] == [by_key[name] for name in names]
    assert by_records["wrong"] >= by_key["wrong"], "only an answer key can say that a finding rightly speaks of another rule's case"


def finding(rule: str, trade_id: str) -> Finding:
    """A finding that speaks of one trade."""
    at = datetime(2026, 6, 4, tzinfo=UTC)
    return Finding(
        finding_id="F1",
        rule=rule,
        regime="PSA-2026",
        as_of=at.date(),
        severity="medium",
        score=0.8,
        subject_kind="account",
        subject_id="A1",
        instrument="BTC/JPY",
        asset=None,
        window_from=at,
        window_until=at,
        amount_jpy=None,
        evidence=(Evidence("trade", trade_id),),
        parameters="{}",
        summary_en="",
        summary_ja="",
    )


def test_what_another_rule_calls_innocent_may_rightly_be_told() -> None:
    proof = frozenset({("trade", "T1")})
    innocent = Label(name="S1", rule="unfair_trading/ramping", guilty=False, proof=proof)
    rightly = replace(innocent, also=frozenset({"unfair_trading/high_participation"}))
    told = [finding("unfair_trading/high_participation", "T1")]
    assert judge(told, [innocent], "unfair_trading/high_participation").wrong == told
    not_counted = judge(told, [rightly], "unfair_trading/high_participation")
    assert (not_counted.findings, not_counted.wrong, not_counted.flagged) == (0, [], 0)
    by_own_rule = judge([finding("unfair_trading/ramping", "T1")], [rightly], "unfair_trading/ramping")
    assert by_own_rule.flagged_cases == [rightly], "of its own rule it stays innocent"


def test_both_forms_of_an_answer_key_read_alike(books: Path) -> None:
    assert read_labels(books / "answer_key.csv") == read_labels(books / "answer_key.parquet")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "neither scheme_id,rule,kind nor table,id"),
        ("table,id,label\ntrade,T1,maybe\n", "row 1, column 'label': 'maybe' is neither 0 nor 1"),
        ("table,id\ntrade,\n", "row 1: table or id is empty"),
    ],
)
def test_labels_that_cannot_be_used_are_refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RecordsError, match=said):
        read_labels(file)


def test_a_rule_that_cannot_run_is_not_called_quiet(tmp_path: Path, books: Path) -> None:
    only = tmp_path / "only"
    only.mkdir()
    (only / "trade.parquet").write_bytes((books / "trade.parquet").read_bytes())
    ran = CliRunner().invoke(app, ["calibrate", RULE, str(only)])
    assert "cannot be calibrated on these records: not inspected: no order_event" in str(ran.exception)


@given(st.integers(0, 200), st.integers(1, 200))
def test_the_interval_holds_the_share_and_narrows_with_more_trials(hits: int, of: int) -> None:
    hits = min(hits, of)
    low, high = interval(hits, of) or (0.0, 0.0)
    assert 0 <= low <= hits / of <= high <= 1
    wider = interval(10 * hits, 10 * of) or (0.0, 0.0)
    assert wider[1] - wider[0] <= high - low
