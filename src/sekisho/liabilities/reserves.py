"""The assets beside the liabilities: addresses whose holder signed, what lies there at a block, the reserve ratio per asset."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any, Literal

from sekisho.liabilities.manifest import Manifest, quantity
from sekisho.liabilities.ownership import NotCheckedError, NotOwnedError, Signed, check
from sekisho.records import open_records
from sekisho.records.csv_text import check_text
from sekisho.records.errors import RecordsError

_NAMES = {
    "asset": ("asset", "coin"),
    "network": ("network", "chain"),
    "address": ("address",),
    "quantity": ("quantity", "amount"),
    "block": ("block", "block_height"),
    "message": ("message",),
    "signature": ("signature", "signature1"),
    "contract_signer": ("eoa1",),
}
State = Literal["verified", "failed", "not_checked"]
_NATIVE = {"ETH": "ETH", "BTC": "BTC"}
_JAPAN = timedelta(hours=9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One address: what lies on it at ``block``, and whether its holder signed. Only ``verified`` ones count."""

    asset: str
    network: str
    address: str
    quantity: Decimal
    block: str
    message: str
    state: State
    why: str
    names_the_day: bool


def read_holdings(file: Path, manifest: Manifest, balances: Path | None = None) -> tuple[Holding, ...]:
    """Reads addresses with signatures and checks each. ``balances`` is a records folder whose wallet_balance gives quantities.

    Raises RecordsError for rows that cannot be read, an address given twice for one asset, or a quantity below zero.
    """
    known = _balances_of(balances, manifest.terms.day) if balances is not None else None
    seen: dict[tuple[str, str], int] = {}
    holdings = []
    for row, cells in _rows(file):
        holding = _holding(cells, row, file.name, manifest, known)
        key = (holding.asset, holding.address.lower() if holding.address.lower().startswith(("0x", "bc1")) else holding.address)
        if key in seen:
            raise RecordsError(file.name, f"address {holding.address} is there for {holding.asset} as in row {seen[key]}",
                               "name each address once: it would count twice", row=row, column="address")  # fmt: skip
        seen[key] = row
        holdings.append(holding)
    return tuple(holdings)


def reserve_json(manifest: Manifest, holdings: Sequence[Holding]) -> dict[str, Any]:
    """The reserve ratio of each asset of the tree, with every address behind it."""
    rows = []
    for asset, total in zip(manifest.terms.assets, manifest.totals, strict=True):
        own = [h for h in holdings if h.asset == asset.symbol]
        owed = Decimal(quantity(total, asset.scale))
        rows.append({"asset": asset.symbol, "liabilities": f"{owed:f}"} | _against(owed, own))
    others = sorted({h.asset for h in holdings} - {asset.symbol for asset in manifest.terms.assets})
    return {
        "root": manifest.root.hex(),
        "day": manifest.terms.day,
        "meaning": "ratio = quantity on addresses whose holder signed / liabilities in the tree, rounded down; "
        "a signature shows control on the day it was made, not that nobody else has a claim on what lies there",
        "assets": rows,
        "not_in_the_tree": others,
        "addresses": [
            {
                "asset": h.asset, "network": h.network, "address": h.address, "quantity": f"{h.quantity:f}", "block": h.block,
                "state": h.state, "why": h.why, "message": h.message, "message_names_the_day": h.names_the_day,
            }
            for h in holdings
        ],
    }  # fmt: skip


def _against(owed: Decimal, own: Sequence[Holding]) -> dict[str, Any]:
    with localcontext(prec=60):
        sums = {
            state: sum((h.quantity for h in own if h.state == state), Decimal(0)) for state in ("verified", "failed", "not_checked")
        }
        ratio = None if not owed else f"{(sums['verified'] / owed).quantize(Decimal('0.000001'), 'ROUND_FLOOR'):f}"
    return {
        "verified": f"{sums['verified']:f}", "not_checked": f"{sums['not_checked']:f}", "failed": f"{sums['failed']:f}",
        "ratio": ratio, "covered": sums["verified"] >= owed,
    }  # fmt: skip


def _rows(file: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        check_text(file)
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RecordsError(str(file), f"cannot be opened: {error.strerror}", "give a CSV of addresses and signatures") from None
    first = text.split("\n", 1)[0]
    reader = csv.DictReader(text.splitlines(), delimiter=";" if ";" in first and "," not in first else ",")
    header = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
    columns = {name: next((header[alias] for alias in aliases if alias in header), None) for name, aliases in _NAMES.items()}
    for name in ("address", "message", "signature"):
        if columns[name] is None:
            raise RecordsError(
                file.name,
                "is missing",
                "give the columns asset, network, address, quantity, block, message, signature",
                column=name,
            )
    for row, cells in enumerate(reader, 1):
        yield row, {name: (cells.get(column) or "").strip() if column else "" for name, column in columns.items()}


def _holding(
    cells: Mapping[str, str], row: int, name: str, manifest: Manifest, known: Mapping[tuple[str, str], tuple[Decimal, str]] | None
) -> Holding:
    symbols = {asset.symbol for asset in manifest.terms.assets}
    asset = cells["asset"] or _NATIVE.get(cells["network"].upper(), cells["network"])
    asset = asset if asset in symbols else asset.split("-")[0] if asset.split("-")[0] in symbols else asset
    amount, block = _quantity(cells, row, name), cells["block"]
    if known is not None:
        amount, block = known.get((asset, cells["address"]), (Decimal(0), "no balance in wallet_balance"))
    state: State = "verified"
    try:
        why = check(Signed(cells["network"] or asset, cells["address"], cells["message"], cells["signature"]))
    except NotOwnedError as error:
        state, why = "failed", str(error)
        if cells["contract_signer"]:
            state, why = "not_checked", "a contract: who may sign for it is written on the chain, not in the signature"
    except NotCheckedError as error:
        state, why = "not_checked", str(error)
    return Holding(
        asset=asset, network=cells["network"], address=cells["address"], quantity=amount, block=block, message=cells["message"],
        state=state, why=why, names_the_day=manifest.terms.day in cells["message"] or manifest.root.hex() in cells["message"],
    )  # fmt: skip


def _quantity(cells: Mapping[str, str], row: int, name: str) -> Decimal:
    text = cells["quantity"] or "0"
    try:
        amount = Decimal(text)
    except ArithmeticError:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise RecordsError(
            name, f"'{text[:60]}' is not a quantity", "write a plain decimal number, not below zero", row=row, column="quantity"
        )
    return amount


def _balances_of(folder: Path, day: str) -> Mapping[tuple[str, str], tuple[Decimal, str]]:
    """The last balance of each wallet's address on the day or before it, by asset and address."""
    until = datetime.fromisoformat(f"{day}T00:00:00+00:00") + timedelta(days=1) - _JAPAN
    with open_records(folder) as records:
        wallets = {w["wallet_id"]: (w["asset"], w["address"]) for w in records.wallet.to_pyarrow().to_pylist()}
        found: dict[tuple[str, str], tuple[Decimal, str]] = {}
        for line in records.wallet_balance.order_by("observed_at").to_pyarrow().to_pylist():
            observed = line["observed_at"].astimezone(UTC)
            if observed < until and line["wallet_id"] in wallets:
                found[wallets[line["wallet_id"]]] = (line["quantity"], observed.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return found
