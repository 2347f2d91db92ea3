"""Bitcoin transactions become chain movements: inputs, outputs, change and fee, exactly as the chain has them.

A transaction takes from all its inputs together and gives to all its outputs: no coin of an input is a certain output's.
So a movement goes from an address to the transaction, and from the transaction to an address (``form=hub``); what went in
and did not come out is the fee. ``form=pairs`` pairs inputs and outputs in their order instead, the fee last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import msgspec

from sekisho.records.convert.format import Conversion, Option, Options
from sekisho.records.convert.formats.bitcoin_core import script_name
from sekisho.records.convert.staging import Staging
from sekisho.records.errors import RecordsError
from sekisho.records.exact import fitting, unix_seconds
from sekisho.records.movements import FEE, MINED, UNKNOWN, Movement, write_movements
from sekisho.records.nodes.answers import decode, each, keys, load, unwrapped
from sekisho.records.nodes.bitcoin_script import NETWORKS
from sekisho.records.wallets import read_wallets

NAME = "bitcoin-transactions"
DESCRIPTION = "Transactions as Bitcoin Core tells them: gettransaction (verbose), getrawtransaction 2, getblock 3, listtransactions"
TAKES = ("wallets",)
OPTIONS = {
    "asset": Option("BTC", "The asset the movements are of"),
    "chain": Option("main", "The network, for outputs that name no address", tuple(NETWORKS)),
    "form": Option("hub", "Movements over the transaction (hub), or inputs paired with outputs in their order", ("hub", "pairs")),
    "wallet_address": Option("", "For listtransactions, which names no sender: the address the node's wallet stands under"),
}

_VERBOSE = "save gettransaction TXID true true, or getrawtransaction TXID 2, which tells what the inputs held"


class _Script(msgspec.Struct):
    hex: str
    address: str | None = None


class _Output(msgspec.Struct):
    value: Decimal
    scriptPubKey: _Script  # noqa: N815 (as the node writes it)


class _Input(msgspec.Struct):
    txid: str | None = None
    vout: int | None = None
    coinbase: str | None = None
    prevout: _Output | None = None


class _Raw(msgspec.Struct):
    txid: str
    vin: list[_Input]
    vout: list[_Output]
    blocktime: int | None = None
    confirmations: int | None = None


class _Wallet(msgspec.Struct):
    """gettransaction with verbose: the decoded transaction and what the wallet knows of it."""

    txid: str
    confirmations: int
    decoded: _Raw
    blocktime: int | None = None
    fee: Decimal | None = None


class _Block(msgspec.Struct):
    time: int
    confirmations: int
    tx: list[_Raw]


class _Entry(msgspec.Struct):
    """One entry of listtransactions."""

    txid: str
    category: str
    amount: Decimal
    confirmations: int
    vout: int
    address: str | None = None
    blocktime: int | None = None
    fee: Decimal | None = None


class _Since(msgspec.Struct):
    transactions: list[_Entry]


class _Seen(NamedTuple):
    label: str
    row: int
    at: datetime
    raw: _Raw
    ours: bool | None  # whether the node's wallet says that it sent; None where no wallet speaks


class _Reader:
    def __init__(self, options: Options) -> None:
        self.options = options
        self.seen: dict[str, _Seen] = {}
        self._paid_fees: list[Movement] = []
        self.counts: dict[str, int] = defaultdict(int)
        self._entries: dict[tuple[str, int, str], Movement] = {}
        self._fees: set[str] = set()

    def read(self, path: Path) -> None:
        """Take in what one file tells."""
        for row, text in enumerate(each(path.name, unwrapped(path.name, load(path))), 1):
            text = unwrapped(path.name, text)
            names = keys(text) or frozenset()
            if {"category", "txid"} <= names:
                self._entry(path.name, row, decode(path.name, text, _Entry, row))
            elif {"transactions", "lastblock"} <= names:
                for entry in decode(path.name, text, _Since, row).transactions:
                    self._entry(path.name, row, entry)
            elif {"tx", "time"} <= names:
                block = decode(path.name, text, _Block, row, "save getblock HASH 3")
                for raw in block.tx:
                    self._take(path.name, row, raw, block.confirmations, block.time, None)
            elif "decoded" in names:
                told = decode(path.name, text, _Wallet, row, _VERBOSE)
                self._take(path.name, row, told.decoded, told.confirmations, told.blocktime, told.fee is not None)
            elif {"vin", "vout"} <= names:
                raw = decode(path.name, text, _Raw, row, _VERBOSE)
                self._take(path.name, row, raw, raw.confirmations or 0, raw.blocktime, None)
            else:
                raise RecordsError(path.name, "is no transaction as Bitcoin Core tells it", _VERBOSE, row=row)

    def _take(self, label: str, row: int, raw: _Raw, confirmations: int, seconds: int | None, ours: bool | None) -> None:
        if confirmations < 1:
            self.counts["unconfirmed_or_conflicted"] += 1
            return
        before = self.seen.get(raw.txid)
        if before is not None:
            self.counts["told_again"] += 1
            if before.ours is not None or ours is None:
                return
        self.seen[raw.txid] = _Seen(label, row, _time(label, row, seconds), raw, ours)

    def _entry(self, label: str, row: int, entry: _Entry) -> None:
        """One line of listtransactions: it tells no sender and no change, so the wallet stands for its addresses."""
        own = self.options["wallet_address"]
        if not own:
            remedy = f"say wallet_address=ADDRESS for the whole wallet, or {_VERBOSE}"
            raise RecordsError(label, "tells no sender", remedy, row=row)
        key = entry.txid, entry.vout, "send" if entry.amount < 0 else "receive"
        if entry.confirmations < 1 or entry.category == "orphan":
            self.counts["unconfirmed_or_conflicted"] += 1
            return
        if key in self._entries:
            problem = f"{entry.category} of output {entry.txid}:{entry.vout} is there twice"
            raise RecordsError(label, problem, "remove one of the two", row=row, column="txid")
        at, asset = _time(label, row, entry.blocktime), self.options["asset"]
        amount = _amount(label, row, abs(entry.amount), "amount")
        mined = entry.category in ("generate", "immature")
        sender, receiver = (own, entry.address or UNKNOWN) if entry.amount < 0 else (MINED if mined else UNKNOWN, own)
        self._entries[key] = Movement(entry.txid, at, asset, sender, receiver, amount)
        if entry.fee is not None and entry.txid not in self._fees:
            self._fees.add(entry.txid)
            self._paid_fees.append(Movement(entry.txid, at, asset, own, FEE, _amount(label, row, abs(entry.fee), "fee")))

    def movements(self) -> Iterator[Movement]:
        """All movements, of transactions told in full and of listed ones."""
        for (txid, vout, side), movement in self._entries.items():
            if (txid, vout, "send" if side == "receive" else "receive") in self._entries:
                self.counts["to_itself"] += side == "send"  # an output both sent and received never left the wallet
            else:
                yield movement
        yield from self._paid_fees
        for seen in self.seen.values():
            yield from self._of(seen)

    def _of(self, seen: _Seen) -> Iterator[Movement]:
        outputs = [(self._name(seen, o), _amount(seen.label, seen.row, o.value, "value")) for o in seen.raw.vout]
        outputs = [(name, amount) for name, amount in outputs if amount]
        inputs = self._inputs(seen, sum((amount for _, amount in outputs), Decimal(0)))
        fee = sum((a for _, a in inputs), Decimal(0)) - sum((a for _, a in outputs), Decimal(0))
        if fee < 0:
            problem = f"{seen.raw.txid} pays out more than it takes in"
            raise RecordsError(seen.label, problem, "save it again", row=seen.row, column="vout")
        asset, txid = self.options["asset"], seen.raw.txid
        if self.options["form"] == "hub" and inputs[0][0] not in (UNKNOWN, MINED):
            yield from (Movement(txid, seen.at, asset, name, txid, amount) for name, amount in inputs)
            yield from (Movement(txid, seen.at, asset, txid, name, amount) for name, amount in outputs)
            return
        for sender, receiver, amount in _paired(inputs, [*outputs, (FEE, fee)] if fee else outputs):
            yield Movement(txid, seen.at, asset, sender, receiver, amount)

    def _inputs(self, seen: _Seen, paid_out: Decimal) -> list[tuple[str, Decimal]]:
        if any(i.coinbase is not None for i in seen.raw.vin):
            return [(MINED, paid_out)]
        found: list[tuple[str, Decimal]] = []
        missing = None
        for n, spent in enumerate(seen.raw.vin):
            output = spent.prevout
            if output is None:
                before = self.seen.get(spent.txid or "")
                if before is not None and spent.vout is not None and spent.vout < len(before.raw.vout):
                    output = before.raw.vout[spent.vout]
            if output is None:
                missing = n if missing is None else missing
            else:
                found.append((self._name(seen, output), _amount(seen.label, seen.row, output.value, "value")))
        if missing is None:
            return found
        if seen.ours is not False or found:
            problem = f"input {missing} of {seen.raw.txid} is of a transaction that is not here: whose coins left is unknown"
            remedy = "add that transaction, or save getrawtransaction TXID 2 (Bitcoin Core 24 or later)"
            raise RecordsError(seen.label, problem, remedy, row=seen.row, column="vin")
        self.counts["senders_unknown"] += 1
        return [(UNKNOWN, paid_out)]

    def _name(self, seen: _Seen, output: _Output) -> str:
        script = output.scriptPubKey
        return script.address or script_name(seen.label, script.hex, self.options["chain"], seen.row)


def convert(source: Path, out: Path, options: Options) -> Conversion:
    """Convert one saved answer, or a folder of them (.json, .jsonl)."""
    paths = [source] if source.is_file() else sorted(p for p in source.iterdir() if p.suffix in (".json", ".jsonl"))
    book = read_wallets(options.wallets) if options.wallets else None
    reader = _Reader(options)
    for path in paths:
        options.progress(f"reading {path.name}")
        reader.read(path)
    with Staging(out) as staging:
        staging.sources += paths
        movements = list(reader.movements())
        notes, counts = write_movements(staging, movements, book, source.name)
        if reader.counts["senders_unknown"]:
            number = reader.counts["senders_unknown"]
            notes = (*notes, f"{number} payments to the node's wallet do not tell their sender: from_address is '{UNKNOWN}'.")
        if reader.counts["unconfirmed_or_conflicted"]:
            number = reader.counts["unconfirmed_or_conflicted"]
            notes = (*notes, f"{number} transactions are in no block of the chain and were left out.")
        return staging.conversion(notes, {"transactions": len(reader.seen), **counts, **reader.counts})


def _paired(inputs: list[tuple[str, Decimal]], outputs: Iterable[tuple[str, Decimal]]) -> Iterator[tuple[str, str, Decimal]]:
    """First in, first out: every output is paid from the inputs in their order. The sums of both sides agree."""
    left = list(reversed(inputs))
    for receiver, wanted in outputs:
        while wanted:
            sender, there = left.pop()
            moved = min(there, wanted)
            wanted -= moved
            if there > moved:
                left.append((sender, there - moved))
            if moved:
                yield sender, receiver, moved


def _amount(label: str, row: int, amount: Decimal, column: str) -> Decimal:
    exact = fitting(amount, 8)
    if exact is None:
        raise RecordsError(label, f"'{amount}' is no amount of bitcoin", "save the answer again", row=row, column=column)
    return exact


def _time(label: str, row: int, seconds: int | None) -> datetime:
    at = unix_seconds(seconds) if seconds is not None else None
    if at is None:
        raise RecordsError(label, "does not tell the time of its block", "save the answer again", row=row, column="blocktime")
    return at
