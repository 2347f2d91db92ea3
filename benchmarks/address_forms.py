"""One destination, many ways of writing it: listed addresses found again however they are written, and how many are read a second.

Run: ``python -m benchmarks.address_forms [--seed 20261129]``

A thousand listed addresses are written in every way that does not change where they lead (checksum case, ``0X``, upper-case
Bech32, CashAddr with and without prefix, tags, white space, full-width, zero-width), and looked up by their normal form; the same
for addresses made at random of forms that the lists hold few of. Beside it stands a plain comparison of texts, with case aside.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from benchmarks.address_poisoning import FORMS, benign_addresses
from sekisho.records.addresses import Address, AddressError, cashaddr, read_address, ripple
from sekisho.records.addresses.ethereum import checksummed

DATA = Path(os.environ.get("SEKISHO_DATA", "../shared/data")) / "transfers" / "address_tags"
LISTED = 1_000
Way = Callable[[Address, str, random.Random], str | None]


def _full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _inserted(text: str, what: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(text))
    return text[:at] + what + text[at:]


def _cash(read: Address, prefix: bool, upper: bool) -> str | None:
    if read.network != "bitcoin-cash":
        return None
    text = read.account if prefix else read.account.partition(":")[2]
    return text.upper() if upper else text


WAYS: dict[str, Way] = {
    "as listed": lambda read, text, rng: text,
    "checksum case": lambda read, text, rng: checksummed(read.account[2:]) if read.digits == "hex" else None,
    "small letters": lambda read, text, rng: read.account if read.digits == "hex" else None,
    "0X": lambda read, text, rng: f"0X{read.account[2:].upper()}" if read.digits == "hex" else None,
    "upper-case Bech32": lambda read, text, rng: text.upper() if read.account[:3] in {"bc1", "ltc"} else None,
    "CashAddr with prefix": lambda read, text, rng: _cash(read, True, False),
    "CashAddr without prefix": lambda read, text, rng: _cash(read, False, False),
    "CashAddr, upper case": lambda read, text, rng: _cash(read, True, True),
    "tag ?dt=": lambda read, text, rng: f"{text}?dt=7" if read.network == "xrp-ledger" else None,
    "tag :": lambda read, text, rng: f"{text}:7" if read.network == "xrp-ledger" else None,
    "X-address": lambda read, text, rng: ripple.packed(read.account, 7) if read.network == "xrp-ledger" else None,
    "white space around": lambda read, text, rng: rng.choice(
        [f" {text}", f"{text}\n", f"\t{text} ", f"\u3000{text}", f"\u00a0{text}"]
    ),
    "white space within": lambda read, text, rng: _inserted(text, rng.choice([" ", "\n", "\u3000"]), rng),
    "full-width": lambda read, text, rng: _full_width(text),
    "zero-width": lambda read, text, rng: _inserted(text, rng.choice("\u200b\u200c\u200d\u2060\ufeff\u00ad"), rng),
    "payment URI": lambda read, text, rng: f"{_SCHEMES[read.network]}:{text}?amount=1" if read.network in _SCHEMES else None,
}
_SCHEMES = {"bitcoin": "bitcoin", "ethereum": "ethereum", "litecoin": "litecoin", "tron": "tron", "dogecoin": "dogecoin"}


def main() -> None:
    """Print the tables of docs/benchmarks/address_forms.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=20261129)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    listed = list(_listed(rng))
    made = [(form.make(rng.randbytes(32)), None) for form in FORMS.values() for _ in range(100)]
    for title, entries in ((f"{LISTED:,} listed addresses", listed), ("100 made at random of each of ten forms", made)):
        print(f"\n### {title}\n")
        _ways(entries, rng)
    _false_hits(listed)
    _corrupted(listed, rng)
    _speed(rng)


def _listed(rng: random.Random) -> Iterator[tuple[str, str | None]]:
    """Addresses of the sanctions list and of tags of abuse, with the asset where the list names one of another network."""
    ofac = duckdb.sql(f"SELECT DISTINCT address, asset FROM read_csv('{DATA}/ofac_addresses.csv')").fetchall()
    tags = duckdb.sql(
        f"SELECT DISTINCT address, currency FROM read_parquet('{DATA}/graphsense_tags.parquet') WHERE abuse <> '' ORDER BY 1, 2"
    ).fetchall()
    known = sorted((text, asset) for text, asset in ofac if _read(text, asset) is not None)
    rest = [(text, asset) for text, asset in tags if _read(text, asset) is not None and (text, asset) not in set(known)]
    yield from [*known, *rng.sample(rest, LISTED - len(known))]


