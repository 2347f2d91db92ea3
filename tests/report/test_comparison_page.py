"""The page of a comparison: each finding that changes, with the provision or value that is the cause."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from report.reader import Page, read
from sekisho.findings.report import render_comparison

HOSTILE = "<script>alert(1)</script>"


def told(summary: str = "6.2 % stood outside cold storage.") -> dict[str, Any]:
    """comparison.json of one rule that loses its value and one that stays."""
    return {
        "before": {"regime": "PSA-2026", "law_day": "2026-05-02"},
        "after": {"regime": "FIEA-ACT64", "law_day": "2027-07-22"},
        "as_of": "2026-05-02",
        "rules": [
            {
                "rule": "client_assets/cold_storage", "title_en": "Cold storage", "title_ja": "コールドウォレット",
                "before": "ran", "after": "undetermined", "appears": 0, "disappears": 1, "weight": 0,
                "causes": [
                    {"kind": "parameter", "name": "client_assets/cold_storage.share_max", "before": "0.05",
                     "after": "undetermined",
                     "text_en": "share_max: 0.05 becomes undetermined (ACT64).",
                     "text_ja": "share_max: 0.05 から未定へ（ACT64）。"},
                ],
            },
            {"rule": "unfair_trading/layering", "title_en": "Layering", "title_ja": "見せ玉", "before": "ran", "after": "ran",
             "appears": 0, "disappears": 0, "weight": 0, "causes": []},
        ],
        "findings": [
            {"change": "disappears", "rule": "client_assets/cold_storage", "finding_id_before": "F1", "finding_id_after": None,
             "severity_before": "critical", "severity_after": None, "subject_kind": "exchange", "subject_id": "exchange",
             "instrument": None, "asset": None, "window_from": "2026-04-25T15:00:00+00:00",
             "window_until": "2026-05-01T15:00:00+00:00",
             "summary_en": summary, "summary_ja": summary},
            {"change": "same", "rule": "unfair_trading/layering", "finding_id_before": "F2", "finding_id_after": "F2",
             "severity_before": "high", "severity_after": "high", "subject_kind": "account", "subject_id": "A17",
             "instrument": "BTC/JPY", "asset": None, "window_from": "2026-05-01T03:00:05+00:00",
             "window_until": "2026-05-01T03:01:00+00:00", "summary_en": "Layering.", "summary_ja": "見せ玉。"},
        ],
        "warnings": ["The same warning.", "The same warning."],
    }  # fmt: skip


@pytest.fixture
def page(tmp_path: Path) -> Page:
    render_comparison(tmp_path / "comparison.html", told())
    return read(tmp_path / "comparison.html")


def test_page_says_what_changes_and_why(page: Page) -> None:
    assert page.misnested == []
    assert "switch from PSA-2026 to FIEA-ACT64, 0 findings appear, 1 disappear and 0 change weight" in page.said
    assert "share_max: 0.05 becomes undetermined (ACT64)." in page.said
    assert "6.2 % stood outside cold storage." in page.said
    assert "2026-04-26 – 2026-05-01 JST" in page.said
    assert "1 findings stay as they are" in page.said
    assert page.said.count("The same warning.") == 1
    assert "Unchanged: 変更なし： Layering 見せ玉" in page.said


def test_text_of_findings_is_inert(tmp_path: Path) -> None:
    render_comparison(tmp_path / "comparison.html", told(HOSTILE))
    page = read(tmp_path / "comparison.html")
    assert page.count("script") == 1
    assert HOSTILE in page.said


def test_the_same_comparison_gives_the_same_bytes(tmp_path: Path) -> None:
    render_comparison(tmp_path / "a.html", told())
    render_comparison(tmp_path / "b.html", told())
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
