"""Attestations through the pages: drafted, handed in, reviewed by somebody independent, expired, renewed; and what they feed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from console.asking import post
from sekisho.console.approvals.models import Proposal
from sekisho.console.attestations.export import assessments_csv, standing_of_all
from sekisho.console.attestations.independence import the_people, why_not
from sekisho.console.attestations.interval import last_day
from sekisho.console.attestations.models import STATES, Attestation, Item, standing
from sekisho.console.attestations.reminders import reminders
from sekisho.console.attestations.taking import asked_by, named, take_up
from sekisho.console.journal.acting import SYSTEM, NotTwoPeople, acting
from sekisho.console.journal.models import Change
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account, Conflict, Person
from sekisho.rulebook import load_rulebook

Browser = Callable[[str], Client]
DRILL = "client_assets/leak_response#1"
PLAN = "client_assets/leak_response:contingency_plan"
TODAY = timezone.localdate


@pytest.fixture
def items(people: dict[str, str]) -> dict[str, int]:
    """The rulebook's items; the drill and the plan are owned by operations. 'custody department' means the unit investigator."""
    take_up(SYSTEM, timezone.now(), date(2026, 11, 29))
    with acting(SYSTEM, "set up"):
        from sekisho.console.attestations.models import UnitMeaning

        UnitMeaning(word="custody department", units=["investigator"]).save()
        for name in (DRILL, PLAN):
            item = Item.objects.get(item_id=name)
            item.owner_id = "PERSON-OPERATIONS"
            item.save()
    return {item.item_id: item.pk for item in Item.objects.all()}


def handed_in(browser: Browser, pk: int, *, result: str = "met", base_on: date | None = None) -> Proposal:
    """Drafted with a file and handed in by the owner."""
    client = browser("operations")
    drafted = post(client, f"/attestations/{pk}/draft/", statement="looked at", result=result, base_on=base_on or TODAY())
    assert drafted.status_code == 200, drafted.content
    client.post(f"/attestations/{pk}/evidence/", {"file": SimpleUploadedFile("drill.txt", b"10:00 began"), "words": "record"})
    answer = post(client, f"/attestations/{pk}/submit/")
    assert answer.status_code == 200, answer.content
    proposal: Proposal = Proposal.objects.get(state="open")
    return proposal


def in_force(browser: Browser, pk: int, **how: Any) -> Item:
    """Handed in and reviewed by internal audit."""
    proposal = handed_in(browser, pk, **how)
    answer = post(browser("audit"), f"/proposals/{proposal.pk}/approve/", words="read")
    assert answer.status_code == 200, answer.content
    item: Item = Item.objects.get(pk=pk)
    return item


def test_every_attested_rule_gives_its_items_in_both_languages(items: dict[str, int]) -> None:
    attested = [rule for rule in load_rulebook().rules.values() if rule.attestations]
    assert {item.rule for item in Item.objects.all()} == {rule.path for rule in attested}
    assert sum(len(rule.attestations) for rule in attested) == sum("#" in name for name in items)
    words = {item.word for item in Item.objects.exclude(word="")}
    assert words <= named().keys()
    assert "contingency_plan" in words
    again = take_up(SYSTEM, timezone.now(), date(2026, 11, 29))
    assert again == {"added": 0, "changed": 0, "retired": 0}


def test_what_the_law_of_the_day_no_longer_asks_is_retired_and_its_history_stays(browser: Browser, items: dict[str, int]) -> None:
    in_force(browser, items[PLAN])
    asked = [each.item_id for each in asked_by(load_rulebook(), date(2026, 11, 29))]
    with acting(SYSTEM, "set up"):
        gone = Item(item_id="client_assets/gone#1", source="rule", chapter="client_assets", text_en="x", text_ja="x")
        gone.save()
    assert take_up(SYSTEM, timezone.now(), date(2026, 11, 29))["retired"] == 1
    assert len(asked) == Item.objects.filter(retired_at=None).count()
    assert Attestation.objects.filter(item_id=items[PLAN]).exists()


