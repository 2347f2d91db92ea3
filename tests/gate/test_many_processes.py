"""Gate processes that share a journal agree on every limit, on every key, and on which rules are in force."""

from __future__ import annotations

from pathlib import Path

from gate.gates import open_gate, put_in_force, rule_set, transfer
from gate.limited import ASKERS, LIMIT, NOW, ask, rules_in
from sekisho.gate import Gate
from sekisho.gate.clock import GivenClock
from sekisho.gate.rule_set import RuleSet


def test_three_processes_never_exceed_a_limit(where: str, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    with Gate(where, rulebook=rules_in(folder), clock=GivenClock(NOW)) as gate:
        put_in_force(gate, RuleSet(name="limit", regime="PSA-2020", rules=("transfers/limit",)))
    answers = ASKERS.Queue()
    askers = [ASKERS.Process(target=ask, args=(where, folder, who, answers)) for who in ("one", "two", "three")]
    for asker in askers:
        asker.start()
    told = [answers.get(timeout=120) for _ in askers]
    for asker in askers:
        asker.join()
    with Gate(where, rulebook=rules_in(folder), clock=GivenClock(NOW)) as gate:
        decided = [entry[1] for entry in gate.entries() if isinstance(entry, tuple)]
    passed = {name: sum(d.outcome == "allow" for d in decided if d.request.account_id == name) for name in ("A1", "A2", "A3")}
    assert len(decided) == 3 * 3 * 60
    assert passed == dict.fromkeys(("A1", "A2", "A3"), LIMIT // 10)
    assert sum(count for _, count, _ in told) == sum(passed.values())


def test_a_gate_sees_what_another_decided(where: str) -> None:
    (one, _), (other, _) = open_gate(where), open_gate(where)
    with one, other:
        first = one.submit(transfer("T1", address="bc1new"), "key").result()
        assert other.submit(transfer("T1", address="bc1new"), "key").result() == first
        put_in_force(one, rule_set("second", assume=(), undetermined={"*": "refuse"}))
        assert other.submit(transfer("T2")).result().outcome == "refuse"
        one.submit(transfer("T3")).result()
        other.learn("account", [])
        other.submit(transfer("T4")).result()
        one.submit(transfer("T5")).result()
        other.submit(transfer("T6")).result()
        one.submit(transfer("T6")).result()
        assert one.digest() == other.digest()
