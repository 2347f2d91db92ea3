"""The messages of TRP as they travel: an inquiry, its resolution, the confirmation of the transfer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeVar

import msgspec

API_VERSION = "3.2.1"
VERSION_HEADER, REQUEST_HEADER, EXTENSIONS_HEADER = "api-version", "request-identifier", "api-extensions"
BODY_BYTES_MAX = 1 << 20


class MessageError(ValueError):
    """A body is none of the protocol's messages: what is wrong, in one line without its content."""


class Asset(msgspec.Struct, omit_defaults=True):
    """The asset, by the Digital Token Identifier (ISO 24165) or the symbol or number of SLIP-0044."""

    dti: str | None = None
    slip0044: str | int | None = None

    @property
    def name(self) -> str:
        """The asset as the records write it."""
        return str(self.dti if self.slip0044 is None else self.slip0044)


class Inquiry(msgspec.Struct):
    """May this transfer be made, to whom, from whom; ``callback`` takes the resolution."""

    asset: Asset
    amount: Decimal
    callback: str
    IVMS101: dict[str, Any]
    extensions: dict[str, Any] | None = None


class Approval(msgspec.Struct):
    """Where the coins are to go, and where the confirmation."""

    address: str
    callback: str


class Resolution(msgspec.Struct, omit_defaults=True):
    """Approved, or rejected with a comment for people; with the version alone only received."""

    approved: Approval | None = None
    rejected: str | None = None
    version: str | None = None


class Confirmation(msgspec.Struct, omit_defaults=True):
    """The transaction on the chain, or why there is none."""

    txid: str | None = None
    canceled: str | None = None


Message = Inquiry | Resolution | Confirmation
_Kind = TypeVar("_Kind")
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def written(message: Message) -> bytes:
    """A message as it travels; an amount is a number with all its digits."""
    return _ENCODER.encode(message)


def read_inquiry(body: bytes) -> Inquiry:
    """An inquiry; raises MessageError."""
    inquiry = _read(body, Inquiry)
    if not inquiry.amount.is_finite() or inquiry.amount <= 0:
        raise MessageError("amount is not above zero")
    if inquiry.asset.dti is None and inquiry.asset.slip0044 is None:
        raise MessageError("asset has neither dti nor slip0044")
    return inquiry


def read_resolution(body: bytes) -> Resolution:
    """An approval or a rejection, or with ``version`` alone an acknowledgement; raises MessageError."""
    resolution = _read(body, Resolution)
    if resolution.approved is not None and resolution.rejected is not None:
        raise MessageError("both approved and rejected")
    if resolution.approved is None and resolution.rejected is None and resolution.version is None:
        raise MessageError("neither approved nor rejected")
    return resolution


def read_confirmation(body: bytes) -> Confirmation:
    """A confirmation; raises MessageError."""
    confirmation = _read(body, Confirmation)
    if (confirmation.txid is None) == (confirmation.canceled is None):
        raise MessageError("exactly one of txid and canceled is asked for")
    return confirmation


def _read(body: bytes, kind: type[_Kind]) -> _Kind:
    if len(body) > BODY_BYTES_MAX:
        raise MessageError(f"more than {BODY_BYTES_MAX} bytes")
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MessageError(f"not a {kind.__name__.lower()}: {error}") from None
