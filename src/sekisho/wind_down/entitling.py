"""Every client's entitlement, asset by asset, written as Parquet: ten million clients in minutes, in bounded memory.

DuckDB joins, sorts and writes; the arithmetic is ``typologies.entitlements`` on whole columns, exact to the smallest unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from sekisho.records import Records
from sekisho.records.on_duckdb import literal
from sekisho.records.table import ARROW_TYPES
from sekisho.typologies import entitlements as arithmetic
from sekisho.typologies.custody import MONEY
from sekisho.typologies.entitlements import Pooled, pooled
from sekisho.typologies.valuation import starts_at
from sekisho.wind_down.estate_books import Estate

TRUST, PRIORITY = "trust", "priority_right"
KNOWN = "known"
STANDINGS = (KNOWN, "closed_account", "dormant", "no_party", "no_account")
"""How a client stands in the books, the gravest last; all but the first are unclaimed until somebody comes forward."""

_QUANTITY, _WHOLE = "DECIMAL(38, 18)", "DECIMAL(38, 0)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitled:
    """The sums of one asset over all clients, as written. ``rest`` is what rounding down leaves over of what can be paid."""

    asset: str
    clients: int
    claims: Decimal
    entitlements: Decimal
    returned: Decimal
    rest: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The clients of one standing, over all assets: how many accounts, and what they are entitled to by asset."""

    standing: str
    asset: str
    clients: int
    claims: Decimal
    entitlements: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written, in sums."""

    assets: tuple[Entitled, ...]
    standings: tuple[Standing, ...]
    clients: int
    per_asset_jpy: Decimal | None
    pooled_jpy: Decimal | None
    better_pooled: int | None
    better_per_asset: int | None


def write_entitlements(records: Records, estate: Estate, file: Path) -> None:
    """One row for each client and asset owed, in their order: claim, entitlement, shortfall, what was returned, basis, standing."""
    pool, owed, unit, basis = (_by_asset(estate, which) for which in ("pool", "owed", "unit", "basis"))
    with _ready(records, estate) as con:
        # Sorted while the rows are narrow; what is worked out from them afterwards keeps their order.
        con.execute(
            f"""COPY (
                SELECT account_id, party_id, asset, claim, entitlement, (claim - entitlement)::{_QUANTITY} AS shortfall,
                    returned, greatest(entitlement - returned, 0)::{_QUANTITY} AS outstanding, {basis} AS basis, standing
                FROM (
                    SELECT *, sekisho_part(claim, {pool}, {owed}, {unit}) AS entitlement
                    FROM ({_claims(records, estate)} ORDER BY ALL)
                )
            ) TO {literal(str(file))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 500000)"""
        )


def _by_asset(estate: Estate, which: str) -> str:
    """SQL that gives a figure of the asset of a row."""
    rows = _share_rows(estate)
    told = [(row["asset"], literal(row[which]) if which == "basis" else f"{row[which]:f}::{_QUANTITY}") for row in rows]
    return f"CASE asset {' '.join(f'WHEN {literal(asset)} THEN {value}' for asset, value in told)} END"


def write_readings(records: Records, estate: Estate, entitlements: Path, file: Path) -> None:
    """One row for each client: yen owed in crypto-assets, yen asset by asset, and yen if all assets were one pool."""
    both = both_readings(estate)
    assert both.ratio is not None, "an asset has no price"
    pool = both.pool_jpy.quantize(Decimal(1), rounding=ROUND_FLOOR)
    with _ready(records, estate) as con:
        con.execute(
            f"""COPY (
                SELECT account_id, claims_jpy, per_asset_jpy, sekisho_fraction(claims_jpy, {pool:f}::{_WHOLE},
                    (sum(claims_jpy) OVER ())::{_WHOLE}) AS pooled_jpy
                FROM (
                    SELECT account_id, sum(sekisho_yen(claim, price))::{_WHOLE} AS claims_jpy,
                        sum(sekisho_yen(entitlement, price))::{_WHOLE} AS per_asset_jpy
                    FROM read_parquet({literal(str(entitlements))}) JOIN sekisho_share USING (asset)
                    WHERE asset <> {literal(MONEY)} GROUP BY account_id
                ) ORDER BY account_id
            ) TO {literal(str(file))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 500000)"""
        )


def both_readings(estate: Estate) -> Pooled:
    """All crypto-assets as one pool on the first day of valuation."""
    crypto = {asset: share for asset, share in estate.shares.items() if asset != MONEY}
    return pooled(crypto, {asset: estate.price(asset, estate.days[0]) for asset in crypto})


def sums(records: Records, estate: Estate, entitlements: Path, readings: Path | None) -> Written:
    """What stands in the files, added up exactly, and checked against what is there: nothing may exceed it."""
    with records.connection.busy():
        con = records.connection.con
        source = f"read_parquet({literal(str(entitlements))})"
        rows = con.execute(
            "SELECT asset, count(*), sum(claim), sum(entitlement), sum(returned), max(entitlement - claim) "
            f"FROM {source} GROUP BY 1 ORDER BY 1"
        ).fetchall()
        standings = con.execute(
            f"SELECT standing, asset, count(*), sum(claim), sum(entitlement) FROM {source} GROUP BY 1, 2 ORDER BY 1, 2"
        ).fetchall()
        clients = con.execute(f"SELECT count(DISTINCT account_id) FROM {source}").fetchall()[0][0]
        totals: tuple[Any, ...] = (None, None, None, None)
        if readings is not None:
            totals = con.execute(
                "SELECT coalesce(sum(per_asset_jpy), 0), coalesce(sum(pooled_jpy), 0), "
                "count(*) FILTER (pooled_jpy > per_asset_jpy), count(*) FILTER (pooled_jpy < per_asset_jpy) "
                f"FROM read_parquet({literal(str(readings))})"
            ).fetchall()[0]
    found = tuple(
        Entitled(asset=a, clients=n, claims=c, entitlements=e, returned=r, rest=estate.shares[a].payable - e)
        for a, n, c, e, r, _over in rows
    )
    assert all(one.entitlements <= estate.shares[one.asset].pool for one in found), "more was shared out than is there"
    assert all(row[5] <= 0 for row in rows), "somebody got more than his claim"
    assert all(one.claims == estate.shares[one.asset].owed for one in found), "claims were lost on the way"
    return Written(
        assets=found,
        standings=tuple(Standing(standing=s, asset=a, clients=n, claims=c, entitlements=e) for s, a, n, c, e in standings),
        clients=clients,
        per_asset_jpy=totals[0],
        pooled_jpy=totals[1],
        better_pooled=totals[2],
        better_per_asset=totals[3],
    )


@contextmanager
def _ready(records: Records, estate: Estate) -> Iterator[duckdb.DuckDBPyConnection]:
    """The connection with the arithmetic and the shares of each asset on it."""
    connection = records.connection
    with connection.busy():
        con = connection.con
        functions: Mapping[str, tuple[Any, int, str, str]] = {
            "sekisho_part": (arithmetic.parts, 4, _QUANTITY, _QUANTITY),
            "sekisho_yen": (arithmetic.yen, 2, _QUANTITY, _WHOLE),
            "sekisho_fraction": (arithmetic.fractions, 3, _WHOLE, _WHOLE),
        }
        for name, (function, count, takes, gives) in functions.items():
            con.create_function(name, function, [takes] * count, gives, type="arrow", side_effects=False)
        con.register("sekisho_share", _share_table(estate))
        try:
            yield con
        finally:
            con.unregister("sekisho_share")
            for name in functions:
                con.remove_function(name)


def _share_rows(estate: Estate) -> list[dict[str, Any]]:
    return [
        {
            "asset": asset,
            "pool": share.pool,
            "owed": share.owed,
            "unit": share.unit,
            "basis": TRUST if asset == MONEY else PRIORITY,
            "price": estate.price(asset, estate.days[0]) or Decimal(0),
        }
        for asset, share in estate.shares.items()
    ]


def _share_table(estate: Estate) -> pa.Table:
    rows = _share_rows(estate)
    decimal = ARROW_TYPES["decimal"]
    columns = [
        ("asset", pa.string()),
        ("pool", decimal),
        ("owed", decimal),
        ("unit", decimal),
        ("basis", pa.string()),
        ("price", decimal),
    ]
    return pa.Table.from_pylist(rows, pa.schema(columns))


def _claims(records: Records, estate: Estate) -> str:
    """SQL of every claim with what was returned of it, and how its client stands; account and asset come first."""
    day, until = estate.asked.as_of, starts_at(estate.asked.as_of + timedelta(days=1)).isoformat()
    joins, standing, party, house = _people(records, estate, until)
    returns = (
        f"LEFT JOIN (SELECT account_id, asset, sum(quantity) AS quantity FROM asset_return WHERE returned_at < '{until}' "
        "GROUP BY ALL) r ON r.account_id = b.account_id AND r.asset = b.asset"
        if "asset_return" in records.present
        else ""
    )
    returned = "coalesce(r.quantity, 0)" if returns else "0"
    return f"""SELECT b.account_id, b.asset, {party} AS party_id, b.quantity AS claim,
            {returned}::{_QUANTITY} AS returned, {standing} AS standing
        FROM customer_balance b {joins} {returns}
        WHERE b.as_of_date = DATE '{day}' AND b.quantity > 0 {house}"""


def _people(records: Records, estate: Estate, until: str) -> tuple[str, str, str, str]:
    """SQL that tells who a client is: joins, standing, party, and the condition that leaves the firm's own accounts out."""
    if "account" not in records.present:
        return "", literal(KNOWN), "NULL::VARCHAR", ""
    joins = "LEFT JOIN account a ON a.account_id = b.account_id"
    cases = ["WHEN a.account_id IS NULL THEN 'no_account'"]
    if "party" in records.present:
        joins += " LEFT JOIN party p ON p.party_id = a.party_id"
        cases.append("WHEN p.party_id IS NULL THEN 'no_party'")
    cases.append(f"WHEN a.closed_at < '{until}' THEN 'closed_account'")
    if estate.asked.dormant_days is not None:
        joins += f" LEFT JOIN ({_active(records, estate, until)}) t ON t.account_id = b.account_id"
        cases.append("WHEN t.account_id IS NULL THEN 'dormant'")
    return joins, f"CASE {' '.join(cases)} ELSE {literal(KNOWN)} END", "a.party_id", "AND a.kind IS DISTINCT FROM 'house'"


def _active(records: Records, estate: Estate, until: str) -> str:
    """SQL of the accounts that did something in the days looked at: logged in, moved money or coins, or were opened."""
    assert estate.asked.dormant_days is not None
    since = (starts_at(estate.asked.as_of + timedelta(days=1)) - timedelta(days=estate.asked.dormant_days)).isoformat()
    acts = [("account", "opened_at"), ("account_event", "occurred_at"), ("transfer", "requested_at")]
    seen = [
        f"SELECT account_id FROM {table} WHERE {column} >= '{since}' AND {column} < '{until}'"
        for table, column in acts
        if table in records.present
    ]
    return f"SELECT DISTINCT account_id FROM ({' UNION ALL '.join(seen)})"
