"""How many registered and warned operators are recognised under changed spellings, and whether an impostor is ever cleared.

Run: ``python -m benchmarks.operators``

Data: SEKISHO_DATA, perimeter/operators, by its README's protocol. Every name and other name of the 41 Japanese operators and of the
warned ones is asked for as it stands and changed; truth is the register number, warned, or unknown. Impostors are made from
every name. Where a spelling is to be read rather than looked up, it is taken out of the register first.
"""

from __future__ import annotations

import random
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from benchmarks.wash_quality import DATA
from sekisho.intelligence.operators.register_file import read_register
from sekisho.typologies.operator_names import Match, Operator, Registered, Warned
from sekisho.typologies.scam_names import brand_names

FOLDER = DATA / "perimeter" / "operators"
DOMAINS = {
    "bitflyer": ("bitflyer.com",),
    "coincheck": ("coincheck.com",),
    "bitbank": ("bitbank.cc",),
    "gmocoin": ("coin.z.com",),
    "sbivctrade": ("www.sbivc.co.jp",),
    "zaif": ("zaif.jp",),
    "bittrade": ("www.bittrade.co.jp",),
    "btcbox": ("btcbox.co.jp",),
    "rakutenwallet": ("www.rakuten-wallet.co.jp",),
    "mercoin": ("mercoin.com",),
    "cointrade": ("coin-trade.cc",),
    "moneypartners": ("moneypartners.co.jp",),
}
_FORMS = ("株式会社", "(株)", "（株）", "㈱")
_AFTER = (
    "Pro", "Pro Global", "Global", "Official", "Official App", "International", "VIP", "Plus",
    "Exchange Ltd UK", "Trading", "Asia", "Holdings",
    "公式", "公式アプリ", "サポート", "サポートセンター", "ホールディングス", "投資顧問", "プロ", "グローバル",
    "日本支社", "出金窓口", "2.0", "Web3", "AI",
)  # fmt: skip
_BEFORE = ("New ", "The ", "Global ", "My", "新", "公式", "Pro ", "World ", "NEXT")
_LOOKS = {"a": "а", "e": "е", "o": "о", "i": "і", "c": "с", "p": "р", "x": "х", "y": "у", "s": "ѕ", "l": "I", "b": "Ь"}
_LEET = {"o": "0", "i": "1", "l": "1", "e": "3", "a": "4", "s": "5"}
_DOMAINS_AROUND = (
    "{}-login.com",
    "login-{}.com",
    "{}.co",
    "{}-japan.com",
    "{}.cc.login.top",
    "{}pro.com",
    "www.{}.com.verify.xyz",
    "{}.pages.dev",
    "my{}.net",
    "{}.app",
    "{}.net",
    "https://{}.support/ja",
)


def main() -> None:
    """Print the tables of docs/benchmarks/operators.md."""
    if not FOLDER.is_dir():
        print(f"no data at {FOLDER}; set SEKISHO_DATA")
        return
    operators, warned = read_register(FOLDER / "operators_extracted.csv", FOLDER / "fsa_warnings.csv")
    registered = Registered(operators, warned)
    listed = sum(o.registered(None) for o in operators)
    print(
        f"{len(operators)} Japanese operators, {listed} of them on the register;"
        f" {len({w.name for w in warned})} names of warned operators\n"
    )
    chance = random.Random(1)
    _recall(operators, warned, registered)
    _impostors(operators, warned, registered, chance)
    _strangers(registered)
    texts = [text for o in operators for name in (o.name, *o.other_names) for _, text in _forms(name)]
    started = time.process_time()
    for text in texts:
        registered.match(text)
    print(f"\n{(time.process_time() - started) / len(texts) * 1e6:.0f} µs a text")


