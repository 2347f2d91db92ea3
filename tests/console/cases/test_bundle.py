"""The bundle of a case: verified offline by the program it carries and by the command, whole, and honest about what it lacks."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest
from django.test import Client
from pypdf import PdfReader
from typer.testing import CliRunner

from sekisho.cli import app
from sekisho.console.cases import register, work
from sekisho.console.cases.models import Bundle, Case, Evidence
from sekisho.console.journal.chain import Line, check_of
from sekisho.console.people.actor import Actor

Browser = Callable[[str], Client]
As = Callable[[str], Actor]


def sent(client: Client, where: str, **body: Any) -> Any:
    return client.post(f"/api{where}", data=json.dumps(body), content_type="application/json")


def made(client: Client, case: Case, folder: Path) -> tuple[Path, dict[str, bytes], dict[str, Any]]:
    """A bundle, taken out and unpacked: its place, its files, what the act told."""
    told = sent(client, f"/cases/{case.case_id}/bundle/", why="to the SRO").json()
    taken = client.post(f"/cases/{case.case_id}/bundle/{told['bundle']}/take/", {"why": "to the SRO"})
    place = folder / "bundle.zip"
    place.write_bytes(taken.content)
    assert hashlib.sha256(taken.content).hexdigest() == told["sha256"]
    with zipfile.ZipFile(io.BytesIO(taken.content)) as opened:
        return place, {name: opened.read(name) for name in opened.namelist()}, told


@pytest.fixture
def worked(make_alert: Any, actor: As) -> Case:
    """A case with all that a case has."""
    make_alert("F1")
    make_alert("F2")
    case = work.open_case(actor("compliance"), ["F1", "F2"], words="First look")
    work.unjoin(actor("compliance"), case.case_id, "F2", "Another matter")
    work.narrate(actor("compliance"), case.case_id, ("He sold to himself.", "自己に売却した。"), 0)
    register.add_file(actor("compliance2"), case.case_id, "document", "statement.txt", b"I did it.", obtained="the client")
    return case


def test_without_books_the_case_file_is_whole_and_says_what_is_missing(worked: Case, browser: Browser, tmp_path: Path) -> None:
    place, files, told = made(browser("supervisor"), worked, tmp_path)
    assert CliRunner().invoke(app, ["evidence", "verify", str(place), "--seal", told["seal"]]).exit_code == 0
    assert files["case/narrative_ja.md"].decode() == "自己に売却した。"
    assert files[f"files/{Evidence.objects.get().pk}_statement.txt"] == b"I did it."
    assert json.loads(files["case/alerts.json"])[0]["alert_id"] == "F1"
    assert "no books" in told["missing"]
    assert "no books" in files["README.md"].decode()
    custody = [json.loads(line)["action"] for line in files["custody.jsonl"].decode().splitlines()]
    assert custody == ["received", "exported", "sealed"]
    assert [link.did for link in Evidence.objects.get().handled.all()] == ["received", "packed"]


def test_each_line_of_its_journal_proves_itself(worked: Case, browser: Browser, tmp_path: Path) -> None:
    _place, files, _told = made(browser("supervisor"), worked, tmp_path)
    lines = [json.loads(text) for text in files["case/journal.jsonl"].decode().splitlines()]
    for told in lines:
        before = told.pop("before")
        line = msgspec.convert(told, Line)
        assert check_of(line, before) == line.check
    acts = {line["act"] for line in lines}
    assert acts >= {"open a case", "take an alert out of a case", "write the narrative", "add evidence"}
    assert {line["kind"] for line in lines} >= {"case", "casealert", "note", "evidence", "handled"}


def test_a_changed_bundle_is_found(worked: Case, browser: Browser, tmp_path: Path) -> None:
    place, files, _told = made(browser("supervisor"), worked, tmp_path)
    files["case/narrative_en.md"] = b"He did nothing."
    with zipfile.ZipFile(place, "w") as changed:
        for name, content in files.items():
            changed.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    answer = CliRunner().invoke(app, ["evidence", "verify", str(place)])
    assert answer.exit_code == 1
    assert "narrative_en.md" in answer.output


def test_the_summary_reads_in_both_languages(worked: Case, browser: Browser) -> None:
    for language, word in (("en", "Evidence register"), ("ja", "証拠台帳")):
        answer = browser("auditor").get(f"/cases/{worked.case_id}/summary.pdf", headers={"accept-language": language})
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
        assert word in text
        assert worked.case_id in text
    assert browser("operations").get(f"/cases/{worked.case_id}/summary.pdf").status_code == 403


def test_a_bundle_needs_a_reason_and_somebody_who_may(worked: Case, browser: Browser) -> None:
    where = f"/cases/{worked.case_id}/bundle/"
    assert sent(browser("supervisor"), where, why="").status_code == 422
    assert sent(browser("sro"), where, why="mine").status_code == 403
    assert not Bundle.objects.exists()
    told = sent(browser("audit"), where, why="yearly audit").json()
    assert sent(browser("sro"), f"{where}{told['bundle']}/take/", why=" ").status_code == 422
    assert browser("sro").post(f"{where}{told['bundle']}/take/", {"why": "received"}).status_code == 200
    assert sent(browser("sro"), f"{where}999/take/", why="x").status_code == 422


@pytest.fixture
def of_inspection(inspected: Path, make_alert: Any, actor: As, settings: Any) -> Case:
    """A case of the first finding of an inspection, its run.json in the register, its books set."""
    settings.CHOSEN = msgspec.structs.replace(settings.CHOSEN, books=inspected / "books")
    row = pq.read_table(inspected / "result" / "findings.parquet").to_pylist()[0]
    given = {name: row[name] or "" for name in ("instrument", "asset")}
    same = ("rule", "regime", "as_of", "severity", "score", "subject_kind", "subject_id", "window_from", "window_until",
            "amount_jpy", "evidence", "summary_en", "summary_ja")  # fmt: skip
    given |= {name: row[name] for name in same}
    make_alert(row["finding_id"], parties=[], parameters=json.loads(row["parameters"]), **given)
    case = work.open_case(actor("compliance"), [row["finding_id"]])
    run = (inspected / "result" / "run.json").read_bytes()
    register.add_file(actor("compliance"), case.case_id, "run", "run.json", run, obtained="sekisho inspect")
    return case


def test_with_run_and_books_it_holds_records_rules_and_replays(of_inspection: Case, browser: Browser, tmp_path: Path) -> None:
    place, files, told = made(browser("supervisor"), of_inspection, tmp_path)
    assert told["missing"] == ""
    assert CliRunner().invoke(app, ["evidence", "verify", str(place), "--seal", told["seal"]]).exit_code == 0
    name = of_inspection.joined.get().alert_id
    assert {f"replay/{name}.csv", f"findings/{name}.json", "records/trade.csv", "report.html", "case/journal.jsonl"} <= files.keys()
    assert "rules/unfair_trading.wash_trading.md" in files


def test_books_that_moved_on_are_not_passed_off_as_those_inspected(
    of_inspection: Case, browser: Browser, tmp_path: Path, settings: Any
) -> None:
    import shutil

    moved = tmp_path / "moved"
    shutil.copytree(settings.CHOSEN.books, moved)
    trades = pq.read_table(moved / "trade.parquet")
    pq.write_table(trades.slice(0, trades.num_rows - 1), moved / "trade.parquet")
    settings.CHOSEN = msgspec.structs.replace(settings.CHOSEN, books=moved)
    _place, files, told = made(browser("supervisor"), of_inspection, tmp_path)
    assert "is not the table that was inspected" in told["missing"]
    assert not [name for name in files if name.startswith("records/")]


def test_the_penalty_page_says_what_the_command_says(of_inspection: Case, inspected: Path, browser: Browser) -> None:
    shown = browser("compliance").get(f"/api/cases/{of_inspection.case_id}/penalty/").json()["penalty"]["answer"]
    name = of_inspection.joined.get().alert_id
    asked = [
        "penalty",
        "--from-finding",
        name,
        "--result",
        str(inspected / "result"),
        "--records",
        str(inspected / "books"),
        "--json",
    ]
    assert shown == json.loads(CliRunner().invoke(app, asked).output)
    assert shown["analogy"]
    page = browser("compliance").get(f"/cases/{of_inspection.case_id}/penalty/", headers={"accept-language": "ja"})
    assert "参考値" in page.content.decode()
    assert date.fromisoformat(shown["act_on"])
