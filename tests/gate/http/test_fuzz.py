"""Malformed requests over a real socket: none is answered by a 500, and the gate goes on. The long run is benchmarks.gate_fuzz."""

from __future__ import annotations

from pathlib import Path

import httpx

from benchmarks.gate_fuzz import fuzz, gate_for_fuzzing

REFUSED = 2_000
SEED = 20261129


def test_two_thousand_malformed_requests(tmp_path: Path) -> None:
    with gate_for_fuzzing(tmp_path) as (port, tokens):
        told = fuzz(port, REFUSED, SEED, tokens)
        assert not told.failures, told.failures[0]
        assert told.refused >= REFUSED
        assert {200, 400, 401, 403, 404, 405, 413, 415, 422} <= set(told.statuses)
        assert httpx.get(f"http://127.0.0.1:{port}/ready").status_code == 200
    assert '"failure"' not in (tmp_path / "log").read_text(encoding="utf-8")
