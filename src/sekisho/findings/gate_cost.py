"""What each rule of the gate costs and protects: clients and yen delayed, and, where misconduct is known, what was stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Outcome
from sekisho.engine.replay import Decider, Replayed, decider, replayed
from sekisho.engine.run import Judged, japan_period
from sekisho.findings.labels import Label
from sekisho.rulebook import Rulebook, RulebookError
from sekisho.rulebook.parameters import Value
from sekisho.rulebook.texts import Text

if TYPE_CHECKING:
    from sekisho.records import Records

ALL = "together"
CHAPTERS = ("transfers", "perimeter")
STOPS = Outcome.hold
"""From this outcome on a transfer does not leave at once."""
_DAY = timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class Cost:
    """What one rule (or all together) did to the transfers of the records.

    ``alone`` counts what no other rule stopped; ``delays`` are the waits of held transfers whose end is known. With labels:
    ``ordinary_stopped`` of ``ordinary`` transfers belong to nothing known, ``caught`` of ``known`` cases had a transfer stopped,
    ``protected_jpy`` of ``at_risk_jpy`` is what known misconduct asked to move out and was stopped.
    """

    rule: str
    title: Text
    warned: int = 0
    held: int = 0
    refused: int = 0
    alone: int = 0
    stopped_jpy: Decimal = Decimal(0)
    clients: set[str] = field(default_factory=set)
    delays: list[timedelta] = field(default_factory=list)
    ordinary_stopped: int = 0
    caught: set[str] = field(default_factory=set)
    protected_jpy: Decimal = Decimal(0)

    @property
    def stopped(self) -> int:
        """Transfers held or refused."""
        return self.held + self.refused

    @property
    def delay_days(self) -> Decimal | None:
        """The median wait in days, to a tenth; None where no end is known."""
        if not self.delays:
            return None
        median = sorted(self.delays)[len(self.delays) // 2]
        return (Decimal(median // timedelta(seconds=1)) / Decimal(86_400)).quantize(Decimal("0.1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """The whole table, and what it is measured against; ``open`` names rules that could not answer, with the value missing."""

    asked: int
    asked_jpy: Decimal
    clients: int
    ordinary: int
    known: Mapping[str, frozenset[str]]
    at_risk_jpy: Decimal
    rows: tuple[Cost, ...]
    together: tuple[Cost, ...]
    open: tuple[str, ...]


def costs(
    records: Records,
    deciders: Sequence[Decider],
    labels: Sequence[Label] = (),
    *,
    unanswered: Iterable[str] = (),
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Costs:
    """Ask every transfer of the records again and add up what each decider would have done."""
    rows = {one.name: Cost(rule=one.name, title=one.rule.title) for one in deciders}
    sets = _sets(deciders)
    together = {
        name: Cost(rule=name, title=Text(f"all rules{name.removeprefix(ALL)}", f"全規則{name.removeprefix(ALL)}")) for name in sets
    }
    guilty, touched = _known(labels)
    asked = ordinary = 0
    clients: set[str] = set()
    asked_jpy = at_risk_jpy = Decimal(0)
    for each in replayed(records, deciders, progress):
        request = each.request
        asked, asked_jpy = asked + 1, asked_jpy + request.value_jpy
        clients.add(request.account_id)
        cases = guilty.get(request.transfer_id, frozenset())
        if cases and request.direction == "out":
            at_risk_jpy += request.value_jpy
        ordinary += request.transfer_id not in touched
        _count(each, rows, cases, is_ordinary=request.transfer_id not in touched)
        for name, names in sets.items():
            _count_together(each, names, together[name], cases, is_ordinary=request.transfer_id not in touched)
    known: dict[str, set[str]] = {}
    for cases in guilty.values():
        for rule, case in cases:
            known.setdefault(rule, set()).add(case)
    return Costs(
        asked=asked,
        asked_jpy=asked_jpy,
        clients=len(clients),
        ordinary=ordinary,
        known={rule: frozenset(cases) for rule, cases in sorted(known.items())},
        at_risk_jpy=at_risk_jpy,
        rows=tuple(rows.values()),
        together=tuple(together.values()),
        open=tuple(unanswered),
    )


_Cases = frozenset[tuple[str, str]]


def _known(labels: Sequence[Label]) -> tuple[dict[str, _Cases], set[str]]:
    """Per transfer, the known cases of misconduct (rule, name) it belongs to; and every transfer that any label names."""
    guilty: dict[str, set[tuple[str, str]]] = {}
    touched = set()
    for label in labels:
        for table, id_ in label.proof:
            if table == "transfer":
                touched.add(id_)
                if label.guilty and label.rule is not None:
                    guilty.setdefault(id_, set()).add((label.rule, label.name))
    return {id_: frozenset(cases) for id_, cases in guilty.items()}, touched


def _sets(deciders: Sequence[Decider]) -> dict[str, frozenset[str]]:
    """The rules that stand at the gate together: all, or where one rule's values are varied, all others with each of its sets."""
    varied = [one.name for one in deciders if one.name != one.rule.path]
    plain = frozenset(one.name for one in deciders) - set(varied)
    return {f"{ALL}{name[name.index(' [') :]}": plain | {name} for name in varied} or {ALL: plain}


