"""Payments to addresses that look like one the payer has paid before: before they leave, and among those that left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ibis import _

from sekisho.records.addresses import Address, AddressError, read_address
from sekisho.typologies.addresses.book import AddressBook, Resemblance
from sekisho.typologies.addresses.checking import Limits, look_alike
from sekisho.typologies.addresses.telling import differing, shown
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records


class Payment(Protocol):
    """A transfer out: the columns of ``transfer``, and where they are known the network and the tag beside the address."""

    @property
    def transfer_id(self) -> str: ...
    @property
    def requested_at(self) -> datetime: ...
    @property
    def account_id(self) -> str: ...
    @property
    def asset(self) -> str: ...
    @property
    def value_jpy(self) -> Decimal: ...
    @property
    def address(self) -> str: ...


class Poisoned(NamedTuple):
    """A payment to an address that looks like ``known``, which transfers ``known_by`` had paid. Times are UTC.

    ``first`` and ``last`` characters agree (the fixed part left out); places are counted from 1 in the address shown. ``chance`` is
    how many of the account's addresses an ordinary one would resemble as much; ``tag`` where only the tag differs.
    """

    transfer_id: str
    account_id: str
    asset: str
    value_jpy: Decimal
    requested_at: datetime
    left_at: datetime | None
    address: str
    known: str
    first: int
    last: int
    differs_from: int
    differs_until: int
    chance: Decimal
    dust: bool
    tag: bool
    known_by: tuple[str, ...]

    @property
    def one_in(self) -> int:
        """In how many payments to new addresses chance does this once, to two figures."""
        return int(Decimal(f"{1 / self.chance:.1e}"))


def poisoned(payment: Payment, book: AddressBook, received_jpy: Callable[[], Sequence[Decimal]], values: Any) -> Poisoned | None:
    """Whether a payment goes to a look-alike of the book.

    ``received_jpy`` tells what that address had sent the account before; it is asked only where there is a likeness at all.
    """
    if not len(book):
        return None
    read = read_or_none(payment.address, payment.asset, getattr(payment, "network", None), getattr(payment, "address_tag", None))
    if read is None or read in book:
        return None
    limits = limits_of(values)
    if book.nearest(read, limits.bits_min - limits.dust_bits) is None:
        return None
    received = received_jpy()
    dust = bool(received) and max(received) <= values.dust_jpy_max
    found = look_alike(read, book, limits, dust)
    return None if found is None else _poisoned(payment, read, found, dust)


def limits_of(values: Any) -> Limits:
    """The rule's parameters as the measure takes them."""
    return Limits(*(float(getattr(values, name)) for name in Limits._fields))


def read_or_none(address: str, asset: str, network: str | None = None, tag: str | None = None) -> Address | None:
    """The address, also where it is one of another network or of the old form; None where the text is none at all."""
    read = read_once(address, asset, network, tag)
    return read.address if isinstance(read, AddressError) else read


@lru_cache(maxsize=65_536)
def read_once(address: str, asset: str, network: str | None, tag: str | None) -> Address | AddressError:
    """The address, or why it is none: several rules ask about one request, and clients pay the same place again."""
    try:
        return read_address(address, asset=asset, network=network, tag=tag)
    except AddressError as error:
        return error.with_traceback(None)


def paid_look_alikes(records: Records, values: Any) -> Iterator[Poisoned]:
    """Payments that left to look-alikes of what their account had paid by the time they were asked for, account by account."""
    for _account, rows in groupby(_several_destinations(records), key=itemgetter("account_id")):
        yield from _look_alikes([_moved(row) for row in rows], values)


def _several_destinations(records: Records) -> Iterator[dict[str, Any]]:
    """Transfers of accounts that sent to more than one address, account by account, a batch at a time."""
    transfer = records.transfer
    several = transfer.filter(_.direction == "out").group_by("account_id").aggregate(addresses=_.address.nunique())
    kept = transfer.semi_join(several.filter(_.addresses > 1), "account_id").order_by("account_id", "transfer_id")
    for batch in kept.select(*_COLUMNS).to_pyarrow().to_batches(max_chunksize=_BATCH):
        yield from batch.to_pylist()


class _Moved(NamedTuple):
    transfer_id: str
    requested_at: datetime
    account_id: str
    direction: str
    asset: str
    value_jpy: Decimal
    address: str
    left_at: datetime | None


_COLUMNS = ("transfer_id", "requested_at", "account_id", "direction", "asset", "value_jpy", "address", "released_at", "status")


def _moved(row: dict[str, Any]) -> _Moved:
    requested_at, released_at = in_utc(row["requested_at"]), row["released_at"]
    left_at = None if released_at is None else in_utc(released_at)
    if left_at is None and row["status"] in {"released", "completed"}:
        left_at = requested_at
    known = {name: row[name] for name in _Moved._fields if name in row}
    return _Moved(**{**known, "requested_at": requested_at, "left_at": left_at})


def _look_alikes(moved: Sequence[_Moved], values: Any) -> Iterator[Poisoned]:
    """One account's transfers in order of their requests; the book grows by what had left before each."""
    outward = [each for each in moved if each.direction == "out" and each.left_at is not None]
    if len({each.address for each in outward}) < 2:
        return
    received: dict[str, list[_Moved]] = defaultdict(list)
    for each in moved:
        if each.direction == "in":
            received[each.address].append(each)
    leaving = sorted(outward, key=lambda each: (each.left_at, each.transfer_id))
    book, paid, at = AddressBook(), defaultdict[str, list[str]](list), 0
    for payment in sorted(outward, key=lambda each: (each.requested_at, each.transfer_id)):
        while at < len(leaving) and (left_at := leaving[at].left_at) is not None and left_at < payment.requested_at:
            read = read_or_none(leaving[at].address, leaving[at].asset)
            if read is not None:
                book.add(read)
                paid[shown(read)].append(leaving[at].transfer_id)
            at += 1
        came = [each.value_jpy for each in received.get(payment.address, ()) if each.requested_at < payment.requested_at]
        found = poisoned(payment, book, came.copy, values)
        if found is not None:
            yield found._replace(left_at=payment.left_at, known_by=tuple(paid[found.known][:_KNOWN_BY_MAX]))


_BATCH = 65_536
_KNOWN_BY_MAX = 5
"""Earlier payments named as evidence that an address is known; one would do."""


def _poisoned(payment: Payment, read: Address, found: Resemblance, dust: bool) -> Poisoned:
    known, address = shown(found.known), shown(read)
    differs_from, differs_until = differing(known, address)
    return Poisoned(
        payment.transfer_id,
        payment.account_id,
        payment.asset,
        payment.value_jpy,
        payment.requested_at,
        None,
        address,
        known,
        found.first,
        found.last,
        differs_from,
        differs_until,
        rounded(found.chance),
        dust,
        found.tag,
        (),
    )


def rounded(chance: float) -> Decimal:
    """Three figures of a chance, as an exact decimal."""
    return Decimal(f"{chance:.2e}").normalize() + 0


def books_of(addresses: Iterable[tuple[str, str]]) -> AddressBook:
    """The book of the addresses an account has paid, each with the asset it was paid in; texts that are no address are left out."""
    book = AddressBook()
    for address, asset in addresses:
        read = read_or_none(address, asset)
        if read is not None:
            book.add(read)
    return book
