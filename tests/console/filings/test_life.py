"""The life of a filing: who may take which step, what is kept, and that it is filed by two people or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from sekisho.console.approvals.four_eyes import decide, withdraw
from sekisho.console.approvals.models import Proposal
from sekisho.console.cases.models import Case
from sekisho.console.desk.pages import Unfit
from sekisho.console.filings import life
from sekisho.console.filings.models import Filing, Version
from sekisho.console.journal.acting import NotTwoPeople, Unrecorded, acting
from sekisho.console.journal.models import Change
from sekisho.console.people.actor import Actor, Denied
from sekisho.console.people.models import Conflict

Acting = Callable[[str], Actor]


def _propose(actor: Actor, pk: str, **changed: Any) -> Proposal:
    said = {
        "filed_on": timezone.localdate(actor.at),
        "channel": "e_gov",
        "receipt_number": "R-77",
        "reason_code": "required",
        "reason": "",
        **changed,
    }
    return life.propose_filing(actor, pk, **said)


def test_a_filing_goes_from_draft_to_accepted_and_every_step_is_in_the_journal(
    actor: Acting, reviewed: Callable[..., Filing]
) -> None:
    filing = reviewed("closure")
    proposal = _propose(actor("compliance"), filing.pk)
    decide(actor("supervisor"), proposal.pk, True)
    filed = Filing.objects.get(pk=filing.pk)
    assert (filed.state, filed.receipt_number, filed.proposed_by, filed.approved_by) == (
        "filed",
        "R-77",
        "PERSON-COMPLIANCE",
        "PERSON-SUPERVISOR",
    )
    life.answer(actor("compliance"), filing.pk, accepted=True, answered_on=date(2099, 1, 1), words="", receipt_number="R-78")
    assert Filing.objects.get(pk=filing.pk).receipt_number == "R-78"
    steps = Change.objects.filter(kind="filing", object=filing.pk, field="state").order_by("number").values_list("new", flat=True)
    assert list(steps) == ["draft", "validated", "reviewed", "filed", "accepted"]


def test_the_journal_has_the_hash_of_a_content_and_not_the_content(actor: Acting, reviewed: Callable[..., Filing]) -> None:
    filing = reviewed("misconduct")
    lines = Change.objects.filter(kind="version", object=f"{filing.pk}/2")
    told = {line.field: line.new for line in lines}
    version = Version.objects.get(filing=filing, number=2)
    assert set(told["content"]) == {"sha256"}
    assert told["content"] == version.values_now()["content"]
    assert told["sha256"] == life.digest(life.content_of(filing))
    assert not Change.objects.filter(new__icontains="従業員 甲").exists()


def test_nobody_reviews_what_he_wrote_in(actor: Acting, whole: Callable[[str], Any]) -> None:
    filing = life.begin(actor("compliance2"), "closure")
    life.write(actor("compliance"), filing.pk, whole("closure"), 1)
    life.validate(actor("compliance"), filing.pk)
    for name in ("compliance", "compliance2"):
        with pytest.raises(Unfit, match="another person"):
            life.review(actor(name), filing.pk, 2)
    assert life.review(actor("supervisor"), filing.pk, 2).state == "reviewed"


def test_the_database_refuses_a_reviewer_who_wrote_it_and_a_filing_by_one(actor: Acting, reviewed: Callable[..., Filing]) -> None:
    filing = reviewed("closure")
    filing.reviewed_by = filing.written_by
    with pytest.raises(IntegrityError), acting(actor("compliance").author, "try"), transaction.atomic():
        filing.save()
    filing.refresh_from_db()
    filing.state = "filed"
    with pytest.raises(IntegrityError), acting(actor("compliance").author, "try"), transaction.atomic():
        filing.save()


def test_no_way_around_the_second_person(actor: Acting, reviewed: Callable[..., Filing]) -> None:
    filing = reviewed("closure")
    proposal = _propose(actor("supervisor"), filing.pk)
    for name in ("supervisor", "supervisor-again"):
        with pytest.raises(NotTwoPeople):
            decide(actor(name), proposal.pk, True)
    with pytest.raises(Denied):
        decide(actor("compliance"), proposal.pk, True)
    filing.refresh_from_db()
    filing.filed_at, filing.state = timezone.now(), "filed"
    with pytest.raises(NotTwoPeople), acting(actor("supervisor2").author, "by hand"):
        filing.save()
    with pytest.raises(Unrecorded):
        Filing.objects.filter(pk=filing.pk).update(state="filed")
    assert Filing.objects.get(pk=filing.pk).state == "reviewed"


def test_what_was_changed_after_the_proposal_is_not_filed(actor: Acting, reviewed: Callable[..., Filing], whole: Any) -> None:
    filing = reviewed("closure")
    proposal = _propose(actor("compliance"), filing.pk)
    with pytest.raises(Unfit, match="take the proposal back"):
        life.write(actor("compliance"), filing.pk, whole("closure"), 2)
    with acting(actor("compliance").author, "behind its back"):
        version = Version.objects.get(filing=filing, number=2)
        version.sha256 = "0" * 64
        version.save()
    with pytest.raises(Unfit, match="changed after"):
        decide(actor("supervisor"), proposal.pk, True)
    assert Filing.objects.get(pk=filing.pk).state == "reviewed"
    assert Proposal.objects.get(pk=proposal.pk).state == "open"


def test_writing_after_review_makes_it_a_draft_again(actor: Acting, reviewed: Callable[..., Filing], whole: Any) -> None:
    filing = reviewed("closure")
    life.write(actor("compliance"), filing.pk, {**whole("closure"), "reason": "別の理由"}, 2)
    again = Filing.objects.get(pk=filing.pk)
    assert (again.state, again.version, again.reviewed_by) == ("draft", 3, "")
    assert Version.objects.get(filing=filing, number=2).content["reason"] == "経営判断"


def test_the_same_content_makes_no_version(actor: Acting, reviewed: Callable[..., Filing], whole: Any) -> None:
    filing = reviewed("closure")
    assert life.write(actor("compliance"), filing.pk, whole("closure"), 2).version == 2
    assert Filing.objects.get(pk=filing.pk).state == "reviewed"


def test_who_writes_on_an_old_version_is_told(actor: Acting, reviewed: Callable[..., Filing], whole: Any) -> None:
    filing = reviewed("closure")
    with pytest.raises(Unfit, match="newer version"):
        life.write(actor("compliance2"), filing.pk, {**whole("closure"), "reason": "x"}, 1)


def test_a_fault_keeps_it_a_draft(actor: Acting) -> None:
    filing = life.begin(actor("compliance"), "closure")
    assert "registered_on" in life.validate(actor("compliance"), filing.pk)
    assert Filing.objects.get(pk=filing.pk).state == "draft"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"filed_on": date(2099, 1, 1)}, "to come"),
        ({"reason_code": "because"}, "reason"),
    ],
)
def test_a_proposal_that_cannot_be_is_refused(actor: Acting, reviewed: Callable[..., Filing], changed: Any, said: str) -> None:
    filing = reviewed("closure")
    with pytest.raises(Unfit, match=said):
        _propose(actor("compliance"), filing.pk, **changed)
    assert not Proposal.objects.exists()


def test_only_what_was_reviewed_is_proposed_and_only_once(actor: Acting, reviewed: Callable[..., Filing]) -> None:
    draft = life.begin(actor("compliance"), "closure")
    with pytest.raises(Unfit, match="reviewed"):
        _propose(actor("compliance"), draft.pk)
    filing = reviewed("closure")
    proposal = _propose(actor("compliance"), filing.pk)
    with pytest.raises(Unfit, match="already"):
        _propose(actor("compliance2"), filing.pk)
    withdraw(actor("compliance"), proposal.pk)
    _propose(actor("compliance2"), filing.pk)


def test_an_amendment_keeps_the_earlier_one_and_marks_it_when_filed(
    actor: Acting, reviewed: Callable[..., Filing], whole: Any
) -> None:
    filing = reviewed("closure")
    decide(actor("supervisor"), _propose(actor("compliance"), filing.pk).pk, True)
    life.answer(actor("compliance"), filing.pk, accepted=False, answered_on=date(2099, 1, 1), words="incomplete", receipt_number="")
    fresh = life.amend(actor("compliance"), filing.pk)
    assert life.content_of(fresh) == life.content_of(filing)
    with pytest.raises(Unfit, match="being amended"):
        life.amend(actor("compliance2"), filing.pk)
    life.write(actor("compliance"), fresh.pk, {**whole("closure"), "reason": "訂正"}, 1)
    life.validate(actor("compliance"), fresh.pk)
    life.review(actor("compliance2"), fresh.pk, 2)
    assert Filing.objects.get(pk=filing.pk).state == "rejected"
    decide(actor("supervisor"), _propose(actor("compliance"), fresh.pk).pk, True)
    assert Filing.objects.get(pk=filing.pk).state == "amended"
    assert life.content_of(filing)["reason"] == "経営判断"


def test_an_answer_before_the_filing_or_without_words_is_refused(actor: Acting, reviewed: Callable[..., Filing]) -> None:
    filing = reviewed("closure")
    decide(actor("supervisor"), _propose(actor("compliance"), filing.pk).pk, True)
    early = timezone.localdate() - timedelta(days=1)
    with pytest.raises(Unfit, match="before it was filed"):
        life.answer(actor("compliance"), filing.pk, accepted=True, answered_on=early, words="", receipt_number="")
    with pytest.raises(Unfit, match="rejected"):
        life.answer(actor("compliance"), filing.pk, accepted=False, answered_on=date(2099, 1, 1), words=" ", receipt_number="")


def test_a_case_fills_what_it_knows_and_no_name(actor: Acting, case: Case) -> None:
    content = life.content_of(life.begin(actor("compliance"), "suspicious-transaction", case=case))
    assert [row["jpy"] for row in content["transactions"]] == ["123456.7", "123456.7"]
    assert content["clients"] == [
        {name: {"party_id": "P-1", "account_id": "A-1"}.get(name, "") for name in content["clients"][0]},
    ]
    assert "分割その2。" in content["reason"]


def test_a_part_above_tells_what_it_knows_and_nothing_else(actor: Acting, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"known_at": "2026-10-01 10:00", "systems": "trading", "colour": "blue"}
    monkeypatch.setattr(life, "INCIDENTS", [lambda _actor, _incident_id: life.Told(facts=facts, parties=("P-9",), case=None)])
    filing = life.begin(actor("compliance"), "ddos", incident_id="I-7")
    assert filing.parties == ["P-9"]
    content = life.content_of(filing)
    assert (content["incident_id"], content["known_at"], content["systems"]) == ("I-7", "2026-10-01 10:00", "trading")
    assert "colour" not in content


def test_nobody_works_on_a_filing_about_himself(actor: Acting, case: Case) -> None:
    filing = life.begin(actor("compliance"), "suspicious-transaction", case=case)
    with acting(actor("administrator").author, "declare"):
        Conflict(person=actor("compliance2").person, party_id="P-1", why="family", since=date(2020, 1, 1)).save()
    with pytest.raises(Denied, match="conflict"):
        life.write(actor("compliance2"), filing.pk, {}, 1)
    with pytest.raises(Denied, match="conflict"):
        life.begin(actor("compliance2"), "suspicious-transaction", case=case)


def test_who_filed_before_is_filled_in_but_never_from_a_confidential_one(actor: Acting, case: Case, whole: Any) -> None:
    secret = life.begin(actor("compliance"), "suspicious-transaction", case=case)
    life.write(actor("compliance"), secret.pk, whole("suspicious-transaction"), 1)
    assert life.content_of(life.begin(actor("compliance"), "closure"))["firm_name"] == ""
    shown = life.begin(actor("compliance"), "closure")
    life.write(actor("compliance"), shown.pk, whole("closure"), 1)
    assert life.content_of(life.begin(actor("compliance2"), "misconduct"))["firm_name"] == "関所取引所株式会社"


def test_each_kind_counts_for_itself(actor: Acting, case: Case) -> None:
    ids = [
        life.begin(actor("compliance"), kind, case=case).filing_id
        for kind in ("misconduct", "suspicious-transaction", "misconduct")
    ]
    assert [each[:3] + each[8:] for each in ids] == ["MIS-00001", "STR-00001", "MIS-00002"]
