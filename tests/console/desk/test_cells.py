"""Cells of a list: each kind as it is written, and nothing of a value is taken for HTML."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.template import engines
from django.utils import translation

engine: Any = engines["django"]
AT = datetime(2026, 9, 18, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "value", "words", "shown"),
    [
        ("text", "a <b> & 'c'", None, "a &lt;b&gt; &amp; &#x27;c&#x27;"),
        ("text", 1234567, None, "1234567"),
        ("text", "high", "<high>", "&lt;high&gt;"),
        ("number", 0, None, "0"),
        ("yen", Decimal("1234567.5"), None, "¥1,234,568"),
        ("score", 0.5, None, "0.500"),
        (
            "time",
            AT,
            None,
            '<time datetime="2026-09-18T15:30:00+00:00" title="2026-09-18 15:30:00.000000 UTC">2026-09-19 00:30</time>',
        ),
        ("day", date(2026, 9, 18), None, "2026-09-18"),
        ("day", AT, None, "2026-09-19"),
        ("chip", "<high>", None, '<span class="chip &lt;high&gt;">&lt;high&gt;</span>'),
        ("chip", "high", "<grave>", '<span class="chip high">&lt;grave&gt;</span>'),
        ("code", "A<1|A2", None, "<code>A&lt;1|<wbr>A2</code>"),
        ("code", "x" * 41, "<words>", '<code class="long">&lt;words&gt;</code>'),
        ("chapter", "unfair_trading", None, "Unfair trading"),
        ("chapter", "<unheard>", None, "&lt;unheard&gt;"),
    ],
)
def test_a_cell_says_its_value_by_its_kind(kind: str, value: Any, words: str | None, shown: str) -> None:
    cell = engine.from_string("{% load desk %}{% cell row column %}")
    row, column = {"k": value, "k_words": words, "to": '/a/?b="c'}, {"key": "k", "kind": kind, "at": None}
    with translation.override("en"):
        assert cell.render({"row": row, "column": column}) == shown
        assert cell.render({"row": row, "column": {**column, "at": "to"}}) == f'<a href="/a/?b=&quot;c">{shown}</a>'
        assert cell.render({"row": {}, "column": column}) == ""


def test_a_term_is_told_as_what_is_left() -> None:
    cell = engine.from_string("{% load desk %}{% cell row column %}")
    shown = cell.render({"row": {"k": datetime(2020, 1, 1, tzinfo=UTC)}, "column": {"key": "k", "kind": "due", "at": None}})
    assert shown.startswith('<span class="due late">')
