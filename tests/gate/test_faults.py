"""When something breaks the gate says so and decides nothing; what it answered before is still there afterwards."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from benchmarks.gate_askers import full_disk, killed
from gate.gates import NOW, known_address, open_gate, transfer
from sekisho.gate import Gate, GateDown
from sekisho.gate.clock import GateClock


def test_killed_under_load_nothing_is_lost_and_nothing_doubled(where: str, tmp_path: Path) -> None:
    told = killed(where, 2, seed=3, answers=tmp_path / "answers", seconds=(0.02, 0.2))
    assert told["answered"] > 0


def test_a_full_disk_decides_nothing_and_loses_nothing(tmp_path: Path) -> None:
    told = full_disk(str(tmp_path / "full.sqlite"))
    assert told["answered_before"] > 10
    assert "the journal could not take it" in told["told_when_full"]


def test_a_database_that_drops_its_connections_is_found_again(postgres: str) -> None:
    where = f"{postgres}#gate_dropped"
    gate, _ = open_gate(where)
    with gate:
        known_address(gate)
        before = gate.submit(transfer("T0")).result()
        with psycopg.connect(postgres, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
            )
        state = gate.digest()
        with pytest.raises(GateDown, match="ask again with the same key"):
            gate.submit(transfer("T1"), "k").result()
        assert gate.down
        assert gate.digest() == state
        assert gate.submit(transfer("T1"), "k").result().outcome == "allow"
        assert gate.down is None
        assert gate.decision(before.decision_id) == before
        assert len(gate.history("T1")) == 1


def test_an_entry_that_was_changed_closes_the_gate(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        gate.submit(transfer("T1")).result()
        number = gate.number
    if where.startswith("postgresql"):
        address, _, schema = where.partition("#")
        with psycopg.connect(address, autocommit=True) as db:
            table = sql.Identifier(schema, "entry")
            db.execute(sql.SQL("UPDATE {} SET body = body || ' '::bytea WHERE number = %s").format(table), (number,))
    else:
        with sqlite3.connect(where) as lite:
            lite.execute("UPDATE entry SET body = CAST(CAST(body AS TEXT) || ' ' AS BLOB) WHERE number = ?", (number,))
    with pytest.raises(GateDown, match=f"entry {number} .*damaged or changed"):
        open_gate(where)


def test_a_journal_that_lost_its_tail_closes_the_gate(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        gate.submit(transfer("T1")).result()
        number = gate.number
        if where.startswith("postgresql"):
            address, _, schema = where.partition("#")
            with psycopg.connect(address, autocommit=True) as db:
                db.execute(sql.SQL("DELETE FROM {} WHERE number = %s").format(sql.Identifier(schema, "entry")), (number,))
        else:
            with sqlite3.connect(where, timeout=10) as lite:
                lite.execute("DELETE FROM entry WHERE number = ?", (number,))
        with pytest.raises(GateDown, match=f"ends at entry {number - 1}"):
            gate.submit(transfer("T2")).result()
        with pytest.raises(GateDown):
            gate.submit(transfer("T3")).result()
    if not where.startswith("postgresql"):
        with pytest.raises(GateDown, match=f"entries up to {number} were answered"):
            open_gate(where)


def test_a_damaged_log_of_sqlite_does_not_pass_for_an_older_journal(tmp_path: Path) -> None:
    """SQLite drops the damaged end of its log without a word; the note beside the journal tells."""
    where = tmp_path / "gate.sqlite"
    gate, _ = open_gate(str(where))
    with gate:
        gate.submit(transfer("T1")).result()
        gate.submit(transfer("T2")).result()
        whole = {ending: Path(f"{where}{ending}").read_bytes() for ending in ("", "-wal", ".seen")}
    log = whole["-wal"]

    def opened(name: str, log: bytes) -> Gate:
        for ending, content in (whole | {"-wal": log}).items():
            (tmp_path / f"{name}.sqlite{ending}").write_bytes(content)
        return open_gate(str(tmp_path / f"{name}.sqlite"))[0]

    with pytest.raises(GateDown, match="were answered; its tail is damaged"):
        opened("damaged", log[:-3000] + os.urandom(2000) + log[-1000:])
    with opened("whole", log) as gate:
        assert len(gate.history("T2")) == 1


def test_time_never_goes_back(where: str) -> None:
    gate, clock = open_gate(where)
    with gate:
        first = gate.submit(transfer("T1", address="bc1new")).result()
        clock.at = NOW - timedelta(hours=2)
        second = gate.submit(transfer("T2", requested_at=clock.at)).result()
        assert first.decided_at == second.decided_at == NOW


def test_a_clock_that_goes_back_is_ignored_and_one_that_leaps_is_refused() -> None:
    wall, counted = datetime(2026, 11, 2, tzinfo=UTC), 100.0
    clock = GateClock(lambda: wall, lambda: counted)
    assert clock.now(wall - timedelta(days=1)) == wall
    last = wall
    wall -= timedelta(hours=1)
    assert clock.now(last) == last
    assert clock.behind == timedelta(hours=1)
    wall, counted = last + timedelta(seconds=90), counted + 90
    with pytest.raises(GateDown, match="leapt forward by 1:00:00"):
        clock.now(last)
    wall = last - timedelta(hours=1) + timedelta(seconds=91)
    counted += 1
    assert clock.now(last) == last
    wall, counted = wall + timedelta(days=2), counted + 2 * 86_400
    assert clock.now(last) == wall


def test_a_rule_that_fails_holds_the_request_up(where: str) -> None:
    gate, _ = open_gate(where)
    with gate:
        known_address(gate)
        gate._view.first_used_at = None
        decision = gate.submit(transfer()).result()
        assert decision.outcome == "hold"
        assert decision.applied[0].sentence == "gate_failed"
        assert "NoneType" in str(decision.applied[0].facts["error"])
        assert [one.kind for one in decision.releases] == ["released"]
