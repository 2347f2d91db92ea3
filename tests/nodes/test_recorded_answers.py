"""What no node on the test machine can be made to do: answers written by hand after the published descriptions of the calls."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sekisho.records import RecordsError
from sekisho.records.nodes import Endpoint, Question, fetch, headers_of
from sekisho.records.wallets import read_wallets

HEADER = "wallet_id,asset,address,tier,holder,custodian,ever_online,signers_required,signers_total\n"
ADDRESS = "0x" + "11" * 20
HASH = "0x" + "ab" * 32
Reply = Callable[[str, list[Any]], Any]


class Failure(Exception):  # noqa: N818 (an answer, not a fault of the test)
    """An error as the node answers it."""

    def __init__(self, code: int, message: str) -> None:
        self.error = {"code": code, "message": message}


@contextmanager
def server(answer: Callable[[bytes], tuple[int, bytes]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


def node(reply: Reply) -> Callable[[bytes], tuple[int, bytes]]:
    def one(call: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"jsonrpc": "2.0", "id": call["id"], "result": reply(call["method"], call["params"])}
        except Failure as failure:
            return {"jsonrpc": "2.0", "id": call["id"], "error": failure.error}

    def answer(body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        return 200, json.dumps([one(c) for c in asked] if isinstance(asked, list) else one(asked)).encode()

    return answer


def ethereum(method: str, params: list[Any]) -> Any:
    return {
        "eth_chainId": "0x1",
        "eth_syncing": False,
        "eth_blockNumber": "0x20",
        "eth_getBlockByNumber": {"number": params[0] if params else "", "hash": HASH, "timestamp": "0x69f53e80"},
        "eth_getBalance": "0xde0b6b3a7640000",
        "web3_clientVersion": "hand-written/1",
    }[method]


def bitcoin(method: str, params: list[Any]) -> Any:
    return {
        "getblockchaininfo": {"chain": "main", "blocks": 10, "headers": 10, "initialblockdownload": False, "pruned": True},
        "validateaddress": {"isvalid": True, "scriptPubKey": "0014" + "00" * 20},
        "scantxoutset": {"success": True, "height": 10, "bestblock": "aa" * 32, "unspents": [], "total_amount": 0},
        "getblockheader": {"hash": "aa" * 32, "height": 10, "time": 1_777_680_000, "confirmations": 1},
        "getnetworkinfo": {"subversion": "/hand-written/"},
    }[method]


def but(reply: Reply, changed: str, answer: Any) -> Reply:
    def replied(method: str, params: list[Any]) -> Any:
        if method != changed:
            return reply(method, params)
        if isinstance(answer, Failure):
            raise answer
        return answer

    return replied


@pytest.fixture
def wallets(tmp_path: Path) -> Path:
    path = tmp_path / "wallet.csv"
    path.write_text(HEADER + f"E,ETH,{ADDRESS},cold,customer,,false,2,3\nB,BTC,bc1qx,cold,customer,,false,2,3\n")
    return path


def told(kind: str, wallets: Path, answer: Callable[[bytes], tuple[int, bytes]], **question: Any) -> str:
    """What is said of these answers; empty where they are taken."""
    out, said = wallets.parent / "day", ""
    with server(answer) as url:
        asked = Question(**{"book": read_wallets(wallets), "chain": "main"} | question)
        try:
            fetch(kind, Endpoint(url, sleep=lambda seconds: None), asked, out)
        except RecordsError as error:
            said = str(error)
    if said:
        assert sorted(p.name for p in wallets.parent.iterdir()) == ["wallet.csv"], "something was left behind"
        assert "\n" not in said
    return said


def test_the_hand_written_nodes_are_whole(wallets: Path, tmp_path: Path) -> None:
    assert told("ethereum", wallets, node(ethereum)) == ""
    account = json.loads((tmp_path / "day" / "observation.json").read_text())
    assert (account["height"], account["block"]) == (32, HASH)
    (tmp_path / "day").rename(tmp_path / "ether")
    assert told("bitcoin-core", wallets, node(bitcoin)) == ""


SYNCING = {"startingBlock": "0x0", "currentBlock": "0x10", "highestBlock": "0x20"}
CASES = {
    "syncing": ("ethereum", but(ethereum, "eth_syncing", SYNCING), {}, "is still catching up with the chain"),
    "state gone": (
        "ethereum",
        but(ethereum, "eth_getBalance", Failure(-32000, "missing trie node 1234 (path ) state 0x12 is not available")),
        {"at_height": 3},
        "no longer knows the balances of block 3",
    ),
    "no such block": ("ethereum", but(ethereum, "eth_getBlockByNumber", None), {"at_height": 3}, "does not have block 3"),
    "no amount": ("ethereum", but(ethereum, "eth_getBalance", "0xzz"), {}, "'0xzz' is no hexadecimal number"),
    "too much": ("ethereum", but(ethereum, "eth_getBalance", hex(10**39)), {}, "do not fit twenty whole and eighteen"),
    "a number for a text": ("ethereum", but(ethereum, "eth_getBalance", 5), {}, "is not what the node answers"),
    "another error": (
        "ethereum",
        but(ethereum, "eth_getBalance", Failure(-32005, "limit exceeded")),
        {},
        "limit exceeded (-32005)",
    ),
    "headers ahead": (
        "bitcoin-core",
        but(bitcoin, "getblockchaininfo", {"chain": "main", "blocks": 5, "headers": 10, "initialblockdownload": False}),
        {},
        "is still catching up with the chain (block 5 of 10 known)",
    ),
    "starting": ("bitcoin-core", but(bitcoin, "getblockchaininfo", Failure(-28, "Verifying blocks…")), {}, "is starting up"),
    "scan runs": (
        "bitcoin-core",
        but(bitcoin, "scantxoutset", Failure(-8, "Scan already in progress")),
        {},
        "is scanning for somebody",
    ),
    "pruned": (
        "bitcoin-core",
        but(bitcoin, "getblock", Failure(-1, "Block not available (pruned data)")),
        {"depth": 1},
        "has pruned block 10, which is needed to go back",
    ),
    "no undo data": (
        "bitcoin-core",
        but(
            bitcoin,
            "getblock",
            {"hash": "aa" * 32, "height": 10, "previousblockhash": "bb" * 32, "tx": [{"txid": "c", "vin": [{}], "vout": []}]},
        ),
        {"depth": 1},
        "does not tell what block 10 spent",
    ),
    "orphaned": (
        "bitcoin-core",
        but(bitcoin, "getblockheader", {"hash": "aa" * 32, "height": 10, "time": 1_777_680_000, "confirmations": -1}),
        {},
        "the chain was reorganised",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_hand_written_answers_of_a_node_in_trouble(case: str, wallets: Path) -> None:
    kind, reply, question, message = CASES[case]
    assert message in told(kind, wallets, node(reply), **question)


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (503, b"Work queue depth exceeded", "is too busy to answer eth_chainId (4 attempts)"),
        (429, b"{}", "is too busy to answer"),
        (302, b"moved", "answered with status 302 and no JSON"),
        (401, b"", "does not let us in (401)"),
        (200, b"<html>", "is not JSON"),
        (200, b'{"jsonrpc":"2.0","id":1,"result":"0x1"', "is not JSON"),
    ],
)
def test_hand_written_http_of_something_that_is_no_node(status: int, body: bytes, message: str, wallets: Path) -> None:
    assert message in told("ethereum", wallets, lambda asked: (status, body))


def test_a_busy_node_is_asked_again(wallets: Path) -> None:
    whole, times = node(ethereum), []

    def sometimes(body: bytes) -> tuple[int, bytes]:
        times.append(body)
        return (503, b"busy") if len(times) % 3 else whole(body)

    assert told("ethereum", wallets, sometimes) == ""
    assert len(times) == 3 * 7


def test_a_provider_without_batches_is_named(wallets: Path) -> None:
    whole = node(ethereum)

    def single(body: bytes) -> tuple[int, bytes]:
        return (200, b'{"jsonrpc":"2.0","id":null,"result":"0x0"}') if body.startswith(b"[") else whole(body)

    assert "does not answer batches of calls" in told("ethereum", wallets, single)


def test_secrets_stay_off_the_command_line(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match=r"^--url: holds a password"):
        Endpoint("http://u:p@127.0.0.1:8332")
    endpoint = Endpoint("https://node.example/v3/secretkey", headers_of({"SEKISHO_RPC_TOKEN": "t"}, None))
    assert endpoint.label == "https://node.example:443"
    assert "'t'" not in repr(endpoint)
    cookie = tmp_path / ".cookie"
    cookie.write_text("__cookie__:abc")
    assert headers_of({}, cookie) == {"Authorization": "Basic X19jb29raWVfXzphYmM="}
    with pytest.raises(RecordsError, match="SEKISHO_RPC_PASSWORD: is not set"):
        headers_of({"SEKISHO_RPC_USER": "u"}, None)
    with pytest.raises(RecordsError, match=r"\.missing: cannot be read"):
        headers_of({}, tmp_path / ".missing")
