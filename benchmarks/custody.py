"""The daily custody run: ten million clients times thirty assets certified, and the same figures in pandas.

Run: ``python -m benchmarks.custody [--accounts 10000000] [--assets 30] [--pandas-accounts 333333] [--keep FOLDER]``

Books of one day are made (Parquet parts; ids are texts, quantities DECIMAL(18, 8), in the order of accounts or shuffled), then
``sekisho custody`` certifies them in a process of its own: opening, every check of every value, uniqueness, rules, the three
files. The same with pandas, in a process of its own, on books it can hold: checks of the same values and sums by asset, once
with the exact decimals pandas reads and once with whole numbers of 1e-8. Memory is the largest sum over the process and its
children; every sum by asset must be the same to the last digit.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd

DAY, SHORT = "2026-09-18", "C01"
ROWS_PER_PART = 15_000_000
_TICK_SECONDS = 0.05


class Measured(NamedTuple):
    """What a process took."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    said: str


def main() -> None:
    """Make books, certify them, do the same with pandas, compare, and print the table."""
    options = _options()
    if options.in_pandas:
        print(json.dumps(_in_pandas(Path(options.in_pandas), options.whole_numbers)))
        return
    with tempfile.TemporaryDirectory(prefix="sekisho-custody-", dir=options.keep) as name:
        place = Path(name)
        print("| books | what | rows | seconds | CPU seconds | peak MiB |\n| --- | --- | ---: | ---: | ---: | ---: |", flush=True)
        small = _books(place / "small", options.pandas_accounts, options.assets, options.shuffled)
        ours = _certified(place / "small", place / "small-out", options)
        _row("held by pandas", "sekisho custody", small, ours)
        for what, more in (("pandas, exact decimals", []), ("pandas, whole numbers", ["--whole-numbers"])):
            theirs = _process([sys.executable, "-m", "benchmarks.custody", "--in-pandas", str(place / "small"), *more])
            _row("held by pandas", what, small, theirs)
            _same(place / "small-out", json.loads(theirs.said))
            print(f"\nsame sums; {what} takes {theirs.seconds / ours.seconds:.2f} times as long\n", flush=True)
        if options.accounts:
            rows = _books(place / "large", options.accounts, options.assets, options.shuffled)
            measured = _certified(place / "large", place / "large-out", options)
            _row("large", "sekisho custody", rows, measured)
            _same(place / "large-out", _sums(place / "large"))
            print("\nsame sums as DuckDB alone gives")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=10_000_000)
    parser.add_argument("--assets", type=int, default=30)
    parser.add_argument("--pandas-accounts", type=int, default=333_333)
    parser.add_argument("--memory-limit", default="3GB")
    parser.add_argument("--shuffled", action="store_true", help="rows in no order at all")
    parser.add_argument("--keep", help="folder to make the books in; they are removed at the end")
    parser.add_argument("--in-pandas")
    parser.add_argument("--whole-numbers", action="store_true")
    return parser.parse_args()


