"""A request the gate holds for the matrix of roles, acts and objects."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from console.objects import Made, Maker, Wanted, concerned, refused
from sekisho.console.transfers.models import HeldRequest

AT = datetime(2026, 11, 1, tzinfo=UTC)


def a_held_request(wanted: Wanted) -> Made:
    """A transfer that is held."""
    row = HeldRequest(
        kind="transfer", request_id="X-M", decision_id="D", state="held", outcome="hold", chapter=wanted.chapter or "transfers",
        asked_at=AT, decided_at=AT, account_id="A-M", parties=concerned(wanted), asset="BTC", direction="out", quantity=Decimal(1),
    )  # fmt: skip
    row.save()
    return Made(ids={"pk": row.pk}, has_chapter=True, has_parties=True, own=refused("transfers/<int:pk>/"))


MAKERS: dict[str, Maker] = {"transfers/<int:pk>/": a_held_request}
_KNOWN = {"reason_code": "known_payee", "words": "x"}
BODIES: dict[str, dict[str, Any]] = {
    "approve request at the gate": _KNOWN,
    "refuse request at the gate": {"reason_code": "listed"},
    "cancel request at the gate": {"reason_code": "client_withdrew"},
    "propose a release": _KNOWN,
    "ask the client": {"question": "purpose"},
    "propose a rule set": {"rule_set": "x", "reason_code": "fault"},
    "propose to roll back": {"rule_set": "x", "reason_code": "fault"},
}