def test_attested_reviewed_expired_and_renewed(browser: Browser, items: dict[str, int]) -> None:
    pk = items[DRILL]
    item = in_force(browser, pk)
    assert item.in_force_until == last_day(TODAY(), "P1Y")
    assert item.stands(TODAY()) == "in_force"
    assert item.stands(item.in_force_until - timedelta(days=30)) == "expiring"
    assert item.stands(item.in_force_until) == "expiring"
    after = item.in_force_until + timedelta(days=1)
    assert item.stands(after) == "expired"
    with acting(SYSTEM, "let time pass", effect="attestation"):
        item.in_force_until = TODAY() - timedelta(days=1)
        item.save()
    page = browser("operations").get(f"/attestations/{pk}/").content.decode()
    assert "Expired: nobody vouches" in page
    assert [each.why for each in reminders(TODAY()) if each.item == pk] == ["expired"]
    proposal = handed_in(browser, pk)
    assert Proposal.objects.get(pk=proposal.pk).reason_code == "renewal"
    assert Item.objects.get(pk=pk).stands(TODAY()) == "expired"  # a renewal in review vouches for nothing
    assert post(browser("audit"), f"/proposals/{proposal.pk}/approve/").status_code == 200
    renewed = Item.objects.get(pk=pk)
    assert renewed.stands(TODAY()) == "in_force"
    assert sorted(Attestation.objects.filter(item=pk).values_list("state", flat=True)) == ["in_force", "superseded"]


def test_the_database_counts_states_as_the_item_tells_them(browser: Browser, items: dict[str, int]) -> None:
    in_force(browser, items[DRILL])
    handed_in(browser, items[PLAN])
    for offset in (0, 340, 364, 366, 900):
        on = TODAY() + timedelta(days=offset)
        for row in standing(Item.objects.all(), on):
            assert row.standing == row.stands(on), (row.item_id, on)


def test_an_owner_reviews_nothing_of_his_by_any_account(browser: Browser, items: dict[str, int]) -> None:
    with acting(SYSTEM, "set up"):
        item = Item.objects.get(pk=items[PLAN])
        item.owner_id = "PERSON-SUPERVISOR"
        item.save()
    client = browser("supervisor")
    post(client, f"/attestations/{items[PLAN]}/draft/", statement="x", result="met")
    post(client, f"/attestations/{items[PLAN]}/evidence/", record="assessment A-1")
    assert post(client, f"/attestations/{items[PLAN]}/submit/").status_code == 200
    proposal = Proposal.objects.get(state="open")
    for account in ("supervisor", "supervisor-again"):
        assert post(browser(account), f"/proposals/{proposal.pk}/approve/").status_code == 409
    same_unit = post(browser("supervisor2"), f"/proposals/{proposal.pk}/approve/")
    assert same_unit.status_code == 403
    assert "organisation chart" in same_unit.json()["error"]
    assert Item.objects.get(pk=items[PLAN]).in_force_until is None


def test_neither_head_nor_report_nor_the_unit_the_rule_names_reviews(browser: Browser, items: dict[str, int]) -> None:
    with acting(SYSTEM, "set up", effect="change a person"):
        owner = Person.objects.get(pk="PERSON-OPERATIONS")
        owner.head = Person.objects.get(pk="PERSON-AUDIT")
        owner.save()
        report = Person.objects.get(pk="PERSON-COMPLIANCE")
        report.head = owner
        report.save()
        of_unit = Person.objects.get(pk="PERSON-COMPLIANCE2")
        of_unit.unit = "Investigator"  # as the firm writes the unit that 'custody department' means
        of_unit.save()
    proposal = handed_in(browser, items[DRILL])
    for account in ("audit", "compliance", "compliance2"):
        answer = post(browser(account), f"/proposals/{proposal.pk}/approve/")
        assert answer.status_code == 403, account
        assert "independent" in answer.json()["error"]
    assert Attestation.objects.get().state == "in_review"
    assert post(browser("supervisor"), f"/proposals/{proposal.pk}/approve/").status_code == 200


