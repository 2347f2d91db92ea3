"""Names the report gives to chapters, severities, statuses and states, in both languages."""

from __future__ import annotations

from sekisho.rulebook.texts import Text

CHAPTERS = {
    "client_assets": Text("Client assets", "利用者財産の管理"),
    "liability_reserve": Text("Liability reserve", "責任準備金"),
    "capital": Text("Capital", "自己資本"),
    "concurrent_business": Text("Concurrent business", "兼業"),
    "unfair_trading": Text("Unfair trading", "不公正取引"),
    "enforcement": Text("Enforcement", "執行"),
    "transfers": Text("Transfers", "移転"),
    "suitability": Text("Suitability", "適合性"),
    "solicitation": Text("Solicitation", "勧誘・広告"),
    "listing": Text("Listing", "取扱い審査"),
    "disclosure": Text("Disclosure", "情報開示"),
    "perimeter": Text("Perimeter", "規制対象の範囲"),
    "intermediaries": Text("Intermediaries", "仲介業"),
    "group_entities": Text("Group entities", "グループ会社"),
    "cyber": Text("Cyber security", "サイバーセキュリティ"),
    "wind_down": Text("Wind-down", "廃業時の措置"),
    "sro": Text("Self-regulatory organisation", "自主規制機関"),
    "literacy": Text("Literacy", "金融リテラシー"),
}
SEVERITY = {
    "critical": Text("Critical", "重大"),
    "high": Text("High", "高"),
    "medium": Text("Medium", "中"),
    "low": Text("Low", "低"),
}
STATUS = {
    "in_force": Text("in force", "施行済"),
    "enacted": Text("enacted, not yet in force", "成立・未施行"),
    "recommended": Text("recommended, not law", "提言（法令ではない）"),
    "proposed": Text("proposed, not law", "提案（法令ではない）"),
    "proposal": Text("proposed, not law", "提案（法令ではない）"),
}
CONFIDENCE = {
    "confirmed": Text("text confirmed", "条文確認済み"),
    "second_hand": Text("second-hand source", "二次資料による"),
    "stated": Text("as stated, not verified", "記載による（未検証）"),
    "unverified": Text("not verified", "未検証"),
    "unknown": Text("text not known", "条文未確認"),
}
STATE = {
    "ran": Text("ran", "実施"),
    "undetermined": Text("undetermined", "未定"),
    "not_inspected": Text("not inspected", "未検査"),
    "not_in_regime": Text("not in this regime", "適用外"),
    "attested": Text("attested by people", "人による証明"),
    "gate_only": Text("gate only", "事前判定のみ"),
    "by_case": Text("computed from a case file", "事案ファイルから計算"),
}
SET_BY = {
    "law": Text("set by law", "法令で定める値"),
    "firm": Text("set by the firm", "業者が定める値"),
}
CONSEQUENCE = {
    "criminal": Text("Criminal", "刑事罰"),
    "monetary_penalty": Text("Monetary penalty", "課徴金"),
    "administrative": Text("Administrative", "行政処分"),
    "sro": Text("Self-regulatory", "自主規制"),
    "civil": Text("Civil", "民事"),
}
CAUSE = {
    "provision": Text("Provision", "条項"),
    "parameter": Text("Value", "数値"),
    "status": Text("Status", "位置付け"),
    "consequence": Text("Consequence", "効果"),
}
CHANGE = {
    "appears": Text("appears", "新規"),
    "disappears": Text("disappears", "消滅"),
    "weight": Text("changes weight", "重み変化"),
}
SUBJECT = {
    "account": Text("Account", "口座"),
    "accounts": Text("Accounts", "口座群"),
    "account_group": Text("Group of accounts", "口座グループ"),
    "group": Text("Group", "グループ"),
    "asset": Text("Asset", "暗号資産"),
    "exchange": Text("Exchange", "業者"),
    "firm": Text("Firm", "業者"),
    "party": Text("Party", "当事者"),
    "instrument": Text("Instrument", "銘柄"),
    "wallet": Text("Wallet", "ウォレット"),
}


def worded(name: str, among: dict[str, Text]) -> Text:
    """The name in words; one the report does not know is shown as it is written, without underscores."""
    plain = name.replace("_", " ")
    return among.get(name) or Text(plain[:1].upper() + plain[1:], plain)
