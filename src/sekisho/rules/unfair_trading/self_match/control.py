"""Self-match: an order that would trade with one of the same owner is stopped at the door; trades show where it was not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.requests import OrderRequest
from sekisho.typologies.material_facts import japan_date
from sekisho.typologies.ownership import accounts_of_kind, ownership_of
from sekisho.typologies.self_match import Ties, crosses, quantity_of, risen, self_matches
from sekisho.typologies.trades import YenValue, between_known_accounts, since, yen_value
from sekisho.typologies.wash import Crossing

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Refuse an order that, served in the order of the book, would reach a resting order of the same owner."""
    if not isinstance(request, OrderRequest):
        return
    owners, left = view.registers().owners, request.quantity
    ties, day = Ties(p.ties, ()), japan_date(request.received_at)
    for resting in view.book(request.instrument, "sell" if request.side == "buy" else "buy"):
        if left <= 0 or not crosses(request, resting.price):
            return
        chain = ties.between(owners, request.account_id, resting.account_id, day)
        if chain is not None and not {_kind(view, request.account_id), _kind(view, resting.account_id)} & set(p.shared_kinds):
            facts = {
                "order": request.order_id,
                "account": request.account_id,
                "instrument": request.instrument,
                "resting": resting.order_id,
                "resting_account": resting.account_id,
                "price": resting.price,
                "tie": chain.nearness,
                "links": [link.record_id for link in chain.links] or None,
            }
            yield Reason(outcome=Outcome.refuse, sentence="would_match", facts=facts)
            return
        left -= resting.quantity


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Trades that the gate would have stopped: one finding for each owner, instrument and continuous period."""
    trade = between_known_accounts(since(records.trade, p.prohibited_since))
    ties = Ties(p.ties, accounts_of_kind(records, *p.shared_kinds))
    bundles = self_matches(records, trade, ownership_of(records), ties, timedelta(seconds=p.period_gap_seconds))
    traded = {crossing.trade.instrument for bundle in bundles for crossing in bundle}
    yen = yen_value(records.optional("instrument"), records.optional("reference_price"), traded)
    yield from sorted((_found(bundle, yen, p) for bundle in bundles), key=lambda f: (f.window_from, f.subject_id))


def _kind(view: View, account_id: str | None) -> str | None:
    try:
        return view.account(account_id or "").kind
    except KeyError:
        return None


def _found(bundle: tuple[Crossing, ...], yen: YenValue, p: Parameters) -> Found:
    trades = [crossing.trade for crossing in bundle]
    accounts = sorted({account for trade in trades for account in trade.pair})
    links = {link.record_id for crossing in bundle for link in crossing.chain.links}
    orders = {order for trade in trades for order in (trade.buy_order_id, trade.sell_order_id) if order is not None}
    names = {Evidence("trade", trade.trade_id) for trade in trades} | {Evidence("order", order) for order in orders}
    meetings = len({trade.meeting for trade in trades})
    return Found(
        subject_kind="account" if len(accounts) == 1 else "accounts",
        subject_id="|".join(accounts),
        instrument=trades[0].instrument,
        window_from=trades[0].executed_at,
        window_until=trades[-1].executed_at + timedelta.resolution,
        score=risen(p.score_once, meetings),
        amount_jpy=yen.of(trades),
        evidence=tuple(sorted(names | {Evidence("party_link", link) for link in links})),
        facts={
            "trades": len(trades),
            "meetings": meetings,
            "quantity": quantity_of(bundle),
            "first_at": trades[0].executed_at,
            "last_at": trades[-1].executed_at,
            "links": sorted(links) or None,
        },
    )
