"""Every word of the console in both languages: nothing untranslated, nothing compiled from older words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polib
import pytest

CONSOLE = Path(__file__).parents[2] / "src" / "sekisho" / "console"
FILES = sorted(CONSOLE.glob("*/locale/ja/LC_MESSAGES/django.po"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parts[-5])
def test_every_word_has_its_japanese(file: Path) -> None:
    words = polib.pofile(str(file))
    assert [entry.msgid for entry in words if not entry.translated() or "fuzzy" in entry.flags] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parts[-5])
def test_what_is_compiled_is_what_is_written(file: Path) -> None:
    written, compiled = (_said(read) for read in (polib.pofile(str(file)), polib.mofile(str(file.with_suffix(".mo")))))
    assert compiled == written, "run tools/messages"


def _said(words: Any) -> dict[tuple[str | None, str], Any]:
    return {(entry.msgctxt, entry.msgid): entry.msgstr or entry.msgstr_plural for entry in words}


def test_one_word_has_one_japanese() -> None:
    """Django merges the words of all parts, and the lowest part's wins: what means something else elsewhere needs a context."""
    said: dict[tuple[str | None, str], dict[str, list[str]]] = {}
    for file in FILES:
        for entry in polib.pofile(str(file)):
            japanese = entry.msgstr_plural.get(0, "") if entry.msgid_plural else entry.msgstr
            said.setdefault((entry.msgctxt, entry.msgid), {}).setdefault(japanese, []).append(file.parts[-5])
    assert {word: found for word, found in said.items() if len(found) > 1} == {}
