"""Statements: passages of an advertisement that stress past gains or forecasts, show off who profited, or promise what is uncertain.

A passage is what was written, cut at the sentence. A denial ("no profit is guaranteed") is no promise, and a gain told beside a loss,
or as a plain chart heading, stresses nothing. Texts are read in Japanese and English; whether a statement is true no text shows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from sekisho.typologies.material_facts import Circle, japan_date
from sekisho.typologies.ownership import Link

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.typologies.rumour import Post

Kind = Literal["past_gain", "forecast", "profited", "certainty", "no_basis"]

KINDS: Final[tuple[Kind, ...]] = ("past_gain", "forecast", "profited", "certainty", "no_basis")


class Passage(NamedTuple):
    """One passage: its kind, the sentence it stands in, how much it stresses (0 to 1) and what made it so (words of ``STRESSES``)."""

    kind: Kind
    words: str
    stress: Decimal
    stresses: tuple[str, ...]


_GAIN_JA = (
    r"(?:上昇|高騰|急騰|暴騰|爆上げ|値上がり|騰貴|アップ|伸び|増加|成長|跳ね上が|上がっ|上がり|上がる|上がりま|リターン|利益|収益)"
)
_RATE = r"\d[\d,]*(?:\.\d+)?\s*(?:%|パーセント|倍)"
_FIGURE = r"\d[\d,]*(?:\.\d+)?\s*(?:%|パーセント|倍|x\b|万円|億円|億|percent|times|fold|-fold)"
_PATTERNS: Mapping[Kind, tuple[re.Pattern[str], ...]] = {
    "past_gain": (
        re.compile(rf"(?:過去|昨年|前年|去年|先月|先週|直近|この(?=\d|半年|数)|上場|発売|わずか|たった|\d+\s*(?:年|か月|ヶ月|カ月|ヵ月|週間|日|時間)(?:間)?で)[^。!?\n]{{0,30}}?{_FIGURE}[^。!?\n]{{0,16}}?(?:{_GAIN_JA}|に|を達成|超)"),
        re.compile(rf"{_FIGURE}(?:に|の|も|以上|超の?)?[^。!?\n]{{0,8}}(?:{_GAIN_JA}(?:しました|した|を記録|を達成|中)|になりました|になった|に(?:急騰|高騰|上昇|成長)|を達成)"),
        re.compile(r"(?:過去|これまで|昨年|この1年)[^。!?\n]{0,20}?(?:最高値|史上最高|驚異的|圧倒的|右肩上がり)[^。!?\n]{0,20}"),
        re.compile(rf"\b(?:gained|rose|risen|surged|soared|skyrocketed|jumped|returned|grew|grown|climbed|up|rallied|delivered)\b[^.!?\n]{{0,30}}?{_FIGURE}", re.IGNORECASE),
        re.compile(rf"{_FIGURE}\s*(?:gains?|returns?|growth|profits?|increase|rise)\b[^.!?\n]{{0,40}}?\b(?:last|past|since|this year|in \d|over the)\b", re.IGNORECASE),
        re.compile(rf"\b(?:last|past|since|in just|in only)\b[^.!?\n]{{0,40}}?{_FIGURE}[^.!?\n]{{0,12}}?\b(?:gains?|returns?|profits?|growth)", re.IGNORECASE),
    ),
    "forecast": (
        re.compile(rf"(?:今後|将来|年末|来年|来月|近いうち|近い将来|まもなく|間もなく|これから|次は|いずれ|\d{{4}}年(?:まで|末|中|に)|\d+年後)[^。!?\n]{{0,40}}?(?:{_RATE}|{_GAIN_JA}|到達|狙え|突破)[^。!?\n]{{0,16}}"),
        re.compile(rf"(?:目標価格|価格予想|価格予測|予想価格|予測では|アナリスト予想|見込み)[^。!?\n]{{0,30}}?(?:{_FIGURE}|\d[\d,]*円|{_GAIN_JA})[^。!?\n]{{0,16}}"),
        re.compile(rf"(?:{_FIGURE}|\d[\d,]*\s*円)[^。!?\n]{{0,10}}?(?:になる|になります|まで(?:上が|上昇|行)|に達する|も夢ではな|が狙え|を目指せ)[^。!?\n]{{0,10}}"),
        re.compile(rf"\b(?:will|going to|set to|poised to|about to|expected to|predicted to|forecast(?:s|ed)? to|could|should)\b[^.!?\n]{{0,40}}?(?:\b(?:rise|surge|soar|double|triple|moon|skyrocket|explode|rally|climb|reach|hit|return)\b|{_FIGURE})[^.!?\n]{{0,24}}", re.IGNORECASE),
        re.compile(r"\b(?:price target|price prediction|price forecast|next 10x|next 100x)\b[^.!?\n]{0,40}", re.IGNORECASE),
    ),
    "profited": (
        re.compile(r"億り人[^。!?\n]{0,24}"),
        re.compile(r"(?:月収|年収|日給|毎月|毎日)\s*\d[\d,]*\s*(?:万|億)?円?[^。!?\n]{0,20}"),
        re.compile(r"\d[\d,]*\s*(?:万|億)円?[^。!?\n]{0,12}?(?:稼い|稼げ|儲け|儲かっ|儲かり|の利益|の含み益|勝ち)[^。!?\n]{0,12}"),
        re.compile(r"(?:主婦|会社員|学生|サラリーマン|会員|お客様|利用者|ユーザー|投資家)[^。!?\n]{0,30}?(?:稼い|儲け|儲かっ|利益を|(?<!号)資産が|爆益)[^。!?\n]{0,20}"),
        re.compile(r"(?:(?<!号)資産|元手|貯金)[^。!?\n]{0,12}?\d[\d,]*(?:\.\d+)?倍[^。!?\n]{0,12}"),
        re.compile(r"\b(?:made|earned|turned|banked|pocketed|cashed)\b[^.!?\n]{0,30}?(?:[$¥€£]\s?\d|\d[\d,]*\s*(?:yen|jpy|usd|dollars|million|k\b))[^.!?\n]{0,24}", re.IGNORECASE),
        re.compile(r"\b(?:became|become|becoming|new)\b[^.!?\n]{0,16}?\bmillionaires?\b[^.!?\n]{0,16}", re.IGNORECASE),
        re.compile(r"\b(?:our|these|other) (?:users|customers|clients|members|traders|investors)\b[^.!?\n]{0,30}?\b(?:profit|profited|made money|earned|got rich|doubled)\b[^.!?\n]{0,16}", re.IGNORECASE),
    ),
    "certainty": (
        re.compile(r"(?:必ず|確実に|絶対に?|間違いなく|100%)[^。!?\n]{0,12}?(?:儲か|儲け|利益|勝て|勝ち|上が|上昇|値上がり|増え|稼げ|高騰|得する)[^。!?\n]{0,16}"),
        re.compile(r"元本(?:が)?(?:保証|確保)[^。!?\n]{0,12}"),
        re.compile(r"(?:損(?:失)?(?:を|は|が)?(?:しな|しませ|出な|出ませ|することはあ)|負けな|負けませ|下がらな|下がりませ|下がることはあ)[^。!?\n]{0,12}"),
        re.compile(r"(?:ノーリスク|リスク(?:は)?(?:ゼロ|なし|無し)|リスクフリー)[^。!?\n]{0,12}"),
        re.compile(r"(?:利益|利回り|リターン|配当)(?:を|が|は)?[^。!?\n]{0,6}?保証[^。!?\n]{0,12}"),
        re.compile(r"\bguaranteed?\b[^.!?\n]{0,20}?\b(?:profits?|returns?|gains?|income|yield|principal)\b[^.!?\n]{0,12}", re.IGNORECASE),
        re.compile(r"\b(?:profits?|returns?|gains?|income|principal)\b[^.!?\n]{0,12}?\bguaranteed\b", re.IGNORECASE),
        re.compile(r"\b(?:risk[- ]free|zero risk|no risk(?![-\w])|can(?:'|’)?t lose|cannot lose|never lose|sure[- ]fire|sure thing|certain to (?:rise|gain|profit)|100% (?:profit|safe|sure))\b[^.!?\n]{0,20}", re.IGNORECASE),
    ),
    "no_basis": (
        re.compile(r"(?:取扱|取り扱|上場)[^。!?\n]{0,16}?(?:だから|なので|ため|ので)[^。!?\n]{0,12}?(?:安全|安心|低リスク|リスクが低)[^。!?\n]{0,12}"),
        re.compile(r"(?:登録(?:業者|済み|を受け)|認可)[^。!?\n]{0,16}?(?:だから|なので|ため|ので)[^。!?\n]{0,12}?(?:安全|安心|健全|破綻しな|倒産しな)[^。!?\n]{0,12}"),
        re.compile(r"\b(?:because|since|as)\b[^.!?\n]{0,24}?\b(?:listed|registered|licensed)\b[^.!?\n]{0,30}?\b(?:safe|sound|secure|low[- ]risk)\b", re.IGNORECASE),
        re.compile(r"\b(?:safe|sound|secure|low[- ]risk)\b[^.!?\n]{0,16}?\b(?:because|since|as)\b[^.!?\n]{0,24}?\b(?:listed|registered|licensed)\b", re.IGNORECASE),
    ),
}  # fmt: skip

_SENTENCE_JA, _SENTENCE_EN = re.compile(r"[。!?\n]"), re.compile(r"[.!?\n]")
_DENIED = re.compile(
    r"わけではな|ものではな|ものではあり|とは限ら|とは言え|とはいえ|できません|できない|いたしません|致しません|しません(?!か)|ありません|約束(?:する|した)もの|示唆するものでは"
    r"|保証(?:は)?(?:しな|しませ|され(?:ていな|ませ|ない)|はな|はあり)|おそれ|恐れ|可能性があり|かもしれませ|ご注意|注意して|詐欺|騙|だまさ|勧誘は違法|うたう|謳う"
    r"|\b(?:not|no|never|cannot|can't|isn't|aren't|doesn't|don't|without|nor|neither|beware|scam|fraud|avoid|warning)\b",
    re.IGNORECASE,
)
_DENIAL_OF = re.compile(
    r"risk[- ]free|zero risk|no risk|can(?:'|’)?t lose|cannot lose|never lose|(?:損|負け|下が)[^。]{0,8}(?:しませ|ませ)",
    re.IGNORECASE,
)
_NOT_A_PRICE = re.compile(
    r"口座|会員数|利用者数|ユーザー数|登録者|手数料|取扱高|取引高|預かり資産|ダウンロード|売上|営業利益|キャンペーン|スプレッド|ポイント還元|抽選"
    r"|\b(?:accounts?|users?|customers?|fees?|downloads?|revenue|volume|members?|campaign|spread|headcount|transactions?)\b",
    re.IGNORECASE,
)
_BALANCED = re.compile(
    r"下落|値下がり|損失|暴落|下がっ|下がる(?:こと|場合)|マイナス|\b(?:fell|fallen|dropped|declined|losses|loss|lost|down)\b",
    re.IGNORECASE,
)
_URGED = re.compile(
    r"今すぐ|今なら|今だけ|乗り遅れ|チャンス|お見逃し|始めるなら今|急いで|買い時|買うなら|始めよう|いますぐ|\b(?:buy now|act now|don't miss|last chance|join now|start now|hurry|before it's too late|get in)\b",
    re.IGNORECASE,
)
_LOUD = re.compile(
    r"驚異|圧倒的|爆益|爆上げ|史上最高|なんと|超高騰|最強|\b(?:amazing|incredible|huge|massive|explosive|insane|skyrocket)\w*\b|!{1,}",
    re.IGNORECASE,
)
_STRESS: Final = {"figure": Decimal("0.2"), "urged": Decimal("0.2"), "loud": Decimal("0.1"), "repeated": Decimal("0.1")}
STRESSES: Final = (*_STRESS, "balanced")
_BASE, _BALANCE = Decimal("0.5"), Decimal("0.4")


def passages(text: str, kinds: Iterable[str]) -> list[Passage]:
    """The passages of the kinds asked for, in the order of the text; one for each sentence and kind."""
    told = unicodedata.normalize("NFKC", text).replace("！", "!").replace("？", "?")
    asked = set(kinds)
    found = sorted((place, kind, words) for kind in KINDS if kind in asked for place, words in _of_kind(told, kind).items())
    many = len({place for place, _kind, _words in found}) > 1
    return [_weighed(told, place, kind, words, many) for place, kind, words in found]


def _of_kind(told: str, kind: Kind) -> dict[tuple[int, int], str]:
    """The words that tell, by the sentence they stand in."""
    found: dict[tuple[int, int], str] = {}
    for pattern in _PATTERNS[kind]:
        for match in pattern.finditer(told):
            place = _sentence(told, match.start(), match.end())
            sentence = told[place[0] : place[1]]
            of_something_else = kind in ("past_gain", "forecast") and _NOT_A_PRICE.search(sentence)
            if place not in found and not of_something_else and not _is_denied(sentence, match[0]):
                found[place] = match[0]
    return found


def _sentence(told: str, start: int, end: int) -> tuple[int, int]:
    """The sentence around a passage. A point ends one in English only where no figure goes on behind it."""
    ends = [m.start() for m in _SENTENCE_JA.finditer(told)]
    ends += [m.start() for m in re.finditer(r"\.(?=\s|$)", told)]
    first = max((e + 1 for e in ends if e < start), default=0)
    last = min((e for e in ends if e >= end - 1), default=len(told))
    return first, max(last, end)


def _is_denied(sentence: str, words: str) -> bool:
    """Whether the sentence takes back what the words say. Words that are themselves a denial ("no risk") need a second one."""
    rest = sentence.replace(words, _DENIAL_OF.sub("", words), 1) if _DENIAL_OF.search(words) else sentence
    return _DENIED.search(rest) is not None


def _weighed(told: str, place: tuple[int, int], kind: Kind, words: str, many: bool) -> Passage:
    around = told[place[0] : place[1] + 1]
    there = {
        "figure": re.search(_FIGURE, words, re.IGNORECASE),
        "urged": _URGED.search(told),
        "loud": _LOUD.search(around),
        "repeated": many or None,
    }
    seen = [name for name, match in there.items() if match is not None]
    stress = _BASE + sum((_STRESS[name] for name in seen), Decimal(0))
    if kind in ("past_gain", "forecast") and _BALANCED.search(around):
        seen.append("balanced")
        stress -= _BALANCE
    return Passage(kind, around.strip(), min(Decimal(1), stress), tuple(seen))


# --- what advertising must show ---------------------------------------------------------------------------------------------

Item = Literal["trade_name", "registration", "not_legal_tender", "loss_risk", "loss_reason", "payee_consent"]
_SHOWN: Mapping[Item, re.Pattern[str]] = {
    "registration": re.compile(r"登録番号|財務(?:支)?局長[\s(]*第?\s*\d{5}|第\s*\d{5}\s*号|registration (?:no|number)|registered (?:crypto|virtual)[^.\n]{0,60}\d{5}", re.IGNORECASE),
    "not_legal_tender": re.compile(
        r"法定通貨(?:では|とは|と異)|(?:本邦|日本円|外国)?通貨(?:又は外国通貨)?では(?:あり|な)|not (?:a )?(?:legal tender|(?:the )?(?:japanese|foreign)[^.\n]{0,40}currenc|fiat)", re.IGNORECASE
    ),
    "loss_risk": re.compile(r"損失(?:が|を|の)[^。\n]{0,14}(?:おそれ|恐れ|可能性|場合|被|生じ|発生|こうむ|リスク)|元本(?:を)?割れ|may (?:incur|suffer|cause)[^.\n]{0,20}loss|risk of loss|lose (?:some|all|money|your)", re.IGNORECASE),
    "loss_reason": re.compile(r"(?:価格|価値|相場)[^。\n]{0,8}(?:変動|下落)|prices? (?:fluctuat|change|movement|volatil|declin)|volatil|values?[^.\n]{0,12}(?:fluctuat|fall|change)", re.IGNORECASE),
    "payee_consent": re.compile(
        r"(?:代価の弁済を受ける者|受け取る(?:者|側|相手)|支払(?:い|を受ける者|先)|相手(?:方)?)[^。\n]{0,10}(?:同意|承諾)|(?:consent|agreement|accept)[^.\n]{0,24}(?:payee|recipient|person receiving|other party)|(?:payee|recipient)[^.\n]{0,20}(?:consent|agree|accept)",
        re.IGNORECASE,
    ),
}  # fmt: skip


def missing_items(text: str, items: Iterable[str], trade_names: Iterable[str]) -> tuple[str, ...]:
    """Which of the items an advertisement must show its text does not, in the order asked."""
    told = unicodedata.normalize("NFKC", text)
    low = re.sub(r"\s", "", told).lower()
    names = [re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).lower() for name in trade_names]

    def shown(item: str) -> bool:
        if item == "trade_name":
            return any(name and name in low for name in names)
        return _SHOWN[item].search(told) is not None  # type: ignore[index]

    return tuple(item for item in items if not shown(item))


# --- who speaks for the exchange --------------------------------------------------------------------------------------------


def speaks_for(circle: Circle, links: Iterable[Link], post: Post) -> tuple[bool, tuple[Link, ...]]:
    """Whether the publisher is the exchange, its officer or employee, or bound to it by contract (an intermediary, an affiliate)."""
    day = japan_date(post.published_at)
    serving, because = circle.serves_exchange(post.publisher_party_id, day)
    if serving:
        return True, because
    bound = tuple(
        link
        for link in links
        if link.party_id == post.publisher_party_id
        and link.relation == "contract"
        and link.linked_party_id in circle.exchange
        and link.holds_on(day)
    )
    return bool(bound), bound


def read_links(records: Records) -> list[Link]:
    """The rows of ``party_link``."""
    return [Link(**row) for row in records.optional("party_link").select(*Link._fields).to_pyarrow().to_pylist()]
