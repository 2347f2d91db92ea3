"""Fixtures shared by all tests: the reference data, where it is there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

PROJECT = Path(__file__).resolve().parent.parent

# A kernel is compiled by the first example that needs it: how long that takes says nothing about whether it is right.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first; everything else keeps its order."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of reference data (SEKISHO_DATA, default ../shared/data beside the project)."""
    folder = Path(os.environ.get("SEKISHO_DATA", PROJECT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no reference data at {folder}; set SEKISHO_DATA to run this test")
    return folder


@pytest.fixture(scope="session")
def spark() -> None:
    """Spark on this machine: PySpark installed and a full Java 17 or newer; skips with a clear line otherwise."""
    pytest.importorskip("pyspark", reason="PySpark is not installed: pip install 'sekisho[spark]'")
    java = shutil.which("java")
    if java is None:
        pytest.skip("no Java on this machine; Spark tests need a full Java 17 or 21")
    text = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    major = int(text.split('"')[1].split(".")[0]) if '"' in text else 0
    if major < 17:
        pytest.skip(f"Java {major} found; Spark tests need a full Java 17 or 21")
