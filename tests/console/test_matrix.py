"""Who may do what, every cell: role by act by object, through the page, its JSON, and a personal token, all as declared.

Made of the pages and acts there are, so what a part adds is tested by itself; it fails where its objects have no
maker.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import product

import pytest
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from console.objects import CHAPTER, OTHER_CHAPTER, PARTY, Made, Maker, Wanted, maker_key, maker_of, registered
from sekisho.console import urls  # noqa: F401 - reads every area's pages
from sekisho.console.administration.first_people import Newcomer, let_in
from sekisho.console.desk.pages import ENTRIES, Entry
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.people.models import Account, Conflict, Token
from sekisho.console.people.roles import ROLES, Role, matrix

MAKERS, BODIES = registered()
NAMES = sorted(ENTRIES, key=lambda name: (str(maker_key(ENTRIES[name].path, MAKERS)), name))
WITH_OBJECT = [name for name in NAMES if "<" in ENTRIES[name].path]
REFUSED = (403, 404)
SECRET = "s" * 43


Cell = Callable[..., tuple[int, Made | None]]


@dataclass(frozen=True)
class Way:
    """How it is asked: as a person in a browser, as a program in a session, or with a token."""

    name: str
    as_json: bool
    by_token: bool


WAYS = (Way("page", False, False), Way("JSON", True, False), Way("token", True, True))


@pytest.fixture
def roles_of_chapter(people: dict[str, str]) -> None:
    """For each role one more person, whose role is for one chapter."""
    let_in(
        Newcomer(
            person_id=f"PERSON-{role.upper()}-OF-CHAPTER",
            name=role,
            account=f"{role}-of-chapter",
            password="correct horse battery",
            roles=(role,),
            chapters=(CHAPTER,),
        )
        for role in ROLES
    )


@cache
def _session(name: str) -> str:
    """A session of that account, opened once for all cells."""
    client = Client()
    client.force_login(Account.objects.get(username=name))
    return str(client.session.session_key)


@cache
def _token_id(name: str, acts: frozenset[str] | None = None) -> str:
    """A token of that account for these acts (all, without), made once for all cells."""
    now, number = timezone.now(), Token.digest_of(f"{name} {acts}")[:12]
    with acting(SYSTEM, "make a token"):
        Token(
            token_id=number,
            account=Account.objects.get(username=name),
            name="matrix",
            acts=sorted(matrix() if acts is None else acts),
            digest=Token.digest_of(SECRET),
            made_at=now,
            ends_at=now + timedelta(days=1),
        ).save()
    return number


@pytest.fixture(autouse=True)
def _sessions_of_this_test_alone() -> None:
    _session.cache_clear()
    _token_id.cache_clear()
    _client.cache_clear()


@cache
def _client() -> Client:
    """One client for all cells: each new one would read every static file again."""
    return Client()


def ask(way: Way, key: str, entry: Entry, made: Made | None) -> int:
    """The status of the answer to somebody with this session or token."""
    client, more = _client(), {}
    client.cookies.clear()
    if way.by_token:
        more = {"headers": {"authorization": f"Bearer sekisho_{key}_{SECRET}"}}
    else:
        client.cookies["sessionid"] = key
    at = reverse(f"{entry.name} as JSON" if way.as_json else entry.name, kwargs=dict(made.ids) if made else None)
    if not entry.changes:
        return int(client.get(at, **more).status_code)
    body = BODIES.get(entry.name, {})
    if way.as_json:
        answer = client.post(at, data=json.dumps(body), content_type="application/json", **more)
        assert "missing required field" not in answer.content.decode(), f"{entry.name} needs a body in an objects.py"
        return int(answer.status_code)
    return int(client.post(at, data=body, **more).status_code)


class Standing:
    """The object asked about, as the cells after one another want the same: made once, and every cell's changes undone."""

    def __init__(self) -> None:
        self._what: tuple[Maker, Wanted] | None = None
        self._made: Made | None = None
        self._before = ""

    def of(self, maker: Maker, wanted: Wanted) -> Made:
        """The object that stands already, or a new one in its place."""
        if self._what != (maker, wanted) or self._made is None:
            self.end()
            self._before = transaction.savepoint()
            self._what = (maker, wanted)
            self._made = maker(wanted)
        return self._made

    def end(self) -> None:
        """As if there had been no object: what is opened now stays for all cells."""
        if self._what is not None:
            transaction.savepoint_rollback(self._before)
            self._what = self._made = None


