# ruff: noqa: E501 - a sentence stands whole in both languages, so that it can be read and found
"""Notice of the capital adequacy ratio of a month-end, and the notices a fall below the alert calls for."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sekisho.console.filings.fields import Content, Item, Kind, Section, Source
from sekisho.console.filings.kinds.firm import firm, of_the_firm
from sekisho.records import open_records
from sekisho.rulebook.texts import Text
from sekisho.typologies.capital import items_of, ratio, read_stated

_STEP = Decimal("0.000001")


def _fill(source: Source) -> Content:
    filled = {**of_the_firm(source), "notice": "month_end"}
    if source.day is None or source.books is None:
        return filled
    books = open_records(source.books, only=("firm_balance",))
    if "firm_balance" not in books.present:
        return filled
    stated = {day: amounts for day, amounts in read_stated(books).items() if day <= source.day}
    if not stated:
        return filled
    day = max(stated)
    items = items_of(stated[day])
    told = {**filled, "as_of": day.isoformat(), **{name: f"{amount:f}" for name, amount in stated[day].items()}}
    if items is not None:
        free = items.free_capital(Decimal(1))  # FIB 176(1)(vii): supplementary items count up to the basic items.
        told |= {"free_capital": f"{free:f}", "risk": f"{items.risk:f}", "ratio": f"{ratio(free, items.risk):f}"}
    return told


def _check(content: Content) -> Mapping[str, Text]:
    amount = {
        name: Decimal(content[name])
        for name in ("basic_items", "supplementary_items", "deductions", "free_capital", "risk", "ratio")
    }
    parts = sum((Decimal(content[name]) for name in ("market_risk", "counterparty_risk", "basic_risk")), start=Decimal(0))
    counted = min(amount["supplementary_items"], max(amount["basic_items"], Decimal(0)))
    free = amount["basic_items"] + counted - amount["deductions"]
    if amount["risk"] != parts or parts <= 0:
        return {
            "risk": Text(
                "not the sum of the three risks, or nothing is at risk", "三つのリスク相当額の合計と一致しないか、零以下です"
            )
        }
    if amount["free_capital"] != free:
        return {
            "free_capital": Text(
                "basic + counted supplementary items - deductions gives another amount",
                "基本的項目＋補完的項目－控除資産の額と一致しません",
            )
        }
    if abs(amount["ratio"] - ratio(free, parts)) > _STEP:
        return {
            "ratio": Text("free capital over risk gives another ratio", "固定化されていない自己資本の額÷リスク相当額と一致しません")
        }
    low = amount["ratio"] < Decimal("1.4")
    if low and not content.get("plan"):
        return {"plan": Text("below 140 % a plan is attached", "140％を下回る場合は計画書の添付が必要です")}
    return {}


def _yen(name: str, en: str, ja: str, provision: str) -> Item:
    return Item(name=name, title=Text(en, ja), written="yen", provision=provision)


KIND = Kind(
    name="capital-ratio",
    code="CAP",
    title=Text("Notice of the capital adequacy ratio", "自己資本規制比率に関する届出書"),
    to=Text("the Commissioner of the FSA or the local finance bureau", "所管金融庁長官等"),
    form=Text(
        "The articles are those on securities firms, lent to crypto-asset business: that they will apply is known at second hand. The body "
        "of form 15 is not among the texts read.",
        "第一種金融商品取引業者の規定の借用であり、暗号資産に関する業務への適用は二次情報による。別紙様式第15号の本文は未確認。",
    ),
    provision="FIB 179(2)",
    chapter="capital",
    period=True,
    answers=(
        ("capital/adequacy_ratio", "month_end_report"),
        ("capital/adequacy_ratio", "notice_of_fall"),
        ("capital/adequacy_ratio", "daily_report"),
        ("capital/adequacy_ratio", "notice_of_recovery"),
    ),
    fill=_fill,
    check=_check,
    sections=(
        firm("FIB 179(2)", verified=False),
        Section(
            title=Text("The notice", "届出の区分"),
            items=(
                Item(
                    name="notice",
                    title=Text("Which notice", "区分"),
                    written="choice",
                    provision="FIB 179(2)",
                    choices=(
                        ("month_end", Text("month-end ratio, by the 20th", "月末の比率（翌月20日まで）")),
                        ("fall", Text("fall below 140 %", "140％を下回ったとき")),
                        ("daily", Text("daily report below 140 %", "営業日ごとの届出")),
                        ("recovery", Text("recovery", "回復したとき")),
                    ),
                ),
                Item(name="as_of", title=Text("As of", "基準日"), written="day", provision="FIB 179(2)"),
            ),
        ),
        Section(
            title=Text("The sum", "計算"),
            items=(
                _yen("basic_items", "Basic items", "基本的項目", "FIB 176(1)"),
                _yen("supplementary_items", "Supplementary items", "補完的項目", "FIB 176(1)(vii)"),
                _yen("deductions", "Deductions", "控除資産", "FIB 177(1)"),
                _yen("free_capital", "Capital that is not tied up", "固定化されていない自己資本の額", "FIEA 46-6(1)"),
                _yen("market_risk", "Market risk", "市場リスク相当額", "FIB 178(1)(i)"),
                _yen("counterparty_risk", "Counterparty risk", "取引先リスク相当額", "FIB 178(1)(ii)"),
                _yen("basic_risk", "Basic risk", "基礎的リスク相当額", "FIB 178(1)(iii)"),
                _yen("risk", "Risk together", "リスク相当額の合計", "FIB 178(1)"),
                Item(
                    name="ratio",
                    title=Text("Ratio (1.2 is 120 %)", "自己資本規制比率（1.2は120％）"),
                    written="number",
                    provision="FIEA 46-6(1)",
                ),
                Item(
                    name="plan",
                    title=Text("Plan to maintain or restore", "維持又は回復のための計画"),
                    written="words",
                    provision="FIB 179(4)",
                    optional=True,
                ),
            ),
        ),
    ),
)
