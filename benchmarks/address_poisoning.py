"""Look-alike addresses: what is caught at what rate of false alerts, on real victims and own look-alikes of every form; time.

Run: ``python -m benchmarks.address_poisoning [--part victims|forms|pairs|speed] [--seed 20261129]``

Victims: each confirmed victim's book is the address meant and random benign labelled addresses; the candidate is the address paid.
Ordinary withdrawals: the same books, a benign address that is not in them. Forms: an own attacker who tries as many keys as his
budget allows and spends them on first and last characters as he likes. Beside it stands the rule of wallets: the same first and
last four characters (the default of MetaMask's phishing-controller 17.3.1), and other fixed numbers of characters.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np

from sekisho.records.addresses import Address, base58, bech32, cashaddr, read_address, stellar
from sekisho.rulebook import load_rulebook
from sekisho.typologies.addresses import AddressBook
from sekisho.typologies.addresses.checking import Limits, look_alike
from sekisho.typologies.addresses.poisoning import limits_of
from sekisho.typologies.addresses.resemblance import SHOWN, digits_of

DATA = Path(os.environ.get("SEKISHO_DATA", "../shared/data")) / "transfers"
BOOKS = (10, 100, 1_000)
FIXED_RULES = ((4, 4), (3, 4), (3, 3), (2, 4))
_SCAM = re.compile(r"scam|phish|fraud|hack|fake|exploit|ponzi|abuse|heist", re.IGNORECASE)


def main() -> None:
    """Print the tables of docs/benchmarks/address_poisoning.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=["victims", "forms", "pairs", "speed"], help="only this part")
    parser.add_argument("--seed", type=int, default=20261129)
    options = parser.parse_args()
    parts = {"victims": victims, "forms": forms, "pairs": pairs, "speed": speed}
    rule = load_rulebook()["transfers/poisoned_address"]
    limits = limits_of(_Values({name: parameter.values[0].value for name, parameter in rule.parameters.items()}))
    print(limits)
    for name, part in parts.items():
        if options.part in (None, name):
            print(f"\n### {name}, seed {options.seed}\n", flush=True)
            part(limits, options.seed)


class _Values:
    def __init__(self, values: dict[str, object]) -> None:
        self.__dict__.update(values)


class Count(NamedTuple):
    """How many look-alikes were told of how many, the value of each, and the same for ordinary withdrawals."""

    told: int
    of: int
    value_told: float
    value: float
    false: int
    ordinary: int

    @property
    def cells(self) -> str:
        """Recall by number and value, false alerts by thousand."""
        by_value = f"{100 * self.value_told / self.value:.1f} %" if self.value else "-"
        return f"{100 * self.told / self.of:.1f} % | {by_value} | {1000 * self.false / self.ordinary:.2f}"


Alert = Callable[[Address], bool]
Rule = Callable[[Sequence[Address], AddressBook], Alert]
"""A rule, given what a client knows, says of an address whether it warns of it."""


def ours(limits: Limits) -> Rule:
    """The measure of this project."""
    return lambda _known, book: lambda address: address not in book and look_alike(address, book, limits) is not None


def fixed(first: int, last: int) -> Rule:
    """So many first and last characters, the fixed part left out, letters' case aside for hexadecimal digits."""

    def rule(known: Sequence[Address], book: AddressBook) -> Alert:
        ends = {_ends(each, first, last) for each in known}
        return lambda address: address not in book and _ends(address, first, last) in ends

    return rule


def _ends(address: Address, first: int, last: int) -> tuple[str, str]:
    core = address.account[address.fixed :]
    return address.account[: address.fixed] + core[:first], core[-last:]


def victims(limits: Limits, seed: int) -> None:
    """Recall on the confirmed victims, and false alerts of withdrawals to benign labelled addresses."""
    benign = benign_addresses()
    rows = duckdb.sql(
        f"SELECT intended_addr, lookalike_addr, value_usd FROM read_csv('{DATA}/address_poisoning/payoff_transfers.csv.gz')"
    ).fetchall()
    print(f"{len(rows):,} payments of victims, {len(benign):,} benign addresses, 50 ordinary withdrawals to each book\n")
    print("| book: meant + benign | rule | recall by number | by value | false alerts per 1,000 |")
    print("| ---: | --- | ---: | ---: | ---: |")
    for size in BOOKS:
        rules = {"**ours**": ours(limits), **{f"{p}+{s}": fixed(p, s) for p, s in FIXED_RULES}}
        rng = random.Random(seed)
        tallies = {name: np.zeros(6) for name in rules}
        for meant_text, paid_text, value in rows:
            meant, paid = read_address(meant_text), read_address(paid_text)
            known = [meant, *rng.sample(benign, size)]
            book = AddressBook(known)
            ordinary = [each for each in rng.sample(benign, 50) if each not in book]
            for name, rule in rules.items():
                alert = rule(known, book)
                hit, false = alert(paid), sum(map(alert, ordinary))
                tallies[name] += [hit, 1, hit * value, value, false, len(ordinary)]
        for name, tally in tallies.items():
            print(f"| {size:,} | {name} | {Count(*tally).cells} |", flush=True)


