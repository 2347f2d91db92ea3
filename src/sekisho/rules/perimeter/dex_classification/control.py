"""DEX or not: does a venue settle between peers by contracts alone, with nobody at its centre?"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount, Evidence, Step
from sekisho.records import TABLES

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_OF_A_DEX = {"settles_by_contract": True, "peer_to_peer": True, "holds_client_assets": False, "centrally_managed": False}


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """For each venue, as last looked at by the day judged: how many of the marks of a DEX it shows, and which it is.

    Band ``dex`` has all marks, ``not_dex`` lacks one for certain, ``undetermined`` is a venue of which too little is known.
    """
    last = {}
    for row in records.trading_venue.order_by("venue_id", "observed_on").to_pyarrow().to_pylist():
        if row["observed_on"] <= p.as_of:
            last[row["venue_id"]] = row
    for row in last.values():
        shown = {name: None if row[name] is None else row[name] == mark for name, mark in _OF_A_DEX.items()}
        kind = "not_dex" if False in shown.values() else "undetermined" if None in shown.values() else "dex"
        standing = (p.standing or "undetermined") if kind == "dex" else "not a DEX" if kind == "not_dex" else "undetermined"
        yield Amount(
            name="dex_marks",
            as_of=p.as_of,
            value=Decimal(sum(mark is True for mark in shown.values())),
            unit=f"marks of {len(_OF_A_DEX)}",
            band=kind,
            working=tuple(Step(name, str(row[name]).lower(), Decimal(int(mark is True))) for name, mark in shown.items()),
            evidence=(Evidence("trading_venue", TABLES["trading_venue"].name_of(row)),),
            facts={
                "venue": row["venue_id"],
                "name": row["name"],
                "observed_on": row["observed_on"],
                "answer": standing,
                "modifiable": row["modifiable"],
                "not_known": ", ".join(name for name, mark in shown.items() if mark is None),
            },
        )
