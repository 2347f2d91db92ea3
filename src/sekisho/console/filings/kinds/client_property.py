# ruff: noqa: E501 - a sentence stands whole in both languages, so that it can be read and found
"""Quarterly report on clients' property, with the figures the books give (``sekisho custody --quarter``)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sekisho.console.desk.sentences import sentence
from sekisho.console.desk.words_of_law import NOT_RUN
from sekisho.console.filings.fields import Content, Item, Kind, Section, Source
from sekisho.console.filings.kinds.firm import firm, of_the_firm
from sekisho.custody.as_known import TABLES
from sekisho.custody.certificate import Asked
from sekisho.custody.property_report import property_report
from sekisho.records import open_records
from sekisho.rulebook import load_rulebook
from sekisho.rulebook.texts import Text

_ASSETS = (
    Item(name="asset", title=Text("Asset", "暗号資産"), provision="CAO 38(1)"),
    Item(name="owed", title=Text("Clients' quantity", "利用者の数量"), written="number", provision="PSA 63-14(2)"),
    Item(name="owed_jpy", title=Text("JPY", "円換算額"), written="yen", verified=False, optional=True),
    Item(
        name="self_managed_cold",
        title=Text("Own custody, cold", "自己管理（コールド）"),
        written="number",
        provision="CAO 38(2)(iii)",
        optional=True,
    ),
    Item(
        name="self_managed_not_cold",
        title=Text("Own custody, not cold", "自己管理（コールド以外）"),
        written="number",
        provision="CAO 38(2)(iii)",
        optional=True,
    ),
    Item(
        name="third_party_cold",
        title=Text("Third party, cold", "第三者管理（コールド）"),
        written="number",
        provision="CAO 38(2)(iii)",
        optional=True,
    ),
    Item(
        name="third_party_not_cold",
        title=Text("Third party, not cold", "第三者管理（コールド以外）"),
        written="number",
        provision="CAO 38(2)(iii)",
        optional=True,
    ),
    Item(
        name="guarantee_required",
        title=Text("Guarantee required", "履行保証暗号資産（要保有）"),
        written="number",
        provision="CAO 38(2)(iv)",
        optional=True,
    ),
    Item(
        name="guarantee_cold",
        title=Text("Guarantee held", "履行保証暗号資産（保有）"),
        written="number",
        provision="CAO 38(2)(iv)",
        optional=True,
    ),
)
_ATTACHED = (
    Item(name="provision", title=Text("Provision", "根拠"), provision="CAO 38(2)"),
    Item(name="what", title=Text("Document", "書類"), provision="CAO 38(2)"),
    Item(name="where", title=Text("Attached, or why not", "添付の有無・理由"), provision="CAO 38(2)"),
)


def _fill(source: Source) -> Content:
    filled = of_the_firm(source)
    if source.day is None or source.books is None:
        return filled
    told = property_report(load_rulebook(), open_records(source.books, only=TABLES), Asked(), source.day)
    if told["state"] != "ran":
        return {**filled, "remarks": f"{NOT_RUN.get(told['state'], told['state'])}: {sentence(told['why'])}"}
    money = told["money"]
    return {
        **filled,
        "period_from": told["from"],
        "period_until": told["until"],
        "figures_of": told["figures_of"],
        "money_at_end": _plain(money["at_end"]["owed_jpy"]),
        "money_highest": _plain(money["highest_jpy"]),
        "money_lowest": _plain(money["lowest_jpy"]),
        "hot_share_highest": _plain(told["hot_share"]["highest"]),
        "days_not_reconciled": _plain(
            None if told["reconciliation"]["not_reconciled"] is None else len(told["reconciliation"]["not_reconciled"])
        ),
        "assets": [{item.name: _plain(row.get(item.name)) for item in _ASSETS} for row in told["assets"]],
        "attachments": [
            {"provision": each["provision"], "what": f"{each['what_ja']} / {each['what_en']}", "where": each["records_hold_ja"]}
            for each in told["attachments"]
        ],
        "changes": "",
        "remarks": "" if told["whole"] else f"帳簿は{told['figures_of']}まで / the books end on {told['figures_of']}",
    }


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _check(content: Content) -> Mapping[str, Text]:
    first, last = (date.fromisoformat(content[name]) for name in ("period_from", "period_until"))
    if first > last:
        return {"period_until": Text("this is before the first day", "始期より前です")}
    if date.fromisoformat(content["figures_of"]) != last:
        return {
            "figures_of": Text(
                "the figures are not those of the last day of the period", "数値が対象期間の末日のものではありません"
            )
        }
    return {}


KIND = Kind(
    name="client-property",
    code="CPR",
    title=Text("Report on the management of clients' property", "利用者財産の管理に関する報告書"),
    to=Text("the Commissioner of the FSA through the local finance bureau", "金融庁長官（財務局長経由）"),
    form=Text(
        "Form 13 of the Order: its body is not among the texts read, so no figure is assigned to a box of it; enter the content there.",
        "府令別紙様式第13号：本文は未確認のため各欄との対応はなく、内容を転記すること。",
    ),
    provision="PSA 63-14(2)",
    chapter="client_assets",
    period=True,
    answers=(("client_assets/property_report", "property_report"),),
    fill=_fill,
    check=_check,
    sections=(
        firm("CAO 38(1)", verified=False),
        Section(
            title=Text("Period", "対象期間"),
            items=(
                Item(name="period_from", title=Text("From", "始期"), written="day", provision="CAO 38(1)"),
                Item(name="period_until", title=Text("Until", "終期"), written="day", provision="CAO 38(1)"),
                Item(name="figures_of", title=Text("Figures as of", "数値の基準日"), written="day", provision="CAO 38(1)"),
            ),
        ),
        Section(
            title=Text("Clients' money", "利用者の金銭"),
            items=(
                Item(
                    name="money_at_end", title=Text("At the end (JPY)", "期末の額（円）"), written="yen", provision="PSA 63-14(2)"
                ),
                Item(
                    name="money_highest",
                    title=Text("Highest of the period (JPY)", "期中最高額（円）"),
                    written="yen",
                    verified=False,
                    optional=True,
                ),
                Item(
                    name="money_lowest",
                    title=Text("Lowest of the period (JPY)", "期中最低額（円）"),
                    written="yen",
                    verified=False,
                    optional=True,
                ),
            ),
        ),
        Section(
            title=Text("Clients' crypto-assets", "利用者の暗号資産"),
            items=(
                Item(
                    name="assets",
                    title=Text("By asset", "暗号資産ごとの数量"),
                    written="table",
                    provision="PSA 63-14(2)",
                    columns=_ASSETS,
                ),
                Item(
                    name="hot_share_highest",
                    title=Text("Highest share outside cold wallets", "コールド以外の最高割合"),
                    written="number",
                    verified=False,
                    optional=True,
                ),
                Item(
                    name="days_not_reconciled",
                    title=Text("Business days not reconciled", "未照合の営業日数"),
                    written="number",
                    verified=False,
                    optional=True,
                ),
                Item(
                    name="changes",
                    title=Text("Reasons for strong changes, and what is expected", "著しい変動の理由及び将来の見込み"),
                    written="words",
                    provision="G16 Ⅲ-2-2(2)①",
                    optional=True,
                ),
            ),
        ),
        Section(
            title=Text("Attachments", "添付書類"),
            items=(
                Item(
                    name="attachments", title=Text("Documents", "書類"), written="table", provision="CAO 38(2)", columns=_ATTACHED
                ),
                Item(name="remarks", title=Text("Remarks", "備考"), written="words", verified=False, optional=True),
            ),
        ),
    ),
)
