"""Solicitations from outside: who stands behind one, what signs it shows on which day, and whether it manages or advises."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from sekisho.typologies.operator_names import Match, Registered
from sekisho.typologies.statements import passages
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records


class Solicitation(NamedTuple):
    """One row of ``solicitation`` (UTC)."""

    solicitation_id: str
    observed_at: datetime
    operator: str | None
    site: str | None
    channel: str
    offers: str
    language: str
    text: str


class Sign(NamedTuple):
    """One row of ``solicitation_sign``; the day is a Japan date."""

    sign_id: str
    solicitation_id: str
    observed_on: date
    sign: str
    present: bool


def read_solicitations(records: Records) -> list[Solicitation]:
    """All solicitations in order of time."""
    rows = records.solicitation.select(*Solicitation._fields).to_pyarrow().to_pylist()
    told = (Solicitation(**{**row, "observed_at": in_utc(row["observed_at"])}) for row in rows)
    return sorted(told, key=lambda each: (each.observed_at, each.solicitation_id))


def read_signs(records: Records, until: date) -> Mapping[str, Mapping[str, Sign]]:
    """The signs of each solicitation as they were last looked for by a day: by solicitation, then by sign."""
    rows = records.optional("solicitation_sign").select(*Sign._fields).to_pyarrow().to_pylist()
    last: dict[str, dict[str, Sign]] = defaultdict(dict)
    for sign in sorted((Sign(**row) for row in rows), key=lambda each: (each.observed_on, each.sign_id)):
        if sign.observed_on <= until:
            last[sign.solicitation_id][sign.sign] = sign
    return last


def present(signs: Mapping[str, Sign], names: Iterable[str]) -> list[Sign]:
    """Those of the signs named that are there, in the order named."""
    return [signs[name] for name in names if name in signs and signs[name].present]


def lacking(signs: Mapping[str, Sign], names: Iterable[str]) -> tuple[list[str], list[Sign]]:
    """Those named that are not shown to be there, and the entries that say they were looked for in vain."""
    missing = [name for name in names if name not in signs or not signs[name].present]
    return missing, [signs[name] for name in missing if name in signs]


def behind(solicitation: Solicitation, registered: Registered) -> Match:
    """Who stands behind a solicitation. It is cleared only where every name it shows is one registered operator's."""
    matches = [registered.match(text) for text in (solicitation.operator, solicitation.site) if text]
    if not matches:
        return registered.match("")
    cleared = {match.operator_id for match in matches if match.verdict == "registered"}
    if len(cleared) == 1 and all(match.verdict == "registered" for match in matches):
        return matches[0]
    return next((match for match in matches if match.verdict == "warned"), _most_telling(matches))


def _most_telling(matches: Sequence[Match]) -> Match:
    """Of names that are not all cleared, one that is not; a registered name beside a foreign site is somebody's disguise."""
    return min((m for m in matches if m.verdict != "registered"), key=lambda m: _ORDER.get(m.why, len(_ORDER)), default=matches[0])


_ORDER = {"contains_registered_name": 0, "resembles_registered_name": 1, "left_register": 2, "no_number": 3, "two_operators": 4}
IMPOSTOR = frozenset({"contains_registered_name", "resembles_registered_name"})


# --- managing and advising --------------------------------------------------------------------------------------------------

