"""Loss cut: a natural person's margin trades are settled when their loss reaches what was agreed, without exception."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.typologies.margin import PositionLife, ValuedMargin, read_positions, read_valuations
from sekisho.typologies.material_facts import japan_date
from sekisho.typologies.valuation import starts_at

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Loss cuts that were not done, trades without an agreed level, and levels above what the client had put in."""
    end = starts_at(p.as_of + timedelta(days=1))
    positions = read_positions(records)
    told: set[str] = set()
    for valued, until in read_valuations(records, end):
        if not valued.person or not valued.amount_jpy or japan_date(valued.valued_at) < p.asked_since:
            continue
        level = valued.loss_cut_at_jpy
        if level is None:
            if valued.account_id not in told:
                yield _found(valued, "no_level", p.score_no_level, (), valued.valued_at, valued.amount_jpy)
            told.add(valued.account_id)
            continue
        if valued.loss_jpy >= level:
            held = positions.get(valued.account_id, ())
            left = [one for one in held if one.opened_at <= valued.valued_at and (one.closed_at is None or one.closed_at >= until)]
            if left:
                yield _found(valued, "default", p.score, left, until, valued.loss_jpy)
        if level > valued.paid_in_jpy and valued.account_id not in told:
            told.add(valued.account_id)
            yield _found(valued, "beyond_deposit", p.score_no_level, (), valued.valued_at, level - valued.paid_in_jpy)


def _found(
    valued: ValuedMargin, sentence: str, score: Decimal, left: Sequence[PositionLife], open_at: datetime, amount: Decimal
) -> Found:
    names = {Evidence("margin_valuation", valued.record_id)} | {Evidence("margin_position", one.position_id) for one in left}
    return Found(
        subject_kind="account",
        subject_id=valued.account_id,
        window_from=valued.valued_at,
        window_until=open_at + timedelta.resolution,
        score=score,
        amount_jpy=amount,
        sentence=sentence,
        evidence=tuple(sorted(names)),
        facts={
            "account": valued.account_id,
            "valued_at": valued.valued_at,
            "loss_jpy": valued.loss_jpy,
            "loss_cut_at_jpy": valued.loss_cut_at_jpy,
            "paid_in_jpy": valued.paid_in_jpy,
            "positions": len(left),
            "open_at": open_at,
        },
    )
