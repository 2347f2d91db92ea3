"""Ethereum over JSON-RPC: ether and ERC-20 tokens of every wallet at one block, with the block's time.

Methods: eth_chainId, eth_syncing, eth_getBlockByNumber, eth_getBalance, eth_call (balanceOf, decimals), as published in
the execution API specification. Staked ether and what contracts hold for a wallet are not balances of its address.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import msgspec

from sekisho.records.errors import RecordsError
from sekisho.records.exact import from_base_units, unix_seconds
from sekisho.records.holdings import Held
from sekisho.records.nodes.json_rpc import JsonRpc, RpcError
from sekisho.records.nodes.source import Question, Sighting, others_left_out, wallets_of
from sekisho.records.tokens import Token
from sekisho.records.wallets import plain_address

NAME = "ethereum"
DESCRIPTION = "An Ethereum node (geth, reth, anvil …): eth_getBalance and balanceOf at one block"
CHAIN = "main"
CHAIN_IDS = {"main": 1, "sepolia": 11155111, "hoodi": 560048}

ETHER_DECIMALS = 18
BALANCE_OF, DECIMALS = "0x70a08231", "0x313ce567"
"""The selectors of balanceOf(address) and decimals(), ERC-20."""

_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_WORD = re.compile(r"0x[0-9a-fA-F]{64}")
_BATCH = 100
_HISTORY_GONE = re.compile(
    r"missing trie node|state .*not available|pruned|historical state|unavailable|BlockOutOfRange|old data|no state", re.IGNORECASE
)


class _Block(msgspec.Struct):
    number: str
    hash: str
    timestamp: str


def look(rpc: JsonRpc, question: Question) -> Sighting:
    """Every balance at one block, which must still be the same block when the last is read."""
    ether = question.asset or "ETH"
    assets = (ether, *(token.asset for token in question.tokens))
    wallets_of(question.book, assets)
    addresses = {asset: _addresses(question, asset) for asset in assets}
    _check_chain(rpc, question)
    height = question.height(_quantity(rpc, rpc.call(str, "eth_blockNumber")), rpc.label)
    block = _block(rpc, height)
    at = _time(rpc, block)
    _check_tokens(rpc, [t for t in question.tokens if addresses[t.asset]], height)
    question.progress(f"asking for balances at block {height}")
    held = _ether(rpc, ether, addresses[ether], height, at)
    for token in question.tokens:
        question.progress(f"asking for {token.asset} at block {height}")
        held += _token(rpc, token, addresses[token.asset], height, at)
    after = _block(rpc, height)
    if after.hash != block.hash:
        problem = f"block {height} was {block.hash} when we began and {after.hash} when we ended: the chain was reorganised"
        raise RecordsError(rpc.label, problem, "ask again, for a deeper block with --depth")
    said = rpc.call(str, "web3_clientVersion")
    notes = others_left_out(question.book, assets)
    return Sighting(said, question.chain, height, block.hash, at, assets, tuple(held), notes, {"calls": rpc.calls})


def _addresses(question: Question, asset: str) -> list[str]:
    """The addresses of an asset's wallets, checked: a node takes a wrong one for an empty one."""
    for address, wallet_id in question.book.of(asset).items():
        if not _ADDRESS.fullmatch(address):
            problem = f"'{address}' of wallet '{wallet_id}' is no Ethereum address"
            raise RecordsError(question.book.label, problem, "write 0x and 40 hexadecimal digits", column="address")
    return sorted(question.book.of(asset))


def _check_chain(rpc: JsonRpc, question: Question) -> None:
    wanted = CHAIN_IDS.get(question.chain)
    if wanted is None and not question.chain.isdigit():
        remedy = f"give {', '.join(CHAIN_IDS)} or the number of the chain"
        raise RecordsError("--chain", f"'{question.chain}' is no chain we know", remedy)
    wanted = int(question.chain) if wanted is None else wanted
    found = _quantity(rpc, rpc.call(str, "eth_chainId"))
    if found != wanted:
        problem = f"is on chain {found}, not on {wanted}"
        raise RecordsError(rpc.label, problem, "give the node of the right chain, or say --chain")
    syncing = rpc.call(bool | dict[str, Any], "eth_syncing")  # type: ignore[arg-type]
    if syncing is not False:
        raise RecordsError(rpc.label, "is still catching up with the chain", "wait until eth_syncing answers false")


