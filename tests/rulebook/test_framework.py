"""The list of everything the framework asks for: complete, in order, bilingual, in the project's own words."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from sekisho.rulebook.framework import KINDS, load_framework
from sekisho.rulebook.strict_yaml import RulebookError

SMALL = """sections:
  I.A: {en: Boxes, ja: 箱}
asked:
- id: I.A-1a
  anchor: I.A-1
  section: I.A
  kind: register
  actor: [FSA, exchange]
  name: {en: Box, ja: 箱}
  sentence: {en: Keep the box., ja: 箱を保管する。}
"""


def test_the_list_is_complete_and_in_the_order_of_the_document() -> None:
    asked = load_framework()
    assert len(asked) == 165
    assert len({entry.id for entry in asked}) == 165
    sections = [entry.section.code for entry in asked]
    assert list(dict.fromkeys(sections)) == sorted(set(sections), key=sections.index)
    assert sections[0] == "I.A"
    assert sections[-1] == "VI"


def test_an_anchor_is_its_id_without_the_letter() -> None:
    for entry in load_framework():
        assert entry.anchor == re.sub(r"[a-z]$", "", entry.id)
        assert entry.kind in KINDS
        assert entry.actors


def test_every_entry_speaks_both_languages() -> None:
    for entry in load_framework():
        assert entry.sentence.en.endswith("."), entry.id
        assert entry.sentence.ja.endswith("。"), entry.id
        assert not re.search("[ぁ-んァ-ヶ一-龠]", entry.sentence.en + entry.name.en), entry.id
        assert re.search("[ぁ-ん]", entry.sentence.ja), entry.id


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("kind: register", "kind: remember", r"framework.yaml:\d+: .*remember"),
        ("anchor: I.A-1", "anchor: I.A-2", "anchor of I.A-1a is I.A-1"),
        ("id: I.A-1a", "id: one", "not an id"),
        ("  section: I.A", "  section: I.B", "I.B"),
        ("actor: [FSA, exchange]", "actor: [nobody]", "nobody"),
        ("ja: 箱を保管する。", 'ja: ""', "both languages"),
        ("  kind: register", "  kind: register\n  colour: red", "unknown key 'colour'"),
    ],
)
def test_a_faulty_list_is_refused_with_its_line(tmp_path: Path, old: str, new: str, why: str) -> None:
    file = tmp_path / "framework.yaml"
    file.write_text(SMALL.replace(old, new), encoding="utf-8")
    with pytest.raises(RulebookError, match=why):
        load_framework(file)


def test_an_id_stands_once(tmp_path: Path) -> None:
    file = tmp_path / "framework.yaml"
    file.write_text(SMALL + SMALL.partition("asked:\n")[2], encoding="utf-8")
    with pytest.raises(RulebookError, match=r"I\.A-1a stands twice"):
        load_framework(file)


def test_ids_anchors_and_kinds_agree_with_the_source_and_no_sentence_is_copied(shared_data: Path) -> None:
    source = shared_data.parent / "framework" / "coverage.csv"
    if not source.is_file():
        pytest.skip(f"{source} is not there: the list cannot be compared with its source")
    with source.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    asked = load_framework()
    assert [(e.id, e.anchor, e.kind, ";".join(e.actors)) for e in asked] == [
        (r["id"], r["anchor"], r["kind"], r["actor"]) for r in rows
    ]
    copied = {r["software_must"] for r in rows} & {e.sentence.en for e in asked}
    assert not copied
