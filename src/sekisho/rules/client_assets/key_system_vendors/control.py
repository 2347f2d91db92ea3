"""Key-system vendors: does anybody supply wallet, custody or key systems without having notified the authority beforehand?"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Found, Severity
from sekisho.engine.assessed_items import evidence_of, words
from sekisho.typologies.registers import in_force, read_providers
from sekisho.typologies.valuation import whole_days

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each system in use on the day whose vendor has not notified, or notified only after its use began."""
    for each in in_force(read_providers(records), p.as_of) if p.notified_only else ():
        notified_on = each.notified_on if each.notified_on is not None and each.notified_on <= p.as_of else None
        if each.service not in words(p.services) or (notified_on is not None and notified_on <= each.since):
            continue
        yield Found(
            subject_kind="provider",
            subject_id=each.provider_id,
            **whole_days(each.since, p.as_of if notified_on is None else notified_on),
            score=Decimal(1),
            severity=Severity.high if notified_on is None else Severity.medium,
            sentence="default" if notified_on is None else "used_before",
            evidence=evidence_of({each.record}),
            facts={
                "provider": each.provider_id,
                "vendor": each.name,
                "service": each.service,
                "since": each.since,
                "notified_on": notified_on,
                "day": p.as_of,
            },
        )
