"""Transfer controls: did the persons, approvals, signatures, destination and quantity of each movement follow the procedure?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Found
from sekisho.engine.assessed_items import evidence_of
from sekisho.typologies.custody import Stretch, share, stretches
from sekisho.typologies.movement_control import (
    ABOVE_CAP,
    NO_PROCEDURE,
    NOT_A_SIGNER,
    NOT_APPROVED,
    NOT_LISTED,
    ONE_PERSON,
    TOO_FEW_SIGNERS,
    Deviation,
    deviations,
)
from sekisho.typologies.valuation import whole_days

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SENTENCES = {
    NOT_APPROVED: "default",
    NO_PROCEDURE: "no_procedure",
    TOO_FEW_SIGNERS: "too_few_signers",
    NOT_A_SIGNER: "not_a_signer",
    NOT_LISTED: "not_listed",
    ABOVE_CAP: "above_cap",
    ONE_PERSON: "one_person",
}


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each wallet, kind of departure, and run of days on which its movements departed so."""
    seen = deviations(records, p.persons_min)
    grouped: dict[tuple[str, str], list[Deviation]] = defaultdict(list)
    for each in seen.found:
        grouped[each.movement.wallet_id, each.kind].append(each)
    for (wallet, kind), departed in sorted(grouped.items()):
        wrong = {each.movement.day for each in departed}
        for stretch in stretches({day: day in wrong for day in seen.days[wallet]}):
            yield _found(kind, stretch, [each for each in departed if each.movement.day in stretch.days], p)


def _found(kind: str, stretch: Stretch, departed: Sequence[Deviation], p: Parameters) -> Found:
    first = departed[0].movement
    worst = max(departed, key=_how_far)
    txids = sorted({each.movement.txid for each in departed})
    names = {name for each in departed for name in (*each.names, each.movement.name)} | {("wallet", first.wallet_id)}
    persons = sorted({person for each in departed for person in each.persons})
    return Found(
        subject_kind="wallet",
        subject_id=first.wallet_id,
        asset=first.asset,
        **whole_days(stretch.first, stretch.last),
        score=_how_far(worst),
        sentence=_SENTENCES[kind],
        evidence=evidence_of(names),
        facts={
            "kind": kind,
            "wallet": first.wallet_id,
            "count": len(departed),
            "asked": worst.asked,
            "had": worst.had,
            "persons": persons or None,
            "txids": txids[: p.txids_max],
            "first_day": stretch.first,
            "last_day": stretch.last,
        },
    )


def _how_far(one: Deviation) -> Decimal:
    """How much of what was asked was missing, or of what left was above the cap; 1 where it is all or nothing."""
    if one.asked is None or one.had is None or one.kind == NOT_A_SIGNER:
        return Decimal(1)
    beyond = one.had - one.asked if one.kind == ABOVE_CAP else one.asked - one.had
    return share(beyond, max(one.asked, one.had))
