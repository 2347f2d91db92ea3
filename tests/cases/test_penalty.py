"""sekisho penalty: the answer a stranger computes with pen and paper, and one clear line for a case that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sekisho.cases.penalty import penalty
from sekisho.cli import app
from sekisho.engine.penalty_case import CaseError, read_case, schema
from sekisho.rulebook import RulebookError, load_rulebook

RULEBOOK = load_rulebook()
EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"


def told(case: dict[str, Any], **options: Any) -> dict[str, Any]:
    return penalty(RULEBOOK, read_case(json.dumps(case).encode(), "case.json"), **options)


SERIES: dict[str, Any] = {
    "violation": "manipulation",
    "violation_from": "2026-09-01",
    "violation_until": "2026-09-30",
    "trades": [
        {"executed_at": "2026-09-02T10:00:00+09:00", "side": "buy", "price": 1000, "quantity": 100, "trade_id": "T1"},
        {"executed_at": "2026-09-04T10:00:00+09:00", "side": "sell", "price": 1300, "quantity": 150, "trade_id": "T2"},
    ],
    "lowest_price": "900.5",
}


def test_the_amount_is_whole_yen_and_its_working_adds_up() -> None:
    answer = told(SERIES)
    assert answer["amount_jpy"] == 40000  # 100 x 300 + 50 x 399.5 = 49,975
    assert answer["computed_jpy"] == "49975.0"
    assert answer["working"][-1] == {"label": "amount of the order", "expression": "no order where it is 0", "value": "40000"}
    assert [a["part"] for a in answer["per_issue"][0]["allocation"]] == ["balanced", "balanced", "excess"]


def test_crypto_is_an_analogy_today_and_a_security_is_not() -> None:
    crypto, security = told(SERIES), told(SERIES | {"object": "security"})
    assert (crypto["analogy"], crypto["binding"], crypto["regime"]) == (True, False, "PSA-2026")
    assert "No monetary penalty today" in crypto["statement_en"]
    assert (security["analogy"], security["binding"], security["regime"]) == (False, True, "FIEA")
    assert crypto["amount_jpy"] == security["amount_jpy"]
    assert told(SERIES, regime="FIEA-ACT64")["analogy"]


def test_every_article_of_the_formula_is_named() -> None:
    named = {(a["document"], a["provision"]) for a in told(SERIES)["articles"]}
    assert {("FIEA", "174-2(10)"), ("FIEA-O", "33-14(5)"), ("FIEA", "176(2)"), ("FIEA", "185-7(15)")} <= named


def test_what_is_missing_leaves_the_amount_open_and_is_named() -> None:
    answer = told({k: v for k, v in SERIES.items() if k != "lowest_price"})
    assert answer["amount_jpy"] is None
    assert "lowest_price" in answer["undetermined"][0]
    assert "FIEA 174-2(1)(ii)" in answer["undetermined"][0]


def test_a_case_with_nothing_in_it_does_not_come_to_zero() -> None:
    answer = told({k: v for k, v in SERIES.items() if k != "trades"})
    assert answer["amount_jpy"] is None
    assert "'trades' are not given" in answer["undetermined"][0]


def test_daily_prices_outside_the_window_are_said_to_be_outside() -> None:
    answer = told({k: v for k, v in SERIES.items() if k != "lowest_price"} | {"prices_after": [{"date": "2026-11-01", "low": 1}]})
    assert "no 'low' between 2026-09-30 and 2026-10-31" in answer["undetermined"][0]


def test_a_trade_that_does_not_count_is_shown_and_changes_nothing() -> None:
    late = {"executed_at": "2026-10-02T10:00:00+09:00", "side": "sell", "price": 9000, "quantity": 100, "trade_id": "T3"}
    answer = told(SERIES | {"trades": [*SERIES["trades"], late]})
    assert answer["amount_jpy"] == 40000
    assert [line["label"] for line in answer["working"] if "aside" in line["label"]] == ["left aside: sell T3"]


def test_an_amount_already_computed_goes_straight_to_the_order() -> None:
    answer = told({"violation": "rumour", "violation_from": "2026-09-01", "computed_jpy": 123456, "prior_orders": ["2024-01-01"]})
    assert answer["amount_jpy"] == 180000


def test_an_act_across_the_increase_of_august_shows_both_ranges() -> None:
    act = {"violation": "unregistered_fiea_business", "violation_from": "2026-08-01", "violation_until": "2026-08-31"}
    answer = told(act)
    assert answer["amount_jpy"] == 0
    assert [(c["imprisonment_years_max"], c["fine_jpy_max"]) for c in answer["criminal"]] == [(5, 5000000), (10, 10000000)]
    assert all("附則89" in c["note"] for c in answer["criminal"])


def test_a_security_is_not_judged_under_a_regime_of_crypto_assets() -> None:
    with pytest.raises(RulebookError, match="leave --regime out"):
        told(SERIES | {"object": "security"}, regime="PSA-2026")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"trade": []}, "unknown field `trade`"),
        ({"violation": "fraudulent"}, "one of: insider, tipping"),
        ({"trades": [{"executed_at": "2026-09-02T10:00:00", "side": "buy", "price": 1, "quantity": 1}]}, "time with its zone"),
        ({"trades": [{"executed_at": "2026-09-02", "side": "buy", "price": 1, "quantity": 0}]}, "above zero"),
        ({"trades": [{"executed_at": "2026-09-02", "side": "buy", "price": -1, "quantity": 1}]}, "not below zero"),
        ({"trades": [{"executed_at": "2026-09-02", "side": "buy", "cost": 1, "quantity": 1}]}, "allowed keys: executed_at, side"),
        ({"publication": "2026-09-10"}, "an object, allowed keys: published_at, channel"),
        ({"own_issuance": 5}, "a list of objects, allowed keys: quantity, issued_on"),
        ({"violation_until": "2026-08-30"}, "before `violation_from`"),
        ({"for_others": {"asset_manager": True, "consideration_jpy": 1}}, "monthly_fee_jpy"),
    ],
)
def test_a_case_that_cannot_be_used_says_where_and_what_to_do(change: dict[str, Any], said: str) -> None:
    with pytest.raises(CaseError) as error:
        told(SERIES | change)
    assert said in str(error.value)
    assert str(error.value).startswith("case.json: ")
    assert "\n" not in str(error.value)


def test_the_command_prints_json_and_a_table(tmp_path: Path) -> None:
    file = tmp_path / "case.json"
    file.write_text(json.dumps(SERIES), encoding="utf-8")
    ran = CliRunner().invoke(app, ["penalty", str(file), "--json"])
    assert json.loads(ran.stdout)["amount_jpy"] == 40000
    shown = CliRunner().invoke(app, ["penalty", str(file)]).stdout
    assert "JPY 40,000" in shown
    assert "No monetary penalty today" in shown


def test_the_schema_names_every_key() -> None:
    ran = CliRunner().invoke(app, ["penalty", "--schema"])
    assert json.loads(ran.stdout) == json.loads(json.dumps(schema()))
    keys = schema()["$defs"]["PenaltyCase"]["properties"]
    assert {"violation", "trades", "publication", "prices_after", "opening_position", "prior_orders"} <= set(keys)


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("penalty_*.json")), ids=lambda f: f.stem)
def test_the_examples_of_the_page_are_what_it_says(file: Path) -> None:
    page = (EXAMPLES.parent / "penalty.md").read_text(encoding="utf-8")
    answer = penalty(RULEBOOK, read_case(file.read_bytes(), str(file)))
    assert f"| `{file.name}` | {answer['amount_jpy']:,} |" in page


def test_a_regime_that_was_not_the_law_of_the_day_is_shown_beside_never_instead() -> None:
    act = {"violation": "unregistered_exchange", "violation_from": "2026-09-01", "violation_until": "2026-09-30"}
    answer = told(act, regime="FIEA-ACT64")
    assert [c["imprisonment_years_max"] for c in answer["criminal"]] == [3]
    assert [c["imprisonment_years_max"] for c in answer["criminal_what_if"]] == [10]
    assert told(act)["criminal_what_if"] == []


def standing(answer: dict[str, Any], key: str = "investigation") -> dict[str, tuple[str, str]]:
    return {power["power"]: (power["standing"], power["regime"]) for power in answer[key]}


def test_it_says_whether_the_sesc_may_investigate_on_the_day_of_the_act() -> None:
    answer = told(SERIES, regime="WG4-SEED")
    assert standing(answer)["criminal_investigation"] == ("not_held", "PSA-2026")
    assert standing(answer)["court_order_inquiry"] == ("held", "PSA-2026")
    assert standing(answer, "investigation_what_if")["criminal_investigation"] == ("held", "WG4-SEED")
    assert told(SERIES)["investigation_what_if"] == []
    security = told(SERIES | {"object": "security"}, regime="FIEA")
    assert set(standing(security).values()) == {("held", "FIEA")}
    assert security["investigation_what_if"] == security["criminal_what_if"] == []


def test_before_crypto_was_in_the_act_no_power_is_told_and_the_page_says_so(tmp_path: Path) -> None:
    early = SERIES | {"violation_from": "2019-09-01", "violation_until": "2019-09-30"}
    assert told(early)["investigation"] == []
    (tmp_path / "case.json").write_text(json.dumps(early), encoding="utf-8")
    assert "no rule on its powers holds on that day" in CliRunner().invoke(app, ["penalty", str(tmp_path / "case.json")]).stdout
