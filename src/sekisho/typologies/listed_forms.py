"""The one way in which an address, a name, a domain or a URL is written when it is looked up on a list."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import urlsplit

from sekisho.records.addresses import Address, AddressError, read_address
from sekisho.records.addresses.networks import BITCOIN_CASH
from sekisho.records.addresses.reading import legacy_of

ENTRY_KINDS = ("address", "name", "domain", "url")

_INVISIBLE = re.compile("[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")
_DESIGNATORS = re.compile(
    r"株式会社|有限会社|合同会社|\(株\)|\(有\)|"
    r"\b(?:inc|incorporated|ltd|limited|llc|llp|lp|corp|corporation|company|co|plc|gmbh|ag|sa|bv|nv|pte|pty|kk|ou|oü|srl|spa)\b\.?"
)
_NOT_WORDS = re.compile(r"[\W_]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def normal_form(address: str, asset: str | None = None) -> str:
    """An address as it is compared: the account it pays, without tag, in the one form of its network; Bitcoin Cash in the old form.

    ``asset`` decides nothing here: the same key holds the coins of an address on every chain it is written on. A text that is no
    address is compared as it stands, without invisible characters, in narrow letters, and in lower case where case means nothing.
    """
    plain = address.isascii() and address.isalnum()
    text = address if plain else _INVISIBLE.sub("", unicodedata.normalize("NFKC", address))
    lowered = text.lower()
    if lowered.startswith("0x"):
        return lowered
    if lowered.startswith(("bc1", "tb1", "ltc1")) and text in (lowered, text.upper()):
        return lowered
    if text.isalnum() and _BASE58CHECK_MIN <= len(text) <= _BASE58CHECK_MAX:
        return text
    return _read(text) or text


_BASE58CHECK_MIN, _BASE58CHECK_MAX = 26, 36
"""Characters of addresses that are written in one way only, apart from what stands around them."""


@lru_cache(maxsize=65_536)
def _read(text: str) -> str | None:
    try:
        read: Address | None = read_address(text)
    except AddressError as error:
        read = error.address
    if read is None:
        return None
    return legacy_of(read) if read.network == BITCOIN_CASH else read.account


def normal_name(name: str) -> str:
    """A name as it is compared: one width and case of letters, no corporate form, no punctuation or space."""
    text = unicodedata.normalize("NFKC", name).casefold()
    bare = _NOT_WORDS.sub("", _DESIGNATORS.sub(" ", text))
    return bare or _NOT_WORDS.sub("", text)


def normal_domain(domain: str) -> str:
    """A domain as it is compared: lower case, in ASCII (IDNA), without the dot at its end."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", domain)).lower().strip(".")
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError:
        return text


def normal_url(url: str) -> str:
    """A URL as it is compared: scheme and host in lower case, no default port, no fragment, at least one slash."""
    text = _INVISIBLE.sub("", url)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return text
    if not host:
        return text
    place = normal_domain(host)
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        place = f"{place}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{place}{parts.path or '/'}{query}"


def form_of(entry_kind: str, value: str, asset: str | None = None) -> str:
    """The form of an entry of a list, by its kind."""
    if entry_kind == "address":
        return normal_form(value, asset)
    return {"name": normal_name, "domain": normal_domain, "url": normal_url}[entry_kind](value)
