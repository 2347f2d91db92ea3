"""Writes what an inspection leaves behind, whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pyarrow.parquet as pq

from sekisho.findings.cards import cards
from sekisho.findings.comparison import Comparison
from sekisho.findings.comparison import to_json as comparison_json
from sekisho.findings.finding import to_table
from sekisho.findings.inspection import Inspection
from sekisho.findings.manifest import manifest
from sekisho.findings.report import render_comparison, render_report


def write_inspection(inspection: Inspection, out: Path) -> dict[str, object]:
    """Write findings.parquet, report.html and run.json into ``out``; returns run.json's content."""
    run = manifest(inspection)
    findings = to_table(inspection.findings)
    with whole(out) as place:
        pq.write_table(findings, place("findings.parquet"), compression="zstd")
        render_report(place("report.html"), run, findings, cards(inspection.rulebook, inspection.runs), inspection.records)
        place("run.json").write_bytes(_json(run))
    return run


def write_comparison(comparison: Comparison, out: Path) -> dict[str, object]:
    """Write comparison.json, comparison.html and both sides' findings and run.json into ``out``."""
    told = comparison_json(comparison)
    with whole(out) as place:
        place("comparison.json").write_bytes(_json(told))
        for side in (comparison.before, comparison.after):
            folder = side.regime.id
            pq.write_table(to_table(side.findings), place(f"{folder}/findings.parquet"), compression="zstd")
            place(f"{folder}/run.json").write_bytes(_json(manifest(side)))
        render_comparison(place("comparison.html"), told)
    return told


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


@contextmanager
def whole(out: Path) -> Iterator[Callable[[str], Path]]:
    """Files are written beside ``out`` and moved in at the end, so nothing half-written is ever seen there."""
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    written: list[str] = []

    def place(name: str) -> Path:
        file = beside / name
        file.parent.mkdir(parents=True, exist_ok=True)
        written.append(name)
        return file

    try:
        yield place
        out.mkdir(exist_ok=True)
        for name in written:
            target = out / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (beside / name).replace(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
