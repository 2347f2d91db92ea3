"""Two instances in two processes exchange a notice over mutual TLS, and the notice releases the coins that were held for it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from authority import certify
from sekisho.engine.answers import Outcome
from sekisho.engine.controls import load_control
from sekisho.engine.requests import TransferRequest
from sekisho.engine.view import RecordsView
from sekisho.records import TABLES, open_records
from sekisho.rulebook import load_rulebook
from sekisho.travel_rule.commands import app
from sekisho.travel_rule.trp.vault import add_key
from travel_rule.payloads import sound

TXID = "f" * 64
ARRIVED = datetime(2026, 11, 29, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Instance:
    """One operator: its folder, port and certificate."""

    folder: Path
    port: int
    ca: Path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def run(self, *arguments: str, fails: bool = False) -> Any:
        """A command of this operator; its JSON, or its text."""
        options = ["--store", str(self.folder / "notices.sqlite"), "--keys", str(self.folder / "keys")]
        if arguments[0] in ("serve", "send", "resolve", "confirm"):
            options += ["--url", self.url, "--ca", str(self.ca)]
            options += ["--cert", str(self.folder / "cert.pem"), "--cert-key", str(self.folder / "key.pem")]
        elif arguments[0] == "address":
            options += ["--url", self.url]
        done = CliRunner().invoke(app, [*arguments, *options])
        assert (done.exit_code != 0) == fails, done.output
        if fails:
            return str(done.exception)
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    @contextmanager
    def serving(self) -> Iterator[None]:
        """The operator's server, until the end of the block."""
        options = ["--store", str(self.folder / "notices.sqlite"), "--keys", str(self.folder / "keys"), "--url", self.url]
        options += ["--port", str(self.port), "--ca", str(self.ca), "--name", self.folder.name]
        options += ["--cert", str(self.folder / "cert.pem"), "--cert-key", str(self.folder / "key.pem")]
        process = subprocess.Popen([*_SEKISHO, "serve", *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            for _ in range(300):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                        break
                assert process.poll() is None, process.stdout.read() if process.stdout else ""
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(10)


_SEKISHO = (sys.executable, "-c", "from sekisho.travel_rule.commands import app; app()")
"""The commands in a process of their own, without the other commands of Sekisho, whose start takes seconds."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def operators(tmp_path: Path) -> tuple[Instance, Instance]:
    ca = certify(tmp_path, ("kitasora", "minato"))
    instances = tuple(Instance(tmp_path / name, _free_port(), ca) for name in ("kitasora", "minato"))
    for one in instances:
        add_key(one.folder / "keys")
    return instances  # type: ignore[return-value]


def test_a_notice_goes_through_and_releases_the_coins(operators: tuple[Instance, Instance], tmp_path: Path) -> None:
    sender, receiver = operators
    payload = tmp_path / "payload.json"
    payload.write_text(json.dumps(_payload()), encoding="utf-8")
    with sender.serving(), receiver.serving():
        address = receiver.run("address", "--account", "A7", "--address", "bc1qdeposit", "--asset", "BTC", "--json")
        arguments = ["send", str(payload), "--to", address["travel_address"], "--asset", "BTC", "--amount", "0.12345678"]
        sent = sender.run(*arguments, "--transfer", "X1", "--json")
        assert sent["state"] == "pending"
        again = sender.run(*arguments, "--transfer", "X1", "--request-id", sent["request_id"], "--json")
        assert again == sent
        (waiting,) = receiver.run("notices", "--json")
        assert (waiting["state"], waiting["amount"], waiting["asset"]) == ("pending", "0.12345678", "BTC")
        assert "payload" not in waiting

        receiver.run("resolve", sent["request_id"], "--approve", "bc1qdeposit")
        receiver.run("resolve", sent["request_id"], "--approve", "bc1qdeposit")
        assert receiver.run("resolve", sent["request_id"], "--approve", "bc1qother", fails=True)
        (approved,) = sender.run("notices", "--json")
        assert approved["state"] == "approved"

        folder = _books(tmp_path, txid=TXID)
        assert _outcome(folder) is Outcome.hold
        sender.run("confirm", sent["request_id"], "--txid", TXID)
        sender.run("confirm", sent["request_id"], "--txid", TXID)
        told = receiver.run("notices", "--records", str(folder), "--json")
        assert (told[0]["state"], told[0]["transfer_id"]) == ("confirmed", "T1")
        assert [step["step"] for step in told[0]["steps"]] == ["inquiry", "approved", "confirmed"]
        assert _outcome(folder) is Outcome.allow
        _check_at_rest(receiver)


def _check_at_rest(receiver: Instance) -> None:
    """Nothing personal lies in clear; reading is written down; keys can be changed."""
    files = [file.read_bytes() for file in receiver.folder.glob("notices.sqlite*")]
    assert files
    assert not any(word in content for content in files for word in (b"Yamada", "山田".encode(), b"Kasumigaseki", b"bc1qdeposit"))
    shown = receiver.run("notices", "--show", "P9", "--json")
    assert shown[0]["payload"]["originator"]["originatorPersons"][0]["naturalPerson"]["name"]
    assert [reading["reader"] for reading in json.loads(receiver.run("notices", "--readings"))] == ["P9"]
    keys = receiver.folder / "keys"
    assert keys.stat().st_mode & 0o077 == 0
    add_key(keys)
    assert receiver.run("reseal").startswith("4 contents")
    old, new = keys.read_text(encoding="ascii").splitlines()
    keys.write_text(f"{new}\n", encoding="ascii")
    assert receiver.run("notices", "--show", "P9", "--json")[0]["payload"]
    keys.write_text(f"{old}\n", encoding="ascii")
    assert "not in the key file" in receiver.run("notices", "--show", "P9", "--json", fails=True)


def _payload() -> dict[str, Any]:
    payload = sound("2020", Random(1))
    del payload["transferPath"]
    return payload


def _books(tmp_path: Path, txid: str) -> Path:
    """The receiver's books: coins have come in by that transaction, and nothing was kept with them."""
    folder = tmp_path / "records"
    folder.mkdir()
    row = {
        "transfer_id": "T1",
        "requested_at": ARRIVED,
        "account_id": "A7",
        "direction": "in",
        "asset": "BTC",
        "quantity": Decimal("0.12345678"),
        "value_jpy": Decimal(1_000_000),
        "address": "bc1qsender",
        "counterparty": "hosted",
        "counterparty_vasp": "Kitasora",
        "counterparty_country": "JP",
        "txid": txid,
        "status": "held",
    }
    schema = TABLES["transfer"].arrow_schema
    pq.write_table(
        pa.Table.from_pylist([{field.name: row.get(field.name) for field in schema}], schema=schema), folder / "transfer.parquet"
    )
    return folder


def _outcome(folder: Path) -> Outcome:
    """What the gate answers when it is asked about the coins now."""
    rule = load_rulebook()["transfers/travel_rule_inbound"]
    decide = load_control(rule).decide
    assert decide is not None
    now = datetime.now(UTC) + timedelta(minutes=1)
    request = TransferRequest(
        transfer_id="T1",
        requested_at=now,
        account_id="A7",
        direction="in",
        asset="BTC",
        quantity=Decimal("0.12345678"),
        value_jpy=Decimal(1_000_000),
        address="bc1qsender",
        counterparty="hosted",
        counterparty_vasp="Kitasora",
        counterparty_country="JP",
    )
    parameters = rule.parameters_in("PSA-2026", date(2026, 11, 29), date(2026, 11, 29), {})
    with open_records(folder) as records:
        reasons = list(decide(request, RecordsView(records, now), parameters))
    return max((reason.outcome for reason in reasons), default=Outcome.allow)
