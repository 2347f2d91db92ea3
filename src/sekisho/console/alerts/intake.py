"""Findings of an inspection become alerts: whole or not at all, each once, and what is known by its id is left alone."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection
from django.db.models import Max

from sekisho.console.alerts.models import RANK, Alert, Intake, Memory, key_of, last_number, one_intake_at_a_time
from sekisho.console.alerts.parties import Parties
from sekisho.console.alerts.service_levels import terms
from sekisho.console.desk.planner import look_over
from sekisho.console.journal.acting import Author, acting
from sekisho.findings.finding import SCHEMA
from sekisho.records import RecordsError

Progress = Callable[[str, int, int], None]
ROWS: Final = 5_000
MEMORY_KIB: Final = 1_048_576
_LONGEST: Final = {"finding_id": 80, "rule": 128, "regime": 32, "subject_kind": 32, "instrument": 64, "asset": 32}
_RULE: Final = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")
_AGAIN: Final = "inspect the books again with this version of sekisho"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An inspection's output, as it lies in its folder."""

    folder: Path
    file: Path
    sha256: str
    findings: int
    regime: str
    as_of: date
    sekisho: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """What an intake did: findings in the file, alerts made of them, known already, closed as remembered; parties not known."""

    findings: int
    taken: int
    known: int
    remembered: int
    without_parties: int


def take_in_run(
    folder: Path, author: Author, at: datetime, *, books: Path | None = None, progress: Progress = lambda what, done, of: None
) -> TakenIn:
    """Make alerts of ``findings.parquet`` in an inspection's folder. Raises ``RecordsError``, one line, and then nothing is taken.

    ``books`` are the records the inspection read: in them the holders of accounts are looked up. Without books nobody is known
    behind an account, and no conflict of interest shows.
    """
    run = open_run(folder)
    with Parties(books) as parties, _much_memory(), acting(author, "take in findings", at=at):
        one_intake_at_a_time()
        intake = Intake(
            sha256=run.sha256,
            source=str(run.folder)[-500:],
            regime=run.regime,
            as_of=run.as_of,
            sekisho=run.sekisho,
            findings=run.findings,
            taken=0,
            known=0,
            remembered=0,
            at=at,
            by=author.person,
        )
        known = taken = remembered = unknown = 0
        making = Making(run=run, intake=intake, at=at, before=last_number(), due_at=terms(at), parties=parties)
        seen: set[str] = set()
        for first, rows in checked(run):
            _each_once(run, rows, seen, first)
            ids = set(Alert.objects.filter(alert_id__in=[row["finding_id"] for row in rows]).values_list("alert_id", flat=True))
            new = [row for row in rows if row["finding_id"] not in ids]
            if new and intake.pk is None:
                intake.save()
            alerts = making.alerts(new)
            if alerts:
                Alert.objects.take_in(alerts, f"{run.file.name} rows {first + 1} to {first + len(rows)}", run.sha256)
            known, taken = known + len(ids), taken + len(alerts)
            remembered += sum(alert.memory_id is not None for alert in alerts)
            unknown += sum(not alert.parties for alert in alerts)
            progress("taking in findings", first + len(rows), run.findings)
        if taken:
            intake.taken, intake.known, intake.remembered = taken, known, remembered
            intake.save()
    look_over("alerts_alert", "alerts_alertparty", "alerts_words")
    return TakenIn(findings=run.findings, taken=taken, known=known, remembered=remembered, without_parties=unknown)


@contextmanager
def _much_memory() -> Iterator[None]:
    """Lets SQLite keep its indexes in memory for the time: a million rows otherwise go back and forth to the disk."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size")
        (before,) = cursor.fetchone()
        cursor.execute(f"PRAGMA cache_size = -{MEMORY_KIB}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA cache_size = {before}")


def open_run(folder: Path) -> Run:
    """What lies in an inspection's folder, checked for shape. Raises ``RecordsError`` naming file, column and remedy."""
    told = _manifest(folder / "run.json")
    file = folder / "findings.parquet"
    if not file.is_file():
        raise RecordsError(str(file), "is not there", "give the folder that 'sekisho inspect --out' wrote")
    try:
        with pq.ParquetFile(file) as opened:
            schema, rows = opened.schema_arrow, opened.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise RecordsError(str(file), f"cannot be read: {error}", _AGAIN) from None
    for field in SCHEMA:
        if field.name not in schema.names:
            raise RecordsError(str(file), "is missing", _AGAIN, column=field.name)
        if schema.field(field.name).type != field.type:
            have = schema.field(field.name).type
            raise RecordsError(str(file), f"holds {have}, not {field.type}", _AGAIN, column=field.name)
    if rows != told["findings"]:
        what = f"holds {rows} findings, and run.json says {told['findings']}: they are not of one inspection"
        raise RecordsError(str(file), what, "take both files from one run")
    with file.open("rb") as bytes_of:
        digest = hashlib.file_digest(bytes_of, "sha256").hexdigest()
    return Run(
        folder=folder.resolve(),
        file=file,
        sha256=digest,
        findings=rows,
        regime=str(told["regime"]["id"]),
        as_of=told["as_of"],
        sekisho=str(told.get("sekisho", ""))[:32],
    )


