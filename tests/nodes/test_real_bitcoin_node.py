"""Bitcoin: against a real node (Bitcoin Core or Knots, whichever is on the machine), on a chain of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from nodes.running import Running, bitcoind
from sekisho.records import RecordsError
from sekisho.records.commands import app
from sekisho.records.convert import Options, convert
from sekisho.records.nodes import Endpoint, Question, fetch
from sekisho.records.validation import validate_folder
from sekisho.records.wallets import read_wallets

HEADER = "wallet_id,asset,address,tier,holder,custodian,ever_online,signers_required,signers_total\n"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with bitcoind(tmp_path_factory.mktemp("bitcoin")) as running:
        yield running


class Chain:
    """Three customers' addresses of every kind, one of the firm's, and what they must hold at each height."""

    def __init__(self, node: Running) -> None:
        self.node = node
        self.mine = node.call("getnewaddress", wallet="w")
        node.call("generatetoaddress", 10, self.mine)
        node.call("generatetoaddress", 101, BURNT)
        self.addresses = {f"W{i}": node.call("getnewaddress", "", kind, wallet="w") for i, kind in enumerate(KINDS)}
        self.heights: dict[int, dict[str, Decimal]] = {}

    def pay(self, amounts: dict[str, str]) -> None:
        self.node.call("sendmany", "", {self.addresses[w]: a for w, a in amounts.items()}, wallet="w")
        self.mine_block()

    def mine_block(self) -> None:
        self.node.call("generatetoaddress", 1, self.mine)

    def remember(self) -> int:
        """What the node's own wallet says each address holds in unspent confirmed outputs, at this height."""
        height: int = self.node.call("getblockcount")
        unspent = self.node.call("listunspent", 1, 9999999, list(self.addresses.values()), wallet="w")
        held = dict.fromkeys(self.addresses, Decimal(0))
        names = {address: name for name, address in self.addresses.items()}
        for one in unspent:
            held[names[one["address"]]] += one["amount"]
        self.heights[height] = held
        return height

    def spend(self, wallet_id: str) -> None:
        """Spend everything at an address, paying half a coin back to it as change."""
        inputs = [
            {"txid": u["txid"], "vout": u["vout"]}
            for u in self.node.call("listunspent", 1, 9999999, [self.addresses[wallet_id]], wallet="w")
        ]
        total = self.heights[max(self.heights)][wallet_id]
        outputs = [{self.mine: str(total - Decimal("0.5001"))}, {self.addresses[wallet_id]: "0.5"}]
        raw = self.node.call("createrawtransaction", inputs, outputs)
        signed = self.node.call("signrawtransactionwithwallet", raw, wallet="w")
        self.node.call("sendrawtransaction", signed["hex"])
        self.mine_block()

    def wallets(self, folder: Path, *more: str) -> Path:
        path = folder / "wallet.csv"
        rows = [f"{name},BTC,{address},cold,customer,,false,2,3\n" for name, address in self.addresses.items()]
        path.write_text(HEADER + "".join(rows) + "".join(more))
        return path


BURNT = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202"
KINDS = ("legacy", "p2sh-segwit", "bech32", "bech32m")


@pytest.fixture(scope="module")
def chain(node: Running) -> Chain:
    made = Chain(node)
    made.pay({"W0": "1.00000001", "W1": "2.5", "W2": "0.00000546"})
    made.remember()
    made.pay({"W0": "3.1", "W3": "7.77777777"})
    made.remember()
    made.spend("W0")
    made.remember()
    made.mine_block()
    made.remember()
    return made


def asked(node: Running, wallets: Path, out: Path, *, timeout: float = 30.0, **question: Any) -> dict[str, Any]:
    endpoint = Endpoint(node.url, node.headers, timeout, sleep=lambda seconds: None)
    fetch("bitcoin-core", endpoint, Question(**{"book": read_wallets(wallets), "chain": "regtest"} | question), out)
    account: dict[str, Any] = json.loads((out / "observation.json").read_text())
    return account


def balances(out: Path) -> dict[str, Decimal]:
    return {row["wallet_id"]: row["quantity"] for row in pq.read_table(out / "wallet_balance.parquet").to_pylist()}


