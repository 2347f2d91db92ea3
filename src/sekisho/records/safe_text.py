"""Text for spreadsheets: what would be run as a formula is shown as text instead."""

from __future__ import annotations

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_text(value: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would take it for a formula.

    Records may hold such text: it is data, and kept as it is. Whoever writes CSV for people puts every text cell
    through here; numbers are not text and stay as they are.
    """
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA_STARTS) else value
