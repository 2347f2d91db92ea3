"""How provisions are cited in both languages."""

from __future__ import annotations

import pytest

from sekisho.findings.report import Text
from sekisho.findings.report.citation import cited


@pytest.mark.parametrize(
    ("provision", "english", "japanese"),
    [
        ("63-11(2)", "Art. 63-11(2)", "第63条の11第2項"),
        ("63-9-3(iv)", "Art. 63-9-3(iv)", "第63条の9の3第4号"),
        ("197(1)(iv-3)", "Art. 197(1)(iv-3)", "第197条第1項第4号の3"),
        ("26(1)(xiv)", "Art. 26(1)(xiv)", "第26条第1項第14号"),
        ("159", "Art. 159", "第159条"),
        ("附則 1(ii)", "Suppl. Prov. Art. 1(ii)", "附則第1条第2号"),
        ("Ⅱ-2-2-3-2(3)⑤", "Ⅱ-2-2-3-2(3)⑤", "Ⅱ-2-2-3-2(3)⑤"),
        ("", "", ""),
    ],
)
def test_citation_reads_as_each_language_writes_it(provision: str, english: str, japanese: str) -> None:
    assert cited(provision) == Text(english, japanese)
