"""Host names: how a web address reads to a person's eye, and who registered it.

A name is brought to one form before anything is compared: full-width letters and Japanese full stops, invisible characters,
punycode and letters of other alphabets that look like Latin ones all end in the same text.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

from publicsuffixlist import PublicSuffixList

from sekisho.typologies.word_lists import lines_of


class HostName(NamedTuple):
    """One host name, taken apart.

    ``host`` is lower case with punycode read back to letters; ``labels`` are what stands before the suffix, left to right,
    without a leading ``www``; ``suffix`` is the registry's suffix (``co.jp``) and ``hosting`` the suffix of a host that lends
    names to the public (``pages.dev``), None where there is none. ``registered`` is the name somebody took: one label
    before the hosting suffix, else before the registry's.
    """

    host: str
    labels: tuple[str, ...]
    suffix: str
    hosting: str | None
    registered: str
    was_foreign: bool

    @property
    def own_text(self) -> str:
        """What its owner chose: the labels, joined with dots; empty for a bare suffix."""
        return ".".join(self.labels)


class UnreadableNameError(ValueError):
    """No host name can be read from the text."""


_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)


def invisible(instead: str, text: str) -> str:
    """The text with every invisible character replaced."""
    return _INVISIBLE.sub(instead, text)


_DOTS = str.maketrans({"。": ".", "．": ".", "｡": ".", "․": "."})
_DEFANGED = re.compile(r"\[\.\]|\(\.\)|\[dot\]", re.IGNORECASE)
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://?", re.IGNORECASE)
_ASCII_HOST = re.compile(r"^[a-z0-9_-]+(\.[a-z0-9_-]+)*$")
_LABEL = re.compile(r"^(?:[a-z0-9_-]|[^\x00-\x7f\s])+$")


def read_host(text: str) -> str:
    """The host of a URL, an e-mail address or a bare name, lower case, punycode read back; raises UnreadableNameError."""
    told = text.strip()
    if not _ASCII_HOST.match(told):
        told = _host_of_url(told)
    if "xn--" in told:
        told = ".".join(_from_punycode(label) for label in told.split("."))
    if not told or len(told) > 253 or not all(_LABEL.match(label) and len(label) <= 63 for label in told.split(".")):
        raise UnreadableNameError(text)
    return told


def _host_of_url(text: str) -> str:
    told = _INVISIBLE.sub("", unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).translate(_DOTS))
    told = _DEFANGED.sub(".", told).strip().lower()
    told = _SCHEME.sub("", told, count=1)
    told = re.split(r"[/?#\\]", told, maxsplit=1)[0]
    told = told.rsplit("@", 1)[-1]
    return re.sub(r":\d*$", "", told).strip(".")


def _from_punycode(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        # What IDNA allows is not asked: what a browser would show is what deceives.
        return unicodedata.normalize("NFKC", label[4:].encode("ascii").decode("punycode")).lower()
    except UnicodeError:
        return label


@cache
def _suffixes() -> tuple[PublicSuffixList, PublicSuffixList]:
    return PublicSuffixList(), PublicSuffixList(only_icann=True)


def host_name(text: str) -> HostName:
    """Takes a URL or a name apart; raises UnreadableNameError."""
    host = read_host(text)
    return _split(host)


@lru_cache(maxsize=65536)
def _suffix_of(tail: str) -> tuple[int, int]:
    """How many labels the public suffix and the registry's suffix of a name have, from its last four labels at most."""
    both, registry = _suffixes()
    ascii_tail = tail if tail.isascii() else _to_ascii(tail)
    public, official = both.publicsuffix(ascii_tail) or ascii_tail, registry.publicsuffix(ascii_tail) or ascii_tail
    return public.count(".") + 1, official.count(".") + 1


def _to_ascii(text: str) -> str:
    return ".".join(label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii") for label in text.split("."))


def _split(host: str) -> HostName:
    parts = host.split(".")
    public, official = _suffix_of(".".join(parts[-6:]))
    public, official = min(public, len(parts)), min(official, len(parts))
    lent = public > official
    taken = max(public, official)
    labels = parts[: len(parts) - taken]
    registered = ".".join(parts[-(taken + 1) :])
    if len(labels) > 1 and labels[0] == "www":
        labels = labels[1:]
    return HostName(
        host,
        tuple(labels),
        ".".join(parts[len(parts) - official :]),
        ".".join(parts[len(parts) - public :]) if lent else None,
        registered,
        not host.isascii(),
    )


_VOICED = "\u3099\u309a"  # the marks of ビ and パ, which make another letter
_SHAPES = str.maketrans({"0": "o", "1": "l", "i": "l", "j": "l", "5": "s", "3": "e", "8": "b", "4": "a", "7": "t", "q": "g"})


def plain(text: str) -> str:
    """Lower-case text with marks taken off and letters of other alphabets read as the Latin ones they look like."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.lower())
    bare = "".join(letter for letter in apart if letter in _VOICED or not unicodedata.combining(letter))
    return unicodedata.normalize("NFKC", bare.translate(_alike()))


@cache
def _alike() -> dict[int, str]:
    return str.maketrans(dict(line.split(" ") for _section, line in lines_of("letters_alike.txt")))


def shape(text: str) -> str:
    """How the text looks at a glance: two texts of one shape are taken for each other (``c0in`` and ``coin``, ``rn`` and ``m``)."""
    return plain(text).translate(_SHAPES).replace("rn", "m").replace("vv", "w").replace("nn", "m").replace("cl", "d")


def alphabets(text: str) -> frozenset[str]:
    """The alphabets of the letters of a text, as Unicode names them (LATIN, CYRILLIC, CJK, HIRAGANA …)."""
    return frozenset(unicodedata.name(letter, "UNKNOWN").split(" ", 1)[0] for letter in text if letter.isalpha())
