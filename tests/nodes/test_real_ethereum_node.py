"""Ethereum: against a real node (anvil), with ether, a token made here, older blocks and reorganisations."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from nodes.running import Running, anvil
from sekisho.records import RecordsError
from sekisho.records.commands import app
from sekisho.records.nodes import Endpoint, Question, fetch
from sekisho.records.tokens import Token, read_tokens
from sekisho.records.validation import validate_folder
from sekisho.records.wallets import read_wallets

HEADER = "wallet_id,asset,address,tier,holder,custodian,ever_online,signers_required,signers_total\n"
CHAIN = "31337"
COLD = "0x00000000000000000000000000000000000000C1"
WARM = "0x00000000000000000000000000000000000000c2"
EMPTY = "0x00000000000000000000000000000000000000c3"
WEI = 10**18


def _token_code() -> str:
    """A token in 60 bytes of code: balanceOf, decimals, and set(address, amount) for everything else."""
    code = bytearray.fromhex("60003560e01c")  # the selector
    code += bytes.fromhex("806370a0823114") + b"\x60\x00\x57"
    jump_balance = len(code) - 2
    code += bytes.fromhex("8063313ce56714") + b"\x60\x00\x57"
    jump_decimals = len(code) - 2
    code += bytes.fromhex("6024356004355500")  # storage[address] = amount
    code[jump_balance] = len(code)
    code += bytes.fromhex("5b6004355460005260206000f3")
    code[jump_decimals] = len(code)
    code += bytes.fromhex("5b600660005260206000f3")
    return code.hex()


class Chain:
    """An Ethereum chain with two wallets, a token of six places, and what must be held at each block."""

    def __init__(self, node: Running) -> None:
        self.node = node
        self.sender = node.call("eth_accounts")[0]
        runtime = _token_code()
        size = f"{len(runtime) // 2:02x}"
        creation = f"60{size}600c60003960{size}6000f3{runtime}"
        self.contract = self.send(to=None, data="0x" + creation)["contractAddress"]
        self.heights: dict[int, dict[str, Decimal]] = {}
        self.remember({})

    def send(self, to: str | None, value: int = 0, data: str = "0x") -> dict[str, Any]:
        transaction = {"from": self.sender, "value": hex(value), "data": data} | ({"to": to} if to else {})
        sent, receipt = self.node.call("eth_sendTransaction", transaction), None
        until = time.monotonic() + 20
        while receipt is None and time.monotonic() < until:  # the block is made a moment after the answer
            receipt = self.node.call("eth_getTransactionReceipt", sent)
        assert receipt is not None, "the transaction got into no block"
        told: dict[str, Any] = receipt
        assert told["status"] == "0x1", told
        return told

    def give(self, holder: str, units: int) -> None:
        self.send(self.contract, data="0x12345678" + holder[2:].rjust(64, "0") + f"{units:064x}")

    def remember(self, held: dict[str, str]) -> int:
        height = int(self.node.call("eth_blockNumber"), 16)
        before = self.heights[max(self.heights)] if self.heights else {"E1": Decimal(0), "E2": Decimal(0), "U1": Decimal(0)}
        self.heights[height] = before | {name: Decimal(amount) for name, amount in held.items()}
        return height

    def wallets(self, folder: Path, *more: str) -> Path:
        path = folder / "wallet.csv"
        rows = [("E1", "ETH", COLD), ("E2", "ETH", WARM), ("U1", "USDX", COLD)]
        path.write_text(HEADER + "".join(f"{w},{asset},{a},cold,customer,,false,2,3\n" for w, asset, a in rows) + "".join(more))
        return path

    @property
    def token(self) -> Token:
        return Token("USDX", self.contract.lower(), 6)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with anvil(tmp_path_factory.mktemp("ethereum")) as running:
        yield running


@pytest.fixture(scope="module")
def chain(node: Running) -> Chain:
    made = Chain(node)
    made.send(COLD, 3 * WEI + 1)
    made.remember({"E1": "3.000000000000000001"})
    made.send(WARM, 12_345_678_901_234_567)
    made.remember({"E2": "0.012345678901234567"})
    made.give(COLD, 25_000_000_000_001)
    made.remember({"U1": "25000000.000001"})
    made.give(COLD, 7)
    made.remember({"U1": "0.000007"})
    return made


def asked(node: Running, made: Chain, wallets: Path, out: Path, **question: Any) -> dict[str, Any]:
    endpoint = Endpoint(node.url, node.headers, 5.0, sleep=lambda seconds: None)
    given = {"book": read_wallets(wallets), "chain": CHAIN, "tokens": (made.token,)} | question
    fetch("ethereum", endpoint, Question(**given), out)
    account: dict[str, Any] = json.loads((out / "observation.json").read_text())
    return account


def balances(out: Path) -> dict[str, Decimal]:
    return {row["wallet_id"]: row["quantity"] for row in pq.read_table(out / "wallet_balance.parquet").to_pylist()}


def refused(folder: Path, node: Running, made: Chain, wallets: Path, **question: Any) -> str:
    before = sorted(folder.iterdir())
    with pytest.raises(RecordsError) as caught:
        asked(node, made, wallets, folder / "refused", **question)
    assert sorted(folder.iterdir()) == before, "something was left behind"
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_ether_and_tokens_at_every_block(node: Running, chain: Chain, tmp_path: Path) -> None:
    for height, held in chain.heights.items():
        out = tmp_path / f"at{height}"
        account = asked(node, chain, chain.wallets(tmp_path), out, at_height=height)
        block = node.call("eth_getBlockByNumber", hex(height), False)
        assert (account["height"], account["block"]) == (height, block["hash"])
        assert balances(out) == held, height
        observed = set(pq.read_table(out / "wallet_balance.parquet")["observed_at"].to_pylist())
        assert observed == {datetime.fromtimestamp(int(block["timestamp"], 16), UTC)}
        assert validate_folder(out) == []


def test_the_newest_block_and_some_below_it(node: Running, chain: Chain, tmp_path: Path) -> None:
    newest = int(node.call("eth_blockNumber"), 16)
    assert asked(node, chain, chain.wallets(tmp_path), tmp_path / "now")["height"] == newest
    assert asked(node, chain, chain.wallets(tmp_path), tmp_path / "deep", depth=3)["height"] == newest - 3


def test_many_wallets_are_asked_in_batches_and_each_gets_its_own(node: Running, chain: Chain, tmp_path: Path) -> None:
    accounts = node.call("eth_accounts")
    many = [f"N{i},ETH,0x{i + 0xABCDEF:040x},hot,customer,,true,,\n" for i in range(250)]
    many += [f"A{i},ETH,{address},hot,own,,true,,\n" for i, address in enumerate(accounts[1:])]
    asked(node, chain, chain.wallets(tmp_path, *many), tmp_path / "day")
    held = balances(tmp_path / "day")
    assert len(held) == 250 + len(accounts) - 1 + 3
    assert {held[f"A{i}"] for i in range(len(accounts) - 1)} == {Decimal(10_000)}
    assert {held[f"N{i}"] for i in range(250)} == {Decimal(0)}


def test_the_command(node: Running, chain: Chain, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.csv"
    tokens.write_text(f"asset,contract,decimals\nUSDX,{chain.contract},6\n")
    assert read_tokens(tokens) == (chain.token,)
    height = max(chain.heights)
    arguments = [
        "fetch",
        "--from",
        "ethereum",
        "--wallets",
        str(chain.wallets(tmp_path)),
        "--chain",
        CHAIN,
        "--tokens",
        str(tokens),
    ]
    result = CliRunner().invoke(
        app, [*arguments, "--at-height", str(height), "--out", str(tmp_path / "day"), "--json"], env={"SEKISHO_RPC_URL": node.url}
    )
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["totals"] == {"ETH": "3.012345678901234568", "USDX": "0.000007"}
    again = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "day")], env={"SEKISHO_RPC_URL": node.url})
    assert again.exit_code == 2
    assert "already exists" in again.stderr


def test_what_the_node_cannot_answer_for_certain_is_refused(node: Running, chain: Chain, tmp_path: Path) -> None:
    wallets = chain.wallets(tmp_path)
    assert "is on chain 31337, not on 1" in refused(tmp_path, node, chain, wallets, chain="main")
    assert "not yet 999999" in refused(tmp_path, node, chain, wallets, at_height=999999)
    other = Token("USDX", "0x" + "77" * 20, 6)
    assert "there is no token at 0x7777" in refused(tmp_path, node, chain, wallets, tokens=(other,))
    places = chain.token._replace(decimals=8)
    said = refused(tmp_path, node, chain, wallets, tokens=(places,))
    assert "the contract of USDX has 6 places, the list of tokens says 8" in said
    wrong = chain.wallets(tmp_path, "X,ETH,0x12,cold,customer,,false,,\n")
    assert "'0x12' of wallet 'X' is no Ethereum address" in refused(tmp_path, node, chain, wrong)


def test_a_reorganisation_between_the_first_and_the_last_answer_is_seen(node: Running, chain: Chain, tmp_path: Path) -> None:
    kept = node.call("evm_snapshot")
    chain.send(WARM, 5)
    height = int(node.call("eth_blockNumber"), 16)

    def reorganise(step: str) -> None:
        if step.startswith("asking for USDX"):
            node.call("evm_revert", kept)
            chain.send(EMPTY, 6)

    try:
        said = refused(tmp_path, node, chain, chain.wallets(tmp_path), at_height=height, progress=reorganise)
    finally:
        node.call("evm_snapshot")
    assert f"block {height} was 0x" in said
    assert "the chain was reorganised" in said


def test_a_node_that_forgets_old_blocks_freezes_or_is_gone(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    with anvil(tmp_path_factory.mktemp("second"), "--prune-history") as second:
        chain = Chain(second)
        wallets = chain.wallets(tmp_path)
        second.call("anvil_mine", "0x40")
        said = refused(tmp_path, second, chain, wallets, at_height=2)
        assert "no longer knows the balances of block 2" in said or "does not have block 2" in said

        def freeze(step: str) -> None:
            if step.startswith("asking for balances"):
                second.freeze()

        endpoint = Endpoint(second.url, {}, 1.5, sleep=lambda seconds: None)
        question = Question(book=read_wallets(wallets), chain=CHAIN, progress=freeze)
        with pytest.raises(RecordsError, match=r"did not answer eth_getBalance within 1\.5 seconds \(4 attempts\)"):
            fetch("ethereum", endpoint, question, tmp_path / "frozen")
        assert not (tmp_path / "frozen").exists()
        second.thaw()

        def kill(step: str) -> None:
            if step.startswith("asking for balances"):
                second.stop()

        said = refused(tmp_path, second, chain, wallets, progress=kill, tokens=())
        assert "cannot be reached for eth_getBalance" in said
