"""What a study found, made small enough for a page: counts, causes, alerts a day with intervals, and who would wait."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from scipy.stats import chi2

from sekisho.engine.run import japan_period
from sekisho.findings.labels import interval
from sekisho.records import open_records
from sekisho.typologies.material_facts import japan_date

SUMMARY = "summary.json"
CHANGES = "changes.jsonl"
_OF_ONE_SIDE = ("severity", "window_until")


def summarise(kind: str, place: Path, books: Path) -> None:
    """Write the summary of a finished command beside its output. Raises ``ValueError`` or ``OSError`` where it cannot be read."""
    told = json.loads((place / "out.json").read_text(encoding="utf-8"))
    summary = _comparison(told, place, books) if kind == "compare" else {"gate": {"together": _gate(told)}}
    (place / SUMMARY).write_text(json.dumps(summary, ensure_ascii=False), encoding="utf-8")


def read_summary(place: Path) -> dict[str, Any] | None:
    """The summary of a study; None before it is done."""
    try:
        read: dict[str, Any] = json.loads((place / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return read


def read_changes(place: Path) -> Iterator[dict[str, Any]]:
    """Every finding that appears, disappears or changes weight, with the parties it is about."""
    file = place / CHANGES
    if not file.is_file():
        return
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _comparison(told: dict[str, Any], place: Path, books: Path) -> dict[str, Any]:
    changed = [each for each in told["findings"] if each["change"] != "same"]
    parties = _parties(books, changed)
    causes = {rule["rule"]: rule["causes"] for rule in told["rules"]}
    with (place / CHANGES).open("w", encoding="utf-8") as lines:
        for each in changed:
            subjects = each["subject_id"].split("|")
            about = sorted({*subjects, *(parties[name] for name in subjects if name in parties)})
            lines.write(json.dumps({**each, "parties": about, "causes": causes.get(each["rule"], [])}, ensure_ascii=False) + "\n")
    sides = {side: _side(place / "comparison" / told[side]["regime"]) for side in ("before", "after")}
    gate = told.get("gate")
    return {
        "before": told["before"],
        "after": told["after"],
        "as_of": told["as_of"],
        "warnings": list(dict.fromkeys(told["warnings"])),
        "assumed": {side: run["assumed"] for side, (_findings, run) in sides.items()},
        "unanswered": {
            side: [each for each in run["not_inspected"] if each["state"] in ("undetermined", "not_inspected")]
            for side, (_findings, run) in sides.items()
        },
        "counts": dict(Counter(each["change"] for each in told["findings"])),
        "rules": [rule for rule in told["rules"] if _differs(rule)],
        "same": sum(not _differs(rule) for rule in told["rules"]),
        "alerts": _alerts(sides, _flow_days(books) or tuple(date.fromisoformat(day) for day in sides["before"][1]["period"])),
        "gate": {side: _gate(gate[side]) for side in ("before", "after")} if gate else None,
    }


def _differs(rule: dict[str, Any]) -> bool:
    return bool(rule["causes"] or rule["appears"] or rule["disappears"] or rule["weight"] or rule["before"] != rule["after"])


def _parties(books: Path, changed: list[dict[str, Any]]) -> dict[str, str]:
    """The party behind each account a finding is about, so that nobody reads of himself."""
    named = {name for each in changed for name in each["subject_id"].split("|")}
    with open_records(books, only={"account"}) as records:
        account = records.optional("account")
        rows = account.filter(account.account_id.isin(sorted(named))).select("account_id", "party_id").to_pyarrow().to_pylist()
    return {row["account_id"]: row["party_id"] for row in rows}


def _side(folder: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return pq.read_table(folder / "findings.parquet", columns=list(_OF_ONE_SIDE)).to_pylist(), run


def _flow_days(books: Path) -> tuple[date, ...]:
    """First and last Japan day of orders, trades and transfers, on which there was something to raise alerts about; or none."""
    with open_records(books, only={"order_event", "trade", "transfer"}) as records:
        period = japan_period(records)
    return period or ()


def _alerts(sides: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]], period: tuple[date, ...]) -> dict[str, Any]:
    """Alerts a day before and after: each day of the books, their mean, and its 95 % interval."""
    first, last = period
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    told: dict[str, Any] = {"days": [day.isoformat() for day in days]}
    for side, (findings, _run) in sides.items():
        ended = Counter(_day(row["window_until"], first, last) for row in findings)
        low, high = mean_interval(len(findings), len(days))
        told[side] = {
            "by_day": [ended[day] for day in days],
            "all": len(findings),
            "mean": len(findings) / len(days),
            "low": low,
            "high": high,
            "severities": dict(Counter(row["severity"] for row in findings)),
        }
    return told


def _day(at: datetime, first: date, last: date) -> date:
    """The Japan day on which a finding's window ends, within the days of the books."""
    day = japan_date((at if at.tzinfo else at.replace(tzinfo=UTC)) - timedelta.resolution)
    return min(max(day, first), last)


def mean_interval(count: int, days: int) -> tuple[float, float]:
    """The exact 95 % interval (Garwood) of a mean a day, for events that come independently of each other."""
    low = 0.0 if not count else chi2.ppf(0.025, 2 * count) / 2
    return float(low) / days, float(chi2.ppf(0.975, 2 * (count + 1)) / 2) / days


def _gate(told: dict[str, Any]) -> dict[str, Any]:
    """The gate's table with intervals of its shares."""
    known = sum(told["known"].values())
    return {
        "asked": told["asked"],
        "clients": told["clients"],
        "ordinary": told["ordinary"],
        "known": known,
        "at_risk_jpy": told["at_risk_jpy"],
        "rows": [_priced(row, told, None) for row in told["rules"]],
        "all": [_priced(row, told, known) for row in told["together"]],
        "open": told["open"],
    }


def _priced(row: dict[str, Any], told: dict[str, Any], known: int | None) -> dict[str, Any]:
    cases, caught = (known, row["cases_caught"]) if known is not None else (row["own_cases"], row["own_cases_caught"])
    return {
        **row,
        "stopped": row["held"] + row["refused"],
        "clients_share": _share(row["clients_delayed"], told["clients"]),
        "ordinary_share": _share(row["ordinary_stopped"], told["ordinary"]),
        "cases": cases,
        "caught": caught,
        "caught_share": _share(caught, cases) if cases else None,
    }


def _share(hits: int, of: int) -> dict[str, float] | None:
    bounds = interval(hits, of)
    return None if bounds is None else {"share": hits / of, "low": bounds[0], "high": bounds[1]}
