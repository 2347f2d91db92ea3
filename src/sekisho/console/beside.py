"""The console as a process beside the gate: started by ``sekisho serve``, stopped with it, and, for trying, filled once.

The process that starts it imports nothing of Django, the one that is started nothing of the gate's server. What they tell each
other are two lines of JSON: where the gate listens, and where the console does. When the line from the starter breaks off, however
it ended, the console stops.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sekisho.console.chosen import Chosen, GateLink, read_chosen, written
from sekisho.records import RecordsError

if TYPE_CHECKING:
    from sekisho.gate.http.beside import Beside, Wanted

STOP_SECONDS: Final = 10


class _Beside:
    """The console's process."""

    def __init__(self, wanted: Wanted) -> None:
        command = [sys.executable, "-m", "sekisho.console.beside", msgspec.json.encode(wanted, enc_hook=str).decode()]
        # A session of its own: Ctrl-C is for the gate, which then stops the console in order.
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)

    def gate_at(self, address: str) -> None:
        """Tell it where the gate listens; it begins to serve."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"gate": address}) + "\n")
            self._process.stdin.flush()

    def ready(self) -> dict[str, Any]:
        """Wait until it serves; its address, and for trying its accounts."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RecordsError("the console", self.wait())
        told: dict[str, Any] = json.loads(line)
        return told

    def wait(self) -> str:
        """Wait until it ends, and why it did."""
        return f"it ended with status {self._process.wait()}; what it said stands above"

    def stop(self) -> None:
        """Stop it."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for end in (self._process.stdin, self._process.stdout):
            if end is not None:
                with contextlib.suppress(OSError):
                    end.close()


def open_console(wanted: Wanted) -> Beside:
    """Start the console's process. Raises RecordsError for settings that cannot be read."""
    if wanted.trying is None:
        read_chosen(wanted.settings)
    return _Beside(wanted)


# --- in the console's own process


def settings_for_trying(wanted: Wanted, gate: str) -> None:
    """Write the settings of a console for trying: everything in the gate's folder, known passwords alone. Kept where they stand."""
    file = wanted.settings
    postgres = wanted.journal.startswith(("postgresql://", "postgres://"))
    chosen = read_chosen(file)[0] if file.is_file() else Chosen(second_factor=False)
    link = GateLink(journal=wanted.journal, url=gate, keys=Path("keys/people"))
    chosen = msgspec.structs.replace(chosen, gate=link)
    if wanted.records is not None:
        chosen = msgspec.structs.replace(chosen, books=wanted.records.resolve())
    if postgres and chosen.database == Chosen().database:
        chosen = msgspec.structs.replace(chosen, database=wanted.journal.partition("#")[0])
    file.write_bytes(written(chosen))


def _inspected(wanted: Wanted) -> Path:
    """The folder of the one inspection a console for trying begins with; made where it is not there yet."""
    from sekisho.findings.inspection import Inspector, Question
    from sekisho.findings.outputs import write_inspection
    from sekisho.records import open_records
    from sekisho.rulebook import load_rulebook

    assert wanted.trying is not None
    assert wanted.records is not None
    out = wanted.trying / "inspection"
    if not (out / "run.json").is_file():
        _say(wanted, "The console is being filled: the exchange is inspected, once (less than a minute) …")
        books = open_records(wanted.records)
        write_inspection(Inspector(load_rulebook(), books).inspect(Question()), out)
    return out


def _say(wanted: Wanted, words: str) -> None:
    if not wanted.quiet:
        sys.stderr.write(words + "\n")
        sys.stderr.flush()


def _stop_with_the_starter() -> None:
    """The starter's line broke off: whatever happened to it, nothing goes on here."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdin.read()
    os._exit(0)


def _serve(wanted: Wanted) -> None:
    findings = _inspected(wanted) if wanted.trying is not None else None
    line = sys.stdin.readline()
    if not line:
        return
    Thread(target=_stop_with_the_starter, daemon=True).start()
    if wanted.trying is not None:
        settings_for_trying(wanted, json.loads(line)["gate"])
    from sekisho.console.start import start, up_to_date

    start(wanted.settings)
    up_to_date()
    told: dict[str, Any] = {}
    if findings is not None and wanted.records is not None and wanted.trying is not None:
        told = _filled(wanted, findings)
    from sekisho.console.server import serve

    def ready(address: str) -> None:
        sys.stdout.write(json.dumps({"address": address, **told}) + "\n")
        sys.stdout.flush()

    serve(wanted.host, wanted.port, ready)


def _filled(wanted: Wanted, findings: Path) -> dict[str, Any]:
    from django.utils import timezone

    from sekisho.console import trial

    assert wanted.records is not None
    assert wanted.trying is not None
    _say(wanted, "The console is being filled: people, alerts, the certificate of the day …")
    trial.begin(trial.Trial(books=wanted.records, findings=findings, at=timezone.now(), gate=wanted.trying))
    accounts = {account: ", ".join(roles) or unit for _pk, _name, _ja, account, roles, unit, _head in trial.PEOPLE}
    return {"accounts": accounts, "titles": trial.titles(), "password": trial.PASSWORD}


def main() -> None:
    """The console's process; one line on stderr and status 2 for what cannot be used."""
    from sekisho.gate.http.beside import Wanted

    wanted = msgspec.json.decode(sys.argv[1], type=Wanted, dec_hook=lambda kind, said: kind(said))
    try:
        _serve(wanted)
    except (RecordsError, OSError) as error:
        sys.stderr.write(f"sekisho: the console: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
