"""Reads one address as people write it: which network and kind it is, its one normal form, and what is wrong with it.

Every checksum that a form defines is verified. The reader never repairs a character; it takes away what carries no meaning
(spaces, invisible characters, a payment URI's scheme and amount) and says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sekisho.records.addresses import base58, bech32, cardano, cashaddr, ripple, stellar
from sekisho.records.addresses import networks as net
from sekisho.records.addresses.ethereum import is_checksummed
from sekisho.records.addresses.problems import REASONS
from sekisho.records.addresses.written import foreign, plain


class Address(NamedTuple):
    """An address that was read.

    ``account`` is the text in its one normal form without tag, ``tag`` the destination tag or memo. The first ``fixed``
    characters of ``account`` are the same for every address of the network and kind; the others are ``digits`` (hex, bech32,
    base58, base32, or text where the form is not known). ``notes`` say what was taken away or could not be checked.
    """

    network: str
    kind: str
    account: str
    tag: str | None
    fixed: int
    digits: str
    notes: tuple[str, ...] = ()

    @property
    def normal(self) -> str:
        """The one text of this destination, tag included: two texts that pay the same place have the same."""
        if self.tag is None:
            return self.account
        return f"{self.account}?{'memo' if self.network == net.STELLAR else 'dt'}={self.tag}"


class AddressError(ValueError):
    """The text is not an address to which this asset may go. ``address`` is what was read where only the network is wrong."""

    def __init__(self, reason: str, address: Address | None = None, **facts: str | int | None) -> None:
        self.reason, self.address, self.facts = reason, address, facts
        why = REASONS[reason]
        self.verdict = why.verdict
        self.en, self.ja = why.en.format(**facts), why.ja.format(**facts)
        super().__init__(self.en)


def read_address(text: str, *, asset: str | None = None, network: str | None = None, tag: str | None = None) -> Address:
    """The address in a text; ``asset`` and ``network`` (as people write it) say where it may lead, ``tag`` is one given beside it.

    Raises AddressError. An asset whose networks are not known here is let pass with the note ``not_checked``.
    """
    stripped, done = plain(text)
    if not stripped:
        raise AddressError("empty")
    if done or not stripped.isascii():
        strange = foreign(stripped)
        if strange is not None:
            raise AddressError("homoglyph" if strange.looks_like else "foreign_character", **strange._asdict())
    allowed = net.networks_of(asset, network)
    networks = allowed.networks if allowed else None
    found = _read(stripped, networks, tag, not allowed.only if allowed else bool(asset or network))
    if done:
        found = found._replace(notes=(*done, *found.notes))
    if networks is not None and found.network not in networks and found.network != "unknown":
        raise _elsewhere(found, networks, asset or network or "")
    return found


_LONGEST = 512
"""Longer than any address with its tag and scheme; what is longer is not looked at."""
_ETHEREUM = re.compile(r"0[xX][0-9a-fA-F]{40}").fullmatch
_BARE_HEX = re.compile(r"[0-9a-fA-F]{40}").fullmatch
_BECH32_LIKE = re.compile(r"(?i:(bc|tb|bcrt|ltc|tltc|rltc|mona|tmona|addr|addr_test|stake|stake_test)1)").match
_NAME = re.compile(r"[\w-]+(\.[\w-]+)*\.(eth|crypto|nft|xyz|com|sol|bnb|wallet|x|jp|x\.com)", re.IGNORECASE).fullmatch
_SCHEMES = {
    "bitcoin": net.BITCOIN,
    "litecoin": net.LITECOIN,
    "dogecoin": net.DOGECOIN,
    "ethereum": net.ETHEREUM,
    "tron": net.TRON,
    "solana": net.SOLANA,
    "ripple": net.XRP_LEDGER,
    "xrpl": net.XRP_LEDGER,
    "xrp": net.XRP_LEDGER,
    "stellar": net.STELLAR,
    "monacoin": net.MONACOIN,
    "web+cardano": net.CARDANO,
    "dash": net.DASH,
    "zcash": net.ZCASH,
}
_TAG_KEYS = ("dt", "tag", "destinationtag", "memo", "memo_id", "memoid")


def _read(text: str, allowed: Sequence[str] | None, tag: str | None, may_be_unknown: bool) -> Address:
    """``may_be_unknown``: the asset may live on a network whose addresses are not read here."""
    if _ETHEREUM(text) and tag is None:
        return _ethereum(text)
    if len(text) > _LONGEST:
        raise AddressError("unknown_form")
    body, scheme, within, notes = _parts(text)
    if not body:
        raise AddressError("empty")
    given = _one_tag(within, tag)
    if scheme is not None:
        allowed = (scheme,)
    try:
        found = _by_form(body, allowed)
        if found is None:
            raise _why_not(body, allowed)
    except AddressError as error:
        if scheme is not None or not may_be_unknown or _is_wrong_anywhere(error, body, allowed):
            raise
        return Address("unknown", "text", body, given, 0, "text", (*notes, "not_checked"))
    if scheme is not None and found.network != scheme:
        raise AddressError("other_network", found, found=found.network, asked=f"{scheme}:", expected=scheme)
    return _tagged(found, given, notes)


def _is_wrong_anywhere(error: AddressError, text: str, allowed: Sequence[str] | None) -> bool:
    """Whether a fault is one on whatever network the asset may live: in a form of its known networks, or one unmistakable."""
    if _ETHEREUM(text) or error.reason == "mixed_case":
        return True
    return allowed is not None and error.reason in {"checksum", "not_sound", "test_network"}


def _parts(text: str) -> tuple[str, str | None, str | None, tuple[str, ...]]:
    """Address, network of a payment URI's scheme, tag, and notes."""
    if ":" not in text and "?" not in text:
        return text, None, None, ()
    head, mark, query = text.partition("?")
    scheme, notes, tag = None, [], None
    before, colon, after = head.partition(":")
    if colon and before.lower() in _SCHEMES:
        scheme, head = _SCHEMES[before.lower()], after.removeprefix("//")
        notes.append("scheme")
        before, colon, after = head.partition(":")
    if colon and before.lower() not in (cashaddr.MAIN, cashaddr.TEST, cashaddr.REGTEST):
        head, tag = before, after
    if scheme == net.ETHEREUM:
        head = head.partition("@")[0]
    if mark:
        fields = dict(part.partition("=")[::2] for part in query.split("&"))
        found = [fields[key] for key in fields if key.lower() in _TAG_KEYS]
        tag = found[0] if found else tag
        if len(fields) > len(found):
            notes.append("query")
    return head, scheme, tag, tuple(notes)


