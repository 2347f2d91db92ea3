"""What obligations are called, by the name their rule gives them."""

from __future__ import annotations

from typing import Final

from sekisho.rulebook.texts import Text

NAMES: Final[dict[str, Text]] = {
    "property_report": Text("Report on clients' property", "利用者財産の管理に関する報告書"),
    "financial_statements": Text("Quarterly balance sheet and profit-and-loss statement", "四半期の貸借対照表・損益計算書"),
    "annual_report": Text("Annual report on the business", "暗号資産交換業に関する報告書（年次）"),
    "business_report": Text("Business report as of the end of March", "業務報告書（3月末）"),
    "month_end_report": Text("Month-end capital ratio", "月末の自己資本規制比率の届出"),
    "quarterly_publication": Text("Capital ratio on display", "自己資本規制比率の縦覧"),
    "publication": Text("Capital ratio on display", "自己資本規制比率の縦覧"),
    "notice_of_fall": Text("Notice that the ratio fell below 140 %", "自己資本規制比率の低下の届出"),
    "daily_report": Text("Daily report of the capital ratio", "自己資本規制比率の日次届出"),
    "notice_of_recovery": Text("Notice that the ratio recovered", "自己資本規制比率の回復の届出"),
    "net_assets_report": Text("Report on net assets with a recovery plan", "純資産額の報告及び回復計画"),
    "file_audit_report": Text("File the segregation audit's report", "分別管理監査報告書の提出"),
    "next_base_date": Text("Base date of the next segregation audit", "次回分別管理監査の基準日"),
    "misconduct_notice": Text("Notice of misconduct", "法令違反行為等の届出"),
    "incident_first_report": Text("First report of an incident", "障害等の第一報"),
    "incident_status_report": Text("State of an incident", "障害等の現状報告"),
    "incident_recovery_report": Text("Report on recovery", "復旧の報告"),
    "incident_cause_report": Text("Report on the cause", "原因解明の報告"),
    "status_report": Text("State of an outflow", "流出事案の現状報告"),
    "public_notice": Text("Public notice of closure", "廃止等の公告"),
    "posting_in_offices": Text("Closure posted in every office", "廃止等の掲示"),
    "notice_to_authority": Text("Tell the authority of the public notice", "公告をした旨の届出"),
    "notification_of_end": Text("Notification of closure", "廃止等の届出"),
    "judge": Text("Judge a suspicion", "疑わしい取引の該当性判断"),
    "file": Text("File a report of a suspicious transaction", "疑わしい取引の届出"),
    "give_loan_back": Text("Give a crypto loan back", "借入暗号資産の返還"),
    "return_to_cold_storage": Text("Return crypto-assets to cold storage", "コールドウォレットへの復帰"),
    "return_guarantee_to_cold_storage": Text(
        "Return guarantee assets to cold storage", "履行保証暗号資産のコールドウォレットへの復帰"
    ),
    "hand_duty_on": Text("Hand a duty on", "担当者の交代"),
    "top_up_trust": Text("Top up the money trust", "信託財産の追加"),
    "make_good_shortfall": Text("Make a shortfall good", "不足額の解消"),
    "take_out_excess": Text("Take an excess out", "超過額の解消"),
    "open_call": Text("Payment of a margin call", "追加証拠金の差入れ"),
    "return_to_client": Text("Return assets to a client", "利用者への財産の返還"),
    "return_of_asset": Text("Return of an asset", "暗号資産の返還"),
}


def named(name: str) -> Text:
    """What an obligation is called; one without words here by its own name."""
    plain = name.replace("_", " ")
    return NAMES.get(name, Text(plain.capitalize(), plain))
