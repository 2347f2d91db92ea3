"""Ethereum JSON-RPC saved to files: requests and answers of eth_getBalance and balanceOf, joined by their ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from sekisho.records.convert.format import Conversion, Option, Options
from sekisho.records.convert.staging import Staging
from sekisho.records.errors import RecordsError
from sekisho.records.exact import unix_seconds, utc_time
from sekisho.records.holdings import OPTIONS as BOOKING_OPTIONS
from sekisho.records.holdings import Covered, Held, booking_of, write_balances
from sekisho.records.nodes.answers import decode, each, load
from sekisho.records.nodes.ethereum import BALANCE_OF, ETHER_DECIMALS, held
from sekisho.records.tokens import Token, read_tokens
from sekisho.records.wallets import read_wallets

NAME = "ethereum-rpc"
DESCRIPTION = "Saved JSON-RPC of an Ethereum node: requests and answers of eth_getBalance and eth_call balanceOf (JSON)"
TAKES = ("wallets", "tokens")
OPTIONS = {
    "observed_at": Option("", "When, if no answer of eth_getBlockByNumber is among them: 2026-05-02T00:00:00Z"),
    "asset": Option("ETH", "The asset that ether stands under"),
    **BOOKING_OPTIONS,
}

_HEX = re.compile(r"0x[0-9a-fA-F]{1,64}")
_CALL = re.compile(BALANCE_OF + r"0{24}([0-9a-f]{40})")
_BLOCKS = ("eth_getBlockByNumber", "eth_getBlockByHash")


class _Request(msgspec.Struct):
    method: str
    id: int | str
    params: list[Any] = []


class _Answer(msgspec.Struct):
    id: int | str
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")


class _Both(msgspec.Struct):
    request: _Request
    response: _Answer


class _Block(msgspec.Struct):
    number: str
    hash: str
    timestamp: str


class _Asked(NamedTuple):
    label: str
    row: int
    request: _Request
    answer: _Answer


def convert(source: Path, out: Path, options: Options) -> Conversion:
    """Convert a file that holds requests with their answers, or a folder of files of either kind (.json, .jsonl)."""
    paths = [source] if source.is_file() else sorted(p for p in source.iterdir() if p.suffix in (".json", ".jsonl"))
    tokens = {t.contract: t for t in read_tokens(options.tokens)} if options.tokens else {}
    book = read_wallets(options.wallets) if options.wallets else None
    booking = booking_of(options.values, book)
    options.progress("joining requests and answers")
    asked = list(_joined(paths, source.name))
    block, at, told = _block(asked, options["observed_at"], source.name)
    with Staging(out) as staging:
        staging.sources += paths
        seen = [one for a in asked if (one := _held(a, block, at, options["asset"], tokens)) is not None]
        until = dict.fromkeys({h.asset for h in seen}, at)
        notes, counts = write_balances(staging, seen, booking, Covered(source.name, until))
        return staging.conversion((told, *notes), counts | {"calls": len(asked)})


def _joined(paths: list[Path], source: str) -> Iterator[_Asked]:
    """Every request with its answer, in the order of the requests. Refuses one without the other."""
    requests: dict[int | str, tuple[str, int, _Request]] = {}
    answers: dict[int | str, tuple[str, int, _Answer]] = {}
    for path in paths:
        for row, text in enumerate(each(path.name, load(path)), 1):
            names = decode(path.name, text, dict[str, msgspec.Raw], row)
            if {"request", "response"} <= set(names):
                both = decode(path.name, text, _Both, row)
                if both.request.id != both.response.id:
                    raise RecordsError(path.name, "answers another request", "save the pair again", row=row, column="id")
                _keep(requests, both.request.id, (path.name, row, both.request))
                _keep(answers, both.response.id, (path.name, row, both.response))
            elif "method" in names:
                request = decode(path.name, text, _Request, row)
                _keep(requests, request.id, (path.name, row, request))
            else:
                answer = decode(path.name, text, _Answer, row)
                _keep(answers, answer.id, (path.name, row, answer))
    for key, (label, row, _) in answers.items():
        if key not in requests:
            remedy = "save the requests beside the answers: an answer does not name its address"
            raise RecordsError(label, f"answer {key} belongs to no request", remedy, row=row, column="id")
    for key, (label, row, request) in requests.items():
        if key not in answers:
            raise RecordsError(label, f"request {key} has no answer", "save the answers again", row=row, column="id")
        there, at_row, answer = answers[key]
        if bytes(answer.error) != b"null":
            problem = f"the node answered with an error: {bytes(answer.error).decode(errors='replace')}"
            raise RecordsError(there, problem, "ask the node again", row=at_row, column="error")
        yield _Asked(there, at_row, request, answer)
    if not requests:
        raise RecordsError(source, "holds no request", "give the requests and the answers, as JSON")


def _keep(kept: dict[int | str, tuple[str, int, Any]], key: int | str, entry: tuple[str, int, Any]) -> None:
    if key in kept:
        raise RecordsError(entry[0], f"id {key} is there twice", "give every call an id of its own", row=entry[1], column="id")
    kept[key] = entry


def _block(asked: list[_Asked], observed_at: str, source: str) -> tuple[str | None, datetime, str]:
    """The block of all answers (hexadecimal), when it was, and the sentence that says so."""
    blocks = {}
    for one in asked:
        if one.request.method in _BLOCKS:
            found = decode(one.label, bytes(one.answer.result), _Block, one.row)
            blocks[found.hash] = one, found
    if len(blocks) > 1:
        raise RecordsError(source, "holds answers for two blocks", "ask for every balance at one block")
    if not blocks:
        at = utc_time(observed_at)
        if at is None:
            remedy = "say observed_at=2026-05-02T00:00:00Z, or save eth_getBlockByNumber too"
            raise RecordsError(source, "does not say when it was true", remedy)
        return None, at, f"The time of observation, {observed_at}, was given by hand."
    if observed_at:
        raise RecordsError("option observed_at", "is said by the saved block already", "leave it out")
    one, block = next(iter(blocks.values()))
    block_time = unix_seconds(int(block.timestamp, 16)) if _HEX.fullmatch(block.timestamp) else None
    if block_time is None or not _HEX.fullmatch(block.number):
        raise RecordsError(one.label, "is no block with its time", "save it again", row=one.row, column="timestamp")
    return block.number, block_time, f"The time of observation is that of block {int(block.number, 16)}, {block.hash}."


def _held(one: _Asked, block: str | None, at: datetime, asset: str, tokens: dict[str, Token]) -> Held | None:
    params = one.request.params
    if one.request.method == "eth_getBalance":
        address, decimals = str(params[0] if params else ""), ETHER_DECIMALS
    elif one.request.method == "eth_call":
        address, asset, decimals = _token_call(one, tokens)
    else:
        return None
    told = params[1] if len(params) > 1 else "latest"
    if block is not None and (not isinstance(told, str) or not _HEX.fullmatch(told) or int(told, 16) != int(block, 16)):
        problem = f"was asked at block '{told}', the saved block is {block}"
        raise RecordsError(one.label, problem, "ask for every balance at the number of one block", row=one.row, column="params")
    text = decode(one.label, bytes(one.answer.result), str, one.row)
    if not _HEX.fullmatch(text):
        raise RecordsError(one.label, f"'{text}' is no amount in hexadecimal", "ask the node again", row=one.row, column="result")
    return held(one.label, asset, address, at, int(text, 16), decimals, one.row)


def _token_call(one: _Asked, tokens: dict[str, Token]) -> tuple[str, str, int]:
    call = one.request.params[0] if one.request.params else None
    call = call if isinstance(call, dict) else {}
    contract = str(call.get("to", "")).lower()
    match = _CALL.fullmatch(str(call.get("data", call.get("input", ""))).lower())
    if match is None:
        raise RecordsError(one.label, "is a call that is no balanceOf", "leave it out", row=one.row, column="data")
    token = tokens.get(contract)
    if token is None:
        problem = f"'{contract}' is no contract of the list of tokens"
        raise RecordsError(one.label, problem, "add it to --tokens with its decimals", row=one.row, column="to")
    return f"0x{match[1]}", token.asset, token.decimals
