"""Wallet class: a wallet is cold only while no device with a key of it was ever on a network, whatever the books call it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from ibis import _

from sekisho.engine.answers import Fact, Found, Outcome, Reason, Severity
from sekisho.engine.assessed_items import evidence_of
from sekisho.engine.requests import WalletRequest
from sekisho.typologies.valuation import whole_days
from sekisho.typologies.wallet_keys import connections

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each wallet that is called cold although a device with a key of it had been on a network by then."""
    online = connections(records) if p.connected_is_not_cold else {}
    cold = records.wallet.filter((_.tier == "cold") & ~_.ever_online, _.holder != "own").select("wallet_id", "asset")
    for row in cold.order_by("wallet_id").to_pyarrow().to_pylist():
        connected = online.get(row["wallet_id"])
        if connected is not None and connected.since <= p.as_of:
            yield Found(
                subject_kind="wallet",
                subject_id=row["wallet_id"],
                asset=row["asset"],
                **whole_days(connected.since, p.as_of),
                score=Decimal(1),
                severity=Severity.high,
                evidence=evidence_of({("wallet", row["wallet_id"]), *connected.names}),
                facts={
                    "wallet": row["wallet_id"],
                    "asset": row["asset"],
                    "device": connected.device,
                    "connected_at": connected.connected_at,
                    "since": connected.since,
                },
            )


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Refuse the class cold to a wallet with a key on a device that was on a network; hold it while no device is named."""
    if not isinstance(request, WalletRequest) or request.tier != "cold" or not p.connected_is_not_cold:
        return
    if not request.devices:
        yield Reason(outcome=Outcome.hold, sentence="no_device", facts={"wallet": request.wallet_id})
    for device in request.devices:
        connected_at = view.first_connected_at(device)
        if connected_at is not None:
            facts: dict[str, Fact] = {"wallet": request.wallet_id, "device": device, "connected_at": connected_at}
            yield Reason(outcome=Outcome.refuse, sentence="refused", facts=facts)
