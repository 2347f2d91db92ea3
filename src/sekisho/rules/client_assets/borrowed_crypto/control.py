"""Borrowed crypto-assets: is every loan recorded and shown to be no custody, given back when due, and bearable in all?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ibis import _

from sekisho.engine.answers import Fact, Found, Obligation, Severity
from sekisho.engine.assessed_items import Name, evidence_of
from sekisho.typologies.custody import share, worth
from sekisho.typologies.loans import Loan, borrowed, read_loans
from sekisho.typologies.valuation import ANY_SOURCE, EXACT, Cutoff, read_prices, whole_days

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """For each loan what its record lacks, and what stands against it; and where asked for, the debt against net assets."""
    loans = [loan for loan in read_loans(records) if loan.borrowed_on <= p.as_of]
    if p.recorded:
        for loan in loans:
            yield from _of_loan(loan, p.as_of)
    if p.debt_to_net_assets_max is not None:
        yield from _too_much(records, loans, p)


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """The day on which each loan in arrears was due."""
    for trigger in calendar.triggers:
        if isinstance(trigger, Found) and trigger.sentence == "overdue":
            yield Obligation(
                name="give_loan_back",
                due_on=trigger.facts["due_on"],  # type: ignore[arg-type]  # _of_loan puts dates there
                arose_on=trigger.facts["borrowed_on"],  # type: ignore[arg-type]
                because="the day recorded for the loan",
                evidence=trigger.evidence,
                facts={"loan": trigger.facts["loan"]},
            )


def _of_loan(loan: Loan, day: date) -> Iterator[Found]:
    lacks = [
        word
        for word, missing in (("lender", loan.party_id is None), ("due date", loan.due_on is None and not loan.on_demand))
        if missing
    ]
    if lacks:
        yield _found(loan, "default", day, Severity.medium, lacks=lacks)
    if loan.told_on is None or loan.told_on > loan.borrowed_on:
        yield _found(loan, "not_told", day, Severity.medium)
    if not loan.is_open(day):
        return
    if loan.on_demand:
        yield _found(loan, "on_demand", day, Severity.high)
    if loan.due_on is not None and loan.due_on < day:
        yield _found(loan, "overdue", day, Severity.high)


def _found(loan: Loan, sentence: str, day: date, severity: Severity, **facts: Fact) -> Found:
    return Found(
        subject_kind="loan",
        subject_id=loan.loan_id,
        asset=loan.asset,
        **whole_days(loan.borrowed_on, day),
        score=Decimal(1),
        severity=severity,
        sentence=sentence,
        evidence=evidence_of({loan.name}),
        facts={
            "loan": loan.loan_id,
            "asset": loan.asset,
            "quantity": loan.quantity,
            "borrowed_on": loan.borrowed_on,
            "due_on": loan.due_on,
            "told_at": loan.told_at,
            "day": day,
            **facts,
        },
    )


def _too_much(records: Records, loans: Sequence[Loan], p: Parameters) -> Iterator[Found]:
    """What is borrowed on the day looked at, against the net assets the books last stated."""
    stated = records.optional("firm_balance").filter(_.item == "net_assets", _.as_of_date <= p.as_of)
    last = stated.order_by(_.as_of_date.desc()).limit(1).to_pyarrow().to_pylist()
    still = [loan for loan in loans if loan.is_open(p.as_of)]
    if not last or not still:
        return
    prices = read_prices(records, Cutoff.parse("24:00"), ANY_SOURCE, timedelta(seconds=int(p.price_age_seconds_max)))
    debt = worth(borrowed(still), prices, p.as_of)
    net_assets = last[0]["amount_jpy"]
    allowed = max(EXACT.multiply(p.debt_to_net_assets_max, net_assets), Decimal(0))
    if debt.value_jpy > allowed:
        names: set[Name] = {("firm_balance", f"{last[0]['as_of_date']}|net_assets"), *debt.names, *(loan.name for loan in still)}
        yield Found(
            subject_kind="exchange",
            subject_id="exchange",
            **whole_days(p.as_of, p.as_of),
            score=share(EXACT.subtract(debt.value_jpy, allowed), debt.value_jpy),
            sentence="too_much",
            amount_jpy=debt.value_jpy,
            evidence=evidence_of(names),
            facts={"net_assets_jpy": net_assets, "day": p.as_of, "not_valued": list(debt.not_valued) or None},
        )
