"""Who read what and why: on disk before it is shown, in an order that cannot be changed unseen."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from gate.http.door import Door, transfer
from sekisho.gate.access_log import (
    FIRST_SEAL,
    Access,
    AccessLog,
    AccessLogDown,
    PostgresAccessLog,
    SqliteAccessLog,
    broken_at,
    seal_of,
)

ASK = "/v1/transfers/decisions"


def _read(number: int) -> Access:
    return Access(
        at=datetime(2026, 6, 8, 3, 4, number, tzinfo=UTC),
        party_id="STAFF-1",
        key_id="k",
        roles=("auditor",),
        what="read transfer",
        subject=f"T{number}",
        reason="案件C-1",
        request_id=f"r-{number}",
        outcome="read",
    )


@pytest.fixture
def log(where: str) -> Iterator[AccessLog]:
    opened: AccessLog = PostgresAccessLog(where) if where.startswith("postgresql") else SqliteAccessLog(f"{where}.access")
    yield opened
    opened.close()


def test_lines_follow_from_one_another(log: AccessLog) -> None:
    assert broken_at(log) is None
    written = [log.write(_read(number)) for number in range(5)]
    assert [each.number for each in written] == [1, 2, 3, 4, 5]
    assert list(log.lines()) == written
    assert list(log.lines(after=3)) == written[3:]
    assert [each.access for each in written] == [_read(number) for number in range(5)]
    assert written[0].seal == seal_of(FIRST_SEAL, 1, written[0].line)
    assert broken_at(log) is None
    assert broken_at(log, written[-1].seal) is None
    assert broken_at(log, "0" * 63 + "1") == 6


def test_two_writers_make_one_chain(where: str, log: AccessLog) -> None:
    other: AccessLog = PostgresAccessLog(where) if where.startswith("postgresql") else SqliteAccessLog(f"{where}.access")
    threads = [Thread(target=lambda each=each: [each.write(_read(n)) for n in range(25)]) for each in (log, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert len(log.lines()) == 50
    assert broken_at(log) is None


def test_the_store_itself_refuses_changes(where: str, log: AccessLog) -> None:
    log.write(_read(1))
    changes = ["UPDATE gate_access SET line = '{}'", "DELETE FROM gate_access"]
    if where.startswith("postgresql"):
        address, _, schema = where.partition("#")
        with psycopg.connect(address, autocommit=True) as db:
            db.execute(f"SET search_path TO {schema}")
            for change in [*changes, "TRUNCATE gate_access"]:
                with pytest.raises(psycopg.Error, match="only grows"):
                    db.execute(change)
    else:
        db_ = sqlite3.connect(f"{where}.access")
        for change in changes:
            with pytest.raises(sqlite3.Error, match="only grows"):
                db_.execute(change)
        db_.close()
    assert broken_at(log) is None


TAMPERED = {
    "a word changed": ("UPDATE gate_access SET line = replace(line, 'T2', 'T9') WHERE number = 3", 3),
    "a line taken out": ("DELETE FROM gate_access WHERE number = 3", 3),
    "the first taken out": ("DELETE FROM gate_access WHERE number = 1", 1),
    "the last cut off": ("DELETE FROM gate_access WHERE number = 5", 5),
    "all cut off": ("DELETE FROM gate_access", 1),
    "two changed places": (
        "UPDATE gate_access SET number = CASE number WHEN 2 THEN -3 WHEN 3 THEN -2 ELSE number END; "
        "UPDATE gate_access SET number = -number WHERE number < 0",
        2,
    ),
}


@pytest.mark.parametrize(("change", "at"), TAMPERED.values(), ids=TAMPERED)
def test_whoever_goes_around_the_store_is_seen(tmp_path: Path, change: str, at: int) -> None:
    file = tmp_path / "access.sqlite"
    log = SqliteAccessLog(file)
    newest = [log.write(_read(number)) for number in range(5)][-1].seal
    db = sqlite3.connect(file)
    db.executescript("DROP TRIGGER gate_access_kept; DROP TRIGGER gate_access_stays; " + change)
    db.close()
    assert broken_at(log, newest) == at
    log.close()


def test_every_read_over_http_is_logged_before_it_is_answered(door: Door) -> None:
    door.ask("POST", ASK, transfer(), role="wallet")
    for role, path, reason, outcome in (
        ("compliance", f"{ASK}/T1", "call from the client", "read"),
        ("wallet", f"{ASK}/T1", "state of a withdrawal", "read"),
        ("auditor", f"{ASK}/T9", "sample of June", "nothing read"),
        ("supervisor", f"{ASK}/D5", "案件C-1の確認", "nothing read"),
    ):
        headers = {"Access-Reason": reason.encode()}
        answered = door.ask("GET", path, role=role, headers=headers)
        assert (answered.status_code == 200) == (outcome == "read"), answered.text
        access = door.service.doors.access_log.lines()[-1].access
        assert (access.party_id, access.what, access.reason) == (door.signers[role].party_id, "read transfer", reason)
        assert (access.subject, access.outcome) == (path.rsplit("/", 1)[1], outcome)
        assert access.request_id == answered.headers["request-id"]


@pytest.mark.parametrize("reason", [None, "", "   ", "x" * 501, "\x07"])
def test_without_a_reason_nothing_is_shown(door: Door, reason: str | None) -> None:
    door.ask("POST", ASK, transfer(), role="wallet")
    headers = {} if reason is None else {"Access-Reason": reason}
    answered = door.ask("GET", f"{ASK}/T1", role="compliance", headers=headers)
    assert answered.status_code == 400
    assert "applied" not in answered.text
    assert not door.service.doors.access_log.lines()


def test_when_the_log_cannot_be_written_nothing_is_shown(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Access) -> None:
        raise AccessLogDown("disk full")

    door.ask("POST", ASK, transfer(), role="wallet")
    monkeypatch.setattr(door.service.doors.access_log, "write", full)
    for path in (f"{ASK}/T1", "/v1/access-log"):
        answered = door.ask("GET", path, role="auditor", headers={"Access-Reason": "audit"})
        assert answered.status_code == 503
        assert "applied" not in answered.text


def test_the_auditor_reads_the_log_and_that_is_logged_too(door: Door) -> None:
    door.ask("POST", ASK, transfer(), role="wallet")
    door.ask("GET", f"{ASK}/T1", role="compliance", headers={"Access-Reason": "case C-1"})
    told = door.ask("GET", "/v1/access-log", role="auditor", headers={"Access-Reason": "yearly audit"}).json()
    assert told["intact"] is True
    assert [each["what"] for each in told["lines"]] == ["read transfer", "read access log"]
    assert told["lines"][0]["party_id"] == "STAFF-compliance"
    rest = door.ask("GET", "/v1/access-log?after=2", role="auditor", headers={"Access-Reason": "yearly audit"}).json()
    assert [each["number"] for each in rest["lines"]] == [3]
    db = sqlite3.connect(door.folder / "access.sqlite")
    db.executescript("DROP TRIGGER gate_access_kept; UPDATE gate_access SET line = replace(line, 'C-1', 'C-2')")
    db.close()
    told = door.ask("GET", "/v1/access-log", role="auditor", headers={"Access-Reason": "yearly audit"}).json()
    assert told["intact"] is False


@pytest.mark.parametrize("after", ["x", "-1", "1" * 16, "%31", ""])
def test_a_bad_line_number_is_refused(door: Door, after: str) -> None:
    answered = door.ask("GET", f"/v1/access-log?after={after}", role="auditor", headers={"Access-Reason": "audit"})
    assert answered.status_code == 422


def test_the_newest_seal_stands_in_the_ordinary_log(door: Door) -> None:
    door.ask("POST", ASK, transfer(), role="wallet")
    door.ask("GET", f"{ASK}/T1", role="compliance", headers={"Access-Reason": "case C-1"})
    door.service.doors.log.flush()
    assert door.service.doors.access_log.lines()[-1].seal in door.log.getvalue()
