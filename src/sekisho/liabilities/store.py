"""The folder of one day: what is published, and apart from it, readable by its owner alone, what proofs are taken from."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sekisho.liabilities.manifest import NAME, Manifest, as_json, manifest_of, read_manifest, written
from sekisho.liabilities.tree import Amounts, Level, Tree
from sekisho.records.errors import RecordsError

PRIVATE = "private"
KEY = "tree.key"
PAGE = "verify.html"
_ARRAYS = ("prefixes", "text", "offsets", "low", "high", "level_sizes", "level_hashes", "level_low", "level_high")


def write_day(tree: Tree, out: Path, more: Mapping[str, str]) -> Manifest:
    """Writes the folder whole or not at all; ``more`` are further public files. Raises RecordsError where one is there."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RecordsError(str(out), "is there already", "a day is written once and then served: give a new folder with --out")
    manifest = manifest_of(tree)
    part = out.with_name(f".{out.name}.partial")
    if part.exists():
        shutil.rmtree(part)
    try:
        part.mkdir(parents=True)
        (part / NAME).write_text(written(as_json(manifest)), encoding="utf-8")
        (part / PAGE).write_bytes((files("sekisho.liabilities") / "page" / PAGE).read_bytes())
        for name, text in more.items():
            (part / name).write_text(text, encoding="utf-8")
        _write_private(tree, part / PRIVATE)
        if out.exists():
            out.rmdir()
        part.rename(out)
    except OSError as error:
        raise RecordsError(str(out), f"cannot be written: {error.strerror}", "give another folder with --out") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


def open_day(out: Path) -> Tree:
    """The tree of a folder, its arrays mapped from the files. Raises RecordsError."""
    manifest, private = read_manifest(out), out / PRIVATE
    try:
        key = bytes.fromhex((private / KEY).read_text(encoding="ascii"))
        arrays = {name: np.load(private / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _ARRAYS}
    except (OSError, ValueError) as error:
        raise RecordsError(
            str(private), f"cannot be read: {error}", "proofs are taken from the folder that prove wrote, whole"
        ) from None
    ends = np.cumsum(arrays["level_sizes"])
    levels = tuple(
        Level(*(arrays[f"level_{what}"][end - size : end] for what in ("hashes", "low", "high")))
        for size, end in zip(arrays["level_sizes"], ends, strict=True)
    )
    balances = Amounts(arrays["low"], arrays["high"])
    return Tree(manifest.terms, manifest.totals, key, arrays["prefixes"], arrays["text"], arrays["offsets"], balances, levels)


def write_private(file: Path, content: bytes) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    part = file.with_name(f".{file.name}.partial")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:  # noqa: PTH123 - born unreadable to others
        stream.write(content)
    part.rename(file)


def _write_private(tree: Tree, private: Path) -> None:
    private.mkdir(mode=0o700)
    write_private(private / KEY, tree.key.hex().encode("ascii"))
    levels = tree.levels
    arrays: dict[str, npt.NDArray[Any]] = {
        "prefixes": tree.prefixes,
        "text": tree.text,
        "offsets": tree.offsets,
        "low": tree.balances.low,
        "high": tree.balances.high,
        "level_sizes": np.array([len(level.hashes) for level in levels], np.int64),
        "level_hashes": np.concatenate([level.hashes for level in levels]),
        "level_low": np.concatenate([level.low for level in levels]),
        "level_high": np.concatenate([level.high for level in levels]),
    }
    for name, array in arrays.items():
        file = private / f"{name}.npy"
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:  # noqa: PTH123 - born unreadable to others
            np.save(stream, array, allow_pickle=False)
