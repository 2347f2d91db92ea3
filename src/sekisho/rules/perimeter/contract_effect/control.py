"""Effect of contracts: is a contract with an operator that was not registered void, rebuttable, or undetermined?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Amount, Evidence, Step
from sekisho.engine.assessed_items import words
from sekisho.typologies.operator_names import Registered, read_operators, registered_for

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_PROOFS = ("protection_shown", "no_unjust_profit_shown")


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """For each contract concluded by the day judged: what was paid, and as its band the effect.

    ``registered`` the operator was on the register that day; ``void``; ``rebuttable`` void unless the operator proves what it
    has not yet tried to; ``stands`` it has proved it; ``undetermined`` the law of the regime does not say.
    """
    operators = read_operators(records)
    businesses = {"crypto_asset": words(p.crypto_businesses)}
    rows = records.operator_contract.order_by("contract_id").to_pyarrow().to_pylist()
    for row in (row for row in rows if row["concluded_on"] <= p.as_of):
        covering = registered_for(operators, businesses.get(row["subject"], words(p.security_businesses)))
        match = Registered(covering, day=row["concluded_on"]).match(row["operator"])
        effect = "registered" if match.verdict == "registered" else _effect(row, p)
        yield Amount(
            name="contract_effect",
            as_of=p.as_of,
            value=row["amount_jpy"] if row["amount_jpy"] is not None else Decimal(0),
            unit="JPY",
            band=effect,
            working=tuple(Step(name, str(row[name]).lower(), Decimal(int(bool(row[name])))) for name in _PROOFS),
            evidence=(Evidence("operator_contract", row["contract_id"]),),
            facts={
                "contract": row["contract_id"],
                "operator": row["operator"],
                "concluded_on": row["concluded_on"],
                "subject": row["subject"],
                "why": match.why,
                "effect": effect,
            },
        )


def _effect(row: Mapping[str, Any], p: Parameters) -> str:
    """One of the two proofs suffices; both must have failed before a rebuttable contract is void for good."""
    if row["subject"] not in words(p.void_subjects):
        return "undetermined"
    if row["subject"] == "crypto_asset" and (p.crypto_void_since is None or row["concluded_on"] < p.crypto_void_since):
        return "undetermined"
    proofs = [row[name] for name in _PROOFS]
    if row["subject"] not in words(p.rebuttable_subjects):
        return "undetermined" if True in proofs else "void"
    if True in proofs:
        return "stands"
    return "void" if proofs == [False, False] else "rebuttable"
