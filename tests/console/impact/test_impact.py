"""The impact lab: a question is checked at once, worked out once by the same command line, survives crashes, and shows why."""

from __future__ import annotations

import fcntl
import io
import subprocess
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from console.asking import post
from sekisho.console.impact import asking, charts, results, running
from sekisho.console.impact.models import Study
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.people.models import Grant
from sekisho.console.registers.models import FirmValue
from sekisho.findings.progress_file import Noted, read_progress

Browser = Callable[[str], Client]
QUESTION = {
    "study_kind": "compare", "before": "PSA-2026", "after": "WG4-SEED", "rules": "transfers/cooling_off,transfers/fraud_warning",
    "assume": "transfers/cooling_off.days=7",
}  # fmt: skip
TABLES = {
    "account.csv": """account_id,party_id,kind,opened_at
A1,P1,customer,2026-09-17T00:00:00Z
A2,P2,customer,2020-01-01T00:00:00Z
A3,STAFF-COMPLIANCE,customer,2026-09-17T00:00:00Z
""",
    "transfer.csv": """\
transfer_id,requested_at,completed_at,account_id,direction,asset,quantity,value_jpy,address,counterparty,status
T1,2026-09-18T00:00:00Z,2026-09-18T01:00:00Z,A1,out,BTC,1,10000000,bc1a,unhosted,completed
T2,2026-09-19T00:00:00Z,2026-09-19T01:00:00Z,A2,out,BTC,1,10000000,bc1b,unhosted,completed
T3,2026-09-19T02:00:00Z,2026-09-19T03:00:00Z,A3,out,BTC,1,10000000,bc1c,unhosted,completed
""",
}


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Books beside the console, and no worker of its own: tests call ``work`` themselves."""
    folder = tmp_path / "books"
    folder.mkdir()
    for name, text in TABLES.items():
        (folder / name).write_text(text)
    settings.FOLDER = tmp_path
    settings.CHOSEN = msgspec.structs.replace(settings.CHOSEN, books=Path("books"))
    monkeypatch.setattr(running, "begin", lambda: None)
    return tmp_path


def test_a_regime_compared_from_the_question_to_its_causes(browser: Browser, lab: Path) -> None:
    key = post(browser("compliance"), "impact/ask/", **QUESTION).json()["study"]
    assert browser("auditor").get(f"/api/impact/{key}/").json()["study"]["state"] == "waiting"
    assert running.work() == 1
    told = browser("supervisor").get(f"/api/impact/{key}/").json()
    assert told["study"]["state"] == "done", told["study"]["said"]
    assert told["summary"]["counts"] == {"appears": 3}
    rules = {rule["rule"]: rule for rule in told["summary"]["rules"]}
    assert rules["transfers/cooling_off"]["causes"][0]["kind"] == "provision"
    assert rules["transfers/fraud_warning"]["after_words"] == "undetermined"
    assert any("fraud_warning" in each["why"] for each in told["summary"]["unanswered"]["after"])
    assert {each["rule"] for each in told["changes"]} == {"transfers/cooling_off"}
    assert all(each["causes"] for each in told["changes"])
    after = told["alerts"]["sides"][1]
    assert (after["all"], after["mean"]) == (3, 1.5), "three findings in two days"
    assert after["low"] < 1.5 < after["high"]
    assert sum(day["after"] for day in told["alerts"]["days"]) == 3
    gate = told["summary"]["gate"]["after"]
    assert (gate["asked"], gate["all"][0]["held"]) == (3, 3)
    assert gate["all"][0]["caught_share"] is None, "nothing is known to be misconduct"
    # Nobody reads of himself, in the list or in the file.
    own = browser("compliance").get(f"/api/impact/{key}/").json()["changes"]
    assert len(own) == 2
    assert len(told["changes"]) == 3
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(browser("compliance").get(f"/impact/{key}/?as=xlsx").streaming_content)))
    assert sheet.active.max_row == 3
    # The same question is not worked out twice; other books are other inputs.
    again = post(browser("supervisor"), "impact/ask/", **QUESTION).json()
    assert (again["study"], again["state"]) == (key, "done")
    (lab / "books" / "transfer.csv").write_text(TABLES["transfer.csv"].replace("bc1c", "bc1cc"))
    assert post(browser("supervisor"), "impact/ask/", **QUESTION).json()["study"] != key
    # Chapters and languages.
    with acting(SYSTEM, "t", effect="grant a role"):
        grant = Grant.objects.get(account__username="compliance2")
        grant.chapters = ["unfair_trading"]
        grant.save()
    assert browser("compliance2").get(f"/api/impact/{key}/").json()["changes"] == []
    page = browser("supervisor").get(f"/impact/{key}/", headers={"accept-language": "ja"}).content.decode()
    assert "熟慮期間" in page
    assert "仮定" in page
    assert "transfers/cooling_off.days=7" in page, "what is assumed is said"
    assert str(lab) not in page, "where things lie on the machine is not"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"before": "FIEA"}, "before"),
        ({"after": ""}, "after"),
        ({"study_kind": "guess"}, "study_kind"),
        ({"rules": "no/such"}, "rules"),
        ({"assume": "transfers/cooling_off.colour=red"}, "assume"),
        ({"vary": "transfers/cooling_off"}, "vary"),
        ({"as_of": "soon"}, "as_of"),
        ({"known": True}, "known"),
    ],
)
def test_what_cannot_be_worked_out_is_refused_at_once_with_the_field(browser: Browser, more: dict[str, Any], field: str) -> None:
    answer = post(browser("compliance"), "impact/ask/", **{**QUESTION, **more})
    assert answer.status_code == 422
    assert set(answer.json()["faults"]) == {field}
    assert not Study.objects.exists()


@pytest.mark.parametrize("role", ["audit", "sro", "investigator", "auditor", "operations", "administrator"])
def test_who_may_not_ask(browser: Browser, role: str) -> None:
    assert post(browser(role), "impact/ask/", **QUESTION).status_code == 403


def test_without_books_it_says_so(browser: Browser, settings: Any) -> None:
    settings.CHOSEN = msgspec.structs.replace(settings.CHOSEN, books=None)
    assert post(browser("compliance"), "impact/ask/", **QUESTION).status_code == 422
    settings.CHOSEN = msgspec.structs.replace(settings.CHOSEN, books=Path("gone"))
    assert post(browser("compliance"), "impact/ask/", **QUESTION).status_code == 422


def ends(code: int, printed: bytes, said: bytes = b"") -> Callable[..., Any]:
    def run(command: list[str], *, stdout: Any, **more: Any) -> Any:
        stdout.write(printed)
        return subprocess.CompletedProcess(command, code, b"", said)

    return run


def test_a_command_that_fails_says_why_and_can_be_asked_again(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    key = post(browser("compliance"), "impact/ask/", **QUESTION).json()["study"]
    monkeypatch.setattr(running.subprocess, "run", ends(2, b"", b"noise\nsekisho: the books are gone\n"))
    running.work()
    assert browser("compliance").get(f"/api/impact/{key}/").json()["study"]["said"] == "sekisho: the books are gone"
    assert post(browser("compliance"), f"impact/{key}/again/").status_code == 200
    assert Study.objects.get().state == "waiting"
    monkeypatch.setattr(running.subprocess, "run", ends(0, b"not json"))
    running.work()
    assert Study.objects.get().state == "failed", "what cannot be read is no result"


def test_a_study_left_running_by_a_crash_is_begun_again(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    post(browser("compliance"), "impact/ask/", **QUESTION)
    study = Study.objects.get()
    with acting(SYSTEM, "t"):
        study.state, study.started_at = "running", timezone.now()
        study.save()
    monkeypatch.setattr(running.subprocess, "run", ends(2, b"", b"x"))
    assert running.work() == 1
    assert Study.objects.get().state == "failed"


def test_one_works_at_a_time(browser: Browser) -> None:
    post(browser("compliance"), "impact/ask/", **QUESTION)
    with (running._place() / "lock").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert running.work() == 0
    assert Study.objects.get().state == "waiting"


def test_a_page_that_waits_fetches_itself_until_there_is_something_to_see(browser: Browser) -> None:
    key = post(browser("compliance"), "impact/ask/", **QUESTION).json()["study"]
    waiting = browser("auditor").get(f"/impact/{key}/").content.decode()
    assert f'hx-get="/impact/{key}/" hx-trigger="every 3s" hx-select="#content" hx-target="#content"' in waiting
    running.work()
    done = browser("auditor").get(f"/impact/{key}/").content.decode()
    assert "hx-trigger" not in done
    assert 'id="changes"' in done


def test_a_result_that_is_gone_is_not_shown_as_done(browser: Browser) -> None:
    key = post(browser("compliance"), "impact/ask/", **QUESTION).json()["study"]
    study = Study.objects.get()
    with acting(SYSTEM, "t"):
        study.state = "done"
        study.save()
    assert browser("compliance").get(f"/api/impact/{key}/").json()["lost"] is True
    assert post(browser("compliance"), f"impact/{key}/again/").status_code == 200


GATE = {
    "asked": 100, "asked_jpy": "1", "clients": 40, "rules_asked": 1, "ordinary": 90, "known": {"transfers/cooling_off": 4},
    "at_risk_jpy": "500", "open": ["transfers/x: no value"],
    "rules": [], "together": [
        {
            "rule": "together", "title_en": "all rules", "title_ja": "全規則", "warned": 0, "held": 10, "refused": 0, "alone": 10,
            "clients_delayed": 8, "yen_delayed": "1000", "median_delay_days": "3.0", "ordinary_stopped": 9,
            "own_cases_caught": None,
            "own_cases": None, "cases_caught": 3, "yen_protected": "400",
        }
    ],
}  # fmt: skip


def test_the_cost_of_the_gate_shows_who_waits_and_what_is_protected(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"study_kind": "gate-cost", "before": "WG4-SEED", "vary": "transfers/cooling_off.days=1,7"}
    key = post(browser("compliance"), "impact/ask/", **asked).json()["study"]
    ran: list[list[str]] = []

    def run(command: list[str], **more: Any) -> Any:
        ran.append(command)
        return ends(0, msgspec.json.encode(GATE))(command, **more)

    monkeypatch.setattr(running.subprocess, "run", run)
    running.work()
    assert ran[0][3] == "gate-cost"
    assert "transfers/cooling_off.days=1,7" in ran[0]
    row = browser("auditor").get(f"/api/impact/{key}/").json()["summary"]["gate"]["together"]["all"][0]
    assert (row["caught"], row["cases"], row["yen_protected"]) == (3, 4, "400")
    assert row["caught_share"]["low"] < 0.75 < row["caught_share"]["high"]
    assert row["ordinary_share"]["share"] == pytest.approx(0.1)
    for language in ("en", "ja"):
        page = browser("auditor").get(f"/impact/{key}/", headers={"accept-language": language}).content.decode()
        assert "75.0 %" in page
        assert "3 / 4" in page


def test_hours_are_those_of_the_firms_own_minutes(browser: Browser, lab: Path) -> None:
    key = post(browser("compliance"), "impact/ask/", **QUESTION).json()["study"]
    study = Study.objects.get()
    with acting(SYSTEM, "t"):
        study.state = "done"
        study.save()
    side = {"by_day": [2, 4], "all": 6, "mean": 3.0, "low": 1.1, "high": 6.5, "severities": {"high": 6}}
    summary = {
        "before": {"regime": "PSA-2026"}, "after": {"regime": "WG4-SEED"}, "counts": {}, "rules": [], "same": 0, "warnings": [],
        "gate": None, "alerts": {"days": ["2026-09-18", "2026-09-19"], "before": side, "after": side},
    }  # fmt: skip
    place = asking.folder_of(key)
    place.mkdir(parents=True)
    (place / results.SUMMARY).write_bytes(msgspec.json.encode(summary))
    assert browser("sro").get(f"/api/impact/{key}/").json()["alerts"]["sides"][0]["hours"] is None
    with acting(SYSTEM, "t", effect="set firm's value"):
        FirmValue(
            name="minutes_per_alert", value=Decimal(20), since=timezone.localdate() - timedelta(days=1), source="board"
        ).save()
    assert browser("sro").get(f"/api/impact/{key}/").json()["alerts"]["sides"][0]["hours"]["mean"] == 1.0
    assert browser("sro").get(f"/api/impact/{key}/?minutes=40").json()["alerts"]["sides"][0]["hours"]["mean"] == 2.0
    assert browser("sro").get(f"/api/impact/{key}/?minutes=-1").status_code == 422


def test_the_interval_of_a_mean_is_exact() -> None:
    low, high = results.mean_interval(10, 1)
    assert (round(low, 3), round(high, 3)) == (4.795, 18.39), "Garwood 1936"
    assert results.mean_interval(0, 2)[0] == 0.0


def test_bars_are_as_high_as_their_numbers() -> None:
    drawn = charts.bars(["2026-09-18", "2026-09-19"], [0, 4], [2, 8])
    heights = [bar["height"] for bar in drawn["bars"]]
    assert heights[0] == 0
    assert heights[3] == 2 * heights[1 + 1] == 4 * heights[1]
    assert drawn["lines"][-1]["text"] == "8"


def test_progress_is_kept_whole_in_its_file(tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    assert read_progress(file) is None
    noted = Noted(file)
    noted("rules", 1, 4)
    noted("rules", 4, 4)
    assert read_progress(file) == {"what": "rules", "done": 4, "of": 4}
    assert {each.name for each in tmp_path.iterdir()} == {"progress.json", "books"}
