"""Closure: the notice after the public notice (form 15), and the notification that the business has ended (form 14).

The Act knows the end of the whole business or of a part of it; a pause that ends nothing is no case of it, and no notice of one was
found in the texts read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from sekisho.console.filings.fields import Content, Item, Kind, Section, Source
from sekisho.console.filings.kinds.firm import firm, of_the_firm
from sekisho.rulebook.texts import Text

_EXTENT = (("whole", Text("the whole business", "全部")), ("part", Text("a part", "一部")))
_EVENTS = (
    ("close", Text("closure", "廃止")),
    ("transfer", Text("transfer of the business", "事業譲渡")),
    ("merger", Text("merger that ends the firm", "合併による消滅")),
    ("dissolution", Text("dissolution", "解散")),
    ("split", Text("company split", "会社分割")),
)
_TAKEN_OVER = ("transfer", "merger", "split")


def _fill(source: Source) -> Content:
    return of_the_firm(source)


def _announced(content: Content) -> Mapping[str, Text]:
    if date.fromisoformat(content["noticed_on"]) > date.fromisoformat(content["planned_on"]) - timedelta(days=30):
        return {
            "noticed_on": Text(
                "the public notice is made 30 days before the end", "公告は廃止等の日の30日前までに行う必要があります"
            )
        }
    if content["event"] in _TAKEN_OVER and not content.get("successor"):
        return {
            "successor": Text("say who takes over, how, and by which contract", "承継先、承継方法及び契約の内容を記載してください")
        }
    if content["event"] not in _TAKEN_OVER and not content.get("return_of_assets"):
        return {
            "return_of_assets": Text(
                "the public notice says how debts are met and property goes back",
                "債務の履行の完了及び財産の返還等の方法を示す必要があります",
            )
        }
    return {}


def _ended(content: Content) -> Mapping[str, Text]:
    if content["ground"] == "ended" and not content.get("reason"):
        return {"reason": Text("say why the business ended", "廃止の理由を記載してください")}
    return {}


ANNOUNCED = Kind(
    name="closure-announced",
    code="CLA",
    title=Text("Notice that a closure was made public", "廃止等の公告をした旨の届出"),
    to=Text("the Commissioner of the FSA through the local finance bureau", "金融庁長官（財務局長経由）"),
    form=Text(
        "Form 15 of the Order: its body is not among the texts read; enter the content there.",
        "府令別紙様式第15号：本文は未確認のため、内容を転記すること。",
    ),
    provision="PSA 63-20(4)",
    chapter="wind_down",
    answers=(("wind_down/closure_notice", "notice_to_authority"),),
    fill=_fill,
    check=_announced,
    sections=(
        firm("CAO 40(5)", verified=False),
        Section(
            title=Text("The public notice", "公告"),
            items=(
                Item(
                    name="event",
                    title=Text("What ends the business", "事由"),
                    written="choice",
                    provision="PSA 63-20(3)",
                    choices=_EVENTS,
                ),
                Item(name="extent", title=Text("Extent", "範囲"), written="choice", provision="PSA 63-20(3)", choices=_EXTENT),
                Item(name="planned_on", title=Text("Planned for", "予定日"), written="day", provision="PSA 63-20(3)"),
                Item(name="noticed_on", title=Text("Public notice on", "公告日"), written="day", provision="PSA 63-20(3)"),
                Item(
                    name="way",
                    title=Text("How", "公告の方法"),
                    written="choice",
                    provision="CAO 40(3)",
                    choices=(
                        ("gazette", Text("official gazette", "官報")),
                        ("newspaper", Text("daily newspaper", "日刊新聞紙")),
                        ("electronic", Text("electronic public notice", "電子公告")),
                    ),
                ),
                Item(
                    name="posted_on",
                    title=Text("Posted in every office on", "営業所での掲示日"),
                    written="day",
                    provision="PSA 63-20(3)",
                ),
                Item(
                    name="return_of_assets",
                    title=Text("How debts are met and property goes back", "債務の履行の完了及び財産の返還等の方法"),
                    written="words",
                    provision="CAO 40(4)",
                    optional=True,
                ),
                Item(
                    name="successor",
                    title=Text("Who takes over, how, by which contract", "承継先、承継方法及び契約の内容"),
                    written="words",
                    provision="CAO 40(6)",
                    optional=True,
                ),
                Item(
                    name="attached", title=Text("Proof of the public notice", "公告をしたことを証する書面"), provision="CAO 40(5)"
                ),
            ),
        ),
    ),
)
CLOSED = Kind(
    name="closure",
    code="CLS",
    title=Text("Notification of closure", "廃止等届出書"),
    to=Text("the Commissioner of the FSA through the local finance bureau", "金融庁長官（財務局長経由）"),
    form=Text(
        "Form 14 of the Order; the items are those of CAO 40(2). Its layout is not among the texts read.",
        "府令別紙様式第14号：記載事項は府令第40条第2項による。様式の体裁は未確認。",
    ),
    provision="PSA 63-20(1)",
    chapter="wind_down",
    answers=(("wind_down/closure_notice", "notification_of_end"),),
    fill=_fill,
    check=_ended,
    sections=(
        firm("CAO 40(2)(i)"),
        Section(
            title=Text("The end", "廃止等"),
            items=(
                Item(name="registered_on", title=Text("Registered on", "登録年月日"), written="day", provision="CAO 40(2)(ii)"),
                Item(
                    name="ground",
                    title=Text("Ground", "届出事由"),
                    written="choice",
                    provision="CAO 40(2)(iii)",
                    choices=(
                        ("ended", Text("the business ended, in whole or in part", "暗号資産交換業の全部又は一部の廃止")),
                        ("insolvency", Text("insolvency proceedings were asked for", "破産手続開始の申立て等")),
                    ),
                ),
                Item(name="extent", title=Text("Extent", "範囲"), written="choice", provision="PSA 63-20(1)(i)", choices=_EXTENT),
                Item(name="ended_on", title=Text("Since", "該当することとなった年月日"), written="day", provision="CAO 40(2)(iv)"),
                Item(name="reason", title=Text("Reason", "廃止の理由"), written="words", provision="CAO 40(2)(v)", optional=True),
                Item(
                    name="successor",
                    title=Text("How and by whom the business is taken over", "業務の承継方法及び承継先"),
                    written="words",
                    provision="CAO 40(2)(vi)",
                    optional=True,
                ),
            ),
        ),
    ),
)
KINDS = (ANNOUNCED, CLOSED)
