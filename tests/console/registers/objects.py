"""Facts, restrictions, clearances and rows of registers for the matrix of roles, acts and objects."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from console.objects import Made, Wanted
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.people.models import Account
from sekisho.console.registers.models import Clearance, MaterialFact, RegisterRow, Restriction, Watched

AT = datetime(2026, 11, 1, tzinfo=UTC)


def a_fact(_wanted: Wanted) -> Made:
    """A fact on whose list nobody stands: the control room alone sees it."""
    with acting(SYSTEM, "t"):
        fact = MaterialFact(
            fact_id="F-M", asset="XYZ", category="issuer", arose_at=AT, summary="x", recorded_at=AT, recorded_by="SYSTEM"
        )
        fact.save()
    return Made(ids={"fact_id": fact.pk}, needs={"fact": ("read all facts",), "acknowledge reminder": ("read all facts",)})


def a_restriction(_wanted: Wanted) -> Made:
    """A restriction by decision."""
    with acting(SYSTEM, "t", effect="restrict asset"):
        row = Restriction(asset="XYZ", since=AT, why="x")
        row.save()
    return Made(ids={"pk": row.pk})


def a_watched(_wanted: Wanted) -> Made:
    """An asset on the watch list."""
    with acting(SYSTEM, "t"):
        row = Watched(asset="XYZ", since=AT, why="x", by="SYSTEM")
        row.save()
    return Made(ids={"pk": row.pk})


def a_clearance(wanted: Wanted) -> Made:
    """A question for clearance of somebody else, or of the one who asks."""
    own = Account.objects.get(username=wanted.own_of).person if wanted.own_of else None
    with acting(SYSTEM, "t"):
        row = Clearance(
            person_id=own.pk if own else "P-SOMEBODY",
            party_id=own.party_id if own else (wanted.parties or ("P-X",))[0],
            account_id="A", asset="XYZ", side="buy", quantity=Decimal(1), asked_at=AT, answer="clear",
        )  # fmt: skip
        row.save()
    return Made(
        ids={"pk": row.pk},
        has_parties=True,
        needs={"clearance": ("read staff trades", "decide clearances")},
        own={"clearance": 200, "clear staff trade": 409, "refuse staff trade": 409, "withdraw clearance": 200} if own else {},
        nobody=frozenset() if own else frozenset({"withdraw clearance"}),
    )


def a_register(_wanted: Wanted) -> Made:
    """A register anybody inside may read."""
    return Made(ids={"table": "operator_warning"})


def a_row(_wanted: Wanted) -> Made:
    """A row of it."""
    with acting(SYSTEM, "t"):
        row = RegisterRow(table="operator_warning", row_key="W", values={"warning_id": "W"}, changed_at=AT, changed_by="SYSTEM")
        row.save()
    return Made(ids={"table": "operator_warning", "pk": row.pk})


MAKERS = {
    "information/facts/<str:fact_id>/": a_fact,
    "restricted/<int:pk>/": a_restriction,
    "restricted/watch/<int:pk>/": a_watched,
    "clearances/<int:pk>/": a_clearance,
    "registers/<str:table>/": a_register,
    "registers/<str:table>/rows/<int:pk>/": a_row,
}
BODIES: dict[str, dict[str, Any]] = {
    "record fact": {
        "fact_id": "F-N", "asset": "ABC", "category": "issuer", "arose_at": "2026-11-01T09:00:00+09:00", "summary": "x",
    },
    "add insider": {"party_id": "P1", "learned_at": "2026-11-02T09:00:00+09:00", "capacity": "issuer"},
    "publish fact": {"channel": "press", "published_at": "2026-11-02T09:00:00+09:00", "address": "x"},
    "let fact lapse": {"reason_code": "dropped", "reason": "x"},
    "restrict asset": {"asset": "ABC", "scope": "both", "reason_code": "business", "why": "x"},
    "lift restriction": {"reason_code": "over", "reason": "x"},
    "watch asset": {"asset": "ABC", "why": "x"},
    "ask for clearance": {"account_id": "A", "asset": "ABC", "side": "buy", "quantity": "1"},
    "refuse staff trade": {"words": "x"},
    "set firm's value": {"name": "holding_days", "value": "30", "since": "2099-01-01", "source": "x"},
    "change register": {"reason_code": "new"},
}  # fmt: skip
