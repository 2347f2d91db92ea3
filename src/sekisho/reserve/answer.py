"""What ``sekisho reserve`` answers: the level, what it rests on, how sure it is, and whether the cover of each day reaches it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sekisho.reserve.annual import YearLoss
from sekisho.reserve.assumptions import Assumptions
from sekisho.reserve.difference import hack_by_regime
from sekisho.reserve.estimate import (
    DRAW_CELLS,
    Cover,
    Estimator,
    Past,
    amounts_shown,
    frequency,
    interval,
    leaving_out,
    sensitivities,
    severity,
)
from sekisho.reserve.exposure import Held
from sekisho.reserve.incidents import Incident
from sekisho.reserve.severity import Floats
from sekisho.rulebook import Rulebook

LEVELS = (0.9, 0.95, 0.99, 0.995, 0.999)
HILL_AT = (5, 10, 20)

EXAMPLE_JPY = 1_000_000_000
"""The payment that the regimes are asked about where no level is estimated."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: incidents, holdings by day (the last one is estimated), cover, assumptions, and how often is drawn."""

    incidents: Sequence[Incident]
    incidents_from: str
    held: Sequence[Held]
    assumptions: Assumptions
    basis: str = "japan"
    cover: Cover = field(default_factory=Cover)
    draws: int = 500
    seed: int = 1


def answer(question: Question, rulebook: Rulebook, progress: Progress) -> dict[str, Any]:
    """The whole answer as JSON values; amounts are whole yen. Same question, same answer, to the last digit."""
    estimator = Estimator(Past(tuple(question.incidents)), question.assumptions, question.basis)
    told: dict[str, Any] = {
        "status": "estimate" if question.held else "no_exposure",
        "statement_en": _STATEMENT_EN,
        "statement_ja": _STATEMENT_JA,
        "basis": question.basis,
        "draws": question.draws,
        "seed": question.seed,
        "incidents": _incidents(question, estimator),
        "assumptions": _assumptions(question.assumptions),
        "frequency": _frequency(estimator),
        "severity": _severity(estimator),
    }
    level = None
    if question.held:
        told |= _estimate(question, estimator, progress)
        level = told["required"]["loss_jpy"]
    told["regimes"] = hack_by_regime(rulebook, level or EXAMPLE_JPY, yen(question.cover.reserve_jpy), level)
    return told


_STATEMENT_EN = (
    "An estimate, not law: no regime states a level, a formula or a share of insurance for crypto-assets. It says what past "
    "thefts and the stated assumptions come to."
)
_STATEMENT_JA = (
    "これは推計であり法令ではない。暗号資産に係る準備金の水準・算式・保険の割合を定める規律はない。"
    "過去の流出事案と明示した前提から導かれる額を示す。"
)


def yen(amount: float) -> int:
    """Whole yen, rounded up: an amount to be covered is never made smaller."""
    return int(np.ceil(round(amount, 4)))


def _incidents(question: Question, estimator: Estimator) -> dict[str, Any]:
    thefts = estimator.past.thefts(estimator.assumptions)
    return {
        "from": question.incidents_from,
        "listed": len(question.incidents),
        "counted": [
            {
                "name": one.name,
                "date": one.occurred_on.isoformat(),
                "country": one.country,
                "loss_jpy": yen(loss),
                "figure": "official yen" if one.jpy is not None else "dollars at the assumed rate",
                "tier": one.tier,
                "cause": one.cause,
                "confidence": one.confidence,
                "sources": one.sources,
            }
            for one, loss in thefts
        ],
    }


def _assumptions(assumptions: Assumptions) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "value": each.value,
            "low": each.low,
            "high": each.high,
            "unit": each.unit,
            "given": each.given,
            "meaning_en": each.meaning.en,
            "meaning_ja": each.meaning.ja,
            "source_en": each.source.en,
            "source_ja": each.source.ja,
        }
        for each in assumptions.by_name.values()
    ]


def _frequency(estimator: Estimator) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for basis in ("japan", "world"):
        found = frequency(estimator.past, estimator.assumptions, basis)
        low, high = found.interval()
        told[basis] = {
            "thefts": found.events,
            "exchange_years": round(found.rate.years * estimator.assumptions["grade_factor"], 2),
            "per_exchange_year": found.rate.mean,
            "low": low,
            "high": high,
        }
    return told


def _severity(estimator: Estimator) -> dict[str, Any]:
    losses = np.sort([loss for _, loss in estimator.past.thefts(estimator.assumptions)])
    largest = losses[::-1]
    return {
        "thefts": len(losses),
        "median_jpy": yen(float(np.median(losses))),
        "largest_jpy": yen(float(losses[-1])),
        "cap_jpy": yen(severity(estimator.past, estimator.assumptions).cap),
        "hill_index": {str(k): float(k / np.log(largest[:k] / largest[k]).sum()) for k in HILL_AT if len(losses) > k},
    }


