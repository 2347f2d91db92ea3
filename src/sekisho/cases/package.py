"""The evidence package as a file: the same bytes for the same case, every file listed by hash, custody chained and sealed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from sekisho.cases.verify_package import CUSTODY, FIXED_TIME, MANIFEST, START, link, sha256

FORMAT = "sekisho-evidence-1"


def packed(files: Mapping[str, bytes], about: Mapping[str, Any], custody: Sequence[Mapping[str, Any]]) -> bytes:
    """The zip: manifest, custody log, then the files by name. ``custody`` holds the entries before the seal."""
    listed = [{"path": name, "size": len(files[name]), "sha256": sha256(files[name])} for name in sorted(files)]
    manifest = _json({"format": FORMAT, **about, "files": listed})
    log = _chained(
        [*custody, {"action": "sealed", "at": about["exported_at"], "by": about["by"], "manifest_sha256": sha256(manifest)}]
    )
    whole = {MANIFEST: manifest, CUSTODY: log, **{name: files[name] for name in sorted(files)}}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, content in whole.items():
            entry = zipfile.ZipInfo(name, FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            package.writestr(entry, content, compresslevel=9)
    return out.getvalue()


def _chained(entries: Sequence[Mapping[str, Any]]) -> bytes:
    """One JSON line an entry, each carrying the hash of the one before it."""
    lines, previous = [], START
    for number, entry in enumerate(entries, start=1):
        told = {"number": number, "previous": previous, **entry}
        told["hash"] = previous = link(told)
        lines.append(json.dumps(told, sort_keys=True, ensure_ascii=False).encode() + b"\n")
    return b"".join(lines)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
