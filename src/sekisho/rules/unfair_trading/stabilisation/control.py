"""Stabilisation: orders to buy that keep a price from falling. The shape is that of a peg; the law is another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.order_streams import search_streams
from sekisho.typologies.ownership import accounts_of_kind, ownership_of
from sekisho.typologies.pegging import Peg, Shape, pegs
from sekisho.typologies.trades import YenValue, yen_value

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each trader and level kept up from below, where the law chosen prohibits it."""
    if not p.prohibited:
        return
    shared = accounts_of_kind(records, "omnibus", "market_maker")
    search = partial(pegs, owners=ownership_of(records).groups, shared=shared, shape=_shape(p))
    found = [peg for peg in search_streams(records, search) if peg.side == "buy" and peg.score >= p.score_min]
    yen = yen_value(records.optional("instrument"), records.optional("reference_price"), (peg.instrument for peg in found))
    yield from (_found(peg, yen) for peg in found)


def _found(peg: Peg, yen: YenValue) -> Found:
    return Found(
        subject_kind="account" if len(peg.account_ids) == 1 else "accounts",
        subject_id="|".join(peg.account_ids),
        instrument=peg.instrument,
        window_from=peg.begins_at,
        window_until=peg.ends_at + timedelta.resolution,
        score=peg.score,
        amount_jpy=yen.of(peg.trades) if peg.trades else None,
        evidence=tuple(sorted(Evidence(table, name) for table, name in peg.evidence)),
        sentence="default" if peg.calm is not None else "default_alone",
        facts=peg.facts,
    )


def _shape(p: Parameters) -> Shape:
    return Shape(
        lasts_min=p.lasts_seconds_min,
        apart=p.apart_seconds_max,
        orders_min=p.orders_min,
        near_spreads=p.near_spreads,
        large=p.large_share,
        present_share=p.present_share_min,
        artifice=p.artifice_share_min,
        one_sided=p.one_sided_share_min,
        level_share=p.level_share_min,
        level_width=p.level_width,
        beside=p.beside_share_max,
        candidate=p.candidate_score_min,
    )
