"""What the gate would have said: every transfer of the records asked again in order of time, knowing what was known by then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import heapify, heappop
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Outcome, Reason
from sekisho.engine.controls import load_control
from sekisho.engine.memory import LEARNT, Memory, known_from
from sekisho.engine.requests import Request, TransferRequest, View
from sekisho.engine.run import Judged
from sekisho.engine.view import transfer_request
from sekisho.rulebook import Parameters, Rule
from sekisho.typologies.listed import read_lists
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook.parameters import Value

Progress = Callable[[int, int], None]
"""Called with (requests answered, of how many)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """One rule with its values, as the gate would ask it; ``name`` tells two sets of values of one rule apart."""

    name: str
    rule: Rule
    parameters: Parameters
    decide: Callable[[Request, View, Parameters], Iterable[Reason]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One request and the highest answer of every decider that had one."""

    request: TransferRequest
    reasons: Mapping[str, Reason]

    @property
    def outcome(self) -> Outcome:
        """The highest of all."""
        return max((reason.outcome for reason in self.reasons.values()), default=Outcome.allow)


def decider(rule: Rule, judged: Judged, assumed: Mapping[str, Value], name: str | None = None) -> Decider | str | None:
    """The rule as the gate would ask it that day; why not where a value is open; None where it does not hold or decides nothing."""
    if "decide" not in rule.questions or rule.holding(judged.regime, judged.law_day) is None:
        return None
    parameters = rule.parameters_in(judged.regime, judged.law_day, judged.as_of, assumed)
    if missing := parameters.missing():
        return parameters.why(*missing)
    control = load_control(rule)
    assert control.decide is not None
    return Decider(name=name or rule.path, rule=rule, parameters=parameters, decide=control.decide)


def replayed(records: Records, deciders: Sequence[Decider], progress: Progress = lambda _done, _of: None) -> Iterator[Replayed]:
    """Ask every transfer of the records again, oldest first. What became of each one is learnt when it did, not before."""
    moments = _moments(records)
    asked_in_all = sum(moment[2] == _ASKED for moment in moments)
    memory, asked = Memory(), 0
    memory.lists = read_lists(records)
    while moments:
        _at, _order, what, table, row = heappop(moments)
        if what == _ASKED:
            request = transfer_request(dict(row))
            used_at = row.get("address_first_used_at")
            if used_at is not None and request.direction == "out":
                memory.learn_use(request.account_id, request.address, in_utc(used_at))
            yield Replayed(request=request, reasons=_reasons(request, memory, deciders))
            asked += 1
            progress(asked, asked_in_all)
            memory.learn(table, {**row, "released_at": None, "status": "refused" if row["status"] == "refused" else "held"})
        else:
            memory.learn(table, row)


_LEARNT, _ASKED = 0, 1
_OF_ORDERS = frozenset({"order_event", "customer_order_knowledge", "margin_order"})
"""Tables that only rules about orders look at."""
_Moment = tuple[datetime, int, int, str, Mapping[str, Any]]


def _moments(records: Records) -> list[_Moment]:
    """Everything that was learnt or asked, as a heap by time; who and whose come first of all."""
    requests = _rows(records, "transfer")
    clients = {row["account_id"] for row in requests}
    moments: list[_Moment] = []

    def at(moment: datetime, what: int, table: str, row: Mapping[str, Any]) -> None:
        moments.append((moment, len(moments), what, table, row))

    for table in LEARNT:
        if table == "transfer" or table in _OF_ORDERS:
            continue
        for row in _rows(records, table):
            if table == "trade" and not clients & {row.get("buy_account_id"), row.get("sell_account_id")}:
                continue
            if table in ("account_event", "customer_balance") and row["account_id"] not in clients:
                continue
            at(_learnt_at(table, row), _LEARNT, table, row)
    for row in requests:
        at(in_utc(row["requested_at"]), _ASKED, "transfer", row)
        if row["released_at"] is not None:
            at(in_utc(row["released_at"]), _LEARNT, "transfer", row)
    heapify(moments)
    return moments


def _learnt_at(table: str, row: Mapping[str, Any]) -> datetime:
    return known_from(table, row) or _ALWAYS


_ALWAYS = datetime(1900, 1, 1, tzinfo=UTC)


def _rows(records: Records, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = records.optional(table).to_pyarrow().to_pylist()
    return rows


def _reasons(request: TransferRequest, view: View, deciders: Sequence[Decider]) -> dict[str, Reason]:
    reasons = {}
    for one in deciders:
        said = max(one.decide(request, view, one.parameters), key=lambda reason: reason.outcome, default=None)
        if said is not None and said.outcome > Outcome.allow:
            reasons[one.name] = said
    return reasons
