"""The chapters of the rulebook in the reader's language."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy

CHAPTERS: Final = {
    "capital": gettext_lazy("Capital"),
    "client_assets": gettext_lazy("Client assets"),
    "enforcement": gettext_lazy("Enforcement"),
    "firm": gettext_lazy("The firm as a whole"),
    "liability_reserve": gettext_lazy("Liability reserve"),
    "listing": gettext_lazy("Listing of assets"),
    "mutual_assistance": gettext_lazy("Mutual assistance"),
    "perimeter": gettext_lazy("Perimeter"),
    "reporting": gettext_lazy("Reporting"),
    "solicitation": gettext_lazy("Solicitation"),
    "suitability": gettext_lazy("Suitability"),
    "transfers": gettext_lazy("Transfers"),
    "unfair_trading": gettext_lazy("Unfair trading"),
    "wind_down": gettext_lazy("Wind-down"),
}


def chapter_title(name: str) -> str:
    """A chapter's title; its name in words where it has none."""
    return str(CHAPTERS.get(name, name.replace("_", " ")))
