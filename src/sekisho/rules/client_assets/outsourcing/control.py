"""Outsourcing: is every provider that can reach assets or keys assessed, open to inspection, and tied to one on the register?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Fact, Found, Severity
from sekisho.engine.assessed_items import evidence_of, told, words
from sekisho.typologies.assessments import look, read_assessments
from sekisho.typologies.registers import Provider, in_force, read_providers
from sekisho.typologies.valuation import whole_days

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """For each provider that can reach assets or keys: not assessed, closed to inspection, or hired by nobody on the register."""
    register = in_force(read_providers(records), p.as_of)
    known = {each.provider_id: each for each in register}
    assessments = read_assessments(records)
    reaching = [each for each in register if each.touches in words(p.reach)]
    assessed: set[str] = set()
    for each in reaching:
        if not each.open_to_inspection:
            yield _found(each, "not_open", p)
        if each.hired_by is not None and each.hired_by not in known:
            yield _found(each, "broken_chain", p, hired_by=each.hired_by)
        if each.provider_id not in assessed:
            assessed.add(each.provider_id)
            items = (*words(p.items), *(words(p.sub_items) if each.hired_by is not None else ()))
            looked = look(assessments, items, each.provider_id, p.as_of, p.months_max)
            services = sorted({one.service for one in reaching if one.provider_id == each.provider_id})
            facts: dict[str, Fact] = {"service": services, "tier": _tier(each, known)}
            yield from told(looked, "provider", _records(each.provider_id, reaching), p.as_of, **facts)


def _records(provider_id: str, providers: Sequence[Provider]) -> set[tuple[str, str]]:
    return {each.record for each in providers if each.provider_id == provider_id}


def _tier(provider: Provider, known: Mapping[str, Provider]) -> int:
    """1 for whom the firm hired, 2 for whom that one hired, and so on; a ring of providers stops where it closes."""
    seen = {provider.provider_id}
    while provider.hired_by is not None and provider.hired_by not in seen:
        seen.add(provider.hired_by)
        if provider.hired_by not in known:
            break
        provider = known[provider.hired_by]
    return len(seen)


def _found(provider: Provider, sentence: str, p: Parameters, **facts: Fact) -> Found:
    return Found(
        subject_kind="provider",
        subject_id=provider.provider_id,
        **whole_days(provider.since, p.as_of),
        score=Decimal(1),
        severity=Severity.medium,
        sentence=sentence,
        evidence=evidence_of({provider.record}),
        facts={"subject": provider.provider_id, "service": provider.service, "day": p.as_of, **facts},
    )
