"""Travel addresses: where an operator takes inquiries for one customer, written so that people can pass it on.

``ta`` and then base58check (the checksum of Bitcoin addresses, without a version byte) over the URL without its scheme. A travel
address holds nothing personal; whoever changes it breaks the checksum.
"""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import urlsplit

_PREFIX = "ta"
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_CHECKSUM_BYTES = 4
_LENGTH_MAX = 2_048
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class TravelAddressError(ValueError):
    """A text is no travel address, or it leads nowhere it may lead: what is wrong and what to do."""


def travel_address(url: str) -> str:
    """The travel address of a URL; the scheme is left out. Raises TravelAddressError for a URL without a host."""
    scheme, separator, rest = url.partition("://")
    if separator and scheme not in ("https", "http"):
        raise TravelAddressError(f"{url}: not an https URL")
    place = rest if separator else url
    if not urlsplit(f"//{place}").hostname:
        raise TravelAddressError(f"{url}: names no host")
    content = place.encode()
    return _PREFIX + _base58(content + _checksum(content))


def url_of(address: str, *, plain_http: bool = False) -> str:
    """The URL a travel address stands for, always https; plain http only towards this machine, and on request.

    Raises TravelAddressError where the text is no travel address or its checksum does not hold.
    """
    if len(address) > _LENGTH_MAX or not address.startswith(_PREFIX):
        raise TravelAddressError(f"{address[:40]!r} is no travel address: it begins with 'ta'")
    content = _bytes(address.removeprefix(_PREFIX))
    place, checksum = content[:-_CHECKSUM_BYTES], content[-_CHECKSUM_BYTES:]
    if not place or _checksum(place) != checksum:
        raise TravelAddressError(f"{address[:40]!r}: the checksum does not hold; copy the travel address again")
    try:
        text = place.decode("ascii")
        host = urlsplit(f"//{text}").hostname
    except (UnicodeDecodeError, ValueError):
        raise TravelAddressError(f"{address[:40]!r}: holds no URL") from None
    if not host:
        raise TravelAddressError(f"{address[:40]!r}: names no host")
    return f"{'http' if plain_http and host in LOOPBACK else 'https'}://{text}"


def _checksum(content: bytes) -> bytes:
    return sha256(sha256(content).digest()).digest()[:_CHECKSUM_BYTES]


def _base58(content: bytes) -> str:
    number, digits = int.from_bytes(content, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = _ALPHABET[digit] + digits
    zeros = len(content) - len(content.lstrip(b"\0"))
    return _ALPHABET[0] * zeros + digits


def _bytes(text: str) -> bytes:
    number = 0
    for character in text:
        digit = _ALPHABET.find(character)
        if digit < 0:
            raise TravelAddressError(f"{character!r} is no base58 character; copy the travel address again")
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip(_ALPHABET[0]))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
