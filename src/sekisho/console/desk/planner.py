"""What the database's planner knows of the tables: without it SQLite takes any index for as good as any other."""

from __future__ import annotations

from typing import Final

from django.db import connection

_ROWS_LOOKED_AT: Final = 1_000
"""Of each index, so that it takes milliseconds however long the table is (SQLite advises 100 to 1,000)."""


def look_over(*tables: str) -> None:
    """Let the database look over these tables (SQLite: all), after many rows came in."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA analysis_limit = {_ROWS_LOOKED_AT}")
            cursor.execute("ANALYZE")
        else:
            cursor.execute(f"ANALYZE {', '.join(tables)}")