def _recall(operators: list[Operator], warned: list[Warned], registered: Registered) -> None:
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    missed: dict[str, list[str]] = defaultdict(list)
    false = 0

    def ask(kind: str, match: Match, truth: str) -> None:
        nonlocal false
        asked[kind] += 1
        said = f"{match.bureau}{match.number}" if match.verdict == "registered" else match.verdict
        false += said not in (truth, "warned", "unknown")
        if said == truth:
            right[kind] += 1
        else:
            missed[kind].append(f"{match.text} → {said} ({match.why}), not {truth}")

    for operator in operators:
        truth = f"{operator.bureau}{operator.number}" if operator.registered(None) else "unknown"
        group = "registered" if operator.registered(None) else "not on the register"
        for name in (operator.name, *operator.other_names):
            for kind, text in _forms(name):
                ask(f"{group}: {kind}", registered.match(text), truth)
            held_out = _without(operators, operator, name)
            if held_out is not None and group == "registered":
                ask(
                    "registered: name taken out of the register, read from another spelling",
                    Registered(held_out, warned).match(name),
                    truth,
                )
        for domain in next(
            (d for key, d in DOMAINS.items() if any(_plain(n) == key for n in (operator.name, *operator.other_names))), ()
        ):
            for text in (domain, f"https://{domain}/ja/exchange?x=1", f"http://app.{domain.removeprefix('www.')}:443/"):
                ask(f"{group}: URL", registered.match(text), truth)
    for each in warned:
        for name in (each.name, *each.other_names):
            for kind, text in _forms(name):
                ask(f"warned: {kind}", registered.match(text), "warned")
    for host in (
        "www.bybit.com",
        "https://www.bitget.com/ja/",
        "mexc.com",
        "https://www.kucoin.com/r/rf/X",
        "lbank.com",
        "bitcastle.io",
        "bitforex.com",
        "binance.com",
    ):
        ask("warned: URL", registered.match(host), "warned")
    for text in (
        "Bybit: Buy Bitcoin, Trade Crypto",
        "MEXC - Bitcoin & Crypto取引所",
        "KuCoin：ビットコイン取引",
        "Bitget- 仮想通貨アプリ",
    ):
        ask("warned: text of an app", registered.match(text), "warned")
    print("| form | asked | right |\n| --- | ---: | ---: |")
    for kind in sorted(asked):
        print(f"| {kind} | {asked[kind]:,} | {100 * right[kind] / asked[kind]:.1f} % |")
    print(f"\nnumbers given that are not the operator's: **{false}**")
    for kind, texts in missed.items():
        print(f"<!-- {kind}: {'; '.join(texts[:8])} -->")


def _forms(name: str) -> Iterator[tuple[str, str]]:
    """The mutations of the README: place of the legal form, width, case, spaces; and as an app's page names its operator."""
    bare = name
    for form in (*_FORMS, "Inc.", "Co., Ltd.", "co.,Ltd."):
        bare = bare.replace(form, "").strip(" ,")
    yield "as it stands", name
    for form in _FORMS:
        yield "legal form in front", form + bare
        yield "legal form behind", f"{bare} {form}"
    yield "full width", _wide(name)
    yield "half width", _narrow(name)
    yield "upper and lower case", name.swapcase()
    yield "other spaces and points", name.replace(" ", "　").replace("・", " ")
    yield "text of an app", f"運営会社：{name}"
    yield "text of an app", f"Developer: {name}\n"


def _wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "　" if c == " " else c for c in text)


def _narrow(text: str) -> str:
    table = {unicodedata.normalize("NFKC", chr(c)): chr(c) for c in range(0xFF66, 0xFF9E)}
    apart = unicodedata.normalize("NFD", text)
    return "".join({"\u3099": "ﾞ", "\u309a": "ﾟ", "ー": "ｰ"}.get(c, table.get(c, c)) for c in apart)


def _without(operators: list[Operator], operator: Operator, name: str) -> list[Operator] | None:
    """The register without one katakana or Latin name of an operator that has the other kind left; None where there is none."""
    rest = tuple(n for n in (operator.name, *operator.other_names) if n != name)
    if not _is_kana(name) or not any(n.isascii() for n in rest):
        return None
    return [o if o is not operator else replace(o, name=rest[0], other_names=rest[1:]) for o in operators]


def _is_kana(name: str) -> bool:
    letters = [c for form in _FORMS for c in name.replace(form, "") if c.isalpha()]
    return bool(letters) and all("KATAKANA" in unicodedata.name(c, "") for c in letters if c not in "株式会社")


def _plain(name: str) -> str:
    told = unicodedata.normalize("NFKC", name).lower()
    for form in ("株式会社", "(株)", "co.,ltd.", "inc.", "inc"):
        told = told.replace(form, "")
    return "".join(c for c in told if c.isalnum())


