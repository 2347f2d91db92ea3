"""Bitcoin Core over JSON-RPC: what every wallet's address holds in the set of unspent outputs, without a wallet in the node.

Methods: getblockchaininfo, validateaddress, scantxoutset, getblockheader, getblock. The node knows only the newest set,
so an older block is reached by taking back, block by block, what was paid and spent since.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import msgspec

from sekisho.records.errors import RecordsError
from sekisho.records.exact import fitting, unix_seconds
from sekisho.records.holdings import Held
from sekisho.records.nodes.json_rpc import JsonRpc, RpcError
from sekisho.records.nodes.source import Question, Sighting, others_left_out, wallets_of
from sekisho.records.nodes.unspent import COINBASE_MATURITY, Scan

NAME = "bitcoin-core"
DESCRIPTION = "A Bitcoin Core node: scantxoutset, which needs no wallet in the node"
CHAIN = "main"

_BATCH = 500
_SCAN_RUNS, _UNDER_WAY = -8, -28
_BLOCK_GONE = -1


class _Chain(msgspec.Struct):
    chain: str
    blocks: int
    headers: int
    initialblockdownload: bool
    pruned: bool = False


class _Valid(msgspec.Struct):
    isvalid: bool
    scriptPubKey: str = ""  # noqa: N815 (as the node writes it)


class _Header(msgspec.Struct):
    hash: str
    height: int
    time: int
    confirmations: int


class _Script(msgspec.Struct):
    hex: str


class _Output(msgspec.Struct):
    value: Decimal
    scriptPubKey: _Script  # noqa: N815 (as the node writes it)
    generated: bool = False
    height: int | None = None


class _Input(msgspec.Struct):
    prevout: _Output | None = None
    coinbase: str | None = None


class _Transaction(msgspec.Struct):
    txid: str
    vin: list[_Input]
    vout: list[_Output]


class _Block(msgspec.Struct):
    hash: str
    height: int
    tx: list[_Transaction]
    previousblockhash: str


class _Network(msgspec.Struct):
    subversion: str


def look(rpc: JsonRpc, question: Question) -> Sighting:
    """Scan the unspent outputs of all addresses at once, and go back to the block asked for."""
    asset = question.asset or "BTC"
    wallets_of(question.book, (asset,))
    try:
        newest = _check_chain(rpc, question)
        question.height(newest, rpc.label)
        scripts = _scripts(rpc, question, asset)
        question.progress("scanning the unspent outputs; this takes minutes on the main chain")
        scan = _scan(rpc, question, asset)
        height = question.height(scan.height, rpc.label)
        units, block_hash = _units_at(rpc, question, scan, scripts, height)
        header = rpc.call(_Header, "getblockheader", block_hash)
        if rpc.call(_Header, "getblockheader", scan.bestblock).confirmations < 1:
            problem = f"left block {scan.bestblock} while we read: the chain was reorganised"
            raise RecordsError(rpc.label, problem, "ask again, for a deeper block with --depth")
        said = rpc.call(_Network, "getnetworkinfo").subversion
    except RpcError as error:
        if error.code == _UNDER_WAY:
            raise RecordsError(rpc.label, f"is starting up: {error.said}", "wait until it is ready") from None
        raise
    at = unix_seconds(header.time)
    if at is None:
        raise RecordsError(rpc.label, f"block {height} has no usable time: {header.time}", "ask for another block")
    held = tuple(Held(asset, address, at, units[script]) for address, script in scripts.items())
    notes = (*_immature_note(scan, height), *others_left_out(question.book, (asset,)))
    counts = {"outputs": len(scan.unspents), "blocks_taken_back": scan.height - height, "calls": rpc.calls}
    return Sighting(said, question.chain, height, header.hash, at, (asset,), held, notes, counts)


def _check_chain(rpc: JsonRpc, question: Question) -> int:
    chain = rpc.call(_Chain, "getblockchaininfo")
    if chain.chain != question.chain:
        remedy = "give the node of the right chain, or say --chain"
        raise RecordsError(rpc.label, f"is on chain {chain.chain}, not on {question.chain}", remedy)
    if chain.initialblockdownload or chain.headers > chain.blocks + 1:
        problem = f"is still catching up with the chain (block {chain.blocks} of {chain.headers} known)"
        raise RecordsError(rpc.label, problem, "wait until getblockchaininfo says initialblockdownload false")
    return chain.blocks


def _scripts(rpc: JsonRpc, question: Question, asset: str) -> dict[str, str]:
    """The locking script of every address, by the node itself; an address of another network has none."""
    wallets = question.book.of(asset)
    addresses = sorted(wallets)
    scripts: dict[str, str] = {}
    for start in range(0, len(addresses), _BATCH):
        part = addresses[start : start + _BATCH]
        for address, valid in zip(part, rpc.batch(_Valid, [("validateaddress", [a]) for a in part]), strict=True):
            if not valid.isvalid:
                problem = f"'{address}' of wallet '{wallets[address]}' is no address of chain {question.chain}"
                raise RecordsError(question.book.label, problem, "correct it, or say --chain", column="address")
            scripts[address] = valid.scriptPubKey
    return scripts


def _scan(rpc: JsonRpc, question: Question, asset: str) -> Scan:
    descriptors = [f"addr({address})" for address in sorted(question.book.of(asset))]
    try:
        scan = rpc.call(Scan, "scantxoutset", "start", descriptors, timeout_seconds=question.scan_seconds, once=True)
    except RpcError as error:
        if error.code == _SCAN_RUNS:
            remedy = "wait for it, or end it with 'bitcoin-cli scantxoutset abort'"
            raise RecordsError(rpc.label, "is scanning for somebody already", remedy) from None
        raise
    if not scan.success:
        raise RecordsError(rpc.label, "broke off the scan", "ask again")
    if sum((one.amount for one in scan.unspents), Decimal(0)) != scan.total_amount:
        raise RecordsError(rpc.label, "the outputs do not add up to the node's own total", "ask again")
    return scan


def _units_at(rpc: JsonRpc, question: Question, scan: Scan, scripts: dict[str, str], height: int) -> tuple[dict[str, Decimal], str]:
    """What each script held after block ``height``, and that block: what it holds now, less what came since, plus what went."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    watched = frozenset(scripts.values())
    for one in scan.unspents:
        if one.scriptPubKey not in watched:
            raise RecordsError(rpc.label, f"answered for a script nobody asked for: {one.scriptPubKey}", "ask another node")
        if not _is_immature(one.coinbase, one.height, height) or one.height > height:
            held[one.scriptPubKey] += one.amount
    block_hash = scan.bestblock
    for at in range(scan.height, height, -1):
        question.progress(f"taking back block {at}, down to {height}")
        block = _block(rpc, block_hash, at)
        _take_back(rpc, block, watched, held, height)
        block_hash = block.previousblockhash
    wrong = next((script for script, amount in held.items() if fitting(amount, 8) is None), None)
    if wrong is not None:
        raise RecordsError(rpc.label, f"tells of {wrong} more coins spent than received", "ask another node")
    return held, block_hash


