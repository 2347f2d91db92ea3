"""The rulebook refuses whatever could be read in two ways, and says where."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from sekisho.rulebook import RulebookError, Undetermined
from sekisho.rulebook.rule import Rule, read_rule
from sekisho.rulebook.strict_yaml import read_yaml
from sekisho.rulebook.texts import reveals

REGIMES = frozenset({"PSA-2020", "PSA-2026", "FIEA-ACT64"})
DOCUMENTS = frozenset({"PSA", "CAO"})
ANCHORS = frozenset({"III.B-5a"})

RULE = """\
title: {en: Cold, ja: 冷}
statement: {en: Keep it cold., ja: 冷たく保つこと。}
binds: [exchange]
questions: [attest]
regimes:
  - regime: [PSA-2020, PSA-2026]
    status: in_force
    confidence: confirmed
    provisions:
      - {document: PSA, provision: 63-11(2), checked_on: 2026-11-23}
  - regime: FIEA-ACT64
    status: enacted
    confidence: unknown
    note: {en: Text not verified., ja: 条文未確認。}
parameters:
  share_max:
    unit: share
    description: {en: Most outside cold storage., ja: 上限。}
    set_by: law
    values:
      - regime: [PSA-2020, PSA-2026]
        from: 2020-05-01
        value: 0.05
        source: {document: CAO, provision: 27(2), confidence: confirmed, checked_on: 2026-11-23}
      - regime: FIEA-ACT64
        value: undetermined
        source: {document: PSA, confidence: unknown, checked_on: 2026-11-23}
attest:
  - item: {en: Keys offline., ja: 鍵の管理。}
    evidence: {en: Photograph., ja: 写真。}
    by: custody
    every: P1Y
false_positives:
  - {en: None known., ja: 特になし。}
