"""The attacks on proofs of liabilities, each tried on Sekisho and, where it has a like, on the logic of OKX's first verifier.

An attack is a cheat by the exchange: it must be seen by the client's verifier, by ``prove`` (which an honest firm runs and an
auditor runs again), or by whoever compares what two clients were shown. ``okx`` is None where that logic has nothing alike.
"""

from __future__ import annotations

import copy
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sekisho.liabilities.balances import read_balances
from sekisho.liabilities.codec import AMOUNT_LIMIT, Asset, Terms, amount_bytes
from sekisho.liabilities.manifest import split_views
from sekisho.liabilities.proof import Proof, computed_root, read_proof
from sekisho.liabilities.tree import Amounts, Tree, build
from sekisho.liabilities.verify import Verdict, verify
from sekisho.records.errors import RecordsError


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether an attack was seen, by which answer, and whether the other logic saw it."""

    attack: str
    seen: bool
    by: str
    okx: bool | None


def attacks(merkle: Path | None) -> Iterator[Outcome]:
    """Every attack. ``merkle`` is the folder of public files; those that need it are left out without it."""
    for attack in (_negative_sibling, _rebalanced, _shared_leaf, _truncated, _overflow, _reordered, _leaf_as_node, _split_view):
        yield attack(_Venue(), merkle)


class _Venue:
    """An exchange of 100 clients with three assets, of whom two hold the same; and OKX's own example proof."""

    def __init__(self) -> None:
        rows = np.random.default_rng(5).integers(1, 10**12, (100, 3)).astype(np.uint64)
        rows[1] = rows[0]
        self.ids = [f"C{k:03d}" for k in range(100)]
        self.rows = rows
        self.tree = self.grown(rows)

    def grown(self, rows: Any, ids: Sequence[str] | None = None, day: str = "2026-11-28") -> Tree:
        assets = tuple(Asset(symbol, 8) for symbol in ("BTC", "ETH", "USDT"))
        terms = Terms("Venue", day, len(rows), bytes(32), assets)
        return build(pa.array(list(ids or self.ids), pa.large_string()), Amounts(rows, rows[:0]), terms, bytes(range(32)))

    def proof(self, client: str) -> Proof:
        index = self.tree.index(client)
        assert index is not None
        return self.tree.proof(index)

    def with_sibling(self, proof: Proof, at: int, sums: Sequence[int]) -> Proof:
        node = proof.siblings[at][0][:32] + amount_bytes(sums), list(sums)
        return replace(proof, siblings=(*proof.siblings[:at], node, *proof.siblings[at + 1 :]))


def _by(verdict: Verdict) -> str:
    return f"{verdict.reason}: {verdict.detail}" if verdict.detail else verdict.reason


def _negative_sibling(venue: _Venue, merkle: Path | None) -> Outcome:
    """A sibling of -100,000 USDT lowers the total; the exchange publishes the root that fits."""
    proof, owed = venue.proof("C010"), 100_000 * 10**8
    _, totals = computed_root(proof)
    assert proof.siblings[-1][1][2] < totals[2] - owed, "the honest side is larger, so that a wrapped sum would come out lower"
    wrapped = venue.with_sibling(proof, len(proof.siblings) - 1, [0, 0, AMOUNT_LIMIT - owed]).encoded()
    longer = wrapped.replace((AMOUNT_LIMIT - owed).to_bytes(14, "big"), ((1 << 120) - owed).to_bytes(15, "big"))
    longer = longer.replace(b"\x00\xe0" + b"\xff", b"\x00\xf0" + b"\xff")
    seen = [verify(content) for content in (wrapped, longer)]
    detected = not any(verdict.holds for verdict in seen) and _refused_negative()
    return Outcome("negative sibling", detected, _by(seen[0]), _okx_sees(merkle, _okx_negative))


def _refused_negative() -> bool:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "balances.csv"
        file.write_text("account_id,asset,quantity\nA,BTC,1\nB,BTC,-1\n", encoding="utf-8")
        return _refused(file)


def _refused(file: Path) -> bool:
    try:
        read_balances(file, date(2026, 11, 28))
    except RecordsError:
        return True
    return False


