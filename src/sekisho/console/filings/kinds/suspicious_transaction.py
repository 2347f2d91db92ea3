# ruff: noqa: E501 - a sentence stands whole in both languages, so that it can be read and found
"""Report of a suspicious transaction: the six items of the Order, and who the client is as far as the firm knows (APTCP 8(1))."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sekisho.console.filings.fields import Content, Item, Kind, Section, Source
from sekisho.console.filings.kinds.case_facts import alerts_of, jst, narrative
from sekisho.console.filings.kinds.firm import firm, of_the_firm
from sekisho.rulebook.texts import Text

_WHO = (
    Item(name="party_id", title=Text("Client (id)", "顧客番号"), provision="APTCP-O 16(2)(v)"),
    Item(name="account_id", title=Text("Account", "口座番号"), provision="APTCP-O 16(2)(v)", optional=True),
    Item(name="name", title=Text("Name", "氏名又は名称"), provision="APTCP 4(1)(i)", personal=True, optional=True),
    Item(name="address", title=Text("Address", "住居又は本店所在地"), provision="APTCP 4(1)(i)", personal=True, optional=True),
    Item(name="born_on", title=Text("Born on", "生年月日"), written="day", provision="APTCP 4(1)(i)", personal=True, optional=True),
    Item(name="purpose", title=Text("Purpose of the transaction", "取引を行う目的"), provision="APTCP 4(1)(ii)", optional=True),
    Item(name="occupation", title=Text("Occupation or business", "職業又は事業の内容"), provision="APTCP 4(1)(iii)", optional=True),
    Item(
        name="controller",
        title=Text("Beneficial owner (of a company)", "実質的支配者（法人の場合）"),
        provision="APTCP 4(1)(iv)",
        personal=True,
        optional=True,
    ),
)
_DEALT = (
    Item(name="at", title=Text("When (Japan time)", "日時（日本時間）"), written="moment", provision="APTCP-O 16(2)(ii)"),
    Item(name="what", title=Text("What", "取引の種類"), provision="APTCP-O 16(2)(iii)"),
    Item(name="asset", title=Text("Asset", "財産の種類"), provision="APTCP-O 16(2)(iv)"),
    Item(name="quantity", title=Text("Quantity", "数量"), written="number", provision="APTCP-O 16(2)(iv)", optional=True),
    Item(name="jpy", title=Text("JPY", "円換算額"), written="yen", provision="APTCP-O 16(2)(iv)", optional=True),
    Item(name="to", title=Text("Counterpart or address", "相手方・アドレス"), provision="APTCP-O 16(2)(iv)", optional=True),
)


def _fill(source: Source) -> Content:
    case = source.case
    if case is None:
        return of_the_firm(source)
    alerts = alerts_of(case)
    accounts = sorted({alert.subject_id for alert in alerts if alert.subject_kind == "account"})
    parties = [{"party_id": party, "account_id": accounts[0] if len(accounts) == 1 else ""} for party in case.parties]
    return {
        **of_the_firm(source),
        "occurred_from": jst(min(alert.window_from for alert in alerts)) if alerts else "",
        "occurred_until": jst(max(alert.window_until for alert in alerts)) if alerts else "",
        "place": "インターネット取引（自社システム） / through the firm's systems over the internet",
        "business": "exchange",
        "clients": parties,
        "transactions": [
            {
                "at": jst(alert.window_from),
                "what": alert.rule,
                "asset": alert.asset or alert.instrument,
                "quantity": "",
                "jpy": "" if alert.amount_jpy is None else f"{alert.amount_jpy.normalize():f}",
                "to": "",
            }
            for alert in alerts
        ],
        "reason": narrative(case, alerts),
    }


def _check(content: Content) -> Mapping[str, Text]:
    first, last = (datetime.fromisoformat(content[name]) for name in ("occurred_from", "occurred_until"))
    if first > last:
        return {"occurred_until": Text("this is before the beginning", "開始日時より前です")}
    if len(content["reason"]) < 30:
        return {"reason": Text("say what is suspected and why, in whole sentences", "疑いの内容と理由を文章で記載してください")}
    return {}


KIND = Kind(
    name="suspicious-transaction",
    code="STR",
    title=Text("Report of a suspicious transaction", "疑わしい取引の届出"),
    to=Text("the Commissioner of the Financial Services Agency (for JAFIC)", "金融庁長官（警察庁JAFIC）"),
    form=Text(
        "The items are those of APTCP Order 16(2). The boxes of forms 1 to 3 of the Rule, and the data layout of the police agency's "
        "programme, are not among the texts read: enter the content there.",
        "記載事項は犯収法施行令第16条第2項による。施行規則別記様式第1号から第3号の各欄及び警察庁の事業者プログラムのデータ項目は未確認のため、内容を転記すること。",
    ),
    provision="APTCP 8(1)",
    chapter="transfers",
    secret=True,
    from_case=True,
    answers=(("transfers/str_due", "file"),),
    fill=_fill,
    check=_check,
    sections=(
        firm("APTCP-O 16(2)(i)"),
        Section(
            title=Text("The transactions", "対象取引"),
            items=(
                Item(
                    name="occurred_from",
                    title=Text("Happened from (Japan time)", "発生年月日（始）"),
                    written="moment",
                    provision="APTCP-O 16(2)(ii)",
                ),
                Item(
                    name="occurred_until",
                    title=Text("Until (Japan time)", "発生年月日（終）"),
                    written="moment",
                    provision="APTCP-O 16(2)(ii)",
                ),
                Item(name="place", title=Text("Place", "発生場所"), provision="APTCP-O 16(2)(ii)"),
                Item(
                    name="business",
                    title=Text("Business in which it happened", "対象取引が発生した業務の内容"),
                    written="choice",
                    provision="APTCP-O 16(2)(iii)",
                    choices=(
                        ("exchange", Text("purchase, sale or exchange of crypto-assets", "暗号資産の売買又は他の暗号資産との交換")),
                        ("custody", Text("management of crypto-assets", "暗号資産の管理")),
                        ("transfer", Text("transfer of crypto-assets", "暗号資産の移転")),
                        ("money", Text("management of clients' money", "利用者の金銭の管理")),
                    ),
                ),
                Item(
                    name="transactions",
                    title=Text("Transactions and property", "取引及び財産の内容"),
                    written="table",
                    provision="APTCP-O 16(2)(iv)",
                    columns=_DEALT,
                ),
            ),
        ),
        Section(
            title=Text("The clients", "顧客等"),
            items=(
                Item(
                    name="clients",
                    title=Text("Who they are, as far as known", "取引時確認事項（知り得たもの）"),
                    written="table",
                    provision="APTCP-O 16(2)(v)",
                    columns=_WHO,
                ),
            ),
        ),
        Section(
            title=Text("Why", "理由"),
            items=(
                Item(
                    name="reason",
                    title=Text("Why it is reported", "届出を行う理由"),
                    written="words",
                    provision="APTCP-O 16(2)(vi)",
                ),
                Item(
                    name="attached",
                    title=Text("Documents attached", "添付資料"),
                    written="words",
                    verified=False,
                    optional=True,
                ),
            ),
        ),
    ),
)
