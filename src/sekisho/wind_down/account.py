"""The account of a wind-down as figures: per asset what is owed, what is there and what each reading of the law gives.

Where the law does not say how to divide, the reading used is named and the other one is shown beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from sekisho.rulebook.texts import Text
from sekisho.typologies.custody import MONEY
from sekisho.typologies.entitlements import Pooled, claimed_and_covered, pooled
from sekisho.typologies.estate import by_holder
from sekisho.wind_down.entitling import KNOWN, PRIORITY, TRUST, Written
from sekisho.wind_down.estate_books import Estate

READINGS: tuple[tuple[str, str, Text], ...] = (
    (
        "asset_by_asset",
        "used",
        Text(
            "A claim to coins of one kind is met from the coins of that kind (PSA 63-19-2 gives the right over all the coins "
            "kept apart and the guarantee; it does not say whether what is left of one kind makes up for another). The other "
            "reading, one pool of all kinds valued in yen, is shown beside it.",
            "暗号資産の種類ごとに弁済するものとした。資金決済法第63条の19の2は対象暗号資産全体を目的とするが、種類をまたいで充当するかは定めていない。全種類を円換算して一体とする読み方の結果も併記する。",
        ),
    ),
    (
        "equal_rank",
        "used",
        Text(
            "Holders of the right share in proportion to what they are owed; the Act names no order among them.",
            "権利者間の順位は法律に定めがなく、債権額に応じた按分とした。",
        ),
    ),
    (
        "valuation_date",
        "open",
        Text(
            "No provision read names the day of valuation for crypto-assets; entitlements asset by asset do not depend on it, "
            "yen values and the pooled reading do. Each day asked for is shown.",
            "暗号資産の評価の基準日を定める条文は確認していない。種類ごとの権利額は基準日によらないが、円換算額と一体とする読み方は基準日による。指定した日ごとに示す。",
        ),
    ),
    (
        "rounding",
        "used",
        Text(
            "Each share is rounded down to the smallest unit; what is left over is shown and given to nobody.",
            "各人の権利額は最小単位未満を切り捨て、端数の残りは誰にも配分せず表示する。",
        ),
    ),
    (
        "ledger",
        "used",
        Text(
            "Claims are what the books say clients are owed; a client who disputes them is not heard here.",
            "債権額は帳簿の残高による。異議のある利用者の主張は反映していない。",
        ),
    ),
    (
        "custodians",
        "used",
        Text(
            "Coins kept by third parties count as there; whether the custodian gives them back is shown, not judged.",
            "第三者に管理を委託した暗号資産も残高に含めた。返還の可否は判断していない。",
        ),
    ),
    (
        "execution",
        "open",
        Text(
            "How the right is exercised is left to an order (PSA 63-19-2(3)); the Enforcement Order read has no such provision.",
            "権利の実行に関し必要な事項は政令に委ねられている（法第63条の19の2第3項）が、施行令に該当する規定は確認できない。",
        ),
    ),
)
"""What the law leaves open: the name, whether a reading was used or the point stays open, and the words."""

LAW: tuple[tuple[str, str, str], ...] = (
    ("PSA", "63-19-2(1)", PRIORITY),
    ("PSA", "63-11-2(1)", PRIORITY),
    ("CAO", "26(1)(xiv)", TRUST),
    ("CAO", "26(1)(xv)", TRUST),
    ("CAO", "23(1)(viii)", "lenders"),
)


def account_of(estate: Estate, written: Written) -> dict[str, Any]:
    """Everything there is to say in figures, ready for JSON: quantities and amounts are exact decimal texts."""
    return {
        "as_of": estate.asked.as_of.isoformat(),
        "clients": written.clients,
        "assets": list(_assets(estate, written)),
        "readings": _readings(estate, written),
        "valuation": [_valued(estate, day) for day in estate.days],
        "losses": [
            {"wallet_id": one.wallet_id, "asset": one.asset, "quantity": text(one.quantity), "note": one.note}
            for one in estate.losses
        ],
        "lenders": _lenders(estate),
        "unclaimed": _unclaimed(written),
        "open_points": [{"name": name, "state": state, "en": words.en, "ja": words.ja} for name, state, words in READINGS],
        "law": [{"document": document, "provision": provision, "about": about} for document, provision, about in LAW],
    }


def text(value: Decimal | None) -> str | None:
    """An exact decimal as plain digits without useless zeros."""
    if value is None:
        return None
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _assets(estate: Estate, written: Written) -> Iterator[dict[str, Any]]:
    sums = {one.asset: one for one in written.assets}
    held = by_holder(estate.seen)
    lost: dict[str, Decimal] = {}
    for one in estate.losses:
        lost[one.asset] = lost.get(one.asset, Decimal(0)) + one.quantity
    for asset, share in estate.shares.items():
        given = sums.get(asset)
        entitlements = given.entitlements if given else Decimal(0)
        quote = estate.quote(asset, estate.days[0])
        yield {
            "asset": asset,
            "basis": TRUST if asset == MONEY else PRIORITY,
            "clients": given.clients if given else 0,
            "owed": text(share.owed),
            "there": text(share.pool),
            "kept_apart": text(sum((q for h, q in held.get(asset, {}).items() if h != "guarantee"), Decimal(0))),
            "guarantee": text(held.get(asset, {}).get("guarantee", Decimal(0))),
            "in_trust": text(estate.principal) if asset == MONEY else None,
            "lost": text(lost.get(asset, Decimal(0))),
            "ratio": text(share.ratio),
            "unit": text(share.unit),
            "entitlements": text(entitlements),
            "shortfall": text(share.short),
            "rest_of_rounding": text(share.payable - entitlements),
            "surplus": text(share.surplus),
            "returned": text(given.returned if given else Decimal(0)),
            "returned_to_accounts_not_owed": text(
                estate.returned.get(asset, Decimal(0)) - (given.returned if given else Decimal(0))
            ),
            "price_jpy": "1" if asset == MONEY else text(quote.price_jpy) if quote else None,
            "price_record": quote.name[1] if quote else None,
        }


def _readings(estate: Estate, written: Written) -> dict[str, Any]:
    both = _pooled(estate, estate.days[0])
    return {
        "valued_on": estate.days[0].isoformat(),
        "not_valued": list(both.not_valued),
        "asset_by_asset_jpy": text(written.per_asset_jpy),
        "pooled_jpy": text(written.pooled_jpy),
        "pooled_ratio": text(both.ratio),
        "clients_better_off_pooled": written.better_pooled,
        "clients_better_off_asset_by_asset": written.better_per_asset,
    }


def _pooled(estate: Estate, day: date) -> Pooled:
    crypto = {asset: share for asset, share in estate.shares.items() if asset != MONEY}
    return pooled(crypto, {asset: estate.price(asset, day) for asset in crypto})


def _valued(estate: Estate, day: date) -> dict[str, Any]:
    """What a day of valuation makes of the same coins."""
    both = _pooled(estate, day)
    rows = []
    for asset, share in estate.shares.items():
        if asset == MONEY:
            continue
        price = estate.price(asset, day)
        owed, covered = claimed_and_covered(share, price)
        rows.append({"asset": asset, "price_jpy": text(price), "owed_jpy": _whole(owed), "covered_jpy": _whole(covered)})
    return {
        "on": day.isoformat(),
        "owed_jpy": _whole(both.owed_jpy),
        "there_jpy": _whole(both.pool_jpy),
        "pooled_ratio": text(both.ratio),
        "not_valued": list(both.not_valued),
        "assets": rows,
    }


def _whole(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.quantize(Decimal(1), rounding=ROUND_FLOOR):f}"


def _lenders(estate: Estate) -> list[dict[str, Any]]:
    """Who lent coins to the firm: named with what is owed, and nothing from what is there for clients."""
    return [
        {
            "loan_id": one.loan_id,
            "party_id": one.party_id,
            "asset": one.asset,
            "quantity": text(one.quantity),
            "due_on": one.due_on.isoformat() if one.due_on else None,
            "entitlement": "0",
        }
        for one in estate.loans
    ]


def _unclaimed(written: Written) -> list[dict[str, Any]]:
    return [
        {
            "standing": one.standing,
            "asset": one.asset,
            "clients": one.clients,
            "claims": text(one.claims),
            "entitlements": text(one.entitlements),
        }
        for one in written.standings
        if one.standing != KNOWN
    ]