def _rebalanced(venue: _Venue, merkle: Path | None) -> Outcome:
    """Two clients each see the sum of the other's side lowered: both sides fit under a total that is too small."""
    proof = venue.proof("C010")
    _, totals = computed_root(proof)
    lowered = venue.with_sibling(proof, len(proof.siblings) - 1, [0, 0, 0])
    seen = verify(lowered.encoded(), venue.tree.root)
    within = venue.with_sibling(proof, 0, [a + 1 for a in proof.siblings[0][1]])
    moved = venue.with_sibling(within, 1, [a - 1 for a in proof.siblings[1][1]])
    assert computed_root(moved)[1] == totals, "the total stays"
    kept = verify(moved.encoded(), venue.tree.root)
    return Outcome("child sums rebalanced", not seen.holds and not kept.holds, _by(kept)[:70], _okx_rebalanced())


def _shared_leaf(venue: _Venue, merkle: Path | None) -> Outcome:
    """Two clients with equal balances are given one leaf."""
    proof = venue.proof("C000")
    assert proof.balances == venue.proof("C001").balances
    as_it_is = verify(proof.encoded(), venue.tree.root, client="C001")
    renamed = verify(replace(proof, client="C001").encoded(), venue.tree.root, client="C001")
    twice = _refused_twice()
    return Outcome(
        "shared leaf for equal balances", not as_it_is.holds and not renamed.holds and twice, _by(as_it_is), _okx_shared(merkle)
    )


def _refused_twice() -> bool:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "balances.csv"
        file.write_text("account_id,BTC\nA,1\nA,1\n", encoding="utf-8")
        return _refused(file)


def _truncated(venue: _Venue, merkle: Path | None) -> Outcome:
    """A sibling's hash is cut short, so that other content fits under it."""
    content, proof = venue.proof("C010").encoded(), venue.proof("C010")
    cut = content.replace(proof.siblings[3][0][:32], proof.siblings[3][0][:16])
    zeros = content.replace(proof.siblings[3][0][:32], proof.siblings[3][0][:16] + bytes(16))
    seen = [verify(cut, venue.tree.root), verify(zeros, venue.tree.root), verify(content[:-1], venue.tree.root)]
    return Outcome("truncated hash", not any(v.holds for v in seen), _by(seen[0]), _okx_sees(merkle, _okx_truncated))


def _overflow(venue: _Venue, merkle: Path | None) -> Outcome:
    """Balances are so large that their sum wraps (Summa's file holds 2^112)."""
    proof = venue.proof("C010")
    seen = verify(venue.with_sibling(proof, 0, [AMOUNT_LIMIT - 1] * 3).encoded())
    refused = merkle is None or _refused(merkle / "por_summa" / "csv" / "entry_16_overflow.csv")
    return Outcome("overflow", not seen.holds and refused, _by(seen), None)


def _reordered(venue: _Venue, merkle: Path | None) -> Outcome:
    """Leaves change places, or clients each other's balances (Summa's file with switched order)."""
    proof = venue.proof("C010")
    other = venue.tree.proof(proof.index ^ 1)
    swapped = verify(replace(proof, index=other.index).encoded(), venue.tree.root)
    rows = venue.rows.copy()
    rows[[10, 11]] = rows[[11, 10]]
    exchanged = venue.grown(rows)
    index = exchanged.index("C010")
    assert index is not None
    shown = verify(exchanged.proof(index).encoded(), venue.tree.root)
    summa = merkle is None or _summa_switched(merkle / "por_summa" / "csv")
    return Outcome(
        "reordered leaves", not swapped.holds and not shown.holds and summa, _by(swapped)[:70], _okx_sees(merkle, _okx_reordered)
    )


def _summa_switched(folder: Path) -> bool:
    """Every client whose balance the switched file changes is told; the order of rows alone changes nothing."""
    honest, switched = (read_balances(folder / f"entry_16{name}.csv", date(2026, 11, 28)) for name in ("", "_switched_order"))
    roots = []
    for books in (honest, switched):
        terms = Terms("Summa", "2026-11-28", len(books.ids), bytes(32), books.assets)
        roots.append(build(books.ids, books.amounts, terms, bytes(32)))
    cheated = 0
    for row, client in enumerate(honest.ids.to_pylist()):
        expected = {a.symbol: str(n) for a, n in zip(honest.assets, honest.amounts.row(row), strict=True)}
        index = roots[1].index(client)
        assert index is not None
        verdict = verify(roots[1].proof(index).encoded(), roots[1].root, client, expected)
        same = switched.amounts.row(switched.ids.to_pylist().index(client)) == honest.amounts.row(row)
        cheated += not same
        if verdict.holds != same:
            return False
    return cheated > 0


