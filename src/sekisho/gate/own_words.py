"""What the gate says itself, in English and Japanese: to the client never a suspicion, to the firm what people have done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sekisho.gate.messages import Said

CLIENT: Final[Mapping[str, Said]] = {
    "allow": Said("Your request has been accepted.", "お申込みを受け付けました。"),
    "warn": Said(
        "Please read the notice and confirm before your request goes ahead.",
        "手続を進める前に、注意事項をお読みのうえご確認ください。",
    ),
    "hold": Said(
        "Your request is being processed. We will let you know when it is complete.",
        "お申込みを処理しております。完了次第お知らせいたします。",
    ),
    "refuse": Said(
        "We are unable to carry out your request. Please contact customer support if you have questions.",
        "お申込みの手続を行うことができません。ご不明な点はお客様窓口までお問い合わせください。",
    ),
}
"""All a client is told where no rule has a text for clients: the same whatever the reason."""

OWN_RULE: Final = "gate"
OWN: Final[Mapping[str, tuple[str, Said]]] = {
    "released": ("allow", Said("{by} released the request: {text}", "{by}が留保を解除した：{text}")),
    "approved": ("allow", Said("{by} approved the request: {text}", "{by}が承認した：{text}")),
    "acknowledged": ("allow", Said("{by} acknowledged the warning.", "{by}が注意事項を確認した。")),
    "refused_by_person": ("refuse", Said("{by} refused the request: {text}", "{by}が拒絶した：{text}")),
    "cancelled": ("refuse", Said("{by} withdrew the request: {text}", "{by}が取り消した：{text}")),
}
"""What people did, as a decision lists it: outcome and sentence."""

TITLE: Final = Said("What people did", "関係者の行為")

_RELEASES: Final[Mapping[str, Said]] = {
    "time": Said("The hold ends by itself at {at}; ask again then.", "{at}に留保の期間が終了するため、その後に改めて照会する。"),
    "warning_acknowledged": Said("The client acknowledges the warning.", "顧客が注意事項を確認する。"),
    "released": Said(
        "{needs} people other than who asked approve or release it, the last one by releasing.",
        "依頼者以外の{needs}名が承認又は解除する（最後の者が解除する）。",
    ),
}


def releases_text(kind: str, **facts: object) -> Said:
    """What would let a request go ahead, in words."""
    template = _RELEASES[kind]
    return Said(template.en.format(**facts), template.ja.format(**facts))


def own_text(sentence: str, by: str, text: str | None) -> Said:
    """What somebody did, in words."""
    template = OWN[sentence][1]
    return Said(template.en.format(by=by, text=text or "–"), template.ja.format(by=by, text=text or "–"))


def with_time(said: Said, releases_at: datetime) -> Said:
    """The client's text of a hold that ends by itself."""
    japan = releases_at + timedelta(hours=9)
    en = f"{said.en} It will be carried out no earlier than {japan:%Y-%m-%d %H:%M} (Japan time)."
    return Said(en, f"{said.ja}実行は{japan:%Y年%m月%d日 %H:%M}以降となります。")