def test_independence_is_told_before_anybody_tries(browser: Browser, items: dict[str, int]) -> None:
    handed_in(browser, items[DRILL])
    content = browser("audit").get(f"/api/attestations/{items[DRILL]}/").json()
    names = {each["person"] for each in content["reviewers"]}
    assert "PERSON-AUDIT" in names
    assert not names & {"PERSON-OPERATIONS", "PERSON-INVESTIGATOR"}
    assert content["may"]["review"] is True
    waiting = browser("investigator").get(content["waiting"]["at"])
    assert waiting.status_code in (403, 404)
    kept = browser("compliance2").get(f"/api{content['waiting']['at']}").json()
    assert kept["may_decide"] is not bool(kept["kept_out"])
    assert browser("operations").get(f"/api/attestations/{items[DRILL]}/").json()["may"]["review"] is False
    people = the_people()
    item = Item.objects.get(pk=items[DRILL])
    assert why_not(people["PERSON-INVESTIGATOR"], item, people["PERSON-OPERATIONS"], people).startswith(
        "is not independent of custody"
    )


def test_given_back_with_the_reason_and_handed_in_again(browser: Browser, items: dict[str, int]) -> None:
    proposal = handed_in(browser, items[DRILL])
    assert post(browser("audit"), f"/proposals/{proposal.pk}/reject/").status_code == 422
    assert post(browser("audit"), f"/proposals/{proposal.pk}/reject/", words="no times").status_code == 200
    row = Attestation.objects.get()
    assert (row.state, row.review_words, Item.objects.get(pk=items[DRILL]).stands(TODAY())) == ("returned", "no times", "returned")
    assert post(browser("operations"), f"/attestations/{items[DRILL]}/submit/").status_code == 200
    assert Attestation.objects.count() == 1


def test_what_is_handed_in_does_not_change(browser: Browser, items: dict[str, int]) -> None:
    handed_in(browser, items[DRILL])
    client, at = browser("operations"), f"/attestations/{items[DRILL]}"
    evidence = Attestation.objects.get().evidence.get()
    assert post(client, f"{at}/draft/", statement="other", result="met").status_code == 422
    assert post(client, f"{at}/evidence/", record="more").status_code == 422
    assert post(client, f"{at}/evidence/{evidence.pk}/remove/").status_code == 422


@pytest.mark.parametrize("account", ["compliance", "audit", "supervisor"])
def test_only_the_owner_attests(account: str, browser: Browser, items: dict[str, int]) -> None:
    answer = post(browser(account), f"/attestations/{items[DRILL]}/draft/", statement="x", result="met")
    assert answer.status_code == 403
    assert "owner" in answer.json()["error"]


def test_nothing_is_vouched_for_without_evidence_or_about_a_day_too_long_ago(browser: Browser, items: dict[str, int]) -> None:
    client, at = browser("operations"), f"/attestations/{items[DRILL]}"
    post(client, f"{at}/draft/", statement="x", result="met", base_on=TODAY() - timedelta(days=400))
    assert post(client, f"{at}/submit/").json()["faults"].keys() == {"evidence"}
    post(client, f"{at}/evidence/", record="assessment A-1")
    assert post(client, f"{at}/submit/").json()["faults"].keys() == {"base_on"}
    assert post(client, f"{at}/draft/", statement="x", result="met", base_on=TODAY() + timedelta(days=1)).status_code == 422
    assert post(client, f"{at}/draft/", statement="x", result="splendid").status_code == 422


def test_no_code_puts_anything_in_force_alone(browser: Browser, items: dict[str, int]) -> None:
    handed_in(browser, items[DRILL])
    row, item = Attestation.objects.get(), Item.objects.get(pk=items[DRILL])
    row.reviewed_at = timezone.now()
    item.in_force_until = date(2999, 1, 1)
    author = Actor.of(Account.objects.get(username="operations"), timezone.now()).author
    for each in (row, item):
        with pytest.raises(NotTwoPeople), acting(author, "cheat"):
            each.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Attestation._base_manager.filter(pk=row.pk).update(reviewer_id=row.owner_id)


def test_not_met_is_told_as_not_met_though_it_was_reviewed(browser: Browser, items: dict[str, int]) -> None:
    item = in_force(browser, items[DRILL], result="partly_met")
    assert item.stands(TODAY()) == "not_met"


