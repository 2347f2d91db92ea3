"""What the estimate of a reserve's level rests on besides the incidents: each value with its range and source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sekisho.records import RecordsError
from sekisho.rulebook.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """One value: what it is taken to be, the range it is varied over, and why."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    meaning: Text
    source: Text
    given: bool = False


def _one(name: str, values: tuple[float, float, float], unit: str, meaning: tuple[str, str], source: tuple[str, str]) -> Assumption:
    value, low, high = values
    return Assumption(name=name, value=value, low=low, high=high, unit=unit, meaning=Text(*meaning), source=Text(*source))


GRADES = {"strong": 0.5, "standard": 1.0, "weak": 2.0}
"""How a firm's security grade multiplies the frequency. No source states such a factor: it is a stated adjustment."""

ASSUMPTIONS = {
    each.name: each
    for each in (
        _one(
            "level",
            (0.99, 0.95, 0.995),
            "share of years",
            ("The share of years whose loss the cover is to bear", "カバーで賄う年の割合"),
            ("No law sets it; one year in a hundred is a starting value", "法令の定めはなく、100年に1度を初期値とする"),
        ),
        _one(
            "japan_exchanges",
            (25, 18, 29),
            "exchanges",
            ("Exchanges in Japan in an average year since April 2017", "2017年4月以降の国内交換業者数（年平均）"),
            (
                "The register counted 29 on 2024-08-20 and 2025-02-06, 28 on 2025-09-07; fewer before, by registration dates",
                "登録簿は2024年8月20日及び2025年2月6日に29社、同年9月7日に28社。以前は少なく、登録日からの推定",
            ),
        ),
        _one(
            "watched_years",
            (9.39, 7.75, 9.39),
            "years",
            ("Years over which the Japanese thefts are listed", "国内の流出事案の一覧が及ぶ年数"),
            (
                "From the start of registration on 2017-04-01 to the list's day, 2026-08-20; the low value ends with 2024",
                "登録制の開始（2017年4月1日）から一覧の基準日（2026年8月20日）まで。下限は2024年末まで",
            ),
        ),
        _one(
            "world_exchanges",
            (200, 100, 400),
            "exchanges",
            ("Exchanges in the world in an average year", "世界の交換業者数（年平均）"),
            (
                "No source counts them; used only where the frequency is taken from the whole table",
                "計数した資料はなく、頻度を全表から推定する場合にのみ用いる",
            ),
        ),
        _one(
            "grade_factor",
            (1.0, 0.5, 2.0),
            "multiple",
            ("What the firm's security grade makes of the frequency", "セキュリティの格付による頻度の倍率"),
            ("A stated adjustment: strong 0.5, standard 1, weak 2", "明示的な調整：強0.5、標準1、弱2"),
        ),
        _one(
            "cold_reach",
            (0.21, 0.05, 0.5),
            "share of thefts",
            ("The share of thefts that reach the cold wallets too", "コールドウォレットにも及ぶ流出の割合"),
            (
                "Of the thefts whose source names the wallet, one was of a cold one and five of hot ones: (1 + ½) / (6 + 1)",
                "資料がウォレットの種類を述べる事案はコールド1件、ホット5件：（1＋½）÷（6＋1）",
            ),
        ),
        _one(
            "usd_jpy",
            (150, 120, 170),
            "JPY per USD",
            ("Yen for a dollar, for incidents without an official yen figure", "円の公表額がない事案に用いる為替（1ドル当たり円）"),
            ("A round figure; give the day's rate", "概数。当日の相場を指定されたい"),
        ),
        _one(
            "threshold_usd",
            (1e6, 1e6, 5e6),
            "USD",
            ("The least theft that counts", "対象とする流出の最小額"),
            ("The protocol of the incident tables", "事案表のプロトコル"),
        ),
        _one(
            "tail_alpha",
            (0.5, 0.5, 1.0),
            "index",
            ("Index of the tail beyond the largest theft seen; smaller is heavier", "既往最大を超える裾の指数（小さいほど重い）"),
            (
                "Past thefts give 0.7 (twenty largest) to 1.1 (ten largest); a heavier one is taken",
                "過去の流出では0.7（上位20件）～1.1（上位10件）。より重い値を採る",
            ),
        ),
        _one(
            "cap_multiple",
            (7, 5, 10),
            "multiple",
            ("The largest theft thought possible, as a multiple of the largest seen", "想定する最大の流出（既往最大に対する倍率）"),
            (
                "Chosen so that the tail has a mean; the firm's own holdings cap its own losses far below",
                "裾に平均を持たせるための上限。自社の損失は自社の保有額で頭打ちとなる",
            ),
        ),
        _one(
            "discount",
            (0.95, 0.9, 1.0),
            "share",
            ("What a year's count weighs against the next, with the whole table", "全表の頻度で翌年に対する前年の重み"),
            ("Reports before 2018 are thin, so late years weigh a little more", "2018年以前は記録が乏しいため、近年をやや重くみる"),
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Assumptions:
    """All values of one estimate."""

    by_name: Mapping[str, Assumption]

    def __getitem__(self, name: str) -> float:
        return self.by_name[name].value

    def but(self, name: str, value: float) -> Assumptions:
        """The same with one value changed."""
        return Assumptions({**self.by_name, name: replace(self.by_name[name], value=value)})


_POSITIVE_AT_MOST_ONE = {"discount", "cold_reach"}


def assumptions_of(settings: Iterable[str]) -> Assumptions:
    """The starting values with those given as NAME=VALUE. Raises RecordsError."""
    chosen = dict(ASSUMPTIONS)
    for text in settings:
        name, equals, written = text.partition("=")
        if not equals or name not in chosen:
            raise RecordsError(f"--set {text}", "is not an assumption", f"write NAME=VALUE with one of {', '.join(chosen)}")
        try:
            value = float(written)
        except ValueError:
            value = float("nan")
        most = 1.0 if name in _POSITIVE_AT_MOST_ONE else float("inf")
        allowed = 0.5 <= value < 1 if name == "level" else value > 1 if name == "cap_multiple" else 0 < value <= most
        if not allowed or value == float("inf"):
            raise RecordsError(
                f"--set {text}", f"'{written}' is out of range", _RANGES.get(name, f"give a number above 0, at most {most:g}")
            )
        chosen[name] = replace(chosen[name], value=value, given=True)
    return Assumptions(chosen)


_RANGES = {"level": "give a share from 0.5 to below 1", "cap_multiple": "give a multiple above 1"}
