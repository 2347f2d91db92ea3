"""What an auditor recomputes: the whole tree from the private files, its balances against the books, the chain of days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sekisho.liabilities.balances import Balances
from sekisho.liabilities.codec import AMOUNT_LIMIT
from sekisho.liabilities.manifest import Manifest, read_manifest, split_views
from sekisho.liabilities.proof import read_proof
from sekisho.liabilities.store import KEY, PRIVATE, open_day
from sekisho.liabilities.tree import Amounts, Tree, rebuilt
from sekisho.liabilities.verify import verify

SAMPLED = 200
"""Clients whose proofs are taken and verified by the other, plain implementation."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked, whether it holds, and what was seen."""

    name: str
    holds: bool
    seen: str


def audit(
    folder: Path,
    books: Balances | None = None,
    published: Sequence[Path] = (),
    previous: Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[Check, ...]:
    """Recomputes everything a day's folder claims. Raises RecordsError where the folder cannot be read at all."""
    manifest, tree = read_manifest(folder), open_day(folder)
    checks = [_order(tree), _ids(tree), _range(tree), _totals(tree, manifest)]
    again = rebuilt(tree, progress)
    checks.append(Check("root", again.root == manifest.root, f"recomputed {again.root.hex()}"))
    checks.append(_stored(tree, again))
    checks.append(_sample(tree, manifest))
    checks.append(_secrets(folder))
    if books is not None:
        checks.append(_books(tree, books))
    if previous is not None:
        checks.append(_chain(manifest, read_manifest(previous)))
    if published:
        seen = [(str(folder), manifest), *((str(place), read_manifest(place)) for place in published)]
        views = split_views((m.terms.venue, m.terms.day, m.root, place) for place, m in seen)
        checks.append(Check("one_view", not views, "; ".join(views) or f"{len(seen)} manifests agree"))
    return tuple(checks)


def _order(tree: Tree) -> Check:
    """Places follow the nonces, so nobody chose who stands where."""
    nonces = np.array([int.from_bytes(tree.nonce(tree.client(at))[:8], "big") for at in _some(tree)], np.uint64)
    rising = bool((tree.prefixes[1:] >= tree.prefixes[:-1]).all()) and bool((nonces == tree.prefixes[_some(tree)]).all())
    return Check(
        "order",
        rising,
        "clients stand in the order of their nonces" if rising else "clients do not stand in the order of their nonces",
    )


def _ids(tree: Tree) -> Check:
    ids = _all_ids(tree)
    distinct = len(ids.unique())
    return Check("unique_ids", distinct == tree.terms.clients, f"{distinct} different ids of {tree.terms.clients} clients")


def _range(tree: Tree) -> Check:
    """Amounts are stored without a sign; a total that wrapped shows as one that is too large."""
    largest = max(tree.balances.totals(), default=0)
    return Check("not_negative", largest < AMOUNT_LIMIT, "no amount below zero, no sum from 2^112 on")


def _totals(tree: Tree, manifest: Manifest) -> Check:
    sums = tree.balances.totals()
    differing = [a.symbol for a, ours, told in zip(manifest.terms.assets, sums, manifest.totals, strict=True) if ours != told]
    return Check(
        "totals", not differing, f"differ in {', '.join(differing)}" if differing else "balances add up to the published totals"
    )


def _stored(tree: Tree, again: Tree) -> Check:
    same = len(tree.levels) == len(again.levels) and all(
        np.array_equal(a, b)
        for ours, theirs in zip(tree.levels, again.levels, strict=False)
        for a, b in ((ours.hashes, theirs.hashes), (ours.low, theirs.low), (ours.high, theirs.high))
    )
    return Check(
        "stored_nodes",
        same,
        "the nodes proofs are taken from are those of the tree" if same else "nodes kept for proofs were altered",
    )


def _sample(tree: Tree, manifest: Manifest) -> Check:
    failed = []
    for at in _some(tree):
        content = tree.proof(int(at)).encoded()
        verdict = verify(content, manifest.root, tree.client(int(at)))
        if not verdict.holds or read_proof(content).balances != tree.balances.row(int(at)):
            failed.append(int(at))
    return Check(
        "sampled_proofs", not failed, f"{len(_some(tree)) - len(failed)} of {len(_some(tree))} proofs verify, hash by hash"
    )


def _secrets(folder: Path) -> Check:
    open_files = [p.name for p in (folder / PRIVATE).iterdir() if p.stat().st_mode & 0o077]
    key = (folder / PRIVATE / KEY).read_bytes()
    leaked = [p.name for p in folder.iterdir() if p.is_file() and key in p.read_bytes()]
    seen = "; ".join([*(f"{name} is readable by others" for name in open_files), *(f"{name} holds the key" for name in leaked)])
    return Check("secrets", not seen, seen or "key and balances are readable by their owner alone and in no public file")


def _books(tree: Tree, books: Balances) -> Check:
    """Every client of the books stands in the tree with his balances, and nobody else."""
    if [a.symbol for a in books.assets] != [a.symbol for a in tree.terms.assets]:
        return Check("books", False, "the books hold other assets than the tree")
    if len(books.ids) != tree.terms.clients:
        return Check("books", False, f"{len(books.ids)} clients in the books, {tree.terms.clients} in the tree")
    places = pc.index_in(books.ids, value_set=_all_ids(tree))
    if places.null_count:
        missing = books.ids[pc.index(pc.is_null(places), True).as_py()]
        return Check("books", False, f"{places.null_count} clients of the books are not in the tree, first '{missing}'")
    order = places.to_numpy().astype(np.int64)
    moved = [
        10 ** (ours.scale - theirs.scale) if ours.scale >= theirs.scale else 0
        for ours, theirs in zip(tree.terms.assets, books.assets, strict=True)
    ]
    same = _same(tree.balances.ordered(order), books.amounts, moved)
    return Check("books", same, "every balance of the books is in the tree" if same else "balances differ from the books")


def _same(ours: Amounts, theirs: Amounts, factors: Sequence[int]) -> bool:
    if all(factor == 1 for factor in factors):
        ours_high = ours.high if len(ours.high) else np.zeros_like(ours.low)
        theirs_high = theirs.high if len(theirs.high) else np.zeros_like(theirs.low)
        return bool(np.array_equal(ours.low, theirs.low) and np.array_equal(ours_high, theirs_high))
    return all(
        ours.row(at) == tuple(amount * factor for amount, factor in zip(theirs.row(at), factors, strict=True))
        for at in range(len(ours.low))
    )


def _chain(manifest: Manifest, before: Manifest) -> Check:
    holds = (
        manifest.terms.previous == before.root
        and manifest.terms.venue == before.terms.venue
        and before.terms.day < manifest.terms.day
    )
    seen = f"follows the root of {before.terms.day}" if holds else f"does not follow the root of {before.terms.day} that was given"
    return Check("chain", holds, seen)


def _some(tree: Tree) -> npt.NDArray[np.int64]:
    return np.unique(np.linspace(0, tree.terms.clients - 1, min(SAMPLED, tree.terms.clients)).astype(np.int64))


def _all_ids(tree: Tree) -> pa.Array:
    offsets, text = (pa.py_buffer(np.ascontiguousarray(part)) for part in (tree.offsets, tree.text))
    return pa.LargeStringArray.from_buffers(tree.terms.clients, offsets, text)
