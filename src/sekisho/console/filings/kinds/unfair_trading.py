"""Report of suspected unfair trading, to the self-regulatory organisation and to the surveillance commission."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sekisho.console.filings.fields import Content, Item, Kind, Section, Source
from sekisho.console.filings.kinds.case_facts import alerts_of, jst, known_on, narrative
from sekisho.console.filings.kinds.firm import firm, of_the_firm
from sekisho.rulebook.texts import Text

_SUSPECTED = (
    ("fraud", Text("fraudulent means (FIEA 185-22(1))", "不正の手段等（金商法第185条の22第1項）")),
    ("rumour", Text("rumour, deception, assault or threat (185-23(1))", "風説の流布・偽計・暴行・脅迫（同第185条の23第1項）")),
    ("wash", Text("wash trade or matched orders (185-24(1))", "仮装売買・馴合売買（同第185条の24第1項）")),
    ("manipulation", Text("trading that misleads or moves the price (185-24(2))", "相場操縦（同第185条の24第2項）")),
    (
        "information",
        Text(
            "use of information on the crypto-asset (G16 Ⅱ-2-2-1-2(10) note)",
            "暗号資産関係情報の利用（事務ガイドラインⅡ-2-2-1-2⑽注）",
        ),
    ),
)
_TRADED = (
    Item(name="alert_id", title=Text("Finding", "検知番号"), verified=False),
    Item(name="rule", title=Text("Rule", "抽出基準"), provision="G16 Ⅱ-2-2-1-2(10)③イ"),
    Item(name="instrument", title=Text("Instrument", "銘柄"), provision="G16 Ⅱ-2-2-1-2(10)③イ", optional=True),
    Item(name="account_id", title=Text("Subject", "対象"), provision="G16 Ⅱ-2-2-1-2(10)③イ"),
    Item(name="from", title=Text("From (Japan time)", "始"), written="moment", provision="G16 Ⅱ-2-2-1-2(10)③イ"),
    Item(name="until", title=Text("Until (Japan time)", "終"), written="moment", provision="G16 Ⅱ-2-2-1-2(10)③イ"),
    Item(name="jpy", title=Text("JPY", "金額（円）"), written="yen", verified=False, optional=True),
    Item(name="evidence", title=Text("Records", "根拠記録数"), written="number", verified=False, optional=True),
)
_RULES = {
    "wash_trading": "wash",
    "self_match": "wash",
    "matched_orders": "wash",
    "rumour": "rumour",
    "insider_dealing": "information",
    "tipping": "information",
    "insider_suspicion": "information",
}


def _fill(source: Source) -> Content:
    case = source.case
    if case is None:
        return of_the_firm(source)
    alerts = alerts_of(case)
    kinds = {_RULES.get(alert.rule.rpartition("/")[2], "manipulation") for alert in alerts}
    return {
        **of_the_firm(source),
        "suspected": kinds.pop() if len(kinds) == 1 else "",
        # Nobody knew of a trade before it was made: where others came after the first alert, it is the day of the last.
        "known_on": max([known_on(case, alerts), *(jst(alert.window_from)[:10] for alert in alerts)]),
        "trades": [
            {
                "alert_id": alert.alert_id,
                "rule": alert.rule,
                "instrument": alert.instrument or alert.asset,
                "account_id": alert.subject_id,
                "from": jst(alert.window_from),
                "until": jst(alert.window_until),
                "jpy": "" if alert.amount_jpy is None else f"{alert.amount_jpy.normalize():f}",
                "evidence": str(len(alert.evidence)),
            }
            for alert in alerts
        ],
        "facts": narrative(case, alerts),
        "parties": "\n".join(case.parties),
    }


def _check(content: Content) -> Mapping[str, Text]:
    if any(date.fromisoformat(content["known_on"]) < date.fromisoformat(row["from"][:10]) for row in content["trades"]):
        return {"known_on": Text("this is before the trading it is about", "対象取引より前の日付です")}
    return {}


KIND = Kind(
    name="unfair-trading",
    code="UTR",
    title=Text("Report of suspected unfair trading", "不公正取引の疑いに関する報告書"),
    to=Text(
        "the self-regulatory organisation (JVCEA); the surveillance commission (SESC)",
        "日本暗号資産等取引業協会・証券取引等監視委員会",
    ),
    form=Text(
        "No form is prescribed in the texts read; the association's rule on the prevention of unfair trading and its forms are not "
        "public. The items follow the examination the Order and the guideline ask for (CAO 23(2)(iv), G16 Ⅱ-2-2-1-2(10)).",
        "確認した法令に所定の様式はなく、協会の自主規制規則の様式は非公表である。記載事項は府令第23条第2項第4号及び事務ガイドラインⅡ-2-2-1-2⑽の取引審査に沿う。",
    ),
    provision="CAO 23(2)(iv)",
    chapter="unfair_trading",
    from_case=True,
    fill=_fill,
    check=_check,
    sections=(
        firm("CAO 23(2)(iv)", verified=False),
        Section(
            title=Text("Suspicion", "疑いの内容"),
            items=(
                Item(
                    name="addressee",
                    title=Text("To", "提出先"),
                    written="choice",
                    verified=False,
                    choices=(
                        ("sro", Text("self-regulatory organisation", "自主規制機関")),
                        ("sesc", Text("surveillance commission", "証券取引等監視委員会")),
                        ("both", Text("both", "双方")),
                    ),
                ),
                Item(
                    name="suspected",
                    title=Text("What is suspected", "違反が疑われる行為"),
                    written="choice",
                    provision="CAO 23(2)(iv)",
                    choices=_SUSPECTED,
                ),
                Item(name="known_on", title=Text("Known since", "認知日"), written="day", verified=False),
                Item(
                    name="trades",
                    title=Text("Orders and trades", "対象取引"),
                    written="table",
                    provision="CAO 23(2)(iv)",
                    columns=_TRADED,
                ),
                Item(
                    name="facts",
                    title=Text("Facts and how they were found", "事実関係及び審査の内容"),
                    written="words",
                    provision="CAO 23(2)(iv)",
                ),
                Item(
                    name="parties",
                    title=Text("Parties (ids)", "関係者（顧客番号）"),
                    written="words",
                    verified=False,
                    optional=True,
                ),
            ),
        ),
        Section(
            title=Text("What the firm did", "講じた措置"),
            items=(
                Item(
                    name="measures",
                    title=Text("Inquiry, warning, suspension of trading", "照会、注意喚起、取引停止等"),
                    written="words",
                    provision="G16 Ⅱ-2-2-1-2(10)③ロ",
                ),
                Item(
                    name="borrowed_name",
                    title=Text("Signs of a borrowed name, and who really trades", "仮名口座の疑い及び実取引者"),
                    written="words",
                    provision="G16 Ⅱ-2-2-1-2(10)②ハ",
                    optional=True,
                ),
                Item(
                    name="attached",
                    title=Text("Attached (evidence package)", "添付資料（証拠パッケージ）"),
                    written="words",
                    verified=False,
                    optional=True,
                ),
            ),
        ),
    ),
)