def _block(rpc: JsonRpc, block_hash: str, height: int) -> _Block:
    try:
        return rpc.call(_Block, "getblock", block_hash, 3)
    except RpcError as error:
        if error.code == _BLOCK_GONE and "prune" in error.said.lower():
            problem = f"has pruned block {height}, which is needed to go back"
            raise RecordsError(rpc.label, problem, "ask a node that keeps all blocks, or for a newer block") from None
        raise


def _take_back(rpc: JsonRpc, block: _Block, watched: frozenset[str], held: dict[str, Decimal], height: int) -> None:
    for transaction in block.tx:
        for output in transaction.vout:
            if output.scriptPubKey.hex in watched:
                held[output.scriptPubKey.hex] -= output.value
        for spent in transaction.vin:
            if spent.prevout is None:
                if spent.coinbase is None:
                    problem = f"does not tell what block {block.height} spent"
                    raise RecordsError(rpc.label, problem, "use Bitcoin Core 23 or later that keeps undo data")
            elif spent.prevout.scriptPubKey.hex in watched and not _immature_then(spent.prevout, height):
                held[spent.prevout.scriptPubKey.hex] += spent.prevout.value


def _immature_then(spent: _Output, height: int) -> bool:
    """Whether a spent output was newly mined and not yet spendable at ``height``. One made after it was taken back itself."""
    return spent.height is not None and spent.height <= height and _is_immature(spent.generated, spent.height, height)


def _is_immature(coinbase: bool | None, made: int, height: int) -> bool:
    return bool(coinbase) and height - made + 1 <= COINBASE_MATURITY


def _immature_note(scan: Scan, height: int) -> tuple[str, ...]:
    immature = [one.amount for one in scan.unspents if one.height <= height and _is_immature(one.coinbase, one.height, height)]
    if not immature:
        return ()
    total = sum(immature, Decimal(0))
    return (f"{len(immature)} newly mined outputs of {total:f} BTC cannot be spent up to 100 confirmations and do not count.",)
