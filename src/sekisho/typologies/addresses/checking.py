"""Checks payments that are asked for against the addresses each client has paid before: one verdict for each, in their order."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from sekisho.records.addresses import Address, AddressError, read_address
from sekisho.typologies.addresses.book import AddressBook, Resemblance

VERDICTS = ("malformed", "wrong_network", "lookalike", "known", "clear")
"""In order of precedence; an address that is known under another form than the one usual for its network is still known."""
EVERYBODY = ""


class Limits(NamedTuple):
    """From when on an address counts as a look-alike.

    ``bits_min`` bits must speak for it, and at most ``chance_max`` of a book's addresses may look as much like it by chance. One
    that sent this client dust before needs ``dust_bits`` less, and its chance counts ``dust_share`` of what it does otherwise.
    """

    bits_min: float
    chance_max: float
    dust_bits: float
    dust_share: float


class Candidate(NamedTuple):
    """One payment asked for, as it was written; ``row`` counts from 1; ``dust`` where the address sent the client dust before."""

    row: int
    address: str
    id: str | None = None
    client_id: str | None = None
    asset: str | None = None
    network: str | None = None
    tag: str | None = None
    value_jpy: Decimal | None = None
    dust: bool = False


class Verdict(NamedTuple):
    """What is said of one payment. ``read`` is the address where it could be read, ``wrong`` why it could not or must not be."""

    candidate: Candidate
    verdict: str
    read: Address | None
    wrong: AddressError | None
    resembles: Resemblance | None
    known: Address | None


class Books:
    """The books of all clients; without a client, or without ``by_client``, one of everybody."""

    def __init__(self, by_client: bool = True) -> None:
        self.by_client = by_client
        self._books: dict[str, AddressBook] = defaultdict(AddressBook)
        self._everybody: AddressBook | None = None

    def __len__(self) -> int:
        return sum(map(len, self._books.values()))

    @property
    def clients(self) -> int:
        """How many clients have a book."""
        return len(self._books)

    def learn(self, client_id: str | None, address: Address) -> None:
        """Add an address to a client's book."""
        self._books[client_id or EVERYBODY].add(address)
        self._everybody = None

    def of(self, client_id: str | None) -> AddressBook:
        """The book of a client; of everybody where none is named, empty for one who has none."""
        if client_id and self.by_client:
            return self._books.get(client_id, _EMPTY)
        if list(self._books) == [EVERYBODY]:
            return self._books[EVERYBODY]
        if self._everybody is None:
            self._everybody = AddressBook(address for book in self._books.values() for address in book)
        return self._everybody


_EMPTY = AddressBook()


def verdict_of(candidate: Candidate, book: AddressBook, limits: Limits) -> Verdict:
    """Malformed or on the wrong network, known, a look-alike of a known one, or clear."""
    try:
        read = read_address(candidate.address, asset=candidate.asset, network=candidate.network, tag=candidate.tag)
    except AddressError as wrong:
        return _wrong(candidate, wrong, book, limits)
    known = book.known(read, candidate.asset is None and candidate.network is None)
    if known is not None:
        return Verdict(candidate, "known", read, None, None, known)
    found = look_alike(read, book, limits, candidate.dust)
    return Verdict(candidate, "clear" if found is None else "lookalike", read, None, found, None)


def look_alike(read: Address, book: AddressBook, limits: Limits, dust: bool = False) -> Resemblance | None:
    """The known address that this one may be mistaken for, beyond what chance explains; None where there is none."""
    found = book.nearest(read, limits.bits_min - limits.dust_bits if dust else limits.bits_min)
    if found is None:
        return None
    if dust:
        found = found._replace(chance=found.chance * limits.dust_share)
    return found if found.chance <= limits.chance_max else None


def _wrong(candidate: Candidate, wrong: AddressError, book: AddressBook, limits: Limits) -> Verdict:
    """Where something is wrong, a known address close to it says what was probably meant."""
    read = wrong.address
    if read is not None:
        known = book.known(read, True)
        if known is not None and wrong.reason == "legacy_for_bitcoin_cash":
            return Verdict(candidate, "known", read, None, None, known)
        return Verdict(candidate, wrong.verdict, read, wrong, None if known else look_alike(read, book, limits), known)
    return Verdict(candidate, wrong.verdict, None, wrong, book.nearest_text(candidate.address, limits.bits_min), None)
