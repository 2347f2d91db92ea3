"""What the quarterly report on customers' property needs (CAO 38): filled where the records hold it, named where not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sekisho.custody.certificate import Asked, Certified, certify, exact, shortfall
from sekisho.custody.day import COLD, GUARANTEE, RECONCILIATION, TRUST
from sekisho.rulebook import Undetermined
from sekisho.typologies.business_days import BusinessDays, days, month_end, months_end_on
from sekisho.typologies.custody import Owed, read_chain, read_ledger, read_money, read_owed
from sekisho.typologies.ledger_gap import is_customers
from sekisho.typologies.valuation import EXACT, Cutoff, read_prices, starts_at, total

if TYPE_CHECKING:
    from sekisho.engine.run import RuleRun
    from sekisho.records import Records
    from sekisho.rulebook import Parameters, Rulebook

REPORT = "client_assets/property_report"
_DAY = timedelta(days=1)
_ATTACHMENTS = (
    ("38(2)(i)", "balance sheet and profit-and-loss statement of the period", "対象期間に係る貸借対照表及び損益計算書", None),
    ("38(2)(ii)", "the trustee's certificate of the balance", "信託会社等が発行する残高証明書", "money_trust"),
    ("38(2)(iii)", "proof of the customers' crypto-asset balances", "利用者の暗号資産の残高を証明するもの", "wallet_balance"),
    ("38(2)(iv)", "proof of the guarantee crypto-asset balances", "履行保証暗号資産の残高を証明するもの", "wallet_balance"),
    ("38(2)(v)", "the latest segregation audit's report", "分別管理監査の直近の報告書の写し", None),
    ("38(2)(vi)", "the latest audit's report on guarantee assets", "履行保証暗号資産分別管理監査の直近の報告書の写し", None),
)
_HELD_EN = {
    "38(2)(i)": "not in the records; firm_balance states net assets and capital only",
    "38(2)(ii)": "the certificate itself is the trustee's; the principal on record is here to compare",
    "38(2)(iii)": "wallet by wallet under 'wallets'; a print-out of the explorer or node goes with it",
    "38(2)(iv)": "wallet by wallet under 'wallets', holder 'guarantee'",
    "38(2)(v)": "not in the tables this command reads",
    "38(2)(vi)": "not in the tables this command reads",
}
_HELD_JA = {
    "38(2)(i)": "記録にない（純資産額及び資本金の額のみ）",
    "38(2)(ii)": "証明書は受託者が発行する。記録上の元本額を照合用に示す",
    "38(2)(iii)": "ウォレット別残高（wallets）。ノード等の出力を添付する",
    "38(2)(iv)": "ウォレット別残高（wallets、履行保証分）",
    "38(2)(v)": "本コマンドが読む記録にない",
    "38(2)(vi)": "本コマンドが読む記録にない",
}
_NOT_FILLED_EN = (
    "the boxes of form 13: its body is not in the text read, so no figure is assigned to one",
    "name, registration number and address of the exchange",
    "reasons for strong changes and what is expected of them (G16 Ⅲ-2-2(2)①)",
)
_NOT_FILLED_JA = (
    "別紙様式第13号の各欄（本文未確認のため対応付けなし）",
    "暗号資産交換業者の商号、登録番号及び所在地",
    "著しい変動の理由及び見込み（事務ガイドラインⅢ-2-2(2)①）",
)


@dataclass(frozen=True, slots=True)
class Quarter:
    """Three months of the business year, first and last day, and the days by which report and statements are filed."""

    first: date
    last: date
    report_due_on: date
    statements_due_on: date


def quarter_of(p: Parameters, day: date) -> Quarter:
    """The period in which a day lies. Raises Undetermined where the regime knows no period."""
    end = month_end(day)
    while (end.month - p.business_year_end_month) % p.quarter_months:
        end = month_end(end + _DAY)
    first = end.replace(day=1)
    for _month in range(p.quarter_months - 1):
        first = (first - _DAY).replace(day=1)
    return Quarter(first, end, months_end_on(end, p.report_months), months_end_on(end, p.statements_months))


def property_report(rulebook: Rulebook, records: Records, asked: Asked, day: date) -> dict[str, Any]:
    """The figures of the period in which ``day`` lies, as far as the books reach into it; see docs/custody.md."""
    regime, law_day = rulebook.regime_on(asked.regime, day)
    rule = rulebook[REPORT]
    assumed = rulebook.assumptions(asked.assume).get(REPORT, {})
    if rule.holding(regime, law_day) is None:
        return {"rule": REPORT, "state": "not_in_regime", "why": f"{REPORT} does not hold under {regime}"}
    try:
        quarter = quarter_of(rule.parameters_in(regime, law_day, day, assumed), day)
    except Undetermined as undetermined:
        return {"rule": REPORT, "state": "undetermined", "why": str(undetermined)}
    ledger_days = [each for each in read_owed(records) if quarter.first <= each <= quarter.last]
    if not ledger_days:
        return {"rule": REPORT, "state": "not_inspected", "why": f"no customer_balance from {quarter.first} to {quarter.last}"}
    at_end = certify(rulebook, records, replace(asked, day=max(ledger_days), days_shown=(quarter.last - quarter.first).days + 1))
    return _told(records, at_end, quarter, regime)


def _told(records: Records, at_end: Certified, quarter: Quarter, regime: str) -> dict[str, Any]:
    end, told = at_end.day.day, at_end.told
    known = at_end.inspection.records
    over = [row for row in told["hot_share"]["over_time"] if quarter.first.isoformat() <= row["day"]]
    worst = max(over, key=lambda row: Decimal(row["share"]), default=None)
    open_days = BusinessDays().between(quarter.first, min(quarter.last, end))
    owed = read_owed(known)
    return {
        "rule": REPORT,
        "state": "ran",
        "regime": regime,
        "form": "別紙様式第13号 (CAO 38(1))",
        "from": quarter.first.isoformat(),
        "until": quarter.last.isoformat(),
        "report_due_on": quarter.report_due_on.isoformat(),
        "statements_due_on": quarter.statements_due_on.isoformat(),
        "figures_of": end.isoformat(),
        "whole": end == quarter.last,
        "business_days": len(open_days),
        "business_days_without_ledger": [day.isoformat() for day in open_days if day not in owed],
        "money": {**_money(known, quarter), "at_end": told["money"]},
        "assets": [_asset(row, owed, quarter, end) | _changes(row, at_end, known, quarter) for row in told["assets"]],
        "wallets": [
            {"asset": row["asset"], "tier": h["tier"], "holder": h["holder"], "custodian": h["custodian"], **wallet}
            for row in told["assets"]
            for h in row["holdings"]
            for wallet in h["wallets"]
        ],
        "hot_share": {
            "at_end": told["hot_share"]["share"],
            "highest": worst["share"] if worst else None,
            "highest_on": worst["day"] if worst else None,
            "days_above_max": None if told["hot_share"]["share_max"] is None else sum(bool(row["above_max"]) for row in over),
        },
        "reconciliation": _reconciled(at_end, known, quarter),
        "capital": told["capital"],
        "shortfalls": [
            {key: value for key, value in shortfall(run, found).items() if key != "evidence"}
            for run in at_end.inspection.runs
            for found in run.found
            if run.rule.path in (TRUST, RECONCILIATION, COLD, GUARANTEE) and found.window_until > starts_at(quarter.first)
        ],
        "attachments": [
            {
                "provision": f"CAO {provision}",
                "what_en": en,
                "what_ja": ja,
                "records_hold_en": _HELD_EN[provision] if table is None or table in records.present else "not in the records",
                "records_hold_ja": _HELD_JA[provision] if table is None or table in records.present else "記録にない",
            }
            for provision, en, ja, table in _ATTACHMENTS
        ],
        "not_filled": [{"en": en, "ja": ja} for en, ja in zip(_NOT_FILLED_EN, _NOT_FILLED_JA, strict=True)],
    }


def _money(known: Records, quarter: Quarter) -> dict[str, Any]:
    of_quarter = {day: amount for day, amount in read_money(known).items() if quarter.first <= day <= quarter.last}
    if not of_quarter:
        return {"highest_jpy": None, "highest_on": None, "lowest_jpy": None, "lowest_on": None, "days": 0}
    highest = max(of_quarter, key=lambda day: (of_quarter[day], -day.toordinal()))
    lowest = min(of_quarter, key=lambda day: (of_quarter[day], day))
    return {
        "highest_jpy": exact(of_quarter[highest]),
        "highest_on": highest.isoformat(),
        "lowest_jpy": exact(of_quarter[lowest]),
        "lowest_on": lowest.isoformat(),
        "days": len(of_quarter),
    }


def _asset(row: dict[str, Any], owed: Mapping[date, Mapping[str, Owed]], quarter: Quarter, end: date) -> dict[str, Any]:
    """The period's end of one asset, kept by the firm itself and by third parties, hot and cold."""
    own = [h for h in row["holdings"] if h["holder"] == "customer"]
    third = [h for h in row["holdings"] if h["holder"] == "third_party"]
    of_quarter = [owed[day][row["asset"]].quantity for day in owed if quarter.first <= day <= end and row["asset"] in owed[day]]

    def held(holdings: list[dict[str, Any]], cold: bool) -> Any:
        return exact(total(Decimal(h["quantity"]) for h in holdings if h["counts_as_cold"] is cold))

    return {
        "asset": row["asset"],
        "owed": row["owed"],
        "owed_jpy": row["owed_jpy"],
        "price_jpy": row["price_jpy"],
        "customers": row["customers"],
        "self_managed_cold": held(own, True),
        "self_managed_not_cold": held(own, False),
        "third_party_cold": held(third, True),
        "third_party_not_cold": held(third, False),
        "guarantee_required": row["guarantee_required"],
        "guarantee_cold": row["guarantee_cold"],
        "highest_owed": exact(max(of_quarter, default=None)),
        "lowest_owed": exact(min(of_quarter, default=None)),
    }


