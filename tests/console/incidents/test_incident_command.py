"""The commands: an incident opened from the logs, and what they refuse with one clear message."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sekisho.console.attestations.models import Item
from sekisho.console.commands import app
from sekisho.console.incidents.models import Incident
from sekisho.records import RecordsError
from tests.console.incidents.test_incident_journey import outflow

CONFIG = ["--config", os.environ["SEKISHO_CONSOLE"]]


def run(*given: str) -> str:
    """What a command prints; its refusals come as they are."""
    result = CliRunner().invoke(app, [*given, *CONFIG], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def found(tmp_path: Path) -> Path:
    """A file that log forensics wrote."""
    file = tmp_path / "incident.json"
    file.write_bytes(outflow())
    return file


def test_an_incident_is_opened_from_the_logs(found: Path, people: dict[str, str]) -> None:
    number = run(
        "incident", "--from", str(found), "--as", "compliance", "--known-at", "2026-06-02T10:00+09:00", "--lang", "ja"
    ).strip()
    incident = Incident.objects.get(pk=number)
    assert incident.title == "4 BTCの流出"
    assert incident.opened_by == "PERSON-COMPLIANCE"
    assert incident.files.get().name == "incident.json"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"--as": "nobody"}, "no open account"),
        ({"--as": "auditor"}, "roles do not let you"),
        ({"--event": "7"}, "no event 7"),
        ({"--known-at": "yesterday"}, "no moment with a zone"),
        ({"--known-at": "2026-06-02T10:00"}, "no moment with a zone"),
        ({"--from": "/nowhere"}, "cannot be read"),
    ],
)
def test_what_cannot_be_is_refused(changed: dict[str, str], said: str, found: Path, people: dict[str, str]) -> None:
    given = {"--from": str(found), "--as": "compliance", "--lang": "en", **changed}
    with pytest.raises(RecordsError, match=said):
        run("incident", *(word for pair in given.items() for word in pair))
    assert not Incident.objects.exists()


def test_attestations_are_taken_up_told_and_written_as_records(people: dict[str, str], tmp_path: Path) -> None:
    told: dict[str, Any] = json.loads(run("attestations", "--take-up", "--json"))
    assert {each["state"] for each in told["items"]} == {"missing"}
    assert len(told["items"]) == Item.objects.count() > 0
    reminded = [json.loads(line) for line in run("attestations", "--reminders").splitlines()]
    assert {each["why"] for each in reminded} == {"no_owner"}
    run("attestations", "--records", str(tmp_path))
    assert (tmp_path / "assessment.csv").read_text().startswith("assessment_id,item,")
    with pytest.raises(RecordsError, match="is there already"):
        run("attestations", "--records", str(tmp_path))
