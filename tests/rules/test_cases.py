"""Every worked example of every rule holds, on DuckDB."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from rules.case import Case, cases_of, typed
from sekisho.engine.answers import Found, Outcome, Reason
from sekisho.engine.controls import load_control
from sekisho.engine.penalty_case import PenaltyCase
from sekisho.engine.requests import Request, ReserveUseRequest
from sekisho.engine.run import Judged, RuleRun, japan_period, run_rule
from sekisho.engine.view import RecordsView, instruction_request, order_request, transfer_request, wallet_request
from sekisho.findings.finding import findings_of
from sekisho.records import TABLES, records_of
from sekisho.rulebook import load_rulebook

pytestmark = pytest.mark.long

RULEBOOK = load_rulebook()
CASES = [case for rule in RULEBOOK.rules.values() if set(rule.questions) != {"attest"} for case in cases_of(rule)]
EXPECTATIONS = {
    "findings",
    "undetermined",
    "not_inspected",
    "not_in_regime",
    "amounts",
    "obligations",
    "outcome",
    "sentence",
    "releases_at",
}


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.rule.path}: {c.name}")
def test_case(case: Case) -> None:
    unknown = set(case.expect) - EXPECTATIONS
    assert not unknown, f"unknown expectation {unknown}"
    assert case.expect, "a case expects something"
    if case.asked is not None:
        _check_decision(case)
        return
    if case.case is not None:
        _check_penalty(case, case.case)
        return
    run = _run(case)
    _check_state(case, run)
    if "findings" in case.expect:
        _check_findings(run, case.expect["findings"])
    if "amounts" in case.expect:
        _check_rows(run.amounts, case.expect["amounts"])
    if "obligations" in case.expect:
        _check_rows(run.obligations, case.expect["obligations"])


def test_every_rule_has_cases() -> None:
    told = {case.rule.path for case in CASES}
    asked = {r.path for r in RULEBOOK.rules.values() if set(r.questions) != {"attest"}}
    assert told == asked


def _run(case: Case) -> RuleRun:
    records = records_of(case.records)
    regime, law_day = RULEBOOK.regime_on(case.regime, case.as_of)
    period = japan_period(records) or (case.as_of, case.as_of)
    return run_rule(case.rule, records, Judged(regime=regime, law_day=law_day, as_of=case.as_of), period, case.assume)


def _check_state(case: Case, run: RuleRun) -> None:
    expected = next((s for s in ("undetermined", "not_inspected", "not_in_regime") if s in case.expect), "ran")
    assert run.state == expected, run.why
    for word in case.expect.get(expected, ()) if expected in {"undetermined", "not_inspected"} else ():
        assert word in run.why


def _check_findings(run: RuleRun, expected: list[dict[str, Any]]) -> None:
    findings = findings_of(run)
    assert len(run.found) == len(expected), [f.summary_en for f in findings]
    left = list(run.found)
    for want in expected:
        match = next((f for f in left if _matches(run, f, want)), None)
        assert match is not None, f"{want} not among {[(f, findings) for f in left]}"
        left.remove(match)


def _matches(run: RuleRun, found: Found, want: dict[str, Any]) -> bool:
    severity = found.severity.name if found.severity else run.rule.severity_of(found.score)
    for key, value in want.items():
        if key == "severity":
            good = severity == value
        elif key == "score_min":
            good = found.score >= value
        elif key == "score_max":
            good = found.score <= value
        elif key == "evidence":
            good = {tuple(e) for e in value} <= set(found.evidence)
        elif key == "evidence_exactly":
            good = {tuple(e) for e in value} == set(found.evidence)
        elif key == "facts":
            good = all(_same(found.facts.get(name), fact) for name, fact in value.items())
        else:
            good = _same(getattr(found, key), value)
        if not good:
            return False
    return True


def _check_rows(rows: tuple[Any, ...], expected: list[dict[str, Any]]) -> None:
    assert len(rows) == len(expected), rows
    left = list(rows)
    for want in expected:
        match = next((r for r in left if all(_same(getattr(r, k), v) for k, v in want.items())), None)
        assert match is not None, f"{want} not among {left}"
        left.remove(match)


def _same(have: object, want: object) -> bool:
    if isinstance(have, datetime) and isinstance(want, str):
        return have == datetime.fromisoformat(want)
    if isinstance(have, Decimal) and isinstance(want, int | Decimal):
        return have == want
    return have == want


def _check_penalty(case: Case, penalty: PenaltyCase) -> None:
    """A rule computed over a case file: its amounts, or the figure without which it has none."""
    regime, law_day = RULEBOOK.regime_on(case.regime, case.as_of) if case.regime != "FIEA" else ("FIEA", case.as_of)
    if case.rule.holding(regime, law_day) is None:
        assert case.expect == {"not_in_regime": True}
        return
    compute = load_control(case.rule).compute
    assert compute is not None
    parameters = case.rule.parameters_in(regime, law_day, case.as_of, case.assume)
    if "undetermined" in case.expect:
        with pytest.raises(LookupError) as open_figure:
            list(compute(penalty, parameters))
        assert all(word in str(open_figure.value) for word in case.expect["undetermined"])
        return
    _check_rows(tuple(compute(penalty, parameters)), case.expect["amounts"])


def _check_decision(case: Case) -> None:
    regime, law_day = RULEBOOK.regime_on(case.regime, case.as_of)
    if case.rule.holding(regime, law_day) is None:
        assert case.expect == {"not_in_regime": True}
        return
    parameters = case.rule.parameters_in(regime, law_day, case.as_of, case.assume)
    if "undetermined" in case.expect:
        assert list(parameters.missing()) == list(case.expect["undetermined"])
        return
    request = _request(case)
    at = next(at for name in ("received_at", "given_at", "requested_at") if (at := getattr(request, name, None)))
    decide = load_control(case.rule).decide
    assert decide is not None
    reasons = list(decide(request, RecordsView(records_of(case.records), at), parameters))
    outcome = max((r.outcome for r in reasons), default=Outcome.allow)
    assert outcome.name == case.expect["outcome"], reasons
    gravest: Reason | None = next((r for r in reasons if r.outcome == outcome), None)
    if "sentence" in case.expect:
        assert gravest is not None
        assert gravest.sentence == case.expect["sentence"]
    if "releases_at" in case.expect:
        releases = [r.releases_at for r in reasons if r.releases_at]
        assert max(releases) == datetime.fromisoformat(case.expect["releases_at"]).astimezone(UTC)


def _request(case: Case) -> Request:
    """The request of a case, under the columns of its table or the names of its class."""
    assert case.asked is not None
    key, asked = case.asked
    read, table, others = ASKED[key]
    kinds = {c.name: c.kind for c in TABLES[table].columns} | others
    return read({name: _typed(kinds[name], value) if name in kinds else value for name, value in asked.items()})


def _reserve_use_request(row: dict[str, Any]) -> ReserveUseRequest:
    return ReserveUseRequest(**row)


ASKED: dict[str, tuple[Callable[[dict[str, Any]], Request], str, dict[str, str]]] = {
    "request": (transfer_request, "transfer", {}),
    "request_order": (order_request, "order_event", {"received_at": "time"}),
    "request_use": (
        _reserve_use_request,
        "reserve_use",
        {"reserve_jpy": "decimal", "releasable_jpy": "decimal", "requested_at": "time"},
    ),
    "request_instruction": (instruction_request, "instruction", {}),
    "request_wallet": (wallet_request, "wallet", {"requested_at": "time"}),
}
"""How each kind of request is read: by what, the table whose columns it has, and what it has besides."""


def _typed(kind: str, value: object) -> object:
    if isinstance(value, date) and kind == "time":
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return typed(kind, value) if isinstance(value, str) else Decimal(value) if kind == "decimal" else value  # type: ignore[arg-type]
