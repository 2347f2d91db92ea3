"""Labels: what is known about books, so that findings can be counted as right, wrong or missed.

Two forms are read. An *answer key*, as ``sekisho simulate`` writes it (``answer_key.parquet`` or ``.csv``): one line a scheme or
look-alike. Or *labelled records*, a CSV with the columns ``table,id`` and, where wanted, ``scheme`` (rows of one name are one
case) and ``label`` (1 misconduct, 0 innocent; 1 where the column is missing): what an analyst's dispositions give.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import sqrt
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from sekisho.findings.finding import Finding
from sekisho.records import RecordsError

PLANTED: Final = "planted"
_FLOW = frozenset({"order", "order_event", "trade", "transfer"})
_Z95: Final = 1.959964
_KEY_COLUMNS = ("scheme_id", "rule", "kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One known case: misconduct of a rule (``guilty``), or innocent conduct that looks like it.

    ``also`` names other rules that may rightly speak of the same records, whether or not the case is misconduct: who innocently
    buys a whole market up is rightly told by a rule on shares of trading. Without records a case is known by asset and window.
    """

    name: str
    rule: str | None
    guilty: bool
    pattern: str = ""
    severity: float | None = None
    also: frozenset[str] = frozenset()
    proof: frozenset[tuple[str, str]] = frozenset()
    asset: str | None = None
    window: tuple[datetime, datetime] | None = None

    def is_told_by(self, finding: Finding) -> bool:
        """Whether the finding speaks of this case: it names one of its records, or its asset in its days."""
        flow = {(table, id_) for table, id_ in self.proof if table in _FLOW}
        if flow or self.window is None:
            return not (flow or self.proof).isdisjoint((e.table, e.id) for e in finding.evidence)
        same_asset = self.asset is None or finding.asset in {None, self.asset}
        return same_asset and finding.window_from < self.window[1] and self.window[0] < finding.window_until


@dataclass(slots=True, kw_only=True)
class Judgement:
    """Findings of one rule held against labels: counts, and by name what was missed, wrong or flagged innocent."""

    findings: int = 0
    right: int = 0
    cases: int = 0
    found: int = 0
    innocent: int = 0
    flagged: int = 0
    missed: list[Label] = field(default_factory=list)
    wrong: list[Finding] = field(default_factory=list)
    flagged_cases: list[Label] = field(default_factory=list)

    def plus(self, other: Judgement) -> Judgement:
        """Both together."""
        return Judgement(**{name: getattr(self, name) + getattr(other, name) for name in Judgement.__dataclass_fields__})

    @property
    def precision(self) -> float | None:
        """Right findings among findings; None without findings."""
        return self.right / self.findings if self.findings else None

    @property
    def recall(self) -> float | None:
        """Cases found among cases; None without cases."""
        return self.found / self.cases if self.cases else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None where neither exists."""
        precision, recall = self.precision, self.recall
        if precision is None and recall is None:
            return None
        both = (precision or 0.0) + (recall or 0.0)
        return 2 * (precision or 0.0) * (recall or 0.0) / both if both else 0.0


def judge(findings: Sequence[Finding], labels: Iterable[Label], rule: str) -> Judgement:
    """Hold a rule's findings against the labels. A finding about a case of another rule that may say so is not counted."""
    told = list(labels)
    guilty = [label for label in told if label.guilty and label.rule in {rule, None}]
    innocent = [label for label in told if not label.guilty and label.rule in {rule, None}]
    others = [label for label in told if rule in label.also]
    right = [f for f in findings if any(label.is_told_by(f) for label in guilty)]
    wrong = [f for f in findings if f not in right and not any(label.is_told_by(f) for label in others)]
    missed = [label for label in guilty if not any(label.is_told_by(f) for f in right)]
    flagged = [label for label in innocent if any(label.is_told_by(f) for f in wrong)]
    return Judgement(
        findings=len(right) + len(wrong),
        right=len(right),
        cases=len(guilty),
        found=len(guilty) - len(missed),
        innocent=len(innocent),
        flagged=len(flagged),
        missed=missed,
        wrong=wrong,
        flagged_cases=flagged,
    )


def interval(hits: int, of: int) -> tuple[float, float] | None:
    """The 95 % interval of Wilson for a share, so that three hits of three do not read as certainty; None for no trial."""
    if not of:
        return None
    share, spread = hits / of, _Z95**2 / of
    middle = (share + spread / 2) / (1 + spread)
    half = _Z95 * sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def read_labels(file: Path) -> tuple[Label, ...]:
    """Labels of a file in either form; raises RecordsError naming file, row and column where one cannot be used."""
    if not file.is_file():
        raise RecordsError(str(file), "is not a file", "give an answer key or a CSV with the columns table,id[,scheme,label]")
    rows = pq.read_table(file).to_pylist() if file.suffix == ".parquet" else list(_csv_rows(file))
    columns = set(rows[0]) if rows else set()
    if columns >= set(_KEY_COLUMNS):
        return tuple(_of_answer_key(file, row, number) for number, row in enumerate(rows, start=1))
    if columns >= {"table", "id"}:
        return tuple(_of_records(file, rows))
    raise RecordsError(file.name, "has neither scheme_id,rule,kind nor table,id as columns", "see 'sekisho calibrate --help'")


def _csv_rows(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        yield from csv.DictReader(text)


def _of_answer_key(file: Path, row: Mapping[str, Any], number: int) -> Label:
    try:
        evidence = row["evidence"]
        if isinstance(evidence, str):
            evidence = [{"table": table, "id": id_} for table, id_ in json.loads(evidence)] if evidence else []
        begins, ends = (_moment(row[name]) for name in ("window_from", "window_until"))
        severity = float(row["severity"])
    except (KeyError, ValueError) as error:
        raise RecordsError(file.name, f"cannot be read: {error!r}", "write it as 'sekisho simulate' does", row=number) from error
    return Label(
        name=str(row["scheme_id"]),
        rule=str(row["rule"]),
        guilty=row["kind"] == PLANTED,
        pattern=str(row.get("pattern") or ""),
        severity=severity,
        also=frozenset(filter(None, str(row.get("also") or "").split(";"))),
        proof=frozenset((e["table"], e["id"]) for e in evidence or ()),
        asset=row.get("asset") or None,
        window=(begins, ends),
    )


def _of_records(file: Path, rows: Sequence[Mapping[str, Any]]) -> Iterator[Label]:
    cases: dict[tuple[str, bool], set[tuple[str, str]]] = {}
    for number, row in enumerate(rows, start=1):
        label = str(row.get("label") or "1").strip()
        if label not in {"0", "1"}:
            raise RecordsError(
                file.name, f"row {number}, column 'label': '{label}' is neither 0 nor 1", "1 is misconduct, 0 innocent"
            )
        if not row["table"] or not row["id"]:
            raise RecordsError(file.name, "table or id is empty", "name each record as (table, id)", row=number)
        cases.setdefault((str(row.get("scheme") or row["id"]), label == "1"), set()).add((str(row["table"]), str(row["id"])))
    for (name, guilty), proof in cases.items():
        yield Label(name=name, rule=None, guilty=guilty, proof=frozenset(proof))


def _moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
