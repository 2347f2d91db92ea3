"""Transaction lists of an Ethereum explorer (Etherscan's CSV exports): ether, internal and token transfers, with fees."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from sekisho.records.convert.fields import quoted
from sekisho.records.convert.format import Conversion, Option, Options
from sekisho.records.convert.staging import Staging, read_header, shortened
from sekisho.records.errors import RecordsError
from sekisho.records.exact import exact_quantity, unix_seconds
from sekisho.records.movements import FEE, Movement, write_movements
from sekisho.records.tokens import Token, read_tokens
from sekisho.records.wallets import WalletBook, plain_address, read_wallets

NAME = "etherscan"
DESCRIPTION = "CSV exports of Etherscan and explorers like it: transactions, internal transactions, ERC-20 transfers"
TAKES = ("wallets", "tokens")
OPTIONS = {
    "asset": Option("ETH", "The asset that ether stands under"),
    "unknown_tokens": Option(
        "stop", "A transfer of a contract that is not in --tokens: stop and name it, or leave it out", ("stop", "leave_out")
    ),
}

_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_NAMES = {
    "txid": ("Transaction Hash", "Txhash"),
    "time": ("UnixTimestamp",),
    "from": ("From",),
    "to": ("To", "TxTo"),
    "contract": ("ContractAddress",),
    "in": ("Value_IN(ETH)",),
    "out": ("Value_OUT(ETH)",),
    "fee": ("TxnFee(ETH)",),
    "status": ("Status",),
    "error": ("ErrCode",),
    "token": ("TokenValue", "Value"),
    "parent": ("ParentTxFrom",),
}
_NO_CODE = ("", "0", "Success", "1")


class _File:
    """One export: which of Etherscan's three lists it is, and its rows."""

    def __init__(self, staging: Staging, path: Path) -> None:
        self.label = path.name
        plain = staging.plain(path)
        header = read_header(plain, path)
        self.names = {key: next((n for n in names if n in header), "") for key, names in _NAMES.items()}
        needed = ["txid", "time", "from", "to"]
        self.kind = "internal" if self.names["parent"] else "ether" if self.names["in"] else "token"
        needed += ["in", "out"] if self.kind != "token" else ["token", "contract"]
        missing = next((key for key in needed if not self.names[key]), None)
        if missing is not None:
            remedy = "export transactions, internal transactions or ERC-20 transfers as CSV, unchanged"
            raise RecordsError(self.label, "is missing", remedy, column=_NAMES[missing][0])
        wanted = list(dict.fromkeys(name for name in self.names.values() if name))
        staging.raw_csv(path, plain, wanted)
        texts = ", ".join(quoted(name) for name in wanted)
        found = staging.sql(f"SELECT row, {texts} FROM raw ORDER BY row").fetchall()
        self.rows = [(row[0], dict(zip(wanted, row[1:], strict=True))) for row in found]

    def text(self, cells: Mapping[str, str | None], key: str) -> str:
        """A cell; empty where it is, or where this export has no such column."""
        return cells.get(self.names[key]) or ""

    def error(self, row: int, key: str, text: str, wanted: str) -> RecordsError:
        problem = f"'{shortened(text)}' is not {wanted}"
        return RecordsError(self.label, problem, "export it again, unchanged", row=row, column=self.names[key])


