"""The one way in which an address, a name, a domain or a URL is written when it is looked up on a list."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import urlsplit

from sekisho.records.addresses import AddressError, base58, cashaddr, read_address

ENTRY_KINDS = ("address", "name", "domain", "url")

_INVISIBLE = re.compile("[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")
_DESIGNATORS = re.compile(
    r"株式会社|有限会社|合同会社|\(株\)|\(有\)|"
    r"\b(?:inc|incorporated|ltd|limited|llc|llp|lp|corp|corporation|company|co|plc|gmbh|ag|sa|bv|nv|pte|pty|kk|ou|oü|srl|spa)\b\.?"
)
_NOT_WORDS = re.compile(r"[\W_]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@lru_cache(maxsize=16_384)
def normal_form(address: str, asset: str | None = None) -> str:
    """An address as it is compared: without invisible characters, scheme, amount or tag, in lower case where case means nothing.

    A destination tag or memo is left out: who is listed is listed under every tag. ``asset`` decides nothing here: the same key
    holds the coins of an address on every chain it is written on. Checksums are not verified; what is wrong stays as it is.
    """
    text = address if address.isascii() and address.isalnum() else _account(address)
    if len(text) == _CASH_LENGTH and _CASH_ADDRESS.fullmatch(text) is not None:
        return _old_form(text.lower())
    if text[:1] == "X" and len(text) in _X_LENGTHS:
        return _classic(text)
    lowered = text.lower()
    if lowered.startswith("0x") or (lowered.startswith(_ONE_CASE) and text in (lowered, text.upper())):
        return lowered
    return text


@lru_cache(maxsize=16_384)
def destination_form(address: str) -> str:
    """A destination as a client's address book keeps it: its normal form and, other than on a list, the tag written with it.

    At one address of an operator every tag is another client's. What cannot be read stays as it is.
    """
    if address.isascii() and address.isalnum() and not (address[:1] == "X" and len(address) in _X_LENGTHS):
        return normal_form(address)
    try:
        read = read_address(address)
    except AddressError:
        return address
    return normal_form(read.account) + read.normal[len(read.account) :]


_ONE_CASE = ("bc1", "tb1", "bcrt1", "ltc1", "mona1", "addr1", "stake1")
"""Beginnings of Bech32 addresses, which may be written in capitals throughout."""

_CASH_ADDRESS = re.compile(r"(?:bitcoincash:)?([qp][02-9ac-hj-np-z]{41})", re.IGNORECASE)
_CASH_LENGTH = 42
_X_LENGTHS = (46, 47, 48)
_SCHEMES = {
    "bitcoin", "litecoin", "dogecoin", "ethereum", "tron", "solana", "ripple", "xrpl", "xrp", "stellar", "monacoin", "web+cardano",
    "web+stellar", "dash", "zcash",
}  # fmt: skip


def _account(address: str) -> str:
    """The account in a text that holds more than letters and digits: a payment URI, a tag after a colon, stray characters."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", address))
    head, colon, rest = text.partition(":")
    if colon and head.lower() in _SCHEMES:
        text = rest.removeprefix("//").partition("@")[0]
    text = text.partition("?")[0]
    cash = _CASH_ADDRESS.fullmatch(text)
    if cash is not None:
        return cash[1]
    return text.partition(":")[0] or text


def _old_form(cash: str) -> str:
    """The key or script of a CashAddr as Bitcoin writes it; the text itself where its checksum does not hold."""
    read = cashaddr.decoded(cashaddr.MAIN, cash)
    if read is None:
        return cash
    kind, content = read
    return base58.check_encoded((b"\x05" if kind & 1 else b"\x00") + content)


def _classic(text: str) -> str:
    """The account in an X-address of the XRP Ledger, which packs the tag in; the text itself where it is none."""
    try:
        return read_address(text).account
    except AddressError:
        return text


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
