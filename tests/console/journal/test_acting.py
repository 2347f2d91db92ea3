"""Acts: everything or nothing, field by field, by whatever way Django offers; and nobody's change is written over."""

from __future__ import annotations

import ast
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat

from sekisho.console.approvals.models import Proposal
from sekisho.console.cases.models import Case
from sekisho.console.journal import acting as acting_module
from sekisho.console.journal.acting import REMOVAL, SYSTEM, Author, ChangedMeanwhile, NotTwoPeople, Unrecorded, acting, heads_file
from sekisho.console.journal.heads import read_heads
from sekisho.console.journal.models import Change
from sekisho.console.journal.rows import check, kinds
from sekisho.console.people.models import Account, Conflict, Grant, Person

pytestmark = [pytest.mark.store, pytest.mark.django_db(transaction=True)]


def a_conflict(party: str = "P7") -> Conflict:
    return Conflict(person_id="PERSON-AUDIT", party_id=party, why="family", since="2026-01-01")


def saved_in_vain(party: str) -> None:
    a_conflict(party).save()
    raise ZeroDivisionError


def said_of(party: str) -> int:
    return Change.objects.filter(kind="conflict", new=party).count()


def test_a_part_of_an_act_that_is_undone_leaves_no_line(people: dict[str, str]) -> None:
    with acting(SYSTEM, "declare conflicts"):
        a_conflict("P1").save()
        with pytest.raises(ZeroDivisionError), acting(SYSTEM, "a part"):
            saved_in_vain("P2")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            saved_in_vain("P3")
        a_conflict("P4").save()
    assert [said_of(party) for party in ("P1", "P2", "P3", "P4")] == [1, 0, 0, 1]
    assert list(check()) == []


def test_an_act_that_fails_leaves_nothing(people: dict[str, str]) -> None:
    lines = Change.objects.count()
    with pytest.raises(ZeroDivisionError), acting(SYSTEM, "declare conflicts"):
        saved_in_vain("P1")
    assert (Conflict.objects.count(), Change.objects.count()) == (0, lines)
    with pytest.raises(Unrecorded):
        a_conflict().save()


def test_nobody_acts_inside_somebody_elses_act(people: dict[str, str]) -> None:
    with acting(SYSTEM, "one"), pytest.raises(Unrecorded), acting(Author(account="a", person="P"), "another"):
        pass


def test_every_way_to_save_is_written_down(people: dict[str, str]) -> None:
    with acting(SYSTEM, "by every way"):
        Conflict.objects.create(person_id="PERSON-SRO", party_id="P1", why="x", since="2026-01-01")
        Conflict.objects.get_or_create(party_id="P2", defaults={"person_id": "PERSON-SRO", "why": "x", "since": "2026-01-01"})
        Conflict.objects.update_or_create(party_id="P2", defaults={"why": "y"})
        Conflict.objects.bulk_create([a_conflict("P3"), a_conflict("P4")])
        one = Conflict.objects.get(party_id="P1")
        one.why = "said with another word"
        one.save(update_fields=["why"])
        expressed = Conflict.objects.get(party_id="P3")
        expressed.why = Concat(F("why"), Value(" ties"))
        expressed.save()
        Person.objects.get(pk="PERSON-SRO").conflicts.create(party_id="P5", why=Concat(Value("a"), Value("b")), since="2026-02-01")
    with acting(SYSTEM, "remove", effect=REMOVAL):
        Conflict.objects.get(party_id="P4").delete()
    news = set(Change.objects.filter(kind="conflict", field="why").values_list("new", flat=True))
    assert {"y", "said with another word", "family ties", "ab"} <= news
    assert list(check()) == []


def test_ways_that_would_hide_something_are_refused(people: dict[str, str]) -> None:
    with acting(SYSTEM, "by hidden ways"):
        a_conflict().save()
        rows = Conflict.objects.all()
        hidden = (
            lambda: rows.update(why="x"),
            lambda: rows.delete(),
            lambda: rows.bulk_update(list(rows), ["why"]),
            lambda: rows.select_for_update().update(why="x"),
            lambda: Person.objects.get(pk="PERSON-AUDIT").conflicts.update(why="x"),
            lambda: rows.bulk_create([a_conflict()], ignore_conflicts=True),
            lambda: rows.bulk_create([a_conflict(Value("P1"))]),  # type: ignore[arg-type]
        )
        for way in hidden:
            with pytest.raises(Unrecorded):
                way()


def test_what_the_base_manager_changes_is_found(people: dict[str, str]) -> None:
    Account._base_manager.filter(username="sro").update(is_active=False)
    assert [each.what for each in check()] == [
        f"account {Account.objects.get(username='sro').pk}: is_active is not what the journal last said: changed behind it"
    ]


def test_a_row_that_somebody_else_changed_is_not_written_over(people: dict[str, str]) -> None:
    with acting(SYSTEM, "declare a conflict"):
        a_conflict().save()
    mine, yours = Conflict.objects.get(), Conflict.objects.get()
    with acting(SYSTEM, "change"):
        mine.why = "mine"
        mine.save()
        mine.why = "mine again"
        mine.save()
    yours.party_id = "P9"
    with pytest.raises(ChangedMeanwhile), acting(SYSTEM, "change"):
        yours.save()
    yours.refresh_from_db()
    with acting(SYSTEM, "change"):
        yours.party_id = "P9"
        yours.save()
    with acting(SYSTEM, "remove", effect=REMOVAL):
        yours.delete()
    assert (yours.why, Conflict.objects.count()) == ("mine again", 0)
    with pytest.raises(ChangedMeanwhile), acting(SYSTEM, "change"):
        mine.save()