def test_an_item_about_a_provider_hides_from_whom_that_concerns(browser: Browser, items: dict[str, int]) -> None:
    added = post(
        browser("compliance"), "/attestations/add/", asked="client_assets/outsourcing:safe_management", subject_id="PROV-1"
    )
    assert added.status_code == 200, added.content
    twice = post(
        browser("compliance"), "/attestations/add/", asked="client_assets/outsourcing:safe_management", subject_id="PROV-1"
    )
    assert twice.status_code == 422
    item = Item.objects.get(subject_id="PROV-1")
    assert (item.subject_kind, item.word) == ("provider", "safe_management")
    with acting(SYSTEM, "set up"):
        Conflict(person_id="PERSON-AUDIT", party_id="PROV-1", why="family", since=date(2020, 1, 1)).save()
    client = browser("audit")
    assert client.get(f"/attestations/{item.pk}/").status_code == 403
    assert client.get("/api/attestations/?q=PROV-1").json()["rows"] == []
    assert take_up(SYSTEM, timezone.now(), date(2026, 11, 29))["retired"] == 0


def test_a_lesson_of_an_incident_becomes_an_item(browser: Browser, items: dict[str, int]) -> None:
    from sekisho.console.incidents.models import Incident

    given = {"title": "t", "incident_kind": "ddos", "severity": "high", "summary": "s", "known_by": "k"}
    assert post(browser("compliance"), "/incidents/open/new/", **given).status_code == 200
    incident = Incident.objects.get()
    lesson = {"words": "limits are tested", "lesson_kind": "attestation", "owner": "PERSON-OPERATIONS", "due_on": "2027-01-31"}
    assert post(browser("compliance"), f"/incidents/{incident.pk}/lessons/", **lesson).status_code == 200
    row = incident.lessons.get()
    assert post(browser("operations"), f"/attestations/lessons/{row.pk}/", evidence="test").status_code == 403
    made = post(browser("compliance"), f"/attestations/lessons/{row.pk}/", evidence="test record", every_firm="P3M")
    assert made.status_code == 200, made.content
    row.refresh_from_db()
    item = Item.objects.get(item_id=row.item)
    assert (item.owner_id, item.interval, item.source) == ("PERSON-OPERATIONS", "P3M", "lesson")
    panel = next(
        each
        for each in browser("audit").get(f"/api/incidents/{incident.pk}/").json()["panels"]
        if each["name"] == "attested-lessons"
    )
    assert panel["content"]["rows"][0]["item"] == item.item_id
    assert post(browser("compliance"), f"/attestations/lessons/{row.pk}/", evidence="again").status_code == 422


def test_evidence_leaves_whole_and_who_took_it_is_known(browser: Browser, items: dict[str, int]) -> None:
    in_force(browser, items[DRILL])
    row = Attestation.objects.get().evidence.get()
    answer = browser("auditor").get(f"/attestations/{items[DRILL]}/evidence/{row.pk}/")
    assert b"".join(answer) == b"10:00 began"
    assert Change.objects.get(kind="file", field="taken").person == "PERSON-AUDITOR"
    assert browser("auditor").get(f"/attestations/{items[PLAN]}/evidence/{row.pk}/").status_code == 404


def test_a_unit_that_nobody_has_explained_lets_nobody_review(browser: Browser, items: dict[str, int]) -> None:
    with acting(SYSTEM, "set up"):
        item = Item.objects.get(pk=items[DRILL])
        item.independent_of = "parent company"
        item.save()
    proposal = handed_in(browser, items[DRILL])
    refused = post(browser("audit"), f"/proposals/{proposal.pk}/approve/")
    assert refused.status_code == 403
    assert "parent company" in refused.json()["error"]
    assert browser("audit").get(f"/api/attestations/{items[DRILL]}/").json()["reviewers"] == []
    assert post(browser("compliance"), "/attestations/units/set/", word="parent company", units="").status_code == 200
    assert post(browser("audit"), f"/proposals/{proposal.pk}/approve/").status_code == 200


