"""DEX or not: does a venue settle between peers by contracts alone, with nobody at its centre?"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.records import TABLES
from sekisho.typologies.valuation import whole_days

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_OF_A_DEX = {"settles_by_contract": True, "peer_to_peer": True, "holds_client_assets": False, "centrally_managed": False}


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """For each venue, as last looked at by the day judged, what it is: with all marks a DEX, without one for certain none."""
    last = {}
    for row in records.trading_venue.order_by("venue_id", "observed_on").to_pyarrow().to_pylist():
        if row["observed_on"] <= p.as_of:
            last[row["venue_id"]] = row
    for row in last.values():
        shown = {name: None if row[name] is None else row[name] == mark for name, mark in _OF_A_DEX.items()}
        kind = "not_dex" if False in shown.values() else "undetermined" if None in shown.values() else "default"
        yield Found(
            subject_kind="venue",
            subject_id=row["venue_id"],
            **whole_days(row["observed_on"], row["observed_on"]),
            score=Decimal(0),
            sentence=kind,
            evidence=(Evidence("trading_venue", TABLES["trading_venue"].name_of(row)),),
            facts={
                "venue": row["venue_id"],
                "name": row["name"],
                "observed_on": row["observed_on"],
                "answer": (p.standing or "undetermined") if kind == "default" else "not said to be outside registration",
                "modifiable": row["modifiable"],
                "contrary": ", ".join(f"{name}: {str(row[name]).lower()}" for name, mark in shown.items() if mark is False),
                "not_known": ", ".join(name for name, mark in shown.items() if mark is None),
            },
        )
