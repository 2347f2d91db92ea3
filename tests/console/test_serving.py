"""``sekisho serve`` with the console beside the gate: one command, two processes, each without the other's web framework."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from sekisho.console.chosen import Chosen, GateLink, read_chosen, written
from sekisho.findings.inspection import Inspector, Question
from sekisho.findings.outputs import write_inspection
from sekisho.records import open_records
from sekisho.rulebook import load_rulebook
from sekisho.simulation.commands import write_recent_exchange

pytestmark = pytest.mark.long

SERVE = [sys.executable, "-m", "sekisho.cli", "serve", "--port", "0", "--json"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("SEKISHO_CONSOLE", "DJANGO_SETTINGS_MODULE")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything is made but the gate and the console: books, and an inspection of a few rules."""
    out = tmp_path_factory.mktemp("serving")
    write_recent_exchange(out / "records")
    inspection = Inspector(load_rulebook(), open_records(out / "records")).inspect(Question(rules="client_assets/money_trust"))
    write_inspection(inspection, out / "inspection")
    return out


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    command = [*SERVE, "--out", str(folder), "--log", str(folder / "log"), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        assert line, process.stderr.read()
        try:
            yield json.loads(line), process
        finally:
            process.kill()


def gone(address: str) -> bool:
    """Whether nobody listens there any more; processes take a moment to end."""
    for _ in range(150):
        try:
            httpx.get(f"{address}health/", timeout=5)
        except httpx.TransportError:
            return True
        time.sleep(0.2)
    return False


def console_of(process: subprocess.Popen[str]) -> int:
    """The process id of the console that this command started."""
    children = Path(f"/proc/{process.pid}/task").glob("*/children")
    (child,) = {int(each) for file in children for each in file.read_text().split()}
    return child


def test_one_command_serves_gate_and_console_and_a_release_goes_through(folder: Path) -> None:
    with serving(folder) as (told, process):
        console = told["console"]
        assert (console["accounts"]["sato"], console["titles"]["sato"]) == ("supervisor", "supervisor (compliance)")
        assert read_chosen(folder / "office.toml")[0].second_factor is False
        assert httpx.get(f"{console['address']}transfers/").status_code == 302, "nobody is in without signing in"
        people = {name: _signed_in(console, name) for name in ("tanaka", "sato")}
        rows = people["tanaka"].get("api/transfers/?outcome=hold&kind=transfer").json()["rows"]
        row = next(each for each in rows if each["request"].startswith("TRY"))
        proposed = _post(people["tanaka"], f"api{row['at']}release/", {"reason_code": "called_back"})
        assert proposed.status_code == 200, proposed.text
        waiting = people["sato"].get("api/proposals/?state=open").json()["rows"][0]
        approved = _post(people["sato"], f"api{waiting['at']}approve/", {})
        assert approved.status_code == 200, approved.text
        shown = people["tanaka"].get(f"api{row['at']}").json()
        assert shown["request_at_gate"]["state"] == "released", shown["acts"]
        assert [act["by"] for act in shown["people"]][-2:] == ["STAFF-TANAKA", "STAFF-SATO"]
        process.send_signal(signal.SIGKILL)
        process.wait(20)
        assert gone(console["address"]), "the console goes with the gate, however the gate ends"
    with serving(folder) as (told, process):
        console = told["console"]
        assert _signed_in(console, "tanaka").get(f"api{row['at']}").json()["request_at_gate"]["state"] == "released"
        os.kill(console_of(process), signal.SIGKILL)
        assert process.wait(30) == 2
        assert process.stderr is not None
        assert "the console stopped, so the gate stopped too" in process.stderr.read()


def _signed_in(console: dict[str, Any], account: str) -> httpx.Client:
    client = httpx.Client(base_url=console["address"], timeout=60, follow_redirects=True)
    client.get("login/")
    sent = {"username": account, "password": console["password"], "csrfmiddlewaretoken": client.cookies["csrftoken"]}
    assert client.post("login/", data=sent).status_code == 200
    assert "sessionid" in client.cookies
    return client


def _post(client: httpx.Client, path: str, body: Any) -> httpx.Response:
    return client.post(path, json=body, headers={"X-CSRFToken": client.cookies["csrftoken"]})


def _modules(code: str, *wanted: str) -> list[str]:
    """Which of the packages a fresh interpreter has loaded after running this."""
    asked = (
        f"{code}\nimport sys, json\nprint(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}} & set({wanted!r}))))"
    )
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert ran.returncode == 0, ran.stderr
    told: list[str] = json.loads(ran.stdout.splitlines()[-1])
    return told


def test_the_gate_does_not_load_django(tmp_path: Path) -> None:
    assert _modules("import sekisho.cli, sekisho.gate.http.commands", "django", "waitress", "litestar") == ["litestar"]


def test_the_console_does_not_load_the_gates_server(tmp_path: Path) -> None:
    (tmp_path / "office.toml").write_text("second_factor = false\n")
    code = (
        "from pathlib import Path\nimport sekisho.console.beside\nfrom sekisho.console.start import start\n"
        f"start(Path({str(tmp_path / 'office.toml')!r}))\n"
        "import sekisho.console.urls, sekisho.console.trial, sekisho.console.server"
    )
    assert _modules(code, "django", "litestar", "uvicorn") == ["django"]


def test_settings_are_written_as_they_are_read(tmp_path: Path) -> None:
    link = GateLink(journal="gate.sqlite", url="http://127.0.0.1:1", keys=Path("keys"))
    chosen = Chosen(second_factor=False, books=Path('帳簿 "x"'), gate=link)
    (tmp_path / "office.toml").write_bytes(written(chosen))
    assert read_chosen(tmp_path / "office.toml")[0] == chosen
    assert "\n[" not in written(Chosen()).decode(), "no section for what is not set"


def test_a_console_that_cannot_be_started_is_one_line_and_status_2(tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text('[callers]\nfile = "callers.toml"\n[console]\nsettings = "office.toml"\n')
    command = [*SERVE, "--config", str(tmp_path / "gate.toml")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT, timeout=120)
    assert ran.returncode == 2
    assert "office.toml" in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
