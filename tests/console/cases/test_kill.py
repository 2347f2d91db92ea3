"""kill -9 in the middle: what was acknowledged is there, what was not is not, and the journal is whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

BEGIN = """
import json, os, signal, sys
from datetime import UTC, date, datetime
from pathlib import Path
home = Path(sys.argv[1])
from sekisho.console.start import start, up_to_date
start(home / "office.toml")
up_to_date()
from django.utils import timezone
from sekisho.console.administration.first_people import Newcomer, let_in
from sekisho.console.alerts.models import Alert
from sekisho.console.cases import register, work
from sekisho.console.desk import files
from sekisho.console.cases.models import Case, CaseAlert, Evidence, Note
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.journal.chain import breaks
from sekisho.console.journal.models import Change
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account, Person

if not Person.objects.exists():
    own = {"roles": ("compliance",), "unit": "c", "party_id": "S", "password": "correct horse battery"}
    let_in([Newcomer(person_id="P", name="P", account="p", **own)])
    at = datetime(2026, 9, 18, tzinfo=UTC)
    with acting(SYSTEM, "take in findings"):
        for name in ("F1", "F2"):
            Alert(alert_id=name, rule="unfair_trading/wash_trading", chapter="unfair_trading", regime="PSA-2026",
                  as_of=date(2026, 9, 19), severity="high", rank=3, score=1, subject_kind="account", subject_id="A1",
                  window_from=at, window_until=at, summary_en="x", summary_ja="x", raised_at=at, due_at=at).save()
actor = Actor.of(Account.objects.get(username="p"), timezone.now())
def die(*_args, **_kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
"""
WORK = """
case = work.open_case(actor, ["F1"])
register.add_file(actor, case.case_id, "document", "first.txt", b"acknowledged", obtained="x")
print("acknowledged", flush=True)
"""
UPLOAD = (
    "Evidence.save = die\nregister.add_file(actor, case.case_id, 'document', 'second.txt', b'never acknowledged', obtained='x')\n"
)
HALF_FILE = (
    "os.fsync = die\nregister.add_file(actor, case.case_id, 'document', 'second.txt', b'never acknowledged', obtained='x')\n"
)
HALF_CASE = "Note.save = die\nwork.open_case(actor, ['F2'], words='first note')\n"
LOOK = """
print(json.dumps({
    "cases": list(Case.objects.values_list("case_id", flat=True)),
    "joined": list(CaseAlert.objects.values_list("alert_id", flat=True)),
    "states": dict(Alert.objects.values_list("alert_id", "state")),
    "evidence": list(Evidence.objects.values_list("name", flat=True)),
    "kept": [files.stored(each).decode() for each in Evidence.objects.values_list("sha256", flat=True)],
    "files": sorted(p.read_bytes().decode() for p in files.folder().glob("??/*") if not p.name.startswith(".")),
    "breaks": len(list(breaks(change.line() for change in Change.objects.order_by("number")))),
}))
case = Case.objects.get()
register.add_file(actor, case.case_id, "document", "second.txt", b"never acknowledged", obtained="x")
print(work.open_case(actor, ["F2"]).case_id)
"""


def run(home: Path, *parts: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SEKISHO_CONSOLE": str(home / "office.toml")}
    asked = [sys.executable, "-c", "".join(parts), str(home)]
    return subprocess.run(asked, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize(
    ("death", "files"),
    [(UPLOAD, ["acknowledged", "never acknowledged"]), (HALF_FILE, ["acknowledged"]), (HALF_CASE, ["acknowledged"])],
    ids=["between file and row", "in the file", "in the case"],
)
def test_killed_in_the_middle_nothing_acknowledged_is_lost_and_nothing_is_half(
    death: str, files: list[str], tmp_path: Path
) -> None:
    (tmp_path / "office.toml").write_text('database = "office.sqlite"\nsecond_factor = false\n')
    killed = run(tmp_path, BEGIN, WORK, death)
    assert killed.returncode == -9, killed.stderr
    assert killed.stdout == "acknowledged\n"
    looked = run(tmp_path, BEGIN, LOOK)
    assert looked.returncode == 0, looked.stderr
    told, opened = looked.stdout.splitlines()
    year = json.loads(told)["cases"][0][:7]
    assert json.loads(told) == {
        "cases": [f"{year}000001"],
        "joined": ["F1"],
        "states": {"F1": "in_case", "F2": "open"},
        "evidence": ["first.txt"],
        "kept": ["acknowledged"],
        "files": files,
        "breaks": 0,
    }
    assert opened == f"{year}000002", "the same file and the same case go through when tried again"
