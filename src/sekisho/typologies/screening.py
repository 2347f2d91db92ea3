"""Screening: transfers that left, or were credited, held against the lists in force when they did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sekisho.typologies.listed import Listed
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records

OUTCOMES = ("refuse", "hold", "warn")
"""What a firm may want to happen, the gravest first."""

IGNORED = "ignored"
UNNAMED = "unnamed"


class Left(NamedTuple):
    """A transfer that went out, or came in and was credited, at a moment (UTC)."""

    transfer_id: str
    account_id: str
    direction: str
    asset: str
    value_jpy: Decimal
    address: str
    counterparty_vasp: str | None
    left_at: datetime

    @property
    def record(self) -> tuple[str, str]:
        """The transfer as evidence names it."""
        return "transfer", self.transfer_id


def left_transfers(records: Records) -> list[Left]:
    """Every transfer that was released or completed, by account and time; without a time of release, when it was asked for."""
    transfer = records.transfer
    columns = (
        "transfer_id",
        "account_id",
        "direction",
        "asset",
        "value_jpy",
        "address",
        "counterparty_vasp",
        "requested_at",
        "released_at",
    )
    rows = transfer.filter(transfer.status.isin(["released", "completed"])).select(*columns).to_pyarrow().to_pylist()
    left = []
    for row in rows:
        requested_at, released_at = row.pop("requested_at"), row.pop("released_at")
        left.append(Left(**row, left_at=in_utc(requested_at if released_at is None else released_at)))
    return sorted(left, key=lambda one: (one.account_id, one.left_at, one.transfer_id))


def releases(records: Records) -> Mapping[str, datetime]:
    """When somebody first released each request that was held, stated as an event of its own."""
    event = records.optional("request_event")
    first: dict[str, datetime] = {}
    for row in event.filter(event.kind == "released").select("request_id", "occurred_at").to_pyarrow().to_pylist():
        at = in_utc(row["occurred_at"])
        first[row["request_id"]] = min(at, first.get(row["request_id"], at))
    return first


def reviewed(one: Left, released: Mapping[str, datetime]) -> bool:
    """Whether somebody had looked at a transfer that waited, and released it, by the time it left."""
    at = released.get(one.transfer_id)
    return at is not None and at <= one.left_at


def of_kind(hits: Iterable[Listed], *kinds: str) -> tuple[Listed, ...]:
    """Those entries that are on lists of these kinds."""
    return tuple(hit for hit in hits if hit.kind in kinds)


def gravest(categories: Iterable[str], wanted: Mapping[str, Iterable[str]]) -> str | None:
    """What a firm wants to happen with some categories: the gravest of OUTCOMES, ``unnamed`` where it named one nowhere.

    ``wanted`` holds the categories under each outcome and under ``ignored``. None where there is nothing, or all is ignored.
    """
    known = {category: outcome for outcome in (IGNORED, "warn", "hold", "refuse") for category in wanted[outcome]}
    found = {known.get(category, UNNAMED) for category in categories}
    return next((outcome for outcome in ("refuse", UNNAMED, "hold", "warn") if outcome in found), None)


def allowed(outcome: str, direction: str) -> str:
    """What can be done about a transfer: coins that have come in can no longer be refused, they are held."""
    return "hold" if direction == "in" and outcome == "refuse" else outcome


def names(hits: Iterable[Listed]) -> list[str]:
    """The lists and versions that entries are on, each once."""
    return sorted({hit.named for hit in hits})


def subjects(hits: Iterable[Listed]) -> list[str]:
    """Whom entries name, each once."""
    return sorted({hit.subject for hit in hits if hit.subject})


T = TypeVar("T", bound=Left)


def by_account(transfers: Iterable[T]) -> Iterable[tuple[str, list[T]]]:
    """Transfers by account, in order."""
    grouped: dict[str, list[T]] = defaultdict(list)
    for one in transfers:
        grouped[one.account_id].append(one)
    return sorted(grouped.items())


def window(transfers: Sequence[Left]) -> dict[str, Any]:
    """From the first to just after the last moment at which one left."""
    times = [one.left_at for one in transfers]
    return {"window_from": min(times), "window_until": max(times) + timedelta.resolution}


def words_of(stated: str | Sequence[str]) -> tuple[str, ...]:
    """Words a firm states, as a list or in one text with commas; an empty text states none."""
    return _words(stated if isinstance(stated, str) else tuple(stated))


@lru_cache(maxsize=1024)
def _words(stated: str | tuple[str, ...]) -> tuple[str, ...]:
    words = stated.split(",") if isinstance(stated, str) else stated
    return tuple(word.strip() for word in words if word.strip())
