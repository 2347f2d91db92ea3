"""A penalty case filled from a finding: its trades, and the prices of the tape before and after."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import ibis
import msgspec

from sekisho.cases.result import Finding, subjects
from sekisho.engine.penalty_case import JAPAN, DailyPrice, OpeningPosition, PenaltyCase, Publication, Trade, end_of  # fmt: skip
from sekisho.records import Records, RecordsError
from sekisho.typologies.monetary_penalty import Window, month_after, weeks_after

VIOLATIONS = {
    "wash_trading": "wash", "matched_orders": "matched", "layering": "manipulation", "quote_stuffing": "manipulation",
    "ramping": "manipulation", "momentum_ignition": "manipulation", "painting_the_tape": "manipulation",
    "marking_the_close": "manipulation", "pump_and_dump": "manipulation", "bear_raid": "manipulation",
    "high_participation": "manipulation", "pegging": "stabilisation", "stabilisation": "stabilisation", "rumour": "rumour",
    "false_quotation": "rumour", "insider_dealing": "insider", "large_transaction": "insider", "tipping": "tipping",
}  # fmt: skip
"""Which violation the findings of a rule speak of; --violation says it for any other."""
PRICE_SOURCES = ("trade", "reference_price")
_PRECEDING = frozenset({"wash", "matched", "rumour"})


class NoTradesError(RecordsError):
    """A finding about orders alone: nothing was gained by trades, so there is nothing to compute a penalty from."""


def case_of(finding: Finding, records: Records, violation: str | None = None, price_source: str = "trade") -> PenaltyCase:
    """The case of a finding. What the books do not show is left open, and said in ``notes``. Raises RecordsError."""
    name = str(finding["rule"]).partition("/")[2]
    kind = violation or VIOLATIONS.get(name)
    if kind is None:
        raise RecordsError(finding["finding_id"], f"no penalty belongs to findings of {finding['rule']}", "give --violation")
    if "trade" not in records.present:
        raise RecordsError("records", "no table 'trade'", "a penalty is computed from trades; give --records with them")
    accounts = _accounts(finding, records)
    trades = _trades(finding, records, accounts, whole_period=kind in _PRECEDING)
    if not trades:
        raise NoTradesError(finding["finding_id"], "the finding's subject has no trades in its window", "write the case by hand")
    instrument = finding["instrument"] or trades[0]["instrument"]
    publication = _publication(finding, records) if kind in {"insider", "tipping"} else None
    last = finding["window_until"] - timedelta.resolution
    prices = _prices(records, instrument, finding["window_from"], publication or last, publication is not None, price_source)
    if len(subjects(finding)) > 1:
        one = "Several accounts are taken as one offender; where they are different persons, make a case for each."
        prices["notes"] = (*prices["notes"], one)
    return PenaltyCase(
        violation=kind,  # type: ignore[arg-type]
        title=f"{finding['finding_id']}: {finding['summary_en']}",
        offender="|".join(subjects(finding)),
        instrument=instrument,
        violation_from=_text(finding["window_from"]),
        violation_until=_text(last),
        trades=tuple(fill for row in trades for fill in _fills(row, accounts)),
        price_source=f"{price_source} of the records, lowest and highest of each Japan day",
        **_publication_field(publication),
        **prices,
        **_opening(records, accounts, instrument, finding["window_from"]),
    )


def _accounts(finding: Finding, records: Records) -> frozenset[str]:
    named = frozenset(subjects(finding))
    if finding["subject_kind"] not in {"party", "parties"} or "account" not in records.present:
        return named
    held = records.account.filter(records.account.party_id.isin(sorted(named)))
    return frozenset(held.account_id.to_pyarrow().to_pylist()) or named


def _trades(finding: Finding, records: Records, accounts: frozenset[str], *, whole_period: bool) -> list[dict[str, Any]]:
    """The trades the finding names; for wash trades, matched orders and rumour all own trades of the period count."""
    t = records.trade
    own = t.buy_account_id.isin(sorted(accounts)) | t.sell_account_id.isin(sorted(accounts))
    if whole_period and finding["instrument"]:
        inside = (t.executed_at >= ibis.literal(finding["window_from"])) & (t.executed_at < ibis.literal(finding["window_until"]))
        rows = t.filter(own & inside & (t.instrument == finding["instrument"]))
    else:
        named = sorted(e["id"] for e in finding["evidence"] if e["table"] == "trade")
        rows = t.filter(own & t.trade_id.isin(named)) if named else t.filter(ibis.literal(False))
    found: list[dict[str, Any]] = rows.order_by("sequence", "trade_id").to_pyarrow().to_pylist()
    return found


def _fills(row: dict[str, Any], accounts: frozenset[str]) -> list[Trade]:
    return [
        Trade(
            trade_id=row["trade_id"],
            executed_at=_text(row["executed_at"]),
            side=side,
            price=_exact(row["price"]),
            quantity=_exact(row["quantity"]),
        )
        for side in ("sell", "buy")
        if row[f"{side}_account_id"] in accounts
    ]


def _publication(finding: Finding, records: Records) -> datetime | None:
    """The first publication of the facts the finding names, on a channel that counts; social media never does."""
    named = {e["id"].split("|")[0] for e in finding["evidence"] if e["table"] in {"fact_knowledge", "material_fact", "publication"}}
    if not named or "publication" not in records.present:
        return None
    told = records.publication.filter(records.publication.fact_id.isin(sorted(named)))
    times = told.filter(told.channel != "social_media").published_at.to_pyarrow().to_pylist()
    return min(times, default=None)


def _publication_field(published_at: datetime | None) -> dict[str, Any]:
    return {} if published_at is None else {"publication": Publication(published_at=_text(published_at))}


def _prices(
    records: Records, instrument: str, begins_at: datetime, since: datetime, published: bool, source: str
) -> dict[str, Any]:
    """Daily extremes after ``since``, how far they are known, and the last price before the start."""
    day = since.astimezone(JAPAN).date()
    window = weeks_after(since, 2) if published else month_after(day, 1)
    points = _points(records, instrument, source)
    earlier = points.filter(points.at < ibis.literal(begins_at)).order_by(ibis.desc("at"), ibis.desc("place")).limit(1)
    before = [_exact(price) for price in earlier.price.to_pyarrow().to_pylist()]
    last = points.at.max().to_pyarrow().as_py()
    return {
        "prices_after": _daily(points, since, window) or (DailyPrice(date=day),),
        "prices_until": last.astimezone(JAPAN).date() if last else day,
        "start_price": before[0] if before else None,
        "price_before": before[0] if before else None,
        "notes": (
            f"Prices on {day} are those after {_text(since)}; the order that sets the price of that day has not been read.",
            *(() if before else ("No price before the start is on the tape; start_price is open.",)),
        ),
    }


def _daily(points: Any, since: datetime, window: Window) -> tuple[DailyPrice, ...]:
    """The lowest and highest price of each Japan day of the window, after a moment."""
    dated = points.filter((points.at > ibis.literal(since)) & (points.at <= ibis.literal(end_of(window.last))))
    dated = dated.mutate(on=(dated.at + ibis.interval(hours=9)).strftime("%Y-%m-%d"))
    rows = dated.group_by("on").aggregate(low=dated.price.min(), high=dated.price.max()).order_by("on").to_pyarrow().to_pylist()
    return tuple(DailyPrice(date=date.fromisoformat(r["on"]), low=_exact(r["low"]), high=_exact(r["high"])) for r in rows)


def _points(records: Records, instrument: str, source: str) -> Any:
    """Prices with their time and, where times are equal, their place."""
    if source == "trade":
        t = records.trade
        return t.filter(t.instrument == instrument).select(at=t.executed_at, price=t.price, place=t.sequence)
    r = records.optional("reference_price")
    return r.filter(r.asset == instrument.partition("/")[0]).select(at=r.quoted_at, price=r.price_jpy, place=r.source)


def _opening(records: Records, accounts: frozenset[str], instrument: str, begins_at: datetime) -> dict[str, Any]:
    """What the accounts held at the end of the day before, where the books show it."""
    if "customer_balance" not in records.present:
        return {}
    b = records.customer_balance
    day = begins_at.astimezone(JAPAN).date() - timedelta(days=1)
    mine = b.filter(
        b.account_id.isin(sorted(accounts)) & (b.asset == instrument.partition("/")[0]) & (b.as_of_date == ibis.literal(day))
    )
    held = [_exact(q) for q in mine.quantity.to_pyarrow().to_pylist()]
    if not held:
        return {}
    total = sum(held, Decimal(0))
    return {"opening_position": OpeningPosition(long=max(total, Decimal(0)), short=max(-total, Decimal(0)))}


def _text(at: datetime) -> str:
    return at.astimezone(JAPAN).isoformat()


def _exact(figure: Decimal | float | int) -> Decimal:
    exact = Decimal(str(figure))
    return exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact.normalize()


def written(case: PenaltyCase) -> bytes:
    """The case as a file: indented JSON that ``sekisho penalty`` reads back."""
    return msgspec.json.format(msgspec.json.encode(case), indent=2) + b"\n"
