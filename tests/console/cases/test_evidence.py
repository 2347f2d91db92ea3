"""The register of evidence: files by hash with their chain, records without what is personal, nothing taken out unseen."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from sekisho.console.cases import file_kinds, work
from sekisho.console.cases.models import Case, Evidence, Handled
from sekisho.console.cases.register import PERSONAL
from sekisho.console.desk import files
from sekisho.console.journal.acting import SYSTEM, NotTwoPeople, Unchangeable, acting
from sekisho.console.journal.models import Change
from sekisho.console.people.actor import Actor
from sekisho.records import TABLES

Browser = Callable[[str], Client]
PDF = b"%PDF-1.7\nstatement of the client\n"


def sent(client: Client, where: str, **body: Any) -> Any:
    return client.post(f"/api{where}", data=json.dumps(body), content_type="application/json")


def office_file(part: str, *more: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in ("[Content_Types].xml", part, *more):
            made.writestr(name, "x")
    return out.getvalue()


@pytest.fixture
def case(make_alert: Any, actor: Callable[[str], Actor]) -> Case:
    make_alert("F1")
    return work.open_case(actor("compliance"), ["F1"])


def upload(client: Client, case: Case, name: str, content: bytes, **given: str) -> Any:
    body = {"kind": "document", "obtained": "the client", **given, "file": SimpleUploadedFile(name, content)}
    return client.post(f"/cases/{case.case_id}/evidence/file/", body)


def as_json(client: Client, case: Case, name: str, content: bytes, **given: str) -> Any:
    body = {"kind": "document", "obtained": "the client", "name": name, "content": base64.b64encode(content).decode(), **given}
    return sent(client, f"/cases/{case.case_id}/evidence/file/", **body)


def test_a_file_is_kept_by_its_hash_and_its_chain_begins(case: Case, browser: Browser) -> None:
    assert upload(browser("compliance"), case, "statement.pdf", PDF, what="Statement").status_code == 302
    piece = Evidence.objects.get()
    assert (piece.sha256, piece.content_type, piece.size) == (hashlib.sha256(PDF).hexdigest(), "application/pdf", len(PDF))
    assert (files.place_of(piece.sha256)).read_bytes() == PDF
    assert [(link.did, link.by, link.why) for link in piece.handled.all()] == [("received", "PERSON-COMPLIANCE", "the client")]
    assert as_json(browser("compliance2"), case, "again.pdf", PDF).status_code == 422, "it is in the register already"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("statement.pdf", b"MZ\x90\x00program"),
        ("statement.txt", PDF),
        ("photo.png", b"\xff\xd8\xff\xe0jpeg"),
        ("page.html", b"<html><script>alert(1)</script>"),
        ("page.txt", b"<!DOCTYPE html><script>alert(1)</script>"),
        ("picture.svg", b"<svg onload='alert(1)'/>"),
        ("run.exe", b"MZ\x90\x00"),
        ("letter.docx", office_file("xl/workbook.xml")),
        ("letter.docx", b"PK\x03\x04 not a zip"),
        ("letter.docx", office_file("word/document.xml", "word/vbaProject.bin")),
        ("log.txt", b"\xff\xfe\x00binary"),
        ("empty.pdf", b""),
    ],
)
def test_what_is_not_what_its_name_says_is_not_taken_in(name: str, content: bytes, case: Case, browser: Browser) -> None:
    answer = as_json(browser("compliance"), case, name, content)
    assert answer.status_code == 422
    assert set(answer.json()["faults"]) == {"file"}
    assert not Evidence.objects.exists()


def test_too_large_no_kind_no_origin_and_readers_are_refused(case: Case, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert as_json(browser("compliance"), case, "a.pdf", PDF, kind="rumour").status_code == 422
    assert as_json(browser("compliance"), case, "a.pdf", PDF, obtained=" ").status_code == 422
    broken = {"kind": "document", "obtained": "x", "name": "a.pdf", "content": "&&"}
    assert sent(browser("compliance"), f"/cases/{case.case_id}/evidence/file/", **broken).status_code == 422
    assert as_json(browser("audit"), case, "a.pdf", PDF).status_code == 403
    monkeypatch.setattr(file_kinds, "BYTES_MAX", 8)
    assert as_json(browser("compliance"), case, "a.pdf", PDF).status_code == 422
    assert not Evidence.objects.exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\tmp\\memo.txt", "memo.txt"),
        ('a"\r\nX: y.txt', "a_ _X_ y.txt"),
        ("供述書.txt", "供述書.txt"),
    ],
)
def test_names_carry_no_folder_and_break_no_header(given: str, kept: str, case: Case, browser: Browser) -> None:
    assert as_json(browser("compliance"), case, given, b"words").status_code == 200
    piece = Evidence.objects.get()
    assert "/" not in piece.name
    assert "\n" not in piece.name
    if "\r" not in given:
        assert piece.name == kept
    answer = browser("compliance").post(f"/cases/{case.case_id}/evidence/{piece.pk}/take/", {"why": "read it"})
    assert answer["Content-Disposition"].startswith("attachment; filename*=UTF-8''")


def test_nothing_is_taken_out_without_a_reason_and_a_link_of_the_chain(case: Case, browser: Browser) -> None:
    as_json(browser("compliance"), case, "statement.pdf", PDF)
    piece = Evidence.objects.get()
    where = f"/cases/{case.case_id}/evidence/{piece.pk}/take/"
    assert browser("auditor").get(where).status_code == 405, "it is an act, not a page"
    assert sent(browser("auditor"), where, why=" ").status_code == 422
    assert sent(browser("operations"), where, why="curious").status_code == 403
    assert Handled.objects.count() == 1
    answer = browser("auditor").post(where, {"why": "yearly audit"})
    assert answer.content == PDF
    assert answer["X-Content-SHA256"] == piece.sha256
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert Handled.objects.order_by("-pk")[0].why == "yearly audit"
    assert Change.objects.filter(act="take evidence out", person="PERSON-AUDITOR", reason="yearly audit").exists()


def test_a_file_of_another_case_is_not_had_through_this_one(case: Case, make_alert: Any, actor: Any, browser: Browser) -> None:
    as_json(browser("compliance"), case, "statement.pdf", PDF)
    make_alert("F2", parties=["STAFF-AUDITOR"])
    other = work.open_case(actor("compliance"), ["F2"])
    as_json(browser("compliance"), other, "secret.pdf", PDF + b"2")
    secret = Evidence.objects.get(case=other)
    assert sent(browser("auditor"), f"/cases/{case.case_id}/evidence/{secret.pk}/take/", why="look").status_code == 422
    assert sent(browser("auditor"), f"/cases/{other.case_id}/evidence/{secret.pk}/take/", why="look").status_code == 403


def test_a_file_changed_behind_our_back_is_told_and_not_given_out(case: Case, browser: Browser) -> None:
    as_json(browser("compliance"), case, "statement.pdf", PDF)
    piece = Evidence.objects.get()
    place: Path = files.place_of(piece.sha256)
    place.chmod(0o640)
    place.write_bytes(PDF.replace(b"client", b"nobody"))
    where = f"/cases/{case.case_id}/evidence/{piece.pk}/take/"
    assert "has been changed" in sent(browser("compliance"), where, why="look").json()["error"]
    place.unlink()
    assert "not where it was kept" in sent(browser("compliance"), where, why="look").json()["error"]


def test_evidence_and_its_chain_never_change(case: Case, browser: Browser) -> None:
    as_json(browser("compliance"), case, "statement.pdf", PDF)
    for row in (Evidence.objects.get(), Handled.objects.get()):
        for change, refused in ((row.save, Unchangeable), (row.delete, NotTwoPeople)):
            with acting(SYSTEM, "cheat"), pytest.raises(refused):
                change()


def test_a_record_is_registered_as_it_is_without_what_is_personal(case: Case, small_books: Path, browser: Browser) -> None:
    where = f"/cases/{case.case_id}/evidence/record/"
    for table, key in (("trade", "T1"), ("account", "A1"), ("transfer", "X1"), ("order", "O1")):
        assert sent(browser("compliance"), where, table=table, record_id=key, why="it proves").status_code == 200, table
    told = {piece.table: piece.content[0] for piece in Evidence.objects.all()}
    assert told["trade"]["price"] == "100"
    assert told["account"] == {"account_id": "A1", "party_id": "P1", "kind": "customer", "opened_at": "2026-06-10T01:00:00+00:00"}
    assert "travel_rule_payload" not in told["transfer"]
    piece = Evidence.objects.get(table="trade")
    taken = browser("compliance").post(f"/cases/{case.case_id}/evidence/{piece.pk}/take/", {"why": "look"})
    assert hashlib.sha256(taken.content).hexdigest() == piece.sha256
    assert "Yamada" not in "".join(str(line) for line in Change.objects.values_list("new", flat=True))


@pytest.mark.parametrize("given", [("trade", "T99"), ("horoscope", "1"), ("trade", "T1")])
def test_a_record_that_is_not_there_or_there_already_is_told(
    given: tuple[str, str], case: Case, small_books: Path, browser: Browser
) -> None:
    where = f"/cases/{case.case_id}/evidence/record/"
    sent(browser("compliance"), where, table="trade", record_id="T1", why="first")
    assert sent(browser("compliance"), where, table=given[0], record_id=given[1], why="again").status_code == 422
    assert Evidence.objects.count() == 1


def test_no_column_is_called_as_a_template_would_misread() -> None:
    assert not {name for table in TABLES.values() for name in table.by_name} & {"items", "keys", "values"}


def test_the_columns_held_back_are_columns_of_the_contract() -> None:
    assert {name for table in TABLES.values() for name in table.by_name} >= PERSONAL


def test_a_run_that_is_no_run_is_told(case: Case, browser: Browser) -> None:
    answer = as_json(browser("compliance"), case, "run.json", b'{"rules": []}', kind="run")
    assert answer.status_code == 422
    assert "lacks as_of" in answer.json()["error"]


def test_the_records_page_shows_raw_rows_with_what_they_prove(case: Case, small_books: Path, browser: Browser) -> None:
    told = browser("compliance").get(f"/api/cases/{case.case_id}/records/").json()["records"]
    assert [(row["table"], row["id"], row["alerts"]) for row in told["rows"]] == [("order", "O1", ["F1"]), ("trade", "T1", ["F1"])]
    assert told["rows"][1]["row"]["buy_account_id"] == "A1"
    assert told["missing"] == []


def test_records_that_left_the_books_are_named(make_alert: Any, actor: Any, small_books: Path, browser: Browser) -> None:
    make_alert("F1", evidence=[{"table": "trade", "id": "T1"}, {"table": "trade", "id": "GONE"}])
    case = work.open_case(actor("compliance"), ["F1"])
    assert browser("compliance").get(f"/api/cases/{case.case_id}/records/").json()["records"]["missing"] == ["trade GONE"]


def test_graphs_show_who_sold_to_whom_and_where_coins_went(case: Case, small_books: Path, browser: Browser) -> None:
    told = browser("compliance").get(f"/api/cases/{case.case_id}/graphs/").json()
    edges = {(edge["source"], edge["target"]): edge["quantity"] for edge in told["rings"][0]["edges"]}
    assert edges == {("A1", "A1"): "1", ("A2", "A1"): "1"}
    gone = [(edge["source"], edge["target"], edge["quantity"], edge["unit"]) for edge in told["flow"]["edges"]]
    assert gone == [("A1", "bc1qreceiver", "1.5", "BTC")]
    page = browser("compliance").get(f"/cases/{case.case_id}/graphs/").content.decode()
    assert page.count('class="arrow"') == 3
    assert "style=" not in page


def test_the_replay_follows_the_book_event_by_event(case: Case, small_books: Path, browser: Browser) -> None:
    told = browser("compliance").get(f"/api/cases/{case.case_id}/replay/").json()["told"]
    at = {name: place for place, name in enumerate(told["columns"])}
    seen = [(event[at["action"]], event[at["bid1_price"]], event[at["ask1_price"]]) for event in told["events"]]
    assert seen[0] == ("new", "100", "")
    assert seen[1] == ("new", "100", "101")
    assert told["events"][2][at["subject"]] == "", "another's account is not named"
    assert told["events"][0][at["subject"]] == "A1"


def test_the_law_page_gives_the_rule_of_the_day_and_where_values_differ(case: Case, browser: Browser) -> None:
    (rule,) = browser("compliance").get(f"/api/cases/{case.case_id}/law/").json()["rules"]
    assert (rule["known"], rule["holds"], rule["day"]) == (True, True, "2026-09-18")
    assert any(each["quote"] for each in rule["provisions"])
    differing = [value["name"] for value in rule["values"] if value["differs"]]
    assert set(differing) <= {"score_min"}


def test_a_rule_the_rulebook_lost_is_told(make_alert: Any, actor: Any, browser: Browser) -> None:
    make_alert("F1", rule="unfair_trading/forgotten")
    case = work.open_case(actor("compliance"), ["F1"])
    assert "forgotten" in browser("compliance").get(f"/api/cases/{case.case_id}/law/").json()["rules"][0]["why"]


def test_books_that_cannot_be_read_are_one_clear_message(case: Case, small_books: Path, browser: Browser) -> None:
    (small_books / "trade.parquet").write_bytes(b"PAR1 broken")
    answer = browser("compliance").get(f"/api/cases/{case.case_id}/records/")
    assert answer.status_code == 422
    assert "trade" in answer.json()["error"]
