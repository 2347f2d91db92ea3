"""Real nodes for tests: each started on a free port of this machine, in a folder of its own, and ended with the test."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

_INSTALLED = Path(__file__).resolve().parents[2] / ".nodes" / "bin"
_READY_SECONDS_MAX = 30.0


def binary(name: str) -> str:
    """The node's program, or the test skips and says how to get it."""
    own = _INSTALLED / name
    found = str(own) if own.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine; 'make nodes' installs it")
    return found


class Running:
    """A node that runs: its address, and calls to it that answer the result."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, headers: dict[str, str], folder: Path) -> None:
        self.process, self.url, self.headers, self.folder = process, url, headers, folder

    def call(self, method: str, *params: Any, wallet: str = "") -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).encode()
        path = f"{self.url}/wallet/{wallet}" if wallet else self.url
        request = urllib.request.Request(path, body, {"Content-Type": "application/json", **self.headers})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                told = json.load(answer, parse_float=Decimal)
        except urllib.error.HTTPError as error:
            told = json.load(error, parse_float=Decimal)
        assert told.get("error") is None, (method, told)
        return told["result"]

    def raw(self, method: str, *params: Any, wallet: str = "") -> bytes:
        """The bytes of the answer, as somebody would save them."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).encode()
        path = f"{self.url}/wallet/{wallet}" if wallet else self.url
        request = urllib.request.Request(path, body, {"Content-Type": "application/json", **self.headers})
        with urllib.request.urlopen(request, timeout=60) as answer:
            content: bytes = answer.read()
            return content

    def freeze(self) -> None:
        """The node keeps its port and answers no more."""
        os.kill(self.process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)  # only then has every thread of it stopped

    def thaw(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(timeout=20)


@contextmanager
def anvil(folder: Path, *options: str) -> Iterator[Running]:
    """An Ethereum node (anvil) with ten funded accounts that makes a block for each transaction."""
    port = _free_port()
    command = [binary("anvil"), "--host", "127.0.0.1", "--port", str(port), "--silent", *options]
    with _started(command, folder, f"http://127.0.0.1:{port}", {}, "eth_chainId") as node:
        yield node


@contextmanager
def bitcoind(folder: Path, *options: str) -> Iterator[Running]:
    """A Bitcoin node (Bitcoin Core or Knots) on a chain of its own, with a wallet ``w``."""
    port = _free_port()
    data = folder / "bitcoin"
    data.mkdir()
    command = [binary("bitcoind"), "-regtest", f"-datadir={data}", f"-rpcport={port}", "-listen=0", "-fallbackfee=0.0001"]
    command += ["-rpcuser=u", "-rpcpassword=p", "-printtoconsole=0", "-dnsseed=0", "-txindex=0", "-server", *options]
    headers = {"Authorization": "Basic dTpw"}
    with _started(command, folder, f"http://127.0.0.1:{port}", headers, "getblockchaininfo") as node:
        node.call("createwallet", "w")
        yield node


@contextmanager
def _started(command: list[str], folder: Path, url: str, headers: dict[str, str], probe: str) -> Iterator[Running]:
    with (folder / "node.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    node = Running(process, url, headers, folder)
    try:
        until = time.monotonic() + _READY_SECONDS_MAX
        while True:
            try:
                node.call(probe)
                break
            except (OSError, AssertionError, ValueError):
                assert process.poll() is None, (folder / "node.log").read_text(errors="replace")[-2000:]
                assert time.monotonic() < until, "the node did not get ready"
                time.sleep(0.05)
        yield node
    finally:
        if process.poll() is None:
            node.thaw()
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                node.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