@pytest.fixture
def cell() -> Cell:
    """One cell: the object is made or stands there already, it is asked, and what that changed is undone."""
    standing, opened = Standing(), set[tuple[str, bool, frozenset[str] | None]]()

    def asked(
        name: str, account: str, way: Way, wanted: Wanted | None, *, conflict: bool = False, acts: frozenset[str] | None = None
    ) -> tuple[int, Made | None]:
        entry = ENTRIES[name]
        if (account, way.by_token, acts) not in opened:
            standing.end()
            opened.add((account, way.by_token, acts))
        key = _token_id(account, acts) if way.by_token else _session(account)
        made = standing.of(_maker(entry), wanted) if wanted is not None else None
        with transaction.atomic():
            if conflict:
                who = Account.objects.select_related("person").get(username=account)
                with acting(SYSTEM, "declare a conflict"):
                    Conflict(person=who.person, party_id=PARTY, why="family", since="2026-01-01").save()
            with override_settings(**(made.settings if made else {})):
                status = ask(way, key, entry, made)
            transaction.set_rollback(True)
        return status, made

    return asked


def _maker(entry: Entry) -> Maker:
    found = maker_of(entry.path, MAKERS)
    assert found is not None, f"no maker for {entry.path}: add one to an objects.py beside the tests of its part"
    return found


def _allowed(name: str, role: Role, made: Made | None, own: bool = False) -> bool:
    needs = (made.needs.get(name) if made else None) or (ENTRIES[name].act,)
    page_itself = role in matrix()[ENTRIES[name].act]
    return page_itself and any(role in matrix()[act] for act in needs) and (own or not (made and name in made.nobody))


def _right(name: str, status: int, allowed: bool, way: Way) -> bool:
    if not allowed:
        return status in REFUSED
    if not ENTRIES[name].changes:
        return status == 200
    return status in ((200, 409, 422) if way.as_json else (200, 302))  # an act of a page goes on to another, or hands out a file


def test_every_address_has_a_maker_and_every_act_a_body() -> None:
    lacking = [entry.path for entry in ENTRIES.values() if "<" in entry.path and maker_of(entry.path, MAKERS) is None]
    assert lacking == []
    assert set(BODIES) <= set(ENTRIES)


def test_each_role_may_what_is_declared_by_every_way(people: dict[str, str], cell: Cell) -> None:
    wrong = []
    for name, role, way in product(NAMES, ROLES, WAYS):
        status, made = cell(name, role, way, Wanted(chapter=CHAPTER) if name in WITH_OBJECT else None)
        if not _right(name, status, _allowed(name, role, made), way):
            wrong.append((name, role, way.name, status))
    assert wrong == []


def test_a_token_without_the_act_opens_nothing(people: dict[str, str], cell: Cell) -> None:
    opened = []
    for name in NAMES:
        role = min(matrix()[ENTRIES[name].act])
        others = frozenset(matrix()) - {ENTRIES[name].act}
        status, _made = cell(name, role, WAYS[2], Wanted() if name in WITH_OBJECT else None, acts=others)
        if status != 403:
            opened.append((name, status))
    assert opened == []


def test_a_role_for_one_chapter_opens_that_chapter_alone(roles_of_chapter: None, cell: Cell) -> None:
    wrong = []
    for chapter, name, role, way in product((OTHER_CHAPTER, CHAPTER), WITH_OBJECT, ROLES, WAYS):
        status, made = cell(name, f"{role}-of-chapter", way, Wanted(chapter=chapter))
        its_own = not _of(made).has_chapter or (_of(made).only_chapter or chapter) == CHAPTER
        if not _right(name, status, _allowed(name, role, made) and its_own, way):
            wrong.append((name, role, way.name, chapter, status))
    assert wrong == []


def test_a_conflict_of_interest_closes_it_whatever_the_role(people: dict[str, str], cell: Cell) -> None:
    wrong = []
    for name, role, way in product(WITH_OBJECT, ROLES, WAYS):
        status, made = cell(name, role, way, Wanted(parties=(PARTY,)), conflict=True)
        if not _right(name, status, _allowed(name, role, made) and not _of(made).has_parties, way):
            wrong.append((name, role, way.name, status))
    assert wrong == []


def test_ones_own_work_is_answered_as_its_maker_says(people: dict[str, str], cell: Cell) -> None:
    wrong = []
    for role, name, way in product(ROLES, WITH_OBJECT, WAYS[1:]):
        if role in matrix()[ENTRIES[name].act]:
            status, made = cell(name, role, way, Wanted(own_of=role))
            declared = _of(made).own.get(name, status)
            told = status == _of(made).own.get(name)  # what is his own he may see, whatever others need for it
            right = status == declared if _allowed(name, role, _of(made), own=True) else told or status in REFUSED
            if not right:
                wrong.append((name, role, way.name, status))
    assert wrong == []


def _of(made: Made | None) -> Made:
    assert made is not None
    return made
