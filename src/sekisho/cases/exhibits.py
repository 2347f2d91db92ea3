"""The records of an evidence package: what the findings name and what explains it, and no more about anybody else."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from sekisho.cases.result import Finding, subjects
from sekisho.findings.report.exhibits import ORDER, ORDER_TABLE, fetch
from sekisho.records import TABLES, Records

Rows = list[dict[str, Any]]
_ABOUT_SUBJECTS = ("account", "party", "party_link")


def needed(findings: Sequence[Finding], records: Records) -> dict[str, Rows]:
    """Rows by table: the evidence named, full lives of its orders, the subjects' own trades, accounts, parties and links.

    Of counterparties the ids that orders and trades carry; nothing of their accounts or persons.
    """
    named: dict[str, set[str]] = defaultdict(set)
    for finding in findings:
        for item in finding["evidence"]:
            named[item["table"]].add(item["id"])
    tables: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for trade in _own_trades(findings, records):
        named["trade"].add(trade["trade_id"])
    for table in sorted(set(named) - {ORDER}):
        _add(tables, table, fetch(records, table, sorted(named[table])))
    orders = set(named[ORDER])
    for row in tables.get("trade", {}).values():
        orders |= {row[c] for c in ("buy_order_id", "sell_order_id") if row.get(c)}
    for row in tables.get(ORDER_TABLE, {}).values():
        orders.add(row["order_id"])
    _add(tables, ORDER_TABLE, fetch(records, ORDER, sorted(orders)))
    for table, rows in _about_subjects(findings, records).items():
        _add(tables, table, rows)
    return {name: [tables[name][key] for key in sorted(tables[name])] for name in sorted(tables) if tables[name]}


def _add(tables: dict[str, dict[str, dict[str, Any]]], table: str, fetched: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    schema = TABLES.get(table)
    for rows in fetched.values():
        for row in rows:
            tables[table][schema.name_of(row) if schema else str(row)] = dict(row)


def _own_trades(findings: Sequence[Finding], records: Records) -> Rows:
    """What the subjects traded in the window of each finding, on its instrument."""
    if "trade" not in records.present:
        return []
    found: Rows = []
    for finding in findings:
        if not finding["instrument"] or not finding["subject_kind"].startswith("account"):
            continue
        t, who = records.trade, list(subjects(finding))
        inside = (t.executed_at >= ibis.literal(finding["window_from"])) & (t.executed_at < ibis.literal(finding["window_until"]))
        own = t.buy_account_id.isin(who) | t.sell_account_id.isin(who)
        found += t.filter(inside & own & (t.instrument == finding["instrument"])).to_pyarrow().to_pylist()
    return found


def _about_subjects(findings: Sequence[Finding], records: Records) -> dict[str, dict[str, tuple[Mapping[str, Any], ...]]]:
    """Accounts, parties and links between parties of the subjects alone."""
    names = {name for finding in findings for name in subjects(finding)}
    accounts = fetch(records, "account", sorted(names))
    parties = {row["party_id"] for rows in accounts.values() for row in rows} | names
    found = {"account": accounts, "party": fetch(records, "party", sorted(parties))}
    if "party_link" in records.present:
        links = records.party_link
        mine = links.filter(links.party_id.isin(sorted(parties)) & links.linked_party_id.isin(sorted(parties)))
        found["party_link"] = {str(row): (row,) for row in mine.to_pyarrow().to_pylist()}
    return found


def as_files(tables: Mapping[str, Rows]) -> dict[str, bytes]:
    """Each table as CSV and as Parquet, with the columns of the contract."""
    files = {}
    for name, rows in tables.items():
        schema = TABLES[name]
        files[f"records/{name}.csv"] = _csv([c.name for c in schema.columns], rows)
        plain = [{c.name: row.get(c.name) for c in schema.columns} for row in rows]
        out = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(plain, schema=schema.arrow_schema), out, compression="zstd")
        files[f"records/{name}.parquet"] = out.getvalue()
    return files


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[text_of(row.get(name)) for name in columns] for row in rows])
    return out.getvalue().encode()


def text_of(value: object) -> str:
    """A cell as the record tables write it: UTC times, plain decimals, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value.isoformat() if isinstance(value, date) else str(value)
