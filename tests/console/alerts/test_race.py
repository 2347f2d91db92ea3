"""Claim next from many threads at once, on both stores: no alert goes to two people, none is passed over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from console.alerts.conftest import finding, write_run

ALERTS, PEOPLE = 40, 8
SCRIPT = """
import json, sys, threading
from pathlib import Path
from sekisho.console.start import start, up_to_date
start(Path(sys.argv[1])); up_to_date()
from django.db import connection
from django.utils import timezone
from sekisho.console.administration.first_people import Newcomer, let_in
from sekisho.console.alerts.intake import take_in_run
from sekisho.console.alerts.models import Alert
from sekisho.console.alerts.working import claim_next
from sekisho.console.journal.acting import SYSTEM
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account
let_in(Newcomer(person_id=f"P-{n}", name=str(n), account=f"a{n}", roles=("compliance",), password="not a secret here")
       for n in range(int(sys.argv[3])))
take_in_run(Path(sys.argv[2]), SYSTEM, timezone.now())
got, faults = [], []
def work(number):
    try:
        actor = Actor.of(Account.objects.get(username=f"a{number}"), timezone.now())
        while (alert := claim_next(actor, Alert.objects.all())) is not None:
            got.append((alert.alert_id, actor.person.person_id))
    except Exception as error:
        faults.append(repr(error))
    finally:
        connection.close()
threads = [threading.Thread(target=work, args=(n,)) for n in range(int(sys.argv[3]))]
[t.start() for t in threads]; [t.join() for t in threads]
held = dict(Alert.objects.values_list("alert_id", "assignee"))
print(json.dumps({"got": got, "faults": faults, "held": held}))
"""


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_two_people_never_get_the_same(store: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    database = "office.sqlite" if store == "sqlite" else f"{request.getfixturevalue('postgres')}#office_{uuid4().hex}"
    (tmp_path / "office.toml").write_text(f'database = "{database}"\n')
    run = write_run(tmp_path / "run", [finding(number) for number in range(ALERTS)])
    environment = {**os.environ, "SEKISHO_CONSOLE": str(tmp_path / "office.toml")}
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "office.toml"), str(run), str(PEOPLE)],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    told = json.loads(said.stdout.splitlines()[-1])
    assert told["faults"] == []
    assert len(told["got"]) == ALERTS
    assert dict(told["got"]) == told["held"]
