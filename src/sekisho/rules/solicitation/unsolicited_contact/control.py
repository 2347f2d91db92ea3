"""Unsolicited contact: was anybody solicited who had not asked, had not been asked first, or had refused?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.assessed_items import words
from sekisho.typologies.material_facts import japan_date
from sekisho.typologies.sales_contacts import Solicited, read_contacts, solicitations, traded_in_year_before, trades_by_account
from sekisho.typologies.waiting import length_of_hours

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each solicitation, told under the gravest of the three."""
    found = list(solicitations(read_contacts(records)))
    days = trades_by_account(records, {each.contact.account_id for each in found})
    for each in found:
        contact = each.contact
        trades = traded_in_year_before(days.get(contact.account_id, ()), japan_date(contact.occurred_at))
        sentence = _breach(each, trades >= p.trades_min, p)
        if sentence is not None:
            yield _found(each, sentence, trades, p)


def _breach(each: Solicited, continuing: bool, p: Parameters) -> str | None:
    if each.refused:
        return "after_refusal"
    if each.requested or continuing:
        return None
    if each.contact.channel in words(p.channels_by_request):
        return "default"
    return None if each.agreed_within(length_of_hours(p.willingness_hours)) else "unconfirmed"


def _found(each: Solicited, sentence: str, trades: int, p: Parameters) -> Found:
    contact = each.contact
    scores = {"after_refusal": p.score_after_refusal, "default": p.score_unrequested, "unconfirmed": p.score_unconfirmed}
    before = [each.refusal] if sentence == "after_refusal" and each.refusal else []
    return Found(
        subject_kind="account",
        subject_id=contact.account_id,
        window_from=contact.occurred_at,
        window_until=contact.occurred_at + timedelta.resolution,
        score=Decimal(scores[sentence]),
        sentence=sentence,
        evidence=tuple(Evidence("sales_contact", one.contact_id) for one in (*before, contact)),
        facts={
            "account": contact.account_id,
            "contact": contact.contact_id,
            "channel": contact.channel,
            "at": contact.occurred_at,
            "trades": trades,
            "refused_at": each.refusal.occurred_at if each.refusal else None,
        },
    )
