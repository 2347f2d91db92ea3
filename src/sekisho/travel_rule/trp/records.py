"""Notices as records: rows of ``travel_rule_notice`` for the gate and the inspection, matched with the firm's transfers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from sekisho.travel_rule.trp.store import APPROVED, CANCELLED, CONFIRMED, INQUIRY, RECEIVED, REJECTED, Notice, Store

if TYPE_CHECKING:
    from sekisho.records import Records

_STEPS = {APPROVED: "accepted", REJECTED: "rejected", CONFIRMED: "confirmed", CANCELLED: "cancelled"}
NETWORK = "TRP"


def notice_rows(store: Store, notices: Iterable[Notice] | None = None) -> Iterator[dict[str, Any]]:
    """Every step of every notice, under the columns of ``travel_rule_notice``."""
    for notice in store.notices() if notices is None else notices:
        for step, occurred_at in store.steps(notice):
            yield {
                "notice_id": notice.notice_id,
                "step": notice.side if step == INQUIRY else _STEPS[step],
                "occurred_at": occurred_at,
                "transfer_id": notice.transfer_id,
                "role": notice.role,
                "vasp_id": notice.vasp_id,
                "network": NETWORK,
                "payload": _payload(store, notice) if step == INQUIRY else None,
                "txid": notice.txid if step == CONFIRMED else None,
            }


def match_transfers(store: Store, records: Records) -> int:
    """Match received notices with the coins that came in by the transaction their sender confirmed; how many were matched."""
    transfer = records.optional("transfer")
    rows = transfer.filter((transfer.direction == "in") & transfer.txid.notnull()).select("transfer_id", "txid").to_pyarrow()
    by_txid: dict[str, list[str]] = {}
    for row in rows.to_pylist():
        by_txid.setdefault(row["txid"], []).append(row["transfer_id"])
    matched = 0
    for notice in store.notices():
        if notice.side == RECEIVED and notice.txid is not None and notice.transfer_id is None:
            transfers = by_txid.get(notice.txid, [])
            # One transaction may pay several customers: which of them a notice is about, a person must then say.
            if len(transfers) == 1:
                store.match(notice, transfers[0])
                matched += 1
    return matched


def _payload(store: Store, notice: Notice) -> str | None:
    content = store.content(notice, INQUIRY)
    return None if content is None else msgspec.json.encode(msgspec.json.decode(content)["IVMS101"]).decode()
