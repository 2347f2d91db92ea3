"""Minimum capital: what the firm's own books state of capital and net assets, against the least the law asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.typologies.custody import Stretch, share, stretches
from sekisho.typologies.valuation import EXACT, starts_at

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each continuous time below a minimum."""
    for item, sentence, required in (("capital", "default", p.capital_jpy_min), ("net_assets", "net_assets", p.net_assets_jpy_min)):
        rows = records.firm_balance.filter(records.firm_balance.item == item).order_by("as_of_date").to_pyarrow().to_pylist()
        stated = {row["as_of_date"]: row["amount_jpy"] for row in rows}
        for stretch in stretches({day: amount < required for day, amount in stated.items()}):
            yield _below(item, sentence, stretch, stated, required)


def _below(item: str, sentence: str, stretch: Stretch, stated: Mapping[date, Decimal], required: Decimal) -> Found:
    worst = min(stretch.days, key=lambda day: (stated[day], day))
    missing = EXACT.subtract(required, stated[worst])
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        window_from=starts_at(stretch.first),
        window_until=starts_at(stretch.last + timedelta(days=1)),
        score=share(missing, required),
        sentence=sentence,
        amount_jpy=missing,
        evidence=tuple(Evidence("firm_balance", f"{day}|{item}") for day in stretch.days),
        facts={
            "stated_jpy": stated[worst],
            "required_jpy": required,
            "day": worst,
            "first_day": stretch.first,
            "last_day": stretch.last,
            "cured_on": stretch.cured_on,
        },
    )
