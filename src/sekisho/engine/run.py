"""Runs one rule over records: which questions it could answer, what it answered, and why it could not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING

from sekisho.engine.answers import Amount, Found, Obligation
from sekisho.engine.calendar import Calendar
from sekisho.engine.controls import load_control
from sekisho.engine.order_streams import OrderStreamError, threads_of
from sekisho.rulebook import Holding, Parameters, Rule, RulebookError, Undetermined
from sekisho.typologies.business_days import BusinessDays

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook.parameters import Value

STATES = ("ran", "undetermined", "not_inspected", "not_in_regime", "attested", "gate_only", "by_case")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Under which regime, on which day of law, and for which day (Japan date) books are judged."""

    regime: str
    law_day: date
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRun:
    """What one rule answered. ``state`` is one of STATES; ``why`` says what stood in the way, in one line.

    ``without`` names the tables the rule would have used had they been there: what needs them was not tested.
    """

    rule: Rule
    judged: Judged
    state: str
    why: str = ""
    holding: Holding | None = None
    parameters: Parameters | None = None
    found: tuple[Found, ...] = ()
    amounts: tuple[Amount, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    without: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)


def run_rule(
    rule: Rule, records: Records, judged: Judged, period: tuple[date, date], assumed: dict[str, Value] | None = None
) -> RuleRun:
    """Run every question the rule asks of records; a rule that cannot answer says so, it never counts as clean."""
    started = perf_counter()
    run = RuleRun(rule=rule, judged=judged, state="ran", holding=rule.holding(judged.regime, judged.law_day))
    if run.holding is None:
        return replace(run, state="not_in_regime", why=f"{rule.path} does not hold under {judged.regime}")
    parameters = rule.parameters_in(judged.regime, judged.law_day, judged.as_of, assumed or {})
    run = replace(run, parameters=parameters)
    if not set(rule.questions) & {"detect", "compute", "due"}:
        return replace(run, state="attested" if "attest" in rule.questions else "gate_only")
    if rule.over == "case":
        return replace(run, state="by_case")
    if not rule.has_control:
        return replace(run, state="not_inspected", why=f"{rule.path} is written down but has no control yet")
    if missing := parameters.missing():
        return replace(run, state="undetermined", why=parameters.why(*missing))
    if absent := [table for table in rule.needs if table not in records.present]:
        return replace(run, state="not_inspected", why=f"not inspected: no {', '.join(absent)}")
    run = replace(run, without=tuple(table for table in rule.uses if table not in records.present))
    try:
        run = _answers(run, records, parameters, period)
    except Undetermined as undetermined:
        return replace(run, state="undetermined", why=str(undetermined))
    except ValueError as error:
        if isinstance(error, RulebookError | OrderStreamError) or not (assumed or {}):
            raise
        given = ", ".join(f"{name}={value}" for name, value in (assumed or {}).items())
        raise RulebookError(f"{rule.path}: --assume {given} cannot be used: {error}") from error
    return replace(run, seconds=perf_counter() - started)


def rules_at_once(records: Records) -> int:
    """How many rules may run at the same time: two, where the records have as many threads; on a cluster one after the other."""
    return 1 if records.engine == "spark" else min(2, threads_of(records))


def parameters_key(run: RuleRun) -> tuple[object, ...]:
    """Two runs of a rule with the same key give the same answers over the same records."""
    parameters = run.parameters
    assert parameters is not None
    return (run.rule.path, parameters.as_of, *((p.name, p.value) for p in parameters))


def _answers(run: RuleRun, records: Records, parameters: Parameters, period: tuple[date, date]) -> RuleRun:
    control = load_control(run.rule)
    found = tuple(_checked(run.rule, control.detect(records, parameters))) if control.detect else ()
    amounts = tuple(control.compute(records, parameters)) if control.compute else ()
    obligations: tuple[Obligation, ...] = ()
    if control.due:
        calendar = Calendar(business_days=BusinessDays(), period=period, triggers=(*found, *amounts))
        obligations = tuple(control.due(calendar, parameters))
    return replace(run, found=found, amounts=amounts, obligations=obligations)


def _checked(rule: Rule, found: Iterable[Found]) -> Iterator[Found]:
    """Assert what must be true of our own controls: a finding without proof or sentence never leaves the engine."""
    for one in found:
        assert one.evidence, f"{rule.path}: a finding about {one.subject_id} carries no evidence"
        assert 0 <= one.score <= 1, f"{rule.path}: score {one.score} is outside 0..1"
        assert one.sentence in rule.sentences, f"{rule.path}: no sentence '{one.sentence}' in rule.yaml"
        assert one.window_from <= one.window_until, f"{rule.path}: the window of {one.subject_id} ends before it starts"
        yield one


def japan_period(records: Records) -> tuple[date, date] | None:
    """First and last Japan date that the records speak of; None where no table carries a time."""
    first: date | None = None
    last: date | None = None
    for table, column in _CLOCKS:
        if table not in records.present:
            continue
        times = getattr(records, table)[column]
        low, high = (_japan_date(bound) for bound in _bounds(times))
        if low is not None and high is not None:
            first = low if first is None else min(first, low)
            last = high if last is None else max(last, high)
    return (first, last) if first and last else None


_CLOCKS = (
    ("order_event", "occurred_at"),
    ("trade", "executed_at"),
    ("customer_balance", "as_of_date"),
    ("wallet_balance", "observed_at"),
    ("money_trust", "as_of_date"),
    ("chain_movement", "occurred_at"),
    ("firm_balance", "as_of_date"),
    ("transfer", "requested_at"),
    ("account_event", "occurred_at"),
    ("communication", "published_at"),
    ("listing_application", "filed_at"),
    ("publication", "published_at"),
)


def _bounds(times: object) -> tuple[object, object]:
    table = times.as_table()  # type: ignore[attr-defined]
    column = table[times.get_name()]  # type: ignore[attr-defined]
    row = table.aggregate(low=column.min(), high=column.max()).to_pyarrow().to_pylist()[0]
    return row["low"], row["high"]


def _japan_date(moment: object) -> date | None:
    if isinstance(moment, datetime):
        return (moment + timedelta(hours=9)).date()
    assert moment is None or isinstance(moment, date)
    return moment
