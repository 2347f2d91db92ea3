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
RECORDS = {
    "account": Text("accounts", "口座の記録"),
    "account_event": Text("events of accounts", "口座に係る事象の記録"),
    "asset": Text("register of assets", "取扱暗号資産の登録"),
    "asset_return": Text("returns of assets", "財産返還の記録"),
    "chain_movement": Text("movements on the chain", "チェーン上の移動の記録"),
    "communication": Text("communications", "通信の記録"),
    "counterparty_vasp": Text("register of other operators", "相手方事業者の登録"),
    "crypto_loan": Text("loans of crypto-assets", "暗号資産の貸借の記録"),
    "customer_balance": Text("balances of customers", "利用者の残高"),
    "customer_order_knowledge": Text("records of who knew of customers' orders", "顧客注文の知得の記録"),
    "fact_knowledge": Text("records of who knew of facts", "重要事実の知得の記録"),
    "filing": Text("filings", "届出・報告の記録"),
    "firm_balance": Text("balances of the firm", "業者の財務項目"),
    "instruction": Text("instructions of customers", "利用者の指図の記録"),
    "instrument": Text("register of instruments", "取扱銘柄の登録"),
    "listing_application": Text("applications for listing", "取扱い申請の記録"),
    "margin_order": Text("margin orders", "証拠金取引の注文"),
    "margin_position": Text("margin positions", "証拠金取引の建玉"),
    "margin_ratio": Text("margin ratios", "証拠金率の記録"),
    "material_fact": Text("register of material facts", "重要事実の登録"),
    "money_trust": Text("records of the money trust", "金銭信託の記録"),
    "movement_approval": Text("approvals of movements", "移動の承認記録"),
    "operator_warning": Text("warnings about operators", "無登録業者等への警告"),
    "order_event": Text("order events", "注文の記録"),
    "party": Text("register of parties", "当事者の登録"),
    "party_link": Text("relations of parties", "当事者の関係"),
    "provider": Text("register of providers", "委託先の登録"),
    "publication": Text("publications", "公表の記録"),
    "reference_price": Text("reference prices", "参照価格"),
    "request_event": Text("events of requests", "移転請求に係る事象の記録"),
    "reserve_use": Text("uses of the reserve", "責任準備金の使用記録"),
    "solicitation_sign": Text("signs of solicitation", "勧誘の兆候の記録"),
    "stated_plan": Text("stated plans of trading", "事前に定めた売買計画"),
    "subordinated_debt": Text("subordinated debt", "劣後債務の記録"),
    "suitability_check": Text("suitability checks", "適合性確認の記録"),
    "trade": Text("trades", "約定の記録"),
    "transfer": Text("transfers", "移転の記録"),
    "travel_rule_notice": Text("Travel Rule notices", "トラベルルールの通知記録"),
    "wallet": Text("register of wallets", "ウォレットの登録"),
    "wallet_balance": Text("balances of wallets", "ウォレットの残高"),
    "wallet_destination": Text("destinations allowed for wallets", "ウォレットの許可送付先"),
    "wallet_key": Text("keys of wallets", "ウォレットの鍵の記録"),
    "wallet_procedure": Text("procedures of wallets", "ウォレットの取扱手順"),
    "wind_down_event": Text("events of a wind-down", "廃業に係る事象の記録"),
}
"""The tables that a rule uses where they are there, as a sentence names what they hold."""
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
