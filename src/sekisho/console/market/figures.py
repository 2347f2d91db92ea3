"""Figures of the market from the books: instruments, price and volume over time, and measures of the whole exchange."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import ibis

from sekisho.console.cases.books import Books
from sekisho.console.cases.work import JAPAN
from sekisho.records import Records

BARS_MAX: Final = 600
STEPS: Final = (1, 5, 15, 60, 300, 900, 3_600, 4 * 3_600, 86_400)
"""Seconds a bar may last."""
DAYS_SHOWN: Final = 90


def instruments(there: Books, days: int) -> list[dict[str, Any]]:
    """Every instrument of the books with its last price, and volume and trades of the last ``days`` days of the books."""
    if "trade" not in there.tables:
        return []
    return there.once(("instruments", days), lambda: _instruments(there.of("trade", "instrument"), days))


def _instruments(records: Records, days: int) -> list[dict[str, Any]]:
    t, until = records.trade, last_moment(records)
    if until is None:
        return []
    ever = t.group_by("instrument").aggregate(
        last_price=lambda g: g.price.argmax(g.sequence),
        last_at=lambda g: g.executed_at.max(),
        first_at=lambda g: g.executed_at.min(),
    )
    recent = t.filter(t.executed_at > ibis.literal(until - timedelta(days=days)))
    lately = recent.group_by("instrument").aggregate(
        volume=lambda g: g.quantity.sum(),
        trades=lambda g: g.count(),
        before=lambda g: g.price.argmin(g.sequence),
        low=lambda g: g.price.min(),
        high=lambda g: g.price.max(),
    )
    rows = ever.left_join(lately, "instrument").order_by("instrument").to_pyarrow().to_pylist()
    listed = _listed(records)
    return [
        {
            "instrument": row["instrument"],
            "last_price": plain(row["last_price"]),
            "last_at": row["last_at"],
            "first_at": row["first_at"],
            "change": _change(row["before"], row["last_price"]),
            "low": plain(row["low"]),
            "high": plain(row["high"]),
            "volume": plain(row["volume"] or Decimal(0)),
            "trades": row["trades"] or 0,
            **listed.get(row["instrument"], {}),
        }
        for row in rows
    ]


def _listed(records: Records) -> dict[str, dict[str, Any]]:
    if "instrument" not in records.present:
        return {}
    rows = records.instrument.to_pyarrow().to_pylist()
    return {row["instrument"]: {"listed_from": row.get("listed_from"), "listed_until": row.get("listed_until")} for row in rows}


def last_moment(records: Records) -> datetime | None:
    """The last trade of the books: what "the last days" are counted from."""
    at: datetime | None = records.trade.executed_at.max().to_pyarrow().as_py()
    return at


def whole_exchange(there: Books, days: int) -> dict[str, Any] | None:
    """Measures over all instruments of the last ``days`` days: orders and what came of them, how concentrated trading is."""
    if "trade" not in there.tables:
        return None
    return there.once(("exchange", days), lambda: _exchange(there.of("trade", "order_event"), days))


def _exchange(records: Records, days: int) -> dict[str, Any] | None:
    until = last_moment(records)
    if until is None:
        return None
    t = records.trade.filter(records.trade.executed_at > ibis.literal(until - timedelta(days=days)))
    trades = t.aggregate(
        trades=t.count(),
        own=((t.buy_account_id == t.sell_account_id) & t.buy_account_id.notnull()).sum(),
        unnamed=(t.buy_account_id.isnull() | t.sell_account_id.isnull()).sum(),
    )
    told: dict[str, Any] = {"until": until, "days": days, **trades.to_pyarrow().to_pylist()[0]}
    worth = t.mutate(worth=t.price.cast("float64") * t.quantity.cast("float64"))
    sides = ibis.union(
        worth.select(account=worth.buy_account_id, worth=worth.worth, instrument=worth.instrument),
        worth.select(account=worth.sell_account_id, worth=worth.worth, instrument=worth.instrument),
    )
    # Only what is quoted in yen adds up; pairs quoted in another asset are left out and said to be.
    yen = sides.filter(sides.account.notnull() & sides.instrument.endswith("/JPY"))
    by_account = yen.group_by("account").aggregate(worth=lambda g: g.worth.sum())
    most = by_account.order_by(ibis.desc("worth"), "account").limit(5).worth.to_pyarrow().to_pylist()
    whole, accounts = by_account.aggregate(whole=by_account.worth.sum(), n=by_account.count()).to_pyarrow().to_pylist()[0].values()
    told["turnover_jpy"] = None if whole is None else round(whole / 2)
    told["accounts"] = accounts
    told["top_percent"] = None if not whole else round(100 * sum(most) / whole, 1)
    if "order_event" in records.present:
        events = records.order_event
        events = events.filter(events.occurred_at > ibis.literal(until - timedelta(days=days)))
        rows = events.group_by("action").aggregate(n=lambda g: g.count()).to_pyarrow().to_pylist()
        counted = {row["action"]: row["n"] for row in rows}
        told |= {action: int(counted.get(action, 0)) for action in ("new", "replace", "cancel", "reject", "expire")}
        told["orders_per_trade"] = round(told["new"] / told["trades"], 2) if told["trades"] else None
        told["cancelled_percent"] = round(100 * told["cancel"] / told["new"], 1) if told["new"] else None
    return told


def bars(there: Books, instrument: str, start: datetime, end: datetime) -> dict[str, Any]:
    """Price and volume of an instrument in [start, end): at most ``BARS_MAX`` bars with first, highest, lowest and last price."""
    seconds = max(1, int((end - start).total_seconds()))
    step = next((each for each in STEPS if seconds / each <= BARS_MAX), STEPS[-1])
    return there.once(("bars", instrument, start, end), lambda: _bars(there.of("trade"), instrument, start, end, step))


def _bars(records: Records, instrument: str, start: datetime, end: datetime, step: int) -> dict[str, Any]:
    t = records.trade
    own = t.filter((t.instrument == instrument) & (t.executed_at >= ibis.literal(start)) & (t.executed_at < ibis.literal(end)))
    own = own.mutate(slot=own.executed_at.epoch_seconds() // step)
    rows = (
        own.group_by("slot")
        .aggregate(
            first=lambda g: g.price.argmin(g.sequence),
            high=lambda g: g.price.max(),
            low=lambda g: g.price.min(),
            last=lambda g: g.price.argmax(g.sequence),
            volume=lambda g: g.quantity.sum(),
            trades=lambda g: g.count(),
        )
        .order_by("slot")
        .to_pyarrow()
        .to_pylist()
    )
    return {
        "step": step,
        "at": [int(row["slot"]) * step for row in rows],
        **{name: [plain(row[name]) for row in rows] for name in ("first", "high", "low", "last", "volume")},
        "trades": [row["trades"] for row in rows],
    }


def by_day(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The bars summed up by Japan day: the chart as a table."""
    days: dict[str, dict[str, Any]] = {}
    for place, at in enumerate(told["at"]):
        day = datetime.fromtimestamp(at, JAPAN).date().isoformat()
        high, low = Decimal(told["high"][place]), Decimal(told["low"][place])
        row = days.setdefault(
            day, {"day": day, "first": told["first"][place], "high": high, "low": low, "volume": Decimal(0), "trades": 0}
        )
        row["high"], row["low"], row["last"] = max(row["high"], high), min(row["low"], low), told["last"][place]
        row["volume"] += Decimal(told["volume"][place])
        row["trades"] += told["trades"][place]
    return [{**row, "high": plain(row["high"]), "low": plain(row["low"]), "volume": plain(row["volume"])} for row in days.values()]


def window(first: datetime, last: datetime, asked: Sequence[str]) -> tuple[datetime, datetime]:
    """The days asked for (``from``, ``until``, Japan days, both within), or the last of the books."""
    start, end = (_day(text) for text in asked)
    until = (end + timedelta(days=1)) if end else last + timedelta(seconds=1)
    since = start or max(first, until - timedelta(days=DAYS_SHOWN))
    return (since, until) if since < until else (until - timedelta(days=1), until)


def _day(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=JAPAN) if len(text) == 10 else None
    except ValueError:
        return None


def plain(value: Decimal | None) -> str | None:
    """An exact figure without the zeros of its column."""
    return None if value is None else f"{value.normalize():f}"


def _change(before: Decimal | None, last: Decimal) -> float | None:
    return None if not before else round(float((last - before) / before * 100), 2)
