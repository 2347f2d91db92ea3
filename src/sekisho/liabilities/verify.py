"""What a client's proof shows, and why it fails where it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sekisho.liabilities.codec import MalformedError
from sekisho.liabilities.manifest import quantity, units
from sekisho.liabilities.proof import Proof, computed_root, read_proof


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reason`` is a key of REASONS; ``proof`` and the computed ``root`` and ``totals`` are there as far as it could be read."""

    holds: bool
    reason: str
    detail: str = ""
    proof: Proof | None = None
    root: bytes | None = None
    totals: tuple[int, ...] = ()


REASONS: Mapping[str, tuple[str, str]] = {
    "counted": ("your balance is counted under the published root", "あなたの残高は公表されたルートに含まれています"),
    "not_compared": (
        "the proof is whole, but it was not compared with a published root: give --root",
        "証明は整合していますが、公表されたルートと照合していません（--root を指定）",
    ),
    "malformed": ("the file is not a proof as it was issued", "発行された形の証明ファイルではありません"),
    "out_of_range": (
        "a sum leaves the range 0 to 2^112: liabilities could be hidden",
        "合計が 0 から 2^112 の範囲を外れています（負債を隠せます）",
    ),
    "other_root": (
        "the proof leads to another root than the published one: balance, path, order or terms were altered, "
        "or you are shown another tree",
        "証明は公表されたものと別のルートに至ります（残高・経路・順序・条件の改変、または別の木の提示）",
    ),
    "other_client": ("the proof is about another client id", "証明は別の顧客 ID のものです"),
    "other_balance": ("the balance counted is not the one you expect", "含まれている残高が想定と異なります"),
}
"""What a verdict says, in English and Japanese."""


def verify(
    content: bytes, root: bytes | None = None, client: str | None = None, expected: Mapping[str, str] | None = None
) -> Verdict:
    """Checks a proof file against the published root, the client's own id, and balances he expects (decimal text by asset)."""
    try:
        proof = read_proof(content)
    except MalformedError as error:
        return Verdict(False, "malformed", str(error))
    try:
        found, sums = computed_root(proof)
    except OverflowError as error:
        return Verdict(False, "out_of_range", str(error), proof)
    totals = tuple(sums)
    if root is not None and found != root:
        return Verdict(False, "other_root", f"computed {found.hex()}, published {root.hex()}", proof, found, totals)
    if client is not None and client != proof.client:
        return Verdict(False, "other_client", f"'{proof.client}', not '{client}'", proof, found, totals)
    differing = _differing(proof, expected or {})
    if differing:
        return Verdict(False, "other_balance", differing, proof, found, totals)
    return Verdict(True, "counted" if root is not None else "not_compared", "", proof, found, totals)


def _differing(proof: Proof, expected: Mapping[str, str]) -> str:
    held = {asset.symbol: (amount, asset.scale) for asset, amount in zip(proof.terms.assets, proof.balances, strict=True)}
    for symbol, text in expected.items():
        amount, scale = held.get(symbol, (0, 0))
        try:
            same = units(text, scale) == amount
        except (ValueError, ArithmeticError):
            same = False
        if not same:
            return f"{symbol} {quantity(amount, scale)}, not {text}"
    return ""


def as_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict as programs read it."""
    told: dict[str, Any] = {
        "holds": verdict.holds,
        "reason": verdict.reason,
        "said": dict(zip(("en", "ja"), REASONS[verdict.reason], strict=True)),
    }
    told["detail"] = verdict.detail
    if verdict.proof is not None:
        terms = verdict.proof.terms
        told |= {"venue": terms.venue, "day": terms.day, "clients": terms.clients, "client": verdict.proof.client}
        told["balances"] = {a.symbol: quantity(b, a.scale) for a, b in zip(terms.assets, verdict.proof.balances, strict=True)}
        told["totals"] = {a.symbol: quantity(b, a.scale) for a, b in zip(terms.assets, verdict.totals, strict=False)}
        told["previous_root"] = terms.previous.hex() if any(terms.previous) else None
    told["root"] = verdict.root.hex() if verdict.root else None
    return told
