"""The transfer package: one file for each asset that a successor exchange can take over, and a manifest that proves it whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sekisho.records import Records
from sekisho.records.on_duckdb import literal
from sekisho.wind_down import verify_transfer
from sekisho.wind_down.account import text
from sekisho.wind_down.entitling import KNOWN, write_entitlements
from sekisho.wind_down.entitling import sums as sums_of
from sekisho.wind_down.estate_books import Estate
from sekisho.wind_down.verify_transfer import FORMAT, MANIFEST
from sekisho.wind_down.written import json_bytes, sha256_of, whole_folder

CLIENTS, UNCLAIMED = "clients", "unclaimed"
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")

README = """Transfer package: client assets of a closing exchange, as of {as_of}.

clients/ASSET.csv    one row for each client: what is owed (claim), the part of what is there (entitlement), what was
                     returned before, what is left.
unclaimed/ASSET.csv  the same for clients who cannot be found in the books or whose account is closed; their right is the same.
lenders.csv          who lent coins to the firm; they have no part in these assets and no row in the files above.
manifest.json        sums and hashes. python verify.py recomputes every entitlement and says OK, or what differs.

ids stand in these files exactly as in the books; open them with a program that runs no formulas.

移管データ（{as_of}現在）。clients/ は利用者ごとの債権額（claim）・権利額（entitlement）・返還済額・残額、
unclaimed/ は所在等を確認できない利用者分、
lenders.csv は暗号資産の貸主（優先弁済権なし）。python verify.py で権利額の再計算及び改変の有無を確認できる。
"""


def write_package(records: Records, estate: Estate, out: Path, about: dict[str, str]) -> dict[str, Any]:
    """Write the package into the new folder ``out``; returns its manifest with the seal."""
    with whole_folder(out) as place:
        entitlements = place("entitlements.parquet")
        write_entitlements(records, estate, entitlements)
        written = sums_of(records, estate, entitlements, None)
        files = [_described(place, path, entry) for path, entry in _asset_files(records, estate, entitlements, place)]
        entitlements.unlink()
        place("lenders.csv").write_text(_lenders(estate), encoding="utf-8")
        place("README.txt").write_text(README.format(as_of=estate.asked.as_of), encoding="utf-8")
        place("verify.py").write_bytes(Path(verify_transfer.__file__).read_bytes())
        files += [_described(place, path, {}) for path in ("README.txt", "lenders.csv", "verify.py")]
        manifest = {
            "format": FORMAT,
            "as_of": estate.asked.as_of.isoformat(),
            **about,
            "clients": written.clients,
            "assets": [
                {
                    "asset": one.asset,
                    "owed": text(one.claims),
                    "there": text(estate.shares[one.asset].pool),
                    "unit": text(estate.shares[one.asset].unit),
                    "entitlements": text(one.entitlements),
                    "shortfall": text(estate.shares[one.asset].short),
                    "surplus": text(estate.shares[one.asset].surplus),
                    "rest_of_rounding": text(one.rest),
                    "returned": text(one.returned),
                }
                for one in written.assets
            ],
            "files": sorted(files, key=lambda entry: str(entry["path"])),
        }
        place(MANIFEST).write_bytes(json_bytes(manifest))
    return {**manifest, "seal": sha256_of(out / MANIFEST)}


def _asset_files(records: Records, estate: Estate, entitlements: Path, place: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """One CSV for each asset and kind of client that has rows, with the sums of its rows."""
    with records.connection.busy():
        con = records.connection.con
        source = f"read_parquet({literal(str(entitlements))})"
        for number, asset in enumerate(estate.shares):
            for folder, which in ((CLIENTS, f"standing = '{KNOWN}'"), (UNCLAIMED, f"standing <> '{KNOWN}'")):
                where = f"asset = {literal(asset)} AND {which}"
                sums = con.execute(f"SELECT count(*), sum(claim), sum(entitlement) FROM {source} WHERE {where}").fetchall()
                rows, claims, given = sums[0]
                if not rows:
                    continue
                path = f"{folder}/{asset if _PLAIN.issuperset(asset) and asset.strip('.') else f'asset-{number}'}.csv"
                columns = "account_id, party_id, standing, claim, entitlement, returned, outstanding"
                con.execute(
                    # In the order of the file read, which is that of the accounts: nothing is sorted again.
                    f"COPY (SELECT {columns} FROM {source} WHERE {where}) TO {literal(str(place(path)))} (FORMAT csv, HEADER)"
                )
                yield path, {"asset": asset, "rows": rows, "claims": text(claims), "entitlements": text(given)}


def _described(place: Any, path: str, entry: dict[str, Any]) -> dict[str, Any]:
    file = place(path)
    return {"path": path, "size": file.stat().st_size, "sha256": sha256_of(file), **entry}


def _lenders(estate: Estate) -> str:
    lines = ["loan_id,party_id,asset,quantity,entitlement"]
    lines += [f"{_cell(one.loan_id)},{_cell(one.party_id or '')},{_cell(one.asset)},{text(one.quantity)},0" for one in estate.loans]
    return "\n".join(lines) + "\n"


def _cell(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if set(value) & set(',"\r\n') else value
