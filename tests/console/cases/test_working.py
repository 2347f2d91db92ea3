"""Two people on one case, notes that stay, hands that change, and what each person sees."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from sekisho.console.cases import work
from sekisho.console.cases.models import Aside, Case, Note
from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import SYSTEM, NotTwoPeople, Unchangeable, acting
from sekisho.console.journal.models import Change
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Grant

Browser = Callable[[str], Client]
As = Callable[[str], Actor]


def sent(client: Client, where: str, **body: Any) -> Any:
    return client.post(f"/api{where}", data=json.dumps(body), content_type="application/json")


@pytest.fixture
def case(make_alert: Any, actor: As) -> Case:
    make_alert("F1")
    return work.open_case(actor("compliance"), ["F1"], words="First look")


def _let_go(case: Case) -> None:
    """Nobody has the case any more, as one opened before whoever opens a case had it."""
    with acting(SYSTEM, "let go"):
        case.assignee = ""
        case.save()


def test_of_two_who_claim_one_gets_it_and_the_other_is_told_who(case: Case, browser: Browser) -> None:
    _let_go(case)
    assert browser("compliance").post(f"/cases/{case.case_id}/claim/").status_code == 302
    answer = sent(browser("compliance2"), f"/cases/{case.case_id}/claim/")
    assert answer.status_code == 422
    assert "PERSON-COMPLIANCE has this case" in answer.json()["error"]
    assert Case.objects.get().assignee == "PERSON-COMPLIANCE"


def test_a_case_is_handed_on_with_a_note_to_somebody_who_may_work_on_it(case: Case, browser: Browser) -> None:
    client, where = browser("compliance"), f"/cases/{case.case_id}/assign/"
    assert sent(client, where, to="PERSON-COMPLIANCE2", words=" ").status_code == 422
    assert sent(client, where, to="PERSON-AUDIT", words="Please").status_code == 422
    assert sent(client, where, to="PERSON-COMPLIANCE2", words="You know the client").status_code == 200
    assert Case.objects.get().assignee == "PERSON-COMPLIANCE2"
    assert "You know the client" in Note.objects.order_by("-pk")[0].words
    assert sent(browser("audit"), where, to="PERSON-COMPLIANCE", words="Mine").status_code == 403


def test_who_has_an_interest_is_not_among_those_who_may_work(make_alert: Any, actor: As) -> None:
    make_alert("F2", parties=["STAFF-COMPLIANCE2"])
    about_him = work.open_case(actor("supervisor"), ["F2"])
    assert "PERSON-COMPLIANCE2" not in work.workers(about_him, actor("supervisor").at)
    assert "PERSON-COMPLIANCE" in work.workers(about_him, actor("supervisor").at)


def test_a_state_moved_meanwhile_is_told(case: Case, browser: Browser) -> None:
    where = f"/cases/{case.case_id}/move/"
    assert sent(browser("compliance"), where, state="investigating", seen="open").status_code == 200
    late = sent(browser("compliance2"), where, state="reported", seen="open")
    assert late.status_code == 422
    assert "under investigation" in late.json()["error"]
    assert sent(browser("compliance"), where, state="closed").status_code == 422, "closing takes two people"


def test_notes_are_added_and_never_changed(case: Case, actor: As, browser: Browser) -> None:
    browser("compliance2").post(f"/cases/{case.case_id}/note/", {"words": "Called the client"})
    note = Note.objects.order_by("-pk")[0]
    note.words = "Never called"
    for change, refused in ((note.save, Unchangeable), (note.delete, NotTwoPeople)):
        with acting(SYSTEM, "cheat"), pytest.raises(refused):
            change()
    assert Note.objects.get(pk=note.pk).words == "Called the client"
    assert sent(browser("compliance"), f"/cases/{case.case_id}/note/", words="  ").status_code == 422


def test_two_people_on_one_narrative_lose_no_word(case: Case, browser: Browser) -> None:
    where = f"/cases/{case.case_id}/narrative/save/"
    first, second = browser("compliance"), browser("compliance2")
    assert (
        first.post(where, {"version": "0", "narrative_en": "He sold to himself.", "narrative_ja": "自己に売却した。"}).status_code
        == 302
    )
    page = f"http://testserver/cases/{case.case_id}/narrative/"
    met = second.post(where, {"version": "0", "narrative_en": "She used two accounts."}, headers={"referer": page}, follow=True)
    text = met.content.decode()
    assert "PERSON-COMPLIANCE saved version 1 while you wrote from version 0" in text
    assert "He sold to himself." in text
    assert "She used two accounts." in text
    assert Case.objects.get().narrative_en == "He sold to himself."
    assert Case.objects.get().narrative_version == 1
    aside = Aside.objects.get()
    assert (aside.narrative_en, aside.by, aside.based_on, aside.met) == ("She used two accounts.", "PERSON-COMPLIANCE2", 0, 1)
    assert second.post(where, {"version": "1", "narrative_en": "He sold to himself. She used two accounts."}).status_code == 302
    assert second.post(f"/cases/{case.case_id}/narrative/settle/", {"aside": str(aside.pk)}).status_code == 302
    assert "kept beside" not in second.get(f"/cases/{case.case_id}/narrative/").content.decode()


def test_as_json_the_second_writer_gets_both_texts(case: Case, browser: Browser) -> None:
    where = f"/cases/{case.case_id}/narrative/save/"
    assert sent(browser("compliance"), where, version=0, narrative_en="One").json()["version"] == 1
    faults = sent(browser("compliance2"), where, version=0, narrative_en="Two", narrative_ja="二").json()["faults"]
    assert (faults["theirs_en"], faults["yours_en"], faults["yours_ja"]) == ("One", "Two", "二")


def test_every_version_stands_in_the_journal_old_and_new(case: Case, actor: As) -> None:
    work.narrate(actor("compliance"), case.case_id, ("One", ""), 0)
    work.narrate(actor("compliance2"), case.case_id, ("Two", ""), 1)
    lines = Change.objects.filter(kind="case", object=case.case_id, field="narrative_en").order_by("number")
    assert [(line.old, line.new, line.person) for line in lines] == [
        ("", "One", "PERSON-COMPLIANCE"),
        ("One", "Two", "PERSON-COMPLIANCE2"),
    ]


def test_the_draft_names_its_evidence_in_both_languages_and_says_it_is_a_draft(case: Case, browser: Browser) -> None:
    client = browser("compliance")
    assert client.post(f"/cases/{case.case_id}/narrative/draft/", {"version": "0"}).status_code == 302
    drafted = Case.objects.get()
    assert drafted.unedited == ["en", "ja"]
    assert drafted.narrative_en.startswith("DRAFT")
    assert "- Account A1 traded with itself (F1). [alert F1; trade T1; order O1]" in drafted.narrative_en
    assert drafted.narrative_ja.startswith("【下書き】")
    assert "- 口座A1は自己と取引した（F1）。 [alert F1; trade T1; order O1]" in drafted.narrative_ja
    for heading in ("WHO", "WHAT", "WHEN", "WHERE", "WHY", "HOW"):
        assert f"\n{heading}\n" in drafted.narrative_en
    assert "2026-09-18 10:00:00" in drafted.narrative_en, "Japan time"


def test_a_draft_never_overwrites_what_a_person_wrote(case: Case, browser: Browser, actor: As) -> None:
    work.narrate(actor("compliance"), case.case_id, ("Mine", "私の"), 0)
    browser("compliance2").post(f"/cases/{case.case_id}/narrative/draft/", {"version": "1"})
    assert Case.objects.get().narrative_en == "Mine"
    assert Aside.objects.get().narrative_en.startswith("DRAFT")


def test_the_draft_leaves_out_alerts_its_writer_may_not_read(make_alert: Any, actor: As, browser: Browser) -> None:
    make_alert("F1")
    make_alert("F2", chapter="transfers", rule="transfers/cooling_off", severity="low")
    opened = work.open_case(actor("supervisor"), ["F1", "F2"])
    with acting(SYSTEM, "narrow a role", effect="grant a role"):
        grant = Grant.objects.get(account__username="compliance")
        grant.chapters = ["unfair_trading"]
        grant.save()
    client = browser("compliance")
    page = client.get(f"/api/cases/{opened.case_id}/").json()
    assert ([alert["alert_id"] for alert in page["alerts"]], page["withheld"]) == (["F1"], 1)
    assert "F2" not in client.get(f"/cases/{opened.case_id}/").content.decode()
    client.post(f"/cases/{opened.case_id}/narrative/draft/", {"version": "0"})
    assert "F2" not in Case.objects.get().narrative_en


def test_other_cases_of_a_party_are_shown_or_counted_as_withheld(make_alert: Any, actor: As, browser: Browser) -> None:
    make_alert("F1")
    make_alert("F2")
    make_alert("F3", parties=["P1", "STAFF-COMPLIANCE2"])
    first = work.open_case(actor("compliance"), ["F1"])
    second = work.open_case(actor("compliance"), ["F2"])
    work.open_case(actor("compliance"), ["F3"])
    who = browser("compliance2").get(f"/api/cases/{first.case_id}/").json()["who"]
    assert [each["case_id"] for each in who["cases"]] == [second.case_id]
    assert who["withheld_cases"] == 1


def test_the_list_filters_by_party_state_and_who_waits(case: Case, make_alert: Any, actor: As, browser: Browser) -> None:
    make_alert("F2", subject_id="A5", parties=["P5"])
    other = work.open_case(actor("compliance"), ["F2"])
    _let_go(other)
    _let_go(case)
    work.claim(actor("compliance2"), other.case_id)
    client = browser("compliance2")

    def found(query: str) -> list[str]:
        return [row["key"] for row in client.get(f"/api/cases/?{query}").json()["rows"]]

    assert found("party=P5") == [other.case_id]
    assert found("whose=me") == [other.case_id]
    assert found("whose=nobody") == [case.case_id]
    assert found("waits=yes") == []
    assert found(f"q={case.case_id}") == [case.case_id]
    assert set(found("state=open&sort=-due_at")) == {case.case_id, other.case_id}
    assert client.get("/cases/?party=P5&as=csv").getvalue().decode("utf-8-sig").count("C-2") == 1


def test_every_page_of_a_case_speaks_both_languages_without_books(case: Case, browser: Browser) -> None:
    for part in ("", "records/", "replay/", "graphs/", "law/", "penalty/", "narrative/", "evidence/", "journal/"):
        for language in ("en", "ja"):
            answer = browser("auditor").get(f"/cases/{case.case_id}/{part}", headers={"accept-language": language})
            assert answer.status_code == 200, part
            assert f'lang="{language}"' in answer.content.decode()
    assert browser("operations").get(f"/cases/{case.case_id}/").status_code == 403
    assert browser("compliance").get("/cases/C-1999-000001/").status_code == 404


def test_a_value_may_have_any_name_a_rule_gives_it(make_alert: Any, actor: As, browser: Browser) -> None:
    make_alert("F1", parameters={"items": ["key ceremony", "two persons"], "values": "3", "_assumed": ["values"]})
    case = work.open_case(actor("compliance"), ["F1"])
    page = browser("compliance").get(f"/cases/{case.case_id}/").content.decode()
    assert "key ceremony" in page
    assert "(assumed)" in page


def test_a_closed_case_takes_no_more_work(case: Case, actor: As) -> None:
    from sekisho.console.approvals.four_eyes import decide
    from sekisho.console.cases.closing import propose_closing

    proposal = propose_closing(actor("compliance"), case.case_id, "unfounded", "wrong_data", "The feed sent trades twice")
    decide(actor("supervisor"), proposal.pk, True)
    for attempt in (
        lambda: work.note(actor("compliance"), case.case_id, "Late"),
        lambda: work.claim(actor("compliance"), case.case_id),
        lambda: work.narrate(actor("compliance"), case.case_id, ("Late", ""), 0),
        lambda: work.move(actor("compliance"), case.case_id, "open"),
    ):
        with pytest.raises(Unfit, match="closed"):
            attempt()


def test_of_orders_without_trades_the_penalty_page_says_so_in_words(
    make_alert: Any, actor: As, browser: Browser, small_books: Path
) -> None:
    orders_alone = {"rule": "unfair_trading/quote_stuffing", "evidence": [{"table": "order", "id": "O3"}], "subject_id": "A2"}
    make_alert("F1", **orders_alone)
    case = work.open_case(actor("compliance"), ["F1"])
    for language, said in (("en", "has orders but no trades"), ("ja", "注文のみで約定を含まない")):
        page = browser("compliance").get(f"/cases/{case.case_id}/penalty/", headers={"accept-language": language})
        assert said in page.content.decode()
