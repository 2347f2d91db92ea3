"""Enhanced care: transactions with impersonators, liars, people in listed countries and foreign PEPs need a check of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ibis import _

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.lookback import Sign, lookback, released, schemes, transfer_out
from sekisho.engine.request_steps import account_of
from sekisho.typologies.payments import stated_words

if TYPE_CHECKING:
    from sekisho.engine.requests import CustomerCheck, CustomerRisk, Request, TransferRequest, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold a transfer that needs enhanced care until its check, with means where due, and the approval are recorded."""
    asked = transfer_out(request)
    if asked is not None:
        yield from (sign.reason for sign in _signs(asked, view, p))


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that needed enhanced care and left without the check, the means or the approval."""
    listed = sorted(stated_words(p.countries))
    accounts = records.account
    at_risk = accounts.semi_join(records.optional("customer_risk"), "party_id")
    abroad = accounts.semi_join(records.optional("party").filter(_.country.isin(listed)), "party_id")
    chosen = at_risk.select("account_id").union(abroad.select("account_id")).distinct()
    out = released(records)
    asked = out.semi_join(chosen, "account_id").union(
        out.filter(out.counterparty_country.isin(listed)).anti_join(chosen, "account_id")
    )
    books = dict.fromkeys(("account", "party", "customer_risk", "customer_check"), None)
    yield from schemes(lookback(records, p, _signs, asked, books))


def _signs(request: TransferRequest, view: View, p: Parameters) -> Iterator[Sign]:
    grounds, risks, account_known = _grounds(request, view, p)
    if not grounds:
        return
    checks: Sequence[CustomerCheck] = ()
    if account_known:
        party_id = view.account(request.account_id).party_id
        checks = [c for c in view.checks_of(party_id) if c.kind == "enhanced" and c.transfer_id == request.transfer_id]
    facts: dict[str, Any] = {
        "account": request.account_id,
        "grounds": list(grounds),
        "value_jpy": request.value_jpy,
        "since": min((risk.since for risk in risks), default=request.requested_at),
    }
    evidence = tuple(Evidence("customer_risk", risk.risk_id) for risk in risks)
    for sentence in _missing(request, grounds, checks, p):
        reason = Reason(outcome=Outcome.hold, sentence=sentence, facts=facts)
        yield Sign(reason, since=request.requested_at, score=Decimal(1), evidence=evidence)


def _grounds(request: TransferRequest, view: View, p: Parameters) -> tuple[tuple[str, ...], tuple[CustomerRisk, ...], bool]:
    """Why the transfer needs enhanced care, by which entries, and whether the account is known."""
    large = request.value_jpy > p.threshold_jpy
    listed = stated_words(p.countries)
    found = {"high_risk_country"} if large and request.counterparty_country in listed else set()
    account = account_of(request, view)
    if account is None:
        return tuple(sorted(found)), (), False
    # The threshold is that of a specified transaction: impersonators and liars need care at any amount, 4(2)(i).
    now, any_amount = request.requested_at, stated_words(p.grounds_of_any_amount)
    risks = tuple(
        risk
        for risk in view.risks_of(account.party_id)
        if risk.since <= now and (risk.until is None or now < risk.until) and (large or risk.ground in any_amount)
    )
    found |= {risk.ground for risk in risks}
    try:
        if large and view.party(account.party_id).country in listed:
            found.add("high_risk_country")
    except KeyError:
        pass
    return tuple(sorted(found)), risks, True


def _missing(request: TransferRequest, grounds: tuple[str, ...], checks: Sequence[CustomerCheck], p: Parameters) -> Iterator[str]:
    if not checks and set(grounds) - stated_words(p.grounds_of_approval_only):
        yield "not_checked"
    elif request.value_jpy > p.means_jpy and checks and not any(check.means_checked for check in checks):
        yield "means_not_checked"
    if not any(check.approved_by_party_id for check in checks):
        yield "not_approved"
