"""``sekisho office incident``: open an incident from what ``sekisho outflow`` found in the logs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from sekisho.console.start import opened
from sekisho.records import RecordsError

Config = Annotated[Path, typer.Option("--config", envvar="SEKISHO_CONSOLE", help="The console's settings (TOML).")]


def incident_command(
    found: Annotated[Path, typer.Option("--from", help="What 'sekisho outflow --json' wrote, or its incident.json.")],
    account: Annotated[str, typer.Option("--as", help="The account that opens it; its roles decide whether it may.")],
    event: Annotated[int, typer.Option("--event", help="Number of the event in the file.")] = 1,
    known_at: Annotated[
        str | None, typer.Option("--known-at", help="When the firm recognised it, such as 2024-05-31T13:30+09:00; default: now.")
    ] = None,
    known_by: Annotated[str, typer.Option("--known-by", help="Who recognised it; default: the person of the account.")] = "",
    lang: Annotated[str, typer.Option("--lang", help="Language of the log's first lines: ja or en.")] = "ja",
    config: Config = Path("office.toml"),
) -> None:
    """Open an incident with amounts, route, trail and clients affected; its report clocks start. Prints its number."""
    opened(config)
    from django.utils import timezone, translation

    from sekisho.console.desk.files import keep_file
    from sekisho.console.incidents.opening import attach, open_incident, opening_of_outflow
    from sekisho.console.journal.acting import OfficeError, acting
    from sekisho.console.people.actor import Actor
    from sekisho.console.people.models import Account

    row = Account.objects.filter(username=account, is_active=True).select_related("person").first()
    if row is None:
        raise RecordsError(f"--as {account}", "there is no open account of that name", "give the account of whoever opens it")
    try:
        content = found.read_bytes()
    except OSError as error:
        raise RecordsError(str(found), f"cannot be read: {error.strerror}", "give what 'sekisho outflow --json' writes") from None
    actor = Actor.of(row, timezone.now())
    try:
        with translation.override(lang), acting(actor.author, "open an incident", at=actor.at):
            opening = opening_of_outflow(
                content, event, known_at=_moment(known_at), known_by=known_by or actor.person.person_id, lang=lang
            )
            incident = open_incident(actor, opening)
            kept = keep_file(found.name, [content])
            attach(actor, incident, kept, "sekisho outflow")
    except OfficeError as refused:
        raise RecordsError(str(found), str(refused), "correct it and open the incident again") from None
    typer.echo(incident.pk)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise RecordsError(f"--known-at {text}", "is no moment with a zone", "write it as 2024-05-31T13:30+09:00")
    return at
