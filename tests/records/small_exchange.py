"""A small exchange whose records hold together, and a way to write them with one fault put in."""

# ruff: noqa: E501 - an aligned table is read in one piece

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sekisho.records import TABLES, Column

Row = dict[str, str]

SOUND: Mapping[str, str] = {
    "party": """
        party_id  kind        country
        P1        individual  JP
        P2        corporate   JP""",
    "account": """
        account_id  party_id  kind      opened_at
        A1          P1        customer  2026-01-05T00:00:00Z
        A2          P2        customer  2026-01-05T00:00:00Z""",
    "asset": """
        asset  centralised
        BTC    false""",
    "instrument": """
        instrument  base_asset  quote_asset  tick_size  lot_size
        BTC/JPY     BTC         JPY          1          0.001""",
    "order_event": """
        event_id  sequence  occurred_at           instrument  order_id  account_id  side  action   order_type  price  quantity
        E1        1         2026-05-02T00:00:01Z  BTC/JPY     O1        A1          sell  new      limit       100    2
        E2        2         2026-05-02T00:00:02Z  BTC/JPY     O2        A2          buy   new      limit       101    1
        E3        4         2026-05-02T00:00:04Z  BTC/JPY     O1        A1          sell  replace  limit       99     0.5
        E4        5         2026-05-02T00:00:05Z  BTC/JPY     O3        A2          buy   new      market      -      0.5
        E5        7         2026-05-02T00:00:07Z  BTC/JPY     O4        A2          buy   new      limit       90     1
        E6        8         2026-05-02T00:00:08Z  BTC/JPY     O4        A2          buy   cancel   limit       90     0""",
    "trade": """
        trade_id  sequence  executed_at           instrument  price  quantity  buy_order_id  sell_order_id  buy_account_id  sell_account_id
        T1        3         2026-05-02T00:00:03Z  BTC/JPY     100    1         O2            O1             A2              A1
        T2        6         2026-05-02T00:00:06Z  BTC/JPY     99     0.5       O3            O1             A2              A1""",
    "wallet": """
        wallet_id  asset  address  tier  holder    ever_online
        W1         BTC    bc1q     cold  customer  false""",
    "wallet_balance": """
        wallet_id  observed_at           quantity
        W1         2026-05-01T15:00:00Z  10
        W1         2026-05-02T15:00:00Z  12""",
    "chain_movement": """
        txid  occurred_at           asset  from_address  to_address  quantity
        X1    2026-05-02T01:00:00Z  BTC    bc1other      bc1q        2""",
    "transfer": """
        transfer_id  requested_at          account_id  direction  asset  quantity  value_jpy  address   counterparty  status     released_at
        TR1          2026-05-02T01:00:00Z  A1          in         BTC    2         200        bc1other  unhosted      completed  2026-05-02T01:30:00Z""",
    "customer_balance": """
        account_id  asset  as_of_date  quantity
        A1          BTC    2026-05-01  3
        A1          BTC    2026-05-02  3.5
        A2          BTC    2026-05-02  1.5
        A1          JPY    2026-05-02  1000""",
}


def rows_of(text: str) -> list[Row]:
    """The rows of an aligned table; ``-`` is an empty cell."""
    header, *lines = (line.split() for line in text.strip().splitlines())
    return [{name: "" if cell == "-" else cell for name, cell in zip(header, line, strict=True)} for line in lines]


def sound() -> dict[str, list[Row]]:
    """The records that hold together, to be changed by a test."""
    return {name: rows_of(text) for name, text in SOUND.items()}


def write_csv(folder: Path, tables: Mapping[str, list[Row]]) -> Path:
    """Writes the tables as CSV into ``folder``."""
    folder.mkdir(exist_ok=True)
    for name, rows in tables.items():
        lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def arrow(name: str, rows: list[Row]) -> pa.Table:
    """The rows of a table with the contract's types."""
    columns = [column for column in TABLES[name].columns if column.name in rows[0]]
    arrays = [pa.array([_value(column, row[column.name]) for row in rows], column.arrow_type) for column in columns]
    return pa.table(arrays, names=[column.name for column in columns])


def write_parquet(folder: Path, tables: Mapping[str, list[Row]]) -> Path:
    """Writes the tables as Parquet into ``folder``."""
    folder.mkdir(exist_ok=True)
    for name, rows in tables.items():
        pq.write_table(arrow(name, rows), folder / f"{name}.parquet")
    return folder


def _value(column: Column, text: str) -> object:
    if text == "":
        return None
    read = {
        "string": str,
        "integer": int,
        "boolean": json.loads,
        "date": date.fromisoformat,
        "time": datetime.fromisoformat,
        "decimal": Decimal,
    }
    return read[column.kind](text)