def refused(folder: Path, node: Running, wallets: Path, **question: Any) -> str:
    out = folder / "refused"
    before = sorted(folder.iterdir())
    with pytest.raises(RecordsError) as caught:
        asked(node, wallets, out, **question)
    assert sorted(folder.iterdir()) == before, "something was left behind"
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_kind_of_address_at_the_newest_block(node: Running, chain: Chain, tmp_path: Path) -> None:
    account = asked(node, chain.wallets(tmp_path), tmp_path / "day")
    newest = max(chain.heights)
    assert account["height"] == newest
    assert balances(tmp_path / "day") == chain.heights[newest]
    assert chain.heights[newest]["W0"] == Decimal("0.5")
    header = node.call("getblockheader", node.call("getblockhash", newest))
    observed = pq.read_table(tmp_path / "day" / "wallet_balance.parquet")["observed_at"].to_pylist()
    assert set(observed) == {datetime.fromtimestamp(header["time"], UTC)}
    assert account["block"] == header["hash"]
    assert validate_folder(tmp_path / "day") == []


def test_every_older_block_is_reached_by_taking_back(node: Running, chain: Chain, tmp_path: Path) -> None:
    for height, held in chain.heights.items():
        out = tmp_path / f"at{height}"
        account = asked(node, chain.wallets(tmp_path), out, at_height=height)
        assert account["height"] == height
        assert account["counts"]["blocks_taken_back"] == node.call("getblockcount") - height
        assert balances(out) == held, height


def test_depth_counts_from_the_newest(node: Running, chain: Chain, tmp_path: Path) -> None:
    assert asked(node, chain.wallets(tmp_path), tmp_path / "day", depth=2)["height"] == max(chain.heights) - 2


def test_coins_mined_but_not_spendable_do_not_count_now_or_then(node: Running, chain: Chain, tmp_path: Path) -> None:
    wallets = chain.wallets(tmp_path, f"MINER,BTC,{chain.mine},hot,own,,true,,\n")
    account = asked(node, wallets, tmp_path / "miner")
    spendable = node.call("listunspent", 1, 9999999, [chain.mine], wallet="w")
    assert balances(tmp_path / "miner")["MINER"] == sum(one["amount"] for one in spendable)
    assert any("newly mined outputs" in note for note in account["notes"])
    then = max(chain.heights) - 3
    asked(node, wallets, tmp_path / "then", at_height=then)
    mined = [node.call("getblock", node.call("getblockhash", at), 3)["tx"][0] for at in range(1, then - 98)]
    assert balances(tmp_path / "then")["MINER"] <= sum(o["value"] for tx in mined for o in tx["vout"]), "young coins were counted"


def test_the_same_block_gives_the_same_bytes(node: Running, chain: Chain, tmp_path: Path) -> None:
    wallets = chain.wallets(tmp_path)
    height = max(chain.heights)
    for name in ("a", "b"):
        asked(node, wallets, tmp_path / name, at_height=height)
    for file in ("wallet.parquet", "wallet_balance.parquet", "observation.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


def test_saved_answers_convert_to_what_the_live_node_says(node: Running, chain: Chain, tmp_path: Path) -> None:
    wallets = chain.wallets(tmp_path)
    addresses = list(chain.addresses.values())
    newest = max(chain.heights)
    header = node.raw("getblockheader", node.call("getblockhash", newest))
    answers = {
        "listunspent": node.raw("listunspent", 0, 9999999, addresses, wallet="w"),
        "scantxoutset": node.raw("scantxoutset", "start", [f"addr({a})" for a in addresses]),
    }
    for name, answer in answers.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.json").write_bytes(answer)
        (folder / "getblockheader.json").write_bytes(header)
        out = tmp_path / f"{name}-books"
        convert("bitcoin-core", folder, out, Options({"chain": "regtest", "absent": "zero"}, wallets=wallets))
        assert balances(out) == chain.heights[newest], name


@pytest.mark.parametrize("form", ["hub", "pairs"])
def test_every_block_as_movements_gives_the_balances_again(node: Running, chain: Chain, tmp_path: Path, form: str) -> None:
    """What came to an address less what left it is what the node says it holds, through change, fees and mined coins."""
    blocks = tmp_path / "blocks"
    blocks.mkdir()
    newest = max(chain.heights)
    for height in range(1, newest + 1):
        (blocks / f"{height:06}.json").write_bytes(node.raw("getblock", node.call("getblockhash", height), 3))
    out = tmp_path / "books"
    convert("bitcoin-transactions", blocks, out, Options({"chain": "regtest", "form": form}, wallets=chain.wallets(tmp_path)))
    net = dict.fromkeys(chain.addresses.values(), Decimal(0))
    rows = pq.read_table(out / "chain_movement.parquet").to_pylist()
    for row in rows:
        if row["to_address"] in net:
            net[row["to_address"]] += row["quantity"]
        if row["from_address"] in net:
            net[row["from_address"]] -= row["quantity"]
    assert net == {chain.addresses[w]: held for w, held in chain.heights[newest].items()}
    assert validate_folder(out) == []


def test_gettransaction_of_the_nodes_own_wallet_converts(node: Running, chain: Chain, tmp_path: Path) -> None:
    txids = sorted({entry["txid"] for entry in node.call("listtransactions", "*", 1000, wallet="w")})
    folder = tmp_path / "saved"
    folder.mkdir()
    for txid in txids:
        (folder / f"{txid}.json").write_bytes(node.raw("gettransaction", txid, True, True, wallet="w"))
    convert("bitcoin-transactions", folder, tmp_path / "books", Options({"chain": "regtest"}, wallets=chain.wallets(tmp_path)))
    assert validate_folder(tmp_path / "books") == []
    listed = tmp_path / "list.json"
    listed.write_bytes(node.raw("listtransactions", "*", 1000, wallet="w"))
    convert("bitcoin-transactions", listed, tmp_path / "listed", Options({"chain": "regtest", "wallet_address": "HOT"}))
    net = sum(
        (
            r["quantity"] if r["to_address"] == "HOT" else -r["quantity"]
            for r in pq.read_table(tmp_path / "listed" / "chain_movement.parquet").to_pylist()
        ),
        Decimal(0),
    )
    own = node.call("getbalances", wallet="w")["mine"]
    assert net == own["trusted"] + own["immature"]


def test_the_command_reads_its_password_from_the_environment(node: Running, chain: Chain, tmp_path: Path) -> None:
    arguments = [
        "fetch",
        "--from",
        "bitcoin-core",
        "--url",
        node.url,
        "--wallets",
        str(chain.wallets(tmp_path)),
        "--chain",
        "regtest",
    ]
    secret = {"SEKISHO_RPC_USER": "u", "SEKISHO_RPC_PASSWORD": "p"}
    result = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "day"), "--json"], env=secret)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["totals"] == {"BTC": f"{sum(chain.heights[max(chain.heights)].values()):f}"}
    wrong = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "no")], env={**secret, "SEKISHO_RPC_PASSWORD": "x"})
    assert wrong.exit_code == 2
    assert "does not let us in (401)" in wrong.stderr
    assert not (tmp_path / "no").exists()


