"""The door to personal data, retention with holds, and the page of the journal's check."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.utils import timezone

from console.asking import post
from sekisho.console.administration.retention import due, may_go
from sekisho.console.cases.models import Case, CaseLink, CaseParty, Evidence, Handled, Note
from sekisho.console.desk.files import keep_file, place_of, stored
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.journal.keeping import kept_for
from sekisho.console.journal.models import Change
from sekisho.console.journal.rows import check, kinds
from sekisho.console.people.models import Account, Opening
from sekisho.console.people.personal import IN_AN_HOUR

Browser = Callable[[str], Client]
NOW = timezone.now()
WHY = {"reason_code": "inquiry", "reason": "letter of the authority of 3 July"}


@pytest.fixture
def books(tmp_path: Path, settings: Any) -> None:
    """Books with one party."""
    party = {"party_id": ["P-1"], "kind": ["individual"], "country": ["JP"], "born_on": [date(1980, 1, 2)], "registered_on": [None]}
    types = {"born_on": pa.date32(), "registered_on": pa.date32()}
    columns = {name: pa.array(values, types.get(name, pa.string())) for name, values in party.items()}
    pq.write_table(pa.table(columns), tmp_path / "party.parquet")
    settings.CHOSEN = msgspec.structs.replace(settings.CHOSEN, books=tmp_path)


def test_the_door_opens_with_a_reason_shows_once_and_is_kept(books: None, browser: Browser) -> None:
    client = browser("compliance")
    assert "1980" not in client.get("/parties/P-1/").content.decode()
    for unfit in ({"reason_code": "curious", "reason": WHY["reason"]}, {"reason_code": "inquiry", "reason": "so"}):
        assert post(client, "/parties/P-1/open/", **unfit).status_code == 422
    assert Opening.objects.count() == 0
    opened = post(client, "/parties/P-1/open/", **WHY).json()
    assert opened["personal"]["party"][0]["born_on"] == "1980-01-02"
    client.post("/parties/P-1/open/", WHY)
    assert "1980-01-02" in client.get("/parties/P-1/").content.decode()
    assert "1980" not in client.get("/parties/P-1/").content.decode(), "shown once"
    assert "1980" not in str(list(Change.objects.values_list("old", "new", "reason"))), "what was seen is kept nowhere"
    rows = browser("audit").get("/api/openings/").json()["rows"]
    assert [(row["person"], row["party"], row["words"]) for row in rows] == [("PERSON-COMPLIANCE", "P-1", WHY["reason"])] * 2


def test_the_door_without_books_or_party_is_kept_too(browser: Browser) -> None:
    assert post(browser("compliance"), "/parties/P-9/open/", **WHY).json()["personal"] == {}
    assert Opening.objects.get().found is False


def test_the_door_has_limits_and_keeps_out_whom_it_must(browser: Browser) -> None:
    client = browser("compliance")
    answers = [post(client, f"/parties/P-{number}/open/", **WHY).status_code for number in range(IN_AN_HOUR + 1)]
    assert answers == [200] * IN_AN_HOUR + [403]
    assert post(browser("compliance2"), "/parties/P-1/open/", **WHY).status_code == 200
    assert post(browser("supervisor"), "/parties/STAFF-SUPERVISOR/open/", **WHY).status_code == 403
    assert post(browser("operations"), "/parties/P-1/open/", **WHY).status_code == 403


def a_case(number: int, years: float | None, **more: Any) -> Case:
    """Closed so many years ago; None: open."""
    closed = None if years is None else NOW - timedelta(days=366 * years)
    case = Case(
        case_id=f"C-{number}",
        title="Wash trades of Yamada Taro",
        chapter="unfair_trading",
        severity="high",
        rank=3,
        opened_at=NOW,
        opened_by="PERSON-COMPLIANCE",
        due_at=NOW,
        state="open" if closed is None else "closed",
        closed_at=closed,
        **more,
    )
    with acting(SYSTEM, "write a case", reason="about Yamada Taro", effect="close case"):
        case.save()
        Note(case=case, at=NOW, by="PERSON-COMPLIANCE", words="Yamada said so").save()
    return case


def remove(browser: Browser, kind: str = "case") -> Any:
    proposal = post(browser("administrator"), f"/retention/{kind}/remove/").json()["proposal"]
    return post(browser("supervisor"), f"/proposals/{proposal}/approve/")


@pytest.mark.store
@pytest.mark.django_db(transaction=True)
def test_what_is_over_goes_by_two_people_and_the_chain_stays_whole(browser: Browser) -> None:
    a_case(1, 8), a_case(2, 6), a_case(3, None)
    assert post(browser("audit"), "/retention/case/remove/").status_code == 403
    assert remove(browser).status_code == 200
    assert sorted(Case.objects.values_list("pk", flat=True)) == ["C-2", "C-3"]
    assert Note.objects.count() == 2
    told = json.dumps([*Change.objects.filter(object="C-1").values("old", "new", "reason")])
    assert "Yamada" not in told
    assert "Yamada" in json.dumps([*Change.objects.filter(object="C-2").values("old", "new", "reason")])
    assert [each.what for each in check()] == []
    assert post(browser("administrator"), "/retention/case/remove/").status_code == 422, "nothing more is over"


@pytest.mark.django_db(transaction=True)
def test_what_is_held_or_stands_under_something_stays(browser: Browser) -> None:
    a_case(1, 8, parties=["P-1"]), a_case(2, 8)
    assert post(browser("compliance"), "/holds/put/", party_id="P-1", why="the court asks").status_code == 200
    assert may_go(Case, NOW)[0] == ["C-2"]
    assert "the court asks" in browser("audit").get("/retention/case/").content.decode()
    proposal = post(browser("administrator"), "/retention/case/remove/").json()["proposal"]
    assert post(browser("compliance"), "/holds/put/", kind="case", record_id="C-2", why="and this").status_code == 200
    assert post(browser("supervisor"), f"/proposals/{proposal}/approve/").status_code == 422
    assert Case.objects.count() == 2


def test_a_hold_is_put_by_one_and_ended_by_two(browser: Browser) -> None:
    assert post(browser("compliance"), "/holds/put/", why="nothing named").status_code == 422
    assert post(browser("compliance"), "/holds/put/", kind="poem", record_id="1", why="x").status_code == 422
    hold = post(browser("compliance"), "/holds/put/", party_id="P-1", why="the court asks").json()["hold"]
    answer = post(browser("compliance"), f"/holds/{hold}/end/", reason_code="done")
    assert answer.status_code == 200
    proposal = browser("supervisor").get("/api/proposals/").json()["rows"][0]["key"]
    assert post(browser("compliance"), f"/proposals/{proposal}/approve/").status_code == 409
    assert post(browser("compliance2"), f"/proposals/{proposal}/approve/").status_code == 200
    assert browser("audit").get("/api/retention/").json()["holds"] == []


@pytest.mark.django_db(transaction=True)
def test_a_case_goes_with_all_its_parts_and_the_file_nobody_else_names(browser: Browser) -> None:
    case, other = a_case(1, 8), a_case(2, 6)
    alone, shared = (keep_file(f"{name}.txt", [name.encode()]) for name in ("alone", "shared"))
    with acting(SYSTEM, "fill a case"):
        CaseParty(case=case, party_id="P-7").save()
        CaseLink(case=case, other=other, why="same person", at=NOW, by="PERSON-COMPLIANCE").save()
        for named, of in ((alone, case), (shared, case), (shared, other)):
            piece = Evidence(case=of, evidence_kind="file", what="log", obtained="asked", sha256=named.sha256, name=named.name)
            piece.size, piece.added_at, piece.added_by = named.size, NOW, "PERSON-COMPLIANCE"
            piece.save()
            Handled(evidence=piece, at=NOW, by="PERSON-COMPLIANCE", did="kept", why="").save()
    assert may_go(Case, NOW)[0] == ["C-1"]
    assert remove(browser).status_code == 200
    assert not place_of(alone.sha256).exists()
    assert stored(shared.sha256) == b"shared"
    assert set(Evidence.objects.values_list("case_id", flat=True)) == {"C-2"}
    assert not CaseParty.objects.filter(party_id="P-7").exists()
    assert [each.what for each in check()] == []


def test_every_kind_of_record_says_how_long_it_is_kept_and_by_fields_that_are_there(db: None) -> None:
    assert {kind.kind() for kind in kinds()} == set(kept_for())
    for kind in kinds():
        assert due(kind, NOW).count() == 0
        keeping = kept_for()[kind.kind()]
        assert not keeping.file or kind._meta.get_field(keeping.file)


@pytest.mark.django_db(transaction=True)
def test_the_check_is_run_from_its_page_and_tells_what_it_found(browser: Browser) -> None:
    assert post(browser("audit"), "/journal/check/run/").json()["breaks"] == []
    page = browser("auditor").get("/api/journal/check/").json()
    assert page["head"]["number"] == page["outside"]["number"]
    assert page["last"]["breaks"] == []
    Account._base_manager.filter(username="sro").update(email="other@example.com")
    (found,) = post(browser("audit"), "/journal/check/run/").json()["breaks"]
    assert "email holds something of which the journal says nothing" in found
    assert "email holds something" in browser("auditor").get("/journal/check/").content.decode()
