"""Single values of STIX 2.1: what each type of section 2 and each checked property must look like."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import urlsplit
from uuid import UUID

from sekisho.intelligence.stix import registries


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TIMESTAMP = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))T([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(\.\d+)?Z")
IDENTIFIER = re.compile(r"([a-z0-9][a-z0-9-]*[a-z0-9])--([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
TYPE_NAME = re.compile(r"(?!.*--)[a-z0-9][a-z0-9-]{1,248}[a-z0-9]")
PROPERTY_NAME = re.compile(r"[a-z][a-z0-9_]{2,249}|id")
DICTIONARY_KEY = re.compile(r"[A-Za-z0-9_-]{1,250}")
SELECTOR = re.compile(r"(?:[a-z0-9_-]{3,249}(?:\.(?:\[\d+\]|[A-Za-z0-9_-]{1,250}))*|id)")
LOWER_WORDS = re.compile(r"[a-z0-9]+(?:[-.][a-z0-9]+)*|[a-z]\+\+|[a-z]#")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
_MEDIA = re.compile(r"(?:application|audio|font|haptics|image|message|model|multipart|text|video)/[A-Za-z0-9!#$&^_.+-]+")
_LANGUAGE = re.compile(
    r"(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?|x(?:-[a-z0-9]{1,8})+)",
    re.IGNORECASE,
)
_CPE = re.compile(r"cpe:2\.3:[aho*-](?::(?:[^:\\\s]|\\.)+){10}")
_DOMAIN_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
_HASH_LENGTHS = {"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128, "SHA3-256": 64, "SHA3-512": 128}
_LIKE_HASH = re.compile(r"[A-Za-z0-9_-]{3,250}")


@lru_cache(4096)
def timestamp_problem(text: str) -> str | None:
    """What is wrong with a timestamp (2.16), if anything."""
    match = TIMESTAMP.fullmatch(text)
    if match is None:
        return "is not a timestamp such as 2026-06-01T09:00:00.000Z"
    try:
        datetime.fromisoformat(match[1])
    except ValueError:
        return "is a day the calendar does not have"
    return None


def moment(text: object) -> tuple[datetime, str] | None:
    """A timestamp for comparison, to whatever precision it has; None where it is none."""
    if not isinstance(text, str):
        return None
    match = TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    try:
        whole = datetime.fromisoformat(f"{match[1]}T{match[2]}:{match[3]}:{min(int(match[4]), 59):02d}").replace(tzinfo=UTC)
    except ValueError:
        return None
    return whole, (match[5] or ".").rstrip("0")


def uuid_version(identifier: str) -> int | None:
    """The version of the UUID in an identifier; None where it is not one by RFC 4122."""
    try:
        return UUID(identifier.rpartition("--")[2]).version
    except ValueError:
        return None


def language_problem(text: str) -> str | None:
    """What is wrong with a language tag (RFC 5646), if anything."""
    return None if _LANGUAGE.fullmatch(text) and _primary_known(text) else "is not a language tag by RFC 5646"


def _primary_known(text: str) -> bool:
    primary = text.partition("-")[0].lower()
    return len(primary) != 3 or primary in _LANGUAGES_OF_THREE or len(primary) == 1


_LANGUAGES_OF_THREE = _words(
    "ace ach ada afa akk ale alg ang anp arc arn arp arw ast awa bal ban bas bej bem ber bho bik bin bla bra bua bug byn "
    "cad car ceb chb chg chk chm chn cho chp chr chy cmn cop crh csb dak dar day del den dgr din doi dra dsb dua dum dyu "
    "efi egy eka elx enm ewo fan fat fil fon frm fro frr frs fur gaa gay gba gez gil gmh goh gon gor got grb grc gsw gwi "
    "hai haw hil hit hmn hsb hup iba ijo ilo inh jbo jpr jrb kaa kab kac kam kar kaw kbd kha kho kmb kok kos kpe krc krl "
    "kru kum kut lad lah lam lez lol loz lua lui lun luo lus mad mag mai mak man mas mdf mdr men mga mic min mnc mni moh "
    "mos mun mus mwl mwr myn myv nah nap nds new nia niu nog non nqo nso nub nwc nym nyn nyo nzi osa ota pag pal pam pap "
    "pau peo phn pon pro raj rap rar rom rup sad sah sam sas sat scn sco sel sga sgn shn sid sma smj smn sms snk sog srn "
    "srr suk sus sux syc syr tem ter tet tig tiv tkl tlh tli tmh tog tpi tsi tum tvl tyv udm uga umb und vai vep vot wal "
    "war was yao yap yue zap zbl zen zgh zun zxx zza mis mul"
)
"""Languages that have a tag of three letters and none of two (ISO 639-2), and the two largest Chinese ones."""


def _hash_length(name: str, value: str) -> str | None:
    wanted = _HASH_LENGTHS.get(name)
    if wanted is not None and not (len(value) == wanted and re.fullmatch("[0-9a-fA-F]+", value)):
        return f"is not a {name} hash of {wanted} hexadecimal digits"
    return None


def hash_problem(name: str, value: object) -> str | None:
    """What is wrong with one hash (2.7), if anything: the name of its algorithm, its length, its digits."""
    if not isinstance(value, str):
        return "is not a string"
    if not _LIKE_HASH.fullmatch(name):
        return "has a name that is no name of a hash algorithm"
    return _hash_length(name, value)


def _url(text: str) -> str | None:
    try:
        parts = urlsplit(text)
    except ValueError:
        return "is not a URL"
    fine = parts.scheme and re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", parts.scheme) and (parts.netloc or parts.path)
    if not fine or re.search(r"[\s<>\"{}|\\^`]", text):
        return "is not a URL (RFC 3986)"
    return "is not a URL with a host" if parts.scheme in {"http", "https", "ftp"} and not parts.hostname else None


def _binary(text: str) -> str | None:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return "is not base64 (RFC 4648)"
    return None


def _ip(text: str, network: type[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> str | None:
    address, slash, length = text.partition("/")
    zoned = address.partition("%")[0] if network is ipaddress.IPv6Network else address
    try:
        if slash and not re.fullmatch(r"0|[1-9]\d{0,2}", length):
            raise ValueError
        network((zoned, int(length)) if slash else zoned, strict=False)
    except ValueError:
        return "is not an IP address, or a range in CIDR notation"
    return None


def _domain(text: str) -> str | None:
    labels = text.removesuffix(".").split(".")
    fine = len(text) <= 253 and all(_DOMAIN_LABEL.fullmatch(label) for label in labels)
    return None if fine else "is not a domain name (RFC 1034, RFC 5890)"


def _media_type(text: str) -> str | None:
    if not _MEDIA.fullmatch(text):
        return "is not a media type such as image/jpeg"
    return None if text.lower() in registries.names("media_types") else "is not a media type registered with IANA"


def _charset(text: str) -> str | None:
    return None if text.lower() in _charsets() else "is not a character set registered with IANA"


@lru_cache
def _charsets() -> frozenset[str]:
    return frozenset(name.lower() for name in registries.names("charsets"))


def _registry_key(text: str) -> str | None:
    root = text.partition("\\")[0].upper()
    return "abbreviates its root; write it out, as HKEY_LOCAL_MACHINE" if root in {"HKLM", "HKCC", "HKCR", "HKCU", "HKU"} else None


TEXTS: dict[str, Callable[[str], str | None]] = {
    "string": lambda text: None,
    "timestamp": timestamp_problem,
    "lang": language_problem,
    "url": _url,
    "binary": _binary,
    "hex": lambda text: None if _HEX.fullmatch(text) else "is not hexadecimal with two digits a byte",
    "email": lambda text: None if _EMAIL.fullmatch(text) else "is not an e-mail address (RFC 5322)",
    "mac": lambda text: None if _MAC.fullmatch(text) else "is not a MAC address in lower case with colons",
    "ipv4": lambda text: _ip(text, ipaddress.IPv4Network),
    "ipv6": lambda text: _ip(text, ipaddress.IPv6Network),
    "domain": _domain,
    "cpe": lambda text: None if _CPE.fullmatch(text) else "is not a CPE 2.3 name",
    "charset": _charset,
    "media-type": _media_type,
    "registry-key": _registry_key,
    "selector": lambda text: None if SELECTOR.fullmatch(text) else "is not a selector such as pattern or external_references.[0]",
}
"""What makes a text of each kind wrong (MUST)."""

SHOULD_TEXTS: dict[str, tuple[str, Callable[[str], str | None]]] = {
    "media-type-should": ("media-type", _media_type),
    "phase": ("lower-case-words", lambda text: None if LOWER_WORDS.fullmatch(text) else "is not in lower case with hyphens"),
    "country": (
        "country",
        lambda text: None if text.upper() in registries.names("countries") and len(text) == 2 else "is not an ISO 3166-1 country",
    ),
}
"""The same for what SHOULD be so, with the name of the check."""
