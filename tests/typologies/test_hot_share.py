"""The share at every moment of a day is what the rule would measure if its cut-off were that moment."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from sekisho.records import TABLES, records_of
from sekisho.typologies.custody import read_chain, read_ledger
from sekisho.typologies.hot_share import day_ranges
from sekisho.typologies.outside_cold import measure
from sekisho.typologies.valuation import Cutoff, read_prices

DAY = date(2026, 9, 18)
STARTS = datetime(2026, 9, 17, 15, tzinfo=UTC)
WALLETS = {"H": ("BTC", "hot"), "K": ("ETH", "hot"), "C": ("BTC", "cold")}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("source", "hours"), [("any", 24), ("a", 24), ("any", 5)])
def test_moments_are_cutoffs(seed: int, source: str, hours: int) -> None:
    chance = random.Random(seed)
    rows: dict[str, list[dict[str, object]]] = {
        "wallet": [
            {"wallet_id": w, "asset": a, "address": w, "tier": tier, "holder": "customer", "ever_online": tier == "hot"}
            for w, (a, tier) in WALLETS.items()
        ],
        "wallet_balance": [
            {"wallet_id": w, "observed_at": STARTS + timedelta(hours=h), "quantity": Decimal(chance.randrange(10))}
            for w in WALLETS
            for h in chance.sample(range(-20, 25), 12)
        ],
        "reference_price": [
            {"asset": a, "quoted_at": STARTS + timedelta(hours=h), "price_jpy": Decimal(chance.randrange(1, 9)), "source": s}
            for a in ("BTC", "ETH")
            for s in ("a", "b")
            for h in chance.sample(range(-30, 25), 10)
        ],
        "customer_balance": [
            {"account_id": "A", "asset": a, "as_of_date": DAY, "quantity": Decimal(chance.randrange(5, 100))}
            for a in ("BTC", "ETH")
        ],
    }
    records = records_of({name: pa.Table.from_pylist(each, schema=_schema(name, each)) for name, each in rows.items()})
    age_max, cutoff = timedelta(hours=hours), Cutoff.parse("24:00")
    ranged = day_ranges(records, read_chain(records, cutoff).wallets, read_ledger(records), [DAY], cutoff, source, age_max)[DAY]
    at_hours = []
    for hour in range(1, 25):
        at = Cutoff.parse(f"{hour:02d}:00")
        at_hours.append(measure(read_chain(records, at), read_ledger(records), read_prices(records, at, source, age_max))[DAY])
    moments = {moment.at for moment in ranged.hours}
    for hour, exposure in enumerate(at_hours, 1):
        if exposure.owed_jpy:  # where nothing can be valued there is no share
            assert ranged.lowest.share <= exposure.share <= ranged.highest.share
        moment = next((m for m in ranged.hours if m.at == STARTS + timedelta(hours=hour)), None)
        if moment is not None:
            assert (moment.outside_jpy, moment.owed_jpy, moment.not_valued) == (
                exposure.outside_jpy,
                exposure.owed_jpy,
                exposure.not_valued,
            )
    assert len(moments) > 5
    whole_hours = [m.at for m in (ranged.highest, ranged.lowest) if m.at.microsecond == 0 and m.at > STARTS]
    for at in whole_hours:
        exposure = at_hours[int((at - STARTS) / timedelta(hours=1)) - 1]
        assert exposure.share in (ranged.highest.share, ranged.lowest.share)


def _schema(name: str, rows: list[dict[str, object]]) -> pa.Schema:
    return pa.schema([field for field in TABLES[name].arrow_schema if field.name in rows[0]])
