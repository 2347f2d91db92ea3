"""Verify a transfer package offline: python verify.py [FOLDER] [--seal HEX]. Needs Python 3 and nothing else.

Exit status 0: every file is the one that was packed, every entitlement follows from its claim and from what is there, and the sums
hold. 1: something differs, and each difference is named.
検証方法: python verify.py。終了コード0は一致（権利額を再計算し、合計が残高を超えないことも確認）、1は相違あり（相違点を表示）。
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from decimal import Decimal, InvalidOperation, localcontext
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
FORMAT = "sekisho-transfer-1"
PIECE = 1 << 20
SHOWN = 20


def digest_of(file: Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while piece := content.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def check(folder: Path, seal: str | None = None) -> tuple[list[str], dict[str, Any]]:
    """What differs from the manifest, and the manifest (empty when it cannot be read)."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        listed = {entry["path"]: entry for entry in manifest["files"]}
        assets = {entry["asset"]: entry for entry in manifest["assets"]}
        if manifest["format"] != FORMAT:
            return [f"{MANIFEST}: the format is {manifest['format']}, not {FORMAT}"], {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{MANIFEST}: cannot be read: {error}"], {}
    found = []
    if seal is not None and digest_of(folder / MANIFEST) != seal:
        found.append(f"{MANIFEST}: the seal is {digest_of(folder / MANIFEST)}, not the {seal} that was announced")
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    found += [f"{path}: was added" for path in sorted(there - set(listed) - {MANIFEST})]
    sums: dict[str, list[Decimal]] = {asset: [Decimal(0), Decimal(0)] for asset in assets}
    for path, entry in listed.items():
        file = folder / path
        if path not in there:
            found.append(f"{path}: is missing")
        elif file.stat().st_size != entry["size"] or digest_of(file) != entry["sha256"]:
            found.append(f"{path}: is not the file packed (sha256 {entry['sha256']})")
        elif entry.get("asset") is not None:
            found += _rows(file, entry, assets[entry["asset"]], sums[entry["asset"]])
    found += [line for asset, entry in assets.items() for line in _sums(asset, entry, sums[asset])]
    return found, manifest


def _rows(file: Path, entry: dict[str, Any], asset: dict[str, Any], sums: list[Decimal]) -> list[str]:
    """Every row of a file against its claim and against what is there; adds up what it holds."""
    found: list[str] = []
    pool, owed, unit = (Decimal(asset[name]) for name in ("there", "owed", "unit"))
    count, claims, entitlements, last = 0, Decimal(0), Decimal(0), ""
    with localcontext() as exact, file.open(encoding="utf-8", newline="") as text:
        exact.prec = 200
        for number, row in enumerate(csv.DictReader(text), start=1):
            try:
                claim, entitlement = Decimal(row["claim"]), Decimal(row["entitlement"])
            except (KeyError, InvalidOperation, TypeError):
                return [*found, f"{entry['path']}: row {number} cannot be read"]
            whole = claim // unit if pool >= owed else claim * pool // (owed * unit)
            part = whole * unit
            if entitlement != part:
                found.append(
                    f"{entry['path']}: row {number}, {row['account_id']}: {entitlement} is not {part}, its part of what is there"
                )
            if row["account_id"] <= last:
                found.append(f"{entry['path']}: row {number}: account {row['account_id']} stands twice or out of order")
            last, count, claims, entitlements = row["account_id"], count + 1, claims + claim, entitlements + entitlement
            if len(found) >= SHOWN:
                return [*found, f"{entry['path']}: and so on"]
        sums[0] += claims
        sums[1] += entitlements
    for name, value in (("rows", count), ("claims", claims), ("entitlements", entitlements)):
        if Decimal(str(entry[name])) != value:
            found.append(f"{entry['path']}: {name} add up to {value}, the manifest says {entry[name]}")
    return found


def _sums(asset: str, entry: dict[str, Any], sums: list[Decimal]) -> list[str]:
    """The files of an asset together: the claims are those shared out among, and no more is given than is there."""
    found = []
    if sums[0] != Decimal(entry["owed"]):
        found.append(f"{asset}: the claims add up to {sums[0]}, the manifest says {entry['owed']}")
    if sums[1] != Decimal(entry["entitlements"]):
        found.append(f"{asset}: the entitlements add up to {sums[1]}, the manifest says {entry['entitlements']}")
    if sums[1] > Decimal(entry["there"]):
        found.append(f"{asset}: {sums[1]} is given away, {entry['there']} is there")
    return found


def main(arguments: list[str]) -> int:
    """Check the folder named, or the one this script lies in."""
    seal = None
    if "--seal" in arguments:
        at = arguments.index("--seal")
        seal = arguments[at + 1] if at + 1 < len(arguments) else ""
        arguments = arguments[:at] + arguments[at + 2 :]
    folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
    found, manifest = check(folder, seal)
    for line in found:
        sys.stdout.write(f"DIFFERS  {line}\n")
    if not found:
        rows = sum(entry.get("rows", 0) for entry in manifest["files"])
        sys.stdout.write(f"OK  {len(manifest['files'])} files, {rows} claims recomputed; seal {digest_of(folder / MANIFEST)}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
