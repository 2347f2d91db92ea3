"""Intake: each finding becomes one alert once; bad input is refused whole, with one clear error."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from console.alerts.conftest import finding, write_run
from sekisho.console.alerts import trial
from sekisho.console.alerts.intake import TakenIn, take_in_run
from sekisho.console.alerts.models import Alert, AlertParty, Intake
from sekisho.console.journal.acting import SYSTEM
from sekisho.console.journal.models import Change
from sekisho.findings.finding import SCHEMA
from sekisho.records import RecordsError


def test_each_finding_becomes_an_alert_with_its_term(take_in: Callable[..., TakenIn]) -> None:
    friday = datetime(2026, 11, 27, 3, tzinfo=UTC)
    taken = take_in(finding(1), finding(2, severity="critical"), at=friday)
    assert (taken.findings, taken.taken, taken.known) == (2, 2, 0)
    high, critical = Alert.objects.order_by("alert_id")
    assert (high.state, high.chapter, high.rank, high.parties) == ("open", "unfair_trading", 3, ["P1"])
    assert critical.due_at == datetime(2026, 11, 30, 15, tzinfo=UTC), "the end of Monday in Japan"
    assert high.due_at == datetime(2026, 12, 2, 15, tzinfo=UTC), "three business days, the weekend not counted"
    assert high.parameters == {"score_min": "0.40"}


def test_taking_in_again_leaves_what_is_known_alone(take_in: Callable[..., TakenIn], actor: Any) -> None:
    from sekisho.console.alerts.working import claim

    take_in(finding(1))
    claim(actor("compliance"), finding(1)["finding_id"])
    taken = take_in(finding(1), finding(2))
    assert (taken.taken, taken.known) == (1, 1)
    assert Alert.objects.get(pk=finding(1)["finding_id"]).state == "claimed"


def test_another_run_of_the_same_scheme_says_so(take_in: Callable[..., TakenIn]) -> None:
    take_in(finding(1))
    take_in(finding(2, subject_id="P1"), finding(3, subject_id="P1", rule="unfair_trading/layering"))
    assert Alert.objects.get(pk=finding(2)["finding_id"]).earlier == finding(1)["finding_id"]
    assert Alert.objects.get(pk=finding(3)["finding_id"]).earlier == ""


def test_the_journal_names_the_file_by_its_hash(take_in: Callable[..., TakenIn], tmp_path: Path) -> None:
    take_in(finding(1), finding(2))
    digest = hashlib.sha256((tmp_path / "run1" / "findings.parquet").read_bytes()).hexdigest()
    line = Change.objects.get(kind="alert", field="taken in")
    assert (line.new["rows"], line.new["sha256"]) == (2, digest)
    assert Intake.objects.get().sha256 == digest


def test_a_subject_of_many_accounts_is_kept_whole(take_in: Callable[..., TakenIn]) -> None:
    accounts = "|".join(f"A{number:07d}" for number in range(400))
    take_in(finding(1, subject_kind="accounts", subject_id=accounts))
    take_in(finding(2, subject_kind="accounts", subject_id=accounts))
    alert = Alert.objects.get(pk=finding(2)["finding_id"])
    assert alert.subject_id == accounts
    assert alert.earlier == finding(1)["finding_id"]


def test_holders_of_accounts_and_of_evidence_are_found_in_the_books(take_in: Callable[..., TakenIn], tmp_path: Path) -> None:
    books = tmp_path / "books"
    books.mkdir()
    (books / "account.csv").write_text(
        "account_id,party_id,kind,opened_at\n"
        "A1,P10,customer,2020-01-01T00:00:00Z\nA2,P20,customer,2020-01-01T00:00:00Z\nA3,P30,staff,2020-01-01T00:00:00Z\n"
    )
    (books / "trade.csv").write_text(
        "trade_id,sequence,executed_at,instrument,price,quantity,buy_account_id,sell_account_id\n"
        "T1,1,2026-09-18T01:00:00Z,BTC/JPY,100,1,A1,A3\n"
    )
    take_in(finding(1, subject_kind="accounts", subject_id="A1|A2"), books=books)
    assert Alert.objects.get().parties == ["P10", "P20", "P30"]
    assert sorted(AlertParty.objects.values_list("party_id", flat=True)) == ["P10", "P20", "P30"]


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"severity": "awful"}, "severity", "not one of"),
    ({"score": float("nan")}, "score", "not a number"),
    ({"rule": "Wash Trading"}, "rule", "not the path of a rule"),
    ({"parameters": "{"}, "parameters", "not JSON"),
    ({"finding_id": ""}, "finding_id", "is empty"),
    ({"finding_id": "F" * 81}, "finding_id", "longer than 80"),
    ({"window_until": datetime(2026, 9, 1, tzinfo=UTC)}, "window_until", "before window_from"),
    ({"summary_ja": "a\0b"}, "summary_ja", "null character"),
    ({"evidence": [{"table": "trade", "id": ""}]}, "evidence", "without table or id"),
]


@pytest.mark.parametrize(("change", "column", "said"), BAD, ids=[column for _, column, _ in BAD])
def test_a_bad_value_refuses_the_whole_file(db: None, tmp_path: Path, change: dict[str, Any], column: str, said: str) -> None:
    folder = write_run(tmp_path / "run", [finding(1), finding(2, **change)])
    with pytest.raises(RecordsError) as told:
        take_in_run(folder, SYSTEM, timezone.now())
    assert told.value.column == column
    assert told.value.row == 2
    assert said in str(told.value)
    assert "findings.parquet" in str(told.value)
    assert not Alert.objects.exists()
    assert not Change.objects.filter(kind="alert").exists()


def test_what_is_bad_late_in_the_file_takes_back_what_came_before(db: None, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("sekisho.console.alerts.intake.ROWS", 2)
    rows = [finding(number) for number in range(5)]
    with pytest.raises(RecordsError, match="a second time"):
        take_in_run(write_run(tmp_path / "run", [*rows, finding(0)]), SYSTEM, timezone.now())
    assert not Alert.objects.exists()
    assert not Intake.objects.exists()


def test_a_missing_or_different_column_is_named(db: None, tmp_path: Path) -> None:
    table = pa.Table.from_pylist([finding(1)], schema=SCHEMA)
    folder = write_run(tmp_path / "run", [finding(1)])
    pq.write_table(table.drop_columns(["score"]), folder / "findings.parquet")
    with pytest.raises(RecordsError, match="column 'score': is missing"):
        take_in_run(folder, SYSTEM, timezone.now())
    as_text = table.set_column(table.schema.get_field_index("score"), "score", pa.array(["0.8"]))
    pq.write_table(as_text, folder / "findings.parquet")
    with pytest.raises(RecordsError, match="column 'score': holds string, not double"):
        take_in_run(folder, SYSTEM, timezone.now())


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (None, "cannot be read"),
        ("{", "is not what an inspection writes"),
        ('{"as_of": "2026-09-21", "findings": 1}', "does not say 'regime'"),
        (json.dumps({"regime": {"id": "PSA-2026"}, "as_of": "2026-09-21", "findings": 7}), "not of one inspection"),
    ],
)
def test_the_files_must_be_those_of_one_inspection(db: None, tmp_path: Path, run: str | None, said: str) -> None:
    folder = write_run(tmp_path / "run", [finding(1)])
    (folder / "run.json").unlink()
    if run is not None:
        (folder / "run.json").write_text(run)
    with pytest.raises(RecordsError, match=said):
        take_in_run(folder, SYSTEM, timezone.now())


def test_a_file_that_is_no_parquet_is_refused(db: None, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", [finding(1)])
    (folder / "findings.parquet").write_bytes(b"not parquet")
    with pytest.raises(RecordsError, match="cannot be read"):
        take_in_run(folder, SYSTEM, timezone.now())


def test_the_gravest_come_first_and_inside_a_severity_the_surer_and_the_larger(take_in: Callable[..., TakenIn]) -> None:
    from decimal import Decimal

    take_in(
        finding(1, severity="high", score=1.0, amount_jpy=Decimal(5)),
        finding(2, severity="high", score=1.0, amount_jpy=Decimal(500)),
        finding(3, severity="high", score=0.9999, amount_jpy=Decimal(10**12)),
        finding(4, severity="critical", score=0.1, amount_jpy=None),
        finding(5, severity="medium", score=1.0, amount_jpy=Decimal(10**13)),
    )
    order = Alert.objects.order_by("-priority").values_list("alert_id", flat=True)
    assert [int(alert_id[1:]) for alert_id in order] == [4, 2, 1, 3, 5]


def test_the_command_says_what_it_did(take_in: Callable[..., TakenIn], tmp_path: Path, monkeypatch: Any) -> None:
    from typer.testing import CliRunner

    from sekisho.console import commands

    monkeypatch.setattr(commands, "opened", lambda config: None)
    folder = write_run(tmp_path / "given", [finding(1, subject_kind="account", subject_id="A1")])
    said = CliRunner().invoke(commands.app, ["take-in", str(folder)])
    assert said.exit_code == 0, said.output
    assert "1 findings: 1 new alerts, 0 known already" in said.output
    assert "no conflict of interest shows" in said.output
    again = CliRunner().invoke(commands.app, ["take-in", str(folder), "--json"])
    assert json.loads(again.output)["known"] == 1


def test_terms_follow_the_firms_own_level(take_in: Callable[..., TakenIn], actor: Any) -> None:
    from sekisho.console.alerts.service_levels import propose_level
    from sekisho.console.approvals.four_eyes import decide

    at = timezone.now()
    today = timezone.localdate(at)
    proposal = propose_level(actor("compliance"), "unfair_trading", "high", 1, today, "the board wants it")
    decide(actor("supervisor"), proposal.pk, True)
    take_in(finding(1), finding(2, rule="capital/minimum"), at=at)
    own, general = Alert.objects.order_by("alert_id")
    assert own.due_at < general.due_at
    assert own.due_at - at < timedelta(days=12)


def test_for_trying_alerts_are_raised_after_the_acts_they_tell_of(db: None, tmp_path: Path) -> None:
    at = datetime(2026, 11, 27, 1, tzinfo=UTC)
    yesterday, tomorrow = at - timedelta(hours=10), at + timedelta(days=1)
    run = write_run(tmp_path / "run", [finding(1, window_until=yesterday), finding(2, window_until=tomorrow)])
    books = tmp_path / "books"
    books.mkdir()
    (books / "wallet_balance.csv").write_text("wallet_id,observed_at,quantity\nW1,2026-11-26T15:00:00.000000Z,6\n")
    trial.begin(trial.Trial(books=books, findings=run, at=at))
    assert set(Alert.objects.values_list("raised_at", flat=True)) == {yesterday}