def _block(rpc: JsonRpc, height: int) -> _Block:
    block = rpc.call(_Block | None, "eth_getBlockByNumber", hex(height), False)  # type: ignore[arg-type]
    if block is None:
        raise RecordsError(rpc.label, f"does not have block {height}", "ask for a block it has, or another node")
    found: _Block = block
    if _quantity(rpc, found.number) != height:
        raise RecordsError(rpc.label, f"answered block {found.number} for {height}", "ask another node")
    return found


def _time(rpc: JsonRpc, block: _Block) -> datetime:
    at = unix_seconds(_quantity(rpc, block.timestamp))
    if at is None:
        raise RecordsError(rpc.label, f"block {block.number} has no usable time: {block.timestamp}", "ask for another block")
    return at


def _check_tokens(rpc: JsonRpc, tokens: list[Token], height: int) -> None:
    """A contract must be there, and have as many places as the firm says: one place off is ten times too much."""
    for token in tokens:
        try:
            answer = rpc.call(str, "eth_call", {"to": token.contract, "data": DECIMALS}, hex(height))
        except RpcError as error:
            raise _state_error(error, height) from None
        if not _WORD.fullmatch(answer):
            problem = f"there is no token at {token.contract} at block {height}"
            raise RecordsError(rpc.label, problem, f"correct the contract of {token.asset}, or the chain")
        if int(answer, 16) != token.decimals:
            problem = f"the contract of {token.asset} has {int(answer, 16)} places, the list of tokens says {token.decimals}"
            raise RecordsError(rpc.label, problem, "correct decimals in the list of tokens")


def _ether(rpc: JsonRpc, asset: str, addresses: list[str], height: int, at: datetime) -> list[Held]:
    answers = _batches(rpc, [("eth_getBalance", [address, hex(height)]) for address in addresses], height)
    return [held(rpc.label, asset, a, at, _quantity(rpc, n), ETHER_DECIMALS) for a, n in zip(addresses, answers, strict=True)]


def _token(rpc: JsonRpc, token: Token, addresses: list[str], height: int, at: datetime) -> list[Held]:
    calls: list[tuple[str, list[Any]]] = [
        ("eth_call", [{"to": token.contract, "data": BALANCE_OF + address[2:].rjust(64, "0")}, hex(height)])
        for address in addresses
    ]
    answers = _batches(rpc, calls, height)
    wrong = next((answer for answer in answers if not _WORD.fullmatch(answer)), None)
    if wrong is not None:
        raise RecordsError(rpc.label, f"{token.contract} answered balanceOf with '{wrong}'", "is it an ERC-20 contract?")
    return [held(rpc.label, token.asset, a, at, int(n, 16), token.decimals) for a, n in zip(addresses, answers, strict=True)]


def _batches(rpc: JsonRpc, calls: list[tuple[str, list[Any]]], height: int) -> list[str]:
    answers: list[str] = []
    try:
        for start in range(0, len(calls), _BATCH):
            answers += rpc.batch(str, calls[start : start + _BATCH])
    except RpcError as error:
        raise _state_error(error, height) from None
    return answers


def _state_error(error: RpcError, height: int) -> RecordsError:
    if _HISTORY_GONE.search(error.said):
        problem = f"no longer knows the balances of block {height} ({error.said})"
        return RecordsError(error.node, problem, "ask an archive node, or for a newer block")
    return error


def held(label: str, asset: str, address: str, at: datetime, units: int, decimals: int, row: int | None = None) -> Held:
    """A holding from its smallest units. Raises RecordsError where the tables cannot hold it exactly."""
    quantity = from_base_units(units, decimals)
    if quantity is None:
        problem = f"{address} holds {units} units of {asset}, which do not fit twenty whole and eighteen decimal digits"
        raise RecordsError(label, problem, "leave that token out: its unit is too fine or its supply no real one", row=row)
    return Held(asset, plain_address(address), at, quantity, row)


def _quantity(rpc: JsonRpc, text: str) -> int:
    if not _QUANTITY.fullmatch(text):
        raise RecordsError(rpc.label, f"'{text}' is no hexadecimal number", "this does not look like a node: check --url")
    return int(text, 16)