def test_units_of_the_firm_are_named_or_refused(browser: Browser, items: dict[str, int]) -> None:
    client = browser("compliance")
    assert post(client, "/attestations/units/set/", word="custody department", units="operations, audit").status_code == 200
    assert post(client, "/attestations/units/set/", word="custody department", units="moon").status_code == 422
    assert post(client, "/attestations/units/set/", word="no such word", units="audit").status_code == 422
    assert post(browser("audit"), "/attestations/units/set/", word="sales", units="audit").status_code == 403


def test_an_owner_is_not_changed_under_way_and_the_rules_interval_stays(browser: Browser, items: dict[str, int]) -> None:
    client = browser("compliance")
    post(browser("operations"), f"/attestations/{items[DRILL]}/draft/", statement="x", result="met")
    assert post(client, f"/attestations/{items[DRILL]}/owner/", owner="PERSON-AUDIT").status_code == 422
    assert post(client, f"/attestations/{items[PLAN]}/owner/", owner="NOBODY").status_code == 422
    unowned = next(item for item in Item.objects.filter(every="", owner=None))
    assert post(client, f"/attestations/{unowned.pk}/owner/", owner="PERSON-AUDIT", every_firm="a year").status_code == 422
    assert post(client, f"/attestations/{unowned.pk}/owner/", owner="PERSON-AUDIT", every_firm="P6M").status_code == 200
    assert Item.objects.get(pk=unowned.pk).interval == "P6M"


@pytest.mark.parametrize(
    ("since", "interval", "last"),
    [
        ("2026-11-29", "P1Y", "2027-11-29"),
        ("2026-01-31", "P1M", "2026-02-28"),
        ("2028-02-29", "P1Y", "2029-02-28"),
        ("2026-11-29", "P2W", "2026-12-13"),
        ("2026-11-29", "P1M10D", "2027-01-08"),
    ],
)
def test_intervals_end_as_the_civil_code_counts(since: str, interval: str, last: str) -> None:
    assert last_day(date.fromisoformat(since), interval) == date.fromisoformat(last)


@pytest.mark.parametrize("interval", ["", "P", "1Y", "P1", "PT1H", "P0D", "-P1Y", "P1Y "])
def test_what_is_no_interval_is_refused(interval: str) -> None:
    with pytest.raises(ValueError, match="no period"):
        last_day(date(2026, 1, 1), interval)


def test_exports_tell_every_item_and_every_reviewed_attestation(browser: Browser, items: dict[str, int]) -> None:
    in_force(browser, items[PLAN])
    told = {each["item"]: each for each in standing_of_all(TODAY())["items"]}
    assert told.keys() == items.keys()
    assert told[PLAN]["state"] == "in_force"
    assert told[DRILL]["state"] == "missing"
    assert {each["state"] for each in told.values()} <= {state for state, _title in STATES}
    rows = list(csv.DictReader(io.StringIO(assessments_csv())))
    assert [(row["item"], row["result"], row["owner"]) for row in rows] == [("contingency_plan", "met", "PERSON-OPERATIONS")]
    assert rows[0]["valid_until"] == told[PLAN]["in_force_until"]
    assert "drill.txt" in rows[0]["proof"]


def test_an_inspection_reads_what_was_attested(browser: Browser, items: dict[str, int], tmp_path: Any) -> None:
    """The rule on readiness for an outflow counts the plan among what is in order once it is attested."""
    from sekisho.records import open_records
    from sekisho.typologies.assessments import look, read_assessments

    in_force(browser, items[PLAN])
    (tmp_path / "assessment.csv").write_text(assessments_csv(), encoding="utf-8")
    wanted = ("contingency_plan", "escalation")
    with open_records(tmp_path) as records:
        assessed = read_assessments(records)
    assert look(assessed, wanted, "exchange", TODAY(), 12).in_order == ("contingency_plan",)
    assert look(assessed, wanted, "exchange", TODAY(), 12).missing == ("escalation",)
    assert look(assessed, wanted, "exchange", TODAY() + timedelta(days=366), 12).run_out == ("contingency_plan",)


