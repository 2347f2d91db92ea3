"""Working studies out, one at a time, in processes of their own: what crashes loses nothing, and is begun again."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from sekisho.console.chosen import VARIABLE
from sekisho.console.impact.asking import books, command_of, folder_of
from sekisho.console.impact.models import Study
from sekisho.console.impact.results import summarise
from sekisho.console.journal.acting import SYSTEM, OfficeError, acting
from sekisho.records import RecordsError

_SAID_MAX = 2_000


def begin() -> None:
    """See to it that somebody works: start a worker where studies wait and none is at it. It outlives this process."""
    if not Study.objects.filter(state__in=["waiting", "running"]).exists():
        return
    with _alone() as free:
        if not free:
            return
    log = _place() / "worker.log"
    with log.open("ab") as said:
        subprocess.Popen(
            [sys.executable, "-m", "sekisho.cli", "office", "studies", "--config", os.environ.get(VARIABLE, "office.toml")],
            stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True,
        )  # fmt: skip


def work() -> int:
    """Work out every study that waits, one after another; gives how many. Does nothing where another worker is at it."""
    with _alone() as free:
        if not free:
            return 0
        for left in Study.objects.filter(state="running"):
            _note(left, state="waiting", started_at=None)
        count = 0
        while (study := Study.objects.filter(state="waiting").order_by("asked_at", "pk").first()) is not None:
            _work_out(study)
            count += 1
        return count


def _work_out(study: Study) -> None:
    place = folder_of(study.key)
    place.mkdir(parents=True, exist_ok=True)
    (place / "progress.json").unlink(missing_ok=True)
    _note(study, state="running", started_at=timezone.now())
    try:
        folder = books()
        _run(command_of(study, folder), place / "out.json")
        summarise(study.study_kind, place, folder)
    except (OfficeError, RecordsError, OSError, ValueError, _Failed) as error:
        _note(study, state="failed", ended_at=timezone.now(), said=str(error)[:_SAID_MAX])
        return
    _note(study, state="done", ended_at=timezone.now(), said="")


class _Failed(Exception):  # noqa: N818 - says what happened, as GateDown does
    """The command did not end well; its last words."""


def _run(command: list[str], out: Path) -> None:
    """Run the command line in a process of its own; what it prints goes into a file."""
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    with out.open("wb") as printed:
        ended = subprocess.run(
            [sys.executable, "-m", "sekisho.cli", *command],
            stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.PIPE, env=environment, check=False,
        )  # fmt: skip
    if ended.returncode:
        last = ended.stderr.decode(errors="replace").strip().splitlines()
        raise _Failed(last[-1] if last else f"ended with status {ended.returncode}")


def _note(study: Study, **fields: Any) -> None:
    with acting(SYSTEM, "work out a study"):
        for name, value in fields.items():
            setattr(study, name, value)
        study.save()


def _place() -> Path:
    place = Path(settings.FOLDER) / settings.CHOSEN.files / "impact"
    place.mkdir(parents=True, exist_ok=True)
    return place


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether this process alone works on studies; the lock ends with the process, however it ends."""
    with (_place() / "lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
