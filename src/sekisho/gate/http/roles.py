"""Who may do what at the gate: six roles, and for each act the roles that may do it. What is not written here nobody may do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

Role = Literal["trading", "wallet", "compliance", "supervisor", "auditor", "admin"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)

_WALLET: Final = frozenset[Role]({"wallet"})
_TRADING: Final = frozenset[Role]({"trading"})
_SYSTEMS: Final = _WALLET | _TRADING
_OFFICE: Final = frozenset[Role]({"compliance", "supervisor"})
_READERS: Final = _OFFICE | frozenset[Role]({"auditor"})

_LEARN: Final[Mapping[Role, tuple[str, ...]]] = {
    "trading": ("asset", "instrument", "order_event", "reference_price", "stated_plan", "trade"),
    "wallet": (
        "account", "account_event", "chain_movement", "customer_balance", "party", "transfer", "wallet", "wallet_balance",
        "wallet_destination", "wallet_key",
    ),
    "compliance": (
        "communication", "customer_order_knowledge", "fact_knowledge", "listing_application", "material_fact", "party_link",
        "publication", "wind_down_event",
    ),
}  # fmt: skip
"""Which system or office keeps which table. ``request_event`` is not among them: an approval is told by who gives it, signed in."""

MAY: Final[Mapping[str, frozenset[Role]]] = MappingProxyType(
    {
        "decide transfer": frozenset({"wallet"}),
        "decide order": frozenset({"trading"}),
        "read transfer": _READERS | _WALLET,
        "read order": _READERS | _TRADING,
        "tell transfer": _OFFICE | _WALLET,
        "tell order": _OFFICE | _TRADING,
        "tell warning_shown": _SYSTEMS,
        "tell warning_acknowledged": _SYSTEMS,
        "tell purpose_given": _SYSTEMS,
        "tell risk_confirmed": _SYSTEMS,
        "tell cancelled": _SYSTEMS | _OFFICE,
        "tell approved": _OFFICE,
        "tell released": frozenset({"supervisor"}),
        "tell refused": _OFFICE,
        **{f"learn {table}": frozenset({role}) for role, tables in _LEARN.items() for table in tables},
        "learn": frozenset(_LEARN),
        "read rule set": frozenset(ROLES),
        "rule draft": frozenset({"admin", "compliance"}),
        "rule shadow": frozenset({"admin", "compliance"}),
        "rule unshadow": frozenset({"admin", "compliance"}),
        "rule commit": frozenset({"admin", "compliance"}),
        "rule activate": frozenset({"supervisor"}),
        "rule roll_back": frozenset({"supervisor"}),
        "rule": frozenset({"admin", "compliance", "supervisor"}),
        "read access log": frozenset({"auditor"}),
    }
)
"""Each act and the roles that may do it. An event needs two: to tell that kind, and to tell of transfers or of orders."""

SYSTEM_KINDS: Final = frozenset({"warning_shown", "warning_acknowledged", "purpose_given", "risk_confirmed"})
"""Events a system tells of a client; the others are the act of whoever signed in, never of one named in the body."""


def may(roles: frozenset[str], act: str) -> bool:
    """Whether a caller with these roles may do it; an act that is not listed nobody may do."""
    return not roles.isdisjoint(MAY.get(act, frozenset()))
