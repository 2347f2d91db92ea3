"""Every kind of filing, one module each (one for incidents and one for closures, whose kinds share their items)."""

from __future__ import annotations

from typing import Final

from sekisho.console.filings.fields import Kind
from sekisho.console.filings.kinds import (
    capital_ratio,
    change_notice,
    client_property,
    closure,
    incident,
    misconduct,
    suspicious_transaction,
    unfair_trading,
)

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        suspicious_transaction.KIND,
        unfair_trading.KIND,
        *incident.KINDS,
        misconduct.KIND,
        client_property.KIND,
        capital_ratio.KIND,
        change_notice.KIND,
        *closure.KINDS,
    )
}
SECRET: Final = tuple(kind.name for kind in KINDS.values() if kind.secret)
