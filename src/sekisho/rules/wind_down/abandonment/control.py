"""Abandoned client assets: an exchange that closed or lost its registration still holds them, and nothing goes back any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.typologies.custody import MONEY, Name, read_chain, share
from sekisho.typologies.estate import there
from sekisho.typologies.valuation import JAPAN, Cutoff, starts_at
from sekisho.typologies.winding import Event, Progress, last_return, progress, read_events

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

STARTS = ("ceased", "revoked", "closure_planned", "dissolution_planned")
LOST_FROM_SIGHT = ("whereabouts_notice",)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding when client assets are still open and the last return, or else the end itself, lies too many days back."""
    events = [one for one in read_events(records, STARTS, p.as_of) if one.effective_on <= p.as_of]
    began = min(events, key=lambda one: (one.effective_on, one.event_id), default=None)
    if began is None:
        return
    left = [one for one in progress(records, began.effective_on, p.as_of, 0) if one.outstanding]
    last = last_return(records, began.effective_on, p.as_of)
    still_since = (last[1] + JAPAN).date() if last else began.effective_on
    days = (p.as_of - still_since).days
    if left and days > p.still_days_max:
        yield _still(records, began, left, last[0] if last else None, still_since, p)


def _still(records: Records, began: Event, left: list[Progress], last: str | None, since: date, p: Parameters) -> Found:
    sought = read_events(records, LOST_FROM_SIGHT, p.as_of)
    names: set[Name] = {began.name, *(one.name for one in sought)}
    if last is not None:
        names.add(("asset_return", last))
    held = _held(records, p)
    names |= held
    days = (p.as_of - since).days
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        window_from=starts_at(since),
        window_until=starts_at(p.as_of + timedelta(days=1)),
        score=share(Decimal(days - p.still_days_max), Decimal(days)),
        sentence="whereabouts_not_known" if sought else "default",
        evidence=tuple(sorted(Evidence(*name) for name in names)),
        facts={
            "event": began.kind,
            "began_on": began.effective_on,
            "still_since": since,
            "days_still": days,
            "days_since_end": (p.as_of - began.effective_on).days,
            "any_return": last is not None,
            "clients_left": max(one.clients_left for one in left),
            "outstanding": [f"{one.asset}={one.outstanding.normalize():f}" for one in left],
            "held": sorted({name[1].partition("|")[0] for name in held}) or None,
            "assets": [one.asset for one in left if one.asset != MONEY] or None,
        },
    )


def _held(records: Records, p: Parameters) -> set[Name]:
    """The balances of the wallets that still hold client assets: they are under the firm's control."""
    if not {"wallet", "wallet_balance"} <= records.present:
        return set()
    seen = there(read_chain(records, Cutoff.parse(p.cutoff)), p.as_of)
    return {name for one in seen if one.quantity for name in one.names if name[0] == "wallet_balance"}