def _read(text: str, asset: str | None) -> Address | None:
    try:
        read = read_address(text, asset=asset)
    except AddressError as error:
        return error.address
    return None if read.network == "unknown" else read


def _ways(entries: list[tuple[str, str | None]], rng: random.Random) -> None:
    """How many are found again, written in each way."""
    reads = [(text, asset, read) for text, asset in entries if (read := _read(text, asset)) is not None]
    index = {read.account for _text, _asset, read in reads}
    texts = {text.lower() for text, _asset, _read in reads}
    print(f"{len(reads):,} addresses\n\n| written | addresses | found | of a comparison of texts |\n| --- | ---: | ---: | ---: |")
    total = [0, 0, 0]
    for name, way in WAYS.items():
        written = [(asset, new) for text, asset, read in reads if (new := way(read, text, rng)) is not None]
        found = sum((again := _read(new, asset)) is not None and again.account in index for asset, new in written)
        plain = sum(new.lower() in texts for _asset, new in written)
        total = [a + b for a, b in zip(total, (len(written), found, plain), strict=True)]
        if written:
            print(f"| {name} | {len(written):,} | {_share(found, len(written))} | {_share(plain, len(written))} |")
    print(f"| **all** | {total[0]:,} | **{_share(total[1], total[0])}** | {_share(total[2], total[0])} |")


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"


def _false_hits(listed: list[tuple[str, str | None]]) -> None:
    """Benign labelled Ethereum addresses that the list hits although they are not on it."""
    index = {read.account for text, asset in listed if (read := _read(text, asset)) is not None}
    texts = {text.lower() for text, _asset in listed}
    benign = benign_addresses()
    hits = [each.account for each in benign if each.account in index]
    false = [account for account in hits if account not in texts]
    print(f"\n{len(benign):,} benign labelled Ethereum addresses: {len(false)} false hits ({len(hits)} stand on the list itself)")


def _corrupted(listed: list[tuple[str, str | None]], rng: random.Random) -> None:
    """Listed addresses with one wrong character: refused, unless the form carries no checksum."""
    refused, other, homoglyph = 0, 0, 0
    for text, asset in listed:
        at = rng.randrange(2, len(text))
        letter = rng.choice([c for c in "23456789abcdefABCDEF" if c.lower() != text[at].lower()])
        read = None
        try:
            read = read_address(text[:at] + letter + text[at + 1 :], asset=asset)
        except AddressError:
            refused += 1
        other += read is not None and not {"no_checksum", "not_checked"}.isdisjoint(read.notes)
        try:
            read_address(text[:at] + "\u0430" + text[at + 1 :], asset=asset)
        except AddressError as error:
            homoglyph += error.reason == "homoglyph"
    left = len(listed) - refused - other
    print(f"one wrong character in {len(listed):,}: {refused} refused, {other} of a form without checksum, {left} unnoticed")
    print(f"one Cyrillic letter in {len(listed):,}: {homoglyph} refused and named")


def _speed(rng: random.Random) -> None:
    """How many addresses are read a second, on one core."""
    print("\n| form | read a second | µs each |\n| --- | ---: | ---: |")
    made = {name: [form.make(rng.randbytes(32)) for _ in range(20_000)] for name, form in FORMS.items()}
    made["Ethereum with checksum"] = [checksummed(text[2:]) for text in made["Ethereum"]]
    made["CashAddr without prefix"] = [text.partition(":")[2] for text in made["Bitcoin Cash"]]
    assert cashaddr.MAIN in made["Bitcoin Cash"][0]
    for name, texts in made.items():
        started = time.process_time()
        for text in texts:
            read_address(text)
        seconds = time.process_time() - started
        print(f"| {name} | {len(texts) / seconds:,.0f} | {1e6 * seconds / len(texts):.1f} |")


if __name__ == "__main__":
    main()