anchors: [III.B-5a]
"""


def rule_of(tmp_path: Path, text: str) -> Rule:
    folder = tmp_path / "chapter" / "cold"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rule.yaml").write_text(text, encoding="utf-8")
    return read_rule(folder, "chapter/cold", REGIMES, DOCUMENTS, ANCHORS)


def test_a_value_is_exact_and_dated(tmp_path: Path) -> None:
    rule = rule_of(tmp_path, RULE)
    day = date(2026, 11, 23)
    assert rule.parameters_in("PSA-2026", day, day, {}).share_max == Decimal("0.05")
    before = rule.parameters_in("PSA-2020", date(2020, 4, 30), day, {})
    assert before.missing() == ("share_max",)


def test_an_open_value_is_never_a_default(tmp_path: Path) -> None:
    rule = rule_of(tmp_path, RULE)
    day = date(2027, 7, 22)
    p = rule.parameters_in("FIEA-ACT64", day, day, {})
    with pytest.raises(
        Undetermined, match=r"chapter/cold: no value for 'share_max' in regime FIEA-ACT64 on 2027-07-22; give --assume"
    ):
        _ = p.share_max
    assumed = rule.parameters_in("FIEA-ACT64", day, day, {"share_max": 1})
    assert assumed.share_max == Decimal(1)
    assert [v.assumed for v in assumed] == [True]


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("binds:", "bind:", 3, "unknown key 'bind'|'binds' is missing"),
        ("value: 0.05", "value: 5e-2", 23, "binary float"),
        ("value: 0.05", "value: .05", 23, "binary float"),
        ("value: 0.05", "value: .nan", 23, "binary float"),
        ("status: in_force", "on: in_force", 7, "'on' is read as true or false"),
        ("status: in_force", "status: yes", 7, "true or false"),
        ("        from: 2020-05-01", "        from: 2020-02-30", 22, "not a day of the calendar"),
        (
            "source: {document: CAO, provision: 27(2), confidence: confirmed, checked_on: 2026-11-23}",
            "unit: x",
            21,
            "'source' is missing",
        ),
        (
            "checked_on: 2026-11-23}\n      - regime: FIEA",
            "on_day: 2026-11-23}\n      - regime: FIEA",
            24,
            "'checked_on' is missing",
        ),
        ("document: CAO", "document: CAOO", 24, "CAOO' is not one of CAO, PSA"),
        (
            "      - regime: FIEA-ACT64\n        value",
            "      - regime: PSA-2026\n        value",
            25,
            "two values for PSA-2026 on the same days",
        ),
        ("  - regime: FIEA-ACT64\n    status", "  - regime: PSA-2020\n    status", 11, "two entries for the same regime"),
        ("anchors: [III.B-5a]", "anchors: [III.B-99]", 36, "anchor 'III.B-99'"),
        ("every: P1Y", "every: yearly", 33, "is not a period"),
        ("title: {en: Cold, ja: 冷}", "title: {en: Cold, ja: ''}", 1, "both languages"),
        ("title: {en: Cold, ja: 冷}", "title: {en: Cold, en: Cool, ja: 冷}", 1, "stands twice"),
        ("questions: [attest]", "questions: [attest, detect]", 4, "'sentences' needs a 'default'"),
        ("false_positives:\n  - {en: None known., ja: 特になし。}\n", "", 1, "'false_positives' is missing"),
        ("anchors:", "client: {en: We suspect a crime., ja: 確認中です。}\nanchors:", 36, "'suspect' would tell the client"),
        ("anchors:", "client: {en: Please wait., ja: 疑いがあります。}\nanchors:", 36, "'疑' would tell the client"),
        ("anchors:", "client: {en: 'Wait for {account}.', ja: 確認中です。}\nanchors:", 36, "names no facts"),
        ("anchors:", "client: {en: Please wait.}\nanchors:", 36, "'ja' is missing"),
        ("anchors:", "warnings: {romance: {en: Beware.}}\nanchors:", 36, "'ja' is missing"),
    ],
)
def test_what_is_refused(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    assert old in RULE
    with pytest.raises(RulebookError, match=says) as refused:
        rule_of(tmp_path, RULE.replace(old, new, 1))
    assert "rule.yaml:" in str(refused.value)
    told = int(str(refused.value).split("rule.yaml:")[1].split(":")[0])
    assert abs(told - line) <= 3, str(refused.value)


def test_what_the_client_reads_stands_apart_from_what_the_staff_reads(tmp_path: Path) -> None:
    told = (
        "client: {en: Your transfer is being checked., ja: お手続きを確認しています。}\n"
        "warnings:\n  romance: {en: Beware of fraud., ja: 詐欺にご注意ください。}\n"
    )
    rule = rule_of(tmp_path, RULE + told)
    assert rule.client == ("Your transfer is being checked.", "お手続きを確認しています。")
    assert rule.warnings == {"romance": ("Beware of fraud.", "詐欺にご注意ください。")}
    plain = rule_of(tmp_path, RULE)
    assert (plain.client, plain.warnings) == (None, {})


@pytest.mark.parametrize(
    ("said", "reveals_it"),
    [
        ("A suspicious transaction was reported.", True),
        ("This was referred to the authorities.", True),
        ("疑わしい取引の届出を行いました。", True),
        ("マネー・ローンダリング対策のため", True),
        ("Your transfer is being checked; this can take a few days.", False),
        ("お客様の資産を守るため、お手続きの内容を確認しています。", False),
    ],
)
def test_a_word_that_reveals_a_suspicion_is_known(said: str, reveals_it: bool) -> None:
    assert (reveals(said) is not None) == reveals_it


def test_the_hash_covers_every_file(tmp_path: Path) -> None:
    first = rule_of(tmp_path, RULE).hash
    (tmp_path / "chapter" / "cold" / "cases.yaml").write_text("[]", encoding="utf-8")
    second = rule_of(tmp_path, RULE).hash
    third = rule_of(tmp_path, RULE + "# a word\n").hash
    assert len({first, second, third}) == 3


def test_plain_scalars_are_exact(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("{a: 0.1, b: 1_000_000, c: 2026-05-02, d: '0.1', e: null, f: true}", encoding="utf-8")
    assert read_yaml(file) == {"a": Decimal("0.1"), "b": 1_000_000, "c": date(2026, 5, 2), "d": "0.1", "e": None, "f": True}
