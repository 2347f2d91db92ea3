"""run.json: exactly what was run, over what, under which law, with what left out and why."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import version
from pathlib import Path

from sekisho import __version__
from sekisho.engine.answers import Amount, Obligation
from sekisho.engine.run import RuleRun
from sekisho.findings.finding import exact_text, sentence_values
from sekisho.findings.inspection import Inspection, records_name, warning_of
from sekisho.findings.sentence import say
from sekisho.rulebook.texts import Text

_LIBRARIES = ("duckdb", "ibis-framework", "pyarrow", "numba", "numpy")


def manifest(inspection: Inspection) -> dict[str, object]:
    """run.json as a plain structure. Everything but ``timings`` is the same for the same input."""
    regime, judged = inspection.regime, inspection.judged
    return {
        "sekisho": __version__,
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "engine": inspection.records.engine,
        "regime": {
            "id": regime.id,
            "title_en": regime.title.en,
            "title_ja": regime.title.ja,
            "status": regime.status,
            "with": [r.id for r in inspection.rulebook.regimes.with_companions(regime, judged.law_day)[1:]],
        },
        "as_of": judged.as_of.isoformat(),
        "law_day": judged.law_day.isoformat(),
        "period": [day.isoformat() for day in inspection.period],
        "records": {"folder": records_name(inspection.records.folder), "tables": _tables(inspection)},
        "rules": [_rule(run, inspection) for run in inspection.runs],
        "not_inspected": [{"rule": r.rule.path, "state": r.state, "why": r.why} for r in inspection.runs if r.why],
        "untested": [_untested(run) for run in inspection.runs if run.without],
        "amounts": [_amount(run, amount) for run in inspection.runs for amount in run.amounts],
        "obligations": [_obligation(run, due) for run in inspection.runs for due in run.obligations],
        "attestations": list(_attestations(inspection)),
        "assumed": {
            f"{run.rule.path}.{p.name}": exact_text(p.value)
            for run in inspection.runs
            if run.parameters
            for p in run.parameters
            if p.assumed
        },
        "findings": len(inspection.findings),
        "warnings": list(inspection.warnings),
        "timings": {run.rule.path: round(run.seconds, 3) for run in inspection.runs if run.state == "ran"},
    }


def _tables(inspection: Inspection) -> dict[str, object]:
    records = inspection.records
    names = sorted(records.present)
    with ThreadPoolExecutor() as pool:
        hashes = pool.map(partial(table_hash, records.folder), names)
        rows = [int(getattr(records, name).count().execute()) for name in names]
        return {name: {"rows": count, "sha256": digest} for name, count, digest in zip(names, rows, hashes, strict=True)}


def table_hash(folder: Path | None, table: str) -> str | None:
    """SHA-256 over the files a table is read from; None for records that lie in no folder."""
    if folder is None:
        return None
    digest = hashlib.sha256()
    for file in table_files(folder, table):
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 22):
                digest.update(chunk)
    return digest.hexdigest()


def table_files(folder: Path, table: str) -> list[Path]:
    """The files a table is read from, in order."""
    single = [folder / f"{table}.parquet", folder / f"{table}.csv"]
    return [f for f in single if f.is_file()] or sorted((folder / table).rglob("*.parquet"))


def _rule(run: RuleRun, inspection: Inspection) -> dict[str, object]:
    holding = run.holding
    return {
        "rule": run.rule.path,
        "title_en": run.rule.title.en,
        "title_ja": run.rule.title.ja,
        "hash": run.rule.hash,
        "state": run.state,
        "why": run.why,
        "status": holding.status if holding else None,
        "confidence": holding.confidence if holding else None,
        "analogy": holding.analogy if holding else None,
        "findings": sum(1 for f in inspection.findings if f.rule == run.rule.path),
        "parameters": [
            {
                "name": p.name,
                "value": exact_text(p.value),
                "unit": p.unit,
                "set_by": p.set_by,
                "assumed": p.assumed,
                "document": p.source.document if p.source else None,
                "provision": p.source.provision if p.source else None,
                "confidence": p.source.confidence if p.source else None,
            }
            for p in (run.parameters or ())
        ],
    }


def _untested(run: RuleRun) -> dict[str, object]:
    """What a rule could not look at, with the warning that says so, for a page that says it in its own words."""
    title = run.rule.title
    told = {"rule": run.rule.path, "title_en": title.en, "title_ja": title.ja}
    return {**told, "tables": list(run.without), "warning": warning_of(run)}


def _amount(run: RuleRun, amount: Amount) -> dict[str, object]:
    return {
        "rule": run.rule.path,
        "name": amount.name,
        "as_of": amount.as_of.isoformat(),
        "value": exact_text(amount.value),
        "unit": amount.unit,
        "band": amount.band,
        "working": [{"label": s.label, "expression": s.expression, "value": exact_text(s.value)} for s in amount.working],
        "evidence": [{"table": e.table, "id": e.id} for e in amount.evidence],
    }


def _obligation(run: RuleRun, due: Obligation) -> dict[str, object]:
    words = _sentence(run, due)
    return {
        "rule": run.rule.path,
        "name": due.name,
        "due_on": due.due_on.isoformat(),
        "arose_on": due.arose_on.isoformat(),
        "repeats": due.repeats,
        "cured_on": exact_text(due.facts.get("cured_on")),
        "cure_shown_by_books": "cured_on" in due.facts,
        "asset": due.facts.get("asset"),
        "because_en": words.en,
        "because_ja": words.ja,
    }


def _sentence(run: RuleRun, due: Obligation) -> Text:
    """An obligation is said with the sentence of its own name; without one, by what set the clock going."""
    template = run.rule.sentences.get(due.name)
    if template is None or run.parameters is None:
        return Text(due.because, due.because)
    return say(template, {**sentence_values(run.parameters), "due_on": due.due_on, "arose_on": due.arose_on, **due.facts})


def _attestations(inspection: Inspection) -> Iterator[dict[str, object]]:
    for run in inspection.runs:
        if run.holding is None:
            continue
        for item in run.rule.attestations:
            yield {
                "rule": run.rule.path,
                "item_en": item.item.en,
                "item_ja": item.item.ja,
                "evidence_en": item.evidence.en,
                "evidence_ja": item.evidence.ja,
                "by": item.by,
                "independent_of": item.independent_of,
                "every": item.every,
            }