def _impostors(operators: list[Operator], warned: list[Warned], registered: Registered, chance: random.Random) -> None:
    real = {_plain(n) for o in operators for n in (o.name, *o.other_names)}
    cleared: dict[str, list[str]] = defaultdict(list)
    asked: Counter[str] = Counter()
    noticed: Counter[str] = Counter()
    for operator in operators:
        for name in dict.fromkeys((operator.name, *operator.other_names)):
            for kind, text in _disguises(name, chance):
                if _plain(text) in real:
                    continue
                asked[kind] += 1
                match = registered.match(text)
                if match.verdict == "registered":
                    cleared[kind].append(text)
                noticed[kind] += match.why in (
                    "contains_registered_name",
                    "resembles_registered_name",
                    "contains_warned_name",
                    "two_operators",
                )
    print("\n| impostors | asked | cleared | said to resemble somebody |\n| --- | ---: | ---: | ---: |")
    for kind in asked:
        print(f"| {kind} | {asked[kind]:,} | {len(cleared[kind])} | {100 * noticed[kind] / asked[kind]:.1f} % |")
    print(
        f"| all | {sum(asked.values()):,} | **{sum(map(len, cleared.values()))}** |"
        f" {100 * sum(noticed.values()) / sum(asked.values()):.1f} % |"
    )
    for kind, texts in ((kind, texts) for kind, texts in cleared.items() if texts):
        print(f"<!-- cleared, {kind}: {'; '.join(texts[:10])} -->")


def _disguises(name: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    for word in _AFTER:
        yield "word added behind", f"{name} {word}"
    for word in _BEFORE:
        yield "word added in front", f"{word}{name}"
    bare = name.replace("株式会社", "").strip()
    for form in ("LLC", "GmbH", "Pte. Ltd.", "N.V.", "S.A.", "PLC"):
        yield "another legal form", f"{bare} {form}"
    for form in ("合同会社", "有限会社", "一般社団法人"):
        yield "another legal form", f"{form}{bare}"
    latin = _plain(name)
    if not latin.isascii() or len(latin) < 3:
        return
    for _ in range(20):
        yield "one slip", _slip(latin, chance)
    for letter, other in _LOOKS.items():
        if letter in latin:
            yield "letter of another alphabet", latin.replace(letter, other, 1)
    for letter, other in _LEET.items():
        if letter in latin:
            yield "digit for a letter", latin.replace(letter, other, 1)
    yield "invisible letter", f"{latin[:2]}\u200b{latin[2:]}"
    for pattern in _DOMAINS_AROUND:
        yield "look-alike domain", pattern.format(latin)
    yield "look-alike domain", f"{_slip(latin, chance)}.com"
    yield "text of an app", f"{name} - 日本の仮想通貨取引所"
    yield "text of an app", f"{name} 提携　利回り保証ウォレット"
    yield "text of an app", f"{name} Pro Global\n運営会社：{name}"


def _slip(text: str, chance: random.Random) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    at, kind = chance.randrange(len(text)), chance.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + chance.choice(letters) + text[at:]
    if kind == 2:
        return text[:at] + chance.choice(letters) + text[at + 1 :]
    return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]


def _strangers(registered: Registered) -> None:
    names = [name for section in ("exchange", "wallet", "protocol") for name in brand_names(section)]
    said = Counter(registered.match(name).verdict for name in names)
    japanese: Iterable[str] = (
        "三菱UFJ銀行",
        "株式会社日本取引所グループ",
        "コインランドリー協会",
        "ビットコイン研究所",
        "株式会社メルカリ",
        "楽天銀行",
        "LINEヤフー株式会社",
        "マーキュリー投資顧問株式会社",
        "Gaia Inc Holdings",
        "日本マネー投資株式会社",
    )
    said_too = Counter(registered.match(name).verdict for name in japanese)
    same = [name for name in names if registered.match(name).verdict == "registered"]
    print(
        f"\n{len(names)} other services of the field: {dict(said)} (registered: {', '.join(same)});"
        f" ten other Japanese names: {dict(said_too)}"
    )


if __name__ == "__main__":
    main()
