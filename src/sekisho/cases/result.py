"""The result folder of an inspection, opened again: its findings by id, and what was run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sekisho.records.errors import RecordsError

Finding = Mapping[str, Any]


def open_run(result: Path) -> dict[str, Any]:
    """run.json of a result folder. Raises RecordsError."""
    file = result / "run.json"
    try:
        run: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecordsError(str(file), "is not there", "give --result the folder that 'sekisho inspect --out' wrote") from None
    except ValueError as error:
        raise RecordsError(str(file), f"is not JSON: {error}", "inspect again") from None
    return run


def find(result: Path, names: tuple[str, ...]) -> list[Finding]:
    """The findings with these ids, or the one that begins with each. Raises RecordsError for none or several."""
    file = result / "findings.parquet"
    if not file.is_file():
        raise RecordsError(str(file), "is not there", "give --result the folder that 'sekisho inspect --out' wrote")
    try:
        rows = pq.read_table(file).to_pylist()
    except pa.ArrowException as error:
        raise RecordsError(str(file), f"cannot be read: {error}", "inspect again") from None
    found = []
    for name in names:
        matching = [row for row in rows if row["finding_id"].startswith(name)] if name else []
        if len(matching) != 1:
            what = f"no finding begins with '{name}'" if not matching else f"{len(matching)} findings begin with '{name}'"
            raise RecordsError(str(file), what, "give the finding_id as findings.parquet and report.html show it")
        if matching[0] not in found:
            found.append(matching[0])
    return found


def subjects(finding: Finding) -> tuple[str, ...]:
    """The ids a finding is about; several accounts are joined by '|'."""
    return tuple(str(finding["subject_id"]).split("|"))
