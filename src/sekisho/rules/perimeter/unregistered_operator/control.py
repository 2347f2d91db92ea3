"""Unregistered operators: who solicits for crypto-asset exchange without being on the register, and does it deceive?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.assessed_items import words
from sekisho.typologies.material_facts import japan_date
from sekisho.typologies.named_sites import worst_site
from sekisho.typologies.operator_names import Match, Registered, read_operators, read_warnings, registered_for
from sekisho.typologies.solicitations import (
    IMPOSTOR,
    Sign,
    Solicitation,
    activity,
    behind,
    present,
    promises,
    read_signs,
    read_solicitations,
)

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_ADVICE = ("investment_management", "investment_advice")


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each solicitation whose operator was not registered on the day it was seen."""
    operators, warned = registered_for(read_operators(records), words(p.businesses)), read_warnings(records)
    signs = read_signs(records, p.as_of)
    for each in read_solicitations(records):
        if each.offers in _ADVICE or (each.offers == "other" and activity(each).kind is not None):
            continue
        match = behind(each, Registered(operators, warned, japan_date(each.observed_at)))
        if match.verdict != "registered":
            yield _found(each, match, signs.get(each.solicitation_id, {}), p)


def _found(each: Solicitation, match: Match, signs: Mapping[str, Sign], p: Parameters) -> Found:
    on_record = present(signs, words(p.fraud_signs))
    site = worst_site((each.site,))
    told = [f"{sign.sign} ({sign.observed_on})" for sign in on_record]
    told += [f"imitates {match.name}"] if match.why in IMPOSTOR else []
    told += [f"site name: {', '.join(site.signs)}"] if site is not None and site.points >= p.site_points else []
    told += [f"«{sentence}»" for sentence in promises(each.text)]
    score = p.score_fraudulent if told else p.score_warned if match.verdict == "warned" else p.score_unregistered
    return Found(
        subject_kind="operator",
        subject_id=each.operator or each.site or each.solicitation_id,
        window_from=each.observed_at,
        window_until=each.observed_at + timedelta.resolution,
        score=Decimal(score),
        sentence="default" if told else "unregistered",
        evidence=(
            Evidence("solicitation", each.solicitation_id),
            *sorted(Evidence("solicitation_sign", sign.sign_id) for sign in on_record),
        ),
        facts={
            "solicitation": each.solicitation_id,
            "channel": each.channel,
            "observed_at": each.observed_at,
            "operator": each.operator,
            "site": each.site,
            "answer": match.verdict,
            "why": match.why,
            "resembles": match.name if match.why in IMPOSTOR else None,
            "warned_on": ", ".join(map(str, match.warned_on)) or None,
            "signs": "; ".join(told),
        },
    )
