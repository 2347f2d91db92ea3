"""Who may do what: the whole matrix, written out here a second time by hand and tried over HTTP cell by cell."""

from __future__ import annotations

from typing import Any

import pytest

from gate.http.door import RULES, Door, order, transfer
from sekisho.gate.http.roles import MAY, ROLES
from sekisho.gate.http.routes import ROUTES
from sekisho.gate.life import STEPS
from sekisho.gate.messages import TOLD

MATRIX = """
act                             trading  wallet  compliance  supervisor  auditor  admin
decide transfer                 -        yes     -           -           -        -
decide order                    yes      -       -           -           -        -
read transfer                   -        yes     yes         yes         yes      -
read order                      yes      -       yes         yes         yes      -
tell transfer                   -        yes     yes         yes         -        -
tell order                      yes      -       yes         yes         -        -
tell warning_shown              yes      yes     -           -           -        -
tell warning_acknowledged       yes      yes     -           -           -        -
tell purpose_given              yes      yes     -           -           -        -
tell risk_confirmed             yes      yes     -           -           -        -
tell cancelled                  yes      yes     yes         yes         -        -
tell approved                   -        -       yes         yes         -        -
tell released                   -        -       -           yes         -        -
tell refused                    -        -       yes         yes         -        -
learn                           yes      yes     yes         -           -        -
learn asset                     yes      -       -           -           -        -
learn instrument                yes      -       -           -           -        -
learn order_event               yes      -       -           -           -        -
learn reference_price           yes      -       -           -           -        -
learn stated_plan               yes      -       -           -           -        -
learn trade                     yes      -       -           -           -        -
learn account                   -        yes     -           -           -        -
learn account_event             -        yes     -           -           -        -
learn chain_movement            -        yes     -           -           -        -
learn customer_balance          -        yes     -           -           -        -
learn party                     -        yes     -           -           -        -
learn transfer                  -        yes     -           -           -        -
learn wallet                    -        yes     -           -           -        -
learn wallet_balance            -        yes     -           -           -        -
learn wallet_destination        -        yes     -           -           -        -
learn wallet_key                -        yes     -           -           -        -
learn communication             -        -       yes         -           -        -
learn customer_order_knowledge  -        -       yes         -           -        -
learn fact_knowledge            -        -       yes         -           -        -
learn listing_application       -        -       yes         -           -        -
learn material_fact             -        -       yes         -           -        -
learn party_link                -        -       yes         -           -        -
learn publication               -        -       yes         -           -        -
learn wind_down_event           -        -       yes         -           -        -
read rule set                   yes      yes     yes         yes         yes      yes
rule                            -        -       yes         yes         -        yes
rule draft                      -        -       yes         -           -        yes
rule shadow                     -        -       yes         -           -        yes
rule unshadow                   -        -       yes         -           -        yes
rule commit                     -        -       yes         -           -        yes
rule activate                   -        -       -           yes         -        -
rule roll_back                  -        -       -           yes         -        -
read access log                 -        -       -           -           yes      -
"""
_HEAD, *_ROWS = [line.rsplit(None, 6) for line in MATRIX.strip().splitlines()]
CELLS = {(row[0].strip(), role): said == "yes" for row in _ROWS for role, said in zip(_HEAD[1:], row[1:], strict=True)}
READ = {"Access-Reason": "case C-1"}


def test_the_matrix_is_the_one_that_is_enforced() -> None:
    assert tuple(_HEAD[1:]) == ROLES
    assert {act for act, _ in CELLS} == set(MAY)
    assert {cell for cell, yes in CELLS.items() if yes} == {(act, role) for act, roles in MAY.items() for role in roles}


def test_every_operation_is_behind_an_act_or_open_on_purpose() -> None:
    assert {route.name for route in ROUTES if route.act is None} == {"health", "ready", "openapi"}
    assert {route.act for route in ROUTES if route.act} <= set(MAY)


def _sent(act: str) -> list[tuple[str, str, Any]]:
    """Requests that do the act, as method, path and body; each is well formed but may find nothing."""
    what, _, about = act.partition(" ")
    match what, about:
        case "decide", kind:
            body = transfer(77) if kind == "transfer" else order(77)
            return [("POST", f"/v1/{kind}s/decisions", body), ("POST", f"/v1/{kind}s/decisions/batch", {"requests": [body]})]
        case "read", "transfer" | "order":
            return [("GET", f"/v1/{about}s/decisions/nothing", None)]
        case "read", "access log":
            return [("GET", "/v1/access-log", None)]
        case "read", _:
            return [("GET", "/v1/rule-set", None)]
        case "learn", table if table:
            return [("POST", f"/v1/records/{table}", {"rows": [{"nothing": "like it"}]})]
        case "rule", step if step:
            return [("POST", f"/v1/rule-set/{step}", {"rule_set": "nothing-like-it"})]
    return []


def test_every_cell_over_http(door: Door) -> None:
    tried = 0
    for (act, role), allowed in CELLS.items():
        for method, path, body in _sent(act):
            answered = door.ask(method, path, body, role=role, headers=READ if method == "GET" else {})
            assert (answered.status_code != 403) == allowed, (act, role, answered.text)
            assert answered.status_code < 500, answered.text
            tried += 1
    assert tried == 6 * (2 * 2 + 4 + (len([a for a in MAY if a.startswith("learn ")])) + len(STEPS))


def test_every_event_by_every_role_on_both_kinds(door: Door) -> None:
    door.ask("POST", "/v1/transfers/decisions", transfer(), role="wallet")
    door.ask("POST", "/v1/orders/decisions", order(), role="trading")
    for kind, number in (("transfer", "T1"), ("order", "O1")):
        for event in TOLD:
            for role in ROLES:
                body = {"kind": event, "text": "why"} | ({"party_id": "P1"} if role in ("trading", "wallet") else {})
                answered = door.ask("POST", f"/v1/{kind}s/decisions/{number}/events", body, role=role)
                allowed = CELLS[f"tell {kind}", role] and CELLS[f"tell {event}", role]
                assert (answered.status_code != 403) == allowed, (kind, event, role, answered.text)
                assert answered.status_code < 500, answered.text


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_without_a_token_nothing_but_the_open_doors(door: Door, route: Any) -> None:
    words = {"id": "T1", "table": "party", "step": "draft"}
    path = route.path.format(**words)
    answered = door.ask(route.method, path, None if route.method == "GET" else {})
    assert answered.status_code == (200 if route.act is None else 401)
    if route.act is not None:
        assert answered.headers["www-authenticate"].startswith("Bearer")


def test_tables_the_gate_is_not_told_over_http_are_closed_to_all(door: Door) -> None:
    for table in ("request_event", "movement_approval", "firm_balance", "no_such_table", "learn party"):
        for role in ROLES:
            assert door.ask("POST", f"/v1/records/{table}", {"rows": []}, role=role).status_code == 403


def test_the_test_rule_set_is_what_it_says(door: Door) -> None:
    assert door.ask("GET", "/v1/rule-set", role="admin").json()["content"]["regime"] == RULES.regime
