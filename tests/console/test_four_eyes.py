"""Two people: nobody approves his own proposal, by no way there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from sekisho.console.approvals.four_eyes import KINDS, Takes, decide, propose, takes_two
from sekisho.console.approvals.models import Proposal
from sekisho.console.journal.acting import NotTwoPeople, Unrecorded, acting
from sekisho.console.journal.models import Change
from sekisho.console.people.actor import Actor, Denied
from sekisho.console.people.models import Account, Conflict

DONE: list[str] = []


@pytest.fixture(autouse=True)
def _kind() -> Iterator[None]:
    takes_two(
        Takes(
            kind="trial",
            title="Trial",
            propose="declare a conflict",
            approve="approve a role",
            reasons=[("because", "Because")],
            effect=lambda proposal, actor: DONE.append(proposal.about_id),
            at=lambda proposal: "/",
        )
    )
    DONE.clear()
    yield
    del KINDS["trial"]


def actor(name: str) -> Actor:
    return Actor.of(Account.objects.get(username=name), timezone.now())


def test_a_second_person_makes_it_happen(browser: Callable[[str], Client]) -> None:
    proposal = propose(actor("supervisor"), "trial", ("thing", "T1"), reason_code="because")
    assert browser("supervisor2").post(f"/proposals/{proposal.pk}/approve/").status_code == 302
    assert DONE == ["T1"]
    assert Proposal.objects.get(pk=proposal.pk).decided_by == "PERSON-SUPERVISOR2"


@pytest.mark.parametrize("account", ["supervisor", "supervisor-again"])
@pytest.mark.parametrize("where", ["/proposals/{}/approve/", "/api/proposals/{}/approve/"])
def test_nobody_approves_his_own_by_page_or_json_or_another_account(
    account: str, where: str, browser: Callable[[str], Client]
) -> None:
    proposal = propose(actor("supervisor"), "trial", ("thing", "T1"), reason_code="because")
    answer = browser(account).post(where.format(proposal.pk), data="{}", content_type="application/json")
    assert answer.status_code == 409
    assert DONE == []


def test_the_database_refuses_one_person_as_both(people: dict[str, str]) -> None:
    proposal = propose(actor("supervisor"), "trial", ("thing", "T1"), reason_code="because")
    proposal.state, proposal.decided_by = "approved", proposal.proposed_by
    with pytest.raises(IntegrityError), acting(actor("supervisor").author, "cheat"):
        proposal.save()
    with pytest.raises(Unrecorded):
        Proposal.objects.filter(pk=proposal.pk).update(state="approved")
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal._base_manager.filter(pk=proposal.pk).update(state="approved", decided_by=proposal.proposed_by)


def test_who_has_an_interest_neither_proposes_nor_decides(people: dict[str, str]) -> None:
    with acting(actor("administrator").author, "declare a conflict"):
        Conflict(person_id="PERSON-SUPERVISOR2", party_id="P7", why="family", since="2026-01-01").save()
    with pytest.raises(Denied):
        propose(actor("supervisor2"), "trial", ("thing", "T1"), reason_code="because", parties=["P7"])
    proposal = propose(actor("supervisor"), "trial", ("thing", "T1"), reason_code="because", parties=["P7"])
    with pytest.raises(Denied):
        decide(actor("supervisor2"), proposal.pk, True)


def test_every_change_is_in_the_chain_field_by_field(people: dict[str, str]) -> None:
    propose(actor("supervisor"), "trial", ("thing", "T1"), reason_code="because", reason="it was seen")
    change = Change.objects.filter(kind="proposal", field="state").get()
    assert (change.person, change.old, change.new, change.reason) == ("PERSON-SUPERVISOR", None, "open", "it was seen")


def test_a_field_that_takes_two_people_is_guarded_in_the_model(people: dict[str, str]) -> None:
    class Guarded(Account):
        TWO_PEOPLE = {"email": ("trial",)}  # noqa: RUF012 - as models say it

        class Meta:
            proxy = True
            app_label = "people"

    account = Guarded.objects.get(username="audit")
    account.email = "a@example.com"
    with pytest.raises(NotTwoPeople), acting(actor("audit").author, "change the address"):
        account.save()