def _count(each: Replayed, rows: Mapping[str, Cost], cases: _Cases, *, is_ordinary: bool) -> None:
    stopping = [name for name, reason in each.reasons.items() if reason.outcome >= STOPS]
    for name, reason in each.reasons.items():
        _add(rows[name], each, reason.outcome, cases, is_ordinary=is_ordinary)
        if reason.outcome == Outcome.hold and reason.releases_at is not None:
            rows[name].delays.append(reason.releases_at - each.request.requested_at)
    if len(set(map(_rule_of, stopping))) == 1:
        for name in stopping:
            rows[name].alone += 1


def _rule_of(name: str) -> str:
    return name.partition(" [")[0]


def _count_together(each: Replayed, names: frozenset[str], together: Cost, cases: _Cases, *, is_ordinary: bool) -> None:
    reasons = [reason for name, reason in each.reasons.items() if name in names]
    if not reasons:
        return
    outcome = max(reason.outcome for reason in reasons)
    _add(together, each, outcome, cases, is_ordinary=is_ordinary)
    ends = [reason.releases_at for reason in reasons if reason.outcome == Outcome.hold]
    known_ends = [end for end in ends if end is not None]
    if outcome == Outcome.hold and len(known_ends) == len(ends):
        together.delays.append(max(known_ends) - each.request.requested_at)


def _add(cost: Cost, each: Replayed, outcome: Outcome, cases: _Cases, *, is_ordinary: bool) -> None:
    if outcome == Outcome.warn:
        cost.warned += 1
    if outcome < STOPS:
        return
    cost.held += outcome == Outcome.hold
    cost.refused += outcome == Outcome.refuse
    cost.clients.add(each.request.account_id)
    cost.stopped_jpy += each.request.value_jpy
    cost.ordinary_stopped += is_ordinary
    cost.caught.update(case for _rule, case in cases)
    if cases and each.request.direction == "out":
        cost.protected_jpy += each.request.value_jpy


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which rules the gate would ask: under a regime, with assumptions, and with one rule's values varied."""

    regime: str | None = None
    as_of: date | None = None
    rules: str | None = None
    assume: tuple[str, ...] = ()
    vary: tuple[str, ...] = ()


