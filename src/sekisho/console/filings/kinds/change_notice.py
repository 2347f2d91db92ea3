"""Prior notification of a change of the assets handled or of the content or method of the business (PSA 63-6(1))."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sekisho.console.filings.fields import Content, Item, Kind, Section, Source
from sekisho.console.filings.kinds.firm import firm, of_the_firm
from sekisho.rulebook.texts import Text


def _fill(source: Source) -> Content:
    return of_the_firm(source)


def _check(content: Content) -> Mapping[str, Text]:
    if content["planned_on"] and date.fromisoformat(content["planned_on"]) <= date.fromisoformat(content["notified_on"]):
        return {"planned_on": Text("the notice comes before the change", "変更前の届出が必要です（変更予定日が届出日以前です）")}
    if content["subject"] == "assets" and not content.get("asset"):
        return {"asset": Text("name the crypto-asset", "暗号資産の名称を記載してください")}
    return {}


KIND = Kind(
    name="change-notice",
    code="CHG",
    title=Text("Prior notification of a change", "変更届出書（事前届出）"),
    to=Text("the Commissioner of the FSA through the local finance bureau", "金融庁長官（財務局長経由）"),
    form=Text(
        "Form 10 of the Order: its body is not among the texts read; enter the content there.",
        "府令別紙様式第10号：本文は未確認のため、内容を転記すること。",
    ),
    provision="PSA 63-6(1)",
    chapter="listing",
    fill=_fill,
    check=_check,
    sections=(
        firm("CAO 12(1)", verified=False),
        Section(
            title=Text("The change", "変更の内容"),
            items=(
                Item(
                    name="subject",
                    title=Text("What changes", "変更事項"),
                    written="choice",
                    provision="PSA 63-6(1)",
                    choices=(
                        ("assets", Text("crypto-assets handled (63-3(1)(vii))", "取り扱う暗号資産の名称（法第63条の3第1項第7号）")),
                        ("kind", Text("kind of business (CAO 11(iii)イ)", "業務の種類（府令第11条第3号イ）")),
                        ("orders", Text("how clients apply (CAO 11(iii)ロ)", "申込みの受付方法（同ロ）")),
                        (
                            "custody",
                            Text(
                                "how clients' money and crypto-assets are managed (CAO 11(iii)ハ)",
                                "利用者の金銭・暗号資産の管理の方法（同ハ）",
                            ),
                        ),
                        (
                            "guarantee",
                            Text("how guarantee assets are managed (CAO 11(iii)ニ)", "履行保証暗号資産の管理の方法（同ニ）"),
                        ),
                    ),
                ),
                Item(name="asset", title=Text("Crypto-asset", "暗号資産の名称"), provision="PSA 63-3(1)(vii)", optional=True),
                Item(name="before", title=Text("Before", "変更前"), written="words", verified=False),
                Item(name="after", title=Text("After", "変更後"), written="words", verified=False),
                Item(name="reason", title=Text("Reason", "変更の理由"), written="words", verified=False),
                Item(name="notified_on", title=Text("Notified on", "届出日"), written="day", verified=False),
                Item(name="planned_on", title=Text("Planned for", "変更予定日"), written="day", provision="PSA 63-6(1)"),
            ),
        ),
        Section(
            title=Text("Attachments", "添付書類"),
            items=(
                Item(
                    name="attachments",
                    title=Text(
                        "Outline of the asset (CAO 6(xi)), or chart, rules and contracts (6(xii) to (xv))",
                        "府令第6条第11号の書類又は第12号から第15号までの書類",
                    ),
                    written="words",
                    provision="CAO 12(1)",
                ),
            ),
        ),
    ),
)
