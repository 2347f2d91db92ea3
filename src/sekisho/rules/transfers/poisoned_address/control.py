"""Poisoned address: the destination looks like an address that the account has paid before, and is not it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Fact, Found, Outcome, Reason
from sekisho.engine.requests import TransferRequest
from sekisho.typologies.addresses.poisoning import Poisoned, paid_look_alikes, poisoned
from sekisho.typologies.valuation import total

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_EVER = datetime(1, 1, 1, tzinfo=UTC)


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold what can hardly be chance, warn of what may be; an address that the account has paid before is never stopped."""
    if not isinstance(request, TransferRequest) or request.direction != "out":
        return

    def received() -> list[Decimal]:
        past = view.transfers(request.account_id, _EVER)
        return [one.value_jpy for one in past if one.address == request.address and one.direction == "in"]

    found = poisoned(request, view.address_book(request.account_id), received, p)
    if found is not None:
        held = found.chance <= p.chance_hold_max
        sentence = "tag" if found.tag else "dusted" if found.dust else "held" if held else "resembles"
        facts = {"account": request.account_id, "dust": found.dust, **_facts(found)}
        yield Reason(outcome=Outcome.hold if held else Outcome.warn, sentence=sentence, facts=facts)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Payments that left to a look-alike: one finding for each account, address paid and address it looks like."""
    schemes: dict[tuple[str, str, str], list[Poisoned]] = defaultdict(list)
    for one in paid_look_alikes(records, p):
        schemes[one.account_id, one.address, one.known].append(one)
    for _scheme, payments in sorted(schemes.items()):
        yield _found(payments, p)


def _facts(found: Poisoned) -> dict[str, Fact]:
    return {
        "address": found.address,
        "known": found.known,
        "first": found.first,
        "last": found.last,
        "differs_from": found.differs_from,
        "differs_until": found.differs_until,
        "chance": found.chance,
        "one_in": found.one_in,
    }


def _found(payments: Sequence[Poisoned], p: Parameters) -> Found:
    surest = min(payments, key=lambda one: one.chance)
    assets = sorted({one.asset for one in payments})
    named = {Evidence("transfer", each) for one in payments for each in (one.transfer_id, *one.known_by)}
    return Found(
        subject_kind="account",
        subject_id=surest.account_id,
        asset=assets[0] if len(assets) == 1 else None,
        window_from=min(one.requested_at for one in payments),
        window_until=max(one.left_at or one.requested_at for one in payments) + timedelta.resolution,
        score=p.score_hold if surest.chance <= p.chance_hold_max else p.score_warn,
        amount_jpy=total(one.value_jpy for one in payments),
        evidence=tuple(sorted(named)),
        facts={"account": surest.account_id, "count": len(payments), **_facts(surest)},
    )
