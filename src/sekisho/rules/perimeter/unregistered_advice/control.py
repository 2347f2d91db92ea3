"""Unregistered advice: which seminars, groups and sites manage crypto investments or advise on them without registration?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.assessed_items import words
from sekisho.typologies.material_facts import japan_date
from sekisho.typologies.operator_names import Match, Registered, read_operators, read_warnings, registered_for
from sekisho.typologies.solicitations import Activity, Solicitation, activity, behind, read_solicitations

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each solicitation that amounts to such business of somebody who was not registered for it on that day."""
    operators, warned = read_operators(records), read_warnings(records)
    needed = {"investment_management": words(p.management_businesses), "investment_advice": words(p.advice_businesses)}
    for each in read_solicitations(records):
        what = activity(each)
        if what.kind is None or not (p.spot_covered or what.derivatives):
            continue
        covering = registered_for(operators, needed[what.kind])
        match = behind(each, Registered(covering, warned, japan_date(each.observed_at)))
        if match.verdict != "registered":
            yield _found(each, what, match, p)


def _found(each: Solicitation, what: Activity, match: Match, p: Parameters) -> Found:
    score = p.score_paid if what.paid or what.kind == "investment_management" else p.score_unpaid
    return Found(
        subject_kind="operator",
        subject_id=each.operator or each.site or each.solicitation_id,
        window_from=each.observed_at,
        window_until=each.observed_at + timedelta.resolution,
        score=Decimal(score),
        evidence=(Evidence("solicitation", each.solicitation_id),),
        facts={
            "solicitation": each.solicitation_id,
            "channel": each.channel,
            "observed_at": each.observed_at,
            "operator": each.operator,
            "site": each.site,
            "kind": what.kind,
            "words": what.words,
            "paid": what.paid,
            "derivatives": what.derivatives,
            "denied": what.denied,
            "answer": match.verdict,
            "why": match.why,
        },
    )
