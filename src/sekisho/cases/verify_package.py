"""Verify an evidence package offline: python verify.py [PACKAGE.zip or folder] [--seal HEX]. Needs Python 3 and nothing else.

Exit status 0: every file is the one that was exported. 1: something differs, and each difference is named.
検証方法: python verify.py。終了コード0は一致、1は相違あり（相違点を表示）。
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

MANIFEST, CUSTODY = "manifest.json", "custody.jsonl"
START = "0" * 64
FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def sha256(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def link(entry: dict[str, Any]) -> str:
    """The hash of a custody entry: over everything in it but the hash itself."""
    told = {name: value for name, value in entry.items() if name != "hash"}
    return sha256(json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode())


def differences(files: dict[str, bytes], order: list[str] | None, seal: str | None = None) -> list[str]:
    """What differs from the manifest and the custody log. ``order`` is that of a zip; None for a folder."""
    missing = [f"{name}: is missing" for name in (MANIFEST, CUSTODY) if name not in files]
    if missing:
        return missing
    try:
        listed = json.loads(files[MANIFEST])["files"]
        named = {entry["path"]: entry for entry in listed}
    except (ValueError, KeyError, TypeError) as error:
        return [f"{MANIFEST}: cannot be read: {error}"]
    found = list(_custody(files, seal))
    for path, entry in named.items():
        content = files.get(path)
        if content is None:
            found.append(f"{path}: is missing")
        elif len(content) != entry["size"] or sha256(content) != entry["sha256"]:
            found.append(f"{path}: is not the file exported ({entry['size']} bytes, sha256 {entry['sha256']})")
    found += [f"{path}: was added" for path in files if path not in named and path not in (MANIFEST, CUSTODY)]
    if order is not None and order != [MANIFEST, CUSTODY, *(entry["path"] for entry in listed)]:
        found.append("the files stand in another order than the manifest, or twice")
    return found


def _custody(files: dict[str, bytes], seal: str | None) -> list[str]:
    """Every entry names the one before it; the last one seals the manifest."""
    found, previous, last = [], START, {}
    try:
        entries = [json.loads(line) for line in files[CUSTODY].decode().splitlines()]
        for number, entry in enumerate(entries, start=1):
            if entry["number"] != number or entry["previous"] != previous or entry["hash"] != link(entry):
                found.append(f"{CUSTODY}: entry {number} does not follow from the one before it")
            previous, last = entry["hash"], entry
    except (ValueError, KeyError, TypeError) as error:
        return [f"{CUSTODY}: cannot be read: {error}"]
    if last.get("action") != "sealed" or last.get("manifest_sha256") != sha256(files[MANIFEST]):
        found.append(f"{MANIFEST}: is not the one the custody log sealed")
    if files[CUSTODY] != b"".join(json.dumps(e, sort_keys=True, ensure_ascii=False).encode() + b"\n" for e in entries):
        found.append(f"{CUSTODY}: was rewritten")
    if seal is not None and previous != seal:
        found.append(f"the seal is {previous}, not the {seal} that was announced")
    return found


def check(place: Path, seal: str | None = None) -> tuple[list[str], int]:
    """What differs in a package (zip or unpacked folder), and how many files it has."""
    if place.is_dir():
        files = {
            p.relative_to(place).as_posix(): p.read_bytes()
            for p in sorted(place.rglob("*"))
            if p.is_file() and "__pycache__" not in p.parts
        }
        return differences(files, None, seal), len(files)
    raw = place.read_bytes()
    try:
        with zipfile.ZipFile(place) as package:
            broken = package.testzip()
            if broken is not None:
                return [f"{broken}: is damaged"], len(package.namelist())
            found = [f"{i.filename}: its entry was rewritten" for i in package.infolist() if i.date_time != FIXED_TIME or i.comment]
            if package.comment or not raw.startswith(b"PK"):
                found.append("something was added around the package")
            order = package.namelist()
            files = {name: package.read(name) for name in order}
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        return [f"{place.name}: is not a whole zip file: {error}"], 0
    if b"PK\x05\x06" not in raw[-22:]:
        found.append("something was added after the package")
    return found + differences(files, order, seal), len(files)


def seal_of(place: Path) -> str:
    """The seal: hash of the last custody entry. Announced apart from the package, it binds everything in it."""
    if place.is_dir():
        content = (place / CUSTODY).read_bytes()
    else:
        with zipfile.ZipFile(place) as package:
            content = package.read(CUSTODY)
    return str(json.loads(content.decode().splitlines()[-1])["hash"])


def main(arguments: list[str]) -> int:
    """Check the package named, or the folder this script lies in."""
    seal = None
    if "--seal" in arguments:
        at = arguments.index("--seal")
        seal = arguments[at + 1] if at + 1 < len(arguments) else ""
        arguments = arguments[:at] + arguments[at + 2 :]
    place = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
    if not place.exists():
        sys.stdout.write(f"{place}: is not there\n")
        return 1
    found, count = check(place, seal)
    for line in found:
        sys.stdout.write(f"DIFFERS  {line}\n")
    if not found:
        sys.stdout.write(f"OK  {count} files are those exported; seal {seal_of(place)}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