def _leaf_as_node(venue: _Venue, merkle: Path | None) -> Outcome:
    """An inner node is passed off as a client, or a leaf as an inner node, by a way of another length."""
    proof = venue.proof("C010")
    shorter = replace(proof, terms=replace(proof.terms, clients=41), index=0)
    seen = []
    for count in (len(proof.siblings) - 1, len(proof.siblings) + 1):
        cut = replace(shorter, siblings=(proof.siblings * 2)[:count])
        seen.append(verify(cut.encoded(), venue.tree.root))
    # A leaf whose preimage is that of an inner node, in all but the first byte.
    left, right = (amount_bytes(share) for share in proof.shares)
    inner = hashlib.sha256(b"\x00" + bytes(32) + left + bytes(32) + right).digest()
    node = inner + amount_bytes(proof.balances), list(proof.balances)
    forged = replace(proof, siblings=(node, *proof.siblings[1:]))
    seen.append(verify(forged.encoded(), venue.tree.root))
    seen.append(verify(replace(proof, shares=(proof.shares[1], proof.shares[0])).encoded(), venue.tree.root))
    return Outcome("leaf passed as node", not any(v.holds for v in seen), _by(seen[0]), _okx_sees(merkle, _okx_node_as_leaf))


def _split_view(venue: _Venue, merkle: Path | None) -> Outcome:
    """Two clients are shown two trees: each leaves out the other."""
    views = []
    for left_out, client in ((20, "C010"), (10, "C020")):
        kept = [k for k in range(100) if k != left_out]
        tree = venue.grown(venue.rows[kept], [venue.ids[k] for k in kept])
        index = tree.index(client)
        assert index is not None
        views.append((tree, read_proof(tree.proof(index).encoded())))
    told = split_views((p.terms.venue, p.terms.day, computed_root(p)[0], p.client) for _, p in views)
    against = verify(views[1][1].encoded(), views[0][0].root)
    alone = verify(views[0][1].encoded(), views[0][0].root)
    return Outcome("split view", bool(told) and not against.holds and alone.holds, told[0][:70], _okx_split())


# OKX's first verifier, its logic alone: hashes and sums are recomputed and compared with the root inside the same file.

_ASSETS = ("BTC", "ETH", "USDT")


def okx_v1_accepts(proof: dict[str, Any]) -> bool:
    """Whether that logic accepts a proof file. Balances must be numbers; nothing asks for their sign or the hashes' length."""
    own, path = proof["self"], proof["path"]
    balances = {asset: Decimal(own["balances"][asset]) for asset in _ASSETS}
    written = ",".join(f'"{asset}":"{own["balances"][asset]}"' for asset in _ASSETS)
    if hashlib.sha256(f"{own['nonce']}{{{written}}}".encode()).hexdigest() != own["hash"] or path[0]["type"] == own["type"]:
        return False
    hashed = own["hash"]
    for height, sibling in enumerate(path[:-1], 2):
        on_the_left = sibling["type"] == 1
        balances = {asset: _cut(balances[asset] + Decimal(sibling["balances"][asset])) for asset in _ASSETS}
        left, right = (sibling["hash"], hashed) if on_the_left else (hashed, sibling["hash"])
        hashed = okx_v1_node(left, right, balances, height if sibling is path[0] else sibling["height"] + 1)
    top = path[-1]
    return hashed == top["hash"] and all(_text(balances[asset]) == top["balances"][asset] for asset in _ASSETS)


def okx_v1_node(left: str, right: str, balances: dict[str, Decimal], height: int) -> str:
    """The hash of a node there: both hashes as text, the sums, the height; the children's own sums are not in it."""
    return hashlib.sha256((left + right + "".join(_text(balances[a]) for a in _ASSETS) + str(height)).encode()).hexdigest()


def _cut(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("1e-8"), ROUND_DOWN)


