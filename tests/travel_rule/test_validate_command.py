"""``sekisho travel-rule validate``: one object for each file, exit status 0, 1 or 2, and many payloads as fast as few."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

from sekisho.records import RecordsError
from sekisho.travel_rule import commands
from sekisho.travel_rule.commands import app
from travel_rule.payloads import BREAKS, broken, sound

RUN = CliRunner()


def validate(*arguments: str, content: bytes | None = None) -> tuple[int, Any]:
    done = RUN.invoke(app, ["validate", *arguments, "--as-of", "2026-11-29", "--json"], input=content)
    if isinstance(done.exception, RecordsError):
        return 2, str(done.exception)
    return done.exit_code, json.loads(done.stdout)


@pytest.fixture
def authorities(tmp_path: Path) -> str:
    file = tmp_path / "authorities.csv"
    file.write_text("Registration Authority Code,Country\nRA000412,Japan\n", encoding="utf-8")
    return str(file)


def write(file: Path, *payloads: Any) -> str:
    file.write_text("\n".join(json.dumps(payload, ensure_ascii=False) for payload in payloads), encoding="utf-8")
    return str(file)


def test_each_file_has_its_verdict_version_and_issues(tmp_path: Path, authorities: str) -> None:
    good = write(tmp_path / "good.json", sound("2023", Random(1)))
    ((version, payload),) = broken("C6", 1)
    bad = write(tmp_path / "bad.json", payload)
    status, told = validate(good, bad, "--authorities", authorities)
    assert status == 1
    assert [(one["file"], one["valid"], one["version"]) for one in told] == [(good, True, "2023"), (bad, False, version)]
    assert told[0]["issues"] == []
    (issue,) = told[1]["issues"]
    assert issue["constraint"] == "C6"
    assert issue["path"].endswith(".naturalPerson.name")
    assert set(issue["problem"]) == set(issue["remedy"]) == {"en", "ja"}
    assert validate(good, "--authorities", authorities)[0] == 0


def test_many_payloads_in_one_file_are_judged_line_by_line(tmp_path: Path, authorities: str) -> None:
    ((_version, payload),) = broken("C8", 1)
    text = write(tmp_path / "many.jsonl", sound("2020", Random(1)), payload, sound("2023", Random(2)))
    packed = tmp_path / "many.jsonl.gz"
    packed.write_bytes(gzip.compress(Path(text).read_bytes()))
    for file in (text, str(packed)):
        status, (told,) = validate(file, "--authorities", authorities)
        assert status == 1
        assert (told["valid"], told["version"]) == (False, "mixed")
        assert [(one["line"], one["valid"]) for one in told["payloads"]] == [(1, True), (2, False), (3, True)]
        assert [(issue["line"], issue["constraint"]) for issue in told["issues"]] == [(2, "C8")]
    status, (told,) = validate("-", "--authorities", authorities, content=Path(text).read_bytes())
    assert (status, told["file"]) == (1, "-")


def test_the_compiled_validator_changes_no_answer(tmp_path: Path, authorities: str, monkeypatch: pytest.MonkeyPatch) -> None:
    payloads = [payload for constraint in BREAKS for _version, payload in broken(constraint, 2)]
    payloads += [sound("2020", Random(seed)) for seed in range(4)]
    file = write(tmp_path / "many.jsonl", *payloads, {"invalid": "data"})
    plain = validate(file, "--authorities", authorities)
    monkeypatch.setattr(commands, "COMPILED_FROM", 1)
    compiled = validate(file, "--authorities", authorities)
    for told in (plain[1][0], compiled[1][0]):
        for one in told["payloads"]:
            one["notes"] = [note for note in one["notes"] if note["constraint"] != "text-2020"]
    assert compiled == plain
    assert plain[0] == 1


def test_without_the_list_c10_is_noted_as_not_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEKISHO_DATA", raising=False)
    payload = sound("2020", Random(1))
    payload["beneficiaryVASP"]["beneficiaryVASP"]["legalPerson"]["nationalIdentification"] = {
        "nationalIdentifier": "1", "nationalIdentifierType": "RAID", "registrationAuthority": "RA000412",
    }  # fmt: skip
    status, (told,) = validate(write(tmp_path / "one.json", payload))
    assert status == 0
    assert "not-checked" in {note["constraint"] for note in told["notes"]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"{", "is not JSON"),
        (b'{"a":1}\n{"b"', "line 2"),
        (b"\xff\xfe", "is not JSON"),
        (b"\x1f\x8bxx", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_status_2(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "input"
    file.write_bytes(content)
    status, told = validate(str(file))
    assert status == 2
    assert said in told
    assert "\n" not in told


def test_options_that_are_not_known_are_told(tmp_path: Path) -> None:
    file = write(tmp_path / "one.json", {})
    for option, value in (
        ("--version", "2021"),
        ("--keys", "x"),
        ("--without", "C13"),
        ("--language", "fr"),
        ("--authorities", "/no"),
    ):
        assert validate(file, option, value)[0] == 2
    assert validate("/no/such/file")[0] == 2


def test_the_printed_text_is_there_in_both_languages(tmp_path: Path, authorities: str) -> None:
    ((_version, payload),) = broken("C12", 1)
    file = write(tmp_path / "bad.json", payload)
    for language, word in (("en", "INVALID"), ("ja", "不適合")):
        done = RUN.invoke(app, ["validate", file, "--language", language, "--authorities", authorities])
        assert done.exit_code == 1
        assert word in done.stdout
        assert "C12  $.transferPath.transferPath" in done.stdout
