"""Prices and quantities off the instrument's smallest step."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sekisho.records.validation.cross_check import CrossCheck, place_of


def step_checks(present: Collection[str]) -> Iterator[CrossCheck]:
    """Prices that are no multiple of the tick and quantities that are no multiple of the lot."""
    if "instrument" not in present:
        return
    for table in (name for name in ("order_event", "trade") if name in present):
        for column, step in (("price", "tick_size"), ("quantity", "lot_size")):
            yield CrossCheck(
                table,
                column,
                f"off_{step}",
                f"SELECT {place_of('t')}, t.{column} FROM {table} t JOIN instrument i USING (instrument) "
                f"WHERE t.{column} % i.{step} <> 0",
                f"is not a multiple of the instrument's {step}",
                f"correct the {column} or the {step}",
            )
