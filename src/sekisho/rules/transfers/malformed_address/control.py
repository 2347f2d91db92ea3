"""Malformed address: a transfer out to a text that is no address, or to one on which its asset does not live."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found, Outcome, Reason
from sekisho.engine.requests import TransferRequest
from sekisho.typologies.addresses.misdirected import OLD_FORM, Misdirected, lacks_tag, left_misdirected, misdirected
from sekisho.typologies.valuation import total

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Refuse what cannot arrive, hold what may be meant for another network, and warn where a hosted address lacks its tag."""
    if not isinstance(request, TransferRequest) or request.direction != "out":
        return
    wrong = misdirected(request)
    facts = {"address": request.address, "asset": request.asset}
    if wrong is not None:
        outcome = p.outcome_malformed if wrong.malformed else p.outcome_wrong_network
        if wrong.reason == OLD_FORM:
            outcome = p.outcome_old_form
        yield Reason(outcome=Outcome[outcome], sentence=wrong.reason, facts={**wrong.facts, **facts})
    elif lacks_tag(request):
        yield Reason(outcome=Outcome[p.outcome_without_tag], sentence="without_tag", facts=facts)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that left for such an address: one finding for each asset and reason. Tags are not on record and not judged."""
    groups: dict[tuple[str, str], list[Misdirected]] = defaultdict(list)
    for one in left_misdirected(records):
        groups[one.asset, one.reason].append(one)
    for _group, wrong in sorted(groups.items()):
        yield _found(wrong, p)


def _found(wrong: Sequence[Misdirected], p: Parameters) -> Found:
    first = min(wrong, key=lambda one: (one.requested_at, one.transfer_id))
    accounts = sorted({one.account_id for one in wrong})
    return Found(
        subject_kind="asset",
        subject_id=first.asset,
        asset=first.asset,
        window_from=first.requested_at,
        window_until=max(one.left_at or one.requested_at for one in wrong) + timedelta.resolution,
        score=p.score_left,
        amount_jpy=total(one.value_jpy for one in wrong),
        evidence=tuple(sorted(Evidence("transfer", one.transfer_id) for one in wrong)),
        facts={
            "count": len(wrong),
            "accounts": len(accounts),
            "asset": first.asset,
            "address": first.address,
            "reason": first.reason,
        },
    )