def benign_addresses() -> list[Address]:
    """Ethereum addresses of services and exchanges by their tags, without those a tag calls bad."""
    rows = duckdb.sql(
        f"SELECT DISTINCT lower(trim(address)), abuse, label || ' ' || pack || ' ' || category || ' ' || service "
        f"FROM read_parquet('{DATA}/address_tags/graphsense_tags.parquet') "
        "WHERE currency = 'ETH' AND regexp_matches(pack, '^(defi|etherscan|exchange-wallets|eosio)')"
    ).fetchall()
    return [read_address(text) for text in sorted({text for text, abuse, words in rows if not abuse and not _SCAM.search(words)})]


class Form(NamedTuple):
    """A form of address: how one is made from random bytes, and its characters."""

    make: Callable[[bytes], str]
    letters: str


FORMS = {
    "Ethereum": Form(lambda b: f"0x{b[:20].hex()}", "0123456789abcdef"),
    "Bitcoin bc1q": Form(lambda b: bech32.encoded("bc", [0, *bech32.five_bits(b[:20])], bech32.BECH32), bech32.CHARSET),
    "Bitcoin bc1p": Form(lambda b: bech32.encoded("bc", [1, *bech32.five_bits(b)], bech32.BECH32M), bech32.CHARSET),
    "Bitcoin 1…": Form(lambda b: base58.check_encoded(b"\0" + b[:20]), base58.BITCOIN),
    "Bitcoin Cash": Form(lambda b: cashaddr.encoded(cashaddr.MAIN, 0, b[:20]), bech32.CHARSET),
    "Tron": Form(lambda b: base58.check_encoded(b"\x41" + b[:20]), base58.BITCOIN),
    "XRP": Form(lambda b: base58.check_encoded(b"\0" + b[:20], base58.RIPPLE), base58.RIPPLE),
    "Solana": Form(base58.encoded, base58.BITCOIN),
    "Stellar": Form(lambda b: stellar.encoded("account", b), "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    "Cardano": Form(lambda b: bech32.encoded("addr", [*bech32.five_bits(b"\x61" + b[:28])], bech32.BECH32), bech32.CHARSET),
}
BUDGETS = (20, 24, 28, 32, 36, 40)
"""Keys an attacker tries, as powers of two: 2^20 takes a second on one core, 2^40 a day on a few graphics cards."""


def forms(limits: Limits, seed: int) -> None:
    """Recall on look-alikes of every form by the attacker's budget, and false alerts on random addresses."""
    print("| form | book | " + " | ".join(f"2^{b} keys" for b in BUDGETS) + " | all | 4+4 on the same | false alerts per 1,000 |")
    print("| --- | ---: |" + " ---: |" * (len(BUDGETS) + 3))
    for name, form in FORMS.items():
        rng = random.Random(f"{seed} {name}")
        for size in (*BOOKS, 100_000):
            if size == 100_000 and name not in {"Ethereum", "Bitcoin bc1q", "Tron"}:
                continue
            known = [read_address(form.make(rng.randbytes(32))) for _ in range(size)]
            book = AddressBook(known)
            alert, wallet = ours(limits)(known, book), fixed(4, 4)(known, book)
            told: Counter[int] = Counter()
            by_wallet = 0
            each = 300
            for budget in BUDGETS:
                for _ in range(each):
                    target = rng.choice(known)
                    made = attacked(target, budget, form.letters, rng)
                    told[budget] += alert(made)
                    by_wallet += wallet(made)
            ordinary = 20_000
            false = sum(alert(read_address(form.make(rng.randbytes(32)))) for _ in range(ordinary))
            cells = " | ".join(f"{100 * told[b] / each:.1f} %" for b in BUDGETS)
            together = 100 * told.total() / each / len(BUDGETS)
            wallets = 100 * by_wallet / each / len(BUDGETS)
            print(
                f"| {name} | {size:,} | {cells} | {together:.1f} % | {wallets:.1f} % | {1000 * false / ordinary:.2f} |", flush=True
            )


def attacked(target: Address, budget_bits: int, letters: str, rng: random.Random) -> Address:
    """The best look-alike that 2^budget keys buy, spent on first and last characters in a way drawn at random.

    The checksum is left as it falls: the measure does not read it, and an attacker's key has a right one.
    """
    digits = digits_of(target.digits, target.account[: target.fixed])
    shapes = [
        (first, last)
        for first in range(SHOWN + 1)
        for last in range(SHOWN + 1)
        if 0 <= budget_bits - _cost(first, last, digits.first_bits, digits.letter_bits) < digits.letter_bits
    ]
    # One side alone deceives few; half of the attackers split evenly, the others as they like.
    even = [shape for shape in shapes if abs(shape[0] - shape[1]) <= 2]
    first, last = rng.choice(even if even and rng.random() < 0.5 else shapes)
    core = target.account[target.fixed :]
    middle = [rng.choice(letters) for _ in range(len(core) - first - last)]
    for at, original in ((0, core[first]), (-1, core[len(core) - last - 1])):
        while middle[at] == original:
            middle[at] = rng.choice(letters)
    made = core[:first] + "".join(middle) + (core[-last:] if last else "")
    return target._replace(account=target.account[: target.fixed] + made)


def _cost(first: int, last: int, first_bits: float, letter_bits: float) -> float:
    return (first_bits + (first - 1) * letter_bits if first else 0.0) + last * letter_bits


def pairs(limits: Limits, seed: int) -> None:
    """Benign labelled addresses that look alike although nobody meant them to."""
    benign = benign_addresses()
    all_pairs = len(benign) * (len(benign) - 1) // 2
    print(f"{len(benign):,} benign addresses, {all_pairs:,} pairs\n")
    print("| rule | colliding pairs | by chance alone |\n| --- | ---: | ---: |")
    for first, last in FIXED_RULES:
        counts = Counter(_ends(each, first, last) for each in benign)
        found = sum(n * (n - 1) // 2 for n in counts.values())
        print(f"| {first}+{last} | {found} | {all_pairs * 16.0 ** -(first + last):.2f} |")
    chances = _chances_of_pairs(benign, limits)
    for size in BOOKS:
        told = sum(chance * size / len(benign) <= limits.chance_max for chance in chances)
        print(f"| ours, in a book of {size:,} | {told} | {all_pairs * limits.chance_max / size:.2f} at most |")
    zeros = [each for each in benign if each.account.startswith("0x000000")]
    alert = ours(limits)(zeros[:-1], AddressBook(zeros[:-1]))
    print(f"\n{len(zeros)} begin with six zeros; in a book of the others, the last one is {'' if alert(zeros[-1]) else 'not '}told")


def _chances_of_pairs(benign: Sequence[Address], limits: Limits) -> list[float]:
    """For each address the chance of the likeness to its nearest one before it, in a book of all."""
    book, chances = AddressBook(), []
    for each in benign:
        found = book.nearest(each, limits.bits_min)
        if found is not None:
            chances.append(found.chance * len(benign) / len(book))
        book.add(each)
    return chances


def speed(limits: Limits, seed: int) -> None:
    """Time of one check: reading the address, and looking it up, against books of up to 100,000."""
    print("| form | book | read p50 | read p99 | look-up p50 | look-up p99 | of a look-alike p50 |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in ("Ethereum", "Bitcoin bc1q", "Tron"):
        form, rng = FORMS[name], random.Random(f"{seed} speed {name}")
        for size in (10, 1_000, 100_000):
            known = [read_address(form.make(rng.randbytes(32))) for _ in range(size)]
            book = AddressBook(known)
            reads, looks, hits = [], [], []
            for _ in range(20_000):
                text = form.make(rng.randbytes(32))
                started = time.perf_counter_ns()
                read = read_address(text)
                middle = time.perf_counter_ns()
                look_alike(read, book, limits)
                looks.append(time.perf_counter_ns() - middle)
                reads.append(middle - started)
            for _ in range(1_000):
                made = attacked(rng.choice(known), 32, form.letters, rng)
                started = time.perf_counter_ns()
                look_alike(made, book, limits)
                hits.append(time.perf_counter_ns() - started)
            figures = (*np.percentile(reads, [50, 99]), *np.percentile(looks, [50, 99]), np.percentile(hits, 50))
            print(f"| {name} | {size:,} | " + " | ".join(f"{each / 1000:.1f} µs" for each in figures) + " |", flush=True)


if __name__ == "__main__":
    main()
