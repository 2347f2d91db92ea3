"""The penalty of a case: formula, amount of the order, criminal range, the SESC's powers, and under which law each stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

import msgspec

from sekisho.engine.answers import Amount
from sekisho.engine.controls import load_control
from sekisho.engine.penalty_answers import COMPUTED, ISSUE
from sekisho.engine.penalty_case import PenaltyCase, japan_day
from sekisho.findings.finding import exact_text
from sekisho.rulebook import Holding, Rule, Rulebook, RulebookError, Undetermined
from sekisho.rulebook.provision import CitationError, citations_of
from sekisho.typologies.monetary_penalty import MissingFigure

if TYPE_CHECKING:
    from sekisho.rulebook.parameters import Value

SECURITIES = "FIEA"
FORMULAE = {
    "insider": "insider_penalty",
    "tipping": "tipping_penalty",
    "rumour": "rumour_penalty",
    "wash": "wash_penalty",
    "matched": "wash_penalty",
    "manipulation": "manipulation_penalty",
    "stabilisation": "stabilisation_penalty",
}
"""Which rule computes which violation. ``rumour`` is rumour and fraudulent means (風説・偽計). Fraud in the sense of articles
157 and 185-22, and business without registration, have no monetary penalty."""
ARTICLES = {
    "insider": "175", "tipping": "175-2", "rumour": "173", "wash": "174", "matched": "174",
    "manipulation": "174-2", "stabilisation": "174-3",
}  # fmt: skip
_NEEDED_BY: dict[str, dict[str, str]] = {
    "lowest_price": {
        "insider": "175(1)(i), (5)", "tipping": "175-2(3)(i), (6)", "rumour": "173(1)(i)", "wash": "174(1)(i)",
        "matched": "174(1)(i)", "manipulation": "174-2(1)(ii)",
    },
    "highest_price": {
        "insider": "175(1)(ii), (6)", "tipping": "175-2(3)(ii), (8)", "rumour": "173(1)(ii), (iii)", "wash": "174(1)(ii), (iii)",
        "matched": "174(1)(ii), (iii)", "manipulation": "174-2(1)(ii)",
    },
    "price_before": {"rumour": "173(1)(iii), (6), (7); Order 33-6"},
    "start_price": {
        "wash": "174(1)(iii), (6), (7)", "matched": "174(1)(iii), (6), (7)", "manipulation": "174-2(1)(ii), (7), (8)",
    },
    "average_price_during": {"stabilisation": "174-3(1)(ii)"},
    "average_price_after": {"stabilisation": "174-3(1)(ii)"},
    "publication": {"insider": "175(1), (5), (6)", "tipping": "175-2(1), (6), (8)"},
    "published_at": {"insider": "175(1)(i), (ii)", "tipping": "175-2(1)"},
    "tip": {"tipping": "175-2(1)(i), (ii)"},
    "for_others": {
        "insider": "175(1)(iii)", "rumour": "173(1)(iv)", "wash": "174(1)(iv)", "matched": "174(1)(iv)",
        "manipulation": "174-2(1)(ii)", "stabilisation": "174-3(1)(ii)",
    },
    "fees_by_month": {"insider": "175(1)(iii)", "rumour": "173(1)(iv)", "wash": "174(1)(iv)", "matched": "174(1)(iv)"},
    "prior_orders": {"any": "185-7(15)"},
}  # fmt: skip
"""Which clause of the FIEA asks for a figure, by violation; told where the figure is missing."""
_DIGITS = 60
"""Enough digits that no product of a price and a quantity, nor a sum of them, is ever rounded."""


@dataclass(frozen=True, slots=True)
class _Law:
    """Under which law a case is computed: regime, the day whose law applies, the day judged, and what the user assumes."""

    rulebook: Rulebook
    regime: str
    law_day: date
    as_of: date
    assumed: Mapping[str, Mapping[str, Value]]

    def compute(self, path: str, case: PenaltyCase) -> tuple[Holding | None, Rule, tuple[Amount, ...]]:
        """What a rule answers over the case; no amounts where it does not hold."""
        rule = self.rulebook[path]
        holding = rule.holding(self.regime, self.law_day)
        if holding is None:
            return None, rule, ()
        compute = load_control(rule).compute
        assert compute is not None
        parameters = rule.parameters_in(self.regime, self.law_day, self.as_of, self.assumed.get(path, {}))
        return holding, rule, tuple(compute(case, parameters))


def penalty(rulebook: Rulebook, case: PenaltyCase, *, regime: str | None = None, assume: tuple[str, ...] = ()) -> dict[str, Any]:
    """The answer of ``sekisho penalty`` as a plain structure; see docs/penalty.md for its keys.

    ``amount_jpy`` is what the order would come to, a whole number of yen; None where a figure is missing (``undetermined``
    says which). ``binding`` says whether the law of the regime knows such an order for the object at all.
    """
    with localcontext() as context:
        context.prec = _DIGITS
        return _penalty(rulebook, case, regime, assume)


def _penalty(rulebook: Rulebook, case: PenaltyCase, regime: str | None, assume: tuple[str, ...]) -> dict[str, Any]:
    day = act_day(case)
    law = _law(rulebook, case, regime, day, rulebook.assumptions(assume))
    told = _heading(law, case)
    undetermined: list[str] = []
    if case.violation in FORMULAE or case.computed_jpy is not None:
        told |= _amount(law, case, undetermined)
    else:
        told |= {
            "amount_jpy": 0,
            "computed_jpy": "0",
            "working": [_line("monetary penalty", "no provision for this act", Decimal(0))],
        }
    what_if = law.regime != _law(rulebook, case, None, day, {}).regime
    told["criminal"] = _criminal(rulebook, case, undetermined)
    told["criminal_what_if"] = _criminal_what_if(law, case) if what_if else []
    told["investigation"] = powers(rulebook, case)
    told["investigation_what_if"] = _powers(law, case) if what_if else []
    told["undetermined"] = undetermined
    return told


def _law(rulebook: Rulebook, case: PenaltyCase, regime: str | None, day: date, assumed: Mapping[str, Mapping[str, Value]]) -> _Law:
    if case.object == "security":
        if regime not in (None, SECURITIES):
            raise RulebookError(f"--regime {regime}: a case about a security is judged under {SECURITIES}; leave --regime out")
        return _Law(rulebook, SECURITIES, day, day, assumed)
    chosen, law_day = rulebook.regime_on(regime, day)
    return _Law(rulebook, chosen, law_day, day, assumed)


def act_day(case: PenaltyCase) -> date:
    """The day of the act, which decides the law: the end of the violation, or the last trade, or the publication."""
    if case.violation_until:
        return japan_day(case.violation_until)
    if case.violation_from:
        return japan_day(case.violation_from)
    if case.tip and case.tip.tipped_at:
        return japan_day(case.tip.tipped_at)
    if case.trades:
        return max(trade.day for trade in case.trades)
    if case.publication:
        return japan_day(case.publication.published_at)
    raise RulebookError("the case has no day at all; give 'violation_from' and 'violation_until'")


def _heading(law: _Law, case: PenaltyCase) -> dict[str, Any]:
    regime = law.rulebook.regimes[law.regime]
    binding, en, ja = _standing(law.regime)
    return {
        "violation": case.violation,
        "object": case.object,
        "title": case.title,
        "regime": law.regime,
        "regime_status": regime.status,
        "act_on": law.as_of.isoformat(),
        "analogy": law.regime != SECURITIES,
        "binding": binding,
        "statement_en": en,
        "statement_ja": ja,
        "amount_jpy": None,
        "computed_jpy": None,
        "due_on": None,
        "articles": [],
        "per_issue": [],
        "working": [],
        "rules": [],
        "price_source": case.price_source,
        "notes": list(case.notes),
        "assumed": {f"{path}.{name}": exact_text(v) for path, values in law.assumed.items() for name, v in values.items()},
    }


def _standing(regime: str) -> tuple[bool, str, str]:
    if regime == SECURITIES:
        return True, "Monetary penalty under the provisions on securities in force.", "有価証券に関する現行規定による課徴金。"
    if regime == "FIEA-ACT64":
        return (
            False,
            "Act No. 64 of 2026 brings a monetary penalty for crypto-assets; its formula has not been read. "
            "The figure is an analogy.",
            "令和8年法律第64号は暗号資産に課徴金を導入するが、算定式は未確認であり、金額は有価証券の算定式による参考値である。",
        )
    if regime in {"WG4-SEED", "WG-REPORT"}:
        return (
            False,
            "A proposal, never law. The figure is an analogy to securities.",
            "提案・提言であり法令ではない。金額は有価証券の算定式による参考値である。",
        )
    return (
        False,
        "No monetary penalty today: the law in force knows none for crypto-assets. "
        "The figure is a what-if by analogy to securities.",
        "現行法上、暗号資産について課徴金を命ずることはできない。金額は有価証券の算定式を当てはめた参考値である。",
    )


def _amount(law: _Law, case: PenaltyCase, undetermined: list[str]) -> dict[str, Any]:
    """Formula, then order; what is missing is said and leaves the amount open."""
    told: dict[str, Any] = {"articles": [], "per_issue": [], "working": [], "rules": []}
    known = case
    try:
        if case.computed_jpy is None:
            _refuse_empty(case)
            path = f"enforcement/{FORMULAE[case.violation]}"
            answered = _told(told, law.compute(path, case))
            total = next(amount for amount in answered if amount.name == COMPUTED)
            known = msgspec.structs.replace(case, computed_jpy=total.value, latest_trade_jpy=_latest(law, path, case))
        assert known.computed_jpy is not None
        told["computed_jpy"] = exact_text(known.computed_jpy)
        (order,) = _told(told, law.compute("enforcement/order_amount", known))
        told["amount_jpy"] = int(order.value)
        told["due_on"] = exact_text(order.facts["due_on"])
    except MissingFigure as missing:
        undetermined.append(f"{missing.args[0]} ({_clause(case.violation, str(missing.args[0]))})")
    except Undetermined as missing:
        undetermined.append(str(missing.args[0]))
    return told


def _clause(violation: str, message: str) -> str:
    """The clause that asks for the figure a message names, or the article of the violation."""
    named = re.findall(r"'([a-z_]+)(?:\.[a-z_]+)?'", message)
    clause = next((_NEEDED_BY[name] for name in named if name in _NEEDED_BY), {})
    return f"FIEA {clause.get(violation) or clause.get('any') or ARTICLES.get(violation, '176')}"


def _refuse_empty(case: PenaltyCase) -> None:
    """A case with nothing to compute from is not a case that comes to nothing."""
    held = any(prices.opening_position is not None or prices.own_issuance for _, prices, _ in case.each_issue())
    if not (case.trades or held or case.for_others):
        raise MissingFigure(
            "'trades' are not given, nor for_others, nor a position or own issuance: there is nothing to compute from"
        )


def _told(told: dict[str, Any], answered: tuple[Holding | None, Rule, tuple[Amount, ...]]) -> tuple[Amount, ...]:
    """Add what a rule answered to the answer: working, issues, provisions, and which rule said it."""
    holding, rule, amounts = answered
    if holding is None:
        raise MissingFigure(f"{rule.path} does not hold on that day")
    told["rules"].append({"rule": rule.path, "hash": rule.hash, "status": holding.status, "confidence": holding.confidence})
    source = rule.holding(SECURITIES, date.max) or holding
    told["articles"] += [_article(one.document, one.provision) for one in source.provisions if one.provision]
    for amount in amounts:
        lines = [_line(*step) for step in amount.working]
        told["working"] += lines
        if amount.name == ISSUE:
            told["per_issue"].append(
                {
                    "instrument": amount.facts["instrument"],
                    "first_part_jpy": exact_text(amount.facts["first"]),
                    "second_part_jpy": exact_text(amount.facts["second"]),
                    "amount_jpy": exact_text(amount.value),
                    "allocation": [_allocated(text) for text in amount.facts["allocation"]],  # type: ignore[union-attr]
                    "working": lines,
                }
            )
    return amounts


def _latest(law: _Law, path: str, case: PenaltyCase) -> Decimal | None:
    """What the latest trade comes to by itself: an early report of own-share purchases reduces only that one."""
    if not (case.self_reported and case.own_share_acquisition and case.trades):
        return None
    latest = max(case.trades, key=lambda trade: (trade.day, trade.executed_at))
    alone = msgspec.structs.replace(case, trades=(latest,))
    return next(amount.value for amount in law.compute(path, alone)[2] if amount.name == COMPUTED)


def _criminal(rulebook: Rulebook, case: PenaltyCase, undetermined: list[str]) -> list[dict[str, Any]]:
    """The range on the day the act began and, where the law changed in between, on the day it ended: never retroactive."""
    last = act_day(case)
    first = japan_day(case.violation_from) if case.violation_from else last
    told: list[dict[str, Any]] = []
    for day in dict.fromkeys((first, last)):
        law = _law(rulebook, case, None, day, {})
        try:
            _, rule, amounts = law.compute("enforcement/criminal_ranges", case)
        except (MissingFigure, Undetermined) as missing:
            undetermined.append(str(missing.args[0]))
            continue
        for amount in amounts:
            entry = {name: _plain(value) for name, value in amount.facts.items()}
            same = next((one for one in told if {k: v for k, v in one.items() if k not in _DATES} == entry), None)
            if same is not None:
                same["acts_until"] = day.isoformat()
            else:
                told.append({"acts_from": day.isoformat(), "acts_until": day.isoformat(), **entry, "rule_hash": rule.hash})
    if len({one["imprisonment_years_max"] for one in told if one["provision"].startswith("FIEA 197(1)(iv")}) > 1:
        for one in told:
            one["note"] = "Acts before the change are punished under the law before it (Act No. 64 of 2026, 附則89)."
    return told


def _criminal_what_if(law: _Law, case: PenaltyCase) -> list[dict[str, Any]]:
    """The range under a regime that was not the law of the day: to compare, never to apply."""
    try:
        amounts = law.compute("enforcement/criminal_ranges", case)[2]
    except (MissingFigure, Undetermined):
        return []
    return [{"regime": law.regime, **{name: _plain(value) for name, value in amount.facts.items()}} for amount in amounts]


def powers(rulebook: Rulebook, case: PenaltyCase) -> list[dict[str, Any]]:
    """Which powers of investigation the SESC had over the act, under the law in force on its day; see docs/penalty.md."""
    return _powers(_law(rulebook, case, None, act_day(case), {}), case)


def _powers(law: _Law, case: PenaltyCase) -> list[dict[str, Any]]:
    holding, rule, amounts = law.compute("enforcement/investigation_powers", case)
    if holding is None:
        return []
    under = {"on": law.as_of.isoformat(), "regime": law.regime, "status": holding.status}
    return [{**amount.facts, **under, "rule_hash": rule.hash} for amount in amounts]


_DATES = frozenset({"acts_from", "acts_until", "rule_hash", "note"})


def _plain(value: object) -> object:
    """Whole figures as integers, as JSON readers expect years and yen."""
    return int(value) if isinstance(value, Decimal) else value


def _article(document: str, provision: str) -> dict[str, str]:
    try:
        japanese = "、".join(citation.japanese for citation in citations_of(document, provision))
    except CitationError:
        japanese = provision
    return {"document": document, "provision": provision, "japanese": japanese}


def _line(label: str, expression: str, value: Decimal) -> dict[str, str]:
    return {"label": label, "expression": expression, "value": f"{value:f}"}


def _allocated(text: str) -> dict[str, str]:
    side, name, part, quantity, price = text.split("|")
    return {"side": side, "trade": name, "part": part, "quantity": quantity, "price": price}