def test_guarded_fields_are_guarded_from_a_rows_beginning(people: dict[str, str]) -> None:
    account = Account.objects.get(username="sro")
    at = account.grants.get().given_at
    ways = (
        lambda: Grant(account=account, role="supervisor", given_at=at).save(),
        lambda: Grant.objects.create(account=account, role="supervisor", given_at=at),
        lambda: Grant.objects.bulk_create([Grant(account=account, role="supervisor", given_at=at)]),
        lambda: Grant.objects.take_in([Grant(account=account, role="supervisor", given_at=at)], "x", "x"),
        lambda: Grant.objects.update_or_create(account=account, defaults={"role": "supervisor"}),
        lambda: account.grants.create(role="supervisor", given_at=at),
        lambda: account.grants.get().delete(),
        lambda: Case.objects.create(case_id="C", closed_at=at),
        lambda: Proposal.objects.create(proposal_kind="x", about_kind="x", about_id="x", proposed_by="P", proposed_at=at),
        lambda: Proposal.objects.create(proposal_kind="x", about_kind="x", proposed_by="SYSTEM", proposed_at=at).delete(),
    )
    for way in ways:
        with pytest.raises(NotTwoPeople), acting(SYSTEM, "by one person"):
            way()
    assert Grant.objects.filter(role="supervisor").count() == 3


def test_a_role_ends_by_one_person_and_lasts_longer_by_two(people: dict[str, str]) -> None:
    grant = Grant.objects.get(account__username="sro")
    with acting(SYSTEM, "end a role"):
        grant.ends_at = grant.given_at
        grant.save()
    grant.ends_at = None
    with pytest.raises(NotTwoPeople), acting(SYSTEM, "let it go on"):
        grant.save()


def test_no_kept_row_goes_with_another() -> None:
    unseen = [
        f"{kind.kind()}.{field.name}"
        for kind in kinds()
        for field in kind._meta.concrete_fields
        if field.is_relation and field.remote_field.on_delete not in (models.PROTECT, models.RESTRICT, models.DO_NOTHING)
    ]
    assert unseen == [], "such a row would be changed or removed without a line"


def test_the_journal_knows_each_kind_by_a_name_of_its_own() -> None:
    names = [each.kind() for each in kinds()]
    assert sorted(set(names)) == sorted(names)
    assert len(names) == len([each for each in apps.get_models() if hasattr(each, "kept_fields") and not each._meta.proxy])


def test_two_writers_make_one_chain_and_every_head_is_written(people: dict[str, str]) -> None:
    start, made = Barrier(4), 8

    def write(name: str) -> None:
        try:
            start.wait()
            for number in range(made):
                with acting(SYSTEM, f"act of {name}"):
                    a_conflict(f"{name}-{number}").save()
        finally:
            connection.close()

    threads = [Thread(target=write, args=(f"W{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Conflict.objects.count() == 4 * made
    assert list(check()) == []
    assert max(read_heads(heads_file())) == Change.objects.order_by("-number").values_list("number", "check_hash")[0]


@pytest.mark.parametrize("value", [1e16, 1e22, 0.1, -0.0, 2**70, "\u0000 and 関所", [1.0, {"b": 1, "a": None}], True])
def test_values_are_hashed_as_they_are_read_again(value: object, people: dict[str, str]) -> None:
    with acting(SYSTEM, "note") as act:
        act.note("thing", "T", "value", None, value)
    assert list(check()) == []


def says_effect(source: str) -> bool:
    """Whether code opens an act as a proposal's effect, or makes one so; to declare a kind of proposal (``Takes``) does not."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr == "effect" and isinstance(node.ctx, ast.Store):
            return True
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        hidden = called in ("acting", "Act") and any(each.arg is None for each in node.keywords)
        if hidden or (called != "Takes" and any(each.arg == "effect" for each in node.keywords)):
            return True
    return False


def test_nothing_but_an_approval_says_that_it_takes_effect() -> None:
    console = Path(acting_module.__file__).parents[1]
    saying = {str(file.relative_to(console)) for file in console.rglob("*.py") if says_effect(file.read_text())}
    allowed = {"approvals/four_eyes.py", "administration/first_people.py", "journal/acting.py", "registers/importing.py"}
    assert {name for name in saying if not name.endswith("trial.py")} == allowed, "only approvals let a proposal take effect"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ('for kind in KINDS:\n    takes_two(Takes(kind=kind, effect=done))\n    acting(author, "x", effect=kind)', True),
        ('with acting(author, "x", **more):\n    pass', True),
        ('acting_now().effect = "close case"', True),
        ("replace(act, effect=kind)", True),
        ("for kind in KINDS:\n    takes_two(Takes(kind=kind, effect=done))", False),
        ('with acting(author, "x", reason=words):\n    pass', False),
    ],
)
def test_whoever_says_it_is_seen(code: str, says: bool) -> None:
    assert says_effect(code) is says
