"""A console for tests: people of every role, signed in through the pages' own way; on SQLite, or where SEKISHO_TEST_STORE says."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import enumerate as enumerate_threads
from typing import Any

import pytest

_FOLDER = Path(tempfile.mkdtemp(prefix="sekisho-console-"))
_STORE = os.environ.get("SEKISHO_TEST_STORE", "office.sqlite")
(_FOLDER / "office.toml").write_text(f'database = "{_STORE}"\nsecond_factor = false\n')
os.environ["SEKISHO_CONSOLE"] = str(_FOLDER / "office.toml")
os.environ["DJANGO_SETTINGS_MODULE"] = "sekisho.console.settings"

import django  # noqa: E402 - after the settings are named
from django.conf import settings as console_settings  # noqa: E402 - after they are named

if "sqlite" in console_settings.DATABASES["default"]["ENGINE"]:
    # A file, as it is in use: a database in memory is not shared by threads as a file is.
    console_settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(_FOLDER / "test.sqlite")
# A worker of pytest-xdist may have read the settings already, with the folder of whoever started it: then two would share one.
console_settings.FOLDER = _FOLDER
console_settings.LOGGING_CONFIG = None  # its handler would keep a stream that one test has and the next has not
django.setup()

from django.test import Client  # noqa: E402 - after Django is set up

from console.let_in_once import let_in_once  # noqa: E402
from sekisho.console.administration.first_people import Newcomer  # noqa: E402
from sekisho.console.journal.acting import heads_file  # noqa: E402
from sekisho.console.people.models import Account  # noqa: E402
from sekisho.console.people.roles import ROLES  # noqa: E402

PASSWORD = "correct horse battery"
LONG = ["browser", "test_crowd.py", "test_matrix.py"]
collect_ignore = [] if os.environ.get("SEKISHO_JOURNEYS") else LONG
"""What takes minutes: ``make journeys`` runs it."""


@pytest.fixture
def people(db: None) -> dict[str, str]:
    """One person of each role and a second compliance officer and supervisor; also one with two accounts. Gives account by name."""
    names = [*ROLES, "compliance2", "supervisor2"]
    newcomers = [
        Newcomer(
            person_id=f"PERSON-{name.upper()}",
            name=name.capitalize(),
            account=name,
            password=PASSWORD,
            roles=(name.rstrip("2"),),
            party_id=f"STAFF-{name.upper()}",
            unit=name.rstrip("2"),
        )
        for name in names
    ]
    twin = Newcomer(
        person_id="PERSON-SUPERVISOR", name="Supervisor", account="supervisor-again", password=PASSWORD, roles=("supervisor",)
    )
    let_in_once((*newcomers, twin))
    return {each.account: each.person_id for each in [*newcomers, twin]}


@pytest.fixture
def browser(people: dict[str, str]) -> Callable[[str], Client]:
    """A client signed in as the account of that name."""

    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(Account.objects.get(username=name))
        return client

    return signed_in


@pytest.fixture(autouse=True)
def _no_heads_of_other_tests() -> None:
    """Each test's database is new: the heads of the one before would say that this one is an old copy. None may still write."""
    for thread in enumerate_threads():
        if thread.name == "certificate":
            thread.join(120)
    heads_file().unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def _hashes_fast(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
