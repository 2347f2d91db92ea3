"""Price collar: a price too far from the last trade, or else from the reference price, does not enter the book."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Fact, Found, Outcome, Reason
from sekisho.engine.requests import OrderRequest
from sekisho.typologies.price_collar import Compared, Strayed, away, reference, strayed, sweep, through

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SAID = {"through": "default", "away": "found_away", "no_price": "found_no_price"}


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Refuse an order priced outside the collar, or a market order that would trade outside it; hold one nothing compares with."""
    if not isinstance(request, OrderRequest) or request.order_type not in ("limit", "market"):
        return
    facts: dict[str, Fact] = {"order": request.order_id, "instrument": request.instrument, "price": request.price}
    compared = _compared(request.instrument, view)
    if compared is None:
        yield Reason(outcome=Outcome.hold, sentence="no_price", facts=facts)
        return
    facts |= {"compared_with": compared.price, "kind": compared.kind}
    if request.price is None:
        book = view.book(request.instrument, "sell" if request.side == "buy" else "buy")
        worst = sweep(((order.price, order.quantity) for order in book), request.quantity)
        if worst is not None and through(request.side, worst, compared.price, p.share_through):
            yield Reason(outcome=Outcome.refuse, sentence="sweeps", facts={**facts, "price": worst})
    elif through(request.side, request.price, compared.price, p.share_through):
        yield Reason(outcome=Outcome.refuse, sentence="through", facts=facts)
    elif p.share_away is not None and away(request.side, request.price, compared.price, p.share_away):
        yield Reason(outcome=Outcome.refuse, sentence="away", facts=facts)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Orders accepted, and trades of market orders, outside the collar: one finding for each pair and kind."""
    groups: dict[tuple[str, str], list[Strayed]] = defaultdict(list)
    for one in strayed(records, p.asked_since, p.share_through, p.share_away):
        groups[one.instrument, one.how].append(one)
    found = [_found(instrument, how, rows, p) for (instrument, how), rows in groups.items()]
    yield from sorted(found, key=lambda one: (one.window_from, one.subject_id, one.sentence))


def _compared(instrument: str, view: View) -> Compared | None:
    last = view.last_price(instrument)
    if last is not None:
        return Compared(last, "last_trade")
    try:
        pair = view.pair(instrument)
    except KeyError:
        return None
    return reference(view.price_jpy(pair.base), view.price_jpy(pair.quote))


def _found(instrument: str, how: str, rows: list[Strayed], p: Parameters) -> Found:
    furthest = max(rows, key=lambda one: (one.distance, one.order_id))
    names = {Evidence("order", one.order_id) for one in rows} | {Evidence("trade", trade) for one in rows for trade in one.trades}
    return Found(
        subject_kind="instrument",
        subject_id=instrument,
        instrument=instrument,
        window_from=rows[0].at,
        window_until=rows[-1].at + timedelta.resolution,
        score=p.score,
        sentence=_SAID[how],
        evidence=tuple(sorted(names)),
        facts={
            "orders": len({one.order_id for one in rows}),
            "order": furthest.order_id,
            "price": furthest.price,
            "compared_with": furthest.compared_with,
            "first_at": rows[0].at,
            "last_at": rows[-1].at,
        },
    )
