"""The main job: judge an exchange's books under a dated rulebook, rule by rule, and leave files that prove it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from sekisho.engine.run import Judged, RuleRun, japan_period, parameters_key, rules_at_once, run_rule
from sekisho.findings.finding import Finding, findings_of
from sekisho.records import Records
from sekisho.rulebook import Regime, Rule, Rulebook, RulebookError
from sekisho.rulebook.parameters import Value

Progress = Callable[[str, int, int], None]
"""Called with (what is done now, done, of how many)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of the books: under which regime (None: the one in force), as of which day, which rules, which assumptions."""

    regime: str | None = None
    as_of: date | None = None
    rules: str | None = None
    assume: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """All that an inspection found, before it is written anywhere."""

    rulebook: Rulebook
    records: Records
    regime: Regime
    judged: Judged
    period: tuple[date, date]
    runs: tuple[RuleRun, ...]
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class Inspector:
    """Inspects one set of books, under one regime or several; equal questions to a rule are answered once."""

    rulebook: Rulebook
    records: Records
    progress: Progress = lambda _what, _done, _of: None
    _answered: dict[tuple[object, ...], RuleRun] = field(default_factory=dict)
    _period: tuple[date, date] | None = None

    def inspect(self, question: Question) -> Inspection:
        """Run every matching rule. Raises RulebookError for a regime, rule or assumption that does not exist."""
        assumed = self.rulebook.assumptions(question.assume)
        rules = self.rulebook.matching(question.rules)
        period = self._days(question.as_of)
        as_of = question.as_of or period[1]
        regime_id, law_day = self.rulebook.regime_on(question.regime, as_of)
        judged = Judged(regime=regime_id, law_day=law_day, as_of=as_of)
        runs = self._runs(rules, judged, period, assumed)
        self.progress("done", len(rules), len(rules))
        findings = [finding for run in runs for finding in findings_of(run)]
        return Inspection(
            rulebook=self.rulebook,
            records=self.records,
            regime=self.rulebook.regimes[regime_id],
            judged=judged,
            period=period,
            runs=tuple(runs),
            findings=tuple(findings),
            warnings=(*self.records.warnings, *self._warnings(judged), *_untested(runs)),
        )

    def _runs(
        self, rules: Sequence[Rule], judged: Judged, period: tuple[date, date], assumed: Mapping[str, Mapping[str, Value]]
    ) -> list[RuleRun]:
        """The rules in their order, some at the same time: where one counts in Python, another one's kernels use the other core."""
        runs = []
        with ThreadPoolExecutor(rules_at_once(self.records)) as pool:
            begun = [pool.submit(self._run, rule, judged, period, assumed.get(rule.path, {})) for rule in rules]
            try:
                for done, (rule, run) in enumerate(zip(rules, begun, strict=True)):
                    self.progress(rule.path, done, len(rules))
                    runs.append(run.result())
            finally:
                for left in begun:
                    left.cancel()
        return runs

    def _days(self, as_of: date | None) -> tuple[date, date]:
        if self._period is None:
            self._period = japan_period(self.records) or ((as_of, as_of) if as_of else None)
        if self._period is None:
            raise RulebookError("the records carry no time at all; give --as-of DATE")
        return self._period

    def _run(self, rule: Rule, judged: Judged, period: tuple[date, date], assumed: Mapping[str, Value]) -> RuleRun:
        holding = rule.holding(judged.regime, judged.law_day)
        if holding is None:
            return run_rule(rule, self.records, judged, period, dict(assumed))
        parameters = rule.parameters_in(judged.regime, judged.law_day, judged.as_of, assumed)
        blank = RuleRun(rule=rule, judged=judged, state="ran", holding=holding, parameters=parameters)
        key = parameters_key(blank)
        if key not in self._answered:
            self._answered[key] = run_rule(rule, self.records, judged, period, dict(assumed))
        answered = self._answered[key]
        why = answered.why if answered.judged == judged else answered.why.replace(answered.judged.regime, judged.regime)
        return replace(answered, judged=judged, holding=holding, parameters=parameters, why=why)

    def _warnings(self, judged: Judged) -> tuple[str, ...]:
        regime = self.rulebook.regimes[judged.regime]
        if judged.law_day != judged.as_of:
            said = f"{regime.id} was not in force on {judged.as_of}"
            return (f"{said}: the books are judged under its law of {judged.law_day}, as a what-if",)
        if regime.kind != "base":
            return (f"{regime.id} is {regime.status}, never law: this is a what-if",)
        return ()


def _untested(runs: list[RuleRun]) -> list[str]:
    """What a rule that ran could not look at, because an optional table is missing."""
    return [warning_of(run) for run in runs if run.without]


def warning_of(run: RuleRun) -> str:
    """What is said of a rule that ran without a table it would have used."""
    return f"{run.rule.path}: no {', '.join(run.without)}; what needs it was not tested"


def records_name(folder: Path | None) -> str:
    """How a report names the books: the folder's own name, never a path of somebody's machine."""
    return folder.resolve().name if folder else "records in memory"
