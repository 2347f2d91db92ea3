"""Bitcoin Core: what its addresses hold, from listunspent, scantxoutset, listaddressgroupings or getbalances as saved to a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import msgspec

from sekisho.records.convert.format import Conversion, Option, Options
from sekisho.records.convert.staging import Staging
from sekisho.records.errors import RecordsError
from sekisho.records.exact import fitting, unix_seconds, utc_time
from sekisho.records.holdings import OPTIONS as BOOKING_OPTIONS
from sekisho.records.holdings import Covered, Held, booking_of, write_balances
from sekisho.records.nodes.answers import decode, first, keys, load, unwrapped
from sekisho.records.nodes.bitcoin_script import NETWORKS, address_of
from sekisho.records.nodes.unspent import COINBASE_MATURITY, Counting, Scan, Unspent, count
from sekisho.records.wallets import read_wallets

NAME = "bitcoin-core"
DESCRIPTION = "What Bitcoin Core says addresses hold: listunspent, scantxoutset, listaddressgroupings or getbalances (JSON)"
TAKES = ("wallets",)
OPTIONS = {
    "observed_at": Option("", "When: the time of the block, 2026-05-02T00:00:00Z; or put the answer of getblockheader beside it"),
    "asset": Option("BTC", "The asset the wallets are listed under"),
    "confirmations": Option("1", "Confirmations from which an output counts"),
    "immature": Option("leave_out", "Newly mined coins up to 100 confirmations", ("leave_out", "count")),
    "chain": Option("main", "The network, for addresses that scantxoutset leaves as scripts", tuple(NETWORKS)),
    "wallet_id": Option("", "For getbalances, which names no address: the wallet it speaks of"),
    **BOOKING_OPTIONS,
}

_RECEIVED = "lists what addresses ever received, not what they hold"
_KINDS = "save the answer of listunspent, scantxoutset, listaddressgroupings or getbalances"


class Listed(msgspec.Struct):
    """One output of listunspent."""

    txid: str
    vout: int
    amount: Decimal
    confirmations: int
    address: str | None = None
    scriptPubKey: str = ""  # noqa: N815 (as the node writes it)


class Header(msgspec.Struct):
    """What is needed of getblockheader, getblock or getblockchaininfo."""

    time: int
    height: int | None = None
    blocks: int | None = None
    hash: str | None = None
    bestblockhash: str | None = None

    @property
    def block(self) -> str | None:
        """The hash of the block."""
        return self.hash or self.bestblockhash


class _Sums(msgspec.Struct):
    trusted: Decimal
    untrusted_pending: Decimal
    immature: Decimal


class _Processed(msgspec.Struct):
    hash: str
    height: int


class _Balances(msgspec.Struct):
    mine: _Sums
    watchonly: _Sums | None = None
    lastprocessedblock: _Processed | None = None


class _Seen(NamedTuple):
    """What an export says: holdings by address with the row they stand in first, and the block it was made at if told."""

    held: dict[str, tuple[Decimal, int | None]]
    notes: tuple[str, ...]
    counts: dict[str, int]
    block: str | None = None


@dataclass(frozen=True, slots=True)
class _Export:
    path: Path
    text: bytes
    kind: str


def convert(source: Path, out: Path, options: Options) -> Conversion:
    """Convert one saved answer, or a folder with one and the answer of getblockheader."""
    export, header = _found(source)
    label = export.path.name
    options.progress(f"reading {label}")
    seen = _seen(export, options)
    at, told = _time(label, seen.block, header, options["observed_at"])
    book = read_wallets(options.wallets) if options.wallets else None
    booking = booking_of(options.values, book)
    asset = options["asset"]
    if book is not None and not book.of(asset):
        raise RecordsError(book.label, f"lists no wallet of {asset}", f"add one, or choose asset={' or '.join(book.assets)}")
    with Staging(out) as staging:
        staging.sources += [export.path] + ([header[0]] if header else [])
        counts, notes = dict(seen.counts), (told, *seen.notes)
        if export.kind == "getbalances":
            _write_whole_wallet(staging, seen, at, options)
            return staging.conversion(notes, counts)
        held = [Held(asset, address, at, quantity, row) for address, (quantity, row) in seen.held.items()]
        column = "scriptPubKey" if export.kind == "scantxoutset" else "address"
        booked, booked_counts = write_balances(staging, held, booking, Covered(label, {asset: at}, column))
        return staging.conversion((*notes, *booked), counts | booked_counts)


def _found(source: Path) -> tuple[_Export, tuple[Path, Header] | None]:
    """The one export of a file or folder, and the block header beside it."""
    paths = [source] if source.is_file() else sorted(source.glob("*.json"))
    exports: list[_Export] = []
    headers: list[tuple[Path, Header]] = []
    for path in paths:
        text = unwrapped(path.name, load(path))
        kind = _kind(path.name, text)
        if kind == "header":
            headers.append((path, decode(path.name, text, Header)))
        else:
            exports.append(_Export(path, text, kind))
    if len(exports) != 1 or len(headers) > 1:
        told = ", ".join(e.path.name for e in exports) if exports else "no answer that says what addresses hold"
        problem = f"holds {told}" if len(exports) != 1 else "holds two block headers"
        raise RecordsError(str(source), problem, "give one answer of the node, and at most one of getblockheader")
    return exports[0], headers[0] if headers else None


def _kind(label: str, text: bytes) -> str:
    names = keys(text)
    if names is not None:
        if {"unspents", "bestblock"} <= names:
            return "scantxoutset"
        if "mine" in names:
            return "getbalances"
        if {"time", "hash"} <= names or {"time", "bestblockhash"} <= names:
            return "header"
        raise RecordsError(label, "is no answer that says what addresses hold", _KINDS)
    head = first(text)
    if head is None:
        decode(label, text, list[msgspec.Raw])
    if head == b"":
        return "listunspent"
    inner = keys(head or b"")
    if inner is None:
        return "listaddressgroupings"
    if {"txid", "vout", "amount"} <= inner and "category" not in inner:
        return "listunspent"
    if {"amount", "address", "txids"} <= inner:
        raise RecordsError(label, _RECEIVED, _KINDS)
    if "category" in inner:
        raise RecordsError(label, "lists movements, not balances", "choose --from bitcoin-transactions")
    raise RecordsError(label, "is no answer that says what addresses hold", _KINDS)


def _seen(export: _Export, options: Options) -> _Seen:
    label = export.path.name
    if export.kind == "listaddressgroupings":
        return _groupings(label, export.text)
    if export.kind == "getbalances":
        return _totals(label, export.text, options)
    scan = decode(label, export.text, Scan) if export.kind == "scantxoutset" else None
    if scan is not None and not scan.success:
        raise RecordsError(label, "is of a scan that was aborted", "let scantxoutset finish and save its answer", column="success")
    unspents = scanned(scan, options["chain"]) if scan is not None else listed(label, export.text, options["chain"])
    counted = count(unspents, _counting(options), label)
    notes = list(counted.notes)
    if scan is None:
        notes.append("listunspent does not tell outputs locked with lockunspent or immature ones: scantxoutset tells all.")
    else:
        _check_total(label, scan)
        notes.append(f"The scan was made at block {scan.height}, {scan.bestblock}.")
    held = {address: (quantity, counted.rows[address]) for address, quantity in counted.held.items()}
    return _Seen(held, tuple(notes), counted.counts, scan.bestblock if scan is not None else None)


def _counting(options: Options) -> Counting:
    least = options["confirmations"]
    if not (least.isascii() and least.isdigit() and 1 <= int(least) <= 1_000_000):
        raise RecordsError("option confirmations", f"'{least}' is no number from 1", "write confirmations=6")
    return Counting(int(least), options["immature"] == "count")


def listed(label: str, text: bytes, chain: str) -> Iterator[Unspent]:
    """The outputs of listunspent. It leaves immature coins out by itself unless asked for, and does not mark them."""
    for row, one in enumerate(decode(label, text, list[Listed]), 1):
        address = one.address or script_name(label, one.scriptPubKey, chain, row)
        yield Unspent(one.txid, one.vout, address, one.amount, one.confirmations, row=row)


def scanned(scan: Scan, chain: str, label: str = "scantxoutset") -> Iterator[Unspent]:
    """The outputs of scantxoutset, all of them in blocks."""
    for row, one in enumerate(scan.unspents, 1):
        confirmations = scan.height - one.height + 1
        if confirmations < 1:
            problem = f"{one.height} is above the block of the scan, {scan.height}"
            raise RecordsError(label, problem, "save the answer again", row=row, column="height")
        if one.coinbase is None and confirmations <= COINBASE_MATURITY:
            problem = "is missing, so newly mined coins cannot be told from others"
            raise RecordsError(label, problem, "use Bitcoin Core 24 or later", row=row, column="coinbase")
        address = script_name(label, one.scriptPubKey, chain, row)
        yield Unspent(one.txid, one.vout, address, one.amount, confirmations, bool(one.coinbase), row)


def script_name(label: str, script: str, chain: str, row: int | None = None) -> str:
    """The address of a script in hexadecimal; where it has none, the script itself stands for it."""
    try:
        found = address_of(bytes.fromhex(script), NETWORKS[chain])
    except ValueError:
        problem = f"'{script}' is not hexadecimal"
        raise RecordsError(label, problem, "save the answer again", row=row, column="scriptPubKey") from None
    return found or f"script:{script.lower()}"


def _check_total(label: str, scan: Scan) -> None:
    total = sum((one.amount for one in scan.unspents), Decimal(0))
    if total != scan.total_amount:
        problem = f"the outputs add up to {total:f}, not to the {scan.total_amount:f} the node says"
        raise RecordsError(label, problem, "the file was changed or cut: save the answer again", column="total_amount")


def _groupings(label: str, text: bytes) -> _Seen:
    held: dict[str, tuple[Decimal, int | None]] = {}
    for row, group in enumerate(decode(label, text, list[list[tuple[msgspec.Raw, ...]]]), 1):
        for entry in group:
            if len(entry) not in (2, 3):
                raise RecordsError(label, "is no address with its amount", _KINDS, row=row)
            address = decode(label, bytes(entry[0]), str, row)
            amount = fitting(decode(label, bytes(entry[1]), Decimal, row), 8)
            if amount is None:
                problem = f"'{bytes(entry[1]).decode()}' is no amount of bitcoin"
                raise RecordsError(label, problem, "save the answer again", row=row, column="amount")
            if address in held:
                raise RecordsError(label, f"'{address}' is there twice", "save the answer again", row=row, column="address")
            held[address] = amount, row
    return _Seen(held, ("listaddressgroupings tells only addresses that were spent from together or seen.",), {})


def _totals(label: str, text: bytes, options: Options) -> _Seen:
    if not options["wallet_id"]:
        raise RecordsError(label, "tells the balance of a whole wallet and no address", "say which one with wallet_id=W1")
    said = decode(label, text, _Balances)
    parts = {"mine": said.mine} | ({"watchonly": said.watchonly} if said.watchonly else {})
    for name, sums in parts.items():
        for column in ("trusted", "untrusted_pending", "immature"):
            if fitting(getattr(sums, column), 8) is None:
                problem = f"'{getattr(sums, column)}' is no amount of bitcoin"
                raise RecordsError(label, problem, "save the answer again", column=f"{name}.{column}")
    with_immature = options["immature"] == "count"
    total = sum((s.trusted + (s.immature if with_immature else 0) for s in parts.values()), Decimal(0))
    notes = ["getbalances counts the wallet's own unconfirmed change as trusted: the chain may hold less."]
    pending = sum((s.untrusted_pending for s in parts.values()), Decimal(0))
    immature = sum((s.immature for s in parts.values()), Decimal(0))
    if pending:
        notes.append(f"{pending:f} BTC are unconfirmed payments of others and do not count.")
    if immature:
        notes.append(f"{immature:f} BTC are newly mined and {'count' if with_immature else 'do not count'}.")
    block = said.lastprocessedblock.hash if said.lastprocessedblock else None
    return _Seen({options["wallet_id"]: (total, None)}, tuple(notes), {}, block)


def _write_whole_wallet(staging: Staging, seen: _Seen, at: datetime, options: Options) -> None:
    from sekisho.records.holdings import shown
    from sekisho.records.tables import TABLES

    wallet_id, (quantity, _) = next(iter(seen.held.items()))
    if options.wallets is not None:
        book = read_wallets(options.wallets)
        if wallet_id not in book.of(options["asset"]).values():
            remedy = "give the id of one of its wallets"
            raise RecordsError("option wallet_id", f"'{wallet_id}' is no {options['asset']} wallet of {book.label}", remedy)
        staging.connection.register("wallets given", book.table)
        staging.write("wallet", 'SELECT * FROM "wallets given"')
    schema = TABLES["wallet_balance"].arrow_schema
    staging.write("wallet_balance", shown(staging, "balances", [(wallet_id, at, quantity)], schema))


def _time(label: str, block: str | None, header: tuple[Path, Header] | None, observed_at: str) -> tuple[datetime, str]:
    """When the export was true, and the sentence that says so."""
    if header is None:
        if not observed_at:
            remedy = "say observed_at=2026-05-02T00:00:00Z, the time of the block, or put the answer of getblockheader beside it"
            raise RecordsError(label, "does not say when it was true", remedy)
        at = utc_time(observed_at)
        if at is None:
            raise RecordsError("option observed_at", f"'{observed_at}' is no time", "write it as 2026-05-02T00:00:00Z")
        return at, f"The time of observation, {observed_at}, was given by hand."
    path, told = header
    if observed_at:
        raise RecordsError("option observed_at", f"is said by {path.name} already", "leave one of the two out")
    if block is not None and told.block != block:
        problem = f"is of block {told.block}, but {label} was made at {block}"
        raise RecordsError(path.name, problem, f"save getblockheader {block}", column="hash")
    block_time = unix_seconds(told.time)
    if block_time is None:
        raise RecordsError(path.name, f"{told.time} is no time of a block", "save the answer again", column="time")
    height = told.height if told.height is not None else told.blocks
    return block_time, f"The time of observation is that of block {height}, {told.block}."
