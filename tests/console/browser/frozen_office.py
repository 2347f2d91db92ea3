"""An office whose clock stands still: ``python frozen_office.py FOLDER`` fills a console for trying and serves it at one moment.

Books, findings, a gate's journal and everything the console begins with are made as ``sekisho serve`` makes them, but at ``MOMENT``
and with the same numbers where the office takes random ones. So its pages look the same on every day and every machine.
"""

from __future__ import annotations

import json
import random
import secrets
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from django.utils import timezone

MOMENT: Final = datetime(2026, 11, 27, 1, 30, tzinfo=UTC)
"""Friday 27 November 2026, half past ten in Japan."""


def stand_still() -> None:
    """Stop the clock of this process, before anything of the console is imported, and make its salts the same each time."""
    chance = random.Random(1)
    timezone.now = lambda: MOMENT
    secrets.token_hex = lambda size=None: chance.randbytes(size or 32).hex()


def fill(folder: Path) -> None:
    """Books, an inspection, and the journal of a gate that was asked once."""
    from sekisho.findings.inspection import Inspector, Question
    from sekisho.findings.outputs import write_inspection
    from sekisho.records import open_records
    from sekisho.rulebook import load_rulebook
    from sekisho.simulation.exchange import simulate
    from sekisho.simulation.options import Options

    day = MOMENT.date() - timedelta(days=1)
    simulate(Options(seed=1, days=1, accounts=300, instruments=3, start=day, history=14), folder / "records")
    write_inspection(Inspector(load_rulebook(), open_records(folder / "records")).inspect(Question()), folder / "inspection")
    _ask_a_gate(folder)


def _ask_a_gate(folder: Path) -> None:
    from sekisho.gate.clock import GivenClock
    from sekisho.gate.gate import Gate
    from sekisho.gate.http.first_requests import ask_first
    from sekisho.gate.http.opening import first_rule_set, learn_records
    from sekisho.gate.http.settings import Rules, Settings
    from sekisho.intelligence.list_file import read_list_file
    from sekisho.intelligence.store import ListStore, Loading
    from sekisho.records import open_records

    (folder / "list.csv").write_text(f"value\n0x{'de' * 20}\n", encoding="utf-8")
    told = Loading(list_id="invented", kind="sanctions", source="invented", loaded_by="demo", loaded_at=MOMENT)
    ListStore(folder / "lists").load(read_list_file(folder / "list.csv", "sanctions"), told)
    books = open_records(folder / "records")
    with closing(Gate(folder / "gate.sqlite", clock=GivenClock(MOMENT), lists=folder / "lists")) as gate:
        learn_records(gate, books, lambda _what, _done, _of: None)
        first_rule_set(gate, Settings(rules=Rules(undetermined={"*": "list"})))
        ask_first(gate, books, MOMENT)


def serve(folder: Path) -> None:
    """Serve the console on a free port; its address is printed as a line of JSON."""
    from sekisho.console.chosen import Chosen, GateLink, written
    from sekisho.console.start import start, up_to_date

    link = GateLink(journal="gate.sqlite", url="http://127.0.0.1:9", keys=Path("keys"))
    (folder / "office.toml").write_bytes(written(Chosen(books=Path("records"), second_factor=False, gate=link)))
    start(folder / "office.toml")
    up_to_date()
    from sekisho.console import trial
    from sekisho.console.custody import making
    from sekisho.console.server import serve as serve_console

    # In its turn, not beside the others, so that the journal's lines have one order.
    making.make_beside = making.make
    trial.begin(trial.Trial(books=folder / "records", findings=folder / "inspection", at=MOMENT, gate=folder))

    from sekisho.console.administration.entrance import link_to_new_password
    from sekisho.console.journal.acting import SYSTEM, acting
    from sekisho.console.people.models import Account

    waiting = Account.objects.get(username="ueda")
    with acting(SYSTEM, "let somebody set a new password", at=MOMENT, effect="reset a password"):
        waiting.reset_until = MOMENT + timedelta(days=1)
        waiting.save()
    told = {"new_password": link_to_new_password(waiting)}

    def ready(address: str) -> None:
        sys.stdout.write(json.dumps({"address": address, **told}) + "\n")
        sys.stdout.flush()

    serve_console("127.0.0.1", 0, ready)


def main(folder: Path) -> None:
    """Fill the folder unless it is filled, and serve it."""
    folder.mkdir(parents=True, exist_ok=True)
    stand_still()
    if not (folder / "gate.sqlite").exists():
        fill(folder)
    serve(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
