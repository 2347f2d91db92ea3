"""The price of a rule at the gate: every transfer asked again knowing what was known then, counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from rules.case import table_of
from sekisho.engine.replay import Decider, decider, replayed
from sekisho.engine.run import Judged
from sekisho.findings.gate_cost import Asked, Costs, gate_costs, to_json
from sekisho.findings.gate_cost_command import gate_cost
from sekisho.findings.labels import Label
from sekisho.records import Records, records_of
from sekisho.rulebook import RulebookError, load_rulebook

RULEBOOK = load_rulebook()
ACCOUNTS = """
account_id party_id kind opened_at
A1 P1 customer 2026-06-01T00:00:00Z
A2 P2 customer 2020-06-01T00:00:00Z
"""
TRANSFERS = """
transfer_id requested_at account_id direction asset quantity value_jpy address address_first_used_at counterparty released_at status
T1 2026-06-03T00:00:00Z A1 out BTC 1 100 bc1a - unhosted 2026-06-03T00:00:00Z completed
T2 2026-06-20T00:00:00Z A2 out BTC 1 10 bc1b 2024-01-01T00:00:00Z unhosted 2026-06-20T00:00:00Z completed
T3 2026-06-21T00:00:00Z A2 out BTC 1 30 bc1c - unhosted 2026-06-21T00:00:00Z completed
T4 2026-06-25T00:00:00Z A2 out BTC 1 40 bc1c - unhosted 2026-06-25T00:00:00Z completed
"""
BOTH = "transfers/cooling_off.days"


def _books() -> Records:
    return records_of({"account": table_of("account", ACCOUNTS), "transfer": table_of("transfer", TRANSFERS)})


def _costs(*labels: Label, **asked: object) -> Costs:
    question = Asked(regime="WG4-SEED", rules="transfers/cooling_off", **asked)  # type: ignore[arg-type]
    return gate_costs(RULEBOOK, _books(), [question], labels)


def test_who_waits_and_for_how_long_is_counted() -> None:
    (row,) = _costs(assume=(f"{BOTH}=3",)).rows
    assert (row.held, row.refused, len(row.clients), row.stopped_jpy) == (2, 0, 2, Decimal(130))
    assert row.delay_days == Decimal("3.0")


def test_each_varied_value_is_a_line_of_its_own() -> None:
    measured = _costs(vary=(f"{BOTH}=1,3,7",))
    assert [(row.rule, row.held) for row in measured.rows] == [
        ("transfers/cooling_off [days=1]", 2),
        ("transfers/cooling_off [days=3]", 2),
        ("transfers/cooling_off [days=7]", 3),
    ]
    assert [row.held for row in measured.together] == [2, 2, 3]
    assert [row.alone for row in measured.rows] == [2, 2, 3]


def test_known_misconduct_stopped_is_protected_and_all_else_is_ordinary() -> None:
    fraud = Label(name="S1", rule="transfers/cooling_off", guilty=True, proof=frozenset({("transfer", "T3"), ("transfer", "T4")}))
    measured = _costs(fraud, assume=(f"{BOTH}=3",))
    (row,) = measured.rows
    assert (row.caught, row.protected_jpy, measured.at_risk_jpy) == ({"S1"}, Decimal(30), Decimal(70))
    assert (row.ordinary_stopped, measured.ordinary) == (1, 2)
    told = to_json(measured)
    assert told["known"] == {"transfers/cooling_off": 1}


def test_a_rule_without_its_value_is_told_not_left_out() -> None:
    measured = _costs()
    assert measured.rows == ()
    assert "days_new_account" in measured.open[0]


def test_the_future_is_not_known() -> None:
    """A transfer refused or released later waits still when the next one is asked."""
    seen = []

    def watch(request: object, view: object, _p: object) -> list[object]:
        seen.append([each.left_at for each in view.transfers("A2", datetime(2026, 1, 1, tzinfo=UTC))])  # type: ignore[attr-defined]
        return []

    day = datetime(2026, 6, 30, tzinfo=UTC).date()
    judged = Judged(regime="WG4-SEED", law_day=day, as_of=day)
    one = decider(RULEBOOK["transfers/cooling_off"], judged, {"days_new_account": 1, "days_new_address": 1})
    assert isinstance(one, Decider)
    spy = Decider(name="spy", rule=one.rule, parameters=one.parameters, decide=watch)  # type: ignore[arg-type]
    assert len(list(replayed(_books(), [spy]))) == 4
    first, second = datetime(2026, 6, 20, tzinfo=UTC), datetime(2026, 6, 21, tzinfo=UTC)
    assert seen == [[], [], [first], [first, second]]


@pytest.mark.parametrize("wrong", ["transfers/cooling_off.days", "transfers/cooling_off.weeks=1", "transfers/nothing.days=1"])
def test_what_cannot_be_varied_is_one_error(wrong: str) -> None:
    with pytest.raises(RulebookError):
        _costs(vary=(wrong,))


def test_the_command_prints_the_table(tmp_path: Path) -> None:
    (tmp_path / "account.csv").write_text(ACCOUNTS.strip().replace(" ", ","), encoding="utf-8")
    (tmp_path / "transfer.csv").write_text(TRANSFERS.strip().replace(" -", " ").replace(" ", ","), encoding="utf-8")
    app = Typer()
    app.command()(gate_cost)
    asked = [str(tmp_path), "--regime", "WG4-SEED", "--rules", "transfers/cooling_off", "--vary", f"{BOTH}=1,7"]
    said = CliRunner().invoke(app, asked)
    assert said.exit_code == 0, said.output
    assert "cooling_off [days=7]" in said.output
    assert "4 transfers of 2 clients" in said.output