def test_coverage_shows_what_is_vouched_until_it_expires(browser: Browser, items: dict[str, int], tmp_path: Any) -> None:
    from sekisho.rulebook import RulebookError
    from sekisho.rulebook.coverage import read_vouched

    item = in_force(browser, items[PLAN])
    file = tmp_path / "attested.json"
    file.write_text(json.dumps(standing_of_all(TODAY())))
    rule = "client_assets/leak_response"
    vouched = read_vouched(file, TODAY())[rule]
    assert (vouched.stands, vouched.state, vouched.until) == (1, "in_part", item.in_force_until)
    assert item.in_force_until is not None
    assert read_vouched(file, item.in_force_until + timedelta(days=1))[rule].state == "not_vouched"
    file.write_text('{"items": 3}')
    with pytest.raises(RulebookError, match=r"attested\.json"):
        read_vouched(file, TODAY())


def test_the_board_sees_the_whole_and_takes_it_as_pdf(browser: Browser, items: dict[str, int]) -> None:
    import pypdf

    in_force(browser, items[DRILL])
    client = browser("audit")
    content = client.get("/api/board/").json()
    chapter = next(row for row in content["coverage"] if row["chapter"] == "client_assets")
    assert (chapter["stands"], chapter["asked"]) == (1, Item.objects.filter(chapter="client_assets").count())
    assert content["framework"]["all"] == sum(content["framework"][state] for state in ("running", "written", "none"))
    assert [each["name"] for each in content["panels"]] == ["deadlines", "incidents"]
    for lang, words, chapter_words in (("en", "how the firm stands", "Client assets"), ("ja", "当社の状況", "利用者財産")):
        answer = client.get("/board/?as=pdf", headers={"accept-language": lang})
        text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(b"".join(answer))).pages)
        assert words in text
        assert chapter_words in text
    assert Change.objects.filter(kind="board").count() == 2
    assert browser("director").get("/board/").status_code == 200
    assert browser("operations").get("/board/").status_code == 403


def test_the_organisation_chart_shows_everybody_also_in_a_circle(browser: Browser, items: dict[str, int]) -> None:
    with acting(SYSTEM, "set up", effect="change a person"):
        one, two = Person.objects.get(pk="PERSON-AUDIT"), Person.objects.get(pk="PERSON-SRO")
        one.head, two.head = two, one
        one.name = "<b>Audit & co"
        one.save()
        two.save()
    content = browser("operations").get("/api/board/organisation/").json()
    assert len(content["rows"]) == Person.objects.count()
    assert content["picture"].count("<g>") == Person.objects.count()
    assert "&lt;b&gt;Audit &amp; co" in content["picture"]
    assert "<b>" not in content["picture"]


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_each_page_of_an_item_speaks_both_languages(lang: str, browser: Browser, items: dict[str, int]) -> None:
    in_force(browser, items[PLAN])
    page = browser("audit").get(f"/attestations/{items[PLAN]}/", headers={"accept-language": lang}).content.decode()
    assert ("There is a contingency plan" if lang == "en" else "コンティンジェンシープランを策定している") in page


def test_the_calendar_shows_when_an_attestation_expires_and_that_it_was_renewed(browser: Browser, items: dict[str, int]) -> None:
    from sekisho.console.deadlines.looking import look
    from sekisho.console.deadlines.models import Obligation

    first = in_force(browser, items[DRILL])
    look(timezone.now())
    row = Obligation.objects.get(source="attestations")
    assert (row.due_on, row.rule, row.state) == (first.in_force_until, "client_assets/leak_response", "open")
    in_force(browser, items[DRILL])
    look(timezone.now())
    row.refresh_from_db()
    assert (row.state, row.met_on) == ("met", TODAY())
    assert Obligation.objects.filter(source="attestations", state="open").count() == 1


def test_the_office_ticks_for_every_part_and_again_changes_nothing(people: dict[str, str]) -> None:
    from sekisho.console import urls  # noqa: F401 - reads every part's pages
    from sekisho.console.desk.ticks import tick

    done = tick(timezone.now())
    assert set(done) == {"alerts", "attestations", "deadlines"}
    assert done["attestations"]["added"] > 50
    assert not any(count for part in tick(timezone.now()).values() for count in part.values())