def _changes(row: dict[str, Any], at_end: Certified, known: Records, quarter: Quarter) -> dict[str, Any]:
    """Against the last day of the ledger before the period, or its first day: quantity and yen value (G16 Ⅲ-2-2(2)①)."""
    ledger = read_ledger(known)
    start = max((day for day in ledger if day < quarter.first), default=min(ledger))
    p = _parameters_of(at_end.run(COLD))
    prices = read_prices(known, Cutoff.parse(p.cutoff), p.price_source, timedelta(seconds=int(p.price_age_seconds_max)))
    before = ledger[start].get(row["asset"], Decimal(0))
    value, value_now = prices.value(row["asset"], before, start), row["owed_jpy"]
    return {
        "compared_with": start.isoformat(),
        "owed_before": exact(before),
        "owed_change": exact(EXACT.subtract(Decimal(row["owed"]), before)),
        "owed_jpy_before": exact(value),
        "owed_jpy_change": None if value is None or value_now is None else exact(EXACT.subtract(Decimal(value_now), value)),
    }


def _reconciled(at_end: Certified, known: Records, quarter: Quarter) -> dict[str, Any]:
    """Business days of the period on which every asset owed was looked at in a customers' wallet, and those on which not."""
    if not {"wallet", "wallet_balance"} <= known.present:
        return {"business_days": None, "not_reconciled": None}
    p, ledger = _parameters_of(at_end.run(RECONCILIATION)), read_ledger(known)
    chain = read_chain(known, Cutoff.parse(p.cutoff))
    calendar = BusinessDays()
    tested = [day for day in days(quarter.first, at_end.day.day) if calendar.is_open(day) and day in ledger]
    missed = {
        day.isoformat(): sorted({a for a, owed in ledger[day].items() if owed > 0} - chain.observed_on(day, is_customers))
        for day in tested
    }
    missed = {day: assets for day, assets in missed.items() if assets}
    return {"business_days": len(tested), "not_reconciled": [{"day": day, "assets": assets} for day, assets in missed.items()]}


def _parameters_of(run: RuleRun) -> Parameters:
    return run.parameters or run.rule.parameters_in(run.judged.regime, run.judged.law_day, run.judged.as_of, {})
