"""Patterns of scams as a client's own words, and what happened to the account just before, point to them.

Words are looked for in the purpose as the client states it, in any letter case and width. They point, they prove nothing:
a text about one kind of scam is shown to whoever might be its victim.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

GENERAL = "general"
"""The warning that is fitted to nothing."""

INVESTMENT, ROMANCE, REMOTE_CONTROL = "investment", "romance", "remote_control"
POLICE, EXCHANGE, REFUND, SIDE_JOB = "impersonated_police", "impersonated_exchange", "refund", "side_job"

PATTERNS = (INVESTMENT, ROMANCE, REMOTE_CONTROL, POLICE, EXCHANGE, REFUND, SIDE_JOB)
"""Every pattern, in the order in which warnings are shown."""

_WORDS = {
    INVESTMENT: "invest, trading platform, profit, dividend, mining pool, 投資, 運用, 配当, 利益, 儲, サロン, LINEグループ",
    ROMANCE: "fiance, girlfriend, boyfriend, lover, marriage, dating, 婚約, 恋人, 彼女, 彼氏, 結婚, 交際, マッチング, 海外の友人",
    REMOTE_CONTROL: "anydesk, teamviewer, remote, support desk, 遠隔, リモート, サポート窓口, ウイルス",
    POLICE: "police, prosecutor, court, arrest, bail, 警察, 検察, 検事, 裁判, 逮捕, 保釈, 口座の調査, 資金調査",
    EXCHANGE: "verification of wallet, security wallet, safe account, unlock, 凍結, ロック解除, 本人認証, 保護口座, 安全な口座",
    REFUND: "refund, compensation, recovery, tax return, 返金, 還付, 補償, 被害回復, 返還",
    SIDE_JOB: "side job, part-time, task, deposit for work, 副業, アルバイト, タスク, 内職, 保証金, 登録料",
}


@lru_cache(maxsize=4096)
def patterns_in(text: str) -> frozenset[str]:
    """The patterns to which words of a text point."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return frozenset(pattern for pattern, words in _COMPILED.items() if words.search(plain))


def in_order(patterns: Iterable[str]) -> tuple[str, ...]:
    """Patterns in the order in which their warnings are shown, each once."""
    wanted = set(patterns)
    return tuple(pattern for pattern in PATTERNS if pattern in wanted)


def _alternatives(words: str) -> re.Pattern[str]:
    # A Latin word begins at a word's beginning ("task" is not in "multitasking"); Japanese has no such border.
    plain = (unicodedata.normalize("NFKC", word.strip()).casefold() for word in words.split(","))
    return re.compile("|".join(rf"\b{re.escape(word)}" if word.isascii() else re.escape(word) for word in plain))


_COMPILED = {pattern: _alternatives(words) for pattern, words in _WORDS.items()}
