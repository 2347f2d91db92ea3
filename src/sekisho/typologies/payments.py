"""Payments out of an account: what kind of wallet is on the other side, and which words of a list a user stated."""

from __future__ import annotations

from functools import lru_cache


def destination_kind(counterparty: str, counterparty_vasp: str | None) -> str:
    """hosted, unhosted or unknown: a wallet said to be hosted by an operator that nobody names is unknown."""
    return "unknown" if counterparty == "hosted" and counterparty_vasp is None else counterparty


@lru_cache(maxsize=1024)
def stated_words(stated: tuple[str, ...] | str) -> frozenset[str]:
    """The words of a list as a rule states it, or as a user writes it in one line: ``unhosted, unknown``."""
    return frozenset(stated if isinstance(stated, tuple) else (word.strip() for word in stated.split(",") if word.strip()))
