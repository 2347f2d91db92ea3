"""Criminal ranges: what the law of the day of the act threatens, never the law of a later day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from sekisho.engine.answers import Amount, Step
from sekisho.engine.penalty_case import PenaltyCase, before_publication
from sekisho.typologies.monetary_penalty import MissingFigure

if TYPE_CHECKING:
    from sekisho.rulebook import Parameters


class _Offence(NamedTuple):
    provision: str
    figures: str
    corporate: str
    confiscation: str | None = None


_ABUSE = {"rumour", "wash", "matched", "manipulation", "fraud"}
_BUSINESS = {
    "unregistered_exchange": _Offence("PSA 107(xii)", "exchange", "PSA 115(1)(iv)"),
    "name_lending_exchange": _Offence("PSA 107(xiii)", "exchange", "PSA 115(1)(iv)"),
    "unregistered_fiea_business": _Offence("FIEA 197(1)(iv-3)", "fiea_business", "FIEA 207(1)"),
    "name_lending_fiea_business": _Offence("FIEA 197(1)(iv-5)", "fiea_business", "FIEA 207(1)"),
}
_UNDER = {
    ("FIEA-ACT64", "unregistered_exchange"): _Offence("FIEA 197(1)(iv-3)", "exchange", "FIEA 207(1)(i)"),
    ("FIEA-ACT64", "name_lending_exchange"): _Offence("FIEA 197(1)(iv-5)", "exchange", "FIEA 207(1)(i)"),
    ("WG4-SEED", "unregistered_exchange"): _Offence("framework IV.A-2 (proposal)", "exchange", "not proposed"),
}
"""Where a regime places exchange business elsewhere than the Payment Services Act does."""


def compute(case: PenaltyCase, p: Parameters) -> Iterator[Amount]:
    """One amount (the largest fine) for each offence of the case; nothing where the act is no offence on that day."""
    for offence in _offences(case, p):
        years, fine, corporate = (getattr(p, f"{offence.figures}_{part}") for part in ("years", "fine", "corporate_fine"))
        joined = "imprisonment and fine" if offence.figures == "gain" else "imprisonment, fine, or both"
        yield Amount(
            name="fine_max",
            as_of=p.as_of,
            value=fine,
            unit="JPY",
            working=(
                Step(f"{offence.provision}: imprisonment, years at most", joined, years),
                Step(f"{offence.provision}: fine at most", joined, fine),
                *(
                    [Step(f"{offence.corporate}: fine of the corporation at most", "beside the person", corporate)]
                    if corporate
                    else []
                ),
            ),
            evidence=(),
            facts={
                "provision": offence.provision,
                "imprisonment_years_max": years,
                "fine_jpy_max": fine,
                "combination": joined,
                "corporate_fine_jpy_max": corporate,
                "corporate_provision": offence.corporate,
                "confiscation_provision": offence.confiscation,
            },
        )


def _offences(case: PenaltyCase, p: Parameters) -> Iterator[_Offence]:
    security = case.object == "security"
    if case.violation in _BUSINESS:
        yield _UNDER.get((p.regime, case.violation), _BUSINESS[case.violation])
    elif case.violation in _ABUSE or (security and case.violation == "stabilisation"):
        yield _Offence(f"FIEA 197(1)({'v' if security else 'vi'})", "abuse", "FIEA 207(1)(i)", "FIEA 198-2(1)(i)")
        if case.for_gain:
            yield _Offence(f"FIEA 197(2)({'i' if security else 'ii'})", "gain", "FIEA 207(1)(i)", "FIEA 198-2(1)(i)")
    elif security and case.violation == "insider":
        yield _Offence("FIEA 197-2(1)(xiii)", "insider", "FIEA 207(1)(ii)", "FIEA 198-2(1)(i)")
    elif security and case.violation == "tipping":
        if case.trades and case.publication and not any(before_publication(case, trade) for trade in case.trades):
            return  # punishable only where the recipient traded before publication
        yield _Offence(f"FIEA 197-2(1)({'xv' if case.tender_offer else 'xiv'})", "insider", "FIEA 207(1)(ii)")
    elif p.regime == "FIEA-ACT64":
        raise MissingFigure(f"the penal provision of Act No. 64 of 2026 on {case.violation} in crypto-assets has not been read")