def _text(amount: Decimal) -> str:
    text = f"{amount:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def _okx_sees(merkle: Path | None, cheat: Callable[[dict[str, Any]], None]) -> bool | None:
    """Whether that logic refuses its own example after a cheat whose root was recomputed."""
    if merkle is None:
        return None
    proof = json.loads((merkle / "por_okx" / "merkle_proof_file.json").read_text(encoding="utf-8"))
    assert okx_v1_accepts(proof), "the example is accepted as it is"
    cheated = copy.deepcopy(proof)
    cheat(cheated)
    return not okx_v1_accepts(cheated)


def _okx_negative(proof: dict[str, Any]) -> None:
    proof["path"][5]["balances"]["USDT"] = "-1000000"
    _okx_new_root(proof)


def _okx_truncated(proof: dict[str, Any]) -> None:
    proof["path"][5]["hash"] = proof["path"][5]["hash"][:8]
    _okx_new_root(proof)


def _okx_reordered(proof: dict[str, Any]) -> None:
    proof["path"][5]["type"] = 3 - proof["path"][5]["type"]


def _okx_node_as_leaf(proof: dict[str, Any]) -> None:
    """The client's parent takes his place."""
    own, sibling = proof["self"], proof["path"][0]
    sums = {a: _cut(Decimal(own["balances"][a]) + Decimal(sibling["balances"][a])) for a in _ASSETS}
    pair = (sibling["hash"], own["hash"]) if sibling["type"] == 1 else (own["hash"], sibling["hash"])
    own["hash"], own["balances"] = okx_v1_node(*pair, sums, 2), {a: _text(sums[a]) for a in _ASSETS}
    own["nonce"], own["type"] = pair[0] + pair[1], 3 - proof["path"][1]["type"]
    del proof["path"][0]


def _okx_new_root(proof: dict[str, Any]) -> None:
    own, top = proof["self"], proof["path"][-1]
    balances, hashed = {a: Decimal(own["balances"][a]) for a in _ASSETS}, own["hash"]
    for height, sibling in enumerate(proof["path"][:-1], 2):
        balances = {a: _cut(balances[a] + Decimal(sibling["balances"][a])) for a in _ASSETS}
        pair = (sibling["hash"], hashed) if sibling["type"] == 1 else (hashed, sibling["hash"])
        hashed = okx_v1_node(*pair, balances, height if sibling is proof["path"][0] else sibling["height"] + 1)
    top["hash"], top["balances"] = hashed, {a: _text(balances[a]) for a in _ASSETS}


def _okx_leaf(nonce: str, usdt: str, kind: int) -> dict[str, Any]:
    balances = {"BTC": "0", "ETH": "0", "USDT": usdt}
    written = ",".join(f'"{a}":"{balances[a]}"' for a in _ASSETS)
    hashed = hashlib.sha256(f"{nonce}{{{written}}}".encode()).hexdigest()
    return {"nonce": nonce, "balances": balances, "hash": hashed, "type": kind, "height": 1}


def _okx_rebalanced() -> bool:
    """100 and 50 are owed; both clients accept a total of 100 under one root."""
    first, second = _okx_leaf("a", "100", 1), _okx_leaf("b", "50", 2)
    total = {"BTC": Decimal(0), "ETH": Decimal(0), "USDT": Decimal(100)}
    top = {
        "hash": okx_v1_node(first["hash"], second["hash"], total, 2),
        "balances": {a: _text(total[a]) for a in _ASSETS},
        "type": 1,
        "height": 2,
    }
    shown = []
    for own, other in ((first, second), (second, first)):
        rest = {"BTC": "0", "ETH": "0", "USDT": str(100 - int(own["balances"]["USDT"]))}
        shown.append({"self": own, "path": [{**other, "balances": rest}, top]})
    return not all(okx_v1_accepts(proof) for proof in shown)


def _okx_split() -> bool:
    """Each of two clients is shown a tree of his own, with nobody else in it: nothing outside the file is asked for."""
    nobody = _okx_leaf("c", "0", 2)
    shown = []
    for own in (_okx_leaf("a", "100", 1), _okx_leaf("b", "50", 1)):
        proof = {"self": own, "path": [nobody, {"hash": "", "balances": {}, "type": 1, "height": 2}]}
        _okx_new_root(proof)
        shown.append(proof)
    return not all(okx_v1_accepts(proof) for proof in shown)


def _okx_shared(merkle: Path | None) -> bool | None:
    """The leaf there holds a nonce and balances, no client: one file serves everybody who holds as much."""
    return _okx_sees(merkle, lambda proof: None)
