"""Entitlements of ten million clients against the same in pandas: ``python -m benchmarks.wind_down [--clients N] [--keep FOLDER]``.

Both read the same records folder and write, sorted, every client's entitlement in every asset and every client's yen under both
readings, exact to the smallest unit. The results are compared row by row through a hash. Each runs in its own process; the
machine's other work shows in the wall clock, not in the CPU seconds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

DAY = "2026-09-14"
UNIT = 10**8
PRICES = {"BTC": 13_500_000, "ETH": 504_000, "XRP": 398, "SOL": 24_050}
SHORT = {"BTC": "0.9337", "JPY": "0.9871", "SOL": "0.5"}
"""The share of what is owed that is there; other assets have two per cent more than is owed."""


def main() -> None:
    """Make the books, run both, compare, print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--clients", type=int, default=10_000_000)
    options.add_argument("--keep", type=Path, help="Folder for the books and results; kept.")
    options.add_argument("--package", action="store_true", help="Also pack for a successor and verify the package.")
    options.add_argument("--memory-limit", default="3GB")
    options.add_argument("--pandas", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.pandas:
        with_pandas(chosen.pandas)
        return
    with tempfile.TemporaryDirectory(prefix="sekisho-wind-down-") as scratch:
        place = chosen.keep or Path(scratch)
        books = place / "books"
        rows = make_books(books, chosen.clients)
        print(f"{chosen.clients:,} clients, {rows:,} claims in {len(PRICES) + 1} assets\n")
        ours = run([
            sys.executable, "-m", "sekisho.cli", "wind-down", str(books), "--as-of", DAY, "--out", str(place / "ours"),
            "--memory-limit", chosen.memory_limit, "--json",
        ])  # fmt: skip
        theirs = run([sys.executable, "-m", "benchmarks.wind_down", "--pandas", str(place)])
        verified = run_package(place, books, chosen.memory_limit) if chosen.package else None
        same = {name: digest(place / "ours" / name) == digest(place / "pandas" / name) for name in FILES}
        print("| | seconds | CPU seconds | peak memory, MB |\n| --- | ---: | ---: | ---: |")
        for name, told in (("sekisho wind-down", ours), ("pandas", theirs), *(verified or ())):
            print(f"| {name} | {told['seconds']:.1f} | {told['cpu']:.1f} | {told['peak']:,.0f} |")
        ratios = f"{theirs['seconds'] / ours['seconds']:.1f} times in seconds, {theirs['cpu'] / ours['cpu']:.1f} in CPU seconds"
        print(f"\npandas takes {ratios}, {theirs['peak'] / ours['peak']:.1f} times the memory")
        print(f"results equal: {', '.join(f'{name} {told}' for name, told in same.items())}")
        if not all(same.values()):
            raise SystemExit(1)


FILES = {
    "entitlements.parquet": "account_id, asset, claim, entitlement",
    "readings.parquet": "account_id, claims_jpy, per_asset_jpy, pooled_jpy",
}


def digest(file: Path) -> list[Any]:
    """How many rows, and a hash over them that does not depend on their order."""
    name = FILES[file.name]
    cast = ", ".join(
        f"{column}::VARCHAR" if column in ("account_id", "asset") else f"{column}::DECIMAL(38, 8)" for column in name.split(", ")
    )
    return duckdb.sql(f"SELECT count(*), sum(hash({cast})) FROM '{file}'").fetchall()


def run(command: list[str]) -> dict[str, float]:
    """One process: seconds, CPU seconds and peak memory of it alone."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, subprocess.Popen(command, stdout=out) as child:
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            out.seek(0)
            raise SystemExit(f"{' '.join(command)}: exit status {child.returncode}\n{out.read()}")
    return {"seconds": time.perf_counter() - began, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss / 1024}


def run_package(place: Path, books: Path, memory: str) -> list[tuple[str, dict[str, float]]]:
    """The transfer package and its verification, which recomputes every entitlement in plain Python."""
    command = [sys.executable, "-m", "sekisho.cli", "wind-down"]
    package = place / "package"
    return [
        (
            "sekisho wind-down package",
            run([*command, "package", str(books), "--as-of", DAY, "--out", str(package), "--memory-limit", memory]),
        ),
        ("sekisho wind-down verify", run([*command, "verify", str(package)])),
    ]


def make_books(folder: Path, clients: int) -> int:
    """The records of one day: accounts, parties, balances in one to five assets, wallets, trust and prices."""
    if folder.exists():
        return pq.ParquetFile(folder / "customer_balance.parquet").metadata.num_rows
    folder.mkdir(parents=True)
    con = duckdb.connect()
    con.execute("SET threads = 2; SET memory_limit = '4GB'")
    noise = "hash(n * 1000003 + {salt})"

    def table(name: str, query: str) -> None:
        con.execute(f"COPY ({query}) TO '{folder / name}.parquet' (FORMAT parquet, COMPRESSION zstd)")

    ids = "'A' || lpad(n::VARCHAR, 9, '0')"
    table(
        "party",
        f"SELECT 'P' || lpad(n::VARCHAR, 9, '0') AS party_id, 'individual' AS kind, 'JP' AS country FROM range({clients}) t(n)",
    )
    table(
        "account",
        f"SELECT {ids} AS account_id, 'P' || lpad(n::VARCHAR, 9, '0') AS party_id, 'customer' AS kind, "
        f"TIMESTAMPTZ '2026-01-01 00:00:00+00' AS opened_at, "
        f"CASE WHEN n % 97 = 0 THEN TIMESTAMPTZ '2026-09-01 00:00:00+00' END AS closed_at FROM range({clients}) t(n)",
    )
    parts = []
    for salt, (asset, every, most) in enumerate(
        (("JPY", 1, 10**12), ("BTC", 1, 10**8), ("ETH", 2, 10**10), ("XRP", 3, 10**12), ("SOL", 5, 10**11))
    ):
        units = f"{noise.format(salt=salt)} % {most} + 1"
        value = f"({units})::DECIMAL(38, 0)" if asset == "JPY" else f"(({units})::DECIMAL(20, 0) * 0.00000001::DECIMAL(9, 8))"
        where = f"WHERE n % {every} = 0"
        value = f"(({units}) % 10000000)::DECIMAL(38, 18)" if asset == "JPY" else f"{value}::DECIMAL(38, 18)"
        parts.append(
            f"SELECT n, {ids} AS account_id, '{asset}' AS asset, DATE '{DAY}' AS as_of_date, {value} AS quantity "
            f"FROM range({clients}) t(n) {where}"
        )
    table(
        "customer_balance", f"SELECT account_id, asset, as_of_date, quantity FROM ({' UNION ALL '.join(parts)}) ORDER BY n, asset"
    )
    owed = con.execute(f"SELECT asset, sum(quantity) FROM '{folder}/customer_balance.parquet' GROUP BY 1 ORDER BY 1").fetchall()
    pools = {
        a: (q * Decimal(SHORT.get(a, "1.02"))).quantize(Decimal(1 if a == "JPY" else "0.00000001"), rounding=ROUND_FLOOR)
        for a, q in owed
    }
    values = ", ".join(f"('W{a}', '{a}', 'addr-{a}', 'cold', 'customer', false)" for a in PRICES)
    table("wallet", f"SELECT * FROM (VALUES {values}) t(wallet_id, asset, address, tier, holder, ever_online)")
    held = ", ".join(f"('W{a}', TIMESTAMPTZ '{DAY} 14:00:00+00', {pools[a]}::DECIMAL(38, 18))" for a in PRICES)
    table("wallet_balance", f"SELECT * FROM (VALUES {held}) t(wallet_id, observed_at, quantity)")
    table("money_trust", f"SELECT DATE '{DAY}' AS as_of_date, {pools['JPY']}::DECIMAL(38, 18) AS principal_jpy, 'T' AS trustee")
    prices = ", ".join(f"('{a}', TIMESTAMPTZ '{DAY} 14:00:00+00', {p}::DECIMAL(38, 18), 'cutoff')" for a, p in PRICES.items())
    table("reference_price", f"SELECT * FROM (VALUES {prices}) t(asset, quoted_at, price_jpy, source)")
    return int(con.execute(f"SELECT count(*) FROM '{folder}/customer_balance.parquet'").fetchall()[0][0])


def with_pandas(place: Path) -> None:
    """The same in pandas, as its users would: whole numbers of 1e-8, Python's integers where 64 bits are too few."""
    books, out = place / "books", place / "pandas"
    out.mkdir(exist_ok=True)
    table = pq.read_table(books / "customer_balance.parquet", columns=["account_id", "asset", "quantity"])
    frame = pd.DataFrame({
        "account_id": table["account_id"].to_pandas(types_mapper=pd.ArrowDtype),
        "asset": table["asset"].dictionary_encode().to_pandas(),
        "claim": units(table["quantity"]),
    })  # fmt: skip
    del table
    account = pq.read_table(books / "account.parquet", columns=["account_id", "party_id", "kind", "closed_at"]).to_pandas(
        types_mapper=pd.ArrowDtype
    )
    frame = frame.merge(account, on="account_id", how="left")
    del account
    frame = frame[frame.kind != "house"].drop(columns="kind")
    held = pq.read_table(books / "wallet_balance.parquet").to_pandas()
    pools = {wallet[1:]: int(quantity * UNIT) for wallet, quantity in zip(held.wallet_id, held.quantity, strict=True)}
    pools["JPY"] = int(pq.read_table(books / "money_trust.parquet")["principal_jpy"][0].as_py() * UNIT)
    owed = {str(asset): whole(claims) for asset, claims in frame.groupby("asset", observed=True).claim}
    frame["entitlement"] = 0
    for asset, total in owed.items():
        rows = frame.asset == asset
        unit = UNIT if asset == "JPY" else 1
        claims = frame.loc[rows, "claim"]
        if pools[asset] < total:
            claims = (claims.astype(object) * pools[asset] // (total * unit) * unit).astype("int64")
        frame.loc[rows, "entitlement"] = claims // unit * unit
    frame["shortfall"] = frame.claim - frame.entitlement
    frame["standing"] = frame.closed_at.notna().map({True: "closed_account", False: "known"})
    frame = frame.sort_values(["account_id", "asset"], key=lambda column: column.astype(str) if column.name == "asset" else column)
    write(frame, out / "entitlements.parquet", ["claim", "entitlement", "shortfall"])
    write_both(frame, pools, out / "readings.parquet")


def write_both(frame: pd.DataFrame, pools: dict[str, int], file: Path) -> None:
    """Each client's yen, asset by asset and as one pool."""
    coins = frame[frame.asset != "JPY"]
    price = coins.asset.map(PRICES).astype("int64")
    both = pd.DataFrame({
        "account_id": coins.account_id,
        "claims_jpy": yen(coins.claim, price),
        "per_asset_jpy": yen(coins.entitlement, price),
    }).groupby("account_id", sort=True).sum().reset_index()  # fmt: skip
    there = sum(pools[asset] * price for asset, price in PRICES.items()) // UNIT
    total = int(both.claims_jpy.sum())
    both["pooled_jpy"] = both.claims_jpy if there >= total else (both.claims_jpy.astype(object) * there // total).astype("int64")
    both.to_parquet(file, compression="zstd")


def whole(claims: pd.Series) -> int:
    """An exact sum: ten million balances of yen in 1e-8 overflow 64 bits, which pandas does not say."""
    return int((claims // UNIT).sum()) * UNIT + int((claims % UNIT).sum())


def yen(quantity: pd.Series, price: pd.Series) -> pd.Series:
    """Quantity x price in whole yen: whole coins and the rest apart, so that 64 bits hold both products."""
    return quantity // UNIT * price + quantity % UNIT * price // UNIT


def units(column: pa.ChunkedArray) -> Any:
    """Decimals as whole numbers of 1e-8: the low words of what Arrow keeps."""
    narrow = column.cast(pa.decimal128(18, 8)).combine_chunks()
    return np.frombuffer(narrow.buffers()[1], np.int64).reshape(-1, 2)[: len(narrow), 0].copy()


def write(frame: pd.DataFrame, file: Path, columns: list[str]) -> None:
    """A Parquet file whose numbers are decimals again."""
    table = pa.Table.from_pandas(frame.drop(columns=["closed_at"]), preserve_index=False)
    for name in columns:
        words = np.zeros((len(frame), 2), np.int64)
        words[:, 0] = frame[name].to_numpy()
        exact = pa.Array.from_buffers(pa.decimal128(18, 8), len(frame), [None, pa.py_buffer(words)])
        table = table.set_column(table.schema.get_field_index(name), name, exact)
    pq.write_table(table, file, compression="zstd")


if __name__ == "__main__":
    main()
