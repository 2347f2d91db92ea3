"""The description of the gate's operations (OpenAPI 3.1), made from the table of routes and the classes of what is sent."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

import msgspec

from sekisho import __version__
from sekisho.gate.http.bodies import Batch, EventBody, OrderBody, TransferBody
from sekisho.gate.http.callers import AUDIENCE
from sekisho.gate.http.exchange import json_text
from sekisho.gate.http.problems import KINDS, MEDIA_TYPE, Problem
from sekisho.gate.http.roles import MAY, ROLES
from sekisho.gate.http.routes import (
    ROUTES,
    AccessLines,
    BatchAnswer,
    Health,
    History,
    Learnt,
    Refused,
    Route,
    RuleSetShown,
    StepBody,
    StepTaken,
)
from sekisho.gate.http.rows import row_class
from sekisho.gate.messages import Decision

_REF: Final = "#/components/schemas/{name}"
_AFTER: Final = {
    "name": "after",
    "in": "query",
    "required": False,
    "schema": {"type": "integer", "minimum": 0, "maximum": 10**15 - 1},
    "description": "Lines after this number.",
}
TABLES_TOLD: Final = tuple(sorted(act.removeprefix("learn ") for act in MAY if act.startswith("learn ")))

EXAMPLES: Final[Mapping[type, Mapping[str, Any]]] = {
    TransferBody: {
        "A withdrawal to the client's own wallet": {
            "transfer_id": "T-2026-000017",
            "requested_at": "2026-06-08T12:04:05+09:00",
            "account_id": "A17",
            "direction": "out",
            "asset": "BTC",
            "quantity": "0.25",
            "value_jpy": "2500000",
            "address": "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            "counterparty": "unhosted",
            "purpose": "moving to a hardware wallet",
        },
        "A deposit from another exchange": {
            "transfer_id": "T-2026-000018",
            "requested_at": "2026-06-08T12:03:11+09:00",
            "account_id": "A17",
            "direction": "in",
            "asset": "ETH",
            "quantity": "1.5",
            "value_jpy": "600000",
            "address": "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "counterparty": "hosted",
            "counterparty_vasp": "Other Exchange K.K.",
            "counterparty_country": "JP",
        },
    },
    OrderBody: {
        "A limit order": {
            "order_id": "O-2026-000042",
            "received_at": "2026-06-08T12:04:05.123456+09:00",
            "account_id": "A17",
            "instrument": "BTC/JPY",
            "side": "buy",
            "order_type": "limit",
            "quantity": "0.01",
            "price": "10000000",
        }
    },
    EventBody: {
        "The client has read a warning": {"kind": "warning_acknowledged", "party_id": "P17", "version": "scam-2026-10"},
        "A second person releases": {"kind": "released", "text": "called back; the client knows the wallet"},
    },
}
"""Bodies that work, by class; the tests send them."""


def description() -> bytes:
    """The OpenAPI document as JSON."""
    return json_text(document())


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    kinds = [Decision, BatchAnswer, History, Learnt, Refused, RuleSetShown, StepTaken, AccessLines, Health]
    kinds += [TransferBody, OrderBody, EventBody, StepBody, *(row_class(table) for table in TABLES_TOLD)]
    _, schemas = msgspec.json.schema_components(kinds, ref_template=_REF)
    schemas = {name: _schema(name, schema) for name, schema in schemas.items()}
    for name, item in (("TransferBatch", "TransferBody"), ("OrderBatch", "OrderBody")):
        schemas[name] = _batch_schema(item)
    schemas["Rows"] = {
        "type": "object",
        "properties": {"rows": {"type": "array", "items": {"anyOf": [_ref(f"Row_{table}") for table in TABLES_TOLD]}}},
        "required": ["rows"],
        "additionalProperties": False,
    }
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sekisho gate",
            "version": __version__,
            "summary": "May this transfer, may this order go ahead?",
            "description": "Answers with reasons that cite the rule; an answer leaves only when it is on disk. A status of 503, or "
            "no answer at all, means that nothing was decided: treat the request as held and ask again with the same key.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"certificate": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": f"Signed by a key of the gate's list (EdDSA, ES256), aud {AUDIENCE}; sub, iat, nbf, exp, jti.",
                },
                "certificate": {"type": "mutualTLS", "description": "A client certificate whose subject is on the gate's list."},
            },
        },
    }


def roles_of(route: Route) -> tuple[str, ...]:
    """The roles that may use an operation; all where anybody may."""
    return tuple(role for role in ROLES if route.act is None or role in MAY[route.act])


def _operation(route: Route) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "description": "For anybody." if route.act is None else f"For the roles {', '.join(roles_of(route))}.",
        "parameters": [*(_path_parameter(route, name) for name in route.parameters), *_headers(route)],
        "responses": {"200": _content(route.answer, "The answer"), **_problems(route)},
    }
    if route.name == "access_log":
        told["parameters"].append(
            {
                "name": "after",
                "in": "query",
                "required": False,
                "schema": {"type": "integer", "minimum": 0},
                "description": "Lines after this number.",
            }
        )
    if route.name == "ready":
        told["responses"]["503"] = _content(Health, "The gate cannot decide")
    if route.body is not None:
        content: dict[str, Any] = {"schema": _ref(_body_name(route))}
        if route.body in EXAMPLES:
            content["examples"] = {
                f"example{n}": {"summary": name, "value": value}
                for n, (name, value) in enumerate(deepcopy(EXAMPLES[route.body]).items(), 1)
            }
        told["requestBody"] = {"required": True, "content": {"application/json": content}}
    if route.act is None:
        told["security"] = []
    return told


def _body_name(route: Route) -> str:
    if route.batch and route.name != "learn":
        return "TransferBatch" if route.body is Batch[TransferBody] else "OrderBatch"
    return str(route.body.__name__)


def _path_parameter(route: Route, name: str) -> dict[str, Any]:
    words = {"table": TABLES_TOLD, **(route.words or {})}.get(name)
    schema: dict[str, Any] = {"enum": list(words)} if words else {"type": "string", "minLength": 1, "maxLength": 160}
    told = {"id": "transfer_id or order_id, or a decision_id", "table": "A record table", "step": "The step"}[name]
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": told}


def _headers(route: Route) -> list[dict[str, Any]]:
    told = {
        "Idempotency-Key": {
            "required": False,
            "schema": {"type": "string", "pattern": '^"?[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}"?$'},
            "description": "A new one for each request, the same when you ask again: the same answer comes back and nothing is "
            "done twice. Without one the request's own id serves.",
            "example": "0b7f7c1e-5f0e-4a5e-9a55-3f1f7a5b2c11",
        },
        "Access-Reason": {
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": 500, "pattern": r"^[!-~]([ -~]*[!-~])?$"},
            "description": "Why personal data is read; kept in the access log.",
            "example": "case C-2026-0031, call from the client",
        },
    }
    return [{"name": name, "in": "header", **told[name]} for name in route.headers]


def _problems(route: Route) -> dict[str, Any]:
    statuses = {500} if route.act is None else {400, 401, 403, 429, 500, 503}
    if route.body is not None:
        statuses |= {409, 413, 415, 422}
    if route.parameters:
        statuses |= {404}
    if route.name == "access_log":
        statuses |= {422}
    told = {}
    for status in sorted(statuses):
        kinds = [name for name, kind in KINDS.items() if kind.status == status]
        said = "; ".join(f"{name}: {KINDS[name].title}" for name in kinds)
        content = {MEDIA_TYPE: {"schema": _ref("Refused"), "example": Problem(kinds[0]).document("5f0e4a5e9a-11")}}
        told[str(status)] = {"description": said, "content": content}
        if status in (429, 503):
            told[str(status)]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
    return told


def _content(kind: type, told: str) -> dict[str, Any]:
    schema = {"type": "object"} if kind is dict else _ref(kind.__name__)
    return {"description": told, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(name=name)}


def _batch_schema(item: str) -> dict[str, Any]:
    _, schemas = msgspec.json.schema_components([Batch[TransferBody]], ref_template=_REF)
    schema = next(iter(schemas.values()))
    schema["properties"]["requests"]["items"] = _ref(item)
    return {**schema, "title": f"Batch of {item}"}


def _schema(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A schema as callers may rely on it: what msgspec cannot say is added here."""
    if name == "TransferBody":
        schema["properties"]["travel_rule_payload"] = {
            "description": "IVMS101 message: an object, or the same as a string.",
            "type": ["object", "string", "null"],
            "default": None,
        }
    return schema
