"""The book around a finding, event by event: a CSV, and a page with a scrubber that works offline."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import ibis
import numpy as np

from sekisho.cases.exhibits import text_of
from sekisho.cases.result import Finding, subjects
from sekisho.engine.order_streams import order_streams
from sekisho.records import Records, records_of
from sekisho.typologies.order_book import depth
from sekisho.typologies.order_stream import KINDS, NO_PRICE, NOBODY, TRADE, OrderStream

LEVELS = 5
PAGE_EVENTS_MAX = 4000
_AIR = timedelta(seconds=30)
_ACTIONS = {code: name for name, code in KINDS.items()} | {TRADE: "trade"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BEST = [f"{side}{level}_{what}" for level in range(1, LEVELS + 1) for side in ("bid", "ask") for what in ("price", "quantity")]
COLUMNS = ("sequence", "at", "action", "side", "price", "quantity", "order_id", "contra_order_id", "trade_id", "subject", *_BEST)


def replays(findings: Sequence[Finding], records: Records) -> dict[str, list[dict[str, Any]]]:
    """The events around each finding on an instrument, with the best levels after each. Reads each instrument once."""
    told: dict[str, list[dict[str, Any]]] = {}
    if "order_event" not in records.present:
        return told
    for instrument in sorted({f["instrument"] for f in findings if f["instrument"]}):
        own = [f for f in findings if f["instrument"] == instrument]
        events: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {f["finding_id"]: {} for f in own}
        for stream in order_streams(_of_instrument(records, instrument, max(_window(f)[1] for f in own))):
            for finding in own:
                # A day's stream begins with what rested before, told as if new: what the day before saw of it is what happened.
                for event in _around(stream, finding):
                    events[finding["finding_id"]].setdefault(_identity(event), event)
        told |= {name: sorted(seen.values(), key=_in_order) for name, seen in events.items()}
    return told


def _identity(event: dict[str, Any]) -> tuple[Any, ...]:
    return event["sequence"], event["trade_id"], event["order_id"]


def _in_order(event: dict[str, Any]) -> tuple[Any, ...]:
    """By the venue's number; where an order event and a trade share one, the event comes first."""
    return event["sequence"], event["trade_id"] or ""


def _of_instrument(records: Records, instrument: str, until: datetime) -> Records:
    """The orders and trades of one instrument up to a moment; the book must be followed from its beginning."""
    tables = {}
    for name, clock in (("order_event", "occurred_at"), ("trade", "executed_at"), ("instrument", None)):
        if name in records.present:
            rows = getattr(records, name)
            rows = rows.filter(rows.instrument == instrument)
            tables[name] = (rows if clock is None else rows.filter(rows[clock] <= ibis.literal(until))).to_pyarrow()
    return records_of(tables)


def _window(finding: Finding) -> tuple[datetime, datetime]:
    """The finding's window with some air around it."""
    air = max(_AIR, (finding["window_until"] - finding["window_from"]) / 10)
    return finding["window_from"] - air, finding["window_until"] + air


def _around(stream: OrderStream, finding: Finding) -> list[dict[str, Any]]:
    start, end = (_micros(at) for at in _window(finding))
    rows = np.flatnonzero((stream.at >= start) & (stream.at <= end))
    if not len(rows):
        return []
    book = depth(stream, LEVELS, rows)
    who = set(subjects(finding))
    return [_event(stream, int(row), book.price[place], book.lots[place], who) for place, row in enumerate(rows)]


def _event(stream: OrderStream, row: int, prices: Any, lots: Any, who: set[str]) -> dict[str, Any]:
    """One event. Accounts other than the subjects' are not named, only whether the event is a subject's."""
    accounts = {
        stream.account_ids[int(code)].as_py() for code in (stream.account[row], stream.contra_account[row]) if code != NOBODY
    }
    side = int(stream.side[row])
    event: dict[str, Any] = {
        "sequence": int(stream.sequence[row]),
        "at": _EPOCH + timedelta(microseconds=int(stream.at[row])),
        "action": _ACTIONS[int(stream.kind[row])],
        "side": "buy" if side > 0 else "sell" if side < 0 else None,
        "price": None if stream.price[row] == NO_PRICE else int(stream.price[row]) * stream.tick,
        "quantity": int(stream.quantity[row]) * stream.lot,
        "order_id": _name(stream.order_ids, int(stream.order[row])),
        "contra_order_id": _name(stream.order_ids, int(stream.contra_order[row])),
        "trade_id": _name(stream.trade_ids, int(stream.trade[row])),
        "subject": "|".join(sorted(accounts & who)) or None,
    }
    for level in range(LEVELS):
        for place, name in enumerate(("bid", "ask")):
            price, resting = int(prices[place][level]), int(lots[place][level])
            there = resting > 0 and price != NO_PRICE
            event[f"{name}{level + 1}_price"] = price * stream.tick if there else None
            event[f"{name}{level + 1}_quantity"] = resting * stream.lot if there else None
    return event


def _name(names: Any, code: int) -> str | None:
    return None if code == NOBODY else str(names[code].as_py())


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def as_csv(events: Sequence[dict[str, Any]]) -> bytes:
    """Every event with the best levels after it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([[text_of(event[name]) for name in COLUMNS] for event in events])
    return out.getvalue().encode()


def as_told(finding: Finding, events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the page's script (page/replay.js) plays: the events it can carry as rows of text, and how many it leaves out."""
    shown, cut = _shown(finding, events)
    return {
        "id": finding["finding_id"],
        "instrument": finding["instrument"],
        "en": finding["summary_en"],
        "ja": finding["summary_ja"],
        "cut": cut,
        "levels": LEVELS,
        "events": [[text_of(event[name]) for name in COLUMNS] for event in shown],
        "columns": list(COLUMNS),
    }


def as_page(finding: Finding, events: Sequence[dict[str, Any]]) -> bytes:
    """The replay as one page: no address is asked, only its own script and style run (content security policy by hash)."""
    folder = files("sekisho.cases") / "page"
    style, script, page = ((folder / name).read_text(encoding="utf-8") for name in ("replay.css", "replay.js", "replay.html"))
    data = json.dumps(as_told(finding, events), ensure_ascii=False).replace("<", "\\u003c")
    policy = (
        f"default-src 'none'; style-src '{_hashed(style)}'; script-src '{_hashed(script)}'; base-uri 'none'; form-action 'none'"
    )
    for mark, text in (("{{policy}}", policy), ("{{style}}", style), ("{{script}}", script), ("{{data}}", data)):
        page = page.replace(mark, text)
    return page.encode()


def _shown(finding: Finding, events: Sequence[dict[str, Any]]) -> tuple[Sequence[dict[str, Any]], int]:
    """The events the page can carry: those of the subjects' window first; the CSV has them all."""
    if len(events) <= PAGE_EVENTS_MAX:
        return events, 0
    first = next((n for n, e in enumerate(events) if e["at"] >= finding["window_from"]), 0)
    start = max(0, min(first - PAGE_EVENTS_MAX // 10, len(events) - PAGE_EVENTS_MAX))
    return events[start : start + PAGE_EVENTS_MAX], len(events) - PAGE_EVENTS_MAX


def _hashed(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