def _manifest(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_bytes())
        told["as_of"] = date.fromisoformat(told["as_of"])
        told["regime"]["id"], told["findings"] = told["regime"]["id"], int(told["findings"])
    except OSError as error:
        raise RecordsError(
            str(file), f"cannot be read: {error.strerror}", "give the folder that 'sekisho inspect --out' wrote"
        ) from None
    except (ValueError, UnicodeDecodeError) as error:
        raise RecordsError(str(file), f"is not what an inspection writes: {error}", _AGAIN) from None
    except (KeyError, TypeError) as error:
        raise RecordsError(str(file), f"does not say {error}", _AGAIN) from None
    return dict(told)


def checked(run: Run) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The findings, some thousands at a time with the number of the first, every value checked."""
    first = 0
    with pq.ParquetFile(run.file) as opened:
        batches = opened.iter_batches(batch_size=ROWS, columns=SCHEMA.names)
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError) as error:
                raise RecordsError(str(run.file), f"cannot be read: {error}", _AGAIN, row=first + 1) from None
            if batch is None:
                return
            rows = batch.to_pylist()
            for number, row in enumerate(rows, first + 1):
                column, fault = _fault(row)
                if column:
                    raise RecordsError(str(run.file), fault, _AGAIN, row=number, column=column)
            yield first, rows
            first += len(rows)


def _fault(row: dict[str, Any]) -> tuple[str, str]:
    """What is wrong with a finding: the column and the fault. What is right is made plain on the way."""
    for field in SCHEMA:
        if not field.nullable and row[field.name] in (None, ""):
            return field.name, "is empty"
    for name, longest in _LONGEST.items():
        if len(row[name] or "") > longest:
            return name, f"is longer than {longest} characters"
    for name in ("finding_id", "subject_id", "summary_en", "summary_ja"):
        if "\0" in row[name]:
            return name, "holds a null character"
    if row["severity"] not in RANK:
        return "severity", f"is '{row['severity']}', not one of {', '.join(RANK)}"
    if not math.isfinite(row["score"]):
        return "score", "is not a number"
    if not _RULE.fullmatch(row["rule"]):
        return "rule", f"is '{row['rule']}', not the path of a rule"
    if row["window_until"] < row["window_from"]:
        return "window_until", "lies before window_from"
    if any(item is None or not item["table"] or not item["id"] for item in row["evidence"]):
        return "evidence", "names a record without table or id"
    try:
        row["parameters"] = json.loads(row["parameters"])
    except ValueError:
        return "parameters", "is not JSON"
    return "", ""


def _each_once(run: Run, rows: Sequence[Mapping[str, Any]], seen: set[str], first: int) -> None:
    for number, row in enumerate(rows, first + 1):
        if row["finding_id"] in seen:
            raise RecordsError(str(run.file), f"holds '{row['finding_id']}' a second time", _AGAIN, row=number, column="finding_id")
        seen.add(row["finding_id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What alerts are made with: the run, the moment, the last alert before it, terms, parties."""

    run: Run
    intake: Intake
    at: datetime
    before: int
    due_at: Callable[[str, str], datetime]
    parties: Parties

    def alerts(self, rows: Sequence[Mapping[str, Any]]) -> list[Alert]:
        """The alerts of new findings, each with the last earlier one on the same rule and subject."""
        if not rows:
            return []
        concerned = self.parties.of(rows)
        keys = {key_of(row["subject_id"]) for row in rows}
        earlier, memories = self._earlier(keys), self._memories(keys)
        return [
            self._alert(
                row,
                sorted(concerned.get(row["finding_id"], ())),
                earlier.get((row["rule"], key_of(row["subject_id"])), ""),
                memories.get((row["rule"], key_of(row["subject_id"]))),
            )
            for row in rows
        ]

    def _earlier(self, keys: set[str]) -> dict[tuple[str, str], str]:
        last = (
            Alert.objects.filter(subject_key__in=keys, number__lte=self.before)
            .order_by()
            .values_list("rule", "subject_key")
            .annotate(last=Max("number"))
        )
        numbers = {number: (rule, key) for rule, key, number in last}
        ids = Alert.objects.filter(number__in=numbers).values_list("number", "alert_id")
        return {numbers[number]: alert_id for number, alert_id in ids}

    def _memories(self, keys: set[str]) -> dict[tuple[str, str], Memory]:
        rows = Memory.objects.filter(subject_key__in=keys, revoked_at=None, at__lte=self.at, expires_at__gt=self.at)
        return {(row.rule, row.subject_key): row for row in rows}

    def _alert(self, row: Mapping[str, Any], parties: list[str], earlier: str, memory: Memory | None) -> Alert:
        rank, chapter = RANK[row["severity"]], row["rule"].partition("/")[0]
        alert = Alert(
            alert_id=row["finding_id"],
            rule=row["rule"],
            chapter=chapter,
            regime=row["regime"],
            as_of=row["as_of"],
            severity=row["severity"],
            rank=rank,
            score=row["score"],
            subject_kind=row["subject_kind"],
            subject_id=row["subject_id"],
            instrument=row["instrument"] or "",
            asset=row["asset"] or "",
            window_from=row["window_from"],
            window_until=row["window_until"],
            amount_jpy=row["amount_jpy"],
            evidence=row["evidence"],
            parameters=row["parameters"],
            summary_en=row["summary_en"],
            summary_ja=row["summary_ja"],
            parties=parties,
            raised_at=self.at,
            due_at=self.due_at(chapter, row["severity"]),
            earlier=earlier,
            intake=self.intake,
        )
        if memory is not None and rank <= memory.rank_most:
            alert.state, alert.closed_at, alert.memory = "closed", self.at, memory
            alert.disposition, alert.disposition_reason = "false_positive", "remembered"
        return alert
