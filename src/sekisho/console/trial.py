"""A console for trying: people of every line, and what each part of the console begins with; nothing of it is for real use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from django.conf import settings

from sekisho.console.administration.first_people import Newcomer, let_in
from sekisho.console.people.models import Person
from sekisho.console.people.role_words import ROLE_WORDS

PASSWORD: Final = "try-the-barrier"
PEOPLE: Final = (
    ("P-CEO", "Mori Kaoru", "森 薫", "mori", ("director",), "board", None),
    ("P-CCO", "Sato Aoi", "佐藤 葵", "sato", ("supervisor",), "compliance", "P-CEO"),
    ("P-CO1", "Tanaka Haru", "田中 遥", "tanaka", ("compliance",), "compliance", "P-CCO"),
    ("P-CO2", "Ito Ren", "伊藤 蓮", "ito", ("compliance",), "compliance", "P-CCO"),
    ("P-RISK", "Kato Yui", "加藤 結衣", "kato", ("supervisor",), "risk", "P-CEO"),
    ("P-OPS", "Suzuki Sora", "鈴木 空", "suzuki", ("operations",), "operations", "P-CEO"),
    ("P-AUD", "Abe Nagi", "阿部 凪", "abe", ("audit",), "internal audit", "P-CEO"),
    ("P-ADM", "Ono Rin", "小野 凛", "ono", ("administrator",), "systems", "P-CEO"),
    ("P-SRO", "Hara Jun", "原 純", "hara", ("sro",), "SRO", None),
    ("P-INV", "Endo Mao", "遠藤 真央", "endo", ("investigator",), "SESC", None),
    ("P-EXT", "Ueda Ryo", "上田 涼", "ueda", ("auditor",), "audit firm", None),
)
"""Person, name, name in Japanese, account, roles, unit, head. All have the password above; their parties are STAFF-ACCOUNT."""

_OF_A_UNIT: Final = frozenset({"supervisor", "investigator", "auditor"})
"""Roles of which one asks at once: of what."""


def titles() -> dict[str, str]:
    """Who the people are, by account, as the pages call their roles: what is printed beside the accounts to try."""
    return {
        account: ", ".join(f"{ROLE_WORDS[role]} ({unit})" if role in _OF_A_UNIT else str(ROLE_WORDS[role]) for role in roles)
        for _pk, _name, _ja, account, roles, unit, _head in PEOPLE
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What the parts begin with: the books, the folder of an inspection's output (findings.parquet, run.json), and the moment.

    ``gate`` is the folder of a gate for trying (callers.toml, keys), where one is served beside the console.
    """

    books: Path
    findings: Path
    at: datetime
    gate: Path | None = None


def begin(trial: Trial) -> None:
    """Fill a new console for trying: people, then what each area's ``trial.py`` (``begin(trial)``) puts there, lowest first.

    Once filled it is left as it is.
    """
    if Person.objects.filter(pk=PEOPLE[0][0]).exists():
        return
    let_people_in()
    import_module("sekisho.console.urls")  # reads every part's pages, and with them what takes two people
    for area in settings.AREAS:
        module = f"sekisho.console.{area}.trial"
        if find_spec(module) is not None:
            import_module(module).begin(trial)


def let_people_in() -> None:
    """People of every line with their accounts and their heads."""
    let_in(
        Newcomer(
            person_id=pk,
            name=name,
            name_ja=ja,
            account=account,
            roles=roles,
            unit=unit,
            head=head,
            party_id=f"STAFF-{account.upper()}",
            password=PASSWORD,
        )
        for pk, name, ja, account, roles, unit, head in PEOPLE
    )
