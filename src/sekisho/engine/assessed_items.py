"""Items that somebody has to look at: one finding for each subject with items missing, run out, not met or without proof."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Fact, Found
from sekisho.typologies.assessments import EXCHANGE, Looked, look, read_assessments
from sekisho.typologies.custody import share
from sekisho.typologies.valuation import whole_days

if TYPE_CHECKING:
    from sekisho.records import Records

Name = tuple[str, str]


def words(stated: object) -> tuple[str, ...]:
    """The words of a list as a rule states it, or as a person does: ``a, b``."""
    if isinstance(stated, list | tuple):
        return tuple(str(word) for word in stated)
    return tuple(word for word in (each.strip() for each in str(stated).split(",")) if word)


def evidence_of(names: Iterable[Name]) -> tuple[Evidence, ...]:
    """Names of records as a finding carries them: each once, in order."""
    return tuple(Evidence(*name) for name in sorted(set(names)))


def custody_is_done(records: Records) -> set[Name]:
    """The customers' wallet that comes first: that there is one is why the firm has duties of custody."""
    wallets = records.wallet.filter(records.wallet.holder.isin(["customer", "third_party"]))
    first = wallets.aggregate(wallet_id=wallets.wallet_id.min()).to_pyarrow().to_pylist()[0]["wallet_id"]
    return set() if first is None else {("wallet", first)}


def of_the_exchange(records: Records, items: Sequence[str], on: date, months: int | None) -> Iterator[Found]:
    """The items of the firm itself; nothing is asked of a firm that keeps nothing for customers."""
    because = custody_is_done(records)
    if because:
        yield from told(look(read_assessments(records), items, EXCHANGE, on, months), "exchange", because, on)


def told(looked: Looked, subject_kind: str, because: set[Name], on: date, **facts: Fact) -> Iterator[Found]:
    """A finding where an item is not in order. ``because`` are the records from which the duty arises."""
    if not looked.failing:
        return
    items = len(looked.failing) + len(looked.in_order)
    yield Found(
        subject_kind=subject_kind,
        subject_id=looked.subject_id,
        **whole_days(on, on),
        score=share(Decimal(len(looked.failing)), Decimal(items)),
        evidence=evidence_of({*because, *(each.name for each in looked.seen)}),
        facts={
            "subject": looked.subject_id,
            "count": len(looked.failing),
            "items": items,
            "missing": list(looked.missing) or None,
            "run_out": list(looked.run_out) or None,
            "not_met": list(looked.not_met) or None,
            "without_proof": list(looked.without_proof) or None,
            "day": on,
            **facts,
        },
    )
