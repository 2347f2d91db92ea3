"""Statements: what stresses gains is found in both languages; what denies, warns or speaks of something else is not."""

from __future__ import annotations

import pytest

from sekisho.typologies.statements import KINDS, missing_items, passages


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ビットコインは過去1年で2.5倍に上昇しました", "past_gain"),
        ("２４時間で１５％上昇中", "past_gain"),
        ("BTC gained 150% over the past year.", "past_gain"),
        ("年末までに10倍になる見込みです", "forecast"),
        ("This token will 10x by December", "forecast"),
        ("ETH is expected to reach $10,000.50 soon", "forecast"),
        ("主婦のAさんは月収100万円を稼いでいます", "profited"),
        ("Our users made $50,000 last month", "profited"),
        ("元本保証", "certainty"),
        ("損はしません", "certainty"),
        ("Guaranteed returns of 8% a month", "certainty"),
        ("当社は登録業者なので安全です", "no_basis"),
        ("It is safe because it is listed by us", "no_basis"),
    ],
)
def test_found(text: str, kind: str) -> None:
    assert [each.kind for each in passages(text, KINDS)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "暗号資産は価格変動により損失が生じるおそれがあります。",
        "必ず儲かるわけではありません。元本保証はありません。",
        "利益を保証するものではありません",
        "「必ず儲かる」とうたう勧誘にご注意ください。",
        "口座開設数が2倍になりました。",
        "手数料を50%引き下げました",
        "今後も1億円のキャンペーンを実施します",
        "年末年始の営業時間のお知らせ",
        "Past performance is not a guarantee of future returns.",
        "There is no risk-free investment.",
        "Our revenue grew 20% last year.",
        "Deposits will be suspended for maintenance until 10:00.",
        "",
    ],
)
def test_not_found(text: str) -> None:
    assert passages(text, KINDS) == []


def test_a_loss_beside_the_gain_stresses_less() -> None:
    (alone,) = passages("価格は過去1年で30%上昇しました。", KINDS)
    (balanced,) = passages("価格は過去1年で30%上昇し、その前年は60%下落しました。", KINDS)
    assert balanced.stress < alone.stress
    assert "balanced" in balanced.stresses


def test_long_text_is_read_in_time_that_grows_with_it() -> None:
    text = "価格は過去1年で30%上昇しました。" * 300 + "A" * 20_000
    assert len(passages(text, KINDS)) == 300


def test_items_of_an_advertisement() -> None:
    items = ("trade_name", "registration", "not_legal_tender", "loss_risk", "loss_reason", "payee_consent")
    assert missing_items("", items, ["テスト"]) == items
    assert missing_items("㈱テ ス ト 関東財務局長 第00099号", items, ["テスト"]) == items[2:]