def _one_tag(within: str | None, beside: str | None) -> str | None:
    beside = (beside.strip() or None) if beside else None
    if within is not None and beside is not None and within != beside:
        raise AddressError("two_tags", within=within, beside=beside)
    return within if within is not None else beside


def _tagged(found: Address, tag: str | None, notes: tuple[str, ...]) -> Address:
    """The address with its tag in one form; a tag on a network that has none stays aside with a note."""
    notes = (*notes, *found.notes)
    if tag is None:
        return found._replace(notes=notes) if notes else found
    if found.network == net.XRP_LEDGER:
        tag = plain(tag)[0]
        if not (tag.isascii() and tag.isdigit()) or int(tag) > ripple.TAG_MAX:
            raise AddressError("bad_tag", tag=tag)
        tag = str(int(tag))
    elif found.network == net.STELLAR:
        if len(tag.encode()) > 28 and not _STELLAR_HASH(tag):
            raise AddressError("bad_memo", tag=tag)
    else:
        return found._replace(notes=(*notes, "tag_not_used"))
    if found.tag is not None and found.tag != tag:
        raise AddressError("two_tags", within=found.tag, beside=tag)
    return found._replace(tag=tag, notes=notes)


_STELLAR_HASH = re.compile(r"[0-9a-fA-F]{64}").fullmatch


