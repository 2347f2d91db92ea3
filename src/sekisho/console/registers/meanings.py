"""What one row of a register is, in the reader's language: the records say it in English."""

from __future__ import annotations

from typing import Final

from django.utils.translation import get_language

from sekisho.records import TABLES

IN_JAPANESE: Final = {
    "party_link": "ある期間における、当事者と他の当事者との関係一件。",
    "listing_application": "一つの取引所に対する、暗号資産の取扱い申請一件。",
    "stated_plan": "事前に定めた取引一件。",
    "communication": "顧客に向けた広告、投稿又は通知一件。",
    "provider": "ある期間に外部の一事業者が提供する一つの役務。",
    "wallet_service": "ある期間に公衆に提供される、ウォレット役務の既知のアドレス一件。",
    "wallet_procedure": "一つのウォレットについて定めた手続。適用開始日、承認、署名、上限及び送付先を含む。",
    "wallet_destination": "ある期間に一つのウォレットからの送付先として認めるアドレス一件。",
    "wallet_key": "一人がある期間に保持する、一つのウォレットの鍵（その分割片又は控えを含む。）。",
    "custody_duty": "ある期間に一人が負う、利用者財産に関する一種類の職務。",
    "crypto_loan": "業者による暗号資産の借入れ一件。",
    "subordinated_debt": "劣後借入金又は劣後社債一件と、その残額。",
    "assessment": "一部署がある日に行った一項目の評価と、その結果及び証拠の所在。",
    "suspicion": "口座又は移転が犯罪に利用されている疑い一件。",
    "customer_check": "取引に際して行った一顧客の取引時確認一件と、その記録。",
    "customer_risk": "ある期間、一顧客との取引に厳格な管理を要する事由一件。",
    "information_exchange": "情報共有機関（ISAC）と授受した情報一件。",
    "trading_criterion": "商品と暗号資産（空欄は全て）について業者が定める取引開始基準一件。顧客は、空欄でない全ての基準を満たす。",
    "trading_limit": "業者又は協会が定める取引限度一件。空欄でない全ての項目に当てはまる顧客に適用し、"
    "その項目の記録がない顧客も当てはまるものとして扱う。",
    "registered_operator": "当局の登録簿に記載されている、記載されていた、又は登録を申請した業者一件。",
    "operator_warning": "無登録業者について当局が公表した警告一件。",
    "solicitation": "暗号資産取引を勧誘していることが判明したウェブサイト、アプリ、投稿、セミナー又は団体一件。",
    "solicitation_sign": "一つの勧誘について、ある日に確認した兆候一件とその有無。",
    "operator_contract": "顧客が業者と締結した契約一件。",
    "trading_venue": "ある日に確認した、暗号資産が売買される場一件。",
}


def meaning_of(table: str) -> str:
    """One sentence: what one row tells."""
    english = TABLES[table].meaning
    return IN_JAPANESE.get(table, english) if (get_language() or "").startswith("ja") else english