def test_a_wrong_chain_a_wrong_address_and_a_block_to_come_are_refused(node: Running, chain: Chain, tmp_path: Path) -> None:
    wallets = chain.wallets(tmp_path)
    assert "is on chain regtest, not on main; give the node of the right chain" in refused(tmp_path, node, wallets, chain="main")
    assert "not yet 999999" in refused(tmp_path, node, wallets, at_height=999999)
    foreign = chain.wallets(tmp_path, "X,BTC,bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4,cold,customer,,false,,\n")
    said = refused(tmp_path, node, foreign)
    assert "'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4' of wallet 'X' is no address of chain regtest" in said


def test_a_reorganised_chain_is_seen(node: Running, chain: Chain, tmp_path: Path) -> None:
    """The block of the scan leaves the chain between the scan and the last look at it."""
    wallets = chain.wallets(tmp_path)
    newest = node.call("getbestblockhash")

    def reorganise(step: str) -> None:
        if step.startswith("taking back"):
            node.call("invalidateblock", newest)

    try:
        said = refused(tmp_path, node, wallets, depth=1, progress=reorganise)
    finally:
        node.call("reconsiderblock", newest)
    assert f"left block {newest} while we read: the chain was reorganised" in said


def test_a_node_that_stops_answering_or_is_gone(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    with bitcoind(tmp_path_factory.mktemp("second")) as second:
        address = second.call("getnewaddress", wallet="w")
        second.call("generatetoaddress", 3, address)
        wallets = tmp_path / "wallet.csv"
        wallets.write_text(HEADER + f"W,BTC,{address},cold,customer,,false,2,3\n")

        def freeze(step: str) -> None:
            if step.startswith("scanning"):
                second.freeze()

        said = refused(tmp_path, second, wallets, scan_seconds=0.5, progress=freeze)
        assert "did not answer scantxoutset within 0.5 seconds" in said
        second.thaw()

        def kill(step: str) -> None:
            if step.startswith("taking back"):
                second.stop()

        said = refused(tmp_path, second, wallets, depth=1, progress=kill)
        assert "cannot be reached for getblock" in said
        assert "(4 attempts)" in said


def test_a_fresh_node_is_still_catching_up(tmp_path: Path) -> None:
    """With nothing but the genesis block of 2011 the node itself says that it is in its initial download."""
    with bitcoind(tmp_path) as fresh:
        wallets = tmp_path / "wallet.csv"
        wallets.write_text(HEADER + f"W,BTC,{fresh.call('getnewaddress', wallet='w')},cold,customer,,false,2,3\n")
        assert "is still catching up with the chain" in refused(tmp_path, fresh, wallets)