def _ethereum(text: str) -> Address:
    digits = text[2:]
    lower = digits.lower()
    if digits == lower or digits == digits.upper():
        notes: tuple[str, ...] = () if digits.isdigit() else ("no_checksum",)
    elif not is_checksummed(digits):
        raise AddressError("checksum", scheme="ERC-55")
    else:
        notes = ()
    if text[1] == "X":
        notes = ("prefix_case", *notes)
    return Address(net.ETHEREUM, "account", f"0x{lower}", None, 2, "hex", notes)


def _by_form(text: str, allowed: Sequence[str] | None) -> Address | None:
    """What the text is by its own form and checksum; None where nothing fits."""
    if text[:2] in ("0x", "0X"):
        return _ethereum(text) if _ETHEREUM(text) else None
    if _BECH32_LIKE(text):
        found = _bech32(text)
        if found is not None:
            return found
    for read in (_cash, _classic, _base58check, _stellar, _byron, _bare_hex, _solana):
        found = read(text, allowed)
        if found is not None:
            return found
    return None


def _bech32(text: str) -> Address | None:
    lower = text.lower()
    if text != lower and text != text.upper():
        return None
    parts = bech32.decoded(lower)
    if parts is None:
        return None
    if parts.prefix in cardano.SHELLEY_PREFIXES:
        return _shelley(lower, parts)
    if parts.prefix not in net.SEGWIT_PREFIXES or not parts.words or len(text) > 90:
        return None
    if parts.constant not in (bech32.BECH32, bech32.BECH32M):
        return None
    network, main = net.SEGWIT_PREFIXES[parts.prefix]
    version, program = parts.words[0], bech32.eight_bits(parts.words[1:])
    right = bech32.BECH32 if version == 0 else bech32.BECH32M
    long_enough = program is not None and (len(program) in (20, 32) if version == 0 else 2 <= len(program) <= 40)
    if parts.constant != right or version > 16 or not long_enough:
        raise AddressError("not_sound", scheme="BIP-350" if version else "BIP-173")
    if not main:
        raise AddressError("test_network", _witness(network, version, lower, parts), network=network)
    return _witness(network, version, lower, parts)


def _witness(network: str, version: int, text: str, parts: bech32.Decoded) -> Address:
    kind = {0: "P2WPKH" if len(parts.words) == 33 else "P2WSH", 1: "P2TR"}.get(version, f"witness v{version}")
    return Address(network, kind, text, None, len(parts.prefix) + 2, "bech32")


def _shelley(text: str, parts: bech32.Decoded) -> Address | None:
    if parts.constant != bech32.BECH32:
        return None
    content = bech32.eight_bits(parts.words)
    if content is None or not cardano.shelley_is_sound(parts.prefix, content):
        raise AddressError("not_sound", scheme="CIP-19")
    found = Address(net.CARDANO, "Shelley", text, None, len(parts.prefix) + 2, "bech32")
    if not cardano.SHELLEY_PREFIXES[parts.prefix]:
        raise AddressError("test_network", found, network=net.CARDANO)
    if parts.prefix == "stake":
        raise AddressError("stake_address", found)
    return found


def _cash(text: str, allowed: Sequence[str] | None) -> Address | None:
    prefix, colon, data = text.rpartition(":")
    if colon and prefix.lower() not in (cashaddr.MAIN, cashaddr.TEST, cashaddr.REGTEST):
        return None
    if not colon and (len(data) < 42 or data[0] not in "qpzrQPZR"):
        return None
    lower = data.lower()
    if data not in (lower, data.upper()):
        return None
    for name in (prefix.lower(),) if colon else (cashaddr.MAIN, cashaddr.TEST, cashaddr.REGTEST):
        read = cashaddr.decoded(name, lower)
        if read is not None:
            kind, content = read
            if kind < 2:
                found = Address(net.BITCOIN_CASH, ("P2PKH", "P2SH")[kind], f"{name}:{lower}", None, len(name) + 2, "bech32")
            else:
                found = _cash_address(name, kind, content)
            if name != cashaddr.MAIN:
                raise AddressError("test_network", found, network=net.BITCOIN_CASH)
            return found
    return None


