"""Which law judges which day."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from sekisho.rulebook import RulebookError, load_rulebook

REGIMES = load_rulebook().regimes


@pytest.mark.parametrize(
    ("day", "regime"),
    [
        ("2017-04-01", "PSA-2017"),
        ("2020-04-30", "PSA-2017"),
        ("2020-05-01", "PSA-2020"),
        ("2026-05-31", "PSA-2020"),
        ("2026-06-01", "PSA-2026"),
        ("2026-11-23", "PSA-2026"),
        ("2027-07-21", "PSA-2026"),
        ("2027-07-22", "FIEA-ACT64"),
    ],
)
def test_the_regime_in_force(day: str, regime: str) -> None:
    assert REGIMES.in_force_on(date.fromisoformat(day)).id == regime


def test_no_regime_before_the_first() -> None:
    with pytest.raises(RulebookError, match="the first starts on 2017-04-01"):
        REGIMES.in_force_on(date(2017, 3, 31))


def test_the_overlay_of_penalties_comes_with_the_day() -> None:
    regime = REGIMES["PSA-2026"]
    assert "FIEA-PEN-2026-08-12" not in [r.id for r in REGIMES.with_companions(regime, date(2026, 8, 11))]
    assert "FIEA-PEN-2026-08-12" in [r.id for r in REGIMES.with_companions(regime, date(2026, 8, 12))]


def test_the_days_of_act_64_follow_from_its_promulgation() -> None:
    """The day of promulgation (2026-07-23) is day 1: 20 days have passed on 2026-08-12; one year ends on 2027-07-22."""
    promulgated = date(2026, 7, 23)
    assert promulgated + timedelta(days=20) == REGIMES["FIEA-PEN-2026-08-12"].starts_on
    assert promulgated.replace(year=2027) - timedelta(days=1) == REGIMES["FIEA-ACT64"].starts_by


def test_an_overlay_is_not_chosen_alone() -> None:
    with pytest.raises(RulebookError, match="is an overlay"):
        REGIMES.chosen("FIEA-PEN-2026-08-12")


def test_every_regime_of_the_reference_list_is_known(shared_data: Path) -> None:
    file = shared_data.parent / "law" / "regimes.csv"
    if not file.exists():
        pytest.skip(f"no list of regimes at {file}")
    for row in csv.DictReader(file.open(encoding="utf-8")):
        regime = REGIMES[row["regime_id"]]
        assert (regime.starts_on.isoformat() if regime.starts_on else "") == row["valid_from"]
        assert (regime.starts_by.isoformat() if regime.starts_by else "") == row["valid_from_latest"]
