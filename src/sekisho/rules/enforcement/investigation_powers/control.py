"""Investigation powers: by which article the SESC may look into an act, under the law of the day asked about."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from sekisho.engine.answers import Amount, Step
from sekisho.engine.penalty_case import PenaltyCase

if TYPE_CHECKING:
    from sekisho.rulebook import Parameters

_BUSINESS = {
    "unregistered_exchange": "exchange_business",
    "name_lending_exchange": "exchange_business",
    "unregistered_fiea_business": "fiea_business",
    "name_lending_fiea_business": "fiea_business",
}
_NO_OFFENCE_YET = frozenset({"insider", "tipping", "stabilisation"})
"""What the law in force does not forbid in crypto-assets: there is no violation a court could be asked to stop."""


class _Power(NamedTuple):
    name: str
    parameter: str
    provision: str


def compute(case: PenaltyCase, p: Parameters) -> Iterator[Amount]:
    """One answer a power: the word in ``band`` (held, not_held, undetermined); the value is 1 where it may be used."""
    for power in _powers(case):
        standing = getattr(p, power.parameter) or "undetermined"
        source = p.in_force[power.parameter].source
        why = (source.note if source else "assumed by the user") or power.provision
        usable = Decimal(standing == "held")
        yield Amount(
            name=power.name,
            as_of=p.as_of,
            value=usable,
            unit="1 where the SESC may use the power",
            band=standing,
            working=(Step(f"{power.name}: {power.provision}", f"{standing}: {why}", usable),),
            evidence=(),
            facts={
                "power": power.name,
                "standing": standing,
                "provision": power.provision,
                "confidence": source.confidence if source else "assumed",
                "why": why,
            },
        )


def _powers(case: PenaltyCase) -> Iterator[_Power]:
    """The powers that could be asked about for the act, each with the parameter that says how it stands."""
    about = _BUSINESS.get(case.violation) or f"{case.object}_dealing"
    yield _Power("criminal_investigation", f"criminal_{about}", "FIEA 210, 211, 226; Order 45")
    if case.violation not in {"fraud", *_BUSINESS}:
        yield _Power("penalty_investigation", f"penalty_{about}", "FIEA 177, 194-7(2)(viii)")
    if case.violation not in _BUSINESS:
        yield _Power("firm_inspection", f"inspection_{about}", "FIEA 56-2(1), 194-7(2)(i); Order 38(1)")
    forbidden = case.object == "security" or case.violation not in _NO_OFFENCE_YET
    yield _Power("court_order_inquiry", f"court_{about if forbidden else 'crypto_not_forbidden'}", "FIEA 187, 192(1)(i), 194-7(4)")