def legacy_of(address: Address) -> str:
    """The old form of a CashAddr: the same key or script as Bitcoin writes it."""
    prefix, _colon, data = address.account.partition(":")
    read = cashaddr.decoded(prefix, data)
    assert read is not None, address
    kind, content = read
    versions = b"\x00\x05" if prefix == cashaddr.MAIN else b"\x6f\xc4"
    return base58.check_encoded(versions[kind & 1 : (kind & 1) + 1] + content)


def _cash_address(prefix: str, kind: int, content: bytes) -> Address:
    """Kinds 2 and 3 pay the same key or script as 0 and 1; they say that the wallet knows tokens."""
    if kind > 3:
        raise AddressError("not_sound", scheme="CashAddr")
    plain_kind = kind & 1
    text = cashaddr.encoded(prefix, plain_kind, content)
    notes = ("token_aware",) if kind > 1 else ()
    return Address(net.BITCOIN_CASH, "P2SH" if plain_kind else "P2PKH", text, None, len(prefix) + 2, "bech32", notes)


def _classic(text: str, allowed: Sequence[str] | None) -> Address | None:
    """An address of the XRP Ledger, classic or with its tag packed in."""
    if text[0] == "r" and ripple.is_classic(text):
        return Address(net.XRP_LEDGER, "account", text, None, 1, "base58")
    if text[0] in "XT" and len(text) == 47:
        packed = ripple.unpacked(text)
        if packed is not None:
            tag = None if packed.tag is None else str(packed.tag)
            found = Address(net.XRP_LEDGER, "account", packed.classic, tag, 1, "base58", ("x_address",))
            if not packed.main:
                raise AddressError("test_network", found, network=net.XRP_LEDGER)
            return found
    return None


_PREFERRED = {
    (net.LITECOIN, "P2SH"): b"\x32",
    (net.MONACOIN, "P2SH"): b"\x37",
}
"""Networks that gave their script addresses a letter of their own: the form that all others are brought to."""


def _base58check(text: str, allowed: Sequence[str] | None) -> Address | None:
    if not 25 <= len(text) <= 36:
        return None
    payload = base58.check_decoded(text)
    if payload is None or len(payload) not in (21, 22):
        return None
    begins, content = payload[:-20], payload[-20:]
    versions = net.BASE58_VERSIONS.get(begins, ())
    if not versions:
        raise AddressError("not_sound", scheme="Base58Check")
    version = next((v for v in versions if allowed and v.network in allowed), versions[0])
    if not version.main:
        found = Address(version.network, version.kind, text, None, 1, "base58")
        raise AddressError("test_network", found, network=version.network)
    if version.network == net.BITCOIN_CASH:
        found = _cash_address(cashaddr.MAIN, int(version.kind == "P2SH"), content)
        raise AddressError("legacy_for_bitcoin_cash", found, cashaddr=found.account)
    preferred = _PREFERRED.get((version.network, version.kind), begins)
    account = text if preferred == begins else base58.check_encoded(preferred + content)
    return Address(version.network, version.kind, account, None, len(begins), "base58")


def _stellar(text: str, allowed: Sequence[str] | None) -> Address | None:
    if text[0] not in "GMC" or len(text) not in (56, 69):
        return None
    key = stellar.decoded(text)
    if key is None:
        return None
    if key.kind == "muxed":
        account = stellar.encoded("account", key.content[:32])
        return Address(net.STELLAR, "account", account, str(int.from_bytes(key.content[32:], "big")), 1, "base32", ("muxed",))
    return Address(net.STELLAR, key.kind, text, None, 1, "base32")


def _byron(text: str, allowed: Sequence[str] | None) -> Address | None:
    if len(text) < 50:
        return None
    main = cardano.byron_is_main(text)
    if main is None:
        return None
    found = Address(net.CARDANO, "Byron", text, None, 5 if text.startswith("Ddz") else 3, "base58")
    if not main:
        raise AddressError("test_network", found, network=net.CARDANO)
    return found


