"""Large transactions decided: somebody, alone or with others who hold jointly, plans to trade a large part of an asset's issue.

Only decisions are played: a fifth of an issue is not traded on one exchange within days.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from sekisho.simulation.answer_key import LOOK_ALIKE, PLANTED
from sekisho.simulation.registers import moment
from sekisho.simulation.schemes.cast import HOUR, Stage
from sekisho.simulation.schemes.facts import party_of
from sekisho.simulation.schemes.sheet import Sheet

RULE = "unfair_trading/large_transaction"
ROUNDS = 4
LARGE = 0.20
"""The proposal's part of the issue."""


def choose(stages: list[Sheet], random: np.random.Generator) -> Sheet | None:
    """Any day of an asset whose issue is known."""
    known = [sheet for sheet in stages if sheet.issued]
    return known[int(random.integers(len(known)))] if known else None


def _plan(stage: Stage, actor: int, side: str, share: float, at: float) -> tuple[str, str]:
    """A plan over so large a share of the issue, made at this time; returns how evidence names it."""
    assert stage.sheet.issued
    name = f"PL{1 + len(stage.registers.rows.get('stated_plan', ()))}"
    stage.registers.add(
        "stated_plan",
        plan_id=name,
        party_id=stage.people.party_id(party_of(stage, actor)),
        asset=stage.sheet.listing.asset,
        made_at=moment(int(at)),
        side=side,
        quantity=Decimal(round(stage.sheet.issued * share)),
        executes_from=moment(int(at + 24 * HOUR)),
        executes_until=moment(int(at + 24 * 60 * HOUR)),
    )
    return "stated_plan", name


def _decided(stage: Stage, pattern: str, severity: float | None, shares: list[float], relation: str | None) -> None:
    """So many parties decide, within hours, on one side; ``relation`` ties each to the first."""
    actors = stage.actors(len(shares))
    kind = LOOK_ALIKE if severity is None else PLANTED
    scheme = stage.scheme(RULE, kind, pattern, severity or 0.0, actors)
    parties = [party_of(stage, actor) for actor in actors]
    for other in parties[1:] if relation else ():
        stage.people.link(parties[0], other, relation or "")
    side, at = "buy" if stage.random.random() < 0.5 else "sell", stage.start(5)
    for actor, share in zip(actors, shares, strict=True):
        scheme.evidence.add(_plan(stage, actor, side, share, at))
        scheme.saw(int(at), int(at))
        at += stage.between(0.2, 1.5) * HOUR


def alone(stage: Stage, severity: float) -> None:
    """One holder decides; the subtler, the closer to the line."""
    _decided(stage, "alone", severity, [LARGE * stage.by_severity(severity, 1.02, 1.8)], None)


def jointly(stage: Stage, severity: float) -> None:
    """Three who hold jointly split it, each well below the line."""
    whole = LARGE * stage.by_severity(severity, 1.05, 2.0)
    parts = np.array([stage.between(0.8, 1.2) for _each in range(3)])
    relation = str(stage.random.choice(["controls", "household", "contract"]))
    _decided(stage, "jointly", severity, [float(part) for part in whole * parts / parts.sum()], relation)


def in_parts(stage: Stage, severity: float) -> None:
    """One holder decides in three parts on one day."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, PLANTED, "in_parts", severity, [actor])
    whole, at = LARGE * stage.by_severity(severity, 1.05, 1.8), stage.start(5)
    side = "buy" if stage.random.random() < 0.5 else "sell"
    for _part in range(3):
        scheme.evidence.add(_plan(stage, actor, side, whole / 3, at))
        scheme.saw(int(at), int(at))
        at += stage.between(0.3, 1.5) * HOUR


def strangers(stage: Stage) -> None:
    """Look-alike: three who have nothing to do with each other decide the same; together it would be large."""
    _decided(stage, "strangers", None, [LARGE * stage.between(0.4, 0.6) for _each in range(3)], None)


def adviser_and_client(stage: Stage) -> None:
    """Look-alike: two whom only an adviser's mandate ties, each below the line."""
    _decided(stage, "adviser_and_client", None, [LARGE * stage.between(0.6, 0.9) for _each in range(2)], "adviser")


def below(stage: Stage) -> None:
    """Look-alike: just below the line."""
    _decided(stage, "below", None, [LARGE * stage.between(0.95, 0.999)], None)


def one_side_each(stage: Stage) -> None:
    """Look-alike: one holder plans to sell what he plans to buy back later; neither side is large."""
    (actor,) = stage.actors(1)
    scheme = stage.scheme(RULE, LOOK_ALIKE, "one_side_each", 0.0, [actor])
    at = stage.start(5)
    for side in ("sell", "buy"):
        scheme.evidence.add(_plan(stage, actor, side, LARGE * stage.between(0.7, 0.95), at))
        scheme.saw(int(at), int(at))
        at += HOUR


PATTERNS = (alone, jointly, in_parts)
"""What is planted, in turn."""

LOOK_ALIKES = (strangers, below, adviser_and_client, one_side_each)
"""What only looks like it, in turn."""
