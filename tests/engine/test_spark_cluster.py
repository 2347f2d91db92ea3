"""On a real cluster, a master and workers as processes of their own: the same findings, and a worker may die in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from engine.spark_cluster import PROJECT, StandaloneCluster, standalone_cluster, until
from sekisho.simulation import Options, simulate

pytestmark = [pytest.mark.usefixtures("spark"), pytest.mark.long]
RULES = "unfair_trading/layering,client_assets/cold_storage"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cluster") / "exchange"
    simulate(Options(seed=5, days=2, accounts=300, instruments=3, orders=8_000, history=7), folder)
    return folder


@pytest.fixture(scope="module")
def expected(books: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    out = tmp_path_factory.mktemp("duckdb") / "out"
    assert _inspect(books, out).wait() == 0
    return _findings(out)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[StandaloneCluster]:
    with standalone_cluster(tmp_path / "cluster") as running:
        yield running


def test_a_worker_killed_in_the_middle_changes_nothing(
    books: Path, expected: list[dict[str, object]], cluster: StandaloneCluster, tmp_path: Path
) -> None:
    """Both workers run until each has finished a task; then one is killed with its executor, and the other does the rest."""
    run = _inspect(books, tmp_path / "out", cluster)
    try:
        until(lambda: all("Finished task" in cluster.executors_said(number) for number in (0, 1)), "both workers to finish a task")
        assert run.poll() is None
        cluster.kill(1)
        done = cluster.executors_said(0).count("Finished task")
        assert run.wait(timeout=400) == 0
    finally:
        run.kill()
    assert cluster.executors_said(0).count("Finished task") > done
    assert {row["rule"] for row in expected} >= {"unfair_trading/layering", "client_assets/cold_storage"}
    assert _findings(tmp_path / "out") == expected


def _inspect(books: Path, out: Path, cluster: StandaloneCluster | None = None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from sekisho.cli import main; main()", "inspect", str(books), "--rules", RULES]
    on = ["--engine", "spark", "--master", cluster.master, "--threads", "4"] if cluster else []
    settings = [part for setting in (cluster.settings if cluster else ()) for part in ("--spark-conf", setting)]
    paths = os.pathsep.join([str(PROJECT / "src"), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen([*command, "--out", str(out), *on, *settings], env={**os.environ, "PYTHONPATH": paths})


def _findings(out: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pq.read_table(out / "findings.parquet").to_pylist()
    return rows