def _bare_hex(text: str, allowed: Sequence[str] | None) -> Address | None:
    """Forty hexadecimal digits without ``0x``; for TRON, its own hexadecimal form with ``41`` before them."""
    if _BARE_HEX(text):
        found = _ethereum(f"0x{text}")
        return found._replace(notes=("prefix_missing", *found.notes))
    if allowed == (net.TRON,) and len(text) == 42 and text.startswith("41") and _BARE_HEX(text[2:]):
        return Address(net.TRON, "account", base58.check_encoded(bytes.fromhex(text)), None, 1, "base58", ("hexadecimal",))
    return None


def _solana(text: str, allowed: Sequence[str] | None) -> Address | None:
    """32 bytes of Base58: a public key, without any checksum."""
    if not 32 <= len(text) <= 44:
        return None
    content = base58.decoded(text)
    if content is None or len(content) != 32:
        return None
    return Address(net.SOLANA, "account", text, None, 0, "base58", ("no_checksum",))


def _elsewhere(found: Address, allowed: Sequence[str], asked: str) -> AddressError:
    if found.network == net.BITCOIN_CASH and net.BITCOIN in allowed:
        return AddressError("cashaddr_for_bitcoin", found)
    return AddressError("other_network", found, found=found.network, asked=asked, expected=" / ".join(allowed))


def _why_not(text: str, allowed: Sequence[str] | None) -> AddressError:
    """The likeliest fault of a text that no form fits."""
    if text[:2] in ("0x", "0X"):
        return _wrong_hex(text)
    if _NAME(text):
        return AddressError("name")
    upper, lower = text.upper(), text.lower()
    if _BECH32_LIKE(text):
        start = lower.index("1") + 1
        if text not in (upper, lower):
            return AddressError("mixed_case", scheme="Bech32")
        return _wrong_letter(lower, start, bech32.CHARSET, "Bech32") or AddressError("checksum", scheme="Bech32")
    if lower.startswith((f"{cashaddr.MAIN}:", f"{cashaddr.TEST}:")) or (
        len(text) == 42 and text[0] in "qpQP" and (text == lower or allowed == (net.BITCOIN_CASH,))
    ):
        if text not in (upper, lower):
            return AddressError("mixed_case", scheme="CashAddr")
        start = lower.find(":") + 1
        return _wrong_letter(lower, start, bech32.CHARSET, "CashAddr") or AddressError("checksum", scheme="CashAddr")
    if text[0] in "GM" and len(text) in (56, 69) and text.isalnum():
        return AddressError("checksum", scheme="StrKey")
    return _wrong_base58(text)


def _wrong_hex(text: str) -> AddressError:
    strange = next(_strange(text, 2, "0123456789abcdefABCDEF"), None)
    if strange is not None and 40 <= len(text) <= 44:
        return AddressError("wrong_character", character=strange[0], place=strange[1], scheme="Ethereum")
    return AddressError("wrong_length", scheme="Ethereum", expected=42, found=len(text))


def _wrong_base58(text: str) -> AddressError:
    if not 20 <= len(text) <= 120 or not text.isalnum():
        return AddressError("unknown_form")
    strange = _wrong_letter(text, 0, base58.BITCOIN, "Base58")
    if strange is not None:
        return strange if len(text) <= 50 else AddressError("unknown_form")
    if len(text) <= 36 or (text[0] in "XT" and len(text) == 47):
        return AddressError("checksum", scheme="Base58Check")
    if text.startswith(("Ddz", "Ae2")):
        return AddressError("checksum", scheme="CRC-32")
    return AddressError("unknown_form")


def _wrong_letter(text: str, start: int, letters: str, scheme: str) -> AddressError | None:
    strange = next(_strange(text, start, letters), None)
    return None if strange is None else AddressError("wrong_character", character=strange[0], place=strange[1], scheme=scheme)


def _strange(text: str, start: int, letters: str) -> Iterator[tuple[str, int]]:
    return ((c, place) for place, c in enumerate(text, 1) if place > start and c not in letters)
