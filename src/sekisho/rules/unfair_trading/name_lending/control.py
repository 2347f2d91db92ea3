"""Borrowed names: accounts of people who have nothing to do with each other, run by one hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.order_streams import map_streams
from sekisho.typologies.one_hand import Hand, Weights, circles_of, entered_together, hands, in_step, sharing, uses_of

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each group of accounts that share a device or an address and show other signs of one hand."""
    uses, circles = uses_of(records), circles_of(records)
    devices = sharing(uses, "device_id", circles, p.device_accounts_max)
    addresses = sharing(uses, "ip", circles, p.address_accounts_max)
    pairs = sorted({*devices, *addresses})
    look = partial(entered_together, pairs=pairs, within_seconds=float(p.together_seconds_max))
    parts = map_streams(records, look) if pairs and "order_event" in records.present else ()
    steps = in_step(parts, p.together_min, p.against_chance_min)
    weights = Weights(p.weight_device, p.weight_address, p.weight_funding, p.weight_together, p.weight_several)
    found = hands(uses, (devices, addresses), steps, weights)
    yield from (_found(hand) for hand in found if hand.score >= p.score_min)


def _found(hand: Hand) -> Found:
    moments = [use.occurred_at for use in hand.events]
    accounts = [("account", account) for account in hand.accounts]
    events = [("account_event", use.record_id) for use in hand.events]
    orders = [("order", order) for order in hand.orders]
    return Found(
        subject_kind="accounts",
        subject_id="|".join(hand.accounts),
        window_from=min(moments),
        window_until=max(moments) + timedelta.resolution,
        score=hand.score,
        evidence=tuple(sorted({Evidence(*name) for name in (*accounts, *events, *orders)})),
        facts={
            "accounts": len(hand.accounts),
            "devices": hand.devices,
            "addresses": hand.addresses,
            "others_money": hand.others_money,
            "orders": len(hand.orders),
            "first_at": min(moments),
            "last_at": max(moments),
        },
    )