def _books(folder: Path, accounts: int, assets: int, shuffled: bool) -> int:
    """Books of one day: three in a hundred hot, one coin short by one hundred-millionth, all else whole. Returns the rows owed."""
    folder.mkdir()
    (folder / "customer_balance").mkdir()
    made = duckdb.connect()
    made.execute(f"SET memory_limit = '4GB'; SET temp_directory = '{folder}'; SET threads = 2")
    coin = "CASE WHEN a = 0 THEN 'JPY' ELSE 'C' || lpad(a::VARCHAR, 2, '0') END"
    size = max(1, ROWS_PER_PART // assets)
    order = "hash(i, a, 7)" if shuffled else "i, a"
    for number, first in enumerate(range(0, accounts, size)):
        until = min(first + size, accounts)
        made.execute(
            f"COPY (SELECT 'U' || lpad(i::VARCHAR, 9, '0') AS account_id, {coin} AS asset, DATE '{DAY}' AS as_of_date, "
            f"((hash(i, a) % 1000000000000)::DECIMAL(18, 0) / 100000000)::DECIMAL(18, 8) AS quantity "
            f"FROM range({first}, {until}) t(i), range({assets}) s(a) ORDER BY {order}) "
            f"TO '{folder}/customer_balance/part-{number:04d}.parquet' (FORMAT parquet, COMPRESSION zstd)"
        )
    made.execute(
        f"COPY (SELECT 'U' || lpad(i::VARCHAR, 9, '0') AS account_id, 'P' || i AS party_id, "
        f"CASE WHEN i < 3 THEN 'house' ELSE 'customer' END AS kind, TIMESTAMPTZ '2020-01-01 00:00:00+00' AS opened_at "
        f"FROM range({accounts}) t(i)) TO '{folder}/account.parquet' (FORMAT parquet)"
    )
    owed = {asset: Decimal(total) for asset, total in _sums(folder).items()}
    wallets, balances, prices = [], [], []
    for number, (asset, total) in enumerate(sorted(owed.items())):
        prices.append(f"('{asset}', TIMESTAMPTZ '{DAY} 14:59:00+00', {1000 + number}::DECIMAL(38, 8), 'close')")
        if asset == "JPY":
            continue
        hot = (total * 3 / 100).quantize(Decimal("1e-8"))
        missing = Decimal("1e-8") if asset == SHORT else Decimal(0)
        for kind, tier, holder, quantity in (
            ("hot", "hot", "customer", hot),
            ("cold", "cold", "customer", total - hot - missing),
            ("guarantee", "cold", "guarantee", hot),
        ):
            wallets.append(f"('{asset}-{kind}', '{asset}', 'addr-{asset}-{kind}', '{tier}', '{holder}', {tier == 'hot'})")
            balances.append(f"('{asset}-{kind}', TIMESTAMPTZ '{DAY} 14:59:30+00', {quantity:f}::DECIMAL(38, 8))")
    yen = owed.get("JPY", Decimal(0))
    for table, columns, rows in (
        ("wallet", "wallet_id, asset, address, tier, holder, ever_online", wallets),
        ("wallet_balance", "wallet_id, observed_at, quantity", balances),
        ("reference_price", "asset, quoted_at, price_jpy, source", prices),
        ("money_trust", "as_of_date, principal_jpy, trustee", [f"(DATE '{DAY}', {yen:f}::DECIMAL(38, 8), 'Trust')"]),
        ("firm_balance", "as_of_date, item, amount_jpy", [f"(DATE '{DAY}', 'net_assets', 1e15::DECIMAL(38, 2))"]),
    ):
        if rows:
            made.execute(
                f"COPY (SELECT * FROM (VALUES {', '.join(rows)}) t({columns})) TO '{folder}/{table}.parquet' (FORMAT parquet)"
            )
    return accounts * assets


def _sums(folder: Path) -> dict[str, str]:
    """What DuckDB alone adds up for each asset, the firm's own accounts left out."""
    rows = duckdb.connect().execute(
        f"SELECT asset, sum(quantity)::VARCHAR FROM read_parquet('{folder}/customer_balance/*.parquet') WHERE account_id NOT IN "
        f"(SELECT account_id FROM read_parquet('{folder}/account.parquet') WHERE kind = 'house') GROUP BY asset ORDER BY asset"
    )
    return dict(rows.fetchall())


def _certified(folder: Path, out: Path, options: argparse.Namespace) -> Measured:
    command = [sys.executable, "-c", "from sekisho.cli import main; main()", "custody", str(folder), "--out", str(out)]
    return _process([*command, "--threads", "2", "--memory-limit", options.memory_limit])


def _process(command: list[str]) -> Measured:
    """Run a process and watch the memory of it and its children."""
    began, peak, running = time.perf_counter(), [0.0], threading.Event()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def watch() -> None:
        while not running.wait(_TICK_SECONDS):
            peak[0] = max(peak[0], _resident_mib(process.pid))

    watching = threading.Thread(target=watch)
    watching.start()
    assert process.stdout is not None
    said = process.stdout.read()
    _pid, status, usage = os.wait4(process.pid, 0)
    running.set()
    watching.join()
    if status:
        raise SystemExit(f"{command[:6]} ended with status {status}")
    seconds = time.perf_counter() - began
    return Measured(seconds, usage.ru_utime + usage.ru_stime, max(peak[0], usage.ru_maxrss / 1024), said)


def _resident_mib(pid: int) -> float:
    """The resident memory of a process and all below it."""
    try:
        kilobytes = next(
            int(line.split()[1]) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")
        )
        children = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    except (OSError, StopIteration):
        return 0.0
    return kilobytes / 1024 + sum(_resident_mib(child) for child in children)


def _in_pandas(folder: Path, whole_numbers: bool) -> dict[str, str]:
    """The checks of values and ids, and the sums by asset without the firm's own accounts, as one would write them with pandas."""
    balances = pd.read_parquet(folder / "customer_balance")
    assert not balances.isna().any().any()
    if whole_numbers:
        balances["quantity"] = balances["quantity"].map(lambda quantity: int(quantity.scaleb(8))).astype("int64")
    assert not (balances["quantity"] < 0).any()
    assert not (balances[["account_id", "asset"]] == "").any().any()
    assert not balances.duplicated(["account_id", "asset", "as_of_date"]).any()
    accounts = pd.read_parquet(folder / "account.parquet", columns=["account_id", "kind"])
    assert not accounts["account_id"].duplicated().any()
    houses = accounts.loc[accounts["kind"] == "house", "account_id"]
    sums = balances[~balances["account_id"].isin(houses)].groupby("asset")["quantity"].sum()
    return {asset: str(Decimal(int(total)).scaleb(-8) if whole_numbers else total) for asset, total in sums.items()}


def _same(out: Path, sums: dict[str, str]) -> None:
    told = json.loads((out / "certificate.json").read_text(encoding="utf-8"))
    ours = {row["asset"]: Decimal(row["owed"]) for row in told["assets"]} | {"JPY": Decimal(told["money"]["owed_jpy"])}
    assert ours == {asset: Decimal(total) for asset, total in sums.items()}, "sums differ"
    assert [(row["rule"], row["asset"]) for row in told["shortfalls"]] == [("client_assets/reconciliation", SHORT)], (
        "what is missing differs"
    )


def _row(books: str, what: str, rows: int, measured: Measured) -> None:
    print(
        f"| {books} | {what} | {rows:,} | {measured.seconds:.1f} | {measured.cpu_seconds:.1f} | {measured.peak_mib:,.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