class _Reader:
    def __init__(self, options: Options, tokens: Mapping[str, Token], book: WalletBook | None) -> None:
        self.asset, self.tokens = options["asset"], tokens
        self.stop = options["unknown_tokens"] == "stop"
        self.own = {plain_address(a) for a in book.table["address"].to_pylist()} if book is not None else None
        self.counts: dict[str, int] = defaultdict(int)
        self.strangers: dict[str, int] = defaultdict(int)
        self.seen: dict[str, str] = {}

    def movements(self, file: _File) -> Iterator[Movement]:
        for row, cells in file.rows:
            txid = file.text(cells, "txid")
            if not _HASH.fullmatch(txid):
                raise file.error(row, "txid", txid, "the hash of a transaction")
            seconds = file.text(cells, "time")
            at = unix_seconds(int(seconds)) if seconds.isascii() and seconds.isdigit() and len(seconds) < 12 else None
            if at is None:
                raise file.error(row, "time", seconds, "a Unix time in whole seconds")
            sender = self._address(file, row, cells, "from")
            to = "to" if file.text(cells, "to") else "contract"  # a transaction that makes a contract names it there
            receiver = self._address(file, row, cells, to)
            failed = file.text(cells, "status") not in _NO_CODE or file.text(cells, "error") not in _NO_CODE
            if file.kind == "token":
                yield from self._token(file, row, cells, txid.lower(), at, sender, receiver)
                continue
            if self._again(file, row, cells):
                continue
            if file.kind == "ether":
                yield from self._fee(file, row, cells, txid.lower(), at, sender)
            amount = max(self._number(file, row, cells, "in"), self._number(file, row, cells, "out"))
            if failed:
                self.counts["failed"] += 1
            elif amount:
                yield Movement(txid.lower(), at, self.asset, sender, receiver, amount)
            else:
                self.counts["without_value"] += 1

    def _again(self, file: _File, row: int, cells: Mapping[str, str | None]) -> bool:
        """A transaction between two own addresses stands in the export of each: the same row of another file counts once."""
        if file.kind != "ether":
            return False
        key = file.text(cells, "txid").lower()
        other = self.seen.get(key)
        if other == file.label:
            raise file.error(row, "txid", key, "there once: the export lists it twice")
        self.seen.setdefault(key, file.label)
        self.counts["told_again"] += other is not None
        return other is not None

    def _fee(
        self, file: _File, row: int, cells: Mapping[str, str | None], txid: str, at: datetime, sender: str
    ) -> Iterator[Movement]:
        """The fee is paid by whoever sent the transaction, also where it failed; strangers' fees are no concern."""
        if not file.names["fee"] or (self.own is not None and sender not in self.own):
            return
        fee = self._number(file, row, cells, "fee")
        if fee:
            yield Movement(txid, at, self.asset, sender, FEE, fee)

    def _token(
        self, file: _File, row: int, cells: Mapping[str, str | None], txid: str, at: datetime, sender: str, receiver: str
    ) -> Iterator[Movement]:
        contract = self._address(file, row, cells, "contract")
        token = self.tokens.get(contract)
        if token is None:
            if self.stop:
                raise file.error(row, "contract", contract, "a contract of the list of tokens")
            self.strangers[contract] += 1
            return
        amount = self._number(file, row, cells, "token")
        if amount:
            yield Movement(txid, at, token.asset, sender, receiver, amount)

    def _address(self, file: _File, row: int, cells: Mapping[str, str | None], key: str) -> str:
        text = file.text(cells, key)
        if not _ADDRESS.fullmatch(text):
            raise file.error(row, key, text, "an address: 0x and 40 hexadecimal digits")
        return plain_address(text)

    def _number(self, file: _File, row: int, cells: Mapping[str, str | None], key: str) -> Decimal:
        text = file.text(cells, key)
        number = exact_quantity(text.replace(",", "") if _GROUPED.fullmatch(text) else text)
        if number is None:
            raise file.error(row, key, text, "a non-negative number of at most 20 whole and 18 decimal digits")
        return number


def convert(source: Path, out: Path, options: Options) -> Conversion:
    """Convert one export, or a folder of them."""
    paths = [source] if source.is_file() else sorted(p for p in source.iterdir() if ".csv" in p.suffixes)
    if not paths:
        raise RecordsError(str(source), "holds no CSV file", "give the explorer's exports")
    tokens = {t.contract: t for t in read_tokens(options.tokens)} if options.tokens else {}
    book = read_wallets(options.wallets) if options.wallets else None
    reader = _Reader(options, tokens, book)
    with Staging(out) as staging:
        told: dict[str, list[Movement]] = defaultdict(list)
        for path in paths:
            options.progress(f"reading {path.name}")
            file = _File(staging, path)
            told[file.kind] += _once(reader, file, told[file.kind])
        movements = [movement for kind in told.values() for movement in kind]
        notes, counts = write_movements(staging, movements, book, source.name)
        notes = (*notes, *_told(reader))
        return staging.conversion(notes, {**counts, **reader.counts})


def _once(reader: _Reader, file: _File, before: list[Movement]) -> list[Movement]:
    """The movements of a file that no other file told: internal and token transfers between two own addresses stand twice."""
    found = list(reader.movements(file))
    if file.kind == "ether":
        return found
    told = set(before)
    repeated = [one for one in found if one in told]
    reader.counts["told_again"] += len(repeated)
    return [one for one in found if one not in told]


def _told(reader: _Reader) -> Iterator[str]:
    if reader.counts["failed"]:
        yield f"{reader.counts['failed']} transactions failed: they moved nothing but their fee."
    if reader.counts["without_value"]:
        yield f"{reader.counts['without_value']} calls of contracts moved no ether."
    if reader.counts["told_again"]:
        yield f"{reader.counts['told_again']} rows stand in the exports of two addresses and count once."
    if reader.strangers:
        listed = ", ".join(f"{contract} ({number})" for contract, number in sorted(reader.strangers.items()))
        yield f"Transfers of contracts that are no listed token were left out: {listed}."
