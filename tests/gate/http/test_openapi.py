"""The description says what the gate does: every route, every problem, examples that work, and answers that fit it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gate.http.door import Door, order, transfer
from sekisho.gate.http.openapi import EXAMPLES, TABLES_TOLD, document
from sekisho.gate.http.problems import KINDS
from sekisho.gate.http.roles import ROLES
from sekisho.gate.http.routes import ROUTES
from sekisho.gate.http.settings import CallersSettings, Http, Rules, Store, Tls

DOCS = Path(__file__).resolve().parents[3] / "docs"
DOCUMENT = document()
READ = {"Access-Reason": "case C-1"}


def _checks(schema: dict[str, Any], told: Any) -> None:
    """Whether a value fits a schema of the description (JSON Schema 2020-12, as OpenAPI 3.1 has it)."""
    whole = {**schema, "components": DOCUMENT["components"]}
    jsonschema_rs.Draft202012Validator(whole).validate(told)


def test_every_route_is_described_with_its_roles_and_problems(door: Door) -> None:
    served = door.ask("GET", "/openapi.json")
    assert served.json() == json.loads(json.dumps(document()))
    assert DOCUMENT["openapi"] == "3.1.0"
    described = {(method.upper(), path) for path, each in DOCUMENT["paths"].items() for method in each}
    assert described == {(route.method, route.path) for route in ROUTES}
    for each in DOCUMENT["paths"].values():
        for operation in each.values():
            assert operation["summary"].endswith((".", "?"))
            assert set(operation["responses"]) >= {"200", "500"}
    refs = set(re.findall(r"#/components/schemas/([\w\[\]]+)", json.dumps(DOCUMENT)))
    assert refs <= set(DOCUMENT["components"]["schemas"])


def test_every_problem_and_setting_stands_in_the_guide() -> None:
    guide = (DOCS / "gate-http.md").read_text(encoding="utf-8")
    for name, kind in KINDS.items():
        assert re.search(rf"^\| `{name}` \| {kind.status} \|", guide, re.MULTILINE), name
    for section in (Store, Http, Tls, CallersSettings, Rules):
        for name in section.__struct_fields__:
            assert re.search(rf"^(# )?{name} = ", guide, re.MULTILINE), f"{section.__name__}.{name}"
    for route in ROUTES:
        assert f"`{route.path}`" in guide, route.path
    for table in TABLES_TOLD:
        assert f"`{table}`" in guide, table


def test_every_test_the_threat_model_names_exists() -> None:
    model = (DOCS / "threat-model.md").read_text(encoding="utf-8")
    here = Path(__file__).parent
    named = set(re.findall(r"`(test_\w+\.py)(?:::(\w+))?`", model))
    assert len(named) > 12
    for file, test in named:
        assert (here / file).is_file(), file
        assert not test or f"def {test}(" in (here / file).read_text(encoding="utf-8"), f"{file}::{test}"
    for door in range(1, 6):
        assert f"## Door {door}" in model


@pytest.mark.parametrize(
    ("kind", "name", "body"),
    [(k.__name__, n, b) for k, each in EXAMPLES.items() for n, b in each.items()],
    ids=lambda v: str(v)[:40],
)
def test_every_example_fits_and_works(door: Door, kind: str, name: str, body: dict[str, Any]) -> None:
    _checks({"$ref": f"#/components/schemas/{kind}"}, body)
    path, role = {
        "TransferBody": ("/v1/transfers/decisions", "wallet"),
        "OrderBody": ("/v1/orders/decisions", "trading"),
        "EventBody": ("/v1/transfers/decisions/T1/events", "supervisor" if "releases" in name else "wallet"),
    }[kind]
    if kind == "EventBody":
        door.ask("POST", "/v1/transfers/decisions", transfer(account_id="A99"), role="wallet")
    assert door.ask("POST", path, body, role=role).status_code == 200


def test_answers_fit_their_description(door: Door) -> None:
    asked = [
        ("POST", "/v1/transfers/decisions", transfer(account_id="A2"), "wallet"),
        ("POST", "/v1/transfers/decisions", transfer(2, account_id="A99"), "wallet"),
        ("POST", "/v1/transfers/decisions/batch", {"requests": [transfer(3), {}]}, "wallet"),
        ("POST", "/v1/orders/decisions", order(), "trading"),
        ("POST", "/v1/transfers/decisions/{id}/events", {"kind": "approved", "text": "x"}, "compliance"),
        ("GET", "/v1/transfers/decisions/{id}", None, "auditor"),
        ("POST", "/v1/records/{table}", {"rows": []}, "wallet"),
        ("GET", "/v1/rule-set", None, "admin"),
        ("GET", "/v1/access-log", None, "auditor"),
        ("GET", "/health", None, None),
        ("GET", "/ready", None, None),
        ("POST", "/v1/transfers/decisions", transfer(4, quantity=1), "wallet"),
        ("GET", "/v1/access-log", None, "wallet"),
    ]
    for method, path, body, role in asked:
        answered = door.ask(method, path.format(id="T2", table="party"), body, role=role, headers=READ if method == "GET" else {})
        told = DOCUMENT["paths"][path][method.lower()]["responses"][str(answered.status_code)]["content"]
        _checks(told[answered.headers["content-type"]]["schema"], answered.json())


@pytest.mark.parametrize("operation", [(route.method, route.path) for route in ROUTES], ids=lambda each: f"{each[0]} {each[1]}")
def test_schemathesis_finds_no_failure(door: Door, operation: tuple[str, str]) -> None:
    """Requests made up from the description, fitting and not: no 500, and only statuses and answers that are described."""
    method, path = operation
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    described = schema[path][method]
    modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
    cases = st.one_of(
        [described.as_strategy(generation_mode=mode) for mode in modes[: 2 if described.body or method == "POST" else 1]]
    )

    @settings(
        max_examples=12,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, role=st.sampled_from(ROLES))
    def sent(case: schemathesis.Case, role: str) -> None:
        request = case.as_transport_kwargs(base_url="http://gate")
        headers = {name: value for name, value in request["headers"].items() if name.lower() != "authorization"}
        body = request.get("data", json.dumps(request["json"]).encode() if "json" in request else None)
        body = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        answered = door.ask(request["method"], request["url"], body, role=role, headers=headers, params=request.get("params"))
        assert answered.status_code < 500, answered.text
        told = described.definition.raw["responses"].get(str(answered.status_code))
        if told is None:
            assert answered.status_code in (400, 404, 405, 414, 415), (answered.status_code, answered.text)
            return
        _checks(told["content"][answered.headers["content-type"]]["schema"], answered.json())

    sent()
