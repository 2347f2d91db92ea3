"""Statements every three months: a client who trades is told of his transactions and balances, and of his margin positions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.typologies.client_statements import Gap, gaps
from sekisho.typologies.valuation import whole_days

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """The first time that a client waited too long for a statement: one finding for each account and kind."""
    for sentence, document in (("default", "statement"), ("margin", "margin_statement")):
        for gap in gaps(records, document, p.client_kinds, int(p.months), p.as_of):
            yield _found(gap, sentence, p)


def _found(gap: Gap, sentence: str, p: Parameters) -> Found:
    names = {Evidence("account", gap.account_id)} | {Evidence("document_delivery", each) for each in gap.deliveries}
    return Found(
        subject_kind="account",
        subject_id=gap.account_id,
        **whole_days(gap.last_on, gap.given_on or p.as_of),
        score=p.score,
        sentence=sentence,
        evidence=tuple(sorted(names)),
        facts={"account": gap.account_id, "last_on": gap.last_on, "due_on": gap.due_on, "given_on": gap.given_on},
    )
