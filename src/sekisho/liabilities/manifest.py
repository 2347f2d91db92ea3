"""The publication manifest: root, totals, day and the root before, as everybody may read and keep them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sekisho import __version__
from sekisho.liabilities.chance import unseen_table
from sekisho.liabilities.codec import HASH_BYTES, Asset, Terms, amount_bytes, root_of
from sekisho.liabilities.tree import Tree
from sekisho.records.errors import RecordsError

FORMAT = "sekisho-liabilities/1"
NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was published for one day."""

    terms: Terms
    top: bytes
    totals: tuple[int, ...]
    root: bytes

    @property
    def holds(self) -> bool:
        """Whether the root binds these terms and totals."""
        try:
            return self.root == root_of(self.terms.encoded(), self.top + amount_bytes(self.totals))
        except OverflowError:
            return False


def manifest_of(tree: Tree) -> Manifest:
    """The manifest of a tree."""
    top = tree.levels[-1].node(0)[0][:HASH_BYTES]
    return Manifest(tree.terms, top, tree.totals, tree.root)


def as_json(manifest: Manifest) -> dict[str, Any]:
    """The manifest as it is written."""
    terms = manifest.terms
    return {
        "format": FORMAT,
        "venue": terms.venue,
        "day": terms.day,
        "clients": terms.clients,
        "root": manifest.root.hex(),
        "previous_root": terms.previous.hex() if any(terms.previous) else None,
        "top_hash": manifest.top.hex(),
        "assets": [
            {"asset": asset.symbol, "scale": asset.scale, "total": quantity(total, asset.scale)}
            for asset, total in zip(terms.assets, manifest.totals, strict=True)
        ],
        "unseen": {
            "meaning": "chance that none of the omitted clients is among those who verify, if it does not depend on who they are",
            "chances": [
                {
                    "omitted": u.omitted,
                    "share_verifying": u.share,
                    "exact": float(f"{u.exact:.6g}"),
                    "approximate": float(f"{u.approximate:.6g}"),
                }
                for u in unseen_table(terms.clients)
            ],
        },
        "software": f"sekisho {__version__}",
    }


def read_manifest(file: Path) -> Manifest:
    """Reads a manifest and checks that its root binds what it says. Raises RecordsError."""
    place = file / NAME if file.is_dir() else file
    try:
        told = json.loads(place.read_text(encoding="utf-8"))
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            raise RecordsError(str(place), f"is not a manifest of format {FORMAT}", "give the manifest.json that was published")
        manifest = _read(told)
    except OSError as error:
        raise RecordsError(str(place), f"cannot be read: {error.strerror}", "give the manifest.json that was published") from None
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        if isinstance(error, RecordsError):
            raise
        raise RecordsError(str(place), f"is not a manifest that can be read: {error!r}", "give it as it was published") from None
    if not manifest.holds:
        raise RecordsError(
            str(place), "its root does not bind its terms and totals: it was altered", "get it from where it was published"
        )
    return manifest


def _read(told: Mapping[str, Any]) -> Manifest:
    assets = tuple(Asset(str(one["asset"]), int(one["scale"])) for one in told["assets"])
    previous = _hash(told["previous_root"]) if told["previous_root"] else bytes(HASH_BYTES)
    terms = Terms(str(told["venue"]), str(told["day"]), int(told["clients"]), previous, assets)
    totals = tuple(units(str(one["total"]), int(one["scale"])) for one in told["assets"])
    return Manifest(terms, _hash(told["top_hash"]), totals, _hash(told["root"]))


def _hash(text: str) -> bytes:
    value = bytes.fromhex(text)
    if len(value) != HASH_BYTES:
        raise ValueError(f"a hash of {len(value)} bytes, not {HASH_BYTES}")
    return value


def quantity(amount: int, scale: int) -> str:
    """Smallest units as a plain decimal number."""
    digits = f"{amount:0{scale + 1}d}"
    return digits if scale == 0 else f"{digits[:-scale]}.{digits[-scale:]}"


def units(text: str, scale: int) -> int:
    """A plain decimal number as smallest units. Raises ValueError where it is none or has more places than the scale."""
    found = re.fullmatch(r"(\d+)(?:\.(\d+))?", text, re.ASCII)
    if found is None:
        raise ValueError(f"'{text}' is not a plain decimal number")
    part = (found[2] or "").rstrip("0")
    if len(part) > scale:
        raise ValueError(f"{text} has more than {scale} decimal places")
    return int(found[1] + part.ljust(scale, "0"))


def written(told: Mapping[str, Any]) -> str:
    """JSON as files of the publication carry it."""
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def split_views(roots: Iterable[tuple[str, str, bytes, str]]) -> list[str]:
    """Where one venue shows two roots for one day: ``roots`` are venue, day, root, and where each was seen."""
    first: dict[tuple[str, str], tuple[bytes, str]] = {}
    told = []
    for venue, day, root, seen in roots:
        known, where = first.setdefault((venue, day), (root, seen))
        if known != root:
            told.append(f"{venue} shows two roots for {day}: {known.hex()} in {where}, {root.hex()} in {seen}")
    return told