def gate_costs(
    rulebook: Rulebook,
    records: Records,
    asked: Sequence[Asked],
    labels: Sequence[Label] = (),
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Costs:
    """The costs of every matching rule of ``CHAPTERS``; several questions stand for several regimes at one gate.

    Raises RulebookError for a regime, rule, parameter or value that does not exist, and where the records carry no time.
    """
    period = japan_period(records)
    if period is None:
        raise RulebookError("the records carry no time at all; give records with transfers")
    said: list[Decider | str] = []
    for one in asked:
        as_of = one.as_of or period[1]
        regime, law_day = rulebook.regime_on(one.regime, as_of)
        judged = Judged(regime=regime, law_day=law_day, as_of=as_of)
        assumed, variants = rulebook.assumptions(one.assume), _variants(rulebook, one.vary)
        for rule in (rule for rule in rulebook.matching(one.rules) if rule.chapter in CHAPTERS):
            for told, values in variants.get(rule.path, (("", {}),)):
                answer = decider(rule, judged, {**assumed.get(rule.path, {}), **values}, f"{rule.path}{told}")
                absent = [table for table in rule.needs if table not in records.present]
                if isinstance(answer, Decider) and absent:
                    answer = f"{rule.path}: not asked: no {', '.join(absent)}"
                said += [] if answer is None else [answer]
    deciders = [each for each in said if isinstance(each, Decider)]
    unanswered = sorted({each for each in said if isinstance(each, str)})
    return costs(records, deciders, labels, unanswered=unanswered, progress=progress)


def _variants(rulebook: Rulebook, vary: Sequence[str]) -> dict[str, list[tuple[str, Mapping[str, Value]]]]:
    """Per rule, each set of values to try, with what tells it from the others."""
    variants: dict[str, list[tuple[str, Mapping[str, Value]]]] = {}
    for text in vary:
        name, equals, values = text.partition("=")
        if not equals or not values.strip():
            raise RulebookError(
                f"--vary {text}: write it as RULE.PARAMETER=VALUE,VALUE, such as transfers/cooling_off.days=1,3,7,30"
            )
        for value in values.split(","):
            ((path, chosen),) = rulebook.assumptions([f"{name}={value.strip()}"]).items()
            variants.setdefault(path, []).append((f" [{name.rpartition('.')[2]}={value.strip()}]", chosen))
    return variants


def dearest_first(measured: Costs) -> list[Cost]:
    """The rules that had something to say, those that stop most first; variants of one rule stay together, in their order."""
    most: dict[str, int] = {}
    for row in measured.rows:
        most[_rule_of(row.rule)] = max(row.stopped, most.get(_rule_of(row.rule), 0))
    told = [row for row in measured.rows if row.warned or row.stopped]
    return sorted(told, key=lambda row: (-most[_rule_of(row.rule)], _rule_of(row.rule)))


def to_json(measured: Costs) -> dict[str, object]:
    """The table as a plain structure; amounts are strings, exact to the yen's last place."""
    return {
        "asked": measured.asked,
        "asked_jpy": f"{measured.asked_jpy:f}",
        "clients": measured.clients,
        "rules_asked": len(measured.rows),
        "ordinary": measured.ordinary,
        "known": {rule: len(cases) for rule, cases in measured.known.items()},
        "at_risk_jpy": f"{measured.at_risk_jpy:f}",
        "rules": [_cost_json(row, measured) for row in dearest_first(measured)],
        "together": [_cost_json(row, measured) for row in measured.together],
        "open": list(measured.open),
    }


def _cost_json(cost: Cost, measured: Costs) -> dict[str, object]:
    own = measured.known.get(_rule_of(cost.rule))
    days = cost.delay_days
    return {
        "rule": cost.rule,
        "title_en": cost.title.en,
        "title_ja": cost.title.ja,
        "warned": cost.warned,
        "held": cost.held,
        "refused": cost.refused,
        "alone": cost.alone,
        "clients_delayed": len(cost.clients),
        "yen_delayed": f"{cost.stopped_jpy:f}",
        "median_delay_days": None if days is None else f"{days:f}",
        "ordinary_stopped": cost.ordinary_stopped,
        "own_cases_caught": None if own is None else len(own & cost.caught),
        "own_cases": None if own is None else len(own),
        "cases_caught": len(cost.caught),
        "yen_protected": f"{cost.protected_jpy:f}",
    }
