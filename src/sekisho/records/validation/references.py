"""Ids that point at nothing: an account in a trade that no account row knows, a link to an unknown party."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sekisho.records.on_duckdb import quoted
from sekisho.records.tables import TABLES
from sekisho.records.validation.cross_check import CrossCheck, place_of


def reference_checks(present: Collection[str]) -> Iterator[CrossCheck]:
    """One check for each column that refers to a table which is there. Orders are looked up among ``order_life``."""
    for table in (TABLES[name] for name in TABLES if name in present):
        for column in (c for c in table.columns if c.refers_to is not None):
            parent, _, id_column = (column.refers_to or "").partition(".")
            if parent not in present:
                continue
            known = "order_life" if parent == "order_event" else quoted(parent)
            name = quoted(column.name)
            yield CrossCheck(
                table.name,
                column.name,
                "orphan",
                f"SELECT {place_of('t')}, t.{name} FROM {quoted(table.name)} t "
                f"ANTI JOIN {known} p ON t.{name} = p.{quoted(id_column)} WHERE t.{name} IS NOT NULL",
                f"is not in table {parent}",
                f"add the {parent} or correct the id",
            )