_MANAGES = re.compile(
    r"運用(?:を)?(?:代行|委託|お任せ|おまかせ|一任)|一任(?:運用|契約|勘定)|お預かりし(?:た資金)?(?:て)?[^。\n]{0,10}運用|資金を(?:預か|お預か)|(?:代わりに|代理で)[^。\n]{0,8}(?:運用|売買|取引)"
    r"|(?:運用|トレード)(?:は|を)?プロに(?:お)?任せ|自動(?:売買|運用)[^。\n]{0,12}(?:お任せ|おまかせ|代行)|ミラートレード|コピートレード"
    r"|\b(?:managed account|we (?:trade|invest|manage)[^.\n]{0,20}(?:for you|your (?:funds|money|crypto|bitcoin|account))|manage your (?:funds|money|crypto|portfolio)|fund management|copy[- ]trading|trade on your behalf)\b",
    re.IGNORECASE,
)  # fmt: skip
_ADVISES = re.compile(
    r"(?:売買|トレード|エントリー)(?:シグナル|サイン|タイミング)[^。\n]{0,12}(?:配信|提供|お届け|通知|教え|お知らせ)|シグナル(?:配信|提供)|(?:推奨|おすすめ|有望)銘柄[^。\n]{0,14}(?:配信|提供|公開|お届け|教え|伝授|お知らせ|紹介)"
    r"|銘柄(?:を)?(?:推奨|選定)|投資(?:助言|顧問|アドバイス)|(?:買い時|売り時)(?:を)?[^。\n]{0,8}(?:配信|教え|お知らせ|指南)|(?:個別|具体的)[^。\n]{0,8}(?:銘柄|売買)[^。\n]{0,8}(?:助言|アドバイス|指南)"
    r"|\b(?:trading signals?|buy(?: and|/| or )sell signals?|signals? (?:group|channel|service)|(?:coin|token|crypto) (?:picks|calls|recommendations)|investment advice|we (?:tell|show) you (?:when|what) to (?:buy|sell)|tells? (?:members|you) (?:when|what) to (?:buy|sell))\b",
    re.IGNORECASE,
)  # fmt: skip
_ONLY_TEACHES = re.compile(
    r"(?:助言|推奨|勧誘|運用)(?:は|を)?(?:一切)?(?:行いません|行っていません|しません|いたしません|ではありません)|投資助言(?:を目的|に当た)[^。\n]{0,8}(?:ませ|ない)"
    r"|\b(?:not (?:investment|financial) advice|does not (?:give|provide) (?:investment )?advice)\b",
    re.IGNORECASE,
)
_OF_CRYPTO = re.compile(
    r"暗号資産|仮想通貨|ビットコイン|イーサ|アルトコイン|トークン|\b(?:crypto|bitcoin|btc|eth(?:ereum)?|altcoins?|tokens?|coins?|xrp|usdt)\b",
    re.IGNORECASE,
)
_PAID = re.compile(
    r"会費|受講料|有料|月額|報酬|手数料|成功報酬|入会金|\d[\d,]*\s*(?:円|万円|USDT|ドル)|\b(?:fee|paid|subscription|per month|membership|performance fee|\$\d)",
    re.IGNORECASE,
)


_DERIVATIVES = re.compile(
    r"レバレッジ|証拠金|先物|デリバティブ|オプション取引|無期限契約|\bFX\b|ロング|ショート|\b(?:leverage|margin|futures|perpetuals?|perps|options|derivatives|CFD|short(?:ing)?)\b",
    re.IGNORECASE,
)  # fmt: skip


class Activity(NamedTuple):
    """What the text of a solicitation amounts to: management, advice or None, the words that say so, and of what.

    ``paid`` says whether the text speaks of pay, ``denied`` whether it denies giving advice, ``derivatives`` whether it speaks of them.
    """

    kind: str | None
    words: str | None
    paid: bool
    denied: bool
    derivatives: bool


def activity(solicitation: Solicitation) -> Activity:
    """Whether a text offers to manage crypto-assets or to advise on trading them. What the entry states counts before the text.

    A denial ("no advice is given") does not undo what the text offers; it is reported beside it.
    """
    told = unicodedata.normalize("NFKC", solicitation.text)
    offered = _ONLY_TEACHES.sub(" ", told)
    manages, advises = _MANAGES.search(offered), _ADVISES.search(offered)
    kind, found = None, None
    if solicitation.offers == "investment_management":
        kind, found = solicitation.offers, manages
    elif solicitation.offers == "investment_advice":
        kind, found = solicitation.offers, advises
    elif _OF_CRYPTO.search(told) is not None and (manages or advises):
        kind, found = ("investment_management", manages) if manages else ("investment_advice", advises)
    return Activity(
        kind,
        found[0] if found else None,
        paid=_PAID.search(told) is not None,
        denied=_ONLY_TEACHES.search(told) is not None,
        derivatives=solicitation.offers == "derivatives" or _DERIVATIVES.search(told) is not None,
    )


def promises(text: str) -> list[str]:
    """Sentences of a text that promise what is uncertain or show off who profited: what swindlers say."""
    return [passage.words for passage in passages(text, ("certainty", "profited"))]
