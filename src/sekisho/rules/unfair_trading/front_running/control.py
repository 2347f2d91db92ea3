"""Front running: trades for one's own benefit ahead of a customer's order, at its price or a better one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.order_streams import map_streams
from sekisho.typologies.front_running import Run, Shape, known_leads, runs_beyond_chance, runs_known, suspected_leads
from sekisho.typologies.order_knowledge import knowers_of, plans_of, was_planned
from sekisho.typologies.ownership import accounts_of_kind, ownership_of
from sekisho.typologies.trades import YenValue, yen_value

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each order run ahead of with knowledge on record; else one for each account, instrument and day."""
    owners, plans, inside = ownership_of(records), plans_of(records), accounts_of_kind(records, "house", "staff")
    groups = {account: group for account, group in owners.groups.items() if account not in inside}  # the house is no customer
    look = partial(known_leads, knowers=knowers_of(records), reversal=float(p.reversal_seconds_max))
    known = [one for part in map_streams(records, look) for one in part]
    unplanned = [one for one in known if not was_planned(one, plans, owners.party_of)]
    proven = runs_known(unplanned, groups, inside, (p.weight_known, p.weight_gain, p.weight_inside))

    search = partial(suspected_leads, owners=groups, shape=_shape(p))
    quoting = accounts_of_kind(records, "market_maker", "omnibus")
    leads = [lead for part in map_streams(records, search) for lead in part if lead.account_id not in quoting]
    alone, together = (p.score_min, p.expected_max), (p.score_repeated_min, p.expected_max)
    told = {(one.lead.client, one.lead.account_id) for one in known}
    suspected = runs_beyond_chance(leads, groups, inside, (alone, together), p.company_max)
    unseen = [run for run in suspected if told.isdisjoint((lead.client, lead.account_id) for lead in run.leads)]

    runs = [run for run in (*proven, *unseen) if run.begins_at.date() >= p.prohibited_since]
    yen = yen_value(records.optional("instrument"), records.optional("reference_price"), (run.instrument for run in runs))
    yield from sorted((_found(run, yen, p) for run in runs), key=lambda found: (found.window_from, found.subject_id))


def _found(run: Run, yen: YenValue, p: Parameters) -> Found:
    return Found(
        subject_kind="account",
        subject_id=run.account_id,
        instrument=run.instrument,
        window_from=run.begins_at,
        window_until=run.ends_at + timedelta.resolution,
        score=run.score if run.knowledge else run.score * p.weight_suspected,
        amount_jpy=yen.of(run.lead),
        evidence=tuple(sorted(Evidence(table, name) for table, name in run.evidence)),
        sentence=("default" if run.knowledge else "suspected") + ("" if run.side == "buy" else "_sell"),
        facts={
            "clients": len(run.leads),
            "client_order": run.leads[0].client,
            "client_account": run.leads[0].client_account_id,
            "known_since": run.known_since,
            "quantity": run.quantity,
            "turned": run.turned,
            "gain": run.gain,
            "first_at": run.begins_at,
            "last_at": run.ends_at,
            "expected": run.expected,
        },
    )


def _shape(p: Parameters) -> Shape:
    return Shape(
        ahead=float(p.ahead_seconds_max),
        reversal=float(p.reversal_seconds_max),
        heavy_share=float(p.heavy_share),
        smaller=float(p.smaller_share_max),
        even=float(p.even_share_min),
        score=float(p.score_repeated_min),
    )
