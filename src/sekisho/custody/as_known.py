"""Books as they were known at the end of a day: what was recorded later does not reach into the day's certificate."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sekisho.records import Records

if TYPE_CHECKING:
    import ibis

_DATED = ("customer_balance", "money_trust", "firm_balance")
_TIMED = {"wallet_balance": "observed_at", "reference_price": "quoted_at"}
_REGISTERS = ("wallet", "account")
TABLES = (*_DATED, *_TIMED, *_REGISTERS)
"""The tables a certificate rests on."""


def as_known(records: Records, day: date, last_moment: datetime) -> Records:
    """The tables a certificate rests on, up to ``day`` and up to the moment of its last cut-off; other tables are left out."""
    tables: dict[str, ibis.Table] = {}
    for name in TABLES:
        if name in records.present:
            table = getattr(records, name)
            if name in _DATED:
                table = table.filter(table.as_of_date <= day)
            elif name in _TIMED:
                table = table.filter(table[_TIMED[name]] <= last_moment)
            tables[name] = table
    return records.showing(tables)
