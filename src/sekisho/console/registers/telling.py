"""Telling the gate what the registers hold, in the rows of record tables it learns."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _

from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor
from sekisho.console.registers.exporting import INSIDE, rows_of
from sekisho.console.registers.kinds import KINDS
from sekisho.gate.client import GateClient, Signer
from sekisho.gate.messages import GateError
from sekisho.gate.rows import read_rows
from sekisho.gate.state import LEARNABLE


def learnable() -> dict[str, list[dict[str, str]]]:
    """The rows the gate learns, by table."""
    tables = [table for table in (*INSIDE, *KINDS) if table in LEARNABLE]
    told = {table: list(rows_of(table)) for table in tables}
    return {table: rows for table, rows in told.items() if rows}


def tell(actor: Actor) -> dict[str, int]:
    """Tell the gate over HTTP. The same rows under the same key are learnt once. Raises ``Unfit`` where the gate cannot be told."""
    actor.need("tell the gate")
    link = settings.CHOSEN.gate
    if link is None or link.url is None or link.keys is None:
        raise Unfit(_("The console was not told where the gate is (setting: gate, with url and keys)."))
    told = {}
    try:
        with GateClient(link.url, Signer.from_file(Path(settings.FOLDER) / link.keys / f"{actor.person.party_id}.pem")) as gate:
            for table, rows in learnable().items():
                digest = hashlib.sha256(msgspec.json.encode(rows)).hexdigest()
                told[table] = gate.learn(table, read_rows(table, rows), key=f"registers-{table}-{digest[:32]}")
    except (GateError, OSError) as error:
        raise Unfit(str(error)) from None
    with acting(actor.author, "tell the gate") as act:
        act.note("gate", "registers", "told", None, told)
    return told
