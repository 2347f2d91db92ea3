"""Unregistered wallet services: which transfers, and which work given out, involve one that an unregistered operator offers?"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Found, Severity
from sekisho.engine.assessed_items import evidence_of
from sekisho.typologies.registers import in_force, read_providers
from sekisho.typologies.valuation import total, whole_days
from sekisho.typologies.wallet_services import Involved, involved_transfers, read_unregistered

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each service that transfers involve, and for each provider that offers such a service."""
    if not p.flagged:
        return
    services = read_unregistered(records)
    for each in involved_transfers(records):
        yield _transfers(each, p.transfers_named_max)
    for provider in in_force(read_providers(records), p.as_of):
        for service in in_force(services, p.as_of):
            if provider.name in (service.name, service.operator) or provider.provider_id == service.service_id:
                yield Found(
                    subject_kind="provider",
                    subject_id=provider.provider_id,
                    **whole_days(max(provider.since, service.since), p.as_of),
                    score=Decimal(1),
                    severity=Severity.medium,
                    sentence="outsourced",
                    evidence=evidence_of({provider.record, service.record}),
                    facts={"provider": provider.name, "work": provider.service, "service": service.name},
                )
                break


def _transfers(each: Involved, named_max: int) -> Found:
    largest = sorted(each.transfers, key=lambda t: (-t.value_jpy, t.transfer_id))[:named_max]
    return Found(
        subject_kind="wallet_service",
        subject_id=each.service.service_id,
        **whole_days(each.first, each.last),
        score=Decimal(0),
        severity=Severity.low,
        amount_jpy=total(one.value_jpy for one in each.transfers),
        evidence=evidence_of({each.service.record, *(("transfer", one.transfer_id) for one in largest)}),
        facts={
            "service": each.service.name,
            "operator": each.service.operator,
            "count": len(each.transfers),
            "accounts": len({one.account_id for one in each.transfers}),
            "first_day": each.first,
            "last_day": each.last,
        },
    )
