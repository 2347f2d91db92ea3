"""Making the day's certificate and the reserve estimate from the books, once for each state of the books."""

from __future__ import annotations

import hashlib
import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any, Final

import msgspec
from django.conf import settings
from django.db import IntegrityError, close_old_connections, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sekisho.console.custody.models import Certificate
from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.people.actor import Actor
from sekisho.custody.as_known import TABLES
from sekisho.custody.certificate import Asked, certify
from sekisho.custody.outputs import write_certificate
from sekisho.records import RecordsError, open_records
from sekisho.reserve.answer import Question, answer
from sekisho.reserve.assumptions import assumptions_of
from sekisho.reserve.commands import cover_of
from sekisho.reserve.exposure import held_by_day
from sekisho.reserve.incidents import PROJECT_TABLE, read_incidents
from sekisho.rulebook import RulebookError, load_rulebook

FILES: Final = {
    "certificate.json": "application/json",
    "certificate.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "certificate.pdf": "application/pdf",
    "reserve.json": "application/json",
}
LOST_AFTER: Final = timedelta(minutes=30)
"""A certificate being made for longer was begun by a process that is gone."""


def books_folder() -> Path | None:
    """The books the console is told of."""
    books = settings.CHOSEN.books
    return None if books is None else Path(settings.FOLDER / books)


def books_now(folder: Path) -> str:
    """What tells one state of the books from another: names, sizes and times of all their files, as one hash."""
    told = hashlib.sha256()
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        known = file.stat()
        told.update(f"{file.relative_to(folder)}\0{known.st_size}\0{known.st_mtime_ns}\n".encode())
    return told.hexdigest()


def folder_of(certificate: Certificate) -> Path:
    """Where the files of a certificate lie."""
    return Path(settings.FOLDER / settings.CHOSEN.files / "custody" / f"{certificate.pk}")


def ask(actor: Actor, day: date | None = None) -> tuple[Certificate, bool]:
    """The certificate of a day (None: the last of the ledger) for the books as they are; whether it has to be made.

    Raises ``Unfit`` where the console has no books, or one is being made.
    """
    folder = books_folder()
    if folder is None or not folder.is_dir():
        raise Unfit(_("This console has no books: set books in its settings."))
    books = books_now(folder)
    made = Certificate.objects.filter(books=books, asked_day=day, state="made").order_by("-pk").first()
    if made is not None:
        return made, False
    _forget_lost(actor)
    try:
        with acting(actor.author, "certify a day"), transaction.atomic():
            certificate = Certificate(
                books=books, asked_day=day, asked_by=actor.person.person_id, asked_at=actor.at, state="being_made"
            )
            certificate.save()
    except IntegrityError:
        raise Unfit(_("A certificate is being made of these books; wait for it.")) from None
    return certificate, True


def _forget_lost(actor: Actor) -> None:
    for lost in Certificate.objects.filter(state="being_made", asked_at__lt=actor.at - LOST_AFTER):
        with acting(actor.author, "give up a certificate"):
            lost.state, lost.said = "failed", _("It was never finished.")
            lost.save()


def make_beside(pk: int) -> None:
    """Make it in a thread of its own, so that nobody's page waits."""

    def make_and_close() -> None:
        try:
            make(pk)
        finally:
            close_old_connections()
            connection.close()

    Thread(target=make_and_close, name="certificate", daemon=True).start()


def make(pk: int) -> None:
    """Make the certificate that was asked for; what cannot be made says why."""
    certificate = Certificate.objects.get(pk=pk)
    folder = books_folder()
    assert folder is not None
    out = folder_of(certificate)
    try:
        told = _made(folder, certificate.asked_day, out)
    except (RecordsError, RulebookError, OSError) as error:
        _ended(certificate, "failed", str(error))
        return
    except Exception as error:
        _ended(certificate, "failed", f"{type(error).__name__}: {error}")
        raise
    certificate.day, certificate.regime = date.fromisoformat(told["day"]), told["regime"]["id"]
    certificate.digest = hashlib.sha256((out / "certificate.json").read_bytes()).hexdigest()
    certificate.summary = _summary(told)
    _ended(certificate, "made", "")


def _ended(certificate: Certificate, state: str, said: str) -> None:
    with acting(SYSTEM, "make a certificate"):
        certificate.state, certificate.said, certificate.made_at = state, said, timezone.now()
        certificate.save()


def _made(folder: Path, day: date | None, out: Path) -> dict[str, Any]:
    rulebook = load_rulebook()
    told = certify(rulebook, open_records(folder, only=TABLES), Asked(day=day)).told
    shutil.rmtree(out, ignore_errors=True)
    write_certificate(told, out, "both")
    (out / "reserve.json").write_bytes(msgspec.json.format(msgspec.json.encode(_reserve(folder)), indent=2))
    return told


def _reserve(folder: Path) -> dict[str, Any]:
    """The reserve estimate for the last day's holdings, every assumption as it comes; or why there is none."""
    try:
        held = held_by_day(open_records(folder))
        question = Question(
            incidents=read_incidents(PROJECT_TABLE),
            incidents_from="the table that comes with Sekisho",
            held=held,
            assumptions=assumptions_of(()),
            cover=cover_of(held),
        )
        return answer(question, load_rulebook(), lambda _what, _done, _of: None)
    except (RecordsError, LookupError) as error:
        return {"status": "not_estimated", "why": str(error)}


def _summary(told: dict[str, Any]) -> dict[str, Any]:
    """What the overview and the list of certificates say of it."""
    hot = told["hot_share"]
    return {
        "verdicts": told["verdicts"],
        "hot_share": hot["share"],
        "share_max": hot["share_max"],
        "owed_jpy": told["totals"]["owed_jpy"],
        "money_owed_jpy": told["money"]["owed_jpy"],
        "money_short_jpy": told["money"]["short_jpy"],
        "short_assets": [row["asset"] for row in told["assets"] if row["observed"] and Decimal(row["short"]) > 0],
        "open_shortfalls": sum(row["cured_on"] is None for row in told["shortfalls"]),
        "deadlines": sorted({row["deadline"] for row in told["shortfalls"] if row["deadline"] and row["cured_on"] is None}),
    }
