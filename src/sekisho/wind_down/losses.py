"""What is lost besides what the balances show: a CSV of wallets or assets and the quantity that can no longer be moved."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from sekisho.records import RecordsError
from sekisho.typologies.custody import MONEY, Observation
from sekisho.typologies.valuation import EXACT

COLUMNS = ("wallet_id", "asset", "quantity", "note")
_REMEDY = "write a CSV with the columns wallet_id, asset, quantity, note: each row names a wallet, or an asset as a whole"


@dataclass(frozen=True, slots=True)
class Loss:
    """A quantity that is gone or cannot be moved. ``wallet_id`` is None where it is not known which wallet held it."""

    wallet_id: str | None
    asset: str
    quantity: Decimal
    note: str


def read_losses(file: Path, seen: Sequence[Observation], principal: Decimal | None) -> tuple[Loss, ...]:
    """The losses told in a file, each checked against what was there. Raises RecordsError with row, column and remedy."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise RecordsError(str(file), error.strerror or "cannot be read", _REMEDY) from None
    except UnicodeDecodeError:
        raise RecordsError(str(file), "is not UTF-8 text", _REMEDY) from None
    rows = csv.DictReader(io.StringIO(text), strict=True)
    try:
        unknown = set(rows.fieldnames or ()) - set(COLUMNS)
        if unknown or "quantity" not in (rows.fieldnames or ()):
            raise RecordsError(str(file), f"has the columns {', '.join(rows.fieldnames or ()) or 'none'}", _REMEDY)
        losses = tuple(_loss(str(file), number, row, seen) for number, row in enumerate(rows, start=1))
    except csv.Error as error:
        raise RecordsError(str(file), f"is not CSV: {error}", _REMEDY) from None
    _refuse_too_much(str(file), losses, seen, principal)
    return losses


def _loss(file: str, number: int, row: dict[str | None, str | None], seen: Sequence[Observation]) -> Loss:
    if None in row or None in row.values():
        raise RecordsError(file, "has another number of cells than the header", _REMEDY, row=number)
    told = {name: str(value).strip() for name, value in row.items()}
    wallet_id, asset = told.get("wallet_id", ""), told.get("asset", "")
    held = {one.wallet.wallet_id: one for one in seen}
    if wallet_id and wallet_id not in held:
        remedy = "name a wallet with holder customer, third_party or guarantee that has a balance by then"
        raise RecordsError(file, f"'{wallet_id}' holds nothing for clients", remedy, row=number, column="wallet_id")
    if wallet_id and asset and held[wallet_id].wallet.asset != asset:
        told_asset = held[wallet_id].wallet.asset
        raise RecordsError(file, f"wallet '{wallet_id}' holds {told_asset}", "leave the asset out", row=number, column="asset")
    if not wallet_id and not asset:
        raise RecordsError(file, "names neither a wallet nor an asset", _REMEDY, row=number, column="wallet_id")
    return Loss(
        wallet_id or None,
        held[wallet_id].wallet.asset if wallet_id else asset,
        _quantity(file, number, told["quantity"]),
        told.get("note", ""),
    )


def _quantity(file: str, number: int, text: str) -> Decimal:
    try:
        quantity = Decimal(text)
    except InvalidOperation:
        quantity = Decimal("NaN")
    exponent = quantity.as_tuple().exponent
    if not quantity.is_finite() or quantity <= 0 or (isinstance(exponent, int) and exponent < -18):
        remedy = "write plain digits above 0 with at most 18 decimals, such as 4502.9"
        raise RecordsError(file, f"'{text}' is not a quantity", remedy, row=number, column="quantity")
    return quantity


def _refuse_too_much(file: str, losses: Sequence[Loss], seen: Sequence[Observation], principal: Decimal | None) -> None:
    held = by_name((one.wallet.wallet_id, one.quantity) for one in seen)
    of_asset = by_name((one.wallet.asset, one.quantity) for one in seen)
    if principal is not None:
        of_asset[MONEY] = principal
    for there, lost in (
        (held, by_name((one.wallet_id, one.quantity) for one in losses if one.wallet_id)),
        (of_asset, lost_by_asset(losses)),
    ):
        for name, quantity in lost.items():
            if quantity > there.get(name, Decimal(0)):
                held_text = f"{there.get(name, Decimal(0)).normalize():f}"
                raise RecordsError(file, f"{name}: {quantity:f} lost of {held_text} that were there", "give no more than was there")


def lost_by_asset(losses: Iterable[Loss]) -> dict[str, Decimal]:
    """The quantity lost of each asset."""
    return by_name((one.asset, one.quantity) for one in losses)


def by_name(rows: Iterable[tuple[str | None, Decimal]]) -> dict[str, Decimal]:
    """Exact sums by name."""
    found: dict[str, Decimal] = {}
    for name, quantity in rows:
        assert name is not None
        found[name] = EXACT.add(found.get(name, Decimal(0)), quantity)
    return found
