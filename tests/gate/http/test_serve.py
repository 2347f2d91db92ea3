"""``sekisho serve`` and its kin as a person starts them: one command, an address, a token, and everything kept after a kill."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from gate.http.door import NOW, transfer
from sekisho.cli import app
from sekisho.gate.http.tokens import new_caller
from sekisho.records import RecordsError

COMMAND = [sys.executable, "-m", "sekisho.cli"]


@contextmanager
def _serving(folder: Path, *options: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    command = [*COMMAND, "serve", "--port", "0", "--json", "--no-console", "--log", str(folder / "log"), *options]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        assert line, process.stderr.read()
        try:
            yield json.loads(line), process
        finally:
            process.kill()


def _run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """A command in this process, as main() runs it: exit status, what it printed, and its one line of error."""
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        result = CliRunner().invoke(app, list(arguments))
    if isinstance(result.exception, RecordsError):
        return 2, result.stdout, str(result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_one_command_serves_and_goes_on_after_a_kill(tmp_path: Path) -> None:
    body = {**transfer(), "requested_at": datetime.now(UTC).isoformat(), "account_id": "A1000001"}
    with _serving(tmp_path) as (told, process):
        headers = {"Authorization": f"Bearer {told['token']}", "Idempotency-Key": "k1"}
        first = httpx.post(f"{told['address']}/v1/transfers/decisions", json=body, headers=headers)
        assert first.status_code == 200, first.text
        assert first.json()["outcome"] in ("allow", "warn", "hold", "refuse")
        assert first.json()["rules_applied"] > 0
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    status, _, error = _run(tmp_path, "serve", "--port", "0", "--no-console", "--rules", "transfers/*")
    assert (status, "gate rules" in error) == (2, True)
    with _serving(tmp_path) as (told, process):
        headers["Authorization"] = f"Bearer {told['token']}"
        again = httpx.post(f"{told['address']}/v1/transfers/decisions", json=body, headers=headers)
        assert again.content == first.content
        _, signed, _ = _run(tmp_path, "caller", "token", "sekisho-gate/keys/auditor.pem")
        read = {"Authorization": f"Bearer {signed.strip()}", "Access-Reason": "test"}
        shown = httpx.get(f"{told['address']}/v1/transfers/decisions/T1", headers=read)
        assert shown.json()["latest"]["decision_id"] == first.json()["decision_id"]
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    logged = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    seals = [line["seal"] for line in logged if line["event"] == "access"]
    status, checked, _ = _run(tmp_path, "access-log", "--file", "sekisho-gate/access.sqlite", "--seal", seals[-1], "--json")
    assert status == 0
    assert [line["subject"] for line in json.loads(checked)["lines"]] == ["T1"]
    status, cut, _ = _run(tmp_path, "access-log", "--file", "sekisho-gate/access.sqlite", "--seal", "f" * 64)
    assert status == 1
    assert "does not follow" in cut


@pytest.mark.parametrize(
    ("settings", "options", "said"),
    [
        ("[http]\nprot = 1\n", (), "unknown field"),
        ("", (), "callers.toml"),
        ('[store]\njournal = "postgresql://a:b@c/d"\n', (), "secret_file"),
        ('[callers]\nfile = "listed.toml"\n[tls]\ncertificate = "no.pem"\nkey = "no.key"\n', (), "[tls]"),
        ('[callers]\nfile = "listed.toml"\n', ("--rules", "no/such"), "no/such"),
        ('[callers]\nfile = "listed.toml"\n', ("--records", "nowhere"), "nowhere"),
        ('[callers]\nfile = "listed.toml"\n', ("--host", "203.0.113.1"), "check the address"),
    ],
)
def test_what_cannot_be_served_is_one_line_and_status_2(tmp_path: Path, settings: str, options: tuple[str, ...], said: str) -> None:
    (tmp_path / "gate.toml").write_text(settings)
    new_caller(tmp_path / "listed.toml", tmp_path / "a.pem", "P", ["wallet"], NOW)
    status, _, error = _run(tmp_path, "serve", "--config", "gate.toml", "--port", "0", *options)
    assert status == 2
    assert said in error
    assert len(error.strip().splitlines()) == 1


def test_a_caller_is_added_and_signs(tmp_path: Path) -> None:
    status, added, _ = _run(tmp_path, "caller", "add", "SYS-X", "--role", "wallet", "--role", "trading", "--out", "x.pem", "--json")
    assert (status, json.loads(added)["roles"]) == (0, ["wallet", "trading"])
    token = json.loads(_run(tmp_path, "caller", "token", "x.pem", "--json")[1])
    assert token["party_id"] == "SYS-X"
    assert token["token"].count(".") == 2
    assert (tmp_path / "x.pem").stat().st_mode & 0o777 == 0o600
    status, _, error = _run(tmp_path, "caller", "add", "SYS-X", "--role", "wallet", "--out", "x.pem")
    assert (status, "exists" in error) == (2, True)
    assert _run(tmp_path, "caller", "add", "SYS-X", "--role", "root", "--out", "y.pem")[0] == 2
    assert _run(tmp_path, "caller", "token", "callers.toml")[0] == 2
    assert _run(tmp_path, "access-log")[0] == 2
    assert _run(tmp_path, "access-log", "--file", "nothing")[0] == 2
