"""Gaps of a register: the rules that read it look at it, together with what the books hold beside it."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor
from sekisho.console.registers.exporting import INSIDE, as_csv, rows_of
from sekisho.console.registers.kinds import KINDS, Register, rules_reading
from sekisho.console.registers.models import GapLook
from sekisho.findings.inspection import Inspection, Inspector, Question
from sekisho.records import RecordsError, open_records
from sekisho.records.folder import sources
from sekisho.rulebook import load_rulebook


def look(actor: Actor, register: Register, books: Path | None, as_of: date) -> GapLook:
    """Ask the rules that read a register, and keep what they said. Raises ``Unfit`` where the tables cannot be used."""
    actor.need(register.reads)
    actor.need("keep registers")
    rules = rules_reading(register.table)
    if not rules:
        raise Unfit("no rule reads this register")
    wanted = {table for rule in rules for table in (*rule.needs, *rule.uses)}
    with tempfile.TemporaryDirectory(prefix="sekisho-registers-") as place:
        folder = Path(place)
        _beside(folder, wanted, books)
        try:
            with open_records(folder) as records:
                asked = Question(as_of=as_of, rules=",".join(rule.path for rule in rules))
                inspection = Inspector(load_rulebook(), records).inspect(asked)
        except RecordsError as error:
            raise Unfit(str(error)) from None
    with acting(actor.author, "look for gaps"):
        row = GapLook(
            table=register.table, at=actor.at, by=actor.person.person_id, books=books.name if books else "",
            regime=inspection.judged.regime, as_of=as_of, rules=_rules(inspection), gaps=_gaps(inspection),
        )  # fmt: skip
        row.save()
    return row


def _beside(folder: Path, wanted: set[str], books: Path | None) -> None:
    """The office's own registers as CSV, and what else the rules read from the books.

    A register kept here that holds no row is empty, not missing: its emptiness is what a rule may find.
    """
    filled = {table for table in wanted & {*INSIDE, *KINDS} if any(True for _ in rows_of(table))}
    linked = set()
    for source in sources(books) if books is not None else ():
        if source.table.name in wanted - filled:
            path = source.root or source.files[0]
            path = path.parent if path.is_file() and path.parent.name == source.table.name else path
            (folder / path.name).symlink_to(path.resolve())
            linked.add(source.table.name)
    for table in (wanted & {*INSIDE, *KINDS}) - linked:
        (folder / f"{table}.csv").write_text(as_csv(table, rows_of(table)), encoding="utf-8")


def _rules(inspection: Inspection) -> list[dict[str, Any]]:
    return [{"rule": run.rule.path, "state": run.state, "why": run.why, "found": len(run.found)} for run in inspection.runs]


def _gaps(inspection: Inspection) -> list[dict[str, Any]]:
    return [
        {
            "rule": finding.rule,
            "severity": finding.severity,
            "subject": finding.subject_id,
            "en": finding.summary_en,
            "ja": finding.summary_ja,
        }
        for finding in inspection.findings
    ]
