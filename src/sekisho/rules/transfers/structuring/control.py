"""Structuring: transfers just below the threshold, one after another, are counted as the one transfer they were cut from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ibis import _

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.lookback import Sign, lookback, released, schemes, transfer_out
from sekisho.engine.request_steps import account_of, approval
from sekisho.typologies.client_flows import over
from sekisho.typologies.payments import stated_words
from sekisho.typologies.valuation import total
from sekisho.typologies.waiting import length_of_hours

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, TransferRequest, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold the transfer with which a series below the threshold passes it: for the check it avoids, or for somebody's approval."""
    asked = transfer_out(request)
    if asked is not None:
        yield from (sign.reason for sign in _signs(asked, view, p))


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Series of transfers below the threshold that together passed it and left without check or approval."""
    small = released(records).filter(_.value_jpy <= p.threshold_jpy)
    # Transfers that still wait belong to a series, too.
    out = records.transfer.filter(_.direction == "out", _.value_jpy <= p.threshold_jpy)
    series = out.group_by("account_id").aggregate(transfers=_.count()).filter(_.transfers >= p.transfers_min)
    asked = small.semi_join(series, "account_id")
    books = {
        "account": None,
        "transfer": length_of_hours(p.hours_counted_together),
        "customer_check": None,
        "request_event": None,
    }
    yield from schemes(lookback(records, p, _signs, asked, books))


def _signs(request: TransferRequest, view: View, p: Parameters) -> Iterator[Sign]:
    if request.value_jpy > p.threshold_jpy:
        return
    since = request.requested_at - length_of_hours(p.hours_counted_together)
    parts = [
        m
        for m in view.transfers(request.account_id, since)
        if m.direction == "out"
        and not m.refused
        and m.value_jpy <= p.threshold_jpy
        and m.requested_at > since
        and m.transfer_id != request.transfer_id
    ]
    if len(parts) + 1 < p.transfers_min:
        return
    together = total([request.value_jpy, *(m.value_jpy for m in parts)])
    # APTCP-O 7(3): two or more that are apparently parts of one are one; the threshold is passed strictly.
    if not parts or together <= p.threshold_jpy:
        return
    account = account_of(request, view)
    if account is not None and account.kind in stated_words(p.own_kinds):
        return
    checked = account is not None and bool(view.checks_of(account.party_id))
    if checked and approval(request, view) is not None:
        return
    facts: dict[str, Any] = {
        "account": request.account_id,
        "party": None if account is None else account.party_id,
        "parts": len(parts) + 1,
        "together_jpy": together,
        "first_part_at": parts[0].requested_at,
    }
    yield Sign(
        Reason(outcome=Outcome.hold, sentence="cut_up" if checked else "cut_up_unchecked", facts=facts),
        since=parts[0].requested_at,
        score=over(together, p.threshold_jpy),
        evidence=tuple(Evidence("transfer", m.transfer_id) for m in parts),
    )
