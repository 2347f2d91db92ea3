"""Every word of the console in both languages: nothing untranslated, nothing compiled from older words."""

from __future__ import annotations

from pathlib import Path

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
    written = {entry.msgid: entry.msgstr or entry.msgstr_plural for entry in polib.pofile(str(file))}
    compiled = {entry.msgid: entry.msgstr or entry.msgstr_plural for entry in polib.mofile(str(file.with_suffix(".mo")))}
    assert compiled == written, "run tools/messages"