def _estimate(question: Question, estimator: Estimator, progress: Progress) -> dict[str, Any]:
    held, cover = question.held[-1], question.cover
    exposure, level = held.exposure, question.assumptions["level"]
    year = estimator.year(exposure)
    drawn = estimator.draws(
        exposure, question.draws, question.seed, lambda done, of: progress("drawing what is left open", done, of)
    )
    levels = sorted({*LEVELS, level})
    by_level = [
        {
            "level": each,
            "loss_jpy": yen(year.quantile(each)),
            "low_jpy": yen(low),
            "high_jpy": yen(high),
            "left_after_insurance_jpy": yen(cover.left(year.quantile(each))),
        }
        for each in levels
        for low, high in (interval([one.quantile(each) for one in drawn]),)
    ]
    required = next(each for each in by_level if each["level"] == level)
    progress("varying the assumptions", 0, 1)
    amounts = amounts_shown(exposure)
    exceeded = np.array([one.exceeded(amounts) for one in drawn])
    return {
        "exposure": {
            "day": held.day.isoformat() if held.day else None,
            "hot_jpy": yen(exposure.hot_jpy),
            "cold_jpy": yen(exposure.cold_jpy),
            "not_valued": list(held.not_valued),
        },
        "loss_year": {
            "mean_jpy": yen(year.mean),
            "chance_of_a_loss": float(year.exceeded(np.zeros(1))[0]),
            "grid_step_jpy": yen(year.step),
            "levels": by_level,
        },
        "required": required | {"reserve_beside_insurance_jpy": required["left_after_insurance_jpy"]} | _in_lieu(required, cover),
        "cover": _cover(cover, required, year),
        "curve": _curve(amounts, year.exceeded(amounts), exceeded),
        "sensitivity": [
            {
                "name": e.name,
                "low": e.low_value,
                "high": e.high_value,
                "low_jpy": yen(e.low_jpy),
                "high_jpy": yen(e.high_jpy),
                "low_mean_jpy": yen(e.low_mean_jpy),
                "high_mean_jpy": yen(e.high_mean_jpy),
            }
            for e in sensitivities(estimator, exposure)
        ],
        "leaving_out": [{"name": one.name, "loss_jpy": yen(amount)} for one, amount in leaving_out(estimator, exposure)],
        "daily": _daily(question, estimator, progress),
    }


def _in_lieu(required: dict[str, Any], cover: Cover) -> dict[str, Any]:
    """The limit that would do without a reserve, beyond a deductible that the firm bears itself."""
    return {"insurance_in_lieu_limit_jpy": max(0, required["loss_jpy"] - yen(cover.deductible_jpy))}


def _cover(cover: Cover, required: dict[str, Any], year: YearLoss) -> dict[str, Any]:
    reserve = yen(cover.reserve_jpy)
    told: dict[str, Any] = {
        "reserve_jpy": reserve,
        "insurance_limit_jpy": yen(cover.limit_jpy),
        "insurance_deductible_jpy": yen(cover.deductible_jpy),
    }
    for name, needed in (("without_insurance", required["loss_jpy"]), ("with_insurance", required["left_after_insurance_jpy"])):
        told[name] = {
            "short_by_jpy": max(0, needed - reserve),
            "reaches": reserve >= needed,
            "chance_exceeded": cover.chance_exceeded(year, insured=name == "with_insurance"),
        }
    return told


def _curve(amounts: Floats, central: Floats, drawn: Floats) -> list[dict[str, float]]:
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    return [
        {"amount_jpy": yen(amount), "chance": float(c), "low": float(a), "high": float(b)}
        for amount, c, a, b in zip(amounts, central, low, high, strict=True)
    ]


def _daily(question: Question, estimator: Estimator, progress: Progress) -> list[dict[str, Any]]:
    """Each day's cover against the level its holdings call for; where the books state none, the cover given."""
    told = []
    level = question.assumptions["level"]
    for at, held in enumerate(question.held):
        if held.day is None:
            continue
        reserve = float(held.ready.reserve_jpy) if held.ready and held.ready.reserve else question.cover.reserve_jpy
        limit = float(held.ready.insurance_jpy) if held.ready and held.ready.insurance else question.cover.limit_jpy
        year = estimator.year(held.exposure, DRAW_CELLS)
        required = yen(year.quantile(level))
        left = yen(replace(question.cover, limit_jpy=limit).left(year.quantile(level)))
        told.append(
            {
                "day": held.day.isoformat(),
                "hot_jpy": yen(float(held.hot_jpy)),
                "cold_jpy": yen(float(held.cold_jpy)),
                "required_jpy": required,
                "reserve_jpy": yen(reserve),
                "insurance_limit_jpy": yen(limit),
                "reaches_without_insurance": reserve >= required,
                "reaches_with_insurance": reserve >= left,
                "not_valued": list(held.not_valued),
            }
        )
        progress("comparing day by day", at + 1, len(question.held))
    return told
