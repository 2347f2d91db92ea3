"""The words of page and workbook in Japanese and English, and figures as people read them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

LANGUAGES = ("both", "ja", "en")

VERDICTS = {
    "kept": ("kept", "適合"),
    "broken": ("not kept", "不適合"),
    "internal_cap": ("above internal cap", "社内上限超過"),
    "undetermined": ("undetermined", "未定"),
    "not_inspected": ("not inspected", "未検査"),
    "not_in_regime": ("no such rule", "適用なし"),
}
TIERS = {"hot": ("hot", "ホット"), "cold": ("cold", "コールド")}
HOLDERS = {
    "customer": ("customers", "利用者"),
    "third_party": ("customers, third party", "利用者（第三者管理）"),
    "guarantee": ("guarantee", "履行保証"),
    "own": ("own", "自己"),
}


def spoken(lang: str, en: str, ja: str) -> str:
    """A text in the language asked for; both, the Japanese first, where both are asked for."""
    return {"en": en, "ja": ja}.get(lang, f"{ja} {en}" if ja != en else en)


def yen(text: str | None) -> str:
    """Whole yen with separators; a dash where there is no value."""
    return "–" if text is None else f"{Decimal(text):,.0f}"


def quantity(text: str | None) -> str:
    """A quantity with separators and all its digits."""
    return "–" if text is None else f"{Decimal(text):,f}"


def percent(text: str | None, digits: int = 4) -> str:
    """A share as percent."""
    return "–" if text is None else f"{Decimal(text) * 100:.{digits}f} %"


def above_zero(text: str | None) -> bool:
    """Whether there is a figure and it is above zero."""
    return text is not None and Decimal(text) > 0


def law_of(rule: dict[str, Any]) -> str:
    """The provisions of a rule in one line."""
    return "; ".join(f"{p['document']} {p['provision']}" for p in rule["provisions"] if p["provision"])
