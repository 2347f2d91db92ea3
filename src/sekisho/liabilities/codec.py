"""How amounts, leaves, nodes and the day's terms are written as bytes, the same for everybody who computes a hash.

Every hash is SHA-256. Amounts are whole units of each asset's smallest quantity, never negative (there is no sign to write)
and below 2^112. ``docs/liabilities.md`` writes the format out for whoever wants to verify without this software.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

AMOUNT_BYTES_MAX = 14
AMOUNT_LIMIT = 1 << (8 * AMOUNT_BYTES_MAX)
"""First amount that is refused: 2^112, above every supply in existence at 18 places."""

TEXT_BYTES_MAX = 255
SCALE_MAX = 38
HASH_BYTES = 32
TAG_LEAF, TAG_NODE, TAG_ROOT = b"\x00", b"\x01", b"\x02"
VERSION = 1


class MalformedError(ValueError):
    """Bytes that are not what the format allows; the text says what and where."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset and the number of decimal places of its smallest unit."""

    symbol: str
    scale: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What the root binds beside the sums: who publishes, for which day, over how many clients and which assets.

    ``previous`` is the root published before (32 zero bytes for the first), so that the roots form a chain.
    """

    venue: str
    day: str
    clients: int
    previous: bytes
    assets: tuple[Asset, ...]

    def encoded(self) -> bytes:
        """The bytes that are hashed and that proofs carry."""
        head = bytes([VERSION]) + text_bytes(self.venue) + text_bytes(self.day)
        head += self.clients.to_bytes(8, "big") + self.previous + len(self.assets).to_bytes(2, "big")
        return head + b"".join(text_bytes(asset.symbol) + bytes([asset.scale]) for asset in self.assets)


def leaf_bytes(half: int, nonce: bytes, client: str, amounts: bytes) -> bytes:
    """What the hash of a leaf is taken of: half (0 left, 1 right), nonce, client id and the encoded share."""
    return TAG_LEAF + bytes([half]) + nonce + text_bytes(client) + amounts


def node_of(hashed: bytes, amounts: bytes) -> bytes:
    """A node as its parent and a proof see it: its hash and its encoded sums."""
    return hashed + amounts


def root_of(terms: bytes, top: bytes) -> bytes:
    """The root that is published: the terms and the top node, hash and total sums."""
    return sha256(TAG_ROOT + len(terms).to_bytes(4, "big") + terms + top).digest()


def text_bytes(text: str) -> bytes:
    """UTF-8 behind one byte of length. Raises ValueError above 255 bytes."""
    written = text.encode()
    if len(written) > TEXT_BYTES_MAX:
        raise ValueError(f"text of {len(written)} bytes; at most {TEXT_BYTES_MAX}")
    return bytes([len(written)]) + written


def amount_bytes(amounts: Sequence[int]) -> bytes:
    """Amounts in order of the assets: their lengths in bytes, two to a byte, then each in as few bytes as it needs.

    Raises OverflowError for an amount below 0 or from 2^112 on.
    """
    lengths = [(amount.bit_length() + 7) >> 3 for amount in amounts]
    if (amounts and min(amounts) < 0) or max(lengths, default=0) > AMOUNT_BYTES_MAX:
        raise OverflowError("an amount is below 0 or not below 2^112")
    padded = [*lengths, 0]
    head = bytes([padded[at] << 4 | padded[at + 1] for at in range(0, len(lengths), 2)])
    return head + b"".join([amount.to_bytes(length, "big") for amount, length in zip(amounts, lengths, strict=True)])


_LENGTHS = {f"{length:x}": length for length in range(16)}
_whole = int.from_bytes


class Reader:
    """Takes a byte string apart from the front; whatever is short, long or not in its one proper form is refused."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.at = 0

    def take(self, size: int, what: str) -> bytes:
        """The next ``size`` bytes."""
        end = self.at + size
        if end > len(self._content):
            raise MalformedError(f"ends within {what}: byte {end} of {len(self._content)}")
        taken = self._content[self.at : end]
        self.at = end
        return taken

    def number(self, size: int, what: str) -> int:
        """A whole number of ``size`` bytes."""
        return int.from_bytes(self.take(size, what), "big")

    def text(self, what: str) -> str:
        """A text behind its length."""
        written = self.take(self.number(1, what), what)
        try:
            return written.decode()
        except UnicodeDecodeError:
            raise MalformedError(f"{what} is not UTF-8") from None

    def amounts(self, count: int, what: str) -> tuple[bytes, list[int]]:
        """``count`` amounts: their bytes as they stand, and their values."""
        content, start = self._content, self.at
        at = start + (count + 1) // 2
        lengths = [_LENGTHS[digit] for digit in content[start:at].hex()]
        end = at + sum(lengths)
        if end > len(content) or len(lengths) < count:
            raise MalformedError(f"ends within {what}: byte {len(content)}")
        if max(lengths, default=0) > AMOUNT_BYTES_MAX:
            raise MalformedError(f"{what}: an amount that is not below 2^112")
        if count % 2 and lengths.pop():
            raise MalformedError(f"{what}: one length too many")
        values = []
        for length in lengths:
            values.append(_whole(content[at : at + length], "big"))
            at += length
        if [(value.bit_length() + 7) >> 3 for value in values] != lengths:
            raise MalformedError(f"{what}: an amount that is not written in its shortest form")
        self.at = end
        return content[start:end], values

    def terms(self) -> Terms:
        """The day's terms."""
        if self.number(1, "the version") != VERSION:
            raise MalformedError("is of a version that is not known here")
        venue, day = self.text("the venue"), self.text("the day")
        clients, previous = self.number(8, "the number of clients"), self.take(HASH_BYTES, "the previous root")
        assets = tuple(self._assets(self.number(2, "the number of assets")))
        if len({asset.symbol for asset in assets}) != len(assets):
            raise MalformedError("an asset is there twice")
        return Terms(venue, day, clients, previous, assets)

    def _assets(self, count: int) -> Iterator[Asset]:
        for _ in range(count):
            asset = Asset(self.text("an asset"), self.number(1, "the scale of an asset"))
            if asset.scale > SCALE_MAX:
                raise MalformedError(f"asset {asset.symbol} has {asset.scale} places; at most {SCALE_MAX}")
            yield asset

    def end(self) -> None:
        """Nothing may follow."""
        if self.at != len(self._content):
            raise MalformedError(f"{len(self._content) - self.at} bytes too many at the end")
