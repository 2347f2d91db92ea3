"""Whoever changes the journal or the rows with the database's own language is found, in the console and offline."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from django.db import connection
from typer.testing import CliRunner

from sekisho.console.alerts.models import Alert
from sekisho.console.commands import app
from sekisho.console.journal.acting import SYSTEM, acting, heads_file
from sekisho.console.journal.chain import Line, breaks
from sekisho.console.journal.heads import read_heads, write_head
from sekisho.console.journal.models import Change
from sekisho.console.journal.rows import check
from sekisho.console.people.models import Account, Conflict, Person
from sekisho.records import RecordsError

pytestmark = [pytest.mark.store, pytest.mark.django_db(transaction=True)]
AT = datetime(2026, 7, 1, tzinfo=UTC)


def sql(text: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def found() -> list[str]:
    return [each.what for each in check()]


def an_alert(number: int) -> Alert:
    return Alert(
        alert_id=f"A-{number}",
        rule="unfair_trading/wash_trading",
        chapter="unfair_trading",
        regime="FIEA-ACT64",
        as_of="2026-06-30",
        severity="high",
        rank=3,
        score=0.1 * number,
        subject_kind="account",
        subject_id="C-1",
        window_from=AT,
        window_until=AT,
        amount_jpy=Decimal("1200.50"),
        summary_en="seen",
        summary_ja="見た",
        raised_at=AT,
        due_at=AT,
        evidence=[{"table": "trade", "at": 1e16}],
    )


@pytest.fixture
def office(people: dict[str, str]) -> None:
    """People, some changes, alerts taken in and one of them worked on."""
    with acting(SYSTEM, "declare a conflict", reason="told by himself"):
        Conflict(person_id="PERSON-AUDIT", party_id="P7", why="family", since="2026-01-01").save()
    with acting(SYSTEM, "take in findings"):
        Alert.objects.take_in([an_alert(number) for number in range(5)], "findings.parquet", "f" * 64)
    with acting(SYSTEM, "claim an alert"):
        alert = Alert.objects.get(pk="A-3")
        alert.state, alert.assignee = "claimed", "PERSON-COMPLIANCE"
        alert.save()
    assert found() == []


TAMPERED: dict[str, tuple[Callable[[], None], str]] = {
    "a line edited": (lambda: sql("UPDATE journal_change SET new = '\"P8\"' WHERE field = 'party_id' AND new = '\"P7\"'"), "else"),
    "who did it edited": (lambda: sql("UPDATE journal_change SET person = 'PERSON-SRO' WHERE number = 7"), "its hash is not"),
    "when it was done edited": (lambda: sql("UPDATE journal_change SET at = %s WHERE number = 7", AT), "its hash is not"),
    "a reason edited": (
        lambda: sql("UPDATE journal_change SET reason = 'none' WHERE reason = 'told by himself'"),
        "something else",
    ),
    "a line deleted": (lambda: sql("DELETE FROM journal_change WHERE number = 9"), "lines are missing"),
    "the first line deleted": (lambda: sql("DELETE FROM journal_change WHERE number = 1"), "lines are missing"),
    "two lines in the other order": (
        lambda: (
            [
                sql("UPDATE journal_change SET number = %s WHERE number = %s", to, number)
                for number, to in ((5, -1), (6, 5), (-1, 6))
            ]
            and None
        ),
        "its hash is not",
    ),
    "cut short": (
        lambda: sql("DELETE FROM journal_change WHERE number > (SELECT MAX(number) FROM journal_change) - 2"),
        "cut short",
    ),
    "emptied": (lambda: sql("DELETE FROM journal_change"), "cut short"),
    "said nothing any more": (
        lambda: sql("UPDATE journal_change SET old = NULL, new = NULL, reason = '', salt = '' WHERE number = 7"),
        "no later line tells that it was removed",
    ),
    "a row edited": (lambda: sql("UPDATE people_conflict SET party_id = 'P9'"), "party_id is not what the journal last said"),
    "a password edited": (lambda: sql("UPDATE people_account SET password = 'x' WHERE username = 'sro'"), "password is not what"),
    "a role widened": (lambda: sql("UPDATE people_grant SET role = 'supervisor' WHERE role = 'sro'"), "role is not what"),
    "a field filled": (lambda: sql("UPDATE people_person SET name_ja = '佐藤' WHERE person_id = 'PERSON-SRO'"), "says nothing"),
    "a row deleted": (lambda: sql("DELETE FROM people_conflict"), "no longer there"),
    "a row added": (
        lambda: sql(
            "INSERT INTO people_person (person_id, party_id, name, name_ja, unit) VALUES ('PERSON-X', '', 'X', '', '')",
        ),
        "does not say that it was made",
    ),
    "an alert taken in edited": (lambda: sql("UPDATE alerts_alert SET score = 0.9 WHERE alert_id = 'A-1'"), "not those taken in"),
    "an alert worked on edited": (lambda: sql("UPDATE alerts_alert SET score = 0.9 WHERE alert_id = 'A-3'"), "not those taken in"),
    "its state edited": (lambda: sql("UPDATE alerts_alert SET state = 'open' WHERE alert_id = 'A-3'"), "state is not what"),
    "an alert deleted": (lambda: sql("DELETE FROM alerts_alert WHERE alert_id = 'A-2'"), "not those taken in"),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_it_is_found(how: str, office: None) -> None:
    tamper, told = TAMPERED[how]
    tamper()
    assert any(told in each for each in found()), found()


def restored_to(number: int) -> None:
    """As an old backup has it: nothing after that line."""
    sql("DELETE FROM journal_change WHERE number > %s", number)
    sql("DELETE FROM alerts_alert")
    sql("DELETE FROM people_conflict")


def test_an_old_backup_put_back_is_found(office: None) -> None:
    before = Change.objects.get(field="party_id", new="P7", kind="conflict").number - 2
    restored_to(before)
    assert any("an old copy" in each for each in found())


def test_an_old_backup_written_on_until_it_is_longer_is_found(office: None) -> None:
    before = Change.objects.get(field="party_id", new="P7", kind="conflict").number - 2
    last = Change.objects.order_by("-number").values_list("number", flat=True)[0]
    restored_to(before)
    while Change.objects.order_by("-number").values_list("number", flat=True)[0] <= last:
        with acting(SYSTEM, "note") as act:
            act.note("thing", "T", "seen", None, 1)
    assert any("is not the line whose hash was written down outside" in each for each in found())


def test_offline_the_same_is_found_in_an_exported_journal(office: None, tmp_path: Path) -> None:
    def export() -> list[Line]:
        return [change.line() for change in Change.objects.order_by("number")]

    whole, heads = export(), read_heads(heads_file())
    file, outside = tmp_path / "journal.jsonl", tmp_path / "heads"
    outside.write_bytes(heads_file().read_bytes())

    def verified(lines: list[Line]) -> tuple[int, str]:
        file.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
        ran = CliRunner().invoke(app, ["journal", "verify", str(file), "--heads", str(outside)])
        return ran.exit_code, ran.output

    assert list(breaks(whole, heads)) == []
    assert verified(whole)[0] == 0
    edited = [*whole[:4], msgspec.structs.replace(whole[4], new="else"), *whole[5:]]
    for lines, told in (
        (edited, "says something else"),
        ([*whole[:4], *whole[5:]], "lines are missing"),
        ([*whole[:4], whole[5], whole[4], *whole[6:]], "out of order"),
        (whole[:-3], "cut short"),
    ):
        code, output = verified(lines)
        assert code == 1
        assert told in output


def test_a_copy_exported_before_the_last_changes_is_told_so_in_one_line(office: None, tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, list[str]]:
        ran = CliRunner().invoke(app, ["journal", *arguments, "--heads", str(heads_file())])
        return ran.exit_code, ran.output.strip().splitlines()

    file = tmp_path / "journal.jsonl"
    file.write_bytes(b"".join(msgspec.json.encode(change.line()) + b"\n" for change in Change.objects.order_by("number")))
    lines = Change.objects.count()
    assert run("verify", str(file)) == (0, ["the journal is whole"])
    for number in range(3):
        with acting(SYSTEM, "note") as act:
            act.note("thing", "T", "seen", None, number)
    code, said = run("verify", str(file))
    assert code == 1
    assert len(said) == 1
    assert f"ends at line {lines:,}, and the journal went on to line {Change.objects.count():,}" in said[0]


def test_an_export_says_how_many_lines_and_never_overwrites(office: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sekisho.console.commands.opened", lambda config: None)
    file = tmp_path / "journal.jsonl"
    first = CliRunner().invoke(app, ["journal", "export", str(file)])
    assert (first.exit_code, first.output) == (0, f"{Change.objects.count():,} lines written to {file}\n")
    again = CliRunner().invoke(app, ["journal", "export", str(file)])
    assert isinstance(again.exception, RecordsError)
    assert "is there already" in str(again.exception)
    nowhere = CliRunner().invoke(app, ["journal", "export", str(tmp_path / "no" / "journal.jsonl")])
    assert isinstance(nowhere.exception, RecordsError)
    assert len(file.read_bytes().splitlines()) == Change.objects.count()


def test_the_check_bears_a_torn_head_and_heads_go_on_after_it(office: None) -> None:
    number, check_hash = Change.objects.order_by("-number").values_list("number", "check_hash")[0]
    with heads_file().open("ab") as heads:
        heads.write(b"99 abc")
    write_head(heads_file(), number, check_hash)
    assert read_heads(heads_file())[-1] == (number, check_hash)
    assert found() == []


def test_a_head_file_with_something_else_in_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "heads"
    file.write_text("1 " + "a" * 64 + "\nwho wrote this\n")
    with pytest.raises(ValueError, match="line 2"):
        read_heads(file)


def test_a_row_changed_through_its_model_is_whole(office: None) -> None:
    with acting(SYSTEM, "rename"):
        person = Person.objects.get(pk="PERSON-SRO")
        person.name = "原 純"
        person.save()
        Account.objects.get(username="sro").save()
    assert found() == []
